"""Dates that a profile gives for all bills of a file: a day, a cell above the table, or what a name has in it."""

from __future__ import annotations

import re
from datetime import date

from importer.domain.cells import Cell
from importer.domain.fields import ValueKind
from importer.domain.packed import RowTable
from importer.reading.cells.parse_cell import NumberDateFormat, read_cells
from importer.reading.cells.parse_date import DateOrder, read_text_date

CELL = re.compile(r"([A-Z]{1,2})([1-9]\d{0,3})")
_WITHIN = re.compile(r"(?<!\d)\d{4}([-_.]?)\d{2}\1\d{2}(?!\d)")
_AFTER_LABEL = re.compile(r"[^:]*:\s*(\S.*)")


def day_in_text(text: str, order: DateOrder | None) -> date | None:
    """The day that a text names, alone, after a label, or written year first within it; None where that is none."""
    label = _AFTER_LABEL.fullmatch(text)
    within = _WITHIN.search(text)
    tried = [text.strip(), label[1] if label is not None else "", within[0].replace("_", "-") if within else ""]
    read = (read_text_date(each, order) for each in tried if each)
    return next((each for each in read if isinstance(each, date)), None)


def day_in_cell(reference: str, rows: RowTable, conventions: NumberDateFormat) -> date | None:
    """The day in a cell such as "H3"; None where it holds none."""
    found = CELL.fullmatch(reference)
    if found is None or int(found[2]) > len(rows):
        return None
    index = 0
    for letter in found[1]:
        index = index * 26 + ord(letter) - ord("A") + 1
    row = rows.row(int(found[2]) - 1)
    cell: Cell = row[index - 1] if index <= len(row) else None
    (read,) = read_cells([cell], ValueKind.DATE, conventions)
    if isinstance(read, date):
        return read
    return day_in_text(cell, conventions.date_order) if isinstance(cell, str) else None
