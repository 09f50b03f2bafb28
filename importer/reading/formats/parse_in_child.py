"""Has a workbook parsed in a child process, under limits, and turns what comes back into rows."""

from __future__ import annotations

import datetime
import io
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from importer.domain.packed import PackedRows
from importer.errors import FileUnreadable
from importer.reading.formats import subprocess_worker
from importer.reading.formats.limits import ReadingLimits
from importer.reading.formats.reading_advice import NO_PASSWORD, SAVE_AGAIN


class _Frame(pickle.Unpickler):
    """Makes plain values and dates, and nothing else, whatever a parser gone wild may have written."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "datetime" and name in ("date", "datetime", "time", "timedelta"):
            return getattr(datetime, name)
        raise pickle.UnpicklingError(f"{module}.{name}")


class ParsedSheet(NamedTuple):
    """One worksheet as its parser sees it."""

    place: int  # in the workbook, from 0
    name: str
    visible: bool
    rows: PackedRows
    values: int  # so many cells have one


class Parser:
    """A child process waiting for one workbook. Started early, so that its start-up costs nobody time.

    Leaving its block ends the process, and may be done twice. Raises OSError where no process can be started.
    """

    def __init__(self, name: str, limits: ReadingLimits) -> None:
        self._name = name
        self._limits = limits
        self._timed_out = False
        self._frames = 0  # taken so far
        self._process = subprocess.Popen(  # noqa: S603 - our own script, no shell, nothing of the file in the command
            [sys.executable, "-P", str(Path(subprocess_worker.__file__)), str(limits.memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._timer = threading.Timer(limits.seconds, self._time_is_up)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        self._process.wait()

    def _time_is_up(self) -> None:
        self._timed_out = True
        self._process.kill()

    def begin(self, book: bytes, sheet: str | None) -> None:
        """Hands over the workbook; parsing begins, and its time runs. `sheet` is the only one that is wanted."""
        self._timer.start()
        wanted = (sheet or "").encode("utf-8", "replace")
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101 - it was asked for
        with suppress(BrokenPipeError), stdin:
            for number, content in enumerate((wanted, book)):
                stdin.write(subprocess_worker.HEAD.pack(len(content), subprocess_worker.checksum(number, content)))
                stdin.write(content)

    def sheets(self) -> Iterator[ParsedSheet]:
        """Each worksheet in the workbook's order. Raises FileUnreadable."""
        kind, *frame = self._frame()
        book: list[tuple[str, bool]] = frame[0]
        kind, *frame = self._frame()
        if kind == "end":
            names = ", ".join(f"“{title}”" for title, _ in book)
            what = "the sheet that was asked for; its sheets are: " + names if names else "any sheet with cells"
            raise FileUnreadable(
                f"{self._name} does not have {what}.", "Give the name of one of its sheets." if names else ""
            )
        cells = 0
        while kind == "sheet":
            index, first_column = frame
            rows = PackedRows()
            values = 0
            kind, *frame = self._frame()
            while kind == "rows":
                columns: list[tuple[Any, ...]] = frame[0]
                count = len(columns[0]) if columns else 0
                cells += count * (first_column + len(columns))
                if cells > self._limits.cells:
                    raise FileUnreadable(f"{self._name} holds more than {self._limits.cells:,} cells.", "Split it.")
                rows.extend_by_columns([*[(None,) * count] * first_column, *columns], count)
                values += sum(count - column.count(None) for column in columns)
                kind, *frame = self._frame()
            name, visible = book[index]
            yield ParsedSheet(index, name, visible, rows, values)

    def _frame(self) -> tuple[Any, ...]:
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101 - it was asked for
        try:
            content = subprocess_worker.take(stdout, self._frames)
        except (EOFError, MemoryError, OverflowError):  # a length that was garbled may be any number
            raise self._gone() from None
        self._frames += 1
        frame: tuple[Any, ...] = _Frame(io.BytesIO(content)).load()
        if frame[0] == "error":
            raise self._refused(frame[1])
        return frame

    def _refused(self, kind: str) -> FileUnreadable:
        if kind == "password":
            return FileUnreadable(f"{self._name} is protected by a password.", NO_PASSWORD)
        if kind == "memory":
            return self._too_hungry()
        if kind == "short":
            return self._not_whole()
        return FileUnreadable(f"{self._name} is damaged, or was not written by a spreadsheet program.", SAVE_AGAIN)

    def _gone(self) -> FileUnreadable:
        if self._timed_out:
            return FileUnreadable(
                f"{self._name} could not be read within {self._limits.seconds:.0f} seconds.", SAVE_AGAIN
            )
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101 - it was asked for
        stdout.close()  # one that still writes ends
        ended = self._process.wait()
        if ended < 0:  # ended by a signal: an allocation beyond the limit aborts the parser
            return self._too_hungry()
        return self._not_whole() if ended == 0 else self._refused("")

    def _not_whole(self) -> FileUnreadable:
        return FileUnreadable(
            f"{self._name} was not read whole: part of it was lost on the way between two processes of this machine.",
            "The file itself may be in order. Run it again.",
        )

    def _too_hungry(self) -> FileUnreadable:
        return FileUnreadable(
            f"{self._name} is damaged, or far too large: reading it would take more memory than is allowed.", SAVE_AGAIN
        )
