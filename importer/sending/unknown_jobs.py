"""Jobs that the API shows and this ledger does not know: the sign that there is, or was, another memory of what went.

Before anything is sent, the API's write logs are looked through back to where they were looked through last. A job
there that is neither known here nor explained by an invoice whose answer is open was posted past this ledger: by a
newer copy of it, by another ledger, by somebody else. Only a person can tell which: such jobs stop the run, until they
are acknowledged. That is kept for good, with what they paid, so that such a bill is not sent a second time.

Contract, "Write logs": a pending job may not show, so that a clean look proves nothing of the last minutes; their
order and the shape of `parameters` are not stated, so that nothing here depends on either.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from importer.domain.bills import Bill
from importer.domain.identity import normalised_number
from importer.domain.money import dollars
from importer.errors import ApiAway, NotTheNewest, RequestError
from importer.ledger.confirmed import confirmed_without_a_job
from importer.ledger.entries import LedgerEntry
from importer.ledger.ledger import Ledger
from importer.ledger.schema import batches
from importer.ledger.states import State
from importer.ledger.tables import (
    ATTEMPTS,
    INVOICES,
    SEEN_LOGS,
    STRANGERS,
)
from importer.propexo.answers import WriteLog
from importer.propexo.rate_limit import Stopped
from importer.report.sandbox_commands import with_sandbox_flag
from importer.sending.doubt import Doubt
from importer.sending.evidence import Match, Sought, values_of
from importer.sending.settle import time_range
from importer.sending.synced import SKEW

if TYPE_CHECKING:
    from importer.propexo.client import Api

OVERLAP = timedelta(hours=1)
"""So far behind what was seen last is looked at again: a job may show late, under the moment at which it was made."""

NO_LOGS = "no-logs"
"""What is acknowledged where the API shows no write logs at all."""

MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class UnknownBill:
    """What is known of the invoice of a job. Any part may be lacking."""

    number: str | None
    vendor_id: str | None
    property_id: str | None
    invoice_date: str | None
    total_in_cents: int | None

    @classmethod
    def shown_in(cls, record: object, depth: int = 0) -> UnknownBill | None:
        """The invoice that a record shows, wherever in it; None where it shows none."""
        if isinstance(record, str) and record[:1] in ("{", "["):
            with suppress(ValueError, RecursionError):
                return cls.shown_in(json.loads(record), depth + 1)
        if isinstance(record, list):
            return next((found for each in record if (found := cls.shown_in(each, depth + 1))), None)
        if not isinstance(record, dict) or depth > 12:
            return None
        if record.get("invoice_number"):
            total = record.get("total_amount_in_cents")
            is_whole = isinstance(total, int) and not isinstance(total, bool)
            names = ("invoice_number", "vendor_id", "property_id", "invoice_date")
            number, vendor, place, day = (None if (text := record.get(name)) is None else str(text) for name in names)
            return cls(number, vendor, place, day, total if is_whole else None)
        return cls.shown_in(list(record.values()), depth + 1)

    def said(self) -> dict[str, Any]:
        """As JSON has it."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Stranger:
    """A job that the API shows and this ledger does not know."""

    job_id: str
    at: datetime | None
    bill: UnknownBill | None

    def __str__(self) -> str:
        when = f", {self.at:%Y-%m-%d %H:%M} UTC" if self.at else ""
        if self.bill is None:
            return f"job {self.job_id}{when}, whose invoice the API does not show"
        money = "" if self.bill.total_in_cents is None else f"{dollars(self.bill.total_in_cents)}, "
        vendor = f"{self.bill.vendor_id}, " if self.bill.vendor_id else ""
        return f"{self.bill.number} ({vendor}{money}job {self.job_id}{when})"


@dataclass(frozen=True, slots=True)
class Strangers:
    """Those of one integration. What a person acknowledges by the code is exactly these."""

    integration_id: str
    jobs: tuple[Stranger, ...]

    @property
    def code(self) -> str:
        """8 hexadecimal digits over the jobs."""
        return hashlib.sha256("\x1f".join(sorted(one.job_id for one in self.jobs)).encode()).hexdigest()[:8]

    def __str__(self) -> str:
        said = [str(one) for one in self.jobs[:MOST_NAMED]]
        left = len(self.jobs) - len(said)
        return "; ".join([*said, f"and {left:,} more"] if left else said)


# ------------------------------------------------------------------------------------------------ what a run asks


def must_know_all(ledger: Ledger, api: Api, destination: str, integration_ids: Iterable[str]) -> tuple[str, ...]:
    """Looks for strangers just before something is sent. Returns what is to be said of the looking.

    Raises `NotTheNewest` where there are some, `ApiAway` where the API does not show its logs and nobody has
    acknowledged that, `LedgerUnavailable`, and KeyboardInterrupt where it is asked to stop.
    """
    found: list[Strangers] = []
    notices: list[str] = []
    for integration_id in dict.fromkeys(integration_ids):
        try:
            found.append(look(ledger, api, destination, integration_id))
        except RequestError as error:
            if not _is_acknowledged(ledger, destination, integration_id):
                raise ApiAway(
                    f"The API does not show what was posted before: {error.sentence} So nobody can tell whether this "
                    "ledger is the newest. Nothing was sent.",
                    "Try again later. If this account's token may never see the write logs, a person says so once: "
                    f'`invoice-importer settle --acknowledge {NO_LOGS} --reason "…"`.',
                ) from error
            notices.append(
                "Whether something was posted past this ledger was not looked at: the API does not show its write logs."
            )
        except Stopped:
            raise KeyboardInterrupt from None
    unknown = [one for one in found if one.jobs]
    if unknown:
        raise _not_the_newest(unknown, destination)
    return tuple(notices)


def _not_the_newest(unknown: Sequence[Strangers], destination: str) -> NotTheNewest:
    count = sum(len(one.jobs) for one in unknown)
    codes = " ".join(f"--acknowledge {one.code}" for one in unknown)
    invoices = "1 invoice was" if count == 1 else f"{count:,} invoices were"
    command = with_sandbox_flag(f'invoice-importer settle {codes} --reason "…"', destination)
    return NotTheNewest(
        f"{invoices} posted that this ledger does not know: {'; '.join(map(str, unknown))}. Nothing was sent.",
        "Was the ledger restored, copied or made anew, or does another one post to this account? Then put the newest "
        "one back, and use one for all. If another program or person has posted them, or the newest ledger is lost, "
        f"say so once: `{command}`. They are then known for good, and a bill like one of them is not sent again.",
    )


def acknowledge(
    ledger: Ledger, api: Api, destination: str, integration_ids: Iterable[str], codes: Iterable[str], reason: str
) -> dict[str, str]:
    """Keeps a person's word on the strangers that have these codes. Returns what was kept, a sentence by its code.

    Codes of which there is none are left out. Raises `RequestError` where the API cannot be asked.
    """
    wanted = set(codes)
    done: dict[str, str] = {}
    for integration_id in dict.fromkeys(integration_ids):
        if NO_LOGS in wanted:
            _keep(ledger, destination, integration_id, [Stranger("", None, None)], reason)
            done[NO_LOGS] = "That the API shows no write logs is acknowledged."
        if wanted - {NO_LOGS}:
            found = look(ledger, api, destination, integration_id)
            if found.jobs and found.code in wanted:
                _keep(ledger, destination, integration_id, found.jobs, reason)
                done[found.code] = f"Acknowledged as posted past this ledger: {found}."
    return done


def know(ledger: Ledger, destination: str, integration_id: str, jobs: Iterable[str], reason: str) -> None:
    """Keeps jobs that a person has seen and decided about: they are no strangers. Raises `LedgerUnavailable`."""
    _keep(ledger, destination, integration_id, [Stranger(job, None, None) for job in jobs], reason)


def acknowledged_bills(ledger: Ledger, destination: str, integration_id: str) -> Iterator[Bill]:
    """What was posted past this ledger, as far as it is known."""
    with ledger.reading() as connection:
        query = select(STRANGERS.c.job_id, STRANGERS.c.bill, STRANGERS.c.at, STRANGERS.c.who).where(
            STRANGERS.c.destination == destination, STRANGERS.c.integration_id == integration_id
        )
        rows = connection.execute(query).all()
    for job, said, at, who in rows:
        if said is not None and said["vendor_id"]:
            issued = None
            with suppress(ValueError, TypeError):
                issued = date.fromisoformat(said["invoice_date"][:10])
            where = f"posted past this ledger, acknowledged on {at:%Y-%m-%d} by {who}"
            yield Bill(
                where, said["vendor_id"], said["property_id"], said["number"], issued, said["total_in_cents"], job
            )


# ------------------------------------------------------------------------------------------------ the look


def look(ledger: Ledger, api: Api, destination: str, integration_id: str) -> Strangers:
    """One look through the write logs: mostly one request. Raises `RequestError`, `Stopped`, `LedgerUnavailable`."""
    until = _seen_until(ledger, destination, integration_id)
    logs = _newer(api, integration_id, until)
    # First what is open, then what is known: an answer that is recorded between the two is in one of them.
    open_ones = [
        entry
        for state in (State.SENDING, State.IN_DOUBT)
        for entry in ledger.entries(destination, state)
        if entry.integration_id == integration_id
    ]
    known = _known(ledger, destination, integration_id, list(logs))
    unknown = [log for job, log in logs.items() if job not in known]
    if unknown:  # what was found in ResMan itself, and not by its job, has one all the same
        found_there = confirmed_without_a_job(ledger, destination, integration_id)
        unknown = list(_unexplained(ledger, unknown, found_there))
    left = list(_unexplained(ledger, unknown, open_ones)) if unknown else []
    moments = [log.created_at for log in logs.values() if log.created_at is not None]
    waiting = [log.created_at for log in unknown if log.created_at is not None]
    if moments and not left:  # what an open invoice explains is looked at again until that is settled
        _saw(ledger, destination, integration_id, min([max(moments), *waiting]))
    return Strangers(
        integration_id,
        tuple(Stranger(log.job_id, log.created_at, UnknownBill.shown_in(log.parameters)) for log in left),
    )


def _newer(api: Api, integration_id: str, until: datetime | None) -> dict[str, WriteLog]:
    """The logs by their job, back to a while before `until`; all that there are where the order does not tell."""
    since = None if until is None or api.clock is None or api.clock < until else until - OVERLAP
    span = "month" if since is None or api.clock is None else time_range([since], api.clock)
    found: dict[str, WriteLog] = {}
    last: datetime | None = None
    is_sorted = since is not None
    for page in api.write_log_pages(integration_id, span):
        for log in page:
            found.setdefault(log.job_id, log)
            is_sorted = is_sorted and log.created_at is not None and (last is None or log.created_at <= last)
            last = log.created_at or last
        if is_sorted and since is not None and last is not None and last < since:
            break
    return found


def _unexplained(ledger: Ledger, unknown: Sequence[WriteLog], open_ones: Sequence[LedgerEntry]) -> Iterator[WriteLog]:
    """Those that are no answer, lost or still under way, to something that this ledger has sent."""
    left = {entry.key: _answers_awaited(ledger, entry) for entry in open_ones}
    by_number: dict[str, list[LedgerEntry]] = {}
    for entry in open_ones:
        by_number.setdefault(normalised_number(entry.invoice_number), []).append(entry)
    nameless: list[WriteLog] = []
    for log in unknown:
        values = values_of(log.parameters)
        about = [
            entry
            for number in {value for _, value in values} & by_number.keys()
            for entry in by_number[number]
            if left[entry.key] and Sought(entry.payload()).in_record(values) is not Match.NO
        ]
        if about:
            left[about[0].key] -= 1
        elif UnknownBill.shown_in(log.parameters) is None:
            nameless.append(log)
        else:
            yield log
    for log in nameless:  # each open invoice explains as many as it has answers to come
        at = log.created_at
        waiting = (entry for entry in open_ones if left[entry.key] and (at is None or _sent(entry) <= at + SKEW))
        match = next(waiting, None)
        if match is None:
            yield log
        else:
            left[match.key] -= 1


def _answers_awaited(ledger: Ledger, entry: LedgerEntry) -> int:
    return max(1, Doubt.of(entry, ledger.attempts(entry.key), ledger.now).unknown + (entry.state is State.SENDING))


def _sent(entry: LedgerEntry) -> datetime:
    return entry.sent_at or datetime.min.replace(tzinfo=UTC)


# ------------------------------------------------------------------------------------------------ what is kept


def _known(ledger: Ledger, destination: str, integration_id: str, jobs: Sequence[str]) -> set[str]:
    """Those of the jobs that this ledger knows of, from late answers too, or that a person has acknowledged."""
    found: set[str] = set()
    with ledger.reading() as connection:
        for batch in batches(jobs):
            found.update(connection.execute(select(INVOICES.c.job_id).where(INVOICES.c.job_id.in_(batch))).scalars())
            found.update(connection.execute(select(ATTEMPTS.c.job_id).where(ATTEMPTS.c.job_id.in_(batch))).scalars())
            mine = (STRANGERS.c.destination == destination, STRANGERS.c.integration_id == integration_id)
            query = select(STRANGERS.c.job_id).where(*mine, STRANGERS.c.job_id.in_(batch))
            found.update(connection.execute(query).scalars())
    return found


def _is_acknowledged(ledger: Ledger, destination: str, integration_id: str) -> bool:
    """Whether a person has said that the API shows no logs."""
    return "" in _known(ledger, destination, integration_id, [""])


def _keep(ledger: Ledger, destination: str, integration_id: str, jobs: Sequence[Stranger], reason: str) -> None:
    of = {"destination": destination, "integration_id": integration_id}
    word = {"at": ledger.now(), "run": ledger.run, "who": ledger.who, "reason": reason}
    with ledger.transaction() as connection:
        for job in jobs:
            bill = None if job.bill is None else job.bill.said()
            connection.execute(ledger.insert_or_not(STRANGERS).values(**of, **word, job_id=job.job_id, bill=bill))


def _seen_until(ledger: Ledger, destination: str, integration_id: str) -> datetime | None:
    mine = (SEEN_LOGS.c.destination == destination, SEEN_LOGS.c.integration_id == integration_id)
    with ledger.reading() as connection:
        found: datetime | None = connection.execute(select(SEEN_LOGS.c.until).where(*mine)).scalar()
        return found


def _saw(ledger: Ledger, destination: str, integration_id: str, until: datetime) -> None:
    of = {"destination": destination, "integration_id": integration_id}
    mine = (SEEN_LOGS.c.destination == destination, SEEN_LOGS.c.integration_id == integration_id)
    with ledger.transaction() as connection:
        connection.execute(ledger.insert_or_not(SEEN_LOGS).values(**of, until=until))
        connection.execute(update(SEEN_LOGS).where(*mine).values(until=until))
