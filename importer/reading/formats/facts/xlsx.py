"""What an xlsx says about a sheet that python-calamine does not pass on.

Error cells (calamine gives ""), formulas without a stored result, hidden rows and columns, merged cells. The sheet's
XML is searched with a few plain patterns, because a full parse would take longer than reading the cells; where the
XML is written so that the patterns might miss something, it is parsed in full.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from xml.parsers import expat

from importer.domain.cells import ErrorCell, UncalculatedCell, column_letter
from importer.reading.cells.number_formats import Shown
from importer.reading.formats.facts.looks import Pieces, Position, TextLook
from importer.reading.formats.facts.sheet_facts import Details
from importer.reading.formats.facts.xlsx_looks import RUN_END, has_runs, note_looks
from importer.reading.formats.zip_package import column_number

REFERENCE = re.compile(rb"([A-Z]{1,3})([1-9]\d{0,6})")
ATTRIBUTE = re.compile(rb'([\w:]+)="([^"]*)"')
# Single characters are found at once; what ordinary sheets have none of is looked for closely only where they have.
SUSPECTS = (b"\n", b"\r", b"\t", b"'", b"!")
SUSPECT_BLANKS = (re.compile(rb" ="), re.compile(rb"= "))  # faster than `in`
UNUSUAL_TAG = re.compile(rb"<(?:!|[^<>]*(?:[\n\r\t]|='|\s=|=\s))")
PREFIXED = re.compile(rb":(?:c|row|f|v|sheetData)[ />]")
WITHOUT_REFERENCE = re.compile(rb'<c(?:>|\s(?![^<>]*\br="))')
MARK = re.compile(rb' (?:t="e"|hidden="|ht="0)')
HIDDEN_ROW = re.compile(rb'<row [^>]*? (?:hidden="(?:1|true)"|ht="0(?:\.0*)?")[^>]*>')
ERROR_MARK = re.compile(rb' t="e"')
FORMULA_START = re.compile(rb"<f[ />]")
COLUMN_TAG = re.compile(rb"<col [^>]*>")
MERGED = re.compile(rb'<mergeCell [^>]*?ref="([A-Z]{1,3}\d+):([A-Z]{1,3}\d+)"')
WITHOUT_RESULT = (
    re.compile(rb"</f\s*>\s*(?:<v\s*/>\s*|<v[^>]*>\s*</v\s*>\s*)?</c\s*>"),
    re.compile(rb"<f(?: [^>]*)?/>\s*(?:<v\s*/>\s*|<v[^>]*>\s*</v\s*>\s*)?</c\s*>"),
)
WITH_ZERO = (
    re.compile(rb"</f\s*>\s*<v\s*>0(?:\.0+)?</v\s*>\s*</c\s*>"),
    re.compile(rb"<f(?: [^>]*)?/>\s*<v\s*>0(?:\.0+)?</v\s*>\s*</c\s*>"),
)
REFERENCES = re.compile(rb'<c [^<>]*?\br="([A-Z]{1,3}\d+)"')
ERROR_VALUE = re.compile(rb"<v[^>]*>([^<]*)</v>")
FEW = 50  # numbers to look for at once; of more, each number that is found is looked up
FORMULA = re.compile(rb"<f[ >][^<]*")


def details_of(
    sheet: bytes,
    *,
    recalculates: bool,
    formats: Mapping[int, Shown] | None = None,
    styles: Mapping[int, TextLook] | None = None,
    rich: Mapping[int, Pieces] | None = None,
) -> Details:
    """The details of one sheet's XML. `recalculates`: a formula's stored 0 is no result (Package.recalculates);
    `formats` are the styles that show more than a number (Package.formats), `styles` those that look unusual, and
    `rich` the shared texts of several looks (xlsx_looks)."""
    details, plain = None, is_plain(sheet)
    if plain:
        with suppress(KeyError, ValueError):
            details = searched(sheet, recalculates=recalculates, formats=formats or {})
    if details is None:
        details = parsed(sheet, recalculates=recalculates, formats=formats or {})
    if styles or rich or (RUN_END.search(sheet) is not None if plain else has_runs(sheet)):
        note_looks(details, suspects(sheet, styles or {}, rich or {}) if plain else sheet, styles or {}, rich or {})
    return details


def suspects(sheet: bytes, styles: Mapping[int, TextLook], rich: Mapping[int, Pieces]) -> bytes:
    """The cells of a plain sheet that may look unusual, as XML of their own: a hundred thousand others are passed
    over."""
    start = sheet.find(b"<sheetData")
    places: set[int] = set()
    if styles:
        numbers = b"|".join(b"%d" % style for style in styles)
        pattern = re.compile(rb'<c (?=[^<>]*\bs="(?:' + numbers + rb')")[^<>]*[^/]>')
        places.update(match.start() for match in pattern.finditer(sheet, start))
    if rich:
        numbers = b"|".join(b"%d" % number for number in rich) if len(rich) < FEW else rb"\d+"
        for match in re.compile(rb"<v>(" + numbers + rb")</v>").finditer(sheet, start):
            if int(match[1]) in rich:
                places.add(sheet.rfind(b"<c ", start, match.start()))
    places.update(sheet.rfind(b"<c ", start, match.start()) for match in RUN_END.finditer(sheet, start))
    ends = ((at, sheet.find(b"</c>", at)) for at in sorted(places) if at >= 0)
    return b"<row>" + b"".join(sheet[at : end + 4] for at, end in ends if end >= 0) + b"</row>"


def is_plain(sheet: bytes) -> bool:
    """True where the patterns of `searched` see everything.

    That is so without name prefixes, single quotes, left-out references, and any blank in a tag but single spaces
    before the attributes. The whole sheet is looked at: two programs may have written it.
    """
    start, end = sheet.find(b"<sheetData"), sheet.rfind(b"</sheetData")
    if start < 0 or PREFIXED.search(sheet):
        return False
    columns = sheet.find(b"<cols", 0, start)
    begin = start if columns < 0 else columns
    suspect = any(sheet.find(mark, begin) >= 0 for mark in SUSPECTS) or any(m.search(sheet) for m in SUSPECT_BLANKS)
    if suspect and UNUSUAL_TAG.search(sheet, begin):
        return False
    all_refer = sheet.count(b"<c", start, end) == sheet.count(b'<c r="', start, end)
    return all_refer or not WITHOUT_REFERENCE.search(sheet, start, end)


def searched(sheet: bytes, *, recalculates: bool, formats: Mapping[int, Shown]) -> Details:
    """The details by search."""
    details = Details()
    blank = 0  # cells that are not closed at once, and of which a parser makes nothing
    start = sheet.find(b"<sheetData")
    for tag in COLUMN_TAG.findall(sheet, 0, start):
        if b' hidden="1"' in tag or b' hidden="true"' in tag:
            note_hidden_columns(details, {key.decode(): value.decode() for key, value in ATTRIBUTE.findall(tag)})
    for first, last in MERGED.findall(sheet, max(sheet.rfind(b"</sheetData>"), start)):
        details.merged.append((*position(first), *position(last)))
    if MARK.search(sheet, start):
        for tag in HIDDEN_ROW.findall(sheet, start):
            details.hidden_rows.add(int(dict(ATTRIBUTE.findall(tag))[b"r"]))
        for match in ERROR_MARK.finditer(sheet, start):
            attributes, content = cell_around(sheet, match.start())
            if (value := ERROR_VALUE.search(content)) and attributes.get(b"t") == b"e":
                details.cells[position(attributes[b"r"])] = ErrorCell(html.unescape(value[1].decode()))
                blank += 1
    if FORMULA_START.search(sheet, start):
        for pattern in (*WITHOUT_RESULT, *WITH_ZERO) if recalculates else WITHOUT_RESULT:
            for match in pattern.finditer(sheet):
                blank += pattern in WITHOUT_RESULT
                attributes, content = cell_around(sheet, match.start())
                if is_result(attributes.get(b"t", b"n").decode(), has_value=b"<v" in content):
                    continue
                formula = FORMULA.search(content)
                text = formula[0].partition(b">")[2].decode("utf-8", "replace") if formula else ""
                details.cells.setdefault(position(attributes[b"r"]), uncalculated(html.unescape(text)))
    # Each cell that is not closed at once has a value, but for those; one count takes a fifth of the time of five.
    details.values = sheet.count(b"</c", start, sheet.rfind(b"</sheetData")) - blank
    if formats:
        styles = b"|".join(b"%d" % style for style in formats)
        for tag in re.compile(rb'<c ([^<>]*\bs="(?:' + styles + rb')"[^<>]*)>').findall(sheet, start):
            attributes = dict(ATTRIBUTE.findall(tag))
            details.formats[position(attributes[b"r"])] = formats[int(attributes[b"s"])]
    return details


def parsed(sheet: bytes, *, recalculates: bool, formats: Mapping[int, Shown]) -> Details:
    """The details by a full parse, for XML of any shape. Damage ends it early: what was seen until then counts."""
    details = Details()
    row = column = -1
    cell: dict[str, str] = {}
    filled: set[Position] = set()
    formula: str | None = None
    value: str | None = None
    inside = ""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, cell, formula, value, inside
        name = name.rpartition(":")[2]
        if name == "row":
            row, column = int(attributes.get("r", row + 2)) - 1, -1
            height = attributes.get("ht", "")
            if attributes.get("hidden") in ("1", "true") or (height and float(height) == 0):
                details.hidden_rows.add(row + 1)
        elif name == "c":
            cell, formula, value = attributes, None, None
            row, column = position(attributes["r"].encode()) if "r" in attributes else (row, column + 1)
        elif name == "f":
            formula, inside = "", name
        elif name in ("v", "is"):
            if value is None and (row, column) in filled:
                details.twice = f"{column_letter(column)}{row + 1}"
            filled.add((row, column))
            value, inside = "", name
        elif name == "col" and attributes.get("hidden") in ("1", "true"):
            note_hidden_columns(details, attributes)
        elif name == "mergeCell" and ":" in attributes.get("ref", ""):
            first, last = attributes["ref"].encode().split(b":")
            details.merged.append((*position(first), *position(last)))

    def text(characters: str) -> None:
        nonlocal formula, value
        if inside == "f":
            formula = (formula or "") + characters
        elif inside == "v":
            value = (value or "") + characters

    def end(name: str) -> None:
        nonlocal inside
        inside = ""
        if name.rpartition(":")[2] != "c":
            return
        kind = cell.get("t", "n")
        if cell.get("s", "").isdecimal() and (shown := formats.get(int(cell["s"]))) is not None:
            details.formats[row, column] = shown
        if kind == "e" and value:
            details.cells[row, column] = ErrorCell(value)
        elif formula is not None:
            missing = not (value or "").strip() or (recalculates and is_zero(value))
            if missing and not is_result(kind, has_value=value is not None):
                details.cells[row, column] = uncalculated(formula)

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    try:
        parser.Parse(sheet, True)  # noqa: FBT003 - expat takes it by position only
    except (expat.ExpatError, ValueError):
        return details
    return details


def cell_twice(sheet: bytes) -> str:
    """A cell that stands in the sheet's XML more than once; "" where there is none."""
    ((name, count),) = Counter(REFERENCES.findall(sheet)).most_common(1) or [(b"", 0)]
    return name.decode() if count > 1 else ""


def is_result(kind: str, *, has_value: bool) -> bool:
    """True where the blank or 0 beside a formula is its result: the empty text, FALSE."""
    return kind == "b" or (kind in ("str", "s", "inlineStr") and has_value)


def is_zero(value: str | None) -> bool:
    """True for "0" and "0.0"."""
    return bool(value) and not (value or "").strip("0.")


def uncalculated(formula: str) -> UncalculatedCell:
    """The cell of a formula; of one that shares another's text, Excel stores none."""
    return UncalculatedCell(f"={formula or '…'}")


def cell_around(sheet: bytes, at: int) -> tuple[dict[bytes, bytes], bytes]:
    """The attributes and the content of the cell element that the offset lies in."""
    start = sheet.rfind(b"<c ", 0, at + 1)
    middle = sheet.find(b">", start)
    end = sheet.find(b"</c", middle)
    return dict(ATTRIBUTE.findall(sheet, start, middle)), sheet[middle + 1 : end]


def position(reference: bytes) -> Position:
    """b"B3" → (2, 1)."""
    match = REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError(reference)
    return int(match[2]) - 1, column_number(match[1]) - 1


def note_hidden_columns(details: Details, attributes: dict[str, Any]) -> None:
    """Notes the columns of one <col> element: `min` and `max` count from 1."""
    first, last = int(attributes.get("min", 1)), min(int(attributes.get("max", 0)), 16_384)
    details.hidden_columns.update(range(first - 1, last))
