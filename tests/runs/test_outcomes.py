"""Where the validator's word meets the ledger's: every combination becomes one outcome, with the right words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from importer.domain.follow_up_facts import Alarm
from importer.domain.invoice import Invoice, Row
from importer.domain.outcome import Evidence, Run, Status
from importer.domain.payload import Payload
from importer.domain.problem_catalog import (
    CONFLICT,
    CONTROL_TOTAL,
    IN_DOUBT,
    IN_RESMAN,
    MISSING_VALUE,
    NEGATIVE_LINE,
    NOT_SENT,
    REFUSED,
    REFUSED_BEFORE,
    WRITE_FAILED,
)
from importer.domain.problems import Place, Problem, ProblemKind
from importer.ledger.entries import LedgerEntry, PlannedPost
from importer.ledger.refusals import Refusal
from importer.ledger.states import Event, State
from importer.runs.decisions import Decisions
from importer.runs.outcomes import (
    Start,
    after_sending,
    current_run,
    expected_run,
    not_sent,
    run_from_ledger,
)
from importer.sending.send import ApiReply, SendResult
from importer.validation import validate
from tests.factory import DESTINATION, NOON, invoice, line, reading, source

START = Start("2026-03-31T12-00-00-7f3a", "submit", NOON, "clerk@desk-7", DESTINATION)
SENT_AT = datetime(2026, 3, 30, 12, 0, tzinfo=UTC)
SAID = "The vendor is inactive."
PLAIN = invoice(line(1, 12_500))
SEEN = (Evidence("write logs", SENT_AT, "nothing"),)


def prepared(*invoices: Invoice, standing: Sequence[LedgerEntry] = (), problems: Sequence[Problem] = ()) -> Decisions:
    """Those invoices judged, and what the ledger knows."""
    read = reading(invoices, problems=problems)
    verdicts = validate(read, today=date(2026, 3, 31))
    intents = tuple(None if each.payload is None else intent(each.payload) for each in verdicts)
    return Decisions(read, verdicts, intents, {each.key: each for each in standing})


def intent(payload: Payload) -> PlannedPost:
    """What would be sent of it."""
    return PlannedPost(payload.key(DESTINATION), payload, (Row(source(), 2, ()),))


def sent_as(one: Invoice) -> Payload:
    """The body of an invoice without errors."""
    (verdict,) = validate(reading([one]), today=date(2026, 3, 31))
    assert verdict.payload is not None
    return verdict.payload


def entry(of: Invoice, state: State, *, run: str = "another run", said: str | None = SAID) -> LedgerEntry:
    """The invoice as the ledger has it."""
    payload = sent_as(of)
    has_job = state in (State.ACCEPTED, State.CONFIRMED, State.FAILED)
    return LedgerEntry(
        key=payload.key(DESTINATION),
        destination=DESTINATION,
        integration_id=payload.integration_id,
        property_id=payload.property_id,
        vendor_id=payload.vendor_id,
        invoice_number=payload.invoice_number,
        fingerprint=payload.fingerprint(),
        body=payload.body(),
        total_in_cents=payload.total_amount_in_cents,
        state=state,
        owner=None,
        run=run,
        file="february.xlsx",
        rows="2, 3",
        plan=None,
        sent_at=SENT_AT,
        job_id="job-1" if has_job else None,
        said=said,
        evidence=SEEN if state is State.IN_DOUBT else (),
    )


def told(run: Run) -> tuple[Status, list[ProblemKind], str | None, str | None]:
    """What is said of the only invoice of a run: status, kinds of problem, job and ResMan's word."""
    (outcome,) = run.outcomes
    return outcome.status, [problem.kind for problem in outcome.problems], outcome.job_id, outcome.resman


BEFORE: list[tuple[State, bool, Status, list[ProblemKind], str | None, str | None]] = [
    (State.PLANNED, True, Status.READY, [], None, None),
    (State.PLANNED, False, Status.READY, [], None, None),
    (State.RELEASED, True, Status.READY, [], None, None),
    (State.RELEASED, False, Status.READY, [], None, None),
    (State.REFUSED, True, Status.READY, [REFUSED_BEFORE], None, None),
    (State.REFUSED, False, Status.READY, [], None, None),
    (State.FAILED, True, Status.REFUSED, [WRITE_FAILED], "job-1", SAID),
    (State.FAILED, False, Status.READY, [], None, None),
    (State.IN_DOUBT, True, Status.IN_DOUBT, [IN_DOUBT], None, SAID),
    (State.IN_DOUBT, False, Status.IN_DOUBT, [IN_DOUBT], None, SAID),
    (State.SENDING, True, Status.NOT_SENT, [NOT_SENT], None, None),
    (State.SENDING, False, Status.NOT_SENT, [NOT_SENT], None, None),
    (State.ACCEPTED, True, Status.ALREADY_POSTED, [], "job-1", "pending"),
    (State.ACCEPTED, False, Status.CONFLICT, [CONFLICT], "job-1", "pending"),
    (State.CONFIRMED, True, Status.ALREADY_POSTED, [], "job-1", "confirmed"),
    (State.CONFIRMED, False, Status.CONFLICT, [CONFLICT], "job-1", "confirmed"),
]


@pytest.mark.parametrize(
    ("state", "same", "expected"),
    [(each[0], each[1], each[2:]) for each in BEFORE],
    ids=[f"{each[0].value}, {'same' if each[1] else 'other'} content" for each in BEFORE],
)
def test_what_the_ledger_knows_before_anything_is_sent(
    state: State, same: bool, expected: tuple[Status, list[ProblemKind], str | None, str | None]
) -> None:
    """Every state, with the same and with other content; what would be sent is exactly what is said to be ready."""
    before = prepared(PLAIN if same else invoice(line(1, 13_000)), standing=[entry(PLAIN, state)])
    assert told(expected_run(START, before, NOON)) == expected
    assert bool(before.ready) == (expected[0] is Status.READY)
    assert (before.plan is None) == (not before.ready)


def test_every_state_is_in_the_table() -> None:
    """A new one needs its outcome."""
    assert {(state, same) for state, same, *_ in BEFORE} == {(state, same) for state in State for same in (True, False)}


def test_what_is_new_is_ready_and_what_is_wrong_is_not() -> None:
    """Nothing is known of them; the validator's problems stay, warnings too."""
    bad = invoice(line(1, 100), number="2", memo=None, first_row=3)
    warned = invoice(line(1, 200), line(1, -100), number="3", first_row=4)
    run = expected_run(START, prepared(PLAIN, bad, warned), NOON)
    assert [(each.status, [one.kind for one in each.problems]) for each in run.outcomes] == [
        (Status.READY, []),
        (Status.NEEDS_FIXING, [MISSING_VALUE]),
        (Status.READY, [NEGATIVE_LINE]),
    ]
    assert [each.payload is None for each in run.outcomes] == [False, True, False]


def test_a_conflict_says_what_differs_from_what() -> None:
    """At the cell of the number: when, from which file, as which job, and the first three differences."""
    changed = invoice(line(2, 13_000, notes="Mow"), memo="April", due=date(2026, 4, 30), notes="x")
    run = expected_run(START, prepared(changed, standing=[entry(PLAIN, State.ACCEPTED)]), NOON)
    (problem,) = run.outcomes[0].problems
    assert (problem.place, problem.field, problem.value) == (
        Place("march.xlsx", "Sheet1", 2, "C"),
        "invoice_number",
        "INV-1001",
    )
    day = f"{SENT_AT.astimezone():%Y-%m-%d}"
    assert problem.what == (
        f"This invoice was posted on {day} from february.xlsx (job job-1) with other content: "
        "Due Date was '2026-03-31', is '2026-04-30'; line 1: Line Notes was blank, is 'Mow'; "
        "line 1: Qty was 1, is 2 and more."
    )


@pytest.mark.parametrize(
    ("state", "said", "what"),
    [
        (State.FAILED, "vendor is inactive", "vendor is inactive."),
        (State.IN_DOUBT, None, "It is not known whether the invoice was accepted."),
        (State.REFUSED, "  ", "The API refused this very invoice before."),
        (State.REFUSED, "Really?", "Really?"),
    ],
)
def test_what_was_said_becomes_a_sentence(state: State, said: str | None, what: str) -> None:
    """In ResMan's own words, or in ours where it said nothing."""
    run = expected_run(START, prepared(PLAIN, standing=[entry(PLAIN, state, said=said)]), NOON)
    assert [problem.what for problem in run.outcomes[0].problems] == [what]


@pytest.mark.parametrize("state", [State.ACCEPTED, State.CONFIRMED])
def test_lines_in_another_order_are_the_same_invoice(state: State) -> None:
    """The vendor's file sorted anew is no conflict; with another line it is one, and says so of texts alone."""
    first, second = line(1, 12_500, notes="Mow"), line(2, 300, account="finacct-6105", notes="Seed")
    posted = invoice(first, second)
    turned = prepared(invoice(second, first), standing=[entry(posted, state)])
    (outcome,) = expected_run(START, turned, NOON).outcomes
    assert (outcome.status, outcome.problems) == (Status.ALREADY_POSTED, ())
    again = invoice(second, line(1, 12_500, notes="Mown"))
    (outcome,) = expected_run(START, prepared(again, standing=[entry(posted, state)]), NOON).outcomes
    assert (outcome.status, "nothing needs doing" in outcome.problems[0].message) == (Status.CONFLICT, True)
    other = invoice(second, second)
    (outcome,) = expected_run(START, prepared(other, standing=[entry(posted, state)]), NOON).outcomes
    assert (outcome.status, "nothing needs doing" in outcome.problems[0].message) == (Status.CONFLICT, False)


def test_a_number_that_resman_has_already_is_a_conflict() -> None:
    """Not a failure to be mended or retried: somebody compares the two."""
    taken = replace(entry(PLAIN, State.FAILED, said="Duplicate invoice number"), refusal=Refusal.DUPLICATE)
    run = expected_run(START, prepared(PLAIN, standing=[taken]), NOON)
    assert told(run) == (Status.CONFLICT, [IN_RESMAN], "job-1", "Duplicate invoice number")
    assert told(run_from_ledger(START, [taken], NOON, {}))[0] is Status.CONFLICT
    corrected = invoice(line(1, 9_900))
    assert told(expected_run(START, prepared(corrected, standing=[taken]), NOON))[0] is Status.READY


def test_an_answer_that_is_not_believed_is_told_as_a_doubt() -> None:
    """This run heard that it was accepted, under a job that another invoice has as well."""
    before = prepared(PLAIN)
    (one,) = before.ready
    said = "ALARM: job job-2 was told for INV-1001 and for INV-7."
    standing = replace(entry(PLAIN, State.IN_DOUBT, said=said), alarm=Alarm.SHARED_JOB)
    run = after_sending(START, before, SendResult({one.key: heard(Event.ACCEPTED)}, {one.key: standing}, None), NOON)
    assert told(run)[:2] == (Status.IN_DOUBT, [IN_DOUBT])
    assert run.outcomes[0].alarm is Alarm.SHARED_JOB


def test_a_missed_control_total_leaves_everything_that_could_go_unsent() -> None:
    """With the reason at each; what was posted before, or is in doubt, is told as it is."""
    missed = Problem(CONTROL_TOTAL, "Expected 9 invoices, found 4.")
    others = [invoice(line(1, 100 * n), number=str(n), first_row=n) for n in (3, 4, 5)]
    standing = [entry(others[0], State.ACCEPTED), entry(others[1], State.IN_DOUBT), entry(others[2], State.REFUSED)]
    held = prepared(PLAIN, *others, standing=standing, problems=[missed])
    run = expected_run(START, held, NOON)
    assert (held.ready, run.plan, run.exit_code) == ((), None, 3)
    assert [each.status for each in run.outcomes] == [
        Status.NOT_SENT,
        Status.ALREADY_POSTED,
        Status.IN_DOUBT,
        Status.NOT_SENT,
    ]
    assert run.outcomes[0].problems[0].message == "row 2: Expected 9 invoices, found 4."


def test_without_consent_only_what_was_ready_is_unsent() -> None:
    """The rest is told as it was."""
    bad = invoice(line(1, 100), number="2", memo=None, first_row=3)
    run = not_sent(expected_run(START, prepared(PLAIN, bad), NOON), "It was not agreed to.")
    assert [each.status for each in run.outcomes] == [Status.NOT_SENT, Status.NEEDS_FIXING]
    assert (run.stopped, run.exit_code) == ("It was not agreed to.", 1)
    (problem,) = run.outcomes[0].problems
    assert problem.message == ("row 2: It was not agreed to. Run the same file again; what was posted stays posted.")


def heard(event: Event, *, recorded: bool = True) -> ApiReply:
    """What this run heard of its invoice."""
    accepted = event is Event.ACCEPTED
    return ApiReply(event, "" if accepted else SAID, "job-2" if accepted else None, recorded)


AFTER: list[tuple[str, ApiReply | None, State | None, str | None, Status, list[ProblemKind], str | None]] = [
    ("accepted", heard(Event.ACCEPTED), State.ACCEPTED, None, Status.POSTED, [], "job-2"),
    ("accepted, and confirmed by now", heard(Event.ACCEPTED), State.CONFIRMED, None, Status.POSTED, [], "job-2"),
    ("accepted, the ledger away since", heard(Event.ACCEPTED), None, "Away.", Status.POSTED, [], "job-2"),
    (
        "accepted, the ledger not told",
        heard(Event.ACCEPTED, recorded=False),
        State.SENDING,
        "Away.",
        Status.IN_DOUBT,
        [IN_DOUBT],
        "job-2",
    ),
    ("refused", heard(Event.REFUSED), State.REFUSED, None, Status.REFUSED, [REFUSED], None),
    (
        "refused, the ledger not told",
        heard(Event.REFUSED, recorded=False),
        State.IN_DOUBT,
        None,
        Status.IN_DOUBT,
        [IN_DOUBT],
        None,
    ),
    ("no answer", heard(Event.LOST), State.IN_DOUBT, None, Status.IN_DOUBT, [IN_DOUBT], None),
    ("no answer, the ledger away", heard(Event.LOST, recorded=False), None, "Away.", Status.IN_DOUBT, [IN_DOUBT], None),
    ("never arrived", heard(Event.WITHDRAWN), State.PLANNED, None, Status.NOT_SENT, [NOT_SENT], None),
    ("not begun", None, State.PLANNED, "Interrupted.", Status.NOT_SENT, [NOT_SENT], None),
    ("not begun, and not in the ledger", None, None, "Interrupted.", Status.NOT_SENT, [NOT_SENT], None),
    ("another run posted it", None, State.ACCEPTED, None, Status.ALREADY_POSTED, [], "job-1"),
    ("another run is sending it", None, State.SENDING, None, Status.NOT_SENT, [NOT_SENT], None),
    ("another run lost its answer", None, State.IN_DOUBT, None, Status.IN_DOUBT, [IN_DOUBT], None),
    ("another run was refused", None, State.REFUSED, None, Status.NOT_SENT, [NOT_SENT], None),
]


@pytest.mark.parametrize(
    ("mine", "state", "stopped", "expected"),
    [(each[1], each[2], each[3], each[4:]) for each in AFTER],
    ids=[each[0] for each in AFTER],
)
def test_what_happened_to_what_this_run_set_out_to_send(
    mine: ApiReply | None,
    state: State | None,
    stopped: str | None,
    expected: tuple[Status, list[ProblemKind], str | None],
) -> None:
    """What this run heard itself counts first; then what the ledger says; never is anything in doubt called unsent."""
    before = prepared(PLAIN)
    (one,) = before.ready
    standing = {} if state is None else {one.key: entry(PLAIN, state)}
    sent = SendResult({} if mine is None else {one.key: mine}, standing, stopped)
    run = after_sending(START, before, sent, NOON)
    assert told(run)[:3] == expected
    assert (run.stopped, run.plan) == (stopped, before.plan)


def test_why_something_was_not_sent_is_said() -> None:
    """The reason that ended the run, otherwise what was heard, otherwise that another run holds it."""
    before = prepared(PLAIN)
    (one,) = before.ready
    planned = {one.key: entry(PLAIN, State.PLANNED)}
    withdrawn = {one.key: heard(Event.WITHDRAWN)}
    for sent, what in (
        (SendResult(withdrawn, planned, "Paused."), "Paused."),
        (SendResult(withdrawn, planned, None), SAID),
        (SendResult({}, planned, None), "Another run holds this invoice."),
    ):
        (outcome,) = after_sending(START, before, sent, NOON).outcomes
        assert [problem.what for problem in outcome.problems] == [what]


def test_what_this_run_did_not_set_out_to_send_keeps_its_outcome() -> None:
    """In the order of the input, one outcome for each invoice."""
    posted = invoice(line(1, 300), number="3", first_row=4)
    bad = invoice(line(1, 100), number="2", memo=None, first_row=3)
    before = prepared(bad, PLAIN, posted, standing=[entry(posted, State.CONFIRMED)])
    (one,) = before.ready
    sent = SendResult({one.key: heard(Event.ACCEPTED)}, {}, None)
    run = after_sending(START, before, sent, NOON)
    assert [each.invoice for each in run.outcomes] == [bad, PLAIN, posted]
    assert [each.status for each in run.outcomes] == [Status.NEEDS_FIXING, Status.POSTED, Status.ALREADY_POSTED]


def test_a_past_run_is_told_as_it_stands_now() -> None:
    """What it posted itself is posted, and its job's fate is known by now; what others posted is posted before."""
    other = invoice(line(1, 300), number="3", first_row=4)
    failed = invoice(line(1, 400), number="4", first_row=5)
    standing = [
        entry(PLAIN, State.CONFIRMED, run=START.id),
        entry(other, State.CONFIRMED),
        entry(failed, State.FAILED, run=START.id),
    ]
    run = current_run(START, prepared(PLAIN, other, failed, standing=standing), NOON)
    assert [(each.status, each.resman) for each in run.outcomes] == [
        (Status.POSTED, "confirmed"),
        (Status.ALREADY_POSTED, "confirmed"),
        (Status.REFUSED, SAID),
    ]


ALONE = [
    (State.ACCEPTED, Status.POSTED),
    (State.CONFIRMED, Status.POSTED),
    (State.REFUSED, Status.REFUSED),
    (State.FAILED, Status.REFUSED),
    (State.IN_DOUBT, Status.IN_DOUBT),
    (State.PLANNED, Status.NOT_SENT),
    (State.RELEASED, Status.NOT_SENT),
    (State.SENDING, Status.NOT_SENT),
]


@pytest.mark.parametrize(("state", "status"), ALONE, ids=[each.value for each, _ in ALONE])
def test_an_entry_is_told_without_its_file(state: State, status: Status) -> None:
    """What `settle` and `status` answer: file, rows, content, key and evidence are those of the ledger."""
    one = entry(PLAIN, state)
    run = run_from_ledger(START, [one], NOON, {})
    outcome = run.outcomes[0]
    assert (outcome.status, outcome.key, outcome.fingerprint) == (status, one.key, one.fingerprint)
    assert (outcome.payload, outcome.evidence) == (sent_as(PLAIN), one.evidence)
    assert ([row.number for row in outcome.invoice.rows], outcome.invoice.source.file) == ([2, 3], "february.xlsx")
    assert (run.counts()[status], run.amounts()[status]) == (1, 12_500)


def test_an_approved_plan_counts_what_was_posted_of_it_since() -> None:
    """A run that broke off may go on under the same approval; what is not in the plan is not slipped in."""
    other = invoice(line(1, 300), number="3", first_row=4)
    before = prepared(PLAIN, other, standing=[entry(PLAIN, State.ACCEPTED)])
    identities = frozenset(
        (
            each.payload.integration_id,
            each.payload.property_id,
            each.payload.vendor_id,
            each.payload.invoice_number.lower(),
        )
        for each in before.intents
        if each is not None
    )
    assert [each.payload.invoice_number for each in before.approvable(identities)] == ["3", "INV-1001"]
    assert [each.payload.invoice_number for each in before.approvable(frozenset())] == ["3"]
    changed = prepared(invoice(line(1, 13_000)), other, standing=[entry(PLAIN, State.ACCEPTED)])
    assert [each.payload.invoice_number for each in changed.approvable(identities)] == ["3"]


def test_doubtful_invoices_are_those_of_this_reading() -> None:
    """They are looked for before anything is sent."""
    before = prepared(PLAIN, standing=[entry(PLAIN, State.IN_DOUBT)])
    assert before.doubtful == [sent_as(PLAIN).key(DESTINATION)]
    assert replace(before, standing={}).doubtful == []


def test_what_another_run_was_sending_is_told_as_it_stands_in_the_end() -> None:
    """Not as it stood before this run waited for the other."""
    one = invoice(line(1, 500), number="1")
    before = entry(one, State.SENDING)
    after = entry(one, State.ACCEPTED)
    known = prepared(one, standing=[before])
    assert known.being_sent == [before.key]
    run = after_sending(START, known, SendResult({}, {after.key: after}, None), NOON)
    assert told(run)[:3] == (Status.ALREADY_POSTED, [], "job-1")
