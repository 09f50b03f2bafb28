"""What programs and people really write into their files, each read as it is meant or named."""

from __future__ import annotations

from decimal import Decimal

import pytest

from importer.errors import FileUnreadable
from tests.reading.made_tables import (
    money,
    said,
    skipped,
    vendor,
)

DATE = "2026-03-14"


@pytest.mark.parametrize(
    ("heading", "cell"),
    [("Discount", "2.00"), ("Freight", "5.00"), ("Tax %", "8.25%"), ("Retainage", "1.00"), ("Delivery Fee", "9")],
)
def test_a_charge_that_nothing_accounts_for_is_asked_about(heading: str, cell: str) -> None:
    """Without a total nothing would show that the vendor is paid too much or too little."""
    rows = (("Invoice #", "Date", "Qty", "Unit Price", heading), ("A", DATE, "1", "10.00", cell))
    with pytest.raises(FileUnreadable, match="in no line"):
        vendor(*rows)
    assert money(vendor(*rows, columns={"unit_price": "Unit Price"})) == [("A", 1000, [1000])]
    nothing = (rows[0], (*rows[1][:4], "0"))
    assert money(vendor(*nothing)) == [("A", 1000, [1000])]


def test_a_charge_beside_a_total_is_no_question() -> None:
    """There the lines have to add up."""
    rows = (
        ("Invoice #", "Date", "Qty", "Unit Price", "Freight", "Invoice Total"),
        ("A", DATE, "1", "10", "5", "15.00"),
    )
    assert vendor(*rows).invoices[0].total == 1500


def test_rows_marked_as_void_or_paid_are_named() -> None:
    """By a status column: the void ones do not go, the paid ones go with a warning."""
    reading = vendor(
        ("Invoice #", "Date", "Total Due", "Payment Status"),
        ("A", DATE, "1.00", "Open"),
        ("B", DATE, "1.00", "Paid"),
        ("C", DATE, "1.00", "Cancelled"),
        ("D", DATE, "1.00", "paid"),
    )
    assert said(reading)[:3] == [("marked-paid", "D3"), ("void-row", "D4"), ("marked-paid", "D5")]
    assert reading.invoices[1].problems[0].what == "'Payment Status' (D) says 'Paid'."


@pytest.mark.parametrize(
    ("heading", "open_", "paid"),
    [
        ("Paid Date", "", "2026-11-10"),
        ("Date Paid", "n/a", "11/10/2026"),
        ("Check No.", "", "10442"),
        ("Paid", "No", "x"),
        ("Balance", "1.00", "0.00"),
        ("Open Amount", "", "$0.00"),
        ("Amount Paid", "0.00", "1.00"),
        ("Payments", "", "(0.40)"),
    ],
)
def test_what_marks_an_invoice_as_paid(heading: str, open_: str, paid: str) -> None:
    """A filled date of payment, a balance of nothing, something that was paid: each invoice says so, once."""
    reading = vendor(
        ("Invoice #", "Date", "Invoice Total", "Line Amount", heading),
        ("A", DATE, "1.00", "1.00", open_),
        ("B", DATE, "1.00", "0.40", paid),
        ("B", DATE, "1.00", "0.60", paid),
    )
    marks = [(each.invoice_number, each.problems) for each in reading.invoices if each.problems]
    ((number, (problem,)),) = marks
    assert (number, problem.kind.code, problem.place.cell) == ("B", "marked-paid", "E3")


def test_a_flag_for_duplicates_is_believed() -> None:
    """Where the file itself calls a row a possible duplicate, somebody should look."""
    reading = vendor(
        ("Invoice #", "Date", "Total Due", "potential_duplicate_invoice_flag"),
        ("A", DATE, "1.00", "False"),
        ("B", DATE, "1.00", "TRUE"),
        ("C", DATE, "1.00", ""),
    )
    assert said(reading)[0] == ("marked-duplicate", "D3")
    assert sum(bool(invoice.problems) for invoice in reading.invoices) == 1


@pytest.mark.parametrize(
    ("text", "quantity"), [("2 hrs", "2"), ("1.5h", "1.5"), ("3 ea.", "3"), ("1,250 sq ft", "1250"), ("4x", "4")]
)
def test_a_quantity_may_have_its_unit(text: str, quantity: str) -> None:
    """As long as the unit does not change the number: a dozen does."""
    reading = vendor(
        ("Invoice #", "Date", "Qty", "Unit Price"), ("A", DATE, text, "10.00"), ("B", DATE, "2 dz", "10.00")
    )
    assert reading.invoices[0].lines[0].quantity == Decimal(quantity)
    assert ("not-a-quantity", "C3") in said(reading)


def test_marks_for_the_direction_of_writing_change_no_amount() -> None:
    """They come along where a cell was copied from a web page; in an identifier they are named."""
    reading = vendor(("Invoice #", "Date", "Total Due"), ("A", DATE, "\u200e12.50"), ("\u200fB", DATE, "1\u200b0.00"))
    assert [invoice.total for invoice in reading.invoices] == [1250, 1000]
    assert ("bad-characters", "A3") in said(reading)


def test_a_list_of_bills_from_a_bookkeeping_program() -> None:
    """Num is the vendor's number, and what is not sure is said; Bill Credit is a credit."""
    reading = vendor(
        ("Type", "Date", "Num", "Name", "Memo", "Account", "Debit", "Credit"),
        ("Bill", "03/14/2026", "A-1", "Greenleaf", "mow", "6210", "100.00", ""),
        ("Bill Credit", "03/15/2026", "A-2", "Greenleaf", "mow", "6210", "", "50.00"),
    )
    assert money(reading) == [("A-1", 10000, [10000]), ("A-2", -5000, [-5000])]
    assert ("taken-for", "C1") in said(reading)


def test_a_ledger_extract_with_the_date_of_the_document() -> None:
    """All of one day: that is no reason against a date."""
    reading = vendor(
        ("Document Number", "Posting Date", "Document Date", "Amount in Local Currency", "Local Currency"),
        ("1900000001", "14.03.2026", "13.03.2026", "1.234,56-", "USD"),
        ("1900000002", "14.03.2026", "13.03.2026", "100,00", "USD"),
    )
    assert money(reading) == [("1900000001", -123456, [-123456]), ("1900000002", 10000, [10000])]
    assert {("taken-for", "A1"), ("taken-for", "C1")} <= set(said(reading))


def test_an_amount_with_a_quantity_and_no_price_is_the_lines() -> None:
    """A price per thousand is no unit price: the line's amount is taken alone."""
    reading = vendor(
        ("Invoice #", "Date", "Qty", "Price per 1000", "Amount"),
        ("A", DATE, "2500", "10.00", "25.00"),
        ("B", DATE, "500", "10.00", "5.00"),
    )
    assert money(reading) == [("A", 2500, [2500]), ("B", 500, [500])]


def test_a_price_in_cents_is_one() -> None:
    """By its heading."""
    reading = vendor(("Invoice #", "Date", "Qty", "Price (cents)"), ("A", DATE, "2", "1050"))
    assert money(reading) == [("A", 2100, [2100])]


def test_the_feet_of_pages_are_left_out() -> None:
    """Wherever their texts stand."""
    reading = vendor(
        ("Invoice #", "Date", "Line Amount"),
        ("A", DATE, "1.00"),
        ("Printed on 2026-03-31", "", "Page 1 of 2"),
        ("Invoice #", "Date", "Line Amount"),
        ("A", DATE, "2.00"),
    )
    assert money(reading) == [("A", 300, [100, 200])]
    assert skipped(reading) == [(3, "head or foot of a page"), (4, "heading row repeated")]


@pytest.mark.parametrize("heading", ["S/H", "Soll/Haben-Kennzeichen"])
def test_debit_and_credit_by_a_letter_are_said_to_give_no_sign(heading: str) -> None:
    """DATEV's S and H depend on which of the two accounts is meant: both are read as they stand, and that is said."""
    reading = vendor(
        ("Belegfeld 1", "Rechnungsdatum", "Umsatz", heading), ("A", DATE, "1,00", "S"), ("B", DATE, "2,50", "H")
    )
    assert money(reading) == [("A", 100, [100]), ("B", 250, [250])]
    (problem,) = [problem for problem in reading.problems if problem.kind.code == "unknown-type"]
    assert "says 'S', 'H': read as an invoice" in problem.what


def test_words_that_have_nothing_to_do_with_credits_are_passed_over() -> None:
    """A type column that tells revenue from capital says nothing of the sign, and nothing is said of it."""
    rows = [
        (number, DATE, "1.00", kind)
        for number, kind in (("A", "Revenue"), ("B", "Capital"), ("C", "Operating Expenses"))
    ]
    reading = vendor(("Invoice #", "Date", "Total Due", "Type"), *rows)
    assert [code for code, _ in said(reading) if code == "unknown-type"] == []
