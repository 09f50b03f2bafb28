"""From a line as the sheet says it to a line as it can be sent: whole quantities, whole cents, no silent rounding.

The API takes an integer price in cents, and whether it takes fractions of a quantity is not stated (contract, "Create
an invoice in ResMan"). A line that does not fit is sent as quantity 1 × its exact amount, with what the sheet said
kept in its notes.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from importer.domain.invoice import Invoice, Line
from importer.domain.money import EXACT, Exact, dollars

WHOLE = Decimal(1)


class LineCharge(NamedTuple):
    """What one line comes to, in whole cents, and how it is sent. A tuple underneath, like the line itself."""

    line: Line
    quantity: int
    unit_price: int  # cents
    notes: str
    restated: bool  # sent as quantity 1 × amount although the sheet says it differently
    rounded_from: Decimal | None  # quantity × unit price in cents where that has parts of a cent
    is_rounding: bool = False  # a line of ours, that no row of the sheet says

    @property
    def amount(self) -> int:
        """Cents."""
        return self.quantity * self.unit_price

    def as_item(self) -> dict[str, object]:
        """The entry of `invoice_items`, for `payload.PayloadLine` to check."""
        return {
            "financial_account_id": self.line.financial_account_id,
            "quantity_ordered": self.quantity,
            "unit_price_in_cents": self.unit_price,
            "notes": self.notes,
        }


def charge(line: Line) -> LineCharge | None:
    """How the line is sent; None where its cells do not say what it comes to (a rule names the reason)."""
    quantity, price, amount = line.quantity, line.unit_price, line.amount
    if quantity is not None and price is not None:
        count, each = int(quantity), int(price)
        if count == quantity and each == price and count >= 0 and (amount is None or amount == count * each):
            return LineCharge(line, count, each, line.notes, False, None)  # noqa: FBT003 - by name it takes twice as long
    extended = line.extended
    if quantity is None or price is None or extended is None:
        if amount is None or not is_whole(amount):
            return None
        said = "" if quantity == 1 or price == amount else said_of(line)
        return LineCharge(line, 1, int(amount), _with(line.notes, said), bool(said), None)
    if amount is None:
        amount = extended.quantize(WHOLE, ROUND_HALF_UP, EXACT)
    elif not is_whole(amount) or not agrees(extended, amount):
        return None
    rounded_from = None if extended == amount else extended
    return LineCharge(line, 1, int(amount), _with(line.notes, said_of(line)), restated=True, rounded_from=rounded_from)


def with_rounding(invoice: Invoice, charges: tuple[LineCharge | None, ...]) -> tuple[LineCharge | None, ...]:
    """The charges, and one that makes them come to the total, where the profile allows so small a line."""
    total, allowed = invoice.total, invoice.rounding
    if allowed is None or total is None or total <= 0 or not is_whole(total):
        return charges
    amounts = [each.amount for each in charges if each is not None]
    if len(amounts) < len(charges):
        return charges
    missing = int(total) - sum(amounts)
    if not 0 < abs(missing) <= allowed.limit:
        return charges
    line = Line(invoice.rows[0], allowed.financial_account_id, WHOLE, Decimal(missing), None, "Rounding")
    return (*charges, LineCharge(line, 1, missing, line.notes, restated=False, rounded_from=None, is_rounding=True))


def agrees(extended: Decimal, amount: Exact) -> bool:
    """True where the amount is the extended price, or that rounded to a whole cent in either direction."""
    return extended == amount or (not is_whole(extended) and -1 < EXACT.subtract(extended, amount) < 1)


def is_whole(number: Exact) -> bool:
    """True for whole cents and whole quantities."""
    return isinstance(number, int) or number == number.to_integral_value()


def said_of(line: Line) -> str:
    """The quantity and price as the sheet has them: "2.5 × $10.33", "quantity 2.5" or "unit price $10.33"."""
    quantity = None if line.quantity is None else f"{Decimal(line.quantity).normalize(EXACT):f}"
    price = None if line.unit_price is None else dollars(line.unit_price)
    if quantity is not None and price is not None:
        return f"{quantity} × {price}"
    if quantity is not None:
        return f"quantity {quantity}"
    return "" if price is None else f"unit price {price}"


def _with(notes: str, said: str) -> str:
    return f"{notes} ({said})".strip() if said else notes
