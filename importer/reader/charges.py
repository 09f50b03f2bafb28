"""Columns of freight, discounts and tax rates that nothing accounts for: left out, the vendor is paid the wrong sum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from importer.columns import BY_NAME, Kind
from importer.models import Cell, column_letter
from importer.reader.cells import Conventions, Unreadable, Value, quoted, read_cells
from importer.reader.headings import listed, spelled
from importer.reader.mapping import SAID_AMOUNTS, Cells, Mapped, Question, unused
from importer.reader.vocabulary import words_of

_ADDED = frozenset(("freight", "shipping", "delivery", "handling", "surcharge", "surcharges", "fee", "fees", "postage"))
_TAKEN_OFF = frozenset(
    (
        *("discount", "discounts", "retainage", "retention", "deposit", "rebate", "less", "credits", "allowance"),
        *("rabatt", "skonto", "remise", "escompte", "descuento", "sconto", "korting", "desconto"),
    )
)
_RATES = frozenset(("percent", "rate", "satz"))
_NO_AMOUNTS = frozenset(("date", "code", "type", "number", "account", "method", "address", "terms", "reason"))


def is_taken_off(heading: str) -> bool:
    """True for "Discount", "Less: Deposit" and the like, where the column holds amounts."""
    words = words_of(heading)
    return bool(words & _TAKEN_OFF) and not words & (_NO_AMOUNTS | _RATES)


def taken_off(column: Sequence[Value | Unreadable]) -> list[Value | Unreadable]:
    """The amounts of such a column as they count in the invoice: negative, whichever sign they are written with."""
    return [-abs(value) if isinstance(value, Decimal) else value for value in column]


def booked_as(heading: str, *, is_deducted: bool) -> str:
    """What a profile says for a column to be a line of its own."""
    more = ", deducted = true" if is_deducted else ""
    return f'[[extra_lines]] heading = "{heading}", financial_account_id = "…"{more}'


def unaccounted(
    headings: Sequence[Cell], mapped: Mapped, cells: Cells, conventions: Conventions, *, whatever: bool = False
) -> Iterator[Question]:
    """A question for the first such column, where no column gives the total: with a total, the lines must add up to it.

    With `whatever`, also where there is a total and the column is all that keeps the lines from it.
    """
    if mapped.settled & SAID_AMOUNTS or mapped.parts or any(question.field == "tax" for question in mapped.questions):
        return
    total = mapped.columns.get("total_amount", mapped.columns.get("total_amount_in_cents"))
    if not mapped.has_line_money or (total is not None and not whatever):
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
        is_off = is_taken_off(heading)
        signed = taken_off(read) if is_off else read
        lines = _Lines(mapped, cells, conventions)
        if total is not None:
            if not lines.miss(lines.column("total_amount", total), signed):
                continue
            what = "holds amounts that are in no line, and with it the lines come to the total"
        elif is_off and lines.amount is not None and lines.miss(lines.column("line_amount", lines.amount), signed):
            lines.leave_price_out(heading)
            continue
        else:
            what = "holds amounts that are in no line, and no column gives the total"
        said = next(
            (name for name in ("line_amount", "unit_price", "unit_price_in_cents") if name in mapped.columns), ""
        )
        settle = f'to leave it out, [columns] {said} = "{spelled(headings[mapped.columns[said]])}"' if said else ""
        settle = "" if total is not None else settle  # they would miss the total
        if words & _ADDED or is_off:
            extra = booked_as(heading, is_deducted=is_off)
            settle = f"{extra}; or, {settle}" if settle else extra
        settle = settle or 'name the total: [columns] total_amount = "…"'
        what = f"{listed([(index, headings[index])])} {what}"
        yield Question("tax", what, settle, (heading,), is_deducted=is_off)
        return


class _Lines:
    """What the lines come to by quantity × price, row by row, and what that lacks."""

    def __init__(self, mapped: Mapped, cells: Cells, conventions: Conventions) -> None:
        self._mapped = mapped
        self._cells = cells
        self._conventions = conventions
        self.amount = mapped.columns.get("line_amount")

    def column(self, name: str, index: int) -> list[Value | Unreadable]:
        return read_cells(self._cells(index), BY_NAME[name].kind, self._conventions)

    def miss(self, whole: Sequence[Value | Unreadable], charge: Sequence[Value | Unreadable]) -> bool:
        """Whether on every row quantity × price, with the charge, is the whole."""
        columns = self._mapped.columns
        if not {"quantity_ordered", "unit_price"} <= columns.keys():
            return False
        counts, prices = (self.column(name, columns[name]) for name in ("quantity_ordered", "unit_price"))
        judged = [
            abs(count * price + (more if isinstance(more, Decimal) else 0) - amount) <= 1
            for count, price, more, amount in zip(counts, prices, charge, whole, strict=True)
            if isinstance(count, Decimal) and isinstance(price, Decimal) and isinstance(amount, Decimal)
        ]
        return bool(judged) and all(judged)

    def leave_price_out(self, heading: str) -> None:
        """The line's amount counts, and the price before the discount does not."""
        columns = self._mapped.columns
        letter = column_letter(columns.pop("unit_price"))
        why = f"on every row it is quantity × price less {quoted(heading)}, and so the price ({letter}) is left out"
        self._mapped.taken.append(("line_amount", columns["line_amount"], why))


def _plain(cell: Cell) -> Cell:
    return cell.strip().rstrip("%") if isinstance(cell, str) else cell
