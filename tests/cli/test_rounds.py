"""A file that was corrected and given back: what its first workbook and the history say of it afterwards."""

from __future__ import annotations

from pathlib import Path

import openpyxl

from tests.cli.clerk import Clerk, row


def summary(path: Path) -> dict[str, tuple[object, ...]]:
    """The sheet "Summary": the first text of each line → what stands beside it."""
    lines = ([cell for cell in line if cell is not None] for line in openpyxl.load_workbook(path)["Summary"].values)
    return {str(line[0]): tuple(line[1:]) for line in lines if line}


def test_the_first_workbook_tells_what_went_in_a_later_round(clerk: Clerk) -> None:
    """What was open in it is told as posted, under the number and with the amount that it went with; the next step is
    in the newest workbook. The total that was stated for the run still counts against the wrong one of the file."""
    first = row(clerk.number(1))
    wrong = row(clerk.number(2), "90.00", line_amount="95.00", memo="Two")
    path = clerk.writes("march.csv", first, wrong)
    path.write_text(path.read_text() + "Grand Total,,,,,,,200.00,,\n")
    said = clerk.runs("submit", "march.csv", "--yes", "--expect-total", "190.00")
    assert clerk.posted() == {clerk.number(1): 1}, said.err
    book = openpyxl.load_workbook(clerk.folder / "march.results.xlsx")
    sheet = book["To fix"]
    headings = [cell.value for cell in sheet[1]]
    sheet.cell(2, headings.index("invoice_number") + 1).value = clerk.number("2b")
    sheet.cell(2, headings.index("total_amount") + 1).value = 95
    book.save(clerk.folder / "fixed.xlsx")
    clerk.runs("submit", "fixed.xlsx", "--yes", "--expect-total", "195.00", "--summary", "x.html")
    assert clerk.posted() == {clerk.number(1): 1, clerk.number("2b"): 1}
    page = (clerk.folder / "x.html").read_text(encoding="utf-8")
    assert "From the vendor's file to what was read" in page
    assert "2 cells corrected" in page
    clerk.runs("status")

    said_now = summary(clerk.folder / "march.results.xlsx")
    assert said_now["Posted"][:2] == (1, 100)
    assert said_now["Posted before"][:2] == (1, 90)
    assert said_now["Posted, in this run or before"][:2] == (2, 195)
    assert said_now["Corrected in a later round"][0] == 5
    assert any("went on in fixed.results.xlsx" in line for line in said_now)
    assert not any("Nothing of the run is sent" in line or "give it back" in line for line in said_now)

    runs = [each for each in clerk.runs("history", "--json").answer["runs"] if each["command"] == "submit"]
    later, earlier = (each["run"] for each in runs)
    told = clerk.runs("history", later, "--json").answer
    assert [each["name"] for each in told["runs"][0]["vendor_files"]] == ["march.csv"]
    assert [each["run"] for each in told["runs"][0]["rounds"]] == [earlier]
    assert told["runs"][0]["expected"] == {"count": None, "total": 19500}
    assert [(each["was"], each["now"]) for each in told["corrections"]][1] == ("90.00", "95")
    told = clerk.runs("history", earlier, "--json").answer
    assert (told["went_on_in"]["run"], told["now"]["counts"]["already_posted"]) == (later, 1)
    out = clerk.runs("history", earlier).out
    for words in ("Outcome then", "Its invoices now", "Went on in", "Stated total", clerk.number("2b")):
        assert words in out
