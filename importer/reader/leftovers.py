"""Rows below the heading that are no data: totals, notes, headings repeated on every page, unfilled template rows.

A row is left out only with a reason that can be read off the row itself, and every one is listed. What may be a total
or may be a further line is neither skipped nor read, but asked about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from importer.columns import BY_NAME, Kind
from importer.models import Cell, ErrorCell, UncalculatedCell
from importer.reader.cells import PLAIN, Unreadable, Value, is_blank, read_cells
from importer.reader.headings import normalised, spelled

_TOTAL = re.compile(
    r"(?:(?:grand|sub|invoice|report|page|overall|column|batch|monthly|net|gross)[\s-]*)*(?:total|totals|sum)\b[^\d]{0,40}[:\d\s.,]*"
    r"|.{1,60}[\s:–-](?:sub|grand)?[\s-]*totals?:?"
    r"|(?:zwischen|gesamt|end)?summe\b.{0,30}|gesamt(?:betrag)?|total(?:e|es|i|en)?\b.{0,30}|totaal\b.{0,30}|suma\b.{0,30}|somme\b.{0,30}"
    r"|carried forward|brought forward|balance (?:carried|brought) forward|übertrag",
    re.IGNORECASE,
)
SPACES = " \t\r\n\u00a0\u2007\u202f"
_AMOUNTS = ("total_amount", "total_amount_in_cents", "line_amount", "amount")
_ANCHORS = ("invoice_number", "invoice_date", "due_date")
TOTAL, UNLABELLED, REPEATED, NOTE, UNFILLED = (
    "total",
    "unlabelled total",
    "heading row repeated",
    "note, not a row of the table",
    "unfilled row of a template",
)


@dataclass(frozen=True, slots=True)
class StatedTotal:
    """An amount in a row that was recognised as a total: where, under which words, and how much in cents."""

    position: int  # among the rows that were looked at
    column: int  # 0-based
    label: str
    says: Decimal


@dataclass(slots=True)
class Leftovers:
    """What was found: reasons by 0-based position among the rows, and the totals with their columns' sums."""

    reasons: dict[int, str] = field(default_factory=dict)
    asked: dict[int, str] = field(default_factory=dict)  # may be a total, may be a line: a person says
    totals: list[StatedTotal] = field(default_factory=list)


def find_leftovers(
    rows: Sequence[tuple[Cell, ...]],
    cells: Callable[[int], Sequence[Cell]],
    headings: Sequence[Cell],
    columns: Mapping[str, int],
    amounts: Mapping[str, int],
) -> Leftovers:
    """Which of the rows are no data. `cells` gives a column of them; `columns` are the fields found, `amounts` further
    money columns by a name."""
    found = Leftovers()
    money = {name: index for name, index in {**columns, **amounts}.items() if name in _AMOUNTS or name in amounts}
    anchors = [columns[name] for name in _ANCHORS if name in columns]
    suspects = _suspects(rows, cells, anchors, headings)
    if not suspects:
        return found
    numeric = {index for name, index in columns.items() if BY_NAME[name].kind not in (Kind.TEXT, Kind.DATE)}
    numeric |= set(money.values())
    texts = {index for name, index in columns.items() if BY_NAME[name].kind is Kind.TEXT}
    used = numeric | texts | {index for name, index in columns.items() if BY_NAME[name].kind is Kind.DATE}
    said = {normalised(spelled(cell)) for cell in headings if not is_blank(cell)}
    values: dict[str, list[Value | Unreadable]] | None = None
    for position in suspects:
        row = rows[position]
        filled = [index for index, cell in enumerate(row) if not is_blank(cell)]
        if _repeats_heading(row, headings, filled, said):
            found.reasons[position] = REPEATED
        elif (label := _total_label(row, filled, anchors)) is not None:
            found.reasons[position] = f"{TOTAL} ({label})"
            values = values or _read(cells, money)
            if not re.match(r"(?i)sub|zwischen|page|.*(?:forward|übertrag)", label):
                found.totals += [
                    StatedTotal(position, money[name], label, value)
                    for name, column in values.items()
                    if isinstance(value := column[position], Decimal)
                ]
        elif len(filled) == 1 and _is_note(row[filled[0]], filled[0], anchors):
            found.reasons[position] = NOTE
        elif _is_unfilled(row, filled, numeric, used):
            found.reasons[position] = UNFILLED
        elif filled and all(index in numeric or not _is_words(row[index]) for index in filled):
            values = values or _read(cells, money)
            _judge_unlabelled(position, filled, rows, money, values, found)
    return found


def _suspects(
    rows: Sequence[tuple[Cell, ...]],
    cells: Callable[[int], Sequence[Cell]],
    anchors: Sequence[int],
    headings: Sequence[Cell],
) -> list[int]:
    """The rows worth a second look: those without an invoice number or date, with hardly a cell filled, or like the
    heading row."""
    if not anchors:
        return list(range(len(rows)))
    width = sum(not is_blank(cell) for cell in headings)
    first = next(index for index, cell in enumerate(headings) if not is_blank(cell))
    suspects = {place for place, size in enumerate(map(len, rows)) if size * 3 <= width}
    if headings[first] in cells(first):
        suspects.update(place for place, cell in enumerate(cells(first)) if cell == headings[first])
    for index in anchors:
        # only a cell that is nothing, or begins with a space, can be blank
        suspects.update(
            [
                place
                for place, cell in enumerate(cells(index))
                if not cell or (isinstance(cell, str) and cell[0] in SPACES and is_blank(cell))
            ]
        )
    return sorted(suspects)


def _read(cells: Callable[[int], Sequence[Cell]], money: Mapping[str, int]) -> dict[str, list[Value | Unreadable]]:
    return {name: read_cells(cells(index), Kind.DOLLARS, PLAIN) for name, index in money.items()}


def _repeats_heading(row: Sequence[Cell], headings: Sequence[Cell], filled: Sequence[int], said: set[str]) -> bool:
    if len(filled) < 2:
        return False
    names = [normalised(spelled(row[index])) for index in filled]
    in_place = sum(
        index < len(headings) and name == normalised(spelled(headings[index])) and bool(name)
        for index, name in zip(filled, names, strict=True)
    )
    return in_place == len(filled) or (in_place * 2 > len(said) and all(name in said for name in names))


def _total_label(row: Sequence[Cell], filled: Sequence[int], anchors: Sequence[int]) -> str | None:
    """The words that make the row a total; None where it has a number or a date of its own, or no such words."""
    labels = [index for index in filled if isinstance(row[index], str) and _TOTAL.fullmatch(spelled(row[index]))]
    if not labels or any(index in anchors and index not in labels for index in filled):
        return None
    words = [index for index in filled if _is_words(row[index]) and index not in labels]
    return spelled(row[labels[0]]) if len(words) <= 1 else None


def _is_words(cell: Cell) -> bool:
    return isinstance(cell, str) and any(letter.isalpha() for letter in cell)


def _is_note(cell: Cell, index: int, anchors: Sequence[int]) -> bool:
    """A sentence in a row of its own: never a single word that stands where the invoice number does."""
    if not isinstance(cell, str):
        return False
    words = cell.split()
    return len(words) >= 3 or (len(words) == 2 and index not in anchors) or cell.strip()[:1] in "*†=-_"


def _is_unfilled(row: Sequence[Cell], filled: Sequence[int], numeric: set[int], used: set[int]) -> bool:
    """Formulas that come to nothing and ready-made words, and not one cell that somebody filled in."""
    mine = [row[index] for index in filled if index in used]
    nothing = [
        isinstance(row[index], (UncalculatedCell, ErrorCell)) or row[index] in (0, "0", "0.00", "-", "$0.00", "$-")
        for index in filled
        if index in numeric
    ]
    return not mine or (len(nothing) == len(mine) and all(nothing))


def _judge_unlabelled(
    position: int,
    filled: Sequence[int],
    rows: Sequence[tuple[Cell, ...]],
    money: Mapping[str, int],
    values: Mapping[str, list[Value | Unreadable]],
    found: Leftovers,
) -> None:
    """A row of nothing but numbers is a total where one of them is the sum of its column above."""
    for name, index in money.items():
        value = values[name][position]
        if index not in filled or not isinstance(value, Decimal) or not value:
            continue
        above = [
            other
            for place, other in enumerate(values[name][:position])
            if place not in found.reasons and isinstance(other, Decimal)
        ]
        if not above or sum(above) != value:
            continue
        if len(above) > 1:
            found.reasons[position] = f"{UNLABELLED} ({spelled(rows[position][index])} is the sum of the rows above)"
            found.totals.append(StatedTotal(position, index, UNLABELLED, value))
        else:
            found.asked[position] = (
                f"The row may be a total ({spelled(rows[position][index])} is what stands above), or a further line."
            )
        return
