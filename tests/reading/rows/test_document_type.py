"""Columns that tell credits and payments from bills, whatever their heading: by the words in their cells."""

from __future__ import annotations

import pytest

from importer.domain.cells import Cell
from tests.reading.made_tables import money, said, vendor

DATE = "2026-10-02"


def totals(heading: str, *cells: Cell) -> list[int | None]:
    """What bills of one dollar come to beside such a column."""
    rows = (
        ("Invoice #", "Date", "Amount", heading),
        *((f"A{at}", DATE, "1.00", cell) for at, cell in enumerate(cells)),
    )
    return [total for _, total, _ in money(vendor(*rows))]


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        *((heading, "Credit Memo") for heading in ("Activity", "Transaction", "Kind", "Category", "Class", "Entry")),
        *((heading, "Gutschrift") for heading in ("Belegart", "Tran Code", "Record Type", "Inv/CM", "Whatever")),
        *(("Type of doc", cell) for cell in ("Avoir", "Nota de crédito", "CM", "Refund")),
    ],
)
def test_a_column_of_types_is_one_by_its_cells(heading: str, cell: str) -> None:
    """Where all are known for a type, and one is a credit."""
    assert totals(heading, "Invoice", cell, None) == [100, -100, 100]


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Sign", ("+", "-")),
        ("Sign", (None, "-")),
        ("+/-", ("+", "-")),
        ("Dir", ("+", "-")),
        ("D/C", ("D", "C")),
        ("Credit Indicator", (None, "X")),
        ("Is Credit", ("No", "Yes")),
        ("IsCredit", ("FALSE", "TRUE")),
        ("Cr", (None, "Y")),
        ("Credit (Y/N)", ("N", "Y")),
        ("Credit Flag", ("0", "1")),
    ],
)
def test_a_sign_or_a_flag_makes_a_credit(heading: str, cells: tuple[Cell, ...]) -> None:
    """A minus in a column of its own, a side, or a yes below a heading that asks for a credit."""
    assert totals(heading, *cells) == [100, -100]
    assert not [
        code
        for code, _ in said(vendor(("Invoice #", "Date", "Amount", heading), ("A", DATE, "1", cells[1])))
        if code == "unknown-type"
    ]


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Payment Method", ("Credit", "Check")),
        ("Payment Type", ("Credit Card", "ACH")),
        ("Country", ("CN", "IN")),
        ("Rep", ("CM", "CR")),
        ("Notes", ("-", None)),
        ("Category", ("Credit card fee", "Service")),
        ("Work", ("Credit check - applicant", "Service")),
        ("Trip Type", ("Return", "Service")),
        ("Class", ("Credit Memo", "Elm St 4")),
        ("Credit Terms", ("Yes", "No")),
    ],
)
def test_what_is_no_type_takes_nothing_off(heading: str, cells: tuple[Cell, ...]) -> None:
    """How it is paid, a country, initials, a blank, a fee."""
    assert totals(heading, *cells) == [100] * len(cells)


def test_a_payment_among_bills_is_no_bill() -> None:
    """It is named at its row; a list that has nothing else is read, and the word is named as unknown."""
    rows = (
        ("Date", "Activity", "Invoice #", "Amount"),
        *((DATE, kind, kind, "5") for kind in ("Invoice", "Bill Pmt -Check")),
    )
    assert ("payment-row", "B3") in said(vendor(*rows))
    mere = said(vendor(("Date", "Type", "Invoice #", "Amount"), (DATE, "Payment", "A", "5")))
    assert ("payment-row", "B2") not in mere
    assert ("unknown-type", "B2") in mere
    plain = (("Date", "Type", "Invoice #", "Amount"), *((DATE, kind, kind, "5") for kind in ("Invoice", "Payment fee")))
    assert ("unknown-type", "B3") in said(vendor(*plain))
