"""Cells that are merged over several rows: what stands in them is said of each of these rows."""

from __future__ import annotations

from collections.abc import Sequence

from importer.domain.cells import Cell
from importer.domain.fields import BY_NAME, ValueKind
from importer.reading.cells.parse_cell import is_blank
from importer.reading.columns.column_map import ColumnMap
from importer.reading.formats.raw_workbook import RawSheet

SAID_ONCE = frozenset((ValueKind.TEXT, ValueKind.DATE))  # an amount over several rows is theirs together


def fill_merged(sheet: RawSheet, filled: Sequence[int], mapped: ColumnMap) -> bool:
    """Writes a name, a number or a day that is merged over several rows into each of them, and says whether there was
    any. `filled` are the 0-based rows with something in them."""
    columns = {index for name, index in mapped.columns.items() if BY_NAME[name].kind in SAID_ONCE}
    rows = set(filled)
    changed: dict[int, list[Cell]] = {}
    for top, left, bottom, right in sheet.merged:
        if left != right or left not in columns or top not in rows or bottom == top:
            continue
        said = sheet.rows[top][left] if left < len(sheet.rows[top]) else None
        for at in range(top + 1, bottom + 1):
            if at in rows and not is_blank(said):
                cells = changed.setdefault(at, list(sheet.rows[at]))
                cells += [None] * (left + 1 - len(cells))
                cells[left] = said
    sheet.rows.change({at: tuple(cells) for at, cells in changed.items()})
    return bool(changed)
