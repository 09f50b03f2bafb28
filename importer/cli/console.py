"""What answers are printed with."""

from __future__ import annotations

import rich.console


class Console(rich.console.Console):
    """A console that nobody has to read to the end."""

    def on_broken_pipe(self) -> None:
        """Called while the error is handled: it goes on to whoever prints, where the parent would end the process."""
        raise
