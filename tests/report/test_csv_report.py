"""The rows as csv."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

from importer.domain.corrections import Correction, CorrectionTrail, Round
from importer.domain.outcome import Status
from importer.domain.problem_catalog import NOT_A_DATE
from importer.domain.problems import Problem
from importer.report import write_csv
from importer.workbook_format.layout import FRONT
from tests import factory


def test_rows_of_all_tables_in_one_file(tmp_path: Path) -> None:
    """Same headings share a column, repeated ones have one each, others are added; negative numbers stay numbers."""
    first = factory.source(headings=("Inv", "Net", "Net"), fields=("invoice_number", "line_amount"))
    second = factory.source(sheet="April", headings=("Net", "When", None), fields=("line_amount", "invoice_date"))
    one = factory.with_cells(factory.invoice(at=first), [("007", -45.5, "(45.50)")])
    two = factory.with_cells(factory.invoice(at=second), [("+44 20", date(2026, 4, 1), "x", "beyond")])
    wrong = Problem(NOT_A_DATE, "=1 is not a date.", second.place(2, "invoice_date"))
    run = factory.run(factory.outcome(one, job_id="job-1"), factory.outcome(two, Status.NEEDS_FIXING, problems=[wrong]))
    path = write_csv(run, tmp_path / "x.csv")
    assert path.read_bytes().startswith(b'\xef\xbb\xbf"File","Sheet",')
    with path.open(encoding="utf-8-sig", newline="") as lines:
        assert list(csv.reader(lines)) == [
            [*FRONT, "Inv", "Net", "Net", "When", "", ""],
            ["march.xlsx", "Sheet1", "2", "Posted", "007", "job-1", "", "007", "-45.5", "(45.50)", "", "", ""],
            [
                "march.xlsx", "April", "2", "Needs fixing", "INV-1001", "",
                "When: =1 is not a date. Write it like 2026-03-31.", "", "'+44 20", "", "2026-04-01", "x", "beyond",
            ],
        ]  # fmt: skip


def test_a_csv_says_what_was_changed_by_hand(tmp_path: Path) -> None:
    """In a last column, where a workbook was given back: the csv is all that is left of the corrections otherwise."""
    at = factory.source()
    one = factory.with_cells(factory.invoice(at=at), [("x",)])
    row = one.rows[0].number
    place = ("march.xlsx", at.sheet or "", row)
    changes = [Correction(1, "fixed.xlsx", "run-1", "A", *place, name, *said)
               for name, said in (("Total", ("=350", "331.75")), ("Memo", ("", "new")))]  # fmt: skip
    run = factory.run(factory.outcome(one))
    trace = CorrectionTrail(rounds=(Round(1, "fixed.xlsx", "0" * 64, "run-1"),), corrections=tuple(changes))
    run = replace(run, reading=replace(run.reading, trace=trace))
    with write_csv(run, tmp_path / "x.csv").open(encoding="utf-8-sig", newline="") as lines:
        (line,) = csv.DictReader(lines)
    assert line["Changed by hand"] == "Total: =350 → 331.75 (round 1); Memo:  → new (round 1)"
