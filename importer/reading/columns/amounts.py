"""Which amount is the invoice's and which is the line's: decided by what the cells show, or asked.

"Amount", "Total" and "Net" do not say it of themselves. But the total of an invoice is the same on all its rows, a
line's amount is quantity × price, and a tax is what lies between two of the columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from importer.domain.cells import Cell, cell_text
from importer.domain.fields import ValueKind
from importer.domain.identity import normalised_number
from importer.reading.cells.parse_cell import (
    CellValue,
    NumberDateFormat,
    Unreadable,
    is_blank,
    read_cells,
)
from importer.reading.columns.charges import (
    booked_as,
    is_added,
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

AmountColumn = Sequence[CellValue | Unreadable]
CENT = Decimal(1)
MOSTLY = Decimal("0.8")
FITS = "on every invoice it comes to the total, as no other amount does"
PRICES = frozenset(("unit_price", "unit_price_in_cents"))
PARTIAL = frozenset(("subtotal", "sub", "net"))  # what a heading calls an amount that tax and charges come on top of


@dataclass(frozen=True, slots=True)
class AmountRole:
    """What an amount column is: "total", "line", "both" (one row per invoice) or None, and by what it shows."""

    role: str | None
    because: str


def role_of(
    column: AmountColumn, keys: Sequence[object], quantity: AmountColumn | None, price: AmountColumn | None
) -> AmountRole:
    """What the cells of an amount column say it is. `keys` are equal on the rows of one invoice."""
    by_invoice: dict[object, list[Decimal | None]] = {}
    for key, value in zip(keys, column, strict=True):
        if key is not None:
            by_invoice.setdefault(key, []).append(value if isinstance(value, Decimal) else None)
    several = [values for values in by_invoice.values() if len(values) > 1]
    extends = quantity is not None and price is not None and is_product(column, quantity, price)
    if not several:
        if extends and quantity is not None:
            return AmountRole("both", "every invoice has one row, and it is quantity × price")
        return AmountRole("both", "every invoice has one row")
    constant = sum(len({value for value in values if value is not None}) <= 1 for values in several)
    share = Decimal(constant) / len(several)
    if share >= MOSTLY:
        return AmountRole("total", f"it is the same on all rows of an invoice ({constant} of {len(several)})")
    if extends:
        return AmountRole("line", "it is quantity × price on every row")
    if share <= 1 - MOSTLY:
        return AmountRole(
            "line", f"it differs from row to row of an invoice ({len(several) - constant} of {len(several)})"
        )
    if share < Decimal("0.5"):
        return AmountRole(
            "line", f"it differs from row to row of most invoices ({len(several) - constant} of {len(several)})"
        )
    return AmountRole(
        None, f"it is the same on all rows of {constant} invoices and differs in {len(several) - constant}"
    )


def is_product(column: AmountColumn, quantity: AmountColumn, price: AmountColumn) -> bool:
    """Whether quantity × price is the amount on nine rows of ten, to the cent."""
    judged = agreeing = 0
    for amount, count, each in zip(column, quantity, price, strict=True):
        if isinstance(amount, Decimal) and isinstance(count, Decimal) and isinstance(each, Decimal):
            judged += 1
            agreeing += abs(abs(amount) - abs(count * each)) <= CENT
    return judged > 0 and agreeing * 10 >= judged * 9


def adds_up(parts: Sequence[AmountColumn], whole: AmountColumn) -> bool:
    """Whether the parts make the whole on nine rows of ten, and the parts are not all nothing."""
    judged = agreeing = telling = 0
    for values in zip(*parts, whole, strict=True):
        *some, total = values
        if not isinstance(total, Decimal) or not isinstance(some[0], Decimal):
            continue
        rest = [value if isinstance(value, Decimal) else Decimal() for value in some[1:]]
        judged += 1
        agreeing += abs(some[0] + sum(rest, Decimal()) - total) <= CENT
        telling += any(rest)
    return judged > 0 and telling > 0 and agreeing * 10 >= judged * 9


def same(first: AmountColumn, second: AmountColumn) -> bool:
    """Whether two columns say the same on every row."""
    return all(
        one.text == other.text if isinstance(one, Unreadable) and isinstance(other, Unreadable) else one == other
        for one, other in zip(first, second, strict=True)
    )


def invoice_keys(rows: Sequence[tuple[Cell, ...]], columns: Mapping[str, int], names: Sequence[str]) -> list[object]:
    """For each row what tells its invoice from others; None where the row has no number and continues no other row."""
    number = columns.get("invoice_number")
    if number is None:
        return [None] * len(rows)
    spelled: dict[Cell, str] = {}
    others = [columns[name] for name in names if name in columns and name != "invoice_number"]
    dates = [columns[name] for name in ("invoice_date", "due_date") if name in columns]
    keys: list[object] = []
    last: tuple[Cell, ...] | None = None
    for row in rows:
        cell = row[number] if number < len(row) else None
        if is_blank(cell):
            keys.append(last if all(index >= len(row) or is_blank(row[index]) for index in dates) else None)
            continue
        if cell not in spelled:
            spelled[cell] = normalised_number(cell_text(cell))
        key = (spelled[cell], *[row[index] if index < len(row) else None for index in others])
        if last is not None and last[0] == key[0]:  # what a further row leaves blank is what the row above says
            key = tuple([was if is_blank(part) else part for part, was in zip(key, last, strict=True)])
        last = key
        keys.append(last)
    return keys


class Amounts:
    """Settles the amount columns of one table: which is `total_amount`, which `line_amount`, and what must be asked."""

    def __init__(
        self,
        headings: Sequence[Cell],
        mapped: ColumnMap,
        cells: CellsOfColumn,
        keys: Sequence[object],
        conventions: NumberDateFormat,
    ) -> None:
        self._headings = headings
        self._mapped = mapped
        self._cells = cells
        self._keys = keys
        self._conventions = conventions
        self._read: dict[tuple[int, ValueKind], AmountColumn] = {}

    def settle(self) -> None:
        """Adds what the cells show to the mapping, and questions where they do not show it."""
        mapped = self._mapped
        open_ones = self._distinct(mapped.amounts)
        total, line = mapped.columns.get("total_amount"), mapped.columns.get("line_amount")
        if "total_amount_in_cents" in mapped.columns and total is None:
            total = mapped.columns["total_amount_in_cents"]
        if not open_ones or (total is not None and line is not None):
            self._ask_about_tax()
            return
        if total is None and line is None:
            self._neither(open_ones)
        elif total is None and line is not None:
            self._beside_line(open_ones, line)
        elif total is not None:
            self._beside_total(open_ones, total)
        self._ask_about_tax()

    # ------------------------------------------------------------------ what is there

    def _column(self, index: int, kind: ValueKind = ValueKind.DOLLARS) -> AmountColumn:
        if (index, kind) not in self._read:
            self._read[index, kind] = read_cells(self._cells(index), kind, self._conventions)
        return self._read[index, kind]

    def _distinct(self, indexes: Sequence[int]) -> list[int]:
        """Without columns that are blank or say the same as another: of these the one that is by name the whole."""
        kept: list[int] = []
        for index in indexes:
            if all(map(is_blank, self._cells(index))):
                continue
            twin = next((at for at, each in enumerate(kept) if same(self._column(each), self._column(index))), None)
            if twin is None:
                kept.append(index)
            elif self._is_partial(kept[twin]) and not self._is_partial(index):
                kept[twin] = index
        return kept

    def _is_unreadable(self, index: int) -> bool:
        """True where the cells hold something, another currency say, and none of them an amount."""
        kinds = set(map(type, self._column(index)))
        return Unreadable in kinds and Decimal not in kinds

    def _is_partial(self, index: int) -> bool:
        return bool(PARTIAL & words_of(display_heading(self._headings[index])))

    def _role(self, index: int) -> AmountRole:
        columns = self._mapped.columns
        quantity = columns.get("quantity_ordered")
        price = columns.get("unit_price")
        return role_of(
            self._column(index),
            self._keys,
            None if quantity is None else self._column(quantity, ValueKind.QUANTITY),
            None if price is None else self._column(price),
        )

    def _priced(self) -> AmountColumn | None:
        """Quantity × price; None where the sheet lacks one of them."""
        columns = self._mapped.columns
        quantity, price = columns.get("quantity_ordered"), columns.get("unit_price")
        if quantity is None or price is None:
            return None
        pairs = zip(self._column(quantity, ValueKind.QUANTITY), self._column(price), strict=True)
        return [one * each if isinstance(one, Decimal) and isinstance(each, Decimal) else None for one, each in pairs]

    def _extras(self) -> list[AmountColumn]:
        every = self._mapped.extras
        return [taken_off(self._column(at)) if extra.is_deducted else self._column(at) for extra, at in every]

    def _tax(self) -> int | None:
        tax = self._mapped.others.get("tax")
        return None if tax is None or tax in self._mapped.used else tax

    # ------------------------------------------------------------------ what it means

    def _neither(self, open_ones: Sequence[int]) -> None:
        if len(open_ones) == 1:
            self._alone(open_ones[0])
            return
        pair = self._net_and_gross(open_ones)
        if pair is not None:
            net, gross = pair
            if self._tax() is None:
                self._take("line_amount", net, "with the extra lines it adds up to the total")
                self._take("total_amount", gross, "it is the sum of the others")
            else:
                self._ask_net_or_gross(net, gross)
            return
        if self._ask_about_discount(open_ones):
            return
        verdicts = {index: self._role(index) for index in open_ones}
        totals = [index for index, verdict in verdicts.items() if verdict.role == "total"]
        lines = [index for index, verdict in verdicts.items() if verdict.role == "line"]
        if len(totals) <= 1 and len(lines) <= 1 and len(totals) + len(lines) == len(open_ones):
            for name, indexes in (("total_amount", totals), ("line_amount", lines)):
                for index in indexes:
                    self._take(name, index, verdicts[index].because)
            return
        whole = self._whole_of_charges(open_ones) if not lines else None
        if whole is not None:
            self._take("total_amount", whole, "it is the other amount with the charges beside it")
            return
        self._ask(open_ones, "it cannot be told which amount is the invoice's")

    def _whole_of_charges(self, open_ones: Sequence[int]) -> int | None:
        """The amount that is the only other one with freight, fees and the like on top."""
        named = unused(self._headings, self._mapped)
        charges = [self._column(index) for index in named if is_added(display_heading(self._headings[index]))]
        if len(open_ones) != 2 or not charges or self._tax() is not None:
            return None
        for before, after in (open_ones, open_ones[::-1]):
            if adds_up([self._column(before), *charges], self._column(after)):
                return after
        return None

    def _alone(self, index: int) -> None:
        mapped = self._mapped
        if mapped.extras:
            priced = self._priced()
            with_lines = priced is not None and adds_up([priced, *self._extras()], self._column(index))
            if with_lines or adds_up(self._extras(), self._column(index)):
                self._take("total_amount", index, "it is the sum of the extra lines")
            else:
                self._take("line_amount", index, "the extra lines come on top of it")
            return
        verdict = self._role(index)
        if verdict.role in ("total", "line"):
            self._take("total_amount" if verdict.role == "total" else "line_amount", index, verdict.because)
        elif verdict.role == "both":
            counted = "quantity_ordered" in mapped.columns and not PRICES & mapped.columns.keys()
            self._take("line_amount" if counted else "total_amount", index, verdict.because)
        else:
            self._ask(
                [index], f"it cannot be told whether the amount is the invoice's or the line's: {verdict.because}"
            )

    def _beside_line(self, open_ones: Sequence[int], line: int) -> None:
        others = [index for index in open_ones if not same(self._column(index), self._column(line))]
        pair = self._net_and_gross([line, *others])
        if pair is not None and self._tax() is not None:
            if "line_amount" not in self._mapped.settled:
                self._ask_net_or_gross(*pair)
            return
        totals = [index for index in others if self._role(index).role in ("total", "both")]
        if len(totals) == 1:
            self._take("total_amount", totals[0], self._role(totals[0]).because)
        elif totals:
            self._ask(totals, "it cannot be told which amount is the invoice's")

    def _beside_total(self, open_ones: Sequence[int], total: int) -> None:
        others = [index for index in open_ones if not same(self._column(index), self._column(total))]
        pair = self._net_and_gross([*others, total])
        if (
            pair is not None
            and pair[1] == total
            and self._tax() is not None
            and "total_amount" not in self._mapped.settled
        ):
            self._ask_net_or_gross(*pair)
            return
        if pair is not None and pair[1] == total and self._tax() is not None:
            others.remove(pair[0])  # what is to be paid was said to be the gross amount, tax and all
        elif pair is not None and pair[1] == total:
            self._take("line_amount", pair[0], "with the extra lines it adds up to the total")
            return
        if pair is not None and pair[0] == total:
            others.remove(pair[1])  # what is to be paid was said to be the net amount
        verdicts = {index: self._role(index) for index in others}
        # Beside item1, price1, … a net amount is no line; nor is what merely differs from the total that was said.
        alone = not self._mapped.parts
        if "total_amount" in self._mapped.settled:
            alone = alone and {"quantity_ordered", "unit_price"} <= self._mapped.columns.keys()
        lines = [index for index, each in verdicts.items() if each.role == "line" or (alone and each.role == "both")]
        fitting = [index for index in open_ones if lines and self._comes_to(index, total)]
        if fitting and not (len(lines) == 1 and lines[0] in fitting):
            self._take("line_amount", fitting[0], FITS)
        elif len(lines) == 1:
            self._take("line_amount", lines[0], verdicts[lines[0]].because)
        elif lines and "total_amount" not in self._mapped.settled:
            self._ask(lines, "it cannot be told which amount is the line's")
        elif not lines and (unread := [index for index in others if self._is_unreadable(index)]):
            self._take("line_amount", unread[0], "its heading says so; its cells cannot be read")

    def _comes_to(self, index: int, total: int) -> bool:
        """Whether on the rows of each invoice the amounts come to its total."""
        if index == total:
            return False
        sums: dict[object, Decimal] = {}
        totals: dict[object, Decimal] = {}
        for key, amount, whole in zip(self._keys, self._column(index), self._column(total), strict=False):
            if key is not None and isinstance(whole, Decimal):
                totals.setdefault(key, whole)
            if key is not None and isinstance(amount, Decimal):
                sums[key] = sums.get(key, Decimal()) + amount
        return bool(totals) and all(sums.get(key) == whole for key, whole in totals.items())

    def _net_and_gross(self, indexes: Sequence[int]) -> tuple[int, int] | None:
        tax = self._tax()
        between = self._extras() if tax is None else [self._column(tax)]
        if not between:
            return None
        for net in indexes:
            for gross in indexes:
                if net != gross and adds_up([self._column(net), *between], self._column(gross)):
                    return net, gross
        return None

    def _take(self, name: str, index: int, because: str) -> None:
        if name not in self._mapped.settled:
            self._mapped.columns[name] = index
            self._mapped.taken.append((name, index, because))

    # ------------------------------------------------------------------ what must be asked

    def _ask(self, indexes: Sequence[int], why: str) -> None:
        both = quoted_columns((index, self._headings[index]) for index in indexes)
        choices = tuple(display_heading(self._headings[index]) for index in indexes)
        settle = f'[columns] total_amount = "{choices[0]}", or line_amount = "{choices[0]}"'
        if len(choices) > 1:
            settle = '[columns] total_amount = "…" and line_amount = "…"; what lies between them is [[extra_lines]]'
        self._mapped.questions.append(Question("total_amount", f"{why} ({both})", settle, choices))

    def _ask_net_or_gross(self, net: int, gross: int) -> None:
        tax = self._tax()
        if tax is None:
            return
        names = [display_heading(self._headings[index]) for index in (net, tax, gross)]
        paid = "line_amount" if self._role(gross).role == "line" else "total_amount"
        self._mapped.questions.append(
            Question(
                "tax",
                f"{quoted_columns((index, self._headings[index]) for index in (net, tax, gross))} are net, tax "
                "and gross, "
                "and it is not said how the tax is booked",
                f'[[extra_lines]] heading = "{names[1]}", financial_account_id = "…"; or, to leave the tax out, '
                f'[columns] {paid} = "{names[0]}"; or, to book it with the lines, '
                f'[columns] {paid} = "{names[2]}"',
                tuple(names),
                paid,
            )
        )

    def _ask_about_discount(self, open_ones: Sequence[int]) -> bool:
        """Asks where a discount lies between two amounts; one that nobody accounts for is paid, or is taken twice."""
        tax = self._tax()
        taxes = [] if tax is None else [self._column(tax)]
        off = [
            index
            for index in unused(self._headings, self._mapped)
            if is_taken_off(display_heading(self._headings[index]))
        ]
        for index in off:
            parts = [taken_off(self._column(index)), *self._extras(), *taxes]
            for before in open_ones:
                for after in open_ones:
                    if before != after and adds_up([self._column(before), *parts], self._column(after)):
                        self._ask_before_or_after(before, index, after)
                        return True
        return False

    def _ask_before_or_after(self, before: int, discount: int, after: int) -> None:
        indexes = (before, discount, after)
        names = [display_heading(self._headings[index]) for index in indexes]
        paid = "line_amount" if self._role(after).role == "line" else "total_amount"
        self._mapped.questions.append(
            Question(
                "tax",
                f"{quoted_columns((index, self._headings[index]) for index in indexes)} are what the bill comes "
                "to, what is "
                "taken off, and what is left, and it is not said how that is booked",
                f"{booked_as(names[1], is_deducted=True)}; or, where it is not taken off, "
                f'[columns] {paid} = "{names[0]}"; or, to book what is left alone, [columns] {paid} = "{names[2]}"',
                tuple(names),
                paid,
                is_deducted=True,
            )
        )

    def _ask_about_tax(self) -> None:
        """A tax column that nothing accounts for: left out in silence, the vendor would be paid too little."""
        tax, mapped = self._tax(), self._mapped
        named_total = mapped.settled & SAID_AMOUNTS
        if tax is None or named_total or any(question.field == "tax" for question in mapped.questions):
            return
        if not any(isinstance(value, Decimal) and value for value in self._column(tax)):
            return
        sure = mapped.columns.get("total_amount", mapped.columns.get("total_amount_in_cents"))
        if sure is not None and sure not in mapped.amounts:
            return  # "Invoice Total" is what is to be paid, tax and all: the lines must add up to it
        heading = display_heading(self._headings[tax])
        mapped.questions.append(
            Question(
                "tax",
                f"{quoted_columns([(tax, self._headings[tax])])} holds tax, and it is not said how it is booked",
                f'[[extra_lines]] heading = "{heading}", financial_account_id = "…"; or, where the amounts include it '
                'or it is left out, name the amount to be paid: [columns] total_amount = "…", or line_amount = "…"',
                (heading,),
            )
        )
