"""Plans: one hash over exactly what would be sent, and what differs from it, in words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.domain.payload import PayloadLine
from importer.errors import CannotRun
from importer.ledger import plans
from importer.ledger.entries import PlannedPost
from importer.ledger.schema import Store
from tests.sending.made import at_work, intent

THREE = [intent("INV-1"), intent("INV-2", cents=9_900), intent("INV-3", vendor_id="vend-citypower")]


@given(st.permutations(THREE))
def test_the_order_does_not_matter(order: list[PlannedPost]) -> None:
    """The same invoices give the same plan, however the file has them."""
    assert plans.plan_of(order) == plans.plan_of(THREE)


@pytest.mark.parametrize(
    "other",
    [THREE[:2], [*THREE, intent("INV-4")], [*THREE[:2], intent("INV-3")], [intent(memo="November"), *THREE[1:]], []],
)
def test_anything_else_is_another_plan(other: list[PlannedPost]) -> None:
    """One more, one less, or one field."""
    assert plans.plan_of(other) != plans.plan_of(THREE)


def test_nothing_to_send_is_no_plan() -> None:
    """There is nothing that somebody could approve."""
    assert plans.plan_of([]) is None


def test_an_approved_plan_is_let_through(store: Store) -> None:
    """Also where it is kept by several at once, and again."""
    ledger = at_work(store, "mine")
    plan = plans.plan_of(THREE) or ""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: plans.keep_plan(ledger, plan, THREE), range(4)))
    plans.check_approval(ledger, plan, THREE[::-1])
    assert plans.planned_keys(ledger, plan) == {plans.identity_of(one) for one in THREE}
    assert plans.planned_keys(ledger, "sha256:unknown") == frozenset()


def test_what_differs_is_told_field_by_field(store: Store) -> None:
    """Invoice by invoice, money in dollars, and that nothing was sent."""
    ledger = at_work(store, "mine")
    plan = plans.plan_of(THREE) or ""
    plans.keep_plan(ledger, plan, THREE)
    line = PayloadLine(
        financial_account_id="finacct-6210", quantity_ordered=2, unit_price_in_cents=12_500, notes="Kitchen sink"
    )
    lines = (line, replace(line, notes=""))
    today = [
        intent("INV-1", cents=25_000, invoice_items=lines, due_date=date(2026, 11, 30), memo=""),
        intent("INV-3", vendor_id="vend-citypower", accounting_date=date(2026, 10, 2)),
        intent("INV-4"),
    ]
    with pytest.raises(CannotRun) as refused:
        plans.check_approval(ledger, plan, today)
    assert str(refused.value).splitlines() == [
        "The file is not what was approved:",
        "  Invoice INV-2 of vend-greenleaf: approved, but no longer to be sent",
        "  Invoice INV-1 of vend-greenleaf: Due Date was '2026-10-31', is '2026-11-30'",
        "  Invoice INV-1 of vend-greenleaf: line 1: GL Account was 'finacct-6105', is 'finacct-6210'",
        "  Invoice INV-1 of vend-greenleaf: line 1: Qty was 1, is 2",
        "  Invoice INV-1 of vend-greenleaf: line 2 was added",
        "  Invoice INV-1 of vend-greenleaf: Memo was 'October service', is blank",
        "  Invoice INV-1 of vend-greenleaf: Invoice Total was $125.00, is $250.00",
        "  Invoice INV-3 of vend-citypower: Accounting Date was blank, is '2026-10-02'",
        "  Invoice INV-4 of vend-greenleaf: not in what was approved ($125.00) ",
        "Nothing was sent. Run `invoice-importer check` and have the new plan approved.",
    ]


def test_many_differences_are_counted(store: Store) -> None:
    """The first twenty are shown, the rest is counted."""
    ledger = at_work(store, "mine")
    many = [intent(f"INV-{index}") for index in range(30)]
    plan = plans.plan_of(many) or ""
    plans.keep_plan(ledger, plan, many)
    with pytest.raises(CannotRun, match="… and 10 more"):
        plans.check_approval(ledger, plan, [])


def test_a_plan_that_nobody_knows(store: Store) -> None:
    """Mistyped, or made on another machine without a common ledger."""
    with pytest.raises(CannotRun, match="is not known here"):
        plans.check_approval(at_work(store, "mine"), "sha256:unknown", THREE)
