"""What the ledger knows of drop folders: who watches, which files were taken, and how far each has come.

A file's row is changed only by the watcher that owns it, by an `UPDATE … WHERE owner = me AND state = expected`. A
watcher says that it lives by renewing a lease; what it owned when it died is taken over by exactly one other.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from importer.errors import LedgerUnavailable
from importer.ledger.ledger import Ledger
from importer.ledger.run_records import LEASE_SECONDS, process_lives
from importer.ledger.states import State
from importer.ledger.tables import (
    DROPS,
    FOLDERS,
    INVOICES,
    RUNS,
    TROUBLES,
    WATCHERS,
)


class Stage(StrEnum):
    """How far a dropped file has come."""

    TAKING = "taking"  # about to be moved out of the inbox, or moved just now
    TAKEN = "taken"  # it lies in the working folder; its work is to be done
    FILING = "filing"  # its work is done and its place is decided; it is being moved there
    WAITING = "waiting"  # it waits for an approval
    ENDED = "ended"


UNDER_WAY = (Stage.TAKING, Stage.TAKEN, Stage.FILING)


@dataclass(frozen=True, slots=True)
class Drop:
    """One file that was taken from a drop folder."""

    id: str
    folder: str
    name: str
    size: int
    sha256: str | None
    dropped_by: str | None
    taken_at: datetime
    state: Stage
    owner: str | None
    worker: int | None
    not_before: float
    pauses: int
    deaths: int
    posting: bool
    place: str | None
    exit_code: int | None
    run: str | None
    plan: str | None
    approved: str | None
    approved_by: str | None
    said: str | None
    message: str | None
    told: dict[str, str]


_COLUMNS = tuple(DROPS.c[name] for name in Drop.__dataclass_fields__)


# ------------------------------------------------------------------------------------------------ who watches


def begin_to_watch(ledger: Ledger, folder: str, path: str) -> None:
    """Writes down that this watcher exists (again), with a fresh lease; forgets those whose lease lapsed long ago."""
    with ledger.transaction() as connection:
        now = ledger.store.now(connection)
        connection.execute(ledger.insert_or_not(FOLDERS).values(id=folder, path=path, rounds={}))
        connection.execute(update(FOLDERS).where(FOLDERS.c.id == folder).values(path=path))
        busy = select(DROPS.c.owner).where(DROPS.c.owner.is_not(None))
        gone = (WATCHERS.c.lease_until < now - 100 * LEASE_SECONDS, WATCHERS.c.id.not_in(busy))
        connection.execute(delete(WATCHERS).where(WATCHERS.c.folder == folder, *gone))
        connection.execute(delete(WATCHERS).where(WATCHERS.c.id == ledger.run))
        connection.execute(
            insert(WATCHERS).values(
                id=ledger.run,
                folder=folder,
                who=ledger.who,
                pid=os.getpid(),
                machine=ledger.machine(),
                started=ledger.now(),
                lease_until=now + LEASE_SECONDS,
            )
        )


def folder_at(ledger: Ledger, path: str) -> str | None:
    """The id of the folder that was watched at this path before; None where there was none."""
    with ledger.reading() as connection:
        return connection.execute(select(FOLDERS.c.id).where(FOLDERS.c.path == path).limit(1)).scalar()


def path_of(ledger: Ledger, folder: str) -> str | None:
    """Where this folder was when it was watched last; None where it never was."""
    with ledger.reading() as connection:
        return connection.execute(select(FOLDERS.c.path).where(FOLDERS.c.id == folder)).scalar()


@contextmanager
def kept_watching(ledger: Ledger) -> Iterator[None]:
    """Renews the watcher's lease again and again for as long as the block takes."""
    over = threading.Event()

    def renew() -> None:
        while not over.wait(LEASE_SECONDS / 5):
            try:
                _lease(ledger, LEASE_SECONDS)
            except LedgerUnavailable:
                continue  # the watcher meets the same ledger, and says so

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def end_watching(ledger: Ledger) -> None:
    """Ends the lease and gives up what this watcher owns."""
    with ledger.transaction() as connection:
        connection.execute(
            update(DROPS).where(DROPS.c.owner == ledger.run).values(owner=None, worker=None, changed_at=ledger.now())
        )
        connection.execute(delete(WATCHERS).where(WATCHERS.c.id == ledger.run))


def watchers(ledger: Ledger, folder: str) -> list[tuple[str, datetime]]:
    """Who watches a folder now, and since when, by the leases."""
    with ledger.reading() as connection:
        alive = _alive(ledger, connection)
        query = select(WATCHERS.c.id, WATCHERS.c.who, WATCHERS.c.started).where(WATCHERS.c.folder == folder)
        return [
            (row.who, row.started) for row in connection.execute(query.order_by(WATCHERS.c.started)) if row.id in alive
        ]


def _lease(ledger: Ledger, seconds: float) -> None:
    with ledger.transaction() as connection:
        until = ledger.store.now(connection) + seconds
        connection.execute(update(WATCHERS).where(WATCHERS.c.id == ledger.run).values(lease_until=until))


def _alive(ledger: Ledger, connection: Connection) -> set[str]:
    now = ledger.store.now(connection)
    # A lease that ends further ahead than any is ever given was written before the clock was set back.
    leases = (WATCHERS.c.lease_until > now, WATCHERS.c.lease_until <= now + 2 * LEASE_SECONDS)
    query = select(WATCHERS.c.id, WATCHERS.c.machine, WATCHERS.c.pid).where(*leases)
    return {
        row.id
        for row in connection.execute(query)
        if row.machine is None or row.machine != ledger.machine() or process_lives(row.pid)
    }


# ------------------------------------------------------------------------------------------------ taking


def new_drop_id(now: datetime) -> str:
    """A name for a drop that sorts by time and is unique; its folder in `working` is called so."""
    return f"{now.astimezone():%Y-%m-%dT%H-%M-%S}-{secrets.token_hex(3)}"


def write_down(
    ledger: Ledger, drop: str, folder: str, name: str, size: int, dropped_by: str | None, *, odd: str | None = None
) -> None:
    """Writes down that this watcher is about to take a file; `odd`: to put it aside, and why."""
    with ledger.transaction() as connection:
        connection.execute(
            insert(DROPS).values(
                id=drop,
                folder=folder,
                name=name,
                size=size,
                dropped_by=dropped_by,
                taken_at=ledger.now(),
                state=Stage.TAKING,
                owner=ledger.run,
                not_before=0.0,
                pauses=0,
                deaths=0,
                posting=False,
                told={},
                changed_at=ledger.now(),
                exit_code=None if odd is None else 2,
                said=odd,
            )
        )


def strike_out(ledger: Ledger, drop: str) -> None:
    """Forgets a file that was not taken after all: somebody else was quicker."""
    with ledger.transaction() as connection:
        connection.execute(
            delete(DROPS).where(DROPS.c.id == drop, DROPS.c.owner == ledger.run, DROPS.c.state == Stage.TAKING)
        )


def change(ledger: Ledger, drop: Drop, **values: Any) -> bool:
    """Changes a drop that is still this watcher's and in the state that it was seen in; False where it is not."""
    with ledger.transaction() as connection:
        return _changed(ledger, connection, drop, ledger.run, values)


def change_unowned(ledger: Ledger, drop: Drop, **values: Any) -> bool:
    """The same for a drop that nobody owns: one that waits."""
    with ledger.transaction() as connection:
        return _changed(ledger, connection, drop, None, values)


class Decided(Enum):
    """What came of deciding where a file goes."""

    DONE = "done"
    PLACE_TAKEN = "place taken"  # by another drop of this folder, now or once
    NOT_OURS = "not ours"  # any more


def decide(ledger: Ledger, drop: Drop, place: str, **values: Any) -> Decided:
    """Settles what becomes of a drop, and its place, which no other drop of the folder has ever had."""
    try:
        with ledger.transaction() as connection:
            others = (DROPS.c.folder == drop.folder, DROPS.c.place == place, DROPS.c.id != drop.id)
            if connection.execute(select(DROPS.c.id).where(*others)).first() is not None:
                return Decided.PLACE_TAKEN
            done = _changed(ledger, connection, drop, ledger.run, {**values, "state": Stage.FILING, "place": place})
            return Decided.DONE if done else Decided.NOT_OURS
    except LedgerUnavailable as error:
        if isinstance(error.__cause__, IntegrityError):  # another watcher took the place in this very moment
            return Decided.PLACE_TAKEN
        raise


def take_over(ledger: Ledger, folder: str) -> list[Drop]:
    """Makes this watcher the owner of what nobody works on any more: given up, or left behind by a dead watcher."""
    with ledger.reading() as connection:
        query = select(*_COLUMNS).where(
            DROPS.c.folder == folder,
            DROPS.c.state.in_(UNDER_WAY),
            or_(DROPS.c.owner.is_(None), DROPS.c.owner != ledger.run),
        )
        found = [_drop(row) for row in connection.execute(query.order_by(DROPS.c.taken_at))]
        alive = _alive(ledger, connection) if found else set()
        left = [one for one in found if one.owner not in alive and not _is_worked_on(ledger, connection, one)]
    taken = []
    for one in left:
        with ledger.transaction() as connection:
            if _changed(ledger, connection, one, one.owner, {"owner": ledger.run, "worker": None}):
                taken.append(one.id)
    return [each for name in taken if (each := drop(ledger, name)) is not None]


def _is_worked_on(ledger: Ledger, connection: Connection, one: Drop) -> bool:
    """True while the worker of a dead watcher is bringing its work to an end on this machine, and its lease lasts."""
    if one.worker is None or one.owner is None:
        return False
    now = ledger.store.now(connection)
    query = select(WATCHERS.c.machine).where(WATCHERS.c.id == one.owner, WATCHERS.c.lease_until > now)
    machine = connection.execute(query).scalar()
    return machine is not None and machine == ledger.machine() and process_lives(one.worker)


# ------------------------------------------------------------------------------------------------ looking


def drop(ledger: Ledger, name: str) -> Drop | None:
    """One drop by its id."""
    with ledger.reading() as connection:
        row = connection.execute(select(*_COLUMNS).where(DROPS.c.id == name)).first()
        return None if row is None else _drop(row)


def drops(ledger: Ledger, folder: str, *states: Stage) -> list[Drop]:
    """The drops of a folder in these states, the oldest first."""
    with ledger.reading() as connection:
        query = select(*_COLUMNS).where(DROPS.c.folder == folder, DROPS.c.state.in_(states))
        return [_drop(row) for row in connection.execute(query.order_by(DROPS.c.taken_at, DROPS.c.id))]


def untold(ledger: Ledger, folder: str) -> list[Drop]:
    """The drops that lie in their places and of which somebody is still to be told."""
    with ledger.reading() as connection:
        query = select(*_COLUMNS).where(
            DROPS.c.folder == folder, DROPS.c.state.in_((Stage.ENDED, Stage.WAITING)), DROPS.c.message.is_not(None)
        )
        return [_drop(row) for row in connection.execute(query.order_by(DROPS.c.taken_at))]


def told_in_vain(ledger: Ledger, folder: str, kind: str) -> None:
    """Nobody could be told of this trouble: it is to be told the next time."""
    with ledger.transaction() as connection:
        one = (TROUBLES.c.folder == folder, TROUBLES.c.kind == kind)
        connection.execute(update(TROUBLES).where(*one).values(told=None))


def ended_in(ledger: Ledger, folder: str, part: str) -> list[Drop]:
    """The drops that ended in a part of the folder, the oldest first; they may have been moved since."""
    with ledger.reading() as connection:
        place = (DROPS.c.place >= f"{part}/", DROPS.c.place < f"{part}0")  # "0" follows "/"
        query = select(*_COLUMNS).where(DROPS.c.folder == folder, DROPS.c.state == Stage.ENDED, *place)
        return [_drop(row) for row in connection.execute(query.order_by(DROPS.c.taken_at))]


def ended_since(ledger: Ledger, folder: str, since: datetime) -> list[Drop]:
    """The drops that ended since then, the oldest first."""
    with ledger.reading() as connection:
        query = select(*_COLUMNS).where(
            DROPS.c.folder == folder, DROPS.c.state == Stage.ENDED, DROPS.c.changed_at >= since
        )
        return [_drop(row) for row in connection.execute(query.order_by(DROPS.c.taken_at))]


def same_before(ledger: Ledger, drop: Drop) -> Drop | None:
    """The last file of the same content that was taken before this one, from whichever folder."""
    if drop.sha256 is None:
        return None
    with ledger.reading() as connection:
        query = (
            select(*_COLUMNS)
            .where(DROPS.c.sha256 == drop.sha256, DROPS.c.id != drop.id, DROPS.c.taken_at <= drop.taken_at)
            .order_by(DROPS.c.taken_at.desc(), DROPS.c.id.desc())
            .limit(1)
        )
        row = connection.execute(query).first()
        return None if row is None else _drop(row)


def of_run(ledger: Ledger, folder: str, run: str) -> Drop | None:
    """The drop of a folder that a run dealt with."""
    with ledger.reading() as connection:
        row = connection.execute(select(*_COLUMNS).where(DROPS.c.folder == folder, DROPS.c.run == run)).first()
        return None if row is None else _drop(row)


def was_approved(ledger: Ledger, folder: str, plan: str) -> bool:
    """True where a file of this folder was approved, or rejected, under this plan."""
    with ledger.reading() as connection:
        query = select(DROPS.c.id).where(
            DROPS.c.folder == folder,
            DROPS.c.approved_by.is_not(None),
            or_(DROPS.c.approved == plan, DROPS.c.plan == plan),
        )
        return connection.execute(query.limit(1)).first() is not None


def was_submitted(ledger: Ledger, plan: str, since: datetime) -> bool:
    """True where a run posted this plan since then, and has ended."""
    with ledger.reading() as connection:
        query = select(RUNS.c.id).where(
            RUNS.c.plan == plan, RUNS.c.command == "submit", RUNS.c.started >= since, RUNS.c.finished.is_not(None)
        )
        return connection.execute(query.limit(1)).first() is not None


def open_questions(ledger: Ledger, destination: str) -> dict[State, int]:
    """How many invoices wait to be confirmed, and how many are in doubt."""
    with ledger.reading() as connection:
        query = (
            select(INVOICES.c.state, func.count())
            .where(INVOICES.c.destination == destination, INVOICES.c.state.in_((State.ACCEPTED, State.IN_DOUBT)))
            .group_by(INVOICES.c.state)
        )
        return {State(state): count for state, count in connection.execute(query)}


# ------------------------------------------------------------------------------------------------ the folder itself


def due(ledger: Ledger, folder: str, what: str, every: float) -> bool:
    """True for one watcher, once in so many seconds: it is this one's turn to do what is done from time to time."""
    with ledger.transaction() as connection:
        query = select(FOLDERS.c.rounds).where(FOLDERS.c.id == folder).with_for_update()
        rounds = dict(connection.execute(query).scalar() or {})
        now = ledger.store.now(connection)  # after the waiting, or another's turn would seem to lie ahead
        if now - every < rounds.get(what, 0.0) <= now:
            return False
        connection.execute(update(FOLDERS).where(FOLDERS.c.id == folder).values(rounds={**rounds, what: now}))
        return True


def trouble(ledger: Ledger, folder: str, kind: str, said: str) -> datetime:
    """Notes what keeps the folder waiting; returns since when it does."""
    with ledger.transaction() as connection:
        connection.execute(
            ledger.insert_or_not(TROUBLES).values(folder=folder, kind=kind, since=ledger.now(), said=said)
        )
        one = (TROUBLES.c.folder == folder, TROUBLES.c.kind == kind)
        connection.execute(update(TROUBLES).where(*one).values(said=said))
        since: datetime = connection.execute(select(TROUBLES.c.since).where(*one)).scalar_one()
        return since


def is_to_tell(ledger: Ledger, folder: str, kind: str) -> bool:
    """True for one watcher, once: it is to tell people of this trouble."""
    with ledger.transaction() as connection:
        query = update(TROUBLES).where(TROUBLES.c.folder == folder, TROUBLES.c.kind == kind, TROUBLES.c.told.is_(None))
        return connection.execute(query.values(told=ledger.now()).returning(TROUBLES.c.kind)).first() is not None


def troubles(ledger: Ledger, folder: str) -> list[tuple[str, datetime, str]]:
    """What keeps the folder waiting: kind, since when, and a sentence."""
    with ledger.reading() as connection:
        query = select(TROUBLES.c.kind, TROUBLES.c.since, TROUBLES.c.said).where(TROUBLES.c.folder == folder)
        return [(row.kind, row.since, row.said) for row in connection.execute(query.order_by(TROUBLES.c.since))]


def trouble_over(ledger: Ledger, folder: str, kind: str) -> bool:
    """Forgets a trouble; True where people had been told of it."""
    with ledger.transaction() as connection:
        one = (TROUBLES.c.folder == folder, TROUBLES.c.kind == kind)
        row = connection.execute(delete(TROUBLES).where(*one).returning(TROUBLES.c.told)).first()
        return row is not None and row.told is not None


def _changed(ledger: Ledger, connection: Connection, drop: Drop, owner: str | None, values: dict[str, Any]) -> bool:
    statement = update(DROPS).where(
        DROPS.c.id == drop.id,
        DROPS.c.state == drop.state,
        DROPS.c.owner.is_(None) if owner is None else DROPS.c.owner == owner,
    )
    moved = connection.execute(statement.values(changed_at=ledger.now(), **values).returning(DROPS.c.id))
    return moved.first() is not None


def _drop(row: Row[Any]) -> Drop:
    values = row._asdict()
    return Drop(**{**values, "state": Stage(values["state"])})
