"""Money in cents: exact where a sheet may say parts of a cent, whole in everything that is sent."""

from __future__ import annotations

from decimal import Context, Decimal

Exact = Decimal | int
"""A number as a sheet says it: an int where it is whole, which takes a third of the room; no float, ever."""

EXACT = Context(prec=200)
"""For multiplying without loss: by itself, Decimal rounds a product to 28 digits and says nothing."""


def dollars(cents: Exact) -> str:
    """1234567 → "$12,345.67"; negatives with a minus in front; parts of a cent are kept."""
    amount = Decimal(cents).scaleb(-2, EXACT)
    sign = "-" if amount < 0 else ""
    digits = f"{amount.copy_abs():,f}"
    whole, _, parts = digits.partition(".")
    return f"{sign}${whole}.{parts.rstrip('0').ljust(2, '0') if parts else '00'}"
