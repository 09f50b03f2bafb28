"""Whatever the sheet says: nothing raises, nothing is rounded in silence, and what goes out is what stood there."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from importer.domain.cells import cell_text
from importer.domain.invoice import Invoice, Line, Row
from importer.domain.problem_catalog import (
    NEGATIVE_LINE,
    REPEATED_INVOICE,
    RESTATED_LINE,
    ROUNDED_LINE,
)
from importer.domain.problems import ProblemKind
from importer.validation import (
    DATES,
    REQUIRED,
    TOTALS,
    validate,
)
from importer.validation.line_rounding import charge
from importer.validation.rule_input import RuleInput
from tests.factory import FIELDS, HEADINGS, invoice, line, reading, source
from tests.validation.judged import TODAY, verdict

AT = source(
    headings=(*HEADINGS, "Total (cents)", "Price (cents)", "Post Date"),
    fields=(*FIELDS, "total_amount_in_cents", "unit_price_in_cents", "accounting_date"),
)

numbers = st.one_of(
    st.integers(-20, 2_000).map(Decimal),
    st.decimals(-1_000, 100_000, places=2),
    st.decimals(-100, 1_000, places=5),
    st.sampled_from([Decimal(10) ** 15, Decimal("0.000000000000001"), Decimal("9" * 15 + "." + "9" * 15)]),
    st.sampled_from([Decimal("-0"), Decimal("1E+3"), Decimal("2.500"), Decimal("0.5"), Decimal("-0.5")]),
)
maybe = st.none() | numbers
texts = st.none() | st.text(min_size=1, max_size=8)
days = st.none() | st.dates() | st.dates(date(2025, 1, 1), date(2026, 12, 31))


@st.composite
def lines(draw: st.DrawFn, *, whole: bool = False) -> Line:
    """A line that says anything; with `whole` one that has what it needs, though not always an amount that fits."""
    quantity, price, amount = draw(maybe), draw(maybe), draw(maybe)
    if whole:
        quantity, price = draw(numbers), draw(numbers)
        exact = quantity * price
        amount = draw(st.sampled_from([None, None, exact.to_integral_value(), exact.to_integral_value() + 1]))
    row = Row(AT, 0, ())
    return Line(row, "finacct-1" if whole else draw(texts), quantity, price, amount, draw(st.sampled_from(["", "Mow"])))


@st.composite
def any_invoice(draw: st.DrawFn) -> Invoice:
    """Any field may be missing or absurd."""
    return Invoice(
        draw(texts),
        draw(texts),
        draw(texts),
        draw(texts),
        draw(days),
        draw(days),
        draw(days),
        draw(texts),
        draw(texts),
        draw(maybe),
        *_placed(draw(st.lists(lines(), max_size=4))),
    )


def _placed(given_lines: list[Line]) -> tuple[tuple[Line, ...], tuple[Row, ...]]:
    rows = [Row(AT, number + 2, ("x",) * len(AT.headings)) for number in range(max(1, len(given_lines)))]
    placed = tuple(each._replace(row=row) for each, row in zip(given_lines, rows, strict=False))
    return placed, tuple(rows)


@given(st.lists(any_invoice(), min_size=1, max_size=3))
def test_no_invoice_makes_a_rule_raise(invoices: list[Invoice]) -> None:
    """Whatever is missing: a verdict for each, with an error or a payload, never both and never neither."""
    verdicts = validate(reading(invoices), today=TODAY)
    assert [each.invoice for each in verdicts] == invoices
    for each in verdicts:
        assert any(problem.is_error for problem in each.problems) is (each.payload is None)


@st.composite
def nearly_right(draw: st.DrawFn) -> Invoice:
    """Few dates, small lines, and a total that is theirs or just beside it."""
    quantities, prices = st.sampled_from(["-1", "0", "1", "2", "0.5"]), st.integers(-1, 9)
    given_lines = [line(draw(quantities), 2 * draw(prices)) for _ in range(draw(st.integers(0, 3)))]
    came_to = sum(int(each.extended or 0) for each in given_lines)
    few = st.sampled_from([date(1999, 3, 1), date(2024, 3, 1), date(2026, 3, 1), date(2026, 3, 31)])
    total = came_to + draw(st.sampled_from([0, 0, 0, 1]))
    return invoice(*given_lines, issued=draw(few), due=draw(few), accounting=draw(st.none() | few), total=total)


@given(st.lists(any_invoice() | nearly_right(), min_size=1, max_size=4))
def test_no_rule_is_spared_what_it_would_have_said(invoices: list[Invoice]) -> None:
    """Rules are not asked where the answer is known: each says what it says of that invoice alone."""
    for one, found in zip(invoices, validate(reading(invoices), today=TODAY), strict=True):
        case = RuleInput(one, tuple(map(charge, one.lines)), TODAY)
        told = [problem for rule in (*REQUIRED, *DATES, *TOTALS) for problem in rule(case)]
        assert [each for each in found.problems if each.kind is not REPEATED_INVOICE] == [
            each for each in told if each.kind is not REPEATED_INVOICE
        ]


@given(any_invoice())
def test_every_problem_can_be_found_and_read(one: Invoice) -> None:
    """Its row is one of the invoice's, its cell text is that cell's, its sentences end, and none is told twice."""
    found = verdict(one).problems
    rows = {row.number: row for row in one.rows}
    for problem in found:
        assert problem.place.row in rows
        assert problem.what.endswith(".")
        assert problem.message.endswith(".")
        if problem.field is not None and problem.place.column is not None and problem.value:
            assert problem.value == cell_text(rows[problem.place.row].cell(problem.field))
    assert max(Counter((problem.kind, problem.place, problem.what) for problem in found).values(), default=1) == 1


@given(st.lists(lines(whole=True), min_size=1, max_size=5), st.integers(-2, 2))
def test_what_passes_adds_up_and_is_what_the_sheet_says(given_lines: list[Line], off: int) -> None:
    """The lines of what is sent make its total to the cent. A line is sent as it stands, or with a warning at its row
    that says how; without one not even a part of a cent is lost."""
    lines_come_to = sum(_sent_as(each) for each in given_lines)
    found = verdict(invoice(*given_lines, total=lines_come_to + off))
    if found.payload is None:
        return
    items = found.payload.read().invoice_items
    assert sum(item.quantity_ordered * item.unit_price_in_cents for item in items) == lines_come_to + off
    assert found.payload.total_amount_in_cents == lines_come_to + off
    for item, each in zip(items, found.invoice.lines, strict=True):
        warned = {problem.kind for problem in found.problems if problem.place.row == each.row.number}
        _compare(each, item.quantity_ordered, item.unit_price_in_cents, item.notes, warned)


def _sent_as(given_line: Line) -> int:
    """What the line should go out as: its own amount, or the product with half a cent rounded away from zero."""
    if given_line.amount is not None:
        return int(given_line.amount)
    exact = Fraction(given_line.quantity or 0) * Fraction(given_line.unit_price or 0)
    cents = int(abs(exact) + Fraction(1, 2))
    return cents if exact >= 0 else -cents


def _compare(given_line: Line, quantity: int, price: int, notes: str, warned: set[ProblemKind]) -> None:
    said_quantity, said_price = given_line.quantity, given_line.unit_price
    assert said_quantity is not None
    assert said_price is not None
    exact = Fraction(said_quantity) * Fraction(said_price)
    is_exact = quantity * price == exact
    assert is_exact or ROUNDED_LINE in warned
    assert abs(quantity * price - exact) < 1
    if quantity == said_quantity and price == said_price and notes == given_line.notes:
        assert not {ROUNDED_LINE, RESTATED_LINE} & warned
    else:
        assert quantity == 1
        assert {ROUNDED_LINE, RESTATED_LINE} & warned
        said = Decimal(said_quantity)
        assert f"{said.normalize():f} × " in notes or len(said.as_tuple().digits) > 28
    assert (quantity * price < 0) == (NEGATIVE_LINE in warned)


@given(st.lists(st.integers(-5_000, 50_000), min_size=1, max_size=6), st.integers(-60_000, 60_000))
def test_a_sum_that_misses_never_goes(prices: list[int], total: int) -> None:
    """And one that does not miss, does; a total below zero never goes."""
    found = verdict(invoice(*(line(1, price) for price in prices), total=total))
    assert (found.payload is not None) == (sum(prices) == total >= 0)


@given(st.lists(st.integers(1, 50_000), min_size=1, max_size=5), st.integers(1, 60_000))
def test_a_likely_reason_that_names_an_amount_would_mend_it(prices: list[int], total: int) -> None:
    """Where the sentence says that a line would add up with another amount, it does."""
    found = verdict(invoice(*(line(1, price) for price in prices), total=total)).problems
    for problem in found:
        if "it would add up" not in problem.what:
            continue
        said = re.search(r"With (-?)\$([\d,.]+) in row (\d+) of the file it", problem.what)
        assert said is not None
        cents = int(said[1] + re.sub("[,.]", "", said[2]))
        others = [price for number, price in enumerate(prices, start=2) if number != int(said[3])]
        assert sum(others) + cents == total
