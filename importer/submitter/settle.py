"""Settling: invoices whose outcome is unknown, looked for in everything that the API shows.

Three places in turn: the write logs by what was sent, the job logs and the raw request behind them, and what ResMan
holds after a sync that finished later than the attempt. Found once: adopted. Found twice: an alarm, and a person. Not
found: it stays in doubt with what was looked at; absence proves nothing while a pending job may show in no log.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from importer.errors import Refused, RequestError
from importer.models import Evidence, Payload
from importer.submitter.client import Api, Integration, JobLog, WriteLog, WriteStatus
from importer.submitter.evidence import held_is_about, record_is_about, smells_of_time_out
from importer.submitter.ledger import Entry, Ledger
from importer.submitter.pacing import Stopped
from importer.submitter.states import Event, State

SKEW = timedelta(minutes=5)
"""How far the API's clock may be behind ours before a record counts as older than the attempt."""

MOST_RAW_RECORDS = 200
"""Raw requests fetched in one settling; each costs one request of the budget."""

SYNC_PATIENCE = 600.0
SYNC_INTERVAL = 5.0
"""Seconds: how long a sync that was asked for is waited for, and how often the API is asked whether it is done."""


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
class _Case:
    """One invoice in doubt, and what was found of it."""

    entry: Entry
    payload: Payload
    seen: list[Evidence] = field(default_factory=list)
    jobs: dict[str, tuple[Word, str]] = field(default_factory=dict)  # job id → its word, and ResMan's
    held: list[str] = field(default_factory=list)  # ids of invoices that ResMan holds

    @property
    def sent_at(self) -> datetime:
        return self.entry.sent_at or datetime.min.replace(tzinfo=UTC)

    @property
    def is_found(self) -> bool:
        """True once a job says for certain what became of it."""
        return any(word is not Word.UNSURE for word, _ in self.jobs.values())

    def note(self, looked_at: str, found: str) -> None:
        self.seen.append(Evidence(looked_at, datetime.now(UTC), found))


@dataclass(frozen=True, slots=True)
class Policy:
    """What a person has allowed beforehand. Hours None: nothing is ever released by itself."""

    release_unfound_after_hours: float | None = None


def settle_doubts(
    ledger: Ledger,
    api: Api,
    destination: str,
    *,
    keys: Sequence[str] | None = None,
    sync: bool = False,
    policy: Policy = Policy(),
) -> None:
    """Looks for the invoices in doubt at a destination (all, or those of `keys`) and adopts what is proven.

    `sync` asks for a fresh sync and waits for its end. An API that cannot be asked is evidence of nothing: the
    invoices stay in doubt, with a note of it. Raises `LedgerUnavailable`.
    """
    wanted = None if keys is None else set(keys)
    cases = [
        _Case(entry, entry.payload())
        for entry in ledger.entries(destination, State.IN_DOUBT)
        if wanted is None or entry.key in wanted
    ]
    groups: dict[str, list[_Case]] = {}
    for case in cases:
        groups.setdefault(case.entry.integration_id, []).append(case)
    for integration_id, group in groups.items():
        _Settling(ledger, api, integration_id, group, policy).run(sync=sync)


@dataclass(slots=True)
class _Settling:
    ledger: Ledger
    api: Api
    integration_id: str
    cases: list[_Case]
    policy: Policy
    x_ids: dict[str, str | None] = field(default_factory=dict)

    def run(self, *, sync: bool) -> None:
        synced = None
        try:
            self._known_jobs()
            self._write_logs()
            self._job_logs()
            synced = self._sync(wait=sync)
            self._held_invoices(synced)
        except Stopped:
            self._note_all("the API", "The looking was interrupted.")
        except RequestError as error:
            self._note_all("the API", f"It could not be asked: {error.sentence}")
        for case in self.cases:
            self._conclude(case, synced)

    # ---------------------------------------------------------------------------------------------- the places

    def _known_jobs(self) -> None:
        """A job whose answer came too late to be believed, and one that left its invoice unsure."""
        for case in self.cases:
            attempts = self.ledger.attempts(case.entry.key)
            jobs = [each["job_id"] for each in attempts if each["event"] == Event.LATE]
            if any(each["event"] == Event.UNSURE for each in attempts):
                jobs.append(case.entry.job_id)
            for job in dict.fromkeys(filter(None, jobs)):
                self._ask(case, job, "the status of the job")

    def _ask(self, case: _Case, job: str, looked_at: str) -> None:
        """What the API says of one job; a log's word alone does not tell a failure from half a success."""
        status = self.api.write_status(job)
        case.jobs[job] = word_of(status), said_of(status)
        case.note(looked_at, f"job {job}: {status.write_status} {said_of(status)}".strip())

    def _write_logs(self) -> None:
        open_cases = [case for case in self.cases if not case.jobs]
        if not open_cases:
            return
        logs = list(self.api.write_logs(self.integration_id, _time_range(case.sent_at for case in open_cases)))
        known = self.ledger.known_jobs([log.job_id for log in logs])
        for case in open_cases:
            found = [log for log in logs if log.job_id not in known and record_is_about(log.parameters, case.payload)]
            self._keep_logs(case, found)
            if not found:
                case.note("the write logs", f"{len(logs)} looked through, not among them")

    def _keep_logs(self, case: _Case, found: Iterable[WriteLog]) -> None:
        for log in found:
            if log.created_at is not None and log.created_at < case.sent_at - SKEW:
                case.note("the write logs", f"job {log.job_id} is about it, but is older than this attempt")
            elif log.status == "SUCCESS" and not log.error:
                case.jobs[log.job_id] = Word.DONE, ""
                case.note("the write logs", f"job {log.job_id}: SUCCESS")
            else:
                self._ask(case, log.job_id, "the write logs")

    def _job_logs(self) -> None:
        open_cases = [case for case in self.cases if not case.jobs]
        if not open_cases:
            return
        oldest = min(case.sent_at for case in open_cases) - SKEW
        properties = {case.entry.property_id for case in open_cases}
        recent: list[JobLog] = []
        for log in self.api.job_logs(self.integration_id):
            if log.created_at is not None and log.created_at < oldest:
                break
            if log.associated_property_id in (None, *properties):
                recent.append(log)
        known = self.ledger.known_jobs([log.job_id for log in recent if log.job_id])
        unknown = [log for log in recent if log.job_id is not None and log.job_id not in known]
        for log in unknown[:MOST_RAW_RECORDS]:
            self._raw(log, open_cases)
        for case in open_cases:
            if not case.jobs:
                left = len(unknown) - MOST_RAW_RECORDS
                more = f"; {left} more were not looked at" if left > 0 else ""
                case.note("the job logs", f"{min(len(unknown), MOST_RAW_RECORDS)} raw requests, not among them{more}")

    def _raw(self, log: JobLog, cases: Iterable[_Case]) -> None:
        try:
            raw = self.api.raw_job(log.id)
        except RequestError:
            return  # a log without a record, such as a sync's; it can be evidence of nothing
        for case in cases:
            if log.created_at is not None and log.created_at < case.sent_at - SKEW:
                continue
            if record_is_about(raw, case.payload, self._x_vendor(case)):
                self._ask_first(case, log)

    def _ask_first(self, case: _Case, log: JobLog) -> None:
        """Asks after the job itself, and where it is a mere step of another, after that.

        A job that the ledger knows is not asked: it is an earlier attempt, and says nothing of this one. A retry is a
        job of its own below the job that failed.
        """
        jobs = dict.fromkeys(filter(None, (log.job_id, log.parent_job_id, log.root_job_id)))
        known = self.ledger.known_jobs(list(jobs))
        for job in jobs:
            if job in known or job in case.jobs:
                return
            try:
                self._ask(case, job, "the job logs")
                return
            except Refused:
                continue  # a step has no status of its own

    def _sync(self, *, wait: bool) -> datetime | None:
        """When the last sync finished; with `wait`, of one that was asked for now."""
        if all(case.is_found for case in self.cases):
            return None
        before = self._last_sync()
        if not wait:
            return before
        self.api.start_sync(self.integration_id)
        deadline = time.monotonic() + SYNC_PATIENCE
        while time.monotonic() < deadline:
            if self.api.stop.wait(min(SYNC_INTERVAL, self.api.pace.window / 4)):
                raise Stopped
            now = self._last_sync()
            if now is not None and now != before:
                return now
        return before

    def _last_sync(self) -> datetime | None:
        found: list[Integration] = [each for each in self.api.integrations() if each.id == self.integration_id]
        return found[0].last_completed_sync if found else None

    def _held_invoices(self, synced: datetime | None) -> None:
        for property_id in dict.fromkeys(case.entry.property_id for case in self.cases if not case.is_found):
            cases = [case for case in self.cases if case.entry.property_id == property_id and not case.is_found]
            fresh = [case for case in cases if synced is not None and synced > case.sent_at]
            for case in cases:
                if case not in fresh:
                    when = f"the last one finished {synced:%Y-%m-%d %H:%M} UTC" if synced else "none is known"
                    case.note("ResMan's invoices", f"no sync has finished since it was sent ({when})")
            if not fresh:
                continue
            oldest = min(case.sent_at for case in fresh) - SKEW
            held = []
            for each in self.api.held_invoices(self.integration_id, property_id):
                if each.created_at is not None and each.created_at < oldest:
                    break
                held.append(each)
            for case in fresh:
                found = [each for each in held if held_is_about(each, case.payload, self._x_vendor(case))]
                for each in found:
                    case.held.append(each.id)
                    case.note("ResMan's invoices", f"{each.id} has its number, vendor, property and total")
                if not found:
                    when = f"{synced:%Y-%m-%d %H:%M}"
                    case.note("ResMan's invoices", f"not there after the sync that finished {when} UTC")

    # ---------------------------------------------------------------------------------------------- the conclusion

    def _conclude(self, case: _Case, synced: datetime | None) -> None:
        """Writes down what the findings prove; anything less leaves the invoice in doubt."""
        event, said, job = self._verdict(case, synced)
        self.ledger.record(
            event, case.entry.key, expected_sent_at=case.entry.sent_at, job_id=job, said=said, evidence=case.seen
        )

    def _verdict(self, case: _Case, synced: datetime | None) -> tuple[Event, str | None, str | None]:
        """The event, the words for it, and the job that it is about."""
        made = [job for job, (word, _) in case.jobs.items() if word in (Word.DONE, Word.QUEUED)]
        unsure = {job: said for job, (word, said) in case.jobs.items() if word is Word.UNSURE}
        failed = {job: said for job, (word, said) in case.jobs.items() if word is Word.FAILED}
        if len(made) > 1 or len(case.held) > 1:
            names = ", ".join([*made, *(f"invoice {held}" for held in case.held)])
            return Event.LOOKED, f"ALARM: found more than once ({names}). Look in ResMan before anything is paid.", None
        if case.held:
            return Event.FOUND_CONFIRMED, "Found in ResMan.", next(iter([*made, *unsure]), None)
        if made and case.jobs[made[0]][0] is Word.DONE:
            return Event.FOUND_CONFIRMED, "Found in ResMan.", made[0]
        if made:
            return Event.FOUND_QUEUED, "Found in the API's queue.", made[0]
        if self._may_release(case, synced):
            return Event.RELEASED, "Released by the policy in the settings: not found anywhere after a sync.", None
        if unsure:
            return Event.LOOKED, f"ResMan may have it or not: {next(iter(unsure.values()))}", None
        if failed:
            job, said = next(iter(failed.items()))
            return Event.FOUND_FAILED, said or "ResMan did not take it, and does not say why.", job
        return Event.LOOKED, case.entry.said, None

    def _may_release(self, case: _Case, synced: datetime | None) -> bool:
        """Only by the policy, only after every place was looked at and a sync finished past the waiting time."""
        hours = self.policy.release_unfound_after_hours
        if hours is None or synced is None or case.is_found or any(each.looked_at == "the API" for each in case.seen):
            return False
        return synced > case.sent_at + timedelta(hours=hours)

    # ---------------------------------------------------------------------------------------------- underneath

    def _x_vendor(self, case: _Case) -> str | None:
        vendor = case.entry.vendor_id
        if vendor not in self.x_ids:
            try:
                self.x_ids[vendor] = self.api.vendor_x_id(vendor)
            except RequestError:
                self.x_ids[vendor] = None
        return self.x_ids[vendor]

    def _note_all(self, looked_at: str, found: str) -> None:
        for case in self.cases:
            case.note(looked_at, found)


def _time_range(moments: Iterable[datetime]) -> str:
    """The shortest range of the write logs that reaches back past all of the moments."""
    age = datetime.now(UTC) - min(moments) + SKEW
    for name, span in (("hour", timedelta(hours=1)), ("day", timedelta(days=1)), ("week", timedelta(days=7))):
        if age < span:
            return name
    return "month"
