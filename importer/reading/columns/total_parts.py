"""Columns that together make the total of a wide sheet: Water, Sewer and Late Fee beside Total Due."""

from __future__ import annotations

from decimal import Decimal

from importer.domain.fields import ValueKind
from importer.reading.cells.parse_cell import (
    CellValue,
    Unreadable,
    is_blank,
    read_cells,
)
from importer.reading.columns.amounts import adds_up
from importer.reading.columns.balance_forward import is_carried
from importer.reading.columns.charges import is_taken_off, taken_off
from importer.reading.columns.column_map import unused
from importer.reading.columns.headings import display_heading
from importer.reading.tables.parsed_table import ParsedTable

LEAST, MOST = 2, 24
"""So many columns make a total; past that, nobody would look for them."""


SAMPLE = 300  # rows that show which columns they are
MOSTLY = Decimal("0.6")  # of the rows on which parts come to the total, for the others to be asked about


def likely_parts(layout: ParsedTable) -> tuple[int, ...]:
    """The longest run of unused columns of amounts, side by side, that comes to the total of each row's one invoice on
    most rows; empty where none does, and where the lines have to come to it anyway."""
    total = layout.mapped.columns.get("total_amount")
    if total is None or not layout.separate:
        return ()
    headings, conventions = layout.source.headings, layout.conventions
    first = [row.cells for row in layout.rows[:SAMPLE]]

    def sample(index: int) -> list[CellValue | Unreadable]:
        return read_cells([row[index] if index < len(row) else None for row in first], ValueKind.DOLLARS, conventions)

    whole = sample(total)
    amounts: dict[int, list[Decimal]] = {}
    for index in unused(headings, layout.mapped):
        read = sample(index)
        if not any(isinstance(value, Decimal) and value for value in read) or is_carried(
            display_heading(headings[index])
        ):
            continue
        signed = taken_off(read) if is_taken_off(display_heading(headings[index])) else read
        if all(value is None or isinstance(value, Decimal) for value in signed):
            amounts[index] = [value if isinstance(value, Decimal) else Decimal() for value in signed]
    known = list(amounts)[:MOST]
    runs = [known[at:end] for at in range(len(known)) for end in range(at + LEAST, len(known) + 1)]
    runs = [run for run in runs if run[-1] - run[0] == len(run) - 1]
    for run in sorted(runs, key=len, reverse=True):
        judged = agreeing = telling = 0
        for says, *each in zip(whole, *(amounts[at] for at in run), strict=True):
            if isinstance(says, Decimal):
                judged += 1
                agreeing += sum(each, Decimal()) == says
                telling += sum(map(bool, each)) > 1
        if agreeing > 1 and telling > 1 and agreeing >= judged * MOSTLY:
            return tuple(run)
    return ()


def columns_of_total(layout: ParsedTable) -> tuple[int, ...]:
    """The longest run of unused columns of amounts, side by side, that adds up to the total; empty where none does."""
    total = layout.mapped.columns.get("total_amount")
    if total is None:
        return ()
    headings = layout.source.headings
    amounts: dict[int, list[Decimal]] = {}
    for index in unused(headings, layout.mapped):
        cells = layout.cells(index)
        if is_carried(display_heading(headings[index])):
            continue
        read = read_cells(cells, ValueKind.DOLLARS, layout.conventions)
        values = [value for value in read if isinstance(value, Decimal)]
        if values and all(
            is_blank(cell) or isinstance(value, Decimal) for cell, value in zip(cells, read, strict=True)
        ):
            signed = taken_off(read) if is_taken_off(display_heading(headings[index])) else read
            amounts[index] = [value if isinstance(value, Decimal) else Decimal() for value in signed]
    known = list(amounts)[:MOST]
    whole = read_cells(layout.cells(total), ValueKind.DOLLARS, layout.conventions)
    runs = [known[at:end] for at in range(len(known)) for end in range(at + LEAST, len(known) + 1)]
    runs = [run for run in runs if run[-1] - run[0] == len(run) - 1]
    return next(
        (tuple(run) for run in sorted(runs, key=len, reverse=True) if adds_up([amounts[at] for at in run], whole)), ()
    )
