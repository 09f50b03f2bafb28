"""Money: unit price × quantity per line, their sum against the invoice total, to the cent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from importer.domain.cells import cell_text
from importer.domain.invoice import Invoice, Line
from importer.domain.money import EXACT, Exact, dollars
from importer.domain.problem_catalog import (
    CREDIT_MEMO,
    LINE_MISMATCH,
    NEGATIVE_LINE,
    NEGATIVE_TWICE,
    NOT_WHOLE_CENTS,
    REPEATED_INVOICE,
    RESTATED_LINE,
    ROUNDED_LINE,
    ROUNDING_LINE,
    TOO_LARGE,
    TOTAL_MISMATCH,
    ZERO_TOTAL,
)
from importer.domain.problems import Problem, ProblemKind
from importer.validation.likely_cause import likely_reason
from importer.validation.line_rounding import (
    WHOLE,
    agrees,
    is_whole,
    said_of,
)
from importer.validation.required import (
    PRICE_FIELDS,
    Reported,
    price_field,
    total_field,
)
from importer.validation.row_places import rows_said
from importer.validation.rule_input import RuleInput

MOST_CENTS = 10**12
"""$10,000,000,000.00: past this a number is not an invoice but a mistake."""

WORTH_FIELDS = ("quantity_ordered", *PRICE_FIELDS, "line_amount")


def are_plain(case: RuleInput) -> bool:
    """True where the rules of this page have nothing to say, as of nearly every invoice: each line goes out as it
    stands, and they come to the total. (Where it is False they may have nothing to say either.)"""
    came_to = 0
    for sent in case.charges:
        if sent is None or sent.restated or sent.is_rounding or not 0 <= sent.amount < MOST_CENTS:
            return False
        came_to += sent.amount
    return 0 < came_to <= MOST_CENTS and came_to == case.invoice.total


def total_can_be_sent(case: RuleInput) -> Iterator[Problem]:
    """The total is in whole cents, not negative, and of a believable size."""
    invoice = case.invoice
    total = invoice.total
    if total is None or (0 < total <= MOST_CENTS and is_whole(total)):
        return
    field = total_field(invoice)
    place, text = invoice.place(field), invoice.cell_text(field)
    if not is_whole(total):
        advice = None
        if field == "total_amount_in_cents":
            advice = "This column is in cents; name it total_amount if its numbers are dollars."
        what = f"The invoice total {text!r} has parts of a cent."
        yield Problem(NOT_WHOLE_CENTS, what, place, field, text, advice)
    elif total < 0:
        yield Problem(CREDIT_MEMO, f"The invoice total is {dollars(total)}: this is a credit memo.", place, field, text)
    elif total == 0:
        yield Problem(ZERO_TOTAL, "The invoice total is zero.", place, field, text)
    if not -MOST_CENTS <= total <= MOST_CENTS:
        yield Problem(TOO_LARGE, f"The invoice total {dollars(total)} cannot be right.", place, field, text)


def lines_multiply(case: RuleInput) -> Iterator[Problem]:
    """Quantity × unit price is the line's own amount, where the sheet gives all three; amounts are whole cents."""
    for line, sent in zip(case.invoice.lines, case.charges, strict=False):  # one for rounding has no line
        if _are_both_negative(line) and not _states_total(case):
            what = f"{said_of(line)}: both are negative, and nothing says what that comes to."
            yield _line_problem(NEGATIVE_TWICE, what, line, price_field(line))
        if sent is not None and -MOST_CENTS < sent.amount < MOST_CENTS:
            continue  # it has been multiplied, and agrees
        amount, extended, worth = line.amount, line.extended, line.worth
        if worth is not None and not -MOST_CENTS <= worth <= MOST_CENTS:
            what = f"The line comes to {dollars(worth)}, which cannot be right."
            yield _line_problem(TOO_LARGE, what, line, _worth_field(line))
        if amount is None:
            continue
        if not is_whole(amount):
            what = f"The line amount {_text(line, 'line_amount')!r} has parts of a cent."
            yield _line_problem(NOT_WHOLE_CENTS, what, line, "line_amount")
        elif extended is not None and not agrees(extended, amount):
            yield _line_problem(LINE_MISMATCH, _mismatch(line, extended, amount), line, "line_amount")


def lines_are_sent_as_said(case: RuleInput) -> Iterator[Problem]:
    """Warns of each line that is sent in another shape than the sheet's, or rounded, or negative.

    Of a line with a cell that could not be read nothing is said: it will be another line once that is mended.
    """
    invoice, reported = case.invoice, Reported(case.invoice)
    for sent in case.charges:
        if sent is not None and sent.is_rounding:
            field = total_field(invoice)
            what = (
                f"A line of {dollars(sent.amount)} for rounding is added, on account "
                f"{sent.line.financial_account_id}, so that the lines come to the invoice total."
            )
            yield Problem(ROUNDING_LINE, what, invoice.place(field), field, invoice.cell_text(field))
            continue
        if sent is None or not (sent.restated or sent.amount < 0):
            continue
        line = sent.line
        if any(reported(field, line.row.number) for field in WORTH_FIELDS):
            continue
        if sent.rounded_from is not None:
            what = f"{said_of(line)} is {dollars(sent.rounded_from)}; {dollars(sent.amount)} is sent."
            yield _line_problem(ROUNDED_LINE, what, line, _restated_field(line))
        elif sent.restated:
            what = f"The line is sent as 1 × {dollars(sent.amount)}, with {said_of(line)} in its notes."
            yield _line_problem(RESTATED_LINE, what, line, _restated_field(line))
        if sent.amount < 0 and (invoice.total is None or invoice.total >= 0):
            yield _line_problem(NEGATIVE_LINE, f"The line comes to {dollars(sent.amount)}.", line, _worth_field(line))


def lines_add_up(case: RuleInput) -> Iterator[Problem]:
    """The lines come to the invoice total. An invoice that stands in the sheet twice over is named as that."""
    invoice = case.invoice
    total = invoice.total
    if total is None or not is_whole(total) or invoice.invoice_number is None:
        return
    amounts = [sent.amount for sent in case.charges if sent is not None]
    if len(amounts) < len(invoice.lines):
        yield from _either_way(case, int(total))
        return
    came_to = sum(amounts)
    if came_to == total:
        return
    field = total_field(invoice)
    place, text = invoice.place(field), invoice.cell_text(field)
    times = _times_over(invoice, came_to, int(total))
    if times > 1:
        where = rows_said(invoice.rows)
        much = _times(times)
        what = (
            f"The lines come to {dollars(came_to)}, {much} the invoice total: {where} of the file say the same {much}."
        )
        yield Problem(REPEATED_INVOICE, what, place, field, text, "Remove the repeated rows.")
        return
    more = "more" if came_to > total else "less"
    what = (
        f"The lines come to {dollars(came_to)}, the invoice total is {dollars(total)}: "
        f"{dollars(abs(came_to - int(total)))} {more}."
    )
    reason = likely_reason(invoice, amounts, int(total))
    yield Problem(TOTAL_MISMATCH, f"{what} {reason}".strip(), place, field, text)


def _either_way(case: RuleInput, total: int) -> Iterator[Problem]:
    """Where a line's amount is not its quantity × price: what the lines come to by the one and by the other.

    Nothing is said where one of the two is the total, and where a line does not say what it comes to at all.
    """
    said = extended = 0
    for line, sent in zip(case.invoice.lines, case.charges, strict=False):
        if sent is not None:
            said, extended = said + sent.amount, extended + sent.amount
        elif line.amount is None or line.extended is None or not is_whole(line.amount):
            return
        else:
            said += int(line.amount)
            extended += int(line.extended.quantize(WHOLE, ROUND_HALF_UP, EXACT))
    if total in (said, extended):
        return
    field = total_field(case.invoice)
    what = (
        f"The lines come to {dollars(said)} by their amounts and to {dollars(extended)} by quantity × unit price; the "
        f"invoice total is {dollars(total)}, and neither of them."
    )
    yield Problem(TOTAL_MISMATCH, what, case.invoice.place(field), field, case.invoice.cell_text(field))


def _times_over(invoice: Invoice, came_to: int, total: int) -> int:
    """How often the same set of lines stands in the invoice, where their sum is that many times the total; else 1."""
    times = came_to // total if 0 < total < came_to and came_to % total == 0 else 1
    counts = Counter(line[1:] for line in invoice.lines)
    return times if all(count % times == 0 for count in counts.values()) else 1


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


def _mismatch(line: Line, extended: Decimal, amount: Exact) -> str:
    apart = dollars(EXACT.subtract(extended, amount).copy_abs())
    return f"{said_of(line)} is {dollars(extended)}, the line amount is {dollars(amount)}: {apart} apart."


def _restated_field(line: Line) -> str:
    """The field that keeps the line from being sent as it is."""
    whole = line.quantity is None or (is_whole(line.quantity) and line.quantity >= 0)
    return price_field(line) if whole and line.unit_price is not None else "quantity_ordered"


def _worth_field(line: Line) -> str:
    """The field to look at where what the line comes to is remarkable."""
    if line.amount is not None:
        return "line_amount"
    return "quantity_ordered" if line.quantity is not None and line.quantity < 0 else price_field(line)


def _text(line: Line, field: str) -> str:
    return cell_text(line.row.cell(field))


def _are_both_negative(line: Line) -> bool:
    return line.amount is None and (line.quantity or 0) < 0 and (line.unit_price or 0) < 0


def _states_total(case: RuleInput) -> bool:
    """Whether a cell gives the invoice's total: then what the lines come to is compared with it."""
    return any(row.says(name) for row in case.invoice.rows for name in ("total_amount", "total_amount_in_cents"))


def _line_problem(kind: ProblemKind, what: str, line: Line, field: str, advice: str | None = None) -> Problem:
    return Problem(kind, what, line.row.place(field), field, _text(line, field), advice)
