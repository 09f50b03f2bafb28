"""What is looked at beyond the file: the open period, the usual amount, the accounts of a property."""

from __future__ import annotations

from datetime import date

import pytest

from importer.domain.bills import Bill
from importer.domain.invoice import Invoice
from importer.duplicates.judge import InvoiceContext, Past, check_context
from tests.factory import invoice, line, payload

PAST = tuple(
    Bill("in ResMan", "vend-1111", "prop-2222", f"OLD-{at}", date(2025, 1 + at, 3), cents, accounts=("finacct-6210",))
    for at, cents in enumerate((9_000, 11_000, 10_000, 12_000))
)


def codes(of: Invoice, around: InvoiceContext) -> list[str]:
    return [problem.kind.code for problem in check_context(of, payload(of), around)]


@pytest.mark.parametrize(("cents", "is_told"), [(36_000, False), (36_001, True), (3_000, False), (2_999, True)])
def test_an_amount_far_outside_the_usual_is_told(cents: int, is_told: bool) -> None:
    """Over three times the largest, or under a third of the smallest, of at least four bills."""
    of = invoice(line(1, cents))
    assert codes(of, InvoiceContext(past=Past.of(PAST))) == (["unusual-amount"] if is_told else [])
    assert codes(of, InvoiceContext(past=Past.of(PAST[:3]))) == []


def test_an_account_new_to_the_property_is_told_once() -> None:
    """For a vendor with history, at a property with history; each account once."""
    of = invoice(line(account="finacct-1105"), line(account="finacct-1105"), line(), total="sum of the lines")
    around = InvoiceContext(past=Past.of(PAST), used_accounts=frozenset({"finacct-6210"}))
    assert codes(of, around) == ["unused-account"]
    assert codes(of, around._replace(used_accounts=frozenset())) == []
    assert codes(of, around._replace(past=Past())) == []


@pytest.mark.parametrize(
    ("accounting", "expected"),
    [(None, ["closed-period"]), (date(2026, 3, 31), ["closed-period"]), (date(2026, 4, 1), [])],
)
def test_the_accounting_date_must_be_in_the_open_period(accounting: date | None, expected: list[str]) -> None:
    """The bill date of 1 March counts where there is none; the first open day is open."""
    around = InvoiceContext(open_from=date(2026, 4, 1), since="3 hours ago")
    assert codes(invoice(accounting=accounting), around) == expected
    assert codes(invoice(accounting=accounting), InvoiceContext()) == []


def test_the_message_of_a_closed_period_says_what_is_open_and_how_old_that_is() -> None:
    """A clerk can mend it at once, or knows to fetch anew."""
    of = invoice(accounting=date(2026, 3, 31))
    (problem,) = check_context(of, payload(of), InvoiceContext(open_from=date(2026, 4, 1), since="3 hours ago"))
    for part in ("2026-03-31", "2026-04-01", "3 hours ago", "sync"):
        assert part in problem.message
