"""Any interleaving of runs, requests, lost answers, crashes, settling and releases, against a model of the API.

The ledger is the real one. The model is the truth: which requests the API accepted, as jobs that end one way or
another. A person releases only what really is nowhere, and nothing more is under way; then no interleaving whatever
may leave two copies of an invoice, and the ledger's state always explains what the model holds.
"""

# ruff: noqa: ARG002 -- every small step takes the same, whatever it needs of it
from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import event

from importer.ledger.ledger import Ledger
from importer.ledger.schema import open_store
from importer.ledger.states import Event, State
from importer.propexo.answers import WriteStatus
from importer.sending.doubt import Doubt, Word, ending_of
from importer.sending.synced import SyncCoverage
from tests.clock import CLOCK
from tests.sending.made import (
    PLACE,
    at_work,
    dies,
    entry,
    intent,
)

NUMBERS = ("A", "B", "C", "D")
AMOUNTS = (12_500, 9_900)
ENDS = {
    "done": (WriteStatus(write_status="SUCCESS"), True),
    "half done": (WriteStatus(write_status="PARTIAL_SUCCESS", errors=("notes",)), True),
    "refused": (WriteStatus(write_status="FAILURE", errors=("Vendor not found",)), False),
    "timed out, kept": (WriteStatus(write_status="FAILURE", errors=("timed out",)), True),
    "timed out, lost": (WriteStatus(write_status="FAILURE", errors=("timed out",)), False),
}
"""What the API says of a job that has ended, and whether ResMan has the invoice."""

STEPS = (
    "starts",
    "dies",
    "takes_from_the_dead",
    "claims",
    "begins",
    "begins_a_retry",
    "is_accepted",
    "is_refused",
    "does_not_leave",
    "hears",
    "loses_the_answer",
    "is_killed",
)
FATES: st.SearchStrategy[tuple[str, ...]] = st.sampled_from(
    (
        ("is_accepted", "hears"),
        ("is_accepted", "hears"),
        ("is_accepted", "loses_the_answer"),
        ("is_accepted", "loses_the_answer"),
        ("is_accepted", "is_killed"),
        ("is_accepted",),
        ("loses_the_answer",),
        ("is_killed",),
        ("is_refused", "hears"),
        ("does_not_leave",),
        (),
    )
)
"""What becomes of a request once its intent is written; where that is no end, the answer may come any time."""

JOB_ENDS = st.sampled_from((None, None, None, "refused", "refused", *sorted(ENDS)))
"""More often what leads on than what is the end of it."""


@dataclass
class Job:
    """One accepted request."""

    number: str
    end: str | None = None  # None: waiting in the queue

    @property
    def may_be_there(self) -> bool:
        return self.end is None or ENDS[self.end][1]

    @property
    def status(self) -> WriteStatus:
        return WriteStatus(write_status="PENDING") if self.end is None else ENDS[self.end][0]


@dataclass
class Request:
    """One request that has left, or is about to: `job` once the API has accepted it."""

    run: Ledger
    number: str
    retry: bool
    job: str | None = None
    answer: Event | None = None  # what came back, or will


@dataclass
class Model:
    """The truth."""

    jobs: dict[str, Job] = field(default_factory=dict)
    under_way: list[Request] = field(default_factory=list)

    def of(self, number: str) -> dict[str, Job]:
        return {name: job for name, job in self.jobs.items() if job.number == number}

    def request(self, which: int, *, answered: bool | None = None) -> Request | None:
        """One of those under way; of those that have an answer, or have none, where that is asked for."""
        some = [each for each in self.under_way if answered in (None, each.answer is not None)]
        return some[which % len(some)] if some else None

    def copies(self, number: str) -> int:
        """How often ResMan has it, or may have it yet."""
        return sum(job.may_be_there for job in self.of(number).values())


class LedgerAgainstModel(RuleBasedStateMachine):
    """A few invoices, and as many runs as come."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="ledger-"))
        self.store = open_store(f"sqlite:///{self.folder / 'ledger.sqlite3'}")
        self.store.durable.dispose()
        # Crashes here are of runs, not of the machine: nothing needs to reach the disk.
        event.listen(self.store.durable, "connect", lambda made, _: made.execute("PRAGMA synchronous = OFF"))
        self.model = Model()
        self.runs: list[Ledger] = []
        self.started = 0
        self.planned: set[str] = set()
        self.starts()

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    def run(self, which: int) -> Ledger:
        return self.runs[which % len(self.runs)]

    # ------------------------------------------------------------------ one small step

    @rule(step=st.sampled_from(STEPS), which=st.integers(0, 5), number=st.sampled_from(NUMBERS))
    def small_step(self, step: str, which: int, number: str) -> None:
        """Anything that happens between two lines of the program, to anybody, at any time."""
        getattr(self, step)(which, number)

    def starts(self, which: int = 0, number: str = "") -> None:
        """One more run."""
        if len(self.runs) < 3:
            self.started += 1
            self.runs.append(at_work(self.store, f"run-{self.started}"))

    def dies(self, which: int, number: str) -> None:
        """Killed, or asleep: its requests may still arrive, and it may still hear an answer."""
        if len(self.runs) > 1:
            dies(self.runs.pop(which % len(self.runs)))

    def takes_from_the_dead(self, which: int, number: str) -> None:
        self.run(which).release_dead_runs(PLACE)

    def claims(self, which: int, number: str, cents: int = AMOUNTS[0]) -> None:
        self.run(which).claim(PLACE, [intent(number, cents=cents)])
        self.planned.add(number)

    def begins(self, which: int, number: str) -> None:
        """Writes the intent; where that is recorded, a request is under way."""
        run = self.run(which)
        if run.record(Event.INTENT, intent(number).key):
            self.model.under_way.append(Request(run, number, retry=False))

    def begins_a_retry(self, which: int, number: str) -> None:
        run, key = self.run(which), intent(number).key
        found = run.standing([key]).get(key)
        job = None if found is None else found.job_id
        if job is not None and run.record(Event.RETRY_INTENT, key, expected_job=job):
            self.model.under_way.append(Request(run, number, retry=True))

    def is_accepted(self, which: int, number: str) -> None:
        """The API gets the request, and queues it."""
        if request := self.model.request(which, answered=False):
            request.job = f"job-{len(self.model.jobs) + 1}"
            self.model.jobs[request.job] = Job(request.number)
            request.answer = Event.ACCEPTED

    def is_refused(self, which: int, number: str) -> None:
        if request := self.model.request(which, answered=False):
            request.answer = Event.RETRY_WITHDRAWN if request.retry else Event.REFUSED

    def does_not_leave(self, which: int, number: str) -> None:
        """Provably not sent, or a 429."""
        if request := self.model.request(which, answered=False):
            self.model.under_way.remove(request)
            withdrawn = Event.RETRY_WITHDRAWN if request.retry else Event.WITHDRAWN
            request.run.record(withdrawn, intent(request.number).key)

    def hears(self, which: int, number: str) -> None:
        """The answer comes, in time or late, also to a run that was taken for dead."""
        if request := self.model.request(which, answered=True):
            self.model.under_way.remove(request)
            assert request.answer is not None
            request.run.record(request.answer, intent(request.number).key, job_id=request.job)

    def loses_the_answer(self, which: int, number: str) -> None:
        """The connection breaks, whether the request was accepted or not; the run knows that it does not know."""
        if request := self.model.request(which):
            self.model.under_way.remove(request)
            request.run.record(Event.LOST, intent(request.number).key)

    def is_killed(self, which: int, number: str) -> None:
        """Nothing is written any more; the run is dead, and its request is gone one way or the other."""
        if len(self.runs) > 1 and (request := self.model.request(which)):
            self.model.under_way.remove(request)
            dies(request.run)
            self.runs = [run for run in self.runs if run is not request.run]

    # ------------------------------------------------------------------ a whole command

    @rule(number=st.sampled_from(NUMBERS), cents=st.sampled_from(AMOUNTS), fate=FATES, end=JOB_ENDS)
    def submits(self, number: str, cents: int, fate: tuple[str, ...], end: str | None) -> None:
        """`submit`, from the claim to whatever becomes of the answer, and of the job."""
        self.claims(0, number, cents)
        self.begins(0, number)
        self._meets(fate, end)

    @rule(number=st.sampled_from(NUMBERS), fate=FATES, end=JOB_ENDS)
    def retries(self, number: str, fate: tuple[str, ...], end: str | None) -> None:
        """`status --retry`, likewise."""
        self.follows()
        self.begins_a_retry(0, number)
        self._meets(fate, end)

    def _meets(self, fate: tuple[str, ...], end: str | None) -> None:
        if self.model.under_way and self.model.under_way[-1].answer is None:
            request = self.model.under_way[-1]
            for step in fate:
                getattr(self, step)(-1, request.number)
            if request.job is not None:
                self.model.jobs[request.job].end = end

    @rule(which=st.integers(0, 9), end=st.sampled_from(sorted(ENDS)))
    @precondition(lambda self: any(job.end is None for job in self.model.jobs.values()))
    def ends(self, which: int, end: str) -> None:
        """A job that was waiting."""
        waiting = [job for job in self.model.jobs.values() if job.end is None]
        waiting[which % len(waiting)].end = end

    @rule()
    def follows(self) -> None:
        """`status`."""
        for found in list(self.runs[0].entries(PLACE, State.ACCEPTED)):
            assert found.job_id is not None
            unsure = dict.fromkeys((Word.UNSURE, Word.PARTLY), Event.UNSURE)
            happened = {Word.DONE: Event.CONFIRMED, Word.FAILED: Event.FAILED, **unsure}
            ending = ending_of(self.model.jobs[found.job_id].status)
            if ending.word in happened:
                event, job = happened[ending.word], found.job_id
                self.runs[0].record(event, found.key, expected_job=job, refusal=ending.refusal)

    @rule(pending_shows=st.booleans())
    def settles(self, *, pending_shows: bool) -> None:
        """`settle`: the jobs that the ledger does not know, and those of its own that are open."""
        run = self.runs[0]
        run.release_dead_runs(PLACE)
        for found in list(run.entries(PLACE, State.IN_DOUBT)):
            case = Doubt.of(found, run.attempts(found.key), CLOCK.now)
            seen = set(case.own_jobs)
            if case.is_open:
                mine = self.model.of(found.invoice_number)
                shown = {name for name, job in mine.items() if job.end is not None or pending_shows}
                seen |= shown - set(run.known_jobs(sorted(shown)))
            for name in sorted(seen):
                case.jobs[name] = ending_of(self.model.jobs[name].status)
            verdict = case.verdict(SyncCoverage(), is_complete=True)
            run.record(
                verdict.event,
                found.key,
                expected_sent_at=found.sent_at,
                heeded=case.jobs,
                job_id=verdict.job_id,
                said=verdict.said,
                evidence=case.seen,
                alarm=verdict.alarm,
                refusal=verdict.refusal,
            )

    @rule(number=st.sampled_from(NUMBERS))
    def is_released(self, number: str) -> None:
        """By a person who has looked: nothing is there, waits, or is under way."""
        run, key = self.runs[0], intent(number).key
        run.release_dead_runs(PLACE)
        arriving = any(each.number == number and each.answer is None for each in self.model.under_way)
        found = run.standing([key]).get(key)
        if found is not None and found.state is State.IN_DOUBT and not arriving and not self.model.copies(number):
            run.record(Event.RELEASED, key, expected_sent_at=found.sent_at, heeded=run.late_jobs(key))

    # ------------------------------------------------------------------ what always holds

    @invariant()
    def never_twice(self) -> None:
        assert all(self.model.copies(number) <= 1 for number in NUMBERS)

    @invariant()
    def never_lost(self) -> None:
        """What was planned is in the ledger; what the API has is never "to be sent", and never "failed"."""
        for number in self.planned:
            found = entry(self.runs[0], intent(number)).state
            if self.model.copies(number):
                assert found in (State.SENDING, State.IN_DOUBT, State.ACCEPTED, State.CONFIRMED)

    @invariant()
    def what_is_said_is_true(self) -> None:
        """Confirmed ones are there, accepted ones have a job, and what is being sent has an owner."""
        for number in self.planned:
            found = entry(self.runs[0], intent(number))
            if found.state is State.CONFIRMED:
                assert self.model.copies(number) == 1
            if found.state in (State.ACCEPTED, State.CONFIRMED, State.FAILED):
                assert found.job_id in self.model.of(number)
            if found.state is State.SENDING:
                assert found.owner is not None


TestLedgerAgainstModel = LedgerAgainstModel.TestCase
TestLedgerAgainstModel.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)

LOST, HEARD = ("is_accepted", "loses_the_answer"), ("is_accepted", "hears")


@pytest.mark.parametrize(
    "steps",
    [
        # A retry whose answer is lost is not failed because the job before it has failed.
        [("submits", "A", 12_500, HEARD, "refused"), ("retries", "A", LOST, None), ("settles", False)],
        # Two attempts are lost, one failed job is found: the other may be waiting.
        [
            ("submits", "A", 12_500, LOST, "refused"),
            ("is_released", "A"),
            ("submits", "A", 12_500, LOST, None),
            ("settles", False),
        ],
        # Another run plans the correction of one that failed: until it goes, it has failed, as that job.
        [
            ("submits", "A", 9_900, HEARD, "refused"),
            ("follows",),
            ("small_step", "starts", 0, "A"),
            ("small_step", "claims", 1, "A"),
            ("small_step", "dies", 1, "A"),
        ],
        # A run that was taken for dead hears that its job was accepted, after somebody has released the invoice.
        [
            ("submits", "A", 12_500, ("is_accepted",), "refused"),
            ("small_step", "starts", 0, "A"),
            ("small_step", "dies", 0, "A"),
            ("is_released", "A"),
            ("small_step", "hears", 0, "A"),
            ("submits", "A", 12_500, HEARD, "done"),
        ],
    ],
)
def test_paths_that_have_led_astray(steps: list[tuple[Any, ...]]) -> None:
    """Mistakes that this machine has found, or should have: walked again step by step, with another correction sent."""
    machine = LedgerAgainstModel()
    try:
        for name, *values in [*steps, ("submits", "A", 9_900, HEARD, "done"), ("settles", True)]:
            step = getattr(machine, name)
            step(pending_shows=values[0]) if name == "settles" else step(*values)
            machine.never_twice()
            machine.never_lost()
            machine.what_is_said_is_true()
    finally:
        machine.teardown()
