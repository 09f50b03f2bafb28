"""A sheet that is one invoice: its number, dates and parties stand above the table, each beside its label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from importer.domain.cells import Cell
from importer.reading.cells.parse_cell import is_blank
from importer.reading.columns.headings import display_heading
from importer.reading.columns.meaning import Confidence, meaning_of
from importer.reading.formats.raw_workbook import RawSheet
from importer.reading.tables.locate_table import Heading

NUMBER = "invoice_number"
FIELDS = frozenset((NUMBER, "invoice_date", "due_date", "accounting_date", "vendor_id", "property_id", "memo"))


@dataclass(frozen=True, slots=True)
class Beside:
    """One such cell: 0-based row and column, what it says, and its label."""

    row: int
    column: int
    cell: Cell
    label: str


def fields_above(sheet: RawSheet, heading: Heading) -> dict[str, Beside]:
    """What the rows above the heading say of the one invoice below; nothing where they do not name its number, where
    the table has a column for that, or where the number of another stands further down. A field that is named twice,
    and not alike, is left out."""
    if NUMBER in heading.fields:
        return {}
    found: dict[str, list[Beside]] = {}
    for index, row in enumerate(sheet.rows[: heading.first]):
        for name, beside in _labelled(index, row):
            found.setdefault(name, []).append(beside)
    sure = {name: each[0] for name, each in found.items() if len({display_heading(one.cell) for one in each}) == 1}
    if NUMBER not in sure:
        return {}
    start = heading.last + 1
    below = (each for index, row in enumerate(sheet.rows.since(start), start) for each in _labelled(index, row))
    another = any(
        name == NUMBER and display_heading(each.cell) != display_heading(sure[NUMBER].cell) for name, each in below
    )
    return {} if another else sure


def _labelled(index: int, row: Sequence[Cell]) -> Iterator[tuple[str, Beside]]:
    for column, cell in enumerate(row):
        if not isinstance(cell, str):
            continue
        label, colon, rest = cell.partition(":")
        meaning = meaning_of(label)
        if meaning is None or meaning.field not in FIELDS:
            continue
        if colon and rest.strip():
            yield meaning.field, Beside(index, column, rest.strip(), display_heading(label))
        elif colon or meaning.surety >= Confidence.CLEAR:
            at = next((at for at in range(column + 1, len(row)) if not is_blank(row[at])), None)
            if at is not None and not _is_label(row[at]):
                yield meaning.field, Beside(index, at, row[at], display_heading(label))


def _is_label(cell: Cell) -> bool:
    return isinstance(cell, str) and (cell.strip().endswith(":") or meaning_of(cell) is not None)
