"""Currency signs in cells of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.domain.cells import Cell
from importer.domain.reading import Reading
from importer.reading.formats.open_file import open_file
from importer.reading.formats.raw_workbook import RawWorkbook
from importer.reading.read import read_contents
from tests.reading.made_tables import (
    money,
    profile,
    said,
    sheet,
    skipped,
    vendor,
)

HEADINGS: tuple[Cell, ...] = ("Invoice #", "Invoice Date", "Amount")


def opened(folder: Path, name: str, content: str) -> Reading:
    """What a vendor's file says."""
    path = folder / name
    path.write_text(content)
    contents: RawWorkbook = open_file(path)
    return read_contents([contents], integration_id="intg-1", profile=profile())


@pytest.mark.parametrize("sign", ["$", " US$ ", "USD"])
@pytest.mark.parametrize("headings", [HEADINGS, (*HEADINGS, None, "Site"), (*HEADINGS[:2], None, "Amount")])
@pytest.mark.parametrize("is_first_only", [True, False])
def test_the_amount_stands_beside_its_sign(sign: str, headings: tuple[Cell, ...], is_first_only: bool) -> None:
    """Whether the heading is above the sign or above the amount; an accountant puts the sign at the top only."""
    again = None if is_first_only else sign
    site = ("north",) if "Site" in headings else ()
    reading = vendor(
        headings,
        ("A1", "2026-01-15", sign, "1,500.50", *site),
        ("A2", "2026-01-16", again, "20.00", *site),
        ("Total", None, sign, "1,520.50"),
    )
    assert [(number, total) for number, total, _ in money(reading)] == [("A1", 150_050), ("A2", 2_000)]
    assert skipped(reading) == [(4, "total (Total)")]
    assert not [each for each in said(reading) if each[0] == "extra-cells" or each == ("unknown-column", "C2")]


def test_of_a_csv_and_of_a_web_page(tmp_path: Path) -> None:
    """There a cell too many would otherwise be an error: it may have moved the others."""
    text = "Invoice #,Invoice Date,Amount,\nA1,2026-01-15,$,500.00\nA2,2026-01-16,$,100.00\n"
    page = "<table><tr><th>Invoice #<th>Invoice Date<th colspan=2>Amount</tr>"
    page += "<tr><td>A1<td>2026-01-15<td>$<td>500.00</tr><tr><td>A2<td>2026-01-16<td>$<td>100.00</tr></table>"
    for name, content in (("made.csv", text), ("made.xls", page)):
        reading = opened(tmp_path, name, content)
        assert [(number, total) for number, total, _ in money(reading)] == [("A1", 50_000), ("A2", 10_000)]
        assert [code for code, _ in said(reading)] == ["taken-for"]


@pytest.mark.parametrize("sign", ["€", "CAD", "x", "5"])
def test_what_is_not_our_own_sign_is_named(sign: str) -> None:
    """Another currency, or cells that have moved to the right."""
    reading = vendor(HEADINGS, ("A1", "2026-01-15", sign, "1,500.50"), ("A2", "2026-01-16", "$", "20.00"))
    assert all(any(problem.is_error for problem in invoice.problems) for invoice in reading.invoices)


def test_a_column_of_currencies_is_no_column_of_signs() -> None:
    """Beside it may stand whatever has no heading."""
    headings = ("Invoice #", "Invoice Date", "Amount", "Currency")
    reading = vendor(headings, ("A1", "2026-01-15", "5.00", "USD", "7"), ("A2", "2026-01-15", "5.00", "USD", "8"))
    assert reading.tables[0].source.headings == headings


def test_no_sheet_is_changed() -> None:
    """The cells stay where they are, so that the workbook of results has them as the vendor's file."""
    made = sheet(HEADINGS, ("A1", "2026-01-15", "$", "5.00"))
    rows = list(made.rows)
    reading = vendor(*made.rows)
    assert reading.tables[0].source.headings == ("Invoice #", "Invoice Date", None, "Amount")
    assert [row.cells for row in reading.tables[0].rows] == rows[1:]
