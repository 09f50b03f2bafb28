"""The due date of an invoice that names none: by its own terms, or by the profile's usual days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from importer.domain import problem_catalog
from importer.domain.cells import Cell, cell_text, column_letter
from importer.domain.invoice import Invoice, Row
from importer.domain.problems import Problem
from importer.reading.cells.parse_cell import (
    CellValue,
    Unreadable,
    is_blank,
    quoted,
)
from importer.reading.invoices.payment_terms import due_by
from importer.reading.invoices.rows_together import ReadCells
from importer.reading.profiles.vendor_profile import Profile
from importer.reading.tables.parsed_table import ParsedTable


def due_dates(
    layout: ParsedTable,
    profile: Profile,
    values: Mapping[str, ReadCells],
    count: int,
    given: Sequence[CellValue] | None = None,
) -> list[CellValue] | None:
    """The due date of each row by a column that says "Net 30", or by the profile's terms; None where neither is.
    `given` are the bill dates that the profile gives, by row."""
    read = values.get("invoice_date")
    issued: Sequence[CellValue | Unreadable] | None = read if given is None or read is None else _either(read, given)
    issued = given if issued is None else issued
    terms = layout.mapped.others.get("terms")
    if issued is None or (profile.terms_days is None and terms is None):
        return None
    said = [] if terms is None else [cell_text(cell) for cell in layout.cells(terms)]
    said += [""] * (count - len(said))
    return [
        _due(day, own.strip(), profile.terms_days) if isinstance(day, date) else None
        for day, own in zip(issued, said, strict=True)
    ]


def _either(read: ReadCells, given: Sequence[CellValue]) -> ReadCells:
    return [other if day is None else day for day, other in zip(read, given, strict=True)]


def days_of_terms(
    due: Sequence[CellValue | Unreadable], issued: Sequence[CellValue | Unreadable]
) -> list[CellValue | Unreadable]:
    """The due dates, where terms such as "Net 30" stand in their column the days that these mean. Terms on a row
    without a bill date of its own are those of the row that has it."""
    if Unreadable not in set(map(type, due)):
        return list(due)
    return [
        _by_its_terms(value, day)
        if isinstance(value, Unreadable) and value.kind is problem_catalog.NOT_A_DATE
        else value
        for value, day in zip(due, issued, strict=True)
    ]


def _by_its_terms(value: Unreadable, issued: CellValue | Unreadable) -> CellValue | Unreadable:
    if not any(map(str.isalpha, value.text)) or due_by(value.text, date.min) is None:
        return value
    if issued is None:
        return None
    return due_by(value.text, issued) if isinstance(issued, date) else value


def _due(issued: date, terms: str, usual: int | None) -> date | None:
    """By the row's own terms, or the usual ones where it has none. `remarks` names terms that cannot be read."""
    if terms:
        return due_by(terms, issued)
    return None if usual is None else issued + timedelta(days=usual)


def agreed(layout: ParsedTable, invoices: list[Invoice]) -> list[Invoice]:
    """The invoices of several rows by the terms that these say together: the first that are there hold for all rows,
    and others that lead to another day contradict them. Where the invoice names its due date, terms decide nothing."""
    index = layout.mapped.others.get("terms")
    if index is None:
        return invoices
    return [invoice if len(invoice.rows) < 2 else _agreed(invoice, index, layout) for invoice in invoices]


def _agreed(invoice: Invoice, index: int, layout: ParsedTable) -> Invoice:
    issued = invoice.invoice_date
    if issued is None or any(row.says("due_date") for row in invoice.rows):
        return invoice
    said = [row for row in invoice.rows if row.source is layout.source and not is_blank(_terms(row, index))]
    due = [due_by(cell_text(_terms(row, index)), issued) for row in said]
    if not said or due[0] is None:
        return invoice
    against = [
        _contradiction(said[0], row, index)
        for row, day in zip(said, due, strict=True)
        if day is not None and day != due[0]
    ]
    if not against and invoice.due_date == due[0]:
        return invoice
    return invoice._replace(due_date=due[0], problems=(*invoice.problems, *against))


def _contradiction(first: Row, later: Row, index: int) -> Problem:
    text, first_text = (cell_text(_terms(row, index)).strip() for row in (later, first))
    where = f"row {first.number} of the file"
    what = f"{quoted(text)} contradicts {where}, which says {quoted(first_text)}: they make two due dates."
    place = replace(later.place(), column=column_letter(index))
    return Problem(problem_catalog.CONTRADICTION, what, place, "due_date", text)


def _terms(row: Row, index: int) -> Cell:
    return row.cells[index] if index < len(row.cells) else None
