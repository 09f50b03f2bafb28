"""When the next request may go, for everybody on one ledger, with regard to the other programs on the account.

A sliding window: at most so many requests in any stretch of `window` seconds, so that a small batch goes at once and
a large one keeps the budget. A turn is booked in the ledger before the request, and moved to the moment of its answer
after it: the API has counted it by then, so that two requests a window apart here are a window apart there.

What the answers say is obeyed (contract, "Rate limits"): a lower limit, and the share that other programs use. A 429
is written into the same place, and pauses everybody.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from importer.submitter.schema import GATES, TURNS, Store, unavailable

API_LIMIT = 150
"""Requests a minute until the API's own headers say otherwise (contract, "Rate limits")."""


class Stopped(Exception):
    """The run was asked to stop while it waited for its turn."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The pace of one account. `limit` is in requests per `window` seconds; `full_speed` uses all the API allows."""

    store: Store
    account: str
    limit: int
    window: float
    full_speed: bool = False

    @contextmanager
    def turn(self, stop: threading.Event) -> Iterator[None]:
        """Waits for a turn, and gives it up at the end of the block. Raises `Stopped` when `stop` is set meanwhile,
        and `LedgerUnavailable`."""
        try:
            number = self._wait(stop)
        except DBAPIError as error:
            raise unavailable(self.store.durable.url.render_as_string(hide_password=True), error) from error
        try:
            yield
        finally:
            with suppress(SQLAlchemyError), self.store.quick.begin() as connection:
                connection.execute(update(TURNS).where(TURNS.c.id == number).values(at=self.store.now(connection)))

    def observe(self, *, limit: int | None, remaining: int | None) -> None:
        """Takes note of an answer's rate-limit headers. An answer is never lost over a note that cannot be kept."""
        with suppress(SQLAlchemyError), self.store.quick.begin() as connection:
            now = self.store.now(connection)
            values: dict[str, float | int] = {"pauses": 0}
            if limit is not None and limit > 0:
                values |= {"limit_seen": limit, "seen_at": now}
                if remaining is not None:
                    ours = self._count_since(connection, now - self.window, now)
                    values["others"] = max(0, limit - remaining - ours)
            self._gate(connection)
            connection.execute(update(GATES).where(GATES.c.account == self.account).values(values))

    def pause(self, seconds: float | None) -> None:
        """Nobody sends for so long; without a number a sixth of the window, doubled with each further 429 up to it."""
        with suppress(SQLAlchemyError), self.store.quick.begin() as connection:
            gate = self._gate(connection)
            wait = min(self.window, self.window / 6 * 2**gate.pauses) if seconds is None else max(0.0, seconds)
            until = max(gate.not_before, self.store.now(connection) + wait)
            connection.execute(
                update(GATES)
                .where(GATES.c.account == self.account)
                .values(not_before=until, pauses=min(gate.pauses + 1, 10))
            )

    def _wait(self, stop: threading.Event) -> int:
        number, slot = self._book()
        while True:
            with self.store.quick.connect() as connection:
                now = self.store.now(connection)
                not_before = connection.execute(
                    select(GATES.c.not_before).where(GATES.c.account == self.account)
                ).scalar()
            delay = max(slot, not_before or 0.0) - now
            if delay <= 0 and not stop.is_set():
                return number
            if stop.wait(max(0.0, delay)):
                with self.store.quick.begin() as connection:
                    connection.execute(delete(TURNS).where(TURNS.c.id == number))
                raise Stopped

    def _book(self) -> tuple[int, float]:
        """Books the next free moment. One booking at a time: the gate's row is the lock."""
        with self.store.quick.begin() as connection:
            gate = self._gate(connection)
            now = self.store.now(connection)
            connection.execute(delete(TURNS).where(TURNS.c.account == self.account, TURNS.c.at < now - 2 * self.window))
            newest = (
                select(TURNS.c.at)
                .where(TURNS.c.account == self.account)
                .order_by(TURNS.c.at.desc())
                .offset(self._allowed(gate.limit_seen, gate.others, now - gate.seen_at) - 1)
                .limit(1)
            )
            blocking = connection.execute(newest).scalar()
            slot = now if blocking is None else max(now, blocking + self.window)
            statement = insert(TURNS).values(account=self.account, at=slot).returning(TURNS.c.id)
            return connection.execute(statement).scalar_one(), slot

    def _allowed(self, limit_seen: int | None, others: int, age: float) -> int:
        """How many requests of ours one window may hold, at least one."""
        limit = (limit_seen or API_LIMIT) if self.full_speed else min(self.limit, limit_seen or self.limit)
        if age < self.window:
            limit -= others
        return max(1, limit)

    def _count_since(self, connection: Connection, start: float, end: float) -> int:
        query = select(func.count()).where(TURNS.c.account == self.account, TURNS.c.at > start, TURNS.c.at <= end)
        return connection.execute(query).scalar_one()

    def _gate(self, connection: Connection) -> Gate:
        query = select(GATES.c.not_before, GATES.c.pauses, GATES.c.limit_seen, GATES.c.others, GATES.c.seen_at).where(
            GATES.c.account == self.account
        )
        if not self.store.is_sqlite:
            query = query.with_for_update()
        row = connection.execute(query).first()
        if row is not None:
            return Gate(*row)
        first = insert(GATES).values(account=self.account, not_before=0.0, pauses=0, others=0, seen_at=0.0)
        try:
            with connection.begin_nested():
                connection.execute(first)
        except IntegrityError:
            return self._gate(connection)
        return Gate(0.0, 0, None, 0, 0.0)


@dataclass(frozen=True, slots=True)
class Gate:
    """What is known of the account."""

    not_before: float  # seconds since 1970
    pauses: int
    limit_seen: int | None
    others: int
    seen_at: float
