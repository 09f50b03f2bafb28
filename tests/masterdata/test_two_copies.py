"""Corrected copies of one workbook, and the vendor's own file beside them: every row of it goes once."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import openpyxl

from importer.context import NoProgress, open_ledger
from importer.domain.outcome import Run
from importer.domain.problem_catalog import WENT_OUT_BEFORE
from importer.domain.vendor_rows import kept_contents
from importer.ledger.postings import keep_contents
from importer.ledger.states import Event
from importer.pipeline import prepare, submit_files
from importer.report import write_workbook
from importer.report.workbook.tie_out import tie_out
from importer.runs import names
from importer.runs.request import RunRequest
from importer.sandbox import INTEGRATION_ID
from tests.clock import CLOCK
from tests.masterdata.office import (
    COLUMNS,
    PLAIN,
    Office,
    codes,
    statuses,
)
from tests.sending.made import dies

ELSEWHERE: Mapping[str, object] = {"Invoice_#": "7", "Property": "WLC"}


def corrected(book: Path, to: Path, *typed: Mapping[str, object], **cells: object) -> Path:
    """A copy of results with cells of the first row of "To fix" corrected, by their headings, and rows typed below."""
    work = openpyxl.load_workbook(book)
    sheet = work["To fix"]
    headings = {str(cell.value): int(cell.column) for cell in sheet[1] if cell.value}
    for heading, value in cells.items():
        sheet.cell(2, headings[heading.replace("_", " ")]).value = value
    for number, row in enumerate(typed, start=sheet.max_row + 1):
        for heading in COLUMNS:
            sheet.cell(number, headings[heading]).value = row.get(heading, sheet.cell(2, headings[heading]).value)
    work.save(to)
    return to


def two_copies(office: Office) -> tuple[Path, Path]:
    """A bill that waits for its account, mended in two copies of its workbook: in the second under another number."""
    file = office.sheet({"GL Account": "9999"})
    book = write_workbook(office.submit(file), office.home / "bills.results.xlsx")
    one = corrected(book, office.home / "one.xlsx", GL_Account="6105")
    other = corrected(book, office.home / "other.xlsx", GL_Account="6105", **ELSEWHERE)
    return one, other


def test_rows_of_a_file_go_once_whatever_their_corrections_say(office: Office) -> None:
    """Two copies of one workbook, corrected differently, and a further round of the second. A reason lets it go."""
    office.sync()
    file = office.sheet({}, {"Invoice #": "2", "Invoice Total": "55.00", "GL Account": "9999"})
    run = office.submit(file)
    assert statuses(run) == ["posted", "needs_fixing"]
    book = write_workbook(run, office.home / "bills.results.xlsx")
    one = corrected(book, office.home / "by one.xlsx", GL_Account="6105")
    others: dict[str, object] = {"Invoice #": "7-B", "Property": "WLC", "Invoice Total": 56, "Line Amount": 56}
    spelt = {heading.replace(" ", "_"): value for heading, value in others.items()}
    other = corrected(book, office.home / "by another.xlsx", GL_Account="6105", **spelt)
    assert statuses(office.submit(one)) == ["already_posted", "posted"]
    again = office.submit(other)
    assert (statuses(again)[1], codes(again)[1]) == ("needs_fixing", ["went-out-before"])
    key = again.outcomes[1].problems[0].message.split("--accept-duplicate ")[1].split()[0]
    third = corrected(write_workbook(again, office.home / "3.xlsx"), office.home / "4.xlsx", Vendor="vend-evergreen")
    assert codes(office.submit(third))[1] == ["went-out-before"]
    assert len(office.posted()) == 2
    assert statuses(office.submit(other, accepted_duplicates={key: "two deliveries"}))[1] == "posted"


def test_two_corrected_copies_given_together_send_no_row_twice(office: Office) -> None:
    """Under another number and property, neither copy's bill goes; given back alone, the right one does. Then the other
    is stopped beside it. Rows typed below in both go."""
    office.sync()
    file = office.sheet({}, {"Invoice #": "2", "Invoice Total": "55.00", "GL Account": "9999"})
    book = write_workbook(office.submit(file), office.home / "bills.results.xlsx")
    typed = [{"Invoice #": f"T-{each}", "Invoice Total": each, "Line Amount": each} for each in (88, 99)]
    one = corrected(book, office.home / "one.xlsx", typed[0], GL_Account="6105")
    other = corrected(book, office.home / "other.xlsx", typed[1], GL_Account="6105", **ELSEWHERE)
    both = office.submit(one, other)
    assert len(office.posted()) == 3
    said = {outcome.invoice.invoice_number: outcome for outcome in both.outcomes}
    assert [str(said[number].status) for number in ("2", "7", "T-88", "T-99")] == ["needs_fixing"] * 2 + ["posted"] * 2
    for number, of_it in (("2", "'7' for $55.00"), ("7", "'2' for $55.00")):
        (problem,) = (each for each in said[number].problems if each.is_error)
        assert (problem.kind.code, (problem.advice or "")[:38]) == (
            "repeated-invoice",
            "Give back only the copy that is right;",
        )
        assert of_it in problem.what
        assert problem.what.endswith("of bills.csv, row 3.")
    office.submit(one)
    assert len(office.posted()) == 4
    office.submit(one, other)
    assert len(office.posted()) == 4


def test_a_copy_that_went_while_the_other_was_asked_about_stops_it(office: Office) -> None:
    """What was sent between the question and its answer is left unsent here; the rest goes, and so does what a person
    lets go."""
    office.sync()
    file = office.sheet({"GL Account": "9999"})
    book = write_workbook(office.submit(file), office.home / "bills.results.xlsx")
    typed = {"Invoice #": "T-88", "Invoice Total": "88", "Line Amount": "88", "GL Account": "6105"}
    one = corrected(book, office.home / "one.xlsx", typed, GL_Account="6105")
    other = corrected(book, office.home / "other.xlsx", GL_Account="6105", **ELSEWHERE)

    def agree(_: Run) -> bool:
        assert statuses(office.submit(other)) == ["posted"]
        return True

    wanted = RunRequest([one], integration_id=INTEGRATION_ID)
    run = submit_files(wanted, office.desk(), agree=agree, before=lambda: None)
    assert (statuses(run), codes(run)[0]) == (["needs_fixing", "posted"], ["went-out-before"])
    assert [body["invoice_number"] for body in office.posted()] == ["7", "T-88"]
    key = run.outcomes[0].problems[-1].message.split("--accept-duplicate ")[1].split()[0]
    assert statuses(office.submit(one, accepted_duplicates={key: "two deliveries"})) == ["posted", "already_posted"]


def test_a_copy_that_another_run_is_about_to_send_stops_the_other(office: Office) -> None:
    """Of a run that is alive and has claimed its invoices; what a run has given up stops nobody."""
    office.sync()
    one, other = two_copies(office)
    desk = office.desk()
    with open_ledger(desk, "other") as ledger:
        ledger.open_run(
            command="submit", destination=desk.settings.destination, started=desk.now(), files=[], options={}
        )
        prepared = prepare(RunRequest([other], integration_id=INTEGRATION_ID), desk, ledger)
        keep_contents(ledger, kept_contents(prepared.reading))
        assert len(ledger.claim(desk.settings.destination, prepared.ready).owned) == 1
        assert codes(office.submit(one)) == [["went-out-before"]]
        assert office.posted() == []
        ledger.close_run(finished=desk.now(), stopped="It broke off.", exit_code=2)
    assert statuses(office.submit(one)) == ["posted"]


def test_a_row_is_known_by_its_sheet_too(office: Office) -> None:
    """Its old number stands on the row of that number of another sheet by now: it is the same row all the same."""
    office.sync()
    book = openpyxl.Workbook()
    for name, number, total in (("Jan", "K-1", "100.00"), ("Feb", "bad", "1.00")):
        today = CLOCK.now().date().isoformat()
        bill = [today if heading.endswith("Date") else said for heading, said in zip(COLUMNS, PLAIN, strict=True)]
        sheet = book.create_sheet(name)
        sheet.append(COLUMNS)
        sheet.append(bill)
        at = {heading: place for place, heading in enumerate(COLUMNS, 1)}
        sheet.cell(2, at["Invoice #"]).value = number
        sheet.cell(2, at["Invoice Total"]).value = total
        sheet.cell(2, at["Line Amount"]).value = "100.00"
    book.remove(book.worksheets[0])
    path = office.home / "two.xlsx"
    book.save(path)
    wanted = RunRequest([path], integration_id=INTEGRATION_ID, sheet="*")
    given = write_workbook(office.check(path), office.home / "before.xlsx")
    run = submit_files(wanted, office.desk(), agree=lambda _: True, before=lambda: None)
    assert sorted(statuses(run)) == ["needs_fixing", "posted"]
    work = openpyxl.load_workbook(given)
    for title, renamed in (("Rows", {"K-1": "K-2"}), ("To fix", {"bad": "K-1"})):
        sheet = work[title]
        headings = {str(cell.value): int(cell.column) for cell in sheet[1] if cell.value}
        for row in range(2, sheet.max_row + 1):
            cell = sheet.cell(row, headings["Invoice #"])
            if cell.value in renamed:
                cell.value = renamed[str(cell.value)]
                if title == "To fix":
                    sheet.cell(row, headings["Invoice Total"]).value = 100
    work.save(given)
    again = office.submit(given)
    said = {outcome.invoice.invoice_number: outcome for outcome in again.outcomes}
    assert [problem.kind.code for problem in said["K-2"].problems if problem.is_error] == ["went-out-before"]
    assert [body["invoice_number"] for body in office.posted()] == ["K-1"]


class AtOnce(NoProgress):
    """Lets a run begin to post when another one does."""

    def __init__(self, both: threading.Barrier) -> None:
        self.both = both

    def stage(self, what: str) -> None:
        if what == "Posting":
            self.both.wait(60)


def test_of_two_copies_that_are_sent_at_the_same_moment_one_goes_at_most(office: Office) -> None:
    """Neither may go, where each sees the other: then the next try sends it. Both were looked over and agreed to."""
    office.sync()
    for number in range(4):
        file = office.sheet({"Invoice #": f"R-{number}", "GL Account": "9999"})
        book = write_workbook(office.submit(file), office.home / f"{number}.results.xlsx")
        one = corrected(book, office.home / f"{number} one.xlsx", GL_Account="6105")
        elsewhere = {**ELSEWHERE, "Invoice_#": f"S-{number}"}
        other = corrected(book, office.home / f"{number} other.xlsx", GL_Account="6105", **elsewhere)
        both = threading.Barrier(2)

        def submitted(copy: Path, both: threading.Barrier = both) -> Run:
            wanted = RunRequest([copy], integration_id=INTEGRATION_ID)
            desk = replace(office.desk(), watcher=AtOnce(both))
            return submit_files(wanted, desk, agree=lambda _: True, before=lambda: None)

        with ThreadPoolExecutor(2) as pool:
            runs = list(pool.map(submitted, (one, other)))
        assert len(office.posted()) == number + [statuses(run) for run in runs].count(["posted"]) <= number + 1
        office.submit(one)
        assert len(office.posted()) == number + 1


def test_a_run_that_only_slept_sends_no_row_that_another_has_sent_since(office: Office) -> None:
    """It had planned it under another number, and its lease lapsed: what it planned is no longer its own."""
    office.sync()
    one, other = two_copies(office)
    desk = office.desk()
    with open_ledger(desk, "asleep") as asleep:
        asleep.open_run(command="submit", destination=desk.settings.destination, started=desk.now())
        prepared = prepare(RunRequest([other], integration_id=INTEGRATION_ID), desk, asleep)
        keep_contents(asleep, kept_contents(prepared.reading))
        (key,) = asleep.claim(desk.settings.destination, prepared.ready).owned
        dies(asleep)
        assert statuses(office.submit(one)) == ["posted"]
        asleep.renew()
        assert not asleep.record(Event.INTENT, key)


def test_the_vendors_own_file_is_known_after_its_workbook_was_corrected(office: Office) -> None:
    """Its bill was posted from there under another number; by now a name in it can be read. Under another name, too."""
    office.sync()
    file = office.sheet({"Invoice #": "2", "GL Account": "ours"})
    book = write_workbook(office.submit(file), office.home / "bills.results.xlsx")
    fixed = corrected(book, office.home / "fixed.xlsx", **{"Invoice_#": "2-77"}, GL_Account="6105", Memo="other")
    assert statuses(office.submit(fixed)) == ["posted"]
    names.settle_name(office.desk(), "ours", "finacct-6105", profile=None)
    copy = file.rename(office.home / "copy.csv")
    assert codes(office.submit(copy)) == [["went-out-before"]]


def test_what_is_no_row_of_the_same_file_is_not_held_up(office: Office) -> None:
    """Bills typed below the last row in two copies of a workbook have the same row numbers, and are two bills; so are
    those of another sheet, and those of another file of the name."""
    office.sync()
    file = office.sheet({"Invoice #": "2", "GL Account": "9999"})
    book = write_workbook(office.submit(file), office.home / "bills.results.xlsx")
    for number in ("88", "99"):
        mine: dict[str, object] = {"Invoice #": f"T-{number}", "Invoice Total": number, "GL Account": "6105"}
        copy = corrected(book, office.home / f"{number}.xlsx", {**mine, "Line Amount": number})
        assert statuses(office.submit(copy)) == ["needs_fixing", "posted"]
    sheets = openpyxl.Workbook()
    for name in ("North", "South"):
        today = CLOCK.now().date().isoformat()
        bill = [today if heading.endswith("Date") else said for heading, said in zip(COLUMNS, PLAIN, strict=True)]
        sheet = sheets.create_sheet(name)
        sheet.append(COLUMNS)
        sheet.append([name if said == "GL-1" else said for said in bill])
    sheets.save(office.home / "two.xlsx")
    for name in ("North", "South"):
        wanted = RunRequest([office.home / "two.xlsx"], integration_id=INTEGRATION_ID, sheet=name)
        run = submit_files(wanted, office.desk(), agree=lambda _: True, before=lambda: None)
        assert statuses(run) == ["posted"], run.outcomes[0].problems
    assert statuses(office.submit(office.sheet({"Invoice #": "31"}, {"Invoice #": "32"}))) == ["posted"] * 2


def test_what_stays_in_resman_is_told_as_it_was_posted(office: Office) -> None:
    """Of a workbook given back: a posted row was changed, and those of another posted bill were taken out of it."""
    office.sync()
    bills = [{"Invoice #": number, "Invoice Total": f"{number}.00"} for number in ("11", "22", "33")]
    run = office.submit(office.sheet(*bills))
    book = write_workbook(run, office.home / "bills.results.xlsx")
    work = openpyxl.load_workbook(book)
    headings = {str(cell.value): int(cell.column) for cell in work["Rows"][1] if cell.value}
    work["Rows"].cell(2, headings["Line Amount"]).value = 12
    work["Rows"].delete_rows(3)
    work.save(book)
    again = office.check(book)
    assert statuses(again) == ["conflict", "already_posted"]
    assert [(one.invoice_number, one.cents, one.why.name) for one in again.stays] == [
        ("11", 1100, "CHANGED"),
        ("22", 2200, "GONE"),
    ]
    sums = tie_out(again)
    assert (
        (sums.held.count, sums.held.cents)
        == (3, 6600)
        == (len(office.posted()), sum(one.cents for one in sums.in_resman))
    )


def test_rows_that_went_under_another_number_are_named_where_they_stand_with_errors(office: Office) -> None:
    """The vendor's file again, of which one row cannot be read: it went through a corrected workbook."""
    office.sync()
    file = office.sheet({"Invoice #": "2", "GL Account": "9999"})
    book = write_workbook(office.submit(file), office.home / "bills.results.xlsx")
    office.submit(corrected(book, office.home / "fixed.xlsx", **{"Invoice_#": "2-77"}, GL_Account="6105"))
    again = office.check(file)
    assert "Rows of it were posted as '2-77'" in again.outcomes[0].problems[-1].what
    assert [one.invoice_number for one in again.stays] == ["2-77"]


def test_a_bill_that_was_numbered_in_the_workbook_stops_where_the_vendors_corrected_file_numbers_it(
    office: Office,
) -> None:
    """Saved anew, the file is another one; that it has the same bills tells what it is. In the same row it stops though
    its date is another by now, and wherever it stands if all but its number is the same. Alone, it is a likeness."""
    office.sync()
    two = ({"Invoice #": "41"}, {"Invoice #": ""})
    book = write_workbook(office.submit(office.sheet(*two)), office.home / "bills.results.xlsx")
    typed = corrected(book, office.home / "typed.xlsx", **{"Invoice_#": "2026/118"})
    assert statuses(office.submit(typed)) == ["already_posted", "posted"]
    last = (CLOCK.now() - timedelta(days=9)).date().isoformat()
    first, its = {"Invoice #": "41"}, {"Invoice #": "R4711"}
    for name, bills, stops in (
        ("the same rows", (first, its), "R4711"),
        ("another date", (first, {**its, "Bill Date": last}), "R4711"),
        ("a row inserted", ({"Invoice #": "40", "Invoice Total": "7", "Line Amount": "7"}, first, its), "R4711"),
        ("another place and date", ({**its, "Bill Date": last}, first), ""),
        ("alone", (its,), ""),
    ):
        run = office.check(office.sheet(*bills).rename(office.home / f"{name}.csv"))
        held = [one for one in run.outcomes if any(each.kind is WENT_OUT_BEFORE for each in one.problems)]
        assert [one.invoice.invoice_number for one in held] == ([stops] if stops else []), name


def test_bills_that_were_typed_into_two_copies_are_two_bills(office: Office) -> None:
    """Also of one amount and day: neither is a row of the vendor's file."""
    office.sync()
    file = office.sheet({"Invoice #": "61"}, {"Invoice #": "62", "GL Account": "9999"})
    book = write_workbook(office.submit(file), office.home / "bills.results.xlsx")
    for number in ("T-1", "T-2"):
        copy = corrected(book, office.home / f"{number}.xlsx", {"Invoice #": number, "GL Account": "6105"})
        assert statuses(office.submit(copy)) == ["already_posted", "needs_fixing", "posted"]
