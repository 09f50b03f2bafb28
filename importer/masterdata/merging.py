"""One invoice that its rows spell in two ways: put together once its names are known to be the same.

The reader puts rows together that say the same; that "Maple Court" and `prop-maplecourt` are one property, it cannot
know. Rows that it kept apart although they say the same stay apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from importer.domain.cells import cell_text
from importer.domain.identity import normalised_number
from importer.domain.invoice import Invoice, Row
from importer.domain.problem_catalog import CONTRADICTION, REPEATED_ROW
from importer.domain.problems import Problem

HEADER = ("invoice_date", "due_date", "accounting_date", "notes", "memo", "total")
NAMED = ("property_id", "vendor_id", "invoice_number", "financial_account_id")
CELL = {"total": ("total_amount", "total_amount_in_cents")}


def merge(
    invoices: Sequence[Invoice], remarks: Mapping[int, tuple[Problem, ...]], as_read: Sequence[Invoice]
) -> tuple[list[Invoice], dict[int, tuple[Problem, ...]]]:
    """Invoices of one table that turned out to be the same, as one each; remarks by the new indexes."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for index, invoice in enumerate(invoices):
        identity = (invoice.integration_id, invoice.property_id, invoice.vendor_id)
        if invoice.invoice_number is None or None in identity:
            groups[(index,)] = [index]
            continue
        key = (id(invoice.source), *identity, normalised_number(invoice.invoice_number))
        groups.setdefault(key, []).append(index)
    merged: list[Invoice] = []
    found: dict[int, tuple[Problem, ...]] = {}
    for indexes in groups.values():
        spellings = {(as_read[index].property_id, as_read[index].vendor_id) for index in indexes}
        parts = [indexes] if len(spellings) == len(indexes) else [[index] for index in indexes]
        for part in parts:
            mine = [problem for index in part for problem in remarks.get(index, ())]
            if mine:
                found[len(merged)] = tuple(dict.fromkeys(mine))
            merged.append(_with_repeats(_joined([invoices[index] for index in part])))
    return merged, found


def _with_repeats(invoice: Invoice) -> Invoice:
    """With a warning on each row that says the same as one before it, but for how it spells the names.

    The reader has compared what the cells say. Where the sheet states a total, that shows what is there twice.
    """
    if len(invoice.lines) < 2 or len({line[1:] for line in invoice.lines}) == len(invoice.lines):
        return invoice
    columns = invoice.source.columns
    if any(name in columns for name in CELL["total"]):
        return invoice
    named = {columns[name] for name in NAMED if name in columns}
    first: dict[object, Row] = {}
    problems: list[Problem] = []
    for line in invoice.lines:
        row = line.row
        said = (line[1:], tuple(cell for at, cell in enumerate(row.cells) if at not in named))
        before = first.setdefault(said, row)
        if before.cells != row.cells:
            what = f"Row {row.number} says the same as row {before.number}, the names spelt differently."
            problems.append(Problem(REPEATED_ROW, what, row.place()))
    return invoice._replace(problems=(*invoice.problems, *problems)) if problems else invoice


def _joined(parts: Sequence[Invoice]) -> Invoice:
    first = parts[0]
    if len(parts) == 1:
        return first
    values: dict[str, Any] = {}
    problems = [problem for part in parts for problem in part.problems]
    states_total = any(name in first.source.columns for name in CELL["total"])
    for name in HEADER:
        said = [(getattr(part, name), part) for part in parts if getattr(part, name) is not None]
        values[name] = said[0][0] if said else None
        if name == "total" and not states_total:
            values[name] = sum((value for value, _ in said), Decimal()) if said else None  # what the lines come to
            continue
        problems += [_contradiction(name, said[0][1], part) for value, part in said[1:] if value != values[name]]
    lines = sorted((line for part in parts for line in part.lines), key=lambda line: line.row.number)
    rows = sorted((row for part in parts for row in part.rows), key=lambda row: row.number)
    return first._replace(**values, lines=tuple(lines), rows=tuple(rows), problems=tuple(problems))


def _contradiction(name: str, first: Invoice, later: Invoice) -> Problem:
    """The cell of the later part against that of the first."""
    field = next((each for each in CELL.get(name, (name,)) if each in later.source.columns), name)
    row = next((each for each in later.rows if each.says(field)), later.rows[0])
    text, place = cell_text(row.cell(field)).strip(), first.place(field)
    return Problem(
        CONTRADICTION,
        f"{text!r} contradicts row {place.row} of the file, which says {first.cell_text(field).strip()!r}.",
        row.place(field),
        field,
        text,
    )
