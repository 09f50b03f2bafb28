"""Money to the cent: what a line comes to, how it is sent, and whether the lines make the total."""

from __future__ import annotations

import pytest

from importer.domain.invoice import Line
from importer.domain.payload import PayloadLine
from importer.domain.problem_catalog import (
    CREDIT_MEMO,
    LINE_MISMATCH,
    NEGATIVE_LINE,
    NOT_A_QUANTITY,
    NOT_WHOLE_CENTS,
    REPEATED_INVOICE,
    RESTATED_LINE,
    ROUNDED_LINE,
    TOO_LARGE,
    TOTAL_MISMATCH,
    ZERO_TOTAL,
)
from importer.domain.problems import Problem, ProblemKind
from tests.factory import FIELDS, HEADINGS, invoice, line, source
from tests.validation.judged import (
    at,
    kinds,
    problems,
    verdict,
    whats,
)

ACCOUNT = "finacct-6210"


def sent(quantity: int, price: int, notes: str = "") -> PayloadLine:
    """A line as it goes out."""
    return PayloadLine(financial_account_id=ACCOUNT, quantity_ordered=quantity, unit_price_in_cents=price, notes=notes)


WARNINGS = [
    ("plain", line(3, 2_500), sent(3, 2_500), []),
    ("with its amount", line(3, 2_500, amount=7_500), sent(3, 2_500), []),
    ("amount alone", line(None, None, amount=7_500), sent(1, 7_500), []),
    ("one and an amount", line(1, None, amount=7_500), sent(1, 7_500), []),
    ("price and the same amount", line(None, 7_500, amount=7_500), sent(1, 7_500), []),
    ("nothing of something", line(0, 7_500), sent(0, 7_500), []),
    (
        "a fraction of a quantity",
        line("2.5", 1_000, notes="Mowing"),
        sent(1, 2_500, "Mowing (2.5 × $10.00)"),
        [(RESTATED_LINE, "J2", "2.5", "The line is sent as 1 × $25.00, with 2.5 × $10.00 in its notes.")],
    ),
    (
        "a quantity with zeros at its end",
        line("2.50", 1_000),
        sent(1, 2_500, "(2.5 × $10.00)"),
        [(RESTATED_LINE, "J2", "2.5", "The line is sent as 1 × $25.00, with 2.5 × $10.00 in its notes.")],
    ),
    (
        "a hundred, written as a power",
        line("1E+2", "0.5"),
        sent(1, 50, "(100 × $0.005)"),
        [(RESTATED_LINE, "K2", "0.005", "The line is sent as 1 × $0.50, with 100 × $0.005 in its notes.")],
    ),
    (
        "a fraction that does not come out even",
        line("2.5", 1_033),
        sent(1, 2_583, "(2.5 × $10.33)"),
        [(ROUNDED_LINE, "J2", "2.5", "2.5 × $10.33 is $25.825; $25.83 is sent.")],
    ),
    (
        "a fraction whose amount the vendor cut off",
        line("2.5", 1_033, amount=2_582),
        sent(1, 2_582, "(2.5 × $10.33)"),
        [(ROUNDED_LINE, "J2", "2.5", "2.5 × $10.33 is $25.825; $25.82 is sent.")],
    ),
    (
        "a price of four decimals",
        line(1_000, "12.34"),
        sent(1, 12_340, "(1000 × $0.1234)"),
        [(RESTATED_LINE, "K2", "0.1234", "The line is sent as 1 × $123.40, with 1000 × $0.1234 in its notes.")],
    ),
    (
        "a negative price",
        line(2, -500),
        sent(2, -500),
        [(NEGATIVE_LINE, "K2", "-5", "The line comes to -$10.00.")],
    ),
    (
        "a negative quantity",
        line(-2, 500),
        sent(1, -1_000, "(-2 × $5.00)"),
        [
            (RESTATED_LINE, "J2", "-2", "The line is sent as 1 × -$10.00, with -2 × $5.00 in its notes."),
            (NEGATIVE_LINE, "J2", "-2", "The line comes to -$10.00."),
        ],
    ),
    (
        "half a cent less than nothing",
        line("-2.5", 1_033),
        sent(1, -2_583, "(-2.5 × $10.33)"),
        [
            (ROUNDED_LINE, "J2", "-2.5", "-2.5 × $10.33 is -$25.825; -$25.83 is sent."),
            (NEGATIVE_LINE, "J2", "-2.5", "The line comes to -$25.83."),
        ],
    ),
    (
        "a quantity and an amount",
        line(4, None, amount=10_000, notes="Visits"),
        sent(1, 10_000, "Visits (quantity 4)"),
        [(RESTATED_LINE, "J2", "4", "The line is sent as 1 × $100.00, with quantity 4 in its notes.")],
    ),
    (
        "a price and an amount",
        line(None, 2_500, amount=10_000),
        sent(1, 10_000, "(unit price $25.00)"),
        [(RESTATED_LINE, "K2", "25", "The line is sent as 1 × $100.00, with unit price $25.00 in its notes.")],
    ),
    (
        "two negatives",
        line(-2, -500),
        sent(1, 1_000, "(-2 × -$5.00)"),
        [(RESTATED_LINE, "J2", "-2", "The line is sent as 1 × $10.00, with -2 × -$5.00 in its notes.")],
    ),
]


@pytest.mark.parametrize(
    ("given", "goes", "warned"), [each[1:] for each in WARNINGS], ids=[each[0] for each in WARNINGS]
)
def test_a_line_is_sent_as_the_sheet_says_or_says_how_it_is_not(
    given: Line, goes: PayloadLine, warned: list[tuple[object, str, str, str]]
) -> None:
    """Beside a line that keeps the total above zero: what goes out, and every warning at its cell with its text."""
    at_ours = invoice(given, line(1, 1_000_000), total=1_000_000 + goes.quantity_ordered * goes.unit_price_in_cents)
    found = verdict(at_ours)
    said = [(problem.kind, problem.place.cell, problem.value, problem.what) for problem in found.problems]
    assert said == warned
    assert found.payload is not None
    assert found.payload.read().invoice_items == (goes, sent(1, 1_000_000))


def test_a_credit_within_a_credit_memo_is_not_remarked_on() -> None:
    """The total says it already."""
    assert kinds(invoice(line(1, -500))) == [CREDIT_MEMO]


ERRORS = [
    (
        "an amount that is not the product",
        invoice(line(3, 2_500, amount=7_600), total=7_500),
        [
            Problem(
                LINE_MISMATCH,
                "3 × $25.00 is $75.00, the line amount is $76.00: $1.00 apart.",
                at("L"),
                "line_amount",
                "76",
            )
        ],
    ),
    (
        "an amount a whole cent away from a product with parts of a cent",
        invoice(line("2.5", 1_033, amount=2_581), total=2_581),
        [
            Problem(
                LINE_MISMATCH,
                "2.5 × $10.33 is $25.825, the line amount is $25.81: $0.015 apart.",
                at("L"),
                "line_amount",
                "25.81",
            )
        ],
    ),
    (
        "an amount with parts of a cent",
        invoice(line(None, None, amount="1000.5"), total=1_000),
        [Problem(NOT_WHOLE_CENTS, "The line amount '10.005' has parts of a cent.", at("L"), "line_amount", "10.005")],
    ),
    (
        "a total with parts of a cent",
        invoice(line(1, 1_000), total="1000.5"),
        [
            Problem(
                NOT_WHOLE_CENTS, "The invoice total '10.005' has parts of a cent.", at("H"), "total_amount", "10.005"
            )
        ],
    ),
    (
        "a negative total",
        invoice(line(1, -12_500)),
        [
            Problem(
                CREDIT_MEMO, "The invoice total is -$125.00: this is a credit memo.", at("H"), "total_amount", "-125"
            )
        ],
    ),
    (
        "lines that miss the total",
        invoice(line(1, 10_000), line(2, 5_000), total=23_000),
        [
            Problem(
                TOTAL_MISMATCH,
                "The lines come to $200.00, the invoice total is $230.00: $30.00 less. "
                "A line of $30.00 may be missing, such as tax or freight.",
                at("H"),
                "total_amount",
                "230",
            )
        ],
    ),
    (
        "an enormous total",
        invoice(line(1, 2_000_000_000_000)),
        [
            Problem(
                TOO_LARGE,
                "The invoice total $20,000,000,000.00 cannot be right.",
                at("H"),
                "total_amount",
                "20000000000",
            ),
            Problem(
                TOO_LARGE,
                "The line comes to $20,000,000,000.00, which cannot be right.",
                at("K"),
                "unit_price",
                "20000000000",
            ),
        ],
    ),
]


@pytest.mark.parametrize(("given", "expected"), [each[1:] for each in ERRORS], ids=[each[0] for each in ERRORS])
def test_what_stands_against_sending(given: object, expected: list[Problem]) -> None:
    """Each error whole: kind, sentence with the numbers, cell, field and the cell's text. Nothing is sent."""
    found = verdict(given)  # type: ignore[arg-type]  # an Invoice
    assert (list(found.problems), found.payload) == (expected, None)


def test_a_zero_total_is_a_warning_and_goes() -> None:
    """It may be meant."""
    found = verdict(invoice(line(1, 500), line(1, -500)))
    assert [problem.kind for problem in found.problems] == [ZERO_TOTAL, NEGATIVE_LINE]
    assert found.payload is not None


def test_an_invoice_without_lines_does_not_go() -> None:
    """Nothing adds up to the total; a total alone is not sent."""
    empty = invoice(line(1, 500))._replace(lines=())
    assert kinds(empty) == [TOTAL_MISMATCH]


def test_cents_in_a_column_of_dollars_are_suspected() -> None:
    """The way out names the column, because that is the likely slip."""
    at_ours = source(fields=tuple("total_amount_in_cents" if name == "total_amount" else name for name in FIELDS))
    (problem,) = problems(invoice(total="10.05", at=at_ours))
    assert problem.advice == "This column is in cents; name it total_amount if its numbers are dollars."


def test_the_column_that_is_filled_is_pointed_at() -> None:
    """A sheet with both columns of prices and totals, of which this row uses the second."""
    at_ours = source(
        headings=(*HEADINGS, "Total (cents)", "Price (cents)"),
        fields=(*FIELDS, "total_amount_in_cents", "unit_price_in_cents"),
    )
    given = invoice(line("1", "0.5"), total=-1, at=at_ours)
    cells = list(given.rows[0].cells)
    cells[7], cells[10], cells[13], cells[14] = None, None, "-1", "0.5"
    row = given.rows[0]._replace(kept=tuple(cells))
    moved = given._replace(rows=(row,), lines=(given.lines[0]._replace(row=row),))
    named = [(problem.kind, problem.place.cell, problem.value) for problem in problems(moved)]
    assert named == [
        (CREDIT_MEMO, "N2", "-1"),
        (ROUNDED_LINE, "O2", "0.5"),
        (TOTAL_MISMATCH, "N2", "-1"),
    ]


def test_a_line_whose_quantity_cannot_be_read_is_not_judged() -> None:
    """Its amount can be read; but what would be said of it would be wrong once the quantity is mended."""
    reported = Problem(NOT_A_QUANTITY, "'two' is not a quantity.", at("J"), "quantity_ordered", "two")
    assert problems(invoice(line(None, 500, amount=1_000), problems=[reported])) == [reported]


def test_an_invoice_twice_in_its_sheet_is_named_as_that() -> None:
    """Its rows fell together into one invoice, whose lines come to twice its total."""
    twice = invoice(line(1, 5_000), line(2, 2_500), line(1, 5_000), line(2, 2_500), total=10_000)
    assert problems(twice) == [
        Problem(
            REPEATED_INVOICE,
            "The lines come to $200.00, twice the invoice total: rows 2 to 5 of the file say the same twice.",
            at("H"),
            "total_amount",
            "100",
            "Remove the repeated rows.",
        )
    ]


def test_an_invoice_three_times_in_its_sheet_is_named_as_that() -> None:
    """Also where its lines are alike among themselves."""
    alike = [line(1, 5_000)] * 6
    assert whats(invoice(*alike, total=10_000)) == [
        "The lines come to $300.00, 3 times the invoice total: rows 2 to 7 of the file say the same 3 times."
    ]


def test_equal_lines_that_make_the_total_are_no_repetition() -> None:
    """Four visits at the same price."""
    assert problems(invoice(*[line(1, 5_000)] * 4)) == []


def test_numbers_of_any_length_are_multiplied_exactly() -> None:
    """Thirty digits times thirty digits, where plain decimals would round to 28 or give up."""
    long = line("0.000000000000001", "123456789012345678901234567890")
    rounded = next(each for each in problems(invoice(long, total=123_456_789_012_346)) if each.kind is ROUNDED_LINE)
    assert rounded.what == (
        "0.000000000000001 × $1,234,567,890,123,456,789,012,345,678.90 is "
        "$1,234,567,890,123.4567890123456789; $1,234,567,890,123.46 is sent."
    )
    assert TOO_LARGE in kinds(invoice(line("9" * 15 + "." + "9" * 15, "9" * 17), total=1))


@pytest.mark.parametrize(
    ("total", "told"),
    [
        (121_000, [LINE_MISMATCH, TOTAL_MISMATCH]),
        (28_500, [LINE_MISMATCH]),
        (25_800, [LINE_MISMATCH]),
    ],
)
def test_a_line_that_does_not_multiply_hides_no_wrong_total(total: int, told: list[ProblemKind]) -> None:
    """Both are told at once, where neither reading of the line comes to the total."""
    bad = invoice(line(3, 9_500, amount=25_800), total=total)
    assert kinds(bad) == told
    if TOTAL_MISMATCH in told:
        assert "come to $258.00 by their amounts and to $285.00 by quantity × unit price" in whats(bad)[1]
