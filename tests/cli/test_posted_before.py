"""What was posted before, read again: under another name, with other words, and what is said of it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl

from tests.cli.clerk import Clerk, row

PROFILE = """
name = "bluewater"
match = { headings = ["invoice_number", "memo"] }

[defaults]
notes = "{file} row {row}"
item_notes = "{file}, {row}"
"""


def made(*numbers: str, memo: str = "Mowing", amount: str = "100.00") -> list[dict[str, str]]:
    """Rows whose notes a profile makes."""
    return [row(number, amount, notes="", memo=memo) for number in numbers]


def test_a_file_under_another_name_is_posted_before(clerk: Clerk) -> None:
    """Notes that a profile made of file and row say nothing of the bill: a copy, or a row more above, is the same."""
    (clerk.folder / "bluewater.toml").write_text(PROFILE, encoding="utf-8")
    numbers = [clerk.number(1), clerk.number(2)]
    profile = ("--profile", "bluewater.toml", "--json")
    clerk.writes("november.csv", *made(*numbers))
    assert clerk.runs("submit", "november.csv", "--yes", *profile).code == 0

    text = clerk.writes("november (1).csv", *made(*numbers)).read_text(encoding="utf-8")
    (clerk.folder / "november (1).csv").write_text(f"All of November\n{text}", encoding="utf-8")
    again = clerk.runs("submit", "november (1).csv", "--yes", *profile)
    assert (again.code, set(again.statuses.values())) == (0, {"already_posted"}), again.out
    assert clerk.posted() == dict.fromkeys(numbers, 1)


def test_words_alone_make_no_other_bill(clerk: Clerk) -> None:
    """Where only texts differ that somebody wrote, nobody is told to give the bill another number."""
    (clerk.folder / "bluewater.toml").write_text(PROFILE, encoding="utf-8")
    number = clerk.number(1)
    profile = ("--profile", "bluewater.toml")
    clerk.writes("march.csv", *made(number))
    clerk.runs("submit", "march.csv", "--yes", *profile)

    clerk.writes("march.csv", *made(number, memo="Hedges"))
    said = clerk.runs("check", "march.csv", *profile)
    assert "Memo was 'Mowing', is 'Hedges'. This is the same bill (same lines, dates and total)" in said.out
    assert "own number" not in said.out
    clerk.writes("march.csv", *made(number, amount="101.00"))
    said = clerk.runs("check", "march.csv", *profile)
    assert "If it is the same bill, delete its rows" in said.out


def summary_of(workbook: Path) -> list[list[object]]:
    """What stands in the rows of its first sheet."""
    sheet = openpyxl.load_workbook(workbook)["Summary"]
    return [[cell for cell in line if cell is not None] for line in sheet.iter_rows(values_only=True)]


def test_every_workbook_about_a_file_is_brought_up_to_date(clerk: Clerk) -> None:
    """The one that a later run wrote over, and that of a run in which all was posted before; each keeps its plan."""
    clerk.writes_good("march.csv")
    clerk.runs("check", "march.csv")
    plan = clerk.runs("submit", "march.csv", "--yes", "--results", "sent.xlsx", "--json").answer["plan"]
    assert clerk.runs("submit", "march.csv", "--yes").code == 0
    assert clerk.runs("submit", "march.results.xlsx", "--yes").code == 0
    assert clerk.runs("check", "march.csv").code == 0

    said = clerk.runs("status")
    assert "worked in" not in said.err
    assert "(and 2 more)" in said.out
    for name in ("sent.xlsx", "march.results.xlsx", "march.results 2.xlsx"):
        assert ["Confirmed in ResMan", 2, 200] in summary_of(clerk.folder / name), name
    assert any(plan in line for line in summary_of(clerk.folder / "sent.xlsx"))
    assert len(list(clerk.folder.glob("*.xlsx"))) == 3


def test_a_workbook_that_is_about_something_else_by_now_stays(clerk: Clerk) -> None:
    """What became of the posted ones is then told beside it."""
    clerk.writes_good("march.csv")
    clerk.runs("submit", "march.csv", "--yes")
    clerk.writes("march.csv", row(clerk.number(3)))
    clerk.runs("check", "march.csv")
    before = (clerk.folder / "march.results.xlsx").read_bytes()
    said = clerk.runs("status")
    assert "march.results.xlsx is that of run" in said.err
    assert (clerk.folder / "march.results.xlsx").read_bytes() == before
    assert ["Confirmed in ResMan", 2, 200] in summary_of(clerk.folder / "march.results (status).xlsx")


def test_money_is_posted_once_in_the_history(clerk: Clerk) -> None:
    """`status` tells what ResMan has of it. One run that could not go on makes no line long, and RUN tells of all."""
    clerk.writes("march.csv", row(clerk.number(1)), row(clerk.number(1), vendor_id="vend-turfworks"), row("", "7.00"))
    posted = clerk.runs("submit", "march.csv", "--yes", "--json").answer
    asked = clerk.runs("status").out
    assert f"{clerk.number(1)} of vend-turfworks" in asked
    (clerk.folder / "odd.csv").write_text(",".join(f"Heading {n}" for n in range(40)) + "\n1,2\n", encoding="utf-8")
    assert clerk.runs("check", "odd.csv").code == 2

    lines = clerk.runs("history").out.splitlines()
    assert lines[1].rstrip().endswith(" …")
    assert lines[2].rstrip().endswith("2 confirmed ($200.00)")
    assert max(map(len, lines)) < 200
    table = {line["Command"]: line for line in csv.DictReader(io.StringIO(clerk.runs("history", "--csv").out))}
    assert [table[name]["Posted, amount"] for name in ("submit", "status")] == ["200.00", ""]
    assert table["status"]["Confirmed, amount"] == "200.00"

    one = clerk.runs("history", posted["run"], "--json").answer["invoices"]
    assert sorted(each["status"] for each in one) == ["needs_fixing", "posted", "posted"]


def test_a_summary_without_a_folder_is_known_beforehand(clerk: Clerk) -> None:
    """Like results: nothing is posted, and the option is named."""
    clerk.writes_good("march.csv")
    said = clerk.runs("submit", "march.csv", "--yes", "--summary", "nofolder/march.html")
    assert said.code == 2
    assert "Name another place with --summary. Nothing was sent." in said.err
    assert clerk.posted() == {}


def test_what_was_posted_after_a_correction_is_not_to_be_corrected_again(clerk: Clerk) -> None:
    """The file as the vendor sent it, once more: its wrong bill is in ResMan already, with another amount."""
    wrong = row(clerk.number(1), "236.40", total_amount="254.40")
    clerk.writes("march.csv", wrong | {"line_amount": "254.40"})
    clerk.runs("submit", "march.csv", "--yes", "--no-results")
    clerk.writes("march.csv", wrong)
    said = clerk.runs("check", "march.csv", "--no-results").out
    assert "It was posted on" in said
    assert "with $254.40" in said
    assert "nothing needs correcting: delete its rows here." in said
