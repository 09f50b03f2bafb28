"""Columns of amounts: whether one is the invoice's or the line's, and what is asked where the cells do not show it."""

from __future__ import annotations

import pytest

from importer.domain.cells import Cell
from importer.domain.problem_catalog import OTHER_CURRENCY
from importer.errors import FileUnreadable
from tests.reading.made_tables import money, said, vendor

DATE = "2026-03-14"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("A", "2", "5.00", "10.00"), ("A", "1", "3.00", "3.00"), ("B", "1", "1.00", "1.00")], "line_amount"),
        ([("A", "2", "5.00", "13.00"), ("A", "1", "3.00", "13.00"), ("B", "1", "1.00", "1.00")], "total_amount"),
    ],
)
def test_the_cells_show_whose_amount_it_is(rows: list[tuple[Cell, ...]], expected: str) -> None:
    """The same on all rows of an invoice: its total. Quantity × price, and different: the line's."""
    reading = vendor(("Invoice #", "Qty", "Price", "Amount", "Date"), *[(*row, DATE) for row in rows])
    assert reading.tables[0].source.columns[expected] == 3
    assert money(reading) == [("A", 1300, [1000, 300]), ("B", 100, [100])]
    assert ("taken-for", "D1") in said(reading)


def test_an_amount_that_shows_neither_is_asked_about() -> None:
    """The same on the rows of one invoice, different on another's: one profile line settles it."""
    rows = (
        ("Invoice #", "Date", "Amount"),
        ("A", DATE, "5.00"),
        ("A", DATE, "5.00"),
        ("B", DATE, "1.00"),
        ("B", DATE, "2.00"),
    )
    with pytest.raises(FileUnreadable) as caught:
        vendor(*rows)
    assert "'Amount' (C)" in str(caught.value)
    assert '[columns] total_amount = "Amount", or line_amount = "Amount"' in str(caught.value)
    settled = vendor(*rows, columns={"line_amount": "Amount"})
    assert money(settled) == [("A", 1000, [500, 500]), ("B", 300, [100, 200])]


def test_net_tax_and_gross_are_asked_about_and_settled_by_an_extra_line() -> None:
    """The tax is neither left out nor booked anywhere in silence."""
    rows = (
        ("Invoice #", "Date", "Amount", "Tax", "Total"),
        ("A", DATE, "10.00", "0.80", "10.80"),
        ("B", DATE, "5.00", "0.00", "5.00"),
    )
    with pytest.raises(FileUnreadable, match="net, tax and gross"):
        vendor(*rows)
    settled = vendor(*rows, extra_lines=[{"heading": "Tax", "financial_account_id": "finacct-tax"}])
    assert money(settled) == [("A", 1080, [1000, 80]), ("B", 500, [500])]
    tax = settled.invoices[0].lines[1]
    assert (tax.financial_account_id, tax.notes, tax.row.place("line_amount").cell) == ("finacct-tax", "Tax", "D2")


def test_a_tax_that_nothing_accounts_for_is_asked_about() -> None:
    """Lines and a tax column without a total: who would pay the tax?"""
    rows = (
        ("Invoice #", "Date", "Line Amount", "Sales Tax"),
        ("A", DATE, "10.00", "0.80"),
        ("A", DATE, "5.00", "0.40"),
    )
    with pytest.raises(FileUnreadable, match=r"'Sales Tax' \(D\) holds tax"):
        vendor(*rows)
    none = [(*row[:3], "0.00") for row in rows[1:]]
    assert money(vendor(rows[0], *none)) == [("A", 1500, [1000, 500])]


def test_continuation_rows_show_whose_amount_it_is() -> None:
    """A number on the first row only: an amount on every row is the line's, an amount on the first alone the total."""
    lines = vendor(
        ("Invoice #", "Date", "Description", "Amount"),
        ("A", DATE, "x", "5.00"),
        ("", "", "y", "7.00"),
        ("B", DATE, "z", "1.00"),
    )
    assert money(lines) == [("A", 1200, [500, 700]), ("B", 100, [100])]
    total = vendor(
        ("Invoice #", "Date", "Qty", "Price", "Total"),
        ("A", DATE, "1", "5.00", "12.00"),
        ("", "", "1", "7.00", ""),
        ("B", DATE, "1", "1.00", "1.00"),
    )
    assert money(total) == [("A", 1200, [500, 700]), ("B", 100, [100])]


def test_an_amount_beside_the_total_is_the_lines_also_where_each_invoice_has_but_one() -> None:
    """Otherwise a total that its only line does not come to would go unnoticed."""
    reading = vendor(
        ("Invoice #", "Date", "Amount", "Invoice Total"), ("A", DATE, "90.00", "100.00"), ("B", DATE, "5.00", "5.00")
    )
    assert money(reading) == [("A", 10000, [9000]), ("B", 500, [500])]


def test_of_two_columns_that_say_the_same_the_whole_is_the_total() -> None:
    """A subtotal is the total only as long as nothing comes on top of it: no profile is to remember it as the total."""
    reading = vendor(
        ("Invoice #", "Date", "Qty", "Price", "SubTotal", "Total"),
        ("A", DATE, "2", "3.00", "10.00", "10.00"),
        ("A", DATE, "1", "4.00", "10.00", "10.00"),
    )
    assert reading.invoices[0].source.columns["total_amount"] == 5


def test_beside_numbered_items_a_net_amount_is_no_line() -> None:
    """The items are the lines; what they come to before tax would be booked a second time."""
    reading = vendor(
        ("Invoice #", "Date", "Net Amount", "Invoice Total", "Item 1", "Qty 1", "Price 1", "Qty 2", "Price 2"),
        ("A", DATE, "10.00", "10.80", "mowing", "2", "3.00", "1", "4.80"),
    )
    assert money(reading) == [("A", 1080, [600, 480])]


def test_a_column_of_totals_that_nobody_filled_in() -> None:
    """It is said once, and each total is what the lines come to; one filled cell, and the blank ones are missing."""
    headings = ("Invoice #", "Date", "Invoice Total", "Line Amount")
    reading = vendor(headings, ("A", DATE, "", "1.00"), ("A", DATE, " ", "2.00"), ("B", DATE, "", "5.00"))
    assert money(reading) == [("A", 300, [100, 200]), ("B", 500, [500])]
    assert "'Invoice Total' (C) is blank throughout" in reading.notices[0]
    filled = vendor(headings, ("A", DATE, "", "1.00"), ("B", DATE, "5.00", "5.00"))
    assert [total for _, total, _ in money(filled)] == [None, 500]


def test_an_amount_that_cannot_be_read_is_named_and_not_left_out() -> None:
    """Its heading says what it is; left out with the price beside it, other money would go as dollars."""
    reading = vendor(
        ("Invoice #", "Date", "Qty", "Price", "Amount", "Invoice Total"),
        ("A", DATE, "1", "640.00", "CAD 640.00", "740.00"),
        ("A", DATE, "2", "50.00", "CAD 100.00", "740.00"),
    )
    assert [problem.kind for problem in reading.invoices[0].problems] == [OTHER_CURRENCY, OTHER_CURRENCY]


def test_a_further_line_may_leave_blank_what_its_first_row_says() -> None:
    """The number stands on every row, the property on the first: the rows are one invoice, and its amounts lines."""
    reading = vendor(
        ("Invoice #", "Date", "Property", "Amount"),
        ("A", DATE, "prop-1", "20.00"),
        ("A", "", "", "90.00"),
        ("B", DATE, "prop-2", "21.00"),
        ("B", "", "", "90.00"),
    )
    assert money(reading) == [("A", 11000, [2000, 9000]), ("B", 11100, [2100, 9000])]
