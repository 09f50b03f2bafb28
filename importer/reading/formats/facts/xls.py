"""What an xls (Excel 5 to 2003) says that its parser does not pass on: passwords, errors, hidden and merged cells."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from importer.domain.cells import ErrorCell, UncalculatedCell, column_letter
from importer.reading.cells.number_formats import BUILT_IN, Shown, shown_by
from importer.reading.formats.facts import xls_looks
from importer.reading.formats.facts.looks import Pieces, TextLook
from importer.reading.formats.facts.sheet_facts import Details

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
DATEMODE, FORMAT, XF, NUMBER, RK, RKS = 0x22, 0x41E, 0xE0, 0x203, 0x27E, 0xBD
SHARED = 0xFD
VALUES = frozenset((NUMBER, RK, FORMULA, BOOLERR, 0xD6, 0xFD, 0x204))  # one cell each; the last three are texts


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


def dates_from_1904(stream: bytes) -> bool:
    """True where day numbers count from 1904."""
    return any(kind == DATEMODE and content[:2] == b"\1\0" for kind, content in records(stream))


def formats(stream: bytes) -> dict[int, Shown]:
    """The cell styles, by number, whose format shows more than the number itself."""
    codes = dict(BUILT_IN)
    styles: list[int] = []
    for kind, content in records(stream):
        if kind == FORMAT and len(content) > 5:
            code = content[5:].decode("utf-16-le" if content[4] & 1 else "latin-1", "replace")
            if (shown := shown_by(code)) is not None:
                codes[struct.unpack_from("<H", content)[0]] = shown
        elif kind == XF and len(content) >= 4:
            styles.append(struct.unpack_from("<H", content, 2)[0])
    return {number: codes[code] for number, code in enumerate(styles) if code in codes}


def details_of(stream: bytes) -> list[Details]:
    """The details of each worksheet, in the workbook's order."""
    styles = formats(stream)
    book = list(records(stream))
    fonts = xls_looks.fonts_of(book)
    looks, rich = xls_looks.styles_of(book, fonts), xls_looks.shared_texts(book, fonts)
    found: list[Details] = []
    for offset in _offsets(stream):
        details = sheet_details(stream, offset, styles)
        if looks or rich:
            note_looks(details, stream, offset, looks, rich)
        found.append(details)
    return found


def note_looks(
    details: Details, stream: bytes, offset: int, looks: Mapping[int, TextLook], rich: Mapping[int, Pieces]
) -> None:
    """Notes how the cells of the sheet that begins at the offset look; both mappings are those of `xls_looks`."""
    for kind, content in records(stream, offset):
        if kind in VALUES and len(content) >= 6:
            row, column, style = struct.unpack_from("<HHH", content)
            if style in looks:
                details.styles[row, column] = looks[style]
            if kind == SHARED and len(content) >= 10 and (number := struct.unpack_from("<I", content, 6)[0]) in rich:
                details.looks[row, column] = rich[number]
        elif kind == RKS and len(content) >= 10:
            row, column = struct.unpack_from("<HH", content)
            for place, at in enumerate(range(4, len(content) - 7, 6), column):
                style = struct.unpack_from("<H", content, at)[0]
                if style in looks:
                    details.styles[row, place] = looks[style]


def _offsets(stream: bytes) -> list[int]:
    return [
        struct.unpack_from("<I", content)[0]
        for kind, content in records(stream)
        if kind == SHEET and len(content) > 6 and content[5] == WORKSHEET
    ]


def sheet_details(stream: bytes, offset: int, styles: Mapping[int, Shown]) -> Details:
    """The details of the sheet that begins at the offset. `styles` are those of `formats`."""
    details = Details()
    for kind, content in records(stream, offset):
        if kind in VALUES:
            details.values += 1
        elif kind == RKS:
            details.values += (len(content) - 6) // 6
        if styles and kind in (NUMBER, RK, FORMULA) and len(content) >= 6:
            row, column, style = struct.unpack_from("<HHH", content)
            note_format(details, row, column, styles.get(style))
        elif styles and kind == RKS and len(content) >= 10:
            row, column = struct.unpack_from("<HH", content)
            for at in range(4, len(content) - 7, 6):
                note_format(details, row, column + (at - 4) // 6, styles.get(struct.unpack_from("<H", content, at)[0]))
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


def cell_twice(stream: bytes, index: int) -> str:
    """A cell of the worksheet at this place that has two values; "" where there is none."""
    seen: set[tuple[int, int]] = set()
    for kind, content in records(stream, _offsets(stream)[index]):
        row, first = struct.unpack_from("<HH", content) if len(content) >= 4 else (0, 0)
        count = (len(content) - 6) // 6 if kind == RKS else int(kind in VALUES)
        for column in range(first, first + count):
            if (row, column) in seen:
                return f"{column_letter(column)}{row + 1}"
            seen.add((row, column))
    return ""


def note_format(details: Details, row: int, column: int, shown: Shown | None) -> None:
    """Notes what the cell's format shows, where that is more than its number."""
    if shown is not None:
        details.formats[row, column] = shown


def note_error(details: Details, content: bytes, code: int) -> None:
    """Notes the error cell of a record that begins with its row and column."""
    details.cells[struct.unpack_from("<HH", content)] = ErrorCell(ERRORS.get(code, "#ERROR"))
