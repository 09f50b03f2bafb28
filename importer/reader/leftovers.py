"""Rows below the heading that are no data: totals, notes, headings repeated on every page, unfilled template rows.

A row is left out only with a reason that can be read off the row itself, and every one is listed. What may be a total
or may be a further line is neither skipped nor read, but asked about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from importer.columns import Kind
from importer.models import Cell, ErrorCell, UncalculatedCell, dollars
from importer.reader.cells import PLAIN, Conventions, is_blank, quoted, read_cells
from importer.reader.feet import Sort, foot_of
from importer.reader.headings import normalised, spelled
from importer.reader.money import Marks, read_amount

_TOTAL = re.compile(
    r"(?:(?:grand|sub|invoice|report|page|overall|column|batch|monthly|net|gross)[\s-]*)*(?:total|totals|sum)\b[^\d]{0,40}[:\d\s.,]*"
    r"|.{1,60}[\s:–-](?:sub|grand)?[\s-]*totals?:?"
    r"|(?:zwischen|gesamt|end)?summe\b.{0,30}|gesamt(?:betrag)?|total(?:e|es|i|en)?\b.{0,30}|totaal\b.{0,30}|suma\b.{0,30}|somme\b.{0,30}"
    r"|(?:total |net )?(?:amount|balance)(?: is)? (?:due|payable|owing)\b.{0,30}"
    r"|please pay\b.{0,30}|pay this amount.{0,10}"
    r"|(?:(?:new|current|ending|closing|statement|account|outstanding|remaining) )?balance\W*"
    r"|zu zahlen(?:der betrag)?\W*|zahlbetrag\W*|zahlbar\W*|(?:offener|fälliger) betrag\W*|rechnungsbetrag\W*"
    r"|(?:net |montant |reste )?à payer\W*|montant dû\W*|solde(?: dû)?\W*|à reporter\W*"
    r"|(?:importe |neto |saldo )?a pagar\W*|saldo(?: final| total)?\W*|suma y sigue\W*"
    r"|(?:netto |importo )?da pagare\W*|netto a pagare\W*|a riportare\W*|te betalen\W*|over te brengen\W*"
    r"|do zapłaty\W*|razem\W*|att betala\W*|at betale\W*|å betale\W*"
    r"|carried forward|brought forward|balance (?:carried|brought) forward|übertrag",
    re.IGNORECASE,
)
EVERY_WAY = (Marks(certain=True), Marks(",", ".", certain=True))
SPACES = " \t\r\n\u00a0\u2007\u202f"
_PARTIAL = re.compile(r"(?i)sub|zwischen|page|.*(?:forward|übertrag)")  # a total of some rows, not of all above
_ANCHORS = ("invoice_number", "invoice_date", "due_date")
_FOOTER = re.compile(
    r"(?:page|seite|página|pagina)\s*:?\s*\d+(?:\s*(?:of|/|von|de|di)\s*\d+)?"
    r"|(?:printed|run date|report date|generated)\b.{0,40}|confidential\b.{0,40}|continued\b.{0,40}",
    re.IGNORECASE,
)
TOTALS = ("total_amount", "total_amount_in_cents")
TOTAL, UNLABELLED, REPEATED, NOTE, UNFILLED, UNUSED, FOOTER, FOOT, SECTION = (
    "total",
    "unlabelled total",
    "heading row repeated",
    "note, not a row of the table",
    "unfilled row of a template",
    "nothing in the columns that are used",
    "head or foot of a page",
    "foot of the table",
    "name of a section",
)


@dataclass(frozen=True, slots=True, order=True)
class StatedTotal:
    """An amount in a row that was recognised as a total: where, under which words, and how much in cents."""

    position: int  # among the rows that were looked at
    column: int  # 0-based
    label: str
    says: Decimal
    is_foot: bool = False  # no total: it stands between the rows and the total below them


@dataclass(slots=True)
class Leftovers:
    """What was found: reasons by 0-based position among the rows, and the totals with their columns' sums."""

    reasons: dict[int, str] = field(default_factory=dict)
    asked: dict[int, str] = field(default_factory=dict)  # may be a total, may be a line: a person says
    totals: list[StatedTotal] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Meant:
    """What the columns of a table are, as far as that is known before its rows are."""

    headings: Sequence[Cell]
    columns: Mapping[str, int]  # field → 0-based index
    money: Sequence[int]  # all columns of amounts that may have a total below
    used: Collection[int]  # all columns that have a part in what is read
    numeric: Collection[int]  # those of them that hold numbers


def find_leftovers(
    rows: Sequence[tuple[Cell, ...]], cells: Callable[[int], Sequence[Cell]], meant: Meant, written: Conventions = PLAIN
) -> Leftovers:
    """Which of the rows are no data. `cells` gives a column of them; `written` is how the table writes numbers."""
    found = Leftovers()
    headings = meant.headings
    anchors = [meant.columns[name] for name in _ANCHORS if name in meant.columns]
    suspects = _suspects(rows, cells, anchors, headings)
    if not suspects:
        _find_feet(rows, meant, written, found)
        return found
    said = {normalised(spelled(cell)) for cell in headings if not is_blank(cell)}
    sums: list[_Sum] = []
    for position in suspects:
        row = rows[position]
        filled = [index for index, cell in enumerate(row) if not is_blank(cell)]
        if _repeats_heading(row, headings, filled, said):
            found.reasons[position] = REPEATED
        elif (label := _total_label(row, filled, anchors, meant.columns)) is not None:
            found.reasons[position] = f"{TOTAL} ({label})"
            sums = sums or [_Sum(index, cells(index), written) for index in meant.money]
            if not _PARTIAL.match(label):
                found.totals += [
                    StatedTotal(position, each.index, label, value)
                    for each in sums
                    if isinstance(value := each.values[position], Decimal)
                ]
        elif len(filled) == 1 and _is_note(row[filled[0]], filled[0], anchors):
            found.reasons[position] = NOTE
        elif all(isinstance(row[index], str) and _FOOTER.fullmatch(spelled(row[index])) for index in filled):
            found.reasons[position] = FOOTER
        elif not any(index in meant.used for index in filled):
            found.reasons[position] = UNUSED
        elif _is_unfilled(row, [index for index in filled if index in meant.used], meant.numeric):
            found.reasons[position] = UNFILLED
        elif not any(index in anchors or _is_words(row[index]) for index in filled) and not _is_line(
            filled, meant.columns
        ):
            sums = sums or [_Sum(index, cells(index), written) for index in meant.money]
            _judge_unlabelled(position, row, sums, found)
    _find_sections(rows, suspects, found)
    _find_feet(rows, meant, written, found)
    return found


def _find_sections(rows: Sequence[tuple[Cell, ...]], suspects: Sequence[int], found: Leftovers) -> None:
    """A name alone in its row, with a total of that name further down, stands above a section."""
    totals = {
        normalised(reason.partition("(")[2]): position
        for position, reason in found.reasons.items()
        if reason.startswith(TOTAL)
    }
    for position in suspects if totals else ():
        filled = [cell for cell in rows[position] if not is_blank(cell)]
        if position in found.reasons or len(filled) != 1 or not _is_words(filled[0]):
            continue
        name = normalised(spelled(filled[0]))
        if any(totals.get(said, -1) > position for said in (f"total{name}", f"totalfor{name}", f"{name}total")):
            found.reasons[position] = SECTION
            found.asked.pop(position, None)


def _find_feet(rows: Sequence[tuple[Cell, ...]], meant: Meant, written: Conventions, found: Leftovers) -> None:
    """From the last row upwards, as long as there are no rows of the table."""
    columns = meant.columns
    if "invoice_number" not in columns:
        return
    has_lines = any(name not in TOTALS for name, index in columns.items() if index in meant.money)
    has_lines = has_lines or any(index not in columns.values() for index in meant.money)
    for position in range(len(rows) - 1, -1, -1):
        if position in found.reasons:
            continue
        row = rows[position]
        filled = [index for index, cell in enumerate(row) if not is_blank(cell)]
        foot = foot_of(row, filled, columns, meant.money, has_lines=has_lines)
        if foot is None or _is_line(filled, columns):
            return
        read = {index: read_cells([row[index]], Kind.DOLLARS, replace(written, currency=""))[0] for index in filled}
        amounts = {index: value for index in meant.money if isinstance(value := read.get(index), Decimal) and value}
        if foot.sort is Sort.CHARGE and amounts:
            much = dollars(next(iter(amounts.values())))
            found.asked[position] = f"{quoted(foot.label)} of {much} stands below the table, and belongs to no invoice."
            continue
        found.reasons[position] = f"{FOOT} ({foot.label})"
        off = foot.sort is Sort.CREDIT
        found.totals += [
            StatedTotal(position, index, foot.label, -abs(value) if off else value, is_foot=True)
            for index, value in amounts.items()
        ]


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


class _Sum:
    """A column of amounts, and what it comes to above a row; rows are asked about from top to bottom."""

    def __init__(self, index: int, column: Sequence[Cell], written: Conventions) -> None:
        self.index = index
        self.values = read_cells(column, Kind.DOLLARS, replace(written, currency=""))
        self._next = 0
        self._sum = Decimal()
        self._count = 0

    def above(self, position: int, left_out: Collection[int]) -> tuple[Decimal, int]:
        """The sum above the row and of how many cells, without rows that are left out."""
        for place in range(self._next, position):
            value = self.values[place]
            if place not in left_out and isinstance(value, Decimal):
                self._sum += value
                self._count += 1
        self._next = position
        return self._sum, self._count


def _repeats_heading(row: Sequence[Cell], headings: Sequence[Cell], filled: Sequence[int], said: set[str]) -> bool:
    if len(filled) < 2:
        return False
    names = [normalised(spelled(row[index])) for index in filled]
    in_place = sum(
        index < len(headings) and name == normalised(spelled(headings[index])) and bool(name)
        for index, name in zip(filled, names, strict=True)
    )
    beyond = sum(index >= len(headings) or is_blank(headings[index]) for index in filled)
    if in_place + beyond == len(filled) and (not beyond or in_place > 2):
        return True
    return in_place * 2 > len(said) and all(name in said for name in names)


def _is_line(filled: Collection[int], columns: Mapping[str, int]) -> bool:
    """True for a row with an account of its own, or with a quantity and its price: no total has them."""
    price = columns.get("unit_price", columns.get("unit_price_in_cents"))
    priced = columns.get("quantity_ordered") in filled and price in filled
    return priced or columns.get("financial_account_id") in filled


def _total_label(
    row: Sequence[Cell], filled: Sequence[int], anchors: Sequence[int], columns: Mapping[str, int]
) -> str | None:
    """The words that make the row a total; None where it has a number or a date of its own, or no such words."""
    labels = [index for index in filled if isinstance(row[index], str) and _TOTAL.fullmatch(spelled(row[index]))]
    if not labels or any(index in anchors and index not in labels for index in filled):
        return None
    if _is_line([index for index in filled if index not in labels], columns):
        return None
    words = [index for index in filled if _is_words(row[index]) and index not in labels]
    return spelled(row[labels[0]]) if len(words) <= 1 else None


def _is_words(cell: Cell) -> bool:
    """True for a text with letters in it that is no amount of some currency."""
    if not isinstance(cell, str) or not any(letter.isalpha() for letter in cell):
        return False
    return not any(isinstance(read_amount(cell.strip(), marks, ""), Decimal) for marks in EVERY_WAY)


def _is_note(cell: Cell, index: int, anchors: Sequence[int]) -> bool:
    """A sentence in a row of its own: never a single word that stands where the invoice number does."""
    if not isinstance(cell, str):
        return False
    words, text = cell.split(), cell.strip()
    return len(words) >= 3 or (len(words) == 2 and index not in anchors) or text.startswith((*"*†=-_", "# "))


def _is_unfilled(row: Sequence[Cell], filled: Sequence[int], numeric: Collection[int]) -> bool:
    """Formulas that come to nothing, and not one cell that somebody filled in."""
    return all(
        index in numeric
        and (
            isinstance(row[index], (UncalculatedCell, ErrorCell)) or row[index] in (0, "0", "0.00", "-", "$0.00", "$-")
        )
        for index in filled
    )


def _judge_unlabelled(position: int, row: Sequence[Cell], sums: Sequence[_Sum], found: Leftovers) -> None:
    """A row of nothing but numbers is a total where one of them is the sum of its column above."""
    for each in sums:
        value = each.values[position]
        above, count = each.above(position, found.reasons)
        if not isinstance(value, Decimal) or not value or value != above:
            continue
        if count > 1:
            found.reasons[position] = f"{UNLABELLED} ({spelled(row[each.index])} is the sum of the rows above)"
            found.totals.append(StatedTotal(position, each.index, UNLABELLED, value))
        else:
            found.asked[position] = (
                f"The row may be a total ({spelled(row[each.index])} is what stands above), or a further line."
            )
        return
