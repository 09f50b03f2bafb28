"""What is done from time to time, and what a worker does to its file when it dies."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from importer.dropfolder import drop_store
from importer.dropfolder.job_context import JobAnswer, JobOrder
from importer.dropfolder.loop import MOST_DEATHS, DropFolderWatcher
from importer.dropfolder.schedule import go_round
from importer.dropfolder.worker_pool import News, WorkerPool
from importer.ledger.states import State
from tests.cli.clerk import StandIn
from tests.clock import CLOCK
from tests.dropfolder.yard import Yard
from tests.notifications.servers import Hook, web_server

SUBMIT = 'action = "submit"\n'
PATIENCE = 40.0


def standing(results: Path) -> list[str]:
    """What the workbook says of each invoice's way into ResMan."""
    sheet = openpyxl.load_workbook(results)["Invoices"]
    rows = [[str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    return [" | ".join(row) for row in rows]


def test_the_workbooks_in_done_are_brought_up_to_date(yard: Yard) -> None:
    """ResMan has taken it: the ledger knows, and the workbook says so, where it lies."""
    yard.orders(SUBMIT)
    yard.drop("march.csv", yard.good(1))
    yard.goes()
    (results,) = yard.folder.root.glob("done/*/march.results.xlsx")
    before = standing(results)
    with yard.watched() as watcher:
        assert drop_store.open_questions(watcher.ledger, yard.desk.settings.destination) == {State.ACCEPTED: 1}
        assert go_round(watcher.bench, "status").posts
        assert drop_store.open_questions(watcher.ledger, yard.desk.settings.destination) == {}
    assert standing(results) != before
    assert any("onfirmed" in line for line in standing(results))
    assert yard.lies() == ["done/MONTH/march.csv", "done/MONTH/march.results.xlsx"]


def test_what_resman_does_not_take_is_told(yard: Yard) -> None:
    """Once, with the file's name; what is well is not."""
    yard.orders(SUBMIT)
    yard.drop("march.csv", yard.good("FAIL", 2))
    yard.goes()
    with web_server(Hook()) as hook, yard.watched() as watcher:
        yard.orders(f'{SUBMIT}[tell]\nwebhook = "{hook.url}"\n')
        for _ in range(2):
            go_round(watcher.bench, "status")
    (told,) = hook.given
    assert "march.csv" in str(told["text"])
    assert "1 invoice not taken by ResMan" in str(told["text"])


def test_what_was_in_doubt_and_is_settled_is_brought_on(yard: Yard, stand_in: StandIn) -> None:
    """The invoice is found: the workbook says so, the file is done, and people are told, once."""
    yard.orders(SUBMIT)
    yard.drop("march.csv", yard.good(1))
    stand_in.fault("close_after", times=1)
    yard.goes()
    assert "needs-fixing/march.to-fix.txt" in yard.lies()
    with web_server(Hook()) as hook, yard.watched() as watcher:
        yard.orders(f'{SUBMIT}[tell]\nwebhook = "{hook.url}"\n')
        for _ in range(2):
            assert go_round(watcher.bench, "settle").trouble == ""
        assert drop_store.open_questions(watcher.ledger, yard.desk.settings.destination).get(State.IN_DOUBT) is None
    assert yard.lies() == ["done/MONTH/march.csv", "done/MONTH/march.results.xlsx"]
    (results,) = yard.folder.root.glob("done/*/march.results.xlsx")
    assert not any("In doubt" in line for line in standing(results))
    assert len(hook.given) == 1
    assert "Nothing of it is in doubt any more." in str(hook.given[0]["text"])


def test_a_round_that_cannot_be_gone_is_gone_later(yard: Yard) -> None:
    """A token that is refused, an API that is away: said, and everything waits a minute."""
    yard.orders(SUBMIT)
    yard.drop("march.csv", yard.good(1))
    yard.goes()
    settings = yard.desk.settings.model_copy(update={"token": None})
    yard.desk = replace(yard.desk, settings=settings)
    with yard.watched() as watcher:
        answer = go_round(watcher.bench, "status")
        assert answer.trouble == "settings"
        assert answer.pause > 0
        assert not go_round(watcher.bench, "tidy").trouble
        assert not go_round(watcher.bench, "settle").trouble


@pytest.mark.parametrize(("posting", "place"), [(False, "failed/march.csv"), (True, "needs-fixing/march.csv")])
def test_a_file_that_ends_every_worker_is_put_aside(yard: Yard, *, posting: bool, place: str) -> None:
    """After three times, with a sentence: as failed where nothing was sent, otherwise as what needs a person."""
    yard.drop("march.csv", yard.good(1))
    with yard.watched() as watcher:
        (drop,) = watcher.takes_all()
        drop_store.change(watcher.ledger, drop, posting=posting)
        watching = DropFolderWatcher(watcher.desk, yard.folder, yard.note, name=watcher.name)
        for _ in range(MOST_DEATHS):
            watching._count_death(watcher.ledger, drop.id)
        answer = watcher.works_on(drop)
    assert answer.exit_code == (3 if posting else 2)
    assert place in yard.lies()
    note = yard.text(place.replace(".csv", ".to-fix.txt" if posting else ".why.txt"))
    assert "broke off 3 times" in note
    assert ("Nothing of it was posted" in note) is not posting
    assert ("Drop the file into “inbox” again" in note) is posting


def heard(crew: WorkerPool, wake: threading.Event) -> News:
    """The next thing that is no mere event."""
    while True:
        assert wake.wait(PATIENCE)
        wake.clear()
        for news in crew.news():
            if news.event is None:
                return news


def test_a_worker_that_is_killed_is_heard_of(yard: Yard) -> None:
    """Its job is told with it, so that it can be tried again; the next job gets another worker."""
    with yard.watched() as watcher:
        charge = JobOrder(
            yard.desk.settings, yard.folder.root, watcher.folder_id, watcher.name, "watch@desk", "desk", CLOCK.now
        )
        wake = threading.Event()
        crew = WorkerPool(charge.line(), 1, wake)
        crew.start({"drop": "no such drop"})
        assert heard(crew, wake).answer == JobAnswer()
        (pid,) = crew.processes
        os.kill(pid, signal.SIGSTOP)
        crew.start({"drop": "another"})
        assert (crew.free, crew.processes) == (0, [pid])
        os.kill(pid, signal.SIGKILL)
        assert heard(crew, wake) == News({"drop": "another"})
        assert (crew.free, crew.is_gone()) == (1, True)
        crew.start({"drop": "the next"})
        assert heard(crew, wake).answer == JobAnswer()
        crew.stop()
        while not crew.is_gone():
            wake.wait(PATIENCE)
            assert list(crew.news()) == []
