"""The blank workbook with names to choose from: what it offers, what Excel refuses, and that it is read back."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from importer.domain.fields import OWN_SHEETS
from importer.errors import CannotRun
from importer.masterdata import Cache, RecordKind
from importer.masterdata.master_data import cache_path, folder_of
from importer.pipeline import check_files
from importer.report.workbook.template import (
    OFFERED,
    Choice,
    Offer,
    write_template,
)
from importer.runs import names
from importer.runs.request import RunRequest
from importer.sandbox import INTEGRATION_ID
from tests.masterdata.office import Office, codes, statuses

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
    assert vendor.type == "list"
    assert f"'{OWN_SHEETS[1]}'!$C$2:$C$38" in vendor.formula1
    assert vendor.showErrorMessage
    account = rules[f"{letters['financial_account_id']}2"]
    assert account.formula1 == f"'{OWN_SHEETS[1]}'!$E$2:$E$60"  # the same at every property
    assert rules[f"{letters['invoice_date']}2"].type == "date"
    assert rules[f"{letters['total_amount']}2"].type == "decimal"
    assert rules[f"{letters['invoice_number']}2"].type == "textLength"
    assert all(rule.prompt for rule in rules.values())
    with pytest.raises(CannotRun, match="already"):
        names.template(office.desk(), path)
    with pytest.raises(CannotRun, match=r"ends in \.xlsx"):
        names.template(office.desk(), tmp_path / "sheet.csv")


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


def converted(path: Path, kind: str, folder: Path) -> Path:
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    command = ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder / path.with_suffix(f".{kind.partition(':')[0]}").name


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_the_list_of_vendors_is_that_of_the_rows_property(office: Office, tmp_path: Path) -> None:
    """The rule's own formula, worked out by a spreadsheet program: Stonebridge has its lift, Lakeside its pool; a row
    without a property, or with one that nobody knows, has everything."""
    office.sync()
    path = tmp_path / "sheet.xlsx"
    names.template(office.desk(), path)
    book = openpyxl.load_workbook(path)
    sheet = book["Invoices"]
    (rule,) = (one for one in sheet.data_validations.dataValidation if str(one.sqref).startswith("B2"))
    asked = ("Stonebridge Lofts", "The Residences at Lakeside", "Maple Court Apartments", "", "Nowhere")
    for row, place in enumerate(asked, 2):
        sheet.cell(row, 1, place or None)
        listed = rule.formula1.replace("$A2", f"$A${row}")
        for at, what in enumerate((f"ROWS({listed})", *(f'COUNTIF({listed},"{one}*")' for one in ("Safe", "Clear P")))):
            sheet.cell(row, 20 + at, f"={what}")
    book.save(path)
    text = converted(path, "csv", tmp_path / "out").read_text(encoding="utf-8")
    rows = list(csv.reader(text.splitlines()))[1:6]
    assert [row[19:22] for row in rows] == [
        ["35", "1", "0"],
        ["35", "0", "1"],
        ["34", "0", "0"],
        ["37", "1", "1"],
        ["37", "1", "1"],
    ]


def test_a_rule_stays_short_enough_for_excel(tmp_path: Path) -> None:
    """Excel takes 255 characters; 1,000 properties with 20,000 vendors are the largest that is looked at."""
    path = tmp_path / "sheet.xlsx"
    places = [Choice(f"Property {n}", f"prop-{n}") for n in range(1_000)]
    vendors = [Choice(f"Vendor {n}", f"vend-{n}") for n in range(20_000)]
    write_template(
        path,
        Offer(
            {"property_id": places, "vendor_id": vendors, "financial_account_id": vendors},
            {name: {"Property 7": ["Vendor 1"]} for name in ("vendor_id", "financial_account_id")},
        ),
    )
    with zipfile.ZipFile(path) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    formulas = re.findall(r'type="list".*?<formula1>(.*?)</formula1>', sheet)
    assert (len(formulas), max(map(len, formulas)) <= 255) == (3, True)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_it_and_keeps_its_lists(office: Office, tmp_path: Path) -> None:
    """Saved again by another spreadsheet program, it still has its lists, and is read the same."""
    office.sync()
    path, again = tmp_path / "sheet.xlsx", tmp_path / "again"
    names.template(office.desk(), path)
    fill(path)
    converted(path, "xlsx:Calc MS Excel 2007 XML", again)
    book = openpyxl.load_workbook(again / path.name)
    rules = [one.type for one in book["Invoices"].data_validations.dataValidation]
    assert rules.count("list") == 3
    assert statuses(office.check(again / path.name)) == ["ready"]


def test_a_name_that_is_there_twice_is_offered_with_its_id(tmp_path: Path) -> None:
    """A workbook of 20,000 names is written, and one without any has no lists."""
    path = tmp_path / "sheet.xlsx"
    write_template(
        path, Offer({"property_id": [], "vendor_id": [Choice(f"Vendor {n}", f"vend-{n}") for n in range(20_000)]})
    )
    book = openpyxl.load_workbook(path, read_only=True)
    assert book[OWN_SHEETS[1]].max_row == 20_001


@pytest.mark.parametrize("sheets", [None, "*"])
def test_rows_on_the_sheet_that_explains_are_not_passed_over(office: Office, sheets: str | None) -> None:
    """The template's own text is nobody's invoice; with a row of somebody's it is read, or named as left out."""
    office.sync()
    path = office.home / "filled.xlsx"
    names.template(office.desk(), path)
    fill(path)
    wanted = RunRequest((path,), integration_id=INTEGRATION_ID, sheet=sheets)
    before = check_files(wanted, office.desk())
    assert not any("left out" in notice for notice in before.notices + before.reading.notices)
    book = openpyxl.load_workbook(path)
    book[OWN_SHEETS[0]].append(["MPC", "Turf Works", "T-2", 100])
    book.save(path)
    after = check_files(wanted, office.desk())
    assert any(OWN_SHEETS[0] in notice for notice in after.reading.notices)
    assert any("T-2" in map(str, skipped.cells) for table in after.reading.tables for skipped in table.skipped)


def test_what_it_offers_is_never_refused_as_ambiguous(office: Office) -> None:
    """Two names that are read alike, and a name that is another's number, stand in the list with their ids."""
    office.sync()
    settings = office.desk().settings
    vendors = (("vend-kl1", "Kilo & Lima", None), ("vend-kl2", "Kilo and Lima", None), ("vend-n", "PA-615", "X-1"))
    with Cache(cache_path(folder_of(settings.home, settings.destination, INTEGRATION_ID))) as cache:
        rows = [{"id": one, "name": name, "account_number": code} for one, name, code in vendors]
        rows.append({"id": "vend-c", "name": "Coded", "account_number": "PA-615"})
        cache.keep(cache.progress(RecordKind.VENDOR), RecordKind.VENDOR, rows, office.desk().now())
    path = office.home / "sheet.xlsx"
    names.template(office.desk(), path)
    lists = openpyxl.load_workbook(path)[OWN_SHEETS[1]]
    labels = [str(cell.value) for cell in lists["C"][1:] if cell.value]
    assert {"Kilo & Lima (vend-kl1)", "Kilo and Lima (vend-kl2)", "PA-615 (vend-n)", "Coded"} <= set(labels)
    run = office.check(office.sheet(*({"Vendor": one, "Invoice #": f"A-{n}"} for n, one in enumerate(labels))))
    assert not [code for told in codes(run) for code in told if code in ("ambiguous-name", "unknown-name")]
