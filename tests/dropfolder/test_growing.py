"""A copy that pauses at the end of a line is taken for whole: what comes later is not lost."""

from __future__ import annotations

import pytest

from importer.dropfolder.grew_after_claim import take_again
from tests.dropfolder.yard import Watcher, Yard

SUBMIT = 'action = "submit"\n'


def looks_again(yard: Yard, watcher: Watcher) -> None:
    take_again(watcher.bench, watcher.ledger, yard.told.append)


@pytest.mark.parametrize("when", ["while it is worked on", "after it was filed"])
def test_what_is_written_on_is_taken_again(yard: Yard, when: str) -> None:
    """The copier's handle goes on writing into the file wherever it lies; every line is posted once."""
    yard.orders(SUBMIT)
    first, *rest = yard.good(1, 2, 3).splitlines(keepends=True)
    path = yard.drop("march.csv", "")
    with path.open("w", newline="") as copier, yard.watched() as watcher:
        copier.writelines((first, rest[0]))
        copier.flush()
        (drop,) = watcher.takes_all()
        if when == "while it is worked on":
            copier.writelines(rest[1:])
            copier.flush()
            watcher.works_on(drop)
        else:
            watcher.works_on(drop)
            looks_again(yard, watcher)
            assert "done/MONTH/march.csv" in yard.lies()
            copier.writelines(rest[1:])
            copier.flush()
            looks_again(yard, watcher)
            (message,) = yard.told
            assert "march.csv grew after it was taken" in message.subject
        assert "inbox/march.csv" in yard.lies()
        (note,) = yard.folder.root.glob("done/*/march.taken-again.txt")
        assert "march.csv grew after it was taken" in note.read_text(encoding="utf-8")
        watcher.deals_with_all()
        looks_again(yard, watcher)
    assert yard.posted() == {f"{yard.prefix}{number}": 1 for number in (1, 2, 3)}
    assert not [path for path in yard.lies() if path.startswith("inbox/")]
    assert len(yard.said("grew")) == 1


def test_what_somebody_writes_anew_stays(yard: Yard) -> None:
    """A person who saves other content over a file that is done drops nothing: the log says it, once."""
    yard.drop("march.csv", yard.good(1))
    with yard.watched() as watcher:
        watcher.deals_with_all()
        next(yard.folder.root.glob("done/*/march.csv")).write_text("Something else, and longer than before\n" * 50)
        looks_again(yard, watcher)
        looks_again(yard, watcher)
    assert "done/MONTH/march.csv" in yard.lies()
    assert len(yard.said("written-anew")) == 1
