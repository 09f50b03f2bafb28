"""Sending: each invoice that this run owns goes out once, in its turn, and what came back is written down.

The order is the promise. A turn is waited for; the intent is committed; only then is a connection opened; the answer is
committed before the next invoice is looked at. Killed at any point, the ledger says which invoices may have arrived.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field

from importer.errors import (
    AccessDenied,
    CannotRun,
    ImporterError,
    LedgerUnavailable,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
)
from importer.submitter.client import Api
from importer.submitter.ledger import LEASE_SECONDS, Entry, Intent, Ledger
from importer.submitter.pacing import Stopped
from importer.submitter.states import Event

IN_FLIGHT = 12
"""Requests under way at once: twice what 150 a minute need while every answer is held back 2 seconds."""

STALE_INTENT_SECONDS = 10.0
"""A machine that slept between intent and request must not send: its invoice may have been settled meanwhile."""

FAILURES_IN_A_ROW = 10
TRIES = 3
"""How often one invoice is tried while the API provably cannot be reached."""

Progress = Callable[[int, int], None]
"""Called with (done, of how many) after each invoice."""


@dataclass(frozen=True, slots=True)
class Sent:
    """How the ledger stands after sending. `stopped` says why not everything was tried, in a sentence."""

    posted: frozenset[str]  # keys that this run sent and the API accepted
    standing: dict[str, Entry]
    unwritten: dict[str, str]  # accepted (key → job id), but the ledger could not be told: in doubt for everybody else
    stopped: str | None


def send(
    ledger: Ledger,
    api: Api,
    destination: str,
    intents: Sequence[Intent],
    *,
    plan: str | None,
    stop: threading.Event,
    progress: Progress,
) -> Sent:
    """Sends every invoice that no other run holds, several at a time, and tells how each stands.

    What a living run holds is waited for; what it leaves behind is taken over. Never raises for what happens to one
    invoice, and after the first request not for the ledger either: the run then ends with a sentence.
    """
    sending = _Sending(ledger, api, stop, plan, {intent.key: intent.payload.body() for intent in intents})
    left = list(intents)
    standing: dict[str, Entry] = {}
    with _kept_alive(ledger):
        while left and not sending.is_over:
            ledger.take_from_the_dead(destination)
            claim = ledger.claim(destination, left)
            sending.all(claim.owned, progress, len(intents))
            standing |= ledger.standing([intent.key for intent in left])
            left = [intent for intent in left if _held_by_another(standing.get(intent.key), ledger.run)]
            if left:
                stop.wait(0.25)
    stopped = sending.stopped
    if stopped is None and stop.is_set():
        stopped = "The run was interrupted. What was sent is recorded; run it again for the rest."
    return Sent(frozenset(sending.posted), standing, sending.unwritten, stopped)


def _held_by_another(entry: Entry | None, run: str) -> bool:
    return entry is not None and entry.owner not in (None, run)


@dataclass(slots=True)
class _Sending:
    """What the sending threads share."""

    ledger: Ledger
    api: Api
    stop: threading.Event
    plan: str | None
    bodies: Mapping[str, str]
    posted: set[str] = field(default_factory=set)
    unwritten: dict[str, str] = field(default_factory=dict)  # key → job id
    stopped: str | None = None
    done: int = 0
    abandoned: threading.Event = field(default_factory=threading.Event)
    _failures: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_over(self) -> bool:
        """True once nothing more may be begun."""
        return self.stopped is not None or self.stop.is_set()

    def all(self, keys: Collection[str], progress: Progress, total: int) -> None:
        """Sends these invoices in the order of the input, at most `IN_FLIGHT` at once."""
        todo = deque(key for key in self.bodies if key in keys)
        pool = ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="send")
        waiting: set[Future[None]] = set()
        try:
            while waiting or (todo and not self.is_over):
                while todo and len(waiting) < IN_FLIGHT and not self.is_over:
                    waiting.add(pool.submit(self.one, todo.popleft()))
                finished, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in finished:
                    future.result()
                    self.done += 1
                    progress(self.done, total)
        finally:
            self.abandoned.set()  # on Ctrl-C too: what is under way ends, nothing more begins
            pool.shutdown(wait=True, cancel_futures=True)
            self.abandoned.clear()
            self._write_rest()

    def one(self, key: str) -> None:
        """Sends one invoice, trying again only while it provably has not arrived."""
        try:
            tries = 0
            while tries < TRIES and self.stopped is None and not self.abandoned.is_set():
                try:
                    if self._once(key):
                        return
                except RateLimited:
                    continue  # everybody waits; this try does not count
                tries += 1
                self.stop.wait(min(2.0**tries / 4, 2.0))
        except Stopped:
            return
        except CannotRun as error:
            self._stop(str(error))

    def _once(self, key: str) -> bool:
        """One try; True once there is nothing more to do for this invoice."""
        with self.api.pace.turn(self.stop):
            if self.stopped is not None or not self.ledger.record(Event.INTENT, key, plan=self.plan):
                return True
            committed = time.time()  # the wall clock, because it goes on while the machine sleeps
            try:
                job_id = self.api.create_invoice(self.bodies[key], before=committed + STALE_INTENT_SECONDS)
            except RateLimited as error:
                self.ledger.record(Event.WITHDRAWN, key, said=str(error), http_status=error.http_status)
                raise
            except NotSent as error:
                self.ledger.record(Event.WITHDRAWN, key, said=str(error))
                self._count(error)
                return False
            except AccessDenied as error:
                self.ledger.record(Event.WITHDRAWN, key, said=str(error), http_status=error.http_status)
                self._stop(str(error))
                return True
            except Refused as error:
                self.ledger.record(Event.REFUSED, key, said=str(error), http_status=error.http_status)
                self._count(None if error.http_status in (400, 409, 413, 422) else error)
                return True
            except OutcomeUnknown as error:
                self.ledger.record(Event.LOST, key, said=str(error), http_status=error.http_status)
                self._count(error)
                return True
            self._accepted(key, job_id)
            self._count(None)
            return True

    def _accepted(self, key: str, job_id: str) -> None:
        """Writes the answer down; where the ledger cannot, it is kept in memory and tried once more at the end."""
        try:
            believed = self.ledger.record(Event.ACCEPTED, key, job_id=job_id, http_status=200)
        except LedgerUnavailable:
            self.unwritten[key] = job_id
            raise
        if believed:
            self.posted.add(key)

    def _write_rest(self) -> None:
        """The last chance of answers that the ledger could not take. What stays unwritten will be in doubt."""
        for key, job_id in list(self.unwritten.items()):
            try:
                self._accepted(key, job_id)
            except LedgerUnavailable:
                continue
            del self.unwritten[key]

    def _count(self, error: ImporterError | None) -> None:
        """Ten failures in a row that are not about the invoice end the run."""
        with self._lock:
            self._failures = 0 if error is None else self._failures + 1
            if error is not None and self._failures >= FAILURES_IN_A_ROW:
                self._stop(f"Paused after {FAILURES_IN_A_ROW} failures in a row. The last one: {error.sentence}")

    def _stop(self, sentence: str) -> None:
        if self.stopped is None:
            self.stopped = sentence


@contextmanager
def _kept_alive(ledger: Ledger) -> Iterator[None]:
    """Renews the run's lease for as long as the block takes."""
    over = threading.Event()

    def renew() -> None:
        while not over.wait(LEASE_SECONDS / 5):
            try:
                ledger.renew()
            except LedgerUnavailable:
                continue  # the sending itself meets the same ledger, and says so

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
