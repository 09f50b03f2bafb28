"""Rows that read like totals: compared with the rows above, and never a line or an amount lost without a word."""

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


def read(*rows: tuple[Cell, ...]) -> Reading:
    """Two invoices, the first of two lines; these rows stand between them."""
    first = (("A1", DATE, "Mowing", "500.00"), ("", "", "Mulch", "200.00"))
    return vendor(HEADINGS, *first, *rows, ("A2", DATE, "Mowing", "100.00"), ("", "", "Mulch", "20.00"))


@pytest.mark.parametrize(
    ("cell", "cents"),
    [("-50.00", -5000), ("$ (20.00)", -2000), ("- 15.00", -1500), ("1 200.50", 120050), ("$ 2 300.00", 230000)],
)
def test_an_amount_alone_in_its_row_is_a_line(cell: str, cents: int) -> None:
    """However it is written: a sign or a space in it makes no note of it."""
    reading = read(("", "", "", cell))
    assert money(reading)[0] == ("A1", 70000 + cents, [50000, 20000, cents])
    assert skipped(reading) == []


@pytest.mark.parametrize(
    "cell", ["-----", "=======", "** thanks for your business **", "see our terms of 2026 on the back"]
)
def test_words_and_rules_in_the_column_of_amounts_are_notes(cell: str) -> None:
    """A line of dashes above a total is no amount."""
    assert skipped(read(("", "", "", cell))) == [(4, "note, not a row of the table")]


@pytest.mark.parametrize("cell", ["100 USD plus tax", "approx. 50"])
def test_an_amount_with_words_around_it_is_not_lost(cell: str) -> None:
    """It cannot be read, and the invoice waits."""
    assert ("not-money", "D4") in said(read(("", "", "", cell)))


@pytest.mark.parametrize(
    "row",
    [
        ("Subtotal", "", "", "710.00"),
        ("", "", "Submeter reading total", "60.00"),
        ("", "", "Sub-total pump replacement", "60.00"),
        ("", "", "Total Care add-on", "60.00"),
        ("Page total", "", "", "9.00"),
    ],
)
def test_words_of_a_total_to_which_no_rows_come_are_asked_about(row: tuple[Cell, ...]) -> None:
    """It may be a line: the invoice above waits as well, and the other does not."""
    reading = read(row)
    label = next(cell for cell in row if cell)
    assert said(reading)[:2] == [("row-below", "row 3"), ("unclear-continuation", "row 4")]
    stray = next(problem for problem in reading.problems if problem.is_error)
    assert stray.what.startswith(f"'{label}' of ")
    assert [any(problem.is_error for problem in each.problems) for each in reading.invoices] == [True, False]
    settled = read(("A1", *row[1:]))
    assert not any(problem.is_error for problem in (*settled.invoices[0].problems, *settled.problems))


@pytest.mark.parametrize(
    "row",
    [
        ("Subtotal", "", "", "700.00"),
        ("Subtotal A1", "", "", "700.00"),
        ("Subtotal EV-26-1001", "", "", "700.00"),
        ("A1 Ergebnis", "", "", "700.00"),
        ("A1 Suma", "", "", "700.00"),
        ("Somme A1", "", "", "700.00"),
        ("Totale complessivo", "", "", "700.00"),
        ("", "", "Total Care package", "700.00"),
        ("", "", "Mulch subtotal", "200.00"),
    ],
)
def test_a_total_to_which_rows_come_is_left_out(row: tuple[Cell, ...]) -> None:
    """All rows above, or those directly above it; whatever else its label says."""
    reading = read(row)
    assert [reason.split(" (")[0] for _, reason in skipped(reading)] == ["total"]
    assert [total for _, total, _ in money(reading)] == [70000, 12000]
    assert not any(problem.is_error for problem in reading.problems)


def test_subtotals_of_several_levels_and_pages_fit() -> None:
    """Of an invoice, of a section since the last, of all; with what an earlier page came to."""
    reading = vendor(
        HEADINGS,
        ("Balance brought forward", "", "", "1,000.00"),
        ("A1", DATE, "x", "1.00"),
        ("", "", "y", "2.00"),
        ("Subtotal", "", "", "3.00"),
        ("A2", DATE, "x", "4.00"),
        ("", "", "y", "5.00"),
        ("Subtotal", "", "", "9.00"),
        ("Subtotal of both", "", "", "12.00"),
        ("Carried forward", "", "", "1,012.00"),
    )
    assert [total for _, total, _ in money(reading)] == [300, 900]
    assert not any(problem.is_error for problem in reading.problems)


def test_a_subtotal_below_credits_by_their_type_is_not_compared() -> None:
    """Whether the vendor counts them with their sign, nothing says."""
    reading = vendor(
        ("Type", "Invoice #", "Invoice Date", "Total Due"),
        ("Invoice", "A1", DATE, "100.00"),
        ("Credit", "A2", DATE, "30.00"),
        ("Subtotal", "", "", "70.00"),
        ("Invoice", "A3", DATE, "10.00"),
    )
    assert [row for row, _ in skipped(reading)] == [4]


def test_a_vendor_called_total_is_none() -> None:
    """What rows with numbers are called too makes no total of a row without one, and the vendor may stand on each."""
    name = "Total Fire Protection"
    reading = vendor(
        ("Vendor", *HEADINGS),
        (name, "T1", DATE, "Inspection", "300.00"),
        (name, "", "", "Extinguishers", "200.00"),
        (name, "T2", DATE, "Alarm test", "100.00"),
        (name, "", "", "Batteries", "50.00"),
        ("Total", "", "", "", "650.00"),
    )
    assert money(reading) == [("T1", 50000, [30000, 20000]), ("T2", 15000, [10000, 5000])]
    assert [reason for _, reason in skipped(reading)] == ["total (Total)"]


def test_a_subtotal_may_be_that_of_invoices_whose_totals_stand_on_every_line() -> None:
    """Each of them counts once, in whichever column the subtotal stands."""
    headings = ("Invoice #", "Invoice Date", "Description", "Line Amount", "Invoice Total")
    page = (("A1", DATE, "Mowing", "500.00", "700.00"), ("A1", DATE, "Mulch", "180.00", "700.00"))
    last = ("A2", DATE, "Mowing", "100.00", "100.00")
    for subtotal in (("Subtotal page 1", "", "", "700.00", ""), ("Subtotal page 1", "", "", "", "700.00")):
        reading = vendor(headings, *page, subtotal, last)
        assert skipped(reading) == [(4, "total (Subtotal page 1)")]
        assert "unclear-continuation" not in [code for code, _ in said(reading)]
