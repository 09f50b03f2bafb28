"""The process that parses one workbook, so that a parser's crash, hang or hunger for memory ends here.

`parsing.py` starts it as a script. It imports nothing of this package and opens no file. Standard input brings the
name of the one wanted sheet (its length in four bytes, then UTF-8; empty means every sheet) and then the workbook.
Standard output takes frames (a length in four bytes, then a pickle), in this order:

    ("book", [(name, visible), …])    the worksheets; chart sheets and the like are left out
    ("sheet", index, first column)    for each sheet that was asked for; both 0-based
    ("rows", [column, column, …])     up to `CHUNK` of its rows, from row 1 on, turned on their side; a blank is None
    ("end",)                          everything was sent
    ("error", kind)                   or it was not; kind is "password", "memory" or an exception's name
"""

from __future__ import annotations

import gc
import io
import pickle
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from typing import Any

CHUNK = 4_000
NUMBERS = {bool, int, float}
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
    source, target = sys.stdin.buffer, sys.stdout.buffer

    def send(*frame: object) -> None:
        body = pickle.dumps(frame, protocol=5)
        target.write(struct.pack("<I", len(body)))
        target.write(body)
        target.flush()

    (length,) = struct.unpack("<I", source.read(4))
    wanted = source.read(length).decode()
    try:
        parse(source.read(), wanted, send)
    except BrokenPipeError:
        return  # nobody is listening any more
    except MemoryError:
        send("error", "memory")
    except BaseException as error:  # noqa: BLE001 - a panic of the parser is no Exception
        send("error", "password" if type(error).__name__ == "PasswordError" else type(error).__name__)


if __name__ == "__main__":
    main()
