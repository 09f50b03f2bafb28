"""The plain layout: headings by name, cells as they say it, and a whole sentence where a file cannot be read."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from importer.domain import problem_catalog
from importer.domain.cells import Cell, ErrorCell, UncalculatedCell
from importer.errors import FileUnreadable
from importer.reading import read_files
from importer.reading.read import read_contents
from tests.reading.made_tables import (
    PLAIN,
    contents,
    plain,
    row,
    said,
    sheet,
)


def test_a_plain_row_becomes_an_invoice_with_its_line() -> None:
    """Every field arrives, money in cents, dates as dates, the row under its true number."""
    reading = plain(row())
    (invoice,) = reading.invoices
    (line,) = invoice.lines
    assert (invoice.integration_id, invoice.property_id, invoice.vendor_id) == ("intg-1", "prop-1", "vend-1")
    assert (invoice.invoice_number, invoice.notes, invoice.memo) == ("INV-1", "mowing", "march")
    assert (invoice.invoice_date, invoice.due_date) == (date(2026, 3, 14), date(2026, 4, 13))
    assert invoice.total == Decimal(10000)
    assert (line.financial_account_id, line.quantity, line.unit_price) == ("finacct-1", Decimal(2), Decimal(5000))
    assert (line.amount, line.notes) == (None, "")
    assert [row.number for row in invoice.rows] == [2]
    assert (said(reading), reading.row_count) == ([], 1)


def test_friendly_headings_in_any_order_say_the_same() -> None:
    """Case, spaces, punctuation, asterisks and the order of columns do not matter."""
    friendly = {
        "Unit Price": "50.00",
        "*INVOICE #": "INV-1",
        "Bill Date": "2026-03-14",
        "due-date": "2026-04-13",
        "Vendor ID": "vend-1",
        "Property": "prop-1",
        "Memo:": "march",
        "NOTES": "mowing",
        "Invoice Total ($)": "100.00",
        "GL Account": "finacct-1",
        " Qty ": "2",
    }
    (ours,) = plain(tuple(friendly.values()), headings=tuple(friendly)).invoices
    (theirs,) = plain(row()).invoices
    assert [getattr(ours, name) for name in PLAIN[:7]] == [getattr(theirs, name) for name in PLAIN[:7]]
    assert (ours.total, ours.lines[0][1:]) == (theirs.total, theirs.lines[0][1:])


def test_all_missing_columns_are_named_at_once() -> None:
    """One sentence lists every missing column, and what the heading row says instead."""
    with pytest.raises(FileUnreadable) as caught:
        plain(("vend-1", "7", "2026-03-14"), headings=("vendor_id", "invoice_number", "invoice_date"))
    for expected in ("Property", "Due Date", "Notes", "Memo", "GL Account", "row 1", "vendor_id, inv"):
        assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], "is empty"),
        ([(), ()], "is empty"),
        ([PLAIN], "no data rows"),
        ([PLAIN, ()], "no data rows"),
        ([("a", "b"), ("1", "2")], "No heading row"),
        (
            [("Invoice #", "A-1"), ("Date", "2026-10-14"), ("Amount", "5")],
            "below each other in column A. In Excel, copy",
        ),
        ([("Invoice #   Date        Amount",), ("A-1         2026-10-14  5.00",)], "kept apart by spaces. Open it"),
    ],
)
def test_a_file_without_a_table_gets_one_sentence(rows: list[tuple[Cell, ...]], expected: str) -> None:
    """Empty, heading only and without headings are told apart."""
    with pytest.raises(FileUnreadable, match=expected):
        read_contents([contents(sheet(*rows))])


def test_two_headings_for_one_field_are_never_silently_the_first() -> None:
    """Both columns are named with their letters."""
    with pytest.raises(FileUnreadable, match=r"'Bill No' \(C\), 'Invoice #' \(L\)"):
        plain((*row(), "x"), headings=(*PLAIN[:2], "Bill No", *PLAIN[3:], "Invoice #"))


def test_the_exact_name_goes_before_a_friendlier_spelling() -> None:
    """`invoice_number` is the number although an "Invoice" column stands beside it; that one is said to be unused."""
    reading = plain((*row(), "77"), headings=(*PLAIN, "Invoice"))
    assert reading.invoices[0].invoice_number == "INV-1"
    assert said(reading) == [("unknown-column", "row 1")]


def test_titles_and_blank_rows_are_skipped_with_their_reason() -> None:
    """Every row is heading, data or skipped, and row numbers stay those of the sheet."""
    rows = (("Greenleaf Landscaping",), (), PLAIN, row(), (), row(invoice_number="INV-2"))
    (table,) = read_contents([contents(sheet(*rows))], integration_id="intg-1").tables
    assert [row.number for row in table.rows] == [4, 6]
    assert [(skipped.row, skipped.reason) for skipped in table.skipped] == [
        (1, "title above the heading row"),
        (2, "blank"),
        (5, "blank"),
    ]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("007", "007"),
        ("NA", "NA"),
        (" 12 ", "12"),
        (6210.0, "6210"),
        (6210, "6210"),
        (123456789012345.0, "123456789012345"),
        ("2010:08D  Demen", "2010:08D  Demen"),
        ("12E5", "12E5"),
        (r"1001\5110042450", r"1001\5110042450"),
    ],
)
def test_identifiers_stay_as_the_cell_says_them(cell: Cell, expected: str) -> None:
    """Leading zeros, `NA` and inner spaces survive; a whole number has no decimals."""
    (invoice,) = plain(row(invoice_number=cell)).invoices
    assert (invoice.invoice_number, invoice.problems) == (expected, ())


@pytest.mark.parametrize(
    "cell", [1234567890123456789, 1.2345678901234568e18, "1.60E+12", "1.6e+12", "123456789012345000", 1e15]
)
def test_a_rounded_number_is_never_an_identifier(cell: Cell) -> None:
    """More than 15 digits or scientific notation means that the spreadsheet program has thrown digits away."""
    (invoice,) = plain(row(invoice_number=cell)).invoices
    assert invoice.invoice_number is None
    assert [(problem.kind.code, problem.place.cell) for problem in invoice.problems] == [("damaged-number", "C2")]


@pytest.mark.parametrize("field", ["invoice_number", "invoice_date", "total_amount", "quantity_ordered"])
def test_a_column_that_was_too_narrow_is_damage(field: str) -> None:
    """Excel saves what it shows: of a number in a narrow column nothing is left but hash marks."""
    (invoice,) = plain(row(**{field: "########"})).invoices
    assert [problem.kind.code for problem in invoice.problems if problem.field == field] == ["damaged-number"]
    assert "column is too narrow" in invoice.problems[0].what


@pytest.mark.parametrize("cell", ["*", ".", "/", "—", "#", "( )"])
def test_marks_alone_are_no_number(cell: str) -> None:
    """Neither letter nor digit: what the vendor calls the invoice is not said."""
    (invoice,) = plain(row(invoice_number=cell)).invoices
    assert [(problem.kind.code, problem.value) for problem in invoice.problems] == [("missing-value", cell)]


@pytest.mark.parametrize("field", ["property_id", "vendor_id", "invoice_number", "financial_account_id"])
def test_a_character_that_nobody_can_see_is_no_part_of_an_identifier(field: str) -> None:
    """It would be another vendor, or another number, to everybody but the eye; the message makes it visible."""
    value = "vend-1\u200b"
    (invoice,) = plain(row(**{field: value})).invoices
    found = [problem for problem in invoice.problems if problem.field == field]
    assert [(problem.kind.code, problem.value) for problem in found] == [("bad-characters", value)]
    assert "(U+200B, character 7 of 7)" in found[0].what


def test_a_bad_cell_is_quoted_at_its_place() -> None:
    """What, where and what to do, and the value itself is left out."""
    (invoice,) = plain(row(invoice_date="03/14/20x6")).invoices
    assert invoice.invoice_date is None
    assert [problem.message for problem in invoice.problems] == [
        "D2: '03/14/20x6' is not a date. Write it like 2026-03-31."
    ]


def test_all_bad_cells_of_a_row_are_named_at_once() -> None:
    """Spreadsheet errors, formulas without a result and words are each a problem of their own."""
    reading = plain(
        row(
            vendor_id=ErrorCell("#REF!"),
            total_amount=UncalculatedCell("=J2*K2"),
            quantity_ordered="two",
            unit_price="fifty dollars",
        )
    )
    assert sorted(said(reading)) == [
        ("error-cell", "B2"),
        ("not-a-quantity", "J2"),
        ("not-money", "K2"),
        ("uncalculated-formula", "H2"),
    ]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (datetime.fromisoformat("2026-03-14 09:30"), date(2026, 3, 14)),
        (date(2026, 3, 14), date(2026, 3, 14)),
        (46095, date(2026, 3, 14)),
        (46095.5, date(2026, 3, 14)),
        (20260314.0, date(2026, 3, 14)),
        ("2026-03-14T09:30:00Z", date(2026, 3, 14)),
        ("14 Mar 2026", date(2026, 3, 14)),
        ("March 14, 2026", date(2026, 3, 14)),
        ("3/14/26", date(2026, 3, 14)),
    ],
)
def test_dates_in_their_usual_clothes(cell: Cell, expected: date) -> None:
    """Date cells, serial numbers and text that can be read one way only."""
    (invoice,) = plain(row(invoice_date=cell)).invoices
    assert (invoice.invoice_date, invoice.problems) == (expected, ())


def test_the_column_shows_which_of_day_and_month_comes_first() -> None:
    """03/04/2026 is the fourth of March beside 03/14/2026; alone it is asked about."""
    both = plain(row(invoice_date="03/04/2026"), row(invoice_number="INV-2", invoice_date="03/14/2026"))
    assert [invoice.invoice_date for invoice in both.invoices] == [date(2026, 3, 4), date(2026, 3, 14)]
    (alone,) = plain(row(invoice_date="03/04/2026")).invoices
    assert alone.invoice_date is None
    assert "date_order" in alone.problems[0].message


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1250.00", 125000),
        ("$1,250.00", 125000),
        ("(1,250.00)", -125000),
        ("1,250.00-", -125000),
        ("-$5", -500),
        (20.000000000000004, 2000),
        (1250, 125000),
        ("0.005", Decimal("0.5")),
    ],
)
def test_money_becomes_exact_cents(cell: Cell, expected: Decimal) -> None:
    """Symbols, thousands marks and every common sign of a credit; 15 significant digits of what Excel stores."""
    (invoice,) = plain(row(total_amount=cell)).invoices
    assert (invoice.total, invoice.problems) == (expected, ())


def test_a_total_in_dollars_and_in_cents_must_agree() -> None:
    """Both may be given; where they differ, both cells are named."""
    headings = (*PLAIN, "total_amount_in_cents")
    assert said(plain((*row(), "10000"), headings=headings)) == []
    (invoice,) = plain((*row(), "100"), headings=headings).invoices
    assert invoice.total == Decimal(10000)
    assert invoice.problems[0].message.startswith("L2: '100' contradicts 'total_amount' in row 2 of the file,")


def test_another_currency_is_a_problem_of_its_own() -> None:
    """An amount in pounds is not silently taken for dollars."""
    assert said(plain(row(total_amount="£100.00"))) == [("other-currency", "H2")]


def test_marks_that_do_not_match_hold_up_the_whole_run(tmp_path: Path) -> None:
    """Also where the row in which they stand is one of an invoice that can be read: rows may be hidden in its cell."""
    path = tmp_path / "quotes.csv"
    heading = "Invoice #,Invoice Date,Due Date,Description,Notes,Memo,Property,Vendor,GL Account,Amount"
    texts = ["Mow", '"x', 'y"', "Mow"]
    rows = [f"A{at},2026-01-15,2026-02-15,{text},n,m,p-1,v-1,f-1,100.00" for at, text in enumerate(texts)]
    path.write_text("\n".join([heading, *rows, ""]))
    reading = read_files([path], integration_id="intg-1")
    assert [problem.kind for problem in reading.problems if problem.kind.stops_run] == [problem_catalog.BROKEN_QUOTES]
