"""The results workbook, opened again: nothing is lost, everything adds up, nothing can run."""

from __future__ import annotations

import errno
import gc
import io
import math
import re
import zipfile
from collections import Counter
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import load_workbook

from importer.domain.cells import Cell, ErrorCell, UncalculatedCell
from importer.domain.invoice import Row
from importer.domain.money import dollars
from importer.domain.outcome import Run, Status
from importer.domain.problem_catalog import (
    FILE_CUT_SHORT,
    NEGATIVE_LINE,
    NOT_A_DATE,
    TOTAL_MISMATCH,
    UNCLEAR_CONTINUATION,
)
from importer.domain.problems import Place, Problem
from importer.domain.reading import Reading, SkippedRow
from importer.report import write_workbook
from importer.report.workbook import results_workbook
from importer.workbook_format import layout
from importer.workbook_format.layout import RowMark
from tests import factory
from tests.report.random_runs import readable, runs


def _moment(text: str) -> datetime:
    """A moment without a time zone, as the cells of spreadsheets are."""
    return datetime.fromisoformat(text)


def _sheet(path: Path, name: str) -> Worksheet:
    sheet = openpyxl.load_workbook(path)[name]
    assert isinstance(sheet, Worksheet)
    return sheet


def _texts(path: Path, name: str) -> list[list[object]]:
    return [list(row) for row in _sheet(path, name).iter_rows(values_only=True)]


def _rows_back(path: Path, name: str = layout.ROWS) -> list[tuple[list[str], list[Cell]]]:
    """Every row of the sheets of that name with its headings, read as the importer's reader would read them."""
    found = []
    book = load_workbook(str(path))
    for title in book.sheet_names:
        if layout.is_sheet_of(title, name):
            headings, *rows = book.get_sheet_by_name(title).to_python(skip_empty_area=False)
            found += [([str(heading) for heading in headings], [readable(cell) for cell in row]) for row in rows]
    return found


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(run=runs())
def test_every_row_comes_back_exactly_once_and_unchanged(run: Run, tmp_path: Path) -> None:
    """Whatever the cells hold: the row's mark still fits after the workbook has been written and read."""
    path = write_workbook(run, tmp_path / "any.results.xlsx", rows_per_sheet=4)
    wanted = Counter(
        (table.source.file, table.source.sheet, number)
        for table in run.reading.tables
        for number in [*(row.number for row in table.rows), *(one.row for one in table.skipped)]
    )
    found: Counter[tuple[object, ...]] = Counter()
    for headings, row in _rows_back(path):
        own = layout.clerk_columns(headings)
        assert own is not None
        mark = RowMark.parse(str(row[own.stop]))
        assert mark is not None
        file, sheet, number = (row[at] for at in (layout.FILE, layout.SHEET, layout.ROW))
        assert isinstance(number, float | int)
        place = (str(file), None if sheet is None else str(sheet), int(number))
        assert mark.digest == layout.row_digest(*place, row[own.start : own.stop])
        assert mark.is_of(*place)
        found[place] += 1
    assert found == wanted


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(run=runs())
def test_nothing_from_the_input_becomes_a_formula_or_a_link(run: Run, tmp_path: Path) -> None:
    """The only links of the workbook are those that the report makes into itself."""
    path = write_workbook(run, tmp_path / "any.results.xlsx")
    for sheet in openpyxl.load_workbook(path).worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                if cell.hyperlink is not None:
                    assert cell.hyperlink.target is None
                    assert sheet.title in (layout.SUMMARY, layout.INVOICES)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(run=runs())
def test_cells_stand_in_order_and_once(run: Run, tmp_path: Path) -> None:
    """Excel offers to repair a workbook whose rows or cells are doubled or out of order."""
    path = write_workbook(run, tmp_path / "any.results.xlsx", rows_per_sheet=4)
    with zipfile.ZipFile(path) as parts:
        for name in parts.namelist():
            if not name.startswith("xl/worksheets/sheet"):
                continue
            page = parts.read(name).decode()
            rows = [int(number) for number in re.findall(r'<row r="(\d+)"', page)]
            assert rows == sorted(set(rows))
            cells = [(int(row), len(column), column) for column, row in re.findall(r'<c r="([A-Z]+)(\d+)"', page)]
            assert cells == sorted(set(cells))


def test_one_row_of_each_kind(tmp_path: Path) -> None:
    """ "Rows" says outcome, job and problems in front and the clerk's own columns behind, types and all."""
    at = factory.source(
        heading_row=2,
        headings=("Inv", "Issued", "Net", None, "Net"),
        fields=("invoice_number", "invoice_date", "line_amount"),
    )
    good = factory.with_cells(factory.invoice(at=at, first_row=3), [("007", date(2026, 3, 1), 12.5, None, "=1+1")])
    bad = factory.with_cells(
        factory.invoice(factory.line(), factory.line(), number="8", at=at, first_row=4),
        [
            ("8", "03/14/20x6", -3, True, ErrorCell("#REF!")),
            ("8", None, 1e15, _moment("2026-03-01 08:30"), time(9, 15)),
        ],
    )
    wrong = Problem(NOT_A_DATE, "'03/14/20x6' is not a date.", at.place(4, "invoice_date"))
    loose = Row(at, 6, (None, None, 4.0))
    lost = Problem(UNCLEAR_CONTINUATION, "The row names no invoice.", Place("march.xlsx", "Sheet1", 6))
    run = factory.run(
        factory.outcome(good, job_id="job-1"),
        factory.outcome(bad, Status.NEEDS_FIXING, problems=[wrong]),
        of=factory.reading(
            [good, bad],
            loose=[loose],
            skipped=[SkippedRow("march.xlsx", "Sheet1", 1, "title above the heading row", ("Maple Court",))],
            problems=[lost],
        ),
    )
    path = write_workbook(run, tmp_path / "march.results.xlsx")
    headings, *rows = _texts(path, "Rows")
    assert headings == [*layout.FRONT, "Inv", "Issued", "Net", None, "Net", layout.MARK]
    m, s = "march.xlsx", "Sheet1"
    assert [row[:-1] for row in rows] == [
        [m, s, 1, "Left out", None, None, "title above the heading row", "Maple Court", None, None, None, None],
        [m, s, 3, "Posted", "007", "job-1", None, "007", _moment("2026-03-01"), 12.5, None, "=1+1"],
        [
            m,
            s,
            4,
            "Needs fixing",
            "8",
            None,
            "Issued: '03/14/20x6' is not a date. Write it like 2026-03-31.",
            "8",
            "03/14/20x6",
            -3,
            True,
            "#REF!",
        ],
        [
            m,
            s,
            5,
            "Needs fixing",
            "8",
            None,
            "Held back with row 4 of the file: '03/14/20x6' is not a date.",
            "8",
            None,
            1e15,
            _moment("2026-03-01 08:30"),
            time(9, 15),
        ],
        [
            m,
            s,
            6,
            "Needs fixing",
            None,
            None,
            "The row names no invoice. Fill in the invoice number, the vendor and the property.",
            None,
            None,
            4,
            None,
            None,
        ],
    ]
    marks = [RowMark.parse(str(row[-1])) for row in rows]
    assert [(mark.status, mark.key) if mark else None for mark in marks] == [
        ("skipped", None),
        ("posted", run.outcomes[0].key),
        ("needs_fixing", None),
        ("needs_fixing", None),
        ("no_invoice", None),
    ]
    sheet = _sheet(path, "Rows")
    assert sheet["I4"].fill.start_color.rgb == "FFFBD5CE"
    assert sheet["I4"].comment.text == "'03/14/20x6' is not a date. Write it like 2026-03-31."
    assert sheet["H4"].comment is None

    headings, *rows = _texts(path, "To fix")
    assert headings[:7] == list(layout.TO_FIX_FRONT)
    assert [row[2] for row in rows] == [4, 5, 6]


def test_to_fix_leaves_out_what_may_have_arrived(tmp_path: Path) -> None:
    """An invoice in doubt could be sent a second time if the clerk edited it: it is not offered for editing."""
    outcomes = [
        factory.outcome(factory.invoice(number=status.value, first_row=2 + 2 * index), status)
        for index, status in enumerate(Status)
    ]
    path = write_workbook(factory.run(*outcomes), tmp_path / "x.xlsx")
    _, *rows = _texts(path, "To fix")
    assert [row[3] for row in rows] == ["Needs fixing", "Refused", "Not sent", "Conflict"]
    _, *rows = _texts(path, "Rows")
    assert [row[3] for row in rows] == [status.label for status in Status]


def test_no_to_fix_when_all_is_well(tmp_path: Path) -> None:
    """The sheet is there only when it holds something."""
    path = write_workbook(factory.run(), tmp_path / "x.xlsx")
    assert openpyxl.load_workbook(path).sheetnames == ["Summary", "Invoices", "Rows", "Tie-out", "importer"]


def test_invoices_say_what_became_of_each_and_lead_to_its_rows(tmp_path: Path) -> None:
    """Status, money as a number, job, ResMan's answer, problems; the link opens the invoice's first row."""
    at = factory.source()
    first = factory.invoice(number="A-1", at=at)
    second = factory.invoice(factory.line(2, 150), factory.line(1, 50), number="=A-2", at=at, first_row=3)
    missed = Problem(TOTAL_MISMATCH, "The lines come to $3.50 and the total says $4.00.", at.place(3, "total_amount"))
    run = factory.run(
        factory.outcome(first, resman="confirmed", job_id="job-9"),
        factory.outcome(second, Status.NEEDS_FIXING, problems=[missed]),
    )
    path = write_workbook(run, tmp_path / "x.xlsx")
    headings, *rows = _texts(path, "Invoices")
    march = _moment("2026-03-01"), _moment("2026-03-31")
    assert [dict(zip(headings, row, strict=True)) for row in rows] == [
        {
            "Status": "Posted", "Invoice #": "A-1", "Vendor": "vend-1111", "Property": "prop-2222",
            "Bill Date": march[0], "Due Date": march[1], "Total": 100, "Problems": None, "How to go on": None,
            "Job id": "job-9", "ResMan": "confirmed", "Lines": 1, "Rows": "2", "File": "march.xlsx", "Sheet": "Sheet1",
            "Key": run.outcomes[0].key,
        },
        {
            "Status": "Needs fixing", "Invoice #": "=A-2", "Vendor": "vend-1111", "Property": "prop-2222",
            "Bill Date": march[0], "Due Date": march[1], "Total": 3.5,
            "Problems": "H3: The lines come to $3.50 and the total says $4.00. Correct the lines or the total.",
            "How to go on": "Not sent. Correct what its problems name, and run again.", "Job id": None, "ResMan": None,
            "Lines": 2, "Rows": "3–4", "File": "march.xlsx", "Sheet": "Sheet1",
            "Key": None,
        },
    ]  # fmt: skip
    sheet = _sheet(path, "Invoices")
    assert [sheet.cell(row, 13).hyperlink.location for row in (2, 3)] == ["'Rows'!A2", "'Rows'!A3"]


def test_the_first_sheet_says_where_it_went_and_closes(tmp_path: Path) -> None:
    """Destination, headline, next step, and money that adds up to the cent with each difference named."""
    at = factory.source()
    wrong = Problem(TOTAL_MISMATCH, "Too little.", at.place(3, "total_amount"))
    outcomes = [
        factory.outcome(factory.invoice(number="1", at=at, total=10_001), resman="confirmed"),
        factory.outcome(
            factory.invoice(number="2", at=at, first_row=3, total=250), Status.NEEDS_FIXING, problems=[wrong]
        ),
    ]
    production = factory.run(*outcomes, destination="https://api.propexo.com", notices=["Row 9 is hidden by a filter."])
    cells = [
        [cell for cell in row if cell is not None]
        for row in _texts(write_workbook(production, tmp_path / "p.xlsx"), "Summary")
    ]
    assert ["PRODUCTION:  For the live ResMan account, through api.propexo.com."] in cells
    assert ["1 of 2 invoices posted, $100.01. 1 needs a person, $2.50."] in cells
    assert ["1.  Correct 1 invoice: the sheet “To fix” shows every cell that is wrong."] in cells
    assert ["Read from the input", 2, 102.51] in cells
    assert ["Needs fixing", 1, 2.5, "Not sent. Correct what its problems name, and run again."] in cells
    assert ["Difference", 0, "Read less all of the above: nothing is unaccounted for."] in cells
    assert [TOTAL_MISMATCH.title, 1, 2.5] in cells
    assert ["Confirmed in ResMan", 1, 100.01] in cells
    assert ["Row 9 is hidden by a filter."] in cells
    assert ["Plan", production.plan] in cells
    assert ["Who", "clerk@desk-7"] in cells
    assert ["Profile", "none: the columns were understood by their headings"] in cells
    assert ["Time taken", "0:00:42"] in cells
    assert ["File march.xlsx", f"12,345 bytes, SHA-256 {production.reading.files[0].sha256}"] in cells

    rehearsal = _texts(write_workbook(factory.run(*outcomes), tmp_path / "s.xlsx"), "Summary")
    assert rehearsal[1][1] == "SANDBOX:  A rehearsal: nothing here reaches the real ResMan."


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("x" * 40_000, "x" * 32_737 + " … (cut: a cell holds no more)"),
        ("a\x00b\x1f", "a␀b␟"),
        ("\ud800", "\ufffd"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\t=1", "\t=1"),
        (" padded ", " padded "),
        ("<r><t>x</t></r>", "<r><t>x</t></r>"),
        ("&lt;", "&lt;"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        (10**400, "1" + "0" * 400),
        (-0.0, 0),
        (0.1 + 0.2, 0.3),
        (date(1899, 12, 31), "1899-12-31"),
        (date(1900, 2, 28), "1900-02-28"),
        (date(1900, 3, 1), _moment("1900-03-01")),
        (_moment("1776-07-04 01:02"), "1776-07-04 01:02:00"),
        (timedelta(hours=30), timedelta(hours=30)),
        (UncalculatedCell("=B2*C2"), "=B2*C2"),
        (False, False),
        (None, None),
        ("", None),
    ],
)
def test_what_a_workbook_cannot_hold_is_shown_as_text(cell: Cell, written: object, tmp_path: Path) -> None:
    """Each awkward cell comes back as it was, or as text that shows what it was."""
    at = factory.source(headings=("Inv",), fields=("invoice_number",))
    run = factory.run(factory.outcome(factory.with_cells(factory.invoice(at=at), [(cell,)])))
    (row,) = _texts(write_workbook(run, tmp_path / "x.xlsx"), "Rows")[1:]
    assert row[7] == written
    assert type(row[7]) is type(written) or isinstance(written, int)


def test_text_that_looks_like_an_escape_is_not_taken_for_one(tmp_path: Path) -> None:
    """Excel reads _x0041_ as "A" unless it is escaped; python-calamine unescapes it as Excel does."""
    at = factory.source(headings=("Inv",), fields=("invoice_number",))
    run = factory.run(factory.outcome(factory.with_cells(factory.invoice(at=at), [("_x0041_",)])))
    path = write_workbook(run, tmp_path / "x.xlsx")
    assert _rows_back(path)[0][1][7] == "_x0041_"


def test_tables_with_other_headings_get_a_sheet_of_their_own(tmp_path: Path) -> None:
    """Columns of different meaning never stand below one heading; the first sheet lists what is where."""
    here, there, alike = (
        factory.source(),
        factory.source(sheet="Other", headings=("Bill No.",), fields=("invoice_number",)),
        factory.source(sheet="April"),
    )
    run = factory.run(*(factory.outcome(factory.invoice(number=str(at), at=at)) for at in (here, there, alike)))
    path = write_workbook(run, tmp_path / "x.xlsx")
    assert openpyxl.load_workbook(path).sheetnames == ["Summary", "Invoices", "Rows", "Rows 2", "Tie-out", "importer"]
    assert [row[1] for row in _texts(path, "Rows")] == ["Sheet", "Sheet1", "April"]
    assert [row[1] for row in _texts(path, "Rows 2")] == ["Sheet", "Other"]
    assert ["Rows 2", "1 row with what became of each: march.xlsx Other row 2 to 2."] in [
        [cell for cell in row if cell is not None] for row in _texts(path, "Summary")
    ]


def test_rows_go_on_in_a_further_sheet_where_one_is_full(tmp_path: Path) -> None:
    """Links lead into the right sheet."""
    source = factory.source()
    outcomes = [factory.outcome(factory.invoice(number=str(n), first_row=2 + n, at=source)) for n in range(5)]
    path = write_workbook(factory.run(*outcomes), tmp_path / "x.xlsx", rows_per_sheet=2)
    book = openpyxl.load_workbook(path)
    assert [sheet.max_row for sheet in book if layout.is_sheet_of(sheet.title, "Rows")] == [3, 3, 2]
    assert [book["Invoices"].cell(row, 13).hyperlink.location for row in range(2, 7)] == [
        "'Rows'!A2", "'Rows'!A3", "'Rows 2'!A2", "'Rows 2'!A3", "'Rows 3'!A2",
    ]  # fmt: skip


def test_an_empty_run_is_said(tmp_path: Path) -> None:
    """A file without invoices gives a workbook that says so."""
    reading = Reading((), (), (), (Problem(FILE_CUT_SHORT, "The file ends in the middle.", Place("x.csv")),))
    path = write_workbook(factory.run(of=reading), tmp_path / "x.xlsx")
    assert openpyxl.load_workbook(path).sheetnames == ["Summary", "Invoices", "Tie-out", "importer"]
    cells = [cell for row in _texts(path, "Summary") for cell in row]
    assert "No invoice could be read." in cells
    assert "The file ends in the middle. Compare its last row with the vendor's document." in cells


def test_a_blank_cell_beyond_the_row_is_marked_too(tmp_path: Path) -> None:
    """A required cell that is missing altogether is coloured where it should stand; a warning has its own colour."""
    at = factory.source()
    short = factory.with_cells(factory.invoice(at=at), [("prop-2222",)])
    found = [
        Problem(NOT_A_DATE, "The cell is blank.", Place("march.xlsx", "Sheet1", 2, "E")),
        Problem(NEGATIVE_LINE, "Minus.", Place("march.xlsx", "Sheet1", 2, "A")),
    ]
    run = factory.run(factory.outcome(short, Status.NEEDS_FIXING, problems=found))
    sheet = _sheet(write_workbook(run, tmp_path / "x.xlsx"), "Rows")
    assert (sheet["L2"].value, sheet["L2"].fill.start_color.rgb) == (None, "FFFBD5CE")
    assert (sheet["H2"].value, sheet["H2"].fill.start_color.rgb) == ("prop-2222", "FFFDF0C4")


def test_money_of_the_invoices_is_that_of_the_json(tmp_path: Path) -> None:
    """The sum of the column is the amount that every other form of the report names."""
    outcomes = [factory.outcome(factory.invoice(number=str(n), total=n * 333 + 1), Status.POSTED) for n in range(40)]
    run = factory.run(*outcomes)
    _, *rows = _texts(write_workbook(run, tmp_path / "x.xlsx"), "Invoices")
    whole = sum(round(float(str(row[6])) * 100) for row in rows)
    assert whole == run.amounts()["invoices"]
    assert dollars(whole) in dollars(run.amounts()["posted"])


def test_errors_stand_before_warnings(tmp_path: Path) -> None:
    """What stops the invoice is read first, whatever order the problems were found in."""
    at = factory.source()
    found = [
        Problem(NEGATIVE_LINE, "Minus.", at.place(2, "line_amount")),
        Problem(TOTAL_MISMATCH, "Off.", at.place(2, "total_amount")),
    ]
    run = factory.run(factory.outcome(factory.invoice(at=at), Status.NEEDS_FIXING, problems=found))
    path = write_workbook(run, tmp_path / "x.xlsx")
    assert str(_texts(path, "To fix")[1][5]).startswith("Invoice Total: Off.")
    assert str(_texts(path, "Invoices")[1][7]).startswith("H2: Off.")


def test_a_disk_that_fills_up_at_the_very_end_is_an_error_and_nothing_else() -> None:
    """What the library leaves behind says nothing of its own later."""

    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        results_workbook._write(factory.run(factory.outcome(factory.invoice())), Full(), 100)
    gc.collect()  # a complaint of a destructor would fail this test
