"""What becomes of one file: it is taken once, dealt with as the folder says, and found again where people look."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest

from importer.dropfolder.drop_store import Stage
from tests.cli.clerk import TODAY, as_csv, row
from tests.dropfolder.yard import Yard

SUBMIT = 'action = "submit"\n'


def test_a_folder_that_says_nothing_only_checks(yard: Yard) -> None:
    """A good file is done, with its answer beside it, and nothing is posted."""
    yard.drop("march.csv", yard.good(1, 2))
    (answer,) = yard.goes()
    assert answer.exit_code == 0
    assert yard.lies() == ["done/MONTH/march.csv", "done/MONTH/march.results.xlsx"]
    assert yard.posted() == {}


def test_posting_is_switched_on_in_so_many_words(yard: Yard) -> None:
    """Then every good invoice is posted once, and the ledger knows where the workbook lies."""
    yard.orders(SUBMIT)
    yard.drop("march.csv", yard.good(1, 2))
    yard.goes()
    assert set(yard.posted().values()) == {1}
    assert len(yard.posted()) == 2
    with yard.watched("second") as watcher:
        drop = watcher.drops()["march.csv"]
        record = watcher.ledger.run_record(drop.run or "")
    assert (drop.state, drop.exit_code, drop.owner) == (Stage.ENDED, 0, None)
    assert record is not None
    assert Path(record["results"]) == yard.folder.root / (drop.place or "").replace(".csv", ".results.xlsx")


def test_what_needs_fixing_says_what_to_do(yard: Yard) -> None:
    """The good part is posted; the file, its workbook and a text with the cell lie together."""
    yard.orders(SUBMIT)
    yard.drop("march.csv", as_csv([row(f"{yard.prefix}1"), row(f"{yard.prefix}2", due_date="soon")]))
    (answer,) = yard.goes()
    assert answer.exit_code == 1
    assert yard.posted() == {f"{yard.prefix}1": 1}
    assert yard.lies() == [
        "needs-fixing/march.csv",
        "needs-fixing/march.results.xlsx",
        "needs-fixing/march.to-fix.txt",
    ]
    text = yard.text("needs-fixing/march.to-fix.txt")
    assert "'soon' is not a date" in text
    assert "drop the workbook itself into “inbox”" in text


def test_what_cannot_be_read_says_why(yard: Yard) -> None:
    """It lies in `failed`, with a sentence beside it."""
    yard.drop("march.xlsx", b"%PDF-1.7 and so on\n")
    (answer,) = yard.goes()
    assert answer.exit_code == 2
    assert yard.lies() == ["failed/march.why.txt", "failed/march.xlsx"]
    assert "march.xlsx is a PDF, not a spreadsheet." in yard.text("failed/march.why.txt")


def test_a_workbook_that_is_given_back_is_read_as_what_it_is(yard: Yard) -> None:
    """The results workbook, dropped into the inbox, stands for the vendor's file: what was posted stays posted."""
    yard.orders(SUBMIT)
    yard.drop("march.csv", as_csv([row(f"{yard.prefix}1"), row(f"{yard.prefix}2", due_date="soon")]))
    yard.goes()
    (yard.folder.root / "needs-fixing/march.results.xlsx").rename(yard.folder.inbox / "march.results.xlsx")
    yard.goes()
    assert yard.posted() == {f"{yard.prefix}1": 1}
    assert "needs-fixing/march.results 2.xlsx" in yard.lies()


def test_a_corrected_workbook_makes_an_end(yard: Yard) -> None:
    """Once it is fine, the file that it answers lies no longer among what needs fixing: all of it lies together."""
    yard.orders(SUBMIT)
    yard.drop("march.csv", as_csv([row(f"{yard.prefix}1"), row(f"{yard.prefix}2", due_date="soon")]))
    yard.drop("april.csv", as_csv([row(f"{yard.prefix}3", due_date="later")]))
    yard.goes()
    given_back = yard.folder.root / "needs-fixing/march.results.xlsx"
    book = openpyxl.load_workbook(given_back)
    (cell,) = [cell for line in book["To fix"].iter_rows() for cell in line if cell.value == "soon"]
    cell.value = str(TODAY + timedelta(days=30))
    book.save(yard.folder.inbox / "march.results.xlsx")
    given_back.unlink()
    yard.goes()
    assert set(yard.posted()) == {f"{yard.prefix}1", f"{yard.prefix}2"}
    assert set(yard.posted().values()) == {1}
    assert yard.lies() == [
        "done/MONTH/march.csv",
        "done/MONTH/march.results 2.xlsx",
        "done/MONTH/march.results.xlsx",
        "done/MONTH/march.to-fix.txt",
        "needs-fixing/april.csv",
        "needs-fixing/april.results.xlsx",
        "needs-fixing/april.to-fix.txt",
    ]


def test_a_name_alone_makes_no_end(yard: Yard) -> None:
    """A vendor's own sheet that is called like an answer, or another vendor's answer, clears nothing."""
    yard.orders(SUBMIT)
    yard.drop("march.csv", as_csv([row(f"{yard.prefix}1", due_date="soon")]))
    yard.goes()
    headings, *lines = [line.split(",") for line in yard.good(2).split()]
    book = openpyxl.Workbook()
    for line in (headings, *lines):
        book.worksheets[0].append(line)
    book.save(yard.folder.inbox / "march.results.xlsx")
    yard.goes()
    assert yard.posted() == {f"{yard.prefix}2": 1}
    assert "needs-fixing/march.csv" in yard.lies()
    yard.drop("april.csv", yard.good(3))
    yard.goes()
    (answer,) = yard.folder.root.glob("done/*/april.results.xlsx")
    answer.rename(yard.folder.inbox / "march.results.xlsx")
    yard.goes()
    assert {"needs-fixing/march.csv", "needs-fixing/march.to-fix.txt"} <= set(yard.lies())


def test_the_same_content_is_recognised(yard: Yard) -> None:
    """Under another name too; it walks the road all the same, and nothing is posted twice."""
    yard.orders(SUBMIT)
    yard.drop("march.csv", yard.good(1))
    yard.goes()
    yard.drop("march copy.csv", yard.good(1))
    yard.goes()
    assert yard.posted() == {f"{yard.prefix}1": 1}
    with yard.watched("second") as watcher:
        message = watcher.drops()["march copy.csv"].said or ""
    assert message == "1 invoice posted before – march copy.csv"
    results = [path for path in yard.lies() if path.startswith("done/MONTH/march copy")]
    assert len(results) == 2


def test_no_name_is_written_over(yard: Yard) -> None:
    """A second file of the name, and what people have put there, get numbers."""
    for number in (1, 2):
        yard.drop("march.csv", yard.good(number))
        yard.goes()
    month = next((yard.folder.root / "done").iterdir())
    (month / "march (3).results.xlsx").write_text("somebody's own")
    yard.drop("march.csv", yard.good(3))
    yard.goes()
    assert [path.removeprefix("done/MONTH/") for path in yard.lies()] == [
        "march (2).csv",
        "march (2).results.xlsx",
        "march (3).results.xlsx",
        "march (4).csv",
        "march (4).results.xlsx",
        "march.csv",
        "march.results.xlsx",
    ]


@pytest.mark.parametrize("deleted", ["done", "needs-fixing", "working", "inbox", ".watch"])
def test_a_part_that_somebody_deletes_is_made_again(yard: Yard, deleted: str) -> None:
    """Also in the middle of the work, between the taking and the filing."""
    yard.drop("march.csv", yard.good(1))
    with yard.watched() as watcher:
        taken = watcher.takes_all()
        part = yard.folder.root / deleted
        if deleted != "working":
            for each in sorted(part.rglob("*"), reverse=True):
                each.unlink()
            part.rmdir()
        else:
            part.rename(yard.folder.root / "elsewhere")
        answers = [watcher.works_on(drop) for drop in taken]
        yard.folder.make()
    if deleted == "working":
        assert "was taken out of “working” by somebody" in yard.said("vanished")[0]
    else:
        assert [answer.exit_code for answer in answers] == [0]
        assert "done/MONTH/march.csv" in yard.lies()
