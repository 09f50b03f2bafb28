"""Balances of earlier bills beside the amount that is due: nothing is billed a second time without a word."""

from __future__ import annotations

import pytest

from importer.domain.cells import Cell
from importer.errors import FileUnreadable
from importer.reading.columns.balance_forward import is_carried
from importer.reading.profiles.propose import TAX, answered, propose_for
from importer.reading.read import read_contents
from tests.reading.made_tables import (
    contents,
    money,
    profile,
    sheet,
    vendor,
)

DATE = "2026-11-03"
HEADINGS = ("Bill No", "Bill Date", "Previous Balance", "Payments", "Current Charges", "Amount Due")
ROWS: tuple[tuple[Cell, ...], ...] = (
    ("MG-1", DATE, "210.00", "0.00", "305.10", "515.10"),
    ("MG-2", DATE, "110.00", "-110.00", "95.00", "95.00"),
)


def test_a_previous_balance_is_asked_about() -> None:
    """Which amount is paid is not guessed; the sentence names both columns and the line that settles it."""
    with pytest.raises(FileUnreadable) as told:
        vendor(HEADINGS, *ROWS)
    assert "'Previous Balance' (C) holds what earlier bills left open ($210.00 and more)" in told.value.sentence
    assert "'Amount Due' (F)" in told.value.sentence
    assert '[columns] total_amount = "Current Charges"' in told.value.advice


def test_a_profile_settles_it() -> None:
    """Either amount, once a person has said which."""
    new = vendor(HEADINGS, *ROWS, columns={"total_amount": "Current Charges"})
    assert [total for _, total, _ in money(new)] == [30510, 9500]
    whole = vendor(HEADINGS, *ROWS, columns={"total_amount": "Amount Due"})
    assert [total for _, total, _ in money(whole)] == [51510, 9500]


@pytest.mark.parametrize(
    "rows",
    [
        (("A", DATE, "0.00", "0.00", "5.00", "5.00"), ("B", DATE, "", "", "6.00", "6.00")),
        (("A", DATE, "9.00", "-9.00", "5.00", "5.00"), ("B", DATE, "7.00", "-7.00", "6.00", "6.00")),
    ],
    ids=["nothing carried", "the amount due is the new charges"],
)
def test_nothing_is_asked_where_nothing_can_be_billed_twice(rows: tuple[tuple[Cell, ...], ...]) -> None:
    """Balances of nothing, and an amount due that is the current charges, are read without a question."""
    assert [total for _, total, _ in money(vendor(HEADINGS, *rows))] == [500, 600]


def test_without_a_column_of_new_charges() -> None:
    """Then the amount due alone is there, and is asked about all the same."""
    with pytest.raises(FileUnreadable, match="may include it"):
        vendor(("Bill No", "Bill Date", "Past Due", "Total Due"), ("A", DATE, "4.00", "9.00"))


def test_lines_that_must_add_up_need_no_question() -> None:
    """Where each line has its price, a total with an old balance in it is found by adding up."""
    reading = vendor(
        ("Bill No", "Bill Date", "Prior Balance", "Qty", "Unit Price", "Amount Due"), ("A", DATE, "4.00", "1", "5", "9")
    )
    assert money(reading) == [("A", 900, [500])]


def test_a_proposed_profile_asks_even_where_this_month_has_no_balance() -> None:
    """Next month's balance would be billed in silence by a profile made of a month without one."""
    sample = contents(sheet(HEADINGS, ("A", DATE, "", "", "5.00", "5.00")))
    proposal = propose_for(sample)
    (ask,) = [each for each in proposal.asks if each.field == "total_amount"]
    assert ask.choices == ("Current Charges", "Amount Due")
    assert "total_amount" not in proposal.profile.columns
    assert answered(proposal.profile, ask, ask.choices[0]).columns["total_amount"] == ("Current Charges",)
    assert not [each for each in proposal.asks if each.field == TAX]


def test_joined_with_the_profile_of_a_person() -> None:
    """A profile that was saved reads the next month without asking again."""
    made = profile(columns={"total_amount": "Current Charges"})
    reading = read_contents([contents(sheet(HEADINGS, *ROWS))], integration_id="intg-1", profile=made)
    assert reading.problems[0].what.startswith("Not used: 'Previous Balance' (C), 'Payments' (D), 'Amount Due'")


@pytest.mark.parametrize(
    ("heading", "carried"),
    [
        ("Previous Balance", True),
        ("Balance Forward", True),
        ("Prior Balance", True),
        ("Past Due", True),
        ("Opening balance", True),
        ("Saldo anterior", True),
        ("Saldovortrag", True),
        ("Balance Brought Forward", True),
        ("Days Past Due", False),
        ("Previous Reading", False),
        ("Prior Year Amount", False),
        ("Previous Invoice Number", False),
        ("Balance Due", False),
        ("Current Charges", False),
    ],
)
def test_what_a_balance_of_earlier_bills_is_called(heading: str, carried: bool) -> None:
    """Sums of earlier bills, and none of their dates, numbers and readings."""
    assert is_carried(heading) is carried
