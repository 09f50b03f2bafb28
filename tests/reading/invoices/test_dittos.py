"""A ditto in the column of invoice numbers is no number."""

from __future__ import annotations

import pytest

from importer.domain.cells import Cell
from tests.reading.made_tables import money, said, vendor

HEADINGS = ("Invoice #", "Invoice Date", "Description", "Amount")


@pytest.mark.parametrize("cell", ['"', ",", "〃", "same", "Same as above", "do", "DO.", "ditto", "Ditto ", "''"])
def test_a_ditto_is_no_number_of_its_own(cell: Cell) -> None:
    """Its row is named, and the invoice above waits for it: without that row it would be short."""
    reading = vendor(
        HEADINGS,
        ("A1", "2026-01-15", "mowing", "100.00"),
        (cell, "2026-01-15", "edging", "20.00"),
        ("A2", "2026-01-16", "mulch", "30.00"),
    )
    assert [(number, total) for number, total, _ in money(reading)] == [("A1", 10_000), ("A2", 3_000)]
    assert [each for each in said(reading) if each[0] != "taken-for"] == [
        ("row-below", "row 2"),
        ("unclear-continuation", "row 3"),
    ]


@pytest.mark.parametrize("cell", ["DO-1", "SAME-12", "do 17"])
def test_a_number_that_begins_like_one_is_a_number(cell: Cell) -> None:
    """As "DO" for a delivery order."""
    reading = vendor(HEADINGS, ("A1", "2026-01-15", "x", "100.00"), (cell, "2026-01-15", "y", "20.00"))
    assert [number for number, _, _ in money(reading)] == ["A1", cell]
