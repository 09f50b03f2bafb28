"""Rows that state what others come to: the words that say so, and whether any rows above do come to it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import compress

from importer.domain.cells import Cell
from importer.domain.fields import ValueKind
from importer.reading.cells.parse_cell import (
    PLAIN,
    CellValue,
    NumberDateFormat,
    Unreadable,
    read_cells,
)

_OF_EXCEL = r"ergebnis|summe|totale|totaal|somme|suma|summa|i alt|totalt|yhteensä|celkem|összeg|toplam|σύνολο|итог"
_NAMED = (
    r"(?:(?:grand|sub|invoice|report|page|overall|column|batch|monthly|net|gross)[\s-]*)*(?:total|totals|sum)\b"
    r"[^\d]{0,40}[:\d\s.,]*"
    r"|sub[\s-]*totals?\b.{0,60}"
    r"|.{1,60}[\s:–-](?:sub|grand)?[\s-]*totals?:?"
    rf"|.{{1,60}}\s(?:{_OF_EXCEL}):?"
    r"|(?:zwischen|gesamt|end)?summe\b.{0,30}|gesamt(?:betrag)?|total(?:e|es|i|en)?\b.{0,30}|totaal\b.{0,30}"
    r"|suma\b.{0,30}|somme\b.{0,30}"
)
_ALONE = (
    r"(?:(?:grand|sub|sous|invoice|report|page|overall|column|batch|monthly|net|gross|order|bill)[\s-]*)*"
    r"(?:totals?|sum)[\W\d]*"
    r"|gesamtergebnis\W*|eindtotaal\W*|totalsumma?\W*|hovedtotal\W*|totalsum\W*|kaikki yhteensä\W*|celkový součet\W*"
    r"|végösszeg\W*|genel toplam\W*|suma końcowa\W*|общий итог\W*"
    r"|total(?:e)? (?:géné|gene|comple|ge)\w*\W*|suma (?:total|general)\W*"
    r"|(?:zwischen|gesamt|end)?summe\W*|gesamt(?:betrag)?\W*|total(?:e|es|i|en)?\W*|totaal\W*|suma\W*|somme\W*"
    r"|(?:total |net )?(?:amount|balance)(?: is)? (?:due|payable|owing)\b.{0,30}"
    r"|please pay\b.{0,30}|pay this amount.{0,10}"
    r"|(?:(?:new|current|ending|closing|statement|account|outstanding|remaining) )?balance\W*"
    r"|zu zahlen(?:der betrag)?\W*|zahlbetrag\W*|zahlbar\W*|(?:offener|fälliger) betrag\W*|rechnungsbetrag\W*"
    r"|(?:net |montant |reste )?à payer\W*|montant dû\W*|solde(?: dû)?\W*|à reporter\W*"
    r"|(?:importe |neto |saldo )?a pagar\W*|saldo(?: final| total)?\W*|suma y sigue\W*"
    r"|(?:netto |importo )?da pagare\W*|netto a pagare\W*|a riportare\W*|te betalen\W*|over te brengen\W*"
    r"|do zapłaty\W*|razem\W*|att betala\W*|at betale\W*|å betale\W*"
    r"|(?:(?:record|row|item|invoice|bill|document)s? )?count\W*\d+\W*|number of \w+\W*\d+\W*"
    r"|\d[\d.,]* (?:invoices|bills|records|rows|items|transactions|documents|rechnungen|belege|facturas|factures)\W*"
    r"|carried forward|brought forward|balance (?:carried|brought) forward|übertrag"
)
TOTAL = re.compile(f"{_NAMED}|{_ALONE}", re.IGNORECASE)
ALONE = re.compile(_ALONE, re.IGNORECASE)  # words of a total and no others: a line is never called so
_PARTIAL = re.compile(r"(?i).*\bsub[\s-]*(?:total|sum)|zwischen|page|.*(?:forward|übertrag)")
_FORWARD = re.compile(r"(?i).*(?:forward|übertrag)")
FAR = 500  # rows: what a total in the middle of a table may sum up


def is_partial(label: str) -> bool:
    """True for a total of some rows, not of all above."""
    return bool(_PARTIAL.match(label))


def is_forward(label: str) -> bool:
    """True for what is carried from one page to the next."""
    return bool(_FORWARD.match(label))


def names_of_rows(column: Sequence[Cell], numbers: Sequence[Cell]) -> set[Cell]:
    """What a column says on the rows that have an invoice number: a vendor "Total Fire Protection" is no total."""
    return set(compress(column, numbers))


class ColumnSum:
    """A column of amounts, and what it comes to above a row; rows are asked about from top to bottom."""

    def __init__(self, index: int, column: Sequence[Cell], written: NumberDateFormat) -> None:
        self.index = index
        self.values = read_cells(column, ValueKind.DOLLARS, replace(written, currency=""))
        self._next = 0
        self._sum = Decimal()
        self._count = 0
        self._unreadable = 0
        self._before = {Decimal()}  # what stood above the totals so far
        self.is_of_some = False  # the last total was one of some rows directly above it

    def above(self, position: int, left_out: Collection[int]) -> tuple[Decimal, int]:
        """The sum above the row and of how many cells, without rows that are left out."""
        for place in range(self._next, position):
            value = self.values[place]
            if place in left_out:
                continue
            if isinstance(value, Decimal):
                self._sum += value
                self._count += 1
            elif isinstance(value, Unreadable):
                self._unreadable += 1
        self._next = position
        return self._sum, self._count

    def carry(self, amount: Decimal) -> None:
        """Takes in what an earlier page came to: totals below may count it."""
        self._before |= {each - amount for each in self._before}

    def counted_once(self, numbers: Sequence[Cell]) -> ColumnSum:
        """The same for a column of invoices' totals that stand on every line: each counts at the first of them."""
        once = ColumnSum(self.index, (), PLAIN)
        once.values = list(self.values)
        last: tuple[Cell, object] | None = None
        for place, (number, value) in enumerate(zip(numbers, self.values, strict=True)):
            if isinstance(value, Decimal):
                if (number, value) == last and number:
                    once.values[place] = None
                last = (number, value)
        return once

    def comes_to(
        self, position: int, left_out: Collection[int], asked: Collection[int], says: CellValue | Unreadable = None
    ) -> bool | None:
        """True where rows down to this one come to what it states: all above, those since a total above, or some that
        stand directly above it. None where there is no such amount, or where cells above cannot be read.

        Rows that are asked about count or not, as it fits. `says`: what the row states, where that stands in another
        column.
        """
        says = self.values[position] if says is None else says
        if not isinstance(says, Decimal):
            return None
        whole, _ = self.above(position, left_out)
        agrees = not says or whole - says in self._before
        self.is_of_some = not agrees and self._runs_to(says, position, left_out, asked)
        self._before.add(whole)
        return True if agrees or self.is_of_some else None if self._unreadable else False

    def _runs_to(self, says: Decimal, position: int, left_out: Collection[int], asked: Collection[int]) -> bool:
        every = sure = Decimal()
        for place in range(position - 1, max(-1, position - FAR), -1):
            value = self.values[place]
            if place in left_out or not isinstance(value, Decimal):
                continue
            every += value
            sure += 0 if place in asked else value
            if says in (every, sure):
                return True
        return False


def fits(verdicts: Iterable[bool | None]) -> bool | None:
    """What the columns say together: one that comes to its total is enough."""
    known = set(verdicts)
    return True if True in known else None if None in known or not known else False
