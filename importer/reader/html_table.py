"""HTML tables, which many programs save under the name .xls. Every table that is not inside another one is a sheet."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from importer.errors import FileUnreadable
from importer.models import Cell
from importer.problems import FILE_CUT_SHORT
from importer.reader.armour import unwrapped
from importer.reader.contents import Finding, Sheet
from importer.reader.limits import Limits

FORMAT = "html"
BEGINNINGS = ("<!doctype html", "<html", "<table", "<head", "<body", "<div", "<meta", "<style")
LONGEST_SPAN = 1_000
BLANKS = re.compile(r"[ \t\r\n\f]+")


def recognises(start: str) -> bool:
    """True where a text file, from its casefolded beginning, is HTML."""
    return start.startswith(BEGINNINGS) or (start.startswith(("<?xml", "<!--")) and "<html" in start)


def read(name: str, text: str, limits: Limits) -> tuple[tuple[Sheet, ...], tuple[Finding, ...]]:
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
    cut = Finding(FILE_CUT_SHORT.code, "The page ends in the middle of a table.", f"Table {len(page.tables)}")
    sheets = tuple(
        Sheet(f"Table {number}", table.rows, hidden_rows=frozenset(table.hidden), merged=tuple(table.merged))
        for number, table in enumerate(page.tables, 1)
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
        self.row: dict[int, str] | None = None  # the cells of the open row by column
        self.column = 0
        self.taken: dict[int, int] = {}  # columns that a cell above reaches into, and for how many rows yet

    def begin_row(self) -> None:
        self.end_row()
        self.row, self.column = {}, 0

    def end_row(self) -> None:
        if self.row is not None:
            width = max((column for column, text in self.row.items() if text), default=-1) + 1
            self.rows.append(tuple(self.row.get(column) or None for column in range(width)))
            self.taken = {column: rows - 1 for column, rows in self.taken.items() if rows > 1}
            self.row = None

    def add(self, text: str, rows: int, columns: int) -> None:
        if self.row is None:
            self.begin_row()
        while self.column in self.taken:
            self.column += 1
        if self.row is not None:
            self.row[self.column] = text
        if rows > 1 or columns > 1:
            top = len(self.rows)
            self.merged.append((top, self.column, top + rows - 1, self.column + columns - 1))
        if rows > 1:
            self.taken.update(dict.fromkeys(range(self.column, self.column + columns), rows))
        self.column += columns


class _Page(HTMLParser):
    """Walks through a page; of nested tables the text belongs to the cell that they stand in."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Table] = []
        self.ends_inside = False
        self._limits = limits
        self._cells = 0
        self._depth = 0
        self._silent = 0
        self._text: list[str] | None = None
        self._span = (1, 1)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script"):
            self._silent += 1
        elif tag == "table":
            self._depth += 1
            if self._depth == 1:
                self.tables.append(_Table())
        elif tag == "br" and self._text is not None:
            self._text.append("\n")
        elif self._depth == 1 and tag == "tr":
            self._end_cell()
            self.tables[-1].begin_row()
            style = (dict(attrs).get("style") or "").replace(" ", "").casefold()
            if "display:none" in style:
                self.tables[-1].hidden.add(len(self.tables[-1].rows) + 1)
        elif self._depth == 1 and tag in ("td", "th"):
            self._end_cell()
            given = dict(attrs)
            self._text, self._span = [], (span(given.get("rowspan")), span(given.get("colspan")))
            self._cells += self._span[0] * self._span[1]
            if self._cells > self._limits.cells:
                raise _TooLarge

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script"):
            self._silent = max(self._silent - 1, 0)
        elif tag == "table" and self._depth:
            if self._depth == 1:
                self._end_cell()
                self.tables[-1].end_row()
            self._depth -= 1
        elif self._depth == 1 and tag in ("td", "th"):
            self._end_cell()
        elif self._depth == 1 and tag == "tr":
            self._end_cell()
            self.tables[-1].end_row()

    def handle_data(self, data: str) -> None:
        if self._text is not None and not self._silent:
            self._text.append(BLANKS.sub(" ", data))

    def close(self) -> None:
        super().close()
        self.ends_inside = self._depth > 0
        if self.ends_inside:
            self._end_cell()
            self.tables[-1].end_row()

    def _end_cell(self) -> None:
        if self._text is not None:
            self.tables[-1].add(unwrapped("".join(self._text).strip(" \n\xa0")), *self._span)
            self._text = None


def span(value: str | None) -> int:
    """How many rows or columns a cell reaches over; what is no sensible number is 1."""
    digits = (value or "").strip()
    return min(max(int(digits), 1), LONGEST_SPAN) if digits.isascii() and digits.isdigit() and len(digits) < 6 else 1
