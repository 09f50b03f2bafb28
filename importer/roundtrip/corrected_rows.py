"""The rows of our own results workbook, as somebody gives them back: what each says of itself, and how it is marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from importer.domain.cells import Cell, cell_text
from importer.reading.cells.parse_cell import is_blank
from importer.roundtrip.corrected_sheets import Given
from importer.workbook_format import layout
from importer.workbook_format.layout import RowMark
from importer.workbook_format.manifest import SheetRecord

GIVE_THE_ORIGINAL = "Give the vendor's own file instead: what was posted stays posted."

TableName = tuple[str, str | None]  # file and sheet of the input


@dataclass(frozen=True, slots=True)
class CorrectedRow:
    """One row of "Rows" or "To fix"."""

    sheet: str
    at: int  # 1-based
    table: TableName | None  # None: it does not say one of the input's
    number: int | None  # None: it does not say one of that table's rows
    mark: RowMark | None
    cells: tuple[Cell, ...]
    notes: tuple[tuple[str, str], ...] = ()  # what was typed over columns of ours: heading and text
    secret: bytes | None = b""  # as in `RowMark.is_of`

    @property
    def where(self) -> str:
        """As a clerk would point at it."""
        return f"row {self.at:,} of the sheet “{self.sheet}”"

    @property
    def is_blank(self) -> bool:
        """True where nothing stands in the vendor's columns."""
        return all(map(is_blank, self.cells))

    @property
    def is_untouched(self) -> bool:
        """True where nobody has changed a cell of it."""
        if self.mark is None or self.table is None or self.number is None:
            return False
        return layout.row_digest(*self.table, self.number, self.cells) == self.mark.digest

    @property
    def has_its_own_mark(self) -> bool:
        """True where its mark was made for the place that it says."""
        if self.mark is None or self.table is None or self.number is None:
            return False
        return self.mark.is_of(*self.table, self.number, self.secret)


def lines(given: Given, name: str) -> Iterator[CorrectedRow]:
    """The filled rows of the sheets of that name."""
    for sheet in given.sheets:
        if not layout.is_sheet_of(sheet.title, name):
            continue
        headings = [cell_text(cell).strip() for cell in sheet.rows[0][: len(layout.FRONT)]]
        for at, row in enumerate(sheet.rows[1:], start=2):
            cells = sheet.cells(row)
            mark = RowMark.parse(cell_text(row[sheet.mark])) if sheet.mark < len(row) else None
            if all(map(is_blank, cells)) and (mark is None or all(map(is_blank, row[: sheet.mark]))):
                continue  # also where somebody has emptied a whole row, and the hidden mark was left
            table, number, exact = _place(given.kept, row, cells)
            notes = tuple(_notes(headings, row, mark)) if mark is not None and mark.said else ()
            yield CorrectedRow(sheet.title, at, table, number, mark, exact, notes, given.secret)


def _notes(headings: Sequence[str], row: tuple[Cell, ...], mark: RowMark) -> Iterator[tuple[str, str]]:
    """What stands in our columns and is not what was written there. That something was cleared says nothing."""
    texts = [cell_text(row[at]) if at < len(row) else "" for at in layout.OURS]
    said = layout.said_digest(texts)
    if said != mark.said:
        for at, text in zip(layout.OURS, texts, strict=True):
            digits = slice(3 * (at - layout.OUTCOME), 3 * (at - layout.OUTCOME) + 3)
            if text.strip() and said[digits] != mark.said[digits]:
                yield headings[at], text


def _place(
    kept: Sequence[SheetRecord], row: tuple[Cell, ...], cells: tuple[Cell, ...]
) -> tuple[TableName | None, int | None, tuple[Cell, ...]]:
    """The table and the row number that it says, as far as there are such, and its cells as they were."""
    file, sheet, said = (cell_text(cell) for cell in (*row[: layout.OUTCOME], None, None, None)[:3])
    number = int(said) if said.isascii() and said.isdigit() and len(said) < 9 else None
    for one in kept:
        if layout.tidy_text(one.file) == file and layout.tidy_text(one.sheet or "") == sheet:
            if number is None or not one.has(number):
                return (one.file, one.sheet), None, cells
            return (one.file, one.sheet), number, _exactly(one, number, cells)
    return None, number, cells


def _exactly(one: SheetRecord, number: int, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """The cells with those as they were that a workbook shows only as text, where they still say the same."""
    if not one.exact:
        return cells
    exact = [one.exact.get((number, column)) for column in range(len(cells))]
    return tuple(
        was if was is not None and layout.canonical(was) == layout.canonical(cell) else cell
        for was, cell in zip(exact, cells, strict=True)
    )


def as_corrected(before: tuple[Cell, ...], now: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """The cells now. A date typed over something else is passed on as 2026-03-31: among texts of a foreign order it
    would look like one that the spreadsheet program has misread."""
    return tuple(
        cell_text(cell)[:10]
        if isinstance(cell, date | datetime) and not (at < len(before) and isinstance(before[at], date | datetime))
        else cell
        for at, cell in enumerate(now)
    )


def same(one: Sequence[Cell], other: Sequence[Cell]) -> bool:
    """True for cells that say the same."""
    return layout.row_digest("", None, 0, one) == layout.row_digest("", None, 0, other)
