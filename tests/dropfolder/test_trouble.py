"""What is not about the file: it is kept and taken up again, and the right people hear of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from importer.context import NoProgress
from importer.dropfolder import drop_store
from importer.dropfolder.drop_store import Stage
from tests.cli.clerk import StandIn
from tests.dropfolder.yard import Yard, settings_of

SUBMIT = 'action = "submit"\n'


def test_an_api_that_is_away_keeps_the_file(yard: Yard, tmp_path: Path) -> None:
    """It waits in the working folder, a little longer each time, and is posted once the API is back."""
    yard.orders(SUBMIT)
    yard.drop("march.csv", yard.good(1))
    there = yard.desk
    yard.desk = replace(there, settings=settings_of(there.settings.home, "http://127.0.0.1:9"))
    with yard.watched() as watcher:
        (drop,) = watcher.takes_all()
        answers = [watcher.works_on(drop) for _ in range(2)]
        assert [answer.trouble for answer in answers] == ["api", "api"]
        assert answers[1].pause > answers[0].pause
        assert watcher.drops()["march.csv"].state is Stage.TAKEN
    assert yard.lies()[0].startswith("working/")
    yard.desk = there
    # The stand-in at another address is another destination, and so another ledger's business: here it is the same.
    with yard.watched() as watcher:
        drop_store.take_over(watcher.ledger, watcher.folder_id)
        assert [watcher.works_on(each).exit_code for each in watcher.owns()] == [0]
    assert set(yard.posted().values()) == {1}


def test_a_refused_token_keeps_the_file(yard: Yard) -> None:
    """Nothing is wrong with the file; somebody has to log in."""
    yard.orders(SUBMIT)
    yard.drop("march.csv", yard.good(1))
    there = yard.desk
    settings = settings_of(there.settings.home, yard.stand_in.url, PROPEXO_TOKEN="an-old-token")
    yard.desk = replace(there, settings=settings)
    (answer,) = yard.goes()
    assert (answer.trouble, answer.exit_code) == ("access", None)
    yard.desk = there
    assert [each.exit_code for each in yard.goes()] == [0]


@pytest.mark.parametrize("fault", ["close_before", "garbage"])
def test_what_is_in_doubt_needs_a_person_now(yard: Yard, stand_in: StandIn, fault: str) -> None:
    """An answer that is lost: the file goes to what needs fixing, and the message says what not to do."""
    yard.orders(SUBMIT)
    yard.drop("march.csv", yard.good(1))
    stand_in.fault(fault, times=1)
    (answer,) = yard.goes()
    assert answer.exit_code == 3
    assert "Do not enter one invoice by hand" in yard.text("needs-fixing/march.to-fix.txt")


def test_a_trouble_is_told_once(yard: Yard) -> None:
    """By one of all watchers; once it is over, the next one is told again."""
    with yard.watched("first") as first, yard.watched("second") as second:
        since = drop_store.trouble(first.ledger, first.folder_id, "access", "The token is refused.")
        assert drop_store.trouble(second.ledger, second.folder_id, "access", "The token is still refused.") == since
        assert drop_store.is_to_tell(second.ledger, second.folder_id, "access")
        assert not drop_store.is_to_tell(first.ledger, first.folder_id, "access")
        assert drop_store.trouble_over(first.ledger, first.folder_id, "access")
        assert not drop_store.trouble_over(second.ledger, second.folder_id, "access")
        drop_store.trouble(first.ledger, first.folder_id, "access", "The token is refused.")
        assert drop_store.is_to_tell(first.ledger, first.folder_id, "access")


def test_rounds_are_gone_by_one(yard: Yard) -> None:
    """What is done from time to time is done by one watcher, once in that time."""
    with yard.watched("first") as first, yard.watched("second") as second:
        assert drop_store.due(first.ledger, first.folder_id, "status", 900.0)
        assert not drop_store.due(second.ledger, second.folder_id, "status", 900.0)
        assert drop_store.due(second.ledger, second.folder_id, "status", 0.0)
        assert drop_store.due(second.ledger, second.folder_id, "tidy", 900.0)


def test_settings_that_are_wrong_put_nothing_at_risk(yard: Yard) -> None:
    """A profile that does not exist is no fault of the file: it waits until that is mended."""
    yard.orders('profile = "nobody"\n')
    yard.drop("march.csv", yard.good(1))
    (answer,) = yard.goes()
    assert answer.trouble == "settings"
    assert "There is no profile named nobody" in answer.said
    yard.orders("")
    assert [each.exit_code for each in yard.goes()] == [0]


def test_who_asks_to_stop_loses_nothing(yard: Yard) -> None:
    """A signal in the middle: what was not sent is not sent, and the next watcher goes on."""
    yard.orders(SUBMIT)
    yard.drop("march.csv", yard.good(1))
    with yard.watched() as watcher:
        (drop,) = watcher.takes_all()
        yard.desk.stop.set()
        answer = watcher.works_on(drop)
        yard.desk.stop.clear()
    assert (answer.trouble, answer.pause) == ("stop", 0.0)
    assert [each.exit_code for each in yard.goes()] == [0]
    assert set(yard.posted().values()) == {1}


def test_who_asks_to_stop_when_all_is_posted_has_it_all_posted(yard: Yard) -> None:
    """A signal with the very last answer leaves nothing for another run: the file is done."""

    class Impatient(NoProgress):
        def moved(self, done: int, total: int) -> None:
            if done == total == 3:
                yard.desk.stop.set()

    yard.orders(SUBMIT)
    yard.drop("march.csv", yard.good(1, 2, 3))
    yard.desk = replace(yard.desk, watcher=Impatient())
    (answer,) = yard.goes()
    assert yard.desk.stop.is_set()
    assert answer.exit_code == 0
    assert "done/MONTH/march.csv" in yard.lies()
