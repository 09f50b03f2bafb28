"""Settling: invoices whose outcome is unknown, looked for in everything that the API shows.

Three places in turn: the write logs by what was sent, the job logs and the raw request behind them, and what ResMan
holds after a sync that began later than the attempt and covers the bill's dates. Found once: adopted. Found twice, or
fitting two: an alarm, and a person. Not found: it stays in doubt with what was looked at; absence proves nothing while
a pending job may show in no log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from importer.errors import AccessDenied, Refused, RequestError
from importer.ledger.ledger import Ledger
from importer.ledger.states import Event, State
from importer.propexo.answers import HeldInvoice, JobLog, WriteLog
from importer.propexo.rate_limit import Stopped
from importer.sending.doubt import (
    Doubt,
    Ending,
    Word,
    ending_of,
)
from importer.sending.evidence import Match, values_of
from importer.sending.synced import (
    COVERED_DAYS,
    SKEW,
    SyncCoverage,
    look_at_sync,
)

if TYPE_CHECKING:
    from importer.propexo.client import Api

MOST_RAW_RECORDS = 200
"""Raw requests fetched in one settling; each costs one request of the budget."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a person has said beforehand. Hours None: nothing is ever released by itself. So many days back a sync
    covers; and the phrases that are definite refusals besides those of the table."""

    release_unfound_after_hours: float | None = None
    sync_covers_days: int = COVERED_DAYS
    definite_refusals: tuple[str, ...] = ()


NO_POLICY = Policy()
"""Nothing was said beforehand."""


def settle_doubts(
    ledger: Ledger,
    api: Api,
    destination: str,
    *,
    keys: Sequence[str] | None = None,
    sync: bool = False,
    policy: Policy = NO_POLICY,
) -> None:
    """Looks for the invoices in doubt at a destination (all, or those of `keys`) and adopts what is proven.

    `sync` asks for a fresh sync and waits for its end. An API that cannot be asked is evidence of nothing: the
    invoices stay in doubt, with a note of it. Raises `LedgerUnavailable`.
    """
    wanted = None if keys is None else set(keys)
    groups: dict[str, list[Doubt]] = {}
    rivals: dict[str, list[Doubt]] = {}
    for entry in ledger.entries(destination, State.IN_DOUBT):
        mine = groups if wanted is None or entry.key in wanted else rivals
        case = Doubt.of(entry, ledger.attempts(entry.key) if mine is groups else (), ledger.now)
        mine.setdefault(entry.integration_id, []).append(case)
    for integration_id, group in groups.items():
        _Settling(ledger, api, integration_id, group, rivals.get(integration_id, []), policy).run(sync=sync)


@dataclass(slots=True)
class _Settling:
    ledger: Ledger
    api: Api
    integration_id: str
    cases: list[Doubt]
    rivals: list[Doubt]  # others in doubt, which a record may be about as well
    policy: Policy
    is_complete: bool = True  # False once something that should have been looked at could not be
    x_ids: dict[str, str | None] = field(default_factory=dict)

    def run(self, *, sync: bool) -> None:
        synced = SyncCoverage(covered_days=self.policy.sync_covers_days)
        try:
            for case in self.cases:
                for job in case.own_jobs:
                    self._ask(case, job, "the status of the job")
            self._look("the write logs", self._write_logs)
            self._look("the job logs", self._job_logs)
            if any(case.wants_a_look for case in self.cases):
                synced = self._synced(wait=sync)
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

    def _ask(self, case: Doubt, job: str, looked_at: str) -> bool:
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
        ending = ending_of(status, self.policy.definite_refusals)
        case.jobs[job] = ending
        case.note(looked_at, f"job {job}: {status.write_status} {ending.said}".strip())
        return True

    def _write_logs(self) -> None:
        cases = [case for case in self.cases if case.is_open]
        if not cases:
            return
        looked_through = 0
        found: list[tuple[WriteLog, list[tuple[Doubt, Match]]]] = []
        for log in self.api.write_logs(
            self.integration_id, time_range((case.sent_at for case in cases), self.ledger.now())
        ):
            looked_through += 1
            if matches := self._matches(log.parameters, cases):
                found.append((log, matches))
        known = self.ledger.known_jobs([log.job_id for log, _ in found])
        for log, matches in found:
            usable = [(case, match) for case, match in matches if case.may_use(log.job_id, known)]
            for case, match in self._of_one(usable, f"job {log.job_id}", log.parameters):
                self._log_about(log, case, match)
        for case in cases:
            if case.is_open:
                case.note("the write logs", f"{looked_through} looked through, nothing else proves what became of it")

    def _log_about(self, log: WriteLog, case: Doubt, match: Match) -> None:
        older = log.created_at is not None and log.created_at < case.sent_at - SKEW
        if match is not Match.YES:
            case.hint("the write logs", f"job {log.job_id} may be about it: not all of its values agree")
        elif older and case.unknown < 2:
            case.hint("the write logs", f"job {log.job_id} is about it, but is older than this attempt")
        elif log.status == "SUCCESS" and not log.error:
            case.jobs[log.job_id] = Ending(Word.DONE, "")
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

    def _raw(self, log: JobLog, cases: Iterable[Doubt], known: dict[str, set[str]]) -> None:
        try:
            raw = self.api.raw_job(log.id)
        except AccessDenied:
            raise
        except Refused:
            return  # a log without a record, such as a sync's; it can be evidence of nothing
        except RequestError:
            self.is_complete = False
            return
        for case, match in self._of_one(self._matches(raw, cases), f"job {log.job_id}", raw):
            if log.created_at is not None and log.created_at < case.sent_at - SKEW and case.unknown < 2:
                continue
            if match is not Match.YES:
                case.hint("the job logs", f"job {log.job_id} may be about it: not all of its values agree")
            else:
                self._ask_first(case, log, known)

    def _ask_first(self, case: Doubt, log: JobLog, known: dict[str, set[str]]) -> None:
        """Asks after the job itself, and where it is a mere step of another, after that.

        A job that the ledger knows is not asked: it is an earlier attempt, and says nothing of this one. A retry is a
        job of its own below the job that failed.
        """
        for job in log.family:
            if job in known or job in case.jobs or self._ask(case, job, "the job logs"):
                return
        case.hint("the job logs", f"job {log.job_id} is about it, and cannot be asked after")

    def _synced(self, *, wait: bool) -> SyncCoverage:
        """The last sync; with `wait`, one that begins now. Where that cannot be had, none is known to have begun."""
        covered = self.policy.sync_covers_days
        try:
            return look_at_sync(self.api, self.integration_id, covered, self.ledger.now, wait=wait)
        except AccessDenied:
            raise
        except RequestError as error:
            self.is_complete = False
            for case in self.cases:
                case.note("the sync", f"could not be asked for: {error.sentence}")
            return SyncCoverage(covered_days=covered)

    def _held_invoices(self, synced: SyncCoverage) -> None:
        wanting = [case for case in self.cases if case.wants_a_look]
        when = f"the last one finished {synced.at:%Y-%m-%d %H:%M} UTC" if synced.at else "none is known"
        for case in wanting:
            if not synced.began_after(case.sent_at):
                case.note("ResMan's invoices", f"no sync has surely begun since it was sent ({when})")
        for property_id in dict.fromkeys(case.entry.property_id for case in wanting):
            cases = [case for case in wanting if case.entry.property_id == property_id]
            oldest = min(case.sent_at for case in cases) - SKEW
            if synced.at is not None and synced.at < oldest:
                continue  # nothing that was sent since can be there
            found = self._held_at(property_id, cases, oldest)
            for case in cases:
                if case.entry.key not in found and synced.began_after(case.sent_at):
                    self._absent(case, synced)

    def _held_at(self, property_id: str, cases: Sequence[Doubt], oldest: datetime) -> set[str]:
        """Looks through what ResMan holds of a property. The keys of the cases that something was found of."""
        rivals = [rival for rival in self.rivals if rival.entry.property_id == property_id]
        for case in [*cases, *rivals]:
            self._learn_x_ids(case)
        found: set[str] = set()
        for held in self.api.held_invoices(self.integration_id, property_id):
            if held.created_at is not None and held.created_at < oldest:
                break
            matches = [(case, match) for case in cases if (match := case.sought.held(held)) is not Match.NO]
            if not matches:
                continue
            full = [rival for rival in rivals if rival.sought.held(held) is Match.YES]
            for case, match in _narrowed(matches, full, f"invoice {held.id}"):
                found.add(case.entry.key)
                self._held_about(held, case, match)
        return found | {case.entry.key for case in cases if case.contested}

    @staticmethod
    def _held_about(held: HeldInvoice, case: Doubt, match: Match) -> None:
        if match is Match.MAYBE:
            case.hint("ResMan's invoices", f"{held.id} may be it: ResMan does not show all of its values")
        elif held.created_at is not None and held.created_at < case.sent_at - SKEW:
            case.hint("ResMan's invoices", f"{held.id} has its values, but was there before it was sent")
        else:
            case.held.append(held.id)
            case.note("ResMan's invoices", f"{held.id} has its number, vendor, property and total")

    @staticmethod
    def _absent(case: Doubt, synced: SyncCoverage) -> None:
        """It was not found. That proves something where a sync would have brought it."""
        said = f"not there after the sync that finished {synced.at:%Y-%m-%d %H:%M} UTC"
        case.is_absent = synced.covers(case.sought.payload.read())
        if synced.window is not None:
            first, last = synced.window
            said += f", which is taken to cover bills dated {first} to {last}"
            if not case.is_absent:
                said += (
                    f". It is dated {case.sought.payload.invoice_date}: that proves nothing. "
                    "Where your syncs look further back, say so with `sync_covers_days`"
                )
        case.note("ResMan's invoices", said)

    # ---------------------------------------------------------------------------------------------- the conclusion

    def _conclude(self, case: Doubt, synced: SyncCoverage) -> None:
        """Writes down what the findings prove; anything less leaves the invoice in doubt."""
        verdict = case.verdict(synced, is_complete=self.is_complete)
        if verdict.event is Event.LOOKED and self._may_release(case, synced):
            said = "Released by the policy in the settings: not found anywhere after a sync."
            verdict = verdict._replace(event=Event.RELEASED, said=said, job_id=None)
        self.ledger.record(
            verdict.event,
            case.entry.key,
            expected_sent_at=case.entry.sent_at,
            heeded=case.jobs,
            job_id=verdict.job_id,
            held=verdict.held,
            said=verdict.said,
            evidence=case.seen,
            alarm=verdict.alarm,
            refusal=verdict.refusal,
        )

    def _may_release(self, case: Doubt, synced: SyncCoverage) -> bool:
        """Only by the policy, only where every place was looked at and none gave a hint, and only once a sync has
        finished past the waiting time."""
        hours = self.policy.release_unfound_after_hours
        if hours is None or synced.at is None or not self.is_complete or not case.is_absent or case.has_traces:
            return False
        return synced.at > case.sent_at + max(timedelta(hours=hours), SKEW)

    # ---------------------------------------------------------------------------------------------- underneath

    def _matches(self, record: object, cases: Iterable[Doubt]) -> list[tuple[Doubt, Match]]:
        """The cases that a record is, or may be, about."""
        values = values_of(record)
        found: list[tuple[Doubt, Match]] = []
        for case in cases:
            match = case.sought.in_record(values)
            if match is Match.MAYBE and not case.knows_x_ids:
                self._learn_x_ids(case)  # what went on to ResMan may show ResMan's own ids
                match = case.sought.in_record(values)
            if match is not Match.NO:
                found.append((case, match))
        return found

    def _of_one(
        self, matches: Sequence[tuple[Doubt, Match]], record: str, content: object
    ) -> Sequence[tuple[Doubt, Match]]:
        """Those whose the record may be; none where it fits two."""
        values = values_of(content) if matches else frozenset()
        rivals = [each for each in self.rivals if each.sought.in_record(values) >= Match.AMONG]
        return _narrowed(matches, rivals, record)

    def _learn_x_ids(self, case: Doubt) -> None:
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


def _narrowed(
    matches: Sequence[tuple[Doubt, Match]], rivals: Sequence[Doubt], record: str
) -> Sequence[tuple[Doubt, Match]]:
    """A record that fits one case fully is of no other; one that fits several is of none by itself."""
    full = [case for case, match in matches if match is Match.YES]
    fitting = [case for case, match in matches if match >= Match.AMONG]
    if fitting and len(fitting) + len(rivals) > 1:
        for case in fitting:
            case.contested.append(record)
            case.note("the records", f"{record} has all of its values, and fits another invoice in doubt as well")
        return ()
    return [(case, Match.YES) for case in full] if full or rivals else matches


def time_range(moments: Iterable[datetime], now: datetime) -> str:
    """The shortest range of the write logs that reaches back from `now` past all of the moments."""
    age = now - min(moments) + SKEW
    for name, span in (("hour", timedelta(hours=1)), ("day", timedelta(days=1)), ("week", timedelta(days=7))):
        if age < span:
            return name
    return "month"
