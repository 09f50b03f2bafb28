"""Files that bite: each ends in one sentence, quickly, with this process unharmed."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from importer.domain.cells import ErrorCell
from importer.errors import FileUnreadable
from importer.reading.formats.limits import MEBIBYTE, ReadingLimits
from importer.reading.formats.open_file import open_file
from tests.reading.made_workbooks import (
    biff,
    binary,
    compound,
    ods,
    record,
    relationships,
    xlsb,
    xlsx,
    xlsx_parts,
    zipped,
)


def refusal(path: Path, limits: ReadingLimits | None = None) -> str:
    """What the refusal of a file says."""
    with pytest.raises(FileUnreadable) as raised:
        open_file(path, limits=limits or ReadingLimits())
    return str(raised.value)


def made(folder: Path, content: bytes, name: str = "made.xlsx") -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(content)
    return path


FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="100000"><c r="XFD100000"><v>1</v></c></row>'


@pytest.mark.parametrize("rows", [FAR, FAR.replace('"', "'"), FAR.replace("<row r", '<row spans="1:2" r')])
def test_a_cell_far_away_from_all_others(tmp_path: Path, rows: str) -> None:
    """A parser would fill the gap with gigabytes of blanks."""
    assert refusal(xlsx(tmp_path, rows)).startswith("made.xlsx has a cell at XFD100000, far away from all others.")


@pytest.mark.parametrize(("at", "stray"), [((1, "XFD"), "XFD1"), ((1_048_576, "A"), "A1048576")])
def test_the_cell_that_stands_apart_is_the_one_that_is_named(tmp_path: Path, at: tuple[int, str], stray: str) -> None:
    """And not the last of the rows that are meant, which would be deleted on our advice."""
    wide = 26 if at[0] > 1 else 12
    letters = [chr(65 + column) for column in range(wide)]
    rows = {number: list(letters) for number in range(1, 5_002)}
    rows.setdefault(at[0], []).append(at[1])
    if at[0] > 1:
        rows[1].append("BZ")
    text = "".join(
        f'<row r="{row}">{"".join(f"""<c r="{column}{row}"><v>1</v></c>""" for column in columns)}</row>'
        for row, columns in sorted(rows.items())
    )
    assert refusal(xlsx(tmp_path, text)).startswith(f"made.xlsx has a cell at {stray}, far away from all others.")


def test_a_stray_cell_in_the_last_row_is_still_read(tmp_path: Path) -> None:
    """It happens to people (Ctrl and the arrow key), and is no attack."""
    (sheet,) = open_file(xlsx(tmp_path, '<row r="1048576"><c r="B1048576"><v>1</v></c></row>')).sheets
    assert len(sheet.rows) == 1_048_576
    assert sheet.rows[-1] == (None, 1.0)


def test_a_far_cell_that_hides_from_the_scan_ends_in_the_child(tmp_path: Path) -> None:
    """The parser is aborted by its memory limit; the sentence is all that is felt here."""
    rows = '<row r="1"><c r="A1"><v>1</v></c><c\tr="XFD900000"><v>1</v></c></row>'
    text = refusal(xlsx(tmp_path, rows), ReadingLimits(memory_bytes=512 * MEBIBYTE))
    assert text.startswith("made.xlsx is damaged, or far too large")


@pytest.mark.parametrize("tag", ['<row r="2">', '<row spans="1:1" r="2">', "<row\n r='2' >"])
def test_a_row_that_stands_in_a_sheet_twice(tmp_path: Path, tag: str) -> None:
    """A parser would keep the second and forget the first, which may be an invoice."""
    rows = f'<row r="2"><c r="A2"><v>1</v></c></row>{tag}<c r="A2"><v>2</v></c></row>'
    assert "row 2 stands in one of its sheets twice" in refusal(xlsx(tmp_path, rows))


@pytest.mark.parametrize(
    "second",
    [
        '<c r="A2"><v>2</v></c>',
        '<c r="A2" t="inlineStr"><is><t>x</t></is></c>',
        '<c r="C2"><v>3</v></c><c r="B2"><v>3</v></c><c><v>4</v></c>',
        "</row><row r='5'><c r='A2'><v>2</v></c>",
    ],
)
def test_a_cell_that_stands_in_a_sheet_twice(tmp_path: Path, second: str) -> None:
    """A parser keeps the last of the two; also where numbered cells and others without a number meet."""
    rows = f'<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c>{second}</row>'
    assert "2 stands in its sheet S twice" in refusal(xlsx(tmp_path, rows))


def test_a_cell_that_stands_in_an_xls_twice(tmp_path: Path) -> None:
    """Alone, in a row of numbers that overlaps another, and as an error beside an amount."""
    number = record(0x203, struct.pack("<HHHd", 1, 1, 0, 5.0))
    numbers = record(0xBD, struct.pack("<HHHIHIH", 1, 0, 0, 30, 0, 30, 1))
    error = record(0x205, struct.pack("<HHHBB", 1, 1, 0, 0x17, 1))
    for cells in (number + number, number + numbers, number + error, error + number):
        path = made(tmp_path, compound({"Workbook": biff(cells)}))
        assert "the cell B2 stands in its sheet S twice" in refusal(path)
    assert open_file(made(tmp_path, compound({"Workbook": biff(numbers)}))).sheets[0].rows == [(), (7.0, 7.0)]


def test_a_cell_that_stands_in_an_xlsb_twice(tmp_path: Path) -> None:
    """In one row, and where a row is begun a second time."""
    row = binary(0, struct.pack("<IIHBBBI", 1, 0, 300, 0, 0, 0, 0))
    cell = binary(5, struct.pack("<IId", 1, 0, 5.0))
    extent = binary(148, struct.pack("<4I", 1, 1, 1, 1))
    for cells in (row + cell + cell, row + cell + row + cell):
        path = xlsb(tmp_path, extent + binary(145) + cells + binary(146))
        assert "the cell B2 stands in its sheet S twice" in refusal(path)


def test_empty_texts_are_no_cells_that_stand_twice(tmp_path: Path) -> None:
    """Formulas that come to nothing have a value that no parser passes on."""
    rows = (
        '<row r="1"><c r="A1"><v>1</v></c><c r="B1" t="str"><f>A2</f><v></v></c><c r="C1" t="e"><v>#N/A</v></c></row>'
    )
    assert open_file(xlsx(tmp_path, rows)).sheets[0].rows == [(1.0, None, ErrorCell("#N/A"))]


def test_time_runs_out(tmp_path: Path) -> None:
    """A parser that does not come back is ended."""
    assert "could not be read within 0 seconds" in refusal(xlsx(tmp_path, ""), ReadingLimits(seconds=0.0))


def test_more_cells_than_allowed(tmp_path: Path) -> None:
    """Counted while they arrive, blanks inside rows included."""
    rows = "".join(f'<row r="{row}"><c r="Z{row}"><v>1</v></c></row>' for row in range(1, 101))
    assert "holds more than 1,000 cells" in refusal(xlsx(tmp_path, rows), ReadingLimits(cells=1_000))


@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/workbook.xml"])
def test_entity_bombs(tmp_path: Path, part: str) -> None:
    """Ten lines that unfold to gigabytes: refused before anything expands them."""
    bomb = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><sst>&b;</sst>'
    text = refusal(made(tmp_path, zipped({**xlsx_parts(""), part: bomb})))
    assert "document type definition" in text


@pytest.mark.parametrize(
    "limits", [ReadingLimits(ratio_from_bytes=MEBIBYTE), ReadingLimits(unpacked_bytes=4 * MEBIBYTE)]
)
def test_zip_bombs(tmp_path: Path, limits: ReadingLimits) -> None:
    """Much that was packed into little, by its ratio and by its sum."""
    parts = {**xlsx_parts(""), "xl/media/image1.png": bytes(8 * MEBIBYTE)}
    assert "would unpack to far more" in refusal(made(tmp_path, zipped(parts)), limits)


def test_a_part_that_unpacks_to_more_than_it_declares(tmp_path: Path) -> None:
    """The declared size cannot be used to slip past the limits."""
    content = zipped(xlsx_parts('<row r="1"><c r="A1"><v>1</v></c></row>' * 500))
    with zipfile.ZipFile(made(tmp_path, content)) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    smaller = content.replace(struct.pack("<I", size), struct.pack("<I", 100))
    assert "is not as large as it says" in refusal(made(tmp_path, smaller))


def test_a_number_that_was_altered_on_the_way(tmp_path: Path) -> None:
    """A flipped bit makes another amount of the same length; the checksum of the part gives it away."""
    parts = xlsx_parts('<row r="1"><c r="A1"><v>1250</v></c></row>')
    content = zipped(parts, zipfile.ZIP_STORED).replace(b"<v>1250</v>", b"<v>9250</v>")
    assert "sheet1.xml was altered on the way" in refusal(made(tmp_path, content))


@pytest.mark.parametrize("end", ["</sheetData></worksheet>", "<v>1</v></c></row></sheetData></worksheet>"])
def test_a_sheet_that_its_writer_did_not_finish(tmp_path: Path, end: str) -> None:
    """The archive is whole, the XML in it is not: no shorter month is read."""
    parts = xlsx_parts('<row r="1"><c r="A1"><v>1</v></c></row>')
    sheet = str(parts["xl/worksheets/sheet1.xml"]).removesuffix(end)
    refusal(made(tmp_path, zipped({**parts, "xl/worksheets/sheet1.xml": sheet})))


def test_too_many_parts_and_repeated_names(tmp_path: Path) -> None:
    """Neither is what a spreadsheet program writes."""
    many = {f"xl/media/{number}.png": b"" for number in range(60)}
    assert "is made of 65 parts" in refusal(made(tmp_path, zipped({**xlsx_parts(""), **many})), ReadingLimits(parts=50))
    twice = zipped({**xlsx_parts(""), "XL/workbook.xml": "<workbook/>"})
    assert "two of its parts have the same name" in refusal(made(tmp_path, twice))


def test_passwords(tmp_path: Path) -> None:
    """Every way in which a workbook is protected, with the way out."""
    manifest = '<manifest><file-entry><encryption-data checksum="x"/></file-entry></manifest>'
    locked_ods = {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "META-INF/manifest.xml": manifest}
    locked_zip = bytearray(zipped(xlsx_parts("")))
    at = locked_zip.find(b"PK\x01\x02")
    locked_zip[at + 8] |= 1
    for content in (
        compound({"EncryptionInfo": b"x", "EncryptedPackage": b"x"}),
        compound({"Workbook": biff(protected=True)}),
        zipped(locked_ods),
        bytes(locked_zip),
    ):
        text = refusal(made(tmp_path, content))
        assert text == "made.xlsx is protected by a password. Ask the vendor for a copy without one."


def test_sectors_in_a_circle(tmp_path: Path) -> None:
    """An old container whose chain of sectors never ends."""
    text = refusal(made(tmp_path, compound({"Workbook": biff()}, {3: 2}), "made.xls"))
    assert text.startswith("made.xls is damaged: its parts run in a circle.")
    directory = refusal(made(tmp_path, compound({"Workbook": biff()}, {1: 1}), "made.xls"))
    assert directory.startswith("made.xls is damaged: its parts run in a circle.")


def test_every_cut_of_a_workbook_is_refused(tmp_path: Path) -> None:
    """A file that was cut short on the way never reads as a shorter month."""
    for content, step in ((zipped(xlsx_parts('<row r="1"><c r="A1"><v>1</v></c></row>')), 97), (old_book(), 400)):
        for end in range(8, len(content) - 1, step):
            refusal(made(tmp_path, content[:end]))


def old_book() -> bytes:
    """An xls whose rows fill ten sectors."""
    return compound({"Workbook": biff(*(record(0x203, struct.pack("<HHHd", row, 0, 0, row)) for row in range(280)))})


@pytest.mark.parametrize("damage", range(0, 1400, 70))
def test_flipped_bytes_end_in_rows_or_a_sentence(tmp_path: Path, damage: int) -> None:
    """Damage anywhere in a workbook is met by an answer, be it of the parser or of the scan."""
    for content in (zipped(xlsx_parts(FAR[:40] + "</row>")), old_book()):
        broken = bytearray(content)
        broken[damage % len(broken)] ^= 0xFF
        try:
            open_file(made(tmp_path, bytes(broken)))
        except FileUnreadable as error:
            assert str(error).startswith("made.xlsx ")  # noqa: PT017 - either answer is right


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"])
@pytest.mark.parametrize("codec", ["utf-16", "utf-16-be"])
def test_a_workbook_of_wide_characters_is_not_read_as_empty(tmp_path: Path, part: str, codec: str) -> None:
    """The parser would see no rows at all in it, and say nothing; a spreadsheet program does, and saves it narrow."""
    parts = xlsx_parts('<row r="1"><c r="A1"><v>1</v></c></row>')
    with pytest.raises(FileUnreadable) as caught:
        open_file(made(tmp_path, zipped({**parts, part: str(parts[part]).encode(codec)})))
    assert str(caught.value) == (
        "made.xlsx is written in an unusual way (UTF-16). "
        "Open it in Excel and save it again as .xlsx; if it does not open there, ask the vendor for a new copy."
    )


def test_wide_characters_in_what_only_other_programs_read(tmp_path: Path) -> None:
    """Power Query keeps its queries like that in the workbook, and saving it again changes nothing there."""
    queries = '<?xml version="1.0" encoding="utf-16"?><DataMashup>AAAA</DataMashup>'.encode("utf-16")
    parts = {**xlsx_parts('<row r="1"><c r="A1"><v>1</v></c></row>'), "customXml/item1.xml": queries}
    assert open_file(made(tmp_path, zipped(parts))).sheets[0].rows == [(1.0,)]


def test_a_sheet_that_is_missing(tmp_path: Path) -> None:
    """The workbook lists it, but the part is not there."""
    parts = {**xlsx_parts(""), "xl/_rels/workbook.xml.rels": relationships("worksheet", "worksheets/lost.xml")}
    refusal(made(tmp_path, zipped(parts)))


def test_an_ods_that_repeats_a_row_a_million_times(tmp_path: Path) -> None:
    """Two repeated attributes unfold to billions of cells."""
    bomb = (
        '<table:table table:name="A"><table:table-row table:number-rows-repeated="1048576"><table:table-cell '
        'table:number-columns-repeated="16384" office:value-type="float" office:value="1"/></table:table-row>'
        "</table:table>"
    )
    refusal(ods(tmp_path, bomb), ReadingLimits(memory_bytes=512 * MEBIBYTE, seconds=20.0))
