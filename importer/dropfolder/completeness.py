"""Whether a file is all there, as far as its own content tells: a copy may stop for longer than anybody waits."""

from __future__ import annotations

import os
import stat
from enum import Enum
from pathlib import Path
from typing import BinaryIO

from importer.reading.formats import ole

END_RECORD = b"PK\x05\x06"
MOST_COMMENT = 65_535
MOST_COMPOUND = 512 * 1024 * 1024  # bytes; beyond that the reader refuses the file anyway


class Wholeness(Enum):
    """What the content says."""

    WHOLE = "whole"
    LINE = "line"  # its last line ends: it may be the last
    OPEN = "open"  # nothing says that this is the end, and nothing says that it is not
    CUT = "cut"  # its end is missing
    CLOSED = "closed"  # it cannot be opened: somebody holds it, or it may not be read
    ODD = "odd"  # no ordinary file
    GONE = "gone"


def wholeness(path: Path) -> Wholeness:
    """Looks at the beginning and the end of a file. Links are not followed, and nothing here can block."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return Wholeness.ODD
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(path, flags), "rb") as stream:
            status = os.fstat(stream.fileno())
            return _looked_at(stream, status.st_size) if stat.S_ISREG(status.st_mode) else Wholeness.ODD
    except FileNotFoundError:
        return Wholeness.GONE
    except OSError:
        return Wholeness.CLOSED


def _looked_at(stream: BinaryIO, size: int) -> Wholeness:
    head = stream.read(512)
    if head.startswith((b"PK\x03\x04", END_RECORD)):
        return Wholeness.WHOLE if _ends_as_zip(stream, size) else Wholeness.CUT
    if head.startswith(ole.MAGIC):
        return _of_compound(stream, size)
    stream.seek(max(0, size - 512))
    end = stream.read()
    if end.rstrip(b"\0") == b"" or (end.endswith(b"\0\0\0\0") and b"\0" not in head):
        return Wholeness.OPEN  # room made beforehand, to be filled
    text = end.replace(b"\0", b"")  # UTF-16
    markup = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")
    if markup:
        return (
            Wholeness.WHOLE
            if text.rstrip().lower().endswith((b"</html>", b"</workbook>", b":workbook>"))
            else Wholeness.OPEN
        )
    return Wholeness.LINE if text.endswith((b"\n", b"\r", b"\x1a")) else Wholeness.OPEN


def _ends_as_zip(stream: BinaryIO, size: int) -> bool:
    """True where the record at the end is there, and the directory that it names lies right before it."""
    start = max(0, size - MOST_COMMENT - 22)
    stream.seek(start)
    tail = stream.read()
    at = tail.rfind(END_RECORD)
    while at >= 0:
        record = tail[at : at + 22]
        if len(record) == 22:
            length = int.from_bytes(record[12:16], "little")
            offset = int.from_bytes(record[16:20], "little")
            comment = int.from_bytes(record[20:22], "little")
            ends = start + at + 22 + comment <= size
            big = 0xFFFFFFFF in (length, offset)  # then another record before this one has the numbers
            if ends and (big or offset + length <= start + at):
                return True
        at = tail.rfind(END_RECORD, 0, at)
    return False


def _of_compound(stream: BinaryIO, size: int) -> Wholeness:
    """Whether the file has every sector that its own table says is in use. Damage is the reader's to name."""
    if size > MOST_COMPOUND:
        return Wholeness.WHOLE
    stream.seek(0)
    try:
        needed = ole.Compound(stream.read()).needed_bytes
    except ole.CompoundDamaged:
        return Wholeness.OPEN
    if size < needed:
        return Wholeness.CUT
    return Wholeness.WHOLE if size % 512 == 0 else Wholeness.OPEN
