"""Finding the table in a sheet: its heading row or rows, and what stands above them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice, zip_longest

from importer.domain.cells import Cell
from importer.domain.reading import SkippedRow
from importer.reading.cells.parse_cell import is_blank
from importer.reading.cells.parse_money import Marks, read_amount
from importer.reading.columns.headings import display_heading, normalised
from importer.reading.columns.meaning import Confidence, meaning_of
from importer.reading.formats.raw_workbook import RawSheet

SEARCHED_ROWS = 60  # a heading row stands above; what is below is surely data
ENOUGH = 4  # two headings of a general kind, or one that a profile names

EVERY_WAY = (Marks(certain=True), Marks(",", ".", certain=True))
FEWEST, LONGEST_HEADING = 3, 60  # headings of a table that is known by its shape, and letters of one
SHAPED = 20  # rows below them
WIDE = 4  # filled cells: more than a title above a table has


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a table: `first` to `last` are 0-based rows of the sheet, `cells` what they say together."""

    first: int
    last: int
    cells: tuple[Cell, ...]
    score: int

    @property
    def fields(self) -> frozenset[str]:
        """What the headings name, as far as the vocabulary knows it."""
        meanings = (meaning_of(cell) for cell in self.cells)
        return frozenset(meaning.field for meaning in meanings if meaning is not None)


def find_heading(sheet: RawSheet, named: Collection[str] = (), row: int | None = None) -> Heading | None:
    """The row, or pair of rows, that names the most fields, the first of equals; None where no row names two.

    `named` are headings that a profile looks for; `row` (1-based) is where a profile says that it stands.
    """
    wanted = {normalised(heading) for heading in named}
    if row is not None:
        return _heading(sheet, row - 1, row - 1, wanted) if 0 < row <= len(sheet.rows) else None
    best: Heading | None = None
    for index, cells in enumerate(sheet.rows[:SEARCHED_ROWS]):
        if not _may_be_heading(cells):
            continue
        candidate = _heading(sheet, index, index, wanted)
        if index and _may_be_heading(sheet.rows[index - 1]):
            pair = _heading(sheet, index - 1, index, wanted)
            candidate = pair if pair.score > candidate.score else candidate
        if candidate.score < ENOUGH or (best is not None and candidate.score <= best.score):
            continue
        if best is None or not (_is_all_words(best.cells) and any(map(_is_value, cells))):
            best = candidate  # a row with a number or a day in it heads nothing where another has words alone
    return best


def heading_by_shape(sheet: RawSheet) -> Heading | None:
    """The first filled row, where it has words alone, each once, above rows with numbers or days: headings in words
    that nobody here knows. None where the sheet does not look so."""
    first = next((at for at, cells in enumerate(sheet.rows[:SEARCHED_ROWS]) if not all(map(is_blank, cells))), None)
    if first is None:
        return None
    cells = sheet.rows[first]
    filled = [display_heading(cell).casefold() for cell in cells if not is_blank(cell)]
    below = sheet.rows[first + 1 : first + 1 + SHAPED]
    is_table = any(sum(not is_blank(cell) for cell in row) >= 2 and any(map(_is_value, row)) for row in below)
    if len(filled) < FEWEST or len(set(filled)) < len(filled) or not _is_all_words(cells) or not is_table:
        return None
    return Heading(first, first, tuple(cells), 0)


def _is_all_words(cells: Sequence[Cell]) -> bool:
    """True for three cells and more, each a few words without a number in front."""
    filled = [cell for cell in cells if not is_blank(cell)]
    return len(filled) >= FEWEST and all(
        isinstance(cell, str) and len(cell) <= LONGEST_HEADING and not _is_value(cell) for cell in filled
    )


def _is_value(cell: Cell) -> bool:
    """True for a number, a day, and a text that begins with a digit or with a sign of money."""
    if isinstance(cell, str):
        return cell.strip().lstrip("$€£-(")[:1].isdigit()
    return cell is not None


def _may_be_heading(cells: Sequence[Cell]) -> bool:
    """At least half of what is filled is text that is no number."""
    filled = [cell for cell in cells if not is_blank(cell)]
    words = [cell for cell in filled if isinstance(cell, str) and not cell.strip()[:1].isdigit()]
    return bool(filled) and len(words) * 2 >= len(filled)


def _heading(sheet: RawSheet, first: int, last: int, wanted: Collection[str]) -> Heading:
    cells = sheet.rows[last] if first == last else _joined(sheet, first, last)
    names: dict[tuple[str, int | None], int] = {}
    score = 0
    for cell in cells:
        text = display_heading(cell)
        if text and normalised(text) in wanted:
            score += ENOUGH
        meaning = meaning_of(cell)
        if meaning is not None:
            worth = 2 if meaning.surety > Confidence.HINT else 1
            names[meaning.field, meaning.part] = max(worth, names.get((meaning.field, meaning.part), 0))
    return Heading(first, last, tuple(cells), score + sum(names.values()))


def _joined(sheet: RawSheet, first: int, last: int) -> tuple[Cell, ...]:
    """Two heading rows as one: "Invoice" above "Number" and "Date" is "Invoice Number" and "Invoice Date"."""
    upper, lower = list(sheet.rows[first]), sheet.rows[last]
    spans = {(top, left): right for top, left, _, right in sheet.merged if top == first}
    group: Cell = None
    until = -1
    for index in range(max(len(upper), len(lower))):
        above = upper[index] if index < len(upper) else None
        if not is_blank(above):
            group, until = above, spans.get((first, index), -1 if sheet.merged else len(lower))
        elif index <= until and index < len(lower) and not is_blank(lower[index]):
            upper[index:] = [group, *upper[index + 1 :]] if index < len(upper) else [group]
        elif index >= len(upper):
            upper.append(None)
    joined: list[Cell] = []
    for above, below in zip_longest(upper, lower):
        both = f"{display_heading(above)} {display_heading(below)}".strip()
        alone = meaning_of(below)
        together = meaning_of(both)
        if is_blank(above) or is_blank(below):
            joined.append(below if is_blank(above) else above)
        elif together is not None and (alone is None or together.surety >= alone.surety):
            joined.append(both)
        else:
            joined.append(below if alone is not None else both)
    return tuple(joined)


def rows_above(file: str, sheet: RawSheet, heading: Heading) -> list[SkippedRow]:
    """The rows above the data that are not the heading row itself, each with what it is."""
    skipped: list[SkippedRow] = []
    for index, cells in enumerate(sheet.rows[: heading.last]):
        if all(map(is_blank, cells)):
            reason = "blank"
        else:
            reason = "upper row of the headings" if index >= heading.first else "title above the heading row"
        skipped.append(SkippedRow(file, sheet.name, index + 1, reason, cells))
    return skipped


def table_above(sheet: RawSheet, heading: Heading) -> tuple[int, ...]:
    """The 1-based rows above the heading that are no titles but another table: wide rows, at least two of them and
    with a number among their cells, or a heading with a row of its own below it."""
    width = sum(not is_blank(cell) for cell in heading.cells)
    wide = [index for index in range(heading.first) if _is_wide(sheet.rows[index], width)]
    if len(wide) >= 2 and any(_is_number(cell) for index in wide for cell in sheet.rows[index]):
        return tuple(index + 1 for index in wide)
    for index in range(heading.first - 1):
        below = sheet.rows[index + 1]
        if (
            _may_be_heading(sheet.rows[index])
            and not _is_labelled(sheet.rows[index])
            and sum(not is_blank(cell) for cell in below) >= 3
        ):
            other = _heading(sheet, index, index, ())
            if len(other.fields) >= 3 and sum(not is_blank(cell) for cell in other.cells) >= 3:
                return (index + 1, index + 2)
    return ()


def _is_wide(cells: Sequence[Cell], width: int) -> bool:
    filled = sum(not is_blank(cell) for cell in cells)
    return filled >= WIDE and filled * 2 >= width and not _is_labelled(cells)


def _is_number(cell: Cell) -> bool:
    """True for what may be an amount; the dates and words of a report's parameters are none."""
    if isinstance(cell, str):
        return any(isinstance(read_amount(cell.strip(), marks, ""), Decimal) for marks in EVERY_WAY)
    return isinstance(cell, (int, float)) and not isinstance(cell, bool)


def _is_labelled(row: Sequence[Cell]) -> bool:
    """True for a row of labels and what belongs to them ("Invoice No:", "A-1", "Date:", …), as no table has."""
    filled = [cell for cell in row if not is_blank(cell)]
    labels = [isinstance(cell, str) and ":" in cell and not cell[0].isdigit() for cell in filled]
    return sum(labels) * 2 >= len(filled) or (labels[0] and str(filled[0]).strip().endswith(":"))


def filled_rows(sheet: RawSheet, start: int) -> tuple[list[int], list[int]]:
    """The 0-based rows from `start` on: those with something in them, and the blank ones."""
    filled: list[int] = []
    blank: list[int] = []
    for index, first in enumerate(islice(sheet.rows.column(0), start, None), start):  # most have something there
        is_empty = is_blank(first) and all(map(is_blank, sheet.rows[index]))
        (blank if is_empty else filled).append(index)
    return filled, blank


def has_rows(sheet: RawSheet, start: int) -> bool:
    """True where something stands in a row from `start` on."""
    return any(not all(map(is_blank, row)) for row in sheet.rows.since(start))
