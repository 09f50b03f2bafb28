"""From raw sheets to invoices: find the table, name its columns, understand its cells, put its rows together."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import repeat
from operator import itemgetter

from importer import problems
from importer.columns import BY_NAME, IDENTITY
from importer.errors import FileUnreadable
from importer.models import Cell, Invoice, Reading, Row, Source, Table, column_letter
from importer.problems import Place, Problem
from importer.reader.cells import PLAIN, Unreadable, Value, is_blank, read_cells
from importer.reader.contents import Contents, Finding, Sheet
from importer.reader.grouping import build_invoices
from importer.reader.headings import listed, spelled
from importer.reader.mapping import map_headings, missing_fields
from importer.reader.table import choose_sheet, heading_index, split_rows

IDS = frozenset((*IDENTITY, "financial_account_id"))


def read_contents(opened: Sequence[Contents], *, integration_id: str | None = None) -> Reading:
    """What opened files say. Raises FileUnreadable for one without a table of invoices."""
    tables: list[Table] = []
    invoices: list[Invoice] = []
    found: list[Problem] = []
    defaults: dict[str, Value] = {} if integration_id is None else {"integration_id": integration_id}
    with _collector_at_rest():
        for contents in opened:
            table, its_invoices, its_problems = _read_table(contents, choose_sheet(contents), defaults)
            tables.append(table)
            invoices.extend(its_invoices)
            found.extend(its_problems)
    return Reading(tuple(contents.file for contents in opened), tuple(tables), tuple(invoices), tuple(found))


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Hundreds of thousands of values are made here and none is garbage: the collector would walk them in vain."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _read_table(
    contents: Contents, sheet: Sheet, defaults: Mapping[str, Value]
) -> tuple[Table, list[Invoice], list[Problem]]:
    name = contents.file.name
    where = f"{name}, sheet {sheet.name}" if sheet.name and len(contents.sheets) > 1 else name
    heading = heading_index(sheet)
    if heading is None:
        raise FileUnreadable(f"No heading row was found in {where}.")
    headings = sheet.rows[heading]
    mapped = map_headings(headings, where)
    missing = missing_fields({*mapped.columns, *defaults})
    if missing:
        raise FileUnreadable(
            f"{where} lacks {_named(missing)}. Its heading row (row {heading + 1}) says: {_said(headings)}.",
            "Add what is missing, or rename the columns that hold it.",
        )
    indexes, skipped = split_rows(name, sheet, heading)
    if not indexes:
        raise FileUnreadable(f"{where} has a heading row and no data rows.", "Fill in the invoices and try again.")
    source = Source(name, sheet.name, heading + 1, headings, dict(mapped.columns))
    cells = [sheet.rows[index] for index in indexes]
    rows = list(map(Row._make, zip(repeat(source), (index + 1 for index in indexes), cells)))
    values = _read_columns(cells, mapped.columns)
    invoices, strays = build_invoices(rows, values, defaults)
    found = [*strays, *(_from_finding(finding, name) for finding in contents.findings)]
    if mapped.unused:
        what = f"Not used: {listed((index, headings[index]) for index in mapped.unused)}."
        found.append(Problem(problems.UNKNOWN_COLUMN, what, Place(name, sheet.name, heading + 1)))
    return Table(source, tuple(rows), tuple(skipped)), invoices, found


def _named(fields: Sequence[str]) -> str:
    """'the columns property_id (Property) and memo (Memo)'."""
    names = [f"{name} ({BY_NAME[name].heading})" for name in fields]
    if len(names) == 1:
        return f"the column {names[0]}"
    return f"the columns {', '.join(names[:-1])} and {names[-1]}"


def _said(headings: Sequence[Cell]) -> str:
    said = [spelled(heading) for heading in headings if not is_blank(heading)]
    return ", ".join(said[:30]) + (", …" if len(said) > 30 else "")


def _read_columns(cells: Sequence[tuple[Cell, ...]], columns: Mapping[str, int]) -> dict[str, list[Value | Unreadable]]:
    shortest = min(map(len, cells))
    values: dict[str, list[Value | Unreadable]] = {}
    for field, index in columns.items():
        if index < shortest:
            column: list[Cell] = list(map(itemgetter(index), cells))
        else:
            column = [row[index] if index < len(row) else None for row in cells]
        values[field] = read_cells(column, BY_NAME[field].kind, PLAIN, is_id=field in IDS)
    return values


def _from_finding(finding: Finding, file: str) -> Problem:
    column = None if finding.column is None else column_letter(finding.column)
    place = Place(file, finding.sheet, finding.row, column)
    return Problem(problems.KINDS[finding.code], finding.what, place, value=finding.value)
