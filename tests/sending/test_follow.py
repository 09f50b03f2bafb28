"""What became of posted invoices, and asking for failed ones again, against the stand-in."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Collection

import httpx
import pytest

from importer.domain.follow_up_facts import Alarm
from importer.errors import AccessDenied, Misdirected, NotSent, OutcomeUnknown
from importer.ledger.entries import PlannedPost
from importer.ledger.ledger import Ledger
from importer.ledger.schema import Store
from importer.ledger.states import Event, State
from importer.propexo.client import Api
from importer.sending.follow import MOST_UNREADABLE, follow, retry_failed
from importer.sending.send import send
from importer.sending.settle import settle_doubts
from tests.sending.api_servers import closed_port
from tests.sending.made import (
    PATIENT,
    PLACE,
    SHORT,
    Truth,
    api,
    at_work,
    entry,
    events,
    intent,
    post,
    send_one,
    state,
)

RETRY = "/v1/admin/retry-write/"


@pytest.fixture
def ledger(here: Store) -> Ledger:
    """A run at work."""
    return at_work(here, "mine")


def sent(ledger: Ledger, asked: Api, *numbers: str) -> list[PlannedPost]:
    """These invoices, accepted."""
    ones = [intent(number) for number in numbers]
    done = send(ledger, asked, PLACE, ones, plan=None, stop=asked.stop, progress=lambda _done, _all: None)
    assert {each.state for each in done.standing.values()} == {State.ACCEPTED}
    return ones


def retried(ledger: Ledger, asked: Api) -> Collection[str]:
    return retry_failed(ledger, asked, PLACE, run=None, stop=asked.stop, progress=lambda _done, _all: None)


def test_many_are_confirmed_in_few_requests(ledger: Ledger, truth: Truth) -> None:
    """A hundred a request by the write logs; single questions only for the rest."""
    with api(ledger.store, truth.url) as asked:
        ones = sent(ledger, asked, *(f"INV-{index}" for index in range(130)), "FAIL-1", "PARTIAL-1")
        before = len(truth.requests())
        follow(ledger, asked, PLACE)
    assert len(truth.requests()) - before == 2 + 2 + 1  # the last asks for failures of what was called done
    assert Counter(state(ledger, one) for one in ones) == {State.CONFIRMED: 130, State.FAILED: 1, State.IN_DOUBT: 1}


@pytest.mark.parametrize("partial_as", ["SUCCESS", "FAILURE"])
def test_resmans_own_words(ledger: Ledger, truth: Truth, partial_as: str) -> None:
    """A refusal is shown as ResMan has it; a time-out and half a success are in doubt, whatever the log calls them."""
    truth.behaves(partial_in_logs=partial_as)
    with api(ledger.store, truth.url) as asked:
        failed, partial, late = sent(ledger, asked, "FAIL-1", "PARTIAL-1", "TIMEOUT-KEPT")
        follow(ledger, asked, PLACE)
        assert (state(ledger, failed), "Validation failed" in (entry(ledger, failed).said or "")) == (
            State.FAILED,
            True,
        )
        assert "partial success" in (entry(ledger, partial).said or "")
        assert "timed out" in (entry(ledger, late).said or "")
        settle_doubts(ledger, asked, PLACE, sync=True)
    assert {state(ledger, one) for one in (partial, late)} == {State.CONFIRMED}


def test_pending_ones_wait(ledger: Ledger, truth: Truth) -> None:
    """Nothing is concluded from a job that has not ended, however often it is asked after."""
    truth.behaves(pending=3600)
    with api(ledger.store, truth.url) as asked:
        (one,) = sent(ledger, asked, "INV-1")
        for _ in range(2):
            follow(ledger, asked, PLACE)
        assert (state(ledger, one), events(ledger, one)) == (State.ACCEPTED, [Event.INTENT, Event.ACCEPTED])
        truth.ends(entry(ledger, one).job_id or "", "SUCCESS", kept=True)
        follow(ledger, asked, PLACE)
    assert state(ledger, one) is State.CONFIRMED


def test_only_one_run(ledger: Ledger, truth: Truth) -> None:
    """Of one run where that is asked for."""
    with api(ledger.store, truth.url) as asked:
        (first,) = sent(ledger, asked, "INV-1")
        (second,) = sent(at_work(ledger.store, "second"), asked, "INV-2")
        follow(ledger, asked, PLACE, run="second")
    assert (state(ledger, first), state(ledger, second)) == (State.ACCEPTED, State.CONFIRMED)


def test_a_job_that_nobody_knows_holds_nobody_up(ledger: Ledger, truth: Truth) -> None:
    """It goes into doubt with what the API said; the others are asked after."""
    truth.behaves(parameters_in_logs="absent")
    with api(ledger.store, truth.url) as asked:
        ones = sent(ledger, asked, "A", "FAIL-1")
        truth.fails({"fault": "error_before", "status": 404}, path="/v1/admin/write-status/")
        ledger.claim(PLACE, [intent("B")])
        ledger.record(Event.INTENT, intent("B").key)
        ledger.record(Event.ACCEPTED, intent("B").key, job_id="job-0-first-of-all")
        follow(ledger, asked, PLACE)
        settle_doubts(ledger, asked, PLACE)
    assert state(ledger, intent("B")) is State.IN_DOUBT
    assert [state(ledger, one) for one in ones] == [State.CONFIRMED, State.FAILED]


GARBAGE = ("page_before", {"fault": "error_before", "status": 502}, "garbage", "cut_body", "close_before")


@pytest.mark.parametrize("fault", GARBAGE, ids=str)
def test_one_status_that_cannot_be_read_holds_nobody_up(
    store: Store, truth: Truth, fault: str | dict[str, object]
) -> None:
    """However it fails, and for good: that invoice waits and is told of, the others are asked after."""
    ledger = at_work(store, "mine")
    rule = {"fault": fault} if isinstance(fault, str) else fault
    with api(store, truth.url) as asked:
        ones = sent(ledger, asked, "FAIL-1", "FAIL-2", "FAIL-3")
        poisoned = min(ones, key=lambda one: one.key)  # the first that is asked after
        job = entry(ledger, poisoned).job_id
        truth.fails({**rule, "times": 4}, path=f"/v1/admin/write-status/{job}")
        followed = follow(ledger, asked, PLACE)
        assert set(followed.unreadable) == {poisoned.key}
        assert {one.payload.invoice_number for one in ones if state(ledger, one) is State.FAILED} == {
            one.payload.invoice_number for one in ones if one is not poisoned
        }
        assert (state(ledger, poisoned), events(ledger, poisoned)[-1]) == (State.ACCEPTED, Event.UNREADABLE)
        assert follow(ledger, asked, PLACE).unreadable == {}
    assert state(ledger, poisoned) is State.FAILED


@pytest.mark.parametrize(
    "errors", [[{"code": "timeout", "message": "Vendor not found"}], [["Vendor not found"]], [None], [7]], ids=str
)
def test_errors_that_are_no_texts(store: Store, truth: Truth, errors: list[object]) -> None:
    """They are shown as they are, and prove nothing."""
    ledger = at_work(store, "mine")
    truth.behaves(pending=3600)
    with api(store, truth.url) as asked:
        (one,) = sent(ledger, asked, "A")
        truth.ends(entry(ledger, one).job_id or "", "FAILURE", *errors)  # type: ignore[arg-type]  # that is the point
        follow(ledger, asked, PLACE)
    found = entry(ledger, one)
    assert (found.state, json.dumps(errors[0]) in (found.said or "")) == (State.IN_DOUBT, True)


def test_write_logs_that_cannot_be_read_leave_single_questions(store: Store, truth: Truth) -> None:
    """A hundred an answer is cheaper, and not needed."""
    ledger = at_work(store, "mine")
    with api(store, truth.url) as asked:
        (one,) = sent(ledger, asked, "A")
        truth.fails({"fault": "page_before", "times": 8}, path="/v1/admin/logs/writes/")
        follow(ledger, asked, PLACE)
    assert state(ledger, one) is State.CONFIRMED


def test_an_api_that_is_away_ends_the_following(store: Store, truth: Truth) -> None:
    """It is not asked for each of a thousand in vain."""
    ledger = at_work(store, "mine")
    with api(store, truth.url) as asked:
        sent(ledger, asked, *(f"FAIL-{index}" for index in range(12)))
        truth.fails({"fault": "page_before", "times": 1000}, path="/v1/admin/")
        with pytest.raises(OutcomeUnknown):
            follow(ledger, asked, PLACE)
    questions = [each for each in truth.requests() if "write-status" in str(each["path"])]
    assert len(questions) == 4 * MOST_UNREADABLE


@pytest.mark.parametrize("errors", [("Vendor not found",), ("Something went wrong",), ()])
def test_a_success_that_becomes_a_failure_is_noticed(store: Store, truth: Truth, errors: tuple[str, ...]) -> None:
    """Within the month of the logs: it is in doubt, with an alarm, whatever the words; ResMan itself settles it."""
    ledger = at_work(store, "mine")
    with api(store, truth.url) as asked:
        one, other = sent(ledger, asked, "A", "B")
        follow(ledger, asked, PLACE)
        truth.ends(entry(ledger, one).job_id or "", "FAILURE", *errors, kept=True)
        assert follow(ledger, asked, PLACE).taken_back == (one.key,)
        found = entry(ledger, one)
        assert (found.state, found.alarm) == (State.IN_DOUBT, Alarm.TAKEN_BACK)
        settle_doubts(ledger, asked, PLACE)
        assert state(ledger, one) is State.IN_DOUBT
        settle_doubts(ledger, asked, PLACE, sync=True)
        assert {state(ledger, each) for each in (one, other)} == {State.CONFIRMED}
        assert follow(ledger, asked, PLACE).taken_back == ()  # ResMan has it, whatever is said of its job


def test_asked_to_stop(ledger: Ledger, truth: Truth) -> None:
    """It ends quietly; what was learnt until then is kept."""
    with api(ledger.store, truth.url) as asked:
        (one,) = sent(ledger, asked, "FAIL-1")
        follow(ledger, asked, PLACE)
        asked.stop.set()
        follow(ledger, asked, PLACE)
        retried(ledger, asked)
    assert state(ledger, one) is State.FAILED


# ---------------------------------------------------------------------- asking again


@pytest.fixture
def failed(ledger: Ledger, truth: Truth) -> PlannedPost:
    """An invoice that ResMan did not take, and would take the next time."""
    with api(ledger.store, truth.url) as asked:
        (one,) = sent(ledger, asked, "FAILONCE")
        follow(ledger, asked, PLACE)
    assert state(ledger, one) is State.FAILED
    return one


def test_a_retry_succeeds(ledger: Ledger, truth: Truth, failed: PlannedPost) -> None:
    """The intent first; then the new job is followed like any other."""
    with api(ledger.store, truth.url) as asked:
        retried(ledger, asked)
        job = entry(ledger, failed).job_id
        follow(ledger, asked, PLACE)
    assert events(ledger, failed)[-3:] == [Event.RETRY_INTENT, Event.ACCEPTED, Event.CONFIRMED]
    assert job != truth.posted()[0]["job_id"]
    assert len(truth.posted()) == 1


@pytest.mark.parametrize(
    ("fault", "shape", "acted"),
    [
        *(("drop_after", shape, True) for shape in ("object", "wrapped", "text", "absent")),
        *(("drop_before", shape, False) for shape in ("object", "absent")),
        ("close_after", "object", True),
        ("silence", "absent", True),
        ("garbage", "object", True),
        ("no_job_id", "absent", True),
        ("error_after", "object", True),
        ("error_before", "object", False),
    ],
)
def test_a_lost_retry_is_in_doubt(
    ledger: Ledger, truth: Truth, failed: PlannedPost, fault: str, shape: str, acted: bool
) -> None:
    """As with a new invoice: found by evidence, and never asked for again by itself."""
    truth.behaves(parameters_in_logs=shape)
    truth.fails(fault, path=RETRY)
    with api(ledger.store, truth.url, timeout=SHORT if fault == "silence" else PATIENT) as asked:
        retried(ledger, asked)
        assert state(ledger, failed) is State.IN_DOUBT
        retried(ledger, asked)
        settle_doubts(ledger, asked, PLACE)
        assert state(ledger, failed) is (State.CONFIRMED if acted else State.IN_DOUBT)
    retries = [each for each in truth.requests() if str(each["path"]).startswith(RETRY)]
    assert len(retries) == 1


def test_a_retry_that_does_not_take_place(ledger: Ledger, truth: Truth, failed: PlannedPost) -> None:
    """Not sent, or told to wait: it is failed as before, with ResMan's words."""
    words = entry(ledger, failed).said
    with closed_port() as port, api(ledger.store, f"http://127.0.0.1:{port}") as away, pytest.raises(NotSent):
        retried(ledger, away)
    truth.fails("too_many", path=RETRY)
    with api(ledger.store, truth.url) as asked:
        retried(ledger, asked)
    assert (state(ledger, failed), entry(ledger, failed).said) == (State.FAILED, words)
    assert events(ledger, failed)[-4:] == [Event.ACCEPTED, Event.FAILED, Event.RETRY_INTENT, Event.RETRY_WITHDRAWN]


def test_a_retry_looks_first(store: Store, truth: Truth) -> None:
    """What has come into the queue, or to ResMan, meanwhile is in doubt, and is not written again."""
    ledger = at_work(store, "mine")
    with api(store, truth.url) as asked:
        queued, held, alone = sent(ledger, asked, "FAIL-QUEUED", "FAIL-HELD", "FAIL-ALONE")
        follow(ledger, asked, PLACE)
        post(asked, queued)
        truth.ends(entry(ledger, held).job_id or "", "FAILURE", "Vendor not found", kept=True)
        asked.start_sync(held.payload.integration_id)
        retried(ledger, asked)
        stand = [state(ledger, one) for one in (queued, held, alone)]
        assert stand == [State.IN_DOUBT, State.IN_DOUBT, State.ACCEPTED]
        assert all(events(ledger, one)[-1] == Event.FOUND_AFTER_ALL for one in (queued, held))
        truth.ends(str(truth.posted()[-1]["job_id"]), "SUCCESS", kept=True)
        settle_doubts(ledger, asked, PLACE, sync=True)
        assert {state(ledger, one) for one in (queued, held)} == {State.CONFIRMED}
    assert len([each for each in truth.requests() if str(each["path"]).startswith(RETRY)]) == 1


@pytest.mark.parametrize("path", ["/v1/admin/logs/writes/", "/v1/invoices/", "/v1/admin/write-status/"])
def test_what_cannot_be_looked_for_is_not_written_again(
    ledger: Ledger, truth: Truth, failed: PlannedPost, path: str
) -> None:
    """It stays failed until it can be."""
    with api(ledger.store, truth.url) as asked:
        truth.fails({"fault": "page_before", "times": 4, "method": "GET"}, path=path)
        assert retried(ledger, asked) == {failed.key}
        assert state(ledger, failed) is State.FAILED
        retried(ledger, asked)
        assert state(ledger, failed) is State.ACCEPTED


@pytest.mark.parametrize(
    ("token", "fault", "raised"),
    [("nobody's token", None, AccessDenied), (None, {"fault": "redirect"}, Misdirected)],
)
def test_a_retry_that_cannot_succeed_ends_the_run(
    ledger: Ledger, truth: Truth, failed: PlannedPost, token: str | None, fault: dict[str, object] | None, raised: type
) -> None:
    """No access, or a wrong address: nothing more is asked, and it is failed as before."""
    if fault is not None:
        truth.fails(fault, path=RETRY)
    with api(ledger.store, truth.url, **({"token": token} if token else {})) as asked, pytest.raises(raised):  # type: ignore[arg-type]  # one of the two
        retried(ledger, asked)
    assert state(ledger, failed) is State.FAILED


def test_somebody_else_has_retried_it(ledger: Ledger, truth: Truth, failed: PlannedPost) -> None:
    """ "Only failed writes can be retried": the job has not failed after all, so that a correction must not go."""
    truth.ends(str(truth.posted()[0]["job_id"]), "SUCCESS", kept=True)
    with api(ledger.store, truth.url) as asked:
        retried(ledger, asked)
        assert state(ledger, failed) is State.IN_DOUBT
        settle_doubts(ledger, asked, PLACE)
    assert state(ledger, failed) is State.CONFIRMED


def test_a_retry_and_a_correction_at_once(ledger: Ledger, truth: Truth, failed: PlannedPost) -> None:
    """Whoever is first has it; the other finds that it is no longer what it knew."""
    corrected = intent("FAILONCE", cents=9_900)
    second = at_work(ledger.store, "second")
    job = entry(ledger, failed).job_id
    assert second.claim(PLACE, [corrected]).owned == {corrected.key}
    assert not ledger.record(Event.RETRY_INTENT, failed.key, expected_job=job)
    second.close_run(finished=ledger.runs(1)[0]["started"])
    with api(ledger.store, truth.url) as asked:
        retried(ledger, asked)
        send_one(at_work(ledger.store, "third"), asked, corrected)
    assert [each["invoice_number"] for each in truth.posted()] == ["FAILONCE", "FAILONCE"]
    assert not any(str(each["path"]).startswith(RETRY) for each in truth.requests())


def test_of_an_invoice_and_its_correction_that_both_failed_only_the_correction_is_retried(
    ledger: Ledger, truth: Truth, failed: PlannedPost
) -> None:
    """Corrected in property or vendor it is another invoice of this ledger, and ResMan must not get both."""
    corrected = intent("FAILONCE", vendor_id="vend-citypower")
    third = intent("FAILONCE", vendor_id="vend-citypower", property_id="prop-cedarpoint")
    with api(ledger.store, truth.url) as asked:
        for number, one in enumerate((corrected, third)):
            run = at_work(ledger.store, f"correcting-{number}")
            send_one(run, asked, one)
            follow(run, asked, PLACE)
            assert state(ledger, one) is State.FAILED
        retried(ledger, asked)
        follow(ledger, asked, PLACE)
    assert [state(ledger, one) for one in (failed, corrected, third)] == [
        State.FAILED,
        State.FAILED,
        State.CONFIRMED,
    ]
    assert len([each for each in truth.requests() if str(each["path"]).startswith(RETRY)]) == 1


def test_nobody_takes_a_retry_from_a_living_run(ledger: Ledger, truth: Truth, failed: PlannedPost) -> None:
    """While the answer is under way another run looks for the dead, and finds none."""
    truth.fails({"fault": "slow", "seconds": 0.3}, path=RETRY)
    with api(ledger.store, truth.url, timeout=httpx.Timeout(10.0)) as asked:
        retrying = threading.Thread(target=retried, args=(ledger, asked))
        retrying.start()
        while state(ledger, failed) is State.FAILED:
            pass
        assert at_work(ledger.store, "other").release_dead_runs(PLACE) == 0
        retrying.join()
    assert state(ledger, failed) is State.ACCEPTED
