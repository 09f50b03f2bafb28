"""Several texts in one cell, and formatting that means something, in every format of a file."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from importer.domain.outcome import Outcome, Status
from importer.domain.reading import Reading
from importer.reading import read_files
from importer.reading.formats.facts.looks import (
    Piece,
    TextLook,
    joined,
    kept,
    restored,
    settled,
)
from importer.report import write_workbook
from importer.validation import validate
from importer.workbook_format import layout
from tests import factory
from tests.reading import made_workbooks
from tests.reading.made_tables import said

HEADINGS = (
    *("property_id", "vendor_id", "invoice_number", "invoice_date", "due_date", "notes", "memo"),
    *("financial_account_id", "item_notes", "line_amount"),
)
CELLS = ("prop-1", "vend-1", "INV-1", "2026-03-14", "2026-04-13", "mowing", "march", "finacct-1", "lawn", "90.00")
AMOUNT, NUMBER, TEXT = 9, 2, 8
SEVERAL = "several-texts"


def read(path: Path) -> Reading:
    return read_files([path], integration_id="intg-1")


def worth(reading: Reading) -> list[tuple[str | None, int]]:
    """What is sent: the invoices without an error, by number, with their cents."""
    return [
        (each.invoice_number, int(each.worth))
        for each in reading.invoices
        if not any(problem.is_error for problem in each.problems)
    ]


# ---------------------------------------------------------------------- one cell in each format


def xlsx(folder: Path, column: int, inner: str, **parts: str) -> Path:
    """The row with what stands in <is> of one cell."""

    def cells(number: int, row: tuple[str, ...]) -> str:
        return "".join(
            f'<c r="{chr(65 + at)}{number}" t="inlineStr"><is>'
            + (inner if number == 2 and at == column else f"<t>{text}</t>")
            + "</is></c>"
            for at, text in enumerate(row)
        )

    rows = "".join(f'<row r="{number}">{cells(number, row)}</row>' for number, row in enumerate((HEADINGS, CELLS), 1))
    return made_workbooks.xlsx(folder, rows, **parts)


def shared_xlsx(folder: Path, column: int, inner: str) -> Path:
    """The same with all texts shared."""
    texts = [*HEADINGS, *CELLS]
    items = "".join(
        f"<si>{inner}</si>" if at == len(HEADINGS) + column else f"<si><t>{text}</t></si>"
        for at, text in enumerate(texts)
    )
    rows = "".join(
        f'<row r="{number}">'
        + "".join(f'<c r="{chr(65 + at)}{number}" t="s"><v>{first + at}</v></c>' for at in range(len(HEADINGS)))
        + "</row>"
        for number, first in ((1, 0), (2, len(HEADINGS)))
    )
    parts = made_workbooks.xlsx_parts(rows)
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{made_workbooks.MAIN}" count="20" uniqueCount="20">{items}</sst>'
    parts["xl/_rels/workbook.xml.rels"] = str(parts["xl/_rels/workbook.xml.rels"]).replace(
        "</Relationships>",
        f'<Relationship Id="rId2" Type="{made_workbooks.OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
    )
    path = folder / "shared.xlsx"
    path.write_bytes(made_workbooks.zipped(parts))
    return path


def page(folder: Path, column: int, inner: str, *, row: str = "<tr>", before: str = "") -> Path:
    """The same as a web page that is called .xls."""
    cells = "".join(f"<td>{inner if at == column else text}</td>" for at, text in enumerate(CELLS))
    heads = "".join(f"<th>{text}</th>" for text in HEADINGS)
    path = folder / "made.xls"
    path.write_text(f"<table><tr>{heads}</tr>{before}{row}{cells}</tr></table>", encoding="utf-8")
    return path


def ods(folder: Path, column: int, inner: str) -> Path:
    """The same as an ods; the styles S (struck), U (raised) and W (white) are there."""
    styles = {
        "S": 'style:text-line-through-style="solid"',
        "U": 'style:text-position="super 58%"',
        "W": 'fo:color="#ffffff"',
    }
    names = "urn:oasis:names:tc:opendocument:xmlns"

    def cells(row: tuple[str, ...], at_column: int) -> str:
        return (
            "<table:table-row>"
            + "".join(
                f'<table:table-cell office:value-type="string">'
                f"{inner if at == at_column else f'<text:p>{text}</text:p>'}"
                "</table:table-cell>"
                for at, text in enumerate(row)
            )
            + "</table:table-row>"
        )

    made = made_workbooks.ods(
        folder, f'<table:table table:name="S">{cells(HEADINGS, -1)}{cells(CELLS, column)}</table:table>'
    )
    content = "".join(
        f'<style:style style:name="{name}" style:family="text"><style:text-properties {look}/></style:style>'
        for name, look in styles.items()
    )
    return with_content(
        made,
        lambda text: text.replace(
            "<office:body>", f"<office:automatic-styles>{content}</office:automatic-styles><office:body>"
        ).replace("xmlns:text=", f'xmlns:style="{names}:style:1.0" xmlns:fo="{names}:fo:1.0" xmlns:text='),
    )


def with_content(path: Path, change: Callable[[str], str]) -> Path:
    """The ods with another content."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["content.xml"] = change(parts["content.xml"].decode()).encode()
    path.write_bytes(made_workbooks.zipped(parts))
    return path


def ssml(folder: Path, column: int, inner: str, *, styles: str = "") -> Path:
    """The same as XML of Excel 2003: `inner` is what stands in the cell."""

    def cells(row: tuple[str, ...], at_column: int) -> str:
        return (
            "<Row>"
            + "".join(
                "<Cell" + (inner if at == at_column else f'><Data ss:Type="String">{text}</Data>') + "</Cell>"
                for at, text in enumerate(row)
            )
            + "</Row>"
        )

    path = folder / "made.xml"
    path.write_text(
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:html="http://www.w3.org/TR/REC-html40">'
        f'<Styles>{styles}</Styles><Worksheet ss:Name="S"><Table>{cells(HEADINGS, -1)}{cells(CELLS, column)}</Table>'
        "</Worksheet></Workbook>",
        encoding="utf-8",
    )
    return path


def run(text: str, look: str = "") -> str:
    return f"<r><rPr>{look}</rPr><t>{text}</t></r>"


STRUCK, RAISED = '<strike val="1"/>', '<vertAlign val="superscript"/>'
WHITE = '<color rgb="FFFFFFFF"/>'
BLOCKS = ("p", "div", "li")


@pytest.mark.parametrize("column", [AMOUNT, NUMBER])
@pytest.mark.parametrize("make", [xlsx, shared_xlsx])
@pytest.mark.parametrize(
    "inner",
    [
        run("100", STRUCK) + run("90"),
        run("95") + run("1", RAISED),
        run("1") + run("95", '<vertAlign val="subscript"/>'),
        run("95") + run("00", WHITE),
        "<r><t>100</t></r><r><t>90</t></r>",
        run("100", "<b/>") + run("90", '<color rgb="FFFF0000"/>'),
    ],
)
def test_runs_of_a_value_are_asked_about(
    tmp_path: Path, make: Callable[[Path, int, str], Path], column: int, inner: str
) -> None:
    """Struck, raised, lowered and unseen runs, and such as part two numbers: one message at the cell."""
    reading = read(make(tmp_path, column, inner))
    assert worth(reading) == []
    assert said(reading).count((SEVERAL, f"{chr(65 + column)}2")) == 1


@pytest.mark.parametrize("make", [xlsx, shared_xlsx])
def test_runs_of_a_description_are_a_text(tmp_path: Path, make: Callable[[Path, int, str], Path]) -> None:
    """What a person reads is sent, and nobody is asked; what was struck stands apart."""
    reading = read(make(tmp_path, TEXT, run("200 m") + run("2", RAISED) + run("weekly", STRUCK) + run(" monthly")))
    (invoice,) = reading.invoices
    assert (invoice.lines[0].notes, worth(reading)) == ("200 m²\nweekly\nmonthly", [("INV-1", 9000)])


@pytest.mark.parametrize("inner", [run("$", "<b/>") + run("90.00"), run("9") + run("0.00", "")])
def test_runs_that_part_no_numbers(tmp_path: Path, inner: str) -> None:
    """A sign in bold print changes nothing; where a digit meets a digit it is asked."""
    reading = read(xlsx(tmp_path, AMOUNT, inner))
    assert worth(reading) == ([("INV-1", 9000)] if "$" in inner else [])


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("<del>100</del>90", None),
        ("<s>100</s> 90", None),
        ("<strike>100</strike><b>90</b>", None),
        ("<span style='text-decoration: line-through'>100</span>90", None),
        ("95<sup>1</sup>", None),
        ("<sub>1</sub>95", None),
        ("100<br>90", None),
        ("<font color='white'>1</font>95", None),
        ("<span>100</span><span>90</span>", None),
        ("<table><tr><td>100</td><td>90</td></tr></table>", None),
        *((f"<{tag}>100</{tag}><{tag}>90</{tag}>", None) for tag in BLOCKS),
        ("<span style='display:none'>95</span>95.00", 9500),
        ("<span hidden>95</span>95.00", 9500),
        ("<i style='mso-hide:all'>95</i>95.00", 9500),
        ("$<!-- -->9<!-- -->5.00", 9500),
        ("<b>$</b>95.00", 9500),
        ("$95.<sup>00</sup>", 9500),
    ],
)
def test_parts_of_a_web_page_cell(tmp_path: Path, inner: str, expected: int | None) -> None:
    """Blocks, struck and raised parts are asked about; what nobody sees is not the value."""
    reading = read(page(tmp_path, AMOUNT, inner))
    assert worth(reading) == ([] if expected is None else [("INV-1", expected)])


@pytest.mark.parametrize(
    "inner",
    [
        '<text:p><text:span text:style-name="S">100</text:span>90</text:p>',
        '<text:p>95<text:span text:style-name="U">1</text:span></text:p>',
        '<text:p>95<text:span text:style-name="W">1</text:span></text:p>',
        "<text:p>100<text:line-break/>90</text:p>",
        "<text:p>100<text:tab/>90</text:p>",
        "<text:p>100</text:p><text:p>90</text:p>",
    ],
)
def test_parts_of_an_ods_cell(tmp_path: Path, inner: str) -> None:
    """Spans, line breaks and paragraphs are no single number."""
    assert worth(read(ods(tmp_path, AMOUNT, inner))) == []


@pytest.mark.parametrize(
    "inner",
    [
        '><Data ss:Type="String"><html:S>100</html:S><html:Font>90</html:Font></Data>',
        '><Data ss:Type="String">95<html:Sup>1</html:Sup></Data>',
        '><Data ss:Type="String"><html:Font html:Color="#FFFFFF">1</html:Font>95</Data>',
    ],
)
def test_runs_in_xml_of_excel_2003(tmp_path: Path, inner: str) -> None:
    """The parts of a text in the words of web pages."""
    assert worth(read(ssml(tmp_path, AMOUNT, inner))) == []


@pytest.mark.parametrize(("column", "said_there"), [(AMOUNT, "85.00"), (NUMBER, "B-77"), (1, "vend-2")])
def test_a_comment_is_no_value(tmp_path: Path, column: int, said_there: str) -> None:
    """In XML of Excel 2003 its text stands in an element of the value's name, before or behind the value."""
    comment = f'<Comment><ss:Data xmlns="http://www.w3.org/TR/REC-html40"><B>{said_there}</B></ss:Data></Comment>'
    value = f'<Data ss:Type="String">{CELLS[column]}</Data>'
    for inner in (f">{value}{comment}", f">{comment}{value}"):
        reading = read(ssml(tmp_path, column, inner))
        assert worth(reading) == [("INV-1", 9000)]
        assert reading.invoices[0].vendor_id == "vend-1"


# ---------------------------------------------------------------------- whole cells and rows

FONTS = f"<font/><font>{STRUCK}</font><font>{WHITE}</font>"
FILLS = (
    '<fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FF000080"/></patternFill></fill>'
)
STYLES = '<xf fontId="0"/><xf fontId="1"/><xf fontId="2"/><xf fontId="2" fillId="2"/>'


def styled_xlsx(folder: Path, *styles: int, comment: str = "") -> Path:
    """A heading row in white on blue, and a row of data for each style."""
    rows = "".join(
        f'<row r="{number}">'
        + "".join(
            f'<c r="{chr(65 + at)}{number}" s="{style}" t="inlineStr"><is><t>{text}</t></is></c>'
            for at, text in enumerate(row)
        )
        + "</row>"
        for number, (style, row) in enumerate(
            [
                (3, HEADINGS),
                *((style, (*CELLS[:2], f"INV-{at}", *CELLS[3:])) for at, style in enumerate(styles, 1)),
            ],
            1,
        )
    )
    parts = made_workbooks.xlsx_parts(rows)
    parts["xl/styles.xml"] = (
        f'<styleSheet xmlns="{made_workbooks.MAIN}"><fonts>{FONTS}</fonts><fills>{FILLS}</fills>'
        f"<cellXfs>{STYLES}</cellXfs></styleSheet>"
    )
    if comment:
        parts["xl/worksheets/_rels/sheet1.xml.rels"] = made_workbooks.relationships("comments", "../comments1.xml")
        parts["xl/comments1.xml"] = (
            f'<comments xmlns="{made_workbooks.MAIN}"><commentList><comment ref="C2"><text>{comment}</text></comment>'
            "</commentList></comments>"
        )
    path = folder / "styled.xlsx"
    path.write_bytes(made_workbooks.zipped(parts))
    return path


def test_a_struck_row_is_not_sent(tmp_path: Path) -> None:
    """A line through a row is said, and the rows beside it go."""
    reading = read(styled_xlsx(tmp_path, 0, 1, 0))
    assert worth(reading) == [("INV-1", 9000), ("INV-3", 9000)]
    assert [(problem.kind.code, problem.what) for problem in reading.invoices[1].problems] == [
        ("struck-out", "The row is struck out.")
    ]


def test_white_letters_are_said(tmp_path: Path) -> None:
    """White on white in the data; white on blue in the headings and the data is seen by everybody."""
    reading = read(styled_xlsx(tmp_path, 0, 2, 3))
    assert [
        (each.kind.code, each.place.cell, each.what) for each in reading.problems if each.kind.code == "unseen-text"
    ] == [("unseen-text", "A3", "1 of 3 data rows have text in white letters: 3.")]
    assert len(worth(reading)) == 3


@pytest.mark.parametrize(
    ("comment", "code"),
    [
        ("<t>VOID</t>", "void-row"),
        ("<r><t>Ann Clerk:</t></r><r><t>\nvoided 10/5 per Jim</t></r>", "void-row"),
        ("<t>[Threaded comment]\n\nYou can read it.\n\nComment:\n    Do not pay</t>", "marked-held"),
        ("<t>paid</t>", "marked-paid"),
        ("<t>duplicate</t>", "marked-duplicate"),
        ("<t>The lawn behind the pool, not void</t>", None),
    ],
)
def test_what_a_comment_says_of_its_row(tmp_path: Path, comment: str, code: str | None) -> None:
    """VOID on a yellow note counts as in a column of its own; any other remark says nothing."""
    reading = read(styled_xlsx(tmp_path, 0, comment=comment))
    assert said(reading) == ([] if code is None else [(code, "C2")])


@pytest.mark.parametrize(
    "start",
    ["<tr style='text-decoration:line-through'>", "<tr style='color:red;text-decoration-line:line-through'>"],
)
def test_a_struck_row_of_a_page(tmp_path: Path, start: str) -> None:
    """The style of the row is that of its cells."""
    reading = read(page(tmp_path, 0, "prop-1", row=start))
    assert (worth(reading), said(reading)) == ([], [("struck-out", "A2")])


def test_styles_of_xml_of_excel_2003(tmp_path: Path) -> None:
    """A font that strikes out, by the cell's style; an annotation says VOID."""
    styles = '<Style ss:ID="s1"><Font ss:StrikeThrough="1"/></Style>'
    reading = read(ssml(tmp_path, AMOUNT, ' ss:StyleID="s1"><Data ss:Type="Number">90</Data>', styles=styles))
    assert said(reading) == [("struck-out", "J2")]
    void = '><Data ss:Type="String">INV-1</Data><Comment><ss:Data>VOID</ss:Data></Comment>'
    assert said(read(ssml(tmp_path, NUMBER, void))) == [("void-row", "C2")]


def test_an_annotation_in_an_ods(tmp_path: Path) -> None:
    """It is no part of the value, and is heard."""
    inner = "<office:annotation><text:p>VOID</text:p></office:annotation><text:p>INV-1</text:p>"
    reading = read(ods(tmp_path, NUMBER, inner))
    assert (reading.invoices[0].invoice_number, said(reading)) == ("INV-1", [("void-row", "C2")])


# ---------------------------------------------------------------------- the binary formats


def biff_font(flags: int = 0, colour: int = 0x7FFF, raised: int = 0) -> bytes:
    return made_workbooks.record(0x31, struct.pack("<HHHHHBBBBB", 200, flags, colour, 400, raised, 0, 0, 0, 0, 0))


def test_an_xls_with_struck_and_raised_letters(tmp_path: Path) -> None:
    """By the style of a cell, and by the runs of a shared text; there is no font of the number 4."""
    fonts = biff_font() * 4 + biff_font(8) + biff_font(raised=1)  # the numbers 0 to 3, 5 and 6
    styles = made_workbooks.record(0xE0, struct.pack("<HHH14x", 0, 0, 0)) + made_workbooks.record(
        0xE0, struct.pack("<HHH14x", 5, 0, 0)
    )
    texts = [*HEADINGS, *CELLS[:AMOUNT]]
    plain = b"".join(struct.pack("<HB", len(text), 0) + text.encode() for text in texts)
    rich = struct.pack("<HBH", 5, 8, 1) + b"10090" + struct.pack("<HH", 3, 0)  # "100" has the cell's font
    runs = struct.pack("<HBH", 3, 8, 1) + b"951" + struct.pack("<HH", 2, 6)
    sst = made_workbooks.record(0xFC, struct.pack("<II", 21, 21) + plain + rich + runs)
    cells = b"".join(
        made_workbooks.record(0xFD, struct.pack("<HHHI", number, at, 0, first + at))
        for number, first, count in ((0, 0, 10), (1, 10, 9), (2, 10, 9))
        for at in range(count)
    )
    cells += made_workbooks.record(0xFD, struct.pack("<HHHI", 1, AMOUNT, 0, len(texts) + 1))
    cells += made_workbooks.record(0x203, struct.pack("<HHHd", 2, AMOUNT, 1, 90.0))
    book = made_workbooks.biff(cells)
    listing = book.index(made_workbooks.record(0x85)[:2])
    head = fonts + styles + sst
    moved = bytearray(book[:listing] + book[listing:])
    offset = struct.unpack_from("<I", moved, listing + 4)[0]
    struct.pack_into("<I", moved, listing + 4, offset + len(head))
    path = tmp_path / "made.xls"
    path.write_bytes(made_workbooks.compound({"Workbook": bytes(moved[:listing]) + head + bytes(moved[listing:])}))
    reading = read(path)
    assert worth(reading) == []
    assert {(SEVERAL, "J2"), ("struck-out", "J3")} <= set(said(reading))


# ---------------------------------------------------------------------- what is kept


def test_struck_rows_stay_struck_in_the_workbook(tmp_path: Path) -> None:
    """Looks and comments go through a results workbook as they are, and hold for the texts that they were made of."""
    looks = {(1, 9): (Piece("100", TextLook.STRUCK), Piece("90"))}
    comments = {(1, 2): "VOID"}
    assert restored(kept(looks, comments)) == (looks, comments)
    assert restored({}) == ({}, {})


@pytest.mark.parametrize("how", ["as it is", "typed anew"])
def test_a_workbook_given_back_still_says_what_is_struck(tmp_path: Path, how: str) -> None:
    """What nobody has touched is asked about again; a value that was typed over several counts."""
    path = xlsx(tmp_path, AMOUNT, run("100", STRUCK) + run("90"))
    reading = read(path)
    outcomes = [
        Outcome(verdict.invoice, Status.NEEDS_FIXING, verdict.problems)
        for verdict in validate(reading, today=factory.NOON.date())
    ]
    results = tmp_path / "made.results.xlsx"
    write_workbook(factory.run(*outcomes, of=reading), results)
    book = openpyxl.load_workbook(results)
    sheet = book[layout.TO_FIX]
    cell = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "100\n90")
    if how == "typed anew":
        cell.value = 90
    book.save(results)
    again = read(results)
    assert worth(again) == ([("INV-1", 9000)] if how == "typed anew" else [])
    assert (SEVERAL in {code for code, _ in said(again)}) is (how == "as it is")


def test_pieces_and_their_text() -> None:
    """Blank pieces join their neighbours, equal looks become one, and struck ones stand in a line of their own."""
    pieces = settled([Piece("a"), Piece(" "), Piece("b"), Piece("c", TextLook.STRUCK), Piece(""), Piece(" d")])
    assert pieces == (Piece("a b"), Piece("c", TextLook.STRUCK), Piece(" d"))
    assert joined(pieces) == "a b\nc\nd"
    assert joined(settled([Piece("H"), Piece("2", TextLook.LOWERED), Piece("O")])) == "H₂O"
