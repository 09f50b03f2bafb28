"""The watcher's log: one line for each event, for people or as JSON, and always as JSON in a file of the home."""

from __future__ import annotations

import json
import logging
import logging.handlers
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import IO

from importer.home import private_files
from importer.reading.formats.safe_file import shown

FILE = "watch.jsonl"
MOST_BYTES, MOST_FILES = 10 * 1024 * 1024, 9
"""The file is begun anew when it has so many bytes; so many old ones are kept."""


class Log:
    """Writes events. A log that cannot be written holds nothing up."""

    def __init__(
        self, folder: Path, home: Path, stream: IO[str], now: Callable[[], datetime], *, as_json: bool
    ) -> None:
        self._folder = str(folder)
        self._stream = stream
        self._now = now
        self._as_json = as_json
        self._file: _Shared | None = None
        with suppress(OSError):
            private_files.make_folder(home / "logs")
            self._file = _Shared(
                home / "logs" / FILE, maxBytes=MOST_BYTES, backupCount=MOST_FILES, encoding="utf-8", delay=True
            )

    def __call__(self, event: str, said: str = "", **facts: object) -> None:
        """One event. `said` is a sentence for people; `facts` are plain values."""
        now = self._now().astimezone()
        whole = {"at": now.isoformat(timespec="milliseconds"), "event": event, "folder": self._folder, "said": said}
        line = json.dumps({**whole, **facts}, ensure_ascii=True, default=str)
        if self._file is not None:
            self._file.write(line)
        if self._as_json:
            self._print(line)
        elif said:
            self._print(f"{now:%Y-%m-%d %H:%M:%S}  {shown(' '.join(said.split()))}")

    def close(self) -> None:
        """Gives the file back."""
        if self._file is not None:
            self._file.close()

    def _print(self, line: str) -> None:
        with suppress(OSError, ValueError):  # nobody reads it any more
            self._stream.write(line + "\n")
            self._stream.flush()


class _Shared(logging.handlers.RotatingFileHandler):
    """Begins a new file when one is full, also where another watcher of the same home has just done so."""

    def write(self, line: str) -> None:
        """One line."""
        record = logging.LogRecord("watch", logging.INFO, "", 0, line.replace("%", "%%"), (), None)
        with suppress(OSError):
            self._follow()
            self.handle(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - named by the library
        """A full disk is no reason to stop, and nobody reads a traceback."""

    def _open(self) -> TextIOWrapper:
        return open(self.baseFilename, "a", encoding=self.encoding, opener=private_files.opener)

    def _follow(self) -> None:
        if self.stream is None:
            return
        with suppress(OSError):
            there, ours = os.stat(self.baseFilename), os.fstat(self.stream.fileno())  # noqa: PTH116 - as the parent keeps it
            if (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino):
                return
        self.stream.close()
        self.stream = self._open()
