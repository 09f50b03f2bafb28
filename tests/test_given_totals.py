"""The file's own totals where its results were given back: judged by the vendor's own rows, in every round alike."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from importer.domain.problem_catalog import (
    CHANGED_TOTAL,
    CONTROL_TOTAL,
    CORRECTED_TOTAL,
    UNCOMPARED_TOTAL,
)
from importer.domain.reading import Reading
from importer.report import write_workbook
from importer.report.json_report import as_json
from importer.report.workbook.tie_out import tie_out
from importer.workbook_format import layout
from tests.test_corrections import rows_of
from tests.test_giving_back import csv, good, put, read, run_of

TOTAL = ",,Grand Total,,,,,{},,,"
ABOUT_TOTALS = (CONTROL_TOTAL, CORRECTED_TOTAL, CHANGED_TOTAL, UNCOMPARED_TOTAL)


def two_rounds(
    tmp_path: Path, rows: list[str], hands: Callable[[Worksheet, Worksheet], object]
) -> tuple[Reading, Reading]:
    """What is read of the corrected workbook, and of the next one, which nobody has touched."""
    path = write_workbook(run_of(read(csv(tmp_path / "march.csv", *rows))), tmp_path / "march.results.xlsx")
    book = openpyxl.load_workbook(path)
    hands(book[layout.TO_FIX], book[layout.ROWS])
    book.save(path)
    first = read(path)
    return first, read(write_workbook(run_of(first), tmp_path / "march.results 2.xlsx"))


def told(reading: Reading) -> list[str]:
    return [problem.kind.code for problem in reading.problems if problem.kind in ABOUT_TOTALS]


def repeated(number: str, total: str, *prices: str) -> list[str]:
    """An invoice whose total stands on each of its lines."""
    return [good(number, total, price) for price in prices]


def test_a_corrected_cell_and_a_row_taken_out_are_no_reason_to_stop(tmp_path: Path) -> None:
    """The total is what the vendor's rows came to, with what could not be read as it was corrected."""
    rows = [
        *repeated("A-1", "100.00", "90.00", "10.00"),
        *repeated("A-2", "see mail", "40.00", "10.00"),
        *repeated("A-3", "70.00", "69.00", "10.00"),
    ]

    def mend(to_fix: Worksheet, _rows: Worksheet) -> None:
        to_fix.delete_rows(4, 2)
        for row in (2, 3):
            put(to_fix, row, "total_amount", "50.00")

    for reading in two_rounds(tmp_path, [*rows, TOTAL.format("220.00")], mend):
        assert told(reading) == ["corrected-total"]
        assert [(one.says, one.found) for one in reading.control_totals] == [(Decimal(22000), Decimal(15000))]
    for reading in two_rounds(tmp_path, [*rows, TOTAL.format("230.00")], mend):
        assert told(reading) == ["control-total"]
        (problem,) = reading.problems
        assert problem.what == (
            "'Grand Total' says $230.00, and the rows above come to $150.00. As the vendor sent them, with what could "
            "be read, they came to $220.00."
        )


def test_a_row_that_nobody_could_read_stays_what_the_total_cannot_be_compared_for(tmp_path: Path) -> None:
    """Taken out, it is no proof that the rest is whole, and none that it is not."""
    rows = [good("A-1"), good("A-2", "see mail", "40.00"), TOTAL.format("150.00")]
    for reading in two_rounds(tmp_path, rows, lambda to_fix, _: to_fix.delete_rows(2)):
        assert told(reading) == ["uncompared-total"]


def test_the_vendors_total_stands_beside_what_a_hand_made_of_it(tmp_path: Path) -> None:
    """In this round and the next; in the workbook, in what is printed, and for programs."""
    rows = [good("A-1"), good("A-2", price="x"), TOTAL.format("999.00")]

    def mend(to_fix: Worksheet, all_rows: Worksheet) -> None:
        put(to_fix, 2, "unit_price", "100.00")
        put(all_rows, 4, "total_amount", "200.00")

    first, second = two_rounds(tmp_path, rows, mend)
    for reading in (first, second):
        assert told(reading) == ["changed-total"]
        assert [(one.says, one.vendor) for one in reading.control_totals] == [(Decimal(20000), Decimal(99900))]
        assert "The vendor's own total of $999.00 (march.csv, H4) was changed by hand to $200.00." in reading.notices
    run = run_of(second)
    (line,) = [
        row
        for row in rows_of(write_workbook(run, tmp_path / "x.xlsx"), layout.SUMMARY)
        if row[:2] == ["Grand Total", "H4"]
    ]
    assert line[2:] == [999, "march.csv: Changed by hand to $200.00. = what its rows come to, as read."]
    totals = as_json(run, None)["own_totals"]
    assert isinstance(totals, list)
    assert (totals[0]["says_in_cents"], totals[0]["changed_by_hand_to_in_cents"]) == (99900, 20000)


def test_a_total_that_was_taken_away_is_judged_all_the_same(tmp_path: Path) -> None:
    """A blank cell is no way past it."""
    rows = [good("A-1"), good("A-2", price="x"), TOTAL.format("999.00")]

    def mend(to_fix: Worksheet, all_rows: Worksheet) -> None:
        put(to_fix, 2, "unit_price", "100.00")
        put(all_rows, 4, "total_amount", None)

    for reading in two_rounds(tmp_path, rows, mend):
        assert told(reading) == ["changed-total", "control-total"]


def test_nobody_types_in_a_sum_that_counts_invoices_twice(tmp_path: Path) -> None:
    """Excel's SUM over repeated totals is the vendor's to send; typed in by hand it proves nothing."""
    rows = [*repeated("A-1", "100.00", "90.00", "10.00"), good("A-2", price="x"), TOTAL.format("150.00")]

    def mend(to_fix: Worksheet, all_rows: Worksheet) -> None:
        put(to_fix, 2, "unit_price", "100.00")
        put(all_rows, 5, "total_amount", "300.00")

    assert told(two_rounds(tmp_path, rows, mend)[0]) == ["changed-total", "control-total"]


def test_each_correction_that_moves_money_says_by_how_much(tmp_path: Path) -> None:
    """A total corrected, a row given its invoice's number, rows out and in: together they are the bridge."""
    rows = [good("A-1", "120.00", "110.00"), good("A-2", "100.00", "60"), good("", "", "40"), good("A-3", "70.00", "x")]

    def mend(to_fix: Worksheet, _rows: Worksheet) -> None:
        put(to_fix, 2, "notes", "Mowing")
        put(to_fix, 2, "total_amount", "110.00")
        put(to_fix, 4, "invoice_number", "A-2")
        to_fix.delete_rows(5)

    first, second = two_rounds(tmp_path, rows, mend)
    moved = {(one.row, one.column): one.cents for one in first.trace.corrections if one.cents}
    assert moved == {(2, "total_amount"): -1000, (4, "invoice_number"): -4000, (5, "(the whole row)"): -7000}
    for reading in (first, second):
        sums = tie_out(run_of(reading))
        assert [(one.label, one.count, one.cents) for one in sums.by_hand] == [
            ("In the vendor's file", 4, 33000),
            ("Taken out by hand", -1, -7000),
            ("Corrected by hand", -1, -5000),
        ]
    assert (first.trace.unnumbered, first.trace.unnumbered_cents) == (1, 4000)


def test_a_subtotal_stays_one_where_rows_above_it_were_taken_out(tmp_path: Path) -> None:
    """It was none of the invoices' rows before, and nobody has touched it."""
    rows = [good("A-1"), good("A-2", price="x"), TOTAL.replace("Grand", "Sub").format("200.00"), good("A-3")]
    for reading in two_rounds(tmp_path, rows, lambda to_fix, _: to_fix.delete_rows(2)):
        assert [problem.what for problem in reading.problems if problem.is_error] == []
        assert [row.row for table in reading.tables for row in table.skipped] == [3, 4]
