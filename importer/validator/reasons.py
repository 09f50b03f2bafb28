"""Why the lines of an invoice may miss its total: one sentence, the strongest sign first, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal

from importer.models import EXACT, Invoice, Line, dollars
from importer.validator.charges import WHOLE, is_whole
from importer.validator.places import rows_said


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
    lines = list(zip(invoice.lines, amounts, fits, strict=True))
    for line, says, fit in lines:
        if says > 0 and fit == 0:
            return _surplus(line, says, invoice, total)
    for slip, reason in SLIPS.items():
        for line, says, fit in lines:
            if slip(says, fit):
                return f"With {dollars(fit)} in row {line.row.number} it would add up: {reason}"
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
    if all(map(is_whole, worths)):
        return ""
    exact = Decimal()
    for worth in worths:
        exact = EXACT.add(exact, worth)
    if exact.quantize(WHOLE, ROUND_HALF_UP, EXACT) != total:
        return ""
    return f"Each line is sent in whole cents; unrounded they come to {dollars(exact)}."


def _surplus(line: Line, amount: int, invoice: Invoice, total: int) -> str:
    """Of a line without which the others would add up."""
    row = line.row.number
    alike = [other.row for other in invoice.lines if other[1:] == line[1:]]
    if amount == total and len(invoice.lines) > 1:
        return f"Row {row} is as much as the whole invoice: it may be its total and not a line."
    if len(alike) > 1:
        said = rows_said(alike).capitalize()
        return f"{said} say the same, and one of them is exactly that much: it may be there twice."
    return f"Row {row} is exactly that much: it may not belong here."


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
