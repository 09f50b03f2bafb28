"""csv and its relatives: read back as written, and damage named at its place."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from importer.errors import FileUnreadable
from importer.reading.formats.delimited import likely_dialect
from importer.reading.formats.limits import ReadingLimits
from importer.reading.formats.open_file import open_file
from importer.reading.formats.raw_workbook import FileFinding, RawWorkbook
from importer.reading.read import read_contents


def opened(folder: Path, content: str | bytes, limits: ReadingLimits | None = None) -> RawWorkbook:
    """A csv with this content, opened."""
    path = folder / "made.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return open_file(path, limits=limits or ReadingLimits())


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "~"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separator_and_line_ends_are_found(tmp_path: Path, delimiter: str, end: str) -> None:
    """All separators with all three line ends, old Macintosh too."""
    rows = [("id", "date", "net"), ("007", "2026-03-31", "1.50"), ("008", "2026-03-31", "20.00")]
    contents = opened(tmp_path, "".join(delimiter.join(row) + end for row in rows))
    assert contents.sheets[0].rows == rows
    assert contents.details["delimiter"] == delimiter
    assert contents.findings == ()


def test_commas_inside_numbers_are_no_separators(tmp_path: Path) -> None:
    """Decimal and thousands commas in every row do not win against the true separator."""
    assert opened(tmp_path, "1,50;2,50;3,50\n4,50;5,50;6,50\n").sheets[0].rows[1] == ("4,50", "5,50", "6,50")
    text = "id;net\nA;1,234,567.00\nB;2,345,678.00\n"
    assert opened(tmp_path, text).sheets[0].rows[1] == ("A", "1,234,567.00")


def test_a_rare_mark_inside_cells_is_no_separator(tmp_path: Path) -> None:
    """Where commas part headings that are known, a tilde belongs to the text."""
    rows = opened(tmp_path, "id,date,net~gross\nA~1,2026-03-31,1.50~2.00\n").sheets[0].rows
    assert rows[1] == ("A~1", "2026-03-31", "1.50~2.00")


def test_numbers_alone_still_have_commas_between_them(tmp_path: Path) -> None:
    """Where nothing else separates, commas between digits do."""
    assert opened(tmp_path, "1,2,3\n4,5,6\n").sheets[0].rows == [("1", "2", "3"), ("4", "5", "6")]


def test_titles_and_ragged_rows_do_not_hide_the_separator(tmp_path: Path) -> None:
    """A title with commas above the table, and rows that are too short and too long."""
    text = "Report, printed on Monday, page 1\n\nid;net;note\n1;2;x\n2;3\n3;4;y;z\n4;5;w\n5;5;v\n"
    contents = opened(tmp_path, text)
    assert contents.details["delimiter"] == ";"
    assert contents.sheets[0].rows[1:6] == [
        (),
        ("id", "net", "note"),
        ("1", "2", "x"),
        ("2", "3"),
        ("3", "4", "y", "z"),
    ]


def test_the_instruction_of_excel_is_no_row(tmp_path: Path) -> None:
    """`sep=;` names the separator; Excel does not count it."""
    assert opened(tmp_path, "sep=|\r\na,b|c\r\n1|2\r\n").sheets[0].rows == [("a,b", "c"), ("1", "2")]


def test_cells_stay_as_they_are(tmp_path: Path) -> None:
    """No stripping, no guessing of types, no "NA" taken for blank; blank cells are None, trailing ones dropped."""
    rows = opened(tmp_path, '007, x ,NA,,"",1e5\n,,,\n\n"a""b","line\nend",\n').sheets[0].rows
    assert rows == [("007", " x ", "NA", None, None, "1e5"), (), (), ('a"b', "line\nend")]


def test_other_ways_to_quote(tmp_path: Path) -> None:
    """Single quotes, blanks before quotes, a backslash before a quote."""
    assert opened(tmp_path, "'a','b,c'\n'1','2'\n").sheets[0].rows == [("a", "b,c"), ("1", "2")]
    assert opened(tmp_path, '"a", "b, c"\n"1", "2"\n').sheets[0].rows == [("a", "b, c"), ("1", "2")]
    assert opened(tmp_path, '"a","b \\"c\\", d"\n"1","2"\n').sheets[0].rows == [("a", 'b "c", d'), ("1", "2")]
    assert opened(tmp_path, "number,path\n7,1001\\511\n").sheets[0].rows[1] == ("7", "1001\\511")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("wrapped", ['="{}"', '"=""{}"""', '=""{}""', ' ="{}" '])
def test_the_armour_of_an_export_is_no_part_of_its_cells(tmp_path: Path, wrapped: str, encoding: str) -> None:
    """Portals write ="00123", so that Excel keeps the zeros: headings, dates, amounts and blanks as well."""
    rows = [("Invoice #", "Date", "Note", "Amount"), ("00123", "01/15/2026", None, "500.00"), (None, "x"), ("1", "2")]
    text = "".join(",".join(wrapped.format(cell or "") for cell in row) + "\n" for row in rows)
    assert opened(tmp_path, text.encode(encoding)).sheets[0].rows == rows


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(st.tuples(st.text("a1,;'\"= \n", max_size=8).map(str.strip), st.booleans()), min_size=1, max_size=8)
)
def test_whatever_is_wrapped_is_read_back(tmp_path: Path, cells: list[tuple[str, bool]]) -> None:
    """Quotation marks are written twice inside of it, as Excel does."""
    assume(('"', True) not in cells)  # ="""" may be a blank as well
    target = io.StringIO(newline="")
    rows = [
        ["x", '="' + cell.replace('"', '""') + '"' if is_wrapped or cell[:1] in ("=", "'") else cell, "y"]
        for cell, is_wrapped in cells
    ]
    csv.writer(target, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    assert opened(tmp_path, "sep=,\n" + target.getvalue()).sheets[0].rows == [
        ("x", cell or None, "y") for cell, _ in cells
    ]


def test_the_apostrophe_of_a_text_is_no_part_of_its_cell(tmp_path: Path) -> None:
    """Before a number, or before every cell of a column; elsewhere it is part of a name."""
    text = "No,Site,Unit,Note,Amt\n'A-7,'s-Gravenhage,'unit 12,'tis 3,'5.00\n00124,'s-Gravenhage,'unit 13,x,'$1/6\n"
    assert opened(tmp_path, text).sheets[0].rows[1:] == [
        ("A-7", "'s-Gravenhage", "unit 12", "'tis 3", "5.00"),
        ("00124", "'s-Gravenhage", "unit 13", "x", "$1/6"),
    ]


@pytest.mark.parametrize("cell", ["=1+2", '="a"&"b"', '"a ""="" b"', "Joe's", "5'", "'5' x", "='A'!B2"])
def test_what_only_looks_like_armour_stays(tmp_path: Path, cell: str) -> None:
    """A formula that was exported as such, quotation marks inside a text."""
    meant = next(csv.reader([cell]))[0]
    assert opened(tmp_path, f"id,note\n1,{cell}\n").sheets[0].rows[1] == ("1", meant)


def test_rows_before_broken_quotes_are_kept(tmp_path: Path) -> None:
    """What follows cannot be told apart, so the place is named: row, and line where cells have line ends inside."""
    contents = opened(tmp_path, 'id,note\n1,"two\nlines"\n2,"bad"quote\n3,good\n')
    assert contents.sheets[0].rows == [("id", "note"), ("1", "two\nlines")]
    (finding,) = contents.findings
    assert (finding.code, finding.row) == ("broken-quotes", 3)
    assert "line 4 " in finding.what


def test_broken_quotes_in_the_first_row_are_what_is_said(tmp_path: Path) -> None:
    """And not that there are no rows."""
    contents = opened(tmp_path, 'Invoice #,Invoice Date,Amount\nA1,"2" pipe",1.00\nA2,2026-01-16,5.00\n')
    with pytest.raises(FileUnreadable, match=r"In made.csv: The quotation marks in line 2 do not match: row 2 and"):
        read_contents([contents])


def test_a_quote_that_is_never_closed_swallows_nothing_in_silence(tmp_path: Path) -> None:
    """However much follows."""
    for more in (3, 30_000):
        contents = opened(tmp_path, 'id,note\n1,ok\n2,"open\n' + "3,good\n" * more)
        assert contents.sheets[0].rows == [("id", "note"), ("1", "ok")]
        assert [(finding.code, finding.row) for finding in contents.findings] == [("broken-quotes", 3)]


def test_the_thousandth_row_survives_damage_after_it(tmp_path: Path) -> None:
    """Records are taken many at a time; damage in the middle of such a piece loses none of those before it."""
    good = [(str(number), "x") for number in range(2_500)]
    text = "".join(f"{number},{note}\n" for number, note in good)
    contents = opened(tmp_path, text + '9,"bad"quote\n')
    assert contents.sheets[0].rows == good
    assert contents.findings[0].row == 2_501


def test_a_quote_closed_by_the_next_one_is_noticed(tmp_path: Path) -> None:
    """Two records in one cell parse without an error; the record is too short and the cell too full."""
    contents = opened(tmp_path, 'a,b,c,d\n1,2,3,4\n5,"6,7,8\n9,10,11,12"\n13,14,15,16\n')
    assert [(finding.code, finding.row, finding.column) for finding in contents.findings] == [("broken-quotes", 3, 1)]


@pytest.mark.parametrize("width", [12, 6, 4, 3])
def test_a_row_swallowed_at_the_same_place_is_noticed(tmp_path: Path, width: int) -> None:
    """A mark of inches opens a cell that the next row's closes: the one row that comes out is as wide as all others."""
    rows = [[f"SW-{number}", *"x" * (width - 1)] for number in range(10, 16)]
    rows[1][1], rows[2][1] = '"3/4 elbow', 'elbow 3/4"'
    contents = opened(tmp_path, "".join(",".join(row) + "\n" for row in rows))
    assert {len(row) for row in contents.sheets[0].rows} == {width}
    assert [(finding.code, finding.row, finding.column) for finding in contents.findings] == [("broken-quotes", 2, 1)]


def test_notes_of_several_lines_are_no_swallowed_rows(tmp_path: Path) -> None:
    """Some commas in them are fine; in a narrow table as many as between its cells, too."""
    wide = "".join(f'SW-{n},2026-03-31,1.50,"Called,\nwaited, left",x,y,z\n' for n in range(5))
    assert opened(tmp_path, wide).findings == ()
    narrow = "".join(f'SW-{n},1.50,"Called, waited,\nthen left, too, at 5"\n' for n in range(5))
    assert opened(tmp_path, narrow).findings == ()


def test_a_cut_end_is_noticed(tmp_path: Path) -> None:
    """A row that stops early, a number that may go on, zero bytes in place of the end."""

    def findings(text: str) -> tuple[FileFinding, ...]:
        found = opened(tmp_path, text).findings
        assert all(finding.code == "file-cut-short" for finding in found)
        return found

    (short,) = findings("a,b,c\n1,2,3\n4,5,6\n7,8")
    assert (short.row, short.what) == (4, "The last row ends after 2 of 3 cells, without a line end.")
    (maybe,) = findings("a,b\n1,9876.54\n2,98")
    assert (maybe.row, maybe.column, maybe.value) == (3, 1, "98")
    (zeros,) = findings("a,b\n1,2\n" + "\0" * 3000)
    assert zeros.what == "The file ends in zero bytes: its real end is missing."
    assert findings("a,b\n1,2\n") == ()


def test_a_quote_that_swallows_the_whole_file_is_named(tmp_path: Path) -> None:
    """There is no row then, and yet the file is not empty."""
    contents = opened(tmp_path, '"Invoice #,Date\nA-1,2026-10-14\n')
    with pytest.raises(FileUnreadable, match="The quotation marks in lines 1 to 2 do not match"):
        read_contents([contents])


def test_what_guards_a_number_from_excel_is_no_part_of_it(tmp_path: Path) -> None:
    """Some programs write ="00123" or '00123 so that Excel keeps the zeros; the number is 00123."""
    text = 'a,b,c\n="00123","=""007""",\'0042\n\'7,="",it\'s\n=1+1,\'tis,"\'08"\n'
    assert list(opened(tmp_path, text).sheets[0].rows) == [
        ("a", "b", "c"),
        ("00123", "007", "0042"),
        ("7", None, "it's"),
        ("=1+1", "'tis", "08"),
    ]


def test_zero_bytes_inside_are_marked(tmp_path: Path) -> None:
    """They become the character that stands for damage, which the readers of cells name."""
    assert opened(tmp_path, "a,b\n1,x\0y\n").sheets[0].rows == [("a", "b"), ("1", "x\ufffdy")]


def test_a_record_far_wider_than_the_others_costs_little(tmp_path: Path) -> None:
    """It is read; beyond what a spreadsheet can have it is refused."""
    text = "a,b\n" * 3000 + ",".join("x" * 5000) + "\n" + "a,b\n" * 3000
    rows = opened(tmp_path, text).sheets[0].rows
    assert len(rows) == 6001
    assert len(rows[3000]) == 5000
    with pytest.raises(FileUnreadable, match="has 5,000 cells in row 3001"):
        opened(tmp_path, text, ReadingLimits(columns=4000))


def test_too_many_cells_are_refused(tmp_path: Path) -> None:
    """Blank rows count too, for they take memory as well."""
    with pytest.raises(FileUnreadable, match="holds more than 10,000 cells"):
        opened(tmp_path, "\n" * 10_001, ReadingLimits(cells=10_000))


def test_more_rows_than_a_month_has_are_refused_while_they_are_read(tmp_path: Path) -> None:
    """Before they fill the memory, in one sentence."""
    with pytest.raises(FileUnreadable, match=r"has more than 10 rows.*Split it"):
        opened(tmp_path, "a,b\n" * 11, ReadingLimits(rows=10))
    assert len(opened(tmp_path, "a,b\n" * 10, ReadingLimits(rows=10)).sheets[0].rows) == 10


def test_repeated_texts_are_one_object(tmp_path: Path) -> None:
    """A month of invoices repeats its vendors; a million rows must fit into memory."""
    rows = opened(tmp_path, "vend-1,5\nvend-1,5\n").sheets[0].rows
    assert rows[0][0] is rows[1][0]


CELL = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff", include_characters="\n\r\t"),
    max_size=12,
).filter(lambda text: not text.strip().startswith(("=", "'")))
TABLE = st.lists(st.lists(CELL, min_size=2, max_size=6), min_size=1, max_size=12)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=TABLE,
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_whatever_is_written_is_read_back(
    tmp_path: Path, table: list[list[str]], delimiter: str, end: str, encoding: str
) -> None:
    """Every cell of every row, fully quoted, in every dialect; the separator is named as Excel names it."""
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(table)
    contents = opened(tmp_path, f"sep={delimiter}{end}{target.getvalue()}".encode(encoding))
    expected = [[cell or None for cell in row] for row in table]
    for row in expected:
        while row and row[-1] is None:
            row.pop()
    assert contents.sheets[0].rows == [tuple(row) for row in expected]
    assert not [finding for finding in contents.findings if finding.code == "file-cut-short"]


PLAIN = st.text("abcXYZ 0123456789.-/&é", min_size=1, max_size=10).map(str.strip).filter(bool)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.integers(2, 6).flatmap(
        lambda width: st.lists(st.lists(PLAIN, min_size=width, max_size=width), min_size=2)
    ),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_the_separator_of_an_ordinary_table_is_found(
    tmp_path: Path, table: list[list[str]], delimiter: str, end: str
) -> None:
    """Tables of ordinary cells are read back without any hint."""
    text = "".join(delimiter.join(row) + end for row in table)
    assert opened(tmp_path, text).sheets[0].rows == [tuple(row) for row in table]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.sampled_from("ab,;\"'\\\n\r\t 1"), max_size=300))
def test_no_text_loses_a_line_in_silence(tmp_path: Path, text: str) -> None:
    """Each line is in a row, or a finding says that the rest was not read."""
    try:
        contents = opened(tmp_path, text)
    except FileUnreadable:
        return
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    inside = sum(
        str(cell).replace("\r\n", "\n").replace("\r", "\n").count("\n")
        for row in contents.sheets[0].rows
        for cell in row
        if cell
    )
    read = len(contents.sheets[0].rows) + inside
    broken = any(finding.code == "broken-quotes" for finding in contents.findings)
    assert broken or read >= len(lines) - 1


@pytest.mark.parametrize(
    "text",
    [
        'Invoice #,Date,Amount\nx";=1+1;",2026-03-14,5\ny";=1+1;",2026-03-14,5\n',
        "Invoice #,Notes\nA,mow; edge; mulch; haul\nB,mow; edge; mulch; haul\n",
    ],
)
def test_headings_say_more_than_regular_notes(text: str) -> None:
    """A semicolon in every note separates nothing where the headings are known with commas."""
    assert likely_dialect(text)[0].delimiter == ","
