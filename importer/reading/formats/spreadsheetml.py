"""Spreadsheets that Excel 2003 saved as XML ("XML Spreadsheet 2003"), often under the name .xls."""

from __future__ import annotations

import datetime
from xml.parsers import expat

from importer.domain.cells import (
    Cell,
    ErrorCell,
    UncalculatedCell,
    cell_text,
)
from importer.domain.packed import PackedRows
from importer.errors import FileUnreadable
from importer.reading.cells.number_formats import PERCENT, Shown, shown_by
from importer.reading.formats.facts.looks import (
    WHITE,
    Piece,
    Pieces,
    Position,
    TextLook,
    is_telling,
    joined,
    settled,
)
from importer.reading.formats.limits import ReadingLimits
from importer.reading.formats.raw_workbook import FileFinding, RawSheet
from importer.reading.formats.reading_advice import SAVE_AGAIN

FORMAT = "xml"
SPACE = "urn:schemas-microsoft-com:office:spreadsheet"
RUNS = {
    "S": TextLook.STRUCK,
    "Strike": TextLook.STRUCK,
    "Del": TextLook.STRUCK,
    "Sup": TextLook.RAISED,
    "Sub": TextLook.LOWERED,
}
"""Elements in a text that make it look unusual."""
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
BY_NAME = {"Percent": PERCENT, "Euro Currency": Shown("EUR")}
"""Formats that have a name here in place of a code, and show more than the number."""


def recognises(start: str) -> bool:
    """True where a text file, from its casefolded beginning, is such a spreadsheet."""
    return start.startswith(("<?xml", "<workbook", "<ss:workbook")) and SPACE in start


def read(name: str, text: str, limits: ReadingLimits) -> tuple[tuple[RawSheet, ...], tuple[FileFinding, ...]]:
    """The worksheets; there are no findings. Raises FileUnreadable."""
    walk = _Walk(limits)
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = walk.start, walk.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = walk.text, walk.document_type
    try:
        parser.Parse(text[text.find("<") :].encode(), True)  # noqa: FBT003 - expat takes it by position only
    except _Refused as error:
        raise FileUnreadable(f"{name} {error}.", SAVE_AGAIN) from error
    except (expat.ExpatError, ValueError, OverflowError) as error:
        raise FileUnreadable(f"{name} is damaged, or was cut short.", SAVE_AGAIN) from error
    return tuple(walk.sheets), ()


class _Refused(Exception):
    """The document is not taken; the text goes on after the file's name."""


class _Walk:
    """Where the parser stands in the document."""

    def __init__(self, limits: ReadingLimits) -> None:
        self.sheets: list[RawSheet] = []
        self._limits = limits
        self._cells = 0
        self._title = ""
        self._visible = True
        self._rows: list[tuple[Cell, ...]] = []
        self._row: dict[int, Cell] = {}
        self._number = self._column = self._across = 0
        self._hidden_rows: set[int] = set()
        self._hidden_columns: set[int] = set()
        self._merged: list[tuple[int, int, int, int]] = []
        self._formula: str | None = None
        self._kind: str | None = None
        self._data: list[Piece] | None = None
        self._comment: list[str] | None = None  # of the open comment
        self._runs: list[TextLook] = [TextLook.USUAL]
        self._looks: dict[Position, Pieces] = {}
        self._comments: dict[Position, str] = {}
        self._styles: dict[str, TextLook] = {}  # those that strike out, or write white on white
        self._covered: set[str] = set()  # those with another background than white
        self._path: list[str] = []
        self._formats: dict[str, Shown | None] = {}  # by style
        self._style = ""

    def document_type(self, *_: object) -> None:
        raise _Refused("carries a document type definition, which no spreadsheet program writes")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        space, _, element = tag.rpartition(" ")
        self._path.append(element)
        given = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        if self._comment is not None:
            return
        if self._data is not None:
            self._runs.append(RUNS.get(element) or look_of(given) or self._runs[-1])
        elif element == "Comment" and space == SPACE:
            self._comment = []
        elif element == "Style" and space == SPACE:
            self._style = given.get("ID", "")
            self._formats[self._style] = self._formats.get(given.get("Parent", ""))
            self._styles[self._style] = self._styles.get(given.get("Parent", ""), TextLook.USUAL)
        elif element == "Font" and space == SPACE:
            self._styles[self._style] = look_of(given) or self._styles.get(self._style, TextLook.USUAL)
        elif element == "Interior" and space == SPACE:
            if given.get("Color", "#FFFFFF").lstrip("#").casefold() not in WHITE:
                self._covered.add(self._style)
        elif element == "NumberFormat" and space == SPACE:
            code = given.get("Format", "")
            self._formats[self._style] = BY_NAME.get(code) or shown_by(code)
        elif element == "Worksheet" and space == SPACE:
            self._title, self._visible, self._rows, self._number = given.get("Name", ""), True, [], 0
            self._hidden_rows, self._hidden_columns, self._merged, self._column = set(), set(), [], 0
            self._looks, self._comments = {}, {}
        elif element == "Column" and space == SPACE:
            first = int(given.get("Index", self._column + 1))
            last = min(first + int(given.get("Span", 0)), LAST_COLUMN)
            if given.get("Hidden") == "1":
                self._hidden_columns.update(range(first - 1, last))
            self._column = last
        elif element == "Row" and space == SPACE:
            self._begin_row(given)
        elif element == "Cell" and space == SPACE:
            self._begin_cell(given)
        elif element == "Data" and space == SPACE:
            self._kind, self._data = given.get("Type", "String"), []
        elif element == "Visible":
            self._data = []

    def text(self, characters: str) -> None:
        if self._data is not None:
            self._data.append(Piece(characters, self._runs[-1]))
        elif self._comment is not None:
            self._comment.append(characters)

    def end(self, _: str) -> None:
        element = self._path.pop()
        text = "".join(piece.text for piece in self._data or ())
        if self._comment is not None:
            if element == "Comment":
                self._comments[self._number - 1, self._column] = "".join(self._comment)
                self._comment = None
        elif len(self._runs) > 1:
            self._runs.pop()
        elif element == "Data" and self._data is not None:
            self._end_data(text)
        elif element == "Visible":
            self._visible, self._data = text.strip() == "SheetVisible", None
        elif element == "Cell":
            if self._formula is not None and self._column not in self._row:
                self._row[self._column] = UncalculatedCell(self._formula)
            self._column += 1 + self._across
        elif element == "Row":
            self._end_row()
        elif element == "Worksheet":
            self.sheets.append(
                RawSheet(
                    self._title,
                    PackedRows(self._rows),
                    self._visible,
                    frozenset(self._hidden_rows),
                    frozenset(self._hidden_columns),
                    tuple(self._merged),
                    looks=self._looks,
                    comments=self._comments,
                )
            )

    def _end_data(self, text: str) -> None:
        cell, shown = meaning(text, self._kind or "String"), self._formats.get(self._style)
        pieces, style = settled(self._data or ()), self._styles.get(self._style, TextLook.USUAL)
        if self._kind == "String" and is_telling(pieces):
            self._looks[self._number - 1, self._column] = pieces
            cell = joined(pieces)
        elif cell is not None and (style is TextLook.STRUCK or (style is TextLook.UNSEEN and not self._is_covered)):
            self._looks[self._number - 1, self._column] = (Piece(cell_text(cell), style),)
        self._row[self._column] = cell if shown is None else shown.of(cell)
        self._data = None

    @property
    def _is_covered(self) -> bool:
        return self._style in self._covered

    def _begin_row(self, given: dict[str, str]) -> None:
        number = int(given.get("Index", self._number + 1))
        last = number + int(given.get("Span", 0))
        if not self._number < number <= last <= LAST_ROW:
            raise _Refused("has rows that are out of order or too far down")
        self._row, self._column, self._number = {}, 0, number
        if given.get("Hidden") == "1":
            self._hidden_rows.update(range(number, last + 1))
        self._rows += [()] * (number - 1 - len(self._rows))

    def _begin_cell(self, given: dict[str, str]) -> None:
        column = int(given.get("Index", self._column + 1)) - 1
        across, down = int(given.get("MergeAcross", 0)), int(given.get("MergeDown", 0))
        self._cells += column - self._column + 1
        if not self._column <= column < LAST_COLUMN or self._cells > self._limits.cells:
            raise _Refused("has cells that are out of order or too far away")
        if across or down:
            self._merged.append((self._number - 1, column, self._number - 1 + down, column + across))
        self._column, self._across, self._formula = column, across, given.get("Formula")
        self._style = given.get("StyleID", "")

    def _end_row(self) -> None:
        width = max((column for column, cell in self._row.items() if cell is not None), default=-1) + 1
        self._rows.append(tuple(self._row.get(column) for column in range(width)))


def look_of(given: dict[str, str]) -> TextLook | None:
    """What the attributes of a font make of its letters; None where that says nothing."""
    if given.get("StrikeThrough", "0") not in ("0", "None"):
        return TextLook.STRUCK
    if given.get("VerticalAlign") in ("Superscript", "Subscript"):
        return TextLook.RAISED if given["VerticalAlign"] == "Superscript" else TextLook.LOWERED
    return TextLook.UNSEEN if given.get("Color", "").lstrip("#").casefold() in WHITE else None


def meaning(text: str, kind: str) -> Cell:
    """The cell that a Data element stands for. Raises ValueError where it contradicts its type."""
    match kind:
        case "Number":
            return float(text)
        case "DateTime":
            moment = datetime.datetime.fromisoformat(text)
            return moment.date() if moment.time() == datetime.time() else moment
        case "Boolean":
            return text.strip() in ("1", "true")
        case "Error":
            return ErrorCell(text)
        case _:
            return text or None
