"""What is being done, as a bar on a terminal; elsewhere silence."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Bar:
    """A progress bar on standard error, with an estimate from the rate: so many requests in a window of seconds."""

    def __init__(self, limit: int, window: float) -> None:
        self._limit = limit
        self._window = window
        self._shown: tuple[Progress, TaskID] | None = None

    def stage(self, what: str) -> None:
        """A new stage of the work."""
        progress, task = self._show()
        progress.update(task, description=what, total=None, completed=0, left="")

    def moved(self, done: int, total: int) -> None:
        """So many of so many."""
        progress, task = self._show()
        progress.update(task, completed=done, total=total, left=f"{done:,} of {total:,}{self._left(done, total)}")

    def end(self) -> None:
        """Makes room for a question or an answer."""
        if self._shown is not None:
            self._shown[0].stop()
            self._shown = None

    def _left(self, done: int, total: int) -> str:
        if total <= self._limit or done >= total:
            return ""
        minutes = (total - done) * self._window / self._limit / 60
        rate = f"at {self._limit} in {self._window:g} s"
        return f", about {round(minutes)} min left {rate}" if minutes >= 1 else f", less than a minute left {rate}"

    def _show(self) -> tuple[Progress, TaskID]:
        if self._shown is None:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

            progress = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(bar_width=30),
                TextColumn("{task.fields[left]}"),
                console=Console(file=sys.stderr),
                transient=True,
            )
            progress.start()
            self._shown = progress, progress.add_task("", total=None, left="")
        return self._shown
