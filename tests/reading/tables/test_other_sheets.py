"""Sheets beside the table: what their names and their rows say of them."""

from __future__ import annotations

from datetime import date

import pytest

from importer.domain.cells import Cell
from importer.domain.reading import Reading
from importer.errors import FileUnreadable
from importer.reading.formats.raw_workbook import RawSheet
from importer.reading.read import read_contents
from importer.reading.tables.other_sheets import is_not_to_be_paid
from tests.reading.made_tables import (
    contents,
    money,
    profile,
    said,
    sheet,
)

DAY = date(2026, 11, 3)
HEADINGS = ("Invoice #", "Invoice Date", "Description", "Amount")


def named(name: str, number: str = "A-1", *more: tuple[Cell, ...]) -> RawSheet:
    """A sheet of this name with one invoice."""
    return sheet(HEADINGS, (number, DAY, "x", 1.0), *more, name=name)


def book(*sheets: RawSheet, only: str | None = None) -> Reading:
    """What is read of a workbook of these sheets."""
    return read_contents([contents(*sheets, name="book.xlsx")], integration_id="i", profile=profile(), sheet=only)


@pytest.mark.parametrize(
    "name",
    ["Paid", "VOIDED", "Credit Memos", "Estimates", "Quotes_2026", "Archive 2024", "Old invoices", "Gutschriften"],
)
def test_a_name_that_says_they_are_not_to_be_paid_is_asked_about(name: str) -> None:
    """Beside another sheet of invoices; and one word settles it."""
    sheets = (named("Open"), named(name, "B-1"))
    with pytest.raises(FileUnreadable) as caught:
        book(*sheets)
    assert f"invoices on '{name}', and by that name they are not to be paid; the others are on 'Open'" in str(
        caught.value
    )
    assert [number for number, _, _ in money(book(*sheets, only="Open"))] == ["A-1"]
    assert [number for number, _, _ in money(book(*sheets, only="*"))] == ["A-1", "B-1"]


@pytest.mark.parametrize(
    "name", ["Old Mill", "Unpaid", "Not paid", "To be paid", "Sample Street", "Credit Union", "March", "Draft House"]
)
def test_other_names_are_no_matter(name: str) -> None:
    """A property may be called so, and what is not paid is to be paid."""
    assert not is_not_to_be_paid(name)
    assert len(book(named("Open"), named(name, "B-1")).invoices) == 2


def test_a_sheet_for_filling_in_is_left_out() -> None:
    """A template or an example beside the real ones: nobody's bill, and it is said."""
    reading = book(named("January"), named("February", "A-2"), named("Template", "XXX"))
    assert [number for number, _, _ in money(reading)] == ["A-1", "A-2"]
    assert "book.xlsx: left out as template or example, by its name: Template." in reading.notices


def test_the_only_sheet_is_read_whatever_its_name() -> None:
    """There is nothing else that could be meant; the name is said."""
    reading = book(named("Paid"), sheet(("Region", "Sum"), ("North", 3), name="Pivot"))
    assert [number for number, _, _ in money(reading)] == ["A-1"]
    assert "sheet-name" in [code for code, _ in said(reading)]
    assert len(book(named("Template"), sheet(("x",), name="y")).invoices) == 1


def test_rows_that_go_on_without_headings_are_not_left_out() -> None:
    """The second page of a table: where its headings lack, nothing is read until somebody has said what it is."""
    more = sheet(("A-2", DAY, "y", 2.0), ("A-3", DAY, "z", 3.5), name="Page 2")
    with pytest.raises(FileUnreadable) as caught:
        book(named("Page 1"), more)
    assert "sheet 'Page 2' has rows like those of sheet 'Page 1', the first with 'A-2', but no headings" in str(
        caught.value
    )
    assert len(book(named("Page 1"), more, only="Page 1").invoices) == 1


@pytest.mark.parametrize(
    "rows",
    [
        [("Mowing", "per visit", 50.0), ("Edging", "per yard", 2.0)],
        [("6330", "Landscaping"), ("6340", "Snow")],
        [("Prepared by the office",), ("on", DAY)],
        [("North", DAY, "all", 12.0), ("South", DAY, "all", 14.0)],
    ],
)
def test_lists_and_notes_beside_the_table_are_no_rows_of_it(rows: list[tuple[Cell, ...]]) -> None:
    """Prices, accounts, sums: other columns, or nothing that could be an invoice number."""
    assert len(book(named("Invoices"), sheet(*rows, name="Other")).invoices) == 1
