"""Settling: invoices whose outcome is unknown, looked for in everything that the API shows.

Three places in turn: the write logs by what was sent, the job logs and the raw request behind them, and what ResMan
holds after a sync that finished later than the attempt. Found once: adopted. Found twice: an alarm, and a person. Not
found: it stays in doubt with what was looked at; absence proves nothing while a pending job may show in no log.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from importer.errors import AccessDenied, Refused, RequestError
from importer.submitter.answers import Integration, JobLog, WriteLog
from importer.submitter.case import Case, Word, said_of, word_of
from importer.submitter.evidence import Match, values_of
from importer.submitter.ledger import Ledger
from importer.submitter.pacing import Stopped
from importer.submitter.states import Event, State

if TYPE_CHECKING:
    from importer.submitter.client import Api

SKEW = timedelta(minutes=5)
"""How far the API's clock and ours may differ: a record that much older than an attempt is not about it."""

MOST_RAW_RECORDS = 200
"""Raw requests fetched in one settling; each costs one request of the budget."""

SYNC_PATIENCE = 600.0
SYNC_INTERVAL = 5.0
"""Seconds: how long a sync that was asked for is waited for, and how often the API is asked whether it is done."""


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
    groups: dict[str, list[Case]] = {}
    for entry in ledger.entries(destination, State.IN_DOUBT):
        if wanted is None or entry.key in wanted:
            case = Case.of(entry, ledger.attempts(entry.key), ledger.now)
            groups.setdefault(entry.integration_id, []).append(case)
    for integration_id, group in groups.items():
        _Settling(ledger, api, integration_id, group, policy).run(sync=sync)


@dataclass(frozen=True, slots=True)
class _Sync:
    """The last sync that has finished. `asked_for`: by us, and so after every attempt, whatever the clocks say."""

    at: datetime | None
    asked_for: bool

    def is_after(self, moment: datetime) -> bool:
        return self.at is not None and (self.asked_for or self.at > moment + SKEW)


@dataclass(slots=True)
class _Settling:
    ledger: Ledger
    api: Api
    integration_id: str
    cases: list[Case]
    policy: Policy
    is_complete: bool = True  # False once something that should have been looked at could not be
    x_ids: dict[str, str | None] = field(default_factory=dict)

    def run(self, *, sync: bool) -> None:
        synced = _Sync(None, asked_for=False)
        try:
            for case in self.cases:
                for job in case.own_jobs:
                    self._ask(case, job, "the status of the job")
            self._look("the write logs", self._write_logs)
            self._look("the job logs", self._job_logs)
            if any(case.is_open or case.is_unsure for case in self.cases):
                synced = self._sync(wait=sync)
                self._look("ResMan's invoices", lambda: self._held_invoices(synced))
        except Stopped:
            self._give_up("The looking was interrupted.")
        except RequestError as error:
            self._give_up(f"It could not be asked: {error.sentence}")
        for case in self.cases:
            self._conclude(case, synced)

    def _look(self, place: str, look: Callable[[], None]) -> None:
        """One place that cannot be asked does not keep the others from being looked at."""
        try:
            look()
        except AccessDenied:
            raise
        except RequestError as error:
            self.is_complete = False
            for case in self.cases:
                case.note(place, f"could not be asked: {error.sentence}")

    def _give_up(self, why: str) -> None:
        self.is_complete = False
        for case in self.cases:
            case.note("the API", why)

    # ---------------------------------------------------------------------------------------------- the places

    def _ask(self, case: Case, job: str, looked_at: str) -> bool:
        """What the API says of one job; a log's word alone does not tell a failure from half a success."""
        try:
            status = self.api.write_status(job)
        except AccessDenied:
            raise
        except Refused as error:
            case.note(looked_at, f"job {job}: {error.sentence}")
            return False
        except RequestError as error:
            self.is_complete = False
            case.note(looked_at, f"job {job} could not be asked after: {error.sentence}")
            return False
        case.jobs[job] = word_of(status), said_of(status)
        case.note(looked_at, f"job {job}: {status.write_status} {said_of(status)}".strip())
        return True

    def _write_logs(self) -> None:
        cases = [case for case in self.cases if case.is_open]
        if not cases:
            return
        looked_through = 0
        found: list[tuple[WriteLog, Case, Match]] = []
        for log in self.api.write_logs(
            self.integration_id, time_range((case.sent_at for case in cases), self.ledger.now())
        ):
            looked_through += 1
            found += [(log, case, match) for case, match in self._matches(log.parameters, cases)]
        known = self.ledger.known_jobs([log.job_id for log, _, _ in found])
        for log, case, match in found:
            if log.job_id not in known and log.job_id not in case.jobs:
                self._log_about(log, case, match)
        for case in cases:
            if case.is_open:
                case.note("the write logs", f"{looked_through} looked through, nothing else proves what became of it")

    def _log_about(self, log: WriteLog, case: Case, match: Match) -> None:
        older = log.created_at is not None and log.created_at < case.sent_at - SKEW
        if match is Match.MAYBE:
            case.hint("the write logs", f"job {log.job_id} may be about it: not all of its values agree")
        elif older and case.unknown < 2:
            case.hint("the write logs", f"job {log.job_id} is about it, but is older than this attempt")
        elif log.status == "SUCCESS" and not log.error:
            case.jobs[log.job_id] = Word.DONE, ""
            case.note("the write logs", f"job {log.job_id}: SUCCESS")
        elif not self._ask(case, log.job_id, "the write logs"):
            case.hint("the write logs", f"job {log.job_id} is about it, and cannot be asked after")

    def _job_logs(self) -> None:
        cases = [case for case in self.cases if case.is_open]
        if not cases:
            return
        oldest = min(case.sent_at for case in cases) - SKEW
        recent: list[JobLog] = []
        for log in self.api.job_logs(self.integration_id):
            if log.created_at is not None and log.created_at < oldest:
                break
            recent.append(log)
        ours = {case.entry.key for case in cases}
        known = self.ledger.known_jobs([job for log in recent for job in log.family])
        unknown = [
            log
            for log in recent
            if log.job_id is not None
            and log.job_id not in known
            and all(
                known.get(job, ours) & ours for job in log.family
            )  # a step of another invoice's job is none of ours
        ]
        for log in unknown[:MOST_RAW_RECORDS]:
            self._raw(log, cases, known)
        left = len(unknown) - MOST_RAW_RECORDS
        self.is_complete = self.is_complete and left <= 0
        more = f"; {left} more were not looked at" if left > 0 else ""
        for case in cases:
            if case.is_open:
                looked_at = min(len(unknown), MOST_RAW_RECORDS)
                case.note("the job logs", f"{looked_at} raw requests looked through, it is not among them{more}")

    def _raw(self, log: JobLog, cases: Iterable[Case], known: dict[str, set[str]]) -> None:
        try:
            raw = self.api.raw_job(log.id)
        except AccessDenied:
            raise
        except Refused:
            return  # a log without a record, such as a sync's; it can be evidence of nothing
        except RequestError:
            self.is_complete = False
            return
        for case, match in self._matches(raw, cases):
            if log.created_at is not None and log.created_at < case.sent_at - SKEW and case.unknown < 2:
                continue
            if match is Match.MAYBE:
                case.hint("the job logs", f"job {log.job_id} may be about it: not all of its values agree")
            else:
                self._ask_first(case, log, known)

    def _ask_first(self, case: Case, log: JobLog, known: dict[str, set[str]]) -> None:
        """Asks after the job itself, and where it is a mere step of another, after that.

        A job that the ledger knows is not asked: it is an earlier attempt, and says nothing of this one. A retry is a
        job of its own below the job that failed.
        """
        for job in log.family:
            if job in known or job in case.jobs or self._ask(case, job, "the job logs"):
                return
        case.hint("the job logs", f"job {log.job_id} is about it, and cannot be asked after")

    def _sync(self, *, wait: bool) -> _Sync:
        """The last sync that has finished; with `wait`, one that is asked for now."""
        before = self._last_sync()
        if not wait:
            return _Sync(before, asked_for=False)
        self.api.start_sync(self.integration_id)
        deadline = time.monotonic() + SYNC_PATIENCE
        while time.monotonic() < deadline:
            if self.api.stop.wait(min(SYNC_INTERVAL, self.api.pace.window / 4)):
                raise Stopped
            now = self._last_sync()
            if now is not None and now != before:
                return _Sync(now, asked_for=True)
        return _Sync(before, asked_for=False)

    def _last_sync(self) -> datetime | None:
        found: list[Integration] = [each for each in self.api.integrations() if each.id == self.integration_id]
        return found[0].last_completed_sync if found else None

    def _held_invoices(self, synced: _Sync) -> None:
        wanting = [case for case in self.cases if case.is_open or case.is_unsure]
        when = f"the last one finished {synced.at:%Y-%m-%d %H:%M} UTC" if synced.at else "none is known"
        for case in wanting:
            if not synced.is_after(case.sent_at):
                case.note("ResMan's invoices", f"no sync has surely begun since it was sent ({when})")
        for property_id in dict.fromkeys(case.entry.property_id for case in wanting):
            cases = [case for case in wanting if case.entry.property_id == property_id]
            oldest = min(case.sent_at for case in cases) - SKEW
            if synced.at is not None and synced.at < oldest:
                continue  # nothing that was sent since can be there
            for case in cases:
                self._learn_x_ids(case)
            found = dict.fromkeys((case.entry.key for case in cases), False)
            for held in self.api.held_invoices(self.integration_id, property_id):
                if held.created_at is not None and held.created_at < oldest:
                    break
                for case in cases:
                    match = case.sought.held(held)
                    if match is Match.NO:
                        continue
                    found[case.entry.key] = True
                    if match is Match.MAYBE:
                        case.hint("ResMan's invoices", f"{held.id} may be it: ResMan does not show all of its values")
                    elif held.created_at is not None and held.created_at < case.sent_at - SKEW:
                        case.hint("ResMan's invoices", f"{held.id} has its values, but was there before it was sent")
                    else:
                        case.held.append(held.id)
                        case.note("ResMan's invoices", f"{held.id} has its number, vendor, property and total")
            for case in cases:
                if not found[case.entry.key] and synced.is_after(case.sent_at):
                    case.is_absent = True
                    at = f"{synced.at:%Y-%m-%d %H:%M}"
                    case.note("ResMan's invoices", f"not there after the sync that finished {at} UTC")

    # ---------------------------------------------------------------------------------------------- the conclusion

    def _conclude(self, case: Case, synced: _Sync) -> None:
        """Writes down what the findings prove; anything less leaves the invoice in doubt."""
        event, said, job = case.verdict(is_complete=self.is_complete)
        if event is Event.LOOKED and self._may_release(case, synced):
            event, said = Event.RELEASED, "Released by the policy in the settings: not found anywhere after a sync."
        self.ledger.record(
            event,
            case.entry.key,
            expected_sent_at=case.entry.sent_at,
            heeded=case.jobs,
            job_id=job,
            said=said,
            evidence=case.seen,
        )

    def _may_release(self, case: Case, synced: _Sync) -> bool:
        """Only by the policy, only where every place was looked at and none gave a hint, and only once a sync has
        finished past the waiting time."""
        hours = self.policy.release_unfound_after_hours
        if hours is None or synced.at is None or not self.is_complete or not case.is_absent or case.has_traces:
            return False
        return synced.at > case.sent_at + max(timedelta(hours=hours), SKEW)

    # ---------------------------------------------------------------------------------------------- underneath

    def _matches(self, record: object, cases: Iterable[Case]) -> list[tuple[Case, Match]]:
        """The cases that a record is, or may be, about."""
        values = values_of(record)
        found: list[tuple[Case, Match]] = []
        for case in cases:
            match = case.sought.in_record(values)
            if match is Match.MAYBE and not case.knows_x_ids:
                self._learn_x_ids(case)  # what went on to ResMan may show ResMan's own ids
                match = case.sought.in_record(values)
            if match is not Match.NO:
                found.append((case, match))
        return found

    def _learn_x_ids(self, case: Case) -> None:
        if not case.knows_x_ids:
            vendor = self._x_id("vendors", case.entry.vendor_id)
            case.learn(vendor, self._x_id("properties", case.entry.property_id))

    def _x_id(self, kind: str, record_id: str) -> str | None:
        if record_id not in self.x_ids:
            try:
                self.x_ids[record_id] = self.api.x_id(kind, record_id)
            except RequestError:
                self.x_ids[record_id] = None  # then nothing matches fully, and nothing is called absent
        return self.x_ids[record_id]


def time_range(moments: Iterable[datetime], now: datetime) -> str:
    """The shortest range of the write logs that reaches back from `now` past all of the moments."""
    age = now - min(moments) + SKEW
    for name, span in (("hour", timedelta(hours=1)), ("day", timedelta(days=1)), ("week", timedelta(days=7))):
        if age < span:
            return name
    return "month"
