"""A sum that misses: the likely reason is right, and nothing is said that the numbers do not bear out."""

from __future__ import annotations

import pytest

from importer.domain.invoice import Line
from importer.validation.likely_cause import likely_reason
from tests.factory import invoice, line

CASES: list[tuple[str, list[Line], int, str]] = [
    ("no reason shows", [line(1, 10_000), line(1, 5_000)], 12_700, ""),
    ("the total is zero", [line(1, 10_000)], 0, ""),
    (
        "the lines are in cents",
        [line(1, 1_000_000), line(1, 250_000)],
        12_500,
        "One side looks like cents and the other like dollars.",
    ),
    (
        "the total is in cents",
        [line(1, 10_000), line(1, 2_500)],
        1_250_000,
        "One side looks like cents and the other like dollars.",
    ),
    (
        "the total is a credit, the lines are not",
        [line(1, 10_000)],
        -10_000,
        "It is the same amount with the opposite sign.",
    ),
    (
        "one row says the total",
        [line(1, 10_000), line(1, 2_500), line(1, 12_500, notes="Total")],
        12_500,
        "Row 4 of the file is as much as the whole invoice: it may be its total and not a line.",
    ),
    (
        "a line twice",
        [line(1, 10_000), line(1, 2_500), line(1, 7_000), line(1, 2_500)],
        19_500,
        "Rows 3 and 5 of the file say the same, and one of them is exactly that much: it may be there twice.",
    ),
    (
        "a line too many",
        [line(1, 10_000), line(1, 2_500)],
        10_000,
        "Row 3 of the file is exactly that much: it may not belong here.",
    ),
    (
        "a discount without its minus",
        [line(1, 10_000), line(1, 700)],
        9_300,
        "With -$7.00 in row 3 of the file it would add up: the sign may be wrong.",
    ),
    (
        "a charge with a minus",
        [line(1, 10_000), line(1, -700)],
        10_700,
        "With $7.00 in row 3 of the file it would add up: the sign may be wrong.",
    ),
    (
        "one line in cents",
        [line(1, 10_000), line(1, 250_000)],
        12_500,
        "With $25.00 in row 3 of the file it would add up: dollars and cents may be mixed up there.",
    ),
    (
        "one line a hundred times too small",
        [line(1, 10_000), line(1, 25)],
        12_500,
        "With $25.00 in row 3 of the file it would add up: dollars and cents may be mixed up there.",
    ),
    (
        "two digits changed over in a line",
        [line(1, 10_000), line(1, 13_200)],
        22_300,
        "With $123.00 in row 3 of the file it would add up: two digits may have changed places.",
    ),
    (
        "two digits changed over in the total",
        [line(1, 10_010), line(1, 2_525), line(1, 1_300)],
        18_335,
        "Two digits of the total may have changed places.",
    ),
    (
        "each line rounded, the vendor rounded the sum",
        [line(1, "3333.3"), line(1, "3333.3"), line(1, "3333.4")],
        10_000,
        "Each line is sent in whole cents; unrounded they come to $100.00.",
    ),
    (
        "a sum with parts of a cent",
        [line(1, "3333.3")] * 3,
        10_000,
        "Each line is sent in whole cents; unrounded they come to $99.999.",
    ),
    (
        "a cent",
        [line(1, 3_333), line(1, 3_333), line(1, 3_333)],
        10_000,
        "So little is usually rounding: compare each line with the vendor's document.",
    ),
    (
        "tax was left out",
        [line(1, 10_000), line(1, 5_000)],
        16_238,
        "A line of $12.38 may be missing, such as tax or freight.",
    ),
]


@pytest.mark.parametrize(("lines", "total", "reason"), [each[1:] for each in CASES], ids=[each[0] for each in CASES])
def test_the_reason_fits_the_numbers(lines: list[Line], total: int, reason: str) -> None:
    """Each slip that a clerk or a vendor makes, and what is said of it."""
    amounts = [round(one.worth) for one in lines if one.worth is not None]
    assert sum(amounts) != total
    assert likely_reason(invoice(*lines, total=total), amounts, total) == reason
