"""The blank workbook with names to choose from: what it offers, what Excel refuses, and that it is read back."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from importer import names
from importer.columns import OWN_SHEETS
from importer.errors import CannotRun
from importer.report.template import OFFERED, Choice, write_template
from tests.directory.office import Office, statuses

TODAY = datetime(2026, 3, 2, tzinfo=UTC).replace(tzinfo=None)
FILLED = {
    "property_id": "Maple Court Apartments",
    "vendor_id": "Greenleaf Landscaping, LLC",
    "invoice_number": "007",
    "invoice_date": TODAY,
    "due_date": TODAY,
    "notes": "Mowing",
    "memo": "March",
    "total_amount": 125.5,
    "financial_account_id": "6105 Landscape Contract",
    "line_amount": 125.5,
}


def fill(path: Path) -> None:
    """As a clerk does: one row below the headings."""
    book = openpyxl.load_workbook(path)
    for at, column in enumerate(OFFERED, 1):
        if column.name in FILLED:
            book["Invoices"].cell(2, at, FILLED[column.name])
    book.save(path)


def test_it_offers_what_is_live_with_the_ids_behind_it(office: Office, tmp_path: Path) -> None:
    """Lists of names from a hidden sheet, ids beside them; the inactive and the gone are not offered."""
    office.sync()
    path = tmp_path / "sheet.xlsx"
    said = names.template(office.desk(), path)
    assert "7 properties, 37 vendors, 59 accounts" in said
    book = openpyxl.load_workbook(path)
    lists = book[OWN_SHEETS[1]]
    assert lists.sheet_state == "hidden"
    behind = {row[2]: row[3] for row in lists.iter_rows(min_row=2, values_only=True) if row[2]}
    assert behind["Greenleaf Landscaping, LLC"] == "vend-greenleaf"
    assert "Moving Day Haulers" not in behind
    rules = {str(one.sqref).split(":")[0]: one for one in book["Invoices"].data_validations.dataValidation}
    letters = {column.name: book["Invoices"].cell(1, at).column_letter for at, column in enumerate(OFFERED, 1)}
    vendor = rules[f"{letters['vendor_id']}2"]
    assert (vendor.type, vendor.formula1) == ("list", f"'{OWN_SHEETS[1]}'!$C$2:$C$38")
    assert vendor.showErrorMessage
    assert rules[f"{letters['invoice_date']}2"].type == "date"
    assert rules[f"{letters['total_amount']}2"].type == "decimal"
    assert rules[f"{letters['invoice_number']}2"].type == "textLength"
    assert all(rule.prompt for rule in rules.values())
    with pytest.raises(CannotRun, match="already"):
        names.template(office.desk(), path)


def test_filled_in_it_is_read_without_a_profile_and_posts_ids(office: Office, tmp_path: Path) -> None:
    """Names as they were chosen, 007 as text; the sheets that are ours are no part of the input."""
    office.sync()
    path = tmp_path / "sheet.xlsx"
    names.template(office.desk(), path)
    fill(path)
    run = office.submit(path)
    assert statuses(run) == ["posted"]
    (sent,) = office.posted()
    assert (sent["property_id"], sent["vendor_id"], sent["invoice_number"]) == (
        "prop-maplecourt",
        "vend-greenleaf",
        "007",
    )
    assert [line["financial_account_id"] for line in sent["invoice_items"]] == ["finacct-6105"]
    assert [skipped for table in run.reading.tables for skipped in table.skipped] == []


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_it_and_keeps_its_lists(office: Office, tmp_path: Path) -> None:
    """Saved again by another spreadsheet program, it still has its lists, and is read the same."""
    office.sync()
    path, again = tmp_path / "sheet.xlsx", tmp_path / "again"
    names.template(office.desk(), path)
    fill(path)
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(again)]
    subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=120)
    book = openpyxl.load_workbook(again / path.name)
    rules = [one.type for one in book["Invoices"].data_validations.dataValidation]
    assert rules.count("list") == 3
    assert statuses(office.check(again / path.name)) == ["ready"]


def test_a_name_that_is_there_twice_is_offered_with_its_id(tmp_path: Path) -> None:
    """A workbook of 20,000 names is written, and one without any has no lists."""
    path = tmp_path / "sheet.xlsx"
    write_template(path, {"property_id": [], "vendor_id": [Choice(f"Vendor {n}", f"vend-{n}") for n in range(20_000)]})
    book = openpyxl.load_workbook(path, read_only=True)
    assert book[OWN_SHEETS[1]].max_row == 20_001
