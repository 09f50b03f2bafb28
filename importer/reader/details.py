"""What a workbook says about a sheet that its parser does not pass on, and how it joins the parsed rows."""

from __future__ import annotations

from dataclasses import dataclass, field

from importer.models import Cell
from importer.reader.contents import Sheet
from importer.reader.formats import Shown

Position = tuple[int, int]  # row and column, 0-based
Rows = list[tuple[Cell, ...]]


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

    def complete(self, name: str, rows: Rows, *, visible: bool) -> Sheet:
        """The sheet with these details; `rows` are amended in place."""
        for (row, column), cell in self.cells.items():
            while len(rows) <= row:
                rows.append(())
            cells = [*rows[row], *[None] * (column + 1 - len(rows[row]))]
            cells[column] = cell
            rows[row] = tuple(cells)
        for (row, column), shown in self.formats.items():
            if row < len(rows) and column < len(rows[row]) and isinstance(number := rows[row][column], float):
                rows[row] = (*rows[row][:column], shown.of(number), *rows[row][column + 1 :])
        while rows and not rows[-1]:
            rows.pop()
        return Sheet(
            name,
            rows,
            visible=visible,
            hidden_rows=frozenset(self.hidden_rows),
            hidden_columns=frozenset(self.hidden_columns),
            merged=tuple(self.merged),
        )
