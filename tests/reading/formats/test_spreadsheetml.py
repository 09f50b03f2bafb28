"""Workbooks that Excel 2003 saved as XML."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from importer.domain.cells import ErrorCell, UncalculatedCell
from importer.errors import FileUnreadable
from importer.reading.formats.open_file import open_file
from importer.reading.formats.raw_workbook import RawWorkbook

SPACE = "urn:schemas-microsoft-com:office:spreadsheet"


def opened(folder: Path, sheets: str, prologue: str = "") -> RawWorkbook:
    """A workbook of these worksheets."""
    path = folder / "export.xls"
    path.write_text(
        f'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>{prologue}'
        f'<Workbook xmlns="{SPACE}" xmlns:ss="{SPACE}">{sheets}</Workbook>'
    )
    return open_file(path)


def test_cells_places_and_what_is_hidden(tmp_path: Path) -> None:
    """Types, gaps given by index, merged cells, hidden rows, columns and sheets."""
    contents = opened(
        tmp_path,
        '<Worksheet ss:Name="March"><Table><Column/><Column ss:Index="3" ss:Hidden="1"/>'
        '<Row ss:Index="2"><Cell ss:Index="2"><Data ss:Type="String">007</Data></Cell>'
        '<Cell><Data ss:Type="Number">7</Data></Cell>'
        '<Cell><Data ss:Type="DateTime">2026-03-31T00:00:00.000</Data></Cell>'
        '<Cell><Data ss:Type="DateTime">2026-03-31T12:30:00.000</Data></Cell></Row>'
        '<Row ss:Hidden="1"><Cell><Data ss:Type="Boolean">1</Data></Cell>'
        '<Cell><Data ss:Type="Error">#REF!</Data></Cell><Cell ss:Formula="=RC[-1]*2"/></Row>'
        '<Row><Cell ss:MergeAcross="1"><Data ss:Type="String">wide</Data></Cell>'
        '<Cell><Data ss:Type="String">next</Data></Cell></Row></Table></Worksheet>'
        '<Worksheet ss:Name="Old"><Table/><WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel">'
        "<Visible>SheetHidden</Visible></WorksheetOptions></Worksheet>",
    )
    march, old = contents.sheets
    assert contents.format == "xml"
    assert march.rows == [
        (),
        (None, "007", 7.0, date(2026, 3, 31), datetime(2026, 3, 31, 12, 30)),  # noqa: DTZ001 - a sheet has no zones
        (True, ErrorCell("#REF!"), UncalculatedCell("=RC[-1]*2")),
        ("wide", None, "next"),
    ]
    assert (set(march.hidden_rows), set(march.hidden_columns)) == ({3}, {2})
    assert march.merged == ((3, 0, 3, 1),)
    assert (old.name, old.visible) == ("Old", False)


@pytest.mark.parametrize(
    ("sheets", "prologue", "what"),
    [
        ("", '<!DOCTYPE a [<!ENTITY b "c">]>', "document type definition"),
        ('<Worksheet><Table><Row ss:Index="999999999"/></Table></Worksheet>', "", "out of order or too far down"),
        ('<Worksheet><Table><Row><Cell ss:Index="99999"/></Row></Table></Worksheet>', "", "or too far away"),
        ('<Worksheet><Table><Row><Cell ss:Index="x"/></Row></Table></Worksheet>', "", "damaged, or was cut short"),
        ("<Worksheet><Table><Row>", "", "damaged, or was cut short"),
    ],
)
def test_traps_and_damage(tmp_path: Path, sheets: str, prologue: str, what: str) -> None:
    """Each is one sentence."""
    with pytest.raises(FileUnreadable, match=what):
        opened(tmp_path, sheets, prologue)


def test_a_number_is_what_its_style_shows(tmp_path: Path) -> None:
    """Zeros, a currency, a credit, a percent by its name or by a style that another goes back to."""
    formats = {"s1": "00000", "s2": "[$€-407]#,##0.00", "s3": "0.00&quot; CR&quot;", "s4": "Percent", "s5": "0.00"}
    styles = "".join(
        f'<Style ss:ID="{name}"><NumberFormat ss:Format="{code}"/></Style>' for name, code in formats.items()
    )
    styles += '<Style ss:ID="s6" ss:Parent="s4"/><Style ss:ID="s7" ss:Parent="s4"><NumberFormat/></Style>'
    cells = "".join(
        f'<Cell ss:StyleID="s{number}"><Data ss:Type="Number">0.5</Data></Cell>'
        if number > 1
        else '<Cell ss:StyleID="s1"><Data ss:Type="Number">123</Data></Cell>'
        for number in range(1, 8)
    )
    sheet = f'<Worksheet ss:Name="S"><Table><Row>{cells}<Cell><Data ss:Type="Number">2</Data></Cell></Row></Table>'
    contents = opened(tmp_path, f"<Styles>{styles}</Styles>{sheet}</Worksheet>")
    assert contents.sheets[0].rows == [("00123", "EUR 0.5", "0.5 CR", "50%", 0.5, "50%", 0.5, 2.0)]
