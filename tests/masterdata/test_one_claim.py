"""A bill goes out once, through whichever door: each of the vendor's rows is claimed in the ledger."""

from __future__ import annotations

import csv
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from importer.context import open_ledger
from importer.domain.outcome import Run
from importer.ledger.states import State
from importer.pipeline import submit_files
from importer.report import write_workbook
from importer.runs.follow_up import follow_up, settle
from importer.runs.request import RunRequest
from importer.sandbox import INTEGRATION_ID
from importer.sending.person_decisions import PersonsDecision
from tests.clock import CLOCK
from tests.masterdata.office import (
    COLUMNS,
    Office,
    codes,
    statuses,
)
from tests.masterdata.test_two_copies import AtOnce, corrected

RETRY = "/v1/admin/retry-write/"

ROUNDS = int(os.environ.get("CLAIM_ROUNDS", "3"))
"""Of each race; more of them for figures."""

CHANGES: Mapping[str, Mapping[str, str]] = {
    "number": {},
    "vendor": {"Vendor": "vend-evergreen"},
    "property": {"Property": "WLC"},
    "amount": {"Invoice Total": "123.45"},
    "date": {"Bill Date": (CLOCK.now() - timedelta(days=3)).date().isoformat()},
}


def as_xlsx(file: Path) -> Path:
    """The same rows in a workbook, amounts and dates as Excel has them."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    with file.open(encoding="utf-8", newline="") as stream:
        for row in csv.reader(stream):
            sheet.append([_as_excel(text, COLUMNS[at]) for at, text in enumerate(row)])
    book.save(file.with_suffix(".xlsx"))
    return file.with_suffix(".xlsx")


def _as_excel(text: str, column: str) -> object:
    if column in ("Invoice Total", "Line Amount") and text.replace(".", "").isdigit():
        return float(text)
    return datetime.fromisoformat(text) if text != column and column.endswith("Date") else text


SAVED: Mapping[str, Callable[[Path], Path]] = {
    "saved over": lambda file: file,
    "another name": lambda file: file.rename(file.with_name("march corrected.csv")),
    "another format": as_xlsx,
}


def retries(office: Office) -> int:
    """How often the API was asked to write something again."""
    return sum(RETRY in each["path"] for each in office.api.get("/_sandbox/requests").json())


def states(office: Office) -> dict[str, str]:
    """Invoice number → how it stands in the ledger."""
    desk = office.desk()
    with open_ledger(desk, "look") as ledger:
        every = (each for state in State for each in ledger.entries(desk.settings.destination, state))
        return {each.invoice_number: str(each.state) for each in every}


def key_of(run: Run, index: int = 0) -> str:
    """What `--accept-duplicate` takes, as it is told."""
    return run.outcomes[index].problems[0].message.split("--accept-duplicate ")[1].split()[0]


@pytest.mark.parametrize("saved", SAVED)
@pytest.mark.parametrize("change", CHANGES)
def test_what_was_corrected_in_the_vendors_file_is_not_retried(on_both: Office, change: str, saved: str) -> None:
    """Renumbered there, whatever else was changed with it, and posted: a retry writes the other bill that failed."""
    office = on_both
    office.sync()
    bills = [{"Invoice #": "1"}, {"Invoice #": "FAILONCE-2"}, {"Invoice #": "FAILONCE-3", "Invoice Total": "33.00"}]
    run = office.submit(office.sheet(*bills))
    follow_up(office.desk(), run=run.id)
    assert states(office) == {"1": "confirmed", "FAILONCE-2": "failed", "FAILONCE-3": "failed"}
    bills[1] = {"Invoice #": "R-2", **CHANGES[change]}
    again = office.submit(SAVED[saved](office.sheet(*bills)))
    assert sorted(statuses(again)) == ["already_posted", "posted", "refused"]
    told, _ = follow_up(office.desk(), retry=True)
    assert retries(office) == 1
    assert states(office)["FAILONCE-2"] == "failed"
    said = [*told.notices, *(each.message for one in told.outcomes for each in one.problems)]
    assert any("posted as 'R-2'" in each for each in said)


@pytest.mark.parametrize("changes", ["number", "vendor", "property", "number vendor", "number property"])
def test_of_one_bill_alone_in_its_file_neither(on_both: Office, changes: str) -> None:
    """No other row tells that the files are one: what the two bills have in common does. (Under its old number with
    another amount or date it is the same invoice, known by its key.)"""
    office = on_both
    office.sync()
    run = office.submit(office.sheet({"Invoice #": "FAILONCE-2"}))
    follow_up(office.desk(), run=run.id)
    changed = changes.split()
    bill = {"Invoice #": "R-2" if "number" in changed else "FAILONCE-2"}
    for each in changed:
        bill |= CHANGES[each]
    accepted_duplicates = office.submit(office.sheet(bill, name="other.csv"))
    assert statuses(accepted_duplicates) == ["posted"]
    follow_up(office.desk(), retry=True)
    asked = [each["path"] for each in office.api.get("/_sandbox/requests").json() if RETRY in each["path"]]
    assert not any(str(run.outcomes[0].job_id) in each for each in asked)


def correction(office: Office, at: int) -> tuple[Path, Path]:
    """A vendor's file with a bill that ResMan will not take at first, and the same with that one renumbered."""
    anchor = {"Invoice #": f"A-{at}", "Invoice Total": "7.00"}
    file = office.sheet(anchor, {"Invoice #": f"FAILONCE-{at}"}, name=f"{at}.csv")
    mended = office.sheet(anchor, {"Invoice #": f"R-{at}", "Memo": "again"}, name=f"{at} corrected.csv")
    return file, mended


@pytest.mark.parametrize("first", ["retry", "submit"])
def test_a_retry_and_a_correction_at_one_moment(on_both: Office, first: str) -> None:
    """Whoever claims first has the row, however slow the API is; the other leaves it."""
    office = on_both
    office.sync()
    for at in range(ROUNDS):
        file, mended = correction(office, at)
        run = office.submit(file)
        follow_up(office.desk(), run=run.id)
        before = retries(office)
        office.api.post("/_sandbox/behaviour", json={"latency": 0.15})
        begun = threading.Event()

        def retry(name: str = run.id, begun: threading.Event = begun) -> None:
            begun.wait(20) if first == "submit" else begun.set()
            follow_up(office.desk(), run=name, retry=True)

        def submit(mended: Path = mended, begun: threading.Event = begun) -> None:
            begun.wait(20) if first == "retry" else begun.set()
            office.submit(mended)

        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(retry), pool.submit(submit)]:
                done.result(60)
        office.api.post("/_sandbox/behaviour", json={"latency": 0.0})
        posted = [each["invoice_number"] for each in office.posted()].count(f"R-{at}")
        assert (retries(office) - before) + posted == 1


def test_copies_of_a_workbook_and_the_vendors_corrected_file_at_one_moment(on_both: Office) -> None:
    """One copy as it should be; one in which the row was copied with its mark, moved and renumbered; and the vendor's
    file, corrected. Every row of the vendor's goes at most once."""
    office = on_both
    office.sync()
    for at in range(ROUNDS):
        good = {"Invoice #": f"G-{at}", "Invoice Total": "9.00"}
        bad = {"Invoice #": f"B-{at}", "GL Account": "9999"}
        file = office.sheet(good, bad, name=f"{at}.csv")
        book = write_workbook(office.submit(file), office.home / f"{at}.results.xlsx")
        one = corrected(book, office.home / f"{at} one.xlsx", GL_Account="6105")
        other = copied(book, office.home / f"{at} other.xlsx", number=f"C-{at}")
        mended = office.sheet(good, {**bad, "GL Account": "6105", "Invoice #": f"V-{at}"}, name=f"{at} again.csv")
        together = threading.Barrier(3)

        def submitted(path: Path, together: threading.Barrier = together) -> Run:
            desk = replace(office.desk(), watcher=AtOnce(together))
            wanted = RunRequest([path], integration_id=INTEGRATION_ID)
            return submit_files(wanted, desk, agree=lambda _: True, before=lambda: None)

        with ThreadPoolExecutor(3) as pool:
            runs = list(pool.map(submitted, (one, other, mended)))
        numbers = [each["invoice_number"] for each in office.posted()]
        went = [number for number in numbers if number.endswith(f"-{at}") and not number.startswith("G")]
        assert len(went) == 1, [codes(run) for run in runs]


def copied(book: Path, to: Path, *, number: str) -> Path:
    """A copy of results in whose "To fix" the first row stands once more, mark and all, renumbered, instead of where it
    stood."""
    work = openpyxl.load_workbook(book)
    sheet = work["To fix"]
    headings = {str(cell.value): int(cell.column) for cell in sheet[1] if cell.value}
    last = sheet.max_row + 1
    for column in range(1, sheet.max_column + 1):
        sheet.cell(last, column).value = sheet.cell(2, column).value
    sheet.cell(last, headings["Invoice #"]).value = number
    sheet.cell(last, headings["GL Account"]).value = "6105"
    work.save(to)
    return to


def test_a_copied_row_is_the_row_that_it_was_copied_from(on_both: Office) -> None:
    """Also in the next round, where it has a mark of its own: posted from one copy, it does not go from another."""
    office = on_both
    office.sync()
    bills = ({"Invoice #": "1"}, {"Invoice #": "2", "GL Account": "9999"})
    book = write_workbook(office.submit(office.sheet(*bills)), office.home / "bills.results.xlsx")
    twin = copied(book, office.home / "twin.xlsx", number="2-B")
    assert statuses(office.submit(corrected(book, office.home / "mended.xlsx", GL_Account="6105")))[1] == "posted"
    second = office.submit(twin)
    assert "went-out-before" in [code for some in codes(second) for code in some]
    third = office.submit(write_workbook(second, office.home / "third.xlsx"))
    assert "posted" not in statuses(third)
    assert [each["invoice_number"] for each in office.posted()] == ["1", "2"]


def test_a_bill_in_doubt_does_not_go_under_another_number(on_both: Office) -> None:
    """Alone in its file, renumbered and saved anew under another name: until it is settled, or a person lets it go."""
    office = on_both
    office.sync()
    office.api.post("/_sandbox/faults", json={"fault": "drop_after", "path": "/v1/invoices/resman/", "method": "POST"})
    office.submit(office.sheet({"Invoice #": "D-1"}))
    assert states(office) == {"D-1": "in_doubt"}
    renumbered = office.sheet({"Invoice #": "D-2"}, name="other.csv")
    checked, run = office.check(renumbered), office.submit(renumbered)
    assert codes(run) == codes(checked) == [["went-out-before"]]
    assert "it is not known whether" in run.outcomes[0].problems[0].message
    assert len(office.posted()) == 1
    accepted_duplicates = office.submit(renumbered, accepted_duplicates={key_of(run): "a second delivery"})
    assert statuses(accepted_duplicates) == ["posted"]


def test_of_two_doubts_over_one_amount_the_one_that_did_not_arrive_goes(on_both: Office) -> None:
    """They stood in one file: the claim of the one is not the other's. Released, it is sent; the other is not."""
    office = on_both
    office.sync()
    for fault in ("drop_after", "drop_before"):
        rule = {"fault": fault, "path": "/v1/invoices/resman/", "method": "POST"}
        office.api.post("/_sandbox/faults", json=rule)
    file = office.sheet({"Invoice #": "E-1"}, {"Invoice #": "E-2"})
    first = office.submit(file)
    assert statuses(first) == ["in_doubt"] * 2
    (arrived,) = (str(each["invoice_number"]) for each in office.posted())
    lost = next(one for one in first.outcomes if one.invoice.invoice_number != arrived)
    settle(office.desk(), decisions=[PersonsDecision(lost.key or "", None, "not in ResMan")])
    again = office.submit(file)
    assert "posted" in statuses(again)
    assert sorted(str(each["invoice_number"]) for each in office.posted()) == ["E-1", "E-2"]


def test_what_was_released_and_went_otherwise_does_not_go(on_both: Office) -> None:
    """Released by a person, and its row went in the vendor's corrected file: it has lost its claim."""
    office = on_both
    office.sync()
    office.api.post("/_sandbox/faults", json={"fault": "drop_before", "path": "/v1/invoices/resman/", "method": "POST"})
    bills = [{"Invoice #": "L-1"}, {"Invoice #": "L-2", "Invoice Total": "5.00"}]
    file = office.sheet(*bills)
    first = office.submit(file)
    lost = next(one for one in first.outcomes if str(one.status) == "in_doubt")
    settle(office.desk(), decisions=[PersonsDecision(lost.key or "", None, "not in ResMan")])
    number = lost.invoice.invoice_number
    renumbered = [{**bill, "Invoice #": "N"} if bill["Invoice #"] == number else bill for bill in bills]
    assert "posted" in statuses(office.submit(office.sheet(*renumbered, name="corrected.csv")))
    again = office.submit(file)
    assert statuses(again).count("posted") == 0
    assert len(office.posted()) == 2


def test_twenty_equal_fees_are_twenty_bills(on_both: Office) -> None:
    """Of one vendor on one day, each under its own number, in one file and in the next."""
    office = on_both
    office.sync()
    fees = [{"Invoice #": f"F-{number}"} for number in range(20)]
    assert statuses(office.submit(office.sheet(*fees[:12]))) == ["posted"] * 12
    again = office.submit(office.sheet(*fees, name="more.csv"))
    assert statuses(again) == ["already_posted"] * 12 + ["posted"] * 8


def test_a_word_lets_a_row_go_beside_exactly_what_was_shown(on_both: Office) -> None:
    """Under a third number it is asked about again; and what was let go holds its row beside the other."""
    office = on_both
    office.sync()
    anchor = {"Invoice #": "1", "Invoice Total": "8.00"}
    assert statuses(office.submit(office.sheet(anchor, {"Invoice #": "W-1"}))) == ["posted"] * 2
    second = office.sheet(anchor, {"Invoice #": "W-2", "Invoice Total": "80.00"}, name="second.csv")
    stopped = office.submit(second)
    assert codes(stopped)[1] == ["went-out-before"]
    assert statuses(office.submit(second, accepted_duplicates={key_of(stopped, 1): "two visits"}))[1] == "posted"
    third = office.submit(office.sheet(anchor, {"Invoice #": "W-3", "Invoice Total": "80.00"}, name="third.csv"))
    told = [each for each in third.outcomes[1].problems if each.kind.code == "went-out-before"]
    assert ["W-1" in told[0].message, "W-2" in told[1].message] == [True, True]
