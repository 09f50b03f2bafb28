"""Another table below the first, under headings of its own: payments, credits, or invoices in another order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from importer.domain.cells import Cell
from importer.reading.cells.parse_cell import is_blank, quoted
from importer.reading.columns.headings import display_heading, normalised
from importer.reading.columns.meaning import meaning_of

LONGEST = 40  # letters of a heading
ADVICE = (
    "Put each table into a sheet or a file of its own, under its own heading row. Where that one has no bills to be "
    "paid, take its rows out."
)


@dataclass(frozen=True, slots=True)
class Below:
    """Where it begins: 0-based rows of its titles, if any, and of its headings."""

    first: int
    headings: int
    said: tuple[str, ...]

    def what(self, rows: int) -> str:
        """The sentence; `rows` stand below its headings."""
        named = ", ".join(map(quoted, self.said[:6])) + (", …" if len(self.said) > 6 else "")
        many = "1 row" if rows == 1 else f"{rows:,} rows"
        return f"The row has other headings ({named}): another table begins there, and its {many} are not read."


def table_below(rows: Sequence[tuple[Cell, ...]], amounts: Sequence[Cell], headings: Sequence[Cell]) -> Below | None:
    """The first row of other headings below rows of the table. `amounts` is the column of its amounts: among those a
    heading is the one word, and so hardly any row needs to be looked at."""
    wordy = _wordy(amounts)
    if not wordy:
        return None
    above = next((place for place, cell in enumerate(amounts) if not is_blank(cell) and place not in wordy), None)
    for place in wordy:
        if above is None or place < above:
            continue
        said = _headings(rows[place])
        if said and not _is_repeated(rows[place], headings):
            left = next(index for index, cell in enumerate(rows[place]) if not is_blank(cell))
            first = place
            while first - 1 > above and _is_title(rows[first - 1], left):
                first -= 1
            return Below(first, place, said)
    return None


def _wordy(amounts: Sequence[Cell]) -> dict[int, str]:
    """The rows in which words stand among the amounts."""
    kinds = set(map(type, amounts)) - {type(None)}
    if str not in kinds:
        return {}
    every = cast("Sequence[str | None]", amounts)
    texts = list(filter(None, every)) if kinds == {str} else [cell for cell in amounts if isinstance(cell, str)]
    if not max(texts, default="")[:1].isalpha():  # words come last in the order of texts
        return {}
    words = {cell for cell in set(texts) if _is_heading(cell)}
    return {place: cell for place, cell in enumerate(amounts) if isinstance(cell, str) and cell in words}


def _headings(row: Sequence[Cell]) -> tuple[str, ...]:
    """What a row of headings says; nothing for any other row."""
    filled = [cell for cell in row if not is_blank(cell)]
    if len(filled) < 2 or not all(isinstance(cell, str) and _is_heading(cell) for cell in filled):
        return ()
    known = {meaning.field for cell in filled if (meaning := meaning_of(cell)) is not None}
    return tuple(map(display_heading, filled)) if len(known) >= 2 else ()


def _is_heading(text: str) -> bool:
    return len(text) <= LONGEST and text.strip()[:1].isalpha() and not any(map(str.isdigit, text))


def _is_repeated(row: Sequence[Cell], headings: Sequence[Cell]) -> bool:
    """True for the table's own headings once more, whatever their spelling."""
    for index, cell in enumerate(row):
        if is_blank(cell):
            continue
        there = headings[index] if index < len(headings) else None
        meaning, other = meaning_of(cell), meaning_of(there)
        alike = meaning is not None and other is not None and meaning.field == other.field
        if not alike and normalised(display_heading(cell)) != normalised(display_heading(there)):
            return False
    return True


def _is_title(row: Sequence[Cell], left: int) -> bool:
    filled = [index for index, cell in enumerate(row) if not is_blank(cell)]
    return filled == [left] and isinstance(row[left], str) and str(row[left]).strip()[:1].isalpha()
