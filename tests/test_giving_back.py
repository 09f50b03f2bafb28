"""A results workbook given back: read again, it says what the vendor's own file said, but for what was corrected."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from fixtures import make
from importer.domain.outcome import Outcome, Run, Status
from importer.domain.problem_catalog import CHANGED_ROW, CONTROL_TOTAL, CORRECTED_TOTAL
from importer.domain.reading import Reading
from importer.errors import FileUnreadable
from importer.reading import read_files
from importer.reading.profiles.vendor_profile import Profile, load_profile
from importer.report import write_workbook
from importer.validation import validate
from importer.workbook_format import layout
from tests import factory
from tests.report.injections import ALL

HEADINGS = (
    "property_id,vendor_id,invoice_number,invoice_date,due_date,notes,memo,total_amount,"
    "financial_account_id,quantity_ordered,unit_price"
)
GOOD = "prop-1,vend-1,{number},2026-03-01,2026-03-31,Grounds,March,{total},finacct-1,1,{price}"


def run_of(reading: Reading, **statuses: Status) -> Run:
    """A run over a reading: what has errors needs fixing, the rest is posted unless said otherwise by its number."""
    outcomes = []
    for verdict in validate(reading, today=factory.NOON.date()):
        sent = verdict.payload
        if sent is None:
            outcomes.append(Outcome(verdict.invoice, Status.NEEDS_FIXING, verdict.problems))
            continue
        status = statuses.get(sent.invoice_number, Status.POSTED)
        key = sent.key(factory.DESTINATION)
        outcomes.append(Outcome(verdict.invoice, status, verdict.problems, sent, key, "job-1"))
    return factory.run(*outcomes, of=reading)


def read(*paths: Path, profile: Profile | None = None) -> Reading:
    return read_files(paths, integration_id=factory.INTEGRATION, profile=profile)


def said(reading: Reading) -> dict[str, object]:
    """Everything that must come back: every row and why it is left out, every problem, every body."""
    verdicts = validate(reading, today=factory.NOON.date())
    return {
        "rows": [(row.source.file, row.source.sheet, row.number) for table in reading.tables for row in table.rows],
        "skipped": [(one.file, one.sheet, one.row, one.reason) for table in reading.tables for one in table.skipped],
        "problems": [(one.kind.code, one.place, one.what) for one in reading.problems if one.is_error],
        "invoices": [
            (
                [row.number for row in verdict.invoice.rows],
                [(problem.kind.code, problem.place, problem.what) for problem in verdict.problems],
                None if verdict.payload is None else verdict.payload.body(),
            )
            for verdict in verdicts
        ],
    }


def saved_by_libreoffice(path: Path, folder: Path) -> Path:
    """The same workbook as another program saves it: every cell typed anew."""
    out = folder / "saved"
    command = ["soffice", f"-env:UserInstallation=file://{folder}/office", "--headless", "--convert-to"]
    subprocess.run([*command, "xlsx", "--outdir", out, path], check=True, capture_output=True, timeout=120)
    return out / path.name


def saved_by_openpyxl(path: Path, folder: Path) -> Path:
    book = openpyxl.load_workbook(path)
    book.save(folder / "again.xlsx")
    return folder / "again.xlsx"


@pytest.mark.parametrize("lesson", make.lessons(), ids=lambda lesson: str(lesson.name))
def test_a_workbook_given_back_untouched_says_what_the_files_said(lesson: Path, tmp_path: Path) -> None:
    """Several files, sheets, profiles, totals, two heading rows, damage: the same rows, problems and bodies."""
    profile = load_profile(lesson / make.PROFILE) if (lesson / make.PROFILE).exists() else None
    try:
        first = read(*make.inputs(lesson), profile=profile)
    except FileUnreadable:
        return
    written = write_workbook(run_of(first), tmp_path / "some name.xlsx")
    again = read(saved_by_openpyxl(written, tmp_path))
    assert said(again) == said(first)
    twice = read(write_workbook(run_of(again), tmp_path / "another.xlsx"))
    assert said(twice) == said(first)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not here")
def test_another_program_may_have_saved_it(tmp_path: Path) -> None:
    """LibreOffice types every cell anew, trims, and writes its own dates: nothing of that is a change."""
    for name in ("landscaping-xlsx", "mistakes", "excel-damage", "titles-and-totals"):
        lesson = make.FOLDER / name
        profile = load_profile(lesson / make.PROFILE) if (lesson / make.PROFILE).exists() else None
        first = read(*make.inputs(lesson), profile=profile)
        written = write_workbook(run_of(first), tmp_path / f"{name}.xlsx")
        again = read(saved_by_libreoffice(written, tmp_path))
        assert said(again) == said(first), name
        assert not any("hanged" in notice for notice in again.notices)


# ---------------------------------------------------------------------- a small file, and hands on its workbook


def csv(path: Path, *rows: str) -> Path:
    path.write_text("\n".join((HEADINGS, *rows)) + "\n", encoding="utf-8", newline="")
    return path


def good(number: str, total: str = "100.00", price: str | None = None) -> str:
    return GOOD.format(number=number, total=total, price=price or total)


def given_back(
    tmp_path: Path, rows: Sequence[str], hands: Callable[[Worksheet, Worksheet], object], **statuses: Status
) -> Reading:
    """The rows as a csv, their workbook with hands laid on the sheets "To fix" and "Rows", read again."""
    first = read(csv(tmp_path / "march.csv", *rows))
    path = write_workbook(run_of(first, **statuses), tmp_path / "march.results.xlsx")
    book = openpyxl.load_workbook(path)
    hands(book[layout.TO_FIX] if layout.TO_FIX in book.sheetnames else book.create_sheet("Notes"), book[layout.ROWS])
    book.save(path)
    return read(path)


def column(sheet: Worksheet, heading: str) -> int:
    return next(int(cell.column) for cell in sheet[1] if cell.value == heading)


def put(sheet: Worksheet, row: int, heading: str, value: object) -> None:
    sheet.cell(row, column(sheet, heading)).value = value


def bodies(reading: Reading) -> dict[str, str | None]:
    return {
        str(verdict.invoice.invoice_number): None if verdict.payload is None else verdict.payload.body()
        for verdict in validate(reading, today=factory.NOON.date())
    }


def errors(reading: Reading) -> list[tuple[str, int | None]]:
    found = [problem for verdict in validate(reading, today=factory.NOON.date()) for problem in verdict.problems]
    return [(one.kind.code, one.place.row) for one in [*found, *reading.problems] if one.is_error]


def test_a_corrected_row_stands_at_its_old_place(tmp_path: Path) -> None:
    """The mended invoice can go, and what is still wrong in it is named by the csv's own cell."""
    rows = [good("A-1"), good("A-2", price="12x"), good("A-3", price="??")]

    def mend(to_fix: Worksheet, _rows: Worksheet) -> None:
        put(to_fix, 2, "unit_price", 100)
        put(to_fix, 3, "unit_price", "$99.00")

    again = given_back(tmp_path, rows, mend)
    assert [name for name, body in bodies(again).items() if body] == ["A-1", "A-2"]
    (problem,) = [one for each in validate(again, today=factory.NOON.date()) for one in each.problems if one.is_error]
    assert (problem.place.file, problem.place.cell) == ("march.csv", "H4")
    assert again.notices[0] == (
        "march.results.xlsx is a results workbook given back: its rows are those of march.csv, "
        "and 2 rows were corrected."
    )


def test_a_date_that_is_typed_as_a_date_is_believed(tmp_path: Path) -> None:
    """Among texts in a foreign order it would otherwise look like one that the program has misread."""
    rows = [good(f"A-{n}").replace("2026-03-01", f"{n}/01/2026") for n in range(13, 20)]
    rows.append(good("B-1").replace("2026-03-01", "31/31/2026"))
    again = given_back(tmp_path, rows, lambda to_fix, _: put(to_fix, 2, "invoice_date", date(2026, 2, 3)))
    assert '"invoice_date":"2026-02-03"' in (bodies(again)["B-1"] or "")
    assert errors(again) == []


def test_the_order_of_dates_outlives_the_cell_that_showed_it(tmp_path: Path) -> None:
    """The one date that told days from months is retyped; the others still mean what they meant."""
    rows = [good("A-1").replace("2026-03-01", "03/01/2026"), good("A-2", "x").replace("2026-03-01", "30/01/2026")]

    def mend(to_fix: Worksheet, _rows: Worksheet) -> None:
        put(to_fix, 2, "total_amount", 100)
        put(to_fix, 2, "unit_price", 100)
        put(to_fix, 2, "invoice_date", date(2026, 1, 30))

    found = bodies(given_back(tmp_path, rows, mend))
    assert '"invoice_date":"2026-01-03"' in (found["A-1"] or "")
    assert '"invoice_date":"2026-01-30"' in (found["A-2"] or "")


@pytest.mark.parametrize("status", [Status.POSTED, Status.ALREADY_POSTED, Status.IN_DOUBT])
def test_a_row_changed_after_it_was_posted_is_named_and_not_sent(status: Status, tmp_path: Path) -> None:
    """Under its own number or, which would be worse, as an invoice with a new one."""

    def meddle(_to_fix: Worksheet, rows: Worksheet) -> None:
        put(rows, 2, "invoice_number", "A-1b")

    again = given_back(tmp_path, [good("A-1"), good("A-2", price="x")], meddle, **{"A-1": status})
    assert errors(again)[0] == (CHANGED_ROW.code, 2)
    assert bodies(again)["A-1b"] is None


def test_a_row_lost_from_the_sheet_of_all_rows_is_named(tmp_path: Path) -> None:
    """Whatever it was: half of an invoice must not go, and nothing of the input disappears."""
    again = given_back(tmp_path, [good("A-1"), good("A-2"), good("A-3", "x")], lambda _, rows: rows.delete_rows(3))
    assert (CHANGED_ROW.code, 3) in errors(again)


def test_a_row_deleted_from_to_fix_is_out_for_good(tmp_path: Path) -> None:
    """It is listed with what it said, also when the next workbook comes back."""
    again = given_back(tmp_path, [good("A-1"), good("A-2", "x")], lambda to_fix, _: to_fix.delete_rows(2))
    for reading in (again, read(write_workbook(run_of(again), tmp_path / "next.xlsx"))):
        assert list(bodies(reading)) == ["A-1"]
        (row,) = [one for table in reading.tables for one in table.skipped]
        assert (row.row, row.reason, row.cells[2]) == (3, layout.TAKEN_OUT_REASON, "A-2")
        assert any("not sent: row 3 of march.csv" in notice for notice in reading.notices)


def test_a_row_added_by_hand_is_read_and_said(tmp_path: Path) -> None:
    """A line that was missing, typed below or made by copying another row with all that is hidden in it."""

    def add(to_fix: Worksheet, _rows: Worksheet) -> None:
        to_fix.append([cell.value for cell in to_fix[2]])
        put(to_fix, 3, "unit_price", 60)
        put(to_fix, 2, "unit_price", 40)

    again = given_back(tmp_path, [good("A-1"), good("A-2", price="30.00")], add)
    assert errors(again) == []
    assert [[row.number for row in one.rows] for one in again.invoices] == [[2], [3, 4]]
    assert again.notices[-1] == "Added by hand: row 3 of the sheet “To fix”, as row 4 of march.csv."


def test_corrections_in_the_wrong_sheet_count_unless_they_clash(tmp_path: Path) -> None:
    """An open row mended in "Rows" is read from there; mended in two ways it is not sent."""
    rows = [good("A-1", price="x"), good("A-2", price="y")]

    def mend(to_fix: Worksheet, all_rows: Worksheet) -> None:
        for at in (2, 3):
            put(all_rows, at, "unit_price", 100)
        put(to_fix, 3, "unit_price", 200)

    again = given_back(tmp_path, rows, mend)
    assert bodies(again)["A-1"]
    assert bodies(again)["A-2"] is None
    assert (CHANGED_ROW.code, 3) in errors(again)


def test_a_total_of_the_file_is_no_obstacle_to_a_correction(tmp_path: Path) -> None:
    """It agreed before the clerk took an invoice out: named, and the rest goes. Where it never agreed, it stops all."""
    total = ",,Grand Total,,,,,{},,,"
    rows = [good("A-1"), good("A-2"), good("A-3", price="90.00")]
    agreed = given_back(tmp_path, [*rows, total.format("300.00")], lambda to_fix, _: to_fix.delete_rows(2))
    assert [one.kind for one in agreed.problems] == [CORRECTED_TOTAL]
    missed = given_back(tmp_path, [*rows, total.format("999.00")], lambda to_fix, _: to_fix.delete_rows(2))
    assert [one.kind for one in missed.problems] == [CONTROL_TOTAL]


@pytest.mark.parametrize(
    ("hands", "sentence"),
    [
        (lambda book: book.remove(book["importer"]), "hidden sheet is gone or damaged"),
        (lambda book: book.remove(book["To fix"]), "The sheet “To fix” is gone"),
        (lambda book: book["To fix"].delete_cols(9), "The headings of the sheet “To fix” in"),
        (lambda book: book["Rows"].cell(2, 3, "two"), "no longer says which row"),
        (lambda book: book["importer"].cell(2, 1, '"{"'), "hidden sheet is gone or damaged"),
    ],
)
def test_a_workbook_that_cannot_be_taken_apart_is_refused(
    hands: Callable[[openpyxl.Workbook], object], sentence: str, tmp_path: Path
) -> None:
    """As a whole, and with the way out: nothing of it is guessed."""
    first = read(csv(tmp_path / "march.csv", good("A-1"), good("A-2", "x")))
    path = write_workbook(run_of(first), tmp_path / "march.results.xlsx")
    book = openpyxl.load_workbook(path)
    hands(book)
    book.save(path)
    with pytest.raises(FileUnreadable, match=sentence):
        read(path)


def mark_of(sheet: Worksheet, row: int) -> str:
    return str(sheet.cell(row, column(sheet, layout.MARK)).value)


def swap_marks(to_fix: Worksheet, _rows: Worksheet) -> None:
    """As when the visible columns alone are sorted."""
    one, other = mark_of(to_fix, 2), mark_of(to_fix, 3)
    put(to_fix, 2, layout.MARK, other)
    put(to_fix, 3, layout.MARK, one)


def as_if_open(to_fix: Worksheet, rows: Worksheet) -> None:
    """The posted row's mark says that it needs fixing, and a corrected copy with another number stands in "To fix"."""
    forged = mark_of(rows, 2).replace("posted", "needs_fixing")
    put(rows, 2, layout.MARK, forged)
    to_fix.append([cell.value for cell in rows[2]])
    put(to_fix, to_fix.max_row, "invoice_number", "A-1b")


@pytest.mark.parametrize(
    "hands",
    [
        swap_marks,
        as_if_open,
        lambda _, rows: put(rows, 2, layout.MARK, mark_of(rows, 3)),
        lambda to_fix, rows: put(rows, 2, layout.MARK, mark_of(to_fix, 2)),
        lambda to_fix, rows: put(to_fix, 2, layout.MARK, mark_of(rows, 2)),
        lambda _, rows: put(rows, 2, layout.MARK, None),
        lambda _, rows: put(rows, 2, layout.MARK, "posted"),
        lambda to_fix, _: put(to_fix, 2, layout.MARK, mark_of(to_fix, 2)[:-9] + "0:" + mark_of(to_fix, 2)[-8:]),
        lambda to_fix, _: put(to_fix, 2, "Row in file", 4),
    ],
    ids=["swapped", "forged", "anothers", "open ones", "posted ones", "none", "a word", "digest", "row"],
)
def test_a_hidden_mark_that_is_not_the_rows_own_stops_everything(
    hands: Callable[[Worksheet, Worksheet], object], tmp_path: Path
) -> None:
    """Nothing is guessed: no row takes the place of another, and nothing that was posted passes for open."""
    rows = [good("A-1"), good("A-2", "x"), good("A-3", "y")]
    with pytest.raises(FileUnreadable, match="does not have its own entry in the hidden column") as refused:
        given_back(tmp_path, rows, hands)
    assert "Give the vendor's own file instead" in str(refused.value)


def test_rows_that_were_sorted_with_their_marks_are_read_as_before(tmp_path: Path) -> None:
    """The filter's buttons sort all columns, the hidden one as well."""

    def sort(to_fix: Worksheet, rows: Worksheet) -> None:
        for sheet in (to_fix, rows):
            assert sheet.auto_filter.ref == f"A1:{sheet.cell(sheet.max_row, sheet.max_column).coordinate}"
            upside_down = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)][::-1]
            for at, row in enumerate(upside_down, start=2):
                for index, value in enumerate(row, start=1):
                    sheet.cell(at, index).value = value

    rows = [good("A-1"), good("A-2", "x"), good("A-3", "y")]
    again = given_back(tmp_path, rows, sort)
    assert said(again) == said(read(tmp_path / "march.csv"))


def test_what_a_workbook_can_only_show_is_not_taken_for_text(tmp_path: Path) -> None:
    """Control characters, line ends and damaged texts come back as they were: a file that was wrong stays wrong."""
    rows = [good("A-1").replace("Grounds", '"a\r\nb"'), good("A-2").replace("Grounds", "a\x00b")]
    path = csv(tmp_path / "march.csv", *rows)
    first = read(path)
    again = read(saved_by_openpyxl(write_workbook(run_of(first), tmp_path / "x.xlsx"), tmp_path))
    assert said(again) == said(first)
    assert [code for code, _ in errors(again)] == ["bad-characters"]


@pytest.mark.parametrize("text", ALL, ids=ascii)
def test_formulas_of_the_input_stay_text_through_the_round_trip(text: str, tmp_path: Path) -> None:
    """What would run in a spreadsheet is sent as the text that it is, before and after the correction."""
    quoted = '"' + text.replace('"', '""') + '"'
    rows = [good("A-1").replace("Grounds", quoted), good("A-2", price="x").replace("Grounds", quoted)]
    rows += [good(f"B-{at}") for at in range(4)]  # so that commas are seen to be the separator
    first = bodies(read(csv(tmp_path / "march.csv", *rows)))
    again = bodies(given_back(tmp_path, rows, lambda to_fix, _: put(to_fix, 2, "unit_price", 100)))
    assert again["A-1"] == first["A-1"]
    assert again["A-2"] == (again["A-1"] or "").replace("A-1", "A-2") or not first["A-1"]


CELLS = st.sampled_from(["", "x", "100.00", "A-1", "A-2", "=1+1", "2026-03-31", "13/14/2026", " ", "007", "0"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(CELLS, min_size=11, max_size=11).map(",".join), min_size=1, max_size=6),
    edits=st.lists(st.tuples(st.integers(2, 8), st.integers(7, 17), CELLS), max_size=4),
    gone=st.lists(st.integers(2, 8), max_size=2),
)
def test_no_row_is_ever_lost(
    rows: list[str], edits: list[tuple[int, int, str]], gone: list[int], tmp_path: Path
) -> None:
    """Whatever the file, and whatever is done to "To fix": each row is data, left out with a reason, or named."""
    wanted: set[int] = set()

    def work(to_fix: Worksheet, all_rows: Worksheet) -> None:
        wanted.update(int(str(cell.value)) for cell in all_rows["C"][1:])
        if to_fix.title == layout.TO_FIX:
            for row, at, value in edits:
                if row <= to_fix.max_row:
                    to_fix.cell(row, at).value = value
            for row in sorted(set(gone), reverse=True):
                if row <= to_fix.max_row:
                    to_fix.delete_rows(row)

    try:
        read(csv(tmp_path / "march.csv", good("Z-1"), *rows))
    except FileUnreadable:
        reject()
    again = given_back(tmp_path, [good("Z-1"), *rows], work)
    data = [row.number for table in again.tables for row in table.rows]
    left = [one.row for table in again.tables for one in table.skipped]
    assert sorted({*data, *left}) == sorted(wanted)
    assert len(data) + len(left) == len(wanted)
    in_invoices = [row.number for invoice in again.invoices for row in invoice.rows]
    assert len(in_invoices) == len(set(in_invoices))
    loose = {problem.place.row for problem in again.problems}
    assert set(data) - set(in_invoices) <= loose


def test_what_corrected_cells_no_longer_show_is_kept(tmp_path: Path) -> None:
    """Days counted from 1904 and the decimal comma are facts of the vendor's file, and none of our workbook's."""
    headings = [name if name != "total_amount" else "line_amount" for name in HEADINGS.split(",")]
    values = ["prop-1", "vend-1", "A", 44_000, 44_030, "Grounds", "March", "12,50", "finacct-1", "1,250", "10,00"]
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.append(headings)
    sheet.append(values)
    sheet["F2"] = None  # blank notes: the row needs fixing
    book.save(tmp_path / "vendor.xlsx")
    written = write_workbook(run_of(read(tmp_path / "vendor.xlsx")), tmp_path / "results.xlsx")
    results = openpyxl.load_workbook(written)
    fix = results["To fix"]
    for cells in fix.iter_rows():
        for cell in cells:
            if cell.value in ("12,50", "10,00"):
                cell.value = float(str(cell.value).replace(",", "."))
    results.save(written)
    (invoice,) = read(written).invoices
    assert invoice.invoice_date == date(2024, 6, 19)
    assert invoice.lines[0].quantity == Decimal("1.25")


def test_a_column_that_was_added_is_read_or_named(tmp_path: Path) -> None:
    """Right of the hidden mark, or between the vendor's own: read where its heading is known, and never in silence."""

    def add(to_fix: Worksheet, _rows: Worksheet) -> None:
        put(to_fix, 2, "unit_price", 100)
        to_fix.insert_cols(10)
        for column, heading, said in ((10, "Accounting Date", "2026-04-02"), (21, "Our remark", "see mail")):
            to_fix.cell(1, column).value, to_fix.cell(2, column).value = heading, said
        to_fix.cell(1, 22).value, to_fix.cell(2, 22).value = "Memo", "another"

    again = given_back(tmp_path, [good("A-1", price="??"), good("A-2")], add)
    assert '"accounting_date":"2026-04-02"' in (bodies(again)["A-1"] or "")
    assert '"accounting_date"' not in (bodies(again)["A-2"] or "")
    assert [notice for notice in again.notices if "Column" in notice] == [
        "Column J of “To fix” ('Accounting Date') was added by hand, and is read.",
        "Column U of “To fix” ('Our remark') was added by hand, and is not read: its heading is not a known one.",
        "Column V of “To fix” ('Memo') was added by hand, and is not read: there is a column for the Memo already.",
    ]
