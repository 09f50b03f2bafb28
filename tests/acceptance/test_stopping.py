"""However a run ends before its time: what was sent is recorded, what was not is said, and the next run goes on."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from hashlib import sha512

import openpyxl
import pytest

from tests.acceptance.conftest import Hire
from tests.acceptance.line import Line
from tests.acceptance.stage import Clerk, StandIn, each_once, numbers

CREATE = "/v1/invoices/resman/"


def _statuses_in_workbook(clerk: Clerk, name: str) -> set[str]:
    """Every cell of the workbook, which must be there and whole."""
    book = openpyxl.load_workbook(clerk.folder / name, read_only=True)
    cells = {str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    book.close()
    return cells


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop(hire: Hire, stand_in: StandIn, number: signal.Signals) -> None:
    """What is under way ends and is recorded, nothing more begins, and the workbook is written."""
    invoices = numbers("STOP", 20)
    with Line(stand_in.url) as line:
        clerk = hire(url=line.url)
        file = clerk.writes("stop.csv", invoices)
        line.hold_answers = True
        command = clerk.starts("submit", file, "--yes", "--json").when(lambda: line.held == 12)
        command.signal(number)
        command.when(lambda: command.says("Stopping: what is under way is finished and recorded."))
        line.go_on.set()
        done = command.wait()
        assert done.code == 130
        assert (done.answer["counts"]["posted"], done.answer["counts"]["not_sent"]) == (12, 8)
        assert "The run was interrupted" in done.answer["stopped"]
        assert {"Posted", "Not sent"} <= _statuses_in_workbook(clerk, "stop.results.xlsx")
        assert clerk.states() == {"accepted": 12, "planned": 8}
        assert clerk.runs("submit", file, "--yes", "--json", code=0).answer["counts"]["posted"] == 8
    each_once(invoices, stand_in)


def test_asked_twice(clerk: Clerk, stand_in: StandIn) -> None:
    """The second Ctrl-C waits for nothing: what was under way is in doubt, and found by the next run."""
    invoices = numbers("TWICE", 20)
    file = clerk.writes("twice.csv", invoices)
    stand_in.fail({"fault": "silence", "path": CREATE, "times": 12})
    command = clerk.starts("submit", file, "--yes").when(lambda: len(stand_in.accepted()) == 12)
    command.signal(signal.SIGINT)
    command.when(lambda: command.says("Ctrl-C again ends at once."))
    command.signal(signal.SIGINT)
    done = command.wait()
    assert done.code == 130
    assert "Interrupted. Everything sent so far is recorded; run it again." in done.err
    stand_in.held()
    counts = clerk.runs("submit", file, "--yes", "--json", code=0).answer["counts"]
    assert (counts["already_posted"], counts["posted"]) == (12, 8)
    each_once(invoices, stand_in)


@pytest.mark.parametrize(
    "words", [("submit", "wait.csv", "--yes"), ("settle",), ("status",)], ids=lambda words: words[0]
)
def test_asked_to_stop_while_it_waits_for_its_turn(clerk: Clerk, stand_in: StandIn, words: tuple[str, ...]) -> None:
    """A pause of the API can be long; Ctrl-C ends the waiting, with a sentence."""
    clerk.writes("wait.csv", ["WAIT-1"])
    if words[0] == "settle":
        stand_in.fail({"fault": "close_before", "path": CREATE})
        clerk.runs("submit", "wait.csv", "--yes", code=3)
    elif words[0] == "status":
        clerk.runs("submit", "wait.csv", "--yes", code=0)
    before = clerk.states()
    stand_in.fail({"fault": "too_many"})
    command = clerk.starts(*words, IMPORTER_RATE_WINDOW_SECONDS="3600")
    command.when(lambda: any(each["status"] == 429 for each in stand_in.requests()))
    command.signal(signal.SIGINT)
    done = command.wait()
    assert done.code == 130
    assert "Interrupted." in done.err
    assert ("Everything sent so far is recorded; run it again." in done.err) is (words[0] != "settle")
    assert clerk.states() == before


def test_a_closed_laptop(hire: Hire, stand_in: StandIn) -> None:
    """Asleep for longer than its lease, then awake: a colleague's run has settled and sent everything meanwhile, and
    the sleeper sends nothing and believes nothing that comes late."""
    invoices = numbers("SLEEP", 20)
    with Line(stand_in.url) as line:
        clerk = hire(url=line.url)
        file = clerk.writes("sleep.csv", invoices)
        line.hold_answers = True
        sleeper = clerk.starts("submit", file, "--yes", "--no-results", "--json").when(lambda: line.held == 12)
        sleeper.signal(signal.SIGSTOP)
        line.hold_answers = False
        with closing(sqlite3.connect(clerk.home / "ledger.sqlite3")) as ledger:
            ledger.execute("UPDATE runs SET lease_until = lease_until - 3600 WHERE lease_until > 0")  # time passes
            ledger.commit()
        stand_in.held()
        counts = clerk.runs("submit", file, "--yes", "--no-results", "--json", code=0).answer["counts"]
        assert (counts["already_posted"], counts["posted"]) == (12, 8)
        sleeper.signal(signal.SIGCONT)
        line.go_on.set()
        done = sleeper.wait()
        assert done.code in (0, 1, 3)
        assert clerk.states().keys() <= {"accepted", "confirmed"}
        assert clerk.runs("submit", file, "--yes", "--no-results", "--json", code=0).answer["counts"]["posted"] == 0
    each_once(invoices, stand_in)


def test_a_full_disk_at_the_ledger(clerk: Clerk, stand_in: StandIn) -> None:
    """No further intent can be written, so nothing further is sent; the answers that no record was made of are in
    doubt, are told so, and are found by the next run."""
    invoices = numbers("FULL", 100)
    file = clerk.writes("full.csv", invoices)
    clerk.runs("check", file, "--no-results", code=0)
    done = clerk.runs("submit", file, "--yes", "--json", most_bytes=900_000)
    counts = done.answer["counts"]
    assert 0 < counts["posted"] + counts["in_doubt"] < 100
    assert counts["not_sent"] > 0
    assert done.code == (3 if counts["in_doubt"] else 1)
    assert "Check that the folder can be written and the disk is not full." in done.answer["stopped"]
    assert len(stand_in.accepted()) >= counts["posted"]
    assert {"Not sent"} <= _statuses_in_workbook(clerk, "full.results.xlsx")
    stand_in.held()
    clerk.finishes(stand_in, file)
    each_once(invoices, stand_in)


def test_no_room_for_a_copy_of_the_file(clerk: Clerk, stand_in: StandIn) -> None:
    """What cannot be kept is not sent: known before anything goes."""
    good, wrong = numbers("ROOM", 3), numbers("WRONG", 3000)
    file = clerk.writes("room.csv", [*good, *wrong], total_amount=dict.fromkeys(wrong, "no amount"))
    done = clerk.runs("submit", file, "--yes", most_bytes=file.stat().st_size - 1)
    assert done.code == 2
    assert "Nothing was sent." in done.err
    assert not stand_in.accepted()
    assert clerk.runs("submit", file, "--yes", "--no-results", "--json", code=1).answer["counts"]["posted"] == 3


def test_a_full_disk_at_the_workbook(clerk: Clerk, stand_in: StandIn) -> None:
    """What was posted is told and recorded all the same, and the next run writes the workbook."""
    good, wrong = numbers("BOOK", 3), numbers("WRONG", 6000)
    words = {number: " ".join(sha512(f"{number} {at}".encode()).hexdigest() for at in range(4)) for number in wrong}
    file = clerk.writes("book.csv", [*good, *wrong], total_amount=dict.fromkeys(wrong, "no amount"), notes=words)
    done = clerk.runs("submit", file, "--yes", most_bytes=file.stat().st_size + 1)
    assert done.code == 1
    assert "3 of 6,003 invoices posted" in done.out
    assert "Results:" not in done.out
    assert "There is no room on the disk for the results" in done.err
    assert "The run is in the ledger" in done.err
    assert not list(clerk.folder.glob("*.xlsx"))
    assert not list(clerk.folder.glob(".*.part"))
    counts = clerk.runs("submit", file, "--yes", "--json", code=1).answer["counts"]
    assert (counts["already_posted"], counts["needs_fixing"]) == (3, 6000)
    assert (clerk.folder / "book.results.xlsx").exists()
    each_once(good, stand_in)


def test_a_folder_for_results_that_is_gone(hire: Hire, stand_in: StandIn) -> None:
    """The workbook is then written into the home, and its place is told."""
    invoices = numbers("GONE", 3)
    with Line(stand_in.url) as line:
        clerk = hire(url=line.url)
        folder = clerk.folder / "results"
        folder.mkdir()
        line.hold_answers = True
        file = clerk.writes("gone.csv", invoices)
        command = clerk.starts("submit", file, "--yes", "--json", "--results", folder).when(lambda: line.held == 3)
        folder.rmdir()
        line.go_on.set()
        done = command.wait()
    assert done.code == 0
    assert done.answer["results"].startswith(str(clerk.home / "results"))
    assert str(folder) in done.err
    each_once(invoices, stand_in)


@pytest.mark.parametrize("status", [401, 403])
def test_access_lost_in_the_middle(clerk: Clerk, stand_in: StandIn, status: int) -> None:
    """The run stops at once: what had been accepted is recorded, nothing is in doubt, and the way out is told."""
    invoices = numbers("ACCESS", 40)
    file = clerk.writes("access.csv", invoices)
    stand_in.fail({"fault": "error_before", "status": status, "path": CREATE, "invoice_number": invoices[15]})
    done = clerk.runs("submit", file, "--yes", "--json", code=1)
    counts = done.answer["counts"]
    assert counts["posted"] + counts["not_sent"] == 40
    assert 0 < counts["posted"] < 40
    assert f"The API does not accept this token ({status})." in done.answer["stopped"]
    assert "Run `invoice-importer login`" in done.answer["stopped"]
    assert counts["posted"] == len(stand_in.accepted())
    assert {"Posted", "Not sent"} <= _statuses_in_workbook(clerk, "access.results.xlsx")
    assert clerk.runs("submit", file, "--yes", "--json", code=0).answer["counts"]["posted"] == counts["not_sent"]
    each_once(invoices, stand_in)


def test_ten_failures_in_a_row(clerk: Clerk, stand_in: StandIn) -> None:
    """The run pauses with a sentence instead of putting a whole file into doubt."""
    invoices = numbers("TEN", 60)
    file = clerk.writes("ten.csv", invoices)
    stand_in.fail({"fault": "error_before", "status": 503, "path": CREATE, "times": 60})
    done = clerk.runs("submit", file, "--yes", "--json", code=3)
    assert "Paused after 10 failures in a row. The last one: The API answered with an error" in done.answer["stopped"]
    assert 10 <= done.answer["counts"]["in_doubt"] <= 10 + 11
    assert done.answer["counts"]["not_sent"] == 60 - done.answer["counts"]["in_doubt"]
    assert {"In doubt", "Not sent"} <= _statuses_in_workbook(clerk, "ten.results.xlsx")
    stand_in.behave_well()
    clerk.finishes(stand_in, file)
    each_once(invoices, stand_in)


def test_the_api_is_gone_and_comes_back(clerk: Clerk, stand_in: StandIn) -> None:
    """Killed in the middle of a run, started again: what it had taken is found, the rest goes."""
    invoices = numbers("BACK", 60)
    file = clerk.writes("back.csv", invoices)
    stand_in.behave(latency=0.05)
    command = clerk.starts("submit", file, "--yes", "--json").when(lambda: len(stand_in.accepted()) >= 20)
    stand_in.stop()
    done = command.wait()
    assert done.code in (1, 3)
    assert done.answer["counts"]["not_sent"] > 0
    assert "Paused after 10 failures in a row." in done.answer["stopped"]
    away = clerk.runs("submit", file, "--yes", code=2)
    assert "The API cannot be reached." in away.err
    assert "Nothing was sent." in away.err
    stand_in.start()
    clerk.finishes(stand_in, file)
    each_once(invoices, stand_in)
