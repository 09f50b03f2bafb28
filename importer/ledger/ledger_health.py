"""A look at a ledger that changes nothing: whether it is there, whole, durable, and as new as this program.

Opening a ledger for work makes it where there is none and brings an older one up to date; this does neither.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from importer.home import lock_holder
from importer.ledger.ledger import Ledger
from importer.ledger.network_share import network_share
from importer.ledger.schema import (
    HEAD,
    address,
    batches,
    engine_for,
    unavailable,
    version_of,
)
from importer.ledger.states import State
from importer.ledger.tables import INVOICES, RUNS

PATIENCE = 10.0
"""Seconds to wait for somebody who is writing."""

UNSETTLED = (State.SENDING, State.IN_DOUBT, State.ACCEPTED)
"""What became of these is not known yet."""


class Age(StrEnum):
    """How a ledger's tables compare with those of this program."""

    ABSENT = "absent"  # there is none yet
    OLDER = "older"  # brought up to date by the first run that opens it
    CURRENT = "current"
    NEWER = "newer"  # this program must not touch it


@dataclass(frozen=True, slots=True)
class Health:
    """What a look at a ledger has shown."""

    shown: str  # its address, without a password
    age: Age
    faults: tuple[str, ...] = ()  # sentences: why it must not be relied on
    is_busy: bool = False  # somebody was writing all the while, so that writing could not be tried


@dataclass(frozen=True, slots=True)
class Open:
    """The invoices of one unsettled state."""

    count: int
    cents: int
    since: datetime  # the oldest change to one of them


def look_at(url: str) -> Health:
    """How the ledger behind a SQLAlchemy address is. Raises `LedgerUnavailable` where it cannot be looked at."""
    parsed, shown = address(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            return Health(shown, Age.ABSENT, ("A ledger in memory would forget what was posted.",))
        return _sqlite(Path(parsed.database or ""), shown)
    engine = engine_for(url, durable=True)
    try:
        return _postgresql(engine, shown)
    except SQLAlchemyError as error:
        raise unavailable(shown, error) from error
    finally:
        engine.dispose()


def unsettled(ledger: Ledger, destination: str) -> Mapping[State, Open]:
    """What is open at one destination, by state."""
    with ledger.reading() as connection:
        query = (
            select(
                INVOICES.c.state,
                func.count(),
                func.sum(INVOICES.c.total_in_cents),
                func.min(func.coalesce(INVOICES.c.sent_at, INVOICES.c.changed_at), type_=INVOICES.c.changed_at.type),
            )
            .where(INVOICES.c.destination == destination, INVOICES.c.state.in_(UNSETTLED))
            .group_by(INVOICES.c.state)
        )
        return {State(row[0]): Open(row[1], int(row[2]), row[3]) for row in connection.execute(query)}


def settled_before(ledger: Ledger, runs: Sequence[str], moment: datetime) -> frozenset[str]:
    """Those of the runs that began before a moment, and of whose every invoice it is known what became.

    A run that the ledger does not know is none of them.
    """
    found: set[str] = set()
    with ledger.reading() as connection:
        for batch in batches(runs):
            began = select(RUNS.c.id).where(RUNS.c.id.in_(batch), RUNS.c.started < moment)
            open_ended = select(INVOICES.c.run).where(INVOICES.c.run.in_(batch), INVOICES.c.state.in_(UNSETTLED))
            found.update(connection.execute(began).scalars())
            found.difference_update(connection.execute(open_ended.distinct()).scalars())
    return frozenset(found)


def _sqlite(file: Path, shown: str) -> Health:
    if not file.is_file():
        return Health(shown, Age.ABSENT)
    share = network_share(file.absolute().parent)
    faults = [f"It lies on a network share ({share}), where SQLite loses what it was told."] if share else []
    is_busy = False
    try:
        with closing(sqlite3.connect(file, timeout=PATIENCE, isolation_level=None)) as connection:
            version = _sqlite_version(connection)
            mode = str(connection.execute("PRAGMA journal_mode").fetchone()[0])
            if version is not None and mode != "wal":
                faults.append(f"It keeps its journal in the mode {mode!r} instead of WAL.")
            damage = [str(row[0]) for row in connection.execute("PRAGMA quick_check(3)")]
            if damage != ["ok"]:
                faults.append(f"It is damaged: {'; '.join(damage)}.")
            try:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
            except sqlite3.OperationalError as error:
                is_busy = lock_holder.is_busy(error)
                if not is_busy:
                    faults.append(f"It cannot be written: {error}.")
    except sqlite3.Error as error:
        raise unavailable(shown, error) from error
    return Health(shown, _age(version), tuple(faults), is_busy)


def _sqlite_version(connection: sqlite3.Connection) -> str | None:
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if known else None
    return None if row is None else str(row[0])


def _postgresql(engine: Engine, shown: str) -> Health:
    faults: list[str] = []
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        version = version_of(connection)
        if connection.execute(text("SELECT pg_is_in_recovery()")).scalar():
            faults.append("It is a standby, and takes no writing.")
        elif connection.execute(text("SHOW transaction_read_only")).scalar() == "on":
            faults.append("It takes no writing: that is how the server was set up.")
        wanted = text("SELECT name FROM pg_settings WHERE setting = 'off' AND name IN ('fsync', 'synchronous_commit')")
        faults += [
            f"Its setting {name} is off, so that it may forget what was sent when the power fails."
            for name in connection.execute(wanted.execution_options()).scalars()
        ]
    return Health(shown, _age(version), tuple(faults))


def _age(version: str | None) -> Age:
    if version is None:
        return Age.ABSENT
    return Age.CURRENT if version == HEAD else Age.OLDER if version < HEAD else Age.NEWER
