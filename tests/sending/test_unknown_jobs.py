"""Jobs that the API shows and the ledger does not know: found wherever they are, and nothing else is taken for one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from importer.errors import ApiAway, NotTheNewest
from importer.ledger.entries import PlannedPost
from importer.ledger.ledger import Ledger
from importer.ledger.schema import Store
from importer.ledger.states import Event
from importer.ledger.tables import SEEN_LOGS
from importer.propexo.client import Api
from importer.sandbox import INTEGRATION_ID
from importer.sending.unknown_jobs import (
    UnknownBill,
    acknowledge,
    acknowledged_bills,
    look,
    must_know_all,
)
from tests.clock import CLOCK
from tests.sending.made import (
    PLACE,
    Truth,
    api,
    at_work,
    intent,
    post,
    send_one,
    sends,
)

LOGS = "/v1/admin/logs/writes/"
MINE = (INTEGRATION_ID,)


@pytest.fixture
def ledger(store: Store) -> Ledger:
    """One at work."""
    return at_work(store, "run")


@pytest.fixture
def to(store: Store, truth: Truth) -> Iterator[Api]:
    """The API."""
    with api(store, truth.url) as opened:
        yield opened


def numbers(ledger: Ledger, to: Api) -> list[str | None]:
    return [None if one.bill is None else one.bill.number for one in look(ledger, to, PLACE, INTEGRATION_ID).jobs]


def looks(truth: Truth) -> int:
    return sum(each["path"] == LOGS for each in truth.requests())


def in_doubt(ledger: Ledger, to: Api, one: PlannedPost, event: Event | None = Event.LOST) -> None:
    """It arrived, and its answer did not."""
    sends(ledger, one)
    post(to, one)
    if event is not None:
        assert ledger.record(event, one.key, said="no answer")


def test_what_this_ledger_posted_is_no_stranger(ledger: Ledger, to: Api, truth: Truth) -> None:
    """One request tells."""
    for number in ("A-1", "A-2"):
        send_one(ledger, to, intent(number))
    assert must_know_all(ledger, to, PLACE, MINE) == ()
    assert looks(truth) == 1


def test_another_ones_are_named_and_stop(ledger: Ledger, to: Api) -> None:
    """With vendor, money, job and the word that acknowledges them."""
    send_one(ledger, to, intent("A-1"))
    job = post(to, intent("B-1", cents=9_900))
    with pytest.raises(NotTheNewest) as told:
        must_know_all(ledger, to, PLACE, MINE)
    code = look(ledger, to, PLACE, INTEGRATION_ID).code
    assert f"B-1 (vend-greenleaf, $99.00, job {job}, " in told.value.sentence
    assert f"--acknowledge {code} " in told.value.advice


def test_more_than_a_page_is_not_missed(ledger: Ledger, to: Api, truth: Truth) -> None:
    """230 unknown ones, and 120 known ones on top of another."""
    for number in range(230):
        post(to, intent(f"B-{number}"))
    assert len(numbers(ledger, to)) == 230
    assert looks(truth) == 3
    with pytest.raises(NotTheNewest, match=r"230 invoices were posted .* and 220 more"):
        must_know_all(ledger, to, PLACE, MINE)


def test_unknown_ones_below_a_page_of_known_ones(ledger: Ledger, to: Api) -> None:
    """They are older than what was posted since, and newer than the last look."""
    post(to, intent("B-1"))
    for number in range(120):
        sends(ledger, intent(f"A-{number}"), Event.ACCEPTED, post(to, intent(f"A-{number}")))
    assert numbers(ledger, to) == ["B-1"]


@pytest.mark.parametrize("shape", ["object", "wrapped", "text", "absent"])
@pytest.mark.parametrize("event", [Event.LOST, None], ids=["in doubt", "being sent"])
def test_an_open_invoice_explains_its_job(
    ledger: Ledger, to: Api, truth: Truth, shape: str, event: Event | None
) -> None:
    """A lost answer, and one under way to another process: its job is in the log before its answer is recorded. Each
    explains one job, and no more."""
    truth.behaves(parameters_in_logs=shape)
    in_doubt(ledger, to, intent("A-1"), event)
    assert numbers(ledger, to) == []
    post(to, intent("A-1"))
    assert numbers(ledger, to) == [None if shape == "absent" else "A-1"]


def test_what_is_explained_is_looked_at_again_until_it_is_settled(ledger: Ledger, to: Api, store: Store) -> None:
    """Released by a person, it is a stranger after all: it did arrive."""
    in_doubt(ledger, to, intent("A-1"))
    assert numbers(ledger, to) == []
    assert ledger.record(Event.RELEASED, intent("A-1").key)
    assert numbers(ledger, to) == ["A-1"]


def test_what_was_found_in_resman_itself_has_a_job_too(ledger: Ledger, to: Api) -> None:
    """Nobody has seen its job, and it is no stranger; a second job of it is one."""
    in_doubt(ledger, to, intent("A-1"))
    assert ledger.record(Event.FOUND_CONFIRMED, intent("A-1").key, held="held-1")
    assert numbers(ledger, to) == []
    assert numbers(ledger, to) == []
    post(to, intent("A-1"))
    assert numbers(ledger, to) == ["A-1"]


def test_an_open_invoice_explains_no_other(ledger: Ledger, to: Api) -> None:
    """What the log shows is another bill."""
    sends(ledger, intent("A-1"), Event.LOST)
    post(to, intent("B-1"))
    assert numbers(ledger, to) == ["B-1"]


def test_acknowledged_is_known_for_good(ledger: Ledger, to: Api) -> None:
    """Exactly what was shown: another one since has another word. What they paid is kept."""
    post(to, intent("B-1"))
    code = look(ledger, to, PLACE, INTEGRATION_ID).code
    post(to, intent("B-2"))
    assert acknowledge(ledger, to, PLACE, MINE, [code], "theirs") == {}
    now = look(ledger, to, PLACE, INTEGRATION_ID).code
    assert list(acknowledge(ledger, to, PLACE, MINE, [now], "theirs")) == [now]
    assert must_know_all(ledger, to, PLACE, MINE) == ()
    bills = sorted(acknowledged_bills(ledger, PLACE, INTEGRATION_ID), key=lambda bill: bill.number or "")
    assert [(each.number, each.vendor_id, each.total) for each in bills] == [
        ("B-1", "vend-greenleaf", 12_500),
        ("B-2", "vend-greenleaf", 12_500),
    ]


@pytest.mark.parametrize("status", [403, 404, 500])
def test_logs_that_are_not_shown_stop_until_a_person_says_so(
    ledger: Ledger, to: Api, truth: Truth, status: int
) -> None:
    """Safe, and no block for good: the word counts while the API does not show them, and no longer."""
    fails = [{"fault": "error_before", "status": status}] * 8
    truth.fails(*fails, path=LOGS)
    with pytest.raises(ApiAway, match=r"does not show what was posted before.*no-logs"):
        must_know_all(ledger, to, PLACE, MINE)
    assert list(acknowledge(ledger, to, PLACE, MINE, ["no-logs"], "not for this token")) == ["no-logs"]
    (said,) = must_know_all(ledger, to, PLACE, MINE)
    assert "was not looked at" in said
    truth.behaves_well()
    post(to, intent("B-1"))
    with pytest.raises(NotTheNewest, match="B-1"):
        must_know_all(ledger, to, PLACE, MINE)


def test_a_clock_that_was_set_back_hides_nothing(ledger: Ledger, to: Api, store: Store) -> None:
    """The last look was in a future that is no more: everything there is gets looked through."""
    for number in range(110):
        post(to, intent(f"B-{number}"))
    ahead = CLOCK.now() + timedelta(days=40)
    with store.durable.begin() as connection:
        of = {"destination": PLACE, "integration_id": INTEGRATION_ID}
        connection.execute(insert(SEEN_LOGS).values(**of, until=ahead))
    assert len(numbers(ledger, to)) == 110


def test_the_look_goes_back_to_the_last_one(ledger: Ledger, to: Api, store: Store, truth: Truth) -> None:
    """Pages that are older by an hour are not asked for: what is acknowledged, or ours, was seen there."""
    for number in range(150):
        sends(ledger, intent(f"A-{number}"), Event.ACCEPTED, post(to, intent(f"A-{number}")))
    assert numbers(ledger, to) == []
    with store.durable.connect() as connection:
        until = connection.execute(select(SEEN_LOGS.c.until)).scalar_one()
    assert abs(until - CLOCK.now()) < timedelta(minutes=5)
    before = looks(truth)
    with store.durable.begin() as connection:  # as if those had been posted hours before
        connection.execute(update(SEEN_LOGS).values(until=until + timedelta(hours=2)))
    to.clock = until + timedelta(hours=3)
    assert numbers(ledger, to) == []
    assert looks(truth) == before + 1


@pytest.mark.parametrize(
    ("record", "number"),
    [
        ({"invoice_number": "A-1"}, "A-1"),
        ({"body": {"invoice_number": "A-1", "total_amount_in_cents": True}}, "A-1"),
        ('{"method": "POST", "body": "{\\"invoice_number\\": \\"A-1\\"}"}', "A-1"),
        ([{"x": 1}, {"invoice_number": "A-1"}], "A-1"),
        ("A-1", None),
        (None, None),
        ({"invoice_number": None}, None),
    ],
)
def test_a_bill_is_found_wherever_it_stands(record: object, number: str | None) -> None:
    """The shape of what was sent is not stated."""
    bill = UnknownBill.shown_in(record)
    assert (None if bill is None else bill.number) == number
    assert bill is None or bill.total_in_cents is None


def test_two_ledgers_see_each_other(ledger: Ledger, to: Api, here: Store) -> None:
    """What one has posted the other does not know, both ways."""
    other = replace(at_work(here, "there"))
    send_one(ledger, to, intent("A-1"))
    send_one(other, to, intent("B-1"))
    assert (numbers(ledger, to), numbers(other, to)) == (["B-1"], ["A-1"])
