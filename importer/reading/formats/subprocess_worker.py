"""The process that parses one workbook, so that a parser's crash, hang or hunger for memory ends here.

`parse_in_child.py` starts it as a script. It imports nothing of this package and opens no file. Standard input brings
two
frames: the name of the one wanted sheet (UTF-8; empty means every sheet) and the workbook. Standard output takes
frames that are pickles, in this order:

    ("book", [(name, visible), …])    the worksheets; chart sheets and the like are left out
    ("sheet", index, first column)    for each sheet that was asked for; both 0-based
    ("rows", [column, column, …])     up to `CHUNK` of its rows, from row 1 on, turned on their side; a blank is None
    ("end",)                          everything was sent
    ("error", kind)                   or it was not; kind is "password", "memory", "short" or an exception's name

A frame is its length and a checksum over its number and content (`HEAD`), then the content: what is lost or doubled on
the way is seen by whoever reads it.
"""

from __future__ import annotations

import gc
import io
import os
import pickle
import struct
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from itertools import count, islice
from typing import IO, Any

CHUNK = 4_000
NUMBERS = {bool, int, float}
HEAD = struct.Struct("<II")
"""In front of each frame: the length of its content, and `checksum`."""
Send = Callable[..., None]


def columns_of(rows: list[list[Any]]) -> list[tuple[Any, ...]]:
    """Turns rows of equal length on their side. Equal texts and dates become one object, which pickle writes once."""
    columns: list[tuple[Any, ...]] = []
    for column in zip(*rows, strict=True):
        kinds = set(map(type, column))
        if int in kinds:
            column = tuple(float(cell) if type(cell) is int else cell for cell in column)
        if not kinds & NUMBERS:  # True equals 1.0, and numbers are short anyway
            one: dict[Any, Any] = {}
            column = tuple(map(one.setdefault, column, column))
        if str in kinds and "" in column:
            column = tuple(None if cell == "" else cell for cell in column)
        columns.append(column)
    return columns


def parse(book: bytes, wanted: str, send: Send) -> None:
    """Sends the frames of one workbook."""
    import python_calamine

    worksheet, visible = python_calamine.SheetTypeEnum.WorkSheet, python_calamine.SheetVisibleEnum.Visible
    with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(book)) as workbook:
        sheets = [(s.name, s.visible == visible) for s in workbook.sheets_metadata if s.typ == worksheet]
        send("book", sheets)
        for index, (name, _) in enumerate(sheets):
            if wanted and name.strip().casefold() != wanted.strip().casefold():
                continue
            sheet = workbook.get_sheet_by_name(name)
            send("sheet", index, sheet.start[1] if sheet.start else 0)
            rows = sheet.iter_rows()
            while chunk := list(islice(rows, CHUNK)):
                send("rows", columns_of(chunk))
    send("end")


def checksum(number: int, content: bytes) -> int:
    """Over a frame's number on its pipe, from 0, and its content."""
    return zlib.crc32(content, number)


def take(source: IO[bytes], number: int) -> bytes:
    """The content of the next frame, which has this number. Raises EOFError where it does not come whole."""
    head = source.read(HEAD.size)
    if len(head) < HEAD.size:
        raise EOFError
    length, expected = HEAD.unpack(head)
    content = source.read(length)
    if len(content) < length or checksum(number, content) != expected:
        raise EOFError
    return content


def write_all(descriptor: int, content: bytes) -> None:
    """Writes all of it: a process that is stopped and continued while a pipe is full writes less than it was given."""
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def limit_memory(memory_bytes: int) -> None:
    """Bounds this process where the system can: beyond it an allocation fails, and the process ends."""
    try:
        import resource
    except ImportError:  # Windows: there the parent's time limit is what remains
        return
    with suppress(OSError, ValueError):  # a system that does not offer it, or a stricter limit that stands already
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Takes the workbook, answers. The one argument is the memory limit in bytes."""
    limit_memory(int(sys.argv[1]))
    gc.disable()  # what is made here is sent and dropped; nothing of it refers to itself
    source, target = sys.stdin.buffer, sys.stdout.fileno()
    numbers = count()

    def send(*frame: object) -> None:
        content = pickle.dumps(frame, protocol=5)
        write_all(target, HEAD.pack(len(content), checksum(next(numbers), content)))
        write_all(target, content)

    try:
        wanted = take(source, 0).decode()
        parse(take(source, 1), wanted, send)
    except BrokenPipeError:
        return  # nobody is listening any more
    except EOFError:
        send("error", "short")
    except MemoryError:
        send("error", "memory")
    except BaseException as error:  # noqa: BLE001 - a panic of the parser is no Exception
        send("error", "password" if type(error).__name__ == "PasswordError" else type(error).__name__)


if __name__ == "__main__":
    main()
