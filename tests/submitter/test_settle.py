"""Settling by evidence, against the stand-in: found once, twice, older, failed, partly done, or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from importer.submitter import Api, Entry, Event, Intent, Ledger, Policy, State, settle_doubts
from importer.submitter.schema import Store
from importer.submitter.tables import INVOICES, RUNS
from tests.clock import CLOCK
from tests.submitter.made import PLACE, Truth, api, at_work, dies, entry, events, intent, post, send_one, state
from tests.submitter.servers import closed_port

SHAPES = ("object", "wrapped", "text", "absent")
NO_POLICY = Policy()
POLICY = Policy(release_unfound_after_hours=1)


@pytest.fixture
def ledger(here: Store) -> Ledger:
    """A run at work."""
    return at_work(here, "mine")


def loses(ledger: Ledger, truth: Truth, asked: Api, one: Intent, fault: str = "drop_after") -> Entry:
    """Sends an invoice whose answer is lost; by default the API has accepted it."""
    truth.fails(fault)
    send_one(ledger, asked, one)
    found = entry(ledger, one)
    assert found.state is State.IN_DOUBT
    return found


def was_sent(ledger: Ledger, ago: timedelta) -> None:
    """Everything was sent so long before it really was; negative: the API's clock is behind."""
    with ledger.transaction() as connection:
        for row in connection.execute(INVOICES.select()).all():
            moved = {"sent_at": row.sent_at - ago}
            connection.execute(update(INVOICES).where(INVOICES.c.key == row.key).values(moved))


def settled(ledger: Ledger, asked: Api, one: Intent, *, sync: bool = False, policy: Policy = NO_POLICY) -> Entry:
    """How the invoice stands after settling."""
    settle_doubts(ledger, asked, PLACE, sync=sync, policy=policy)
    return entry(ledger, one)


def said(of: Entry) -> str:
    return "\n".join(f"{each.looked_at}: {each.found}" for each in of.evidence)


# ---------------------------------------------------------------------- found


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("pending_shows", [True, False])
def test_found_in_every_shape(ledger: Ledger, truth: Truth, shape: str, pending_shows: bool) -> None:
    """A job that is done is found by what was sent, or by the raw request behind it; one that is pending too, where
    the logs show it, and otherwise it stays in doubt until they do."""
    truth.behaves(parameters_in_logs=shape, pending_in_logs=pending_shows, pending=3600)
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, intent())
        job = str(truth.posted()[0]["job_id"])
        found = settled(ledger, asked, intent())
        if pending_shows:
            assert (found.state, found.job_id) == (State.ACCEPTED, job)
            return
        assert found.state is State.IN_DOUBT
        assert "nothing else proves" in said(found)
        truth.ends(job, "SUCCESS", kept=True)
        found = settled(ledger, asked, intent())
    assert (found.state, found.job_id) == (State.CONFIRMED, job)
    assert job in said(found)


def test_found_twice_is_an_alarm(ledger: Ledger, truth: Truth) -> None:
    """Somebody has posted the same by other means: nothing is adopted, a person looks, and nothing releases it."""
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, intent())
        post(asked, intent())
        was_sent(ledger, timedelta(hours=3))
        found = settled(ledger, asked, intent(), sync=True, policy=POLICY)
    assert found.state is State.IN_DOUBT
    assert (found.said or "").startswith("ALARM: found more than once")
    assert all(str(each["job_id"]) in (found.said or "") for each in truth.posted())


@pytest.mark.parametrize("minutes", [-4, 4])
def test_clocks_that_differ(ledger: Ledger, truth: Truth, minutes: int) -> None:
    """The API's clock may be some minutes behind or ahead."""
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, intent())
        was_sent(ledger, timedelta(minutes=minutes))
        assert settled(ledger, asked, intent()).state is State.CONFIRMED


@pytest.mark.parametrize("shape", ["object", "absent"])
def test_an_older_record_is_not_this_attempt(ledger: Ledger, truth: Truth, shape: str) -> None:
    """It is shown, it proves nothing, and no policy releases over it."""
    truth.behaves(parameters_in_logs=shape)
    with api(ledger.store, truth.url) as asked:
        post(asked, intent())
        loses(ledger, truth, asked, intent(), "drop_before")
        was_sent(ledger, timedelta(minutes=-20))
        found = settled(ledger, asked, intent(), sync=True, policy=Policy(0.0001))
    assert found.state is State.IN_DOUBT
    assert shape == "absent" or "older than this attempt" in said(found)


@pytest.mark.parametrize(
    ("number", "end", "words"),
    [
        ("FAIL-1", State.FAILED, "unexpected error"),
        ("PARTIAL-1", State.IN_DOUBT, "ResMan may have it or not"),
        ("TIMEOUT-KEPT", State.IN_DOUBT, "timed out"),
        ("TIMEOUT-LOST", State.IN_DOUBT, "timed out"),
    ],
)
@pytest.mark.parametrize("partial_as", ["SUCCESS", "FAILURE"])
@pytest.mark.parametrize("shape", ["object", "absent"])
def test_found_but_not_done(
    ledger: Ledger, truth: Truth, number: str, end: State, words: str, partial_as: str, shape: str
) -> None:
    """ResMan's refusal is one; half a success and a time-out are not, whatever the logs call them. What ResMan holds
    after a sync settles those that it kept."""
    truth.behaves(partial_in_logs=partial_as, parameters_in_logs=shape)
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, intent(number))
        found = settled(ledger, asked, intent(number))
        assert (found.state, words in (found.said or "")) == (end, True)
        after = settled(ledger, asked, intent(number), sync=True)
    kept = number in ("PARTIAL-1", "TIMEOUT-KEPT")
    assert after.state is (State.CONFIRMED if kept else end)
    assert number != "TIMEOUT-LOST" or "not there after the sync" in said(after)


def test_a_failed_job_does_not_speak_for_another(ledger: Ledger, truth: Truth) -> None:
    """Two attempts were lost and one failed job is found: the other may be waiting in the queue. Taken for failed, a
    correction would go out beside it."""
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, intent("FAIL-2"))
        assert ledger.record(Event.RELEASED, intent("FAIL-2").key, said="ResMan has nothing.")
        truth.behaves(pending=3600)
        loses(ledger, truth, asked, intent("FAIL-2"))
        found = settled(ledger, asked, intent("FAIL-2"), sync=True, policy=Policy(0.0001))
        assert found.state is State.IN_DOUBT
        assert "another attempt has no known end" in (found.said or "")
        truth.ends(str(truth.posted()[1]["job_id"]), "SUCCESS", kept=True)
        assert settled(ledger, asked, intent("FAIL-2")).job_id == truth.posted()[1]["job_id"]


def test_the_same_number_at_another_property(ledger: Ledger, truth: Truth) -> None:
    """A monthly fee with the same number and amount there is no evidence here, and is not overlooked either."""
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, intent(), "drop_before")
        post(asked, intent(property_id="prop-willowcreek"))
        was_sent(ledger, timedelta(hours=3))
        found = settled(ledger, asked, intent(), sync=True, policy=POLICY)
    assert found.state is State.IN_DOUBT
    assert "may be about it" in said(found)


def test_what_this_ledger_knows_is_not_taken_twice(ledger: Ledger, truth: Truth) -> None:
    """A job that belongs to another of its invoices is nobody else's, and costs no request for its raw record."""
    truth.behaves(parameters_in_logs="absent")
    with api(ledger.store, truth.url) as asked:
        for index in range(4):
            send_one(ledger, asked, intent(f"KNOWN-{index}"))
        loses(ledger, truth, asked, intent(), "drop_before")
        before = len(truth.requests())
        found = settled(ledger, asked, intent())
    paths = [str(each["path"]) for each in truth.requests()[before:]]
    assert found.state is State.IN_DOUBT
    assert not any("job-logs" in path for path in paths)


# ---------------------------------------------------------------------- what the ledger has itself


def test_a_late_answer_is_asked_after(ledger: Ledger, truth: Truth) -> None:
    """It names the job; the logs need not be searched."""
    ledger.claim(PLACE, [intent()])
    ledger.record(Event.INTENT, intent().key)
    dies(ledger)
    other = at_work(ledger.store, "other")
    other.take_from_the_dead(PLACE)
    with api(ledger.store, truth.url) as asked:
        ledger.record(Event.ACCEPTED, intent().key, job_id=post(asked, intent()))
        found = settled(other, asked, intent())
    assert found.state is State.CONFIRMED
    assert not any("/logs/" in str(each["path"]) for each in truth.requests())


def test_a_late_refusal_is_shown(ledger: Ledger, truth: Truth) -> None:
    """It is not believed, but a person reads it before deciding."""
    ledger.claim(PLACE, [intent()])
    ledger.record(Event.INTENT, intent().key)
    dies(ledger)
    other = at_work(ledger.store, "other")
    other.take_from_the_dead(PLACE)
    ledger.record(Event.REFUSED, intent().key, said="The API refused it (400).")
    with api(ledger.store, truth.url) as asked:
        found = settled(other, asked, intent())
    assert found.state is State.IN_DOUBT
    assert "too late to be believed: refused: The API refused it (400)." in said(found)


def test_a_job_that_nobody_knows_holds_nobody_up(ledger: Ledger, truth: Truth) -> None:
    """One invoice with a mistyped job does not keep the others from being settled."""
    with api(ledger.store, truth.url) as asked:
        for number in ("A", "B"):
            loses(ledger, truth, asked, intent(number))
        assert ledger.record(Event.FOUND_QUEUED, intent("A").key, job_id="job-mistyped")
        assert ledger.record(Event.UNSURE, intent("A").key, expected_job="job-mistyped")
        settle_doubts(ledger, asked, PLACE)
    assert "job job-mistyped: The API refused it (404)" in said(entry(ledger, intent("A")))
    assert {state(ledger, intent(number)) for number in ("A", "B")} == {State.CONFIRMED}


def test_a_lost_retry_is_not_settled_by_the_job_before(ledger: Ledger, truth: Truth) -> None:
    """Also where an earlier attempt had been unsure: what it was says nothing of the retry, which may be pending."""
    with api(ledger.store, truth.url) as asked:
        send_one(ledger, asked, intent("FAILONCE"))
        job = str(truth.posted()[0]["job_id"])
        assert ledger.record(Event.UNSURE, intent("FAILONCE").key, expected_job=job)
        assert settled(ledger, asked, intent("FAILONCE")).state is State.FAILED
        truth.behaves(pending=3600)
        assert ledger.record(Event.RETRY_INTENT, intent("FAILONCE").key, expected_job=job)
        assert ledger.record(Event.LOST, intent("FAILONCE").key)
        found = settled(ledger, asked, intent("FAILONCE"), sync=True, policy=Policy(0.0001))
    assert found.state is State.IN_DOUBT


# ---------------------------------------------------------------------- not found


def test_the_policy_releases(ledger: Ledger, truth: Truth) -> None:
    """Only with it, only past its time, only after a sync; then it may be sent again, and is there once."""
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, intent(), "drop_before")
        assert settled(ledger, asked, intent(), sync=True, policy=POLICY).state is State.IN_DOUBT
        was_sent(ledger, timedelta(hours=2))
        assert settled(ledger, asked, intent(), sync=True).state is State.IN_DOUBT
        assert settled(ledger, asked, intent(), sync=True, policy=Policy(9)).state is State.IN_DOUBT
        found = settled(ledger, asked, intent(), sync=True, policy=POLICY)
        assert found.state is State.RELEASED
        assert "not there after the sync" in said(found)
        send_one(ledger, asked, intent())
    assert [each["attempt"] for each in truth.posted()] == [1]


@pytest.mark.parametrize(
    "path",
    ["/v1/admin/logs/writes/", "/v1/admin/logs/jobs/", "/v1/invoices/", "/v1/admin/integrations/"],
)
def test_the_policy_does_not_release_unseen(ledger: Ledger, truth: Truth, path: str) -> None:
    """One place could not be asked: absence elsewhere is not enough, and what could be asked was."""
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, intent(), "drop_before")
        was_sent(ledger, timedelta(hours=2))
        truth.fails({"fault": "page_before", "times": 4, "method": "GET"}, path=path)
        found = settled(ledger, asked, intent(), sync=True, policy=POLICY)
        assert found.state is State.IN_DOUBT
        assert len({each.looked_at for each in found.evidence}) >= 3
        assert settled(ledger, asked, intent(), sync=True, policy=POLICY).state is State.RELEASED


def test_without_a_sync_nothing_is_called_absent(ledger: Ledger, truth: Truth) -> None:
    """What ResMan held before the attempt is no evidence, and a sync that ended minutes after it hardly is."""
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, intent(), "drop_before")
        found = settled(ledger, asked, intent())
        assert "no sync has surely begun since it was sent" in said(found)
        assert "not there" in said(settled(ledger, asked, intent(), sync=True))


def test_an_api_that_is_away_proves_nothing(ledger: Ledger, truth: Truth) -> None:
    """The invoice stays in doubt, with a note that nobody could be asked."""
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, intent(), "drop_before")
    was_sent(ledger, timedelta(hours=2))
    with closed_port() as port, api(ledger.store, f"http://127.0.0.1:{port}") as away:
        found = settled(ledger, away, intent(), policy=POLICY)
    assert found.state is State.IN_DOUBT
    assert "could not be asked: The API cannot be reached." in said(found)


def test_a_wrong_token_ends_the_looking(ledger: Ledger, truth: Truth) -> None:
    """After one refusal nothing else is asked."""
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, intent(), "drop_before")
    before = len(truth.requests())
    with api(ledger.store, truth.url, token="nobody's token") as denied:
        found = settled(ledger, denied, intent())
    assert "does not accept this token" in said(found)
    assert len(truth.requests()) == before + 1


def test_asked_to_stop(ledger: Ledger, truth: Truth) -> None:
    """The looking ends, and says so."""
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, intent(), "drop_before")
        asked.stop.set()
        assert "interrupted" in said(settled(ledger, asked, intent()))


def test_two_settle_at_once(ledger: Ledger, truth: Truth) -> None:
    """Both find the same; it is adopted once, and the second changes nothing."""
    with api(ledger.store, truth.url) as asked:
        doubtful = loses(ledger, truth, asked, intent())
        first = settled(ledger, asked, intent())
        for event in (Event.FOUND_CONFIRMED, Event.RELEASED, Event.LOOKED):
            assert not ledger.record(event, intent().key, expected_sent_at=doubtful.sent_at)
    assert entry(ledger, intent()) == first
    assert events(ledger, intent()) == [Event.INTENT, Event.LOST, Event.FOUND_CONFIRMED]


def test_only_what_is_asked_for(ledger: Ledger, truth: Truth) -> None:
    """`submit` settles its own doubts, not everybody's; other destinations are left alone."""
    with api(ledger.store, truth.url) as asked:
        for number in ("A", "B"):
            loses(ledger, truth, asked, intent(number))
        settle_doubts(ledger, asked, "elsewhere")
        settle_doubts(ledger, asked, PLACE, keys=[intent("A").key])
    assert (state(ledger, intent("A")), state(ledger, intent("B"))) == (State.CONFIRMED, State.IN_DOUBT)


def test_the_run_of_the_doubt_may_be_long_gone(ledger: Ledger, truth: Truth) -> None:
    """Settling needs nothing but the ledger."""
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, intent())
        with ledger.transaction() as connection:
            connection.execute(RUNS.delete())
        assert (
            settled(Ledger(ledger.store, "settle", "x@desk", "desk", CLOCK.now), asked, intent()).state
            is State.CONFIRMED
        )
