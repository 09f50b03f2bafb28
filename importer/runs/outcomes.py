"""One outcome for each invoice: what would happen to it, what happened, and how it stands since."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import islice

from importer.domain.follow_up_facts import PARTLY
from importer.domain.invoice import Invoice, Row, Source
from importer.domain.money import dollars
from importer.domain.outcome import Outcome, Run, Status
from importer.domain.problem_catalog import (
    CHANGED_ROW,
    CONFLICT,
    IN_DOUBT,
    IN_RESMAN,
    NOT_SENT,
    PARTLY_WRITTEN,
    REFUSED,
    REFUSED_BEFORE,
    WRITE_FAILED,
)
from importer.domain.problems import Problem, ProblemKind
from importer.domain.reading import InputFile, Reading
from importer.domain.seals import Seal
from importer.duplicates.generated_texts import (
    MadeTexts,
    in_any_order,
    is_same_but_for_order,
    without_texts,
)
from importer.duplicates.posted_rows import with_replacements
from importer.ledger import plans
from importer.ledger.entries import LedgerEntry, PlannedPost, can_be_sent
from importer.ledger.refusals import Refusal
from importer.ledger.states import Event, State
from importer.runs.api_message_cells import cells_named
from importer.runs.decisions import (
    POSTED,
    UNSURE,
    Decisions,
    is_changed,
)
from importer.sending.send import SendResult
from importer.validation import Checked


@dataclass(frozen=True, slots=True)
class Start:
    """What is known of a run from its first moment."""

    id: str
    command: str
    started: datetime
    who: str
    destination: str
    seal: Seal | None = None  # of the ledger that it is in


def expected_run(start: Start, prepared: Decisions, finished: datetime) -> Run:
    """What would happen."""
    return _run(start, prepared, finished, (_before(*pair) for pair in _pairs(prepared, prepared.standing)))


def not_sent(run: Run, reason: str) -> Run:
    """The same run with everything that was ready left unsent, and why."""
    outcomes = tuple(
        _with(outcome, Status.NOT_SENT, NOT_SENT, reason) if outcome.status is Status.READY else outcome
        for outcome in run.outcomes
    )
    return replace(run, outcomes=outcomes, stopped=reason)


def after_sending(start: Start, prepared: Decisions, sent: SendResult, finished: datetime) -> Run:
    """What happened."""
    attempted = {intent.key for intent in prepared.ready}
    outcomes = (
        _after(outcome, sent.standing.get(outcome.key), sent)
        if outcome.key is not None and outcome.key in attempted
        else _before(outcome, sent.standing.get(outcome.key or "", entry))
        for outcome, entry in _pairs(prepared, prepared.standing)
    )
    return replace(_run(start, prepared, finished, outcomes), stopped=sent.stopped)


def current_run(start: Start, prepared: Decisions, finished: datetime) -> Run:
    """A past run with its invoices as the ledger has them now; what it posted itself is told as posted."""
    run = expected_run(start, prepared, finished)
    outcomes = [
        outcome._replace(status=Status.POSTED)
        if outcome.status is Status.ALREADY_POSTED and prepared.standing[outcome.key or ""].run == start.id
        else outcome
        for outcome in run.outcomes
    ]
    told = {outcome.key for outcome in outcomes if outcome.status in (Status.POSTED, Status.ALREADY_POSTED)}
    later: set[str] = set()
    for index, outcome in enumerate(outcomes):
        since = None if outcome.status.is_fine else prepared.posted.since(outcome.invoice, finished)
        if since is not None and since.key not in told | later:
            outcomes[index] = _posted_since(outcome, since)
            later.add(since.key)
    stays = prepared.posted.staying(outcomes)
    return replace(run, outcomes=tuple(outcomes), later=frozenset(later), stays=stays)


def _posted_since(outcome: Outcome, entry: LedgerEntry) -> Outcome:
    posted = Outcome(outcome.invoice, Status.ALREADY_POSTED, (), entry.payload(), entry.key)
    return _known(posted, entry)


def run_from_ledger(
    start: Start, entries: Sequence[LedgerEntry], finished: datetime, instead: Mapping[str, str]
) -> Run:
    """Invoices as the ledger has them, without their files: what `settle` and `status` answer."""
    files = tuple(InputFile(name, "", 0) for name in dict.fromkeys(entry.file for entry in entries))
    outcomes = tuple(with_replacements(map(_of_entry, entries), instead))
    reading = Reading(files, (), tuple(outcome.invoice for outcome in outcomes))
    named = (start.id, start.command, start.started, finished, start.who, start.destination)
    return Run(*named, reading, outcomes, None, seal=start.seal)


def _of_entry(entry: LedgerEntry) -> Outcome:
    payload = entry.payload()
    body = payload.read()
    source = Source(entry.file, None, 1, (), {})
    rows = tuple(Row(source, int(number), ()) for number in entry.rows.split(", "))
    invoice = Invoice(
        body.integration_id,
        body.property_id,
        body.vendor_id,
        body.invoice_number,
        body.invoice_date,
        body.due_date,
        body.accounting_date,
        body.notes,
        body.memo,
        Decimal(body.total_amount_in_cents),
        (),
        rows,
    )
    outcome = Outcome(invoice, Status.READY, (), payload, entry.key)
    match entry.state:
        case State.ACCEPTED | State.CONFIRMED:
            return _known(outcome._replace(status=Status.POSTED), entry)
        case State.REFUSED:
            return _with(outcome, Status.REFUSED, REFUSED, entry.said or "", entry=entry)
        case State.PLANNED | State.RELEASED:
            return _with(outcome, Status.NOT_SENT, NOT_SENT, entry.said or "It may be sent again.", entry=entry)
        case _:
            return _before(outcome, entry)


def _run(start: Start, prepared: Decisions, finished: datetime, outcomes: Iterable[Outcome]) -> Run:
    told = tuple(with_replacements(outcomes, prepared.instead))
    lost = tuple(prepared.posted.lost_doubts(told))
    return Run(
        start.id,
        start.command,
        start.started,
        finished,
        start.who,
        start.destination,
        replace(prepared.reading, problems=(*prepared.reading.problems, *lost)) if lost else prepared.reading,
        told,
        prepared.plan,
        notices=prepared.notices,
        unknown_names=prepared.unknown_names,
        stays=prepared.posted.staying(told),
        seal=start.seal,
    )


def _pairs(prepared: Decisions, standing: Mapping[str, LedgerEntry]) -> Iterable[tuple[Outcome, LedgerEntry | None]]:
    stopped = next((each.what for each in prepared.reading.problems if each.kind.stops_run), None)
    texts = MadeTexts(prepared.reading)
    for index, (verdict, intent) in enumerate(zip(prepared.verdicts, prepared.intents, strict=True)):
        if intent is None:
            doubt = prepared.doubts.get(index)
            if doubt is not None and doubt.state in UNSURE:  # that it says something else now makes it no surer
                yield Outcome(verdict.invoice, Status.IN_DOUBT, verdict.problems, doubt.payload(), doubt.key), doubt
                continue
            went = [doubt] if doubt is not None and doubt.state in POSTED else []
            went = went or (prepared.posted.of(verdict.invoice) if is_changed(verdict.problems) else [])
            status = Status.CONFLICT if went else Status.NEEDS_FIXING
            yield Outcome(verdict.invoice, status, tuple(_with_changes(verdict, went))), None
            continue
        outcome = Outcome(verdict.invoice, Status.READY, verdict.problems, verdict.payload, intent.key)
        entry = standing.get(intent.key)
        if stopped is not None and (entry is None or can_be_sent(entry, intent.fingerprint)):
            outcome = _with(outcome, Status.NOT_SENT, NOT_SENT, stopped, "")
        if entry is not None and _is_posted_but_for_texts(texts, verdict.invoice, intent, entry):
            outcome = outcome._replace(payload=entry.payload())
        yield outcome, entry


def _with_changes(verdict: Checked, went: Sequence[LedgerEntry]) -> Iterator[Problem]:
    """Its problems; of a row that had to stay as it was, with what is not as it was posted."""
    for problem in verdict.problems:
        if problem.kind is CHANGED_ROW and went and problem.advice is None:  # else it is about something else
            was = json.loads(went[0].body)
            now = {name: getattr(verdict.invoice, name) for name in was if name in Invoice._fields}
            now = {name: value.isoformat() if isinstance(value, date) else value for name, value in now.items()}
            total = verdict.invoice.total
            now["total_amount_in_cents"] = None if total is None else int(total)
            changes = list(islice(plans.field_changes({name: was[name] for name in now}, now), 3))
            said = "; ".join(changes) or "what it is now differs in its lines"
            problem = replace(problem, what=f"{problem.what} As posted: {said}.")
        yield problem


def _is_posted_but_for_texts(texts: MadeTexts, invoice: Invoice, intent: PlannedPost, entry: LedgerEntry) -> bool:
    """True where it is posted as it is read, but for the order of its lines, or for notes that a profile made of the
    file's name or a row's number."""
    if entry.state not in POSTED or entry.fingerprint == intent.fingerprint:
        return False
    now = intent.payload.body()
    return is_same_but_for_order(entry.body, now) or texts.are_all_that_differs(invoice, entry.body, now)


def _before(outcome: Outcome, entry: LedgerEntry | None) -> Outcome:
    """An invoice that has not been sent in this run, as the ledger knows it."""
    if entry is None:
        return outcome
    same = entry.fingerprint == outcome.fingerprint
    match entry.state:
        case State.PLANNED | State.RELEASED:
            return outcome
        case State.REFUSED:
            return _with(outcome, outcome.status, REFUSED_BEFORE, entry.said or "") if same else outcome
        case State.FAILED:
            if not same:
                return outcome
            if entry.refusal is Refusal.DUPLICATE:
                return _with(outcome, Status.CONFLICT, IN_RESMAN, entry.said or "", entry=entry)
            return _with(outcome, Status.REFUSED, WRITE_FAILED, entry.said or "", entry=entry)
        case State.IN_DOUBT:
            said = entry.said or ""
            if entry.total_in_cents != outcome.invoice.worth:
                said = f"{said} It was sent with {dollars(entry.total_in_cents)}."
            return _with(outcome, Status.IN_DOUBT, IN_DOUBT, said, entry=entry)
        case State.SENDING:
            what = "Another run is sending this invoice at this moment."
            return _with(outcome, Status.NOT_SENT, NOT_SENT, what, "Run the file again when that is over.")
        case State.ACCEPTED | State.CONFIRMED:
            if same:
                return _known(outcome._replace(status=Status.ALREADY_POSTED), entry)
            what, advice = _conflict(outcome, entry)
            return _with(outcome, Status.CONFLICT, CONFLICT, what, advice, entry=entry)


def _after(outcome: Outcome, entry: LedgerEntry | None, sent: SendResult) -> Outcome:
    """An invoice that this run set out to send: what it heard itself counts first, then what the ledger says."""
    heard = sent.heard.get(outcome.key or "")
    if heard is not None and heard.event is Event.ACCEPTED:
        if entry is not None and entry.state is State.IN_DOUBT and heard.recorded:
            return _with(outcome, Status.IN_DOUBT, IN_DOUBT, entry.said or "", entry=entry)
        if heard.recorded:
            return outcome._replace(status=Status.POSTED, job_id=heard.job_id, resman="pending")
        what = f"The API accepted it as job {heard.job_id}, but the ledger could not be told."
        return _with(outcome, Status.IN_DOUBT, IN_DOUBT, what)._replace(job_id=heard.job_id)
    if heard is not None and heard.event is Event.LOST:
        return _with(outcome, Status.IN_DOUBT, IN_DOUBT, heard.said, entry=entry)
    if heard is not None and not heard.recorded:
        what = f"{heard.said} That answer came too late, or could not be recorded."
        return _with(outcome, Status.IN_DOUBT, IN_DOUBT, what, entry=entry)
    if heard is not None and heard.event is Event.REFUSED:
        return _with(outcome, Status.REFUSED, REFUSED, heard.said)
    if heard is None and entry is not None and not can_be_sent(entry, outcome.fingerprint or ""):
        return _before(outcome, entry)  # another run has dealt with it meanwhile
    return _with(outcome, Status.NOT_SENT, NOT_SENT, sent.stopped or (heard.said if heard else _HELD))


_HELD = "Another run holds this invoice."


def _known(outcome: Outcome, entry: LedgerEntry) -> Outcome:
    """With the job id and what ResMan is known to have said."""
    resman = {State.CONFIRMED: "confirmed", State.ACCEPTED: "pending"}.get(entry.state, entry.said)
    _, _, lacking = (entry.said or "").partition(PARTLY)
    if entry.state is State.CONFIRMED and lacking:
        invoice = outcome.invoice
        said = Problem(PARTLY_WRITTEN, _sentence(f"{PARTLY}{lacking}"), invoice.rows[0].place())
        outcome = outcome._replace(problems=(*outcome.problems, said))
    alarm = entry.alarm if entry.state is State.IN_DOUBT else None
    return outcome._replace(job_id=entry.job_id, resman=resman, evidence=entry.evidence, alarm=alarm)


def _with(
    outcome: Outcome,
    status: Status,
    kind: ProblemKind,
    what: str,
    advice: str | None = None,
    *,
    entry: LedgerEntry | None = None,
) -> Outcome:
    invoice = outcome.invoice
    text = invoice.cell_text("invoice_number")
    what = what.strip() or kind.title
    named = cells_named(what, invoice) if kind in _ANSWERS else ()
    if kind is NOT_SENT:  # no cell of it is wrong
        problems = [Problem(kind, _sentence(what), invoice.rows[0].place(), advice=advice)]
    elif named:
        problems = [Problem(kind, _sentence(one.words), one.place, one.field, one.text, advice) for one in named]
    else:
        place = invoice.place("invoice_number")
        problems = [Problem(kind, _sentence(what), place, "invoice_number", text, advice)]
    changed = outcome._replace(status=status, problems=(*outcome.problems, *problems))
    return changed if entry is None else _known(changed, entry)


_ANSWERS = (REFUSED, REFUSED_BEFORE, WRITE_FAILED)
"""What is said of these are the API's or ResMan's own words."""


def _sentence(what: str) -> str:
    return what if what.endswith((".", "!", "?")) else f"{what}."


def _conflict(outcome: Outcome, entry: LedgerEntry) -> tuple[str, str | None]:
    """What differs from what was posted, and what to do where that is nothing but words about the bill."""
    changes: Sequence[str] = ()
    advice = None
    if outcome.payload is not None:
        was, now = json.loads(entry.body), json.loads(outcome.payload.body())
        changes = list(islice(plans.field_changes(was, now), 4))
        is_same = in_any_order(without_texts(was)) == in_any_order(without_texts(now))
        advice = _SAME_BILL if is_same else None
    more = "; ".join(changes[:3]) + (" and more" if len(changes) > 3 else "")
    when = f" on {entry.sent_at.astimezone():%Y-%m-%d}" if entry.sent_at else ""
    what = f"This invoice was posted{when} from {entry.file} (job {entry.job_id or 'unknown'}) with other content"
    return f"{what}: {more}.", advice


_SAME_BILL = (
    "This is the same bill (same lines, dates and total), and it is posted: nothing needs doing. Delete its rows here; "
    "a text can still be changed in ResMan."
)
