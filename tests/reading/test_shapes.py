"""The shapes in which vendors send invoices, each read into the same kind of lines."""

from __future__ import annotations

import pytest

from importer.domain.cells import Cell
from importer.errors import FileUnreadable
from importer.reading.read import read_contents
from tests.reading.made_tables import (
    contents,
    money,
    profile,
    said,
    sheet,
    skipped,
    vendor,
)

DATE = "2026-03-14"


def test_one_row_for_each_invoice() -> None:
    """A total and nothing of a line: each row is an invoice of one line, also where a number stands twice."""
    reading = vendor(
        ("Invoice #", "Invoice Date", "Invoice Total"), ("A", DATE, "10.00"), ("B", DATE, "5.00"), ("A", DATE, "10.00")
    )
    assert money(reading) == [("A", 1000, [1000]), ("B", 500, [500]), ("A", 1000, [1000])]
    assert said(reading) == []


def test_the_marks_of_a_table_are_judged_over_all_its_numbers() -> None:
    """A quantity of 1,250 is one and a quarter where the amounts have decimal commas, and 1250 where they have none."""
    headings = ("Invoice #", "Date", "Qty", "Unit Price", "Line Amount")
    german = vendor(headings, ("A", DATE, "1,250", "10,00", "12,50"), ("B", DATE, "2,500", "1.000", "2.500,00"))
    assert money(german) == [("A", 1250, [1250]), ("B", 250000, [250000])]
    american = vendor(headings, ("A", DATE, "1,250", "10.00", "12,500.00"))
    assert [line.quantity for line in american.invoices[0].lines] == [1250]


def test_marks_that_contradict_each_other_are_asked_about() -> None:
    """Prices with commas beside amounts with points say nothing of a quantity of 1,250."""
    reading = vendor(("Invoice #", "Date", "Qty", "Unit Price", "Line Amount"), ("A", DATE, "1,250", "1,50", "1.88"))
    assert ("not-a-quantity", "C2") in said(reading)


def test_a_bad_cell_does_not_hide_a_column_of_amounts() -> None:
    """Where the heading is the GL account, a cell that is no amount is named, and the others are lines."""
    reading = vendor(
        ("Invoice #", "Date", "6310 - Water", "6320 - Sewer"),
        ("A", DATE, "10.00", "5.00"),
        ("B", DATE, "see bill", "2.00"),
        ("C", DATE, "3.00", "2.00"),
    )
    assert money(reading) == [("A", 1500, [1000, 500]), ("B", 200, [None, 200]), ("C", 500, [300, 200])]
    assert ("not-money", "C3") in said(reading)


def test_a_word_that_may_be_a_credit_is_named() -> None:
    """What the type column says is a credit, an invoice, or asked about: never an invoice in silence."""
    reading = vendor(
        ("Invoice #", "Date", "Amount", "Type"),
        ("A", DATE, "1.00", "Invoice"),
        ("B", DATE, "1.00", "Gutschrift"),
        ("C", DATE, "1.00", "KRD"),
    )
    assert [invoice.total for invoice in reading.invoices] == [100, -100, 100]
    (problem,) = [problem for problem in reading.problems if problem.kind.code == "unknown-type"]
    assert (problem.place.cell, problem.value) == ("D4", "KRD")


def test_cells_of_a_workbook_beyond_the_headings_are_named() -> None:
    """Nothing moves where a cell too many stands in a workbook, and yet it may be an amount."""
    table = sheet(
        ("Invoice #", "Date", "", "Amount"), ("A", DATE, "x", "1.00", "", 5), ("B", DATE, "", "1.00"), name="S"
    )
    reading = read_contents([contents(table)], integration_id="i", profile=profile())
    assert [each for each in said(reading) if each[0] != "taken-for"] == [
        ("unknown-column", "C2"),
        ("unknown-column", "F2"),
    ]


def test_a_row_for_each_line_without_a_total() -> None:
    """The total is what the lines come to, and that is said."""
    reading = vendor(
        ("Invoice #", "Invoice Date", "Qty", "Unit Price"), ("A", DATE, "2", "5.00"), ("A", DATE, "1", "0.333")
    )
    (invoice,) = reading.invoices
    assert invoice.total == 1033
    assert reading.notices == ("march.csv: no column gives the invoice total; it is what the lines come to.",)


def test_a_wide_sheet_has_a_line_for_each_service() -> None:
    """Blank and zero make no line; each line has its own account and its own cell."""
    reading = vendor(
        ("Invoice #", "Date", "Water", "Sewer", "Trash", "Total Amount"),
        ("A", DATE, "10.00", "5.00", "", "15.00"),
        ("B", DATE, "1.00", "0.00", "2.00", "3.00"),
        extra_lines=[
            {"heading": "Water", "financial_account_id": "finacct-6310"},
            {"heading": "Sewer", "financial_account_id": "finacct-6320"},
            {"heading": "Trash", "financial_account_id": "finacct-6330", "notes": "Trash removal"},
        ],
    )
    assert money(reading) == [("A", 1500, [1000, 500]), ("B", 300, [100, 200])]
    last = reading.invoices[1].lines[1]
    assert (last.financial_account_id, last.notes, last.row.place("line_amount").cell) == (
        "finacct-6330",
        "Trash removal",
        "E3",
    )


def test_headings_that_are_accounts_are_lines() -> None:
    """No profile is needed where the heading is the GL account."""
    reading = vendor(
        ("Invoice #", "Date", "6310 - Water", "6320 - Sewer"), ("A", DATE, "10.00", "5.00"), ("B", DATE, "", "2.00")
    )
    assert [(line.financial_account_id, line.notes) for line in reading.invoices[0].lines] == [
        ("6310", "6310 - Water"),
        ("6320", "6320 - Sewer"),
    ]
    assert money(reading) == [("A", 1500, [1000, 500]), ("B", 200, [200])]


def test_repeated_groups_are_a_line_each() -> None:
    """item1, qty1, price1, item2, …: a group without content is no line, and a bad cell is named at its place."""
    reading = vendor(
        ("Invoice #", "Date", "Item 1", "Qty 1", "Price 1", "Item 2", "Qty 2", "Price 2"),
        ("A", DATE, "Mowing", "2", "5.00", "Edging", "1", "3.00"),
        ("B", DATE, "Mowing", "1", "5.00"),
        ("C", DATE, "Mowing", "1", "5.00", "Edging", "one", "3.00"),
    )
    assert money(reading) == [("A", 1300, [1000, 300]), ("B", 500, [500]), ("C", 500, [500, None])]
    assert [line.notes for line in reading.invoices[0].lines] == ["Mowing", "Edging"]
    assert ("not-a-quantity", "G4") in said(reading)


def test_header_and_lines_on_two_sheets() -> None:
    """Joined by number: a line without its invoice is an invoice that lacks everything else, never lost."""
    header = sheet(("Invoice #", "Invoice Date", "Total Due"), ("A", DATE, 13), ("B", DATE, 1), name="Invoices")
    lines = sheet(
        ("Invoice #", "Description", "Qty", "Price"),
        ("A", "Mowing", 2, 5),
        ("B", "Edging", 1, 1),
        ("A", "Mulch", 1, 3),
        ("C", "Stray", 1, 1),
        name="Lines",
    )
    reading = read_contents([contents(header, lines)], integration_id="i", profile=profile())
    assert money(reading) == [("A", 1300, [1000, 300]), ("B", 100, [100]), ("C", None, [100])]
    assert [(row.source.sheet, row.number) for row in reading.invoices[0].rows] == [
        ("Invoices", 2),
        ("Lines", 2),
        ("Lines", 4),
    ]
    assert reading.invoices[2].invoice_date is None
    assert "joined by number" in reading.notices[0]
    assert reading.row_count == 6


def test_credits_by_a_type_column() -> None:
    """A row that says Credit is negative, with a sign or without."""
    reading = vendor(
        ("Invoice #", "Date", "Type", "Invoice Amount"),
        ("A", DATE, "Invoice", "10.00"),
        ("B", DATE, "Credit Memo", "5.00"),
        ("C", DATE, "credit", "-3.00"),
    )
    assert money(reading) == [("A", 1000, [1000]), ("B", -500, [-500]), ("C", -300, [-300])]


def test_credits_by_sign_parentheses_and_letters() -> None:
    """However a vendor marks it."""
    texts = ("-5.00", "(5.00)", "5.00-", "5.00 CR", "$(5.00)", "5.00 DR")
    rows = [(f"A{place}", DATE, text) for place, text in enumerate(texts)]
    reading = vendor(("Invoice #", "Date", "Invoice Amount"), *rows)
    assert [invoice.total for invoice in reading.invoices] == [-500, -500, -500, -500, -500, 500]


def test_debit_and_credit_columns() -> None:
    """What stands under Credit takes away."""
    reading = vendor(
        ("Invoice #", "Date", "Debit", "Credit"),
        ("A", DATE, "10.00", ""),
        ("A", DATE, "", "4.00"),
        ("B", DATE, "", "1.00"),
    )
    assert money(reading) == [("A", 600, [1000, -400]), ("B", -100, [-100])]


def test_notes_from_a_template() -> None:
    """{file}, {row} and the invoice's own words."""
    rows = (("Invoice #", "Invoice Date", "Total Due"), ("A", DATE, "1"), ("B", DATE, "1"))
    reading = vendor(*rows, defaults={"notes": "{file} row {row}", "memo": "{invoice_number} of {invoice_date}"})
    assert [(each.notes, each.memo) for each in reading.invoices] == [
        ("march.csv row 2", "A of 2026-03-14"),
        ("march.csv row 3", "B of 2026-03-14"),
    ]


def test_a_currency_column_other_than_the_accounts_is_named_at_its_cell() -> None:
    """Only the rows of another currency are held back."""
    rows = (
        ("Invoice #", "Date", "Currency", "Total Due"),
        ("A", DATE, "USD", "1"),
        ("B", DATE, "CAD", "1"),
        ("C", DATE, "", "1"),
    )
    assert said(vendor(*rows))[:1] == [("other-currency", "C3")]
    assert [len(each.problems) for each in vendor(*rows, currency="CAD").invoices] == [1, 0, 0]


def test_a_heading_in_another_currency_is_believed() -> None:
    """ "Total (£)" holds no dollars."""
    assert ("other-currency", "C2") in said(vendor(("Invoice #", "Date", "Total Due (£)"), ("A", DATE, "1")))


def test_a_stray_total_of_one_row_is_asked_about() -> None:
    """100.00 below 100.00 with nothing beside it: a total, or a further line? Neither is assumed."""
    reading = vendor(("Invoice #", "Date", "Line Amount"), ("A", DATE, "100.00"), ("", "", "100.00"))
    assert money(reading) == [("A", 10000, [10000])]
    assert ("unclear-continuation", "row 3") in said(reading)
    assert skipped(reading) == []


def test_a_numbered_row_without_a_date_is_no_total() -> None:
    """However well its amount fits the sum above: it has a number of its own."""
    reading = vendor(
        ("Invoice #", "Date", "Invoice Total"), ("1", DATE, "1.00"), ("2", DATE, "2.00"), ("3", "", "3.00")
    )
    assert [invoice.invoice_number for invoice in reading.invoices] == ["1", "2", "3"]


def test_a_continuation_in_a_repeated_group_is_not_skipped() -> None:
    """Columns of a group are as good as any others."""
    reading = vendor(
        ("Invoice #", "Date", "Qty 1", "Price 1", "Qty 2", "Price 2"),
        ("A", DATE, "1", "5.00", "", ""),
        ("", "", "", "", "2", "3.00"),
    )
    assert money(reading) == [("A", 1100, [500, 600])]


def test_an_unreadable_amount_leaves_the_total_uncompared() -> None:
    """The bad cell is the problem; the good invoices need not wait for it, and the total is not passed over."""
    reading = vendor(
        ("Invoice #", "Date", "Invoice Total"), ("A", DATE, "1.00"), ("B", DATE, "two"), ("Total", "", "3.00")
    )
    assert [(control.agrees, control.unread) for control in reading.control_totals] == [(False, ("C3",))]
    assert [code for code, _ in said(reading)] == ["not-money", "uncompared-total"]


@pytest.mark.parametrize("says", ["9OO.00", "1SO.00", "see attached", "#REF!"])
def test_a_total_that_cannot_be_read_is_named(says: str) -> None:
    """It stops nothing, and is not passed over: what it says can be compared with nothing."""
    rows = (("A", DATE, "70.00"), ("B", DATE, "80.00"), ("Grand Total", "", says))
    reading = vendor(("Invoice #", "Date", "Line Amount"), *rows)
    assert money(reading) == [("A", 7000, [7000]), ("B", 8000, [8000])]
    assert said(reading) == [("uncompared-total", "C4")]
    (problem,) = reading.problems
    assert problem.what == f"'Grand Total' says '{says}', which is no amount: nothing can be compared."


def test_a_blank_total_says_nothing() -> None:
    """Words of a total without an amount are left out, as ever."""
    reading = vendor(("Invoice #", "Date", "Line Amount"), ("A", DATE, "70.00"), ("Grand Total", "", ""))
    assert (said(reading), len(skipped(reading))) == ([], 1)


VENDOR_HEADINGS = ("Invoice #", "Invoice Date", "Qty", "Unit Price", "GL Account")


@pytest.mark.parametrize(
    "above",
    [
        [("Invoice #", "Date", "Amount", "Remarks"), ("TT-1", DATE, "10.00", "x"), ("TT-2", DATE, "10.00", "x"), ()],
        [("Invoice #", "Date", "Amount", "Remarks"), ("TT-1", DATE, "10.00"), ()],
        [("TT-1", DATE, "1", "10.00"), ("TT-2", DATE, "1", "10.00")],
    ],
)
def test_a_table_above_the_heading_row_stops_the_run(above: list[tuple[Cell, ...]]) -> None:
    """Rows of another table are no titles: they would be lost without a word."""
    with pytest.raises(FileUnreadable) as caught:
        vendor(*above, VENDOR_HEADINGS, ("TT-3", DATE, "1", "5.00", "finacct-1"))
    assert "look like another table" in str(caught.value)


@pytest.mark.parametrize(
    "above",
    [
        [("Date:", DATE, "", "Report 300", "Page:", 1), ("Vendor:", "ACME", "to", "ACME"), ("Status:", "All")],
        [("From", "03/01/2026", "To", "03/31/2026", "Vendor", "All"), ("Sort by", "Invoice Date", "Amount", "All")],
        [("Filter", "Value"), ("Vendor", "ACME"), ("Invoice Date", DATE), ("Amount", "> 0"), ("Invoice Number", "All")],
        [("Date Range: March 1 - 31, 2026",), ("Location: All",), ("Printed by: clerk on 03/31/2026 10:00 AM",), ()],
        [
            ("", "", "", "1:15 PM"),
            ("", "", "", "03/31/26"),
            ("", "Unpaid Bills by Vendor"),
            (
                "",
                "As of March 31",
            ),
        ],
    ],
)
def test_the_parameters_of_a_report_are_titles(above: list[tuple[Cell, ...]]) -> None:
    """What was asked of the accounting program stands above its answer, a row for each or several in one, and no
    number is among it that an invoice could lose."""
    reading = vendor(*above, VENDOR_HEADINGS, ("TT-3", DATE, "1", "5.00", "finacct-1"))
    assert money(reading) == [("TT-3", 500, [500])]
    assert skipped(reading) == [
        (number, "title above the heading row" if any(row) else "blank") for number, row in enumerate(above, 1)
    ]


def test_titles_above_the_heading_row_are_still_titles() -> None:
    """A letterhead with a wide row in it, and what the vendor is called."""
    above = [("Acme Lawn Care", "12 Main Street", "Invoice list", "March"), ("Vendor:", "Acme"), ("Date:", DATE)]
    reading = vendor(*above, VENDOR_HEADINGS, ("TT-3", DATE, "1", "5.00", "finacct-1"))
    assert money(reading) == [("TT-3", 500, [500])]


@pytest.mark.parametrize("label", ["Labor total", "Materials total", "Total weed control", None])
@pytest.mark.parametrize(("quantity", "price", "account"), [("1", "30.00", None), (None, None, "finacct-2")])
def test_a_line_is_no_total_whatever_it_is_called(
    label: str | None, quantity: str | None, price: str | None, account: str | None
) -> None:
    """An account of its own, or a quantity with its price, makes a line, even where it is the sum of those above."""
    reading = vendor(
        ("Invoice #", "Invoice Date", "Description", "Qty", "Unit Price", "Line Amount", "GL Account"),
        ("A", DATE, "mowing", "1", "10.00", "10.00", "finacct-1"),
        (None, None, "edging", "1", "20.00", "20.00", "finacct-1"),
        (None, None, label, quantity, price, "30.00", account),
    )
    assert money(reading) == [("A", 6000, [1000, 2000, 3000])]
    assert skipped(reading) == []


@pytest.mark.parametrize(
    ("amounts", "more"),
    [
        (("Line Amount", None), {}),
        (("Freight", "Labor"), {"extra_lines": [{"heading": "Freight"}, {"heading": "Labor"}]}),
        (("Amount 1", "Amount 2"), {}),
    ],
)
@pytest.mark.parametrize(
    ("account", "notes", "code"),
    [
        ("#REF!", "mowing", "error-cell"),
        ("4.72E+15", "mowing", "damaged-number"),
        (None, "mowing \u00e2\u20ac\u2122s", "bad-characters"),
    ],
)
def test_a_default_is_for_blank_cells_only(
    amounts: tuple[Cell, ...], more: dict[str, object], account: Cell, notes: Cell, code: str
) -> None:
    """A damaged account or note stays a problem, also where the lines come from extra columns or repeated groups."""
    reading = vendor(
        ("Invoice #", "Invoice Date", "GL Account", "Line Notes", *amounts),
        ("A", DATE, account, notes, "10.00", "5.00" if amounts[1] else None),
        **more,
    )
    assert code in [each for each, _ in said(reading)]


def test_amounts_in_another_currency_are_the_amounts_all_the_same() -> None:
    """Each is named; that the column is missing would send the clerk on a wrong errand."""
    reading = vendor(
        ("Invoice #", "Date", "Qty", "Price", "Line Amount", "Total Due"),
        *((number, DATE, "2", "£3.00", "£6.00", "£7.20") for number in "ABC"),
    )
    columns = reading.invoices[0].source.columns
    assert [columns[name] for name in ("unit_price", "line_amount", "total_amount")] == [3, 4, 5]
    assert {code for code, _ in said(reading)} >= {"other-currency"}


def test_one_vendor_for_all_where_the_file_names_several_is_said() -> None:
    """A profile made for one vendor, and a file of many: all of it would go to the one."""
    headings = ("Invoice #", "Date", "Supplier Name", "Total Due")
    several = vendor(headings, ("A", DATE, "Engen", "1.00"), ("B", DATE, "Total", "2.00"))
    assert "2 names, and every invoice is for the one vendor of the profile" in several.problems[0].message
    one = vendor(headings, ("A", DATE, "Engen", "1.00"), ("B", DATE, "ENGEN ", "2.00"))
    assert not any("names" in problem.message for problem in one.problems)
