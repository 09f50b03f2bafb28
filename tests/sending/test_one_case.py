"""One job, or one invoice in ResMan, settles one case; a person's word is carried out only after a look."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from importer.domain.follow_up_facts import Alarm
from importer.errors import CannotRun
from importer.ledger.entries import LedgerEntry, PlannedPost
from importer.ledger.ledger import Ledger
from importer.ledger.schema import Store
from importer.ledger.states import Event, State
from importer.propexo.client import Api
from importer.sending.person_decisions import PersonsDecision, decide
from importer.sending.settle import Policy, settle_doubts
from importer.sending.unknown_jobs import must_know_all
from tests.sending.made import (
    PLACE,
    Truth,
    api,
    at_work,
    entry,
    events,
    intent,
    post,
    send_one,
    sends,
    state,
)

EVERY_DAY = Policy(sync_covers_days=36_500)


@pytest.fixture
def ledger(store: Store) -> Ledger:
    """A run at work, once on each database."""
    return at_work(store, "mine")


def loses(ledger: Ledger, truth: Truth, asked: Api, one: PlannedPost, fault: str) -> None:
    """Sends an invoice whose answer is lost."""
    truth.fails(fault)
    send_one(ledger, asked, one)
    assert state(ledger, one) is State.IN_DOUBT


def decides(
    ledger: Ledger, asked: Api, one: PlannedPost, job: str | None, reason: str = "looked in ResMan"
) -> LedgerEntry:
    """Carries out a person's word."""
    decide(ledger, asked, entry(ledger, one), PersonsDecision(one.key, job, reason), EVERY_DAY)()
    return entry(ledger, one)


def said(of: LedgerEntry) -> str:
    return "\n".join(f"{each.looked_at}: {each.found}" for each in of.evidence)


# ---------------------------------------------------------------------- evidence is used once


@pytest.mark.parametrize("shape", ["object", "absent"])
@pytest.mark.parametrize("number", ["2026-10-01", "B-2", "12500"])
def test_two_doubts_of_one_vendor_with_equal_totals(ledger: Ledger, truth: Truth, number: str, shape: str) -> None:
    """One of them arrived; the other, whose number is the date or the total of the first, or just another, is sent
    after settling, and not swallowed."""
    truth.behaves(parameters_in_logs=shape)
    arrived, lost = intent("A-1"), intent(number)
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, arrived, "drop_after")
        loses(ledger, truth, asked, lost, "drop_before")
        settle_doubts(ledger, asked, PLACE, sync=True, policy=EVERY_DAY)
        assert (state(ledger, arrived), state(ledger, lost)) == (State.CONFIRMED, State.IN_DOUBT)
        assert decides(ledger, asked, lost, None).state is State.RELEASED
        send_one(ledger, asked, lost)
    assert sorted(str(each["invoice_number"]) for each in truth.posted()) == sorted(["A-1", number])


@pytest.mark.parametrize("proof", [{"job_id": "job-1"}, {"held": "inv-1"}], ids=["job", "invoice"])
def test_one_record_settles_one_invoice(ledger: Ledger, proof: dict[str, str]) -> None:
    """The second that is to stand on it is not settled; both are for a person, with an alarm that is a fact."""
    first, second = intent("A"), intent("B")
    for one in (first, second):
        sends(ledger, one, Event.LOST)
    assert ledger.record(Event.FOUND_CONFIRMED, first.key, **proof)  # type: ignore[arg-type]  # one of two keywords
    assert not ledger.record(Event.FOUND_CONFIRMED, second.key, **proof)  # type: ignore[arg-type]  # the same
    found = [entry(ledger, one) for one in (first, second)]
    assert [(each.state, each.alarm) for each in found] == [(State.IN_DOUBT, Alarm.FITS_SEVERAL)] * 2
    assert all("A" in (each.said or "") and "B" in (each.said or "") for each in found)
    assert ledger.record(Event.RELEASED, first.key)
    assert ledger.record(Event.FOUND_CONFIRMED, second.key, **proof)  # type: ignore[arg-type]  # the same
    assert entry(ledger, second).alarm is None


def test_a_release_that_is_refused_lets_nothing_go(ledger: Ledger) -> None:
    """What was confirmed meanwhile stands on its job as before."""
    sends(ledger, intent(), Event.ACCEPTED, "job-1")
    assert ledger.record(Event.CONFIRMED, intent().key, expected_job="job-1")
    assert not ledger.record(Event.RELEASED, intent().key)
    assert ledger.stands_on(PLACE, "job-1") == intent().key


def test_many_take_one_record_at_once(ledger: Ledger) -> None:
    """Of any number that find the same job in the same moment, no more than one is settled by it."""
    ones = [intent(f"N-{index}") for index in range(8)]
    for one in ones:
        sends(ledger, one, Event.LOST)

    def finds(one: PlannedPost) -> bool:
        return ledger.record(Event.FOUND_QUEUED, one.key, job_id="job-1")

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(finds, ones)) <= 1
    assert sum(state(ledger, one) is State.ACCEPTED for one in ones) <= 1


def test_a_record_that_fits_two_is_an_alarm(ledger: Ledger, truth: Truth) -> None:
    """It shows the numbers of both: none is settled by it, whoever asks for only one of them."""
    first, second = intent("A"), intent("B")
    both = intent("A", memo='{"invoice_number": "B"}')
    with api(ledger.store, truth.url) as asked:
        for one in (first, second):
            loses(ledger, truth, asked, one, "drop_before")
        post(asked, both)
        settle_doubts(ledger, asked, PLACE, keys=[first.key], policy=EVERY_DAY)
        assert entry(ledger, first).alarm is Alarm.FITS_SEVERAL
        settle_doubts(ledger, asked, PLACE, policy=EVERY_DAY)
    assert [(entry(ledger, one).state, entry(ledger, one).alarm) for one in (first, second)] == [
        (State.IN_DOUBT, Alarm.FITS_SEVERAL)
    ] * 2


# ---------------------------------------------------------------------- answers that cannot be


def test_one_job_told_for_two_invoices(ledger: Ledger, truth: Truth) -> None:
    """Both are in doubt at once, with an alarm; what each job shows of itself settles them."""
    first, second = intent("A"), intent("B")
    with api(ledger.store, truth.url) as asked:
        send_one(ledger, asked, first)
        truth.fails("job_of_another")
        send_one(ledger, asked, second)
        found = [entry(ledger, one) for one in (first, second)]
        assert [(each.state, each.alarm) for each in found] == [(State.IN_DOUBT, Alarm.SHARED_JOB)] * 2
        settle_doubts(ledger, asked, PLACE, policy=EVERY_DAY)
    jobs = [str(each["job_id"]) for each in truth.posted()]
    assert [entry(ledger, one).job_id for one in (first, second)] == jobs
    assert {state(ledger, one) for one in (first, second)} == {State.CONFIRMED}


def test_one_job_told_for_two_that_shows_nothing(ledger: Ledger, truth: Truth) -> None:
    """Where the logs do not show what was sent, nothing is believed of either."""
    truth.behaves(parameters_in_logs="absent")
    first, second = intent("A"), intent("B")
    with api(ledger.store, truth.url) as asked:
        send_one(ledger, asked, first)
        truth.fails("job_of_another")
        send_one(ledger, asked, second)
        settle_doubts(ledger, asked, PLACE, policy=EVERY_DAY)
    assert state(ledger, first) is State.IN_DOUBT
    assert entry(ledger, first).alarm is Alarm.SHARED_JOB


def test_an_answer_that_echoes_another_invoice(ledger: Ledger, truth: Truth) -> None:
    """It is in doubt with an alarm, and settled by what its job shows."""
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, intent(), "echo_of_another")
        found = entry(ledger, intent())
        assert (found.alarm, found.job_id) == (Alarm.ANOTHER_ECHOED, None)
        assert "INV-1 of another" in (found.said or "")
        settle_doubts(ledger, asked, PLACE, policy=EVERY_DAY)
    assert (state(ledger, intent()), entry(ledger, intent()).alarm) == (State.CONFIRMED, None)


# ---------------------------------------------------------------------- a person's word


def test_a_job_that_nobody_knows_is_adopted_with_a_reason(ledger: Ledger, truth: Truth) -> None:
    """Without one, what was seen is told and kept, and nothing is changed."""
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, intent(), "drop_before")
        with pytest.raises(CannotRun, match=r"job-mistyped: The API refused it \(404\).*--reason"):
            decides(ledger, asked, intent(), "job-mistyped", "")
        assert state(ledger, intent()) is State.IN_DOUBT
        assert "job-mistyped" in said(entry(ledger, intent()))
        found = decides(ledger, asked, intent(), "job-mistyped")
    assert (found.state, found.job_id) == (State.ACCEPTED, "job-mistyped")


def test_a_job_that_shows_another_invoice(ledger: Ledger, truth: Truth) -> None:
    """It asks for a reason; one that shows this invoice needs none; one that is another's is never adopted."""
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, intent(), "drop_after")
        another = post(asked, intent("OTHER"))
        with pytest.raises(CannotRun, match=f"job {another} shows another invoice"):
            decides(ledger, asked, intent(), another, "")
        own = str(truth.posted()[0]["job_id"])
        assert decides(ledger, asked, intent(), own, "").job_id == own
        loses(ledger, truth, asked, intent("B"), "drop_before")
        with pytest.raises(CannotRun, match="settled by somebody else"):
            decides(ledger, asked, intent("B"), own)
    assert ledger.stands_on(PLACE, own) == intent().key


def test_what_has_arrived_is_not_released(ledger: Ledger, truth: Truth) -> None:
    """The look finds its job: nothing is released, however often that is said."""
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, intent(), "drop_after")
        for _ in range(2):
            with pytest.raises(CannotRun, match="is about it: SUCCESS"):
                decides(ledger, asked, intent(), None)
        assert state(ledger, intent()) is State.IN_DOUBT
        settle_doubts(ledger, asked, PLACE, policy=EVERY_DAY)
    assert state(ledger, intent()) is State.CONFIRMED


def test_what_is_released_is_looked_for_in_one_request(ledger: Ledger, truth: Truth) -> None:
    """And what that showed is kept with the decision."""
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, intent(), "drop_before")
        before = len(truth.requests())
        found = decides(ledger, asked, intent(), None)
    assert found.state is State.RELEASED
    assert [each["path"] for each in truth.requests()[before:]] == ["/v1/admin/logs/writes/"]
    assert "none is it" in said(found)


def test_what_may_be_it_must_have_been_seen(ledger: Ledger, truth: Truth) -> None:
    """The first word shows it; the second, given after that, is carried out."""
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, intent(), "drop_before")
        post(asked, intent(property_id="prop-willowcreek"))
        with pytest.raises(CannotRun, match=r"not released yet: job .* may be about it.*same command again"):
            decides(ledger, asked, intent(), None)
        assert state(ledger, intent()) is State.IN_DOUBT
        assert decides(ledger, asked, intent(), None).state is State.RELEASED


def test_what_failed_and_was_released_is_no_stranger(ledger: Ledger, truth: Truth) -> None:
    """Its job was shown to whoever released it: the next run does not ask whose it is."""
    one = intent("FAIL-1")
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, one, "drop_after")
        with pytest.raises(CannotRun, match="may be about it: FAILURE"):
            decides(ledger, asked, one, None)
        assert decides(ledger, asked, one, None).state is State.RELEASED
        assert must_know_all(ledger, asked, PLACE, [one.payload.integration_id]) == ()


@pytest.mark.parametrize("number", ["TIMEOUT-KEPT", "TIMEOUT-LOST"])
def test_a_failure_that_proves_nothing_is_looked_for_in_resman(ledger: Ledger, truth: Truth, number: str) -> None:
    """Its job says no more than before; ResMan's newest invoices may."""
    one = intent(number)
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, one, "drop_after")
        settle_doubts(ledger, asked, PLACE, policy=EVERY_DAY)
        assert state(ledger, one) is State.IN_DOUBT
        asked.start_sync(one.payload.integration_id)
        if number == "TIMEOUT-LOST":
            assert decides(ledger, asked, one, None).state is State.RELEASED
            return
        with pytest.raises(CannotRun, match="has its number, vendor, property and total"):
            decides(ledger, asked, one, None)


@pytest.mark.parametrize("path", ["/v1/admin/logs/writes/"])
def test_without_a_look_nothing_is_released(ledger: Ledger, truth: Truth, path: str) -> None:
    """An API that cannot be asked shows nothing."""
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, intent(), "drop_before")
        truth.fails({"fault": "page_before", "times": 4, "method": "GET"}, path=path)
        with pytest.raises(CannotRun, match="cannot be looked at now"):
            decides(ledger, asked, intent(), None)
    assert events(ledger, intent())[-1] == Event.LOST
