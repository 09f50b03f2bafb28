"""What an xlsb says that its parser does not pass on: error cells, hidden rows and columns, merged cells."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence

from importer.domain.cells import ErrorCell, column_letter
from importer.reading.cells.number_formats import BUILT_IN, Shown, shown_by
from importer.reading.formats.facts.looks import Pieces, TextLook, is_telling
from importer.reading.formats.facts.sheet_facts import Details
from importer.reading.formats.facts.xls import ERRORS
from importer.reading.formats.facts.xlsb_looks import rich_text

ROW, ERROR, FORMULA_ERROR, COLUMN, SHEET, MERGED = 0, 3, 11, 60, 156, 176
SHARED, RICH = 7, 62
VALUES = frozenset(range(2, 12))  # numbers, errors, truths, texts, and the results of formulas
BOOK, FORMAT, STYLE, STYLES, RK, REAL, FORMULA_REAL = 153, 44, 47, 617, 2, 5, 9


def records(part: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and content of each record. Both type and length are written in bytes whose highest bit means "go on"."""
    at, end = 0, len(part)
    while at < end:
        kind, at = part[at], at + 1
        if kind & 0x80 and at < end:
            kind, at = kind & 0x7F | (part[at] & 0x7F) << 7, at + 1
        length = shift = 0
        while at < end and shift < 28:
            byte, at = part[at], at + 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        yield kind, part[at : at + length]
        at += length


def sheets(book: bytes) -> Iterator[tuple[str, str]]:
    """Name and link id of each sheet, from the part that lists them."""
    for kind, content in records(book):
        if kind == SHEET and len(content) >= 12:
            (length,) = struct.unpack_from("<I", content, 8)
            middle = 12 + 2 * length
            yield (
                content[middle + 4 :].decode("utf-16-le", "replace"),
                content[12:middle].decode("utf-16-le", "replace"),
            )


def dates_from_1904(book: bytes) -> bool:
    """True where day numbers count from 1904, by the part that lists the sheets."""
    return any(kind == BOOK and content[:1] and content[0] & 1 for kind, content in records(book))


def formats(part: bytes) -> dict[int, Shown]:
    """The cell styles, by number, whose format shows more than the number itself, from the part that lists them."""
    codes = dict(BUILT_IN)
    styles: list[int] | None = None  # those before `STYLES` are named styles, and no cell's
    for kind, content in records(part):
        if kind == FORMAT and len(content) >= 6:
            number, length = struct.unpack_from("<HI", content)
            if (shown := shown_by(content[6 : 6 + 2 * length].decode("utf-16-le", "replace"))) is not None:
                codes[number] = shown
        elif kind == STYLES:
            styles = []
        elif kind == STYLE and styles is not None and len(content) >= 4:
            styles.append(struct.unpack_from("<H", content, 2)[0])
    return {number: codes[code] for number, code in enumerate(styles or ()) if code in codes}


def details_of(
    part: bytes,
    styles: Mapping[int, Shown],
    looks: Mapping[int, TextLook] | None = None,
    rich: Mapping[int, Pieces] | None = None,
    fonts: Sequence[TextLook] = (),
) -> Details:
    """The details of one sheet. `styles` are those of `formats`, the others those of `xlsb_looks`."""
    details = _plain_details(part, styles)
    if looks or rich or any(fonts):
        _note_looks(details, part, looks or {}, rich or {}, fonts)
    return details


def _note_looks(
    details: Details, part: bytes, looks: Mapping[int, TextLook], rich: Mapping[int, Pieces], fonts: Sequence[TextLook]
) -> None:
    row = 0
    for kind, content in records(part):
        if kind == ROW and len(content) >= 4:
            (row,) = struct.unpack_from("<I", content)
        elif (kind in VALUES or kind == RICH) and len(content) >= 8:
            (column,) = struct.unpack_from("<I", content)
            style = int.from_bytes(content[4:7], "little")
            if style in looks:
                details.styles[row, column] = looks[style]
            if kind == SHARED and len(content) >= 12 and (number := struct.unpack_from("<I", content, 8)[0]) in rich:
                details.looks[row, column] = rich[number]
            elif kind == RICH and is_telling(pieces := rich_text(content[8:], fonts)):
                details.looks[row, column] = pieces


def _plain_details(part: bytes, styles: Mapping[int, Shown]) -> Details:
    details = Details()
    row = 0
    for kind, content in records(part):
        if kind in VALUES:
            details.values += 1
        if kind == ROW and len(content) >= 12:
            (row,) = struct.unpack_from("<I", content)
            if content[11] & 0x10:
                details.hidden_rows.add(row + 1)
        elif styles and kind in (RK, REAL, FORMULA_REAL) and len(content) >= 8:
            shown = styles.get(int.from_bytes(content[4:7], "little"))
            if shown is not None:
                details.formats[row, struct.unpack_from("<I", content)[0]] = shown
        elif kind in (ERROR, FORMULA_ERROR) and len(content) >= 9:
            details.cells[row, struct.unpack_from("<I", content)[0]] = ErrorCell(ERRORS.get(content[8], "#ERROR"))
        elif kind == COLUMN and len(content) >= 18 and content[16] & 1:
            first, last = struct.unpack_from("<II", content)
            details.hidden_columns.update(range(first, min(last, 16_383) + 1))
        elif kind == MERGED and len(content) >= 16:
            first_row, last_row, first_column, last_column = struct.unpack_from("<4I", content)
            details.merged.append((first_row, first_column, last_row, last_column))
    return details


def cell_twice(part: bytes) -> str:
    """A cell of the sheet that has two values; "" where there is none."""
    seen: set[tuple[int, int]] = set()
    row = 0
    for kind, content in records(part):
        if kind == ROW and len(content) >= 4:
            (row,) = struct.unpack_from("<I", content)
        elif kind in VALUES and len(content) >= 4:
            (column,) = struct.unpack_from("<I", content)
            if (row, column) in seen:
                return f"{column_letter(column)}{row + 1}"
            seen.add((row, column))
    return ""
