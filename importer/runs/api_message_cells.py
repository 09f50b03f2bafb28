"""Which cells of an invoice an answer of the API speaks of, so that they can be shown to the clerk.

The contract gives no words for a write that failed; the field's own name counts first, then what people call it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from importer.domain.cells import cell_text
from importer.domain.invoice import Invoice, Row
from importer.domain.problems import Place

_WORDS = {
    "property_id": r"propert(?:y|ies)",
    "vendor_id": "vendors?",
    "financial_account_id": r"(?:gl|financial|expense) accounts?|gl codes?|accounts?",
    "accounting_date": "accounting (?:period|date|month)|post(?:ing)? (?:period|date|month)|period",
    "due_date": "due date",
    "invoice_date": "(?:invoice|bill) date",
    "invoice_number": "(?:invoice|bill|reference) number|duplicate",
    "total_amount": "(?:invoice )?total",
    "unit_price": "unit price",
    "quantity_ordered": "quantity",
    "notes": "notes",
    "memo": "memo",
}
_NAMED = re.compile(
    "|".join(rf"(?P<{field}>\b(?:{field}(?:_in_cents)?|{words})\b)" for field, words in _WORDS.items()), re.IGNORECASE
)
_OF_A_LINE = re.compile(r"invoice_items\.(\d+)\.")
_LINE_FIELDS = ("financial_account_id", "unit_price", "quantity_ordered")


@dataclass(frozen=True, slots=True)
class NamedCell:
    """Some of the words, and the cell that they name."""

    words: str
    place: Place
    field: str
    text: str


def cells_named(words: str, invoice: Invoice) -> tuple[NamedCell, ...]:
    """The words, part by part, each with its cell; nothing where they name no field. "; " stands between parts."""
    found: list[tuple[str, Row, str]] = []
    before = ""
    for part in words.split("; "):
        named = _NAMED.search(part)
        if named is not None and named.lastgroup is not None:
            found += [(before + part, *at) for at in _places(part, named.lastgroup, invoice)]
            before = ""
        elif found:
            found[-1] = (f"{found[-1][0]}; {part}", *found[-1][1:])
        else:
            before += f"{part}; "
    return tuple(NamedCell(said, row.place(field), field, cell_text(row.cell(field))) for said, row, field in found)


def _places(part: str, field: str, invoice: Invoice) -> Iterator[tuple[Row, str]]:
    columns = invoice.source.columns
    at = _OF_A_LINE.search(part)
    if at is not None and int(at[1]) < len(invoice.lines):
        row = invoice.lines[int(at[1])].row
        yield row, "item_notes" if field == "notes" and "item_notes" in row.source.columns else _spelt(field, row)
        return
    if field == "financial_account_id":
        rows = [line.row for line in invoice.lines if line.financial_account_id and line.financial_account_id in part]
        yield from ((row, field) for row in dict.fromkeys(rows) or dict.fromkeys(_rows_of_lines(invoice)[:1]))
        return
    if field in _LINE_FIELDS:
        yield from ((row, _spelt(field, row)) for row in _rows_of_lines(invoice)[:1])
        return
    if field == "accounting_date" and field not in columns:
        field = "invoice_date"  # the accounting date is the bill date where none is given
    first = invoice.rows[0]
    field = _spelt(field, first)
    yield next((row for row in invoice.rows if row.says(field)), first), field


def _rows_of_lines(invoice: Invoice) -> list[Row]:
    return [line.row for line in invoice.lines] or [invoice.rows[0]]


def _spelt(field: str, row: Row) -> str:
    """The field as the sheet has it: in dollars or in cents."""
    cents = f"{field}_in_cents"
    return cents if field not in row.source.columns and cents in row.source.columns else field
