"""Finding the table: the right sheet, the heading row, and rows that are no data, each skipped with its reason."""

from __future__ import annotations

import pytest

from importer.domain.cells import Cell, UncalculatedCell
from importer.domain.reading import Reading
from importer.errors import FileUnreadable
from importer.reading.formats.raw_workbook import RawSheet
from importer.reading.read import read_contents
from tests.reading.made_tables import (
    PLAIN,
    contents,
    money,
    plain,
    profile,
    row,
    said,
    sheet,
    skipped,
    vendor,
)

DATE = "2026-03-14"
HEADINGS = ("Invoice #", "Invoice Date", "Description", "Total Due")


def rows(*totals: str) -> list[tuple[Cell, ...]]:
    """Invoices A, B, … with these totals."""
    return [(chr(65 + place), DATE, "Mowing", total) for place, total in enumerate(totals)]


def book(*sheets: RawSheet, **given: object) -> Reading:
    """What the reader finds in a workbook."""
    return read_contents([contents(*sheets, name="book.xlsx")], integration_id="i", profile=profile(**given))


def test_titles_logo_rows_and_a_label_block_stand_above() -> None:
    """The heading row is the one that names the most fields, wherever it stands."""
    above = [("Greenleaf Landscaping",), (), ("Statement date:", DATE), ("Invoice Date:", "March"), ()]
    reading = vendor(*above, HEADINGS, *rows("1.00", "2.00"))
    assert reading.tables[0].source.heading_row == 6
    assert [reason for _, reason in skipped(reading)] == ["title above the heading row", "blank"] + [
        "title above the heading row"
    ] * 2 + ["blank"]


def test_two_heading_rows_are_read_as_one() -> None:
    """ "Invoice" above "Number" and "Date", merged or not."""
    lines = (("Invoice", "", "", "Vendor"), ("Number", "Date", "Total", "Name"), ("A", DATE, "1.00", "Greenleaf"))
    for merged in ((), ((0, 0, 0, 2),)):
        reading = book(sheet(*lines, merged=merged))
        assert [str(cell) for cell in reading.tables[0].source.headings[:3]] == [
            "Invoice Number",
            "Invoice Date",
            "Invoice Total",
        ]
        assert (money(reading), skipped(reading)) == ([("A", 100, [100])], [(1, "upper row of the headings")])


@pytest.mark.parametrize(
    "total",
    [
        ("", "", "Total", "3.00"),
        ("Grand Total", "", "", "3.00"),
        ("TOTAL:", "", "", "$3.00"),
        ("", "", "Totals for March", "3.00"),
        ("Summe", "", "", "3.00"),
        ("Total général", "", "", "3.00"),
        ("Greenleaf Total", "", "", "3.00"),
        ("Count: 2", "", "", "3.00"),
        ("2 invoices", "", "", "3.00"),
        ("Number of records: 2", "", "", "3.00"),
    ],
)
def test_a_total_row_is_skipped_and_compared(total: tuple[Cell, ...]) -> None:
    """It is no invoice; what it says is the file's own control total."""
    reading = vendor(HEADINGS, *rows("1.00", "2.00"), total)
    assert money(reading) == [("A", 100, [100]), ("B", 200, [200])]
    ((row, reason),) = skipped(reading)
    assert (row, reason.split(" (")[0]) == (4, "total")
    assert [control.agrees for control in reading.control_totals] == [True]
    assert said(reading) == []


def test_an_unlabelled_total_is_recognised_by_its_sum() -> None:
    """Nothing but a number that is what the rows above come to."""
    reading = vendor(HEADINGS, *rows("1.00", "2.00"), ("", "", "", "3.00"))
    assert skipped(reading) == [(4, "unlabelled total (3.00 is the sum of the rows above)")]
    assert [control.label for control in reading.control_totals] == ["unlabelled total"]


def test_a_total_that_the_rows_miss_is_a_problem_of_the_file() -> None:
    """A row got lost on the way: nothing should be sent before somebody has looked."""
    reading = vendor(HEADINGS, *rows("1.00", "2.00"), ("", "", "Grand Total", "5.00"))
    assert [(problem.kind.code, problem.place.cell) for problem in reading.problems] == [("control-total", "D4")]
    assert "'Grand Total' says $5.00, and the rows above come to $3.00." in reading.problems[0].message


def test_totals_of_sections_are_each_compared_with_their_section() -> None:
    """Two blocks, a total below each, and one of all."""
    block = rows("1.00", "2.00")
    reading = vendor(
        HEADINGS,
        *block,
        ("Total", "", "", "3.00"),
        ("C", DATE, "", "4.00"),
        ("Total", "", "", "4.00"),
        ("Grand Total", "", "", "7.00"),
    )
    assert [control.agrees for control in reading.control_totals] == [True, True, True]


def test_a_vendor_named_total_is_no_total() -> None:
    """A row with a number and a date of its own is an invoice whatever words stand in it."""
    reading = vendor(
        ("Invoice #", "Date", "Supplier", "Total Due"), ("A", DATE, "Total", "1.00"), ("B", DATE, "Engen", "2.00")
    )
    assert (len(reading.invoices), skipped(reading)) == (2, [])


def test_a_heading_row_that_is_repeated_with_more_beside_it_is_no_invoice() -> None:
    """Such as the criteria of a filter, which repeat some headings above the real ones."""
    reading = vendor(
        ("Invoice #", "Date", "Supplier", "Total Due"),
        (None, None, None, None, ">45"),
        ("Invoice #", "Date", "Supplier", "Total Due", "To pay"),
        ("B", DATE, "Engen", "2.00", "yes"),
    )
    assert len(reading.invoices) == 1
    assert skipped(reading) == [(2, "nothing in the columns that are used"), (3, "heading row repeated")]


def test_footnotes_repeated_headings_and_unfilled_rows_are_skipped() -> None:
    """Each with what it is; a row with but a number stays, so that it is not lost."""
    reading = vendor(
        HEADINGS,
        *rows("1.00"),
        HEADINGS,
        ("B", DATE, "", "2.00"),
        ("* prices are without tax",),
        ("", "", "", "0.00"),
        ("INV-7",),
        ("Page 1 of 3",),
    )
    assert skipped(reading) == [
        (3, "heading row repeated"),
        (5, "note, not a row of the table"),
        (6, "unfilled row of a template"),
        (8, "note, not a row of the table"),
    ]
    assert [invoice.invoice_number for invoice in reading.invoices] == ["A", "B", "INV-7"]


def test_a_comment_below_the_last_row_is_no_invoice() -> None:
    """As programs write them that put their comments behind a hash; a number may begin with one as well."""
    reading = vendor(HEADINGS, *rows("1.00", "2.00"), ("# end",))
    assert skipped(reading) == [(4, "note, not a row of the table")]
    assert len(vendor(HEADINGS, *rows("1.00"), ("#12",)).invoices) == 2


def test_a_template_of_formulas_has_no_data_rows() -> None:
    """Formulas that come to nothing are nobody's invoice."""
    empty = sheet(HEADINGS, (None, None, None, 0), (None, None, None, UncalculatedCell("=A1*2")), name="x")
    with pytest.raises(FileUnreadable, match=r"no data rows: left out are row 2 \(unfilled row of a template\), row 3"):
        book(empty)


def test_hidden_empty_and_other_sheets_are_left_out_and_said() -> None:
    """All of their rows are listed as skipped."""
    reading = book(
        sheet(("Region", "Sum"), ("North", 3), name="Pivot"),
        sheet(HEADINGS, *rows("1.00"), name="Data"),
        sheet(HEADINGS, *rows("9.00"), name="Old", visible=False),
        sheet(name="Sheet3"),
    )
    assert money(reading) == [("A", 100, [100])]
    assert reading.notices == (
        "book.xlsx: sheet 'Data' is read.",
        "book.xlsx: left out as hidden sheet: Old.",
        "book.xlsx: left out as sheet without a table of invoices: Pivot.",
    )
    assert len(skipped(reading)) == 4


def test_a_sheet_for_each_month_is_read_whole_or_as_asked() -> None:
    """Sheets of one layout belong together; `sheet` takes one of them by name or place."""
    months = [sheet(HEADINGS, (name, DATE, "x", "1.00"), name=name) for name in ("January", "February")]
    assert [invoice.invoice_number for invoice in book(*months).invoices] == ["January", "February"]
    assert "2 sheets are read: January, February" in book(*months).notices[0]
    for asked in ("february", 2):
        assert [invoice.invoice_number for invoice in book(*months, sheet=asked).invoices] == ["February"]
    with pytest.raises(FileUnreadable, match="'January', 'February'"):
        book(*months, sheet="March")


def test_invoices_on_a_sheet_with_other_columns_are_not_left_out() -> None:
    """One more column, and a sheet is no longer like the others: its invoices are named, and one word reads them."""
    first = sheet(HEADINGS, ("A-1", DATE, "x", "1.00"), name="October")
    rush = sheet((*HEADINGS, "Due Date"), ("R-1", DATE, "x", "2.00", DATE), ("Total", "", "", "2.00"), name="Rush")
    with pytest.raises(FileUnreadable) as caught:
        read_contents([contents(first, rush)], integration_id="i", profile=profile())
    assert "'Rush', 'October'; only on 'October' are A-1. To read them all, say --sheet '*'" in str(caught.value)
    whole = read_contents([contents(first, rush)], integration_id="i", profile=profile(), sheet="*")
    assert [number for number, _, _ in money(whole)] == ["A-1", "R-1"]


def test_a_sheet_that_says_the_same_invoices_once_more_is_left_out() -> None:
    """An overview with a column less has no invoice of its own."""
    first = sheet(
        (*HEADINGS, "Due Date"), ("A-1", DATE, "x", "1.00", DATE), ("A-2", DATE, "x", "2.00", DATE), name="All"
    )
    overview = sheet(HEADINGS, ("a-1", DATE, "x", "1.00"), ("Total", "", "", "1.00"), name="Overview")
    reading = read_contents([contents(first, overview)], integration_id="i", profile=profile())
    assert [number for number, _, _ in money(reading)] == ["A-1", "A-2"]


def test_a_blank_sheet_before_the_filled_one_is_no_obstacle() -> None:
    """The template's own sheet is still there, unfilled."""
    reading = book(sheet(HEADINGS, name="Blank"), sheet(HEADINGS, *rows("1.00"), name="March"))
    assert money(reading) == [("A", 100, [100])]


def test_hidden_rows_and_columns_are_read_and_said() -> None:
    """A filter hides rows from the clerk, not from the importer."""
    reading = book(
        sheet(
            HEADINGS,
            *rows("1.00", "2.00", "3.00"),
            name="x",
            hidden_rows=frozenset({3, 4}),
            hidden_columns=frozenset({3}),
        )
    )
    assert len(reading.invoices) == 3
    assert [code for code, _ in said(reading)] == ["hidden-rows", "hidden-column", "hidden-column"]
    assert "2 of 3 data rows are hidden: 3–4." in reading.problems[0].message


def test_cells_beyond_the_headings_hold_their_invoice_back() -> None:
    """An unquoted separator has moved the cells of a csv row: which are right cannot be told."""
    reading = vendor(("Invoice #", "Date", "Total Due"), ("A", DATE, "1", "234.00"), ("B", DATE, "2.00"))
    assert [[problem.kind.code for problem in invoice.problems] for invoice in reading.invoices] == [
        ["extra-cells"],
        [],
    ]


def test_where_every_row_has_cells_beyond_the_headings_a_heading_may_be_what_lacks() -> None:
    """Thousands of errors, and one cell mends them."""
    reading = vendor(("Invoice #", "Date", "Total Due"), *((number, DATE, "1.00", "#N/A") for number in "ABC"))
    problems = [problem for invoice in reading.invoices for problem in invoice.problems]
    assert {problem.kind.code for problem in problems} == {"extra-cells"}
    assert sum("give the last column a heading" in problem.message for problem in problems) == 3


def test_of_cells_beyond_the_headings_the_first_that_says_something_is_quoted() -> None:
    """Programs pad their rows with separators, and a blank says nothing."""
    reading = vendor(("Invoice #", "Date", "Total Due"), ("A", DATE, "1.00", None, None, "see note"))
    (problem,) = reading.invoices[0].problems
    assert (problem.place.cell, problem.value) == ("F2", "see note")


@pytest.mark.parametrize("name", ["notes", "memo", "vendor_id", "total_amount", "due_date"])
@pytest.mark.parametrize("text", ["#REF!", "#N/A", " #VALUE! ", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"])
def test_a_spreadsheet_error_as_text(name: str, text: str) -> None:
    """Exported to a csv file an error is text, and no note either."""
    (code, _), *_ = said(plain(row(**{name: text})))
    assert code == "error-cell"


@pytest.mark.parametrize(
    "text", ["Pounds", "British Pounds", "Canadian", "CDN$", "£ GBP", "EUR (€)", "Canadian Dollars", "CAD $"]
)
def test_a_currency_that_is_not_clearly_the_accounts(text: str) -> None:
    """A currency column is there to be believed."""
    reading = plain((*row(), text), headings=(*PLAIN, "Currency"))
    assert ("other-currency", "L2") in said(reading)


@pytest.mark.parametrize(
    "text", ["USD", "US$", "$", "US Dollars", "usd", "U.S. Dollar", "USD ($)", "USD - US Dollar", None]
)
def test_the_accounts_own_currency_however_written(text: str | None) -> None:
    """Nothing is said about it."""
    assert said(plain((*row(), text), headings=(*PLAIN, "Currency"))) == []


@pytest.mark.parametrize("mark", ["Yes", "void", "TRUE", "x", True])
def test_a_row_marked_as_void(mark: Cell) -> None:
    """What was cancelled is not paid; what was not is."""
    reading = plain((*row(), mark), (*row(invoice_number="INV-2"), None), headings=(*PLAIN, "Voided"))
    assert said(reading) == [("void-row", "L2")]


@pytest.mark.parametrize("kind", ["Vendor Credit", "Bill Credit", "Credit Adjustment", "Credit-Memo"])
def test_a_phrase_with_credit_in_it_is_a_credit(kind: str) -> None:
    """It is negative, whichever sign the amounts have; a credit card is none."""
    headings = (*PLAIN, "Type")
    assert plain((*row(), kind), headings=headings).invoices[0].total == -10000
    assert plain((*row(), "Credit card"), headings=headings).invoices[0].total == 10000


def test_a_sheet_asked_of_a_file_without_sheets_is_said() -> None:
    """A csv is read all the same: it may be the export of that very sheet."""
    source = contents(sheet(PLAIN, row()), name="march.csv")
    reading = read_contents([source], integration_id="i", sheet="March")
    assert len(reading.invoices) == 1
    assert reading.notices == ("march.csv has no sheets: all of it is read, although sheet 'March' was asked for.",)
    assert read_contents([source], integration_id="i", sheet="*").notices == ()
