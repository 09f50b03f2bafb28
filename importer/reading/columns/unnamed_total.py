"""A column that nobody named the total and that looks like it: unused, an invoice that misses it would pass unseen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from importer.domain.cells import Cell
from importer.domain.fields import ValueKind
from importer.domain.invoice import Invoice
from importer.reading.cells.parse_cell import NumberDateFormat, is_blank, read_cells
from importer.reading.columns.headings import display_heading
from importer.reading.columns.meaning import words_of

LOOKED_AT = 300  # invoices that show what a column is
_TOTALS = frozenset(("total", "sum", "due", "payable"))
_NO_TOTALS = frozenset(
    (
        *("date", "number", "id", "code", "account", "customer", "phone", "zip", "order", "po", "tax", "discount"),
        *(
            "balance",
            "paid",
            "payment",
            "payments",
            "open",
            "outstanding",
            "previous",
            "past",
            "price",
            "rate",
            "quantity",
        ),
        *("terms", "period", "year", "line"),
    )
)


@dataclass(frozen=True, slots=True)
class LikelyTotal:
    """A column, and of how many invoices that it gives an amount for the lines come to something else."""

    index: int
    judged: int
    missed: int


def likely_total(
    headings: Sequence[Cell], left: Sequence[int], invoices: Sequence[Invoice], conventions: NumberDateFormat
) -> LikelyTotal | None:
    """The first of the columns that are `left` which repeats on the rows of an invoice and is what they come to, for
    half of the invoices at least; or is called one. Where no invoice has two rows, it takes both."""
    sample = list(islice(invoices, LOOKED_AT))
    several = any(len(invoice.rows) > 1 for invoice in sample)
    for index in left:
        words = words_of(display_heading(headings[index]))
        if words & _NO_TOTALS:
            continue
        found = _compared(index, sample, conventions)
        if found is None:
            continue
        agreeing = found.judged - found.missed
        is_called = bool(words & _TOTALS)
        if agreeing * 2 >= found.judged or is_called if several else is_called and found.missed * 10 <= found.judged:
            return _compared(index, invoices, conventions) if len(invoices) > LOOKED_AT else found
    return None


def _compared(index: int, invoices: Sequence[Invoice], conventions: NumberDateFormat) -> LikelyTotal | None:
    """None where the column differs on the rows of an invoice, or gives no amounts."""
    cells = [
        {row.cells[index] for row in invoice.rows if index < len(row.cells) and not is_blank(row.cells[index])}
        for invoice in invoices
    ]
    if any(len(each) > 1 for each in cells):
        return None
    given = [(next(iter(each)), invoice.total) for each, invoice in zip(cells, invoices, strict=True) if each]
    amounts = read_cells([cell for cell, _ in given], ValueKind.DOLLARS, conventions)
    if not given or not all(isinstance(amount, Decimal) for amount in amounts) or not any(amounts):
        return None
    missed = sum(amount != total for amount, (_, total) in zip(amounts, given, strict=True))
    return LikelyTotal(index, len(given), missed)
