"""What became of posted invoices: a hundred confirmations a request by the write logs, single questions else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from importer.errors import AccessDenied, NotSent, OutcomeUnknown, RateLimited, Refused
from importer.submitter.client import Api, WriteStatus
from importer.submitter.ledger import Entry, Ledger
from importer.submitter.settle import SKEW, Word, said_of, word_of
from importer.submitter.states import Event, State

RANGES = (("hour", timedelta(hours=1)), ("day", timedelta(days=1)), ("week", timedelta(days=7)))


def follow(ledger: Ledger, api: Api, destination: str, *, run: str | None = None) -> None:
    """Asks after every accepted invoice (of one run, or of all) and writes down what is known.

    Raises `RequestError` where the API cannot be asked; what was learnt until then is kept.
    """
    waiting: dict[str, dict[str, Entry]] = {}
    for entry in ledger.entries(destination, State.ACCEPTED, run=run):
        if entry.job_id:
            waiting.setdefault(entry.integration_id, {})[entry.job_id] = entry
    for integration_id, jobs in waiting.items():
        oldest = min(entry.sent_at or datetime.now(UTC) for entry in jobs.values())
        age = datetime.now(UTC) - oldest + SKEW
        time_range = next((name for name, span in RANGES if age < span), "month")
        for log in api.write_logs(integration_id, time_range):
            if log.status == "SUCCESS" and not log.error and log.job_id in jobs:
                entry = jobs.pop(log.job_id)
                ledger.record(Event.CONFIRMED, entry.key, expected_job=entry.job_id, said=HELD)
            if not jobs:
                break
        for entry in jobs.values():
            _told(ledger, entry, api.write_status(entry.job_id or ""))


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
) -> None:
    """Asks the API to write the failed invoices again, each once: the intent first, as with a new invoice.

    A lost answer leaves the invoice in doubt. Contract, "What became of it": a retry makes a new job.
    """
    failed = list(ledger.entries(destination, State.FAILED, run=run))
    for number, entry in enumerate(failed, start=1):
        if stop.is_set():
            return
        if entry.job_id is not None:
            _retry(ledger, api, entry, stop)
        progress(number, len(failed))


def _retry(ledger: Ledger, api: Api, entry: Entry, stop: threading.Event) -> None:
    job = entry.job_id or ""
    with api.pace.turn(stop):
        if not ledger.record(Event.RETRY_INTENT, entry.key, expected_job=job):
            return
        try:
            new_job = api.retry_write(job)
        except (NotSent, RateLimited, Refused) as error:
            ledger.record(Event.RETRY_WITHDRAWN, entry.key, said=entry.said, http_status=error.http_status)
            if isinstance(error, AccessDenied):
                raise
        except OutcomeUnknown as error:
            ledger.record(Event.LOST, entry.key, said=str(error), http_status=error.http_status)
        else:
            ledger.record(Event.ACCEPTED, entry.key, job_id=new_job, http_status=200)
