"""No amount that nobody stated: not of tax alone, not of two minus signs, not of parts that do not add up."""

from __future__ import annotations

from importer.domain.problem_catalog import NEGATIVE_TWICE
from importer.validation import validate
from tests.reading.made_tables import money, said, vendor
from tests.validation.judged import TODAY

DATE = "2026-03-14"
TAX = [{"heading": "Sales Tax", "financial_account_id": "finacct-tax"}]


def test_an_invoice_never_consists_of_tax_alone() -> None:
    """Net and gross have headings that nobody understands, and the profile books the tax."""
    rows = (("Invoice #", "Date", "Leistung", "Sales Tax", "Brt"), ("A", DATE, "100.00", "20.00", "120.00"))
    reading = vendor(*rows, extra_lines=TAX)
    assert [each for each in said(reading) if each[0] == "missing-value"] == [("missing-value", "row 2")]
    assert "'Sales Tax' (D) alone, $20.00" in reading.invoices[0].problems[0].message


def test_nor_does_one_whose_amount_is_blank() -> None:
    """The other invoice goes."""
    rows = (("Invoice #", "Date", "Line Amount", "Sales Tax"), ("A", DATE, "", "20.00"), ("B", DATE, "100.00", "20.00"))
    reading = vendor(*rows, extra_lines=TAX)
    assert [bool(each.problems) for each in reading.invoices] == [True, False]


def test_two_minus_signs_make_no_amount() -> None:
    """-120 at -1 may be anything; with an amount, or a total that it comes to, it is stated."""
    headings = ("Invoice #", "Date", "Qty", "Unit Price", "Line Amount")
    blank = vendor(headings, ("A", DATE, "-120", "-1.00", ""), ("B", DATE, "1", "5.00", "5.00"))
    judged = validate(blank, today=TODAY)
    assert [each.payload is None for each in judged] == [True, False]
    assert judged[0].problems[0].kind is NEGATIVE_TWICE
    assert "-120 × -$1.00: both are negative" in judged[0].problems[0].message
    total = (*headings[:4], "Invoice Total")
    (stated,) = validate(vendor(total, ("A", DATE, "-120", "-1.00", "120.00")), today=TODAY)
    assert stated.payload is not None


def test_parts_that_do_not_come_to_the_total_in_one_row_are_asked_about() -> None:
    """Whoever said which column is the total, when the profile was made."""
    headings = ("Invoice #", "Date", "Parts", "Labor", "Freight", "Invoice Total")
    rows = [
        ("A", DATE, "10.00", "20.00", "5.00", "35.00"),
        ("B", DATE, "11.00", "20.00", "", "31.00"),
        ("C", DATE, "12.00", "20.00", "7.00", "32.00"),
        ("D", DATE, "13.00", "20.00", "8.00", "41.00"),
    ]
    for columns in ({}, {"total_amount": "Invoice Total"}):
        reading = vendor(headings, *rows, columns=columns)
        assert [each for each in said(reading) if each[0] == "total-mismatch"] == [("total-mismatch", "F4")]
        assert "come to $39.00, and 'Invoice Total' (F) says $32.00" in reading.invoices[2].problems[0].message


def test_of_two_amounts_the_one_that_fits_the_total_is_the_line() -> None:
    """Wherever it stands."""
    headings = ("Invoice #", "Date", "Invoice Total", "Amount", "Amount")
    first = vendor(headings, ("A", DATE, "100.00", "100.00", "90.00"), ("B", DATE, "30.00", "30.00", "29.00"))
    second = vendor(headings, ("A", DATE, "100.00", "90.00", "100.00"), ("B", DATE, "30.00", "29.00", "30.00"))
    assert money(first) == money(second) == [("A", 10000, [10000]), ("B", 3000, [3000])]
    assert ("taken-for", "D1") in said(first)


def test_a_balance_due_beside_the_original_amount_is_asked_about() -> None:
    """The rest of a bill that is paid in part is not the bill; where the two are the same, nothing is asked."""
    headings = ("Invoice #", "Date", "Original Amount", "Balance Due")
    asked = vendor(headings, ("A", DATE, "100.00", "40.00"), ("B", DATE, "30.00", "30.00"))
    assert [each for each in said(asked) if each[0] == "paid-in-part"] == [("paid-in-part", "D2")]
    same = vendor(headings, ("A", DATE, "100.00", "100.00"), ("B", DATE, "30.00", "30.00"))
    assert money(same) == [("A", 10000, [10000]), ("B", 3000, [3000])]
    assert "paid-in-part" not in dict(said(same))
    settled = vendor(headings, ("A", DATE, "100.00", "40.00"), columns={"total_amount": "Balance Due"})
    assert money(settled) == [("A", 4000, [4000])]
    assert "paid-in-part" not in dict(said(settled))
