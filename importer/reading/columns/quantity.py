"""How many: which column multiplies the price, and what else may have to. A wrong one bills ten times too much.

A heading such as "Unit" is an apartment as often as a quantity, and what was ordered is not what is billed. So a column
is the quantity where it is clearly named, or where with the price it makes the amounts; anything else is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from importer.domain.cells import Cell, cell_text
from importer.domain.fields import BY_NAME, ValueKind
from importer.reading.cells.parse_cell import (
    NumberDateFormat,
    is_blank,
    quoted,
    read_cells,
)
from importer.reading.columns.amounts import (
    CENT,
    AmountColumn,
    is_product,
    role_of,
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

QUANTITY = "quantity_ordered"
LOOKED_AT = 1_000  # rows that show what a column is

_PRICES = ("unit_price", "unit_price_in_cents")
_TOTALS = ("total_amount", "total_amount_in_cents")
_BILLED = frozenset(("billed", "invoiced", "invoice", "charged", "facturada", "facturee", "berechnet"))
_SHIPPED = frozenset(
    (
        *(
            "shipped",
            "ship",
            "shp",
            "delivered",
            "delivery",
            "dlvd",
            "received",
            "rcvd",
            "recd",
            "supplied",
            "fulfilled",
        ),
        *("picked", "used", "geliefert", "livree", "entregada", "consegnata", "geleverd"),
    )
)
_ORDERED = frozenset(("ordered", "order", "ord", "requested", "bestellt", "commandee", "pedida", "ordinata", "besteld"))
_HELD = frozenset(("backordered", "backorder", "bo", "remaining", "outstanding", "cancelled", "canceled", "open"))
_PLAIN = frozenset(("quantity", "unit", "line", "number", "total", "actual", "item", *_BILLED, *_SHIPPED, *_ORDERED))
_FACTORS = frozenset(
    (
        *("days", "weeks", "months", "nights", "years", "visits", "trips", "headcount", "sqft", "acres"),
        *("loads", "men", "workers", "techs", "technicians", "people", "persons", "employees"),
        *("weight", "wt", "lbs", "tons", "tonnes", "gallons", "gal", "yards", "feet", "miles", "pieces", "pcs"),
        *("cases", "boxes", "pulls", "lifts", "sessions", "treatments", "pickups", "occurrences", "frequency", "times"),
        *("multiplier", "mult", "multiple", "factor", "overtime", "ot", "doors", "tage", "monate", "dias", "jours"),
    )
)
_NO_FACTORS = frozenset(
    (
        *("date", "id", "code", "number", "account", "customer", "phone", "fax", "zip", "po", "order", "name", "due"),
        *("net", "terms", "overdue", "open", "page", "ending", "start", "end", "of", "hand", "stock", "available"),
        *(
            "price",
            "rate",
            "cost",
            "min",
            "max",
            "minimum",
            "maximum",
            "case",
            "pack",
            "inner",
            "carton",
            "back",
            "reading",
            "invoice",
        ),
    )
)
_HUNDREDS = frozenset(
    ("c", "m", "cwt", "cft", "clf", "csf", "mbf", "msf", "mlf", "mft", "hundred", "thousand", "per c")
)
_UNITS = _HUNDREDS | frozenset(
    (
        *("ea", "each", "pc", "pcs", "hr", "hrs", "hour", "day", "wk", "mo", "ft", "lf", "sf", "sy", "cy", "yd", "in"),
        *(
            "lb",
            "lbs",
            "oz",
            "ton",
            "gal",
            "qt",
            "bx",
            "box",
            "cs",
            "case",
            "ct",
            "dz",
            "doz",
            "pk",
            "pr",
            "rl",
            "roll",
        ),
        *("set", "kit", "bag", "ctn", "pkg", "ls", "unit", "visit", "trip", "load", "mi", "kg", "l"),
    )
)
_OF_MANY = re.compile(r"(?:/|per\s*)?\s*(?:[cm]|1,?000?|hundred|thousand|cwt|ea/[cm])\.?")
_MEASURE = re.compile(r"(?:u\W?o\W?m|u\W?/?\W?m|unit of measure|units? of meas\w*|measure|pricing (?:unit|uom))\b")
_BASIS = re.compile(
    r"(?:per|per units?|price units?|price (?:per|basis)|pricing unit|per qty|per quantity|preiseinheit)$"
)


def settle_quantity(
    headings: Sequence[Cell],
    mapped: ColumnMap,
    cells: CellsOfColumn,
    conventions: NumberDateFormat,
    keys: Callable[[], list[object]],
) -> None:
    """Adds the quantity to the mapping where the cells show it, leaves out a price that nothing multiplies, and asks.

    `keys` gives what tells the invoices of the first rows apart, as `invoice_keys` does.
    """
    price = next((name for name in _PRICES if name in mapped.columns), None)
    if price is not None and not mapped.parts and not {"debit", "credit"} <= mapped.others.keys():
        _Quantities(headings, mapped, cells, conventions, keys, price).settle()


@dataclass(slots=True)
class _Quantities:
    headings: Sequence[Cell]
    mapped: ColumnMap
    cells: CellsOfColumn
    conventions: NumberDateFormat
    keys: Callable[[], list[object]]
    price: str

    def settle(self) -> None:
        mapped = self.mapped
        if QUANTITY not in mapped.settled:
            self._choose(mapped.columns.get(QUANTITY))
        if {QUANTITY, self.price} <= mapped.columns.keys() and not (self._amounts() or mapped.settled & SAID_AMOUNTS):
            self._ask_about_factors()

    # ------------------------------------------------------------------ what is there

    def _amounts(self) -> dict[int, ValueKind]:
        columns = self.mapped.columns
        named = {columns[name]: BY_NAME[name].kind for name in ("line_amount", *_TOTALS) if name in columns}
        return named | dict.fromkeys(self.mapped.amounts, ValueKind.DOLLARS)

    def _column(self, index: int, kind: ValueKind = ValueKind.QUANTITY) -> AmountColumn:
        return read_cells(self.cells(index)[:LOOKED_AT], kind, self.conventions)

    def _prices(self) -> AmountColumn:
        return self._column(self.mapped.columns[self.price], BY_NAME[self.price].kind)

    def _numbers(self, index: int) -> list[Decimal]:
        """The numbers of a column; empty where more than one cell of ten is none."""
        filled = [cell for cell in self.cells(index)[:LOOKED_AT] if not is_blank(cell)]
        read = [
            value for value in read_cells(filled, ValueKind.QUANTITY, self.conventions) if isinstance(value, Decimal)
        ]
        return read if len(read) * 10 >= len(filled) * 9 else []

    def _words(self, index: int) -> frozenset[str]:
        return words_of(display_heading(self.headings[index]))

    def _said(self, *indexes: int) -> str:
        return quoted_columns((index, self.headings[index]) for index in indexes)

    def _name(self, index: int) -> str:
        return display_heading(self.headings[index])

    # ------------------------------------------------------------------ which column it is

    def _choose(self, current: int | None) -> None:
        mapped, amounts = self.mapped, self._amounts()
        open_one = next((question for question in mapped.questions if question.field == QUANTITY), None)
        left = unused(self.headings, mapped)
        rivals = [index for index in left if self._rank(index) is not None and any(self._numbers(index))]
        pool = [*([] if current is None else [current]), *rivals]
        if current is None and open_one is None:
            pool += [index for index in left if index not in (*rivals, *amounts) and any(self._numbers(index))]
        if amounts and (current is None or rivals):
            shown = next((index for index in pool if self._makes(index, amounts)), None)
            if shown is not None:
                if shown != current:
                    self._take(shown, f"with {quoted(self._name(mapped.columns[self.price]))} it makes the amounts")
                return
        if current is None and open_one is None and (amounts or not self._named(rivals)):
            self._without(amounts)
        elif not amounts and rivals:
            self._between([*([] if current is None else [current]), *rivals], current)

    def _rank(self, index: int) -> int | None:
        """3 for what is billed, 2 for what was shipped, 1 for a mere quantity, 0 for what was ordered."""
        words = self._words(index)
        if not words <= _PLAIN or ("quantity" not in words and len(words) != 1):
            return None
        told = ((_BILLED - {"invoice"}, 3), (_SHIPPED, 2), (_ORDERED, 0))
        if "quantity" in words:
            told = ((_BILLED, 3), *told[1:])
        elif words == {"unit"} and self._name(index).casefold() != "units":
            return None
        rank = next((rank for which, rank in told if words & which), None)
        return 1 if rank is None and words & {"quantity", "unit"} else rank

    def _named(self, rivals: Sequence[int]) -> bool:
        return any(self._rank(index) and self._words(index) & {"quantity", "unit"} for index in rivals)

    def _makes(self, index: int, amounts: Mapping[int, ValueKind]) -> bool:
        """Whether with the price the column makes one of the amounts: row by row, or the rows of each invoice."""
        counts, prices = self._column(index), self._prices()
        if any(is_product(self._column(at, kind), counts, prices) for at, kind in amounts.items()):
            return True
        worths = [
            count * price if isinstance(count, Decimal) and isinstance(price, Decimal) else None
            for count, price in zip(counts, prices, strict=True)
        ]
        return any(self._come_to(worths, self._column(at, kind)) for at, kind in amounts.items())

    def _come_to(self, worths: Sequence[object], totals: AmountColumn) -> bool:
        """Whether what the rows of an invoice are worth comes to its total, for nine invoices of ten."""
        sums: dict[object, Decimal] = {}
        whole: dict[object, Decimal] = {}
        for key, worth, total in zip(self.keys(), worths, totals, strict=True):
            if key is not None and isinstance(worth, Decimal):
                sums[key] = sums.get(key, Decimal()) + worth
            if key is not None and isinstance(total, Decimal):
                whole.setdefault(key, total)
        agreeing = sum(key in sums and abs(sums[key] - total) <= CENT for key, total in whole.items())
        return bool(whole) and agreeing * 10 >= len(whole) * 9

    def _take(self, index: int, because: str) -> None:
        mapped = self.mapped
        mapped.questions = [question for question in mapped.questions if question.field != QUANTITY]
        mapped.columns[QUANTITY] = index
        mapped.taken.append((QUANTITY, index, because))

    def _between(self, pool: Sequence[int], current: int | None) -> None:
        """No amount tells. What was billed, or else shipped, is billed where the others say what was ordered."""
        apart: list[int] = []
        for index in pool:
            if all(self.cells(index) != self.cells(other) for other in apart):
                apart.append(index)
        if len(apart) < 2:
            if current is None:
                self._take(apart[0], "nothing names it better, or they say the same")
            return
        known = {index: self._rank(index) for index in apart}
        rank = {index: 1 if each is None else each for index, each in known.items()}
        best = max(rank.values())
        first, *more = [index for index in apart if rank[index] == best]
        others = [index for index in apart if index != first]
        if not more and first == current:
            return
        is_ours = any(self._name(index) == QUANTITY for index in others)  # as the plain layout has it
        if not more and not is_ours and (best == 3 or (best == 2 and not any(rank[index] for index in others))):
            what = "billed" if best == 3 else "shipped"
            self._take(first, f"what was {what} is paid, and {self._said(*others)} differs from it")
            return
        self.mapped.questions = [question for question in self.mapped.questions if question.field != QUANTITY]
        likeliest = [first, *others]
        self.mapped.questions.append(
            Question(
                QUANTITY,
                f"there is more than one column for {BY_NAME[QUANTITY].heading}, and no amount shows which is billed: "
                f"{self._said(*apart)}",
                f'[columns] {QUANTITY} = "{self._name(first)}"',
                tuple(map(self._name, likeliest)),
            )
        )

    # ------------------------------------------------------------------ a price without a quantity

    def _without(self, amounts: Mapping[int, ValueKind]) -> None:
        mapped = self.mapped
        price = mapped.columns[self.price]
        if not amounts or self._name(price).casefold() == self.price:  # the plain layout has both or neither
            self._ask_how_many()
            return
        prices, keys = self._prices(), self.keys()
        several = len({key for key in keys if key is not None}) < len(keys)
        if "line_amount" in mapped.columns or not several:
            del mapped.columns[self.price]
            return
        if "line_amount" not in mapped.settled and any(
            self._come_to(prices, self._column(at, kind)) for at, kind in amounts.items()
        ):
            del mapped.columns[self.price]
            mapped.columns["line_amount"] = price
            mapped.taken.append(("line_amount", price, "on the rows of an invoice it comes to the total"))
            return
        roles = [role_of(self._column(at, kind), keys, None, None).role for at, kind in amounts.items()]
        if "line" in roles:
            del mapped.columns[self.price]
        else:
            self._ask_how_many()

    def _ask_how_many(self) -> None:
        price = self.mapped.columns[self.price]
        may_be = [
            index
            for index in unused(self.headings, self.mapped)
            if index not in self._amounts()
            and not _BASIS.match(self._name(index).casefold())
            and not self._words(index) & (_NO_FACTORS | _HELD)
            and any(self._numbers(index))
        ]
        named = [index for index in may_be if self._words(index) & (_FACTORS | {"quantity"}) or self._rank(index)]
        others = [index for index in may_be if index not in named]
        each = self._name(price)
        alone = f"none: {each} is what each line comes to"
        names = [self._name(index) for index in (*named, *others)]
        settles = {f"{name} × {each}": {QUANTITY: name, self.price: each} for name in names}
        choices = [*list(settles)[: len(named)], alone, *list(settles)[len(named) :]]
        by_line = f'[columns] line_amount = "{each}" where it is what each line comes to'
        counted = f'[columns] {QUANTITY} = "{names[0] if named else "…"}" and {self.price} = "{each}"'
        self.mapped.questions.append(
            Question(
                QUANTITY,
                f"{self._said(price)} is a price, and no column says how many",
                f"{counted}, or {by_line}" if named else f"{by_line}, or {counted}",
                tuple(choices),
                settles=tuple(settles.get(choice, {"line_amount": each}) for choice in choices),
            )
        )

    # ------------------------------------------------------------------ what else may multiply

    def _ask_about_factors(self) -> None:
        """Asks where the amounts rest on quantity × price alone, and another column may be part of it."""
        columns = self.mapped.columns
        found = [
            (index, why) for index in unused(self.headings, self.mapped) if (why := self._multiplies(index)) is not None
        ]
        if not found:
            return
        each, count = columns[self.price], columns[QUANTITY]
        is_open = any(question.field == QUANTITY for question in self.mapped.questions)
        told = {} if is_open else {QUANTITY: self._name(count)}
        holds = "; ".join(f"{self._said(index)} {why}" for index, why in found)
        simple = f"{self._name(count)} × {self._name(each)} is what each line comes to"
        self.mapped.questions.append(
            Question(
                self.price,
                f"{holds}, and no column gives an amount that would show whether {self._said(count)} × "
                f"{self._said(each)} is what a line comes to",
                f'where {self._name(count)} × {self._name(each)} is, [columns] {self.price} = "{self._name(each)}"; '
                "where it is not, add a column Line Amount to the file, with what each line comes to",
                (simple,),
                settles=({**told, self.price: self._name(each)},),
            )
        )

    def _multiplies(self, index: int) -> str | None:
        """What the column holds that a line's amount may depend on; None where there is nothing of the kind."""
        heading, words = " ".join(self._name(index).casefold().split()), self._words(index)
        if _BASIS.match(heading) or _MEASURE.match(heading) or heading == "unit":
            cells = dict.fromkeys(self.cells(index)[:LOOKED_AT])
            texts = [cell_text(cell).strip() for cell in cells if not is_blank(cell)]
            of_many = [text for text in texts if _OF_MANY.fullmatch(text.casefold()) or text.casefold() in _HUNDREDS]
            if of_many and (heading != "unit" or all(text.casefold().strip(".") in _UNITS for text in texts)):
                said = " and ".join(map(quoted, of_many[:2]))
                return f"says {said}: a price may be for a hundred or a thousand"
            if not _BASIS.match(heading):
                return None
        elif not words & (_FACTORS | {"quantity"}) or words & (_NO_FACTORS | _HELD) or self._rank(index) is not None:
            return None
        number = next((each for each in self._numbers(index) if each not in (0, 1)), None)
        if number is not None and self._is_in_price_or_quantity(index):
            return None
        return None if number is None else f"holds numbers ({number.normalize():f} and the like) that may count as well"

    def _is_in_price_or_quantity(self, index: int) -> bool:
        """Whether with a further column it makes the price or the quantity: list price × multiplier, crew × hours."""
        columns, counts = self.mapped.columns, self._column(index)
        count, prices = self._column(columns[QUANTITY]), self._prices()
        for other in unused(self.headings, self.mapped):
            if other == index or not any(self._numbers(other)):
                continue
            if is_product(prices, counts, self._column(other, ValueKind.DOLLARS)):
                return True
            beside = self._column(other)
            judged = [
                one * more == whole
                for one, more, whole in zip(counts, beside, count, strict=True)
                if isinstance(one, Decimal) and isinstance(more, Decimal) and isinstance(whole, Decimal)
            ]
            if judged and all(judged):
                return True
        return False
