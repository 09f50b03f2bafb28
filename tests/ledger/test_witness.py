"""The journal and the ledger's own count: what each crash leaves, and what a lost, restored or edited ledger lacks."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from importer.errors import LedgerUnavailable, NotTheNewest
from importer.ledger.journal import ENDING, Journal, JournalLine
from importer.ledger.ledger import Ledger
from importer.ledger.schema import Store
from importer.ledger.states import Event, State
from importer.ledger.tables import ATTEMPTS, INVOICES, JOURNALS
from importer.ledger.witness import missing, must_be_whole
from tests.sending.made import (
    Truth,
    api,
    at_work,
    entry,
    events,
    intent,
    send_one,
    sends,
    state,
)


def keeps_a_journal(store: Store, home: Path, run: str = "run", second: Path | None = None) -> Ledger:
    return replace(at_work(store, run), journal=Journal.of(home, second))


def lines_in(folder: Path) -> list[JournalLine]:
    texts = (each for path in sorted(folder.glob(f"*{ENDING}")) for each in path.read_bytes().split(b"\n"))
    return [line for text in texts if (line := JournalLine.parsed(text)) is not None]


def lacking(ledger: Ledger) -> list[str]:
    assert ledger.journal is not None
    return [line.number for line in missing(ledger, ledger.journal).lines]


def test_an_intent_is_in_both_before_its_request(store: Store, tmp_path: Path, truth: Truth) -> None:
    """When the API has it, the ledger and the journal have it too, and agree."""
    ledger = keeps_a_journal(store, tmp_path)
    with api(store, truth.url) as to:
        send_one(ledger, to, intent("A-1"))
    (line,) = lines_in(tmp_path / "journal")
    assert (line.seq, line.number, line.cents, line.run, line.key) == (1, "A-1", 12_500, "run", intent("A-1").key)
    assert not missing(ledger, Journal.of(tmp_path))
    must_be_whole(ledger)


def test_a_crash_between_ledger_and_journal_is_no_loss(store: Store, tmp_path: Path) -> None:
    """The ledger is ahead then, by what was never sent. The next intent goes on behind it."""
    sends(keeps_a_journal(store, tmp_path), intent("A-1"), Event.ACCEPTED, "job-1")
    crashed = keeps_a_journal(store, tmp_path, "crashed")
    cut = tmp_path / "cut"
    cut.mkdir()
    (tmp_path / "journal").rename(tmp_path / "kept")
    sends(crashed, intent("A-2"))  # its line goes elsewhere: the process was ended before it
    (tmp_path / "journal").rename(cut / "journal")
    (tmp_path / "kept").rename(tmp_path / "journal")
    ledger = keeps_a_journal(store, tmp_path, "next")
    assert lacking(ledger) == []
    sends(ledger, intent("A-3"))
    assert [line.seq for line in lines_in(tmp_path / "journal")] == [1, 3]
    assert lacking(ledger) == []
    must_be_whole(ledger)


def test_a_line_that_a_crash_has_cut_spoils_no_other(store: Store, tmp_path: Path) -> None:
    """It is not counted: its request had not gone out. What comes after stands on a line of its own."""
    ledger = keeps_a_journal(store, tmp_path)
    sends(ledger, intent("A-1"))
    (path,) = (tmp_path / "journal").iterdir()
    whole = path.read_bytes()
    for end in range(0, len(whole), 7):
        path.write_bytes(whole[:end])
        sends(ledger, intent(f"B-{end}"))
        assert lacking(ledger) == []
        is_whole = end == len(whole)
        assert [line.number for line in lines_in(tmp_path / "journal")] == [*(["A-1"] if is_whole else []), f"B-{end}"]


def test_an_older_ledger_lacks_what_the_journal_has(store: Store, tmp_path: Path) -> None:
    """However many runs and homes there are beside it."""
    ledger, other = keeps_a_journal(store, tmp_path), keeps_a_journal(store, tmp_path / "other", "other")
    for number in ("A-1", "A-2"):
        sends(ledger, intent(number), Event.ACCEPTED, f"job-{number}")
    sends(other, intent("B-1"), Event.ACCEPTED, "job-b")
    assert ledger.journal is not None
    with store.durable.begin() as connection:  # as it was before the second
        connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.key == intent("A-2").key))
        connection.execute(delete(INVOICES).where(INVOICES.c.key == intent("A-2").key))
        connection.execute(update(JOURNALS).where(JOURNALS.c.id == ledger.journal.id).values(intents=1, invoices=1))
    found = missing(ledger, ledger.journal)
    assert ([line.number for line in found.lines], found.count) == (["A-2"], 1)
    assert found.named == "A-2 ($125.00, run run)"
    assert lacking(other) == []


def test_a_ledger_that_went_on_elsewhere_does_not_fit(store: Store, tmp_path: Path) -> None:
    """It counts as many, and they are others: a copy of the home was used somewhere else."""
    ledger = keeps_a_journal(store, tmp_path)
    sends(ledger, intent("A-1"))
    with store.durable.begin() as connection:
        connection.execute(update(ATTEMPTS).values(chain="0" * 32))
    assert lacking(ledger) == ["A-1"]


def test_a_loss_longer_than_what_is_looked_at_is_counted(store: Store, tmp_path: Path) -> None:
    """Only the journal's end is read."""
    ledger = keeps_a_journal(store, tmp_path)
    assert ledger.journal is not None
    for seq in range(1, 2_001):
        ledger.journal.append(
            JournalLine(seq, f"{seq:032d}", "2026-11-01T09:00:00+00:00", "lost", "k", f"L-{seq}", 100)
        )
    found = missing(ledger, ledger.journal)
    assert found.count == 2_000
    assert len(found.lines) < 500
    assert found.named.startswith("L-2000 ($1.00, run lost), ")
    assert found.named.endswith("and 1,995 more")


def test_an_intent_without_a_journal_is_taken_back(store: Store, tmp_path: Path, truth: Truth) -> None:
    """The second folder is away: nothing goes out, and the invoice can go later."""
    ledger = keeps_a_journal(store, tmp_path, second=tmp_path / "away")
    journal = Journal.of(tmp_path, tmp_path / "away")
    with pytest.raises(LedgerUnavailable, match="away cannot be used"):
        journal.must_be_writable()
    with api(store, truth.url) as to:
        sent = send_one(ledger, to, intent())
    assert "away cannot be used" in (sent.stopped or "")
    assert (state(ledger, intent()), events(ledger, intent())) == (State.PLANNED, [Event.INTENT, Event.WITHDRAWN])
    assert truth.posted() == []
    (tmp_path / "away").mkdir()
    with api(store, truth.url) as to:
        send_one(ledger, to, intent())
    assert state(ledger, intent()) is State.ACCEPTED
    assert [line.seq for line in lines_in(tmp_path / "away")] == [2]
    must_be_whole(ledger)


def test_a_retry_is_an_intent_too(store: Store, tmp_path: Path) -> None:
    """It makes a second job; it is no second invoice."""
    ledger = keeps_a_journal(store, tmp_path)
    sends(ledger, intent(), Event.ACCEPTED, "job-1")
    ledger.record(Event.FAILED, intent().key, expected_job="job-1")
    assert ledger.record(Event.RETRY_INTENT, intent().key, expected_job="job-1")
    assert [line.seq for line in lines_in(tmp_path / "journal")] == [1, 2]
    must_be_whole(ledger)
    with store.durable.begin() as connection:
        connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.seq == 2))
    with pytest.raises(NotTheNewest, match="1 of the invoices that were sent is gone"):
        must_be_whole(ledger)


def test_many_at_once_make_one_chain(store: Store, tmp_path: Path) -> None:
    """Threads, and runs of one home beside each other: no place is given twice, none is left out."""
    runs = [keeps_a_journal(store, tmp_path, f"run-{index}") for index in range(3)]
    sends(runs[0], intent("FIRST"))
    runs = [keeps_a_journal(store, tmp_path, f"late-{index}") for index in range(3)]
    ready = threading.Barrier(12)

    def work(number: int) -> None:
        ready.wait()
        sends(runs[number % 3], intent(f"M-{number}"))

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(12)))
    assert sorted(line.seq for line in lines_in(tmp_path / "journal")) == list(range(1, 14))
    assert lacking(runs[0]) == []
    must_be_whole(runs[0])
    assert {entry(runs[0], intent(f"M-{number}")).state for number in range(12)} == {State.SENDING}
