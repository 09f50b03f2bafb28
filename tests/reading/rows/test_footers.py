"""What stands below the last row of a table: never an invoice, never a line, and never lost without a word."""

from __future__ import annotations

import pytest

from importer.domain.cells import Cell
from importer.domain.reading import Reading
from tests.reading.made_tables import (
    money,
    said,
    skipped,
    vendor,
)

DATE = "2026-11-03"
HEADINGS = ("Supplier", "Invoice #", "Date", "GL Account", "Total Due")
ROWS: tuple[tuple[Cell, ...], ...] = (
    ("Sparkle Cleaning", "SC-1", DATE, "6330", "100.00"),
    ("Sparkle Cleaning", "SC-2", DATE, "6330", "200.00"),
)


def read(*feet: tuple[Cell, ...]) -> Reading:
    """The two invoices with these rows below them."""
    return vendor(HEADINGS, *ROWS, *feet)


def foot(label: str, amount: str = "") -> tuple[Cell, ...]:
    """A label in the first column and an amount in the last."""
    return (label, "", "", "", amount)


@pytest.mark.parametrize(
    "label",
    [
        "Balance due",
        "Amount due",
        "Please pay",
        "Grand total",
        "Zu zahlen",
        "Net à payer",
        "Solde dû",
        "A pagar",
        "Da pagare",
        "Te betalen",
        "Balance",
    ],
)
def test_an_amount_to_pay_is_a_total(label: str) -> None:
    """In whatever language: no vendor is called so, and the rows come to it."""
    reading = read(foot(label, "300.00"))
    assert [number for number, _, _ in money(reading)] == ["SC-1", "SC-2"]
    assert skipped(reading) == [(4, f"total ({label})")]
    assert [control.agrees for control in reading.control_totals] == [True]


@pytest.mark.parametrize("label", ["Subtotal", "Carried forward", "Zwischensumme", "Übertrag"])
def test_a_total_of_some_rows_is_no_total_of_the_file(label: str) -> None:
    """It is left out like the others, and nothing has to come to it."""
    reading = read(foot(label, "200.00"))
    assert skipped(reading) == [(4, f"total ({label})")]
    assert reading.control_totals == ()


@pytest.mark.parametrize(
    "label",
    [
        "Less credit on account",
        "Payments received",
        "Payment received - thank you",
        "Payment 10/15/2026 - Thank You!",
        "Gutschrift",
        "Acompte",
        "Deposit",
    ],
)
@pytest.mark.parametrize("amount", ["-50.00", "50.00"])
def test_a_credit_is_left_out_and_said(label: str, amount: str) -> None:
    """The invoices go in full; the total below counts the credit, whichever sign it has."""
    reading = read(foot(label, amount), foot("Balance due", "250.00"))
    assert [total for _, total, _ in money(reading)] == [10000, 20000]
    assert skipped(reading) == [(4, f"foot of the table ({label})"), (5, "total (Balance due)")]
    assert said(reading)[0] == ("credit-below", "E4")
    assert [control.agrees for control in reading.control_totals] == [True]


@pytest.mark.parametrize("label", ["Sales Tax", "VAT 20%", "MwSt. 19 %", "TVA", "Freight", "Shipping & Handling"])
def test_a_charge_that_is_in_no_invoice_is_asked_about(label: str) -> None:
    """Left out in silence, the vendor would be paid too little."""
    reading = read(foot(label, "24.00"), foot("Total", "324.00"))
    (problem,) = [each for each in reading.problems if each.is_error]
    assert problem.what == f"'{label}' of $24.00 stands below the table, and belongs to no invoice."
    assert problem.place.row == 4
    assert [number for number, _, _ in money(reading)] == ["SC-1", "SC-2"]


def test_an_earlier_balance_is_left_out() -> None:
    """It was billed before, and the total below may include it."""
    reading = read(foot("Previous balance", "110.00"), foot("Total due", "410.00"))
    assert skipped(reading) == [(4, "foot of the table (Previous balance)"), (5, "total (Total due)")]
    assert [control.agrees for control in reading.control_totals] == [True]
    wrong = read(foot("Previous balance", "110.00"), foot("Total due", "411.00"))
    assert [control.agrees for control in wrong.control_totals] == [False]


@pytest.mark.parametrize(
    "row",
    [
        ("Thank you!", "", "", "", ""),
        ("Merci", "", "", "", ""),
        ("Terms", "", "Net 30", "", ""),
        ("", "Remit to:", "PO Box 12", "", ""),
        ("Please pay within 30 days", "", "", "", ""),
    ],
)
def test_words_are_left_out(row: tuple[Cell, ...]) -> None:
    """Wherever they stand, as long as there is no amount."""
    reading = read(row)
    assert [number for number, _, _ in money(reading)] == ["SC-1", "SC-2"]
    assert [number for number, _ in skipped(reading)] == [4]


@pytest.mark.parametrize(
    "row",
    [
        ("Credit", "SC-3", DATE, "6330", "50.00"),
        ("Deposit", "SC-3", "", "", "50.00"),
        ("Sales Tax", "", "", "6330", "50.00"),
        ("Credit Union Cleaning", "", DATE, "", "50.00"),
        ("Discount Tire", "", "", "", "50.00"),
        ("Less Mess Cleaning", "", "", "", "50.00"),
    ],
)
def test_a_row_with_something_of_its_own_is_no_foot(row: tuple[Cell, ...]) -> None:
    """A number, a date, an account, or a name that only begins like such words."""
    reading = read(row)
    assert len(reading.invoices) == 3
    assert skipped(reading) == []


def test_the_same_words_above_a_row_of_the_table_are_no_foot() -> None:
    """Only what stands below the last row is at its foot."""
    reading = vendor(HEADINGS, ROWS[0], foot("Deposit", "50.00"), ROWS[1])
    assert skipped(reading) == []
    assert len(reading.invoices) == 3


def test_the_last_line_of_an_invoice_may_be_its_tax() -> None:
    """Where the rows are lines, words in the column of their descriptions are a line's."""
    headings = ("Invoice #", "Date", "Description", "Line Amount", "Invoice Total")
    reading = vendor(headings, ("A", DATE, "Mowing", "10.00", "10.80"), ("", "", "Sales tax", "0.80", ""))
    assert money(reading) == [("A", 1080, [1000, 80])]


ITEMS = ("Invoice #", "Invoice Date", "Product/Service", "Amount")


def lines(*rows: tuple[Cell, ...], above: tuple[Cell, ...] = ("", "", "Edging", "5.00")) -> Reading:
    """Two invoices, the first of two lines, described in a column of an unknown name, with these rows below them."""
    return vendor(ITEMS, ("A", DATE, "Mowing", "10.00"), above, ("B", DATE, "Mowing", "20.00"), *rows)


@pytest.mark.parametrize(
    ("label", "other", "amount"),
    [
        ("Sales Tax", "Sales Tax", "1.65"),
        ("Late fee", "Late fee", "3.00"),
        ("Tax 8.25%", "Tax 7%", "3.20"),
        ("Versandkosten", "Versandkosten", "3.30"),
        ("Discount 5%", "Discount 4%", "-2.00"),
        ("Rabatt 5%", "Rabatt 5%", "-2.00"),
        ("Descuento 5%", "Descuento 5%", "-2.00"),
    ],
)
def test_what_is_a_line_higher_up_is_one_below_the_last_row(label: str, other: str, amount: str) -> None:
    """Each invoice has its tax or its discount, and the last one's is no foot of the table."""
    reading = lines(("", "", label, amount), above=("", "", other, amount))
    assert [total for _, total, _ in money(reading)] == [cents + int(amount.replace(".", "")) for cents in (1000, 2000)]
    assert skipped(reading) == []
    assert not any(problem.is_error for problem in reading.problems)


@pytest.mark.parametrize(
    ("label", "more"),
    [
        ("Sales Tax", ()),
        ("Sales Tax", (("", "", "Total", "33.00"),)),
        ("Discount", ()),
        ("Discount", (("", "", "Total", "33.00"),)),
    ],
)
def test_what_may_be_a_line_of_the_last_invoice_holds_it_back(label: str, more: tuple[tuple[Cell, ...], ...]) -> None:
    """Its words stand where those of the lines do: it is asked about, and the invoice does not go without it."""
    reading = lines(("", "", label, "-2.00" if label == "Discount" else "2.00"), *more)
    assert [[each.kind.code for each in invoice.problems] for invoice in reading.invoices] == [[], ["row-below"]]
    assert ("unclear-continuation", "row 5") in said(reading)


def test_a_credit_above_the_total_of_a_table_without_lines_is_a_foot() -> None:
    """Its words stand beside the amounts, as those of the total do."""
    rows = (("A", DATE, "x", "10.00"), ("B", DATE, "x", "20.00"))
    reading = vendor(ITEMS, *rows, ("", "", "Less payments", "-5.00"), ("", "", "Total", "25.00"))
    assert skipped(reading) == [(4, "foot of the table (Less payments)"), (5, "total (Total)")]
    assert not any(invoice.problems for invoice in reading.invoices)


def test_a_tax_below_invoices_that_each_have_their_number_is_no_line_of_the_last() -> None:
    """It may be the tax of all of them; below the rows of one invoice it can only be that one's."""
    headings, tax = ("Invoice #", "Date", "Description", "Amount"), ("", "", "Sales tax 8%", "2.40")
    several = vendor(headings, ("A", DATE, "x", "10.00"), ("B", DATE, "x", "20.00"), tax)
    assert [[each.kind.code for each in invoice.problems] for invoice in several.invoices] == [[], ["row-below"]]
    assert ("unclear-continuation", "row 4") in said(several)
    one = vendor(headings, ("A", DATE, "x", "10.00"), ("A", DATE, "y", "20.00"), tax)
    assert [line for *_, each in money(one) for line in each] == [1000, 2000, 240]
