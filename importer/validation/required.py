"""Required cells: what the API cannot do without, and what would be embarrassing to leave out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter

from importer.domain.fields import BY_NAME
from importer.domain.invoice import Invoice, Line
from importer.domain.problem_catalog import MISSING_VALUE, NO_ACCOUNT
from importer.domain.problems import Problem
from importer.validation.rule_input import RuleInput

HEADER = ("integration_id", "property_id", "vendor_id", "invoice_number", "invoice_date", "due_date", "notes", "memo")
TOTAL_FIELDS = ("total_amount", "total_amount_in_cents")
PRICE_FIELDS = ("unit_price", "unit_price_in_cents")
_HEADER_OF = attrgetter(*HEADER)
_ACCOUNT_OF = attrgetter("financial_account_id")


def are_filled(case: RuleInput) -> bool:
    """True where the rules of this page have nothing to say, as of nearly every invoice."""
    invoice = case.invoice
    return (
        invoice.total is not None
        and None not in _HEADER_OF(invoice)
        and None not in case.charges
        and None not in map(_ACCOUNT_OF, invoice.lines)
    )


class Reported:
    """The cells of an invoice in which the reader has named an error."""

    def __init__(self, invoice: Invoice) -> None:
        self._columns = columns = invoice.source.columns
        self._cells: set[tuple[int | str, int | None]] = {
            (columns.get(problem.field, problem.field), problem.place.row)
            for problem in invoice.problems
            if problem.is_error and problem.field is not None
        }
        self._fields = {at for at, _ in self._cells}

    def __call__(self, field: str, row: int | None = None) -> bool:
        """True where there is one in the field, or in another of the same column: in that row or (None) in any."""
        at = self._columns.get(field, field)
        return at in self._fields if row is None else (at, row) in self._cells


def header_is_filled(case: RuleInput) -> Iterator[Problem]:
    """Every required cell of the invoice holds something."""
    invoice = case.invoice
    reported = Reported(invoice)
    for field in _blank(invoice):
        if not reported(field) and not _follows(invoice, field):
            yield _missing_header(invoice, field)
    if invoice.total is None and not any(map(reported, TOTAL_FIELDS)):
        field = total_field(invoice)
        if not _follows(invoice, field):
            yield _missing_header(invoice, field)


def lines_are_filled(case: RuleInput) -> Iterator[Problem]:
    """Every line has its GL account, and a quantity with a unit price, or an amount."""
    invoice, reported = case.invoice, Reported(case.invoice)
    for line, sent in zip(invoice.lines, case.charges, strict=False):  # one for rounding has no line
        if line.financial_account_id is None:
            yield from _missing(reported, line, "financial_account_id")
        if sent is not None or line.worth is not None or reported("line_amount", line.row.number):
            continue
        if _takes_amounts_alone(line):
            yield from _missing(reported, line, "line_amount")
            continue
        if line.quantity is None:
            yield from _missing(reported, line, "quantity_ordered")
        if line.unit_price is None and not any(reported(field, line.row.number) for field in PRICE_FIELDS):
            yield from _missing(reported, line, price_field(line))


def total_field(invoice: Invoice) -> str:
    """The field that gives the invoice's total; where neither does, the one that the sheet has a column for."""
    for field in TOTAL_FIELDS:
        if any(row.says(field) for row in invoice.rows):
            return field
    return _first_of(TOTAL_FIELDS, invoice.source.columns)


def price_field(line: Line) -> str:
    """The field that gives the line's unit price; where neither does, the one that the sheet has a column for."""
    for field in PRICE_FIELDS:
        if line.row.says(field):
            return field
    return _first_of(PRICE_FIELDS, line.row.source.columns)


def _blank(invoice: Invoice) -> list[str]:
    header = _HEADER_OF(invoice)
    return [field for field, value in zip(HEADER, header, strict=True) if value is None] if None in header else []


def _follows(invoice: Invoice, field: str) -> bool:
    """True where the sheet has no column for the field, so that it comes from other cells, and one of those is in
    error: a due date by terms, a total that is what the lines come to."""
    return field not in invoice.source.columns and any(problem.is_error for problem in invoice.problems)


def _first_of(fields: Sequence[str], columns: Mapping[str, int]) -> str:
    return next((field for field in fields if field in columns), fields[0])


def _takes_amounts_alone(line: Line) -> bool:
    """True where the sheet has a column of amounts, and none for the quantity or none for the price."""
    columns = line.row.source.columns
    priced = "quantity_ordered" in columns and any(field in columns for field in PRICE_FIELDS)
    return "line_amount" in columns and not priced


def _missing_header(invoice: Invoice, field: str) -> Problem:
    column = BY_NAME[field]
    if field == "integration_id" and field not in invoice.source.columns:
        return Problem(
            NO_ACCOUNT, "It is not said which ResMan account the invoice is for.", invoice.rows[0].place(), field
        )
    return Problem(MISSING_VALUE, f"The {column.heading} is blank.", invoice.place(field), field, "")


def _missing(reported: Reported, line: Line, field: str) -> Iterator[Problem]:
    if not reported(field, line.row.number):
        what = f"The {BY_NAME[field].heading} is blank."
        yield Problem(MISSING_VALUE, what, line.row.place(field), field, "")
