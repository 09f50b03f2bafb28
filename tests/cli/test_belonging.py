"""A results workbook given back belongs to the ledger that wrote it, says what it said, and is evidence of it."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from importer.workbook_format import manifest
from importer.workbook_format.layout import MARK, RowMark
from tests.cli.clerk import Clerk, Said, row

RESULTS = "march.results.xlsx"


@pytest.fixture
def half_done(clerk: Clerk) -> Clerk:
    """Of two invoices one is posted, and one waits in "To fix"."""
    clerk.writes("march.csv", row(clerk.number(1)), row(clerk.number(2), line_amount="12x"))
    assert clerk.runs("submit", "march.csv", "--yes").code == 1
    return clerk


def edited(clerk: Clerk, edit: Callable[[openpyxl.Workbook], None]) -> None:
    path = clerk.folder / RESULTS
    book = openpyxl.load_workbook(path)
    edit(book)
    book.save(path)


def hidden(book: openpyxl.Workbook) -> Worksheet:
    sheet = book[manifest.SHEET]
    assert isinstance(sheet, Worksheet)
    return sheet


def pieces(book: openpyxl.Workbook) -> list[str]:
    return [str(cell.value) for (cell,) in hidden(book).iter_rows(max_col=1)]


def told(pieces: list[str]) -> str:
    """The JSON of a sealed hidden sheet."""
    return "".join(piece[1:-1] for piece in pieces[2:])


def put(book: openpyxl.Workbook, texts: list[str]) -> None:
    sheet = hidden(book)
    sheet.delete_rows(1, sheet.max_row)
    for at, text in enumerate(texts, start=1):
        sheet.cell(at, 1).value = text


def corrected(book: openpyxl.Workbook) -> None:
    sheet = book["To fix"]
    amount = next(cell.column for cell in sheet[1] if cell.value == "line_amount")
    sheet.cell(2, amount).value = "100.00"


def gives_back(clerk: Clerk, command: str = "submit") -> Said:
    return clerk.runs(command, RESULTS, *(["--yes"] if command == "submit" else []), "--json")


def moved_home(clerk: Clerk, name: str) -> Clerk:
    """The same desk with another home."""
    return replace(clerk, environment=clerk.environment | {"IMPORTER_HOME": str(clerk.folder.parent / name)})


def test_it_is_taken_where_it_was_made(half_done: Clerk) -> None:
    """And only the corrected row goes."""
    edited(half_done, corrected)
    assert gives_back(half_done).code == 0
    assert half_done.posted() == {half_done.number(1): 1, half_done.number(2): 1}


@pytest.mark.parametrize("command", ["check", "submit"])
def test_another_home_does_not_take_it(half_done: Clerk, command: str) -> None:
    """It says which run wrote it, and which ledger knows that."""
    edited(half_done, corrected)
    said = gives_back(moved_home(half_done, "other"), command)
    assert said.code == 2
    with closing(sqlite3.connect(half_done.folder.parent / "home" / "ledger.sqlite3")) as ledger:
        (run,) = ledger.execute("SELECT id FROM runs").fetchone()
    assert f"{RESULTS} belongs to another ledger: run {run} wrote it, which is in sqlite:///" in said.answer["stopped"]
    assert "/home/ledger.sqlite3, of " in said.answer["stopped"]
    assert half_done.posted() == {half_done.number(1): 1}


def test_a_rehearsals_workbook_is_not_taken_for_real(clerk: Clerk) -> None:
    """What was posted in a rehearsal was not posted."""
    clerk.writes_good()
    clerk.runs("submit", "march.csv", "--sandbox", "--yes")
    assert "belongs to another ledger" in gives_back(clerk).answer["stopped"]
    assert clerk.posted() == {}


def test_homes_on_one_ledger_take_each_others(half_done: Clerk, postgres: str) -> None:
    """The seal lies in the ledger, so that all who share it have it; a new ledger has another."""
    one = replace(half_done, environment=half_done.environment | {"IMPORTER_LEDGER": postgres, "IMPORTER_HOME": "one"})
    two = replace(one, environment=one.environment | {"IMPORTER_HOME": "two"})
    one.writes("march.csv", row(one.number(3)), row(one.number(4), line_amount="12x"))
    (one.folder / RESULTS).unlink()
    told_first = one.runs("submit", "march.csv", "--yes")
    code = told_first.err.split("--acknowledge ")[1].split()[0]  # the SQLite ledger has posted to the account before
    assert one.runs("submit", "march.csv", "--yes", "--acknowledge", code, "--reason", "before").code == 1
    edited(two, corrected)
    assert gives_back(two).code == 0
    assert "belongs to another ledger" in gives_back(half_done).answer["stopped"]
    posted = half_done.posted()
    assert (posted[one.number(3)], posted[one.number(4)]) == (1, 1)


def other_rows(book: openpyxl.Workbook) -> None:
    texts = pieces(book)
    content = json.loads(told(texts))
    content["tables"][0]["rows"] = [[2, 2]]
    put(book, [*texts[:2], f'"{json.dumps(content)}"'])


def other_run(book: openpyxl.Workbook) -> None:
    texts = pieces(book)
    content = json.loads(told(texts))
    content["run"] = "2026-01-01T00-00-00-00000000"
    put(book, [*texts[:2], f'"{json.dumps(content)}"'])


def unsealed(book: openpyxl.Workbook) -> None:
    """As if an older version had written it, marks and all."""
    texts = pieces(book)
    content = json.loads(told(texts))
    del content["ledger"]
    put(book, [manifest.UNSEALED, f'"{json.dumps(content)}"'])
    _marks_anew(book, lambda mark: mark)


def posted_as_open(book: openpyxl.Workbook) -> None:
    """The mark of a posted row says that it waits, with the seal that older versions made."""
    _marks_anew(book, lambda mark: replace(mark, status="not_sent", key=None))


def _marks_anew(book: openpyxl.Workbook, change: Callable[[RowMark], RowMark]) -> None:
    for name in ("Rows", "To fix"):
        sheet = book[name]
        column = next(cell.column for cell in sheet[1] if cell.value == MARK)
        for at in range(2, sheet.max_row + 1):
            if (mark := RowMark.parse(str(sheet.cell(at, column).value))) is None:
                continue
            new = change(mark)
            place = str(sheet.cell(at, 1).value), None, int(str(sheet.cell(at, 3).value))
            sheet.cell(at, column).value = replace(new, seal=_old_seal(*place, new)).text


def _old_seal(file: str, sheet: str | None, number: int, mark: RowMark) -> str:
    """What an older version put there: everybody can make it."""
    content = "\x1f".join((file, sheet or "", str(number), mark.status, mark.key or "", mark.digest))
    return hashlib.sha256(content.encode()).hexdigest()[:8]


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (other_rows, "The hidden sheet of march.results.xlsx was changed"),
        (other_run, "The hidden sheet of march.results.xlsx was changed"),
        (unsealed, "it has lost its seal"),
        (posted_as_open, "does not have its own entry in the hidden column"),
    ],
)
def test_what_was_edited_behind_the_scenes_is_seen(
    half_done: Clerk, edit: Callable[[openpyxl.Workbook], None], sentence: str
) -> None:
    """Rows, the run, the seal itself, and the marks of the rows."""
    edited(half_done, corrected)
    edited(half_done, edit)
    said = gives_back(half_done)
    assert (said.code, sentence in said.answer["stopped"]) == (2, True), said.answer["stopped"]
    assert half_done.posted() == {half_done.number(1): 1}


def test_an_older_versions_workbook_is_taken_while_its_run_is_known(half_done: Clerk) -> None:
    """It was written before the ledger had a seal; its marks are the old ones."""
    edited(half_done, corrected)
    edited(half_done, unsealed)
    with closing(sqlite3.connect(half_done.folder.parent / "home" / "ledger.sqlite3")) as ledger, ledger:
        (kept,) = ledger.execute("SELECT value FROM identity WHERE name = 'seal'").fetchone()
        later = json.dumps(json.loads(kept) | {"since": "2999-01-01T00:00:00+00:00"})
        ledger.execute("UPDATE identity SET value = ? WHERE name = 'seal'", (later,))
    assert gives_back(half_done).code == 0
    edited(half_done, lambda book: put(book, [pieces(book)[0], pieces(book)[1].replace('"run": "2', '"run": "1')]))
    assert "which this ledger does not know" in gives_back(half_done).answer["stopped"]


def test_a_workbook_tells_of_an_older_ledger(half_done: Clerk) -> None:
    """Its run is known there, and what it says was sent is not: it was put back from the middle of that run."""
    edited(half_done, corrected)
    home = half_done.folder.parent / "home"
    with closing(sqlite3.connect(home / "ledger.sqlite3")) as ledger, ledger:
        for statement in ("DELETE FROM attempts", "DELETE FROM invoices", "DELETE FROM journals"):
            ledger.execute(statement)
    shutil.rmtree(home / "journal")
    said = gives_back(half_done, "check")
    assert said.code == 2
    assert "says that 1 invoice was sent of which this ledger knows nothing (row 2 " in said.answer["stopped"]


def test_the_seal_is_the_owners(half_done: Clerk) -> None:
    """Its key lies in the ledger and nowhere else, and the journal is nobody else's to read."""
    home = half_done.folder.parent / "home"
    with closing(sqlite3.connect(home / "ledger.sqlite3")) as ledger:
        key = json.loads(ledger.execute("SELECT value FROM identity WHERE name = 'seal'").fetchone()[0])["key"]
    others = [path for path in home.rglob("*") if path.is_file() and not path.name.startswith("ledger")]
    assert not [path for path in (*others, half_done.folder / RESULTS) if key.encode() in path.read_bytes()]
    (journal,) = (home / "journal").iterdir()
    assert (journal.stat().st_mode & 0o777, (home / "journal").stat().st_mode & 0o777) == (0o600, 0o700)


def test_older_marks_are_in_no_way_of_use() -> None:
    """A mark that is made with a secret is no mark without it, and the other way round; unknown, it is not judged."""
    sealed = RowMark.of("posted", "k", "a.csv", None, 2, ("x",), secret=b"secret")
    plain = RowMark.of("posted", "k", "a.csv", None, 2, ("x",))
    place = ("a.csv", None, 2)
    assert [one.is_of(*place, secret) for one in (sealed, plain) for secret in (b"secret", b"", b"other", None)] == [
        True, False, False, True, False, True, False, True,
    ]  # fmt: skip
