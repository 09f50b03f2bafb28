"""A person's word on an invoice in doubt, and the look before it is carried out.

What the look proves is not overruled. What it merely shows must have been before the person's eyes: the same words once
more, after it was told, are that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from importer.domain.follow_up_facts import Alarm
from importer.domain.outcome import Evidence
from importer.errors import AccessDenied, CannotRun, Misdirected, Refused, RequestError
from importer.ledger.entries import LedgerEntry
from importer.ledger.ledger import Ledger
from importer.ledger.states import Event
from importer.sending.doubt import (
    Doubt,
    Ending,
    Word,
    ending_of,
)
from importer.sending.evidence import Match, values_of
from importer.sending.settle import Policy, time_range
from importer.sending.synced import SKEW
from importer.sending.unknown_jobs import know

if TYPE_CHECKING:
    from importer.propexo.client import Api

MOST_LOGS = 100
MOST_HELD = 250
"""Looked through before a release: what one request gives."""

MOST_LOGS_OF_A_JOB = 1_000
"""Looked through for the job that is to be adopted."""


@dataclass(frozen=True, slots=True)
class PersonsDecision:
    """A person's word on one invoice in doubt. `job_id` None: release it, so that it may be sent again. `reason` may be
    blank where a job is adopted that shows the invoice."""

    key: str
    job_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look has shown. `proof`: what shows for certain that it has arrived, in a sentence; "" where nothing does.
    `doubts`: what may be it. `jobs`: those that were asked after. `failed`: those that failed, by the logs."""

    evidence: tuple[Evidence, ...]
    proof: str = ""
    doubts: tuple[str, ...] = ()
    jobs: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()

    def is_news(self, entry: LedgerEntry) -> bool:
        """True where something that may be it was not among what a person has been shown before."""
        return not set(self.doubts) <= {each.found for each in entry.evidence}


def decide(
    ledger: Ledger, api: Api, entry: LedgerEntry, decision: PersonsDecision, policy: Policy
) -> Callable[[], None]:
    """Looks whether a decision fits what the API shows; gives what carries it out.

    Raises `CannotRun` where it does not fit, where a person has not seen yet what was found, or where the API cannot be
    asked. What was seen is kept in the ledger all the same.
    """
    try:
        if decision.job_id is None:
            seen = look_before_release(ledger, api, entry, policy)
        else:
            seen = look_before_adopting(ledger, api, entry, decision.job_id, policy)
    except RequestError as error:
        said = f"What became of invoice {entry.invoice_number} cannot be looked at now: {error.sentence}"
        raise CannotRun(said, "Nothing was decided. Try again later.") from error
    evidence = (*entry.evidence, *seen.evidence)
    try:
        event, said = _word_on(ledger, entry, decision, seen)
    except CannotRun:
        sent_at, alarm = entry.sent_at, entry.alarm
        ledger.record(Event.LOOKED, entry.key, expected_sent_at=sent_at, alarm=alarm, evidence=evidence)
        raise

    def carry_out() -> None:
        done = ledger.record(
            event,
            entry.key,
            expected_sent_at=entry.sent_at,
            heeded=seen.jobs,
            job_id=decision.job_id,
            said=said,
            evidence=evidence,
        )
        if not done:
            raise CannotRun("The invoice was settled by somebody else at this moment.", "Run `settle` again.")
        if event is Event.RELEASED:  # or the next run would take them for another program's
            know(ledger, entry.destination, entry.integration_id, sorted(seen.failed), said)

    return carry_out


def _word_on(ledger: Ledger, entry: LedgerEntry, decision: PersonsDecision, seen: Seen) -> tuple[Event, str]:
    """What a decision makes of its invoice, after the look. Raises `CannotRun` where it does not fit."""
    name, doubts = f"Invoice {entry.invoice_number}", "; ".join(seen.doubts)
    if decision.job_id is not None:
        if not seen.proof and not decision.reason:
            advice = "If it is this invoice all the same, say why with --reason."
            raise CannotRun(f"{name} is not adopted as job {decision.job_id}: {doubts}.", advice)
        why = decision.reason or "the API shows it"
        # Of a job that was asked after already, the log says no more than before: the word counts that ResMan has it.
        event = Event.ADOPTED if decision.job_id == entry.job_id else Event.FOUND_QUEUED
        return event, f"Adopted by {ledger.who}: {why}"
    if seen.proof:
        raise CannotRun(f"{name} is not released: {seen.proof}.", "Run `settle`: it adopts what is proven.")
    if unheeded := sorted(ledger.late_jobs(entry.key) - seen.jobs):
        raise CannotRun(
            f"The API did accept invoice {entry.invoice_number}, as a late answer says (job {unheeded[0]}).",
            "Run `settle` once more: it asks what became of that.",
        )
    if seen.is_news(entry):
        advice = "Look at that in ResMan; if it is another, give the same command again."
        raise CannotRun(f"{name} is not released yet: {doubts}.", advice)
    return Event.RELEASED, f"Released by {ledger.who}: {decision.reason}"


def look_before_release(ledger: Ledger, api: Api, entry: LedgerEntry, policy: Policy) -> Seen:
    """Its jobs, where it has any, and ResMan's newest invoices at its property; otherwise the newest write logs, in one
    request. Raises `RequestError` where that cannot be asked."""
    case = Doubt.of(entry, ledger.attempts(entry.key), ledger.now)
    doubts: list[str] = []
    failed: set[str] = set()
    proof = ""
    for job in case.own_jobs:
        ending = _ask(api, case, job, policy)
        if ending is not None and ending.word in (Word.DONE, Word.QUEUED):
            proof = f"job {job} is {ending.word}"
    if not case.own_jobs:
        proof = _among_logs(ledger, api, case, doubts, failed)
    elif not proof:
        proof = _among_held(api, case, doubts)
    return Seen(tuple(case.seen), proof, tuple(doubts), frozenset(case.jobs), frozenset(failed))


def look_before_adopting(ledger: Ledger, api: Api, entry: LedgerEntry, job: str, policy: Policy) -> Seen:
    """The job's status, and what the write logs show of it. `proof` where it is this invoice's for certain, and has not
    failed; `doubts` say what speaks against it. Raises `RequestError` where that cannot be asked."""
    case = Doubt.of(entry, ledger.attempts(entry.key), ledger.now)
    ending = _ask(api, case, job, policy)
    if ending is None:
        return Seen(tuple(case.seen), doubts=(case.seen[-1].found,))
    if ending.word not in (Word.DONE, Word.QUEUED):
        return Seen(tuple(case.seen), doubts=(case.seen[-1].found,), jobs=frozenset(case.jobs))
    is_told = entry.alarm not in (Alarm.SHARED_JOB, Alarm.ANOTHER_ECHOED) and job in case.own_jobs
    match = Match.YES if is_told else _shown_of(api, case, job)
    said = {
        Match.YES: f"job {job} shows this invoice",
        Match.AMONG: f"job {job} shows this invoice's number among others",
        Match.MAYBE: f"job {job} does not show for certain which invoice it is about",
        Match.NO: f"job {job} shows another invoice",
    }[match]
    case.note("the write logs", said)
    is_it = match is Match.YES
    return Seen(tuple(case.seen), said if is_it else "", () if is_it else (said,), frozenset(case.jobs))


def _ask(api: Api, case: Doubt, job: str, policy: Policy) -> Ending | None:
    """How a job ended; None where the API does not know it."""
    try:
        status = api.write_status(job)
    except (AccessDenied, Misdirected):
        raise
    except Refused as error:
        case.note("the status of the job", f"job {job}: {error.sentence}")
        return None
    ending = ending_of(status, policy.definite_refusals)
    case.jobs[job] = ending
    case.note("the status of the job", f"job {job}: {status.write_status} {ending.said}".strip())
    return ending


def _shown_of(api: Api, case: Doubt, job: str) -> Match:
    """How far the job's record in the write logs is about the invoice; MAYBE where it shows nothing."""
    logs = api.write_logs(case.entry.integration_id, time_range([case.sent_at], case.now()))
    for log in islice(logs, MOST_LOGS_OF_A_JOB):
        if log.job_id == job:
            return Match.MAYBE if log.parameters is None else case.sought.in_record(values_of(log.parameters))
    return Match.MAYBE


def _among_logs(ledger: Ledger, api: Api, case: Doubt, doubts: list[str], failed: set[str]) -> str:
    logs = list(islice(api.write_logs(case.entry.integration_id, time_range([case.sent_at], case.now())), MOST_LOGS))
    known = ledger.known_jobs([log.job_id for log in logs])
    proof = ""
    for log in logs:
        match = case.sought.in_record(values_of(log.parameters))
        if match is Match.NO or not case.may_use(log.job_id, known):
            continue
        is_older = log.created_at is not None and log.created_at < case.sent_at - SKEW
        if match is Match.YES and log.status == "SUCCESS" and not is_older:
            proof = f"job {log.job_id} is about it: {log.status}"
            case.note("the write logs", proof)
        else:
            _may_be(case, "the write logs", f"job {log.job_id} may be about it: {log.status}", doubts)
            if match is Match.YES and log.status == "FAILURE" and not is_older:
                failed.add(log.job_id)
    if not proof and not doubts:
        case.note("the write logs", f"the newest {len(logs)} looked through before it was to be released: none is it")
    return proof


def _among_held(api: Api, case: Doubt, doubts: list[str]) -> str:
    entry = case.entry
    case.learn(api.x_id("vendors", entry.vendor_id), api.x_id("properties", entry.property_id))
    newest = list(islice(api.held_invoices(entry.integration_id, entry.property_id), MOST_HELD))
    proof = ""
    for held in newest:
        match = case.sought.held(held)
        if match is Match.NO:
            continue
        is_older = held.created_at is not None and held.created_at < case.sent_at - SKEW
        if match is Match.YES and not is_older:
            proof = f"{held.id} in ResMan has its number, vendor, property and total"
            case.note("ResMan's invoices", proof)
        else:
            _may_be(case, "ResMan's invoices", f"{held.id} may be it", doubts)
    if not proof and not doubts:
        case.note("ResMan's invoices", f"the newest {len(newest)} looked through before it was to be released")
    return proof


def _may_be(case: Doubt, looked_at: str, found: str, doubts: list[str]) -> None:
    doubts.append(found)
    case.hint(looked_at, found)
