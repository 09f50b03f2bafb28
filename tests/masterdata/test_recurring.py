"""Who bills month after month and has not billed in this one."""

from __future__ import annotations

from datetime import date

import pytest

from importer.domain.bills import Bill
from importer.errors import CannotRun
from importer.masterdata.recurring import Awaited, awaited
from importer.runs import names
from tests.masterdata.office import Office

MARCH = date(2026, 3, 31)


def bill(vendor: str, day: date, total: int = 10_000, place: str | None = "prop-a") -> Bill:
    return Bill("in ResMan", vendor, place, f"{vendor}-{day}", day, total)


def test_who_billed_in_most_months_and_not_in_this_one() -> None:
    """Two of three months count; who billed this month, at another property or once only does not; money first."""
    bills = [
        *(bill("vend-water", date(2026, month, 5), 20_000 + month) for month in (12 - 12 + 1, 2)),
        *(bill("vend-power", date(2026, month, 9), 50_000) for month in (1, 2, 3)),
        *(bill("vend-power", date(2026, month, 9), 90_000, "prop-b") for month in (1, 2)),
        bill("vend-once", date(2026, 2, 1)),
        *(bill("vend-old", date(2025, month, 1)) for month in (9, 10, 11)),
    ]
    assert awaited(bills, MARCH) == [
        Awaited("vend-power", "prop-b", 2, 90_000, "vend-power-2026-02-09", date(2026, 2, 9)),
        Awaited("vend-water", "prop-a", 2, 20_001, "vend-water-2026-02-05", date(2026, 2, 5)),
    ]
    assert [each.vendor_id for each in awaited(bills, MARCH, months=1)] == ["vend-power", "vend-water", "vend-once"]


def test_a_year_ends_like_any_month() -> None:
    """January looks back at December and November."""
    bills = [bill("vend-a", date(2025, month, 1)) for month in (11, 12)]
    assert [each.vendor_id for each in awaited(bills, date(2026, 1, 15))] == ["vend-a"]


def test_it_is_asked_of_resman_and_the_ledger_together(office: Office) -> None:
    """What was posted from here counts before any sync shows it; without a sync it says what to run."""
    with pytest.raises(CannotRun, match="sync"):
        names.expected(office.desk(), month=None, months=1)
    office.sync()
    held = office.api.get("/v1/invoices/", params={"limit": 250}).json()["results"]
    one = next(each for each in held if each["id"] == "inv-known01")
    day = date.fromisoformat(one["invoice_date"])
    after = date(day.year + day.month // 12, day.month % 12 + 1, 5)

    def waiting() -> set[tuple[str, str | None]]:
        found = names.expected(office.desk(), month=after, months=1)
        return {(each.vendor_id, each.property_id) for each, _, _ in found.bills}

    assert ("vend-greenleaf", one["property_id"]) in waiting()
    row = {"Property": one["property_id"], "Bill Date": after.isoformat(), "Due Date": after.isoformat()}
    assert [outcome.status for outcome in office.submit(office.sheet(row)).outcomes] == ["posted"]
    assert ("vend-greenleaf", one["property_id"]) not in waiting()
