"""What the files of one run say: tables, rows that are left out, invoices, and the totals that the files state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from importer.domain.cells import Cell
from importer.domain.corrections import CorrectionTrail, GivenBack
from importer.domain.invoice import Invoice, Row, Source
from importer.domain.problems import Place, Problem


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row that is neither heading nor data, and why ("blank", "title above the heading row")."""

    file: str
    sheet: str | None
    row: int
    reason: str
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file of the run, as it was when it was read."""

    name: str
    sha256: str
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class ReadingNotes:
    """How a table was read, as far as its cells alone may not say it a second time."""

    first_heading_row: int  # 1-based: the upper one where the headings take two rows
    side: str = "whole"  # "header" or "lines" where two tables complete each other
    profile: str = ""  # the profile that it was read with, as TOML
    date_order: str | None = None  # "MDY", "DMY" or "YMD", where the profile or the column as a whole shows it
    details: Mapping[str, str] = field(default_factory=dict)  # of the file: "dates": "1904", "decimal": ","


@dataclass(frozen=True, slots=True)
class Table:
    """What was found in one sheet: every row of it is the heading, a data row, or skipped."""

    source: Source
    rows: tuple[Row, ...]
    skipped: tuple[SkippedRow, ...]
    understood: ReadingNotes | None = None  # None for a sheet that was left out

    @property
    def width(self) -> int:
        """So many cells has its widest row."""
        kept = {id(row.kept): row.kept for row in self.rows}.values()
        widths = (len(each) if isinstance(each, tuple) else each.width for each in kept)
        return max((*widths, *(len(each.cells) for each in self.skipped)), default=0)


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """A total that the file itself states, beside what the rows above it come to. Both in cents."""

    place: Place
    label: str  # the words of its row ("Grand Total"), or what shows that it is a total
    says: Decimal
    found: Decimal  # where cells cannot be read, what the others come to
    unread: tuple[str, ...] = ()  # the cells above it that cannot be read: "H3"
    once: Decimal | None = None  # what the invoices come to, where it agrees only with the sum over all their lines
    vendor: Decimal | None = None  # what the vendor's own file says, where it was changed by hand

    @property
    def agrees(self) -> bool:
        """True where the rows add up to what the file says."""
        return self.says == self.found


@dataclass(frozen=True, slots=True)
class Reading:
    """What the files of one run say. Each data row is in exactly one invoice or in one of the `problems`."""

    files: tuple[InputFile, ...]
    tables: tuple[Table, ...]
    invoices: tuple[Invoice, ...]
    problems: tuple[Problem, ...] = ()
    notices: tuple[str, ...] = ()  # how the files were understood, where it was no matter of course
    control_totals: tuple[ControlTotal, ...] = ()
    former_keys: Mapping[Place, str] = field(default_factory=dict)  # rows given back: the invoice that each was open as
    trace: CorrectionTrail = field(
        default_factory=CorrectionTrail
    )  # what was changed by hand, where a results workbook was given back
    given_back: tuple[GivenBack, ...] = ()

    @property
    def row_count(self) -> int:
        """Data rows."""
        return sum(len(table.rows) for table in self.tables)
