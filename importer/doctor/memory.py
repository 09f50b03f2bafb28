"""The ledger, what is open in it, and what is kept beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from importer.context import RunContext
from importer.doctor.finding import Finding, look, ok, wrong
from importer.domain.money import dollars
from importer.errors import LedgerUnavailable
from importer.ledger.ledger import Ledger
from importer.ledger.ledger_health import (
    Age,
    Health,
    Open,
    look_at,
    settled_before,
    unsettled,
)
from importer.ledger.states import State
from importer.masterdata.master_data import ago
from importer.runs.archive import archived_runs

OVERDUE = timedelta(hours=24)
"""What is pending for longer should be asked about."""

ABANDONED = timedelta(minutes=10)
"""What is being sent for longer was left by a run that is gone."""


def ledger_findings(desk: RunContext) -> tuple[list[Finding], bool]:
    """How the ledger is, and whether it may be opened as it is."""
    try:
        health = look_at(desk.settings.ledger)
    except LedgerUnavailable as error:
        return [wrong("Ledger", error.sentence, error.advice)], False
    return list(_of_ledger(desk, health)), health.age is Age.CURRENT


def _of_ledger(desk: RunContext, health: Health) -> Iterator[Finding]:
    advice = "Nothing should be sent before that is mended; see the page on working together."
    yield from (wrong("Ledger", f"{health.shown}: {fault}", advice) for fault in health.faults)
    archived = archived_runs(desk.settings.home)
    if health.age is Age.NEWER:
        yield wrong(
            "Ledger", f"{health.shown} was written by a newer version of this program.", "Install that version here."
        )
    elif health.age is Age.OLDER:
        said = f"{health.shown} was written by an older version. The next run brings it up to date."
        yield look("Ledger", said, "Where several machines share it, update all of them first.")
    elif health.age is Age.ABSENT and archived:
        yield wrong(
            "Ledger",
            f"There is none at {health.shown}, and {len(archived):,} runs posted from here: it is gone.",
            "Put it back from a backup, with all files whose names begin like its own. Send nothing until then.",
        )
    elif health.age is Age.ABSENT and not health.faults:
        yield ok("Ledger", f"There is none yet at {health.shown}; the first run makes it.")
    elif not health.faults:
        yield ok("Ledger", f"{health.shown} is whole.")
    if health.is_busy:
        yield look("Ledger", "Somebody was writing into it all the while.", "Look again when no run is under way.")


def archive_findings(desk: RunContext, ledger: Ledger) -> Iterator[Finding]:
    """Whether the ledger knows all that posted from here, and what is to be removed as too old."""
    runs = sorted(archived_runs(desk.settings.home))
    unknown = ledger.unknown_runs(runs)
    if unknown:
        yield wrong(
            "Archive",
            f"The ledger does not know of {len(unknown):,} runs that posted from here, such as {max(unknown)}.",
            "It is not the right one, or an older copy. Put the right one back; nothing is sent until then.",
        )
        return
    days = desk.settings.keep_archive_days
    old = settled_before(ledger, runs[:-1], desk.now() - timedelta(days=days))
    waiting = f" {len(old):,} of them are older than {days} days, and `watch` removes them." if old else ""
    yield ok("Archive", f"The files of {len(runs):,} runs are kept.{waiting}")


def invoice_findings(desk: RunContext, ledger: Ledger) -> Iterator[Finding]:
    """What is in doubt, pending for long, or was left half-way."""
    found = unsettled(ledger, desk.settings.destination)
    now = desk.now()
    doubtful, pending, sending = (found.get(state) for state in (State.IN_DOUBT, State.ACCEPTED, State.SENDING))
    if doubtful is not None:
        said = f"{_counted(doubtful)} in doubt, the oldest since {_since(doubtful, now)}."
        yield wrong("Invoices", said, "Run `invoice-importer settle`; do not enter them by hand.")
    if sending is not None and now - sending.since > ABANDONED:
        said = f"{_counted(sending)} left half-way by a run that is gone, since {_since(sending, now)}."
        yield wrong("Invoices", said, "Run `invoice-importer settle`: it looks for them.")
    if pending is not None and now - pending.since > OVERDUE:
        said = f"{_counted(pending)} not confirmed by ResMan, the oldest since {_since(pending, now)}."
        yield look("Invoices", said, "Run `invoice-importer status`: it asks what became of them.")
    elif doubtful is None and (sending is None or now - sending.since <= ABANDONED):
        under_way = "" if pending is None else f" {_counted(pending)} on the way to ResMan."
        yield ok("Invoices", f"None is in doubt.{under_way}")


def _counted(open_: Open) -> str:
    one = open_.count == 1
    return f"{open_.count:,} {'invoice' if one else 'invoices'} ({dollars(open_.cents)}) {'is' if one else 'are'}"


def _since(open_: Open, now: datetime) -> str:
    return f"{open_.since.astimezone():%Y-%m-%d %H:%M} ({ago(now, open_.since)})"
