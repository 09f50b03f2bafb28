"""Where what the validator decided meets what the ledger knows: one outcome for each invoice.

Siblings of the road never import each other; this is the place above them where they meet.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from itertools import islice

from importer.keys import invoice_key
from importer.models import InputFile, Invoice, Outcome, Reading, Row, Run, Source, Status, dollars
from importer.named_cells import cells_named
from importer.posted_rows import PostedRows, posted_already, posted_rows, told_instead, went_instead
from importer.problems import (
    CHANGED_ROW,
    CONFLICT,
    IN_DOUBT,
    NOT_SENT,
    REFUSED,
    REFUSED_BEFORE,
    WRITE_FAILED,
    Kind,
    Problem,
)
from importer.same_bill import MadeTexts, without_texts
from importer.submitter import Entry, Event, Intent, Ledger, Sent, State, may_go, plans
from importer.submitter.acceptances import LetGo
from importer.unknown import UnknownName
from importer.validator import Verdict


@dataclass(frozen=True, slots=True)
class Start:
    """What is known of a run from its first moment."""

    id: str
    command: str
    started: datetime
    who: str
    destination: str


@dataclass(frozen=True)
class Prepared:
    """Everything that is decided before anything is sent."""

    reading: Reading
    verdicts: tuple[Verdict, ...]
    intents: tuple[Intent | None, ...]  # one for each verdict; None where errors stand against it
    standing: Mapping[str, Entry]  # what the ledger knows of them
    notices: tuple[str, ...] = ()  # about the run as a whole
    names: Mapping[str, str] = field(default_factory=dict)  # what names in the files were found to mean
    unknown_names: tuple[UnknownName, ...] = ()
    remarks: Mapping[int, tuple[Problem, ...]] = field(default_factory=dict)  # about names, by the invoice's index
    let_go: Mapping[str, LetGo] = field(default_factory=dict)  # by key, what a person's word in this run covers
    posted: PostedRows = field(default_factory=PostedRows)  # out of these files, and not as it stands here
    instead: Mapping[str, str] = field(default_factory=dict)  # by key, as what rows of failed ones went out since
    doubts: Mapping[int, Entry] = field(default_factory=dict)  # by index, of those with errors that may have arrived

    @classmethod
    def of(cls, reading: Reading, verdicts: tuple[Verdict, ...], destination: str, ledger: Ledger) -> Prepared:
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
        instead = went_instead(ledger, standing.values())
        doubts = _doubts(reading, verdicts, destination, ledger)
        found = cls(reading, told, intents, standing, posted=posted, instead=instead, doubts=doubts)
        return found._without_renamed(ledger) if reading.former_keys else found

    def _without_renamed(self, ledger: Ledger) -> Prepared:
        """Of a results workbook given back: a row that was sent, then or since, never goes again under another name."""
        former = self.reading.former_keys
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
                verdicts[index] = Verdict(verdict.invoice, (*verdict.problems, problem), None)
                intents[index] = None
                if was.state in _UNSURE:
                    doubts[index] = was
        return replace(self, verdicts=tuple(verdicts), intents=tuple(intents), doubts=doubts)

    def looked_at_again(self, ledger: Ledger) -> Prepared:
        """The same, with what the ledger knows now."""
        now = ledger.standing([entry.key for entry in self.doubts.values()])
        doubts = {index: now[entry.key] for index, entry in self.doubts.items()}
        standing = ledger.standing([intent.key for intent in self.intents if intent])
        return replace(self, standing=standing, doubts=doubts)

    @cached_property
    def ready(self) -> tuple[Intent, ...]:
        """What would be sent: nothing of it, where the run as a whole misses what was expected of it."""
        if any(problem.kind.stops_run for problem in self.reading.problems):
            return ()
        return tuple([intent for intent in self.intents if intent is not None and self.may_go(intent)])

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
    def by_key(self) -> dict[str, Intent]:
        """What would go if nothing stood against it, by its key."""
        return {intent.key: intent for intent in self.intents if intent is not None}

    @cached_property
    def plan(self) -> str | None:
        """The hash over exactly what would be sent."""
        return plans.plan_of(self.ready)

    def approvable(self, planned: frozenset[tuple[str, ...]]) -> list[Intent]:
        """What would be sent, with those of an approved plan that were sent since in the very same form.

        It does not matter what came of them: an invoice in doubt is not sent again, and does not hold up the others.
        """
        sent = [
            intent
            for intent in self.intents
            if intent is not None
            and (entry := self.standing.get(intent.key)) is not None
            and entry.fingerprint == intent.fingerprint
            and not may_go(entry, intent.fingerprint)
            and plans.identity_of(intent) in planned
        ]
        return [*self.ready, *sent]

    def may_go(self, intent: Intent) -> bool:
        """Whether what the ledger knows allows it to be sent."""
        entry = self.standing.get(intent.key)
        return entry is None or may_go(entry, intent.fingerprint)


def before_sending(start: Start, prepared: Prepared, finished: datetime) -> Run:
    """What would happen."""
    return _run(start, prepared, finished, (_before(*pair) for pair in _pairs(prepared, prepared.standing)))


def not_sent(run: Run, reason: str) -> Run:
    """The same run with everything that was ready left unsent, and why."""
    outcomes = tuple(
        _with(outcome, Status.NOT_SENT, NOT_SENT, reason) if outcome.status is Status.READY else outcome
        for outcome in run.outcomes
    )
    return replace(run, outcomes=outcomes, stopped=reason)


def after_sending(start: Start, prepared: Prepared, sent: Sent, finished: datetime) -> Run:
    """What happened."""
    attempted = {intent.key for intent in prepared.ready}
    outcomes = (
        _after(outcome, sent.standing.get(outcome.key), sent)
        if outcome.key is not None and outcome.key in attempted
        else _before(outcome, sent.standing.get(outcome.key or "", entry))
        for outcome, entry in _pairs(prepared, prepared.standing)
    )
    return replace(_run(start, prepared, finished, outcomes), stopped=sent.stopped)


def as_it_stands(start: Start, prepared: Prepared, finished: datetime) -> Run:
    """A past run with its invoices as the ledger has them now; what it posted itself is told as posted."""
    run = before_sending(start, prepared, finished)
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


def _posted_since(outcome: Outcome, entry: Entry) -> Outcome:
    posted = Outcome(outcome.invoice, Status.ALREADY_POSTED, (), entry.payload(), entry.key)
    return _known(posted, entry)


def of_entries(start: Start, entries: Sequence[Entry], finished: datetime, instead: Mapping[str, str]) -> Run:
    """Invoices as the ledger has them, without their files: what `settle` and `status` answer."""
    files = tuple(InputFile(name, "", 0) for name in dict.fromkeys(entry.file for entry in entries))
    outcomes = tuple(told_instead(map(_of_entry, entries), instead))
    reading = Reading(files, (), tuple(outcome.invoice for outcome in outcomes))
    return Run(start.id, start.command, start.started, finished, start.who, start.destination, reading, outcomes, None)


def _of_entry(entry: Entry) -> Outcome:
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


def _run(start: Start, prepared: Prepared, finished: datetime, outcomes: Iterable[Outcome]) -> Run:
    told = tuple(told_instead(outcomes, prepared.instead))
    return Run(
        start.id,
        start.command,
        start.started,
        finished,
        start.who,
        start.destination,
        prepared.reading,
        told,
        prepared.plan,
        notices=prepared.notices,
        unknown_names=prepared.unknown_names,
        stays=prepared.posted.staying(told),
    )


def _pairs(prepared: Prepared, standing: Mapping[str, Entry]) -> Iterable[tuple[Outcome, Entry | None]]:
    stopped = next((each.what for each in prepared.reading.problems if each.kind.stops_run), None)
    texts = MadeTexts(prepared.reading)
    for index, (verdict, intent) in enumerate(zip(prepared.verdicts, prepared.intents, strict=True)):
        if intent is None:
            doubt = prepared.doubts.get(index)
            if doubt is not None and doubt.state in _UNSURE:  # that it says something else now makes it no surer
                yield Outcome(verdict.invoice, Status.IN_DOUBT, verdict.problems, doubt.payload(), doubt.key), doubt
                continue
            was = doubt is not None and doubt.state in _POSTED
            was = was or (_is_changed(verdict.problems) and bool(prepared.posted.of(verdict.invoice)))
            yield Outcome(verdict.invoice, Status.CONFLICT if was else Status.NEEDS_FIXING, verdict.problems), None
            continue
        outcome = Outcome(verdict.invoice, Status.READY, verdict.problems, verdict.payload, intent.key)
        entry = standing.get(intent.key)
        if stopped is not None and (entry is None or may_go(entry, intent.fingerprint)):
            outcome = _with(outcome, Status.NOT_SENT, NOT_SENT, stopped, "")
        if entry is not None and _is_posted_but_for_texts(texts, verdict.invoice, intent, entry):
            outcome = outcome._replace(payload=entry.payload())
        yield outcome, entry


def _is_posted_but_for_texts(texts: MadeTexts, invoice: Invoice, intent: Intent, entry: Entry) -> bool:
    """True where it is posted as it is read, but for notes that a profile made of the file's name or a row's number."""
    if entry.state not in _POSTED or entry.fingerprint == intent.fingerprint:
        return False
    return texts.are_all_that_differs(invoice, entry.body, intent.payload.body())


def _before(outcome: Outcome, entry: Entry | None) -> Outcome:
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
            return _with(outcome, Status.REFUSED, WRITE_FAILED, entry.said or "", entry=entry) if same else outcome
        case State.IN_DOUBT:
            return _with(outcome, Status.IN_DOUBT, IN_DOUBT, entry.said or "", entry=entry)
        case State.SENDING:
            what = "Another run is sending this invoice at this moment."
            return _with(outcome, Status.NOT_SENT, NOT_SENT, what, "Run the file again when that is over.")
        case State.ACCEPTED | State.CONFIRMED:
            if same:
                return _known(outcome._replace(status=Status.ALREADY_POSTED), entry)
            what, advice = _conflict(outcome, entry)
            return _with(outcome, Status.CONFLICT, CONFLICT, what, advice, entry=entry)


def _after(outcome: Outcome, entry: Entry | None, sent: Sent) -> Outcome:
    """An invoice that this run set out to send: what it heard itself counts first, then what the ledger says."""
    heard = sent.heard.get(outcome.key or "")
    if heard is not None and heard.event is Event.ACCEPTED:
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
    if heard is None and entry is not None and not may_go(entry, outcome.fingerprint or ""):
        return _before(outcome, entry)  # another run has dealt with it meanwhile
    return _with(outcome, Status.NOT_SENT, NOT_SENT, sent.stopped or (heard.said if heard else _HELD))


_HELD = "Another run holds this invoice."


def _intent(verdict: Verdict, destination: str) -> Intent | None:
    if verdict.payload is None:
        return None
    return Intent(verdict.payload.key(destination), verdict.payload, verdict.invoice.rows)


def _with_what_was_posted(
    verdicts: tuple[Verdict, ...], destination: str, ledger: Ledger, posted: PostedRows
) -> tuple[Verdict, ...]:
    """Of an invoice with errors whose number or rows were posted before, say corrected: when, and with which amount."""
    keys = {
        index: key
        for index, verdict in enumerate(verdicts)
        if verdict.payload is None and (key := _key_of(verdict, destination)) is not None
    }
    standing = ledger.standing(list(dict.fromkeys(keys.values())))
    told = list(verdicts)
    for index, verdict in enumerate(verdicts) if keys or posted.keys else ():
        if verdict.payload is not None or _is_changed(verdict.problems):  # of a changed row it is said already
            continue
        entry = standing.get(keys.get(index, ""))
        entries = [entry] if entry is not None and entry.state in _POSTED else posted.of(verdict.invoice)
        problems = (posted_already(verdict.invoice, each) for each in entries)
        told[index] = verdict._replace(problems=(*verdict.problems, *problems))
    return tuple(told)


def _doubts(reading: Reading, verdicts: Sequence[Verdict], destination: str, ledger: Ledger) -> dict[int, Entry]:
    """By index, those with errors of which it is not known whether they arrived, whatever their rows say by now."""
    keys: dict[int, list[str]] = {}
    for index, verdict in enumerate(verdicts):
        if verdict.payload is None:
            mine = [reading.former_keys.get(row.place()) for row in verdict.invoice.rows] if reading.former_keys else []
            keys[index] = [key for key in (*mine, _key_of(verdict, destination)) if key is not None]
    standing = ledger.standing(list(dict.fromkeys(key for some in keys.values() for key in some)))
    unsure = {key for key, entry in standing.items() if entry.state in _UNSURE}
    found = ((index, next((key for key in some if key in unsure), None)) for index, some in keys.items())
    return {index: standing[key] for index, key in found if key is not None}


def _is_changed(problems: Iterable[Problem]) -> bool:
    return any(problem.kind is CHANGED_ROW for problem in problems)


def _key_of(verdict: Verdict, destination: str) -> str | None:
    invoice = verdict.invoice
    parts = (invoice.integration_id, invoice.property_id, invoice.vendor_id, invoice.invoice_number)
    if not all(parts):
        return None
    return invoice_key(destination, *(part or "" for part in parts))


_POSTED = (State.ACCEPTED, State.CONFIRMED)

_UNSURE = (State.SENDING, State.IN_DOUBT)

_NOT_OPEN = (State.ACCEPTED, State.CONFIRMED, State.SENDING, State.IN_DOUBT)
"""ResMan has such an invoice, or may have it."""


def _renamed(invoice: Invoice, was: Entry) -> Problem:
    job = f", job {was.job_id}" if was.job_id else ""
    what = (
        f"The row was sent as invoice {was.invoice_number!r} of {was.vendor_id}, {dollars(was.total_in_cents)}{job}. "
        "It says something else now, or a name in it has come to mean something else."
    )
    place = invoice.place("invoice_number")
    return Problem(CHANGED_ROW, what, place, "invoice_number", invoice.cell_text("invoice_number"))


def _known(outcome: Outcome, entry: Entry) -> Outcome:
    """With the job id and what ResMan is known to have said."""
    resman = {State.CONFIRMED: "confirmed", State.ACCEPTED: "pending"}.get(entry.state, entry.said)
    return outcome._replace(job_id=entry.job_id, resman=resman, evidence=entry.evidence)


def _with(
    outcome: Outcome, status: Status, kind: Kind, what: str, advice: str | None = None, *, entry: Entry | None = None
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


def _conflict(outcome: Outcome, entry: Entry) -> tuple[str, str | None]:
    """What differs from what was posted, and what to do where that is nothing but words about the bill."""
    changes: Sequence[str] = ()
    advice = None
    if outcome.payload is not None:
        was, now = json.loads(entry.body), json.loads(outcome.payload.body())
        changes = list(islice(plans.field_changes(was, now), 4))
        advice = _SAME_BILL if without_texts(was) == without_texts(now) else None
    more = "; ".join(changes[:3]) + (" and more" if len(changes) > 3 else "")
    when = f" on {entry.sent_at.astimezone():%Y-%m-%d}" if entry.sent_at else ""
    what = f"This invoice was posted{when} from {entry.file} (job {entry.job_id or 'unknown'}) with other content"
    return f"{what}: {more}.", advice


_SAME_BILL = (
    "This is the same bill (same lines, dates and total), and it is posted: nothing needs doing. Delete its rows here; "
    "a text can still be changed in ResMan."
)
