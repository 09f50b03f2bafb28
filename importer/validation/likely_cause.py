"""Why the lines of an invoice may miss its total: one sentence, the strongest sign first, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal

from importer.domain.cells import Cell, cell_text, column_letter
from importer.domain.invoice import Invoice, Line
from importer.domain.money import EXACT, Exact, dollars
from importer.validation.line_rounding import WHOLE, is_whole
from importer.validation.row_places import rows_said


def likely_reason(invoice: Invoice, amounts: Sequence[int], total: int) -> str:
    """Why the sum of `amounts` (cents, one for each line) may miss `total` (cents); "" where nothing points anywhere.

    Only what fits to the cent is said.
    """
    came_to = sum(amounts)
    if total == 0:
        return ""  # nothing fits zero: everything is too much
    if came_to == -total:
        return "It is the same amount with the opposite sign."
    if came_to == 100 * total or (total % 100 == 0 and came_to == total // 100):
        return "One side looks like cents and the other like dollars."
    rounding = _rounding(invoice, total)
    if rounding:
        return rounding
    fits = [amount - (came_to - total) for amount in amounts]  # what each line would have to come to
    left_out = _column_left_out(invoice, total - came_to)
    if left_out:
        return left_out
    lines = list(zip(invoice.lines, amounts, fits, strict=True))
    for line, says, fit in lines:
        if says > 0 and fit == 0:
            return _surplus(line, says, invoice, total)
    for slip, reason in SLIPS.items():
        for line, says, fit in lines:
            if slip(says, fit):
                return f"With {dollars(fit)} in row {line.row.number} of the file it would add up: {reason}"
    if any(swapped == total for swapped in _with_two_swapped(came_to)):
        return "Two digits of the total may have changed places."
    if abs(came_to - total) <= len(amounts):
        return "So little is usually rounding: compare each line with the vendor's document."
    if came_to < total:
        return f"A line of {dollars(total - came_to)} may be missing, such as tax or freight."
    return ""


def _rounding(invoice: Invoice, total: int) -> str:
    """The vendor rounded once, at the end; here each line is rounded."""
    worths = [line.worth for line in invoice.lines if line.worth is not None]
    exact = _sum(worths)
    if not all(map(is_whole, worths)) and exact.quantize(WHOLE, ROUND_HALF_UP, EXACT) == total:
        return f"Each line is sent in whole cents; unrounded they come to {dollars(exact)}."
    priced = _sum([worth if line.extended is None else line.extended for line, worth in _worths(invoice)])
    if not is_whole(priced) and priced.quantize(WHOLE, ROUND_HALF_UP, EXACT) == total:
        return (
            f"By quantity × unit price, with all decimals of the prices, the lines come to {dollars(priced)}: the "
            "line amounts are rounded, the total is not."
        )
    return ""


def _worths(invoice: Invoice) -> Iterator[tuple[Line, Exact]]:
    return ((line, line.worth) for line in invoice.lines if line.worth is not None)


def _sum(amounts: Sequence[Exact]) -> Decimal:
    exact = Decimal()
    for amount in amounts:
        exact = EXACT.add(exact, amount)
    return exact


def _column_left_out(invoice: Invoice, missing: int) -> str:
    """A column of the sheet that is not read and holds exactly what is missing: tax, freight, a discount."""
    used = set(invoice.source.columns.values()).union(*(line.row.source.columns.values() for line in invoice.lines))
    rows = [(row, row.cells) for row in invoice.rows if row.source is invoice.source]
    for index, heading in enumerate(invoice.source.headings):
        name = "" if index in used else cell_text(heading).strip()
        filled = [(row, cents) for row, cells in rows if name and (cents := _cents(cells, index))]
        if not filled:
            continue
        amounts = [-abs(cents) if missing < 0 and _DEDUCTED.search(name) else cents for _, cents in filled]
        is_repeated = len(set(amounts)) == 1  # on each row of the invoice
        if missing == sum(amounts) or (is_repeated and missing == amounts[0]):
            where = rows_said([row for row, _ in filled])
            return (
                f"The column '{name}' ({column_letter(index)}) is exactly that much in {where} of the file, and is not "
                "among the lines: name it under [[extra_lines]] in a profile, or add a line."
            )
    return ""


_DEDUCTED = re.compile("discount|rebate|credit|retain|allowance|deduct", re.IGNORECASE)
_PLAIN_AMOUNT = re.compile(r"-?\$?-?\d{1,3}(?:,?\d{3})*(?:\.\d{1,2})?")


def _cents(cells: Sequence[Cell], index: int) -> int:
    """What a cell says in cents; 0 where it is no plain amount of dollars."""
    text = cell_text(cells[index]).strip() if index < len(cells) else ""
    return int(Decimal(re.sub("[$,]", "", text)) * 100) if _PLAIN_AMOUNT.fullmatch(text) else 0


def _surplus(line: Line, amount: int, invoice: Invoice, total: int) -> str:
    """Of a line without which the others would add up."""
    row = line.row.number
    alike = [other.row for other in invoice.lines if other[1:] == line[1:]]
    if amount == total and len(invoice.lines) > 1:
        return f"Row {row} of the file is as much as the whole invoice: it may be its total and not a line."
    if len(alike) > 1:
        said = rows_said(alike).capitalize()
        return f"{said} of the file say the same, and one of them is exactly that much: it may be there twice."
    return f"Row {row} of the file is exactly that much: it may not belong here."


def _with_two_swapped(number: int) -> Iterator[int]:
    """The number with two neighbouring digits changed over, in every way that gives another number."""
    if number <= 0:
        return
    digits = str(number)
    for at in range(len(digits) - 1):
        swapped = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
        if swapped != digits:
            yield int(swapped)


def _has_other_sign(says: int, fits: int) -> bool:
    return says == -fits


def _is_cents_for_dollars(says: int, fits: int) -> bool:
    return says > 0 and (says == 100 * fits or fits == 100 * says)


def _has_two_swapped(says: int, fits: int) -> bool:
    return fits in _with_two_swapped(says)


SLIPS = {
    _has_other_sign: "the sign may be wrong.",
    _is_cents_for_dollars: "dollars and cents may be mixed up there.",
    _has_two_swapped: "two digits may have changed places.",
}
"""How a line comes to say one thing (cents) where another would fit, the likeliest first."""
