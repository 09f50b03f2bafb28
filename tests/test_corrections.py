"""What hands change in a results workbook leaves a trace: from the vendor's file to what was read, to the cent."""

from __future__ import annotations

import hashlib
import html
import io
import json
from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet
from rich.console import Console

from importer.domain.outcome import Run
from importer.report import as_json, html_summary, summary, write_workbook
from importer.report.sentences import by_hand_in_short
from importer.report.workbook.tie_out import tie_out
from importer.workbook_format import layout
from tests.test_giving_back import csv, good, put, read, run_of


def rows_of(path: Path, sheet: str) -> list[list[object]]:
    found = [list(row) for row in openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True)]
    return [[cell for cell in row if cell is not None] for row in found if any(row)]


def next_round(run: Run, path: Path, hands: object) -> Run:
    write_workbook(run, path)
    book = openpyxl.load_workbook(path)
    sheet = book[layout.TO_FIX]
    assert isinstance(sheet, Worksheet)
    hands(sheet)  # type: ignore[operator]  # what a test does with the sheet
    book.save(path)
    return run_of(read(path))


def test_two_rounds_of_corrections_close_to_the_cent(tmp_path: Path) -> None:
    """Old and new value of each cell, what was taken out and added, and the vendor's own SHA-256, round after round."""
    source = csv(
        tmp_path / "march.csv", good("A-1"), good("A-2", price="12x"), good("A-3", "70.00", "7"), good("A-4", "x")
    )
    first = run_of(read(source))

    def mend(to_fix: Worksheet) -> None:
        put(to_fix, 2, "total_amount", 120)
        to_fix.delete_rows(3)

    def add(to_fix: Worksheet) -> None:
        for at, text in enumerate(good("B-9", "5.00").split(","), start=len(layout.TO_FIX_FRONT) + 1):
            to_fix.cell(9, at).value = text
        put(to_fix, 2, "total_amount", 125)

    second = next_round(first, tmp_path / "march.results.xlsx", mend)
    third = next_round(second, tmp_path / "march.results 2.xlsx", add)
    trace = third.reading.trace
    assert [(one.name, one.sha256) for one in trace.origins] == [
        ("march.csv", hashlib.sha256(source.read_bytes()).hexdigest())
    ]
    assert [(one.round, one.invoice, one.row, one.column, one.was) for one in trace.corrections] == [
        (1, "A-2", 3, "total_amount", "100.00"),
        (1, "A-3", 4, "(the whole row)", trace.corrections[1].was),
        (2, "A-2", 3, "total_amount", "120"),
        (2, "B-9", 6, "(the whole row)", ""),
    ]
    assert [(one.invoice, one.vendor, one.cents) for one in trace.taken_out] == [("A-3", "vend-1", 7000)]
    sums = tie_out(third)
    assert [(one.label, one.count, one.cents) for one in sums.by_hand] == [
        ("In the vendor's file", 4, first.amounts()["invoices"]),
        ("Taken out by hand", -1, -7000),
        ("Added by hand", 1, 500),
        ("Corrected by hand", 0, 2500),
    ]
    assert sum(one.cents for one in sums.by_hand) == sums.read.cents
    last = write_workbook(third, tmp_path / "march.results 3.xlsx")
    assert ["Taken out by hand", -1, -70, "A-3 of vend-1, $70.00, row 4 of march.csv"] in rows_of(last, layout.SUMMARY)
    assert ["Taken out by hand", -1, -70, "A-3 of vend-1, $70.00, row 4 of march.csv"] in rows_of(last, layout.TIE_OUT)
    when = f"{second.started:%Y-%m-%d %H:%M} {second.started.tzname()}"
    written = (20, "march.results.xlsx", first.id, second.id, second.who, when)
    assert [1, "A-2", "march.csv", 3, "total_amount", "100.00", "120", *written] in [
        [cell for cell in row if cell != ""] for row in rows_of(last, layout.CORRECTIONS)
    ]


def test_a_vendors_own_file_has_no_corrections(tmp_path: Path) -> None:
    """No sheet and no section where nothing was given back."""
    run = run_of(read(csv(tmp_path / "march.csv", good("A-1"))))
    book = openpyxl.load_workbook(write_workbook(run, tmp_path / "march.results.xlsx"))
    assert layout.CORRECTIONS not in book.sheetnames
    assert tie_out(run).by_hand == ()


def test_a_total_of_the_file_that_agrees_is_said(tmp_path: Path) -> None:
    """That it was compared is worth a line."""
    total = ",,Total,,,,,200.00,,,"
    run = run_of(read(csv(tmp_path / "march.csv", good("A-1"), good("A-2"), total)))
    path = write_workbook(run, tmp_path / "march.results.xlsx")
    (line,) = [row for row in rows_of(path, layout.SUMMARY) if row[0] == "Total"]
    assert line == ["Total", "H4", 200, "march.csv: = what its rows come to, as read."]


def test_every_form_of_the_report_names_what_hands_have_done(tmp_path: Path) -> None:
    """In short for the terminal and for mailing, each cell for programs; silent about a vendor's own file."""
    first = run_of(read(csv(tmp_path / "march.csv", good("A-1"), good("A-2", price="12x"), good("A-3", "70.00", "7"))))
    assert "by_hand" not in as_json(first, None)
    assert by_hand_in_short(first) == ""

    def mend(to_fix: Worksheet) -> None:
        put(to_fix, 2, "unit_price", 100)
        to_fix.delete_rows(3)

    run = next_round(first, tmp_path / "march.results.xlsx", mend)
    short = "By hand since the vendor's file: 1 cell corrected, 1 row taken out"
    with_sheet = f"{short}; the sheet “Corrections” has each."
    console = Console(file=io.StringIO(), width=200)
    console.print(summary(run, Path("march.results 2.xlsx")))
    console.print(summary(run))
    assert isinstance(console.file, io.StringIO)
    assert {with_sheet, f"{short}."} <= {line.rstrip() for line in console.file.getvalue().splitlines()}
    page = html_summary(run)
    assert f"<td>{html.escape(with_sheet)}</td>" in page
    assert "<td>Profile</td><td>none: the columns were understood by their headings</td>" in page
    told = json.loads(json.dumps(as_json(run, None)))["by_hand"]
    assert [(one["round"], one["workbook"]) for one in told["rounds"]] == [(1, "march.results.xlsx")]
    assert [one["file"] for one in told["files"]] == ["march.csv"]
    assert [(one["invoice_number"], one["row"], one["column"], one["now"]) for one in told["corrections"]] == [
        ("A-2", 3, "unit_price", "100"),
        ("A-3", 4, None, "taken out"),
    ]
    assert [(one["invoice_number"], one["rows"], one["amount_in_cents"]) for one in told["taken_out"]] == [
        ("A-3", "4", 7000)
    ]


def test_other_currencies_are_counted_and_not_added(tmp_path: Path) -> None:
    """Whether their figures could be read or not: dollars are added to dollars only."""
    rows = [good("A-1"), good("A-2").replace("100.00", "CAD 64.10", 1), good("A-3").replace("100.00", "£50.00")]
    run = run_of(read(csv(tmp_path / "march.csv", *rows)))
    assert run.amounts()["invoices"] == 10000
    found = rows_of(write_workbook(run, tmp_path / "march.results.xlsx"), layout.SUMMARY)
    assert ["Of these in other currencies", 2, "Not added: the sums are in dollars."] in found


def test_the_row_beside_a_wrong_sum_is_not_called_right(tmp_path: Path) -> None:
    """The sum is told at one row of the invoice; what is wrong may stand in another."""
    run = run_of(read(csv(tmp_path / "march.csv", good("A-1", "100.00", "60"), good("A-1", "100.00", "4"))))
    ways = [str(row) for row in rows_of(write_workbook(run, tmp_path / "march.results.xlsx"), layout.TO_FIX)[1:]]
    assert "Correct the cells marked red." in ways[0]
    assert "may lie in this row" in ways[1]


def test_a_row_that_is_gone_is_told_of_in_every_round(tmp_path: Path) -> None:
    """Deleted from "Rows", where nothing else keeps what it said: no later round takes the file for complete, and the
    sums blame nobody but the hand."""
    source = csv(tmp_path / "march.csv", good("A-1"), good("A-2"), good("A-3", "x"))
    run = run_of(read(source))
    for number in (1, 2, 3):
        path = write_workbook(run, tmp_path / f"march.results {number}.xlsx")
        if number == 1:
            book = openpyxl.load_workbook(path)
            book[layout.ROWS].delete_rows(2)
            book.save(path)
        run = run_of(read(path))
        (gone,) = (problem for problem in run.reading.problems if problem.is_error)
        assert (gone.kind.code, gone.place.row) == ("changed-row", 2)
        assert run.exit_code == 1
        assert [(one.round, one.row, one.was, one.now, one.cents) for one in run.reading.trace.corrections] == [
            (1, 2, "(not kept)", "gone from the sheet “Rows”", None)
        ]
        assert [(one.row, one.reason) for one in run.reading.tables[0].skipped] == [(2, layout.GONE_REASON)]
        assert [(one.label, one.count, one.cents) for one in tie_out(run).by_hand] == [
            ("In the vendor's file", 3, 20_000),  # what A-3 comes to cannot be read
            ("Changed or deleted in “Rows”", -1, -10_000),
        ]


def test_a_total_names_the_row_that_was_changed_where_nothing_keeps_it(tmp_path: Path) -> None:
    """What the vendor sent is not known any more: nothing is said of it, and the run waits all the same."""
    source = csv(tmp_path / "march.csv", good("A-1"), good("A-2"), "Total,,,,,,,200.00,,,")
    first = run_of(read(source))
    assert [control.agrees for control in first.reading.control_totals] == [True]
    path = write_workbook(first, tmp_path / "march.results.xlsx")
    book = openpyxl.load_workbook(path)
    rows = book[layout.ROWS]
    assert isinstance(rows, Worksheet)
    put(rows, 2, "total_amount", 120)
    put(rows, 2, "unit_price", 120)
    book.save(path)
    again = read(path)
    (problem,) = (problem for problem in again.problems if problem.kind.code in ("control-total", "uncompared-total"))
    assert (problem.kind.code, problem.kind.stops_run) == ("control-total", True)
    assert problem.what.endswith("Row 2 was changed or deleted in the sheet “Rows”, which may be why.")
    assert "As the vendor sent them" not in problem.what
