"""A property or a vendor that is said once for a group of invoices, where the profile has one for all."""

from __future__ import annotations

from tests.reading.made_tables import money, said, vendor

DATE = "2026-11-03"
HEADINGS = ("Property ID", "Invoice #", "Invoice Date", "Total Due")


def test_a_default_is_not_for_blanks_below_another_value() -> None:
    """The second invoice of a group is the group's, and the profile's property would be a wrong one."""
    reading = vendor(
        HEADINGS,
        ("prop-5", "A1", DATE, "1.00"),
        ("", "A2", DATE, "2.00"),
        ("", "A3", DATE, "3.00"),
        ("prop-6", "B1", DATE, "4.00"),
        ("", "B2", DATE, "5.00"),
    )
    assert said(reading)[:3] == [("missing-value", "A3"), ("missing-value", "A4"), ("missing-value", "A6")]
    assert reading.invoices[4].problems[0].what == (
        "The Property is blank; row 5 above says 'prop-6', and the profile 'prop-1' for all."
    )


def test_lines_of_an_invoice_may_leave_it_blank() -> None:
    """They are of the invoice above."""
    headings = ("Property ID", "Invoice #", "Invoice Date", "Line Amount")
    reading = vendor(headings, ("prop-5", "A1", DATE, "1.00"), ("", "A1", "", "2.00"), ("", "", "", "4.00"))
    assert money(reading) == [("A1", 700, [100, 200, 400])]
    assert not reading.invoices[0].problems


def test_a_default_is_for_a_column_that_is_blank_from_its_first_row_on() -> None:
    """There the profile holds, and what is filled below are exceptions to it."""
    rows = (("", "A1", DATE, "1.00"), ("prop-5", "A2", DATE, "2.00"), ("", "A3", DATE, "3.00"))
    reading = vendor(HEADINGS, *rows)
    assert [invoice.property_id for invoice in reading.invoices] == ["prop-1", "prop-5", "prop-1"]
    assert not any(invoice.problems for invoice in reading.invoices)
