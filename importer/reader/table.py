"""Finding the table in a sheet: the heading row, what stands above it, and the rows that hold data."""

from __future__ import annotations

from collections.abc import Sequence

from importer.errors import FileUnreadable
from importer.models import Cell, SkippedRow
from importer.reader.cells import is_blank
from importer.reader.contents import Contents, Sheet
from importer.reader.headings import PLAIN_SPELLINGS, normalised

SEARCHED_ROWS = 60  # a heading row stands above; below begins what is surely data


def recognised(row: Sequence[Cell]) -> int:
    """How many different fields the row's cells name."""
    names = (PLAIN_SPELLINGS.get(normalised(cell)) for cell in row if isinstance(cell, str) and len(cell) < 80)
    return len({name for name in names if name})


def heading_index(sheet: Sheet) -> int | None:
    """The 0-based index of the row that names the most fields, the first of equals; None where none names two."""
    scores = [recognised(row) for row in sheet.rows[:SEARCHED_ROWS]]
    best = max(scores, default=0)
    return scores.index(best) if best >= 2 else None


def choose_sheet(contents: Contents) -> Sheet:
    """The visible sheet whose heading row names the most fields. Raises FileUnreadable where there is none."""
    name = contents.file.name
    filled = [sheet for sheet in contents.sheets if sheet.visible and any(sheet.rows)]
    if not filled:
        hidden = any(not sheet.visible and any(sheet.rows) for sheet in contents.sheets)
        what = "has nothing in its visible sheets" if hidden else "is empty"
        raise FileUnreadable(f"{name} {what}.", "Save the invoices into it and try again.")
    found = [(recognised(sheet.rows[index]), sheet) for sheet in filled if (index := heading_index(sheet)) is not None]
    if not found:
        raise FileUnreadable(
            f"No heading row was found in {name}.",
            "Put the column names in one row above the data (property_id, vendor_id, invoice_number, …).",
        )
    return max(found, key=lambda pair: pair[0])[1]


def split_rows(file: str, sheet: Sheet, heading: int) -> tuple[list[int], list[SkippedRow]]:
    """The 0-based indexes of the data rows, and the rows that are skipped, each with its reason."""
    skipped = [
        SkippedRow(file, sheet.name, number, "title above the heading row" if any(row) else "blank", row)
        for number, row in enumerate(sheet.rows[:heading], 1)
    ]
    data: list[int] = []
    for index in range(heading + 1, len(sheet.rows)):
        row = sheet.rows[index]
        if row and not (is_blank(row[0]) and all(map(is_blank, row))):
            data.append(index)
        else:
            skipped.append(SkippedRow(file, sheet.name, index + 1, "blank", row))
    return data, skipped
