"""What stands in a cell and is no value there: words for a number, NULL, noise, terms, dates that may be others."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.domain.fields import BY_NAME
from importer.domain.invoice import Invoice
from importer.domain.reading import Reading
from importer.errors import FileUnreadable
from importer.reading import read_files
from importer.reading.cells.placeholders import NO_NUMBERS
from importer.reading.read import read_contents
from tests.reading import made_workbooks
from tests.reading.made_tables import (
    PLAIN,
    contents,
    plain,
    row,
    said,
    sheet,
)

FREE = tuple(name for name in PLAIN if name != "total_amount")


def csv(folder: Path, *lines: str, encoding: str = "utf-8", end: str = "\r\n") -> Reading:
    """What the reader finds in a csv of these lines."""
    path = folder / "made.csv"
    path.write_bytes(end.join((*lines, "")).encode(encoding))
    return read_files([path], integration_id="intg-1")


def line(number: str = "INV-1", bill: str = "2026-03-14", due: str = "2026-04-13", notes: str = "mowing") -> str:
    """A row of the plain layout as text."""
    return f"prop-1,vend-1,{number},{bill},{due},{notes},march,100.00,finacct-1,2,50.00"


HEAD = ",".join(PLAIN)


def ready(reading: Reading) -> list[str | None]:
    """The numbers of the invoices without an error."""
    return [each.invoice_number for each in reading.invoices if not any(problem.is_error for problem in each.problems)]


@pytest.mark.parametrize("word", sorted(NO_NUMBERS | {"0", "000", "0-0", "See  Attached", "PENDING", "Various."}))
def test_a_word_for_a_number_joins_no_bills(word: str) -> None:
    """Two bills of one vendor that say "pending" are not one bill: each is asked about."""
    rows = [tuple(cell for name, cell in zip(PLAIN, row(invoice_number=word), strict=True) if name in FREE)] * 2
    reading = plain(*rows, headings=FREE)
    assert ready(reading) == []
    assert not any(len(invoice.rows) > 1 for invoice in reading.invoices)
    assert {cell for _, cell in said(reading)} >= {"C2", "C3"} or reading.problems


@pytest.mark.parametrize("number", ["100", "A0", "0-1", "Pending-7", "X", "7", "NA", "Oct-26", "2-Jun-Lot 4"])
def test_numbers_that_look_like_such_words(number: str) -> None:
    """A digit other than 0, or a word more, is a number."""
    assert ready(plain(row(invoice_number=number))) == [number]


def test_a_day_that_a_spreadsheet_made_of_a_number(tmp_path: Path) -> None:
    """In a csv "2-Jan" may have been 1-2; in a workbook somebody has typed it as a text."""
    assert said(csv(tmp_path, HEAD, line("2-Jan"))) == [("damaged-number", "C2")]
    book = sheet(PLAIN, row(invoice_number="2-Jan"), name="S")
    assert ready(read_contents([contents(book)], integration_id="intg-1")) == ["2-Jan"]


@pytest.mark.parametrize("word", ["NULL", "nan", "None", "<null>", "(null)", "undefined"])
@pytest.mark.parametrize("field", ["notes", "memo"])
def test_what_programs_write_for_nothing_is_missing(word: str, field: str) -> None:
    """NULL is no note, and nobody is to read it in ResMan."""
    (invoice,) = plain(row(**{field: word})).invoices
    assert getattr(invoice, field) is None


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("99.99999999999999", 10000),
        ("100.00000000000001", 10000),
        ("36788.399999999994", 3678840),
        ("0.8099999999999999", 81),
        ("-0.30000000000000004", -30),
    ],
)
def test_the_noise_of_a_double_is_taken_off(text: str, cents: int) -> None:
    """As a csv has it from a program that writes all digits: to 15 digits, as in a workbook."""
    (invoice,) = plain(row(total_amount=text)).invoices
    assert invoice.total == cents


@pytest.mark.parametrize("text", ["0.333333333333333333", "1.23456789012345678", "12345678901234567890.5"])
def test_what_is_no_noise_is_asked_about(text: str) -> None:
    """Digits to the last are no amount."""
    (invoice,) = plain(row(total_amount=text)).invoices
    assert invoice.total is None or invoice.total != round(invoice.total)


@pytest.mark.parametrize(("terms", "day"), [("Net 30", "2026-04-13"), ("due on receipt", "2026-03-14")])
def test_terms_among_the_due_dates(terms: str, day: str) -> None:
    """They are days after the bill, on every row of it."""
    (invoice,) = plain(row(due_date=terms), row(due_date=terms)).invoices
    assert (str(invoice.due_date), [code for code, _ in said(plain(row(due_date=terms)))]) == (day, [])


@pytest.mark.parametrize("text", ["30", "soon", "Net 10th"])
def test_what_are_no_terms_among_the_due_dates(text: str) -> None:
    """A bare number may be a day, and a word is none."""
    assert ("not-a-date", "E2") in said(plain(row(due_date=text)))


# ---------------------------------------------------------------------- dates


def test_year_day_month_is_shown_by_one_date_and_holds_for_all() -> None:
    """2026-13-10 can be nothing else; then 2026-02-10 may be of October."""
    due = "2026-12-11"
    first = row(invoice_date="2026-13-10", due_date=due)
    second = row(invoice_number="INV-2", invoice_date="2026-02-10", due_date=due)
    reading = plain(first, second)
    assert ready(reading) == []
    assert ("ambiguous-date", "D3") in said(reading)


def test_one_mistyped_date_among_others_is_alone() -> None:
    """Where another can only be year, month, day, 2026-13-10 is mistyped, and the others hold."""
    rows = [row(invoice_date="2026-13-10"), row(invoice_number="INV-2", invoice_date="2026-02-10")]
    assert ready(plain(*rows, row(invoice_number="INV-3", invoice_date="2026-02-28"))) == ["INV-2", "INV-3"]


def test_one_mark_shows_nothing_of_another() -> None:
    """13.10.2026 was written by one hand, 10/02/2026 by another: only what shows itself is read."""
    rows = [
        row(invoice_date="13.01.2026", due_date="10.02.2026"),
        row(invoice_number="INV-2", invoice_date="10/02/2026", due_date="2026-11-01"),
    ]
    reading = plain(*rows)
    assert (ready(reading), said(reading)) == (["INV-1"], [("ambiguous-date", "D3")])
    assert ready(plain(*rows, row(invoice_number="INV-3", invoice_date="10/25/2026", due_date="2026-11-30"))) != []


# ---------------------------------------------------------------------- a file's letters


@pytest.mark.parametrize(
    ("codec", "words"),
    [
        ("cp1251", "Стрижка газона за октябрь"),
        ("cp1250", "Kovač, zahrada: údržba a příjmy, Łódź"),
        ("cp437", "Müller café España jardinería"),
        ("cp850", "Müller Gärtnerei café España"),
        ("mac_roman", "Müller café España José"),
        ("cp1254", "Yıldız bahçe şirketi"),
        ("cp1252", "Müller café España naïve garçon – “Ærø”"),
    ],
)
def test_a_code_page_is_told_by_its_words(tmp_path: Path, codec: str, words: str) -> None:
    """The page in which all words look like words."""
    (invoice,) = csv(tmp_path, HEAD, line(notes=f'"{words}"'), encoding=codec).invoices
    assert invoice.notes == words


def test_letters_that_may_be_others_are_named(tmp_path: Path) -> None:
    """One word that is one in two pages decides nothing."""
    reading = csv(tmp_path, HEAD, line(notes="Höfer"), encoding="cp850")
    (problem,) = [each for each in reading.problems if each.kind.code == "unsure-letters"]
    assert "'Höfer'" in problem.what


# ---------------------------------------------------------------------- refused, though anyone reads it


@pytest.mark.parametrize("end", ["\x1a", "\x1a\r\n", "\x1a\x1a"])
def test_a_mark_of_the_end_is_no_cell(tmp_path: Path, end: str) -> None:
    """As DOS ended its texts, in a line of its own."""
    path = tmp_path / "made.csv"
    path.write_text(f"{HEAD}\n{line()}\n{end}", encoding="utf-8", newline="")
    reading = read_files([path], integration_id="intg-1")
    assert (ready(reading), reading.row_count, said(reading)) == (["INV-1"], 1, [])


def test_a_form_feed_begins_a_page_and_no_cell(tmp_path: Path) -> None:
    """The headings of the next page are headings."""
    reading = csv(tmp_path, HEAD, line(), f"\f{HEAD}", line("INV-2"))
    assert (ready(reading), reading.row_count) == (["INV-1", "INV-2"], 2)


def test_json_in_a_cell_is_text(tmp_path: Path) -> None:
    """Its lines and commas part no rows; a quotation mark that is missing still holds the run."""
    text = '"{""a"": 1,\n""b"": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],\n""c"": ""x""}"'
    reading = csv(tmp_path, HEAD, line(notes=text), line("INV-2"))
    assert (ready(reading), said(reading)) == (["INV-1", "INV-2"], [])
    with pytest.raises(FileUnreadable, match="quotation marks"):
        csv(tmp_path, HEAD, line(notes='"mow'), line("INV-2"))


@pytest.mark.parametrize(("said_mark", "mark"), [(",", ";"), (";", ","), ("|", "\t")])
def test_a_sep_that_is_wrong(tmp_path: Path, said_mark: str, mark: str) -> None:
    """The first line speaks of another mark than the file has: the file's counts."""
    rows = [each.replace(",", mark) for each in (HEAD, line())]
    assert ready(csv(tmp_path, f"sep={said_mark}", *rows)) == ["INV-1"]


@pytest.mark.parametrize("stated", ["A0:AZ48943", "A0", "", "A1:", "bad"])
def test_a_sheet_that_says_wrongly_how_far_it_reaches(tmp_path: Path, stated: str) -> None:
    """What it says there is no cell of it."""
    rows = "".join(
        f'<row r="{number}">'
        + "".join(
            f'<c r="{chr(65 + at)}{number}" t="inlineStr"><is><t>{cell}</t></is></c>' for at, cell in enumerate(each)
        )
        + "</row>"
        for number, each in enumerate((PLAIN, row()), 1)
    )
    path = made_workbooks.xlsx(tmp_path, rows, before=f'<dimension ref="{stated}"/>')
    assert ready(read_files([path], integration_id="intg-1")) == ["INV-1"]


@pytest.mark.parametrize("field", ["vendor_id", "property_id", "notes", "due_date", "financial_account_id"])
def test_a_name_merged_over_several_rows(field: str) -> None:
    """Whoever sees the sheet sees it beside each of them; an amount over two rows is not two amounts."""
    at = PLAIN.index(field)
    rows = [PLAIN, row(), row(invoice_number="INV-2", **{field: None}), row(invoice_number="INV-3", **{field: None})]
    book = sheet(*rows, name="S", merged=((1, at, 2, at),))
    reading = read_contents([contents(book)], integration_id="intg-1")
    first, second, third = reading.invoices

    def value(invoice: Invoice) -> object:
        return getattr(invoice.lines[0] if BY_NAME[field].of_line else invoice, field)

    assert (value(second), value(third)) == (value(first), None)


def test_an_amount_merged_over_two_rows_is_there_once() -> None:
    """It may be that of both together."""
    at = PLAIN.index("total_amount")
    rows = [PLAIN, row(), row(invoice_number="INV-2", total_amount=None)]
    book = sheet(*rows, name="S", merged=((1, at, 2, at),))
    reading = read_contents([contents(book)], integration_id="intg-1")
    assert [invoice.total for invoice in reading.invoices][1:] == [None] or ready(reading) == ["INV-1"]


def test_a_row_of_data_heads_nothing() -> None:
    """However many of its words are headings elsewhere, it has numbers in it and the words above have none."""
    same = ("Due Date", "Notes", "Memo", "GL Account")
    heads = ("Property", "Vendor", "Ref", "Bill Date", *same, "Work", "Men", "Amount")
    data = ("Property", "Vendor", "Invoice #", "Invoice Date", *same, "Description", "Quantity", "7.00")
    good = ("prop-1", "vend-1", "A-1", "2026-03-01", "2026-03-31", "x", "y", "finacct-1", "mow", "", "5.00")
    reading = read_contents([contents(sheet(heads, good, data))], integration_id="intg-1")
    assert [table.source.heading_row for table in reading.tables] == [1]


@pytest.mark.parametrize("named", [True, False])
def test_a_list_of_names_has_headings(named: bool) -> None:
    """What is missing is said by its headings, and not that there are none; so are words that nobody here knows."""
    heads = (
        ("Supplier Name", "Category", "Invoice GL Date", "Spend") if named else ("Toimittaja", "Laji", "Päivä", "Määrä")
    )
    book = contents(sheet(heads, ("Acme", "Lawn", "2026-03-01", "5.00"), ("Beta", "Pest", "2026-03-02", "7.00")))
    with pytest.raises(FileUnreadable, match=", ".join(heads)) as refused:
        read_contents([book], integration_id="intg-1")
    assert "No heading row" not in str(refused.value)


def test_lines_in_an_invoice_number() -> None:
    """Two numbers in one cell are asked about; a word in a line of its own is none."""
    assert ("several-texts", "C2") in said(plain(row(invoice_number="INV-1\nINV-2")))
    assert said(plain(row(invoice_number="INV-1\nrepair"))) == []
