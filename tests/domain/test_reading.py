"""The values: cells as their spreadsheet shows them, money in words, keys and fingerprints, how a run ends."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from importer.domain.cells import (
    Cell,
    ErrorCell,
    UncalculatedCell,
    cell_text,
    column_letter,
)
from importer.domain.identity import invoice_key, normalised_number
from importer.domain.invoice import Row
from importer.domain.money import dollars
from importer.domain.outcome import Status
from importer.domain.payload import Body, Payload
from importer.domain.problem_catalog import CONTROL_TOTAL, UNKNOWN_COLUMN
from importer.domain.problems import Place, Problem
from tests.factory import invoice, line, outcome, payload, reading, run, source

DAY = datetime(2026, 3, 1)  # noqa: DTZ001 -- a workbook knows no time zones


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (" 007 ", " 007 "),
        (7, "7"),
        (7.0, "7"),
        (0.1 + 0.2, "0.3"),
        (20.000000000000004, "20"),
        (-12.5, "-12.5"),
        (123456789012345.0, "123456789012345"),
        (1e20, "1E+20"),
        (0.0001, "0.0001"),
        (0.00000012, "0.00000012"),
        (True, "TRUE"),
        (False, "FALSE"),
        (date(2026, 3, 1), "2026-03-01"),
        (DAY, "2026-03-01"),
        (DAY.replace(hour=9, minute=30), "2026-03-01 09:30:00"),
        (time(9, 30), "09:30:00"),
        (timedelta(hours=30), "1 day, 6:00:00"),
        (ErrorCell("#REF!"), "#REF!"),
        (UncalculatedCell("=B2*C2"), "=B2*C2"),
    ],
)
def test_a_cell_reads_as_its_spreadsheet_shows_it(cell: Cell, text: str) -> None:
    """Fifteen significant digits, no needless zeros, days as ISO."""
    assert cell_text(cell) == text


@pytest.mark.parametrize(
    ("index", "letter"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16383, "XFD")]
)
def test_columns_have_their_letters(index: int, letter: str) -> None:
    """As far as Excel goes."""
    assert column_letter(index) == letter


@pytest.mark.parametrize(
    ("cents", "text"),
    [
        (0, "$0.00"),
        (5, "$0.05"),
        (-5, "-$0.05"),
        (1_234_567, "$12,345.67"),
        (Decimal("1033.3"), "$10.333"),
        (Decimal("-0.1"), "-$0.001"),
        (Decimal("100.00"), "$1.00"),
        (Decimal("1E+5"), "$1,000.00"),
        (Decimal("-0"), "$0.00"),
        (Decimal("123456789012345678901234567890.5"), "$1,234,567,890,123,456,789,012,345,678.905"),
    ],
)
def test_money_reads_as_dollars(cents: int | Decimal, text: str) -> None:
    """To the cent, and beyond it where there is more."""
    assert dollars(cents) == text


@given(st.integers(-(10**30), 10**30), st.integers(0, 20))
def test_money_in_words_loses_nothing(digits: int, places: int) -> None:
    """Whatever the amount, the text says it exactly."""
    said = dollars(Decimal(f"{digits}E-{places}"))
    assert Fraction(said.replace("$", "").replace(",", "")) == Fraction(digits, 100 * 10**places)


def test_a_place_is_pointed_at_as_a_clerk_would() -> None:
    """A cell, a row, a column, or nothing."""
    places = (Place("f", None, 17, "C"), Place("f", None, 17), Place("f", None, None, "C"), Place("f"))
    assert [place.cell for place in places] == ["C17", "row 17", "column C", ""]


def test_a_cell_outside_the_row_or_the_table_is_blank() -> None:
    """A short row, a column that the sheet does not have."""
    row = Row(source(), 5, ("prop-1",))
    assert (row.cell("property_id"), row.cell("memo"), row.cell("accounting_date")) == ("prop-1", None, None)
    assert [row.place(name).cell for name in ("property_id", "memo", "accounting_date")] == ["A5", "G5", "row 5"]


@pytest.mark.parametrize("number", ["INV-1", "inv-1", " INV-1 ", "\u0049NV\u20111".replace("\u2011", "-"), "ＩＮＶ-1"])
def test_spellings_of_one_number_have_one_key(number: str) -> None:
    """Case, outer spaces and typographic variants make no other invoice."""
    assert normalised_number(number) == "inv-1"
    assert invoice_key("d", "i", "p", "v", number) == invoice_key("d", "i", "p", "v", "INV-1")


@given(
    st.lists(
        st.tuples(*[st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=4)] * 5), min_size=2, max_size=2
    )
)
def test_different_identities_have_different_keys(identities: list[tuple[str, str, str, str, str]]) -> None:
    """No two parts run into each other: ("ab", "c") is not ("a", "bc")."""
    one, other = ((*each[:4], normalised_number(each[4])) for each in identities)
    assert (invoice_key(*identities[0]) == invoice_key(*identities[1])) == (one == other)


def test_a_body_says_each_field_once_and_always_the_same() -> None:
    """The fingerprint stands for every field; a blank accounting date is left out."""
    plain = payload(invoice(line(1, 500, notes="Mow"), total=500))
    assert json.loads(plain.body()) == {
        "integration_id": "intg-0a1b2c3d",
        "property_id": "prop-2222",
        "vendor_id": "vend-1111",
        "invoice_number": "INV-1001",
        "invoice_date": "2026-03-01",
        "due_date": "2026-03-31",
        "notes": "Grounds maintenance",
        "memo": "March service",
        "total_amount_in_cents": 500,
        "invoice_items": [
            {"financial_account_id": "finacct-6210", "quantity_ordered": 1, "unit_price_in_cents": 500, "notes": "Mow"}
        ],
    }
    wrong: list[dict[str, Any]] = [{name: "x"} for name in FIELDS if name != "invoice_items"]
    with pytest.warns(UserWarning, match="serializ"):  # the copies hold text where numbers and dates belong
        changed = [Payload.of(replace(plain.read(), **each)) for each in wrong]
    assert len({each.fingerprint() for each in (plain, *changed)}) == len(changed) + 1
    assert plain == Payload.from_body(plain.body()) != changed[0]


FIELDS = [field.name for field in fields(Body)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"total_amount_in_cents": -1},
        {"total_amount_in_cents": 1.0},
        {"total_amount_in_cents": "1"},
        {"total_amount_in_cents": None},
        {"vendor_id": ""},
        {"invoice_date": "2026-03-01"},
        {"approved": True},
    ],
)
def test_a_payload_takes_no_almost(wrong: dict[str, object]) -> None:
    """No float for money, no blank id, no unknown field: a gap that no rule named ends here, not at the API."""
    plain = payload(invoice())
    values = {name: getattr(plain.read(), name) for name in FIELDS}
    with pytest.raises(ValidationError):
        Payload.checked(values | wrong)


EVERY_STATUS = [(status, 3 if status is Status.IN_DOUBT else 0 if status.is_fine else 1) for status in Status]


@pytest.mark.parametrize(("status", "code"), EVERY_STATUS, ids=[each.value for each, _ in EVERY_STATUS])
def test_the_exit_code_of_one_status(status: Status, code: int) -> None:
    """Fine, needs a person, or unknown; beside one that is fine."""
    assert run(outcome(), outcome(invoice(number="2"), status)).exit_code == code


def test_an_unknown_outcome_outweighs_everything() -> None:
    """And rows of no invoice, a run that stopped, or a control total that is missed are no success."""
    fine = outcome()
    doubtful = outcome(invoice(number="2"), Status.IN_DOUBT)
    assert run(doubtful, outcome(invoice(number="3"), Status.NEEDS_FIXING), stopped="Why.").exit_code == 3
    assert run(fine, stopped="Why.").exit_code == 1
    missed = Problem(CONTROL_TOTAL, "Expected 2 invoices, found 1.")
    assert run(fine, of=reading([fine.invoice], problems=[missed])).exit_code == 1
    unused = Problem(UNKNOWN_COLUMN, "Not used: N (Colour).")
    assert run(fine, of=reading([fine.invoice], problems=[unused])).exit_code == 0


def test_counts_and_amounts_close() -> None:
    """Every invoice is counted under exactly one status, in number and in cents."""
    outcomes = [outcome(invoice(line(1, 100 * n), number=str(n)), status) for n, status in enumerate(Status, start=1)]
    told = run(*outcomes)
    counts, amounts = told.counts(), told.amounts()
    assert (counts["rows"], counts["invoices"], amounts["invoices"]) == (8, 8, 3_600)
    assert [counts[status] for status in Status] == [1] * 8
    assert [amounts[status] for status in Status] == [100 * n for n in range(1, 9)]
    assert set(counts) == {"rows", *amounts}


@pytest.mark.parametrize("other", ["ZW-1\u200b", "ZW\u20111", "ZW\u00ad-1", "ZW\u20131", " zw-1 ", "ＺＷ－１"])
def test_what_nobody_can_see_makes_no_other_number(other: str) -> None:
    """Invisible characters and other dashes would pay a vendor twice."""
    assert normalised_number(other) == normalised_number("ZW-1")
