"""Sending: each invoice that this run owns goes out once, in its turn, and what came back is written down.

The order is the promise. A turn is waited for; the intent is committed; only then is a connection opened; the answer is
committed before the next invoice is looked at. Killed at any point, the ledger says which invoices may have arrived.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from importer.domain.follow_up_facts import Alarm
from importer.domain.payload import Payload
from importer.errors import (
    AccessDenied,
    AnotherEchoed,
    CannotRun,
    LedgerUnavailable,
    Misdirected,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
    RequestError,
)
from importer.ledger.entries import (
    NO_TERMS,
    LedgerEntry,
    PlannedPost,
    Rival,
    Terms,
)
from importer.ledger.ledger import Ledger
from importer.ledger.states import Event, State
from importer.propexo.exchange_deadline import StillValid
from importer.propexo.rate_limit import Stopped

if TYPE_CHECKING:
    from importer.propexo.client import Api

IN_FLIGHT = 12
"""Requests under way at once: twice what 150 a minute need while every answer is held back 2 seconds."""

FAILURES_IN_A_ROW = 10
"""After so many that are not about the invoice, the run ends."""

TRIES = 3
"""How often one invoice is tried while the API provably cannot be reached."""

MOST_PAUSES = 10
"""How often one invoice waits because of a 429, each time for longer, before the run ends."""

ABOUT_THE_INVOICE = (400, 413, 422)
"""Refusals with these statuses say something of the invoice; others, of the connection."""

SendProgress = Callable[[int, int], None]
"""Called with (done, of how many) after each invoice."""


@dataclass(frozen=True, slots=True)
class ApiReply:
    """What this run heard of one invoice. It holds even where the ledger could not be told (`recorded` False)."""

    event: Event  # ACCEPTED, REFUSED, LOST or WITHDRAWN
    said: str
    job_id: str | None
    recorded: bool
    alarm: Alarm | None = None


@dataclass(frozen=True, slots=True)
class SendResult:
    """What came of a sending. `stopped` says why not everything was tried, in a sentence."""

    heard: Mapping[str, ApiReply]  # key → what this run heard
    standing: Mapping[str, LedgerEntry]  # key → how it stands in the ledger, as far as that can be read
    stopped: str | None
    rivals: Mapping[str, tuple[Rival, ...]] = field(default_factory=dict)  # for which some were not sent
    alike: Mapping[str, tuple[Rival, ...]] = field(default_factory=dict)  # that some of those sent look like


def send(
    ledger: Ledger,
    api: Api,
    destination: str,
    intents: Sequence[PlannedPost],
    *,
    plan: str | None,
    stop: threading.Event,
    progress: SendProgress,
    terms: Terms = NO_TERMS,
    beside: Sequence[str] = (),
) -> SendResult:
    """Sends every invoice that no other run holds, several at a time, and tells what came of each.

    What a living run holds is waited for; what it leaves behind is taken over. What claims the rows of another invoice
    that is out, or about to go, is not sent, and that one is told; `terms` say what a person lets go all the same.
    `beside` are keys that others were sending: how they stand in the end is told too. Nothing is raised for what
    happens to one invoice, nor for a ledger that fails on the way: the run then ends early, with a sentence.
    """
    sending = _Sending(ledger, api, stop, plan, {intent.key: intent.payload for intent in intents})
    keys = [intent.key for intent in intents]
    left = list(intents)
    standing: dict[str, LedgerEntry] = {}
    rivals: dict[str, tuple[Rival, ...]] = {}
    alike: dict[str, tuple[Rival, ...]] = {}
    try:
        with ledger.kept_alive():
            while left and not sending.is_over:
                ledger.release_dead_runs(destination)
                claim = ledger.claim(destination, left, terms)
                rivals |= claim.rivals
                alike |= claim.alike
                sending.all(claim.owned, progress)
                standing |= ledger.standing([intent.key for intent in left])
                left = [intent for intent in left if _held_by_another(standing.get(intent.key), ledger.run)]
                if left:
                    stop.wait(0.25)
        standing = ledger.standing([*keys, *beside])
    except LedgerUnavailable as error:
        sending.end(str(error))
    stopped = sending.stopped
    going = (key for key in keys if key not in rivals)
    if stopped is None and stop.is_set() and any(_is_left(key, sending.heard, standing) for key in going):
        stopped = "The run was interrupted. What was sent is recorded; run it again for the rest."
    return SendResult(sending.heard, standing, stopped, rivals, alike)


def _is_left(key: str, heard: Mapping[str, ApiReply], standing: Mapping[str, LedgerEntry]) -> bool:
    """True where an invoice would be sent if the run went on."""
    state = standing[key].state if key in standing else State.PLANNED
    still_to_go = (State.PLANNED, State.SENDING, State.RELEASED)
    return state in still_to_go or (state in (State.REFUSED, State.FAILED) and key not in heard)


def _held_by_another(entry: LedgerEntry | None, run: str) -> bool:
    return entry is not None and entry.owner not in (None, run)


@dataclass(slots=True)
class _Sending:
    """What the sending threads share."""

    ledger: Ledger
    api: Api
    stop: threading.Event
    plan: str | None
    payloads: Mapping[str, Payload]  # by key, what is sent
    heard: dict[str, ApiReply] = field(default_factory=dict)
    stopped: str | None = None
    _unwritten: set[str] = field(default_factory=set)  # keys whose answer the ledger could not take
    _abandoned: threading.Event = field(default_factory=threading.Event)
    _failures: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_over(self) -> bool:
        """True once nothing more may be begun."""
        return self.stopped is not None or self.stop.is_set()

    def end(self, sentence: str) -> None:
        """Nothing more is begun; the first reason is kept."""
        if self.stopped is None:
            self.stopped = sentence

    def all(self, keys: Collection[str], progress: SendProgress) -> None:
        """Sends these invoices in the order of the input, at most `IN_FLIGHT` at once."""
        todo = deque(key for key in self.payloads if key in keys)
        pool = ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="send")
        waiting: set[Future[None]] = set()
        at_once = False
        try:
            while waiting or (todo and not self.is_over):
                while todo and len(waiting) < IN_FLIGHT and not self.is_over:
                    waiting.add(pool.submit(self._one, todo.popleft()))
                finished, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in finished:
                    future.result()
                progress(len(self.heard), len(self.payloads))
        except KeyboardInterrupt:
            at_once = True  # what is under way stays "sending", and is found again
            self._abandoned.set()
            raise
        except BaseException:
            self._abandoned.set()
            raise
        finally:
            pool.shutdown(wait=not at_once, cancel_futures=True)
            if not at_once:
                self._write_rest()

    def _one(self, key: str) -> None:
        """Sends one invoice, trying again only while it provably has not arrived."""
        tries = pauses = 0
        try:
            while tries < TRIES and not self.is_over and not self._abandoned.is_set():
                try:
                    if self._once(key):
                        return
                except RateLimited as error:
                    pauses += 1  # everybody waits; this try does not count
                    if pauses == MOST_PAUSES:
                        self.end(f"{error} It did so {MOST_PAUSES} times in a row.")
                    continue
                tries += 1
                if tries < TRIES:
                    self.stop.wait(2.0**tries / 8)
        except Stopped:
            return
        except CannotRun as error:
            self.end(str(error))

    def _once(self, key: str) -> bool:
        """One try; True once there is nothing more to do for this invoice."""
        body = self.payloads[key].body()
        with self.api.pace.turn(self.stop) as turn:
            if self.is_over or not self.ledger.record(Event.INTENT, key, plan=self.plan):
                return True
            try:
                job_id = self.api.create_invoice(body, turn, StillValid())
            except RateLimited as error:
                self._hear(key, Event.WITHDRAWN, error)
                raise
            except NotSent as error:
                self._hear(key, Event.WITHDRAWN, error)
                self._count(error)
                return False
            except (AccessDenied, Misdirected) as error:
                self._hear(key, Event.WITHDRAWN, error)
                self.end(str(error))
            except Refused as error:
                self._hear(key, Event.REFUSED, error)
                self._count(None if error.http_status in ABOUT_THE_INVOICE else error)
            except OutcomeUnknown as error:
                self._hear(key, Event.LOST, error)
                self._count(error)
            else:
                self._hear(key, Event.ACCEPTED, None, job_id)
                self._count(None)
            return True

    def _hear(self, key: str, event: Event, error: RequestError | None, job_id: str | None = None) -> None:
        """Keeps what came back: in memory first, then in the ledger. Raises `LedgerUnavailable`."""
        said = "" if error is None else error.sentence
        alarm = Alarm.ANOTHER_ECHOED if isinstance(error, AnotherEchoed) else None
        self.heard[key] = ApiReply(event, said, job_id, recorded=False, alarm=alarm)
        self._unwritten.add(key)
        status = 200 if error is None else error.http_status
        recorded = self.ledger.record(event, key, said=said or None, job_id=job_id, http_status=status, alarm=alarm)
        self._unwritten.discard(key)
        self.heard[key] = ApiReply(event, said, job_id, recorded, alarm)

    def _write_rest(self) -> None:
        """The last chance of answers that the ledger could not take. What stays unwritten will be in doubt."""
        for key in sorted(self._unwritten):
            heard = self.heard[key]
            try:
                said, job_id = heard.said or None, heard.job_id
                recorded = self.ledger.record(heard.event, key, said=said, job_id=job_id, alarm=heard.alarm)
            except LedgerUnavailable as error:
                self.end(str(error))
                return
            self._unwritten.discard(key)
            self.heard[key] = replace(heard, recorded=recorded)

    def _count(self, error: RequestError | None) -> None:
        """Ten failures in a row that are not about the invoice end the run."""
        with self._lock:
            self._failures = 0 if error is None else self._failures + 1
            if error is not None and self._failures >= FAILURES_IN_A_ROW:
                self.end(f"Paused after {FAILURES_IN_A_ROW} failures in a row. The last one: {error}")
