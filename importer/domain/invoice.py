"""One invoice as a sheet says it, and the rows and the table that it comes from. Frozen; money in cents.

`None` in an `Invoice` or a `Line` means "the sheet does not say, or says it unreadably" (then a `Problem` names the
cell); a `Payload` has no such gaps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from importer.domain.cells import Cell, cell_text, column_letter
from importer.domain.money import EXACT, Exact
from importer.domain.packed import RowTable
from importer.domain.problem_catalog import OTHER_CURRENCY
from importer.domain.problems import Place, Problem


def _says(cell: Cell) -> bool:
    return cell is not None and not (isinstance(cell, str) and not cell.strip())


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One table of one file: where its rows come from and which column is which field."""

    file: str  # the file's name, without its folder
    sheet: str | None  # None for a csv
    heading_row: int  # 1-based
    headings: tuple[Cell, ...]
    columns: Mapping[str, int]  # field name → 0-based index of its column
    profile: str | None = None  # the saved layout that it was read with

    def place(self, row: int | None, field_name: str | None = None) -> Place:
        """The place of a field in a row; without a column where the sheet has none for the field."""
        index = self.columns.get(field_name) if field_name else None
        return Place(self.file, self.sheet, row, None if index is None else column_letter(index))


class Row(NamedTuple):
    """One data row. A tuple underneath, because there are a hundred thousand of them."""

    source: Source
    number: int  # 1-based, as Excel shows it; in a csv each record counts one, a blank line too
    kept: tuple[Cell, ...] | RowTable  # its cells, or all rows of the sheet, packed, among which they are

    @property
    def cells(self) -> tuple[Cell, ...]:
        """What stands in it from column A on, without blanks at its end."""
        kept = self.kept
        return kept if isinstance(kept, tuple) else kept.row(self.number - 1)

    def cell(self, field_name: str) -> Cell:
        """The cell of a field; None where the sheet has no such column or the row is too short."""
        index = self.source.columns.get(field_name)
        if index is None:
            return None
        cells = self.cells
        return cells[index] if index < len(cells) else None

    def says(self, field_name: str) -> bool:
        """True where the field's cell holds more than spaces."""
        return _says(self.cell(field_name))

    def place(self, field_name: str | None = None) -> Place:
        """Where the field stands in the input."""
        return self.source.place(self.number, field_name)


class Line(NamedTuple):
    """One line item as the sheet says it. Prices and amounts in cents, exact, possibly with parts of a cent."""

    row: Row
    financial_account_id: str | None
    quantity: Exact | None
    unit_price: Exact | None
    amount: Exact | None
    notes: str

    @property
    def extended(self) -> Decimal | None:
        """Quantity × unit price in cents, exact; None where one of them is not given."""
        if self.quantity is None or self.unit_price is None:
            return None
        return EXACT.multiply(self.quantity, self.unit_price)

    @property
    def worth(self) -> Exact | None:
        """What the line comes to in cents, exact: its own amount where given, otherwise quantity × unit price."""
        return self.amount if self.amount is not None else self.extended


@dataclass(frozen=True, slots=True)
class Rounding:
    """What a profile allows: a line of at most so many cents that makes the lines come to the total."""

    limit: int  # cents
    financial_account_id: str


class Invoice(NamedTuple):
    """One invoice as the sheet says it: a header and its lines. `problems` are those found while reading it.

    A tuple underneath, like its lines: there are tens of thousands of them.
    """

    integration_id: str | None
    property_id: str | None
    vendor_id: str | None
    invoice_number: str | None
    invoice_date: date | None
    due_date: date | None
    accounting_date: date | None
    notes: str | None
    memo: str | None
    total: Exact | None  # cents
    lines: tuple[Line, ...]
    rows: tuple[Row, ...]  # all of its rows, in the file's order; never empty
    problems: tuple[Problem, ...] = ()
    rounding: Rounding | None = None  # None: no rounding line may be added

    @property
    def source(self) -> Source:
        """The table that it comes from."""
        return self.rows[0].source

    @property
    def worth(self) -> int:
        """Cents for adding up in reports: the total, or the lines where none can be read; 0 in another currency."""
        if self.problems and any(problem.kind is OTHER_CURRENCY for problem in self.problems):
            return 0
        if self.total is not None:
            return int(self.total)
        return int(sum((line.worth or Decimal() for line in self.lines), Decimal()))

    def place(self, field_name: str) -> Place:
        """Where the header field stands: the first row that fills it, otherwise the invoice's first row."""
        return next((row for row in self.rows if row.says(field_name)), self.rows[0]).place(field_name)

    def cell_text(self, field_name: str) -> str:
        """The text of the cell that `place` points at."""
        for row in self.rows:
            if _says(cell := row.cell(field_name)):
                return cell_text(cell)
        return ""
