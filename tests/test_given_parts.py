"""Pieces of a results workbook given back, or one whose hidden column was cleared: refused, with what to do instead."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from importer.domain.problem_catalog import LAYOUT_CHANGED
from importer.errors import FileUnreadable
from importer.reading.profiles.vendor_profile import parse_profile
from importer.report import write_workbook
from importer.report.csv_report import write_csv
from importer.report.terminal import problem_lines
from importer.workbook_format import layout
from tests.test_giving_back import HEADINGS, column, csv, errors, given_back, good, put, read, run_of


def test_cleared_marks_are_no_rows_taken_out_and_typed_in_again(tmp_path: Path) -> None:
    """A row that says its place, and whose own row nobody claims, is that row without its entry."""

    def clear(to_fix: Worksheet, _rows: Worksheet) -> None:
        for row in (2, 3):
            put(to_fix, row, layout.MARK, None)

    with pytest.raises(FileUnreadable, match="row 2 of the sheet “To fix” does not have its own entry in the hidden"):
        given_back(tmp_path, [good("A-1"), good("A-2", price="x"), good("A-3", price="y")], clear)


def test_a_copy_without_the_hidden_column_is_a_row_that_was_added(tmp_path: Path) -> None:
    """The row that it was copied from is still there."""

    def copy(to_fix: Worksheet, _rows: Worksheet) -> None:
        to_fix.append([cell.value for cell in to_fix[2]])
        put(to_fix, 3, layout.MARK, None)
        put(to_fix, 3, "unit_price", "60.00")
        put(to_fix, 2, "unit_price", "40.00")

    again = given_back(tmp_path, [good("A-1"), good("A-2", price="x")], copy)
    assert errors(again) == []
    assert [[row.number for row in one.rows] for one in again.invoices] == [[2], [3, 4]]


def test_a_single_sheet_and_a_csv_of_results_are_refused(tmp_path: Path) -> None:
    """They are known for what they are, and the whole is asked for."""
    run = run_of(read(csv(tmp_path / "march.csv", good("A-1"), good("A-2", price="x"))))
    book = openpyxl.load_workbook(write_workbook(run, tmp_path / "march.results.xlsx"))
    for name in book.sheetnames:
        if name != layout.TO_FIX:
            book.remove(book[name])
    book.save(tmp_path / "piece.xlsx")
    with pytest.raises(FileUnreadable, match="has the sheet “To fix” of a results workbook, but not its sheet “Rows”"):
        read(tmp_path / "piece.xlsx")
    with pytest.raises(FileUnreadable, match="is a csv of results or of one sheet of them"):
        read(write_csv(run, tmp_path / "march.results.csv"))


def test_the_column_that_to_fix_offers_is_no_column_of_somebodys(tmp_path: Path) -> None:
    """Neither said to be added by hand, nor a change of the vendor's layout."""
    profile = parse_profile({"name": "march", "seen": HEADINGS.split(",")}, "")
    first = read(csv(tmp_path / "march.csv", good("A-1"), good("A-2", price="x")), profile=profile)
    path = write_workbook(run_of(first), tmp_path / "march.results.xlsx")
    book = openpyxl.load_workbook(path)
    to_fix = book[layout.TO_FIX]
    at = column(to_fix, layout.MARK)
    to_fix.insert_cols(at)
    to_fix.cell(1, at).value, to_fix.cell(2, at).value = "Accounting Date", "2026-04-02"
    book.save(path)
    again = read(path, profile=profile)
    (notice,) = [one for one in again.notices if "Accounting Date" in one]
    assert notice.endswith("('Accounting Date') is offered there, was filled in, and is read.")
    assert LAYOUT_CHANGED not in [one.kind for one in again.problems]
    third = read(write_workbook(run_of(again), tmp_path / "next.xlsx"), profile=profile)
    assert LAYOUT_CHANGED not in [one.kind for one in third.problems]


def test_given_back_a_cell_is_named_with_its_heading(tmp_path: Path) -> None:
    """Its letter is that of the vendor's file, while another sheet is open before the reader."""
    again = given_back(tmp_path, [good("A-1"), good("A-2", price="x")], lambda *_: None)
    assert any("K3 (unit_price)" in one.text for one in problem_lines(run_of(again)))
