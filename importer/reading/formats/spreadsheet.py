"""Spreadsheets (xlsx, xlsm, xls, xlsb, ods): looked over here, parsed in a child process, and put together again."""

from __future__ import annotations

from collections.abc import Callable

from importer.errors import FileUnreadable
from importer.reading.formats.facts import (
    ods,
    xls,
    xlsb,
    xlsb_looks,
    xlsx,
    xlsx_looks,
)
from importer.reading.formats.facts.sheet_facts import Details
from importer.reading.formats.limits import ReadingLimits
from importer.reading.formats.ole import Compound, CompoundDamaged
from importer.reading.formats.parse_in_child import Parser
from importer.reading.formats.raw_workbook import RawSheet
from importer.reading.formats.reading_advice import NO_PASSWORD, SAVE_AGAIN
from importer.reading.formats.zip_package import Package, damaged

OTHER_DOCUMENTS = {
    "WordDocument": "a Word document",
    "PowerPoint Document": "a PowerPoint presentation",
    "__properties_version1.0": "an Outlook message; save its attachment first",
}


SpreadsheetParts = tuple[str, tuple[RawSheet, ...], dict[str, str]]


def read_package(
    name: str, book: bytes, wanted: str | None, limits: ReadingLimits, parser: Parser | None = None
) -> SpreadsheetParts:
    """Format, sheets and details of a zipped workbook: "dates" is "1904" where its day numbers count from then.

    `wanted` names the one sheet to read, `parser` is one that was started already. Raises FileUnreadable.
    """
    with parser or Parser(name, limits) as parser:
        package = Package(name, book, limits)
        parser.begin(book, wanted)
        package.look_over()  # while the child parses, which has no more than its limits to do harm with
        find, twice = _package_details(package)
        from_1904 = _dates_from_1904(package)
        details = {"dates": "1904"} if from_1904 else {}
        mended = package.mended()
        if mended is None:
            return package.format, _sheets(parser, name, find, twice), details
    with Parser(name, limits) as parser:
        parser.begin(mended, wanted)
        return package.format, _sheets(parser, name, find, twice), details


def read_compound(
    name: str, book: bytes, wanted: str | None, limits: ReadingLimits, parser: Parser | None = None
) -> SpreadsheetParts:
    """The same of a workbook in an OLE container: an xls, or a zipped workbook that was encrypted."""
    with parser or Parser(name, limits) as parser:
        stream = _workbook_stream(name, book)
        parser.begin(book, wanted)
        found = xls.details_of(stream)
        sheets = _sheets(
            parser,
            name,
            lambda index, _: found[index] if index < len(found) else Details(),
            lambda index, _: xls.cell_twice(stream, index),
        )
        return "xls", sheets, {"dates": "1904"} if xls.dates_from_1904(stream) else {}


def _workbook_stream(name: str, book: bytes) -> bytes:
    try:
        container = Compound(book)
        stream = container.stream("Workbook", "Book", "WORKBOOK", "BOOK")
    except CompoundDamaged as error:
        raise FileUnreadable(f"{name} is damaged: {error}.", SAVE_AGAIN) from error
    names = {entry.name for entry in container.entries}
    if "EncryptedPackage" in names or (stream and xls.is_protected(stream)):
        raise FileUnreadable(f"{name} is protected by a password.", NO_PASSWORD)
    if stream:
        return stream
    for entry, what in OTHER_DOCUMENTS.items():
        if entry in names:
            raise FileUnreadable(f"{name} is {what}.", "Ask for the table as a spreadsheet or a csv.")
    raise FileUnreadable(f"{name} is damaged, or holds no spreadsheet.", SAVE_AGAIN)


def _dates_from_1904(package: Package) -> bool:
    if package.format == "xlsb":
        return xlsb.dates_from_1904(package.part("xl/workbook.bin") or b"")
    if package.format == "ods":
        return ods.dates_from_1904(package.part("content.xml") or b"")
    return package.dates_from_1904()


def _package_details(package: Package) -> tuple[Callable[[int, str], Details], Callable[[int, str], str]]:
    """What finds a sheet's details by its place and name, and what looks in it for a cell that has two values."""
    if package.format == "ods":
        found = ods.details_of(package.part("content.xml") or b"")
        return lambda index, _: found[index] if index < len(found) else Details(), lambda *_: ""
    if package.format == "xlsb":
        return _xlsb_details(package)
    recalculates, formats = package.recalculates(), package.formats()
    looks, shared = xlsx_looks.styles_of(package.part), xlsx_looks.shared_texts(package.rich_texts)
    worksheets = dict(package.worksheets())
    by_name: dict[str, Details] = {}
    for title, path in worksheets.items():
        if (part := package.part(path)) is not None:
            by_name[title] = xlsx.details_of(
                part, recalculates=recalculates, formats=formats, styles=looks, rich=shared
            )
            by_name[title].comments = xlsx_looks.comments_of(package.part, path)
    return (
        lambda _, title: by_name.get(title) or Details(),
        lambda _, title: xlsx.cell_twice(package.part(worksheets.get(title, "")) or b""),
    )


def _xlsb_details(package: Package) -> tuple[Callable[[int, str], Details], Callable[[int, str], str]]:
    paths = package.links("xl/_rels/workbook.bin.rels")
    links = dict(xlsb.sheets(package.part("xl/workbook.bin") or b""))
    listed = list(xlsb.records(package.part("xl/styles.bin") or b""))
    styles = xlsb.formats(package.part("xl/styles.bin") or b"")
    fonts = xlsb_looks.fonts_of(listed)
    looks = xlsb_looks.styles_of(listed, fonts)
    rich = xlsb_looks.shared_texts(xlsb.records(package.part("xl/sharedStrings.bin") or b""), fonts)

    def sheet(title: str) -> bytes:
        return package.part(paths.get(links.get(title, ""), "")) or b""

    return (
        lambda _, title: xlsb.details_of(sheet(title), styles, looks, rich, fonts),
        lambda _, title: xlsb.cell_twice(sheet(title)),
    )


def _sheets(
    parser: Parser, name: str, details: Callable[[int, str], Details], twice: Callable[[int, str], str]
) -> tuple[RawSheet, ...]:
    """The sheets with their details. `twice` looks for a cell that has two values, of which a parser keeps one."""
    sheets: list[RawSheet] = []
    for parsed in parser.sheets():
        found = details(parsed.place, parsed.name)
        if found.twice or found.values > parsed.values:
            cell = found.twice or twice(parsed.place, parsed.name)
            if cell:
                raise damaged(name, f"the cell {cell} stands in its sheet {parsed.name} twice")
        sheets.append(found.complete(parsed.name, parsed.rows, visible=parsed.visible))
    return tuple(sheets)
