"""A backup put back, a copy of the home, rows that are gone: noticed before anything is sent, and nothing twice."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.backups import LEDGER, Backup
from tests.acceptance.conftest import Hire
from tests.acceptance.line import Line
from tests.acceptance.stage import Clerk, StandIn, each_once, numbers

FORGOT = "The ledger does not know of"
STRANGERS = "posted that this ledger does not know"


@pytest.fixture
def line(stand_in: StandIn) -> Iterator[Line]:
    """The line to the API, which can be held."""
    with Line(stand_in.url) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def keeper(request: pytest.FixtureRequest, hire: Hire, line: Line) -> Clerk:
    """Somebody whose ledger is of each kind."""
    kept = {"IMPORTER_LEDGER": request.getfixturevalue("postgres")} if request.param == "postgresql" else {}
    return hire(url=line.url, **kept)


WHAT: dict[str, tuple[tuple[str, ...], str]] = {
    "ledger": (("ledger",), FORGOT),
    "ledger and archive": (("ledger", "archive"), FORGOT),
    "ledger and all of the home": (("ledger", "home"), STRANGERS),
    "archive": (("archive",), ""),
    "journal": (("journal",), ""),
}
"""What is put back, and the sentence that stops; "" where the ledger is the newest all the same."""


@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize("when", ["idle", "under way"])
def test_a_backup_put_back_sends_nothing_twice(
    keeper: Clerk, stand_in: StandIn, line: Line, tmp_path: Path, when: str, what: str
) -> None:
    """Made while nothing ran, or in the middle of a run with answers on their way: the next run says so and stops."""
    before, since = numbers("BEFORE", 2), numbers("SINCE", 20)
    keeper.runs("submit", keeper.writes("before.csv", before), "--yes", code=0)
    stand_in.held()
    file = keeper.writes("since.csv", since)
    if when == "idle":
        backup = Backup.of(keeper, tmp_path / "backup")
        keeper.runs("submit", file, "--yes", code=0)
    else:
        line.hold_answers = True
        run = keeper.starts("submit", file, "--yes").when(lambda: line.held == 12)
        backup = Backup.of(keeper, tmp_path / "backup")
        line.hold_answers = False
        line.go_on.set()
        assert run.wait().code == 0
    stand_in.held()
    parts, sentence = WHAT[what]
    backup.put_back(keeper, *parts)
    for _ in range(2):  # it stays so
        done = keeper.runs("submit", file, "--yes", "--no-results")
        assert (done.code, sentence in done.err) == (2 if sentence else 0, True), done.err
    each_once([*before, *since], stand_in)


def test_what_was_posted_since_is_known_once_it_is_acknowledged(
    keeper: Clerk, stand_in: StandIn, tmp_path: Path
) -> None:
    """The newest ledger is lost for good: a person says so, and what the API showed does not go a second time."""
    before, since, more = numbers("FIRST", 1), numbers("LOST", 3), numbers("MORE", 2)
    keeper.runs("submit", keeper.writes("before.csv", before), "--yes", code=0)
    backup = Backup.of(keeper, tmp_path / "backup")
    keeper.runs("submit", keeper.writes("since.csv", since), "--yes", code=0)
    stand_in.held()
    backup.put_back(keeper, "ledger", "home")
    file = keeper.writes("since.csv", [*since, *more])
    told = keeper.runs("submit", file, "--yes", code=2).err
    assert all(number in told for number in since)
    code = told.split("--acknowledge ")[1].split()[0]
    assert "Say why" in keeper.runs("settle", "--acknowledge", code, code=2).err
    assert "under the code" in keeper.runs("settle", "--acknowledge", "12345678", "--reason", "x", code=2).err
    kept = keeper.runs("settle", "--acknowledge", code, "--reason", "the ledger was restored", code=0)
    assert all(number in kept.out for number in since)
    done = keeper.runs("submit", file, "--yes", "--no-results", "--json", code=1)
    assert done.statuses() == dict.fromkeys(since, "needs_fixing") | dict.fromkeys(more, "posted")
    each_once([*before, *since, *more], stand_in)


def test_it_is_acknowledged_in_the_very_run(keeper: Clerk, stand_in: StandIn) -> None:
    """Another program posts to the account: `submit` takes the word, weighs again, and posts the rest."""
    theirs, mine = numbers("THEIRS", 2), numbers("MINE", 1)
    other = Clerk(keeper.folder.parent / "other", keeper.environment["PROPEXO_URL"], keeper._forge)
    other.runs("submit", other.writes("theirs.csv", theirs), "--yes", code=0)
    stand_in.held()
    file = keeper.writes("mine.csv", [*theirs[:1], *mine])
    told = keeper.runs("submit", file, "--yes", code=2).err
    code = told.split("--acknowledge ")[1].split()[0]
    word = ("--acknowledge", code, "--reason", "the other office")
    done = keeper.runs("submit", file, "--yes", "--no-results", "--json", *word, code=1)
    assert done.statuses() == {theirs[0]: "needs_fixing", mine[0]: "posted"}
    stand_in.held()
    keeper.runs("submit", file, "--yes", "--no-results", code=1)  # shown once, and never again
    each_once([*theirs, *mine], stand_in)


def test_a_second_journal_knows_what_a_restored_home_forgot(hire: Hire, stand_in: StandIn, tmp_path: Path) -> None:
    """Even before the API shows anything, and even where the whole home was put back, or is gone."""
    share = tmp_path / "share"
    share.mkdir()
    clerk = hire()
    clerk.home.mkdir()
    (clerk.home / "importer.toml").write_text(f'second_journal = "{share}"\n')
    clerk.runs("submit", clerk.writes("one.csv", numbers("ONE", 1)), "--yes", code=0)
    backup = Backup.of(clerk, tmp_path / "backup")
    file = clerk.writes("two.csv", numbers("TWO", 2))
    stand_in.behave(pending=3600)  # so that the API shows nothing of what follows
    clerk.runs("submit", file, "--yes", code=0)
    backup.put_back(clerk, "ledger", "home")
    done = clerk.runs("submit", file, "--yes", code=2)
    assert FORGOT in done.err
    assert "TWO-002 ($125.00, run " in done.err
    for path in clerk.home.iterdir():
        if path.name != "importer.toml":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert FORGOT in clerk.runs("submit", file, "--yes", code=2).err
    shutil.move(share, tmp_path / "away")
    assert f"The journal in {share} cannot be used" in clerk.runs("submit", file, "--yes", code=2).err
    assert sum(stand_in.posted().values()) == 3


def test_a_copy_of_the_home_on_two_machines_in_turn(hire: Hire, stand_in: StandIn) -> None:
    """Neither knows of the other; the API shows each what the other has posted."""
    here = hire("here")
    here.runs("submit", here.writes("one.csv", numbers("ONE", 1)), "--yes", code=0)
    stand_in.held()
    there = hire("there")
    shutil.copytree(here.home, there.home)
    file = numbers("TWO", 2)
    there.runs("submit", there.writes("two.csv", file), "--yes", code=0)
    stand_in.held()
    assert STRANGERS in here.runs("submit", here.writes("two.csv", file), "--yes", code=2).err
    for part in here.home.glob(f"{LEDGER}*"):  # and a ledger that went on there does not fit the journal here
        part.unlink()
    here.runs("submit", here.writes("three.csv", numbers("THREE", 1)), "--yes", code=2)
    each_once([*numbers("ONE", 1), *file], stand_in)


def test_a_home_that_is_gone_is_told_by_the_api(clerk: Clerk, stand_in: StandIn) -> None:
    """Ledger, journal and archive were deleted together."""
    file = clerk.writes("gone.csv", numbers("GONE", 2))
    clerk.runs("submit", file, "--yes", code=0)
    stand_in.held()
    shutil.rmtree(clerk.home)
    assert STRANGERS in clerk.runs("submit", file, "--yes", code=2).err
    each_once(numbers("GONE", 2), stand_in)


GONE = {
    "invoices": ("DELETE FROM invoices WHERE invoice_number = 'ROW-002'",),
    "attempts": ("DELETE FROM attempts WHERE key = (SELECT key FROM invoices WHERE invoice_number = 'ROW-002')",),
    "both": (
        "DELETE FROM attempts WHERE key = (SELECT key FROM invoices WHERE invoice_number = 'ROW-002')",
        "DELETE FROM invoices WHERE invoice_number = 'ROW-002'",
    ),
    "everything": ("DELETE FROM attempts", "DELETE FROM invoices", "DELETE FROM journals"),
}


@pytest.mark.parametrize("which", GONE)
def test_rows_that_were_deleted_by_hand(clerk: Clerk, stand_in: StandIn, which: str) -> None:
    """The ledger counts what was sent, and so does the journal."""
    stand_in.behave(pending=3600)  # so that it is not the API that tells
    file = clerk.writes("rows.csv", numbers("ROW", 3))
    clerk.runs("submit", file, "--yes", code=0)
    with closing(sqlite3.connect(clerk.home / LEDGER)) as ledger, ledger:
        for statement in GONE[which]:
            ledger.execute(statement)
    done = clerk.runs("submit", clerk.writes("more.csv", [*numbers("ROW", 3), "ROW-004"]), "--yes", code=2)
    assert FORGOT in done.err or "From the ledger 1 of the invoices that were sent is gone" in done.err
    assert sum(stand_in.posted().values()) == 3


def test_a_retry_looks_first_too(keeper: Clerk, stand_in: StandIn, tmp_path: Path) -> None:
    """`status --retry` writes again what failed; from an older ledger it does not."""
    (number,) = numbers("RETRY", 1)
    keeper.runs("submit", keeper.writes("book.csv", [number], property_id={number: "prop-nowhere"}), "--yes")
    stand_in.held()
    keeper.runs("status", code=1)
    backup = Backup.of(keeper, tmp_path / "backup")
    keeper.runs("submit", keeper.writes("other.csv", numbers("OTHER", 1)), "--yes", code=0)
    stand_in.held()
    backup.put_back(keeper, "ledger", "home")
    assert STRANGERS in keeper.runs("status", "--retry", code=2).err
    assert not stand_in.requests("POST", "/v1/admin/retry-write/")


def test_a_reset_stand_in_is_no_alarm(clerk: Clerk) -> None:
    """It forgets its jobs, and the ledger of the rehearsals does not."""
    file = clerk.writes("try.csv", numbers("TRY", 2))
    clerk.runs("submit", file, "--sandbox", "--yes", code=0)
    shutil.rmtree(clerk.home / "sandbox" / "api")
    clerk.runs("submit", file, "--sandbox", "--yes", code=0)
    clerk.runs("submit", clerk.writes("more.csv", numbers("MORE", 2)), "--sandbox", "--yes", code=0)
