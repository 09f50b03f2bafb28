"""A currency that a column, a title or a footnote names: whatever is in another than the account's is never sent."""

from __future__ import annotations

import pytest

from importer.domain.cells import Cell
from importer.errors import FileUnreadable
from importer.reading.rows.currency import stated
from tests.reading.made_tables import said, vendor

DATE = "2026-10-02"
HEADINGS = ("Invoice #", "Date", "Amount")
ROWS: tuple[tuple[Cell, ...], ...] = (HEADINGS, ("A1", DATE, "136.00"), ("A2", DATE, "2.00"))


def beside(heading: str, *cells: Cell) -> list[tuple[str, str]]:
    """The problems of a sheet with one more column, those that only tell how it was read left out."""
    rows = ((*HEADINGS, heading), *((f"A{at}", DATE, "136.00", cell) for at, cell in enumerate(cells)))
    return [each for each in said(vendor(*rows)) if each[0] not in ("taken-for", "unknown-column")]


@pytest.mark.parametrize(
    "heading",
    [
        *("Invoice Currency", "Document Currency", "Vendor Currency", "Currency Name", "Crcy", "Cur", "Doc. Curr."),
        *("Inv Curr", "Währungsschlüssel", "ISO", "Money"),
    ],
)
def test_a_column_of_currencies_is_one_whatever_its_heading(heading: str) -> None:
    """Only the row in another one is held back."""
    assert beside(heading, "CAD", "USD", None) == [("other-currency", "D2")]


@pytest.mark.parametrize("cell", ["Canadian Dollars", "Euro", "€", "C$"])
def test_a_currency_by_its_name_or_sign(cell: str) -> None:
    """A heading that says nothing, and cells that say it."""
    assert beside("Paid with", cell, "USD") == [("other-currency", "D2")]


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("State", ("CA", "CO", "NY")),
        ("Country", ("CAD", "USD")),
        ("Department", ("CAD", "CAD")),
        ("Work", ("CAD drawings", "CAD")),
        ("Rep", ("RS", "KR")),
        ("Currency Rate", ("1.36", "1.00")),
        ("Cur Balance", ("12.00", "1.00")),
        ("Home", ("USD", "USD")),
    ],
)
def test_what_is_no_currency_holds_nothing_back(heading: str, cells: tuple[str, ...]) -> None:
    """States, initials, departments, rates, and the account's own currency."""
    assert beside(heading, *cells) == []


def test_of_two_currencies_that_of_the_amounts_counts() -> None:
    """Where the amount's heading says whose currency it is in, the other column is of other amounts."""
    headings = ("Invoice #", "Date", "Amount in local currency", "Local Currency", "Document Currency")
    reading = vendor(headings, ("A", DATE, "1.00", "USD", "CAD"))
    assert not reading.invoices[0].problems
    both = vendor(("Invoice #", "Date", "Amount", *headings[3:]), ("A", DATE, "1.00", "USD", "CAD"))
    assert ("other-currency", "E2") in said(both)


@pytest.mark.parametrize(
    ("line", "currency"),
    [
        ("All amounts in Canadian dollars (CAD)", "CAD"),
        ("Currency: CAD", "CAD"),
        ("Invoice currency: Euro", "EUR"),
        ("All amounts are in EUR.", "EUR"),
        ("Alle Beträge in EUR", "EUR"),
        ("Please remit in Canadian funds", "CAD"),
        ("Invoice register (EUR)", "EUR"),
        ("Amounts in US Dollars", "USD"),
        ("CAD drawings", ""),
        ("Charges for work in CAD drawings", ""),
        ("Invoices in CO", ""),
        ("Amounts in thousands", ""),
        ("Total value in stock", ""),
        ("Currency exchange fee", ""),
    ],
)
def test_a_line_that_says_the_currency(line: str, currency: str) -> None:
    """Of all amounts, and not of a place or a trade."""
    assert stated(line) == currency


def test_a_title_or_a_footnote_in_another_currency_stops_the_run() -> None:
    """Nothing of it is sent; in the account's own currency, or beside a column that says it, it changes nothing."""
    title: tuple[Cell, ...] = ("All amounts in Canadian dollars (CAD)",)
    for rows in ((title, *ROWS), (*ROWS, title)):
        (problem,) = [each for each in vendor(*rows).problems if each.is_error]
        assert problem.kind.stops_run
        assert "the amounts are in CAD by that, and the account is in USD" in problem.what
    assert not [each for each in vendor(title, *ROWS, currency="CAD").problems if each.is_error]
    label: tuple[Cell, ...] = ("Currency:", "EUR")
    assert ("stated-currency", "A1") in said(vendor(label, *ROWS))
    sure = [(*ROWS[0], "Currency"), *((*row, "USD") for row in ROWS[1:])]
    assert not [each for each in vendor(title, *sure).problems if each.is_error]


@pytest.mark.parametrize(
    "heading",
    [
        *("amount_myr", "Amount RM", "Amount (R$)", "Amount CHF", "Amount (Kč)", "Amount kr", "Amount NT$", "Amount ₱"),
        *("AmountMYR", "Amount [CA$]", "Total Amount zł", "Amount (THB)", "amount_cad", "Amount in ringgit"),
    ],
)
def test_an_amount_whose_heading_names_another_currency_is_held_back(heading: str) -> None:
    """Which one it is need not stand on any list of usual ones."""
    assert ("other-currency", "C2") in said(vendor(("Invoice #", "Date", heading), ("A1", DATE, "136.00")))


@pytest.mark.parametrize("cell", ["CA$100.00", "kr 100", "RM100.00", "100 Kč", "NT$100", "₱100.00", "100.00 ₸"])
def test_an_amount_with_another_sign_is_held_back(cell: str) -> None:
    """In the cell itself."""
    assert ("other-currency", "C2") in said(vendor(HEADINGS, ("A1", DATE, cell)))


@pytest.mark.parametrize("sign", ["RM", "CHF", "R$", "₱", "MYR"])
def test_signs_in_a_column_without_a_heading_are_read(sign: str) -> None:
    """As exports write them, beside the amounts."""
    reading = vendor((*HEADINGS, None, "Notes"), ("A1", DATE, "136.00", sign, "x"), ("A2", DATE, "1.00", sign, "y"))
    assert ("other-currency", "D2") in said(reading)


@pytest.mark.parametrize("code", ["MYR", "ISK", "XOF", "BAM", "ALL"])
def test_an_account_may_be_in_any_currency(code: str) -> None:
    """A profile sets it by its code; then its own amounts are read, and dollars are the others."""
    rows = (HEADINGS, ("A1", DATE, f"{code} 100.00"), ("A2", DATE, "USD 1.00"))
    assert [each for each in said(vendor(*rows, currency=code)) if each[0] == "other-currency"] == [
        ("other-currency", "C3")
    ]


def test_a_label_of_a_currency_that_nobody_knows_stops_the_run() -> None:
    """It is some other money than the account's."""
    assert stated("Currency: Quatloos") == "QUATLOOS"
    assert stated("Currency: US Dollars") == "USD"


def test_a_price_in_cents_by_its_sign_is_one() -> None:
    """250 at 12 cents are 30 dollars, not three thousand."""
    headings = ("Invoice #", "Date", "Qty", "Unit Price (¢)")
    assert vendor(headings, ("A1", DATE, "250", "12")).invoices[0].total == 3000


def test_a_price_per_ten_is_no_price_of_a_tenth_group() -> None:
    """What it is per is not guessed."""
    with pytest.raises(FileUnreadable):
        vendor(("Invoice #", "Date", "Qty", "Price per 10"), ("A1", DATE, "250", "12"))
