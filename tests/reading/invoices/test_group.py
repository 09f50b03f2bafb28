"""Rows become invoices, neighbours or not, and every row ends up in exactly one place."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from importer.domain.reading import Reading
from tests.reading.made_tables import (
    PLAIN,
    plain,
    row,
    said,
    vendor,
)

DATE = "2026-03-14"

CONTINUED = {
    "invoice_date": "",
    "due_date": "",
    "notes": "",
    "memo": "",
    "total_amount": "",
}
LINE_ONLY = {"property_id": "", "vendor_id": "", "invoice_number": "", **CONTINUED}


def numbers(reading: Reading) -> list[list[int]]:
    """The row numbers of each invoice."""
    return [[row.number for row in invoice.rows] for invoice in reading.invoices]


def test_rows_of_one_invoice_need_not_be_neighbours() -> None:
    """Order is that of first appearance."""
    reading = plain(row(invoice_number="B"), row(invoice_number="A"), row(invoice_number="B "))
    assert numbers(reading) == [[2, 4], [3]]
    assert said(reading) == []


def test_the_same_number_from_two_vendors_is_two_invoices() -> None:
    """Vendor and property are part of what an invoice is."""
    reading = plain(row(), row(vendor_id="vend-2"), row(property_id="prop-2"))
    assert numbers(reading) == [[2], [3], [4]]


def test_blank_header_cells_are_taken_from_the_first_row() -> None:
    """A continuation may repeat the identity alone, or nothing at all when it stands directly below."""
    reading = plain(row(), row(**CONTINUED), row(**LINE_ONLY))
    (invoice,) = reading.invoices
    assert (numbers(reading), said(reading)) == ([[2, 3, 4]], [])
    assert (invoice.total, len(invoice.lines), invoice.notes) == (Decimal(10000), 3, "mowing")


def test_a_header_given_only_on_a_later_row_is_the_invoices() -> None:
    """The first filled cell counts, wherever it stands."""
    (invoice,) = plain(row(**CONTINUED), row()).invoices
    assert (invoice.total, invoice.memo, invoice.problems) == (Decimal(10000), "march", ())


def test_a_number_with_gaps_joins_the_one_invoice_that_agrees() -> None:
    """Also from above, and only where there is one; the invoice directly above settles which of several."""
    assert numbers(plain(row(vendor_id=""), row(), row(property_id=""))) == [[2, 3, 4]]
    two = plain(row(), row(vendor_id="vend-2"), row(vendor_id=""), row(invoice_number="9"), row(vendor_id=""))
    assert numbers(two) == [[2], [3, 4], [5]]
    assert said(two) == [("unclear-continuation", "row 6")]


def test_a_row_without_number_but_with_a_header_is_an_invoice_of_its_own() -> None:
    """It is not swallowed by the invoice above."""
    reading = plain(row(), row(invoice_number=""))
    assert numbers(reading) == [[2], [3]]
    assert reading.invoices[1].invoice_number is None


def test_a_line_without_an_invoice_above_is_a_problem_of_the_file() -> None:
    """A blank row in between breaks the connection."""
    assert said(plain(row(**LINE_ONLY), row())) == [("unclear-continuation", "row 2")]
    assert said(plain(row(), (), row(**LINE_ONLY))) == [("unclear-continuation", "row 4")]


def test_contradicting_header_cells_name_both() -> None:
    """Values are compared, not spellings; the first is kept."""
    (invoice,) = plain(row(), row(total_amount="$100"), row(total_amount="120", memo="april")).invoices
    assert invoice.total == Decimal(10000)
    by_cell = sorted((problem.place.cell, problem.what) for problem in invoice.problems)
    assert by_cell == [
        ("G4", "'april' contradicts row 2 of the file, which says 'march'."),
        ("H4", "'120' contradicts row 2 of the file, which says '100.00'."),
    ]


def test_damaged_numbers_do_not_make_one_invoice_of_several() -> None:
    """Rows that all say 1.60E+12 stay apart where their headers differ, and each is named."""
    reading = plain(
        row(invoice_number="1.60E+12"),
        row(invoice_number="1.60E+12", **{**CONTINUED, "total_amount": "5.00"}),
        row(invoice_number="1.60E+12"),
    )
    assert numbers(reading) == [[2, 4], [3]]
    assert said(reading) == [("damaged-number", "C2"), ("damaged-number", "C4"), ("damaged-number", "C3")]


def test_a_row_with_a_header_and_no_line_adds_no_line() -> None:
    """A header row above its lines; alone it keeps one line, so that what is missing can be named."""
    bare = row(financial_account_id="", quantity_ordered="", unit_price="")
    (invoice,) = plain(bare, row(**LINE_ONLY)).invoices
    assert [line.row.number for line in invoice.lines] == [3]
    (alone,) = plain(bare).invoices
    assert [line.row.number for line in alone.lines] == [2]


cells = st.sampled_from(["", "x", "1", "2026-03-14", "1.60E+12", "bad", "  "])


@given(st.lists(st.lists(cells, max_size=len(PLAIN)), min_size=1, max_size=12))
def test_every_row_ends_in_exactly_one_place(rows: list[list[str]]) -> None:
    """Whatever the cells say: one invoice, one problem of the file, or skipped with its reason."""
    reading = plain(row(), *rows)
    (table,) = reading.tables
    in_invoices = [each.number for invoice in reading.invoices for each in invoice.rows]
    in_problems = [problem.place.row or 0 for problem in reading.problems]
    skipped = [each.row for each in table.skipped]
    assert sorted(in_invoices + in_problems) == [each.number for each in table.rows]
    assert sorted([1, *(each.number for each in table.rows), *skipped]) == list(range(1, len(rows) + 3))


def test_another_spelling_of_a_number_is_named() -> None:
    """a-100 and A-100 are one invoice to ResMan; that they are taken for one is said, once for each spelling."""
    headings, more = ("Invoice #", "Date", "Line Amount"), (DATE, "1.00")
    reading = vendor(headings, ("a-100", *more), ("A-100", *more), ("A-100", DATE, "2.00"), ("B", *more))
    assert [invoice.invoice_number for invoice in reading.invoices] == ["a-100", "B"]
    (problem,) = reading.invoices[0].problems
    assert (problem.kind.code, problem.place.cell) == ("spelled-differently", "A3")
    assert problem.what == "'A-100' is taken for the same number as 'a-100' in row 2."


def test_the_same_row_twice_is_named_where_no_total_would_show_it() -> None:
    """With a total, the lines add up to it or they do not."""
    row = ("A", DATE, "2", "5.00")
    reading = vendor(("Invoice #", "Date", "Qty", "Unit Price"), row, row, ("A", DATE, "2", "6.00"))
    assert [(each.kind.code, each.what) for each in reading.invoices[0].problems] == [
        ("repeated-row", "Row 3 is the same as row 2 in every cell.")
    ]
    with_total = vendor(("Invoice #", "Date", "Qty", "Unit Price", "Invoice Total"), (*row, "20.00"), (*row, "20.00"))
    assert with_total.invoices[0].problems == ()
