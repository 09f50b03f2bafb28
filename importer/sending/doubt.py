"""One invoice in doubt: what its own history says, what was found of it elsewhere, and what that proves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Self

from importer.domain.follow_up_facts import ALARM, PARTLY, Alarm
from importer.domain.outcome import Evidence
from importer.ledger.entries import LedgerEntry
from importer.ledger.refusals import Refusal, refusal_of
from importer.ledger.states import Event
from importer.propexo.answers import WriteStatus
from importer.sending.evidence import Sought
from importer.sending.synced import SyncCoverage

REST = timedelta(minutes=15)
"""So long after a failure that proves nothing was first heard of, a sync must begin that is to prove that ResMan has
nothing: what timed out on the way may still be written for a while."""


class Word(StrEnum):
    """What a record that is about an invoice says of it."""

    DONE = "done"  # ResMan has it
    QUEUED = "queued"  # not yet done
    FAILED = "failed"  # a definite refusal: ResMan did not take it
    PARTLY = "partly"  # ResMan may have a part of it
    UNSURE = "unsure"  # it failed in words that prove nothing: ResMan may have it

    @property
    def is_open(self) -> bool:
        """True where ResMan may have it or not."""
        return self in (Word.PARTLY, Word.UNSURE)


class Ending(NamedTuple):
    """What is known of one job."""

    word: Word
    said: str  # its errors in one line
    refusal: Refusal | None = None  # of one that failed


def ending_of(status: WriteStatus, refusals: Sequence[str] = ()) -> Ending:
    """What the API says of a job. `refusals` are the phrases that the settings call definite."""
    said = "; ".join(status.errors)
    match status.write_status:
        case "SUCCESS":
            return Ending(Word.DONE, said)
        case "PARTIAL_SUCCESS":
            return Ending(Word.PARTLY, said)
        case "PENDING":
            return Ending(Word.QUEUED, said)
        case "FAILURE":
            refusal = refusal_of(status.errors, refusals)
            return Ending(Word.UNSURE if refusal is None else Word.FAILED, said, refusal)


def open_words(ending: Ending) -> str:
    """What is said of an invoice whose job ended so that ResMan may have it or not."""
    how = "partial success" if ending.word is Word.PARTLY else "failure"
    return f"ResMan may have it or not ({how}): {ending.said or 'it does not say why'}"


class EvidenceResult(NamedTuple):
    """What the findings prove: the event to write down, and the facts and words for it."""

    event: Event
    said: str | None
    job_id: str | None = None
    held: str | None = None  # the id of the invoice in ResMan
    alarm: Alarm | None = None
    refusal: Refusal | None = None


@dataclass(slots=True)
class Doubt:
    """One invoice in doubt, and what was found of it."""

    entry: LedgerEntry
    sought: Sought
    own_jobs: tuple[str, ...]  # that the ledger itself has, from late answers or unsure ends
    unknown: int  # attempts of which nobody knows what they made
    now: Callable[[], datetime]
    ended_at: datetime | None = None  # when it was first heard that its job failed in words that prove nothing
    seen: list[Evidence] = field(default_factory=list)
    jobs: dict[str, Ending] = field(default_factory=dict)
    held: list[str] = field(default_factory=list)  # ids of invoices that ResMan holds
    contested: list[str] = field(default_factory=list)  # records that another case fits as well
    hints: int = 0  # findings that prove nothing, but are not nothing either
    is_absent: bool = False  # True where ResMan lacks it after a sync that began after the attempt and covers its dates
    knows_x_ids: bool = False

    @classmethod
    def of(cls, entry: LedgerEntry, attempts: Sequence[Mapping[str, Any]], now: Callable[[], datetime]) -> Self:
        """The case of an invoice with its history, oldest first."""
        jobs: dict[str, None] = {}
        unknown = 0
        ended_at: datetime | None = None
        late: list[str] = []
        for each in attempts:
            match Event(each["event"]):
                case Event.INTENT | Event.RETRY_INTENT:
                    jobs, late, ended_at = {}, [], None  # what was known of earlier sendings says nothing of this one
                case Event.LOST | Event.OWNER_DIED:
                    unknown += 1
                case Event.FOUND_QUEUED | Event.FOUND_CONFIRMED | Event.FOUND_FAILED:
                    unknown = max(0, unknown - 1)
                case Event.LATE if each["job_id"] is None:
                    late.append(str(each["detail"]))
                case Event.FOUND_AFTER_ALL:
                    unknown = max(unknown, len(jobs)) + 1  # beside the job that failed there is, or may be, another
                case Event.UNSURE | Event.LOOKED | Event.TAKEN_BACK:
                    is_about_a_job = Event(each["event"]) is not Event.LOOKED or each["job_id"] is not None
                    ended_at = ended_at or (each["at"] if is_about_a_job else None)
            if each["job_id"] is not None:
                jobs[each["job_id"]] = None
        if entry.alarm is Alarm.SHARED_JOB:
            jobs = {}  # whose it is must be seen from the job itself
        made = cls(entry, Sought(entry.payload()), tuple(jobs), unknown, now, ended_at)
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
        return all(ending.word.is_open for ending in self.jobs.values())

    @property
    def wants_a_look(self) -> bool:
        """True where what ResMan holds may settle it."""
        return self.is_open or self.is_unsure or self.entry.alarm is Alarm.TAKEN_BACK

    @property
    def has_traces(self) -> bool:
        """True where anything was found that speaks against sending it again by itself."""
        return bool(self.hints or self.held or self.contested or self.entry.alarm) or not self.is_unsure

    def may_use(self, job: str, known: Mapping[str, set[str]]) -> bool:
        """True where a job that is about it may settle it: no invoice of the ledger has it, or it was told for this
        one and another. `known` are the jobs of the ledger's invoices."""
        if job in self.jobs:
            return False
        return job not in known or (self.entry.alarm is Alarm.SHARED_JOB and known[job] == {self.entry.key})

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

    def verdict(self, synced: SyncCoverage, *, is_complete: bool) -> EvidenceResult:
        """What the findings prove; anything less leaves it in doubt."""
        made = [job for job, ending in self.jobs.items() if ending.word in (Word.DONE, Word.QUEUED)]
        unsure = {job: ending for job, ending in self.jobs.items() if ending.word.is_open}
        if self.contested:
            said = f"{ALARM}: {', '.join(self.contested)} fits this invoice and another in doubt. Look whose it is."
            return EvidenceResult(Event.LOOKED, said, alarm=Alarm.FITS_SEVERAL)
        if len(made) > 1 or len(self.held) > 1 or (made and unsure):
            names = ", ".join([*made, *unsure, *(f"invoice {held}" for held in self.held)])
            said = f"{ALARM}: found more than once ({names}). Look in ResMan before anything is paid."
            return EvidenceResult(Event.LOOKED, said, alarm=Alarm.TWICE)
        if self.held:
            lacking = next((each.said for each in unsure.values() if each.word is Word.PARTLY and each.said), "")
            found = f"Found in ResMan. {PARTLY}{lacking}" if lacking else "Found in ResMan."
            return EvidenceResult(Event.FOUND_CONFIRMED, found, next(iter([*made, *unsure]), None), self.held[0])
        if made:
            if self.jobs[made[0]].word is Word.DONE:
                return EvidenceResult(Event.FOUND_CONFIRMED, "Found in ResMan.", made[0])
            return EvidenceResult(Event.FOUND_QUEUED, "Found in the API's queue.", made[0])
        if unsure:
            return self._of_unsure(unsure, synced, is_complete=is_complete)
        return self._of_failed(is_complete=is_complete)

    def _of_unsure(self, unsure: Mapping[str, Ending], synced: SyncCoverage, *, is_complete: bool) -> EvidenceResult:
        """Of failures that prove nothing, and of half a success."""
        job, ending = next(iter(unsure.items()))
        left = EvidenceResult(
            Event.LOOKED, open_words(ending), job if len(unsure) == 1 else None, alarm=self.entry.alarm
        )
        may_fail = self.is_absent and is_complete and not self.is_open and not self.hints and not self.entry.alarm
        if any(each.word is Word.PARTLY for each in unsure.values()) or not may_fail:
            return left
        heard = self.ended_at or self.now()
        if not synced.began_long_after(heard, REST):
            self.note("ResMan's invoices", f"a sync that begins after {heard + REST:%Y-%m-%d %H:%M} UTC settles it")
            return left
        said = f"It failed ({ending.said or 'it does not say why'}), and ResMan does not have it."
        return EvidenceResult(Event.FOUND_FAILED, said, job, refusal=Refusal.ABSENT)

    def _of_failed(self, *, is_complete: bool) -> EvidenceResult:
        """Of definite refusals, or of nothing at all."""
        failed = next(iter(self.jobs.items()), None)
        if failed is None:
            return EvidenceResult(Event.LOOKED, self.entry.said, alarm=self.entry.alarm)
        job, ending = failed
        if self.is_open or self.hints or not is_complete:
            # One that failed does not speak for another that may be waiting in the queue.
            said = f"A job of it failed ({job}: {ending.said}), but another attempt has no known end."
            return EvidenceResult(Event.LOOKED, said, alarm=self.entry.alarm)
        if self.entry.alarm is Alarm.TAKEN_BACK and not self.is_absent:
            return EvidenceResult(Event.LOOKED, self.entry.said, alarm=self.entry.alarm)
        return EvidenceResult(Event.FOUND_FAILED, ending.said, job, refusal=ending.refusal)
