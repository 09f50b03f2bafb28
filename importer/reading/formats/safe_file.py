"""Opens a file that may be anything, whatever it is called, and tells a workbook by its first bytes."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from importer.errors import FileUnreadable
from importer.reading.formats.ole import MAGIC

WORKBOOKS = (b"PK\x03\x04", b"PK\x05\x06", MAGIC)


@contextmanager
def opened(path: Path, name: str) -> Iterator[BinaryIO]:
    """The file for reading. Links are followed, but only to an ordinary file: others could block, or have no end."""
    try:
        _must_be_ordinary(path.stat().st_mode, name)
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError as error:
        raise FileUnreadable(f"{name} is not there.", "Check the name and the folder.") from error
    except PermissionError as error:
        raise FileUnreadable(
            f"{name} may not be read by this user.", "Close it elsewhere, or ask for the right to read it."
        ) from error
    except ValueError as error:
        raise FileUnreadable(f"{name} is no possible file name.", "Rename it.") from error
    with os.fdopen(handle, "rb") as stream:
        _must_be_ordinary(os.fstat(stream.fileno()).st_mode, name)  # it may have been exchanged in between
        yield stream


def _must_be_ordinary(mode: int, name: str) -> None:
    if stat.S_ISDIR(mode):
        raise FileUnreadable(f"{name} is a folder.", "Give the files in it.")
    if not stat.S_ISREG(mode):
        raise FileUnreadable(f"{name} is not an ordinary file.", "Give the spreadsheet itself.")


def is_workbook(path: Path) -> bool:
    """True where the file begins like a workbook; False where it cannot be told."""
    try:
        with opened(path, path.name) as stream:
            return stream.read(len(MAGIC)).startswith(WORKBOOKS)
    except (OSError, FileUnreadable):
        return False


def shown(name: str) -> str:
    """A file name that can be printed anywhere: control characters and broken ones become "\ufffd"."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join("\ufffd" if unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp") else letter for letter in text)
