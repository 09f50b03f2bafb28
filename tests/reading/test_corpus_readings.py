"""Real files of other people, read with the little that they lack; absent where the collection is not at hand.

What a right reading finds is written in the collection's own README. Where this table says something else, the line
above the entry says why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from importer.domain.reading import Reading
from importer.errors import FileUnreadable
from importer.reading import read_files
from importer.reading.profiles.propose import answered, propose_profile
from importer.reading.profiles.vendor_profile import load_profiles, save_profile
from tests.reading.made_tables import profile

FOLDER = Path(__file__).parents[3] / "shared" / "corpus"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the collection of real files is not at hand")


@dataclass(frozen=True)
class Expected:
    """What is found in one file. `codes` are the errors by their kind, warnings left out."""

    rows: int
    invoices: int
    cents: int
    numbers: int | None = None  # as many as there are invoices, where nothing is said
    codes: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)  # blank rows left out
    said: Mapping[str, Any] = field(default_factory=dict)  # what a profile has to say


def columns(currency: str = "USD", **named: str) -> dict[str, Any]:
    """Part of a profile."""
    return {"currency": currency, "columns": named}


READINGS = {
    # the same number in two spellings of capital letters is one number: 1,377, where the README counts 1,378, and a
    # single "0" is none; one number on several days, and its rows contradict each other
    "uk-councils-odileeds/calderdale_2010-10.csv": Expected(
        4425,
        1635,
        24_693_456_68,
        1376,
        {"damaged-number": 109, "missing-value": 1, "contradiction": 729},
        said=columns("GBP", vendor_id="Supplier Name", financial_account_id="Expense Code"),
    ),
    "uk-councils-odileeds/london_2013-P10.csv": Expected(
        540, 502, 33_247_176_46, 502, {"extra-cells": 14}, said=columns("GBP", invoice_date="Clearing Date")
    ),
    "uk-councils-odileeds/tfl_2022-P10.csv": Expected(
        11417,
        11416,
        488_329_473_27,
        11416,
        {"bad-characters": 1},
        said=columns("GBP", invoice_date="Clearing Date", vendor_id="Vendor Name"),
    ),
    "uk-gov-pollock/10.January_2019.csv": Expected(53, 53, 3_086_508_28, 50, {"not-a-date": 1}, said=columns("GBP")),
    "uk-gov-pollock/epcs-dwp-cmg-spend-july-2017.csv": Expected(
        5,
        5,
        2_590_20,
        skipped={"title above the heading row": 1},
        said=columns(
            "GBP", invoice_number="Line Number", invoice_date="Posting Date", total_amount="FIN.Transaction Amount"
        ),
    ),
    "ccs-mi/rm1557-10-linux.xls": Expected(
        1,
        1,
        125_000_00,
        skipped={"sheet without a table of invoices": 102},
        said=columns("GBP", total_amount="Total Cost (ex VAT)"),
    ),
    "ccs-mi/rm1557-10-test.xls": Expected(
        1,
        1,
        125_000_00,
        skipped={"sheet without a table of invoices": 102},
        said=columns("GBP", total_amount="Total Cost (ex VAT)"),
    ),
    # quantity 4 × 10 against a total of 10 is found by the validator, which compares what is read here
    "ccs-mi/rm3767-with-no-orders.xls": Expected(1, 1, 10_00, skipped={"sheet without a table of invoices": 28}),
    "invoiceninja/freshbooks_invoices.csv": Expected(3, 1, 7_890_00),
    # one invoice repeats its total, and its lines come to twice as much: the README's sum is that of the rows
    "invoiceninja/invoice.csv": Expected(401, 400, 11_860_87, skipped={"title above the heading row": 2}),
    "odoo-mayuri/invoices.csv": Expected(33, 12, 32_031_55),
    "datev-lint/valid_minimal_700.csv": Expected(
        10,
        10,
        3_209_18,
        codes={"not-a-date": 10},  # day and month without a year
        skipped={"title above the heading row": 1},
        said=columns("EUR"),
    ),
    "datev-lint/broken_quotes.csv": Expected(
        1,
        1,
        100_00,
        codes={"not-a-date": 1, "broken-quotes": 1},
        skipped={"title above the heading row": 1},
        said=columns("EUR"),
    ),
    "pyafipws/facturas.xlsx": Expected(2, 2, 2_171_14, said=columns("ARS")),
    # the same number from one supplier on several days: contradicting dates
    "budt751/purchase_invoices.csv": Expected(
        1027, 809, 27_741_348_00, 562, {"contradiction": 218}, said=columns(vendor_id="Supplier Name")
    ),
    # three of its invoices are cancelled
    "ap-mgmt-dashboard/AP_Management_Dashboard.xlsx": Expected(
        130,
        130,
        189_120_93,
        codes={"void-row": 3},
        skipped={
            "unlabelled total (189120.93 is the sum of the rows above)": 1,
            "sheet without a table of invoices": 130,
        },
    ),
    "uci-online-retail/2010-12-01.csv": Expected(3108, 143, 58_635_56),
    # the cells are formatted as pounds
    "ecdl/Invoices2 Solution.xlsx": Expected(
        11,
        11,
        16_209_50,
        skipped={"title above the heading row": 1, "total (Totals)": 1, "sheet not asked for": 15},
        said={"sheet": "January", **columns("GBP", total_amount="Amount")},
    ),
    "qcreates/invoices.xlsx": Expected(43, 43, 16_933_09),
    # the amount of the row that is in words counts nothing
    "olinmasc/dirty_invoices.csv": Expected(4, 4, 150_000_00, 4, {"not-money": 1}),
    "olinmasc/smart_invoices.csv": Expected(3, 3, 165_000_00, said=columns("INR")),
    # every row is an invoice of its own; the 16 that repeat one are for the validator
    "nyc-property-mgmt/vendor_invoices.csv": Expected(10581, 10581, 34_646_142_93, 10387),
}

REFUSED = {
    "uk-councils-odileeds/darlington_2013-04.csv": "lacks the columns Invoice #, Bill Date",
    "xero-templates/BillTemplate.csv": "has a heading row and no data rows",
    "vipin-ap/Invoice_Reconciliation_Template.xlsx": "has a heading row and no data rows",
}


def accounted(reading: Reading) -> None:
    """Every row has its one place."""
    for table in reading.tables:
        data = [row.number for row in table.rows]
        heading = [table.source.heading_row] if data else []
        everything = sorted([*data, *(row.row for row in table.skipped), *heading])
        assert everything == list(range(1, len(everything) + 1))
    in_invoices = [(id(row.source), row.number) for invoice in reading.invoices for row in invoice.rows]
    assert len(in_invoices) == len(set(in_invoices))


@pytest.mark.parametrize("name", READINGS)
def test_a_real_file_reads_as_it_should(name: str) -> None:
    """Rows, invoices, numbers, money, what is skipped and what is wrong."""
    expected = READINGS[name]
    reading = read_files([FOLDER / "invoices" / name], integration_id="intg-1", profile=profile(**expected.said))
    accounted(reading)
    codes = Counter(
        problem.kind.code
        for problem in (*reading.problems, *(each for invoice in reading.invoices for each in invoice.problems))
        if problem.is_error
    )
    skipped = Counter(row.reason for table in reading.tables for row in table.skipped if row.reason != "blank")
    found = Expected(
        reading.row_count,
        len(reading.invoices),
        sum(invoice.worth for invoice in reading.invoices),
        None if expected.numbers is None else len({invoice.invoice_number for invoice in reading.invoices}),
        dict(codes),
        dict(skipped),
        expected.said,
    )
    assert found == expected
    assert all(control.agrees for control in reading.control_totals)


@pytest.mark.parametrize("name", REFUSED)
def test_a_real_file_without_invoices_gets_its_sentence(name: str) -> None:
    """What is missing, and what to do."""
    with pytest.raises(FileUnreadable) as caught:
        read_files([FOLDER / "invoices" / name], integration_id="intg-1", profile=profile())
    assert REFUSED[name] in str(caught.value)


def test_twins_read_the_same() -> None:
    """Numbers as text, by another program, are the same invoice."""
    said = columns("GBP", total_amount="Total Cost (ex VAT)")
    twins = [
        read_files([FOLDER / "invoices" / "ccs-mi" / name], integration_id="intg-1", profile=profile(**said)).invoices[
            0
        ]
        for name in ("rm1557-10-linux.xls", "rm1557-10-test.xls")
    ]
    one, other = [(each.invoice_number, each.invoice_date, each.total, each.lines[0][1:]) for each in twins]
    assert one == other


LAYOUTS = {
    "budt751/purchase_invoices.csv": {"vendor_id": "Supplier Name"},
    "ap-mgmt-dashboard/AP_Management_Dashboard.xlsx": {},
    "ccs-mi/rm3767-with-no-orders.xls": {},
    "uk-gov-pollock/10.January_2019.csv": {},
    "qcreates/invoices.xlsx": {},
    "nyc-property-mgmt/vendor_invoices.csv": {},
}
USUAL = {"property_id": "prop-1", "vendor_id": "vend-1", "financial_account_id": "finacct-1", "terms_days": "30"}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_profile_made_of_a_real_layout_is_chosen_by_itself(name: str, tmp_path: Path) -> None:
    """`profile new` and some answers; then the file is read with no further word, and every row is accounted for."""
    path = FOLDER / "invoices" / name
    proposal = propose_profile(path)
    made = proposal.profile
    for ask in proposal.asks:
        made = answered(made, ask, (USUAL | LAYOUTS[name])[ask.field])
    save_profile(made, tmp_path)
    reading = read_files([path], integration_id="intg-1", profiles=load_profiles(tmp_path))
    assert f"{path.name}: read with the profile {made.name}, which fits it." in reading.notices
    accounted(reading)


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.*")), ids=lambda path: str(path.relative_to(FOLDER)))
def test_no_file_of_the_collection_crashes_or_loses_a_row(path: Path) -> None:
    """Read, or refused in a sentence; a proposal for a profile never crashes either."""
    try:
        propose_profile(path)
        accounted(read_files([path], integration_id="intg-1", profile=profile()))
    except FileUnreadable as refused:
        sentence = str(refused)
    else:
        sentence = "read"
    assert sentence
