"""What the ledger is asked to remember, and what it answers: intents, entries, claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row

from importer.models import Evidence
from importer.models import Row as InputRow
from importer.news import Alarm
from importer.payload import Payload
from importer.submitter.refusals import Refusal
from importer.submitter.states import State
from importer.submitter.tables import INVOICES
from importer.vendor_rows import sheets_said


class Intent(NamedTuple):
    """One invoice that a run wants to send. A tuple underneath, because a run may want to send a hundred thousand."""

    key: str
    payload: Payload
    made_of: tuple[InputRow, ...]  # the rows of the input; never empty

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
class Entry:
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


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a run that wants to send: what it now owns, and how every other invoice stands."""

    owned: frozenset[str]
    standing: Mapping[str, Entry]  # every key that was in the ledger before, as it is now


ENTRY_COLUMNS = tuple(
    INVOICES.c[name]
    for name in (
        "key", "destination", "integration_id", "property_id", "vendor_id", "invoice_number", "fingerprint", "body",
        "total_in_cents", "state", "owner", "run", "file", "rows", "plan", "sent_at", "job_id", "said", "evidence",
        "alarm", "refusal",
    )
)  # fmt: skip


def may_go(entry: Entry, fingerprint: str) -> bool:
    """Whether what the ledger knows allows an invoice with this content to be sent (again)."""
    if entry.state is State.FAILED:
        return entry.fingerprint != fingerprint
    return entry.state in (State.PLANNED, State.REFUSED, State.RELEASED)


def entry_of(row: Row[Any]) -> Entry:
    """What a row of the ledger's table says, in the ledger's own types."""
    values = row._asdict()
    values["state"] = State(values["state"])
    values["evidence"] = tuple(
        Evidence(each["looked_at"], datetime.fromisoformat(each["at"]), each["found"])
        for each in values["evidence"] or ()
    )
    values["alarm"] = None if values["alarm"] is None else Alarm(values["alarm"])
    values["refusal"] = None if values["refusal"] is None else Refusal(values["refusal"])
    return Entry(**values)
