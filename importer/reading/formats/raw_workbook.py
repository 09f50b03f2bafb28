"""What a file holds, before anybody asks what it means: sheets of raw cells. The seam between formats and tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from importer.domain.packed import PackedRows
from importer.domain.reading import InputFile
from importer.reading.formats.facts.looks import Pieces, Position


@dataclass(frozen=True, slots=True, eq=False)
class RawSheet:
    """One sheet. `rows[0]` is the spreadsheet's row 1.

    A csv is one sheet without a name; each of its records is one row, as Excel would show it.
    """

    name: str | None
    rows: PackedRows
    visible: bool = True
    hidden_rows: frozenset[int] = frozenset()  # 1-based; hidden by hand or by a filter
    hidden_columns: frozenset[int] = frozenset()  # 0-based
    merged: tuple[tuple[int, int, int, int], ...] = ()  # (first row, first column, last row, last column), 0-based
    left_out: frozenset[int] = frozenset()  # 1-based; rows that were no data when the vendor's own file was read
    looks: Mapping[Position, Pieces] = field(default_factory=dict)  # of cells whose looks say something
    comments: Mapping[Position, str] = field(default_factory=dict)  # on cells, by persons


@dataclass(frozen=True, slots=True, eq=False)
class RawWorkbook:
    """One file, opened. `format` is what its content is, whatever its name says.

    It is one of xlsx, xlsm, xlsb, xls, ods, xml (a workbook that Excel 2003 saved as XML), html and csv (with any
    separator). `sheets` are its worksheets in their order, hidden ones too; chart sheets are left out.
    """

    file: InputFile
    format: str
    sheets: tuple[RawSheet, ...]
    details: Mapping[str, str] = field(default_factory=dict)  # "encoding": "cp1252", "delimiter": ";", …
    findings: tuple[FileFinding, ...] = ()


@dataclass(frozen=True, slots=True)
class FileFinding:
    """Something noticed about the file as a whole; `code` is that of a `ProblemKind`."""

    code: str
    what: str
    sheet: str | None = None
    row: int | None = None  # 1-based
    column: int | None = None  # 0-based
    value: str | None = None
