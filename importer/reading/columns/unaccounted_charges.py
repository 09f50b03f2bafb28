"""Columns of freight, discounts and tax rates that nothing accounts for: left out, the vendor is paid the wrong sum."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from importer.domain.cells import Cell, column_letter
from importer.domain.fields import BY_NAME, ValueKind
from importer.reading.cells.parse_cell import (
    NumberDateFormat,
    is_blank,
    quoted,
    read_cells,
)
from importer.reading.columns.amounts import AmountColumn, adds_up, same
from importer.reading.columns.charges import (
    ADDED,
    MULTIPLIERS,
    NO_AMOUNTS,
    PERCENTS,
    RATES,
    SHARES,
    TAKEN_OFF,
    WHOLE,
    booked_as,
    is_taken_off,
    taken_off,
)
from importer.reading.columns.column_map import (
    SAID_AMOUNTS,
    CellsOfColumn,
    ColumnMap,
    Question,
    unused,
)
from importer.reading.columns.headings import display_heading, quoted_columns
from importer.reading.columns.meaning import words_of

_GOODS = frozenset(
    (
        *("parts", "materials", "material", "disposal", "chemicals", "chemical", "supplies", "permit", "permits"),
        *("dump", "environmental", "env", "reimbursables", "consumables"),
    )
)
"""What a line may come to besides its hours: asked about where there is no total, and every cell is an amount."""

_PERHAPS = frozenset(
    (
        *("labor", "labour", "equipment", "rental", "travel", "mileage", "trip", "fuel", "insurance", "levy", "misc"),
        *("miscellaneous", "other", "expense", "expenses", "overtime", "premium", "adder", "extras", "parking"),
    )
)
"""Likewise, where the cells are written as amounts are: a mere 12 may be miles, or the number of a truck."""

_OFFERED = frozenset(
    ("captured", "missed", "lost", "available", "potential", "possible", "offered", "eligible", "early")
)
"""Of a discount for paying early, which is no part of the bill."""

_WHAT_IS_LEFT = frozenset(("due", "payable", "balance", "outstanding", "net", "discounted"))
_NEUTRAL = frozenset(Decimal(each * 100) for each in (0, *WHOLE))  # as cents are read
_MOST = 12  # columns that are tried together
SAMPLE = 500  # rows that show whether they add up
_MONEY = re.compile(r"[.,]\d\d\D*$|[$€£]")


def unaccounted_charges(
    headings: Sequence[Cell],
    mapped: ColumnMap,
    cells: CellsOfColumn,
    conventions: NumberDateFormat,
    *,
    whatever: bool = False,
) -> Iterator[Question]:
    """A question for each such column where the lines need not add up to a total that is called so.

    With `whatever`, also where they need to and the column is all that keeps them from it.
    """
    if mapped.settled & SAID_AMOUNTS or mapped.parts or any(question.field == "tax" for question in mapped.questions):
        return
    total = mapped.columns.get("total_amount", mapped.columns.get("total_amount_in_cents"))
    if total is None and not mapped.has_line_money:
        return
    if total is not None and mapped.has_line_money and not whatever:
        return  # the lines must add up to it
    table = _Table(headings, mapped, cells, conventions)
    found = table.charges(goods=total is None)
    if total is None:
        yield from table.beside_lines(found)
    elif mapped.has_line_money:
        yield from table.between_lines_and(total, found)
    else:
        if total not in mapped.amounts:  # "Invoice Total": freight and tax are in it, and a discount perhaps
            left = _WHAT_IS_LEFT & words_of(display_heading(headings[total]))
            found = [index for index in found if is_taken_off(display_heading(headings[index])) and not left]
        yield from table.beside_total(found, total)


class _Table:
    """A table with columns of charges, and what its cells show of them."""

    def __init__(
        self, headings: Sequence[Cell], mapped: ColumnMap, cells: CellsOfColumn, conventions: NumberDateFormat
    ) -> None:
        self._headings = headings
        self._mapped = mapped
        self._cells = cells
        self._conventions = conventions

    def charges(self, *, goods: bool) -> list[int]:
        """The unused columns with such a heading, in which there are amounts, or rates of tax."""
        return [index for index in unused(self._headings, self._mapped) if self._is_charge(index, goods=goods)]

    def beside_lines(self, found: Sequence[int]) -> Iterator[Question]:
        """No column gives a total: what comes on top of the lines is in none of them, unless an amount shows it."""
        columns = self._mapped.columns
        line = columns.get("line_amount")
        if line is not None:
            found = self._not_in(found, line)
        said = next((name for name in ("line_amount", "unit_price", "unit_price_in_cents") if name in columns), "")
        leave = (
            f'to leave it out, [columns] {said} = "{display_heading(self._headings[columns[said]])}"' if said else ""
        )
        for index in found:
            if line is not None and not self._is_rate(index) and self._makes("line_amount", line, index):
                self._leave_price_out(index)
                continue
            if not self._is_rate(index) and self._is_the_line(index):
                continue
            what = "holds amounts that are in no line, and no column gives the total"
            if self._is_rate(index):
                what = "holds rates, what they come to is in no line, and no column gives the total"
                settle = f"{leave}; or write amounts into the column in place of the rates" if leave else ""
            else:
                settle = f"{self._booked(index)}; or, {leave}" if leave else self._booked(index)
            yield self._question(index, what, settle or 'name the total: [columns] total_amount = "…"')

    def between_lines_and(self, total: int, found: Sequence[int]) -> Iterator[Question]:
        """A question about the column that is all that keeps the lines from the total."""
        for index in found:
            if not self._is_rate(index) and self._makes("total_amount", total, index):
                what = "holds amounts that are in no line, and with it the lines come to the total"
                yield self._question(index, what, self._booked(index))
                return

    def beside_total(self, found: Sequence[int], total: int) -> Iterator[Question]:
        """An amount alone on its row: nothing would add up to it, and nothing shows what it has in it."""
        amount = display_heading(self._headings[total])
        field = "total_amount" if "total_amount" in self._mapped.columns else "total_amount_in_cents"
        for index in self._not_in([each for each in found if not self._is_rate(each)], total):
            is_off = is_taken_off(display_heading(self._headings[index]))
            why = "is taken off already" if is_off else "is in it already"
            what = (
                f"holds amounts, and nothing shows whether {quoted_columns([(total, self._headings[total])])} "
                "has them in it"
            )
            if is_off:
                what = f"holds amounts, and nothing shows whether they are still to be taken off {quoted(amount)}"
            line = "" if total in self._mapped.amounts else f'[columns] line_amount = "{amount}" and '
            settle = (
                f'{line}{self._booked(index)}; or, where that {why} or does not count, [columns] {field} = "{amount}"'
            )
            yield self._question(index, what, settle)

    # ------------------------------------------------------------------ what a column is

    def _is_charge(self, index: int, *, goods: bool) -> bool:
        words = words_of(display_heading(self._headings[index]))
        if words & (NO_AMOUNTS | _OFFERED):
            return False
        is_tax = "tax" in words and (index != self._mapped.others.get("tax") or self._is_rate(index))
        is_share = self._is_share(words, goods=goods) and not is_tax
        is_sure = bool(words & (ADDED | TAKEN_OFF)) or is_tax or is_share
        if not is_sure and not (goods and words & (_GOODS | _PERHAPS) and not words & RATES):
            return False
        distinct = [cell for cell in set(self._cells(index)) if not is_blank(cell)]
        read = read_cells(list(map(_plain, distinct)), ValueKind.DOLLARS, self._conventions)
        amounts = [value for value in read if isinstance(value, Decimal)]
        if not any(amounts) or (not is_sure and len(amounts) < len(read)):
            return False
        if is_share and all(abs(amount) in _NEUTRAL for amount in amounts):
            return False
        return is_sure or bool(words & _GOODS) or any(map(_is_written_as_money, distinct))

    def _is_share(self, words: frozenset[str], *, goods: bool) -> bool:
        """Whether the heading says that a part of the price is billed, or more than it. What may multiply a price as
        a quantity does is asked about with the quantities."""
        priced = {"quantity_ordered", "unit_price"} <= self._mapped.columns.keys()
        if priced and words & MULTIPLIERS:
            return False
        return bool(words & SHARES) or (goods and bool(words & PERCENTS))

    def _is_rate(self, index: int) -> bool:
        """ "Tax Rate", "Discount %", or "8.25%" in the cells."""
        if words_of(display_heading(self._headings[index])) & RATES:
            return True
        some = [cell for cell in self._sample(index) if isinstance(cell, str) and cell.strip()]
        return bool(some) and all(cell.strip().endswith("%") for cell in some)

    def _is_the_line(self, index: int) -> bool:
        """Whether the column is what quantity × price comes to."""
        priced = self._priced()
        return priced is not None and same(self._amounts(index), priced[:SAMPLE])

    def _makes(self, name: str, whole: int, index: int) -> bool:
        """Whether on every row quantity × price, with the charge, is the whole."""
        priced = self._priced()
        if priced is None:
            return False
        judged = [
            abs(before + (more if isinstance(more, Decimal) else 0) - amount) <= 1
            for before, more, amount in zip(priced, self._signed(index), self._all(whole, name), strict=True)
            if isinstance(before, Decimal) and isinstance(amount, Decimal)
        ]
        return bool(judged) and all(judged)

    def _leave_price_out(self, index: int) -> None:
        """The line's amount counts, and the price before the discount or the charge does not."""
        columns = self._mapped.columns
        letter = column_letter(columns.pop("unit_price"))
        heading = display_heading(self._headings[index])
        how = "less" if is_taken_off(heading) else "with"
        why = f"on every row it is quantity × price {how} {quoted(heading)}, and so the price ({letter}) is left out"
        self._mapped.taken.append(("line_amount", columns["line_amount"], why))

    def _not_in(self, found: Sequence[int], whole: int) -> list[int]:
        """Those charges of which no sum shows that the whole has them in it."""
        if not found:
            return []
        amounts = {index: self._amounts(index) for index in self._numbers(found, whole)}
        whole_column = self._amounts(whole)
        order = sorted([*amounts, *found])[:_MOST]
        runs = [order[at:end] for at in range(len(order)) for end in range(at + 2, len(order) + 1)]
        runs += [[base, *found] for base in amounts]
        runs += [[base, charge] for base in amounts for charge in found]
        left = set(found)
        for run in sorted(runs, key=len, reverse=True):
            if left.isdisjoint(run):
                continue
            columns = [self._signed(each, SAMPLE) if each in found else amounts[each] for each in run]
            columns.sort(key=lambda column: sum(isinstance(value, Decimal) for value in column), reverse=True)
            if adds_up(columns, whole_column):
                left.difference_update(run)
        return [index for index in found if index in left]

    def _numbers(self, found: Sequence[int], whole: int) -> list[int]:
        """The columns of amounts beside these: unused ones, and what others are taken for."""
        mapped, kinds = self._mapped, (ValueKind.DOLLARS, ValueKind.CENTS)
        named = [
            index for name, index in mapped.columns.items() if BY_NAME[name].kind in kinds and name != "unit_price"
        ]
        every = dict.fromkeys([*unused(self._headings, mapped), *named])
        beside = [index for index in every if index not in found and index != whole]
        return [
            index
            for index in beside
            if sum(isinstance(value, Decimal) for value in self._amounts(index)) * 2 > len(self._amounts(whole))
        ]

    # ------------------------------------------------------------------ cells

    def _sample(self, index: int) -> Sequence[Cell]:
        return self._cells(index)[:SAMPLE]

    def _amounts(self, index: int) -> AmountColumn:
        return read_cells(self._sample(index), ValueKind.DOLLARS, self._conventions)

    def _signed(self, index: int, most: int | None = None) -> AmountColumn:
        read = read_cells(self._cells(index)[:most], ValueKind.DOLLARS, self._conventions)
        return taken_off(read) if is_taken_off(display_heading(self._headings[index])) else read

    def _all(self, index: int, name: str) -> AmountColumn:
        return read_cells(self._cells(index), BY_NAME[name].kind, self._conventions)

    def _priced(self) -> AmountColumn | None:
        columns = self._mapped.columns
        if not {"quantity_ordered", "unit_price"} <= columns.keys():
            return None
        pairs = zip(*(self._all(columns[name], name) for name in ("quantity_ordered", "unit_price")), strict=True)
        return [one * each if isinstance(one, Decimal) and isinstance(each, Decimal) else None for one, each in pairs]

    # ------------------------------------------------------------------ what is asked

    def _booked(self, index: int) -> str:
        heading = display_heading(self._headings[index])
        return booked_as(heading, is_deducted=is_taken_off(heading))

    def _question(self, index: int, what: str, settle: str) -> Question:
        heading = display_heading(self._headings[index])
        named = f"{quoted_columns([(index, self._headings[index])])} {what}"
        return Question("tax", named, settle, (heading,), is_deducted=is_taken_off(heading))


def _plain(cell: Cell) -> Cell:
    return cell.strip().rstrip("%") if isinstance(cell, str) else cell


def _is_written_as_money(cell: Cell) -> bool:
    if isinstance(cell, str):
        return _MONEY.search(cell) is not None
    return isinstance(cell, float) and cell != int(cell)
