"""Currency signs in cells of their own, as many exports write them: the heading stands above the signs, the amounts
beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from importer.domain.cells import Cell, cell_text
from importer.reading.cells.parse_cell import is_blank
from importer.reading.cells.parse_money import currency_code
from importer.reading.columns.meaning import meaning_of
from importer.reading.formats.raw_workbook import RawSheet
from importer.reading.tables.locate_table import Heading

LOOKED_AT = 20  # rows that show whether there are any; an accountant puts one sign at the top of the column


def over_amounts(heading: Heading, sheet: RawSheet, currency: str) -> Heading:
    """The heading, with what stands above a column of mere signs of the account's currency moved to the amounts beside
    it. Signs of another currency stay what is read there, and are named."""
    moved = list(heading.cells)
    first = sheet.rows[heading.last + 1 : heading.last + 1 + LOOKED_AT]
    for at in range(len(moved)):
        beside = moved[at + 1] if at + 1 < len(moved) else None
        if is_blank(moved[at]) or not is_blank(beside) or not any(_is_sign(_at(row, at), currency) for row in first):
            continue
        meaning = meaning_of(moved[at])
        if meaning is not None and meaning.field == "currency":
            continue
        if not any(not is_blank(_at(row, at + 1)) for row in first):
            continue
        if are_signs({_at(row, at) for row in sheet.rows.since(heading.last + 1)}, currency):
            moved[at + 1 :] = [moved[at], *moved[at + 2 :]]
            moved[at] = None
    return heading if moved == list(heading.cells) else replace(heading, cells=tuple(moved))


def are_signs(cells: set[Cell], currency: str) -> bool:
    """True where nothing but blanks and signs of this currency is among the cells."""
    return all(is_blank(cell) or _is_sign(cell, currency) for cell in cells)


def _is_sign(cell: Cell, currency: str) -> bool:
    return isinstance(cell, str) and len(cell) < 9 and currency_code(cell_text(cell)) == currency


def _at(row: Sequence[Cell], index: int) -> Cell:
    return row[index] if index < len(row) else None
