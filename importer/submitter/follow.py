"""What became of posted invoices: a hundred confirmations a request by the write logs, single questions else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from importer.errors import AccessDenied, Misdirected, NotSent, OutcomeUnknown, RateLimited, Refused
from importer.submitter.answers import WriteStatus
from importer.submitter.case import Word, said_of, word_of
from importer.submitter.entries import Entry
from importer.submitter.ledger import Ledger
from importer.submitter.pacing import Stopped, Turn
from importer.submitter.postings import went_on
from importer.submitter.settle import time_range
from importer.submitter.states import Event, State
from importer.submitter.watch import Fresh

if TYPE_CHECKING:
    from importer.submitter.client import Api


def follow(ledger: Ledger, api: Api, destination: str, *, run: str | None = None) -> None:
    """Asks after every accepted invoice (of one run, or of all) and writes down what is known.

    Ends early where it is asked to stop. Raises `RequestError` where the API cannot be asked. What was learnt until
    then is kept.
    """
    waiting: dict[str, dict[str, Entry]] = {}
    for entry in ledger.entries(destination, State.ACCEPTED, run=run):
        if entry.job_id:
            waiting.setdefault(entry.integration_id, {})[entry.job_id] = entry
    try:
        for integration_id, jobs in waiting.items():
            oldest = (entry.sent_at or ledger.now() for entry in jobs.values())
            for log in api.write_logs(integration_id, time_range(oldest, ledger.now())):
                if log.status == "SUCCESS" and not log.error and log.job_id in jobs:
                    entry = jobs.pop(log.job_id)
                    ledger.record(Event.CONFIRMED, entry.key, expected_job=entry.job_id, said=HELD)
                if not jobs:
                    break
            for job, entry in jobs.items():
                _ask(ledger, api, entry, job)
    except Stopped:
        return


def _ask(ledger: Ledger, api: Api, entry: Entry, job: str) -> None:
    try:
        status = api.write_status(job)
    except AccessDenied:
        raise
    except Refused as error:
        # A job that nobody knows: a mistyped one, for instance. It must not keep the others from being asked after.
        ledger.record(Event.UNSURE, entry.key, expected_job=job, said=f"Job {job}: {error.sentence}")
    else:
        _told(ledger, entry, status)


HELD = "ResMan has it."


def _told(ledger: Ledger, entry: Entry, status: WriteStatus) -> None:
    """One answer about one job. A failure that smells of a time-out, or half a success, is no answer."""
    said = said_of(status)
    match word_of(status):
        case Word.DONE:
            ledger.record(Event.CONFIRMED, entry.key, expected_job=entry.job_id, said=HELD)
        case Word.FAILED:
            said = said or "ResMan did not take it, and does not say why."
            ledger.record(Event.FAILED, entry.key, expected_job=entry.job_id, said=said)
        case Word.UNSURE:
            word = status.write_status.replace("_", " ").lower()
            said = f"ResMan may have it or not ({word}): {said}"
            ledger.record(Event.UNSURE, entry.key, expected_job=entry.job_id, said=said)
        case Word.QUEUED:
            return


def retry_failed(
    ledger: Ledger,
    api: Api,
    destination: str,
    *,
    run: str | None,
    stop: threading.Event,
    progress: Callable[[int, int], None],
    leave: Collection[str] = (),
) -> None:
    """Asks the API to write the failed invoices again, each once: the intent first, as with a new invoice.

    Those whose rows went out since as another invoice are left, and the keys of `leave`.

    The ledger's run must be open: it owns what it retries. A lost answer, and one by which the job has not failed after
    all, leave the invoice in doubt. Contract, "What became of it": a retry makes a new job.
    """
    failed = [entry for entry in ledger.failed(destination, run=run) if entry.key not in leave]
    gone = went_on(ledger, failed)
    failed = [entry for entry in failed if entry.key not in gone]
    if not failed:
        return
    with ledger.kept_alive():
        for number, entry in enumerate(failed, start=1):
            try:
                if entry.job_id is not None:
                    with api.pace.turn(stop) as turn:
                        _retry(ledger, api, entry, entry.job_id, turn)
            except Stopped:
                return
            progress(number, len(failed))


def _retry(ledger: Ledger, api: Api, entry: Entry, job: str, turn: Turn) -> None:
    if not ledger.record(Event.RETRY_INTENT, entry.key, expected_job=job):
        return
    try:
        new_job = api.retry_write(job, turn, Fresh())
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
