"""Columns beside the amounts that may change them: shares, factors and signs are asked about, never passed over."""

from __future__ import annotations

import pytest

from importer.errors import FileUnreadable
from tests.reading.made_tables import money, said, vendor

DATE = "2026-03-14"


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        *(
            ("Markup %", "15"),
            ("Split %", "50"),
            ("% Billed", "40%"),
            ("Overhead & Profit", "20.00"),
            ("Factor", "0.5"),
        ),
        *(("Billed Pct", "25"), ("Share", "0.25"), ("Percent Complete", "30%"), ("Commission", "7.50")),
    ],
)
def test_a_share_or_a_markup_beside_an_amount_is_asked_about(heading: str, cell: str) -> None:
    """Without a total nothing shows whether it is in the amount."""
    rows = (("Invoice #", "Date", "Line Amount", heading), ("A", DATE, "100.00", cell))
    with pytest.raises(FileUnreadable, match="in no line"):
        vendor(*rows)
    assert money(vendor(*rows, columns={"line_amount": "Line Amount"})) == [("A", 10000, [10000])]


@pytest.mark.parametrize(
    ("heading", "cell"), [("% Billed", "100%"), ("Split %", "100"), ("Markup %", "0"), ("Share", "1")]
)
def test_a_share_that_is_the_whole_is_no_question(heading: str, cell: str) -> None:
    """It changes nothing."""
    reading = vendor(("Invoice #", "Date", "Line Amount", heading), ("A", DATE, "100.00", cell))
    assert money(reading) == [("A", 10000, [10000])]


@pytest.mark.parametrize("heading", ["Indicator", "Side", "Booked as"])
def test_debits_and_credits_in_a_column_of_their_own_have_their_sign(heading: str) -> None:
    """DB and CR, whatever stands above them."""
    rows = (("A", DATE, "500.00", "DB"), ("A", DATE, "50.00", "CR"))
    assert money(vendor(("Invoice #", "Date", "Line Amount", heading), *rows)) == [("A", 45000, [50000, -5000])]


@pytest.mark.parametrize(
    ("heading", "words"),
    [("Af/Bij", ("Bij", "Af")), ("Indicator", ("P", "M")), ("Mutatie", ("bij", "af")), ("Sign", ("pl", "mi"))],
)
def test_signs_in_words_that_are_not_known_hold_the_invoice(heading: str, words: tuple[str, str]) -> None:
    """A mere "not used" would pay the credit."""
    rows = [("A", DATE, "500.00", words[0]), ("A", DATE, "50.00", words[1])]
    reading = vendor(("Invoice #", "Date", "Line Amount", heading), *rows)
    assert [each for each in said(reading) if each[0] == "unclear-sign"] == [
        ("unclear-sign", "D2"),
        ("unclear-sign", "D3"),
    ]


@pytest.mark.parametrize("heading", ["Taxable Indicator", "Direction", "Rush Indicator", "Paid"])
def test_flags_and_directions_are_no_signs(heading: str) -> None:
    """Yes and no, east and west."""
    words = ("East", "West") if heading == "Direction" else ("Y", "N")
    rows = [("A", DATE, "500.00", words[0]), ("A", DATE, "50.00", words[1])]
    reading = vendor(("Invoice #", "Date", "Line Amount", heading), *rows)
    assert [each for each in said(reading) if each[0] == "unclear-sign"] == []
