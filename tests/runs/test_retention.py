"""What is old is removed, and only what nobody needs any more."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from importer.context import NoProgress, RunContext, open_ledger
from importer.errors import LedgerUnavailable
from importer.ledger.states import State
from importer.ledger.tables import INVOICES
from importer.runs.archive import archived_runs, kept_inputs
from importer.runs.retention import Tidied, tidy
from importer.settings import Settings
from tests.sending.made import intent

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
OLD = NOW - timedelta(days=801)
YOUNG = NOW - timedelta(days=799)


@pytest.fixture
def desk(tmp_path: Path) -> RunContext:
    settings = Settings(home=tmp_path / "home")
    return RunContext(settings, lambda: NOW, "clerk@desk", "desk", threading.Event(), NoProgress())


def ran(desk: RunContext, started: datetime, *, mark: str = "0000", state: State | None = None) -> str:
    """A run that has posted, with its file in the archive; `state` is that of its one invoice."""
    run = f"{started:%Y-%m-%dT%H-%M-%S}-{mark}"
    copy = desk.settings.home / "archive" / run / "1" / "march.csv"
    with open_ledger(desk, run) as ledger:
        ledger.open_run(command="submit", destination=desk.settings.destination, started=started)
        if state is not None:
            one = intent(run)
            ledger.claim(desk.settings.destination, [one])
            with ledger.transaction() as connection:
                connection.execute(update(INVOICES).where(INVOICES.c.key == one.key).values(state=state, owner=None))
        ledger.close_run(finished=started)
    copy.parent.mkdir(parents=True)
    copy.write_text("a file")
    return run


def placed(path: Path, *, days: int) -> Path:
    """A file that was last written so many days ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("kept")
    moment = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (moment, moment))
    return path


@pytest.mark.parametrize("state", [None, State.CONFIRMED, State.REFUSED, State.FAILED, State.RELEASED])
def test_the_files_of_an_old_run_are_removed_once_all_is_settled(desk: RunContext, state: State | None) -> None:
    """The run itself stays in the ledger; what is younger keeps its files."""
    old, young = ran(desk, OLD, state=state), ran(desk, YOUNG)
    assert tidy(desk) == Tidied(runs=(old,))
    assert archived_runs(desk.settings.home) == [young]
    assert [each.name for each in (desk.settings.home).iterdir() if "removed" in each.name] == []
    with open_ledger(desk, "later") as ledger:
        assert ledger.run_record(old) is not None
    assert str(tidy(desk)) == ""


@pytest.mark.parametrize("state", [State.ACCEPTED, State.IN_DOUBT, State.SENDING])
def test_a_run_with_an_open_invoice_keeps_its_files(desk: RunContext, state: State) -> None:
    """However old it is: `status` and `settle` still write its workbook."""
    old = ran(desk, OLD, state=state)
    ran(desk, YOUNG)
    assert not tidy(desk).runs
    assert kept_inputs(desk.settings.home, old, {}) is not None


def test_the_newest_archived_run_is_never_removed(desk: RunContext) -> None:
    """So that a ledger that is lost after years of rest is still noticed."""
    first, last = ran(desk, OLD - timedelta(days=900)), ran(desk, OLD)
    assert tidy(desk).runs == (first,)
    assert archived_runs(desk.settings.home) == [last]
    for part in desk.settings.home.glob("ledger.sqlite3*"):
        part.unlink()
    with pytest.raises(LedgerUnavailable, match="does not know of run"):
        tidy(desk)
    assert archived_runs(desk.settings.home) == [last]


def test_what_an_interrupted_removal_left_goes_the_next_time(desk: RunContext) -> None:
    """A run whose files are half removed is nowhere to be read."""
    ran(desk, YOUNG)
    left = placed(desk.settings.home / "archive-removed" / "2020-01-01T00-00-00-0000" / "1" / "march.csv", days=0)
    assert str(tidy(desk)) == ""
    assert not left.exists()


def test_results_of_last_resort_go_with_their_run(desk: RunContext) -> None:
    """What has another name, or belongs to a run that nobody knows, is somebody's own."""
    old, young = ran(desk, OLD), ran(desk, YOUNG)
    folder = desk.settings.home / "results"
    gone = placed(folder / f"{old}.results.xlsx", days=1)
    stay = [
        placed(folder / f"{young}.results.xlsx", days=900),
        placed(folder / f"{old}.results for the bank.xlsx", days=900),
        placed(folder / "2020-01-01T00-00-00-0000.results.xlsx", days=900),
    ]
    assert tidy(desk).results == (gone,)
    assert sorted(folder.iterdir()) == sorted(stay)


def test_logs_go_once_they_are_closed_and_old(desk: RunContext) -> None:
    """The one that is being written stays, whatever its time says."""
    folder = desk.settings.home / "logs"
    gone = placed(folder / "watch.jsonl.7", days=91)
    stay = [placed(folder / "watch.jsonl", days=91), placed(folder / "watch.jsonl.1", days=89)]
    done = tidy(desk)
    assert (done.logs, str(done)) == ((gone,), "Removed as too old: logs (1).")
    assert sorted(folder.iterdir()) == sorted(stay)


def test_what_cannot_be_removed_is_said_and_the_rest_goes(desk: RunContext) -> None:
    """A folder where the removed ones are gathered, in place of which a file stands, keeps nothing from the logs."""
    ran(desk, OLD)
    ran(desk, YOUNG)
    log = placed(desk.settings.home / "logs" / "watch.jsonl.1", days=91)
    (desk.settings.home / "archive-removed").write_text("not a folder")
    done = tidy(desk)
    assert (done.runs, done.logs) == ((), (log,))
    assert "is old and could not be removed: " in str(done)
