"""What an ods says that its parser does not pass on: error cells, formulas without results, hidden and merged cells."""

from __future__ import annotations

import re
from contextlib import suppress
from xml.parsers import expat

from importer.domain.cells import (
    Cell,
    ErrorCell,
    UncalculatedCell,
    cell_text,
)
from importer.reading.cells.number_formats import HOME, PERCENT
from importer.reading.cells.parse_money import currency_code
from importer.reading.formats.facts.looks import (
    WHITE,
    Piece,
    TextLook,
    is_telling,
    settled,
)
from importer.reading.formats.facts.sheet_facts import Details

WORTH_A_LOOK = (
    b"table:formula=",
    b"table:visibility=",
    b"-spanned=",
    b'"error"',
    b'"boolean"',
    b'"percentage"',
    b"office:currency=",
    b"<office:annotation",
    b"text-line-through-",
    b"text-position=",
    b'color="#ffffff"',
    b"<text:line-break",
    b"<text:tab",
    b"<text:span",
)
SHOWS_MORE = re.compile(rb'"float"[^<>]*>\s*<text:p>(?:0\d|[^<]*[^<\d.,-]|\d[\d.,]*-)')  # than the number alone
IDENTIFIER = re.compile(r"(?:[A-Za-z][A-Za-z ]*[-/# ]?)?\d[\d/ -]*")
AMOUNT = re.compile(r"[\d.,'’()+\s-]+")
CREDIT = re.compile(r"[-−].*\d|\(.*\)|.*\d ?(?:[-−]|(?P<word>CR|CREDIT))", re.IGNORECASE)  # whatever the number's sign
LARGE = re.compile(r"-?[\d.,]+ ?(?:[kK]|MM?)")
NULL_DATE = re.compile(rb'<table:null-date [^<>]*table:date-value="1904-')
HIDDEN = ("collapse", "filter")
LONGEST_BLANK = 1_000
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384


def details_of(content: bytes) -> list[Details]:
    """The details of each sheet, in the document's order. Damage ends it early: what was seen until then counts."""
    if not any(mark in content for mark in WORTH_A_LOOK) and not SHOWS_MORE.search(content):
        return []
    walk = _Walk()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = walk.start, walk.end
    parser.CharacterDataHandler = walk.text
    with suppress(expat.ExpatError, ValueError, IndexError):
        parser.Parse(content, True)  # noqa: FBT003 - expat takes it by position only
    return walk.sheets


def dates_from_1904(content: bytes) -> bool:
    """True where day numbers count from 1904. Dates that are formatted as such are written out, and do not count."""
    return NULL_DATE.search(content) is not None


class _Walk:
    """Where the parser stands in the document."""

    def __init__(self) -> None:
        self.sheets: list[Details] = []
        self._row = self._column = 0
        self._rows = self._columns = 1  # how often the current row and cell are repeated
        self._cell: dict[str, str] = {}
        self._text = ""
        self._is_aside = False  # in a comment on the cell
        self._comment = ""
        self._pieces: list[Piece] = []
        self._has_break = False  # one that the parser leaves out
        self._spans = [TextLook.USUAL]
        self._looks: dict[str, TextLook] = {}  # by style
        self._covered: set[str] = set()  # the styles with another background than white
        self._style = ""
        self._usual: dict[int, str] = {}  # the style of a column's cells that name none

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table:table":
            self.sheets.append(Details())
            self._row = self._column = 0
            self._usual = {}
        elif name == "style:style":
            self._style = attributes.get("style:name", "")
            self._looks[self._style] = self._looks.get(attributes.get("style:parent-style-name", ""), TextLook.USUAL)
        elif name == "style:text-properties":
            self._looks[self._style] = look_of(attributes) or self._looks.get(self._style, TextLook.USUAL)
        elif name == "style:table-cell-properties":
            if attributes.get("fo:background-color", "transparent") not in ("transparent", "#ffffff"):
                self._covered.add(self._style)
        elif name == "table:table-column":
            count = int(attributes.get("table:number-columns-repeated", 1))
            usual = attributes.get("table:default-cell-style-name", "")
            if self._looks.get(usual, TextLook.USUAL):
                self._usual |= dict.fromkeys(range(self._column, min(self._column + count, LAST_COLUMN)), usual)
            if attributes.get("table:visibility") in HIDDEN:
                self.sheets[-1].hidden_columns.update(range(self._column, min(self._column + count, LAST_COLUMN)))
            self._column += count
        elif name == "table:table-row":
            self._rows, self._column = int(attributes.get("table:number-rows-repeated", 1)), 0
            if attributes.get("table:visibility") in HIDDEN:
                last = min(self._row + self._rows, LAST_ROW)
                self.sheets[-1].hidden_rows.update(range(self._row + 1, last + 1))
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self._cell, self._text, self._comment, self._pieces, self._has_break = attributes, "", "", [], False
            self._columns = int(attributes.get("table:number-columns-repeated", 1))
        elif name == "office:annotation":
            self._is_aside = True
        elif name == "text:span":
            self._spans.append(
                self._looks.get(attributes.get("text:style-name", ""), TextLook.USUAL) or self._spans[-1]
            )
        elif name == "text:s":
            self._say(" " * min(int(attributes.get("text:c", 1)), LONGEST_BLANK))
        elif name in ("text:line-break", "text:tab"):
            self._has_break = True
            self._say("\n" if name == "text:line-break" else "\t")
        elif name == "text:p" and (self._comment if self._is_aside else self._pieces):
            self._say("\n")

    def text(self, characters: str) -> None:
        if not self._is_aside:
            self._text += characters
        self._say(characters)

    def _say(self, characters: str) -> None:
        if self._is_aside:
            self._comment += characters
        else:
            self._pieces.append(Piece(characters, self._spans[-1]))

    def end(self, name: str) -> None:
        if name == "office:annotation":
            self._is_aside = False
        elif name == "text:span":
            self._spans.pop()
        elif name == "table:table-row":
            self._row += self._rows
        elif name in ("table:table-cell", "table:covered-table-cell"):
            rows = int(self._cell.get("table:number-rows-spanned", 1))
            columns = int(self._cell.get("table:number-columns-spanned", 1))
            if rows * columns > 1:
                self.sheets[-1].merged.append(
                    (self._row, self._column, self._row + rows - 1, self._column + columns - 1)
                )
            if self._rows * self._columns <= LAST_ROW:
                self._note()
            self._column += self._columns

    def _note(self) -> None:
        """Notes what is to be said of the cell, wherever it is repeated."""
        cell, sheet = self._meaning(), self.sheets[-1]
        style = self._cell.get("table:style-name") or self._usual.get(self._column, "")
        look = self._looks.get(style, TextLook.USUAL)
        if look is TextLook.UNSEEN and style in self._covered:
            look = TextLook.USUAL
        pieces = settled(self._pieces) if self._is_text else ()
        if self._comment:
            sheet.comments[self._row, self._column] = self._comment
        if (
            cell is None
            and not is_telling(pieces)
            and not (look in (TextLook.STRUCK, TextLook.UNSEEN) and self._text.strip())
        ):
            return
        for row in range(self._row, self._row + self._rows):
            for column in range(self._column, self._column + self._columns):
                if cell is not None:
                    sheet.cells[row, column] = cell
                if is_telling(pieces):
                    sheet.looks[row, column] = pieces
                elif look in (TextLook.STRUCK, TextLook.UNSEEN) and self._text.strip():
                    sheet.styles[row, column] = look

    @property
    def _is_text(self) -> bool:
        return self._cell.get("office:value-type", "string") == "string" and "table:formula" not in self._cell

    def _meaning(self) -> Cell:
        kind = self._cell.get("office:value-type")
        if self._cell.get("calcext:value-type") == "error":
            return ErrorCell(self._text.strip() or "#ERROR")
        if kind == "percentage":
            return PERCENT.of(float(self._cell.get("office:value", "nan")))
        if kind == "boolean":
            return self._cell.get("office:boolean-value") == "true"
        if kind == "currency" and currency_code(code := self._cell.get("office:currency", "")) not in (None, HOME):
            return f"{code} {cell_text(float(self._cell.get('office:value', '')))}"
        if (
            kind == "float"
            and (shown := shown_as(self._text.strip(), float(self._cell.get("office:value", "nan")))) is not None
        ):
            return shown
        if self._has_break and self._is_text:
            return "".join(piece.text for piece in self._pieces)
        formula = self._cell.get("table:formula")
        if formula is not None and kind is None and not self._text:
            return UncalculatedCell("=" + formula.partition(":=")[2])
        return None


def look_of(properties: dict[str, str]) -> TextLook | None:
    """What text properties make of a text; None where that says nothing."""
    if any(properties.get(f"style:text-line-through-{each}", "none") != "none" for each in ("style", "type")):
        return TextLook.STRUCK
    place = properties.get("style:text-position", "").split(" ")[0]
    if place and place.strip("-0%"):
        return TextLook.LOWERED if place == "sub" or place.startswith("-") else TextLook.RAISED
    return TextLook.UNSEEN if properties.get("fo:color", "").lstrip("#") in WHITE else None


def shown_as(text: str, value: float) -> str | None:
    """What a number cell shows where that is more than the number: 00123, INV-0012, a currency other than our own."""
    digits = re.sub(r"\D", "", text)
    if digits == text and not text.startswith("0"):
        return None  # the usual case
    code = currency_code(AMOUNT.sub("", text))
    if code is not None:
        return None if code == HOME else f"{code} {cell_text(value)}"
    if LARGE.fullmatch(text):
        return text
    if value > 0 and (credit := CREDIT.fullmatch(text)) is not None:
        return f"{cell_text(value)} CR" if credit["word"] else f"-{cell_text(value)}"
    if not IDENTIFIER.fullmatch(text) or int(digits) != value:
        return None
    return text if (len(digits) > 1 and digits[0] == "0") or not text[0].isdigit() or "-" in text else None
