"""Invoices that are void, no invoices, held back or paid by what a status, a flag or a description says of them."""

from __future__ import annotations

import pytest

from importer.domain.cells import Cell
from tests.reading.made_tables import said, vendor

DATE = "2026-10-02"


def problems(heading: str, *cells: Cell) -> list[tuple[str, str]]:
    """The problems of bills beside such a column, without what only tells how the columns were read."""
    rows = (
        ("Invoice #", "Date", "Amount", heading),
        *((f"A{at}", DATE, "1.00", cell) for at, cell in enumerate(cells)),
    )
    return [each for each in said(vendor(*rows)) if each[0] not in ("taken-for", "unknown-column")]


@pytest.mark.parametrize(
    ("heading", "cell", "code"),
    [
        *(("Status", cell, "void-row") for cell in ("Void", "VOIDED - reissued", "Storniert", "Annulé")),
        *(("Status", cell, "no-bill") for cell in ("Draft", "Quote", "Proforma", "Pro-forma invoice")),
        *(("Status", cell, "marked-held") for cell in ("Rejected", "In Dispute", "On Hold", "on-hold", "Blocked")),
        *(("Status", cell, "marked-paid") for cell in ("PAID ACH", "Paid 1/20/26", "paid_ach", "Partially paid")),
        *(("Status", cell, "unknown-status") for cell in ("Limbo", "Q4 batch")),
        ("Status", "Duplicate", "marked-duplicate"),
        *((heading, "Cancelled", "void-row") for heading in ("State", "Stage", "Payment Status", "Job Status")),
        ("Approval", "Denied", "marked-held"),
        *((heading, "TRUE", "void-row") for heading in ("Is Void", "IsVoid", "Deleted", "Reversed?", "Void Flag")),
        *((heading, "1/20/2026", "void-row") for heading in ("Date Voided", "Cancelled On", "Void")),
        ("On Hold", "Y", "marked-held"),
        ("Disputed", "X", "marked-held"),
        *((heading, "4471", "marked-paid") for heading in ("Ck #", "ACH Trace", "Check Amount")),
        *(("Remarks", cell, "void-row") for cell in ("VOID", "*** VOID ***", "Void - reissued as A4")),
        *(("Description", cell, "no-bill") for cell in ("ESTIMATE - not an invoice", "Estimate only", "Quote")),
        *(("Notes", cell, "marked-held") for cell in ("DO NOT PAY - on the card", "please do not pay")),
        ("Description", "Duplicate of A1", "marked-duplicate"),
        ("Type", "Quote", "no-bill"),
        *(("Description", cell, "credit-in-words") for cell in ("Credit Memo", "Credit note for INV-0", "Gutschrift")),
        ("Description", "Credit - returned goods", "credit-in-words"),
        *(("Description", cell, "payment-row") for cell in ("Payment - thank you", "Payment received 1/12")),
    ],
)
def test_what_is_not_to_be_paid_as_it_stands_is_said(heading: str, cell: str, code: str) -> None:
    """At the row, with the cell; whole words of it, and not only the one that is expected."""
    assert problems(heading, "", cell) == [(code, "D3")]


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Status", ("Open", "Approved", "Unpaid", "Not paid", "To be paid", "Pending approval", "Sent to accounting")),
        ("Status", ("3 - Approved", "Overdue", "offen", "Pendiente", "Not void", "Hold released", "Dispute resolved")),
        ("State", ("TX", "New York", "CA")),
        ("Stage", ("Framing", "Rough-in")),
        ("Work Order Status", ("Closed", "On hold", "Draft")),
        ("Vendor Status", ("Inactive", "On hold")),
        ("Description", ("Void unit turn", "Void - 12 High St", "Estimate for roof", "Duplicate key", "Draft beer")),
        ("Description", ("Hold open device", "Cancelled visit fee", "Quoted work", "Paid parking", "Return trip")),
        ("Description", ("Payment processing fee", "Credit card fee", "Credit check - applicant", "Monthly payment")),
        ("Description", ("Payment", "Payment received")),
        ("Estimate", ("500.00", "1.00")),
        ("Is Void", ("No", "", "0")),
    ],
)
def test_what_is_plain_says_nothing(heading: str, cells: tuple[str, ...]) -> None:
    """States of the union, work on hold that was done, lines that begin like something else, mere payments."""
    assert problems(heading, *cells) == []


def test_a_credit_by_its_description_is_one_where_its_amount_is_charged() -> None:
    """With a minus it is a credit anyway, and within a total its line must add up."""
    headings = ("Invoice #", "Date", "Description", "Amount")
    assert ("credit-in-words", "C2") not in said(vendor(headings, ("A", DATE, "Credit memo", "-5.00")))
    rows = (("A", DATE, "Paint", "6.00", "7.00"), ("A", DATE, "Credit", "1.00", "7.00"))
    assert "credit-in-words" not in dict(said(vendor((*headings[:3], "Line Amount", "Invoice Total"), *rows)))


def test_a_number_with_a_word_behind_it() -> None:
    """The number itself says that the bill is void."""
    rows = (("Invoice #", "Date", "Amount"), *((number, DATE, "1.00") for number in ("A2 VOID", "AVOID-1", "DRAFT-3")))
    assert [each for each in said(vendor(*rows)) if each[0] != "taken-for"] == [("void-row", "A2"), ("no-bill", "A4")]
