"""A look before a failed invoice is written again: has something of it come to ResMan, or into the queue, meanwhile?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from importer.domain.outcome import Evidence
from importer.errors import AccessDenied, Misdirected, OutcomeUnknown, Refused
from importer.ledger.entries import LedgerEntry
from importer.ledger.ledger import Ledger
from importer.ledger.refusals import Refusal
from importer.ledger.states import Event
from importer.sending.doubt import Word, ending_of
from importer.sending.evidence import Match, Sought, values_of
from importer.sending.settle import Policy, time_range
from importer.sending.synced import SKEW

if TYPE_CHECKING:
    from importer.propexo.client import Api

_LOGS, _HELD, _STATUS = "the write logs", "ResMan's invoices", "the status of the job"


@dataclass(slots=True)
class RetryLook:
    """What was found of failed invoices in the write logs and in ResMan, and a last question before each is written.

    What is found puts the invoice into doubt, with where it was found: `settle` goes on from there.
    """

    ledger: Ledger
    api: Api
    policy: Policy
    _found: dict[str, list[Evidence]] = field(default_factory=dict)  # by key
    _unseen: set[str] = field(default_factory=set)  # keys of what could not be looked for

    def at(self, failed: Sequence[LedgerEntry]) -> None:
        """Looks for all of them: the write logs of their integrations once, ResMan's invoices once for a property.

        Raises `RequestError` where the API cannot be asked at all, and `Stopped`.
        """
        for integration_id in dict.fromkeys(entry.integration_id for entry in failed):
            mine = [entry for entry in failed if entry.integration_id == integration_id]
            self._in_the_logs(integration_id, mine)
            for property_id in dict.fromkeys(entry.property_id for entry in mine):
                there = [entry for entry in mine if entry.property_id == property_id]
                self._in_resman(integration_id, property_id, there)

    def is_clear(self, entry: LedgerEntry) -> bool:
        """True where it may be written again: its job has still failed, and nothing of it was found. Asks after the
        job, in one request; what speaks against it puts the invoice into doubt. Raises as `at`."""
        if entry.job_id is None or entry.key in self._unseen:
            return False
        if entry.key not in self._found:
            with self._looking([entry]):
                ending = ending_of(self.api.write_status(entry.job_id), self.policy.definite_refusals)
                was_looked_for = entry.refusal in (Refusal.ABSENT, Refusal.SETTINGS)
                if ending.word is not Word.FAILED and not (ending.word is Word.UNSURE and was_looked_for):
                    self._note(entry, _STATUS, f"job {entry.job_id}: {ending.word} {ending.said}".strip())
        if found := self._found.get(entry.key):
            said = f"It is not written again: {found[0].looked_at} show something of it ({found[0].found})."
            event = Event.FOUND_AFTER_ALL
            self.ledger.record(event, entry.key, expected_job=entry.job_id, said=said, evidence=found)
            return False
        return entry.key not in self._unseen

    @property
    def unseen(self) -> frozenset[str]:
        """The keys of those that could not be looked for."""
        return frozenset(self._unseen)

    def _in_the_logs(self, integration_id: str, mine: Sequence[LedgerEntry]) -> None:
        moments = [entry.sent_at or self.ledger.now() for entry in mine]
        sought = [(entry, Sought(entry.payload())) for entry in mine]
        with self._looking(mine):
            found = [
                (log, entry)
                for log in self.api.write_logs(integration_id, time_range(moments, self.ledger.now()))
                for values in [values_of(log.parameters)]
                for entry, one in sought
                if one.in_record(values) >= Match.AMONG and not _is_older(log.created_at, entry)
            ]
            known = self.ledger.known_jobs([log.job_id for log, _ in found])
            for log, entry in found:
                if log.job_id not in known:
                    self._note(entry, _LOGS, f"job {log.job_id} is about it, and is not known here: {log.status}")

    def _in_resman(self, integration_id: str, property_id: str, there: Sequence[LedgerEntry]) -> None:
        oldest = min(entry.sent_at or self.ledger.now() for entry in there) - SKEW
        with self._looking(there):
            x_property_id = self.api.x_id("properties", property_id)
            vendors = {each: self.api.x_id("vendors", each) for each in {entry.vendor_id for entry in there}}
            sought = [(e, Sought(e.payload(), vendors[e.vendor_id], x_property_id)) for e in there]
            for held in self.api.held_invoices(integration_id, property_id):
                if held.created_at is not None and held.created_at < oldest:
                    break
                for entry, one in sought:
                    match = one.held(held)
                    is_it = match is Match.YES or (match is Match.MAYBE and entry.refusal is Refusal.ABSENT)
                    if is_it and not _is_older(held.created_at, entry):
                        self._note(entry, _HELD, f"{held.id} may be it")

    def _note(self, entry: LedgerEntry, looked_at: str, found: str) -> None:
        self._found.setdefault(entry.key, []).append(Evidence(looked_at, self.ledger.now(), found))

    @contextmanager
    def _looking(self, entries: Sequence[LedgerEntry]) -> Iterator[None]:
        """What cannot be looked for is not written again."""
        try:
            yield
        except (AccessDenied, Misdirected):
            raise
        except (OutcomeUnknown, Refused):
            self._unseen.update(entry.key for entry in entries)


def _is_older(moment: datetime | None, entry: LedgerEntry) -> bool:
    return moment is not None and entry.sent_at is not None and moment < entry.sent_at - SKEW
