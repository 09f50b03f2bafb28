"""A balance of earlier bills beside the amount that is due: taken for the total, it would be billed a second time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from importer.domain.cells import Cell
from importer.domain.fields import ValueKind
from importer.domain.money import dollars
from importer.reading.cells.parse_cell import NumberDateFormat, read_cells
from importer.reading.columns.amounts import AmountColumn, same
from importer.reading.columns.column_map import (
    SAID_AMOUNTS,
    CellsOfColumn,
    ColumnMap,
    Question,
    unused,
)
from importer.reading.columns.headings import display_heading, quoted_columns
from importer.reading.columns.meaning import words_of

_EARLIER = frozenset(("previous", "prior", "prev", "opening", "anterior", "precedent", "precedente", "vorig", "vorige"))
_SUMS = frozenset(("balance", "bal", "amount", "due", "charges", "charge", "total", "saldo", "solde", "invoice"))
_CARRIED = tuple(
    map(
        frozenset,
        (
            ("balance", "forward"),
            ("carried", "forward"),
            ("brought", "forward"),
            ("balance", "last"),
            ("past", "due"),
            ("overdue",),
            ("arrears",),
            ("saldovortrag",),
            ("vortrag",),
            ("altsaldo",),
            ("ruckstand",),
            ("report", "nouveau"),
        ),
    )
)
_NO_BALANCE = frozenset(
    (
        *("days", "date", "number", "reading", "read", "flag", "year", "status", "consumption", "usage", "payment"),
        *("payments", "period", "owner", "account", "id", "type", "code"),
    )
)
_NEW = frozenset(("current", "new", "this", "aktuell", "aktuelle", "neue", "actual", "nouveau", "nouveaux", "corrente"))
_CHARGES = frozenset(("charge", "charges", "amount", "invoice", "total", "due", "month", "period", "cargos", "cargo"))


def is_carried(heading: str) -> bool:
    """True for "Previous Balance", "Balance Forward", "Past Due" and the like."""
    words = words_of(heading)
    if words & _NO_BALANCE:
        return False
    return bool(words & _EARLIER and words & _SUMS) or any(each <= words for each in _CARRIED)


def balance_forward_questions(
    headings: Sequence[Cell],
    mapped: ColumnMap,
    cells: CellsOfColumn,
    conventions: NumberDateFormat,
    *,
    whatever: bool = False,
) -> Iterator[Question]:
    """A question for each column with a balance of earlier bills, where what is due may include it.

    Nothing is asked where a profile says which amount is to be paid, where the lines must add up to the total, where
    the amount due is the new charges alone, and where the balances are nothing (unless `whatever`).
    """
    due = _due(mapped)
    if due is None or any(question.field == due[0] for question in mapped.questions):
        return
    name, index = due
    left = unused(headings, mapped)
    balances = [at for at in left if is_carried(display_heading(headings[at]))]
    if not balances:
        return

    def read(at: int) -> AmountColumn:
        return read_cells(cells(at), ValueKind.DOLLARS, conventions)

    told = [(at, amounts) for at in balances if (amounts := _amounts(read(at))) or whatever]
    current = next((at for at in left if at not in balances and _is_new(display_heading(headings[at]))), None)
    if not told or (current is not None and not whatever and same(read(current), read(index))):
        return
    at, amounts = told[0]
    said = f" ({dollars(amounts[0])} and more)" if len(amounts) > 1 else f" ({dollars(amounts[0])})" if amounts else ""
    what = (
        f"{quoted_columns([(at, headings[at])])} holds what earlier bills left open{said}, and "
        f"{quoted_columns([(index, headings[index])])}, which would be the invoice's amount, may include it: it "
        "would be "
        "billed a second time"
    )
    whole = display_heading(headings[index])
    choices = (whole,) if current is None else (display_heading(headings[current]), whole)
    alone = f'to bill the new charges alone, [columns] {name} = "{"…" if current is None else choices[0]}"'
    settle = f'{alone}; or, where it is to be paid as it stands, [columns] {name} = "{whole}"'
    yield Question(name, what, settle, choices)


def _due(mapped: ColumnMap) -> tuple[str, int] | None:
    """The column that alone says what an invoice comes to."""
    columns = mapped.columns
    if mapped.settled & SAID_AMOUNTS or mapped.parts or mapped.extras or {"debit", "credit"} <= mapped.others.keys():
        return None
    totals = [name for name in ("total_amount", "total_amount_in_cents") if name in columns]
    taken = {columns[name] for name in totals}
    priced = ("line_amount", "unit_price", "unit_price_in_cents")
    lines = [name for name in priced if name in columns and columns[name] not in taken]
    if totals and not lines:
        return totals[0], columns[totals[0]]
    return ("line_amount", columns["line_amount"]) if lines == ["line_amount"] and not totals else None


def _amounts(column: AmountColumn) -> list[Decimal]:
    return [value for value in column if isinstance(value, Decimal) and value]


def _is_new(heading: str) -> bool:
    words = words_of(heading)
    return bool(words & _NEW and words & _CHARGES) and not words & _NO_BALANCE - {"period"}
