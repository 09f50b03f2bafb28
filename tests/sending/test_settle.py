"""Settling by evidence, against the stand-in: found once, twice, older, failed, partly done, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from importer.ledger.entries import LedgerEntry, PlannedPost
from importer.ledger.ledger import Ledger
from importer.ledger.refusals import Refusal
from importer.ledger.schema import Store
from importer.ledger.states import Event, State
from importer.ledger.tables import ATTEMPTS, INVOICES, RUNS
from importer.propexo.client import Api
from importer.sending.follow import follow
from importer.sending.settle import Policy, settle_doubts
from importer.sending.synced import SyncCoverage
from tests.clock import CLOCK
from tests.sending.api_servers import closed_port
from tests.sending.made import (
    PLACE,
    Truth,
    api,
    at_work,
    dies,
    entry,
    events,
    intent,
    post,
    send_one,
    state,
)

SHAPES = ("object", "wrapped", "text", "absent")
NO_POLICY = Policy()
ALL_DAYS = 36_500
POLICY = Policy(release_unfound_after_hours=1, sync_covers_days=ALL_DAYS)
"""What is not there after a sync is missing, however old it is."""


@pytest.fixture
def ledger(here: Store) -> Ledger:
    """A run at work."""
    return at_work(here, "mine")


def loses(ledger: Ledger, truth: Truth, asked: Api, one: PlannedPost, fault: str = "drop_after") -> LedgerEntry:
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


def settled(
    ledger: Ledger, asked: Api, one: PlannedPost, *, sync: bool = False, policy: Policy = NO_POLICY
) -> LedgerEntry:
    """How the invoice stands after settling."""
    settle_doubts(ledger, asked, PLACE, sync=sync, policy=policy)
    return entry(ledger, one)


def said(of: LedgerEntry) -> str:
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
        found = settled(ledger, asked, intent(), sync=True, policy=Policy(0.0001, ALL_DAYS))
    assert found.state is State.IN_DOUBT
    assert shape == "absent" or "older than this attempt" in said(found)


@pytest.mark.parametrize(
    ("number", "end", "words"),
    [
        ("FAIL-1", State.FAILED, "Validation failed"),
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
        found = settled(ledger, asked, intent("FAIL-2"), sync=True, policy=Policy(0.0001, ALL_DAYS))
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
    other.release_dead_runs(PLACE)
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
    other.release_dead_runs(PLACE)
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
        found = settled(ledger, asked, intent("FAILONCE"), sync=True, policy=Policy(0.0001, ALL_DAYS))
    assert found.state is State.IN_DOUBT


# ---------------------------------------------------------------------- failures that prove nothing


def heard_long_ago(ledger: Ledger, ago: timedelta) -> None:
    """All that was ever noted was noted so long before it really was."""
    with ledger.transaction() as connection:
        for row in connection.execute(ATTEMPTS.select()).all():
            connection.execute(update(ATTEMPTS).where(ATTEMPTS.c.id == row.id).values(at=row.at - ago))


@pytest.mark.parametrize("errors", [(), ("Something went wrong",), ("ESOCKETTIMEDOUT",)])
@pytest.mark.parametrize("kept", [True, False])
def test_a_failure_that_does_not_say_so_is_settled_by_a_look(
    store: Store, truth: Truth, errors: tuple[str, ...], kept: bool
) -> None:
    """Neither its job nor an old sync frees it; one that begins well after it was heard of does, or finds it."""
    ledger, one = at_work(store, "mine"), intent()
    truth.behaves(pending=3600)
    with api(store, truth.url) as asked:
        send_one(ledger, asked, one)
        truth.ends(str(truth.posted()[0]["job_id"]), "FAILURE", *errors, kept=kept)
        follow(ledger, asked, PLACE)
        assert state(ledger, one) is State.IN_DOUBT
        assert settled(ledger, asked, one).state is State.IN_DOUBT
        policy = Policy(sync_covers_days=ALL_DAYS)
        found = settled(ledger, asked, one, sync=True, policy=policy)
        if not kept:
            assert (found.state, "settles it" in said(found)) == (State.IN_DOUBT, True)
            heard_long_ago(ledger, timedelta(minutes=16))
            assert settled(ledger, asked, one, sync=True, policy=Policy(sync_covers_days=1)).state is State.IN_DOUBT
            found = settled(ledger, asked, one, sync=True, policy=policy)
            assert found.refusal is Refusal.ABSENT
    assert found.state is (State.CONFIRMED if kept else State.FAILED)


def test_half_a_success_is_never_called_a_failure(ledger: Ledger, truth: Truth) -> None:
    """However long it is not there."""
    truth.behaves(pending=3600)
    with api(ledger.store, truth.url) as asked:
        send_one(ledger, asked, intent())
        truth.ends(str(truth.posted()[0]["job_id"]), "PARTIAL_SUCCESS", kept=False)
        follow(ledger, asked, PLACE)
        heard_long_ago(ledger, timedelta(days=2))
        found = settled(ledger, asked, intent(), sync=True, policy=Policy(sync_covers_days=ALL_DAYS))
    assert found.state is State.IN_DOUBT


# ---------------------------------------------------------------------- what a sync proves


def test_a_sync_that_was_under_way_proves_nothing(store: Store, truth: Truth) -> None:
    """It ends after it was asked for, and began before the attempt: what it lacks may be there. The next shows it."""
    ledger = at_work(store, "mine")
    truth.behaves(sync_takes=1.5, parameters_in_logs="absent")
    with api(store, truth.url) as asked:
        asked.start_sync(intent().payload.integration_id)
        truth.behaves(sync_takes=2.5)
        loses(ledger, truth, asked, intent("TIMEOUT-KEPT"))
        found = settled(ledger, asked, intent("TIMEOUT-KEPT"), sync=True, policy=POLICY)
    assert found.state is State.CONFIRMED, said(found)


def test_a_sync_that_nobody_asked_for(here: Store) -> None:
    """It began after an attempt where it ended so much later that no sync takes so long."""
    sent = datetime(2026, 10, 1, 12, tzinfo=UTC)
    for hours, began_after in ((-1, False), (1, False), (12, False), (13, True)):
        assert SyncCoverage(sent + timedelta(hours=hours)).began_after(sent) is began_after
    assert not SyncCoverage().began_after(sent)
    assert here.is_sqlite


def test_a_bill_outside_of_what_a_sync_covers_is_not_called_absent(store: Store, truth: Truth) -> None:
    """It is in ResMan, and no sync brings it: that it is not there frees nothing, and says which days were covered."""
    ledger = at_work(store, "mine")
    truth.behaves(sync_days=20)
    old = intent("TIMEOUT-KEPT", invoice_date=CLOCK.now().date() - timedelta(days=40))
    with api(store, truth.url) as asked:
        loses(ledger, truth, asked, old)
        was_sent(ledger, timedelta(days=2))
        found = settled(ledger, asked, old, sync=True, policy=Policy(1, 30))
        assert found.state is State.IN_DOUBT
        assert "that proves nothing" in said(found)
        assert settled(ledger, asked, old, sync=True, policy=Policy(1, ALL_DAYS)).state is State.RELEASED


# ---------------------------------------------------------------------- not found


def test_the_policy_releases(ledger: Ledger, truth: Truth) -> None:
    """Only with it, only past its time, only after a sync; then it may be sent again, and is there once."""
    with api(ledger.store, truth.url) as asked:
        loses(ledger, truth, asked, intent(), "drop_before")
        assert settled(ledger, asked, intent(), sync=True, policy=POLICY).state is State.IN_DOUBT
        was_sent(ledger, timedelta(hours=2))
        assert settled(ledger, asked, intent(), sync=True).state is State.IN_DOUBT
        assert settled(ledger, asked, intent(), sync=True, policy=Policy(9, ALL_DAYS)).state is State.IN_DOUBT
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
