"""What the ledger is asked to remember, and what it answers: intents, entries, claims."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Row

from importer.domain.bills import Bill
from importer.domain.follow_up_facts import Alarm
from importer.domain.invoice import Row as InputRow
from importer.domain.outcome import Evidence
from importer.domain.payload import Payload
from importer.domain.vendor_rows import sheets_said
from importer.ledger.original_files import Origins
from importer.ledger.refusals import Refusal
from importer.ledger.states import State
from importer.ledger.tables import INVOICES


class PlannedPost(NamedTuple):
    """One invoice that a run wants to send. A tuple underneath, because a run may want to send a hundred thousand."""

    key: str
    payload: Payload
    made_of: tuple[InputRow, ...]  # the rows of the input; never empty
    origins: tuple[tuple[str, str], ...] = ()  # of each of the vendor's rows: its identity, and its table's id

    def of(self, origins: Origins) -> PlannedPost:
        """The same, saying of which rows of the vendor's files it is made."""
        places = ((row.source.file, row.source.sheet, row.number) for row in self.made_of)
        return self._replace(origins=origins.of(places))

    @property
    def fingerprint(self) -> str:
        """Of what is to be sent."""
        return self.payload.fingerprint()

    @property
    def file(self) -> str:
        """The name of its file, also where its namesake beside it had it called otherwise."""
        return self.made_of[0].source.file.rpartition("/")[2]

    @property
    def rows(self) -> str:
        """Their numbers: "2, 3"."""
        return ", ".join([str(row.number) for row in self.made_of])

    @property
    def sheets(self) -> str:
        """JSON: the sheet of each row, or of all of them."""
        return sheets_said(self.made_of)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One invoice as the ledger has it."""

    key: str
    destination: str
    integration_id: str
    property_id: str
    vendor_id: str
    invoice_number: str
    fingerprint: str
    body: str
    total_in_cents: int
    state: State
    owner: str | None
    run: str
    file: str
    rows: str
    plan: str | None
    sent_at: datetime | None
    job_id: str | None
    said: str | None
    evidence: tuple[Evidence, ...]
    alarm: Alarm | None = None  # why a person must look first
    refusal: Refusal | None = None  # of one that failed: how it is known that ResMan has not taken it

    def payload(self) -> Payload:
        """What was sent, or is to be."""
        return Payload.from_body(self.body)


class Contest(StrEnum):
    """Why an invoice cannot be had, or should be looked at, beside another one that is out."""

    ROWS = "rows"  # it is made of a row of the vendor's that the other one is made of
    DOUBT = "doubt"  # it is the other one but for its number, and nobody knows whether that arrived
    VENDOR = "vendor"  # number, amount, date and property are the same, at another vendor
    NUMBER = "number"  # vendor, number and amount are the same, at another property
    DAY = "day"  # vendor, amount and date are the same, under another number

    @property
    def stops(self) -> bool:
        """True where the invoice does not go unless a person lets it; a likeness is as bad as the settings say."""
        return self in (Contest.ROWS, Contest.DOUBT, Contest.VENDOR)


class Rival(NamedTuple):
    """An invoice that is out, or about to go, and what another one has in common with it."""

    key: str
    bill: Bill
    why: Contest


@dataclass(frozen=True, slots=True)
class Terms:
    """On what a run claims: what a person lets go beside which other, and what stands in its own files."""

    accepts: Callable[[PlannedPost, Rival], bool] = lambda _intent, _rival: False
    keys: Collection[str] = frozenset()  # of all that its files say: those are other bills
    rows: Collection[str] = frozenset()  # identities of all rows of its files: so are those
    likeness_stops: bool = False  # as the settings say


NO_TERMS = Terms()


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a run that wants to send: what it now owns, and how every other invoice stands."""

    owned: frozenset[str]
    standing: Mapping[str, LedgerEntry]  # every key that was in the ledger before, as it is now
    rivals: Mapping[str, tuple[Rival, ...]] = field(default_factory=dict)  # of those that it does not own for that
    alike: Mapping[str, tuple[Rival, ...]] = field(default_factory=dict)  # that some of the owned ones look like


ENTRY_COLUMNS = tuple(
    INVOICES.c[name]
    for name in (
        "key", "destination", "integration_id", "property_id", "vendor_id", "invoice_number", "fingerprint", "body",
        "total_in_cents", "state", "owner", "run", "file", "rows", "plan", "sent_at", "job_id", "said", "evidence",
        "alarm", "refusal",
    )
)  # fmt: skip


OUT = (State.SENDING, State.IN_DOUBT, State.ACCEPTED, State.CONFIRMED)
"""States in which ResMan has the invoice, or may have it."""

BILL_COLUMNS = tuple(
    INVOICES.c[name]
    for name in (
        "key", "property_id", "vendor_id", "invoice_number", "total_in_cents", "body", "file", "rows", "sent_at",
        "job_id", "run", "sheets",
    )
)  # fmt: skip
"""What `held_of` needs."""


def held_of(row: Row[Any]) -> Bill:
    """An entry of the ledger as a bill."""
    sent = json.loads(row.body)
    when = f"posted on {row.sent_at:%Y-%m-%d}" if row.sent_at else "posted"
    noun = "rows" if "," in row.rows else "row"
    return Bill(
        f"{when} from {row.file}, {noun} {row.rows}",
        row.vendor_id,
        row.property_id,
        row.invoice_number,
        date.fromisoformat(sent["invoice_date"]),
        row.total_in_cents,
        row.job_id,
        tuple(dict.fromkeys(line["financial_account_id"] for line in sent["invoice_items"])),
    )


def can_be_sent(entry: LedgerEntry, fingerprint: str) -> bool:
    """Whether what the ledger knows allows an invoice with this content to be sent (again)."""
    if entry.state is State.FAILED:
        return entry.fingerprint != fingerprint
    return entry.state in (State.PLANNED, State.REFUSED, State.RELEASED)


def entry_of(row: Row[Any]) -> LedgerEntry:
    """What a row of the ledger's table says, in the ledger's own types."""
    values = row._asdict()
    values["state"] = State(values["state"])
    values["evidence"] = tuple(
        Evidence(each["looked_at"], datetime.fromisoformat(each["at"]), each["found"])
        for each in values["evidence"] or ()
    )
    values["alarm"] = None if values["alarm"] is None else Alarm(values["alarm"])
    values["refusal"] = None if values["refusal"] is None else Refusal(values["refusal"])
    return LedgerEntry(**values)
