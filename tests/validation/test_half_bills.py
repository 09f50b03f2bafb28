"""Rows that may be one invoice go together or wait together: half a bill that went out can be mended no more."""

from __future__ import annotations

from collections.abc import Sequence

from importer.domain.cells import Cell
from importer.domain.invoice import Invoice
from importer.domain.problem_catalog import UNKNOWN_NAME
from importer.domain.problems import Problem
from importer.domain.reading import Reading
from importer.reading.read import read_contents
from importer.validation import validate
from tests.factory import invoice, line, reading, source
from tests.reading.made_tables import (
    PLAIN,
    contents,
    row,
    sheet,
)
from tests.reading.made_tables import plain as read_plain
from tests.validation.judged import TODAY

MARCH, APRIL = source("march.xlsx", "March"), source("march.xlsx", "April")
REGISTER = ("Property", "Vendor", "Invoice #", "Bill Date", "Due Date", "Notes", "Memo", "GL Account", "Invoice Total")


def bill(
    number: str, amount: str, *, prop: str = "prop-1", vendor: str = "vend-1", day: str = "2026-03-14"
) -> Sequence[Cell]:
    """A row of a register of bills: a total, and nothing that is a line's."""
    return (prop, vendor, number, day, "2026-04-13", "mowing", "march", "finacct-1", amount)


def goes(found: Reading) -> list[tuple[str | None, bool]]:
    """The invoices and whether each would be sent."""
    return [(each.invoice.invoice_number, each.payload is not None) for each in validate(found, today=TODAY)]


def of(*invoices: Invoice) -> Reading:
    """What is read of these."""
    return reading(invoices)


def test_a_second_row_without_its_property_keeps_the_first_one_back() -> None:
    """Each row of a register has a total of its own; the others go."""
    found = read_plain(bill("S-1", "195.00"), bill("S-1", "45.00", prop=""), bill("S-2", "310.00"), headings=REGISTER)
    assert goes(found) == [("S-1", False), ("S-1", False), ("S-2", True)]


def test_so_does_one_without_its_vendor() -> None:
    """Wherever in the file it stands."""
    found = read_plain(
        bill("S-1", "195.00"), bill("S-2", "310.00"), bill("s-1 ", "45.00", vendor=""), headings=REGISTER
    )
    assert goes(found) == [("S-1", False), ("S-2", True), ("s-1", False)]


def test_one_of_another_vendor_keeps_nobody_back() -> None:
    """Vendors number alike."""
    found = read_plain(bill("S-1", "195.00"), bill("S-1", "45.00", prop="", vendor="vend-2"), headings=REGISTER)
    assert goes(found) == [("S-1", True), ("S-1", False)]


def test_a_row_without_a_number_keeps_the_bill_above_back() -> None:
    """It says the same date and vendor: it may be the second line of the bill, and the bill alone would be short."""
    found = read_plain(bill("S-1", "195.00"), bill("", "45.00"), bill("S-2", "310.00"), headings=REGISTER)
    assert goes(found) == [("S-1", False), (None, False), ("S-2", True)]
    lines = (*REGISTER[:-1], "Line Amount")
    found = read_plain(bill("S-1", "195.00"), bill("", "45.00"), bill("S-2", "310.00"), headings=lines)
    assert goes(found) == [("S-1", False), (None, False), ("S-2", True)]


def test_a_row_without_a_number_and_of_another_day_keeps_nothing_back() -> None:
    """It is a bill of its own whose number is missing."""
    found = read_plain(bill("S-1", "195.00"), bill("", "45.00", day="2026-03-20"), headings=REGISTER)
    assert goes(found) == [("S-1", True), (None, False)]


def test_a_row_that_may_be_of_two_bills_keeps_both_back() -> None:
    """Nothing else tells which of them lacks it."""
    lines = (*REGISTER[:-1], "Line Amount")
    found = read_plain(
        bill("S-1", "195.00"),
        bill("S-1", "20.00", prop="prop-2"),
        bill("S-2", "310.00"),
        bill("S-1", "45.00", prop=""),
        headings=lines,
    )
    assert goes(found) == [("S-1", False), ("S-1", False), ("S-2", True)]


def test_monthly_sheets_wait_for_each_other() -> None:
    """The second part of a bill stands on the next sheet, without its property."""
    first = sheet(PLAIN, row(), row(invoice_number="INV-2"), name="March")
    second = sheet(
        PLAIN, row(property_id="", total_amount="45.00", quantity_ordered="1", unit_price="45.00"), name="April"
    )
    found = read_contents([contents(first, second, name="months.xlsx")], integration_id="intg-1")
    assert goes(found) == [("INV-1", False), ("INV-2", True), ("INV-1", False)]


def test_a_property_that_nobody_has_is_as_good_as_none() -> None:
    """Mistyped on one of two sheets, it would make half a bill as well."""
    unknown = Problem(UNKNOWN_NAME, "ResMan has none.", APRIL.place(2, "property_id"), "property_id", "Maple Crt")
    typed = invoice(line(1, 4500), at=APRIL)._replace(property_id="Maple Crt", problems=(unknown,))
    verdicts = validate(of(invoice(line(1, 19500), at=MARCH), typed), today=TODAY)
    assert [each.payload is None for each in verdicts] == [True, True]
    assert [each.kind.code for each in verdicts[0].problems] == ["row-below"]
    assert "march.xlsx, sheet April, row 2" in verdicts[0].problems[0].message
