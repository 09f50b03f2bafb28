"""Number formats: what a cell shows beside its number is read, in every kind of workbook."""

from __future__ import annotations

import struct
from decimal import Decimal
from pathlib import Path

import pytest

from importer.domain.fields import ValueKind
from importer.reading.cells.number_formats import shown_by
from importer.reading.cells.parse_cell import PLAIN, Unreadable, read_cells
from importer.reading.formats.facts import xlsb
from importer.reading.formats.open_file import open_file
from tests.reading.made_workbooks import (
    MAIN,
    biff,
    binary,
    compound,
    ods,
    record,
    wide,
    xlsx_parts,
    zipped,
)

STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="3"><numFmt numFmtId="164" formatCode="00000"/>'
    '<numFmt numFmtId="165" formatCode="[$€-407]\\ #,##0.00"/>'
    '<numFmt numFmtId="166" formatCode="&quot;$&quot;#,##0.00"/>'
    '</numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/></cellXfs>'
    "</styleSheet>"
)
STYLED = (
    '<row r="1"><c r="A1" s="1"><v>123</v></c><c r="B1" s="2"><v>5.5</v></c><c r="C1" s="3"><v>7</v></c>'
    '<c r="D1" s="1" t="inlineStr"><is><t>x</t></is></c></row>'
)


@pytest.mark.parametrize("rows", [STYLED, STYLED.replace('"', "'")])
def test_a_number_is_what_its_format_shows(tmp_path: Path, rows: str) -> None:
    """The zeros of 00123 belong to the vendor's number, and an amount formatted as euros is none of dollars."""
    path = tmp_path / "made.xlsx"
    path.write_bytes(zipped(xlsx_parts(rows) | {"xl/styles.xml": STYLES}))
    assert open_file(path).sheets[0].rows == [("00123", "EUR 5.5", 7.0, "x")]


@pytest.mark.parametrize(
    ("code", "number", "text"),
    [
        ("00000", 7.0, "00007"),
        ("00000", 1234567.0, "1234567"),
        ("000-00-000;@", 1234567.0, "012-34-567"),
        ('"INV-"0000', 12.0, "INV-0012"),
        ("\\B000", 12.0, "B012"),
        ('"CHF" #,##0.00', 12.5, "CHF 12.5"),
        ('_-* #,##0.00\\ "€"_-', -3.0, "EUR -3"),
        ("[$£-809]#,##0", 4.0, "GBP 4"),
        ("[$CAD] 0.00", 4.0, "CAD 4"),
        ("[$$-1009]#,##0.00", 4.0, "CAD 4"),
        ("[$$-en-CA]#,##0.00", 4.0, "CAD 4"),
        ("[$R$-pt-BR] #,##0.00", 4.0, "BRL 4"),
        ('#,##0.00" Kč"', 4.0, "CZK 4"),
        ("[$kr-sv-SE] 0.00", 4.0, "SEK 4"),
        ('"RM"#,##0.00', 4.0, "MYR 4"),
        ("[$₱-en-PH]0.00", 4.0, "PHP 4"),
        ('#,##0.00" Zkr"', 4.0, "4 Zkr"),
        ("[$\u20c0-xx]0.00", -4.0, "-\u20c0 4"),
        ("0%", 0.07, "7%"),
        ("0.00%", -0.5, "-50%"),
        ('0"%"', 7.0, "7%"),
        ('0.00" CR"', 50.0, "50 CR"),
        ('0.00" CR"', -50.0, "-50 CR"),
        ('0.00" CR";0.00" DR"', -50.5, "50.5 DR"),
        ('0.00" cr";-0.00', -50.5, -50.5),
        ('#,##0.00"-"', 100.0, "-100"),
        ("[Red]-0.00;0.00", 3.0, "-3"),
        ("\\(#,##0.00\\);0.00", 3.0, "-3"),
        ('"-$"0.00', 3.0, "-3"),
        ('General" CR"', 3.25, "3.25 CR"),
        ('0.0,"K"', 12345.67, "12345.67 (shown in thousands)"),
        ("#,##0,", -12345.0, "-12345 (shown in thousands)"),
        ("#,##0,,.0", 5e6, "5000000 (shown in millions)"),
        ('[>=1000]0.0,"K";0', 5000.0, "5000 (shown in thousands)"),
        ('0"K"', 12.0, "12 K"),
    ],
)
def test_formats_that_show_more_than_the_number(code: str, number: float, text: str | float) -> None:
    """What a clerk sees in the cell is what is read."""
    shown = shown_by(code)
    assert shown is not None
    assert shown.of(number) == text


@pytest.mark.parametrize(
    "code",
    [
        "General",
        "0",
        "0.00",
        "#,##0",
        '"$"#,##0.00',
        "[$$-409]#,##0",
        "[$-409]d-mmm-yy",
        '0" hrs"',
        '0" m"',
        "[$$-en-US]#,##0.00",
        "[$USD] 0.00",
        '0.00"/kWh"',
        '0" sq ft"',
        '0.00" kg"',
        '0.00" - net"',
        "#,##0.00_);[Red]\\(#,##0.00\\)",
        '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)',
        "#,##0.00_-;#,##0.00-",
        "#,##0.00;[Red]#,##0.00",
        '#,##0.00_);"CR"',
        '0.00" DR";0.00" CR"',
        "(###) ###-####",
        "[<=9999999]###-####;(###) ###-####",
        "0.00E+00",
        "# ?/?",
        "dd-mm-yyyy",
        "mm/dd/yy;@",
        "",
        ";;;",
        "[Red]0",
        "00.00",
    ],
)
def test_formats_that_show_the_number_alone(code: str) -> None:
    """Then the number stays a number."""
    assert shown_by(code) is None


def test_formats_that_have_no_code_of_their_own(tmp_path: Path) -> None:
    """Percents are known to every Excel by their number; that of a named style says nothing of a cell."""
    path = tmp_path / "made.xlsx"
    named = '<cellStyleXfs><xf numFmtId="9"/></cellStyleXfs>'
    for used, read in (("9", ("50%", 2.0)), ("2", (0.5, 2.0))):
        styles = f'<styleSheet xmlns="{MAIN}">{named}<cellXfs><xf numFmtId="0"/><xf numFmtId="{used}"/></cellXfs>'
        cells = '<row r="1"><c r="A1" s="1"><v>0.5</v></c><c r="B1" s="0"><v>2</v></c></row>'
        path.write_bytes(zipped(xlsx_parts(cells) | {"xl/styles.xml": f"{styles}</styleSheet>"}))
        assert open_file(path).sheets[0].rows == [read]


@pytest.mark.parametrize(
    ("text", "amount", "quantity"),
    [("50%", None, Decimal("0.5")), ("50 CR", -5000, None), ("12 (shown in thousands)", None, None)],
)
def test_what_such_cells_mean(text: str, amount: int | None, quantity: Decimal | None) -> None:
    """A percent is no amount, and half of a quantity; what is shown in thousands is neither."""
    (found,) = read_cells([text], ValueKind.DOLLARS, PLAIN)
    assert (None if isinstance(found, Unreadable) else found) == amount
    (counted,) = read_cells([text], ValueKind.QUANTITY, PLAIN)
    assert isinstance(counted, Unreadable) or counted == quantity or text == "50 CR"


def test_formats_of_an_xls(tmp_path: Path) -> None:
    """The same in the older format, for each kind of number; and the day that its dates count from."""
    fraction = struct.pack("<d", 5.5)
    numbers = record(0x203, struct.pack("<HHH", 0, 0, 1) + fraction) + record(0x27E, struct.pack("<HHHI", 1, 0, 0, 6))
    stream = biff(numbers + record(0xBD, struct.pack("<HHHIHIH", 2, 0, 2, 30, 0, 30, 1)))
    globals_ = record(0x22, b"\1\0") + record(0x41E, struct.pack("<HHB", 164, 6, 0) + b"[$\xa3]0")
    globals_ += record(0x41E, struct.pack("<HHB", 165, 3, 0) + b"000")
    globals_ += b"".join(record(0xE0, struct.pack("<HH", 0, code)) for code in (0, 164, 165))
    at = stream.index(record(0x42, struct.pack("<H", 1200)))
    moved = bytearray(stream[:at] + globals_ + stream[at:])
    listing = moved.index(struct.pack("<HH", 0x85, 9)) + 4
    struct.pack_into("<I", moved, listing, struct.unpack_from("<I", moved, listing)[0] + len(globals_))
    path = tmp_path / "made.xls"
    path.write_bytes(compound({"Workbook": bytes(moved)}))
    contents = open_file(path)
    assert contents.sheets[0].rows == [("GBP 5.5",), (1.0,), ("007", 7.0)]
    assert contents.details["dates"] == "1904"


def test_formats_of_an_xlsb() -> None:
    """The same in the binary format."""
    styles = binary(44, struct.pack("<H", 164) + wide("000")) + binary(47, bytes(16)) + binary(617, bytes(4))
    styles += binary(47, struct.pack("<HH", 0, 0)) + binary(47, struct.pack("<HH", 0, 164))
    found = xlsb.formats(styles)
    assert {number: shown.of(7.0) for number, shown in found.items()} == {1: "007"}
    cells = binary(0, struct.pack("<I", 4) + bytes(13)) + binary(5, struct.pack("<II", 2, 1) + bytes(8))
    assert xlsb.details_of(cells, found).formats == {(4, 2): found[1]}
    assert xlsb.dates_from_1904(binary(153, b"\1" + bytes(11)))


def test_formats_of_an_ods(tmp_path: Path) -> None:
    """There the shown text stands beside the value, and the currency's code."""
    cells = (
        '<table:table-cell office:value-type="float" office:value="123"><text:p>00123</text:p></table:table-cell>'
        '<table:table-cell office:value-type="currency" office:currency="EUR" office:value="5.5">'
        "<text:p>5,50 €</text:p></table:table-cell>"
        '<table:table-cell office:value-type="currency" office:currency="USD" office:value="7">'
        "<text:p>$7</text:p></table:table-cell>"
        '<table:table-cell office:value-type="percentage" office:value="0.075"><text:p>8%</text:p></table:table-cell>'
    )
    path = ods(tmp_path, f'<table:table table:name="S"><table:table-row>{cells}</table:table-row></table:table>')
    assert open_file(path).sheets[0].rows == [("00123", "EUR 5.5", 7.0, "7.5%")]


@pytest.mark.parametrize(
    ("shown", "value", "read"),
    [
        ("00123", "123", "00123"),
        ("INV-0012", "12", "INV-0012"),
        ("012-34-567", "1234567", "012-34-567"),
        ("123-45-678", "12345678", "123-45-678"),
        ("CHF 5.50", "5.5", "CHF 5.5"),
        ("- 3.00 € ", "-3", "EUR -3"),
        ("$7.00", "7", 7.0),
        ("1 234", "1234", 1234.0),
        ("0.50", "0.5", 0.5),
        ("0", "0", 0.0),
        ("12 hrs", "12", 12.0),
        ("-7", "-7", -7.0),
        ("50.00 CR", "50", "50 CR"),
        ("50,00-", "50", "-50"),
        ("50,00-", "-50", -50.0),
        ("(50.00)", "-50", -50.0),
        ("12.3K", "12345", "12.3K"),
        ("-", "0", 0.0),
    ],
)
def test_what_a_number_of_an_ods_shows(tmp_path: Path, shown: str, value: str, read: object) -> None:
    """The format is in another part of the file, and what it shows is in the cell; a comment on it is not."""
    comment = "<office:annotation><text:p>see 2025</text:p></office:annotation>"
    cells = "".join(
        f'<table:table-cell office:value-type="float" office:value="{value}">{more}<text:p>{shown}</text:p>'
        "</table:table-cell>"
        for more in ("", comment)
    )
    path = ods(tmp_path, f'<table:table table:name="S"><table:table-row>{cells}</table:table-row></table:table>')
    assert open_file(path).sheets[0].rows == [(read, read)]


def test_the_day_that_an_ods_counts_from(tmp_path: Path) -> None:
    """A number in a column of dates is a day; a cell that is formatted as a date says it in full."""
    start = '<table:calculation-settings><table:null-date table:date-value="1904-01-01"/></table:calculation-settings>'
    assert open_file(ods(tmp_path, f'{start}<table:table table:name="S"/>')).details == {"dates": "1904"}
    assert open_file(ods(tmp_path, start.replace("1904", "1899") + '<table:table table:name="S"/>')).details == {}
