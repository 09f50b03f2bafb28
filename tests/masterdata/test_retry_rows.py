"""`status --retry` after the rows of a failed invoice were dealt with in a workbook that was given back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet
from rich.console import Console

from importer.domain.outcome import Run
from importer.ledger.states import State
from importer.report import write_workbook
from importer.report.status import standing
from importer.runs.follow_up import follow_up
from tests.masterdata.office import Office, statuses


def failed_bills(office: Office, *numbers: str) -> tuple[Path, Path]:
    """Bills that ResMan did not take, and one that it has; the vendor's file, and the workbook that shows them."""
    office.sync()
    file = office.sheet(
        *({"Invoice #": number, "Invoice Total": f"{100 + at}.00"} for at, number in enumerate(numbers))
    )
    run = office.submit(file)
    _, known = follow_up(office.desk(), run=run.id)
    return file, write_workbook(known[0].run, office.home / "bills.results.xlsx")


def given_back(office: Office, book: Path, change: Callable[[Worksheet, dict[str, int]], None]) -> Run:
    """What `submit` makes of a copy of the results in whose "To fix" something was changed."""
    work = openpyxl.load_workbook(book)
    sheet = work["To fix"]
    change(sheet, {str(sheet.cell(1, at).value): at for at in range(1, sheet.max_column + 1)})
    copy = office.home / "corrected.xlsx"
    work.save(copy)
    return office.submit(copy)


def said(told: Run) -> str:
    console = Console(width=1000)
    with console.capture() as capture:
        console.print(standing(told, 0, None))
    return capture.get()


def test_rows_that_went_out_under_another_number_are_not_written_again(office: Office) -> None:
    """Renumbered, given back and posted: a retry of the first would pay it twice. A bill left as it was is retried."""
    file, book = failed_bills(office, "FAILONCE-1", "FAILONCE-2", "3")

    def renumber(sheet: Worksheet, at: dict[str, int]) -> None:
        row = next(row for row in (2, 3) if sheet.cell(row, at["Invoice #"]).value == "FAILONCE-1")
        sheet.cell(row, at["Invoice #"]).value = "N-1"

    again = given_back(office, book, renumber)
    assert sorted(statuses(again)) == ["already_posted", "posted", "refused"]
    instead = f"Its rows were posted as 'N-1' in run {again.id}. It is not written again."
    (first, *_) = office.check(file).outcomes
    assert instead in first.problems[-1].message
    assert "--retry" not in first.problems[-1].message
    told, _ = follow_up(office.desk(), retry=True)
    assert {each.invoice.invoice_number: each.resman for each in told.outcomes if each.job_id}[
        "FAILONCE-2"
    ] == "pending"
    assert instead in said(told)
    assert "--retry" not in said(told)
    told, _ = follow_up(office.desk())
    confirmed = [each.invoice.invoice_number for each in told.outcomes if each.resman == State.CONFIRMED]
    assert confirmed == ["FAILONCE-2"]


def test_rows_that_a_person_took_out_are_not_written_again(office: Office) -> None:
    """Deleted from "To fix", and that given back: `status` says so, and a retry leaves it."""
    _, book = failed_bills(office, "FAILONCE-1", "2")
    again = given_back(office, book, lambda sheet, _: sheet.delete_rows(2))
    assert statuses(again) == ["already_posted"]
    for retry in (False, True):
        told, _ = follow_up(office.desk(), retry=retry)
        (line,) = (line for line in said(told).splitlines() if "FAILONCE-1" in line)
        assert line.endswith(f"Rows of it were taken out by hand in run {again.id}. It is not written again.")
        assert "--retry" not in said(told)
