"""Amounts that nobody stated: an invoice of nothing but tax, and parts of a total that do not come to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from importer.domain import problem_catalog
from importer.domain.fields import ValueKind
from importer.domain.invoice import Invoice, Row
from importer.domain.money import dollars
from importer.domain.problems import Problem
from importer.reading.cells.parse_cell import read_cells
from importer.reading.columns.balance_forward import is_carried
from importer.reading.columns.charges import (
    NO_AMOUNTS,
    is_added,
    is_taken_off,
    taken_off,
)
from importer.reading.columns.column_map import SAID_AMOUNTS, unused
from importer.reading.columns.headings import display_heading, quoted_columns
from importer.reading.columns.meaning import AMOUNT, meaning_of, words_of
from importer.reading.columns.total_parts import likely_parts
from importer.reading.tables.parsed_table import ParsedTable

_LEFT = frozenset(("balance", "due", "open", "outstanding", "remaining", "unpaid", "left", "saldo", "rest", "offen"))
_WHOLE = frozenset(("original", "initial", "originalbetrag", "urspr"))
_OTHERS = frozenset(("previous", "prior", "opening", "beginning", "past", "running", "tax", "discount", "budget"))
ALONE = "Say in the profile which column is the amount of the bill ([columns] line_amount), or fill it in."
PARTS = "Correct the part or the total that is wrong; where the column is no part of it, take it out of the file."


def charges_alone(layouts: Sequence[ParsedTable], invoices: Sequence[Invoice]) -> Iterator[tuple[Row, Problem]]:
    """Invoices of which every line is a tax or a charge that a profile books as a line of its own."""
    lines = layouts[-1]
    headings = lines.source.headings
    charges = {at for _, at in lines.mapped.extras if _is_charge(display_heading(headings[at]))}
    for invoice in invoices if charges else ():
        columns = [line.row.source.columns.get("line_amount") for line in invoice.lines if line.worth]
        if columns and all(at in charges for at in columns):
            named = quoted_columns(
                sorted({(at, headings[at]) for at in columns if at is not None}, key=lambda each: each[0])
            )
            much = dollars(sum((line.worth or 0 for line in invoice.lines), Decimal()))
            what = f"The invoice would consist of {named} alone, {much}: what was billed is not among its lines."
            row = invoice.rows[0]
            yield row, Problem(problem_catalog.MISSING_VALUE, what, row.place(), "line_amount", advice=ALONE)


def parts_that_miss(layout: ParsedTable) -> Iterator[tuple[Row, Problem]]:
    """Rows whose unused parts (Labor, Parts, Tax) do not come to the total, as they do on most rows."""
    total = layout.mapped.columns.get("total_amount")
    parts = likely_parts(layout)
    if total is None or not parts:
        return
    headings = layout.source.headings
    columns = [read_cells(layout.cells.once(at), ValueKind.DOLLARS, layout.conventions) for at in parts]
    columns = [
        taken_off(read) if is_taken_off(display_heading(headings[at])) else read
        for at, read in zip(parts, columns, strict=True)
    ]
    whole = read_cells(layout.cells.once(total), ValueKind.DOLLARS, layout.conventions)
    for row, says, *each in zip(layout.rows, whole, *columns, strict=True):
        given = [value for value in each if isinstance(value, Decimal)]
        if given and (come_to := sum(given)) != says and isinstance(says, Decimal):
            what = (
                f"{quoted_columns([(at, headings[at]) for at in parts])} come to {dollars(come_to)}, and "
                f"{quoted_columns([(total, headings[total])])} says {dollars(says)}; on most rows they agree."
            )
            text = str(row.cell("total_amount") or "")
            yield (
                row,
                Problem(problem_catalog.TOTAL_MISMATCH, what, row.place("total_amount"), "total_amount", text, PARTS),
            )


def paid_in_part(layout: ParsedTable) -> Iterator[tuple[Row, Problem]]:
    """Rows on which the whole amount of the bill and what is left of it stand side by side, and differ: which of them
    is to be paid, only a profile can say."""
    mapped, headings = layout.mapped, layout.source.headings
    total = mapped.columns.get("total_amount")
    if total is None or mapped.settled & SAID_AMOUNTS or not _is_left(display_heading(headings[total])):
        return
    for index in unused(headings, mapped):
        heading = display_heading(headings[index])
        if not _is_whole(heading) or is_carried(heading):
            continue
        whole = read_cells(layout.cells.once(total), ValueKind.DOLLARS, layout.conventions)
        other = read_cells(layout.cells.once(index), ValueKind.DOLLARS, layout.conventions)
        for row, says, beside in zip(layout.rows, whole, other, strict=True):
            if isinstance(says, Decimal) and isinstance(beside, Decimal) and says != beside and says and beside:
                what = (
                    f"{quoted_columns([(total, headings[total])])} says {dollars(says)}, and "
                    f"{quoted_columns([(index, headings[index])])} {dollars(beside)}: it is not said which is to "
                    "be paid."
                )
                text = str(row.cell("total_amount") or "")
                yield row, Problem(problem_catalog.PAID_IN_PART, what, row.place("total_amount"), "total_amount", text)
        return


def _is_left(heading: str) -> bool:
    words = words_of(heading)
    return bool(words & _LEFT) and not words & (NO_AMOUNTS | _OTHERS)


def _is_whole(heading: str) -> bool:
    words = words_of(heading)
    meaning = meaning_of(heading)
    is_amount = meaning is not None and meaning.field in ("total_amount", AMOUNT)
    return (bool(words & _WHOLE) or is_amount) and not words & (NO_AMOUNTS | _OTHERS)


def _is_charge(heading: str) -> bool:
    return is_added(heading) or "tax" in words_of(heading)
