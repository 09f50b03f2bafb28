"""Money: unit price × quantity per line, their sum against the invoice total, to the cent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from importer.models import Invoice, Line, cell_text, dollars
from importer.problems import (
    CREDIT_MEMO,
    LINE_MISMATCH,
    NEGATIVE_LINE,
    NOT_WHOLE_CENTS,
    REPEATED_INVOICE,
    RESTATED_LINE,
    ROUNDED_LINE,
    TOO_LARGE,
    TOTAL_MISMATCH,
    ZERO_TOTAL,
    Kind,
    Problem,
)
from importer.validator.case import Case
from importer.validator.charges import agrees, is_whole
from importer.validator.required import price_field, total_field

MOST_CENTS = 10**12
"""$10,000,000,000.00: past this a number is not an invoice but a mistake."""


def total_can_be_sent(case: Case) -> Iterator[Problem]:
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
    if abs(total) > MOST_CENTS:
        yield Problem(TOO_LARGE, f"The invoice total {dollars(total)} cannot be right.", place, field, text)


def lines_multiply(case: Case) -> Iterator[Problem]:
    """Quantity × unit price is the line's own amount, where the sheet gives all three; amounts are whole cents."""
    invoice = case.invoice
    for line in invoice.lines:
        amount, extended = line.amount, line.extended
        worth = line.worth
        if worth is not None and abs(worth) > MOST_CENTS:
            yield _line_problem(TOO_LARGE, f"The line comes to {dollars(worth)}, which cannot be right.", line)
        if amount is None:
            continue
        if not is_whole(amount):
            text = cell_text(line.row.cell("line_amount"))
            yield _line_problem(NOT_WHOLE_CENTS, f"The line amount {text!r} has parts of a cent.", line)
        elif extended is not None and not agrees(extended, amount):
            yield _line_problem(LINE_MISMATCH, _mismatch(line, extended, amount), line)


def lines_are_sent_as_said(case: Case) -> Iterator[Problem]:
    """Warns of each line that is sent in another shape than the sheet's, or rounded, or negative."""
    invoice = case.invoice
    for sent in case.charges:
        if sent is None:
            continue
        line = sent.line
        if sent.rounded_from is not None:
            what = f"{_kept(line)} is {dollars(sent.rounded_from)}; {dollars(sent.amount)} is sent."
            yield _line_problem(ROUNDED_LINE, what, line, _restated_field(line))
        elif sent.restated:
            what = f"The line is sent as 1 × {dollars(sent.amount)}, with {_kept(line)} in its notes."
            yield _line_problem(RESTATED_LINE, what, line, _restated_field(line))
        if sent.amount < 0 and (invoice.total is None or invoice.total >= 0):
            yield _line_problem(NEGATIVE_LINE, f"The line comes to {dollars(sent.amount)}.", line)


def lines_add_up(case: Case) -> Iterator[Problem]:
    """The lines come to the invoice total. An invoice that stands in the sheet twice over is named as that."""
    invoice = case.invoice
    total = invoice.total
    if total is None or not invoice.lines or not is_whole(total) or invoice.invoice_number is None:
        return
    amounts = [sent.amount for sent in case.charges if sent is not None]
    if len(amounts) < len(invoice.lines):
        return  # what a line comes to is not known, and another rule says why
    if sum(amounts) == total:
        return
    field = total_field(invoice)
    place, text = invoice.place(field), invoice.cell_text(field)
    times = _times_over(invoice)
    if times > 1 and sum(amounts) == times * total:
        rows = ", ".join(str(row.number) for row in invoice.rows)
        what = f"The invoice stands here {_times(times)}: rows {rows} say the same {_times(times)}."
        yield Problem(REPEATED_INVOICE, what, place, field, text)
        return
    difference = sum(amounts) - total
    more = "more" if difference > 0 else "less"
    what = (
        f"The lines come to {dollars(sum(amounts))}, the invoice total is {dollars(total)}: "
        f"{dollars(abs(difference))} {more}."
    )
    reason = likely_reason(invoice, amounts, int(total))
    yield Problem(TOTAL_MISMATCH, f"{what} {reason}".strip(), place, field, text)


def likely_reason(invoice: Invoice, amounts: list[int], total: int) -> str:
    """Why a sum may miss, as a sentence, or "" where nothing points anywhere. Amounts and total in cents."""
    difference = sum(amounts) - total
    exact = sum((line.worth or Decimal() for line in invoice.lines), Decimal())
    if exact == total and not all(line.worth is not None and is_whole(line.worth) for line in invoice.lines):
        return "Each line is rounded to whole cents; unrounded they would meet the total."
    if total and sum(amounts) in (100 * total, total // 100 if total % 100 == 0 else None):
        return "One side looks like cents and the other like dollars."
    twice = [line for line, amount in zip(invoice.lines, amounts, strict=True) if amount == difference]
    if difference > 0 and twice:
        return f"Row {twice[-1].row.number} is exactly that much: it may be there twice, or not belong here."
    if _transposed(sum(amounts), total):
        return "Two digits may have changed places."
    if difference < 0:
        return "A line may be missing, such as tax or freight."
    return ""


def _transposed(one: int, other: int) -> bool:
    """True where swapping two neighbouring digits of one number gives the other."""
    if one < 0 or other < 0:
        return False
    first, second = str(one), str(other)
    if len(first) != len(second):
        return False
    differing = [index for index, pair in enumerate(zip(first, second, strict=True)) if pair[0] != pair[1]]
    if len(differing) != 2 or differing[1] != differing[0] + 1:
        return False
    return first[differing[0]] == second[differing[1]] and first[differing[1]] == second[differing[0]]


def _times_over(invoice: Invoice) -> int:
    """How often the same set of lines stands in the invoice: 1 where it is no repetition."""
    counts = Counter(
        (line.financial_account_id, line.quantity, line.unit_price, line.amount, line.notes) for line in invoice.lines
    )
    least = min(counts.values())
    return least if all(count % least == 0 for count in counts.values()) else 1


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


def _mismatch(line: Line, extended: Decimal, amount: Decimal) -> str:
    quantity = f"{line.quantity:f}" if line.quantity is not None else ""
    product = f"{quantity} × {dollars(line.unit_price or 0)} is {dollars(extended)}"
    return f"{product}, the line amount is {dollars(amount)}: {dollars(abs(extended - amount))} apart."


def _kept(line: Line) -> str:
    """What the sheet says of the line, as it is kept in the notes."""
    if line.quantity is not None and line.unit_price is not None:
        return f"{line.quantity:f} × {dollars(line.unit_price)}"
    return "the quantity" if line.quantity is not None else "the unit price"


def _restated_field(line: Line) -> str:
    whole = line.quantity is None or (is_whole(line.quantity) and line.quantity >= 0)
    return price_field(line) if whole and line.unit_price is not None else "quantity_ordered"


def _line_problem(kind: Kind, what: str, line: Line, field: str = "line_amount") -> Problem:
    return Problem(kind, what, line.row.place(field), field)
