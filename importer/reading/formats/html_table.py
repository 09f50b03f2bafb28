"""HTML tables, which many programs save under the name .xls.

Every table is a sheet. One inside a cell of another is text of that cell, save where the outer one is a mere frame
for it, with no row of its own that has more than one cell filled.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser

from importer.domain.cells import Cell
from importer.domain.packed import PackedRows, trimmed
from importer.domain.problem_catalog import FILE_CUT_SHORT
from importer.errors import FileUnreadable
from importer.reading.cells.excel_text_guards import unwrapped
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

FORMAT = "html"
BEGINNINGS = ("<!doctype html", "<html", "<table", "<head", "<body", "<div", "<meta", "<style")
LONGEST_SPAN = 1_000
DEEPEST = 12  # tables in tables; what is further in is text
BLOCKS = frozenset(
    ("p", "div", "li", "ul", "ol", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "section", "article")
)
STRUCK, RAISED, LOWERED = frozenset(("del", "s", "strike")), "sup", "sub"
NEVER_CLOSED = frozenset(("br", "img", "hr", "input", "meta", "link", "wbr", "col", "area", "base", "embed", "source"))
LINE_THROUGH = re.compile(r"text-decoration(?:-line)?:[^;]*line-through")
HIDDEN = re.compile(r"display:none|visibility:hidden|mso-hide:all|font-size:0(?![\d.])")
COLOUR = re.compile(r"(?<![-\w])color:#?(?P<name>\w+)")
BACKGROUND = re.compile(r"background(?:-color)?:(?!none|transparent|inherit|white|#fff(?:fff)?\b)")
BLANKS = re.compile(r"[ \t\r\n\f]+")


def recognises(start: str) -> bool:
    """True where a text file, from its casefolded beginning, is HTML."""
    return start.startswith(BEGINNINGS) or (start.startswith(("<?xml", "<!--")) and "<html" in start)


def read(name: str, text: str, limits: ReadingLimits) -> tuple[tuple[RawSheet, ...], tuple[FileFinding, ...]]:
    """The tables of a page as sheets "Table 1", "Table 2", …; cells are text, or None. Raises FileUnreadable.

    The finding is that the page ends inside a table.
    """
    page = _Page(limits)
    try:
        page.feed(text)
        page.close()
    except _TooLarge as error:
        raise FileUnreadable(f"{name} holds more than {limits.cells:,} cells.", "Split it.") from error
    except (AssertionError, ValueError) as error:
        raise FileUnreadable(
            f"{name} is a damaged web page.", "Ask for the table as a spreadsheet or a csv."
        ) from error
    if not page.tables:
        raise FileUnreadable(
            f"{name} is a web page without a table.", "It may be a sign-in page that was saved instead of the file."
        )
    tables = [each for table in page.tables for each in table.unframed()]
    cut = FileFinding(FILE_CUT_SHORT.code, "The page ends in the middle of a table.", f"Table {len(tables)}")
    sheets = tuple(
        RawSheet(
            f"Table {number}",
            PackedRows(table.rows),
            hidden_rows=frozenset(table.hidden),
            merged=tuple(table.merged),
            looks=table.looks,
        )
        for number, table in enumerate(tables, 1)
    )
    return sheets, (cut,) if page.ends_inside else ()


class _TooLarge(Exception):
    """More cells than the limits allow."""


class _Table:
    """One table while it is read."""

    def __init__(self) -> None:
        self.rows: list[tuple[Cell, ...]] = []
        self.merged: list[tuple[int, int, int, int]] = []
        self.hidden: set[int] = set()
        self.text: list[Piece] | None = None  # of the open cell, with that of the tables in it
        self.said: list[str] = []  # in all cells, for the cell around the table
        self.is_fresh = False  # nothing was said yet in the open cell
        self.looks: dict[Position, Pieces] = {}
        self.inside: list[_Table] = []  # its cells
        self.between: list[_Table] = []  # its rows: this one was perhaps not closed
        self._own: dict[tuple[int, int], str] = {}  # what cells with tables in them say themselves, by row and column
        self._aside: list[int] = []  # which of `text` are of a table
        self._span = (1, 1)
        self._row: dict[int, str] | None = None  # the cells of the open row by column
        self._column = 0
        self._taken: dict[int, int] = {}  # columns that a cell above reaches into, and for how many rows yet

    def begin_row(self) -> None:
        self.end_row()
        self._row, self._column = {}, 0

    def end_row(self) -> None:
        self.end_cell()
        if self._row is not None:
            width = max((column for column, text in self._row.items() if text), default=-1) + 1
            self.rows.append(tuple(self._row.get(column) or None for column in range(width)))
            self._taken = {column: rows - 1 for column, rows in self._taken.items() if rows > 1}
            self._row = None

    def begin_cell(self, rows: int, columns: int) -> None:
        self.end_cell()
        self.text, self._aside, self._span = [], [], (rows, columns)

    def end_cell(self) -> None:
        if self.text is None:
            return
        row = self._row
        if row is None:
            row, self._column = {}, 0
            self._row = row
        while self._column in self._taken:
            self._column += 1
        pieces = settled(self.text)
        row[self._column] = _told(pieces)
        if is_telling(pieces):
            self.looks[len(self.rows), self._column] = pieces
        if self._aside:
            own = [piece for at, piece in enumerate(self.text) if at not in self._aside]
            self._own[len(self.rows), self._column] = _told(settled(own))
        rows, columns = self._span
        if rows > 1 or columns > 1:
            top = len(self.rows)
            self.merged.append((top, self._column, top + rows - 1, self._column + columns - 1))
        if rows > 1:
            self._taken.update(dict.fromkeys(range(self._column, self._column + columns), rows))
        self._column += columns
        self.text = None

    def say(self, text: str) -> None:
        """Takes text down for the cell around; between two cells there is a blank at least."""
        apart = self.is_fresh and self.said and not (self.said[-1][-1:].isspace() or text[:1].isspace())
        self.said += ["\n", text] if apart else [text]
        self.is_fresh = self.is_fresh and not text

    def add(self, inner: _Table) -> None:
        """A table in the open cell, or outside any, which has come to its end."""
        self.is_fresh = True
        self.say("".join(inner.said))
        if self.text is None:
            self.between.append(inner)
            return
        self.inside.append(inner)
        self._aside.append(len(self.text))
        self.text.append(Piece("".join(inner.said)))

    def unframed(self) -> list[_Table]:
        """The table itself; where it is a mere frame, what it says itself, if anything, and the tables in it."""
        within = [table for each in self.inside for table in each.unframed()]
        after = [table for each in self.between for table in each.unframed()]
        if not any(each.is_table for each in within):
            return [self, *after]
        own = [
            trimmed(tuple([self._own.get((at, column), cell) or None for column, cell in enumerate(row)]))
            for at, row in enumerate(self.rows)
        ]
        if any(len(row) - row.count(None) > 1 for row in own):
            return [self, *after]
        self.rows, self.looks = own, {}
        return [*([self] if any(own) else []), *within, *after]

    @property
    def is_table(self) -> bool:
        """True for rows and columns; a single cell, row or column may be an ornament of a text."""
        return len(self.rows) > 1 and any(len(row) > 1 for row in self.rows)


def _told(pieces: Pieces) -> str:
    return unwrapped(joined(pieces).strip(" \n\xa0"))


@dataclass(frozen=True, slots=True)
class _Around:
    """What an open element makes of the text in it."""

    tag: str
    look: TextLook
    is_hidden: bool = False
    is_coloured: bool = False  # it lies on another colour than white

    def holding(self, tag: str, given: dict[str, str | None]) -> _Around:
        """The same of an element in it."""
        style = (given.get("style") or "").replace(" ", "").casefold()
        is_coloured = self.is_coloured or BACKGROUND.search(style) is not None or _is_dark(given.get("bgcolor"))
        is_hidden = self.is_hidden or "hidden" in given or HIDDEN.search(style) is not None
        colour = COLOUR.search(style)
        named = (colour["name"] if colour else given.get("color") or "").lstrip("#").casefold() if tag != "th" else ""
        look = self.look
        if tag in STRUCK or LINE_THROUGH.search(style):
            look = TextLook.STRUCK
        elif tag in (RAISED, LOWERED):
            look = TextLook.RAISED if tag == RAISED else TextLook.LOWERED
        elif named and look in (TextLook.USUAL, TextLook.UNSEEN):
            look = TextLook.UNSEEN if named in WHITE and not is_coloured else TextLook.USUAL
        elif look is TextLook.UNSEEN and is_coloured:
            look = TextLook.USUAL
        return _Around(tag, look, is_hidden, is_coloured)


def _is_dark(colour: str | None) -> bool:
    return bool(colour) and (colour or "").strip().lstrip("#").casefold() not in WHITE


NOTHING_AROUND = _Around("", TextLook.USUAL)


class _Page(HTMLParser):
    """Walks through a page."""

    def __init__(self, limits: ReadingLimits) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Table] = []
        self.ends_inside = False
        self._limits = limits
        self._cells = 0
        self._open: list[_Table] = []
        self._deeper = 0  # tables that are too far in
        self._silent = 0
        self._around = [[NOTHING_AROUND]]  # the open elements, for each open table
        self._is_apart = True  # a tag stands before the text that comes

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_apart = True
        if tag in ("style", "script"):
            self._silent += 1
        elif tag == "table":
            if len(self._open) == DEEPEST:
                self._deeper += 1
            else:
                self._open.append(_Table())
                self._around.append([NOTHING_AROUND.holding(tag, dict(attrs))])
        elif tag == "br":
            self._say("\n")
        elif not self._open or self._deeper:
            return
        elif tag == "tr":
            self._begin_row(dict(attrs))
        elif tag in ("td", "th"):
            self._begin_cell(tag, dict(attrs))
        elif tag not in NEVER_CLOSED:
            self._break(tag)
            around = self._around[-1]
            around.append(around[-1].holding(tag, dict(attrs)))

    def _begin_row(self, given: dict[str, str | None]) -> None:
        table = self._open[-1]
        table.begin_row()
        around = self._around[-1]
        around[1:] = [replace(around[0].holding("tr", given), is_hidden=False)]  # its cells are read, and told of
        if "display:none" in (given.get("style") or "").replace(" ", "").casefold():
            table.hidden.add(len(table.rows) + 1)

    def _begin_cell(self, tag: str, given: dict[str, str | None]) -> None:
        rows, columns = span(given.get("rowspan")), span(given.get("colspan"))
        self._open[-1].begin_cell(rows, columns)
        around = self._around[-1]
        del around[1 + (around[1:2] != [] and around[1].tag == "tr") :]
        around.append(replace(around[-1].holding(tag, given), is_hidden=False))
        self._open[-1].is_fresh = True
        self._cells += rows * columns
        if self._cells > self._limits.cells:
            raise _TooLarge

    def handle_endtag(self, tag: str) -> None:
        self._is_apart = True
        if tag in ("style", "script"):
            self._silent = max(self._silent - 1, 0)
        elif not self._open:
            return
        elif tag == "table":
            if self._deeper:
                self._deeper -= 1
            else:
                self._end_table()
        elif self._deeper:
            return
        elif tag in ("td", "th"):
            self._open[-1].end_cell()
        elif tag == "tr":
            self._open[-1].end_row()
        else:
            self._break(tag)
            around = self._around[-1]
            at = next((at for at in range(len(around) - 1, 0, -1) if around[at].tag in (tag, "td", "th")), 0)
            if around[at].tag == tag:
                del around[at:]

    def _break(self, tag: str) -> None:
        """A new line, where a block begins or ends below something else."""
        text = self._open[-1].text
        if tag in BLOCKS and text and not text[-1].text.endswith("\n"):
            self._say("\n")

    def handle_data(self, data: str) -> None:
        if self._open and not self._silent:
            self._say(BLANKS.sub(" ", data))

    def close(self) -> None:
        super().close()
        self.ends_inside = bool(self._open)
        while self._open:
            self._end_table()

    def _say(self, text: str) -> None:
        around = self._around[-1][-1]
        if around.is_hidden:
            return
        if self._open and self._open[-1].text is not None:
            pieces = self._open[-1].text
            if self._is_apart or not pieces:
                pieces.append(Piece(text, around.look))
            else:  # a comment of the page is no tag
                pieces[-1] = Piece(pieces[-1].text + text, pieces[-1].look)
            self._is_apart = False
        if len(self._open) > 1:
            self._open[-1].say(text)

    def _end_table(self) -> None:
        table = self._open.pop()
        self._around.pop()
        table.end_row()
        if self._open:
            self._open[-1].add(table)
        else:
            self.tables.append(table)


def span(value: str | None) -> int:
    """How many rows or columns a cell reaches over; what is no sensible number is 1."""
    digits = (value or "").strip()
    return min(max(int(digits), 1), LONGEST_SPAN) if digits.isascii() and digits.isdigit() and len(digits) < 6 else 1
