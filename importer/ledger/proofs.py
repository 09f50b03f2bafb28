"""What an invoice stands on: a job of the API, an invoice in ResMan. A unique key lets each settle one invoice only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, ScalarSelect, Update, delete, or_, select, update

from importer.domain.follow_up_facts import ALARM, Alarm
from importer.ledger.states import State
from importer.ledger.tables import INVOICES, PROOFS


class ProofKind(StrEnum):
    """Whose record it is."""

    JOB = "job"
    INVOICE = "invoice"


class Proof(NamedTuple):
    """One record that an invoice may stand on."""

    kind: ProofKind
    id: str

    def __str__(self) -> str:
        return f"job {self.id}" if self.kind is ProofKind.JOB else f"invoice {self.id} in ResMan"


class Overtaken(Exception):
    """Another invoice has taken the record in this very moment."""


def proofs_of(job_id: str | None, held: str | None) -> tuple[Proof, ...]:
    """The records behind a finding: its job, and its invoice in ResMan."""
    told = ((ProofKind.JOB, job_id), (ProofKind.INVOICE, held))
    return tuple(Proof(kind, found) for kind, found in told if found is not None)


def holders(
    connection: Connection, destination: str | ScalarSelect[str], proofs: Collection[Proof]
) -> dict[Proof, str]:
    """Which of the records an invoice stands on already → its key."""
    if not proofs:
        return {}
    columns = (PROOFS.c.kind, PROOFS.c.id, PROOFS.c.key)
    wanted = or_(*((PROOFS.c.kind == proof.kind) & (PROOFS.c.id == proof.id) for proof in proofs))
    query = select(*columns).where(PROOFS.c.destination == destination, wanted)
    return {Proof(ProofKind(kind), found): key for kind, found, key in connection.execute(query)}


def others(connection: Connection, key: str, proofs: Collection[Proof]) -> dict[Proof, str]:
    """Which of the records another invoice stands on → its key."""
    if not proofs:
        return {}
    mine = select(INVOICES.c.destination).where(INVOICES.c.key == key).scalar_subquery()
    return {proof: other for proof, other in holders(connection, mine, proofs).items() if other != key}


def dispute(
    connection: Connection, guarded: Update, key: str, others: Mapping[Proof, str], now: datetime, *, is_told: bool
) -> tuple[str, list[str]]:
    """Puts the invoice and the others that stand on its record into doubt: whose it is, nobody knows.

    `guarded` is the change of the invoice without what is changed: where it does not apply, nothing is. `is_told`: the
    API told the record in answer to a request. Returns what is said of it, and the keys that are in doubt by that.
    """
    wanted = select(INVOICES.c.key, INVOICES.c.invoice_number).where(INVOICES.c.key.in_([key, *others.values()]))
    numbers = {row.key: row.invoice_number for row in connection.execute(wanted)}
    also = ", ".join(numbers.get(each, each) for each in sorted(set(others.values())))
    what = f"{', '.join(map(str, others))} was {'told' if is_told else 'found'} for {numbers.get(key, key)}"
    said = f"{ALARM}: {what} and for {also}. Look in ResMan whose it is."
    alarm = Alarm.SHARED_JOB if is_told else Alarm.FITS_SEVERAL
    doubt = {"state": State.IN_DOUBT, "owner": None, "changed_at": now, "said": said, "alarm": alarm}
    if connection.execute(guarded.values(doubt).returning(INVOICES.c.key)).first() is None:
        return said, []
    may_be_wrong = INVOICES.c.state.in_((State.ACCEPTED, State.CONFIRMED, State.FAILED, State.IN_DOUBT))
    mine = (INVOICES.c.key.in_(sorted(set(others.values()))), INVOICES.c.owner.is_(None), may_be_wrong)
    moved = connection.execute(update(INVOICES).where(*mine).values(doubt).returning(INVOICES.c.key))
    return said, [key, *moved.scalars()]


def take(
    connection: Connection,
    insert_or_not: Any,
    proofs: Iterable[Proof],
    now: datetime,
    *,
    destination: str,
    key: str,
    run: str,
) -> None:
    """Makes them this invoice's; `insert_or_not` leaves a row alone that is there. Raises `Overtaken` where one is
    another's."""
    for proof in proofs:
        values = {"destination": destination, "kind": proof.kind, "id": proof.id, "key": key, "run": run}
        made = insert_or_not.values(**values, at=now).returning(PROOFS.c.key)
        if connection.execute(made).first() is None and holders(connection, destination, [proof]) != {proof: key}:
            raise Overtaken


def accepted_duplicates(connection: Connection, key: str) -> None:
    """The invoice stands on nothing any more: a person has decided that it did not arrive."""
    connection.execute(delete(PROOFS).where(PROOFS.c.key == key))


def stand_on_invoice(connection: Connection, keys: Collection[str]) -> set[str]:
    """Those of the keys that were found in ResMan itself, whatever is said of their jobs."""
    query = select(PROOFS.c.key).where(PROOFS.c.key.in_(keys), PROOFS.c.kind == ProofKind.INVOICE)
    return set(connection.execute(query).scalars())
