"""Control totals: what somebody expects of the files against what they come to."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from importer.domain.corrections import CorrectionTrail, TakenOut
from importer.domain.problem_catalog import CONTROL_TOTAL
from importer.domain.problems import Place, Problem
from importer.domain.reading import ControlTotal, Reading
from importer.validation.expectation import ExpectedTotals, against, misses
from tests.factory import invoice, line, reading, source

TWO = reading([invoice(line(1, 12_345)), invoice(line(1, 655), number="2", memo=None, first_row=3)])


def test_what_is_met_is_no_problem() -> None:
    """Invoices with errors count as well: the question is whether the file is whole."""
    assert list(misses(TWO, ExpectedTotals(2, 13_000))) == []
    assert list(misses(TWO, ExpectedTotals())) == []


def test_each_expectation_that_is_missed_is_told_with_both_numbers() -> None:
    """Each stops the whole run."""
    found = list(misses(TWO, ExpectedTotals(1, 13_001)))
    place = Place("march.xlsx")
    assert found == [
        Problem(CONTROL_TOTAL, "Expected 1 invoice, found 2.", place),
        Problem(CONTROL_TOTAL, "Expected $130.01, found $130.00: $0.01 apart.", place),
    ]
    assert all(problem.kind.stops_run for problem in found)


def test_of_nothing_expected_something_is_too_much() -> None:
    """Zero is an expectation."""
    assert [problem.what for problem in misses(TWO, ExpectedTotals(0, 0))] == [
        "Expected 0 invoices, found 2.",
        "Expected $0.00, found $130.00: $130.00 apart.",
    ]


def test_over_several_files_no_single_one_is_blamed() -> None:
    """The place names a file only where there is one."""
    several = reading([invoice(), invoice(at=source("extra.csv", None))])
    assert [problem.place for problem in misses(several, ExpectedTotals(3))] == [Place()]


def test_what_is_worth_exactly_the_difference_is_named() -> None:
    """A bill or a line too much, lines that come to more than their invoice's total, and what was taken out by hand."""

    def said(of: Reading, total: int) -> str:
        (problem,) = misses(of, ExpectedTotals(total=total))
        return problem.what

    assert said(TWO, 12_345).endswith(": $6.55 apart. Exactly that much is 2 (row 3).")
    lines = reading([invoice(line(1, 400), line(1, 655), total=400)])
    assert said(lines, 1_055).endswith(
        "Exactly that much is what the lines of INV-1001 (rows 2 and 3) come to beyond its total."
    )
    out = TakenOut(1, "march.results.xlsx", "run-1", "INV-7", "v", "p", "march.xlsx", "9", 500)
    less = replace(TWO, trace=CorrectionTrail(taken_out=(out,)))
    assert said(less, 13_500).endswith("Exactly that much is INV-7, which was taken out by hand.")
    corrected = replace(TWO, trace=CorrectionTrail(invoices=3, cents=14_000))
    since = "That is what the vendor's file has: the rest was done by hand since."
    assert [each.what for each in misses(corrected, ExpectedTotals(3, 14_000))] == [
        f"Expected 3 invoices, found 2. {since}",
        f"Expected $140.00, found $130.00: $10.00 apart. {since}",
    ]
    assert said(less, 13_100).endswith("Since the vendor's file 1 invoice was taken out by hand, $5.00.")


def test_a_total_of_the_file_says_by_how_much_it_is_missed() -> None:
    """With what is worth exactly that; one that is met says nothing more."""
    place = Place("march.xlsx", TWO.invoices[0].source.sheet, 9, "D")
    control = ControlTotal(place, "Total", Decimal(12_345), Decimal(13_000))
    problem = Problem(CONTROL_TOTAL, "'Total' says $123.45, and the rows above come to $130.00.", place)
    (told,) = against(replace(TWO, control_totals=(control,), problems=(problem,)), ExpectedTotals()).problems
    assert told.what == f"{problem.what} That is $6.55 too much. Exactly that much is 2 (row 3)."
