"""kill -9 at every seam between reading a file and knowing what became of its invoices.

Each test stops the real command at its moment by something real (a line that holds an answer back, a ledger that
another process has locked, a stand-in that falls silent), kills it there, and goes on as a person would.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.acceptance.conftest import Hire
from tests.acceptance.line import Line
from tests.acceptance.stage import Clerk, StandIn, each_once, numbers
from tests.clock import CLOCK

CREATE = "/v1/invoices/resman/"


def test_after_the_plan(clerk: Clerk, stand_in: StandIn) -> None:
    """Nothing has left yet: no doubt, and the next run takes over what the dead one had planned."""
    invoices = numbers("PLAN", 5)
    file = clerk.writes("plan.csv", invoices)
    waiting = clerk.starts(
        "submit", file, "--yes", IMPORTER_RATE_LIMIT="1", IMPORTER_RATE_WINDOW_SECONDS="3600"
    )  # the first turn of the hour goes to a question
    waiting.when(lambda: clerk.states() == {"planned": 5}).kill()
    assert not stand_in.posted().keys() & set(invoices)
    assert clerk.runs("submit", file, "--yes", "--json", code=0).answer["counts"]["posted"] == 5
    each_once(invoices, stand_in)


def test_after_the_intent_before_the_socket(hire: Hire, stand_in: StandIn) -> None:
    """The ledger says that they may have arrived, a sync proves that they have not, and a person releases them."""
    invoices = numbers("INTENT", 2)
    with Line(stand_in.url) as line:
        clerk = hire(url=line.url)
        file = clerk.writes("intent.csv", invoices)
        line.deaf_after_read = True
        connecting = clerk.starts("submit", file, "--yes")
        connecting.when(lambda: clerk.states() == {"sending": 2}).kill()
        line.deaf_after_read = False
        line.hear_again()
        assert not stand_in.posted().keys() & set(invoices)
        in_doubt = clerk.runs("submit", file, "--yes", "--json", code=3)
        assert set(in_doubt.statuses().values()) == {"in_doubt"}
        clerk.finishes(stand_in, file)
    each_once(invoices, stand_in)


def test_during_the_request(hire: Hire, stand_in: StandIn) -> None:
    """The request is on its way and gets lost with the process: in doubt, never sent again by itself."""
    invoices = numbers("WAY", 2)
    with Line(stand_in.url) as line:
        clerk = hire(url=line.url)
        file = clerk.writes("way.csv", invoices)
        line.hold_requests = True
        clerk.starts("submit", file, "--yes").when(lambda: line.held == 2).kill()
        line.hold_requests = False
        assert set(clerk.runs("submit", file, "--yes", "--json", code=3).statuses().values()) == {"in_doubt"}
        assert not stand_in.posted().keys() & set(invoices)
        clerk.finishes(stand_in, file)
    each_once(invoices, stand_in)


def test_after_acceptance_before_the_answer(clerk: Clerk, stand_in: StandIn) -> None:
    """The API has them and no answer came: `submit` finds them in the write logs and sends nothing."""
    invoices = numbers("SILENT", 3)
    file = clerk.writes("silent.csv", invoices)
    stand_in.fail({"fault": "silence", "path": CREATE, "times": 3})
    clerk.starts("submit", file, "--yes").when(lambda: stand_in.posted().keys() >= set(invoices)).kill()
    stand_in.held()
    assert clerk.runs("submit", file, "--yes", "--json", code=0).answer["counts"]["already_posted"] == 3
    each_once(invoices, stand_in)


def test_after_the_answer_before_the_record(hire: Hire, stand_in: StandIn) -> None:
    """The answer is there and the ledger, locked by another program, has not been told: found by evidence."""
    invoices = numbers("ANSWER", 3)
    with Line(stand_in.url) as line:
        clerk = hire(url=line.url)
        file = clerk.writes("answer.csv", invoices)
        line.hold_answers = True
        command = clerk.starts("submit", file, "--yes").when(lambda: line.held == 3)
        with closing(sqlite3.connect(clerk.home / "ledger.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            line.go_on.set()
            command.when(lambda: line.delivered == 3).kill()
            assert clerk.states() == {"sending": 3}
            other.execute("ROLLBACK")
        line.hold_answers = False
        stand_in.held()
        assert clerk.runs("settle", "--json", code=0).answer["counts"]["posted"] == 3
        clerk.finishes(stand_in, file)
    each_once(invoices, stand_in)


def test_after_some_records(clerk: Clerk, stand_in: StandIn) -> None:
    """What was recorded is posted before, what was under way is found, the rest goes out."""
    invoices = numbers("SOME", 30)
    file = clerk.writes("some.csv", invoices)
    stand_in.fail(*({"fault": "silence", "path": CREATE, "invoice_number": each} for each in invoices[5:17]))
    command = clerk.starts("submit", file, "--yes")
    command.when(lambda: stand_in.posted().keys() >= set(invoices[:17]))  # all twelve silences are taken
    command.when(lambda: clerk.states() == {"accepted": 5, "sending": 12, "planned": 13}).kill()
    stand_in.held()
    counts = clerk.runs("submit", file, "--yes", "--json", code=0).answer["counts"]
    assert (counts["already_posted"], counts["posted"]) == (17, 13)
    each_once(invoices, stand_in)


def test_while_the_workbook_is_written(clerk: Clerk, stand_in: StandIn) -> None:
    """Everything is posted and recorded; the next run posts nothing and leaves a whole workbook."""
    invoices = numbers("BOOK", 3)
    wrong = numbers("BOOKWRONG", 3000)
    file = clerk.writes("book.csv", [*invoices, *wrong], total_amount=dict.fromkeys(wrong, "no amount"))
    command = clerk.starts("submit", file, "--yes")
    command.when(lambda: any(clerk.folder.glob(".book.results.*.part")) and clerk.states()["accepted"] == 3).kill()
    assert not (clerk.folder / "book.results.xlsx").exists()
    counts = clerk.runs("submit", file, "--yes", "--json", code=1).answer["counts"]
    assert (counts["already_posted"], counts["posted"], counts["needs_fixing"]) == (3, 0, 3000)
    assert (clerk.folder / "book.results.xlsx").stat().st_size > 100_000
    each_once(invoices, stand_in)


@pytest.mark.parametrize("where", ["/v1/admin/logs/writes/", "/v1/admin/logs/jobs/", "/v1/admin/integrations/intg-"])
def test_during_settle(clerk: Clerk, stand_in: StandIn, where: str) -> None:
    """Looking changes nothing until it is done: killed at any of its questions, the next one finds the same."""
    prefix = "SETTLE" + where.strip("/-").rsplit("/", 1)[1].upper()
    arrived, lost = numbers(prefix, 2)
    file = clerk.writes("settle.csv", [arrived, lost])
    stand_in.fail(
        {"fault": "silence", "path": CREATE, "invoice_number": arrived},
        {"fault": "silence_before", "path": CREATE, "invoice_number": lost},
    )
    begun = CLOCK.seconds()
    both = clerk.starts("submit", file, "--yes")
    both.when(lambda: sum(each["at"] > begun for each in stand_in.requests("POST", CREATE)) == 2).kill()
    stand_in.held()
    stand_in.fail({"fault": "silence", "path": where})
    begun = CLOCK.seconds()
    settling = clerk.starts("settle", "--sync")
    settling.when(lambda: any(each["at"] > begun for each in stand_in.requests(path=where))).kill()
    assert clerk.states() == {"in_doubt": 2}
    stand_in.behave_well()
    assert set(clerk.attends_to_doubts(stand_in).statuses().values()) == {"posted", "in_doubt"}
    clerk.finishes(stand_in, file)
    each_once([arrived, lost], stand_in)


def test_while_settle_writes_down_what_it_found(clerk: Clerk, stand_in: StandIn) -> None:
    """Evidence that was found and not recorded is found again."""
    invoices = numbers("FOUND", 2)
    file = clerk.writes("found.csv", invoices)
    stand_in.fail({"fault": "silence", "path": CREATE, "times": 2})
    clerk.starts("submit", file, "--yes").when(lambda: stand_in.posted().keys() >= set(invoices)).kill()
    stand_in.held()
    stand_in.fail({"fault": "slow", "path": "/v1/admin/logs/writes/", "seconds": 0.3})
    begun = CLOCK.seconds()
    settling = clerk.starts("settle")
    settling.when(lambda: any(each["at"] > begun for each in stand_in.requests(path="/v1/admin/logs/writes/")))
    with closing(sqlite3.connect(clerk.home / "ledger.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        asked = "/v1/admin/logs/writes/"
        settling.when(lambda: any(each["at"] > begun and each["status"] for each in stand_in.requests(path=asked)))
        settling.kill()
        other.execute("ROLLBACK")
    assert clerk.states() == {"in_doubt": 2}
    assert clerk.runs("settle", "--json", code=0).answer["counts"]["posted"] == 2
    each_once(invoices, stand_in)


@pytest.mark.parametrize(("fault", "arrives"), [("silence", True), ("silence_before", False)])
def test_during_a_retry(clerk: Clerk, stand_in: StandIn, fault: str, *, arrives: bool) -> None:
    """A retry whose answer died with the process is in doubt, and is never asked for again by itself."""
    number = f"RETRY{'KEPT' if arrives else 'GONE'}-FAILONCE"
    file = clerk.writes("retry.csv", [number])
    clerk.runs("submit", file, "--yes", "--no-results", code=0)
    stand_in.held()
    stand_in.fail({"fault": fault, "path": "/v1/admin/retry-write/"})
    begun = CLOCK.seconds()
    retrying = clerk.starts("status", "--retry")
    retrying.when(lambda: any(each["at"] > begun for each in stand_in.requests(path="/v1/admin/retry-write/"))).kill()
    if arrives:
        stand_in.held()
        assert clerk.runs("submit", file, "--yes", "--json", code=0).statuses() == {number: "already_posted"}
    else:
        assert clerk.runs("submit", file, "--yes", "--json", code=3).statuses() == {number: "in_doubt"}
        assert clerk.runs("status", "--retry", "--json", code=3).statuses() == {number: "in_doubt"}
        clerk.attends_to_doubts(stand_in)
        assert clerk.states() == {"released": 1}
    assert stand_in.held()[number] == (1 if arrives else 0)
