"""A marked copy of the vendor's own workbook."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font

from importer.domain.corrections import CorrectionTrail, Round
from importer.domain.outcome import Run, Status
from importer.domain.problem_catalog import NEGATIVE_LINE, NOT_A_DATE, UNCLEAR_CONTINUATION
from importer.domain.problems import Place, Problem
from importer.errors import ResultsNotWritten
from importer.report import annotate
from tests import factory


def _original(path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "March"
    sheet["A1"] = "Maple Court"
    sheet["A1"].font = Font(bold=True, size=20)
    sheet["B2"], sheet["C2"], sheet["D2"] = "03/14/20x6", "=1+1", -5
    sheet["B2"].comment = Comment("call the vendor", "clerk")
    sheet.merge_cells("A3:C3")
    sheet["A3"] = "Total"
    sheet.column_dimensions["B"].width = 33
    book.create_sheet("Importer remarks")
    book.save(path)
    return path


def _run() -> Run:
    at = factory.source("march.xlsx", "March")
    problems = [
        Problem(NOT_A_DATE, "'03/14/20x6' is not a date.", Place("march.xlsx", "March", 2, "B")),
        Problem(NEGATIVE_LINE, "-5.00.", Place("march.xlsx", "March", 2, "D")),
        Problem(NOT_A_DATE, "Elsewhere.", Place("april.xlsx", "March", 2, "A")),
    ]
    loose = Problem(UNCLEAR_CONTINUATION, "Which invoice?", Place("march.xlsx", "March", 3, "C"))
    invoice = factory.invoice(at=at)
    reading = factory.reading([invoice], problems=[loose])
    return factory.run(factory.outcome(invoice, Status.NEEDS_FIXING, problems=problems), of=reading)


def test_cells_are_marked_and_everything_else_stays(tmp_path: Path) -> None:
    """Colour and comment at the cell (of a merged one, at its corner), a list at the end; formats and formulas kept."""
    original = _original(tmp_path / "march.xlsx")
    before = original.read_bytes()
    path = annotate(original, _run(), tmp_path / "march.marked.xlsx")
    assert path == tmp_path / "march.marked.xlsx"
    assert original.read_bytes() == before
    book = openpyxl.load_workbook(path)
    sheet = book["March"]
    assert (sheet["A1"].font.size, sheet["C2"].value, sheet.column_dimensions["B"].width) == (20, "=1+1", 33)
    assert sheet["B2"].fill.start_color.rgb == "00FBD5CE"
    assert sheet["B2"].comment.text == "call the vendor\n\n'03/14/20x6' is not a date. Write it like 2026-03-31."
    assert sheet["D2"].fill.start_color.rgb == "00FDF0C4"
    assert sheet["A3"].fill.start_color.rgb == "00FBD5CE"
    assert sheet["A1"].fill.fill_type is None
    assert book.sheetnames == ["March", "Importer remarks", "Importer remarks 2"]
    assert [[cell.value for cell in row] for row in book["Importer remarks 2"].iter_rows(min_row=2)] == [
        ["March", "C3", "error", "Which invoice? Fill in the invoice number, the vendor and the property."],
        ["March", "B2", "error", "'03/14/20x6' is not a date. Write it like 2026-03-31."],
        ["March", "D2", "warning", "-5.00. It is sent as a credit within the invoice; check that this is meant."],
    ]


def test_what_has_no_column_is_said_where_a_person_looks(tmp_path: Path) -> None:
    """At the row's first wrong cell, or at the invoice's number; with the name of the field, and never paler."""
    original = _original(tmp_path / "march.xlsx")
    at = factory.source("march.xlsx", "March", headings=("Note", "Bill", "Net"), fields=("notes", "invoice_number"))
    problems = [
        Problem(NEGATIVE_LINE, "Minus.", Place("march.xlsx", "March", 5), "due_date"),
        Problem(NOT_A_DATE, "'x' is not a date.", Place("march.xlsx", "March", 5, "C"), "line_amount", "x"),
        Problem(NOT_A_DATE, "The profile gives none.", Place("march.xlsx", "March", 6), "due_date"),
    ]
    invoice = factory.invoice(at=at)
    run = factory.run(factory.outcome(invoice, Status.NEEDS_FIXING, problems=problems), of=factory.reading([invoice]))
    sheet = openpyxl.load_workbook(annotate(original, run, tmp_path / "copy.xlsx"))["March"]
    assert sheet["C5"].comment.text.splitlines() == [
        "Due Date: Minus. It is sent as a credit within the invoice; check that this is meant.",
        "'x' is not a date. Write it like 2026-03-31.",
    ]
    assert sheet["C5"].fill.start_color.rgb == "00FBD5CE"
    assert sheet["B6"].comment.text == "Due Date: The profile gives none. Write it like 2026-03-31."
    assert [cell for row in (5, 6) if (cell := sheet.cell(row, 1)).comment is not None] == []


def test_never_the_original_itself(tmp_path: Path) -> None:
    """Not even when asked to."""
    original = _original(tmp_path / "march.xlsx")
    with pytest.raises(ResultsNotWritten, match="cannot take the place of the vendor's own file"):
        annotate(original, _run(), original)


def test_what_is_no_workbook_cannot_be_marked(tmp_path: Path) -> None:
    """One sentence, and nothing is left behind."""
    original = tmp_path / "march.xlsx"
    original.write_text("a,b\n")
    with pytest.raises(ResultsNotWritten, match="it is not an Excel workbook that can be changed"):
        annotate(original, _run(), tmp_path / "copy.xlsx")
    assert [one.name for one in tmp_path.iterdir()] == ["march.xlsx"]


def test_a_workbook_given_back_is_not_marked(tmp_path: Path) -> None:
    """Its copy would be empty, and look like a clean bill of health."""
    run = _run()
    trace = CorrectionTrail(rounds=(Round(1, "march.results.xlsx", "", ""),))
    run = replace(run, reading=replace(run.reading, trace=trace))
    with pytest.raises(ResultsNotWritten, match="is a results workbook given back"):
        annotate(_original(tmp_path / "march.results.xlsx"), run, tmp_path / "march.marked.xlsx")
