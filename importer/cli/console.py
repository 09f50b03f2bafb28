"""What answers are printed with."""

from __future__ import annotations

from collections.abc import Iterable

import rich.console
from rich.console import ConsoleOptions, RenderableType
from rich.segment import Segment

from importer.domain.visible_text import visible


class Console(rich.console.Console):
    """A console that nobody has to read to the end."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """No character of a file, or of an answer, steers the terminal; colours are ours."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)

    def on_broken_pipe(self) -> None:
        """Called while the error is handled: it goes on to whoever prints, where the parent would end the process."""
        raise
