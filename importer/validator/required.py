"""Required cells: what the API cannot do without, and what would be embarrassing to leave out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from importer.columns import BY_NAME
from importer.models import Invoice, Line
from importer.problems import MISSING_VALUE, Problem
from importer.validator.case import Case

HEADER = ("integration_id", "property_id", "vendor_id", "invoice_number", "invoice_date", "due_date", "notes", "memo")


def header_is_filled(case: Case) -> Iterator[Problem]:
    """Every required cell of the invoice holds something."""
    invoice = case.invoice
    for field in HEADER:
        if getattr(invoice, field) is None and not _reported(invoice, field):
            yield _missing_header(invoice, field)
    if invoice.total is None and not _reported(invoice, total_field(invoice)):
        yield _missing_header(invoice, total_field(invoice))


def lines_are_filled(case: Case) -> Iterator[Problem]:
    """Every line has its GL account, and a quantity with a unit price, or an amount."""
    invoice = case.invoice
    for line in invoice.lines:
        if line.financial_account_id is None:
            yield from _missing(invoice, line, "financial_account_id")
        if line.amount is None:
            if line.quantity is None and line.unit_price is None and _has_only(line, "line_amount"):
                yield from _missing(invoice, line, "line_amount")
                continue
            if line.quantity is None:
                yield from _missing(invoice, line, "quantity_ordered")
            if line.unit_price is None:
                yield from _missing(invoice, line, price_field(line))


def total_field(invoice: Invoice) -> str:
    """The field that the sheet gives the invoice's total in."""
    return _given(invoice.source.columns, "total_amount", "total_amount_in_cents")


def price_field(line: Line) -> str:
    """The field that the sheet gives the line's unit price in."""
    return _given(line.row.source.columns, "unit_price", "unit_price_in_cents")


def _given(columns: Mapping[str, int], first: str, second: str) -> str:
    return second if second in columns and first not in columns else first


def _has_only(line: Line, field: str) -> bool:
    columns = line.row.source.columns
    return field in columns and "quantity_ordered" not in columns


def _reported(invoice: Invoice, field: str, row: int | None = None) -> bool:
    return any(
        problem.field == field and (row is None or problem.place.row == row) and problem.is_error
        for problem in invoice.problems
    )


def _missing_header(invoice: Invoice, field: str) -> Problem:
    column = BY_NAME[field]
    if field == "integration_id" and field not in invoice.source.columns:
        return Problem(
            MISSING_VALUE,
            "It is not said which ResMan account the invoice is for.",
            invoice.rows[0].place(),
            field,
            advice="Set PROPEXO_INTEGRATION_ID, or integration_id in importer.toml, or add an Integration column.",
        )
    return Problem(MISSING_VALUE, f"The {column.heading} is blank.", invoice.place(field), field, "")


def _missing(invoice: Invoice, line: Line, field: str) -> Iterator[Problem]:
    if not _reported(invoice, field, line.row.number):
        what = f"The {BY_NAME[field].heading} is blank."
        yield Problem(MISSING_VALUE, what, line.row.place(field), field, "")
