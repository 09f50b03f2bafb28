"""Another table below the first, under headings of its own."""

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
HEADINGS = ("Invoice #", "Invoice Date", "Description", "Amount")


def read(*below: tuple[Cell, ...]) -> Reading:
    """Two invoices, and what stands below them."""
    return vendor(HEADINGS, ("A1", DATE, "x", "100.00"), ("A2", DATE, "y", "50.00"), *below)


@pytest.mark.parametrize(
    ("title", "headings"),
    [
        ("Payments received", ("Check #", "Date", "Method", "Amount")),
        ("Credits", ("Credit #", "Date", "Reason", "Amount")),
        ("", ("Description", "Amount", "Invoice #", "Invoice Date")),
    ],
)
def test_what_stands_below_other_headings_is_no_invoice(title: str, headings: tuple[Cell, ...]) -> None:
    """It is not read, and asked about where it begins; the invoices above are plain."""
    reading = read((), (title,), headings, ("4411", DATE, "ACH", "120.00"), ("Total", "", "", "120.00"))
    assert [total for _, total, _ in money(reading)] == [10000, 5000]
    (problem,) = [each for each in reading.problems if each.is_error]
    assert problem.what.startswith(f"The row has other headings ('{headings[0]}', ")
    assert problem.what.endswith("another table begins there, and its 2 rows are not read.")
    assert problem.place.row == 6
    reasons = dict(skipped(reading))
    assert reasons[7] == reasons[8] == "row of another table below the first"
    assert not any(each.problems for each in reading.invoices)


@pytest.mark.parametrize(
    "row",
    [
        HEADINGS,
        ("Invoice No.", "Date", "Description", "Amount"),
        ("A3", DATE, "Amount", "TBD"),
        ("Description", "of all work", "is on", "file"),
    ],
)
def test_headings_once_more_and_other_words_begin_no_table(row: tuple[Cell, ...]) -> None:
    """The next page has the same headings, also where they are spelled in another way."""
    reading = read(row, ("A4", DATE, "z", "20.00"))
    assert "A4" in [number for number, _, _ in money(reading)]
    assert "row of another table below the first" not in dict(skipped(reading)).values()


def test_a_second_row_of_headings_is_no_other_table() -> None:
    """Nothing stands above it yet."""
    reading = vendor(HEADINGS, ("Text", "Date", "Text", "Amount"), ("A1", DATE, "x", "100.00"))
    assert "A1" in [number for number, _, _ in money(reading)]
    assert ("unclear-continuation", "row 2") not in said(reading)
