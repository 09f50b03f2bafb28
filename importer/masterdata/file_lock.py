"""One at a time: what a process does alone in the folder of a directory. One that is killed holds off nobody."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from importer.errors import CannotRun
from importer.home import private_files


@contextmanager
def alone(path: Path, *, patience: float, taken: CannotRun) -> Iterator[None]:
    """Holds off all others for as long as the block lasts, by a lock on the file, which holds nothing.

    Waits so many seconds for another to end, then raises `taken`. Raises `CannotRun` where the file cannot be used.
    """
    try:
        private_files.make_folder(path.parent)
        private_files.make_file(path)
        lock = sqlite3.connect(path, isolation_level=None, timeout=patience)
    except (OSError, sqlite3.Error) as error:
        raise CannotRun(f"{path} cannot be made: {error}.", "Set IMPORTER_HOME to a folder you can write.") from error
    try:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise taken from error
            raise CannotRun(
                f"{path} cannot be used: {error}.", "Set IMPORTER_HOME to a folder you can write."
            ) from error
        except sqlite3.DatabaseError as error:
            raise CannotRun(f"{path} is damaged: {error}.", "Delete that file: nothing is kept in it.") from error
        yield
    finally:
        lock.close()
