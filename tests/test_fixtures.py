"""The lessons in `fixtures/`: each file gives exactly what stands beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fixtures import make

LESSONS = make.lessons()
ON_ONE_SHEET = [lesson for lesson in LESSONS if lesson.name != "header-and-lines"]
"""Those whose row numbers say it all; rows of an invoice on two sheets are told apart in the workbook alone."""


def expected(lesson: str) -> Any:
    return json.loads((make.FOLDER / lesson / make.EXPECTED).read_text(encoding="utf-8"))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: str(lesson.name))
def test_a_lesson_gives_what_stands_beside_it(lesson: Path, tmp_path: Path) -> None:
    """Counts, money, every problem with its cell, every skipped row, and every body that would be sent."""
    assert json.loads(make.as_text(make.outcome(lesson, tmp_path))) == expected(lesson.name)


@pytest.mark.parametrize("lesson", ON_ONE_SHEET, ids=lambda lesson: str(lesson.name))
def test_every_row_is_accounted_for(lesson: Path, tmp_path: Path) -> None:
    """Data rows belong to exactly one invoice, or to a problem of their own."""
    answer = make.outcome(lesson, tmp_path)
    if "error" in answer:
        return
    of_invoices = [(one["file"], one["sheet"], row) for one in answer["invoices"] for row in one["rows"]]
    loose = {
        (problem["file"], problem["sheet"], problem["row"])
        for problem in answer["problems"]
        if problem["severity"] == "error" and problem["row"]
    }
    skipped = {(row["file"], row["sheet"], row["row"]) for row in answer["skipped_rows"]}
    assert len(of_invoices) == len(set(of_invoices))
    assert len(set(of_invoices) | (loose - skipped)) == answer["counts"]["rows"]


def test_csv_and_xlsx_of_the_same_invoices_give_the_same_bodies() -> None:
    """American dates as text against dates, "1,538.00" against a number: the same invoices leave the house."""
    from_csv, from_xlsx = (
        [invoice["payload"] for invoice in expected(lesson)["invoices"]]
        for lesson in ("landscaping-csv", "landscaping-xlsx")
    )
    assert None not in from_csv
    assert from_csv == from_xlsx


def test_the_file_with_mistakes_lets_the_good_ones_go() -> None:
    """Six invoices are ready although seventeen are not, and no problem is named twice."""
    answer = expected("mistakes")
    problems = [json.dumps(problem) for one in (answer, *answer["invoices"]) for problem in one["problems"]]
    assert (answer["counts"]["ready"], answer["counts"]["needs_fixing"], answer["exit_code"]) == (6, 17, 1)
    assert len(problems) == len(set(problems))
