"""A look at a ledger that changes nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text, update

from importer.errors import LedgerUnavailable
from importer.ledger.ledger_health import (
    Age,
    look_at,
    settled_before,
    unsettled,
)
from importer.ledger.schema import Store, open_store
from importer.ledger.states import State
from importer.ledger.tables import INVOICES
from tests.sending.made import PLACE, at_work, intent

NEVER = datetime(2999, 1, 1, tzinfo=UTC)


def test_where_there_is_none_yet_none_is_made(address: str, tmp_path: Path) -> None:
    """Looking is not opening."""
    assert look_at(address).age is Age.ABSENT
    assert list(tmp_path.glob("*.sqlite3")) == []


@pytest.mark.parametrize(("version", "age"), [("0001", Age.OLDER), ("0999", Age.NEWER)])
def test_the_tables_are_left_as_old_as_they_are(address: str, version: str, age: Age) -> None:
    """An older ledger is not brought up to date: on other machines older versions may still be at work."""
    open_store(address).close()
    assert look_at(address).age is Age.CURRENT
    engine = create_engine(address)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    assert look_at(address).age is age
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == version
    engine.dispose()


def test_a_damaged_page_is_found(tmp_path: Path) -> None:
    """By SQLite's own check."""
    path = tmp_path / "ledger.sqlite3"
    with closing(open_store(f"sqlite:///{path}")) as store:
        at_work(store, "r-1").claim(PLACE, [intent(str(each)) for each in range(200)])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'invoices_by_run'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as stream:
        stream.seek((page - 1) * size)
        stream.write(b"\xff" * size)
    health = look_at(f"sqlite:///{path}")
    assert "It is damaged: " in health.faults[0]


def test_a_file_that_is_no_database_cannot_be_looked_at(tmp_path: Path) -> None:
    """Said in a sentence."""
    (tmp_path / "ledger.sqlite3").write_text("This is a letter to the bank, and not a ledger at all. " * 20)
    with pytest.raises(LedgerUnavailable, match="not a database"):
        look_at(f"sqlite:///{tmp_path / 'ledger.sqlite3'}")


def test_a_server_that_may_forget_is_told(postgres: str) -> None:
    """The server of the tests keeps nothing through a power cut."""
    open_store(postgres).close()
    assert look_at(postgres).faults == (
        "Its setting fsync is off, so that it may forget what was sent when the power fails.",
    )


def test_a_ledger_in_memory_is_a_fault() -> None:
    """It would forget what was posted."""
    assert look_at("sqlite://").faults == ("A ledger in memory would forget what was posted.",)


def test_what_is_open_is_counted_by_state(store: Store) -> None:
    """With its money, and since when; another destination does not count."""
    ledger = at_work(store, "r-1")
    ledger.claim(PLACE, [intent("1"), intent("2"), intent("3")])
    then = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert unsettled(ledger, PLACE) == {}
    assert settled_before(ledger, [ledger.run, "none"], NEVER) == {ledger.run}
    assert settled_before(ledger, [ledger.run], then) == frozenset()
    with store.writing() as connection:
        for number, state in (("1", State.IN_DOUBT), ("2", State.IN_DOUBT), ("3", State.ACCEPTED)):
            sent = then + timedelta(days=int(number))
            key = intent(number).key
            connection.execute(update(INVOICES).where(INVOICES.c.key == key).values(state=state, sent_at=sent))
    found = unsettled(ledger, PLACE)
    each = intent("1").payload.total_amount_in_cents
    assert {state: (open_.count, open_.cents, open_.since) for state, open_ in found.items()} == {
        State.IN_DOUBT: (2, 2 * each, then + timedelta(days=1)),
        State.ACCEPTED: (1, each, then + timedelta(days=3)),
    }
    assert unsettled(ledger, "elsewhere") == {}
    assert settled_before(ledger, [ledger.run, "none"], NEVER) == frozenset()
