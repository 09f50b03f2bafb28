"""The whole loop through the real command: mistakes, the workbook, the same workbook corrected, ResMan, the tie-out."""

from __future__ import annotations

import csv
import io
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from shutil import which

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from importer.workbook_format.layout import TAKEN_OUT_REASON
from tests.cli.clerk import TODAY, Clerk, row

MISTAKES: dict[str, tuple[str, str, object]] = {
    # code of the problem → field, what stands there, what the clerk puts in its place
    "not-a-date": ("due_date", f"{TODAY.year}-02-31", TODAY + timedelta(days=40)),
    "ambiguous-date": ("invoice_date", f"03/04/{TODAY.year}", TODAY),
    "missing-value": ("vendor_id", "", "vend-greenleaf"),
    "not-money": ("line_amount", "12x", 100),
    "total-mismatch": ("line_amount", "90.00", "$100.00"),
    "not-whole-cents": ("line_amount", "100.005", "100.00"),
    "other-currency": ("line_amount", "EUR 100.00", 100.0),
    "impossible-year": ("invoice_date", "1026-03-01", str(TODAY)),
    "due-before-issued": ("due_date", str(TODAY - timedelta(days=9)), str(TODAY + timedelta(days=40))),
    "damaged-number": ("financial_account_id", "1.60E+12", "finacct-6210"),
    "bad-characters": ("memo", "Caf\u00c3\u00a9 repair", "Café repair"),
    "credit-memo": ("total_amount", "-100.00", None),  # taken out of the file
}


def cells(sheet: Worksheet) -> list[list[object]]:
    return [list(line) for line in sheet.iter_rows(values_only=True)]


def sheet_of(path: Path, name: str) -> Worksheet:
    sheet = openpyxl.load_workbook(path)[name]
    assert isinstance(sheet, Worksheet)
    return sheet


def correct(path: Path) -> None:
    """What a clerk does in the sheet "To fix", going by what stands beside each row."""
    book = openpyxl.load_workbook(path)
    sheet = book["To fix"]
    headings = [cell.value for cell in sheet[1]]
    wanted = {code.replace("-", ""): (field, value) for code, (field, _, value) in MISTAKES.items()}
    for at in range(sheet.max_row, 1, -1):
        number = str(sheet.cell(at, headings.index("invoice_number") + 1).value)
        field, value = wanted[number.split("-", 1)[1]]
        if value is None:
            sheet.delete_rows(at)
        else:
            sheet.cell(at, headings.index(field) + 1).value = value
    book.save(path)


def resaved(path: Path) -> None:
    """By another program."""
    home = path.parent.parent / "office"
    command = ["soffice", f"-env:UserInstallation=file://{home}", "--headless", "--convert-to", "xlsx"]
    subprocess.run([*command, "--outdir", home / "out", path], check=True, capture_output=True, timeout=120)
    path.write_bytes((home / "out" / path.name).read_bytes())


def untouched(_path: Path) -> None:
    """Nothing more."""


OFFICE = pytest.param(resaved, marks=pytest.mark.skipif(which("soffice") is None, reason="LibreOffice is not here"))


@pytest.mark.parametrize("then", [untouched, OFFICE])
def test_twelve_mistakes_are_mended_in_the_workbook_and_the_month_closes(
    then: Callable[[Path], None], clerk: Clerk
) -> None:
    """Every invoice is posted once, every row is accounted for, and what was read is what ResMan confirms."""
    good = [row(clerk.number("ok1")), row(clerk.number("ok2"), "250.10", notes="=1+1")]
    bad = [row(clerk.number(code.replace("-", "")), **{field: said}) for code, (field, said, _) in MISTAKES.items()]
    clerk.writes("march.csv", *good, *bad)

    first = clerk.runs("submit", "march.csv", "--yes", "--json")
    assert first.code == 1
    assert sorted(clerk.posted()) == sorted(clerk.number(name) for name in ("ok1", "ok2"))
    found = {each["invoice_number"]: {one["code"] for one in each["problems"]} for each in first.answer["invoices"]}
    for code in MISTAKES:
        assert code in found[clerk.number(code.replace("-", ""))]

    workbook = clerk.folder / "march.results.xlsx"
    correct(workbook)
    then(workbook)
    second = clerk.runs("submit", "march.results.xlsx", "--yes", "--json")
    assert second.code == 0, second.err
    mended = {clerk.number(code.replace("-", "")) for code in MISTAKES if code != "credit-memo"}
    assert {number for number, status in second.statuses.items() if status == "posted"} == mended
    assert {number for number, status in second.statuses.items() if status == "already_posted"} == {
        clerk.number("ok1"), clerk.number("ok2"),
    }  # fmt: skip
    assert set(clerk.posted().values()) == {1}
    assert {each["file"] for each in second.answer["invoices"]} == {"march.csv"}

    answer = clerk.folder / "march.results 2.xlsx"
    asked = clerk.runs("status", "--json")
    assert asked.code == 0, asked.out
    assert {(each["was"], each["now"]) for each in asked.answer["changes"]} == {("pending", "confirmed")}
    assert {each["invoice_number"] for each in asked.answer["changes"]} == set(clerk.posted())

    summary = [[cell for cell in line if cell is not None] for line in cells(sheet_of(answer, "Summary"))]
    read, posted, confirmed = (
        next(line[1:3] for line in summary if line[:1] == [label])
        for label in ("Read from the input", "Posted, in this run or before", "Confirmed in ResMan")
    )
    assert read == posted == confirmed == [13, pytest.approx(12 * 100 + 250.10)]
    assert [line[1] for line in summary if line[:1] == ["Difference"]] == [0]
    assert any("invoices are now confirmed in ResMan" in str(line[0]) for line in summary if line)

    rows = cells(sheet_of(answer, "Rows"))[1:]
    assert [line[2] for line in rows] == list(range(2, 16))
    left_out = [line for line in rows if line[3] == "Left out"]
    assert [line[6] for line in left_out] == [TAKEN_OUT_REASON]
    assert "To fix" not in openpyxl.load_workbook(answer).sheetnames

    third = clerk.runs("submit", "march.results 2.xlsx", "--yes", "--json")
    assert (third.code, set(third.statuses.values())) == (0, {"already_posted"})
    assert set(clerk.posted().values()) == {1}
    assert (clerk.folder / "march.results 3.xlsx").is_file()


def test_what_was_posted_is_not_posted_again_under_another_number(clerk: Clerk) -> None:
    """A posted row that somebody changed is named with its place, and its invoice stays at home."""
    clerk.writes("march.csv", row(clerk.number(1)), row(clerk.number(2), line_amount="12x"))
    clerk.runs("submit", "march.csv", "--yes")
    path = clerk.folder / "march.results.xlsx"
    book = openpyxl.load_workbook(path)
    number = next(cell.column for cell in book["Rows"][1] if cell.value == "invoice_number")
    amount = next(cell.column for cell in book["To fix"][1] if cell.value == "line_amount")
    book["Rows"].cell(2, number).value = clerk.number("1b")
    book["To fix"].cell(2, amount).value = 100
    book.save(path)

    said = clerk.runs("submit", path.name, "--yes", "--json")
    assert said.code == 1
    assert said.statuses == {clerk.number("1b"): "conflict", clerk.number(2): "posted"}
    found = [one for each in said.answer["invoices"] for one in each["problems"]]
    (problem,) = [one for one in found if one["severity"] == "error"]
    assert (problem["code"], problem["file"], problem["row"]) == ("changed-row", "march.csv", 2)
    assert "row 2 of the sheet “Rows”" in problem["message"]
    assert clerk.posted() == {clerk.number(1): 1, clerk.number(2): 1}


def test_an_older_workbook_does_not_post_again_what_was_sent_since(clerk: Clerk) -> None:
    """Its rows were open when it was written. Under another number they would be the same bills a second time."""
    clerk.writes_good(count=2)
    clerk.runs("submit", "march.csv", "--yes", "--expect-count", "3", "--results", "old.results.xlsx")
    clerk.runs("submit", "march.csv", "--yes", "--no-results")
    path = clerk.folder / "old.results.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book["To fix"]
    number = next(cell.column for cell in sheet[1] if cell.value == "invoice_number")
    sheet.cell(2, number).value = clerk.number("1b")
    book.save(path)
    said = clerk.runs("submit", path.name, "--yes", "--json")
    assert (said.code, said.statuses) == (
        1, {clerk.number("1b"): "conflict", clerk.number(2): "already_posted"},
    )  # fmt: skip
    (problem,) = [one for each in said.answer["invoices"] for one in each["problems"]]
    assert (problem["code"], problem["row"]) == ("changed-row", 2)
    assert f"The row was sent as invoice '{clerk.number(1)}'" in problem["message"]
    assert clerk.posted() == {clerk.number(1): 1, clerk.number(2): 1}


def test_a_number_that_was_never_sent_may_be_corrected(clerk: Clerk) -> None:
    """Nor does a refused invoice, or one in conflict with what was posted, have to keep the number that it had."""
    clerk.writes("march.csv", row(clerk.number(1)), row(clerk.number(2)))
    clerk.runs("submit", "march.csv", "--yes", "--no-results")
    clerk.writes("april.csv", row(clerk.number(1), "120.00"), row(clerk.number(3)))
    clerk.stand_in.fault("error_before", status=422, invoice_number=clerk.number(3))
    first = clerk.runs("submit", "april.csv", "--yes", "--json")
    assert first.statuses == {clerk.number(1): "conflict", clerk.number(3): "refused"}
    path = clerk.folder / "april.results.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book["To fix"]
    number = next(cell.column for cell in sheet[1] if cell.value == "invoice_number")
    for at, name in ((2, "1b"), (3, "3b")):
        sheet.cell(at, number).value = clerk.number(name)
    book.save(path)
    again = clerk.runs("submit", path.name, "--yes", "--json")
    assert again.statuses == {clerk.number("1b"): "posted", clerk.number("3b"): "posted"}


def test_an_invoice_in_doubt_stays_in_doubt(clerk: Clerk) -> None:
    """It is not in "To fix", and giving the workbook back does not send it a second time."""
    clerk.writes("march.csv", row(clerk.number(1)), row(clerk.number(2), line_amount="12x"))
    clerk.stand_in.fault("drop_after", invoice_number=clerk.number(1))
    first = clerk.runs("submit", "march.csv", "--yes", "--json")
    assert first.statuses[clerk.number(1)] == "in_doubt"
    path = clerk.folder / "march.results.xlsx"
    assert [line[2] for line in cells(sheet_of(path, "To fix"))[1:]] == [3]
    said = clerk.runs("submit", path.name, "--yes", "--json")
    assert said.statuses[clerk.number(1)] in ("in_doubt", "already_posted")  # found by evidence, perhaps
    assert clerk.posted()[clerk.number(1)] == 1


def test_what_is_settled_reaches_the_workbook(clerk: Clerk) -> None:
    """By evidence, or by a person's decision: the workbook that said "in doubt" says what is known now."""
    clerk.writes_good(count=2)
    clerk.stand_in.fault("drop_after", invoice_number=clerk.number(1))
    clerk.stand_in.fault("drop_before", invoice_number=clerk.number(2))
    first = clerk.runs("submit", "march.csv", "--yes", "--json")
    assert set(first.statuses.values()) == {"in_doubt"}
    path = clerk.folder / "march.results.xlsx"
    assert [line[0] for line in cells(sheet_of(path, "Invoices"))[1:]] == ["In doubt", "In doubt"]

    settled = clerk.runs("settle", "--json")
    assert settled.answer["results"] == str(path)
    assert [line[0] for line in cells(sheet_of(path, "Invoices"))[1:]] == ["Posted", "In doubt"]
    summary = [str(line[1]) for line in cells(sheet_of(path, "Summary"))]
    assert any("1 invoice is now" in line and f"($100.00): {clerk.number(1)}." in line for line in summary)

    key = next(each["key"] for each in settled.answer["invoices"] if each["status"] == "in_doubt")
    released = clerk.runs("settle", "--release", key, "--reason", "not there")
    assert f"Results: {path}" in released.out
    assert [line[0] for line in cells(sheet_of(path, "Invoices"))[1:]] == ["Posted", "Not sent"]
    ((number, outcome, _, said, way),) = (line[2:7] for line in cells(sheet_of(path, "To fix"))[1:])
    assert (number, outcome, way) == (3, "Not sent", "Nothing to correct: it goes with the next run.")
    assert "not there" in str(said)

    again = clerk.runs("submit", path.name, "--yes", "--json")
    assert again.statuses == {clerk.number(1): "already_posted", clerk.number(2): "posted"}
    assert set(clerk.posted().values()) == {1}


def test_what_was_refused_stays_to_be_fixed(clerk: Clerk) -> None:
    """Also when `status` writes the workbook anew: it does not call it ready, which would leave nothing to correct."""
    clerk.writes_good(count=2)
    clerk.stand_in.fault("error_before", status=422, invoice_number=clerk.number(2))
    first = clerk.runs("submit", "march.csv", "--yes", "--json")
    assert first.statuses == {clerk.number(1): "posted", clerk.number(2): "refused"}
    path = clerk.folder / "march.results.xlsx"
    before = [line[2:4] for line in cells(sheet_of(path, "To fix"))[1:]]
    assert clerk.runs("status", "--json").answer["results"] == str(path)
    assert [line[0] for line in cells(sheet_of(path, "Invoices"))[1:]] == ["Posted", "Refused"]
    assert [line[2:4] for line in cells(sheet_of(path, "To fix"))[1:]] == before == [[3, "Refused"]]


def test_a_profile_travels_with_the_workbook(clerk: Clerk) -> None:
    """Given by its path at first, it need not be given again."""
    headings = "Bill,Vendor,Issued,Due,Net,Sales Tax,Total"
    lines = [
        f"{clerk.number(1)},vend-greenleaf,{TODAY},{TODAY},100.00,8.00,108.00",
        f"{clerk.number(2)},vend-greenleaf,{TODAY},{TODAY},100.00,x,108.00",
    ]
    (clerk.folder / "acme.csv").write_text("\n".join([headings, *lines]) + "\n", encoding="utf-8")
    (clerk.folder / "acme.toml").write_text(
        """
        name = "acme"
        [columns]
        invoice_number = "Bill"
        line_amount = "Net"
        [defaults]
        property_id = "prop-maplecourt"
        financial_account_id = "finacct-6210"
        notes = "{file} row {row}"
        memo = "Grounds"
        [[extra_lines]]
        heading = "Sales Tax"
        financial_account_id = "finacct-6105"
        """,
        encoding="utf-8",
    )
    first = clerk.runs("submit", "acme.csv", "--profile", "acme.toml", "--yes", "--json")
    assert first.statuses == {clerk.number(1): "posted", clerk.number(2): "needs_fixing"}, first.err
    (clerk.folder / "acme.toml").unlink()
    path = clerk.folder / "acme.results.xlsx"
    book = openpyxl.load_workbook(path)
    tax = next(cell.column for cell in book["To fix"][1] if cell.value == "Sales Tax")
    book["To fix"].cell(2, tax).value = 8
    book.save(path)
    second = clerk.runs("submit", path.name, "--yes", "--json")
    assert second.statuses == {clerk.number(1): "already_posted", clerk.number(2): "posted"}, second.err


def test_a_workbook_in_which_somebody_works_is_not_written_over(clerk: Clerk) -> None:
    """`status` puts its news beside it, and after that writes what stands there anew."""
    clerk.writes_good()
    clerk.runs("submit", "march.csv", "--yes")
    path = clerk.folder / "march.results.xlsx"
    book = openpyxl.load_workbook(path)
    book["Rows"]["Z9"] = "my note"
    book.save(path)
    worked_in = path.read_bytes()
    said = clerk.runs("status")
    assert "march.results.xlsx has been worked in and stays as it is" in said.err
    assert "2 invoices are now confirmed in ResMan ($200.00)" in said.out
    assert path.read_bytes() == worked_in
    beside = clerk.folder / "march.results (status).xlsx"
    assert any("Confirmed in ResMan" in line for line in cells(sheet_of(beside, "Summary")))
    run = next(each["run"] for each in clerk.runs("history", "--json").answer["runs"] if each["command"] == "submit")
    clerk.runs("status", run)
    assert not (clerk.folder / "march.results (status 2).xlsx").exists()


def test_one_run_and_all_that_is_known_of_it(clerk: Clerk) -> None:
    """In words, for programs and as a csv: who, what, its invoices as they stand now, and where its workbook is."""
    clerk.writes("march.csv", row(clerk.number(1)), row(clerk.number(2)))
    name = clerk.runs("submit", "march.csv", "--yes", "--json").answer["run"]
    clerk.runs("status")
    said = clerk.runs("history", name)
    assert said.code == 0
    for words in (name, "march.csv", clerk.number(1), "confirmed", str(clerk.folder / "march.results.xlsx")):
        assert words in said.out
    answer = clerk.runs("history", name, "--json").answer
    assert [each["run"] for each in answer["runs"]] == [name]
    assert {each["resman"] for each in answer["invoices"]} == {"confirmed"}
    lines = list(csv.DictReader(io.StringIO(clerk.runs("history", name, "--csv").out)))
    assert [(line["Invoice"], line["Amount"], line["ResMan"]) for line in lines] == [
        (each["invoice_number"], "100.00", "confirmed") for each in answer["invoices"]
    ]
    runs = list(csv.DictReader(io.StringIO(clerk.runs("history", "--csv").out)))
    assert [(line["Command"], line["Posted"], line["Confirmed"]) for line in runs] == [
        ("status", "", "2"), ("submit", "2", ""),
    ]  # fmt: skip
    (clerk.folder / "march.results.xlsx").unlink()
    assert "(no longer there)" in clerk.runs("history", name).out
    assert clerk.runs("history", "none").code == 2
    assert clerk.runs("history", "--json", "--csv").code == 2
