"""Columns of charges, taxes and deductions that nothing accounts for: asked about, unless the cells show it."""

from __future__ import annotations

import tomllib

import pytest

from importer.domain.cells import Cell
from importer.errors import FileUnreadable
from importer.reading.profiles.propose import answered, propose_for
from importer.reading.profiles.vendor_profile import profile_text
from tests.reading.made_tables import (
    contents,
    money,
    sheet,
    vendor,
)

DATE = "2026-10-02"


def one_row_each(heading: str, amount: str = "Amount") -> tuple[tuple[Cell, ...], ...]:
    """Two bills, each in a row of its own, with one more column of amounts."""
    return (("Invoice #", "Date", amount, heading), ("A", DATE, "400.00", "20.00"), ("B", DATE, "410.00", "30.00"))


@pytest.mark.parametrize(
    "heading", ["Freight", "Fuel Surcharge", "Env Fee", "Permit Fee", "Tip", "State Tax", "County Tax"]
)
def test_what_may_come_on_top_of_a_mere_amount_is_asked_about(heading: str) -> None:
    """An amount alone in its row: no lines must add up to it, and it may have the charge in it or not."""
    rows = one_row_each(heading)
    with pytest.raises(FileUnreadable, match="nothing shows whether 'Amount'") as caught:
        vendor(*rows)
    assert f'[[extra_lines]] heading = "{heading}", financial_account_id = "…"; or' in str(caught.value)
    extra = {"heading": heading, "financial_account_id": "finacct-4"}
    assert money(vendor(*rows, extra_lines=[extra]))[0] == ("A", 42000, [40000, 2000])
    assert money(vendor(*rows, columns={"total_amount": "Amount"}))[0] == ("A", 40000, [40000])


@pytest.mark.parametrize("heading", ["Deposit", "Retainage", "Less Credits", "Discount", "Credit"])
@pytest.mark.parametrize("amount", ["Amount", "Invoice Amount"])
def test_what_may_be_taken_off_is_asked_about(heading: str, amount: str) -> None:
    """Also below a heading that says it is the invoice's: before the discount, or after it."""
    rows = one_row_each(heading, amount)
    with pytest.raises(FileUnreadable, match=f"still to be taken off '{amount}'") as caught:
        vendor(*rows)
    assert "deducted = true; or, where that is taken off already" in str(caught.value)
    is_named = '[columns] line_amount = "Invoice Amount" and [[extra_lines]]' in str(caught.value)
    assert is_named == (amount == "Invoice Amount")
    extra = {"heading": heading, "financial_account_id": "finacct-4", "deducted": True}
    said = {"columns": {"line_amount": amount}} if is_named else {}
    assert money(vendor(*rows, extra_lines=[extra], **said))[0] == ("A", 38000, [40000, -2000])


@pytest.mark.parametrize(
    ("heading", "amount"),
    [
        ("Freight", "Invoice Total"),
        ("State Tax", "Invoice Amount"),
        ("Discount", "Amount Due"),
        ("Discount Available", "Amount"),
        ("Delivery Date", "Amount"),
        ("Fee Code", "Amount"),
        ("Tax ID", "Amount"),
        ("Freight Rate", "Amount"),
        ("Materials", "Amount"),
    ],
)
def test_what_is_plain_is_not_asked_about(heading: str, amount: str) -> None:
    """The invoice's total has its freight in it; what is due has nothing more to be taken off; a rate is no amount."""
    assert [total for _, total, _ in money(vendor(*one_row_each(heading, amount)))] == [40000, 41000]


@pytest.mark.parametrize(
    "rows",
    [
        (("Subtotal", "Freight", "Total"), ("380.00", "20.00", "400.00"), ("410.00", "0.00", "410.00")),
        (("Goods", "Freight", "Amount"), ("380.00", "20.00", "400.00"), ("380.00", "30.00", "410.00")),
        (("Work Completed", "Retainage", "Amount"), ("500.00", "100.00", "400.00"), ("500.00", "90.00", "410.00")),
        (("Labor", "Parts", "Fuel Fee", "Amount"), ("300", "80", "20", "400"), ("300", "90", "20", "410")),
    ],
)
def test_columns_that_make_the_amount_are_in_it(rows: tuple[tuple[str, ...], ...]) -> None:
    """Where one column is the sum of others, the cells have settled it."""
    table = tuple(
        (*begin, *row) for begin, row in zip((("Invoice #", "Date"), ("A", DATE), ("B", DATE)), rows, strict=True)
    )
    assert [total for _, total, _ in money(vendor(*table))] == [40000, 41000]


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        *(
            (heading, "35.00")
            for heading in ("Parts", "Materials", "Disposal", "Chemicals", "Trip Charge", "State Tax")
        ),
        ("Disposal", "20"),
        ("Tax", "8.25%"),
    ],
)
def test_what_comes_on_top_of_hours_is_asked_about(heading: str, cell: str) -> None:
    """Without a total nothing would miss it: goods beside the hours, further taxes, a rate of tax in the cells."""
    with pytest.raises(FileUnreadable, match=f"'{heading}' .* in no line, and no column gives the total"):
        vendor(("Invoice #", "Date", "Hours", "Rate", heading), ("A", DATE, "2", "100.00", cell))


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        ("Parts", "pipe, glue"),
        ("Materials", "0.00"),
        ("Part Number", "35.00"),
        ("Equipment", "4471"),
        ("Mileage", "12"),
        ("Labor", "200.00"),
        ("Tax", "0%"),
    ],
)
def test_goods_that_are_no_amounts_are_not_asked_about(heading: str, cell: str) -> None:
    """Words, numbers of things, nothing at all, and what the hours come to."""
    reading = vendor(("Invoice #", "Date", "Hours", "Rate", heading), ("A", DATE, "2", "100.00", cell))
    assert money(reading) == [("A", 20000, [20000])]


def test_a_line_amount_with_the_freight_in_it_needs_no_further_line() -> None:
    """Quantity × price with the freight is what the line says it comes to."""
    headings = ("Invoice #", "Date", "Qty", "Price", "Freight", "Line Total")
    rows = (("A", DATE, "2", "50.00", "10.00", "110.00"), ("A", DATE, "1", "20.00", "", "20.00"))
    assert money(vendor(headings, *rows)) == [("A", 13000, [11000, 2000])]


@pytest.mark.parametrize("answers", [("1", "1"), ("4400", "1"), ("1", "4400"), ("4400", "4500")])
def test_each_of_two_charges_is_answered_for_itself(answers: tuple[str, str]) -> None:
    """In whichever order one is left out and the other booked, the profile that comes of it reads the file."""
    rows = (("Invoice #", "Date", "Amount", "Fuel Surcharge", "Env Fee"), ("A", DATE, "100.00", "5.00", "2.00"))
    table = contents(sheet(*rows))
    proposal = propose_for(table)
    made = proposal.profile
    for ask, answer in zip([ask for ask in proposal.asks if ask.field == "tax"], answers, strict=True):
        made = answered(made, ask, ask.choices[0] if answer == "1" else answer)
    said = {
        name: each for name, each in tomllib.loads(profile_text(made)).items() if name in ("columns", "extra_lines")
    }
    ((_, total, lines),) = money(vendor(*rows, **said))
    booked = [cents for cents, answer in zip((500, 200), answers, strict=True) if answer != "1"]
    assert (total, lines) == (10000 + sum(booked), [10000, *booked])
