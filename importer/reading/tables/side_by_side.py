"""Two tables of invoices side by side in one sheet: read as one, their cells would be mixed or half of them lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from importer.domain.cells import Cell, column_letter
from importer.reading.cells.parse_cell import is_blank
from importer.reading.columns.headings import display_heading, normalised
from importer.reading.columns.meaning import AMOUNT, Confidence, meaning_of
from importer.reading.formats.raw_workbook import RawSheet
from importer.reading.tables.locate_table import SEARCHED_ROWS, Heading

NUMBER = "invoice_number"
BESIDE_IT = frozenset((AMOUNT, "total_amount", "total_amount_in_cents", "line_amount", "unit_price", "invoice_date"))
Block = tuple[int, int, int]  # the 0-based row of its headings, its first column and its last


def tables_beside(sheet: RawSheet, heading: Heading, *, is_settled: bool) -> tuple[str, ...]:
    """The ranges of cells ("A1:D9", "F1:I7") of tables that stand side by side; nothing where there is one only.

    A table here is a heading of a number with one of an amount or a date: beside others of them, with a blank column
    between or the very same headings once more, or further down beside the rows. `is_settled`: a profile says which of
    the headings is meant, and so those of one row are one table.
    """
    blocks = [
        (heading.last, first, last) for first, last in _blocks(heading.cells) if _is_table(heading.cells, first, last)
    ]
    blocks = [*(blocks[:1] if is_settled else blocks), *_lower(sheet, heading)]
    if len(blocks) < 2:
        return ()
    return tuple(_range(sheet, block) for block in blocks)


def _blocks(headings: Sequence[Cell]) -> Iterator[tuple[int, int]]:
    """First and last column of each run of headings; a run that says the same twice is two."""
    filled = [index for index, cell in enumerate(headings) if not is_blank(cell)]
    starts = [index for index in filled if index - 1 not in filled]
    for start in starts:
        end = start
        while end + 1 in filled:
            end += 1
        names = [normalised(display_heading(cell)) for cell in headings[start : end + 1]]
        size = names.index(names[0], 1) if names[0] in names[1:] else len(names)
        if size < 2 or names != names[:size] * (len(names) // size):
            size = len(names)
        for first in range(start, end + 1, size):
            yield first, first + size - 1


def _is_table(row: Sequence[Cell], first: int, last: int) -> bool:
    meanings = [meaning for cell in row[first : last + 1] if (meaning := meaning_of(cell)) is not None]
    named = {meaning.field for meaning in meanings if meaning.surety > Confidence.HINT and meaning.part is None}
    return NUMBER in named and bool(named & BESIDE_IT)


def _lower(sheet: RawSheet, heading: Heading) -> Iterator[Block]:
    """Tables that begin beside the rows of the other, where that has no headings."""
    free = {index for index, cell in enumerate(heading.cells) if is_blank(cell)}
    for number in range(heading.last + 1, min(len(sheet.rows), heading.last + SEARCHED_ROWS)):
        row = sheet.rows[number]
        if len(row) <= len(heading.cells) and not free:
            continue
        beside = [cell if at in free or at >= len(heading.cells) else None for at, cell in enumerate(row)]
        found = [(number, first, last) for first, last in _blocks(beside) if _is_table(beside, first, last)]
        if found:
            yield from found
            return


def _range(sheet: RawSheet, block: Block) -> str:
    top, first, last = block
    filled = (
        number
        for number in range(len(sheet.rows) - 1, top, -1)
        if any(not is_blank(cell) for cell in sheet.rows[number][first : last + 1])
    )
    return f"{column_letter(first)}{top + 1}:{column_letter(last)}{next(filled, top) + 1}"
