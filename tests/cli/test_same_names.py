"""Two files of one name, from different folders: everywhere one can tell which is meant."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest

from importer.reading import names_of
from tests.cli.clerk import HEADINGS, Clerk, row


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["march.csv"], ["march.csv"]),
        (["a/march.csv", "b/april.csv"], ["march.csv", "april.csv"]),
        (["a/march.csv", "b/march.csv", "c/april.csv"], ["a/march.csv", "b/march.csv", "april.csv"]),
        (["a/x/march.csv", "b/x/march.csv"], ["a/x/march.csv", "b/x/march.csv"]),
        (["a/x/march.csv", "b/x/march.csv", "b/y/march.csv"], ["a/x/march.csv", "b/x/march.csv", "b/y/march.csv"]),
        (["a/../b/march.csv", "c/march.csv"], ["b/march.csv", "c/march.csv"]),
        ([], []),
    ],
)
def test_as_much_of_the_folder_as_tells_them_apart(paths: list[str], names: list[str]) -> None:
    """A name that is the only one of its kind stays bare."""
    assert names_of([Path("/srv") / path for path in paths]) == names


def test_each_row_says_which_file_it_is_of(clerk: Clerk) -> None:
    """A mistake in one is none in the other, in the answer and in the workbook, which can be given back."""
    north = clerk.writes("north/march.csv", row(clerk.number(1)), row(clerk.number(2), memo=""))
    south = clerk.writes("south/march.csv", row(clerk.number(3), memo=""), row(clerk.number(4)))
    said = clerk.runs("submit", north, south, "--yes", "--json")
    places = {
        (each["invoice_number"], each["file"], problem["file"])
        for each in said.answer["invoices"]
        for problem in each["problems"]
        if problem["severity"] == "error"
    }
    assert places == {
        (clerk.number(2), "north/march.csv", "north/march.csv"),
        (clerk.number(3), "south/march.csv", "south/march.csv"),
    }
    assert set(clerk.posted()) == {clerk.number(1), clerk.number(4)}
    assert clerk.runs("status").code == 0

    results = clerk.folder / "north" / "march and 1 more.results.xlsx"
    book = openpyxl.load_workbook(results)
    sheet = book["To fix"]
    heads = {cell.value: cell.column for line in sheet.iter_rows() for cell in line if cell.value == "memo"}
    lines = [line[0].row for line in sheet.iter_rows() if any(cell.value in map(clerk.number, (2, 3)) for cell in line)]
    assert len(lines) == 2
    for line in lines:
        sheet.cell(line, heads["memo"], "Mowing")
    book.save(results)
    again = clerk.runs("submit", results, "--yes", "--json", "--no-results")
    assert (again.code, set(clerk.posted().values())) == (0, {1})
    assert set(clerk.posted()) == {clerk.number(each) for each in (1, 2, 3, 4)}
    assert {each["file"] for each in again.answer["invoices"]} == {"north/march.csv", "south/march.csv"}


def test_the_ledger_knows_a_file_by_its_own_name(clerk: Clerk) -> None:
    """What is sent of it later without its namesake is seen to be of the same file: `status --retry` relies on that."""
    north = clerk.writes("north/march.csv", row(clerk.number(1)))
    south = clerk.writes("south/march.csv", row(clerk.number(2)))
    assert clerk.runs("submit", north, south, "--yes", "--no-results").code == 0
    with closing(sqlite3.connect(Path(clerk.environment["IMPORTER_HOME"]) / "ledger.sqlite3")) as ledger:
        assert ledger.execute("SELECT DISTINCT file FROM invoices").fetchall() == [("march.csv",)]


def test_each_gets_its_own_marked_copy(clerk: Clerk) -> None:
    """Neither is written over the other, and each holds its own remarks."""
    files = []
    for folder, number in (("north", 1), ("south", 2)):
        book = openpyxl.Workbook()
        sheet = book.worksheets[0]
        sheet.append(list(HEADINGS))
        sheet.append(list(row(clerk.number(number), memo="" if number == 2 else "Mowing").values()))
        (clerk.folder / folder).mkdir()
        files.append(clerk.folder / folder / "march.xlsx")
        book.save(files[-1])
    said = clerk.runs("check", *files, "--annotate", "--results", clerk.folder)
    assert said.code == 1
    remarks = {
        path.name: "Importer remarks" in openpyxl.load_workbook(path).sheetnames
        for path in clerk.folder.glob("*.annotated.xlsx")
    }
    assert set(remarks) == {"north march.annotated.xlsx", "south march.annotated.xlsx"}
    listed = openpyxl.load_workbook(clerk.folder / "south march.annotated.xlsx")["Importer remarks"]
    assert any("Memo is blank" in str(cell.value) for line in listed.iter_rows() for cell in line)


def test_a_profile_is_found_by_the_name_alone(clerk: Clerk) -> None:
    """The folder in front of it is not part of what a profile's file name is compared with."""
    profiles = Path(clerk.environment["IMPORTER_HOME"]) / "profiles"
    profiles.mkdir(parents=True)
    (profiles / "acme.toml").write_text(
        'name = "acme"\nmatch = { filename = "march*.csv" }\n[columns]\nproperty_id = "property_id"\n'
    )
    files = [clerk.writes(f"{folder}/march.csv", row(clerk.number(folder))) for folder in ("north", "south")]
    said = clerk.runs("check", *files, "--no-results")
    assert "north/march.csv: read with the profile acme" in said.out + said.err
