"""One invoice in doubt: what its own history says, what was found of it elsewhere, and what that proves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

from importer.models import Evidence
from importer.news import ALARM, PARTLY
from importer.submitter.answers import WriteStatus
from importer.submitter.entries import Entry
from importer.submitter.evidence import Sought, smells_of_time_out
from importer.submitter.states import Event


class Word(StrEnum):
    """What a record that is about an invoice says of it."""

    DONE = "done"  # ResMan has it
    QUEUED = "queued"  # not yet done
    FAILED = "failed"  # ResMan did not take it
    UNSURE = "unsure"  # partly done, or a time-out behind the API: ResMan may have it


def word_of(status: WriteStatus) -> Word:
    """The API's word for a job as one of ours; a word that the contract does not know leaves it queued."""
    match status.write_status:
        case "SUCCESS":
            return Word.DONE
        case "PARTIAL_SUCCESS":
            return Word.UNSURE
        case "FAILURE":
            return Word.UNSURE if smells_of_time_out(said_of(status)) else Word.FAILED
        case _:
            return Word.QUEUED


def said_of(status: WriteStatus) -> str:
    """The errors of a job in one line."""
    return "; ".join(status.errors or ())


@dataclass(slots=True)
class Case:
    """One invoice in doubt, and what was found of it."""

    entry: Entry
    sought: Sought
    own_jobs: tuple[str, ...]  # that the ledger itself has, from late answers or unsure ends
    unknown: int  # attempts of which nobody knows what they made
    now: Callable[[], datetime]
    seen: list[Evidence] = field(default_factory=list)
    jobs: dict[str, tuple[Word, str]] = field(default_factory=dict)  # job id → its word, and ResMan's
    held: list[str] = field(default_factory=list)  # ids of invoices that ResMan holds
    hints: int = 0  # findings that prove nothing, but are not nothing either
    is_absent: bool = False  # True where ResMan lacks it after a sync that began later than the attempt
    knows_x_ids: bool = False

    @classmethod
    def of(cls, entry: Entry, attempts: Sequence[Mapping[str, Any]], now: Callable[[], datetime]) -> Self:
        """The case of an invoice with its history, oldest first."""
        jobs: dict[str, None] = {}
        unknown = 0
        late: list[str] = []
        for each in attempts:
            match Event(each["event"]):
                case Event.INTENT | Event.RETRY_INTENT:
                    jobs, late = {}, []  # what was known of earlier sendings says nothing of this one
                case Event.LOST | Event.OWNER_DIED:
                    unknown += 1
                case Event.FOUND_QUEUED | Event.FOUND_CONFIRMED | Event.FOUND_FAILED:
                    unknown = max(0, unknown - 1)
                case Event.LATE if each["job_id"] is None:
                    late.append(str(each["detail"]))
            if each["job_id"] is not None:
                jobs[each["job_id"]] = None
        made = cls(entry, Sought(entry.payload()), tuple(jobs), unknown, now)
        for detail in late:
            made.note("the ledger", f"an answer that came too late to be believed: {detail}")
        return made

    @property
    def sent_at(self) -> datetime:
        """When the intent of the last attempt was written."""
        return self.entry.sent_at or datetime.min.replace(tzinfo=UTC)

    @property
    def is_open(self) -> bool:
        """True while fewer jobs are found than attempts may have made."""
        return not self.jobs or len(self.jobs) < self.unknown

    @property
    def is_unsure(self) -> bool:
        """True where the jobs that were found do not tell whether ResMan has it."""
        return all(word is Word.UNSURE for word, _ in self.jobs.values())

    @property
    def has_traces(self) -> bool:
        """True where anything was found that speaks against sending it again by itself."""
        return bool(self.hints or self.held) or not self.is_unsure

    def note(self, looked_at: str, found: str) -> None:
        """Keeps what was seen."""
        self.seen.append(Evidence(looked_at, self.now(), found))

    def hint(self, looked_at: str, found: str) -> None:
        """Keeps what was seen and proves nothing, but is for a person to look at."""
        self.hints += 1
        self.note(looked_at, found)

    def learn(self, x_vendor_id: str | None, x_property_id: str | None) -> None:
        """ResMan's own ids of its vendor and property."""
        self.sought = replace(self.sought, x_vendor_id=x_vendor_id, x_property_id=x_property_id)
        self.knows_x_ids = True

    def verdict(self, *, is_complete: bool) -> tuple[Event, str | None, str | None]:
        """The event that the findings prove, the words for it, and the job that it is about."""
        made = [job for job, (word, _) in self.jobs.items() if word in (Word.DONE, Word.QUEUED)]
        unsure = {job: said for job, (word, said) in self.jobs.items() if word is Word.UNSURE}
        failed = {job: said for job, (word, said) in self.jobs.items() if word is Word.FAILED}
        if len(made) > 1 or len(self.held) > 1 or (made and unsure):
            names = ", ".join([*made, *unsure, *(f"invoice {held}" for held in self.held)])
            said = f"{ALARM}: found more than once ({names}). Look in ResMan before anything is paid."
            return Event.LOOKED, said, None
        if self.held:
            lacking = next((said for said in unsure.values() if said and not smells_of_time_out(said)), "")
            found = f"Found in ResMan. {PARTLY}{lacking}" if lacking else "Found in ResMan."
            return Event.FOUND_CONFIRMED, found, next(iter([*made, *unsure]), None)
        if made and self.jobs[made[0]][0] is Word.DONE:
            return Event.FOUND_CONFIRMED, "Found in ResMan.", made[0]
        if made:
            return Event.FOUND_QUEUED, "Found in the API's queue.", made[0]
        if unsure:
            return Event.LOOKED, f"ResMan may have it or not: {next(iter(unsure.values()))}", None
        if not failed:
            return Event.LOOKED, self.entry.said, None
        job, said = next(iter(failed.items()))
        if self.is_open or self.hints or not is_complete:
            # One that failed does not speak for another that may be waiting in the queue.
            return Event.LOOKED, f"A job of it failed ({job}: {said}), but another attempt has no known end.", None
        return Event.FOUND_FAILED, said or "ResMan did not take it, and does not say why.", job
