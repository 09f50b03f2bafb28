"""Writes workbooks by hand, so that a test can make what no spreadsheet program would."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def zipped(parts: Mapping[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive of these parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def xlsx_parts(rows: str, *, before: str = "", after: str = "", workbook: str = "") -> dict[str, bytes | str]:
    """The parts of an xlsx with one sheet "S": `rows` is what stands in <sheetData>."""
    sheet = f'<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'
    return {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" '
        f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{WORKBOOK_TYPE}"/></Types>',
        "_rels/.rels": relationships("officeDocument", "xl/workbook.xml"),
        "xl/_rels/workbook.xml.rels": relationships("worksheet", "worksheets/sheet1.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="S" sheetId="1" '
        f'r:id="rId1"/></sheets>{workbook}</workbook>',
        "xl/worksheets/sheet1.xml": sheet,
    }


def relationships(kind: str, target: str) -> str:
    """A relationships part with one link, rId1."""
    return (
        f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{OFFICE}/{kind}" '
        f'Target="{target}"/></Relationships>'
    )


def xlsx(folder: Path, rows: str, **more: str) -> Path:
    """Writes such an xlsx."""
    path = folder / "made.xlsx"
    path.write_bytes(zipped(xlsx_parts(rows, **more)))
    return path


def ods(folder: Path, tables: str) -> Path:
    """Writes an ods; `tables` is what stands in <office:spreadsheet>."""
    names = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{names}:office:1.0" xmlns:table="{names}:table:1.0" '
        f'xmlns:text="{names}:text:1.0" '
        'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    path = folder / "made.ods"
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    path.write_bytes(
        zipped(
            {
                "mimetype": kind,
                "content.xml": content,
                "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{names}:manifest:1.0"/>',
            }
        )
    )
    return path


def xlsb(folder: Path, records: bytes) -> Path:
    """Writes an xlsb with one sheet "S" in its second part; `records` is what stands between its beginning and end."""
    book = binary(131) + binary(153, bytes(12)) + binary(143)
    book += binary(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("S")) + binary(144) + binary(132)
    path = folder / "made.xlsb"
    path.write_bytes(
        zipped(
            {
                "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
                "xl/_rels/workbook.bin.rels": relationships("worksheet", "worksheets/sheet2.bin"),
                "xl/workbook.bin": book,
                "xl/worksheets/sheet2.bin": binary(129) + records + binary(130),
            }
        )
    )
    return path


def binary(kind: int, content: bytes = b"") -> bytes:
    """One record of an xlsb."""
    return (
        b"".join(
            bytes([number]) if number < 128 else bytes([number & 0x7F | 0x80, number >> 7])
            for number in (kind, len(content))
        )
        + content
    )


def wide(text: str) -> bytes:
    """A text of an xlsb: its length, then two bytes for each character."""
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def record(kind: int, content: bytes = b"") -> bytes:
    """One record of an xls."""
    return struct.pack("<HH", kind, len(content)) + content


def biff(*records: bytes, protected: bool = False) -> bytes:
    """The workbook stream of an xls with one sheet "S" that holds these records."""
    beginning = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 1997, 0, 6))
    beginning += record(0x2F, bytes(6)) if protected else b""
    beginning += record(0x42, struct.pack("<H", 1200))
    sheet = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 1997, 0, 6)) + b"".join(records) + record(0x0A)
    listing = len(beginning) + 4 + 9 + 4
    return beginning + record(0x85, struct.pack("<IBBBB", listing, 0, 0, 1, 0) + b"S") + record(0x0A) + sheet


def compound(streams: Mapping[str, bytes], table: Mapping[int, int] | None = None) -> bytes:
    """An OLE container of these streams, each in a chain of sectors; `table` overwrites entries of the sector table."""
    end, free = 0xFFFFFFFE, 0xFFFFFFFF
    chain = {0: 0xFFFFFFFD, 1: end}  # sector 0 is the table, sector 1 the directory
    entries = [_entry("Root Entry", 5, end, 0)]
    content = b""
    for name, stream in streams.items():
        padded = stream.ljust(4096, b"\0")
        padded += bytes(-len(padded) % 512)
        first, count = 2 + len(content) // 512, len(padded) // 512
        chain.update({sector: sector + 1 for sector in range(first, first + count - 1)})
        chain[first + count - 1] = end
        entries.append(_entry(name, 2, first, len(padded)))
        content += padded
    chain.update(table or {})
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0, 0) + struct.pack("<I", free) * 108
    sectors = b"".join(struct.pack("<I", chain.get(sector, free)) for sector in range(128))
    return header + sectors + b"".join(entries).ljust(512, b"\0") + content


def _entry(name: str, kind: int, first: int, size: int) -> bytes:
    text = name.encode("utf-16-le")
    nobody = 0xFFFFFFFF
    children = 1 if kind == 5 else nobody
    return (
        text.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(text) + 2, kind, 1, nobody, nobody, children)
        + bytes(36)
        + struct.pack("<III", first, size, 0)
    )
