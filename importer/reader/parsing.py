"""Has a workbook parsed in a child process, under limits, and turns what comes back into rows."""

from __future__ import annotations

import pickle
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from itertools import repeat
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from importer.errors import FileUnreadable
from importer.models import Cell
from importer.reader import child
from importer.reader.limits import Limits

Rows = list[tuple[Cell, ...]]

SAVE_AGAIN = "Open it in Excel and save it again as .xlsx; if it does not open there, ask the vendor for a new copy."


class Parser:
    """A child process waiting for one workbook. Started early, so that its start-up costs nobody time."""

    def __init__(self, name: str, limits: Limits) -> None:
        self._name = name
        self._limits = limits
        self._timed_out = False
        self._process = subprocess.Popen(  # noqa: S603 - our own script, no shell, nothing of the file in the command
            [sys.executable, "-P", str(Path(child.__file__)), str(limits.memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._timer = threading.Timer(limits.seconds, self._time_is_up)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
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
        """Hands over the workbook; parsing begins. `sheet` is the exact name of the only one that is wanted."""
        wanted = (sheet or "").encode("utf-8", "replace")
        with suppress(BrokenPipeError), self._stream(self._process.stdin) as stdin:
            stdin.write(struct.pack("<I", len(wanted)) + wanted)
            stdin.write(book)

    def sheets(self) -> Iterator[tuple[str, bool, Rows]]:
        """Name, visibility and rows of each sheet, in the workbook's order. Raises FileUnreadable."""
        _, book = self._frame("book")
        kind, *frame = self._frame()
        while kind == "sheet":
            index, first_row, first_column = frame
            name, visible = book[index]
            rows: Rows = []
            kind, *frame = self._frame()
            while kind == "rows":
                rows += rows_of(frame[0], first_column)
                if len(rows) * len(frame[0]) > self._limits.cells:
                    raise self._unreadable("holds more cells than can be handled at once.", "Split it.")
                kind, *frame = self._frame()
            yield name, visible, rows

    def _stream(self, stream: IO[bytes] | None) -> IO[bytes]:
        assert stream is not None  # noqa: S101 - both are pipes
        return stream

    def _frame(self, expected: str | None = None) -> tuple[Any, ...]:
        stdout = self._stream(self._process.stdout)
        head = stdout.read(4)
        body = stdout.read(*struct.unpack("<I", head)) if len(head) == 4 else b""
        if not body:
            raise self._unreadable("")
        return pickle.loads(body)  # noqa: S301 - written by our own child

    def _unreadable(self, what: str, advice: str = SAVE_AGAIN) -> FileUnreadable:
        return FileUnreadable(f"{self._name} {what}", advice)


def rows_of(columns: list[tuple[Any, ...]], first_column: int) -> Rows:
    """Columns as the child sends them, back as rows. Blanks at the end of a row are dropped."""
    rows: Rows = list(zip(*[repeat(None)] * first_column, *columns)) if columns else []
    return [trimmed(row) if row and row[-1] is None else row for row in rows]


def trimmed(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """The row without its trailing blanks."""
    end = len(row)
    while end and row[end - 1] is None:
        end -= 1
    return row[:end]
