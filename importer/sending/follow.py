"""What became of posted invoices: a hundred confirmations a request by the write logs, single questions else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from importer.domain.follow_up_facts import ALARM, Alarm
from importer.errors import AccessDenied, Misdirected, NotSent, OutcomeUnknown, RateLimited, Refused
from importer.ledger.confirmed import confirmed_by_jobs, integrations_of_confirmed
from importer.ledger.entries import LedgerEntry
from importer.ledger.ledger import Ledger
from importer.ledger.refusals import Refusal
from importer.ledger.states import Event, State
from importer.propexo.exchange_deadline import StillValid
from importer.propexo.rate_limit import Stopped, Turn
from importer.sending.doubt import (
    Ending,
    Word,
    ending_of,
    open_words,
)
from importer.sending.retry_look import RetryLook
from importer.sending.settle import NO_POLICY, Policy, time_range

if TYPE_CHECKING:
    from importer.propexo.client import Api


MOST_UNREADABLE = 5
"""After so many in a row that cannot be read, the API is asked something else: it may be the API, not the invoices."""

LOOKED_BACK = timedelta(days=30)
"""So far back the write logs go (contract, "Write logs")."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What was learnt of posted invoices; all keys are those of invoices."""

    unreadable: Mapping[str, str] = field(default_factory=dict)  # whose job's status cannot be read: why, in a sentence
    taken_back: tuple[str, ...] = ()  # that were called done, and are called failed by now
    unseen: frozenset[str] = frozenset()  # that were not written again because they cannot be looked for
    looked: tuple[str, ...] = ()  # what is to be said of the look whether the ledger is the newest


def follow(
    ledger: Ledger, api: Api, destination: str, *, run: str | None = None, refusals: Sequence[str] = ()
) -> Followed:
    """Asks after every accepted invoice (of one run, or of all) and writes down what is known; also where the API says
    by now that one failed that it called done.

    One whose status cannot be read stays as it is, and keeps nobody up. `refusals` are the phrases that the settings
    call definite. Ends early where it is asked to stop. Raises `RequestError` where the API cannot be asked at all.
    What was learnt until then is kept.
    """
    following = _Following(ledger, api, refusals)
    waiting: dict[str, dict[str, LedgerEntry]] = {}
    for entry in ledger.entries(destination, State.ACCEPTED, run=run):
        if entry.job_id:
            waiting.setdefault(entry.integration_id, {})[entry.job_id] = entry
    try:
        for integration_id, jobs in waiting.items():
            following.confirm_by_logs(integration_id, jobs)
            for job, entry in jobs.items():
                following.ask(entry, job)
        for integration_id in integrations_of_confirmed(ledger, destination, ledger.now() - LOOKED_BACK, run):
            following.look_for_later_failures(destination, integration_id, run)
    except Stopped:
        pass
    return Followed(following.unreadable, tuple(following.taken_back))


@dataclass(slots=True)
class _Following:
    ledger: Ledger
    api: Api
    refusals: Sequence[str]
    unreadable: dict[str, str] = field(default_factory=dict)
    taken_back: list[str] = field(default_factory=list)
    _in_a_row: int = 0

    def confirm_by_logs(self, integration_id: str, jobs: dict[str, LedgerEntry]) -> None:
        """Takes those out of `jobs` that the logs say are done. Logs that cannot be read leave all to be asked."""
        oldest = (entry.sent_at or self.ledger.now() for entry in jobs.values())
        with _unread():
            for log in self.api.write_logs(integration_id, time_range(oldest, self.ledger.now())):
                if log.status == "SUCCESS" and not log.error and log.job_id in jobs:
                    entry = jobs.pop(log.job_id)
                    self.ledger.record(Event.CONFIRMED, entry.key, expected_job=entry.job_id, said=HELD)
                if not jobs:
                    return

    def ask(self, entry: LedgerEntry, job: str) -> None:
        """What became of one job."""
        try:
            status = self.api.write_status(job)
        except (AccessDenied, Misdirected):
            raise
        except Refused as error:
            # A job that nobody knows: a mistyped one, for instance.
            self.ledger.record(Event.UNSURE, entry.key, expected_job=job, said=f"Job {job}: {error.sentence}")
        except OutcomeUnknown as error:
            self._cannot_be_read(entry, job, error)
            return
        else:
            self._told(entry, ending_of(status, self.refusals))
        self._in_a_row = 0

    def _cannot_be_read(self, entry: LedgerEntry, job: str, error: OutcomeUnknown) -> None:
        """Marks the invoice, and goes on where the API as a whole can be asked."""
        said = f"What became of job {job} cannot be read: {error.sentence}"
        if entry.said != said:
            self.ledger.record(Event.UNREADABLE, entry.key, expected_job=job, said=said)
        self.unreadable[entry.key] = said
        self._in_a_row += 1
        if self._in_a_row >= MOST_UNREADABLE:
            self.api.integrations()
            self._in_a_row = 0

    def _told(self, entry: LedgerEntry, ending: Ending) -> None:
        """One answer about one job. A failure in words that prove nothing, or half a success, is no answer."""
        match ending.word:
            case Word.DONE:
                self.ledger.record(Event.CONFIRMED, entry.key, expected_job=entry.job_id, said=HELD)
            case Word.FAILED:
                self.ledger.record(
                    Event.FAILED, entry.key, expected_job=entry.job_id, said=ending.said, refusal=ending.refusal
                )
            case Word.UNSURE | Word.PARTLY:
                self.ledger.record(Event.UNSURE, entry.key, expected_job=entry.job_id, said=open_words(ending))
            case Word.QUEUED:
                return

    def look_for_later_failures(self, destination: str, integration_id: str, run: str | None) -> None:
        """Of what was called done within the log's month: what is called a failure by now. Logs, or a status, that
        cannot be read change nothing."""
        with _unread():
            failed = [log.job_id for log in self.api.write_logs(integration_id, "month", status="FAILURE")]
            for entry in confirmed_by_jobs(self.ledger, destination, failed, run):
                if entry.job_id is not None:
                    with _unread():
                        self._is_taken_back(entry, entry.job_id)

    def _is_taken_back(self, entry: LedgerEntry, job: str) -> None:
        ending = ending_of(self.api.write_status(job), self.refusals)
        if ending.word in (Word.FAILED, Word.UNSURE):
            why = ending.said or "it does not say why"
            said = f"{ALARM}: the API had called job {job} done, and calls it failed by now: {why}"
            if self.ledger.record(Event.TAKEN_BACK, entry.key, expected_job=job, said=said, alarm=Alarm.TAKEN_BACK):
                self.taken_back.append(entry.key)


@contextmanager
def _unread() -> Iterator[None]:
    """What cannot be read inside changes nothing, and ends nothing but the block."""
    try:
        yield
    except (AccessDenied, Misdirected):
        raise
    except (OutcomeUnknown, Refused):
        return


HELD = "ResMan has it."


def retry_failed(
    ledger: Ledger,
    api: Api,
    destination: str,
    *,
    run: str | None,
    stop: threading.Event,
    progress: Callable[[int, int], None],
    leave: Collection[str] = (),
    policy: Policy = NO_POLICY,
) -> Collection[str]:
    """Asks the API to write the failed invoices again, each once: the intent first, as with a new invoice.

    Left are the keys of `leave`, and those whose rows went out since as another invoice: each claims them anew just
    before its request, whatever was known when this list was made. Left is also what ResMan has already under its
    number. Each is looked for first, see `RetryLook`.

    The ledger's run must be open: it owns what it retries. A lost answer, and one by which the job has not failed after
    all, leave the invoice in doubt. Contract, "What became of it": a retry makes a new job. Returns the keys of those
    that are left because they cannot be looked for now.
    """
    every = ledger.entries(destination, State.FAILED, run=run)
    failed = [entry for entry in every if entry.key not in leave and entry.refusal is not Refusal.DUPLICATE]
    if not failed:
        return ()
    look = RetryLook(ledger, api, policy)
    with ledger.kept_alive(), suppress(Stopped):
        look.at(failed)
        for number, entry in enumerate(failed, start=1):
            if entry.job_id is not None and look.is_clear(entry):
                with api.pace.turn(stop) as turn:
                    _retry(ledger, api, entry, entry.job_id, turn)
            progress(number, len(failed))
    return look.unseen


def _retry(ledger: Ledger, api: Api, entry: LedgerEntry, job: str, turn: Turn) -> None:
    if not ledger.record(Event.RETRY_INTENT, entry.key, expected_job=job):
        return
    try:
        new_job = api.retry_write(job, turn, StillValid())
    except (NotSent, RateLimited, AccessDenied, Misdirected) as error:
        ledger.record(Event.RETRY_WITHDRAWN, entry.key, said=entry.said, http_status=error.http_status)
        if isinstance(error, Refused):
            raise
    except Refused as error:
        # "Only failed writes can be retried": somebody else may have had it written again meanwhile.
        said = f"The API does not write it again: {error.sentence}"
        ledger.record(Event.LOST, entry.key, said=said, job_id=job, http_status=error.http_status)
    except OutcomeUnknown as error:
        ledger.record(Event.LOST, entry.key, said=str(error), http_status=error.http_status)
    else:
        ledger.record(Event.ACCEPTED, entry.key, job_id=new_job, http_status=200)
