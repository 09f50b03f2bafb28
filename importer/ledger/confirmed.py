"""What the API has called done: of that it may say otherwise later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select

from importer.ledger import proofs
from importer.ledger.entries import ENTRY_COLUMNS, LedgerEntry, entry_of
from importer.ledger.ledger import DECISIVE, Ledger
from importer.ledger.schema import batches
from importer.ledger.states import Event, State
from importer.ledger.tables import ATTEMPTS, INVOICES

LOGGED = timedelta(days=32)
"""The write logs reach back a month (contract, "Write logs")."""


def _confirmed(destination: str, run: str | None) -> tuple[ColumnElement[bool], ...]:
    which = (INVOICES.c.destination == destination, INVOICES.c.state == State.CONFIRMED)
    return which if run is None else (*which, INVOICES.c.run == run)


def integrations_of_confirmed(ledger: Ledger, destination: str, since: datetime, run: str | None = None) -> list[str]:
    """The integrations of what was sent since, by one run or by any, and is called done. Raises `LedgerUnavailable`."""
    query = select(INVOICES.c.integration_id).where(*_confirmed(destination, run), INVOICES.c.sent_at >= since)
    with ledger.reading() as connection:
        return sorted(connection.execute(query.distinct()).scalars())


def confirmed_by_jobs(
    ledger: Ledger, destination: str, jobs: Sequence[str], run: str | None = None
) -> list[LedgerEntry]:
    """What is called done because one of these jobs was: without what was found in ResMan itself, and what a person
    has adopted. Raises `LedgerUnavailable`."""
    found: dict[str, LedgerEntry] = {}
    with ledger.reading() as connection:
        for batch in batches(list(dict.fromkeys(jobs))):
            query = select(*ENTRY_COLUMNS).where(*_confirmed(destination, run), INVOICES.c.job_id.in_(batch))
            found |= {row.key: entry_of(row) for row in connection.execute(query)}
        for keys in batches(list(found)):
            last = select(func.max(ATTEMPTS.c.id)).where(ATTEMPTS.c.key.in_(keys), ATTEMPTS.c.event.in_(DECISIVE))
            adopted = select(ATTEMPTS.c.key).where(
                ATTEMPTS.c.id.in_(last.group_by(ATTEMPTS.c.key)), ATTEMPTS.c.event == Event.ADOPTED
            )
            for key in {*connection.execute(adopted).scalars(), *proofs.stand_on_invoice(connection, keys)}:
                found.pop(key, None)
    return list(found.values())


def confirmed_without_a_job(ledger: Ledger, destination: str, integration_id: str) -> list[LedgerEntry]:
    """What was found in ResMan itself, and has a job all the same that the write logs may show. `LedgerUnavailable`."""
    query = select(*ENTRY_COLUMNS).where(
        *_confirmed(destination, None),
        INVOICES.c.sent_at >= ledger.now() - LOGGED,
        INVOICES.c.integration_id == integration_id,
        INVOICES.c.job_id.is_(None),
    )
    with ledger.reading() as connection:
        return [entry_of(row) for row in connection.execute(query)]
