"""Blank cells: each is named once, at its cell, with the way out."""

from __future__ import annotations

from decimal import Decimal

import pytest

from importer.domain.fields import BY_NAME
from importer.domain.invoice import Invoice
from importer.domain.problem_catalog import MISSING_VALUE, NOT_A_DATE, NOT_MONEY
from importer.domain.problems import Problem
from tests.factory import FIELDS, HEADINGS, invoice, line, source, with_cells
from tests.validation.judged import at, problems, verdict

BLANK_HEADERS = [
    ("property_id", "A", {"prop": None}),
    ("vendor_id", "B", {"vendor": None}),
    ("invoice_number", "C", {"number": None}),
    ("invoice_date", "D", {"issued": None}),
    ("due_date", "E", {"due": None}),
    ("notes", "F", {"notes": None}),
    ("memo", "G", {"memo": None}),
    ("total_amount", "H", {"total": None}),
]


@pytest.mark.parametrize(("field", "column", "blank"), BLANK_HEADERS, ids=[each[0] for each in BLANK_HEADERS])
def test_a_blank_header_cell_is_named_at_its_cell(field: str, column: str, blank: dict[str, None]) -> None:
    """One problem for one blank cell, and nothing is sent."""
    found = verdict(invoice(**blank))  # type: ignore[arg-type]  # every one of these may be None
    expected = Problem(MISSING_VALUE, f"The {BY_NAME[field].heading} is blank.", at(column), field, "")
    assert (list(found.problems), found.payload) == ([expected], None)


def test_all_blank_cells_are_named_at_once() -> None:
    """A clerk mends everything in one go."""
    empty = invoice(
        line(None, None, account=None),
        prop=None,
        vendor=None,
        number=None,
        issued=None,
        due=None,
        notes=None,
        memo=None,
        total=None,
    )
    named = [(problem.place.cell, problem.field) for problem in problems(empty)]
    headers = [("A2", "property_id"), ("B2", "vendor_id"), ("C2", "invoice_number"), ("D2", "invoice_date")]
    headers += [("E2", "due_date"), ("F2", "notes"), ("G2", "memo"), ("H2", "total_amount")]
    lines = [("I2", "financial_account_id"), ("J2", "quantity_ordered"), ("K2", "unit_price")]
    assert named == headers + lines


def test_no_integration_anywhere_says_where_it_may_stand() -> None:
    """There is no cell to point at, so the sentence names the settings."""
    (problem,) = problems(invoice(integration=None))
    assert problem.message == (
        "row 2: It is not said which ResMan account the invoice is for. Set PROPEXO_INTEGRATION_ID, or integration_id "
        "in importer.toml, or add an Integration column."
    )


def test_a_blank_integration_cell_is_an_ordinary_blank_cell() -> None:
    """Where the sheet has the column, its cell is the place to mend."""
    at_ours = source(headings=("Integration", *HEADINGS), fields=("integration_id", *FIELDS))
    (problem,) = problems(invoice(integration=None, at=at_ours))
    assert problem.message == "A2: The Integration is blank. Fill it in."


def test_an_accounting_date_may_be_blank() -> None:
    """ResMan takes the bill date then; the field is not sent at all."""
    payload = verdict(invoice(accounting=None)).payload
    assert payload is not None
    assert "accounting_date" not in payload.body()


def test_a_line_with_an_amount_needs_neither_quantity_nor_price() -> None:
    """It is sent as quantity 1 at that price, without a warning."""
    found = verdict(invoice(line(None, None, amount=12_345)))
    assert found.problems == ()
    assert found.payload is not None
    assert [(item.quantity_ordered, item.unit_price_in_cents) for item in found.payload.read().invoice_items] == [
        (1, 12_345)
    ]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (line(2, None), ["K2"]),
        (line(None, 500), ["J2"]),
        (line(None, None), ["J2", "K2"]),
    ],
    ids=["no price", "no quantity", "neither"],
)
def test_half_a_price_is_not_enough(given: object, named: list[str]) -> None:
    """Without an amount both are needed, and the one that is missing is named."""
    found = problems(invoice(given, total=1_000))  # type: ignore[arg-type]  # a Line
    assert [problem.place.cell for problem in found] == named


@pytest.mark.parametrize(
    "fields",
    [
        ("", "", "line_amount"),
        ("quantity_ordered", "", "line_amount"),
        ("", "unit_price", "line_amount"),
    ],
    ids=["amounts alone", "no price column", "no quantity column"],
)
def test_where_only_amounts_can_be_given_the_amount_is_missed(fields: tuple[str, ...]) -> None:
    """Nobody is sent looking for a column that the sheet does not have."""
    at_ours = source(fields=(*FIELDS[:9], *fields, "item_notes"))
    (problem,) = problems(invoice(line(None, None), total=1_000, at=at_ours))
    assert problem.message == "L2: The Line Amount is blank. Fill it in."


def test_a_total_in_cents_is_missed_in_its_own_column() -> None:
    """The sheet has no column in dollars."""
    at_ours = source(fields=tuple("total_amount_in_cents" if name == "total_amount" else name for name in FIELDS))
    (problem,) = problems(invoice(total=None, at=at_ours))
    assert problem == Problem(
        MISSING_VALUE, "The Invoice Total (cents) is blank.", at("H"), "total_amount_in_cents", ""
    )


def _two_totals() -> Invoice:
    at_ours = source(
        headings=(*HEADINGS, "Invoice Total (cents)", "Unit Price (cents)"),
        fields=(*FIELDS, "total_amount_in_cents", "unit_price_in_cents"),
    )
    return invoice(line(None, None), total=None, at=at_ours)


def test_what_the_reader_has_named_is_not_named_again() -> None:
    """An unreadable cell leaves a gap in the invoice; the gap itself is no second problem."""
    reported = (
        Problem(NOT_A_DATE, "'03/14/20x6' is not a date.", at("E"), "due_date", "03/14/20x6"),
        Problem(NOT_MONEY, "'ten' is not an amount.", at("N"), "total_amount_in_cents", "ten"),
        Problem(NOT_MONEY, "'five' is not an amount.", at("O"), "unit_price_in_cents", "five"),
    )
    gaps = _two_totals()
    found = problems(
        invoice(line(2, None), due=None, total=None, at=gaps.source, problems=reported),
    )
    assert found == list(reported)


def test_an_unreadable_amount_is_the_only_thing_said_of_its_line() -> None:
    """Quantity and price are blank because the amount stands there, however badly written."""
    reported = Problem(NOT_MONEY, "'12,3,4' is not an amount.", at("L"), "line_amount", "12,3,4")
    assert problems(invoice(line(None, None), total=1_000, problems=[reported])) == [reported]


def test_a_cell_of_spaces_is_blank_and_a_later_row_may_fill_it() -> None:
    """The place is that of the cell that says something."""
    two = invoice(line(amount=-700), line(amount=-300, quantity=None, unit_price=None), total=-1_000)
    cells = [list(row.cells) for row in two.rows]
    cells[0][7] = "  "
    spaced = with_cells(two, cells)
    credit = next(problem for problem in problems(spaced) if problem.field == "total_amount")
    assert (credit.place.cell, credit.value) == ("H3", "-10")
    assert spaced.total == Decimal(-1_000)
