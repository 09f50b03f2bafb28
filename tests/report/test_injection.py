"""Nothing that stands in a vendor's file comes to life in an answer."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest
from rich.console import Console

from importer.domain.corrections import (
    Correction,
    CorrectionTrail,
    Origin,
    Round,
    TakenOut,
)
from importer.domain.follow_up_facts import Change
from importer.domain.outcome import Outcome, Run, Status
from importer.domain.problem_catalog import NOT_A_DATE
from importer.domain.problems import Place, Problem
from importer.domain.reading import ControlTotal, SkippedRow
from importer.domain.unresolved import UnresolvedName
from importer.domain.visible_text import visible
from importer.report import annotate, as_json, html_summary, summary, write_csv, write_html_summary, write_workbook
from importer.report.history import history_csv, one_run_csv
from importer.workbook_format.layout import tidy_text
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
    trace = CorrectionTrail(
        (Origin(text, text, 1),),
        (Round(1, text, "0", text),),
        (Correction(1, text, text, text, text, text, 2, text, text, text),),
        (TakenOut(1, text, text, text, text, text, text, "2", 100),),
        3,
        300,
    )
    total = ControlTotal(at.place(4, "property_id"), text, Decimal(1), Decimal(2))
    run = factory.run(
        *outcomes, of=replace(reading, trace=trace, control_totals=(total,)), stopped=text, notices=[text]
    )
    change = Change("k", text, text, 100, "pending", "confirmed", run.started)
    name = UnresolvedName("vendor", text, 1, 1, 100, (text,), None, is_ambiguous=False)
    return replace(run, who=text, changes=(change,), unknown_names=(name,))


@pytest.mark.parametrize("text", ALL)
def test_workbook(text: str, tmp_path: Path) -> None:
    """No formula, no link out, and the clerk's text as it was."""
    book = openpyxl.load_workbook(write_workbook(_run(text), tmp_path / "x.xlsx"))
    assert "Corrections" in book.sheetnames
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            assert [cell.coordinate for cell in row if cell.data_type == "f"] == []
            assert [cell.coordinate for cell in row if cell.hyperlink and cell.hyperlink.target] == []
    assert book["Rows"]["H1"].value == tidy_text(text)
    assert book["Rows"]["M2"].value == tidy_text(text)


@pytest.mark.parametrize("text", ALL)
def test_csv(text: str, tmp_path: Path) -> None:
    """No cell begins like a formula, nor is there a new cell that does where ";" separates."""
    _holds_no_formula(write_csv(_run(text), tmp_path / "x.csv").read_text("utf-8-sig"))


@pytest.mark.parametrize("text", ALL)
def test_history_as_csv(text: str) -> None:
    """The same of the runs and of the invoices of one: names of files, people, vendors, answers and folders."""
    run = _run(text)
    record = {
        **dict.fromkeys(("id", "command", "who", "destination", "plan", "stopped", "results"), text),
        "started": run.started,
        "finished": run.finished,
        "files": [{"name": text}, {"name": text}],
        "counts": run.counts(),
        "amounts": run.amounts(),
        "exit_code": 1,
    }
    _holds_no_formula(history_csv([record]))
    _holds_no_formula(one_run_csv(run))


def _holds_no_formula(written: str) -> None:
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
    assert visible(page) == page
    assert not {"script", "img", "link", "a", "iframe", "svg"} & {tag for tag, _ in elements(page)}


@pytest.mark.parametrize("text", ALL)
def test_terminal(text: str) -> None:
    """No control sequence of the file reaches the terminal, and square brackets are no markup."""
    console = Console(file=io.StringIO(), width=200, force_terminal=False)
    console.print(summary(_run(text), Path("x.xlsx")))
    assert isinstance(console.file, io.StringIO)
    said = console.file.getvalue()
    assert visible(said) == said
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
