"""Who bills month after month, and has not billed in this one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from statistics import median_low

from importer.domain.bills import Bill


@dataclass(frozen=True, slots=True)
class Awaited:
    """A vendor's bill for a property that is not there yet. `usual` is the middle one of its amounts, in cents."""

    vendor_id: str
    property_id: str | None
    months: int  # of those looked at, in how many it billed
    usual: int
    last_number: str | None
    last_date: date


def awaited(bills: Iterable[Bill], month: date, *, months: int = 3) -> list[Awaited]:
    """Who billed in the months before `month` (any day of it) and not in it, the most money first.

    Billing in most of those months counts, so that one missed month does not hide a vendor; of one month, in that.
    """
    this = _months(month)
    least = 1 if months == 1 else max(2, (months + 1) // 2)
    seen: dict[tuple[str, str | None], list[Bill]] = {}
    for bill in bills:
        if bill.issued is not None and this - months <= _months(bill.issued) <= this:
            seen.setdefault((bill.vendor_id, bill.property_id), []).append(bill)
    found: list[Awaited] = []
    for (vendor_id, property_id), mine in seen.items():
        dated = sorted((bill.issued, bill.number or "") for bill in mine if bill.issued is not None)
        billed = {_months(day) for day, _ in dated}
        if this in billed or len(billed) < least:
            continue
        last_date, last_number = dated[-1]
        amounts = [bill.total for bill in mine if bill.total is not None]
        usual = median_low(amounts) if amounts else 0
        found.append(Awaited(vendor_id, property_id, len(billed), usual, last_number or None, last_date))
    return sorted(found, key=lambda each: (-each.usual, each.vendor_id, each.property_id or ""))


def _months(day: date) -> int:
    return day.year * 12 + day.month
