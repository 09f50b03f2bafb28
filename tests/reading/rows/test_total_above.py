"""A total among the titles above a table."""

from __future__ import annotations

import pytest

from importer.domain.cells import Cell
from importer.domain.reading import Reading
from tests.reading.made_tables import money, vendor

DATE = "2026-11-03"
HEADINGS = ("Invoice #", "Invoice Date", "Description", "Amount")


def warned(*titles: tuple[Cell, ...]) -> tuple[Reading, list[str]]:
    """Two invoices of $550.00 below these titles, and what is said of a total."""
    reading = vendor(*titles, HEADINGS, ("A1", DATE, "x", "500.00"), ("A2", DATE, "y", "50.00"))
    return reading, [each.message for each in reading.problems if each.kind.code == "total-above"]


@pytest.mark.parametrize(
    ("title", "cell"),
    [
        (("Total due: $600.00",), "A2"),
        (("Grand Total", "", "600.00"), "C2"),
        (("", "Total Amount Due:", 600.0), "C2"),
        (("Rechnungsbetrag: 600.00",), "A2"),
    ],
)
def test_a_total_above_that_the_invoices_miss_is_said(title: tuple[Cell, ...], cell: str) -> None:
    """It may count something else; a missing row would show in nothing else."""
    reading, messages = warned(("Acme Landscaping",), title)
    assert [total for _, total, _ in money(reading)] == [50000, 5000]
    (message,) = messages
    assert message.startswith(f"{cell}: '")
    assert "above the table says $600.00, and the invoices come to $550.00." in message


@pytest.mark.parametrize(
    "title",
    [
        ("Total due: $550.00",),
        ("Total: 2",),
        ("Total", 2),
        ("Total hours: 41.50",),
        ("Previous balance: $70.00",),
        ("Total due upon receipt of this statement",),
    ],
)
def test_what_agrees_and_what_is_no_total_is_not(title: tuple[Cell, ...]) -> None:
    """Counts, hours and sentences say nothing of the invoices' sum."""
    assert warned(title)[1] == []
