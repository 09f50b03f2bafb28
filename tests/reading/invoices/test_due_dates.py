"""The due date of an invoice that names none: by its terms, or by the usual days of its profile."""

from __future__ import annotations

from datetime import date

from tests.reading.made_tables import said, vendor

DATE = "2026-03-14"


def test_terms_that_cannot_be_read_are_named() -> None:
    """The usual terms of the profile hold where the cell is blank, and never in the place of a cell that says more."""
    reading = vendor(
        ("Invoice #", "Date", "Amount", "Terms"),
        ("A", DATE, "1.00", "N3T 30"),
        ("B", DATE, "1.00", "2% 10, Net 45"),
        ("C", DATE, "1.00", ""),
        ("D", DATE, "1.00", "2% 10"),
    )
    assert [each.due_date for each in reading.invoices] == [None, date(2026, 4, 28), date(2026, 4, 13), None]
    assert {("not-terms", "D2"), ("not-terms", "D5")} <= set(said(reading))


def test_a_due_date_beside_terms_that_cannot_be_read_is_enough() -> None:
    """Then the terms decide nothing; and they do where the due date is blank."""
    reading = vendor(
        ("Invoice #", "Date", "Due Date", "Amount", "Terms"),
        ("A", DATE, "2026-03-31", "1.00", "as agreed"),
        ("B", DATE, "", "1.00", "EOM"),
    )
    assert [invoice.due_date for invoice in reading.invoices] == [date(2026, 3, 31), date(2026, 3, 31)]
    assert not {code for code, _ in said(reading)} & {"not-terms", "missing-value"}


def test_due_dates_by_terms() -> None:
    """From the profile, or from a column that says so; what no one can say is left blank."""
    rows = (
        ("Invoice #", "Invoice Date", "Terms", "Total Due"),
        ("A", DATE, "Net 10", "1"),
        ("B", DATE, "due on receipt", "1"),
        ("C", DATE, "", "1"),
    )
    reading = vendor(*rows)
    assert [str(invoice.due_date) for invoice in reading.invoices] == ["2026-03-24", "2026-03-14", "2026-04-13"]


def test_terms_of_one_invoice_that_contradict_each_other_are_named() -> None:
    """Two due dates by the terms of two rows: neither is chosen in silence. Other words for one day are no matter."""
    reading = vendor(
        ("Invoice #", "Date", "Line Amount", "Terms"),
        ("A", DATE, "1.00", "Net 30"),
        ("A", DATE, "2.00", "Net 60"),
        ("B", DATE, "1.00", "Net 30"),
        ("B", DATE, "2.00", "30 days"),
        ("B", DATE, "3.00", ""),
    )
    assert [each.due_date for each in reading.invoices] == [date(2026, 4, 13), date(2026, 4, 13)]
    assert said(reading) == [("contradiction", "D3")]
    (problem,) = reading.invoices[0].problems
    assert "'Net 60' contradicts row 2 of the file, which says 'Net 30'" in problem.message


def test_terms_may_stand_on_any_row_of_the_invoice() -> None:
    """Terms on its second row hold, not the usual days that a blank first row would have got; a due date beats both."""
    reading = vendor(
        ("Invoice #", "Date", "Due Date", "Line Amount", "Terms"),
        ("A", DATE, "", "1.00", ""),
        ("A", DATE, "", "2.00", "Net 60"),
        ("B", DATE, "2026-03-20", "1.00", "Net 10"),
        ("B", DATE, "", "2.00", "Net 60"),
    )
    assert [each.due_date for each in reading.invoices] == [date(2026, 5, 13), date(2026, 3, 20)]
    assert said(reading) == []
