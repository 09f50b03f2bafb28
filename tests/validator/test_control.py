"""Control totals: what somebody expects of the files against what they come to."""

from __future__ import annotations

from importer.problems import CONTROL_TOTAL, Place, Problem
from importer.validator.control import Expected, misses
from tests.factory import invoice, line, reading, source

TWO = reading([invoice(line(1, 12_345)), invoice(line(1, 655), number="2", memo=None, first_row=3)])


def test_what_is_met_is_no_problem() -> None:
    """Invoices with errors count as well: the question is whether the file is whole."""
    assert list(misses(TWO, Expected(2, 13_000))) == []
    assert list(misses(TWO, Expected())) == []


def test_each_expectation_that_is_missed_is_told_with_both_numbers() -> None:
    """Each stops the whole run."""
    found = list(misses(TWO, Expected(1, 13_001)))
    place = Place("march.xlsx")
    assert found == [
        Problem(CONTROL_TOTAL, "Expected 1 invoice, found 2.", place),
        Problem(CONTROL_TOTAL, "Expected $130.01, found $130.00: $0.01 apart.", place),
    ]
    assert all(problem.kind.stops_run for problem in found)


def test_of_nothing_expected_something_is_too_much() -> None:
    """Zero is an expectation."""
    assert [problem.what for problem in misses(TWO, Expected(0, 0))] == [
        "Expected 0 invoices, found 2.",
        "Expected $0.00, found $130.00: $130.00 apart.",
    ]


def test_over_several_files_no_single_one_is_blamed() -> None:
    """The place names a file only where there is one."""
    several = reading([invoice(), invoice(at=source("extra.csv", None))])
    assert [problem.place for problem in misses(several, Expected(3))] == [Place()]
