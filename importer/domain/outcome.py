"""What became of each invoice in one run, and the run as a whole: everything that a report says."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from importer.domain.follow_up_facts import (
    Alarm,
    Change,
    Continued,
    StillPosted,
)
from importer.domain.invoice import Invoice
from importer.domain.problem_catalog import IN_DOUBT
from importer.domain.problems import Problem
from importer.domain.reading import Reading
from importer.domain.seals import Seal
from importer.domain.unresolved import UnresolvedName

if TYPE_CHECKING:
    from importer.domain.payload import Payload


# ---------------------------------------------------------------------- what became of it


class Status(StrEnum):
    """What happened to one invoice in one run. The words are those of `--json` and of the workbook."""

    READY = "ready"  # nothing stands against sending it (`check` ends here)
    POSTED = "posted"  # accepted by the API in this run
    ALREADY_POSTED = "already_posted"  # accepted in an earlier run with the very same content; nothing was sent
    NEEDS_FIXING = "needs_fixing"  # has errors; nothing was sent
    REFUSED = "refused"  # the API, or ResMan behind it, said no
    IN_DOUBT = "in_doubt"  # it was sent and no answer tells what became of it
    NOT_SENT = "not_sent"  # the run ended, or another run holds it, before it was sent
    CONFLICT = "conflict"  # posted before with other content; nothing was sent

    @property
    def label(self) -> str:
        """As a clerk reads it."""
        return "Posted before" if self is Status.ALREADY_POSTED else self.value.replace("_", " ").capitalize()

    @property
    def is_fine(self) -> bool:
        """True where nobody has to do anything."""
        return self in (Status.READY, Status.POSTED, Status.ALREADY_POSTED)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One place that was looked at for an invoice in doubt, when, and what was found there."""

    looked_at: str
    at: datetime
    found: str


class Outcome(NamedTuple):
    """What happened to one invoice. `problems` holds every error and warning, also those of the reading."""

    invoice: Invoice
    status: Status
    problems: tuple[Problem, ...] = ()
    payload: Payload | None = None  # None where errors stand against making one
    key: str | None = None
    job_id: str | None = None
    resman: str | None = None  # what is known of it in ResMan: "confirmed", "pending", or ResMan's own words
    evidence: tuple[Evidence, ...] = ()
    alarm: Alarm | None = None  # why a person must look before anything of it is paid, or sent

    @property
    def fingerprint(self) -> str | None:
        """That of the payload: what exactly is sent, or was."""
        return None if self.payload is None else self.payload.fingerprint()


@dataclass(frozen=True, slots=True)
class Run:
    """One run from end to end: everything that a report says."""

    id: str  # "2026-03-31T09-12-44-7f3a"
    command: str  # "check" or "submit"
    started: datetime  # aware
    finished: datetime  # aware
    who: str  # user@machine
    destination: str  # where invoices go: "https://api.propexo.com", or "sandbox"
    reading: Reading
    outcomes: tuple[Outcome, ...]  # one for each invoice of the reading, in its order
    plan: str | None  # "sha256:…" over exactly the payloads that would be sent; None where there are none
    stopped: str | None = None  # why the run ended before its end, in a sentence
    notices: tuple[str, ...] = field(default=())  # further sentences about the run as a whole
    changes: tuple[Change, ...] = ()  # what `status` has learnt
    unknown_names: tuple[UnresolvedName, ...] = ()  # the one that holds up most money first
    later: frozenset[str] = frozenset()  # keys of what did not go then, and was posted in a later round
    continued: Continued | None = None  # of a past run whose workbook was given back
    stays: tuple[StillPosted, ...] = ()  # in ResMan out of these files, beside what the outcomes tell as posted
    seal: Seal | None = None  # for its workbook; None: it is not given back

    def counts(self) -> dict[str, int]:
        """The `counts` of `--json`: data rows, invoices, and invoices by status."""
        found = Counter([outcome.status for outcome in self.outcomes])
        by_status = {str(status): found[status] for status in Status}
        return {"rows": self.reading.row_count, "invoices": len(self.outcomes), **by_status}

    def amounts(self) -> dict[str, int]:
        """The `amounts` of `--json` in cents: all invoices, and by status."""
        amounts = dict.fromkeys(("invoices", *Status), 0)
        for outcome in self.outcomes:
            worth = outcome.invoice.worth
            amounts["invoices"] += worth
            amounts[outcome.status] += worth
        return {str(name): amount for name, amount in amounts.items()}

    @property
    def exit_code(self) -> int:
        """0 all fine; 1 some need a person, or rows belong to no invoice; 3 at least one outcome is unknown."""
        if any(outcome.status is Status.IN_DOUBT for outcome in self.outcomes):
            return 3
        if any(problem.kind is IN_DOUBT for problem in self.reading.problems):  # whose rows are gone
            return 3
        if self.stopped or any(problem.is_error for problem in self.reading.problems):
            return 1
        return 0 if all(outcome.status.is_fine for outcome in self.outcomes) else 1
