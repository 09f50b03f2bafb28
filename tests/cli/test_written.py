"""No answer is ever written over a file that is not this program's own, whatever option names it."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from tests.cli.clerk import HEADINGS, Clerk, row

THEIRS = b"somebody's own work\n"


def _home(clerk: Clerk) -> Path:
    return Path(clerk.environment["IMPORTER_HOME"])


@pytest.mark.parametrize("option", ["--summary", "--results"])
@pytest.mark.parametrize("name", ["ledger.csv", "ledger.csv-wal", "ledger.csv-journal"])
def test_the_ledger_and_what_stands_beside_it_are_no_place_for_an_answer(clerk: Clerk, option: str, name: str) -> None:
    """Neither over it, nor where SQLite would take it for its own; nothing is sent, and it is said what to do."""
    ledger = clerk.folder / "ledger.csv"
    clerk.environment["IMPORTER_LEDGER"] = f"sqlite:///{ledger}"
    clerk.writes_good("march.csv")
    assert clerk.runs("submit", "march.csv", "--yes", "--no-results").code == 0
    before = ledger.read_bytes()
    clerk.writes_good("april.csv", count=3)
    said = clerk.runs("submit", "april.csv", "--yes", option, f"./{name}")
    if not (option == "--results" and not name.endswith(".csv")):  # that is no name for results at all
        assert "keeps its own records" in said.err
        assert f"Name another place with {option}" in said.err
    assert said.code == 2
    assert ledger.read_bytes()[:16] == before[:16] == b"SQLite format 3\0"
    assert len(clerk.posted()) == 2


@pytest.mark.parametrize(
    "place", ["archive/summary.html", "profiles/x.csv", "directory/x.html", "token", "ledger.sqlite3"]
)
def test_nor_is_any_other_record_in_the_home(clerk: Clerk, place: str) -> None:
    """There already or not."""
    clerk.writes_good()
    target = _home(clerk) / place
    target.parent.mkdir(parents=True, exist_ok=True)
    said = clerk.runs("check", "march.csv", "--no-results", "--summary", target)
    assert (said.code, "keeps its own records" in said.err) == (2, True)
    assert not target.exists()


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("--no-results", "--summary", "theirs.html"), "theirs.html"),
        (("--no-results", "--summary", "theirs.toml"), "theirs.toml"),
        (("--results", "theirs.xlsx"), "theirs.xlsx"),
        (("--results", "theirs.csv"), "theirs.csv"),
    ],
)
def test_a_file_that_is_not_ours_stays_and_the_answer_stands_beside_it(
    clerk: Clerk, words: tuple[str, ...], name: str
) -> None:
    """And it is said which stays, and where the answer is."""
    clerk.writes_good()
    theirs = clerk.folder / name
    theirs.write_bytes(THEIRS)
    said = clerk.runs("check", "march.csv", *words)
    assert said.code == 0
    assert theirs.read_bytes() == THEIRS
    beside = [path for path in clerk.folder.iterdir() if path.name not in ("march.csv", name)]
    assert len(beside) == 1
    assert f"{name} is no file of this program's, or was changed since it was written: it stays as it is." in said.err
    assert beside[0].name in said.err


def test_what_was_written_before_is_replaced_until_somebody_changes_it(clerk: Clerk) -> None:
    """A second check brings the summary up to date; one in which somebody wrote a remark stays."""
    clerk.writes_good()
    for _ in range(2):
        assert "Also written: " in clerk.runs("check", "march.csv", "--results", "r.csv", "--summary", "s.html").err
    assert sorted(path.name for path in clerk.folder.iterdir()) == ["march.csv", "r.csv", "s.html"]
    page = clerk.folder / "s.html"
    page.write_text(page.read_text("utf-8") + "<p>paid by hand</p>", encoding="utf-8")
    clerk.runs("check", "march.csv", "--results", "r.csv", "--summary", "s.html")
    assert "paid by hand" in page.read_text("utf-8")
    assert (clerk.folder / "s (2).html").exists()


def test_a_results_file_of_ours_is_not_replaced_by_a_summary(clerk: Clerk) -> None:
    """One sort of answer never takes the place of another."""
    clerk.writes_good()
    assert clerk.runs("check", "march.csv", "--results", "march.xlsx").code == 0
    before = (clerk.folder / "march.xlsx").read_bytes()
    assert clerk.runs("check", "march.csv", "--no-results", "--summary", "march.xlsx").code == 0
    assert (clerk.folder / "march.xlsx").read_bytes() == before


def test_a_marked_copy_takes_nobodys_place(clerk: Clerk) -> None:
    """The name of the copy is not the clerk's choice: what has it stays."""
    theirs = clerk.folder / "april.annotated.xlsx"
    theirs.write_bytes(THEIRS)
    book = openpyxl.Workbook()
    book.active.append(HEADINGS)
    book.active.append([row("A-1", vendor_id="")[name] for name in HEADINGS])
    book.save(clerk.folder / "april.xlsx")
    said = clerk.runs("check", "april.xlsx", "--no-results", "--annotate")
    assert theirs.read_bytes() == THEIRS
    assert (clerk.folder / "april.annotated (2).xlsx").exists(), said.err
