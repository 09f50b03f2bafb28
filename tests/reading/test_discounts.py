"""Columns of discounts and credits: a line of its own below nothing, as a profile says, and never guessed."""

from __future__ import annotations

import tomllib

import pytest

from importer.domain.cells import Cell
from importer.errors import BadSettings, FileUnreadable
from importer.reading.profiles.propose import answered, propose_for
from importer.reading.profiles.vendor_profile import parse_profile, profile_text
from importer.reading.read import read_contents
from tests.reading.made_tables import (
    contents,
    money,
    profile,
    said,
    sheet,
    vendor,
)

DATE = "2026-10-02"
LINE = {"heading": "Discount", "financial_account_id": "finacct-4", "deducted": True}
EACH: tuple[tuple[Cell, ...], ...] = (
    ("Invoice #", "Date", "Line Amount", "Discount"),
    ("A", DATE, "100.00", "10.00"),
    ("A", DATE, "50.00", ""),
    ("B", DATE, "20.00", "2.00"),
)
BETWEEN: tuple[tuple[Cell, ...], ...] = (
    ("Invoice #", "Date", "Amount", "Discount", "Total"),
    ("A", DATE, "100.00", "10.00", "90.00"),
    ("B", DATE, "20.00", "", "20.00"),
)


@pytest.mark.parametrize("written", ["10.00", "-10.00", "(10.00)", "10.00-"])
def test_a_discount_is_taken_off_whichever_sign_it_has(written: str) -> None:
    """Some vendors write what is taken off with a minus, others call it a discount and leave that at it."""
    rows = (EACH[0], (*EACH[1][:3], written), *EACH[2:])
    reading = vendor(*rows, extra_lines=[LINE])
    assert money(reading) == [("A", 14000, [10000, -1000, 5000]), ("B", 1800, [2000, -200])]
    line = reading.invoices[0].lines[1]
    assert (line.financial_account_id, line.notes) == ("finacct-4", "Discount")


def test_a_discount_between_two_amounts_shows_which_is_the_total() -> None:
    """Without a profile it is asked about, with what a profile has to say; with it, the amounts need no word."""
    with pytest.raises(FileUnreadable) as caught:
        vendor(*BETWEEN)
    assert '[[extra_lines]] heading = "Discount", financial_account_id = "…", deducted = true' in str(caught.value)
    assert money(vendor(*BETWEEN, extra_lines=[LINE])) == [("A", 9000, [10000, -1000]), ("B", 2000, [2000])]


def test_beside_quantity_and_price_the_amount_left_is_the_total() -> None:
    """Quantity × price less the discount is what one row's amount says."""
    rows = (("Invoice #", "Date", "Qty", "Price", "Discount", "Amount"), ("A", DATE, "2", "50.00", "10.00", "90.00"))
    assert money(vendor(*rows, extra_lines=[LINE])) == [("A", 9000, [10000, -1000])]


def test_a_line_total_with_the_discount_in_it_needs_no_further_line() -> None:
    """Then the line's amount counts, the price before the discount is left out, and that is said."""
    rows = (
        ("Invoice #", "Date", "Qty", "Price", "Discount", "Line Total"),
        ("A", DATE, "2", "50.00", "10.00", "90.00"),
        ("A", DATE, "1", "20.00", "", "20.00"),
    )
    reading = vendor(*rows)
    assert money(reading) == [("A", 11000, [9000, 2000])]
    assert ("taken-for", "F1") in said(reading)
    with pytest.raises(FileUnreadable, match="holds amounts that are in no line"):
        vendor(*rows[:2], (*rows[2][:5], "21.00"))


@pytest.mark.parametrize("rows", [EACH, BETWEEN])
def test_a_profile_that_is_proposed_takes_the_discount_off(rows: tuple[tuple[Cell, ...], ...]) -> None:
    """The answer is the account of the line; kept in the profile's file, it says the same next month."""
    table = contents(sheet(*rows))
    proposal = propose_for(table)
    (ask,) = [ask for ask in proposal.asks if ask.field == "tax"]
    made = answered(proposal.profile, ask, "4400 Discounts")
    again = parse_profile(
        {**tomllib.loads(profile_text(made)), "defaults": dict(profile().defaults) | {"terms_days": 30}}, "v"
    )
    assert again.extra_lines == made.extra_lines
    reading = read_contents([table], integration_id="i", profile=again)
    assert [line.financial_account_id for line in reading.invoices[0].lines][:2] == ["finacct-1", "4400 Discounts"]
    assert [int(line.worth or 0) for line in reading.invoices[0].lines][:2] == [10000, -1000]


def test_a_proposal_asks_about_what_keeps_the_lines_from_the_total() -> None:
    """`check` names the total that is missed; here it is asked which line that is."""
    rows = (("Invoice #", "Date", "Qty", "Price", "Freight", "Invoice Total"), ("A", DATE, "2", "50", "10", "110.00"))
    (ask,) = [ask for ask in propose_for(contents(sheet(*rows))).asks if ask.field == "tax"]
    assert ask.extra is not None
    assert (ask.extra.heading, ask.extra.is_deducted) == ("Freight", False)
    within = (rows[0], (*rows[1][:5], "100.00"))
    assert not [ask for ask in propose_for(contents(sheet(*within))).asks if ask.field == "tax"]


def test_a_discount_is_offered_as_no_name() -> None:
    """Nobody's property, vendor or account."""
    asks = [ask for ask in propose_for(contents(sheet(*EACH))).asks if ask.field != "tax"]
    assert [ask.choices for ask in asks] == [()] * 4


def test_the_key_is_true_or_false() -> None:
    """Anything else is named with the key."""
    with pytest.raises(BadSettings, match=r"extra_lines\.deducted must be true or false"):
        vendor(*EACH, extra_lines=[{**LINE, "deducted": "yes"}])


def test_a_credit_among_the_columns_that_make_the_total_is_taken_off() -> None:
    """Of a wide bill whose columns add up, one that is called less."""
    rows = (
        ("Bill #", "Bill Date", "Water", "Sewer", "Less: Credit", "Total Due"),
        ("A", DATE, "100.00", "10.00", "5.00", "105.00"),
        ("B", DATE, "20.00", "2.00", "", "22.00"),
    )
    (ask,) = [ask for ask in propose_for(contents(sheet(*rows))).asks if ask.field == "lines"]
    made = answered(propose_for(contents(sheet(*rows))).profile, ask, ask.choices[0])
    reading = vendor(*rows, **tomllib.loads(profile_text(made)))
    assert money(reading) == [("A", 10500, [10000, 1000, -500]), ("B", 2200, [2000, 200])]
