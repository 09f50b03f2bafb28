"""Sheets that are one invoice: the number and the dates stand above the table."""

from __future__ import annotations

from datetime import date

import pytest

from importer.domain.cells import Cell
from importer.errors import FileUnreadable
from importer.reading.read import read_contents
from tests.reading.made_tables import (
    contents,
    money,
    profile,
    said,
    sheet,
    skipped,
    vendor,
)

HEADINGS = ("Description", "Qty", "Unit Price", "Amount")
LINES: tuple[tuple[Cell, ...], ...] = (HEADINGS, ("Mowing", 1, 5, 5), ("Edging", 2, 5, 10))


@pytest.mark.parametrize(
    "above",
    [
        [("Greenleaf",), ("Invoice No:", "INV-77"), ("Date:", "2026-03-14"), ("Due Date:", "2026-04-14")],
        [("Invoice Number: INV-77",), ("Invoice Date: 2026-03-14", "", "Due Date: 2026-04-14")],
        [("Invoice #", "INV-77", "Date:", "2026-03-14"), ("Bill To:", "Maple Court", "Due Date:", "2026-04-14")],
        [("Rechnungsnummer:", "", "INV-77"), ("Rechnungsdatum:", "2026-03-14"), ("Fällig:", "2026-04-14")],
    ],
)
def test_what_stands_above_the_table_holds_for_every_row(above: list[tuple[Cell, ...]]) -> None:
    """In cells of their own or with their labels, one below the other or side by side; each is said."""
    reading = vendor(*above, (), *LINES, ("", "", "Total", 15))
    (invoice,) = reading.invoices
    assert money(reading) == [("INV-77", 1500, [500, 1000])]
    assert (invoice.invoice_date, invoice.due_date) == (date(2026, 3, 14), date(2026, 4, 14))
    taken = [problem.field for problem in reading.problems if problem.kind.code == "taken-for"]
    assert {"invoice_number", "invoice_date", "due_date"} <= set(taken)


def test_a_sheet_for_each_invoice() -> None:
    """Each has its own number above."""
    sheets = [sheet((f"Invoice No: {name}",), ("Date: 03/14/2026",), *LINES, name=name) for name in ("A", "B")]
    reading = read_contents([contents(*sheets)], integration_id="i", profile=profile())
    assert money(reading) == [("A", 1500, [500, 1000]), ("B", 1500, [500, 1000])]


def test_two_invoices_below_each_other_are_not_taken_for_one() -> None:
    """The lines of the second belong to another number."""
    with pytest.raises(FileUnreadable, match="lacks the columns Invoice #, Bill Date"):
        vendor(("Invoice No: A",), ("Date: 2026-03-14",), *LINES, ("Invoice No: B",), ("Mulch", 1, 2, 2))


def test_a_report_without_a_number_above_takes_nothing_from_there() -> None:
    """The date above a list is the day on which it was printed."""
    with pytest.raises(FileUnreadable, match="lacks the columns Bill Date"):
        vendor(("Date:", "2026-03-31"), ("Invoice #", "Amount"), ("A", "5.00"), ("B", "6.00"))


def test_a_cell_above_that_cannot_be_read_is_named() -> None:
    """Like one in the table."""
    reading = vendor(("Invoice No: A",), ("Date: 03/04/2026",), *LINES)
    assert "ambiguous-date" in [code for code, _ in said(reading)]


@pytest.mark.parametrize("label", ["Amount Due", "Balance due:", "TOTAL AMOUNT DUE", "Please pay"])
def test_the_amount_due_below_the_lines_is_no_line(label: str) -> None:
    """It is a total, and is compared with the rows above."""
    reading = vendor(("Invoice No: A",), ("Date: 2026-03-14",), *LINES, ("", "", label, 15))
    assert money(reading) == [("A", 1500, [500, 1000])]
    assert [control.agrees for control in reading.control_totals] == [True]
    assert skipped(reading)[-1] == (6, f"total ({label})")
