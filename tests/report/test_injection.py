"""Nothing that stands in a vendor's file comes to life in an answer."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest
from rich.console import Console

from importer.models import Outcome, Run, SkippedRow, Status
from importer.problems import NOT_A_DATE, Place, Problem
from importer.report import annotate, as_json, html_summary, summary, write_csv, write_html_summary, write_workbook
from importer.results_layout import tidy_text
from tests import factory
from tests.report.injections import ALL


def _run(text: str) -> Run:
    """The text in every place that a vendor or the API can reach."""
    at = factory.source(f"{text}.xlsx", text, headings=(text, *factory.HEADINGS[1:]))
    cell = Problem(NOT_A_DATE, f"{text} is not a date.", at.place(2, "notes"), "notes", text)
    bad = factory.invoice(factory.line(notes=text), number=text, vendor=text, prop=text, notes=text, memo=text, at=at)
    good = factory.invoice(number=f"{text} 2", vendor=text, prop=text, at=at, first_row=3)
    outcomes: list[Outcome] = [
        factory.outcome(bad, Status.NEEDS_FIXING, problems=[cell]),
        factory.outcome(good, Status.POSTED, job_id=text, resman=text),
    ]
    reading = factory.reading(
        [bad, good],
        skipped=[SkippedRow(at.file, at.sheet, 4, text, (text,))],
        problems=[Problem(NOT_A_DATE, text, Place(at.file))],
    )
    return factory.run(*outcomes, of=reading, stopped=text, notices=[text])


@pytest.mark.parametrize("text", ALL)
def test_workbook(text: str, tmp_path: Path) -> None:
    """No formula, no link out, and the clerk's text as it was."""
    book = openpyxl.load_workbook(write_workbook(_run(text), tmp_path / "x.xlsx"))
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            assert [cell.coordinate for cell in row if cell.data_type == "f"] == []
            assert [cell.coordinate for cell in row if cell.hyperlink and cell.hyperlink.target] == []
    assert book["Rows"]["H1"].value == tidy_text(text)
    assert book["Rows"]["M2"].value == tidy_text(text)


@pytest.mark.parametrize("text", ALL)
def test_csv(text: str, tmp_path: Path) -> None:
    """No cell begins like a formula, nor is there a new cell that does where ";" separates."""
    written = write_csv(_run(text), tmp_path / "x.csv").read_text("utf-8-sig")
    formula = re.compile(r"[\s\"]*[=+\-@＝＋－＠]|[\t\r\n]")
    for delimiter in (",", ";"):
        cells = [cell for row in csv.reader(io.StringIO(written, newline=""), delimiter=delimiter) for cell in row]
        assert [cell for cell in cells if formula.match(cell)] == []


@pytest.mark.parametrize("text", ALL)
def test_html(text: str, tmp_path: Path) -> None:
    """The page has the same elements whatever the text says, and loads nothing."""

    class Elements(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.seen: list[tuple[str, tuple[str, ...]]] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.seen.append((tag, tuple(name for name, _ in attrs)))

    def elements(page: str) -> list[tuple[str, tuple[str, ...]]]:
        parser = Elements()
        parser.feed(page)
        return parser.seen

    page = write_html_summary(_run(text), tmp_path / "x.html").read_text("utf-8")
    assert elements(page) == elements(html_summary(_run("harmless")))
    assert not {"script", "img", "link", "a", "iframe", "svg"} & {tag for tag, _ in elements(page)}


@pytest.mark.parametrize("text", ALL)
def test_terminal(text: str) -> None:
    """No control sequence of the file reaches the terminal, and square brackets are no markup."""
    console = Console(file=io.StringIO(), width=200, force_terminal=False)
    console.print(summary(_run(text), Path("x.xlsx")))
    assert isinstance(console.file, io.StringIO)
    said = console.file.getvalue()
    assert "\x1b" not in said
    if text.startswith("["):
        assert text in said


@pytest.mark.parametrize("text", ALL)
def test_json(text: str) -> None:
    """The answer for programs holds the text as it is."""
    answer = json.loads(json.dumps(as_json(_run(text), None)))
    assert answer["invoices"][0]["invoice_number"] in (text, text.strip())
    assert answer["invoices"][0]["problems"][0]["value"] == text


@pytest.mark.parametrize("text", ALL)
def test_annotated_copy(text: str, tmp_path: Path) -> None:
    """The vendor's text stays text in the marked copy, and so does what the importer says about it."""
    original = tmp_path / "march.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["B2"] = "Inv", tidy_text(text)
    sheet["B2"].data_type = "s"
    book.save(original)
    at = factory.source("march.xlsx", "Sheet")
    wrong = Problem(NOT_A_DATE, f"{text} is no date.", at.place(2, "vendor_id"))
    run = factory.run(factory.outcome(factory.invoice(at=at), Status.NEEDS_FIXING, problems=[wrong]))
    copy = openpyxl.load_workbook(annotate(original, run, tmp_path / "copy.xlsx"))
    cells = [cell for sheet in copy.worksheets for row in sheet.iter_rows() for cell in row]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    assert copy["Sheet"]["B2"].value == tidy_text(text)
