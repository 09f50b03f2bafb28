"""Rows below the heading that are no data: totals, notes, headings repeated on every page, unfilled template rows.

A row is left out only with a reason that can be read off the row itself, and every one is listed. What may be a total
or may be a further line is neither skipped nor read, but asked about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from typing import cast

from importer.domain.cells import (
    Cell,
    ErrorCell,
    UncalculatedCell,
    cell_text,
)
from importer.domain.fields import ValueKind
from importer.domain.money import dollars
from importer.reading.cells.parse_cell import (
    PLAIN,
    NumberDateFormat,
    Unreadable,
    is_blank,
    quoted,
    read_cells,
)
from importer.reading.cells.parse_money import Marks, read_amount
from importer.reading.columns.headings import display_heading, normalised
from importer.reading.rows.document_type import is_credit
from importer.reading.rows.footers import Footer, FooterKind, footer_of
from importer.reading.rows.total_rows import (
    ALONE,
    ColumnSum,
    fits,
    is_forward,
    is_partial,
    names_of_rows,
)
from importer.reading.rows.total_rows import TOTAL as TOTAL_WORDS
from importer.reading.tables.second_table import ADVICE as ANOTHER_TABLE
from importer.reading.tables.second_table import table_below

EVERY_WAY = (Marks(certain=True), Marks(",", ".", certain=True))
_ANCHORS = ("invoice_number", "invoice_date", "due_date")
_FOOTER = re.compile(
    r"(?:page|seite|página|pagina)\s*:?\s*\d+(?:\s*(?:of|/|von|de|di)\s*\d+)?"
    r"|(?:printed|run date|report date|generated)\b.{0,40}|confidential\b.{0,40}|continued\b.{0,40}",
    re.IGNORECASE,
)
LINE_OR_NOT = (
    "If it is a line of the invoice above it, write that invoice's number into the row; otherwise take the row out."
)
WRITE_IT_OUT = "Write it into the rows that it is meant for, and take this row out."
TOTALS = ("total_amount", "total_amount_in_cents")
TOTAL, UNLABELLED, REPEATED, NOTE, UNFILLED, UNUSED, FOOTER, FOOT, SECTION, OTHER_TABLE, BEFORE = (
    "total",
    "unlabelled total",
    "heading row repeated",
    "note, not a row of the table",
    "unfilled row of a template",
    "nothing in the columns that are used",
    "head or foot of a page",
    "foot of the table",
    "name of a section",
    "row of another table below the first",
    "left out as before its neighbours were corrected",
)


@dataclass(frozen=True, slots=True, order=True)
class StatedTotal:
    """An amount in a row that was recognised as a total: where, under which words, and how much in cents."""

    position: int  # among the rows that were looked at
    column: int  # 0-based
    label: str
    says: Decimal
    is_foot: bool = False  # no total: it stands between the rows and the total below them
    unread: str = ""  # what its cell says where that is no amount: `says` is nothing then


@dataclass(frozen=True, slots=True)
class RowQuestion:
    """Why a person must say what a row is. Where it `holds`, it may belong to the invoice above, which has to wait."""

    what: str
    advice: str | None = None
    holds: bool = False


@dataclass(slots=True)
class RowClassification:
    """What was found: reasons by 0-based position among the rows, and the totals with their columns' sums."""

    reasons: dict[int, str] = field(default_factory=dict)
    asked: dict[int, RowQuestion] = field(default_factory=dict)  # may be a total, may be a line: a person says
    totals: list[StatedTotal] = field(default_factory=list)

    def leave_out(self, places: Iterable[int]) -> None:
        """Rows that were left out before their neighbours were corrected by hand stay so, and are not asked about."""
        for place in places:
            if self.asked.pop(place, None) is not None:
                self.reasons[place] = BEFORE


@dataclass(frozen=True, slots=True)
class ColumnHints:
    """What the columns of a table are, as far as that is known before its rows are."""

    headings: Sequence[Cell]
    columns: Mapping[str, int]  # field → 0-based index
    money: Sequence[int]  # all columns of amounts that may have a total below
    used: Collection[int]  # all columns that have a part in what is read
    numeric: Collection[int]  # those of them that hold numbers
    types: int | None = None  # where a row may be called a credit, which is a sign of its amount


def classify_rows(
    rows: Sequence[tuple[Cell, ...]],
    cells: Callable[[int], Sequence[Cell]],
    meant: ColumnHints,
    written: NumberDateFormat = PLAIN,
) -> RowClassification:
    """Which of the rows are no data. `cells` gives a column of them; `written` is how the table writes numbers."""
    found = RowClassification()
    headings = meant.headings
    anchors = [meant.columns[name] for name in _ANCHORS if name in meant.columns]
    below = table_below(rows, cells(meant.money[0]), headings) if meant.money else None
    if below is not None:
        found.reasons |= dict.fromkeys(range(below.first, len(rows)), OTHER_TABLE)
        del found.reasons[below.headings]
        found.asked[below.headings] = RowQuestion(below.what(len(rows) - below.headings - 1), ANOTHER_TABLE)
        rows = rows[: below.first]
    suspects = [place for place in _suspects(rows, cells, anchors, headings) if place < len(rows)]
    if not suspects:
        _find_feet(rows, suspects, meant, written, found)
        return found
    said = {normalised(display_heading(cell)) for cell in headings if not is_blank(cell)}
    sums: list[ColumnSum] = []
    invoices: list[ColumnSum] | None = None  # what the invoices come to, each counted once
    numbers = meant.columns.get("invoice_number")

    @cache
    def named(at: int) -> set[Cell]:
        return set() if numbers in (None, at) else names_of_rows(cells(at), cells(numbers))

    @cache
    def has_credits() -> bool:
        return meant.types is not None and any(is_credit(cell_text(cell)) for cell in set(cells(meant.types)))

    for order, position in enumerate(suspects):
        row = rows[position]
        filled = [index for index, cell in enumerate(row) if not is_blank(cell)]
        if _repeats_heading(row, headings, filled, said):
            found.reasons[position] = REPEATED
        elif (at := _total_label(row, filled, anchors, meant.columns)) is not None:
            sums = sums or [ColumnSum(index, cells(index), written) for index in meant.money]
            is_within = len(rows) - position > len(suspects) - order
            is_within = is_within or any(at < len(rows[each]) and rows[each][at] == row[at] for each in found.asked)
            if invoices is None:
                header = [each for each in sums if each.index in [meant.columns.get(name) for name in TOTALS]]
                invoices = [] if numbers is None else [each.counted_once(cells(numbers)) for each in header]
            told = {"is_within": is_within, "is_name": row[at] in named(at), "has_credits": has_credits()}
            _judge_total(position, row, at, sums, invoices, found, meant, **told)
        elif len(filled) == 1 and _is_above_blanks(rows, position, filled[0], meant.columns):
            what = (
                f"{quoted(display_heading(row[filled[0]]))} stands alone in its row, above rows that leave its "
                "column blank."
            )
            found.asked[position] = RowQuestion(what, WRITE_IT_OUT)
        elif len(filled) == 1 and _is_note(row[filled[0]], filled[0], meant, anchors):
            found.reasons[position] = NOTE
        elif all(isinstance(row[index], str) and _FOOTER.fullmatch(display_heading(row[index])) for index in filled):
            found.reasons[position] = FOOTER
        elif not any(index in meant.used for index in filled):
            found.reasons[position] = UNUSED
        elif _is_unfilled(row, [index for index in filled if index in meant.used], meant.numeric):
            found.reasons[position] = UNFILLED
        elif not any(index in anchors or _is_words(row[index]) for index in filled) and not _is_line(
            filled, meant.columns
        ):
            sums = sums or [ColumnSum(index, cells(index), written) for index in meant.money]
            _judge_unlabelled(position, row, sums, found)
    _find_sections(rows, suspects, found)
    _find_feet(rows, suspects, meant, written, found)
    return found


def _find_sections(rows: Sequence[tuple[Cell, ...]], suspects: Sequence[int], found: RowClassification) -> None:
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
        name = normalised(display_heading(filled[0]))
        if any(totals.get(said, -1) > position for said in (f"total{name}", f"totalfor{name}", f"{name}total")):
            asked = found.asked.pop(position, None)
            if asked is not None and asked.advice == WRITE_IT_OUT:
                found.asked[position] = asked
            else:
                found.reasons[position] = SECTION


def _foot_of_several(
    rows: Sequence[tuple[Cell, ...]], position: int, filled: Sequence[int], meant: ColumnHints
) -> Footer | None:
    """A charge or credit below several invoices of which each row has its number: it may be that of all of them."""
    foot = footer_of(rows[position], filled, meant.columns, meant.money, has_lines=False)
    if foot is None or foot.sort not in (FooterKind.CHARGE, FooterKind.CREDIT):
        return None
    number = meant.columns["invoice_number"]
    numbers = {row[number] for row in rows[:position] if number < len(row) and not is_blank(row[number])}
    return foot if len(numbers) > 1 else None


def _find_feet(
    rows: Sequence[tuple[Cell, ...]],
    suspects: Sequence[int],
    meant: ColumnHints,
    written: NumberDateFormat,
    found: RowClassification,
) -> None:
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
        foot = footer_of(row, filled, columns, meant.money, has_lines=has_lines)
        if foot is None and has_lines and not any(place < position for place in suspects):
            foot = _foot_of_several(rows, position, filled, meant)
        if foot is None or _is_line(filled, columns):
            return
        read = {
            index: read_cells([row[index]], ValueKind.DOLLARS, replace(written, currency=""))[0] for index in filled
        }
        amounts = {index: value for index in meant.money if isinstance(value := read.get(index), Decimal) and value}
        if amounts and foot.sort in (FooterKind.CHARGE, FooterKind.CREDIT):
            lines = _sorts_of_lines(rows, filled, suspects, meant, found)
            if foot.sort in lines:
                return
            much = dollars(next(iter(amounts.values())))
            totals = [total for total in found.totals if not total.is_foot and not total.unread]
            below = any(total.position > position for total in totals)
            holds = not _is_whose(filled[0], columns) and (foot.sort is FooterKind.CHARGE or bool(lines) or not below)
            what = f"{quoted(foot.label)} of {much} stands below the table, and belongs to no invoice."
            if holds:
                what = f"{quoted(foot.label)} of {much} stands below the table: it may be a line of the last invoice."
            if holds or foot.sort is FooterKind.CHARGE:
                found.asked[position] = RowQuestion(what, LINE_OR_NOT if holds else None, holds)
                continue
        found.reasons[position] = f"{FOOT} ({foot.label})"
        off = foot.sort is FooterKind.CREDIT
        found.totals += [
            StatedTotal(position, index, foot.label, -abs(value) if off else value, is_foot=True)
            for index, value in amounts.items()
        ]


def _sorts_of_lines(
    rows: Sequence[tuple[Cell, ...]],
    filled: Sequence[int],
    suspects: Sequence[int],
    meant: ColumnHints,
    found: RowClassification,
) -> set[FooterKind | None]:
    """What the lines higher up say that are filled in the same columns and belong to the invoices above them: what is
    a line there is one below the last row as well. None among them for one that says none of such words."""
    if _is_whose(filled[0], meant.columns):
        return set()
    known = set(suspects)
    last = next((place for place in range(len(rows) - 1, -1, -1) if place not in known), -1)
    sorts: set[FooterKind | None] = set()
    for place in suspects:
        if place > last:
            break
        if place in found.reasons or place in found.asked:
            continue
        there = [index for index, cell in enumerate(rows[place]) if not is_blank(cell)]
        if there == filled:
            other = footer_of(rows[place], there, meant.columns, meant.money, has_lines=False)
            sorts.add(None if other is None else other.sort)
    return sorts


def _is_whose(index: int, columns: Mapping[str, int]) -> bool:
    """True for a column that says which invoice, and whose: no words of a line stand there."""
    return index in {columns.get(name) for name in (*_ANCHORS, "vendor_id", "property_id")}


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
        blank = {cell for cell in set(cells(index)) if not cell or is_blank(cell)}
        if blank:
            suspects.update([place for place, cell in enumerate(cells(index)) if cell in blank])
    return sorted(suspects)


def _repeats_heading(row: Sequence[Cell], headings: Sequence[Cell], filled: Sequence[int], said: set[str]) -> bool:
    if len(filled) < 2:
        return False
    names = [normalised(display_heading(row[index])) for index in filled]
    in_place = sum(
        index < len(headings) and name == normalised(display_heading(headings[index])) and bool(name)
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
) -> int | None:
    """Where the words stand that make the row a total; None where it has a number or a date of its own, or no such
    words."""
    labels = [
        index for index in filled if isinstance(row[index], str) and TOTAL_WORDS.fullmatch(display_heading(row[index]))
    ]
    if not labels or any(index in anchors and index not in labels for index in filled):
        return None
    if _is_line([index for index in filled if index not in labels], columns):
        return None
    words = [index for index in filled if _is_words(row[index]) and index not in labels]
    return labels[0] if len(words) <= 1 else None


def _judge_total(
    position: int,
    row: Sequence[Cell],
    at: int,
    sums: Sequence[ColumnSum],
    invoices: Sequence[ColumnSum],
    found: RowClassification,
    meant: ColumnHints,
    *,
    is_within: bool,
    is_name: bool,
    has_credits: bool,
) -> None:
    """A row with the words of a total is left out; where rows above must come to it and do not, it is asked about.

    Those must of a partial total, and of "Total Care", which may be a line (`is_within`: rows of the table stand below
    it, or below another of the name). All others are totals of the table, and compared with it. What rows with numbers
    are called too (`is_name`: the vendor "Total Fire Protection") makes a total only where it says nothing else and
    rows come to it.
    """
    label = display_heading(row[at])
    amounts = [each for each in sums if isinstance(each.values[position], Decimal)]
    is_sure = fits([each.comes_to(position, found.reasons, found.asked) for each in amounts])
    for each in invoices:
        for says in [amount.values[position] for amount in amounts]:
            is_sure = each.comes_to(position, found.reasons, found.asked, says) or is_sure
    if is_sure is False and has_credits:
        is_sure = None
    if is_name and not (is_sure and ALONE.fullmatch(label)):
        return
    may_be_line = is_within and not _is_whose(at, meant.columns) and not ALONE.fullmatch(label)
    if is_forward(label) and not any(place not in found.reasons for place in range(position)):
        for each in amounts:
            each.carry(cast("Decimal", each.values[position]))
    elif amounts and not is_sure and ((is_partial(label) and is_sure is False) or may_be_line):
        much = dollars(cast("Decimal", amounts[0].values[position]))
        what = f"{quoted(label)} of {much} reads like a total, but no rows above come to it: it may be a line."
        found.asked[position] = RowQuestion(what, LINE_OR_NOT, holds=True)
        return
    found.reasons[position] = f"{TOTAL} ({label})"
    if not is_partial(label):
        found.totals += [
            StatedTotal(position, each.index, label, cast("Decimal", each.values[position]))
            for each in amounts
            if not (each.is_of_some and is_within)
        ]
    if not is_partial(label) and not amounts:
        found.totals += [
            StatedTotal(position, each.index, label, Decimal(), unread=value.text)
            for each in sums
            if isinstance(value := each.values[position], Unreadable)
            and not TOTAL_WORDS.fullmatch(display_heading(row[each.index]))
        ]


def _is_words(cell: Cell) -> bool:
    """True for a text with letters in it that is no amount of some currency."""
    return isinstance(cell, str) and any(letter.isalpha() for letter in cell) and not _is_amount(cell)


def _is_amount(text: str) -> bool:
    return any(isinstance(read_amount(text.strip(), marks, ""), Decimal) for marks in EVERY_WAY)


def _is_above_blanks(rows: Sequence[tuple[Cell, ...]], position: int, index: int, columns: Mapping[str, int]) -> bool:
    """True for a vendor or a property that stands once above its invoices, in its own column."""
    if index not in (columns.get("vendor_id"), columns.get("property_id")) or position + 1 >= len(rows):
        return False
    row, number = rows[position + 1], columns.get("invoice_number", index)
    return number < len(row) and not is_blank(row[number]) and is_blank(row[index] if index < len(row) else None)


def _is_note(cell: Cell, index: int, meant: ColumnHints, anchors: Sequence[int]) -> bool:
    """A sentence in a row of its own: never a single word that stands where the invoice number does, and nothing that
    may be an amount."""
    if not isinstance(cell, str) or _is_amount(cell):
        return False
    text = cell.strip()
    words = text.split()
    if index in meant.money and any(map(str.isdigit, text)) and not (text[0].isalpha() and len(words) > 3):
        return False
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


def _judge_unlabelled(position: int, row: Sequence[Cell], sums: Sequence[ColumnSum], found: RowClassification) -> None:
    """A row of nothing but numbers is a total where one of them is the sum of its column above."""
    for each in sums:
        value = each.values[position]
        above, count = each.above(position, found.reasons)
        if not isinstance(value, Decimal) or not value or value != above:
            continue
        if count > 1:
            found.reasons[position] = f"{UNLABELLED} ({display_heading(row[each.index])} is the sum of the rows above)"
            found.totals.append(StatedTotal(position, each.index, UNLABELLED, value))
        else:
            what = (
                f"The row may be a total ({display_heading(row[each.index])} is what stands above), or a further line."
            )
            found.asked[position] = RowQuestion(what, LINE_OR_NOT, holds=True)
        return
