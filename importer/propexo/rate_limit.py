"""When the next request may go, for everybody on one ledger, with regard to the other programs on the account.

A sliding window: at most so many requests in any stretch of `window` seconds, so that a small batch goes at once and
a large one keeps the budget. What counts is when the API counted a request, which nobody tells us; so each turn holds
the latest moment at which that may have been: some seconds ahead while its request is under way, and the moment of
the answer afterwards, less the time for which the API is known to hold answers back. Two requests a window apart here
are then at least a window apart there.

What the answers say is obeyed (contract, "Rate limits"): a lower limit, and the share that other programs use. A 429
is written into the same place, and pauses everybody.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from importer.errors import LedgerUnavailable
from importer.ledger.schema import Store, unavailable
from importer.ledger.tables import GATES, TURNS

API_LIMIT = 150
"""Requests a minute until the API's own headers say otherwise (contract, "Rate limits")."""

HELD_BACK_FROM = 0.2
HOLD_BACK = 2.0
"""With so small a share of the budget left, every answer is held back for so many seconds (contract, "Rate limits")."""

LONGEST_PAUSE = 300.0
"""Seconds. A pause that ends later was written before the clock was set back."""

SOON = 0.01
"""Seconds until another look where only an answer under way is waited for."""


class Stopped(Exception):
    """The run was asked to stop while it waited for its turn."""


@dataclass(slots=True)
class Turn:
    """Leave for one request. Whoever sends it notes here that it went out, and what the answer's headers said."""

    went_out: bool = False
    heard_at: float | None = None  # when the answer began, by the clock that only goes on
    limit: int | None = None
    remaining: int | None = None
    was_too_many: bool = False
    retry_after: float | None = None  # seconds


@dataclass(frozen=True, slots=True)
class PaceGate:
    """What is known of the account."""

    not_before: float  # seconds since 1970
    pauses: int  # 429 answers since the last good one
    limit_seen: int | None
    others: int  # requests in a window that were not ours
    seen_at: float


@dataclass(frozen=True, slots=True)
class Pace:
    """The pace of one account. `limit` is in requests per `window` seconds; `full_speed` uses all the API allows."""

    store: Store
    account: str
    limit: int
    window: float
    full_speed: bool = False

    @contextmanager
    def turn(self, stop: threading.Event) -> Iterator[Turn]:
        """Waits for a turn, and settles it at the end of the block. Raises `Stopped` when `stop` is set meanwhile,
        and `LedgerUnavailable`."""
        number, begun = self._take(stop)
        turn = Turn()
        try:
            yield turn
        finally:
            with suppress(SQLAlchemyError, LedgerUnavailable):  # no answer is lost over a note that cannot be kept
                self._settle(number, begun, turn)

    # ---------------------------------------------------------------------------------------------- before

    def _take(self, stop: threading.Event) -> tuple[int, float]:
        """The number of the turn and the moment of it, once there is one."""
        try:
            while not stop.is_set():
                self.store.check()
                with self.store.quick.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    delay = self._delay(connection, self._look(connection), self.store.now(connection))
                if delay <= 0:
                    with self.store.writing(durable=False) as connection:
                        gate = self._locked(connection)
                        now = self.store.now(connection)
                        delay = self._delay(connection, gate, now)
                        if delay <= 0:
                            return self._book(connection, now), now
                stop.wait(min(delay, self.window / 4))  # meanwhile others may have given up what they had
        except SQLAlchemyError as error:
            raise unavailable(self.store.durable.url.render_as_string(hide_password=True), error) from error
        raise Stopped

    def _delay(self, connection: Connection, gate: PaceGate | None, now: float) -> float:
        """Seconds until there may be a turn; 0 where there is one."""
        gate = gate or _UNKNOWN
        pause: float = gate.not_before - now if gate.not_before <= now + max(LONGEST_PAUSE, self.window) else 0.0
        in_the_way = (
            select(TURNS.c.at, TURNS.c.answered)
            .where(
                TURNS.c.account == self.account,
                TURNS.c.at > now - self.window,
                TURNS.c.at <= now + self._under_way,  # later ones were written before the clock was set back
            )
            .order_by(TURNS.c.at.desc())
            .offset(self._allowed(gate, now) - 1)
            .limit(1)
        )
        last = connection.execute(in_the_way).first()
        if last is None:
            return max(0.0, pause)
        free_at: float = last.at + self.window - (0.0 if last.answered else self._under_way)
        return max(pause, free_at - now, min(SOON, self.window / 100))

    def _book(self, connection: Connection, now: float) -> int:
        old = (TURNS.c.at < now - 2 * self.window) | (TURNS.c.at > now + 2 * self._under_way)
        connection.execute(delete(TURNS).where(TURNS.c.account == self.account, old))
        turn = insert(TURNS).values(account=self.account, at=now + self._under_way, answered=False)
        return int(connection.execute(turn.returning(TURNS.c.id)).scalar_one())

    @property
    def _under_way(self) -> float:
        """Seconds within which the API has counted a request, if it ever does: connecting takes no longer."""
        return self.window / 6

    def _allowed(self, gate: PaceGate, now: float) -> int:
        """How many requests of ours one window may hold, at least one."""
        limit = (gate.limit_seen or API_LIMIT) if self.full_speed else min(self.limit, gate.limit_seen or self.limit)
        if 0 <= now - gate.seen_at < self.window:
            limit -= gate.others
        return max(1, limit)

    # ---------------------------------------------------------------------------------------------- after

    def _settle(self, number: int, begun: float, turn: Turn) -> None:
        """Keeps when the request was counted at the latest, and what its answer said."""
        with self.store.writing(durable=False) as connection:
            gate = self._locked(connection)
            if not turn.went_out:
                connection.execute(delete(TURNS).where(TURNS.c.id == number))
                return
            now = self.store.now(connection)
            since = 0.0 if turn.heard_at is None else time.monotonic() - turn.heard_at
            counted = max(begun, now - since - self._held_back(turn))
            connection.execute(update(TURNS).where(TURNS.c.id == number).values(at=counted, answered=True))
            told = self._told(connection, gate, begun, now, turn)
            if told is not None:
                connection.execute(update(GATES).where(GATES.c.account == self.account).values(told))

    def _told(
        self, connection: Connection, gate: PaceGate, begun: float, now: float, turn: Turn
    ) -> dict[str, float | int] | None:
        """What an answer changes in what is known of the account."""
        if turn.was_too_many and gate.not_before > now:  # one of several under way; the pause is in force already
            return {"not_before": max(gate.not_before, now + (turn.retry_after or 0.0))}
        if turn.was_too_many:
            # Without a number a sixth of the window, doubled with each further 429; never no pause at all.
            least = self.window / (6 if turn.retry_after is None else 60) * 2**gate.pauses
            wait = max(min(self.window, least), turn.retry_after or 0.0)
            return {"not_before": max(gate.not_before, now + wait), "pauses": min(gate.pauses + 1, 10)}
        if turn.limit is None:
            return None
        others = 0
        if turn.remaining is not None:
            since = (TURNS.c.account == self.account, TURNS.c.at > begun - self.window)
            ours = connection.execute(select(func.count()).select_from(TURNS).where(*since)).scalar_one()
            others = max(0, turn.limit - turn.remaining - ours)
        return {"pauses": 0, "limit_seen": turn.limit, "others": others, "seen_at": now}

    def _held_back(self, turn: Turn) -> float:
        """Seconds for which the API held the answer back after it had counted the request."""
        if turn.limit is None or turn.remaining is None or turn.remaining > HELD_BACK_FROM * turn.limit:
            return 0.0
        return min(HOLD_BACK, HOLD_BACK * self.window / 60)

    # ---------------------------------------------------------------------------------------------- the gate

    def _look(self, connection: Connection, *, locking: bool = False) -> PaceGate | None:
        query = select(GATES.c.not_before, GATES.c.pauses, GATES.c.limit_seen, GATES.c.others, GATES.c.seen_at)
        query = query.where(GATES.c.account == self.account)
        row = connection.execute(query.with_for_update() if locking else query).first()
        return None if row is None else PaceGate(*row)

    def _locked(self, connection: Connection) -> PaceGate:
        """The gate, whose row is the lock: one turn is given at a time."""
        gate = self._look(connection, locking=True)
        if gate is not None:
            return gate
        first = insert(GATES).values(account=self.account, not_before=0.0, pauses=0, others=0, seen_at=0.0)
        with suppress(IntegrityError), connection.begin_nested():  # another process was first
            connection.execute(first)
        return self._look(connection, locking=True) or _UNKNOWN


_UNKNOWN = PaceGate(0.0, 0, None, 0, 0.0)
