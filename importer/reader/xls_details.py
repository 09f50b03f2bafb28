"""What an xls (Excel 5 to 2003) says that its parser does not pass on: passwords, errors, hidden and merged cells."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from importer.models import ErrorCell, UncalculatedCell
from importer.reader.details import Details

ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
FORMULA, END, FILEPASS, COLUMNS, SHEET, MERGED, BOOLERR, ROW = 0x06, 0x0A, 0x2F, 0x7D, 0x85, 0xE5, 0x205, 0x208
WORKSHEET = 0


def records(stream: bytes, at: int = 0) -> Iterator[tuple[int, bytes]]:
    """Type and content of each record from an offset to the end of that part of the stream."""
    end = len(stream)
    while at + 4 <= end:
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + length]
        if kind == END:
            return
        at += 4 + length


def is_protected(stream: bytes) -> bool:
    """True where the workbook is encrypted: then the record FILEPASS stands near its beginning."""
    return any(kind == FILEPASS for kind, _ in records(stream))


def details_of(stream: bytes) -> list[Details]:
    """The details of each worksheet, in the workbook's order."""
    offsets = [
        struct.unpack_from("<I", content)[0]
        for kind, content in records(stream)
        if kind == SHEET and len(content) > 6 and content[5] == WORKSHEET
    ]
    return [sheet_details(stream, offset) for offset in offsets]


def sheet_details(stream: bytes, offset: int) -> Details:
    """The details of the sheet that begins at the offset."""
    details = Details()
    for kind, content in records(stream, offset):
        if kind == BOOLERR and len(content) >= 8 and content[7]:
            note_error(details, content, content[6])
        elif kind == FORMULA and len(content) >= 16:
            if content[12:14] == b"\xff\xff" and content[6] == 2:
                note_error(details, content, content[8])
            elif content[6:14] == bytes(8) and content[14] & 2:  # a zero, and "calculate when opened"
                details.cells[struct.unpack_from("<HH", content)] = UncalculatedCell("=…")
        elif kind == ROW and len(content) >= 14 and content[12] & 0x20:
            details.hidden_rows.add(struct.unpack_from("<H", content)[0] + 1)
        elif kind == COLUMNS and len(content) >= 10 and content[8] & 1:
            first, last = struct.unpack_from("<HH", content)
            details.hidden_columns.update(range(first, min(last, 255) + 1))
        elif kind == MERGED:
            for at in range(2, len(content) - 7, 8):
                first_row, last_row, first_column, last_column = struct.unpack_from("<4H", content, at)
                details.merged.append((first_row, first_column, last_row, last_column))
    return details


def note_error(details: Details, content: bytes, code: int) -> None:
    """Notes the error cell of a record that begins with its row and column."""
    details.cells[struct.unpack_from("<HH", content)] = ErrorCell(ERRORS.get(code, "#ERROR"))
