"""What a second posting would need, and must not get: an older ledger, an old failure, a workbook written over."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl

from tests.acceptance.stage import Clerk, StandIn, each_once, numbers

RETRY = "/v1/admin/retry-write/"


def _ledger_of(home: Path) -> list[Path]:
    return sorted(home.glob("ledger*"))


def test_an_older_ledger_sends_nothing(clerk: Clerk, stand_in: StandIn, tmp_path: Path) -> None:
    """One that was put back from before the last posting knows nothing of it, and would post it again."""
    first, second = numbers("OLDER", 2)
    clerk.runs("submit", clerk.writes("first.csv", [first]), "--yes", code=0)
    old = tmp_path / "old"
    old.mkdir()
    for part in _ledger_of(clerk.home):
        shutil.copy(part, old / part.name)
    file = clerk.writes("second.csv", [second])
    clerk.runs("submit", file, "--yes", code=0)
    for part in _ledger_of(clerk.home):
        part.unlink()
    for part in _ledger_of(old):
        shutil.copy(part, clerk.home / part.name)
    for command in ("submit", "check"):
        done = clerk.runs(command, file, *(["--yes"] if command == "submit" else []), code=2)
        assert "does not know of run" in done.err
    each_once([first, second], stand_in)


def test_a_ledger_that_is_gone_sends_nothing(clerk: Clerk, stand_in: StandIn) -> None:
    """A new, empty one in its place would post everything again."""
    invoices = numbers("GONE", 2)
    file = clerk.writes("gone.csv", invoices)
    clerk.runs("submit", file, "--yes", code=0)
    for part in _ledger_of(clerk.home):
        part.unlink()
    assert "does not know of run" in clerk.runs("submit", file, "--yes", code=2).err
    each_once(invoices, stand_in)


def test_what_went_out_under_another_property_is_not_retried(clerk: Clerk, stand_in: StandIn) -> None:
    """The first attempt failed; corrected, it is another invoice here and the same one to the vendor."""
    (number,) = numbers("MOVED", 1)
    clerk.runs("submit", clerk.writes("book.csv", [number], property_id={number: "prop-nowhere"}), "--yes")
    stand_in.held()
    clerk.runs("status", code=1)
    clerk.runs("submit", clerk.writes("book.csv", [number]), "--yes", code=0)
    stand_in.held()
    told = clerk.runs("status", "--retry", "--json", code=0)
    assert told.statuses() == {number: "posted"}
    assert not stand_in.requests("POST", RETRY)
    assert stand_in.held() == {number: 1}


def test_a_workbook_that_somebody_works_in_survives_a_check(clerk: Clerk) -> None:
    """Corrections that were typed and not yet given back are not written over, in whichever sheet they stand."""
    file = clerk.writes("book.csv", numbers("SPARED", 2))
    workbook = clerk.folder / "book.results.xlsx"
    clerk.runs("check", file, code=0)
    clerk.runs("check", file, code=0)
    assert sorted(path.name for path in clerk.folder.glob("*.xlsx")) == ["book.results.xlsx"]
    book = openpyxl.load_workbook(workbook)
    heading = next(cell.column for cell in book["Rows"][1] if cell.value == "memo")
    book["Rows"].cell(2, heading).value = "typed by hand"
    book.save(workbook)
    mine = workbook.read_bytes()
    done = clerk.runs("check", file, code=0)
    assert "was changed since it was written: it stays as it is" in done.err
    assert workbook.read_bytes() == mine
    assert (clerk.folder / "book.results (new).xlsx").is_file()


def test_one_run_that_cannot_be_read_again_keeps_no_other_from_its_news(clerk: Clerk, stand_in: StandIn) -> None:
    """An archived file that is damaged costs its own workbook, and nothing else."""
    lost, kept = numbers("NEWS", 2)
    clerk.runs("submit", clerk.writes("lost.csv", [lost]), "--yes", code=0)
    clerk.runs("submit", clerk.writes("kept.csv", [kept]), "--yes", code=0)
    next(clerk.home.glob("archive/*/1/lost.csv")).write_bytes(b"")
    stand_in.held()
    done = clerk.runs("status", code=0)
    assert "cannot be written anew" in done.out
    assert str(clerk.folder / "kept.results.xlsx") in done.out
    assert clerk.states() == {"confirmed": 2}


def test_a_link_to_itself_in_the_place_of_the_results(clerk: Clerk, stand_in: StandIn) -> None:
    """Nothing about the results ends a run that has posted."""
    invoices = numbers("LOOP", 1)
    (clerk.folder / "loop.results.xlsx").symlink_to("loop.results.xlsx")
    done = clerk.runs("submit", clerk.writes("loop.csv", invoices), "--yes", "--json", code=0)
    assert done.answer["counts"]["posted"] == 1
    each_once(invoices, stand_in)
