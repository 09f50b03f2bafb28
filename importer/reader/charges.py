"""Columns of freight, discounts and tax rates that nothing accounts for: left out, the vendor is paid the wrong sum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from importer.columns import Kind
from importer.models import Cell
from importer.reader.cells import Conventions, read_cells
from importer.reader.headings import listed, spelled
from importer.reader.mapping import SAID_AMOUNTS, Cells, Mapped, Question, unused
from importer.reader.vocabulary import words_of

_ADDED = frozenset(("freight", "shipping", "delivery", "handling", "surcharge", "surcharges", "fee", "fees", "postage"))
_TAKEN_OFF = frozenset(("discount", "discounts", "retainage", "retention", "deposit", "rebate", "rabatt", "remise"))
_RATES = frozenset(("percent", "rate", "satz"))
_NO_AMOUNTS = frozenset(("date", "code", "type", "number", "account", "method", "address", "terms", "reason"))


def unaccounted(headings: Sequence[Cell], mapped: Mapped, cells: Cells, conventions: Conventions) -> Iterator[Question]:
    """A question for each such column, where no column gives the total: with a total, the lines must add up to it."""
    if {"total_amount", "total_amount_in_cents"} & mapped.columns.keys() or mapped.settled & SAID_AMOUNTS:
        return
    if mapped.parts or not mapped.has_line_money or any(question.field == "tax" for question in mapped.questions):
        return
    for index in unused(headings, mapped):
        words = words_of(spelled(headings[index]))
        is_rate = "tax" in words and bool(words & _RATES)
        if not (is_rate or words & (_ADDED | _TAKEN_OFF)) or words & _NO_AMOUNTS:
            continue
        read = read_cells([_plain(cell) for cell in cells(index)], Kind.DOLLARS, conventions)
        if not any(isinstance(value, Decimal) and value for value in read):
            continue
        heading = spelled(headings[index])
        what = f"{listed([(index, headings[index])])} holds amounts that are in no line, and no column gives the total"
        said = next(
            (name for name in ("line_amount", "unit_price", "unit_price_in_cents") if name in mapped.columns), ""
        )
        settle = f'to leave it out, [columns] {said} = "{spelled(headings[mapped.columns[said]])}"' if said else ""
        if words & _ADDED:
            extra = f'[[extra_lines]] heading = "{heading}", financial_account_id = "…"'
            settle = f"{extra}; or, {settle}" if settle else extra
        yield Question("tax", what, settle or 'name the total: [columns] total_amount = "…"', (heading,))
        return


def _plain(cell: Cell) -> Cell:
    return cell.strip().rstrip("%") if isinstance(cell, str) else cell
