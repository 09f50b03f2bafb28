"""Looks a zipped workbook (xlsx, xlsm, xlsb, ods) over before anything that a parser makes of it is believed.

What is refused: too many parts, parts that unpack to more than they declare or to too much, document types (entity
bombs), passwords, cells so far away that a parser would need gigabytes for the blank space, and what is no
spreadsheet at all. Every part that a parser may read is unpacked once here, one at a time.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

from importer.domain.cells import column_letter
from importer.errors import FileUnreadable
from importer.reading.cells.number_formats import BUILT_IN, Shown, shown_by
from importer.reading.formats.facts.xlsx_looks import has_runs
from importer.reading.formats.limits import ReadingLimits
from importer.reading.formats.reading_advice import NO_PASSWORD, SAVE_AGAIN

SHARED_TEXTS = "xl/sharedstrings.xml"
DIMENSION = re.compile(rb"""<(?:\w+:)?dimension\s[^<>]*?\bref\s*=\s*["'](?P<range>[^"'<>]*)["'][^<>]*/>""")
RANGE = re.compile(rb"[A-Z]{1,3}[1-9]\d{0,6}(?::[A-Z]{1,3}[1-9]\d{0,6})?")
HEAD = 4_096  # bytes in which a sheet says how far it reaches
SHEET_DATA = re.compile(rb"sheetData")
MOST_STYLES = 16 * 1024 * 1024  # bytes; a workbook with more of them was not made by people
KEPT_BYTES = 128 * 1024 * 1024
PIECE = 64 * 1024  # bytes that are unpacked at a time
# These begin with plain text, for which the engine searches many times faster than for a choice.
ROW_NUMBER = re.compile(rb'<row(?: r="(\d+)|[ />\n\r\t])')  # without a number where that is not what comes first
ROW_NUMBER_ANYWHERE = re.compile(rb"""<(?:\w+:)?row\s(?:[^>]*?\s)?r\s*=\s*["'](\d+)""")
DOCUMENT_TYPE = re.compile(rb"<!DOCTYPE")  # faster than `in`
WIDE_COLUMN = re.compile(rb' r="([A-Z]{2,3})\d')
WIDE_COLUMN_IN_SINGLE_QUOTES = re.compile(rb" r='([A-Z]{2,3})\d")
CELL = re.compile(rb"""\sr=["']([A-Z]{1,3})(\d{1,9})["']""")
WIDE = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")  # how UTF-16 begins
OF_OTHER_PROGRAMS = "customxml/"  # no parser reads it; Power Query keeps its queries there, in UTF-16
OTHER_DOCUMENTS = {"word/": "a Word document", "ppt/": "a PowerPoint presentation", "Index/": "an Apple iWork document"}


def damaged(name: str, how: str) -> FileUnreadable:
    """The error for a workbook that is not whole."""
    return FileUnreadable(f"{name} is damaged: {how}.", SAVE_AGAIN)


class Package:
    """A zipped workbook. Its directory is in order; `look_over` says whether its parts are."""

    def __init__(self, name: str, book: bytes, limits: ReadingLimits) -> None:
        """`name` is that of the file, for the sentences. Raises FileUnreadable."""
        self._name = name
        self._book = memoryview(book)
        self._limits = limits
        self._kept: dict[str, bytes] = {}  # sheets that are small enough to be unpacked once only
        self.rich_texts = b""  # the shared texts of an xlsx, where some of them have several runs
        self._mended: dict[str, bytes] = {}  # parts without a statement that no parser understands
        self._parts = self._directory(book)
        self.format = self._recognised()

    def look_over(self) -> None:
        """Looks at the content of every part that a parser may read. Raises FileUnreadable."""
        for part in self._parts.values():
            if part.filename.lower().endswith((".xml", ".rels", ".bin")):
                self._check(part)

    def mended(self) -> bytes | None:
        """The whole workbook without what keeps a parser from reading it: sheets that say they reach from "A0". None
        where there is no such thing."""
        if not self._mended:
            return None
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for info in self._parts.values():
                archive.writestr(info.filename, self._mended.get(info.filename) or self._unpacked(info))
        return target.getvalue()

    def part(self, path: str) -> bytes | None:
        """One part, unpacked; None where there is none of that name (case does not count)."""
        info = self._parts.get(path.lower())
        if info is None:
            return None
        return self._kept.pop(info.filename, None) or self._unpacked(info)

    def worksheets(self) -> Iterator[tuple[str, str]]:
        """Name and path of each sheet of an xlsx or xlsm, in the workbook's order, chart sheets too."""
        paths = self.links("xl/_rels/workbook.xml.rels")
        for element in self._xml("xl/workbook.xml").iter():
            if element.tag.rpartition("}")[2] == "sheet":
                link = next((value for key, value in element.attrib.items() if key.endswith("}id")), "")
                yield element.get("name", ""), paths.get(link, "")

    def links(self, path: str) -> dict[str, str]:
        """What a relationships part of the workbook links to: paths by link id."""
        return {
            link.get("Id", ""): target[1:] if (target := link.get("Target", "")).startswith("/") else f"xl/{target}"
            for link in self._xml(path).iter()
            if link.tag.endswith("}Relationship")
        }

    def recalculates(self) -> bool:
        """True where the workbook asks to be calculated when it is opened: then a stored 0 may be no result."""
        return any(
            element.get("fullCalcOnLoad") in ("1", "true")
            for element in self._xml("xl/workbook.xml").iter()
            if element.tag.endswith("calcPr")
        )

    def dates_from_1904(self) -> bool:
        """True where day numbers of an xlsx or xlsm count from 1904."""
        return any(
            element.get("date1904") in ("1", "true")
            for element in self._xml("xl/workbook.xml").iter()
            if element.tag.endswith("workbookPr")
        )

    def formats(self) -> dict[int, Shown]:
        """The cell styles of an xlsx or xlsm, by number, whose format shows more than the number itself."""
        styles = self.part("xl/styles.xml") or b""
        codes = {str(number): shown for number, shown in BUILT_IN.items()}
        used = styles[styles.find(b"<cellXfs") : styles.rfind(b"</cellXfs")]
        names_any = b"numFmt " in styles or any(b'numFmtId="%s"' % number.encode() in used for number in codes)
        if not names_any or len(styles) > MOST_STYLES:
            return {}
        found: dict[int, Shown] = {}
        for element in self._xml("xl/styles.xml").iter():
            kind = element.tag.rpartition("}")[2]
            if kind == "numFmt" and (shown := shown_by(element.get("formatCode", ""))) is not None:
                codes[element.get("numFmtId", "")] = shown
            elif kind == "cellXfs":
                each = (codes.get(style.get("numFmtId", "")) for style in element)
                found = {number: shown for number, shown in enumerate(each) if shown is not None}
        return found

    def _xml(self, path: str) -> ElementTree.Element:
        try:
            return ElementTree.fromstring(self.part(path) or b"<none/>")  # noqa: S314 - document types were refused
        except (ElementTree.ParseError, LookupError, ValueError) as error:
            raise damaged(self._name, f"its part {path} cannot be read") from error

    def _directory(self, book: bytes) -> dict[str, zipfile.ZipInfo]:
        try:
            with zipfile.ZipFile(io.BytesIO(book)) as archive:
                parts = archive.infolist()
        except Exception as error:  # zipfile lets half a dozen kinds through
            raise FileUnreadable(
                f"{self._name} is not whole: its end is missing or damaged.",
                "It may have been cut short on the way: fetch it again.",
            ) from error
        limits = self._limits
        if len(parts) > limits.parts:
            raise FileUnreadable(
                f"{self._name} is made of {len(parts):,} parts, far more than a workbook has.", SAVE_AGAIN
            )
        if any(part.flag_bits & 1 for part in parts):
            raise FileUnreadable(f"{self._name} is protected by a password.", NO_PASSWORD)
        for part in parts:
            if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise damaged(self._name, "it is packed in an unknown way")
            too_dense = part.file_size > limits.ratio * max(part.compress_size, 1)
            if too_dense and part.file_size > limits.ratio_from_bytes:
                raise self._too_large()
        if sum(part.file_size for part in parts) > limits.unpacked_bytes:
            raise self._too_large()
        by_name = {part.filename.lower(): part for part in parts}
        if len(by_name) < len(parts):
            raise damaged(self._name, "two of its parts have the same name")
        return by_name

    def _recognised(self) -> str:
        names = self._parts.keys()
        if "xl/workbook.xml" in names:
            types = self.part("[Content_Types].xml") or b""
            return "xlsm" if b"macroEnabled.main" in types else "xlsx"
        if "xl/workbook.bin" in names:
            return "xlsb"
        kind = self.part("mimetype") or b""
        if kind.startswith(b"application/vnd.oasis.opendocument.spreadsheet") or (
            "content.xml" in names and b"opendocument.spreadsheet" in (self.part("meta-inf/manifest.xml") or b"")
        ):
            if b"encryption-data" in (self.part("meta-inf/manifest.xml") or b""):
                raise FileUnreadable(f"{self._name} is protected by a password.", NO_PASSWORD)
            return "ods"
        for start, what in OTHER_DOCUMENTS.items():
            if any(part.filename.startswith(start) for part in self._parts.values()):
                raise FileUnreadable(f"{self._name} is {what}.", "Ask for the table as a spreadsheet or a csv.")
        if b"spreadsheetml" in (self.part("[Content_Types].xml") or b""):
            raise FileUnreadable(f"{self._name} is written in an unusual way.", SAVE_AGAIN)
        raise FileUnreadable(f"{self._name} is a zip archive, not a spreadsheet.", "Unpack it and give the file in it.")

    def _unpacked(self, part: zipfile.ZipInfo) -> bytes:
        start = part.header_offset
        try:
            signature, names, extra = struct.unpack_from("<4s22xHH", self._book, start)
            start += 30 + names + extra
            packed = self._book[start : start + part.compress_size]
            unpacked = bytes(packed) if part.compress_type == zipfile.ZIP_STORED else inflated(packed, part.file_size)
        except (struct.error, zlib.error) as error:
            raise damaged(self._name, f"its part {part.filename} cannot be unpacked") from error
        if signature != b"PK\x03\x04" or len(unpacked) != part.file_size:
            raise damaged(self._name, f"its part {part.filename} is not as large as it says")
        if zlib.crc32(unpacked) != part.CRC:
            raise damaged(self._name, f"its part {part.filename} was altered on the way")
        return unpacked

    def _check(self, part: zipfile.ZipInfo) -> None:
        content = self._unpacked(part)
        if part.filename.lower().endswith(".bin"):
            return
        if content[:2] in WIDE and not part.filename.lower().startswith(OF_OTHER_PROGRAMS):
            raise FileUnreadable(f"{self._name} is written in an unusual way (UTF-16).", SAVE_AGAIN)
        if b"!" in content and DOCUMENT_TYPE.search(content):
            raise FileUnreadable(
                f"{self._name} carries a document type definition, which may be a trap; no spreadsheet has one.",
                "Do not open it; ask the vendor for a new copy.",
            )
        if part.filename.lower() == SHARED_TEXTS and has_runs(content):
            self.rich_texts = content
        if SHEET_DATA.search(content):
            stated = DIMENSION.search(content, 0, HEAD)
            if stated is not None and not RANGE.fullmatch(stated["range"]):
                self._mended[part.filename] = content[: stated.start()] + content[stated.end() :]
            self._check_spread(content)
            if sum(map(len, self._kept.values())) + len(content) <= KEPT_BYTES:
                self._kept[part.filename] = content

    def _check_spread(self, sheet: bytes) -> None:
        numbers = ROW_NUMBER.findall(sheet)
        if not numbers or b"" in numbers:
            numbers = ROW_NUMBER_ANYWHERE.findall(sheet)
        rows = max(map(int, numbers), default=0)
        if len(set(numbers)) < len(numbers):  # parsers keep one of the two, and say nothing
            twice, _ = Counter(numbers).most_common(1)[0]
            raise damaged(self._name, f"row {twice.decode()} stands in one of its sheets twice")
        wide = set(WIDE_COLUMN.findall(sheet))
        if b"'" in sheet:  # a single character is found at once
            wide.update(WIDE_COLUMN_IN_SINGLE_QUOTES.findall(sheet))
        columns = max(map(column_number, wide), default=26)
        if rows * columns <= self._limits.spread and columns <= self._limits.columns:
            return
        raise FileUnreadable(
            f"{self._name} has a cell at {_stray(CELL.findall(sheet))}, far away from all others.",
            "Delete it, together with the empty rows and columns before it, and save the file.",
        )

    def _too_large(self) -> FileUnreadable:
        return FileUnreadable(
            f"{self._name} would unpack to far more than a month of invoices can need.",
            "Do not open it; ask the vendor for a new copy.",
        )


def _stray(cells: Sequence[tuple[bytes, bytes]]) -> str:
    """The cell that stands apart, of column letters and row numbers: farther to the right than any other, or farther
    down, whichever is more times as far as the next."""
    places = [(column_number(letters), int(row)) for letters, row in cells] or [(1, 1)]
    (*_, before, right), (*_, above, bottom) = ([1, *sorted(set(each))] for each in zip(*places, strict=True))
    if right * above > bottom * before:
        column, row = right, next(row for column, row in places if column == right)
    else:
        column, row = max(column for column, row in places if row == bottom), bottom
    return f"{column_letter(column - 1)}{row}"


def inflated(packed: memoryview, size: int) -> bytes:
    """What unpacks to this many bytes; one more where it is larger than that. It stands in memory once."""
    inflating, unpacked = zlib.decompressobj(-15), io.BytesIO()
    for start in range(0, len(packed), PIECE):
        unpacked.write(inflating.decompress(packed[start : start + PIECE], size + 1 - unpacked.tell()))
        if unpacked.tell() > size:
            break
    return unpacked.getvalue()


def column_number(letters: bytes) -> int:
    """b"A" → 1, b"AA" → 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
