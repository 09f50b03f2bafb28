"""Everything that is decided before anything is sent: where what the validator decided meets what the ledger knows.

Siblings of the road never import each other; this is the place above them where they meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from importer.domain.identity import invoice_key
from importer.domain.invoice import Invoice
from importer.domain.money import dollars
from importer.domain.problem_catalog import CHANGED_ROW
from importer.domain.problems import Problem
from importer.domain.reading import Reading
from importer.domain.unresolved import UnresolvedName
from importer.duplicates.posted_rows import (
    PostedRows,
    posted_already,
    posted_rows,
    replaced_by,
)
from importer.ledger import plans
from importer.ledger.accepted_duplicates import AcceptedDuplicate
from importer.ledger.entries import LedgerEntry, PlannedPost, can_be_sent
from importer.ledger.ledger import Ledger
from importer.ledger.original_files import Origins, known_origins
from importer.ledger.states import State
from importer.validation import Checked


@dataclass(frozen=True)
class Decisions:
    """Everything that is decided before anything is sent."""

    reading: Reading
    verdicts: tuple[Checked, ...]
    intents: tuple[PlannedPost | None, ...]  # one for each verdict; None where errors stand against it
    standing: Mapping[str, LedgerEntry]  # what the ledger knows of them
    notices: tuple[str, ...] = ()  # about the run as a whole
    names: Mapping[str, str] = field(default_factory=dict)  # what names in the files were found to mean
    unknown_names: tuple[UnresolvedName, ...] = ()
    remarks: Mapping[int, tuple[Problem, ...]] = field(default_factory=dict)  # about names, by the invoice's index
    accepted_duplicates: Mapping[str, AcceptedDuplicate] = field(
        default_factory=dict
    )  # by key, what a person's word in this run covers
    posted: PostedRows = field(default_factory=PostedRows)  # out of these files, and not as it stands here
    instead: Mapping[str, str] = field(default_factory=dict)  # by key, as what rows of failed ones went out since
    doubts: Mapping[int, LedgerEntry] = field(
        default_factory=dict
    )  # by index, of those with errors that may have arrived
    origins: Origins = field(default_factory=Origins)  # by what the rows of the vendor's files are known

    @classmethod
    def of(cls, reading: Reading, verdicts: tuple[Checked, ...], destination: str, ledger: Ledger) -> Decisions:
        """Looks every invoice without errors up in the ledger."""
        intents = tuple(_intent(verdict, destination) for verdict in verdicts)
        standing = ledger.standing([intent.key for intent in intents if intent])
        at_home = {
            intent.key: intent
            for intent in intents
            if intent is not None and (entry := standing.get(intent.key)) and entry.fingerprint == intent.fingerprint
        }
        posted = posted_rows(reading, ledger, destination, at_home)
        told = _with_what_was_posted(verdicts, destination, ledger, posted)
        instead = replaced_by(ledger, standing.values())
        doubts = _doubts(reading, verdicts, destination, ledger)
        found = cls(reading, told, intents, standing, posted=posted, instead=instead, doubts=doubts)
        return found.made_of(known_origins(ledger, destination, reading)).without_renamed(ledger)

    def made_of(self, origins: Origins) -> Decisions:
        """The same, each invoice saying which rows of the vendor's it is made of."""
        if not origins.identities:
            return self
        intents = tuple(None if intent is None else intent.of(origins) for intent in self.intents)
        return replace(self, intents=intents, origins=origins)

    def without_renamed(self, ledger: Ledger) -> Decisions:
        """The same, saying of rows of a results workbook given back that were sent, then or since, under another name,
        what became of them: the ledger would refuse them."""
        former = self.reading.former_keys
        if not former:
            return self
        standing = ledger.standing(list(set(former.values())))
        verdicts, intents, doubts = list(self.verdicts), list(self.intents), dict(self.doubts)
        for index, intent in enumerate(self.intents):
            if intent is None or not self.may_go(intent):
                continue
            verdict = self.verdicts[index]
            keys = dict.fromkeys(former.get(row.place(), intent.key) for row in verdict.invoice.rows)
            sent = [standing[key] for key in keys if key != intent.key and key in standing]
            was = next((entry for entry in sent if entry.state in _NOT_OPEN), None)
            if was is not None:
                problem = _renamed(verdict.invoice, was)
                verdicts[index] = Checked(verdict.invoice, (*verdict.problems, problem), None)
                intents[index] = None
                if was.state in UNSURE:
                    doubts[index] = was
        return replace(self, verdicts=tuple(verdicts), intents=tuple(intents), doubts=doubts)

    def looked_at_again(self, ledger: Ledger) -> Decisions:
        """The same, with what the ledger knows now."""
        now = ledger.standing([entry.key for entry in self.doubts.values()])
        doubts = {index: now[entry.key] for index, entry in self.doubts.items()}
        standing = ledger.standing([intent.key for intent in self.intents if intent])
        return replace(self, standing=standing, doubts=doubts)

    @cached_property
    def ready(self) -> tuple[PlannedPost, ...]:
        """What would be sent: nothing of it, where the run as a whole misses what was expected of it."""
        if any(problem.kind.stops_run for problem in self.reading.problems):
            return ()
        return tuple([intent for intent in self.intents if intent is not None and self.may_go(intent)])

    @property
    def remarks_of_ready(self) -> dict[str, tuple[Problem, ...]]:
        """By key, what is worth a look of what would be sent."""
        ready = {intent.key for intent in self.ready}
        pairs = zip(self.intents, self.verdicts, strict=True)
        return {
            intent.key: verdict.problems
            for intent, verdict in pairs
            if intent is not None and verdict.problems and intent.key in ready
        }

    @property
    def doubtful(self) -> list[str]:
        """The keys whose outcome is unknown."""
        entries = (*self.standing.values(), *self.doubts.values())
        return list(dict.fromkeys(entry.key for entry in entries if entry.state is State.IN_DOUBT))

    @property
    def being_sent(self) -> list[str]:
        """The keys that another run was sending when they were looked up."""
        return [key for key, entry in self.standing.items() if entry.state is State.SENDING]

    @property
    def by_key(self) -> dict[str, PlannedPost]:
        """What would go if nothing stood against it, by its key."""
        return {intent.key: intent for intent in self.intents if intent is not None}

    @cached_property
    def plan(self) -> str | None:
        """The hash over exactly what would be sent."""
        return plans.plan_of(self.ready)

    def approvable(self, planned: frozenset[tuple[str, ...]]) -> list[PlannedPost]:
        """What would be sent, with those of an approved plan that were sent since in the very same form.

        It does not matter what came of them: an invoice in doubt is not sent again, and does not hold up the others.
        """
        sent = [
            intent
            for intent in self.intents
            if intent is not None
            and (entry := self.standing.get(intent.key)) is not None
            and entry.fingerprint == intent.fingerprint
            and not can_be_sent(entry, intent.fingerprint)
            and plans.identity_of(intent) in planned
        ]
        return [*self.ready, *sent]

    def may_go(self, intent: PlannedPost) -> bool:
        """Whether what the ledger knows allows it to be sent."""
        entry = self.standing.get(intent.key)
        return entry is None or can_be_sent(entry, intent.fingerprint)


def _intent(verdict: Checked, destination: str) -> PlannedPost | None:
    if verdict.payload is None:
        return None
    return PlannedPost(verdict.payload.key(destination), verdict.payload, verdict.invoice.rows)


def _with_what_was_posted(
    verdicts: tuple[Checked, ...], destination: str, ledger: Ledger, posted: PostedRows
) -> tuple[Checked, ...]:
    """Of an invoice with errors whose number or rows were posted before, say corrected: when, and with which amount."""
    keys = {
        index: key
        for index, verdict in enumerate(verdicts)
        if verdict.payload is None and (key := _key_of(verdict, destination)) is not None
    }
    standing = ledger.standing(list(dict.fromkeys(keys.values())))
    told = list(verdicts)
    for index, verdict in enumerate(verdicts) if keys or posted.keys else ():
        if verdict.payload is not None or is_changed(verdict.problems):  # of a changed row it is said already
            continue
        entry = standing.get(keys.get(index, ""))
        entries = [entry] if entry is not None and entry.state in POSTED else posted.of(verdict.invoice)
        problems = (posted_already(verdict.invoice, each) for each in entries)
        told[index] = verdict._replace(problems=(*verdict.problems, *problems))
    return tuple(told)


def _doubts(reading: Reading, verdicts: Sequence[Checked], destination: str, ledger: Ledger) -> dict[int, LedgerEntry]:
    """By index, those with errors of which it is not known whether they arrived, whatever their rows say by now."""
    keys: dict[int, list[str]] = {}
    for index, verdict in enumerate(verdicts):
        if verdict.payload is None:
            mine = [reading.former_keys.get(row.place()) for row in verdict.invoice.rows] if reading.former_keys else []
            keys[index] = [key for key in (*mine, _key_of(verdict, destination)) if key is not None]
    standing = ledger.standing(list(dict.fromkeys(key for some in keys.values() for key in some)))
    unsure = {key for key, entry in standing.items() if entry.state in UNSURE}
    found = ((index, next((key for key in some if key in unsure), None)) for index, some in keys.items())
    return {index: standing[key] for index, key in found if key is not None}


def is_changed(problems: Iterable[Problem]) -> bool:
    """True where a row of a workbook given back says something else than it had to."""
    return any(problem.kind is CHANGED_ROW for problem in problems)


def _key_of(verdict: Checked, destination: str) -> str | None:
    invoice = verdict.invoice
    parts = (invoice.integration_id, invoice.property_id, invoice.vendor_id, invoice.invoice_number)
    if not all(parts):
        return None
    return invoice_key(destination, *(part or "" for part in parts))


POSTED = (State.ACCEPTED, State.CONFIRMED)
"""ResMan has such an invoice, or is about to."""

UNSURE = (State.SENDING, State.IN_DOUBT)
"""It may have arrived."""

_NOT_OPEN = (State.ACCEPTED, State.CONFIRMED, State.SENDING, State.IN_DOUBT)
"""ResMan has such an invoice, or may have it."""


def _renamed(invoice: Invoice, was: LedgerEntry) -> Problem:
    job = f", job {was.job_id}" if was.job_id else ""
    what = (
        f"The row was sent as invoice {was.invoice_number!r} of {was.vendor_id}, {dollars(was.total_in_cents)}{job}. "
        "It says something else now, or a name in it has come to mean something else."
    )
    place = invoice.place("invoice_number")
    return Problem(CHANGED_ROW, what, place, "invoice_number", invoice.cell_text("invoice_number"))
