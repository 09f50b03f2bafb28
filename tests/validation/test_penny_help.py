"""A few cents: where they may come from, and the line that makes up for them where a profile allows it."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.domain.invoice import Invoice, Rounding
from importer.domain.problem_catalog import ROUNDING_LINE, TOTAL_MISMATCH
from importer.errors import BadSettings
from importer.reading.profiles.vendor_profile import parse_profile, profile_text
from importer.reading.read import read_contents
from tests import factory
from tests.factory import line
from tests.reading.made_tables import (
    PLAIN,
    contents,
    row,
    sheet,
)
from tests.validation.judged import kinds, verdict, whats

HEADINGS = (*factory.HEADINGS, "PO", "Sales Tax", "Discount taken")
AT = factory.source(headings=HEADINGS)


def with_columns(invoice: Invoice, *rows: tuple[object, ...]) -> Invoice:
    """The invoice with further cells behind those that are read."""
    width = len(factory.HEADINGS)
    cells = [(*row.cells[:width], *more) for row, more in zip(invoice.rows, rows, strict=True)]
    return factory.with_cells(invoice, cells)  # type: ignore[arg-type]  # cells of any kind


@pytest.mark.parametrize(
    ("total", "rows", "said"),
    [
        (16_238, ((4711, 12.38, None), (4711, None, None)), "(O) is exactly that much in row 2 of the file"),
        (16_238, ((4711, "$12.38", 0), (4711, "$12.38", 0)), "The column 'Sales Tax' (O) is exactly that much in rows"),
        (
            16_238,
            ((None, 10.00, 0), (None, "2.38", 0)),
            "The column 'Sales Tax' (O) is exactly that much in rows 2 and",
        ),
        (14_000, ((None, None, "10.00"), (None, None, None)), "The column 'Discount taken' (P) is exactly that much"),
        (14_000, ((None, None, -10), (None, None, None)), "The column 'Discount taken' (P) is exactly that much"),
    ],
)
def test_a_column_that_is_not_among_the_lines_is_named(
    total: int, rows: tuple[tuple[object, ...], ...], said: str
) -> None:
    """Tax, freight or a discount, once or on every row: the column and the rows, and how it becomes a line."""
    invoice = factory.invoice(line(1, 10_000), line(1, 5_000), at=AT, total=total)
    (what,) = whats(with_columns(invoice, *rows))
    assert said in what
    assert "name it under [[extra_lines]] in a profile" in what


def test_a_column_that_does_not_fit_to_the_cent_is_left_alone() -> None:
    """Nor is one with words in it, or one that is read."""
    invoice = factory.invoice(line(1, 10_000), line(1, 5_000), at=AT, total=16_238)
    (what,) = whats(with_columns(invoice, ("12.38 approx.", 12.37, True), (None, None, None)))
    assert "A line of $12.38 may be missing" in what


def test_prices_with_four_decimals_explain_a_cent() -> None:
    """101 × $0.1234 is $12.4634: the amounts beside the prices are rounded, the vendor's total is not."""
    lines = [line(101, "12.34", amount=1_246), line(101, "12.34", amount=1_246)]
    what = next(one.what for one in verdict(factory.invoice(*lines, total=2_493)).problems if one.is_error)
    assert what.endswith(
        "By quantity × unit price, with all decimals of the prices, the lines come to $24.9268: the line amounts are "
        "rounded, the total is not."
    )


# ---------------------------------------------------------------------- the rounding line

ALLOWED = Rounding(2, "finacct-9999")


@given(
    prices=st.lists(st.integers(1, 100_000), min_size=1, max_size=4),
    off=st.integers(-4, 4),
    allowed=st.none() | st.just(ALLOWED),
)
def test_a_rounding_line_is_added_only_where_it_is_allowed_and_seen(
    prices: list[int], off: int, allowed: Rounding | None
) -> None:
    """Within the limit the invoice goes, with one line more and a warning that says so; else it stays as it was."""
    total = sum(prices) + off
    invoice = factory.invoice(*(line(1, price) for price in prices), total=total)._replace(rounding=allowed)
    sent = verdict(invoice).payload
    if off == 0 or total <= 0 or allowed is None or abs(off) > allowed.limit:
        assert ROUNDING_LINE not in kinds(invoice)
        assert sent is None or len(sent.read().invoice_items) == len(prices)
        return
    assert sent is not None
    items = sent.read().invoice_items
    assert sum(item.quantity_ordered * item.unit_price_in_cents for item in items) == sent.total_amount_in_cents
    assert (len(items), items[-1].notes, items[-1].unit_price_in_cents) == (len(prices) + 1, "Rounding", off)
    assert items[-1].financial_account_id == "finacct-9999"
    assert kinds(invoice) == [ROUNDING_LINE]
    assert "on account finacct-9999" in whats(invoice)[0]


def test_a_profile_allows_it_with_a_limit_and_an_account() -> None:
    """From the TOML to the body that is sent; it survives being written down."""
    profile = parse_profile({"rounding": {"limit": 0.02, "financial_account_id": "finacct-9999"}}, "acme")
    assert profile.rounding == ALLOWED
    assert parse_profile(tomllib.loads(profile_text(profile)), "acme") == profile
    table = contents(sheet(PLAIN, row(total_amount="100.02")))
    (invoice,) = read_contents([table], integration_id="intg-1", profile=profile).invoices
    sent = verdict(invoice).payload
    assert sent is not None
    assert '{"financial_account_id":"finacct-9999","quantity_ordered":1,"unit_price_in_cents":2' in sent.body()
    (invoice,) = read_contents([table], integration_id="intg-1").invoices
    assert TOTAL_MISMATCH in kinds(invoice)


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ({"limit": 0.02}, "rounding.financial_account_id"),
        ({"financial_account_id": "finacct-1"}, "rounding.limit"),
        ({"limit": 0.001, "financial_account_id": "finacct-1"}, "rounding.limit"),
        ({"limit": 5, "financial_account_id": "finacct-1"}, "rounding.limit"),
        ({"limit": True, "financial_account_id": "finacct-1"}, "rounding.limit"),
        ({"limit": float("nan"), "financial_account_id": "finacct-1"}, "rounding.limit"),
        ({"limit": 0.02, "financial_account_id": "finacct-1", "sign": 1}, "rounding.sign"),
    ],
)
def test_what_a_profile_says_wrongly_of_rounding_is_named(said: dict[str, object], key: str) -> None:
    """Without a limit and an account there is no rounding, and a limit is cents, not dollars."""
    with pytest.raises(BadSettings, match=key):
        parse_profile({"rounding": said}, "acme")
