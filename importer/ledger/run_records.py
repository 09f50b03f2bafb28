"""The runs of a ledger: who is at work, who is gone, and what each came to. Every look and change goes through here.

A run says that it lives by renewing a lease. It is gone once that has lapsed, or once its process is no more, where
this machine can tell; a run that is taken for dead too early loses nothing but its word (see `ledger`).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, insert, select, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from importer.errors import LedgerUnavailable
from importer.ledger.journal import Journal
from importer.ledger.schema import Store, batches, unavailable
from importer.ledger.states import State
from importer.ledger.tables import INVOICES, RUNS

LEASE_SECONDS = 60.0
"""A run that has not renewed its lease for so long is taken for dead."""

BROKE_OFF = "It broke off. What was posted by then stays posted: run the file again for the rest."
"""What is told of a run that was killed: it could not say so itself."""


@dataclass(frozen=True, slots=True)
class RunStore:
    """The ledger's book of runs as one run sees it: `run` is its name, `who` is user@machine."""

    store: Store
    run: str
    who: str
    host: str
    now: Callable[[], datetime]  # aware; leases go by `store.now`, which all on this ledger share
    journal: Journal | None = None  # None: this one sends nothing from a home

    def open_run(
        self,
        *,
        command: str,
        destination: str,
        started: datetime,
        files: Sequence[Mapping[str, Any]] = (),
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
                    machine=self.machine(),
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

    def keep_rounds(self, origins: Sequence[Mapping[str, Any]], rounds: Sequence[Mapping[str, Any]]) -> None:
        """Notes which vendor's files, and which workbooks given back, this run has read."""
        with self.transaction() as connection:
            mine = RUNS.c.id == self.run
            options = connection.execute(select(RUNS.c.options).where(mine)).scalar() or {}
            kept = {"origins": list(origins), "rounds": list(rounds)}
            connection.execute(update(RUNS).where(mine).values(options={**options, **kept}))

    def keep_results(self, run: str, results: str, sha256: str, *, moved: bool = False) -> None:
        """Notes where the workbook of a run is, and what it was when it was written. One that was merely `moved` tells
        no more than before."""
        with self.transaction() as connection:
            told: dict[str, object] = {"results": results, "results_sha256": sha256}
            told |= {} if moved else {"results_due": False}
            connection.execute(update(RUNS).where(RUNS.c.id == run).values(told))

    def owe_results(self, runs: Collection[str], *, due: bool = True) -> None:
        """Notes that the workbooks of these runs are to be written anew, until `keep_results` says that one was; or,
        with `due` False, that they need not."""
        for batch in batches(sorted(runs)):
            with self.transaction() as connection:
                mine = (RUNS.c.id.in_(batch), RUNS.c.results.is_not(None))
                connection.execute(update(RUNS).where(*mine).values(results_due=due))

    def owed_results(self, destination: str) -> set[str]:
        """The runs whose workbooks were to be written anew and were not."""
        with self.reading() as connection:
            query = select(RUNS.c.id).where(RUNS.c.results_due, RUNS.c.destination == destination)
            return set(connection.execute(query).scalars())

    def has_written(self, results: str, sha256: str) -> bool:
        """True where a file is a run's results, and still as it was written."""
        with self.reading() as connection:
            query = select(RUNS.c.id).where(RUNS.c.results == results, RUNS.c.results_sha256 == sha256).limit(1)
            return connection.execute(query).first() is not None

    def run_record(self, run: str) -> Mapping[str, Any] | None:
        """What is kept of one run."""
        name = run.encode("utf-8", "replace").decode()  # however it was typed
        with self.reading() as connection:
            row = connection.execute(select(RUNS).where(RUNS.c.id == name)).mappings().first()
            return None if row is None else self._told(connection, row)

    def unknown_runs(self, names: Sequence[str]) -> list[str]:
        """Those of the runs that this ledger does not know."""
        known: set[str] = set()
        if names:
            with self.reading() as connection:
                for batch in batches(names):
                    known.update(connection.execute(select(RUNS.c.id).where(RUNS.c.id.in_(batch))).scalars())
        return [name for name in names if name not in known]

    def keys_of_run(self, run: str) -> list[str]:
        """The invoices that a run was the last to plan, in the order of their keys."""
        with self.reading() as connection:
            query = select(INVOICES.c.key).where(INVOICES.c.run == run).order_by(INVOICES.c.key)
            return list(connection.execute(query).scalars())

    def runs(self, limit: int) -> list[Mapping[str, Any]]:
        """The newest runs first."""
        with self.reading() as connection:
            query = select(RUNS).order_by(RUNS.c.started.desc(), RUNS.c.id.desc()).limit(limit)
            return [self._told(connection, row) for row in connection.execute(query).mappings()]

    def _told(self, connection: Connection, row: RowMapping) -> Mapping[str, Any]:
        """What is kept of a run. Of one that was killed nobody else says that it broke off: here it is not known
        before its process is gone, and of another machine's an hour after its last sign of life."""
        is_here = row["machine"] is not None and row["machine"] == self.machine()
        is_gone = row["finished"] is None and (
            not process_lives(row["pid"])
            if is_here
            else row["lease_until"] + 60 * LEASE_SECONDS < self.store.now(connection)
        )
        return {**row, "stopped": BROKE_OFF} if is_gone else dict(row)

    def runs_with_results(self, since: datetime) -> list[Mapping[str, Any]]:
        """The runs from then on that wrote a workbook, oldest first."""
        with self.reading() as connection:
            written = select(RUNS).where(RUNS.c.results.is_not(None), RUNS.c.started >= since)
            query = written.order_by(RUNS.c.started, RUNS.c.id)
            return [dict(row) for row in connection.execute(query).mappings()]

    def continued(self, since: datetime) -> dict[str, Mapping[str, Any]]:
        """Each run whose workbook was given back to `submit` from then on → the newest run that it was given back to.

        One that sent nothing and was stopped is none of them.
        """
        found: dict[str, Mapping[str, Any]] = {}
        with self.reading() as connection:
            query = select(RUNS).where(
                RUNS.c.command == "submit", RUNS.c.started >= since, RUNS.c.finished.is_not(None)
            )
            for record in connection.execute(query.order_by(RUNS.c.started, RUNS.c.id)).mappings():
                counts = record["counts"]
                if counts is not None and (record["stopped"] is None or counts.get("posted")):
                    for each in (record["options"] or {}).get("rounds", ()):
                        found[str(each["run"])] = dict(record)
        return found

    def insert_or_not(self, table: Table) -> Any:
        """An insert that leaves a row alone that is there already."""
        if self.store.is_sqlite:
            from sqlalchemy.dialects import sqlite

            return sqlite.insert(table).on_conflict_do_nothing()
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table).on_conflict_do_nothing()

    @contextmanager
    def kept_alive(self) -> Iterator[None]:
        """Renews the lease now, and again and again for as long as the block takes. Raises `LedgerUnavailable`."""
        over = threading.Event()

        def renew() -> None:
            while not over.wait(LEASE_SECONDS / 5):
                try:
                    self.renew()
                except LedgerUnavailable:
                    continue  # who sends meets the same ledger, and says so

        self.renew()
        thread = threading.Thread(target=renew, name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def dead_owners(self, connection: Connection) -> list[str]:
        """The runs that still own something, and are gone."""
        owners = select(INVOICES.c.owner).where(INVOICES.c.owner.is_not(None), INVOICES.c.owner != self.run).distinct()
        names = list(connection.execute(owners).scalars())
        if not names:
            return []
        now = self.store.now(connection)
        # A lease that ends further ahead than any is ever given was written before the clock was set back.
        leases = (RUNS.c.lease_until > now, RUNS.c.lease_until <= now + 2 * LEASE_SECONDS)
        alive = {
            row.id
            for row in connection.execute(
                select(RUNS.c.id, RUNS.c.machine, RUNS.c.pid).where(RUNS.c.id.in_(names), *leases)
            )
            if row.machine is None or row.machine != self.machine() or process_lives(row.pid)
        }
        return [name for name in names if name not in alive]

    def machine(self) -> str | None:
        """Where this process's id means something; None where that cannot be told, so that only the lease counts."""
        return _process_space() or (self.host if self.store.is_sqlite else None)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One change, on the disk at the end of the block. Raises `LedgerUnavailable`."""
        try:
            with self.store.writing() as connection:
                yield connection
        except (DBAPIError, NoConnectionFree) as error:
            raise self._unavailable(error) from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A look at what is committed. Raises `LedgerUnavailable`."""
        self.store.check()
        try:
            with self.store.durable.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                yield connection
        except (DBAPIError, NoConnectionFree) as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: SQLAlchemyError) -> LedgerUnavailable:
        return unavailable(self.store.durable.url.render_as_string(hide_password=True), error)


@cache
def _process_space() -> str | None:
    """This boot of this kernel, and its namespace of process ids: containers and cloned machines share host names."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return None


def process_lives(pid: int) -> bool:
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
