"""The API's and ResMan's words, and the cells that they are about."""

from __future__ import annotations

import pytest

from importer.runs.api_message_cells import cells_named
from tests import factory

INVOICE = factory.invoice(factory.line(account="finacct-1"), factory.line(account="finacct-2"))
"""Rows 2 and 3 of the plain layout."""


@pytest.mark.parametrize(
    ("words", "cells"),
    [
        ("Property not found", [("A2", "property_id", "prop-2222")]),
        ("Vendor Property Pros is inactive", [("B2", "vendor_id", "vend-1111")]),
        ("GL account not found: finacct-2", [("I3", "financial_account_id", "finacct-2")]),
        ("GL account 6210 is inactive", [("I2", "financial_account_id", "finacct-1")]),
        ("Accounting period 03/2026 is closed for property MC", [("D2", "invoice_date", "2026-03-01")]),
        ("It says: bad; invoice_items.1.financial_account_id: Required", [("I3", "financial_account_id", "finacct-2")]),
        ("invoice_items.0.notes: too long", [("M2", "item_notes", "")]),
        ("total_amount_in_cents: Expected integer", [("H2", "total_amount", "200")]),
        ("The write timed out", []),
        ("Integration not found", []),
    ],
)
def test_words_point_at_cells(words: str, cells: list[tuple[str, str, str]]) -> None:
    """By the field's own name, or by what people call it; of the accounts, at the row of the one that is named."""
    assert [(one.place.cell, one.field, one.text) for one in cells_named(words, INVOICE)] == cells


def test_every_part_of_the_answer_is_kept_at_its_cell() -> None:
    """What names no cell stays with its neighbour: nothing of the answer is lost."""
    found = cells_named("It says: no; Property not found; really; GL account not found: finacct-2", INVOICE)
    assert [(one.words, one.place.cell) for one in found] == [
        ("It says: no; Property not found; really", "A2"), ("GL account not found: finacct-2", "I3"),
    ]  # fmt: skip


def test_a_date_that_is_not_given_is_the_bill_date() -> None:
    """Where the sheet has no column for the accounting date, the bill date decides the period."""
    at = factory.source(headings=("Inv", "Date"), fields=("invoice_number", "invoice_date"))
    (named,) = cells_named("Accounting period 03/2026 is closed", factory.invoice(at=at))
    assert (named.place.cell, named.field) == ("B2", "invoice_date")
