"""The ledger on real SQLite files and on real PostgreSQL: who may send what, and what is known afterwards."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from importer.domain.outcome import Evidence
from importer.ledger.ledger import Ledger
from importer.ledger.schema import BATCH, Store
from importer.ledger.states import Event, State
from tests.clock import CLOCK
from tests.sending.made import (
    PLACE,
    at_work,
    dies,
    entry,
    events,
    intent,
    owners,
    rows_of,
    sends,
    state,
)

MANY = [intent(f"INV-{index}") for index in range(BATCH + 20)]
"""More than one statement takes."""


def test_new_invoices_are_planned_and_owned(store: Store) -> None:
    """Any number of them, with everything that the file said."""
    ledger = at_work(store, "mine")
    claim = ledger.claim(PLACE, MANY)
    assert claim.owned == {one.key for one in MANY}
    assert claim.standing == {}
    found = entry(ledger, MANY[7])
    assert (found.state, found.owner, found.run) == (State.PLANNED, "mine", "mine")
    assert (found.payload(), found.fingerprint) == (MANY[7].payload, MANY[7].fingerprint)
    assert (found.file, found.rows, found.job_id, found.sent_at) == ("october.csv", "2", None, None)


def test_what_a_living_run_holds_is_not_taken(store: Store) -> None:
    """The second run is told how it stands, and owns nothing of it."""
    first, second = at_work(store, "first"), at_work(store, "second")
    first.claim(PLACE, MANY[:3])
    claim = second.claim(PLACE, MANY[1:5])
    assert claim.owned == {one.key for one in MANY[3:5]}
    assert {key: each.owner for key, each in claim.standing.items()} == {one.key: "first" for one in MANY[1:3]}


def test_many_runs_claim_the_same_file_at_once(store: Store) -> None:
    """In whatever order each has them, each invoice has exactly one owner, and nobody waits for ever."""
    runs = [at_work(store, f"run-{index}") for index in range(4)]
    start = threading.Barrier(len(runs))

    def claims(index: int) -> frozenset[str]:
        order = MANY if index % 2 else MANY[::-1]
        start.wait()
        return runs[index].claim(PLACE, order).owned

    with ThreadPoolExecutor(len(runs)) as pool:
        owned = list(pool.map(claims, range(len(runs))))
    assert sum(map(len, owned)) == len(MANY)
    assert frozenset().union(*owned) == {one.key for one in MANY}


def test_only_one_of_many_begins_to_send(store: Store) -> None:
    """However many threads write the intent at once, one of them may send."""
    ledger = at_work(store, "mine")
    ledger.claim(PLACE, [intent()])
    start = threading.Barrier(4)

    def begins(_: int) -> bool:
        start.wait()
        return ledger.record(Event.INTENT, intent().key)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(begins, range(4))) == [False, False, False, True]


def test_what_was_given_up_may_be_taken(store: Store) -> None:
    """A run that ends gives up what it has not sent, and the next one has it with today's content."""
    first, second = at_work(store, "first"), at_work(store, "second")
    first.claim(PLACE, [intent(), intent("INV-2")])
    first.close_run(finished=CLOCK.now(), exit_code=1)
    corrected = intent(cents=9_900)
    assert second.claim(PLACE, [corrected]).owned == {corrected.key}
    assert entry(second, corrected).payload().total_amount_in_cents == 9_900
    assert owners(store) == {"INV-1": "second", "INV-2": None}


def test_what_must_not_go_again(store: Store) -> None:
    """Posted, confirmed, doubtful and failed invoices are told as they stand; no run comes to own them."""
    ledger = at_work(store, "first")
    ways = {
        "ACCEPTED": (Event.ACCEPTED, None),
        "CONFIRMED": (Event.ACCEPTED, Event.CONFIRMED),
        "FAILED": (Event.ACCEPTED, Event.FAILED),
        "DOUBT": (Event.LOST, None),
    }
    for number, (answer, then) in ways.items():
        sends(ledger, intent(number), answer, f"job of {number}" if answer is Event.ACCEPTED else None)
        assert then is None or ledger.record(then, intent(number).key)
    claim = at_work(store, "second").claim(PLACE, [intent(number) for number in ways])
    assert claim.owned == frozenset()
    assert len(claim.standing) == len(ways)
    changed = [intent(number, cents=1) for number in ("ACCEPTED", "CONFIRMED", "DOUBT")]
    assert at_work(store, "third").claim(PLACE, changed).owned == frozenset()


def test_what_may_go_again(store: Store) -> None:
    """Refused and released ones as they are, failed ones once they are corrected."""
    ledger = at_work(store, "first")
    sends(ledger, intent("REFUSED"), Event.REFUSED)
    sends(ledger, intent("RELEASED"), Event.LOST)
    assert ledger.record(Event.RELEASED, intent("RELEASED").key)
    sends(ledger, intent("FAILED"), Event.ACCEPTED, "job-1")
    assert ledger.record(Event.FAILED, intent("FAILED").key, said="Vendor not found")
    again = [intent("REFUSED"), intent("RELEASED"), intent("FAILED", cents=9_900)]
    second = at_work(store, "second")
    assert second.claim(PLACE, again).owned == {one.key for one in again}
    found = entry(second, again[2])
    assert (found.state, found.job_id, found.said, found.owner) == (State.PLANNED, None, None, "second")


# ---------------------------------------------------------------------- the dead


def test_what_a_dead_run_was_sending_is_in_doubt(store: Store) -> None:
    """Its lease has lapsed: what it had planned is free, what it was sending may have arrived."""
    dead, living = at_work(store, "dead"), at_work(store, "living")
    sends(dead, intent("SENDING"))
    dead.claim(PLACE, [intent("PLANNED")])
    assert living.release_dead_runs(PLACE) == 0
    dies(dead)
    assert living.release_dead_runs("elsewhere") == 0
    assert living.release_dead_runs(PLACE) == 1
    assert state(living, intent("SENDING")) is State.IN_DOUBT
    assert events(living, intent("SENDING")) == [Event.INTENT, Event.OWNER_DIED]
    assert living.claim(PLACE, [intent("SENDING"), intent("PLANNED")]).owned == {intent("PLANNED").key}
    assert not dead.record(Event.INTENT, intent("PLANNED").key)


def test_many_find_the_same_dead_run(store: Store) -> None:
    """Each of its invoices is moved, and noted, once."""
    dead = at_work(store, "dead")
    for index in range(20):
        sends(dead, intent(f"INV-{index}"))
    dies(dead)
    runs = [at_work(store, f"run-{index}") for index in range(4)]
    with ThreadPoolExecutor(len(runs)) as pool:
        assert sum(pool.map(lambda run: run.release_dead_runs(PLACE), runs)) == 20
    assert events(dead, intent("INV-3")) == [Event.INTENT, Event.OWNER_DIED]


# ---------------------------------------------------------------------- answers that come too late


def died_while_sending(store: Store) -> tuple[Ledger, Ledger]:
    """A run that was taken for dead while it waited for an answer, and the one that took it for dead."""
    slow, other = at_work(store, "slow"), at_work(store, "other")
    sends(slow, intent())
    dies(slow)
    assert other.release_dead_runs(PLACE) == 1
    return slow, other


def test_a_late_answer_is_kept_and_not_believed(store: Store) -> None:
    """The invoice stays in doubt, and whoever settles knows which job to ask after."""
    slow, other = died_while_sending(store)
    assert not slow.record(Event.ACCEPTED, intent().key, job_id="job-1", http_status=200)
    assert state(other, intent()) is State.IN_DOUBT
    assert events(other, intent()) == [Event.INTENT, Event.OWNER_DIED, Event.LATE]
    assert other.late_jobs(intent().key) == {"job-1"}
    assert other.known_jobs(["job-1"]) == {}


def test_nothing_is_released_over_a_late_answer(store: Store) -> None:
    """Neither by a person nor by a policy, unless the job that it names was looked at."""
    slow, other = died_while_sending(store)
    slow.record(Event.ACCEPTED, intent().key, job_id="job-1")
    assert not other.record(Event.RELEASED, intent().key)
    assert not other.record(Event.RELEASED, intent().key, heeded={"job-2"})
    assert state(other, intent()) is State.IN_DOUBT
    assert other.record(Event.RELEASED, intent().key, heeded={"job-1"})


def test_an_answer_after_the_release_takes_it_back(store: Store) -> None:
    """Whether or not another run has claimed it meanwhile: it is not sent a second time."""
    slow, other = died_while_sending(store)
    assert other.record(Event.RELEASED, intent().key)
    assert other.claim(PLACE, [intent()]).owned == {intent().key}
    assert not slow.record(Event.ACCEPTED, intent().key, job_id="job-1")
    assert state(other, intent()) is State.IN_DOUBT
    assert not other.record(Event.INTENT, intent().key)
    assert "job-1" in (entry(other, intent()).said or "")


def test_an_answer_after_the_second_sending_is_an_alarm(store: Store) -> None:
    """The API has accepted it twice: nobody may overlook that, whichever answer comes first."""
    for number, late_first in (("LATE FIRST", True), ("LATE LAST", False)):
        slow, other = at_work(store, f"slow {number}"), at_work(store, f"other {number}")
        one = intent(number)
        sends(slow, one)
        dies(slow)
        other.release_dead_runs(PLACE)
        assert other.record(Event.RELEASED, one.key)
        sends(other, one)
        answers = [(slow, "job-1"), (other, "job-2")]
        for run, job in answers if late_first else reversed(answers):
            run.record(Event.ACCEPTED, one.key, job_id=job)
        found = entry(other, one)
        assert found.state is State.IN_DOUBT
        assert (found.said or "").startswith("ALARM")


def test_a_late_answer_of_a_known_job_changes_nothing(store: Store) -> None:
    """It was found by settling before; the answer only says it again."""
    slow, other = died_while_sending(store)
    assert other.record(Event.FOUND_CONFIRMED, intent().key, job_id="job-1")
    assert not slow.record(Event.ACCEPTED, intent().key, job_id="job-1")
    assert state(other, intent()) is State.CONFIRMED


def test_the_same_answer_once_more_is_no_news(store: Store) -> None:
    """A commit may succeed and its success be lost: told again, it is recorded already."""
    ledger = at_work(store, "mine")
    for number, answer, job in (("A", Event.ACCEPTED, "job-1"), ("R", Event.REFUSED, None), ("L", Event.LOST, None)):
        sends(ledger, intent(number), answer, job)
        assert ledger.record(answer, intent(number).key, job_id=job)
        assert events(ledger, intent(number)) == [Event.INTENT, answer]


def test_what_no_database_holds_is_left_out(store: Store) -> None:
    """NUL and half a surrogate pair in the API's words cost a character, not the answer."""
    ledger = at_work(store, "mine")
    sends(ledger, intent())
    seen = Evidence("the write logs", CLOCK.now(), "a\0b")
    assert ledger.record(Event.LOST, intent().key, said="It says: \0 \ud800 no", evidence=[seen])
    found = entry(ledger, intent())
    assert found.said == "It says:  ? no"
    assert [each.found for each in found.evidence] == ["ab"]


# ---------------------------------------------------------------------- looking


def test_entries_come_in_batches_each_once(store: Store) -> None:
    """By state, destination and run, in the order of their keys, also while they are being moved."""
    first, second = at_work(store, "first"), at_work(store, "second")
    first.claim(PLACE, MANY)
    second.claim("elsewhere", [intent("OTHER")])
    second.claim(PLACE, [intent("SECOND")])
    found = [each.key for each in first.entries(PLACE, State.PLANNED)]
    assert found == sorted([*(one.key for one in MANY), intent("SECOND").key])
    assert [each.key for each in first.entries(PLACE, State.PLANNED, run="second")] == [intent("SECOND").key]
    moved = 0
    for each in first.entries(PLACE, State.PLANNED, run="first"):
        moved += first.record(Event.INTENT, each.key)
    assert moved == len(MANY)
    assert list(first.entries(PLACE, State.ACCEPTED)) == []


def test_jobs_are_known_by_row_and_by_attempt(store: Store) -> None:
    """Also those that a retry or a correction has put out of the row."""
    ledger = at_work(store, "mine")
    sends(ledger, intent(), Event.ACCEPTED, "job-1")
    ledger.record(Event.FAILED, intent().key)
    sends(ledger, intent(cents=9_900), Event.ACCEPTED, "job-2")
    jobs = [f"job-{index}" for index in range(BATCH + 5)]
    assert ledger.known_jobs(jobs) == {"job-1": {intent().key}, "job-2": {intent().key}}


def test_what_failed_stays_known_when_a_correction_is_planned_and_not_sent(store: Store) -> None:
    """Given up, or left by a dead run: the very content that failed does not go again, and another correction may."""
    for number in ("GIVEN", "LEFT"):
        failed, corrected = intent(number), intent(number, cents=9_900)
        first = at_work(store, f"first {number}")
        sends(first, failed, Event.ACCEPTED, f"job-{number}")
        assert first.record(Event.FAILED, failed.key, said="Vendor not found")
        second = at_work(store, f"second {number}")
        assert second.claim(PLACE, [corrected]).owned == {failed.key}
        assert entry(second, corrected).state is State.PLANNED
        if number == "LEFT":
            dies(second)
        else:
            second.close_run(finished=CLOCK.now())
        third = at_work(store, f"third {number}")
        third.release_dead_runs(PLACE)
        stands = entry(third, failed)
        assert (stands.state, stands.said, stands.job_id) == (State.FAILED, "Vendor not found", f"job-{number}")
        assert third.claim(PLACE, [failed]).owned == frozenset()
        assert third.claim(PLACE, [corrected]).owned == {failed.key}
        assert third.record(Event.INTENT, failed.key)
        assert third.record(Event.WITHDRAWN, failed.key)
        third.close_run(finished=CLOCK.now())
        fourth = at_work(store, f"fourth {number}")
        assert fourth.claim(PLACE, [failed]).owned == frozenset()


def test_attempts_tell_the_whole_story(store: Store) -> None:
    """When, by whom, under which file and rows, with what content, and what came back."""
    first = at_work(store, "first")
    sends(first, intent(), Event.REFUSED)
    second = at_work(store, "second")
    corrected = intent(cents=9_900)._replace(made_of=rows_of("november.csv", 5, 6))
    sends(second, corrected, Event.ACCEPTED, "job-2")
    told = [(each["run"], each["event"], each["file"], each["rows"]) for each in first.attempts(intent().key)]
    assert told == [
        ("first", Event.INTENT, "october.csv", "2"),
        ("first", Event.REFUSED, "october.csv", "2"),
        ("second", Event.INTENT, "november.csv", "5, 6"),
        ("second", Event.ACCEPTED, "november.csv", "5, 6"),
    ]
    last = first.attempts(intent().key)[-1]
    assert (last["who"], last["job_id"], last["fingerprint"]) == ("second@desk", "job-2", corrected.fingerprint)
    assert last["at"].tzinfo is not None
    assert entry(second, corrected).plan == "sha256:plan"
