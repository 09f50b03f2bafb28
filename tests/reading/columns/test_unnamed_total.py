"""A column that looks like the invoice's total and is not named so: said, asked for, and never taken in silence."""

from __future__ import annotations

import pytest

from importer.domain.cells import Cell
from importer.reading.profiles.propose import Ask, answered, propose_for
from tests.reading.made_tables import (
    contents,
    money,
    sheet,
    vendor,
)

DAY = "2026-03-14"
Rows = tuple[tuple[Cell, ...], ...]


def bills(heading: str, total: str = "15.00") -> Rows:
    """Two invoices, the first of two lines."""
    return (
        ("Invoice #", "Date", "Description", "Line Amount", heading),
        ("A", DAY, "one", "10.00", total),
        ("A", DAY, "two", "5.00", total),
        ("B", DAY, "one", "7.00", "7.00"),
    )


def asked(rows: Rows) -> list[Ask]:
    """What `profile new` asks about the total."""
    return [ask for ask in propose_for(contents(sheet(*rows))).asks if ask.field == "total_amount"]


@pytest.mark.parametrize("heading", ["Check Figure", "Bill Sum", "Grand Sum"])
def test_a_column_that_the_lines_come_to_is_named_and_asked_for(heading: str) -> None:
    """In the notice of a `check`, with the line that takes it; and as a question of `profile new`."""
    (notice,) = vendor(*bills(heading)).notices
    assert f"'{heading}' (E) looks like the invoice total: to compare" in notice
    assert f'[columns] total_amount = "{heading}"' in notice
    (ask,) = asked(bills(heading))
    assert ask.sentence == f"'{heading}' looks like the invoice total (2 of 2 invoices come to it). Is it?"
    assert ask.is_optional
    proposal = propose_for(contents(sheet(*bills(heading))))
    yes, no = (answered(proposal.profile, ask, choice) for choice in ask.choices)
    assert yes.columns["total_amount"] == (heading,)
    assert no == proposal.profile


def test_invoices_that_miss_such_a_column_are_counted() -> None:
    """The clerk sees that something is not right before anything is sent."""
    (notice,) = vendor(*bills("Grand Sum", "16.00")).notices
    assert "'Grand Sum' (E) looks like the invoice total, and 1 of 2 invoices come to something else: " in notice


@pytest.mark.parametrize("heading", ["Document Total", "Voucher Total"])
def test_what_accounting_systems_call_the_total_is_the_total(heading: str) -> None:
    """An invoice that misses it is wrong."""
    assert money(vendor(*bills(heading, "16.00")))[0] == ("A", 1600, [1000, 500])


@pytest.mark.parametrize("heading", ["Customer No", "PO Number", "Open Balance", "Paid", "Unit Count", "Job"])
def test_other_numbers_that_repeat_are_no_totals(heading: str) -> None:
    """Ids, balances, and whatever the lines do not come to."""
    rows = bills(heading, "4711")
    (notice,) = vendor(*rows[:3]).notices
    assert notice.endswith("it is what the lines come to.")
    assert asked(rows[:3]) == []


def test_where_no_invoice_has_two_rows_its_name_has_to_say_so() -> None:
    """Of one row each, any copy of the amount agrees."""
    rows = (("Invoice #", "Date", "Line Amount", "Cost Now"), ("A", DAY, "1.00", "1.00"), ("B", DAY, "2.00", "2.00"))
    assert asked(rows) == []
