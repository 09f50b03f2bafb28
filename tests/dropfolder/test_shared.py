"""Several machines on one folder: the same promises with a ledger in PostgreSQL."""

from __future__ import annotations

import itertools
import os
import threading
from pathlib import Path

import pytest

from importer.dropfolder import drop_store
from importer.dropfolder.drop_store import Decided, Stage
from tests.cli.clerk import StandIn
from tests.clock import CLOCK
from tests.dropfolder.test_claim import dies
from tests.dropfolder.yard import Yard, yard_at

_numbers = itertools.count(1)


@pytest.fixture
def shared(tmp_path: Path, stand_in: StandIn, postgres: str) -> Yard:
    """A folder whose ledger is on a server."""
    return yard_at(tmp_path, stand_in, f"P{os.getpid()}.{next(_numbers)}-", IMPORTER_LEDGER=postgres)


def test_the_whole_road(shared: Yard) -> None:
    """Taken, posted, filed; approved by a second person; and what was given up is taken over."""
    shared.orders('action = "submit"\napproval = "required"\n')
    shared.drop("march.csv", shared.good(1))
    shared.goes()
    text = shared.folder.waiting / "march.to-approve.txt"
    text.rename(text.with_name("march.approved"))
    with shared.watched("first") as first:
        (drop,) = first.takes_all()
        dies(first)
        with shared.watched("second") as second:
            assert [each.id for each in drop_store.take_over(second.ledger, second.folder_id)] == [drop.id]
            assert drop_store.take_over(first.ledger, first.folder_id) == []
            assert [second.works_on(each).exit_code for each in second.owns()] == [0]
            assert drop_store.watchers(second.ledger, second.folder_id)[0][0] == "watch@desk"
    assert set(shared.posted().values()) == {1}
    assert "done/MONTH/march.csv" in shared.lies()


def test_at_the_same_moment(shared: Yard) -> None:
    """Of several watchers one takes a file over, one gets a place, one has its turn, one tells of a trouble."""
    shared.drop("march.csv", shared.good(1))
    with shared.watched("gone") as gone:
        (drop,) = gone.takes_all()
        dies(gone)
        shared.drop("april.csv", shared.good(2))
        go = threading.Barrier(4)
        came_to: list[tuple[int, int, int]] = []
        decided: list[Decided] = []

        def one(which: int) -> None:
            with shared.watched(f"watcher-{which}") as watcher:
                drop_store.trouble(watcher.ledger, watcher.folder_id, "api", "It is away.")
                go.wait()
                over = len(drop_store.take_over(watcher.ledger, watcher.folder_id))
                turn = drop_store.due(watcher.ledger, watcher.folder_id, "status", 900.0)
                tells = drop_store.is_to_tell(watcher.ledger, watcher.folder_id, "api")
                came_to.append((over, turn, tells))
                mine = drop_store.new_drop_id(CLOCK.now())
                drop_store.write_down(watcher.ledger, mine, watcher.folder_id, "x.csv", 1, None)
                own = drop_store.drop(watcher.ledger, mine)
                assert own is not None
                go.wait()
                decided.append(drop_store.decide(watcher.ledger, own, "done/x.csv"))
                go.wait()

        threads = [threading.Thread(target=one, args=(which,)) for which in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [sum(each) for each in zip(*came_to, strict=True)] == [1, 1, 1]
        assert sorted(each.value for each in decided) == ["done", *["place taken"] * 3]
        assert drop.state is Stage.TAKEN
