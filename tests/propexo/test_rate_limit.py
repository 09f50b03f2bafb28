"""The pace: all of what was asked for and never more, for everybody on one ledger, with regard to others."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import httpx
import pytest
from sqlalchemy import insert, select, update

from importer.ledger.schema import Store, open_store
from importer.ledger.states import State
from importer.ledger.tables import GATES, TURNS
from importer.propexo.rate_limit import (
    API_LIMIT,
    HOLD_BACK,
    Pace,
    Stopped,
    Turn,
)
from importer.sandbox import TOKEN, Behaviour, embedded
from importer.sending.send import send
from tests.clock import CLOCK
from tests.sending.made import (
    PLACE,
    Truth,
    api,
    at_work,
    intent,
)

HOUR = 3600.0
"""A window that no test lives to see the end of: who has to wait in it has to wait."""


class Impatient(threading.Event):
    """Stops at the first wait, and knows for how long that was to be."""

    seconds: float | None = None

    def wait(self, timeout: float | None = None) -> bool:
        """Nobody waits."""
        self.seconds = timeout
        self.set()
        return True


def asks(pace: Pace, answer: Callable[[Turn], None] = lambda _: None) -> float | None:
    """One request, answered as `answer` says; None, or the seconds that it had to wait and did not."""
    stop = Impatient()
    try:
        with pace.turn(stop) as turn:
            turn.went_out = True
            answer(turn)
    except Stopped:
        return stop.seconds
    return None


def headers(limit: int, remaining: int) -> Callable[[Turn], None]:
    def answer(turn: Turn) -> None:
        turn.limit, turn.remaining = limit, remaining

    return answer


def too_many(retry_after: float | None = None) -> Callable[[Turn], None]:
    def answer(turn: Turn) -> None:
        turn.was_too_many, turn.retry_after = True, retry_after

    return answer


def allowed(pace: Pace) -> int:
    """How many requests go before one has to wait."""
    for count in range(1000):
        if asks(pace) is not None:
            return count
    raise AssertionError("there is no limit")


def test_a_small_batch_goes_at_once(store: Store) -> None:
    """As many as the budget holds, and not one more; whoever comes second has what is left."""
    first, second = Pace(store, "account", 40, HOUR), Pace(store, "account", 40, HOUR)
    assert [asks(first) for _ in range(25)] == [None] * 25
    assert allowed(second) == 15
    assert allowed(first) == 0
    assert allowed(Pace(store, "another account", 40, HOUR)) == 40


def test_a_turn_that_was_not_used_is_given_back(store: Store) -> None:
    """Nothing went out, so nothing was counted."""
    pace = Pace(store, "account", 3, HOUR)
    for _ in range(10):
        with pace.turn(Impatient()):
            pass
    assert allowed(pace) == 3


def test_what_is_under_way_counts(store: Store) -> None:
    """Turns at once are as many as turns one after the other."""
    pace = Pace(store, "account", 3, HOUR)
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(pace.turn(Impatient()))
        assert asks(pace) is not None


def test_what_a_killed_process_had_under_way_counts_for_a_while(store: Store) -> None:
    """A window and a sixth, within which the API has counted it; then no longer."""
    pace = Pace(store, "account", 1, HOUR)
    with store.quick.begin() as connection:
        now = store.now(connection)
        left = {"account": "account", "answered": False}
        connection.execute(insert(TURNS).values(at=now - 0.9 * HOUR, **left))
    assert asks(pace) is not None
    with store.quick.begin() as connection:
        connection.execute(update(TURNS).values(at=now - 1.1 * HOUR))
    assert asks(pace) is None


def test_the_limit_of_the_headers_is_obeyed(store: Store) -> None:
    """A lower one than was asked for; a higher one changes nothing, except at full speed."""
    assert asks(Pace(store, "lower", 40, HOUR), headers(10, 9)) is None
    assert allowed(Pace(store, "lower", 40, HOUR)) == 9
    assert asks(Pace(store, "higher", 40, HOUR), headers(60, 59)) is None
    assert allowed(Pace(store, "higher", 40, HOUR)) == 39
    assert allowed(Pace(store, "higher", 40, HOUR, full_speed=True)) == 20
    assert allowed(Pace(store, "unknown", 40, HOUR, full_speed=True)) == API_LIMIT


def test_other_programs_have_their_share(store: Store) -> None:
    """What they use is left to them, as far as the last answers tell; and taken again when they rest."""
    pace = Pace(store, "account", 40, HOUR)
    assert asks(pace, headers(50, 29)) is None  # 21 are used, one of them is ours
    assert allowed(pace) == 40 - 20 - 1
    with store.quick.begin() as connection:
        connection.execute(update(GATES).values(seen_at=GATES.c.seen_at - 2 * HOUR))
    assert allowed(pace) == 20


def test_alone_there_are_no_others(store: Store) -> None:
    """Our own requests, those under way too, are never taken for somebody else's."""
    pace = Pace(store, "account", 40, HOUR)
    with pace.turn(Impatient()) as early:
        early.went_out = True
        for used in range(2, 12):
            asks(pace, headers(50, 50 - used))
        early.limit, early.remaining = 50, 49
    with store.quick.connect() as connection:
        assert connection.execute(select(GATES.c.others)).scalar_one() == 0


def test_even_a_greedy_neighbour_leaves_one(store: Store) -> None:
    """Nobody waits for ever."""
    asks(Pace(store, "account", 10, HOUR), headers(10, 0))
    with store.quick.begin() as connection:
        connection.execute(TURNS.delete())
    assert allowed(Pace(store, "account", 10, HOUR)) == 1


def test_a_429_pauses_everybody(store: Store) -> None:
    """A sixth of the window, twice as long with each further one, up to the window; a good answer ends the counting."""
    for pauses, share in enumerate((1 / 6, 1 / 3, 2 / 3, 1.0, 1.0)):
        pace = Pace(store, f"account {pauses}", 100, HOUR)
        for _ in range(pauses):
            asks(pace, too_many())
            with store.quick.begin() as connection:
                connection.execute(update(GATES).values(not_before=0.0))
        asks(pace, too_many())
        with store.quick.connect() as connection:
            query = select(GATES.c.not_before).where(GATES.c.account == pace.account)
            pause = connection.execute(query).scalar_one() - store.now(connection)
        assert share * HOUR - 5 < pause <= share * HOUR
        assert asks(Pace(store, pace.account, 100, HOUR)) == pytest.approx(min(pause, HOUR / 4), abs=5)
        assert asks(Pace(store, "somebody else's account", 100, HOUR)) is None


def test_several_429_at_once_are_one_pause(store: Store) -> None:
    """A dozen requests were under way: that is no reason to wait for ever."""
    pace = Pace(store, "account", 100, HOUR)
    with ExitStack() as stack:
        for _ in range(12):
            too_many()(turn := stack.enter_context(pace.turn(Impatient())))
            turn.went_out = True
    with store.quick.connect() as connection:
        assert connection.execute(select(GATES.c.pauses)).scalar_one() == 1


@pytest.mark.parametrize(("asked", "pause"), [(7.0, 60.0), (0.0, 60.0), (120.0, 120.0)])
def test_retry_after(here: Store, asked: float, pause: float) -> None:
    """At least so long; and where it says "at once", a moment all the same."""
    pace = Pace(here, "account", 100, HOUR)
    asks(pace, too_many(asked))
    assert asks(pace) == pytest.approx(pause, abs=5)


def test_a_clock_that_was_set_back(store: Store) -> None:
    """What was written by the clock before holds nobody up for hours."""
    pace = Pace(store, "account", 3, 60.0)
    asks(pace)
    with store.quick.begin() as connection:
        later = store.now(connection) + 10_000
        connection.execute(insert(TURNS), [{"account": "account", "at": later, "answered": True}] * 5)
        connection.execute(update(GATES).values(not_before=later, others=90, seen_at=later))
    assert [asks(pace), asks(pace)] == [None, None]
    assert asks(pace) is not None


def test_stopped_while_waiting(store: Store) -> None:
    """Whoever waits ends at once, and has taken nothing."""
    pace = Pace(store, "account", 1, HOUR)
    asks(pace)
    stop, ended = threading.Event(), []

    def waits() -> None:
        with suppress(Stopped), pace.turn(stop):
            ended.append("had a turn")
        ended.append("stopped")

    threads = [threading.Thread(target=waits) for _ in range(3)]
    for thread in threads:
        thread.start()
    stop.set()
    for thread in threads:
        thread.join()
    assert ended == ["stopped"] * 3
    with store.quick.connect() as connection:
        assert len(connection.execute(select(TURNS)).all()) == 1


def test_what_an_account_has_used_is_forgotten(store: Store) -> None:
    """The table of turns does not grow with the history."""
    pace = Pace(store, "account", 10, 0.001)
    stop = threading.Event()
    for _ in range(50):
        with pace.turn(stop) as turn:
            turn.went_out = True
    with store.quick.connect() as connection:
        assert len(connection.execute(select(TURNS)).all()) < 30


# ---------------------------------------------------------------------- against a server that counts

LIMIT, WINDOW, CYCLES = 60, 3.0, 3
HELD_BACK = HOLD_BACK * WINDOW / 60


@pytest.mark.alone
def test_the_whole_budget_and_never_more(tmp_path: Path) -> None:
    """With all that the API allows: 98 % of it are used or better, by one process or three, and there is no 429;
    whether the API counts by the minutes of its clock or by any stretch of time, and with its holding back."""
    total = LIMIT * (CYCLES + 1)
    with ExitStack() as stack:
        servers = {}
        workers = []
        for kind in ("fixed", "sliding"):
            for processes in (1, 3):
                folder = tmp_path / f"{kind} {processes}"
                strict = Behaviour(rate_limit=LIMIT, rate_window=WINDOW, hold_back=HELD_BACK).changed({"window": kind})
                truth = servers[folder.name] = Truth(
                    stack.enter_context(embedded(folder, CLOCK.seconds, behaviour=strict))
                )
                ledger = f"sqlite:///{folder / 'ledger.sqlite3'}"
                with closing(open_store(ledger)):
                    words = (ledger, truth.url, str(LIMIT), str(WINDOW), str(total // processes))
                    command = [sys.executable, "-m", "tests.sending.pacing_worker", *words]
                    workers += [subprocess.Popen(command, cwd=Path(__file__).parents[2]) for _ in range(processes)]
        assert [worker.wait() for worker in workers] == [0] * len(workers)
        for name, truth in servers.items():
            seen = truth.requests()
            assert Counter(each["status"] for each in seen) == {200: total}, name
            first = float(str(seen[0]["at"]))
            between = [each for each in seen if WINDOW <= float(str(each["at"])) - first < CYCLES * WINDOW]
            share = len(between) / (LIMIT * (CYCLES - 1))
            assert 0.98 <= share <= 1.0, f"{name}: {share:.3f}"


def test_among_greedy_neighbours(here: Store, tmp_path: Path) -> None:
    """Another program takes all that it can get: ours waits where it is told to, and gets through all the same."""
    strict = Behaviour(rate_limit=40, rate_window=0.5, hold_back=0.0, pending=0)
    ledger = at_work(here, "mine")
    ones = [intent(f"INV-{index}") for index in range(30)]
    over = threading.Event()
    with embedded(tmp_path / "api", CLOCK.seconds, behaviour=strict) as url:

        def takes() -> None:
            with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}) as neighbour:
                while not over.wait(0.005):
                    neighbour.get("/v1/admin/integrations/")

        greedy = threading.Thread(target=takes)
        greedy.start()
        with api(here, url, timeout=httpx.Timeout(10.0), window=0.5) as ours:
            sent = send(ledger, ours, PLACE, ones, plan=None, stop=ours.stop, progress=lambda _done, _all: None)
        over.set()
        greedy.join()
        seen = Counter(each["status"] for each in Truth(url).requests() if each["method"] == "POST")
    assert {each.state for each in sent.standing.values()} == {State.ACCEPTED}
    assert seen[200] == 30
    assert seen[429] < 90
