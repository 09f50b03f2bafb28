"""What a workbook says about a sheet that its parser does not pass on, and how it joins the parsed rows."""

from __future__ import annotations

from dataclasses import dataclass, field

from importer.domain.cells import Cell, cell_text
from importer.domain.packed import PackedRows
from importer.reading.cells.number_formats import Shown
from importer.reading.formats.facts.looks import (
    Piece,
    Pieces,
    Position,
    TextLook,
    joined,
)
from importer.reading.formats.raw_workbook import RawSheet


@dataclass(slots=True)
class Details:
    """Of one sheet. Rows and columns count from 0, save the hidden rows, which have the numbers that Excel shows."""

    cells: dict[Position, Cell] = field(default_factory=dict)  # what really stands where the parser sees "" or 0
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    values: int = field(default=0, compare=False)  # at most so many cells have one; with fewer, one of two is lost
    twice: str = ""  # a cell that was found to stand there twice
    formats: dict[Position, Shown] = field(default_factory=dict)  # of cells that show more than their number
    looks: dict[Position, Pieces] = field(default_factory=dict)  # of cells with several texts in them
    styles: dict[Position, TextLook] = field(default_factory=dict)  # of cells that look alike throughout
    comments: dict[Position, str] = field(default_factory=dict)

    def complete(self, name: str, rows: PackedRows, *, visible: bool) -> RawSheet:
        """The sheet with these details; `rows` are amended in place."""
        amended: dict[int, list[Cell]] = {}
        self.cells.update({place: joined(pieces) for place, pieces in self.looks.items()})
        for (row, column), cell in self.cells.items():
            if row not in amended:
                amended[row] = list(rows[row]) if row < len(rows) else []
            cells = amended[row]
            cells += [None] * (column + 1 - len(cells))
            cells[column] = cell
        for (row, column), shown in self.formats.items():
            cells = amended.get(row) or (list(rows[row]) if row < len(rows) else [])
            if column < len(cells) and isinstance(number := cells[column], float):
                cells[column] = shown.of(number)
                amended[row] = cells
        rows.change({row: tuple(cells) for row, cells in amended.items()})
        rows.drop_blank_end()
        return RawSheet(
            name,
            rows,
            visible=visible,
            hidden_rows=frozenset(self.hidden_rows),
            hidden_columns=frozenset(self.hidden_columns),
            merged=tuple(self.merged),
            looks={**self._styled(rows), **self.looks},
            comments=self.comments,
        )

    def _styled(self, rows: PackedRows) -> dict[Position, Pieces]:
        """The cells that look alike throughout, with their texts; blank ones say nothing."""
        found: dict[Position, Pieces] = {}
        for (row, column), look in self.styles.items():
            cells = rows[row] if row < len(rows) else ()
            text = cell_text(cells[column]) if column < len(cells) else ""
            if text.strip():
                found[row, column] = (Piece(text, look),)
        return found
