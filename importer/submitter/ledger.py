"""The durable record of every invoice that was ever to be sent: what "never twice, never lost" rests on.

One row per invoice under a unique key; each change is an `UPDATE … WHERE state = expected AND owner = me`, committed
before the next step is taken, so that of any number of processes only one sends. Beside it, append-only attempts.

A run owns what it sends. While it lives it renews a lease; what a dead run left in "sending" goes to "in doubt",
what it left in "planned" may be taken by another. An answer that arrives after that is kept as evidence, not believed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import DBAPIError

from importer.errors import LedgerUnavailable
from importer.models import Evidence, Payload
from importer.submitter.schema import ATTEMPTS, INVOICES, RUNS, Store, unavailable
from importer.submitter.states import MOVES, Event, Owner, State

LEASE_SECONDS = 60.0
"""A run that has not renewed its lease for so long is taken for dead."""

T = TypeVar("T")

BATCH = 500
"""Keys in one statement, well below what SQLite and PostgreSQL take."""


@dataclass(frozen=True, slots=True)
class Intent:
    """One invoice that a run wants to send."""

    key: str
    fingerprint: str
    payload: Payload
    file: str
    rows: str  # "2, 3"


@dataclass(frozen=True, slots=True)
class Entry:
    """One invoice as the ledger has it."""

    key: str
    destination: str
    integration_id: str
    property_id: str
    vendor_id: str
    invoice_number: str
    fingerprint: str
    body: str
    total_in_cents: int
    state: State
    owner: str | None
    run: str
    file: str
    rows: str
    plan: str | None
    sent_at: datetime | None
    job_id: str | None
    said: str | None
    evidence: tuple[Evidence, ...]

    def payload(self) -> Payload:
        """What was sent, or is to be."""
        return Payload.model_validate_json(self.body)


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a run that wants to send: what it now owns, and how every other invoice stands."""

    owned: frozenset[str]
    standing: Mapping[str, Entry]  # every key that was in the ledger before, as it is now


_ENTRY_COLUMNS = tuple(
    INVOICES.c[name]
    for name in (
        "key", "destination", "integration_id", "property_id", "vendor_id", "invoice_number", "fingerprint", "body",
        "total_in_cents", "state", "owner", "run", "file", "rows", "plan", "sent_at", "job_id", "said", "evidence",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger as one run sees it: `run` is the owner that it writes, `who` is user@machine."""

    store: Store
    run: str
    who: str
    host: str

    # ------------------------------------------------------------------------------------------ runs and leases

    def open_run(
        self,
        *,
        command: str,
        destination: str,
        started: datetime,
        files: Sequence[Mapping[str, Any]],
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """Writes down that this run exists, with a fresh lease."""
        with self.transaction() as connection:
            connection.execute(
                insert(RUNS).values(
                    id=self.run,
                    command=command,
                    who=self.who,
                    host=self.host,
                    pid=os.getpid(),
                    destination=destination,
                    started=started,
                    lease_until=self.store.now(connection) + LEASE_SECONDS,
                    files=list(files),
                    options=options,
                )
            )

    def renew(self) -> None:
        """Says that this run is alive."""
        with self.transaction() as connection:
            until = self.store.now(connection) + LEASE_SECONDS
            connection.execute(update(RUNS).where(RUNS.c.id == self.run).values(lease_until=until))

    def close_run(self, *, finished: datetime, **told: Any) -> None:
        """Ends the lease, gives up what was planned and not sent, and keeps the run's figures for `history`."""
        with self.transaction() as connection:
            connection.execute(
                update(INVOICES)
                .where(INVOICES.c.owner == self.run, INVOICES.c.state != State.SENDING)
                .values(owner=None)
            )
            connection.execute(
                update(RUNS).where(RUNS.c.id == self.run).values(finished=finished, lease_until=0.0, **told)
            )

    def keep_results(self, run: str, results: str, sha256: str) -> None:
        """Notes where the workbook of a run is, and what it was when it was written."""
        with self.transaction() as connection:
            connection.execute(update(RUNS).where(RUNS.c.id == run).values(results=results, results_sha256=sha256))

    def run_record(self, run: str) -> Mapping[str, Any] | None:
        """What is kept of one run."""
        with self.reading() as connection:
            row = connection.execute(select(RUNS).where(RUNS.c.id == run)).mappings().first()
            return None if row is None else dict(row)

    def keys_of_run(self, run: str) -> list[str]:
        """The invoices that a run was the last to plan, in the order of their keys."""
        with self.reading() as connection:
            query = select(INVOICES.c.key).where(INVOICES.c.run == run).order_by(INVOICES.c.key)
            return list(connection.execute(query).scalars())

    def runs(self, limit: int) -> list[Mapping[str, Any]]:
        """The newest runs first."""
        with self.reading() as connection:
            query = select(RUNS).order_by(RUNS.c.started.desc(), RUNS.c.id.desc()).limit(limit)
            return [dict(row) for row in connection.execute(query).mappings()]

    # ---------------------------------------------------------------------------------------------- looking

    def standing(self, keys: Sequence[str]) -> dict[str, Entry]:
        """The entries of those keys that the ledger knows."""
        found: dict[str, Entry] = {}
        with self.reading() as connection:
            for batch in _batches(keys):
                query = select(*_ENTRY_COLUMNS).where(INVOICES.c.key.in_(batch))
                found.update((row.key, _entry(row)) for row in connection.execute(query))
        return found

    def entries(self, destination: str, state: State, *, run: str | None = None) -> Iterator[Entry]:
        """The entries in one state at one destination, of one run or of all, a batch at a time."""
        after = ""
        while True:
            query = (
                select(*_ENTRY_COLUMNS)
                .where(INVOICES.c.destination == destination, INVOICES.c.state == state, INVOICES.c.key > after)
                .order_by(INVOICES.c.key)
                .limit(BATCH)
            )
            if run is not None:
                query = query.where(INVOICES.c.run == run)
            with self.reading() as connection:
                rows = connection.execute(query).all()
            yield from map(_entry, rows)
            if len(rows) < BATCH:
                return
            after = rows[-1].key

    def attempts(self, key: str) -> list[Mapping[str, Any]]:
        """Everything that was ever tried for one invoice, oldest first."""
        with self.reading() as connection:
            query = select(ATTEMPTS).where(ATTEMPTS.c.key == key).order_by(ATTEMPTS.c.id)
            return [dict(row) for row in connection.execute(query).mappings()]

    def known_jobs(self, job_ids: Sequence[str]) -> dict[str, set[str]]:
        """Those of the jobs that belong to invoices of this ledger → the keys they belong to. Not by late answers."""
        found: dict[str, set[str]] = {}
        with self.reading() as connection:
            for batch in _batches(job_ids):
                kept = select(INVOICES.c.job_id, INVOICES.c.key).where(INVOICES.c.job_id.in_(batch))
                tried = select(ATTEMPTS.c.job_id, ATTEMPTS.c.key).where(
                    ATTEMPTS.c.job_id.in_(batch), ATTEMPTS.c.event != Event.LATE
                )
                for job_id, key in [*connection.execute(kept), *connection.execute(tried)]:
                    found.setdefault(job_id, set()).add(key)
        return found

    # ---------------------------------------------------------------------------------------------- before sending

    def take_from_the_dead(self, destination: str) -> int:
        """Moves what dead runs were sending to "in doubt"; returns how many. Nothing else ever does so."""
        with self.transaction() as connection:
            dead = self._dead_owners(connection)
            if not dead:
                return 0
            moved = connection.execute(
                update(INVOICES)
                .where(
                    INVOICES.c.owner.in_(dead),
                    INVOICES.c.state == State.SENDING,
                    INVOICES.c.destination == destination,
                )
                .values(state=State.IN_DOUBT, owner=None, changed_at=_now(), said=_DIED)
                .returning(INVOICES.c.key, INVOICES.c.fingerprint, INVOICES.c.file, INVOICES.c.rows)
            ).all()
            for key, fingerprint, file, rows in moved:
                self._note(
                    connection, key, Event.OWNER_DIED, fingerprint=fingerprint, file=file, rows=rows, detail=_DIED
                )
            return len(moved)

    def claim(self, destination: str, intents: Sequence[Intent]) -> Claim:
        """Plans what may be sent, and makes this run its owner.

        New invoices, those planned by a run that is gone, refused and released ones, and failed ones that were
        corrected become this run's. Everything else is told as it stands.
        """
        owned: set[str] = set()
        standing: dict[str, Entry] = {}
        for batch in _batches(intents):
            with self.transaction() as connection:
                owned |= self._claim(connection, destination, batch, standing)
        overtaken = [intent.key for intent in intents if intent.key not in owned and intent.key not in standing]
        standing.update(self.standing(overtaken))
        return Claim(frozenset(owned), standing)

    def _claim(
        self, connection: Connection, destination: str, intents: Sequence[Intent], standing: dict[str, Entry]
    ) -> set[str]:
        keys = [intent.key for intent in intents]
        known = {
            row.key: _entry(row) for row in connection.execute(select(*_ENTRY_COLUMNS).where(INVOICES.c.key.in_(keys)))
        }
        standing.update(known)
        owned = self._insert(connection, destination, [intent for intent in intents if intent.key not in known])
        dead: set[str] | None = None
        for intent in intents:
            entry = known.get(intent.key)
            if entry is None or not may_go(entry, intent.fingerprint):
                continue
            if entry.owner is not None:
                dead = set(self._dead_owners(connection)) if dead is None else dead
                if entry.owner not in dead:
                    continue
            taken = connection.execute(
                update(INVOICES)
                .where(
                    INVOICES.c.key == entry.key,
                    INVOICES.c.state == entry.state,
                    INVOICES.c.owner.is_(None) if entry.owner is None else INVOICES.c.owner == entry.owner,
                )
                .values(
                    state=State.PLANNED,
                    owner=self.run,
                    run=self.run,
                    fingerprint=intent.fingerprint,
                    body=intent.payload.body(),
                    total_in_cents=intent.payload.total_amount_in_cents,
                    invoice_number=intent.payload.invoice_number,
                    file=intent.file,
                    rows=intent.rows,
                    job_id=None,
                    said=None,
                    evidence=None,
                    changed_at=_now(),
                )
                .returning(INVOICES.c.key)
            ).scalar()
            if taken is not None:
                owned.add(taken)
        return owned

    def _insert(self, connection: Connection, destination: str, intents: Sequence[Intent]) -> set[str]:
        """Inserts new entries; a key that another run inserted in this very moment stays that run's."""
        if not intents:
            return set()
        if self.store.is_sqlite:
            from sqlalchemy.dialects.sqlite import insert as insert_or_not
        else:
            from sqlalchemy.dialects.postgresql import insert as insert_or_not  # type: ignore[assignment]  # same call
        now = _now()
        rows = [
            {
                "key": intent.key,
                "destination": destination,
                "integration_id": intent.payload.integration_id,
                "property_id": intent.payload.property_id,
                "vendor_id": intent.payload.vendor_id,
                "invoice_number": intent.payload.invoice_number,
                "fingerprint": intent.fingerprint,
                "body": intent.payload.body(),
                "total_in_cents": intent.payload.total_amount_in_cents,
                "state": State.PLANNED,
                "owner": self.run,
                "run": self.run,
                "file": intent.file,
                "rows": intent.rows,
                "changed_at": now,
            }
            for intent in intents
        ]
        statement = insert_or_not(INVOICES).on_conflict_do_nothing().returning(INVOICES.c.key)
        return set(connection.execute(statement, rows).scalars())

    # ---------------------------------------------------------------------------- the one way to move one invoice

    def record(
        self,
        event: Event,
        key: str,
        *,
        expected_job: str | None = None,
        expected_sent_at: datetime | None = None,
        http_status: int | None = None,
        job_id: str | None = None,
        said: str | None = None,
        plan: str | None = None,
        evidence: Sequence[Evidence] | None = None,
    ) -> bool:
        """Makes the move of `states.MOVES` for this event and notes it, on the disk before this returns.

        False where the row is not in the state, not owned as the move demands, or no longer about the job or the
        sending that the caller knows: then nothing changes, and an answer to a request is kept as a late one.
        """
        move = MOVES[event]
        values: dict[str, Any] = {"state": move.end, "changed_at": _now()}
        if event in (Event.INTENT, Event.RETRY_INTENT):
            values |= {"sent_at": values["changed_at"], "plan": plan} if plan else {"sent_at": values["changed_at"]}
        if job_id is not None:
            values["job_id"] = job_id
        if said is not None:
            values["said"] = said
        if evidence is not None:
            values["evidence"] = [
                {"looked_at": each.looked_at, "at": each.at.isoformat(), "found": each.found} for each in evidence
            ]
        statement = update(INVOICES).where(INVOICES.c.key == key, INVOICES.c.state == move.start)
        if move.owner in (Owner.KEEPS, Owner.ENDS):
            statement = statement.where(INVOICES.c.owner == self.run)
        else:
            statement = statement.where(INVOICES.c.owner.is_(None))
        if move.owner is Owner.ENDS:
            values["owner"] = None
        elif move.owner is Owner.TAKES:
            values["owner"] = self.run
        if expected_job is not None:
            statement = statement.where(INVOICES.c.job_id == expected_job)
        if expected_sent_at is not None:
            statement = statement.where(INVOICES.c.sent_at == expected_sent_at)
        statement = statement.values(values)
        told = {"http_status": http_status, "job_id": job_id, "detail": said}
        with self.transaction() as connection:
            moved = connection.execute(
                statement.returning(INVOICES.c.fingerprint, INVOICES.c.file, INVOICES.c.rows)
            ).first()
            if moved is not None:
                self._note(connection, key, event, fingerprint=moved[0], file=moved[1], rows=moved[2], **told)
            elif move.start is State.SENDING:
                told["detail"] = f"{event}: {said}" if said else str(event)
                self._note(connection, key, Event.LATE, **told)
            return moved is not None

    def _note(self, connection: Connection, key: str, event: Event, **told: Any) -> None:
        connection.execute(insert(ATTEMPTS).values(key=key, at=_now(), run=self.run, who=self.who, event=event, **told))

    def _dead_owners(self, connection: Connection) -> list[str]:
        """The runs that still own something, and are gone."""
        owners = select(INVOICES.c.owner).where(INVOICES.c.owner.is_not(None), INVOICES.c.owner != self.run).distinct()
        names = list(connection.execute(owners).scalars())
        if not names:
            return []
        now = self.store.now(connection)
        alive = {
            row.id
            for row in connection.execute(
                select(RUNS.c.id, RUNS.c.host, RUNS.c.pid).where(RUNS.c.id.in_(names), RUNS.c.lease_until > now)
            )
            if row.host != self.host or _process_lives(row.pid)
        }
        return [name for name in names if name not in alive]

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One change, on the disk at the end of the block. Raises `LedgerUnavailable`."""
        try:
            with self.store.durable.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise self._unavailable(error) from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A look at what is committed. Raises `LedgerUnavailable`."""
        try:
            with self.store.durable.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                yield connection
        except DBAPIError as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: DBAPIError) -> LedgerUnavailable:
        return unavailable(self.store.durable.url.render_as_string(hide_password=True), error)


_DIED = "The run that was sending it ended without an answer."


def may_go(entry: Entry, fingerprint: str) -> bool:
    """Whether what the ledger knows allows an invoice with this content to be sent (again)."""
    if entry.state is State.FAILED:
        return entry.fingerprint != fingerprint
    return entry.state in (State.PLANNED, State.REFUSED, State.RELEASED)


def _entry(row: Row[Any]) -> Entry:
    values = row._asdict()
    values["state"] = State(values["state"])
    values["evidence"] = tuple(
        Evidence(each["looked_at"], datetime.fromisoformat(each["at"]), each["found"])
        for each in values["evidence"] or ()
    )
    return Entry(**values)


def _process_lives(pid: int) -> bool:
    """Whether a process of this machine is alive; True where it cannot be told (then the lease decides)."""
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def _now() -> datetime:
    return datetime.now(UTC)
