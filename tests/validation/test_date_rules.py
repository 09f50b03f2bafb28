"""Dates by themselves and together: one mistake is told once, at its cell."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from importer.domain.problem_catalog import (
    DISTANT_ACCOUNTING_DATE,
    DUE_BEFORE_ISSUED,
    FUTURE_DATE,
    IMPOSSIBLE_YEAR,
    OLD_DATE,
)
from importer.domain.problems import Problem
from tests.factory import FIELDS, HEADINGS, invoice, source
from tests.validation.judged import (
    TODAY,
    at,
    kinds,
    problems,
    verdict,
)

ISSUED = date(2026, 3, 1)
FURTHEST = TODAY + timedelta(days=5 * 366)


def test_ordinary_dates_pass() -> None:
    """Issued this month, due next month, or on the very day."""
    assert problems(invoice(issued=ISSUED, due=ISSUED)) == []
    assert problems(invoice(issued=ISSUED, due=date(2026, 4, 30), accounting=TODAY)) == []


def test_due_before_issued_stops_the_invoice() -> None:
    """Both dates are in the sentence, the place is the due date's."""
    found = verdict(invoice(issued=ISSUED, due=date(2026, 2, 28)))
    what = "The due date 2026-02-28 is before the bill date 2026-03-01."
    assert found.problems == (Problem(DUE_BEFORE_ISSUED, what, at("E"), "due_date", "2026-02-28"),)
    assert found.payload is None


@pytest.mark.parametrize("year", [1, 206, 1926, 1999, 2062, 9999])
def test_a_year_that_cannot_be_stops_the_invoice_and_is_told_once(year: int) -> None:
    """A slip in one year would otherwise be told as a wrong order of dates as well."""
    slip = date(year, 3, 1)
    for field, column, given in (
        ("invoice_date", "D", invoice(issued=slip)),
        ("due_date", "E", invoice(due=slip)),
    ):
        found = verdict(given)
        what = f"'{slip}' is in the year {year}."
        assert found.problems == (Problem(IMPOSSIBLE_YEAR, what, at(column), field, str(slip)),)
        assert found.payload is None


def test_an_impossible_accounting_date_is_no_distant_one_as_well() -> None:
    """Its own column, named once."""
    at_ours = source(headings=(*HEADINGS, "Post Date"), fields=(*FIELDS, "accounting_date"))
    (problem,) = problems(invoice(accounting=date(2206, 3, 31), at=at_ours))
    assert (problem.kind, problem.place.cell, problem.value) == (IMPOSSIBLE_YEAR, "N2", "2206-03-31")


@pytest.mark.parametrize(
    ("issued", "expected"),
    [
        (TODAY - timedelta(days=366), []),
        (TODAY - timedelta(days=367), [OLD_DATE]),
        (date(2000, 1, 1), [OLD_DATE]),
        (date(1999, 12, 31), [IMPOSSIBLE_YEAR]),
        (TODAY + timedelta(days=60), []),
        (TODAY + timedelta(days=61), [FUTURE_DATE]),
        (FURTHEST, [FUTURE_DATE]),
        (FURTHEST + timedelta(days=1), [IMPOSSIBLE_YEAR]),
    ],
)
def test_a_bill_date_far_away_is_a_warning_until_it_cannot_be(issued: date, expected: list[object]) -> None:
    """The edges of a year back, two months ahead, the year 2000, and five years ahead."""
    assert kinds(invoice(issued=issued, due=min(max(issued, TODAY), FURTHEST))) == expected


def test_warnings_about_dates_say_the_date_and_let_the_invoice_go() -> None:
    """Old, and booked far from its own date."""
    at_ours = source(headings=(*HEADINGS, "Post Date"), fields=(*FIELDS, "accounting_date"))
    found = verdict(invoice(issued=date(2024, 3, 1), accounting=date(2026, 3, 31), at=at_ours))
    old = "The bill date is 2024-03-01, more than a year ago."
    distant = "The accounting date 2026-03-31 is more than a year away from the bill date 2024-03-01."
    assert found.problems == (
        Problem(OLD_DATE, old, at("D"), "invoice_date", "2024-03-01"),
        Problem(DISTANT_ACCOUNTING_DATE, distant, at("N"), "accounting_date", "2026-03-31"),
    )
    assert found.payload is not None


def test_a_future_date_is_said_to_be_one() -> None:
    """The usual slip is in the year."""
    (problem,) = problems(invoice(issued=date(2027, 3, 1), due=date(2027, 3, 31)))
    assert problem.message == "D2: The bill date is 2027-03-01, far in the future. Check the year."
