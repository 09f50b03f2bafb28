"""Several runs at work: what one leaves behind is sent by another, and what is planned anew is looked at anew."""

from __future__ import annotations

import threading
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest

from importer.submitter import Sent, State, send
from importer.submitter.schema import Store
from tests.submitter.made import PLACE, Truth, api, at_work, dies, intent, state

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

        def looked(planned: Collection[str]) -> Collection[str]:
            waits.set()  # the first look is of a round in which everything is held by the other
            return planned

        waiting = pool.submit(
            lambda: send(second, to, PLACE, MANY, plan=None, stop=to.stop, progress=lambda *_: None, alone=looked)
        )
        assert waits.wait(30)
        assert {state(first, each) for each in MANY} == {State.PLANNED}
        if ends == "gives up":
            first.give_up([each.key for each in MANY])
        else:
            dies(first)
        sent: Sent = waiting.result(30)
    assert sent.stopped is None
    assert {each.state for each in sent.standing.values()} == {State.ACCEPTED}
    assert numbers(truth) == sorted(each.payload.invoice_number for each in MANY)


def test_what_was_taken_from_a_run_after_its_look_is_not_sent(store: Store, truth: Truth) -> None:
    """It was asleep between the look and the sending, and was taken for dead: it does not plan it again."""
    asleep, awake = at_work(store, "asleep"), at_work(store, "awake")

    def looked(planned: Collection[str]) -> Collection[str]:
        dies(asleep)
        awake.take_from_the_dead(PLACE)
        return planned

    with api(store, truth.url) as to:
        sent = send(asleep, to, PLACE, MANY, plan=None, stop=to.stop, progress=lambda *_: None, alone=looked)
    assert numbers(truth) == []
    assert {each.state for each in sent.standing.values()} == {State.PLANNED}


def test_what_may_not_go_is_given_up(store: Store, truth: Truth) -> None:
    """The rest goes."""
    ledger = at_work(store, "mine")
    with api(store, truth.url) as to:
        send(
            ledger, to, PLACE, MANY, plan=None, stop=to.stop, progress=lambda *_: None,
            alone=lambda planned: planned - {MANY[0].key},  # type: ignore[operator]  # a set, as it is planned
        )  # fmt: skip
    assert [state(ledger, each) for each in MANY] == [State.PLANNED, *[State.ACCEPTED] * 4]
    assert ledger.standing([MANY[0].key])[MANY[0].key].owner is None
