"""HTML tables under the name .xls."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.errors import FileUnreadable
from importer.reading.formats.limits import ReadingLimits
from importer.reading.formats.open_file import open_file
from importer.reading.formats.raw_workbook import RawSheet


def tables(folder: Path, page: str, limits: ReadingLimits | None = None) -> tuple[RawSheet, ...]:
    """The sheets of a page."""
    path = folder / "export.xls"
    path.write_text(page)
    return open_file(path, limits=limits or ReadingLimits()).sheets


def test_a_table_as_excel_and_web_programs_write_it(tmp_path: Path) -> None:
    """Entities, line breaks, blanks, text outside cells and styles; blank cells are None."""
    page = """<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><style>td {color: red}</style></head><body>
    <p>March</p><table border=1><thead><tr><th>Invoice&nbsp;#</th><th> Net </th><th>Note</th></tr></thead>
    <tr><td>007</td><td x:num="1234.5">$1,234.50</td><td>A &amp; B<br>second</td></tr>
    <tr><td></td><td>&nbsp;</td><td><b>bold</b> &lt;1&gt;</td></tr></table></body></html>"""
    (sheet,) = tables(tmp_path, page)
    assert sheet.name == "Table 1"
    assert sheet.rows == [
        ("Invoice\xa0#", "Net", "Note"),
        ("007", "$1,234.50", "A & B\nsecond"),
        (None, None, "bold <1>"),
    ]


def test_cells_that_reach_over_rows_and_columns(tmp_path: Path) -> None:
    """The cells to the right and below stay in their columns."""
    page = (
        "<table><tr><td colspan=2>wide</td><td>c</td></tr><tr><td rowspan=2>tall</td><td>b</td></tr>"
        "<tr><td>d<td>e<tr style='display: none'><td>end</table>"
    )
    (sheet,) = tables(tmp_path, page)
    assert sheet.rows == [("wide", None, "c"), ("tall", "b"), (None, "d", "e"), ("end",)]
    assert sheet.merged == ((0, 0, 0, 1), (1, 0, 2, 0))
    assert sheet.hidden_rows == {4}


def test_the_armour_that_keeps_zeros_is_no_part_of_a_cell(tmp_path: Path) -> None:
    """As in a csv."""
    (sheet,) = tables(tmp_path, '<table><tr><td>="00123"</td><td>=&quot;&quot;</td><td>a="b"</td></table>')
    assert sheet.rows == [("00123", None, 'a="b"')]


def test_a_table_that_only_frames_another(tmp_path: Path) -> None:
    """The inner one is the sheet, with its hidden rows; what else stands in the frame is not lost."""
    inner = "<tr><th>No</th><th>Net</th></tr><tr><td>A1</td><td>$1,500.<sup>50</sup></td></tr>"
    inner += "<tr style='display:none'><td>A2</td><td>7</td></tr>"
    frame = f"<table><tr><td><table>{inner}</table></td></tr></table>"
    rows = [("No", "Net"), ("A1", "$1,500.50"), ("A2", "7")]
    (sheet,) = tables(tmp_path, frame)
    assert (sheet.name, list(sheet.rows)) == ("Table 1", rows)
    assert sheet.hidden_rows == {3}
    assert [each.rows for each in tables(tmp_path, f"<table><tr><td>{frame}</td></tr></table>")] == [rows]
    menu = "<table><tr><td>Home</td></tr><tr><td>Bills</td></tr></table>"
    page = f"<table><tr><td colspan=2>Export</td></tr><tr><td>{menu}</td><td>{frame}as of May</td></tr></table>"
    assert [each.rows for each in tables(tmp_path, page)] == [
        [("Export",), (None, "as of May")],
        [("Home",), ("Bills",)],
        rows,
    ]


def test_a_table_inside_a_cell_of_data_is_text_of_it(tmp_path: Path) -> None:
    """Lines of an invoice in its description: the row stays a row."""
    inner = "<table><tr><td>1</td><td> mow</td></tr><tr><td> 2</td><td> edge</td></tr></table>"
    page = f"<table><tr><th>No</th><th>Net</th><th>What</th></tr><tr><td>A1</td><td>7</td><td>{inner}</td></tr></table>"
    assert [each.rows for each in tables(tmp_path, page)] == [[("No", "Net", "What"), ("A1", "7", "1 mow 2 edge")]]


def test_a_table_that_is_not_closed_loses_none_after_it(tmp_path: Path) -> None:
    """The next one is no part of any of its cells."""
    page = "<table><tr><td>a</td><td>b</td></tr><table><tr><td>c</td><td>d</td></tr></table>"
    assert [sheet.rows for sheet in tables(tmp_path, page)] == [[("a", "b")], [("c", "d")]]


def test_tables_in_tables_without_end(tmp_path: Path) -> None:
    """They are text from some depth on, and no recursion."""
    page = "<table><tr><td>" * 20_000 + "x" + "</td></tr></table>" * 20_000
    assert [each.rows for each in tables(tmp_path, page)] == [[("x",)]]


def test_several_tables_and_tables_inside_cells(tmp_path: Path) -> None:
    """Each outer table is a sheet; an inner one is text of its cell."""
    page = "<div><table><tr><td>a<table><tr><td>b</td></tr></table></td></tr></table><table><tr><td>c</table></div>"
    assert [sheet.rows for sheet in tables(tmp_path, page)] == [[("ab",)], [("c",)]]


def test_a_page_without_a_table(tmp_path: Path) -> None:
    """Often the sign-in page of a vendor's site, saved in place of the file."""
    with pytest.raises(FileUnreadable, match="is a web page without a table"):
        tables(tmp_path, "<html><body>Please sign in</body></html>")


def test_spans_cannot_be_used_to_fill_the_memory(tmp_path: Path) -> None:
    """Each is bounded, and they count as cells."""
    with pytest.raises(FileUnreadable, match="more than 1,000,000 cells"):
        tables(tmp_path, "<table><tr>" + "<td rowspan=99999 colspan=99999>" * 3, ReadingLimits(cells=1_000_000))


def test_a_page_that_was_cut_short(tmp_path: Path) -> None:
    """What arrived is read, and the end is named."""
    path = tmp_path / "export.xls"
    path.write_text("<table><tr><td>a</td><td>b</td></tr><tr><td>1")
    contents = open_file(path)
    assert contents.sheets[0].rows == [("a", "b"), ("1",)]
    assert [(finding.code, finding.sheet) for finding in contents.findings] == [("file-cut-short", "Table 1")]
