"""Dates that can be read, and that their column as a whole makes doubtful: taken for another order, or of two hands."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from importer.domain.cells import Cell
from importer.reading.cells.parse_date import (
    evident_orders,
    is_either_way,
    is_numeric_date,
    mark_of,
    may_be_day_second,
)

_DAY_SECOND = (
    "Write the dates of this file with the month in the middle, or correct the one that is mistyped; where all others "
    'are right as they stand, say in a profile: date_order = "YMD".'
)


@dataclass(frozen=True, slots=True)
class DoubtfulDate:
    """`why` goes on from the quoted date; `advice` is a way out that fits it."""

    why: str
    advice: str | None = None


_SWAPPED = DoubtfulDate(
    "may have day and month the wrong way round: of this column the spreadsheet program has turned only those texts "
    "into dates that fit its own order.",
    "Type the dates of this column again, like 2026-03-31.",
)
_ANOTHER_MARK = DoubtfulDate("may be day/month or month/day: the others, with another mark, do not show it.")


def doubtful_dates(cells: Iterable[Cell], marks: Collection[str], day_second: str) -> dict[Cell, DoubtfulDate]:
    """The doubtful ones among the distinct cells of a column. Beside `marks` nothing shows which of day and month
    comes first; `day_second` is a date of the table that can only be year, day, month, or ""."""
    distinct = list(cells)
    found: dict[Cell, DoubtfulDate] = {}
    if _half_converted(distinct):
        found |= {cell: _SWAPPED for cell in distinct if isinstance(cell, date) and cell.day != cell.month}
    for cell in distinct if marks or day_second else ():
        text = cell.strip() if isinstance(cell, str) else ""
        if marks and mark_of(text) in marks and is_either_way(text):
            found[cell] = _ANOTHER_MARK
        elif day_second and may_be_day_second(text):
            found[cell] = DoubtfulDate(f"may be year, day, month, as {day_second!r} in this table is.", _DAY_SECOND)
    return found


def _half_converted(distinct: Iterable[Cell]) -> bool:
    """True where a spreadsheet program took some dates of a foreign order for its own, and left the rest as text.

    Then every date that it took has a day of 12 or less, and texts name a day above 12, all of them in one order.
    Others of the texts may have stayed for a blank at their end.
    """
    taken = [cell for cell in distinct if isinstance(cell, date)]
    if not taken or any(cell.day > 12 for cell in taken):
        return False
    left = [text for cell in distinct if isinstance(cell, str) and is_numeric_date(text := cell.strip())]
    return bool(left) and len(evident_orders(left)) == 1 and any(cell.day != cell.month for cell in taken)
