"""Several runs at work: what one leaves behind is sent by another, and what is planned anew is looked at anew."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest

from importer.ledger.entries import (
    NO_TERMS,
    Claim,
    PlannedPost,
    Terms,
)
from importer.ledger.ledger import Ledger
from importer.ledger.schema import Store
from importer.ledger.states import State
from importer.sending.send import SendResult, send
from tests.clock import CLOCK
from tests.sending.made import (
    PLACE,
    Truth,
    api,
    at_work,
    dies,
    intent,
    state,
)

MANY = [intent(f"INV-{number}") for number in range(5)]


def numbers(truth: Truth) -> list[str]:
    """What was posted, each as often as it was."""
    return sorted(cast("dict[str, str]", each["body"])["invoice_number"] for each in truth.posted())


@pytest.mark.parametrize("ends", ["gives up", "dies"])
def test_what_another_run_leaves_behind_is_sent(store: Store, truth: Truth, ends: str) -> None:
    """It had sent the first when it was stopped; who waits for it sends the rest, each once."""
    first, second = at_work(store, "first"), at_work(store, "second")
    first.claim(PLACE, MANY)
    waits = threading.Event()
    with api(store, truth.url) as to, ThreadPoolExecutor(1) as pool:

        def progress(*_: int) -> None:
            waits.set()

        waiting = pool.submit(lambda: send(second, to, PLACE, MANY, plan=None, stop=to.stop, progress=progress))
        assert not waits.wait(1)  # a round in which everything is held by the other sends nothing
        assert {state(first, each) for each in MANY} == {State.PLANNED}
        if ends == "gives up":
            first.close_run(finished=CLOCK.now(), exit_code=1)
        else:
            dies(first)
        sent: SendResult = waiting.result(30)
    assert sent.stopped is None
    assert {each.state for each in sent.standing.values()} == {State.ACCEPTED}
    assert numbers(truth) == sorted(each.payload.invoice_number for each in MANY)


def test_what_was_taken_from_a_run_after_it_planned_it_is_not_sent(store: Store, truth: Truth) -> None:
    """It was asleep between the plan and the sending, and was taken for dead: it does not plan it again."""
    asleep, awake = at_work(store, "asleep"), at_work(store, "awake")

    class Sleepy(Ledger):
        def claim(self, destination: str, intents: Sequence[PlannedPost], terms: Terms = NO_TERMS) -> Claim:
            claim = super().claim(destination, intents, terms)
            dies(self)
            awake.release_dead_runs(PLACE)
            return claim

    with api(store, truth.url) as to:
        slept = Sleepy(asleep.store, asleep.run, asleep.who, asleep.host, asleep.now)
        sent = send(slept, to, PLACE, MANY, plan=None, stop=to.stop, progress=lambda *_: None)
    assert numbers(truth) == []
    assert {each.state for each in sent.standing.values()} == {State.PLANNED}


def test_what_has_a_rival_is_given_up(store: Store, truth: Truth) -> None:
    """The rest goes."""
    ledger, other = at_work(store, "mine"), at_work(store, "other")
    theirs = intent("OTHER")._replace(origins=(("row-1", "table"),))
    assert other.claim(PLACE, [theirs]).owned
    first = MANY[0]._replace(origins=(("row-1", "table"),))
    with api(store, truth.url) as to:
        sent = send(ledger, to, PLACE, [first, *MANY[1:]], plan=None, stop=to.stop, progress=lambda *_: None)
    assert [each.key for each in sent.rivals[first.key]] == [theirs.key]
    assert [state(ledger, each) for each in MANY] == [State.PLANNED, *[State.ACCEPTED] * 4]
    assert ledger.standing([first.key])[first.key].owner is None
