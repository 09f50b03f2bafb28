"""Runs, their leases, and how it is told whether one is still at work."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from importer.errors import LedgerUnavailable
from importer.ledger.ledger import Ledger
from importer.ledger.run_records import BROKE_OFF, LEASE_SECONDS
from importer.ledger.schema import Store
from importer.ledger.states import Event, State
from importer.ledger.tables import RUNS
from tests.clock import CLOCK
from tests.sending.made import (
    PLACE,
    at_work,
    intent,
    sends,
    state,
)

ENDED = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def changed(ledger: Ledger, **values: object) -> None:
    with ledger.transaction() as connection:
        connection.execute(update(RUNS).where(RUNS.c.id == ledger.run).values(**values))


def is_taken_for_dead(store: Store, ledger: Ledger) -> bool:
    """Whether another run at the same desk moves what this one is sending."""
    sends(ledger, intent())
    return Ledger(store, "other", "other@desk", "desk", CLOCK.now).release_dead_runs(PLACE) == 1


def ended_process() -> int:
    """The id of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_a_living_run_is_left_alone(store: Store) -> None:
    """Its lease is valid, and its process is there."""
    assert not is_taken_for_dead(store, at_work(store, "mine"))


def test_a_run_is_gone_with_its_process(store: Store) -> None:
    """On the same machine nobody waits for the lease of a process that is no more."""
    ledger = at_work(store, "mine")
    changed(ledger, pid=ended_process())
    assert is_taken_for_dead(store, ledger)


@pytest.mark.parametrize("machine", ["the same name, another boot", None])
def test_elsewhere_only_the_lease_counts(store: Store, machine: str | None) -> None:
    """A process id of another machine, or of another container with this one's name, says nothing here."""
    ledger = at_work(store, "mine")
    changed(ledger, pid=ended_process(), machine=machine)
    assert not is_taken_for_dead(store, ledger)


def test_a_lapsed_lease_ends_a_run(store: Store) -> None:
    """Whatever its process does: the machine may have slept, or another process may have its id now."""
    ledger = at_work(store, "mine")
    changed(ledger, lease_until=1.0)
    assert is_taken_for_dead(store, ledger)


def test_a_renewed_lease_keeps_it(store: Store) -> None:
    """Renewed in time, it goes on."""
    ledger = at_work(store, "mine")
    changed(ledger, lease_until=1.0)
    ledger.renew()
    assert not is_taken_for_dead(store, ledger)


def test_a_lease_from_before_the_clock_was_set_back(store: Store) -> None:
    """It ends further ahead than any lease does: it holds nothing up for hours."""
    ledger = at_work(store, "mine")
    with ledger.reading() as connection:
        far = store.now(connection) + 50 * LEASE_SECONDS
    changed(ledger, lease_until=far, machine="elsewhere")
    assert is_taken_for_dead(store, ledger)


def test_a_run_that_was_never_opened_owns_nothing_for_long(store: Store) -> None:
    """What a run without a lease was sending is in doubt at once."""
    assert is_taken_for_dead(store, Ledger(store, "nameless", "who@desk", "desk", CLOCK.now))


def test_an_ended_run_leaves_its_sending_to_be_found(store: Store) -> None:
    """A run that ends without having recorded an answer does not hide it: that invoice goes to "in doubt"."""
    ledger = at_work(store, "mine")
    sends(ledger, intent())
    ledger.close_run(finished=ENDED)
    other = at_work(store, "other")
    assert state(other, intent()) is State.SENDING
    assert other.release_dead_runs(PLACE) == 1


def test_the_lease_is_renewed_while_it_is_kept_alive(store: Store) -> None:
    """From the first moment of the block."""
    ledger = at_work(store, "mine")
    changed(ledger, lease_until=1.0)
    with ledger.kept_alive():
        assert not is_taken_for_dead(store, ledger)


def test_history(store: Store) -> None:
    """Newest first, with everything that was kept of each, and as many as are asked for."""
    for index in range(3):
        ledger = replace(at_work(store, f"run-{index}"))
        changed(ledger, started=ENDED - timedelta(hours=3 - index))
    told = {"exit_code": 1, "counts": {"invoices": 3}, "amounts": {"invoices": 37_500}, "stopped": "Interrupted."}
    last = Ledger(store, "run-2", "run-2@desk", "desk", CLOCK.now)
    last.close_run(finished=ENDED, plan="sha256:plan", **told)
    last.keep_results("run-2", "october.results.xlsx", "a" * 64)
    assert [each["id"] for each in last.runs(2)] == ["run-2", "run-1"]
    newest = last.runs(1)[0]
    assert {name: newest[name] for name in told} == told
    assert (newest["finished"], newest["plan"], newest["results"]) == (ENDED, "sha256:plan", "october.results.xlsx")
    assert (newest["files"], newest["who"], newest["lease_until"]) == ([{"name": "october.csv"}], "run-2@desk", 0.0)
    assert last.run_record("run-1") == last.runs(2)[1]
    assert last.run_record("nobody") is None


def test_the_invoices_of_a_run_are_those_it_planned_last(store: Store) -> None:
    """What a later run has taken over is that run's."""
    first, second = at_work(store, "first"), at_work(store, "second")
    first.claim(PLACE, [intent(), intent("INV-2")])
    first.close_run(finished=ENDED)
    second.claim(PLACE, [intent()])
    assert first.keys_of_run("first") == [intent("INV-2").key]
    assert first.keys_of_run("second") == [intent().key]


def test_a_ledger_that_is_taken_away_stops_the_sending(here: Store, tmp_path: Path) -> None:
    """SQLite would go on writing into the deleted file: what it noted there would be forgotten."""
    ledger = at_work(here, "mine")
    ledger.claim(PLACE, [intent()])
    (tmp_path / "here.sqlite3").rename(tmp_path / "away.sqlite3")
    with pytest.raises(LedgerUnavailable, match="moved, deleted or replaced"):
        ledger.record(Event.INTENT, intent().key)
    (tmp_path / "here.sqlite3").touch()
    with pytest.raises(LedgerUnavailable):
        ledger.record(Event.INTENT, intent().key)
    (tmp_path / "away.sqlite3").rename(tmp_path / "here.sqlite3")
    assert ledger.record(Event.INTENT, intent().key)


def test_runs_that_a_ledger_does_not_know(store: Store) -> None:
    """Whatever their names and however many: a name says nothing of which run came last."""
    at_work(store, "2026-03-31T09-12-44-7f3a")
    others = [f"2026-03-31T09-12-44-{number:04x}" for number in range(1_200)]
    ledger = at_work(store, "2026-03-31T09-12-45-0000")
    assert ledger.unknown_runs(["2026-03-31T09-12-44-7f3a", *others]) == others
    assert ledger.unknown_runs([]) == []


def test_a_run_that_was_killed_is_told_as_broken_off(store: Store) -> None:
    """At this machine once its process is no more, of another long after its last sign of life; not one that waits
    for an answer while its lease lapses, nor one that has ended."""
    alive, killed, away, lost, ended = (at_work(store, f"run-{name}") for name in "abcde")
    changed(alive, lease_until=1.0)
    changed(killed, pid=ended_process())
    changed(away, machine="another", pid=ended_process())
    changed(lost, machine="another", lease_until=1.0)
    changed(ended, pid=ended_process())
    ended.close_run(finished=ENDED)
    told = {each["id"]: each["stopped"] for each in alive.runs(5)}
    assert told == {"run-a": None, "run-b": BROKE_OFF, "run-c": None, "run-d": BROKE_OFF, "run-e": None}
    record = alive.run_record("run-b")
    assert record is not None
    assert (record["stopped"], record["finished"]) == (BROKE_OFF, None)


def test_a_workbook_that_was_moved_is_due_as_before(store: Store) -> None:
    """Only one that was written anew tells the news; a run without a workbook owes none."""
    ledger = at_work(store, "run-1")
    ledger.owe_results(["run-1"])
    assert ledger.owed_results(PLACE) == set()
    ledger.keep_results("run-1", "october.results.xlsx", "a" * 64)
    ledger.owe_results(["run-1"])
    ledger.keep_results("run-1", "done/october.results.xlsx", "a" * 64, moved=True)
    assert ledger.owed_results(PLACE) == {"run-1"}
    ledger.keep_results("run-1", "done/october.results.xlsx", "b" * 64)
    assert ledger.owed_results(PLACE) == set()
