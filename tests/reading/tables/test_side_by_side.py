"""Two tables of invoices in one sheet, side by side: never read as one, and how they come to be read."""

from __future__ import annotations

import pytest

from importer.domain.cells import Cell
from importer.errors import FileUnreadable
from importer.reading.read import read_contents
from tests.reading.made_tables import (
    contents,
    money,
    profile,
    sheet,
    trimmed,
    vendor,
)

DAY = "2026-10-02"
LEFT = ("Invoice #", "Date", "Amount")
ONE: list[tuple[Cell, ...]] = [LEFT, ("A-1", DAY, "10.00"), ("A-2", DAY, "11.00"), ("A-3", DAY, "12.00")]
SAME: list[tuple[Cell, ...]] = [LEFT, ("B-1", DAY, "5.00"), ("B-2", DAY, "6.00"), ("", "", "")]
OTHER: list[tuple[Cell, ...]] = [
    ("Bill No.", "Issued", "Net"),
    ("B-1", DAY, "5.00"),
    ("B-2", DAY, "6.00"),
    ("", "", ""),
]


def beside(left: list[tuple[Cell, ...]], gap: int, right: list[tuple[Cell, ...]]) -> list[tuple[Cell, ...]]:
    """The two in one sheet, so many blank columns between them."""
    return [(*one, *[""] * gap, *other) for one, other in zip(left, right, strict=True)]


@pytest.mark.parametrize(
    ("rows", "ranges"),
    [
        (beside(ONE, 1, SAME), "A1:C4 and E1:G3"),
        (beside(ONE, 0, SAME), "A1:C4 and D1:F3"),
        (beside(ONE, 2, OTHER), "A1:C4 and F1:H3"),
        ([("October", "", "", "", "November"), *beside(ONE, 1, SAME)], "A2:C5 and E2:G4"),
        (beside(ONE, 1, [("", "", ""), *OTHER[:3]]), "A1:C4 and E2:G4"),
    ],
)
def test_tables_side_by_side_are_named_by_their_cells(rows: list[tuple[Cell, ...]], ranges: str) -> None:
    """Also where a title stands above each, where nothing is between them, and where one begins further down."""
    with pytest.raises(FileUnreadable) as caught:
        vendor(*rows)
    assert f"2 tables of invoices side by side, in {ranges}" in str(caught.value)
    assert "Copy each into a file of its own, its heading row with it" in str(caught.value)


@pytest.mark.parametrize("right", [SAME, OTHER])
def test_what_the_sentence_advises_works(right: list[tuple[Cell, ...]]) -> None:
    """Each in a file of its own, and both in one run."""
    files = [contents(sheet(*rows), name=name) for rows, name in ((ONE, "one.csv"), (right, "two.csv"))]
    reading = read_contents(files, integration_id="i", profile=profile())
    assert [number for number, _, _ in money(reading)] == ["A-1", "A-2", "A-3", "B-1", "B-2"]


def test_one_table_with_blank_columns_or_repeated_groups_is_one() -> None:
    """A blank column between columns, and groups such as amount 1 and amount 2, are no second table."""
    gaps = vendor(("Invoice #", "", "Date", "", "Amount"), ("A-1", "", DAY, "", "10.00"))
    assert money(gaps) == [("A-1", 1000, [1000])]
    groups = vendor(
        ("Invoice #", "Date", "Item 1", "Amount 1", "Item 2", "Amount 2"), ("A-1", DAY, "x", "1.00", "y", "2.00")
    )
    assert money(groups) == [("A-1", 300, [100, 200])]


def test_a_profile_says_which_of_two_numbers_is_meant() -> None:
    """Then what stands behind the gap is of the same rows."""
    rows = [trimmed(row) for row in beside(ONE[:3], 1, OTHER[:3])]
    reading = vendor(*rows, columns={"invoice_number": "Invoice #", "invoice_date": "Date", "total_amount": "Amount"})
    assert [number for number, _, _ in money(reading)] == ["A-1", "A-2"]
