"""The table of moves, each made on a real ledger of both kinds, and everything else refused."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from importer.ledger.entries import PlannedPost
from importer.ledger.ledger import Ledger
from importer.ledger.schema import Store
from importer.ledger.states import (
    MOVES,
    Event,
    Owner,
    State,
)
from importer.ledger.tables import INVOICES
from tests.sending.made import (
    PLACE,
    at_work,
    entry,
    events,
    intent,
    sends,
    state,
)

WAYS: dict[State, tuple[Event, ...]] = {
    State.PLANNED: (),
    State.SENDING: (Event.INTENT,),
    State.ACCEPTED: (Event.INTENT, Event.ACCEPTED),
    State.REFUSED: (Event.INTENT, Event.REFUSED),
    State.IN_DOUBT: (Event.INTENT, Event.LOST),
    State.RELEASED: (Event.INTENT, Event.LOST, Event.RELEASED),
    State.CONFIRMED: (Event.INTENT, Event.ACCEPTED, Event.CONFIRMED),
    State.FAILED: (Event.INTENT, Event.ACCEPTED, Event.FAILED),
}
"""How an invoice comes into each state, from the moment that a run has claimed it."""


def brought_to(ledger: Ledger, wanted: State, number: str = "INV-1") -> PlannedPost:
    one = intent(number)
    ledger.claim(PLACE, [one])
    for event in WAYS[wanted]:
        assert ledger.record(event, one.key, job_id=f"job of {number}" if event is Event.ACCEPTED else None)
    assert state(ledger, one) is wanted
    return one


def test_no_move_leads_from_doubt_to_sending_by_itself() -> None:
    """Out of doubt there is evidence, or a release that somebody answers for; never back to planned."""
    ends = {move.end for event, move in MOVES.items() if move.start is State.IN_DOUBT and event is not Event.LOOKED}
    assert ends == {State.ACCEPTED, State.CONFIRMED, State.FAILED, State.RELEASED}


def test_every_state_is_reached_and_every_event_is_documented() -> None:
    """No state without a way in, and no event that nothing explains."""
    assert set(WAYS) == set(State)
    assert set(Event) - set(MOVES) == {Event.OWNER_DIED, Event.LATE, Event.DISPUTED}


@pytest.mark.parametrize("start", State)
def test_moves(store: Store, start: State) -> None:
    """From each state exactly the moves of the table are made, each noted once, and the others change nothing."""
    ledger = at_work(store, "run")
    for event, move in MOVES.items():
        one = brought_to(ledger, start, f"INV {event}")
        before, noted = entry(ledger, one), events(ledger, one)
        if noted and noted[-1] == event:
            continue  # the same once more: `test_late_answers` has that
        assert ledger.record(event, one.key) is (move.start is start)
        after = entry(ledger, one)
        if move.start is start:
            assert (after.state, events(ledger, one)) == (move.end, [*noted, event])
            assert after.owner == (ledger.run if move.owner in (Owner.KEEPS, Owner.TAKES) else None)
        else:
            assert after == before
            assert events(ledger, one) == ([*noted, Event.LATE] if move.start is State.SENDING else noted)


@pytest.mark.parametrize("event", [event for event, move in MOVES.items() if move.owner in (Owner.KEEPS, Owner.ENDS)])
def test_only_the_owner_moves_what_is_being_sent(store: Store, event: Event) -> None:
    """Another run can neither begin nor end what this one owns."""
    mine, other = at_work(store, "mine"), at_work(store, "other")
    brought_to(mine, MOVES[event].start)
    assert not other.record(event, intent().key)
    assert state(mine, intent()) is MOVES[event].start


@pytest.mark.parametrize("event", [event for event, move in MOVES.items() if move.owner in (Owner.FREE, Owner.TAKES)])
def test_what_is_owned_is_not_moved_by_findings(store: Store, event: Event) -> None:
    """A finding, or a retry, does not touch an invoice that a run holds at this moment."""
    ledger = at_work(store, "mine")
    brought_to(ledger, MOVES[event].start)
    with ledger.transaction() as connection:
        connection.execute(update(INVOICES).values(owner="somebody"))
    assert not ledger.record(event, intent().key)


def test_a_finding_is_about_the_sending_that_it_knows(store: Store) -> None:
    """What was found of an attempt does not settle the next one: release, resend, and the old finding is refused."""
    ledger = at_work(store, "run-1")
    sends(ledger, intent(), Event.LOST)
    first = entry(ledger, intent()).sent_at
    assert ledger.record(Event.RELEASED, intent().key, expected_sent_at=first, said="Nothing there.")
    sends(ledger, intent(), Event.LOST)
    assert not ledger.record(Event.FOUND_CONFIRMED, intent().key, expected_sent_at=first, job_id="job-1")
    assert state(ledger, intent()) is State.IN_DOUBT


def test_a_finding_is_about_the_job_that_it_knows(store: Store) -> None:
    """The end of a job that has been retried meanwhile says nothing of the new one."""
    ledger = at_work(store, "run-1")
    sends(ledger, intent(), Event.ACCEPTED, "job-1")
    assert ledger.record(Event.FAILED, intent().key, expected_job="job-1")
    assert ledger.record(Event.RETRY_INTENT, intent().key, expected_job="job-1")
    assert ledger.record(Event.ACCEPTED, intent().key, job_id="job-2")
    assert not ledger.record(Event.CONFIRMED, intent().key, expected_job="job-1")
    assert ledger.record(Event.CONFIRMED, intent().key, expected_job="job-2")
