"""How the results workbook looks on the screen and on paper: nothing cut, nothing too small, everything found."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from importer.domain.outcome import Status
from importer.domain.problem_catalog import KINDS, NOT_A_DATE, TOTAL_MISMATCH
from importer.domain.problems import Problem, Severity
from importer.domain.reading import ControlTotal, SkippedRow
from importer.report import write_workbook
from importer.report.workbook.cell_styles import lines_needed
from importer.workbook_format import layout
from tests import factory


def _sheet(path: Path, name: str) -> Worksheet:
    sheet = openpyxl.load_workbook(path)[name]
    assert isinstance(sheet, Worksheet)
    return sheet


def _texts(path: Path, name: str) -> list[list[object]]:
    return [list(row) for row in _sheet(path, name).iter_rows(values_only=True)]


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, 1),
        ("two\nlines", 40, 2),
        ("Invoice Total: The lines come to $1,245.00, the invoice total is $1,254.00", 52, 2),
        ("i" * 60, 30, 1),
        ("W" * 60, 30, 4),
        ("0" * 29, 30, 1),
        ("0" * 31, 30, 2),
        ("words " * 20, 12, 10),
        ("x" * 600, 20, 28),
    ],
)
def test_texts_are_as_high_as_their_letters_are_wide(text: str, width: float, lines: int) -> None:
    """Narrow letters leave room and wide ones take it; nothing is cut off, whatever the digits are."""
    assert lines_needed(text, width) == lines_needed(text.replace("1", "7"), width) == lines


def test_a_row_of_many_columns_is_printed_large_enough_to_be_read(tmp_path: Path) -> None:
    """On two pages side by side, with row, outcome and invoice number on both; a narrow sheet on one."""
    narrow = factory.source(headings=("Inv", "Total"), fields=("invoice_number", "total_amount"))
    for at, pages in ((narrow, 1), (factory.source(), 2)):
        wrong = Problem(TOTAL_MISMATCH, "Off.", at.place(2, "total_amount"))
        invoice = factory.invoice(at=at, notes="n" * 60, memo="m" * 60)
        run = factory.run(factory.outcome(invoice, Status.NEEDS_FIXING, problems=[wrong]))
        sheet = _sheet(write_workbook(run, tmp_path / "x.xlsx"), "To fix")
        assert (sheet.page_setup.orientation, sheet.page_setup.fitToWidth or 1) == ("landscape", pages)
        assert (sheet.print_title_cols == "$C:$E") is (pages == 2)
        assert sheet["H2"].alignment.wrap_text
        assert max(letter.width for letter in sheet.column_dimensions.values()) < 60


def test_a_total_of_the_file_that_misses_is_found_with_one_click(tmp_path: Path) -> None:
    """It stands in no row of an invoice, and so not in "To fix": the first sheet leads to its cell in "Rows"."""
    at = factory.source()
    invoice = factory.invoice(at=at)
    total = SkippedRow(at.file, at.sheet, 3, "total (Grand Total)", ("Grand Total", *[None] * 6, 126000))
    wrong, right = (
        ControlTotal(at.place(3, field), "Grand Total", Decimal(says), Decimal(10_000))
        for field, says in (("total_amount", 126_000), ("line_amount", 10_000))
    )
    reading = replace(factory.reading([invoice], skipped=[total]), control_totals=(wrong, right))
    path = write_workbook(factory.run(factory.outcome(invoice, Status.NOT_SENT), of=reading), tmp_path / "x.xlsx")
    links = {
        cell.value: cell.hyperlink.location
        for row in _sheet(path, "Summary").iter_rows()
        for cell in row
        if cell.hyperlink is not None and "!" in cell.hyperlink.location
    }
    assert right.place.cell not in links
    name, cell = links[wrong.place.cell].split("!")
    assert (name, _sheet(path, "Rows")[cell].value) == ("'Rows'", 126000)


def test_the_first_sheet_is_printed_on_one_page(tmp_path: Path) -> None:
    """Also where twenty reasons stand in it: the rest of them is counted, and named in "Tie-out"."""
    kinds = [kind for kind in KINDS.values() if kind.severity is Severity.ERROR and not kind.stops_run][:20]
    at = factory.source()
    outcomes = [
        factory.outcome(
            factory.invoice(number=str(row), at=at, first_row=row),
            Status.NEEDS_FIXING,
            problems=[Problem(kind, "Wrong.", at.place(row, "notes"))],
        )
        for row, kind in enumerate(kinds, start=2)
    ]
    path = write_workbook(factory.run(*outcomes), tmp_path / "x.xlsx")
    sheet = _sheet(path, "Summary")
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight or 1) == (1, 1)
    assert ["6 other reasons, named in “Tie-out”", 6, 6 * 100] in [
        [cell for cell in row if cell is not None] for row in _texts(path, "Summary")
    ]
    assert all(any(kind.title in str(row) for row in _texts(path, "Tie-out")) for kind in kinds)


def test_invoices_are_printed_large_enough_to_be_read(tmp_path: Path) -> None:
    """On one page where little stands in them; otherwise on two, with status and number on both."""
    at = factory.source()
    wrong = Problem(TOTAL_MISMATCH, "The lines come to $3.50 and the total says $4.00.", at.place(2, "total_amount"))
    for pages, outcome in (
        (1, factory.outcome(factory.invoice(at=at), resman="confirmed", job_id="job-9")),
        (2, factory.outcome(factory.invoice(at=at, vendor="v" * 40), Status.NEEDS_FIXING, problems=[wrong])),
    ):
        sheet = _sheet(write_workbook(factory.run(outcome), tmp_path / "x.xlsx"), "Invoices")
        assert (sheet.page_setup.fitToWidth or 1) == pages
        assert (sheet.print_title_cols == "$A:$B") is (pages == 2)


def test_the_number_stays_in_sight_and_cannot_be_corrected_there(tmp_path: Path) -> None:
    """It is frozen with the row's outcome; typing into our columns is refused, because they are not read."""
    at = factory.source()
    wrong = Problem(NOT_A_DATE, "'x' is not a date.", at.place(3, "due_date"))
    invoice = factory.invoice(factory.line(), factory.line(), at=at, number="")
    path = write_workbook(
        factory.run(factory.outcome(invoice, Status.NEEDS_FIXING, problems=[wrong])), tmp_path / "x.xlsx"
    )
    for name in (layout.TO_FIX, layout.ROWS):
        sheet = _sheet(path, name)
        assert sheet.freeze_panes == "F2"
        assert [sheet.cell(row, layout.NUMBER + 1).value for row in (1, 2, 3)] == ["Invoice", *["(no number)"] * 2]
        (refused,) = sheet.data_validations.dataValidation
        assert (str(refused.sqref), refused.type, refused.formula1, refused.allow_blank) == (
            "A2:G3", "custom", "FALSE", False,
        )  # fmt: skip
        assert refused.showErrorMessage


def test_a_row_that_only_waits_says_so(tmp_path: Path) -> None:
    """Every row of "To fix" says how to go on; the wrong cell is in another row of the invoice, and that is named."""
    at = factory.source()
    wrong = Problem(NOT_A_DATE, "'x' is not a date.", at.place(3, "due_date"))
    invoice = factory.invoice(factory.line(), factory.line(), at=at)
    run = factory.run(factory.outcome(invoice, Status.NEEDS_FIXING, problems=[wrong]))
    rows = [row[2:7] for row in _texts(write_workbook(run, tmp_path / "x.xlsx"), "To fix")]
    assert rows == [
        ["Row in file", "Outcome", "Invoice", "Problems", "How to go on"],
        [2, "Needs fixing", "INV-1001", "Held back with row 3 of the file: 'x' is not a date.",
         "Nothing to correct in this row: it goes with its invoice."],
        [3, "Needs fixing", "INV-1001", "Due Date: 'x' is not a date. Write it like 2026-03-31.",
         "Correct the cells marked red."],
    ]  # fmt: skip
