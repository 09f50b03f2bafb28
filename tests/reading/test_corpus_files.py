"""Every file of the collection of real and hard files beside the checkout, where it is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.errors import FileUnreadable
from importer.reading.formats.open_file import open_file
from importer.reading.formats.raw_workbook import RawSheet

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
FILES = sorted(path for path in CORPUS.rglob("*") if path.is_file() and path.name != "README.md")

# Rows that are not blank × columns of the first visible sheet, as the collection states them.
SHAPES = {
    "hardcsv/agate/examples/test_cr.csv": (4, 6),
    "hardcsv/agate/examples/test_crlf.csv": (4, 6),
    "hardcsv/agate/examples/test_csv_sniff.csv": (4, 6),
    "hardcsv/agate/examples/test_latin1.csv": (3, 3),
    "hardcsv/agate/examples/test_no_header.csv": (2, 6),
    "hardcsv/agate/examples/test_quote_nonnumeric.csv": (4, 6),
    "hardcsv/messytables/horror/211.csv": (2133, 96),
    "hardcsv/messytables/horror/begrotingsanalyse-2011.csv": (42, 20),
    "hardcsv/messytables/horror/characters.csv": (383, 18),
    "hardcsv/messytables/horror/complex.csv": (4, 4),
    "hardcsv/messytables/horror/excel_pasting.csv": (19, 9),
    "hardcsv/messytables/horror/long.csv": (4000, 1),
    "hardcsv/qsv/resources/test/excel-1904-epoch.xlsx": (3, 2),
    "hardexcel/calamine/any_sheets.xlsx": (4, 2),
    "hardexcel/calamine/date_1904.xlsx": (3, 2),
    "hardexcel/exceldatareader/as3xls_BIFF5.xls": (10, 5),
    "hardexcel/poi/64667.xlsx": (5, 7),
    "hardexcel/roo/type_excel.xlsx": (11, 6),
    "invoices/budt751/purchase_invoices.csv": (1 + 1027, 7),
    "invoices/nyc-property-mgmt/vendor_invoices.csv": (1 + 10581, 17),
    "invoices/uci-online-retail/2010-12-01.csv": (1 + 3108, 8),
    "invoices/uk-councils-odileeds/calderdale_2010-10.csv": (1 + 4425, 19),
    "invoices/uk-councils-odileeds/london_2013-P10.csv": (1 + 540, 8),
    "invoices/uk-councils-odileeds/tfl_2022-P10.csv": (1 + 11417, 7),
    "invoices/uk-gov-pollock/10.January_2019.csv": (1 + 53, 8),
    "invoices/qcreates/invoices.xlsx": (1 + 43, 4),
    "invoices/pyafipws/facturas.xlsx": (1 + 2, 69),
    "invoices/xero-templates/BillTemplate.csv": (1, 24),
}
REFUSALS = {
    "hardcsv/messytables/horror/encrypted_no_password.xls": "is protected by a password",
    "hardexcel/calamine/OOM_alloc3.xls": "is damaged",
    "hardexcel/calamine/pass_protected.xlsx": "is protected by a password",
    "hardexcel/exceldatareader/Test_Issue_12556_corrupt.xls": "is damaged",
    "hardexcel/exceldatareader/as3xls_BIFF3.xls": "is written by a very old Excel",
    "hardexcel/msoffcrypto/xor_password_123456789012345.xls": "is protected by a password",
    "hardexcel/phpspreadsheet/XLS/oleloop.xls": "is damaged: its parts run in a circle",
    "hardexcel/poi/Simple.xlsb": "is damaged",
    "hardexcel/poi/poc-xmlbomb.xlsx": "carries a document type definition",
}


def shape(sheet: RawSheet) -> tuple[int, int]:
    """How many rows are not blank, and how many columns they reach over."""
    filled = [row for row in sheet.rows if any(str(cell).strip() for cell in row if cell is not None)]
    return len(filled), max(map(len, filled), default=0)


@pytest.mark.skipif(not FILES, reason="the collection is not here")
@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_each_ends_in_contents_or_in_one_sentence(path: Path) -> None:
    """Rows and columns are those that the collection states, or the refusal is the right one."""
    name = path.relative_to(CORPUS).as_posix()
    if name in REFUSALS:
        with pytest.raises(FileUnreadable, match=REFUSALS[name]):
            open_file(path)
        return
    contents = open_file(path)
    first = next(sheet for sheet in contents.sheets if sheet.visible)
    assert shape(first) == SHAPES.get(name, shape(first))
    broken = [finding for finding in contents.findings if finding.code == "broken-quotes"]
    assert [finding.row for finding in broken] == ([4] if path.name == "broken_quotes.csv" else [])
