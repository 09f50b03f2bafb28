"""Tables written down in a test, as the reader gets them from a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from importer.domain.cells import Cell
from importer.domain.money import Exact
from importer.domain.packed import PackedRows
from importer.domain.reading import InputFile, Reading
from importer.reading.formats.raw_workbook import RawSheet, RawWorkbook
from importer.reading.profiles.vendor_profile import Profile, parse_profile
from importer.reading.read import read_contents

PLAIN = (
    "property_id",
    "vendor_id",
    "invoice_number",
    "invoice_date",
    "due_date",
    "notes",
    "memo",
    "total_amount",
    "financial_account_id",
    "quantity_ordered",
    "unit_price",
)
ROW: tuple[Cell, ...] = (
    "prop-1",
    "vend-1",
    "INV-1",
    "2026-03-14",
    "2026-04-13",
    "mowing",
    "march",
    "100.00",
    "finacct-1",
    "2",
    "50.00",
)


def trimmed(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """A row as `RawSheet` promises it: blanks are None, and none stands at the end."""
    row = [None if cell == "" else cell for cell in cells]
    while row and row[-1] is None:
        row.pop()
    return tuple(row)


def sheet(
    *rows: Sequence[Cell],
    name: str | None = None,
    visible: bool = True,
    hidden_rows: frozenset[int] = frozenset(),
    hidden_columns: frozenset[int] = frozenset(),
    merged: tuple[tuple[int, int, int, int], ...] = (),
) -> RawSheet:
    """A sheet of these rows."""
    return RawSheet(name, PackedRows([trimmed(row) for row in rows]), visible, hidden_rows, hidden_columns, merged)


def contents(*sheets: RawSheet, name: str = "march.csv") -> RawWorkbook:
    """A file of these sheets."""
    return RawWorkbook(InputFile(name, "0" * 64, 1), "csv" if len(sheets) == 1 else "xlsx", sheets)


def row(**cells: Cell) -> tuple[Cell, ...]:
    """A good row of the plain layout with some of its cells changed."""
    values = dict(zip(PLAIN, ROW, strict=True)) | cells
    return tuple(values.values())


def plain(*rows: Sequence[Cell], headings: Sequence[Cell] = PLAIN) -> Reading:
    """What the reader finds in a sheet of the plain layout."""
    return read_contents([contents(sheet(headings, *rows))], integration_id="intg-1")


def said(reading: Reading) -> list[tuple[str, str]]:
    """Code and cell of every problem, those of the invoices first."""
    every = [problem for invoice in reading.invoices for problem in invoice.problems] + list(reading.problems)
    return [(problem.kind.code, problem.place.cell) for problem in every]


IDS = {
    "property_id": "prop-1",
    "vendor_id": "vend-1",
    "financial_account_id": "finacct-1",
    "notes": "{file} row {row}",
    "memo": "by hand",
}


def profile(**said: object) -> Profile:
    """A profile that gives what a vendor's sheet lacks, with more of it said as in its TOML file."""
    given = cast("dict[str, object]", said.pop("defaults", {}))
    return parse_profile({"defaults": {**IDS, "terms_days": 30, **given}, **said}, "vendor")


def vendor(*rows: Sequence[Cell], **said: object) -> Reading:
    """What the reader finds in a vendor's csv with such a profile."""
    return read_contents([contents(sheet(*rows))], integration_id="intg-1", profile=profile(**said))


def skipped(reading: Reading) -> list[tuple[int, str]]:
    """Every skipped row with its reason."""
    return [(each.row, each.reason) for table in reading.tables for each in table.skipped]


def money(reading: Reading) -> list[tuple[str | None, int | None, list[int | None]]]:
    """Number, total and lines of each invoice, in whole cents."""
    return [
        (each.invoice_number, _whole(each.total), [_whole(line.worth) for line in each.lines])
        for each in reading.invoices
    ]


def _whole(amount: Exact | None) -> int | None:
    return None if amount is None else int(amount)
