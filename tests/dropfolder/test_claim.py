"""A file is taken once: by one of two watchers, and after a crash at any point between the inbox and its place."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from sqlalchemy import update

from importer.dropfolder import drop_store, filing
from importer.dropfolder.decide import FileDecision, judge
from importer.dropfolder.drop_store import Drop, Stage
from importer.ledger.tables import WATCHERS
from tests.clock import CLOCK
from tests.dropfolder.yard import A_WHILE, Watcher, Yard

SUBMIT = 'action = "submit"\n'


def test_one_of_two_watchers_takes_it(yard: Yard) -> None:
    """Both have found it complete; the second one finds it gone, and leaves no trace."""
    yard.drop("march.csv", yard.good(1))
    with yard.watched("first") as first, yard.watched("second") as second:
        assert first.takes("march.csv") is not None
        assert second.takes("march.csv") is None
        assert len(first.drops()) == 1
        assert [first.works_on(drop).exit_code for drop in first.owns()] == [0]
        assert second.owns() == []


def test_many_at_once_take_each_file_once(yard: Yard) -> None:
    """Several watchers that reach for the same files at the same moment: each file has one owner."""
    names = [f"{number}.csv" for number in range(12)]
    for number, name in enumerate(names):
        yard.drop(name, yard.good(number))
    taken: list[str] = []
    go = threading.Barrier(3)

    def reach(which: int) -> None:
        with yard.watched(f"watcher-{which}") as watcher:
            go.wait()
            taken.extend(drop.name for name in names if (drop := watcher.takes(name)) is not None)
            go.wait()

    threads = [threading.Thread(target=reach, args=(which,)) for which in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(names)


def dies(watcher: Watcher) -> None:
    """Its process is gone: what it owned stays its own, and its lease has lapsed."""
    drop_store._lease(watcher.ledger, -1.0)


@pytest.mark.parametrize("moved", [False, True], ids=["before the move", "after the move"])
def test_a_crash_while_it_is_taken(yard: Yard, moved: bool) -> None:
    """Written down and not moved: it is still in the inbox for everybody. Moved and not noted: it is taken over."""
    yard.drop("march.csv", yard.good(1))
    with yard.watched("first") as first:
        name = drop_store.new_drop_id(CLOCK.now())
        drop_store.write_down(first.ledger, name, first.folder_id, "march.csv", 100, None)
        if moved:
            yard.folder.workplace(name).mkdir()
            (yard.folder.inbox / "march.csv").rename(yard.folder.workplace(name) / "march.csv")
        dies(first)
        with yard.watched("second") as second:
            assert [answer.exit_code for answer in second.deals_with_all()] == [0]
            assert len(second.drops()) == 1
    assert yard.lies() == ["done/MONTH/march.csv", "done/MONTH/march.results.xlsx"]


@pytest.mark.parametrize("what", ["link", "name"])
def test_a_crash_while_something_odd_is_put_aside(yard: Yard, tmp_path: Path, what: str) -> None:
    """Whoever takes it over knows, or sees, that it is odd: no link is followed, nothing of it is posted."""
    yard.orders(SUBMIT)
    outside = tmp_path / "outside.csv"
    outside.write_text(yard.good(1))
    with yard.watched("first") as first:
        name = drop_store.new_drop_id(CLOCK.now())
        odd = "its name has a bell in it" if what == "name" else None
        drop_store.write_down(first.ledger, name, first.folder_id, "march.csv", 100, None, odd=odd)
        yard.folder.workplace(name).mkdir()
        if what == "link":
            (yard.folder.workplace(name) / "march.csv").symlink_to(outside)
        else:
            outside.rename(yard.folder.workplace(name) / "march.csv")
        dies(first)
        with yard.watched("second") as second:
            assert [answer.exit_code for answer in second.deals_with_all()] == [2]
    assert yard.posted() == {}
    assert "its name has a bell" in yard.text("failed/march.why.txt") or what == "link"


def test_what_lives_is_not_taken_over(yard: Yard) -> None:
    """As long as its watcher renews the lease, nobody else touches it."""
    yard.drop("march.csv", yard.good(1))
    with yard.watched("first") as first, yard.watched("second") as second:
        assert len(first.takes_all()) == 1
        assert second.takes_all() == []


def test_only_one_takes_over(yard: Yard) -> None:
    """Of two that find a dead watcher's file, the second comes too late."""
    yard.drop("march.csv", yard.good(1))
    with yard.watched("first") as first:
        first.takes_all()
        dies(first)
        with yard.watched("second") as second, yard.watched("third") as third:
            assert len(drop_store.take_over(second.ledger, second.folder_id)) == 1
            assert drop_store.take_over(third.ledger, third.folder_id) == []


def judged(watcher: Watcher, drop: Drop) -> FileDecision:
    verdict = judge(watcher.bench, watcher.ledger, drop)
    assert isinstance(verdict, FileDecision)
    return verdict


@pytest.mark.parametrize("seam", ["posted", "decided", "half moved", "moved"])
def test_a_crash_between_the_posting_and_the_end(yard: Yard, seam: str) -> None:
    """Wherever it happens: posted once, told once more at most, and one file with its answer in one place."""
    yard.orders(SUBMIT)
    yard.drop("march.csv", yard.good(1, 2))
    with yard.watched("first") as first:
        (drop,) = first.takes_all()
        verdict = judged(first, drop)
        decided = filing.decide(first.bench, first.ledger, drop, verdict) if seam != "posted" else None
        if decided is not None and seam == "half moved":
            results = yard.folder.workplace(drop.id) / ".answer" / "results.xlsx"
            filing._moved(results, yard.folder.root / (decided.place or "").replace(".csv", ".results.xlsx"))
        if decided is not None and seam == "moved":
            filing.put_away(first.bench, decided)
        dies(first)
        with yard.watched("second") as second:
            assert [answer.exit_code for answer in second.deals_with_all()] == [0]
            assert second.drops()["march.csv"].state is Stage.ENDED
            assert second.drops()["march.csv"].message is None
    assert set(yard.posted().values()) == {1}
    assert yard.lies() == ["done/MONTH/march.csv", "done/MONTH/march.results.xlsx"]


def test_who_was_overtaken_posts_nothing(yard: Yard) -> None:
    """A watcher that was taken for dead finds, just before it posts, that the file is another's by now."""
    yard.orders(SUBMIT)
    yard.drop("march.csv", yard.good(1))
    with yard.watched("first") as first:
        (drop,) = first.takes_all()
        dies(first)
        with yard.watched("second") as second:
            assert len(drop_store.take_over(second.ledger, second.folder_id)) == 1
            assert not isinstance(judge(first.bench, first.ledger, drop), FileDecision)
            assert yard.posted() == {}
            assert [second.works_on(each).exit_code for each in second.owns()] == [0]
    assert set(yard.posted().values()) == {1}


def test_a_worker_that_still_works_is_waited_for(yard: Yard) -> None:
    """The watcher was killed, its worker brings its file to an end: until then nobody takes it over."""
    yard.drop("march.csv", yard.good(1))
    with yard.watched("first") as first:
        (drop,) = first.takes_all()
        drop_store.change(first.ledger, drop, worker=os.getppid())
        with first.ledger.transaction() as connection:
            connection.execute(update(WATCHERS).where(WATCHERS.c.id == "first").values(pid=2**22 + 1))
        with yard.watched("second") as second:
            assert drop_store.take_over(second.ledger, second.folder_id) == []
            dies(first)
            assert len(drop_store.take_over(second.ledger, second.folder_id)) == 1


def test_what_is_in_no_ledger_goes_back(yard: Yard) -> None:
    """Files that people put into the working folder, or that a lost ledger left there, are dropped again."""
    (yard.folder.root / "working" / "march.csv").write_text(yard.good(1))
    left = yard.folder.workplace(drop_store.new_drop_id(CLOCK.now()))
    left.mkdir()
    (left / "april.csv").write_text(yard.good(2))
    yard.drop("april.csv", yard.good(3))
    with yard.watched() as watcher:
        watcher.strays.give_back(watcher.bench, watcher.ledger)
        assert len(list((yard.folder.root / "working").iterdir())) == 2
        watcher.now += A_WHILE
        watcher.strays.give_back(watcher.bench, watcher.ledger)
    assert yard.lies() == ["inbox/april (2).csv", "inbox/april.csv", "inbox/march.csv"]
    assert list((yard.folder.root / "working").iterdir()) == []


def test_a_file_that_changes_in_the_last_moment_is_left(yard: Yard) -> None:
    """Somebody writes on between the look and the taking."""
    path = yard.drop("march.csv", yard.good(1))
    with yard.watched() as watcher:
        watcher.looks()
        assert watcher.looks(after=A_WHILE).ready == ("march.csv",)
        with path.open("a") as stream:
            stream.write("more")
        assert not watcher.arrivals.is_as_seen("march.csv")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_what_cannot_be_moved_is_left_and_said(yard: Yard) -> None:
    """No right to move it: it stays in the inbox, and nothing of it stays in the ledger."""
    yard.drop("march.csv", yard.good(1))
    yard.folder.inbox.chmod(0o500)
    try:
        with yard.watched() as watcher:
            assert watcher.takes("march.csv") is None
            assert watcher.drops() == {}
    finally:
        yard.folder.inbox.chmod(0o700)
    assert "cannot be taken yet" in yard.said("not-taken")[0]


def test_another_ledger_is_refused(yard: Yard, tmp_path: Path) -> None:
    """Two ledgers on one folder would post a bill twice."""
    from importer.errors import CannotRun
    from tests.dropfolder.yard import yard_at

    other = yard_at(tmp_path / "other", yard.stand_in, yard.prefix)
    other.folder = yard.folder
    with yard.watched():
        pass
    with pytest.raises(CannotRun, match="kept by another ledger"), other.watched():
        pass
