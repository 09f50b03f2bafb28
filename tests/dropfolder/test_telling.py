"""People are told once of each file, and at once of what needs them; on a real web server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from importer.dropfolder import drop_store, filing, follow_up_news
from importer.dropfolder.decide import FileDecision, judge
from importer.dropfolder.follow_up_news import spread_the_rest
from importer.dropfolder.process_file import work_on
from tests.dropfolder.test_claim import dies
from tests.dropfolder.test_running import QUICK, Process
from tests.dropfolder.yard import Yard
from tests.notifications.servers import Hook, web_server


@pytest.fixture
def hook() -> Iterator[Hook]:
    """Where people are told."""
    with web_server(Hook()) as served:
        yield served


def heard(hook: Hook) -> list[str]:
    """The first line of everything that was told."""
    return [str(one["text"]).splitlines()[0] for one in hook.given]


def test_a_file_is_told_of_once(yard: Yard, hook: Hook) -> None:
    """However often a watcher comes."""
    yard.orders(f'[tell]\nwebhook = "{hook.url}"\n')
    yard.drop("march.csv", yard.good(1))
    for _ in range(2):
        yard.goes()
    assert len(hook.given) == 1
    assert "1 invoice ready – march.csv" in heard(hook)[0]


def test_a_crash_before_the_telling_loses_nothing(yard: Yard, hook: Hook) -> None:
    """What was decided is told by whoever takes the file over, in the same words."""
    yard.orders(f'[tell]\nwebhook = "{hook.url}"\n')
    yard.drop("march.csv", yard.good(1))
    with yard.watched("first") as first:
        (drop,) = first.takes_all()
        verdict = judge(first.bench, first.ledger, drop)
        assert isinstance(verdict, FileDecision)
        filing.decide(first.bench, first.ledger, drop, verdict)
        dies(first)
        yard.goes()
        with yard.watched("second") as second:
            second.deals_with_all()
    assert len(hook.given) == 1
    assert "1 invoice ready – march.csv" in heard(hook)[0]


def test_who_cannot_be_reached_is_told_later(yard: Yard, hook: Hook) -> None:
    """A server that is away loses nothing and holds nothing up: the file is done, and its news waits."""
    hook.statuses[:] = [503, 503, 200]
    yard.orders(f'[tell]\nwebhook = "{hook.url}"\n')
    yard.drop("march.csv", yard.good(1))
    yard.goes()
    assert "done/MONTH/march.csv" in yard.lies()
    with yard.watched("second") as second:
        assert len(drop_store.untold(second.ledger, second.folder_id)) == 1
        for _ in range(2):
            spread_the_rest(second.bench, second.ledger)
        assert drop_store.untold(second.ledger, second.folder_id) == []
    assert len(hook.given) == 3


def test_who_hangs_is_not_tried_for_each_file(yard: Yard, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many files nobody could be told: a server that took long to fail is left alone; a signal ends the round."""
    monkeypatch.setattr(follow_up_news, "SLOW_SECONDS", 0.0)
    hook.statuses[:] = [503, 503]  # one try each, and one again
    yard.orders(f'[tell]\nwebhook = "{hook.url}"\n')
    with yard.watched() as watcher:
        yard.drop("march.csv", yard.good(1))
        yard.drop("april.csv", yard.good(2))
        bench = watcher.bench
        for drop in watcher.takes_all():
            work_on(bench, drop.id)
        spread_the_rest(bench, watcher.ledger)
        assert len(hook.given) == 2
        assert len(drop_store.untold(watcher.ledger, watcher.folder_id)) == 2
        yard.desk.stop.set()
        spread_the_rest(watcher.bench, watcher.ledger)
        yard.desk.stop.clear()
        assert len(hook.given) == 2
        spread_the_rest(watcher.bench, watcher.ledger)
        assert len(hook.given) == 4


def test_a_crash_in_the_middle_of_telling_is_said(yard: Yard, hook: Hook) -> None:
    """Nobody knows whether it was told: it is told again after a while, with that said."""
    yard.orders(f'[tell]\nwebhook = "{hook.url}"\n')
    yard.drop("march.csv", yard.good(1))
    yard.desk.stop.set()  # filed, and not told
    with yard.watched() as watcher:
        watcher.deals_with_all()
        yard.desk.stop.clear()
        for minutes, told in ((1, 0), (10, 1)):
            (drop,) = drop_store.untold(watcher.ledger, watcher.folder_id)
            since = yard.desk.now() - timedelta(minutes=minutes)
            drop_store.change_unowned(watcher.ledger, drop, told={"being told": since.isoformat()})
            spread_the_rest(watcher.bench, watcher.ledger)
            assert len(hook.given) == told
        assert drop_store.untold(watcher.ledger, watcher.folder_id) == []
    assert "You may have been told of this before" in str(hook.given[0]["text"])


def test_what_needs_a_person_is_told_at_once(yard: Yard, hook: Hook) -> None:
    """A refused token: once, however many files wait for it, and the files are kept."""
    yard.orders(f'{QUICK}[tell]\nwebhook = "{hook.url}"\n')
    for name in ("march.csv", "april.csv"):
        yard.drop(name, yard.good(name))
    for _ in range(2):
        code, _, err = Process(yard, "--once", PROPEXO_TOKEN="an-old-token").ends()
        assert code == 2, err
    assert len(hook.given) == 1
    assert "The access token is refused" in heard(hook)[0]
    assert Process(yard, "--once").ends()[0] == 0
    assert set(yard.posted().values()) == {1}
    assert len(yard.posted()) == 2
