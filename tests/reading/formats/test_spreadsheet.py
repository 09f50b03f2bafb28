"""Workbooks of every format: the cells as they are, at their true places, and what the parser hides."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.domain.cells import Cell, ErrorCell, UncalculatedCell
from importer.errors import FileUnreadable
from importer.reading.formats.facts import xlsx as xlsx_details
from importer.reading.formats.open_file import open_file
from importer.reading.formats.raw_workbook import RawSheet
from tests.reading.made_workbooks import (
    MAIN,
    biff,
    binary,
    compound,
    ods,
    record,
    wide,
    xlsb,
    xlsx,
    xlsx_parts,
    zipped,
)


def only_sheet(path: Path) -> RawSheet:
    """The one sheet of the file."""
    (sheet,) = open_file(path).sheets
    return sheet


def hidden_and_merged(sheet: RawSheet) -> tuple[set[int], set[int], list[tuple[int, int, int, int]]]:
    """Hidden rows (from 1), hidden columns (from 0), merged ranges."""
    return set(sheet.hidden_rows), set(sheet.hidden_columns), list(sheet.merged)


def test_every_kind_of_cell_comes_back(tmp_path: Path) -> None:
    """Leading zeros, fifteen digits, pads and line ends, booleans, dates, times; numbers are always floats."""
    cells: list[Cell] = ["007", 7, 19.99, 123456789012345, " pad\nline ", True, False, "TRUE", "=text"]
    cells += [date(2026, 3, 31), datetime(2026, 3, 31, 14, 5, 6), time(14, 5), timedelta(hours=30), "#REF! in words"]  # noqa: DTZ001 - a sheet has no zones
    path = tmp_path / "made.xlsx"
    with xlsxwriter.Workbook(
        path, {"strings_to_formulas": False, "default_date_format": "yyyy-mm-dd hh:mm:ss"}
    ) as book:
        sheet = book.add_worksheet("One & “two”")
        day, clock, hours = (book.add_format({"num_format": f}) for f in ("yyyy-mm-dd", "hh:mm", "[h]:mm"))
        special = {date: day, time: clock, timedelta: hours}
        for column, cell in enumerate(cells):
            sheet.write(2, column + 1, cell, special.get(type(cell)))
    read = only_sheet(path)
    assert read.name == "One & “two”"
    assert read.rows == [(), (), (None, *cells)]
    assert {type(cell) for cell in read.rows[2][2:5]} == {float}


NUMBER = st.one_of(
    st.integers(-(10**15) + 1, 10**15 - 1), st.floats(-1e12, 1e12, allow_nan=False).map(lambda number: round(number, 4))
)
TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=8
)
ANY = st.one_of(st.none(), NUMBER, TEXT, st.booleans(), st.dates(date(1950, 1, 1), date(2100, 1, 1)))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables=st.lists(st.lists(st.lists(ANY, max_size=5), max_size=6), min_size=1, max_size=3))
def test_whatever_openpyxl_writes_is_read_back(tmp_path: Path, tables: list[list[list[Cell]]]) -> None:
    """Cell by cell, over several sheets, blank rows and columns included."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for table in tables:
        sheet = book.create_sheet()
        for row, cells in enumerate(table, 2):
            for column, cell in enumerate(cells, 3):
                target = sheet.cell(row, column)
                target.value = cell
                if isinstance(cell, str):
                    target.data_type = "s"  # "=1" and "#N/A" are texts here
    book.save(tmp_path / "made.xlsx")
    for table, sheet in zip(tables, open_file(tmp_path / "made.xlsx").sheets, strict=True):
        expected = [(), *((None, None, *cells) for cells in table)]
        assert trimmed(sheet.rows) == trimmed(expected)


def trimmed(rows: Iterable[Sequence[Cell]]) -> list[tuple[Cell, ...]]:
    """Rows without trailing blanks and trailing blank rows."""
    shorter = []
    for row in rows:
        cells = list(row)
        while cells and cells[-1] is None:
            cells.pop()
        shorter.append(tuple(cells))
    while shorter and not shorter[-1]:
        shorter.pop()
    return shorter


def test_errors_and_formulas_without_results(tmp_path: Path) -> None:
    """The parser sees blanks there. An empty text and FALSE are results; a 0 is none where all is to be calculated."""
    rows = (
        '<row r="2"><c r="A2" t="e"><v>#REF!</v></c><c r="B2" s="1" t="e"><f>1/0</f><v>#DIV/0!</v></c>'
        '<c r="C2"><f>B1&amp;"x"</f></c><c r="D2"><f>B2*C2</f><v></v></c><c r="E2"><f t="shared" si="0"/><v/></c>'
        '<c r="F2" t="str"><f>IF(A1,"","")</f><v></v></c><c r="G2" t="b"><f>A1</f><v>0</v></c>'
        '<c r="H2"><f>A9</f><v>0</v></c><c r="I2"><f>A9</f><v>5</v></c></row>'
    )
    known = (ErrorCell("#REF!"), ErrorCell("#DIV/0!"), UncalculatedCell('=B1&"x"'), UncalculatedCell("=B2*C2"))
    later = UncalculatedCell("=…")
    assert only_sheet(xlsx(tmp_path, rows)).rows == [(), (*known, later, None, False, 0.0, 5.0)]
    unfinished = xlsx(tmp_path, rows, workbook='<calcPr fullCalcOnLoad="1"/>')
    assert only_sheet(unfinished).rows[1][5:] == (None, False, UncalculatedCell("=A9"), 5.0)


def test_hidden_and_merged_are_recorded(tmp_path: Path) -> None:
    """Rows hidden by hand or by a filter, columns hidden, cells merged, sheets hidden, charts left out."""
    path = tmp_path / "made.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Seen")
        sheet.write_column(0, 0, ["a", "b", "c", "d"])
        sheet.set_row(1, None, None, {"hidden": True})
        sheet.set_row(3, 0)
        sheet.set_column(2, 3, None, None, {"hidden": True})
        sheet.merge_range(5, 0, 6, 1, "wide")
        book.add_worksheet("Unseen").hide()
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=Seen!$A$1:$A$4"})
        book.add_chartsheet("Chart").set_chart(chart)
    seen, unseen = open_file(path).sheets
    assert (seen.name, seen.visible) == ("Seen", True)
    assert hidden_and_merged(seen) == ({2, 4}, {2, 3}, [(5, 0, 6, 1)])
    assert (unseen.name, unseen.visible, list(unseen.rows)) == ("Unseen", False, [])


def test_rows_keep_their_numbers_whatever_the_sheet_claims(tmp_path: Path) -> None:
    """A false dimension neither drops nor moves a row; so with cells and rows that carry no reference."""
    rows = '<row r="3"><c r="B3"><v>1</v></c></row><row><c><v>2</v></c><c t="e"><v>#N/A</v></c></row>'
    expected = [(), (), (None, 1.0), (2.0, ErrorCell("#N/A"))]
    assert only_sheet(xlsx(tmp_path, rows, before='<dimension ref="A1:A1"/>')).rows == expected
    assert only_sheet(xlsx(tmp_path, rows, before='<dimension ref="A1:XFD1048576"/>')).rows == expected


def test_years_count_from_1904_where_the_workbook_says_so(tmp_path: Path) -> None:
    """Otherwise every date would be four years and a day off."""
    path = tmp_path / "made.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": True}) as book:
        book.add_worksheet().write(0, 0, date(2026, 3, 31), book.add_format({"num_format": "yyyy-mm-dd"}))
    assert only_sheet(path).rows == [(date(2026, 3, 31),)]
    assert open_file(path).details == {"dates": "1904"}  # for day numbers without a date's format


def test_one_sheet_can_be_asked_for(tmp_path: Path) -> None:
    """By its name, without regard to case and outer blanks; a wrong name is answered with the right ones."""
    path = tmp_path / "made.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name in ("January", "February"):
            book.add_worksheet(name).write(0, 0, name)
    (sheet,) = open_file(path, sheet=" february").sheets
    assert (sheet.name, list(sheet.rows)) == ("February", [("February",)])
    with pytest.raises(FileUnreadable, match="its sheets are: “January”, “February”"):
        open_file(path, sheet="March")


ORDINARY = "".join(f'<row r="{row}"><c r="A{row}"><v>1</v></c></row>' for row in range(100, 3_000))
UNUSUAL = {
    "prefixed": lambda xml: xml.replace("<", "<x:").replace("<x:/", "</x:").replace("xmlns=", "xmlns:x="),
    "single quotes": lambda xml: xml.replace('"', "'"),
    "line ends in tags": lambda xml: xml.replace(" t=", "\n t=").replace("<f>", "<f\n>"),
    "blanks in tags": lambda xml: xml.replace("t=", "t = ").replace("<f>", "<f  >"),
    "late single quotes": lambda xml: xml.replace("<sheetData>", "<sheetData>" + ORDINARY).replace('t="e"', "t='e'"),
    "late line ends": lambda xml: xml.replace("<sheetData>", "<sheetData>" + ORDINARY).replace(' t="', '\r\nt="'),
    "comments": lambda xml: xml.replace("<sheetData>", "<sheetData><!-- made by hand -->"),
}


@pytest.mark.parametrize("way", UNUSUAL)
def test_unusual_xml_says_the_same(way: str) -> None:
    """Where the patterns would miss something, a full parse finds what they find in ordinary XML."""
    rows = (
        '<row r="1" hidden="1"><c r="A1" t="e"><v>#N/A</v></c><c r="B1"><f>A1*2</f></c>'
        '<c r="C1"><f>A2</f><v>0</v></c></row>'
        '<row r="2" ht="0"><c r="A2" t="str"><f>A1</f><v></v></c></row>'
    )
    before, after = (
        '<cols><col min="2" max="3" hidden="1"/></cols>',
        '<mergeCells><mergeCell ref="A3:B4"/></mergeCells>',
    )
    xml = str(xlsx_parts(rows, before=before, after=after)["xl/worksheets/sheet1.xml"])
    plain = xlsx_details.searched(xml.encode(), recalculates=True, formats={})
    assert plain.hidden_rows == {1, 2}
    assert plain.hidden_columns == {1, 2}
    assert plain.merged == [(2, 0, 3, 1)]
    assert plain.cells == {
        (0, 0): ErrorCell("#N/A"),
        (0, 1): UncalculatedCell("=A1*2"),
        (0, 2): UncalculatedCell("=A2"),
    }
    unusual = UNUSUAL[way](xml).encode()
    assert not xlsx_details.is_plain(unusual)
    assert xlsx_details.details_of(unusual, recalculates=True) == plain


def test_the_strict_dialect_is_read_as_well(tmp_path: Path) -> None:
    """ "Strict Open XML" differs in the names of its namespaces."""
    parts = {
        name: str(part).replace(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")
        for name, part in xlsx_parts('<row r="2"><c r="B2"><v>1</v></c></row>').items()
    }
    path = tmp_path / "made.xlsx"
    path.write_bytes(zipped(parts))
    assert only_sheet(path).rows == [(), (None, 1.0)]


def number(row: int, column: int, value: float) -> bytes:
    """A number of an xls."""
    return record(0x203, struct.pack("<HHHd", row, column, 0, value))


def test_xls(tmp_path: Path) -> None:
    """Numbers, text with leading zeros, errors, booleans, hidden rows and columns, merged cells, at true places."""
    path = tmp_path / "made.xls"
    label = record(0x204, struct.pack("<HHHHB", 2, 2, 0, 3, 0) + b"007")
    error = record(0x205, struct.pack("<HHHBB", 3, 1, 0, 0x17, 1))
    truth = record(0x205, struct.pack("<HHHBB", 3, 2, 0, 1, 0))
    failed = record(0x06, struct.pack("<HHHBxBxxxHHIH", 4, 1, 0, 2, 0x2A, 0xFFFF, 0, 0, 0))
    undone = record(0x06, struct.pack("<HHHdHIH", 4, 2, 0, 0.0, 2, 0, 0))
    hidden_row = record(0x208, struct.pack("<HHHHHHHH", 3, 0, 3, 0, 0, 0, 0x20, 0))
    hidden_column = record(0x7D, struct.pack("<HHHHHH", 1, 2, 0, 0, 1, 0))
    merged = record(0xE5, struct.pack("<HHHHH", 1, 5, 6, 0, 1))
    cells = (number(2, 1, 12.5), label, error, truth, failed, undone)
    path.write_bytes(compound({"Workbook": biff(hidden_column, hidden_row, *cells, merged)}))
    sheet = only_sheet(path)
    assert sheet.rows == [
        (),
        (),
        (None, 12.5, "007"),
        (None, ErrorCell("#REF!"), True),
        (None, ErrorCell("#N/A"), UncalculatedCell("=…")),
    ]
    assert hidden_and_merged(sheet) == ({4}, {1, 2}, [(5, 0, 6, 1)])


def test_ods(tmp_path: Path) -> None:
    """Repeated rows and cells, errors, booleans, formulas without results, hidden and merged."""
    tables = (
        '<table:table table:name="A &amp; B"><table:table-column/><table:table-column table:visibility="collapse"/>'
        '<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>'
        '<table:table-row table:visibility="filter"><table:table-cell table:number-columns-repeated="2"/>'
        '<table:table-cell office:value-type="string"><text:p>007</text:p></table:table-cell>'
        '<table:table-cell office:value-type="float" office:value="3"><text:p>3</text:p></table:table-cell>'
        '<table:table-cell office:value-type="string" calcext:value-type="error"><text:p>#REF!</text:p>'
        '</table:table-cell><table:table-cell office:value-type="boolean" office:boolean-value="true">'
        "<text:p>TRUE</text:p></table:table-cell>"
        '<table:table-cell table:formula="of:=[.A1]*2"/></table:table-row>'
        '<table:table-row><table:table-cell table:number-columns-spanned="2" office:value-type="string">'
        "<text:p>wide</text:p></table:table-cell><table:covered-table-cell/></table:table-row></table:table>"
    )
    sheet = only_sheet(ods(tmp_path, tables))
    row = (None, None, "007", 3.0, ErrorCell("#REF!"), True, UncalculatedCell("=[.A1]*2"))
    assert (sheet.name, list(sheet.rows)) == ("A & B", [(), (), row, ("wide",)])
    assert hidden_and_merged(sheet) == ({3}, {1}, [(3, 0, 3, 1)])


def test_xlsb(tmp_path: Path) -> None:
    """Numbers, text, booleans, errors of both kinds, hidden and merged, in a part whose number is not the sheet's."""

    def row(number: int, flags: int = 0) -> bytes:
        return binary(0, struct.pack("<IIHBBBI", number, 0, 300, 0, flags, 0, 0))

    def cell(kind: int, column: int, value: bytes) -> bytes:
        return binary(kind, struct.pack("<II", column, 0) + value)

    columns = binary(390) + binary(60, struct.pack("<IIIIH", 1, 2, 0, 0, 1)) + binary(391)
    cells = row(1) + cell(5, 1, struct.pack("<d", 12.5)) + cell(6, 2, wide("007")) + row(3, 0x10)
    cells += cell(3, 1, b"\x17") + cell(4, 2, b"\x01") + cell(11, 3, b"\x2a" + bytes(10))
    merged = binary(177, struct.pack("<I", 1)) + binary(176, struct.pack("<4I", 5, 6, 0, 1)) + binary(178)
    extent = binary(148, struct.pack("<4I", 1, 3, 1, 3))
    contents = open_file(xlsb(tmp_path, extent + columns + binary(145) + cells + binary(146) + merged))
    (sheet,) = contents.sheets
    assert contents.format == "xlsb"
    assert sheet.rows == [(), (None, 12.5, "007"), (), (None, ErrorCell("#REF!"), True, ErrorCell("#N/A"))]
    assert hidden_and_merged(sheet) == ({4}, {1, 2}, [(5, 0, 6, 1)])
