"""Whether a record that the API shows is about an invoice that this ledger sent.

The shape of what a log shows is not stated (contract, "Write logs"), so that nothing here depends on it: a record is
about an invoice where all of its identifying values are in it, wherever they are. Where only some are, it may be about
it; that proves nothing, but nobody should say then that nothing was found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import Any

from importer.domain.identity import normalised_number
from importer.domain.payload import Payload
from importer.propexo.answers import HeldInvoice

NamedId = tuple[str, str]
"""A value and the name under which it stands; "" where it has none."""


class Match(IntEnum):
    """How far a record agrees with an invoice."""

    NO = 0
    MAYBE = 1
    AMONG = 2  # all of its values are there, and the number of another invoice too
    YES = 3


@dataclass(frozen=True, slots=True)
class Sought:
    """An invoice as it may appear in somebody else's records. ResMan's own ids may be unknown."""

    payload: Payload
    x_vendor_id: str | None = None
    x_property_id: str | None = None

    @property
    def number(self) -> str:
        """The invoice number for comparing."""
        return normalised_number(self.payload.invoice_number)

    def in_record(self, record: frozenset[NamedId]) -> Match:
        """How far a record agrees that consists of these values (see `values_of`).

        The number and the total count only where they stand under names that mean just that: 6500 may be a total in
        cents, and 2026-10-01 a date. A record with numbers of several invoices may be about any of them.
        """
        values = {value for _, value in record}
        if self.number not in values:
            return Match.NO
        cents = self.payload.total_amount_in_cents
        amount = Decimal(cents).scaleb(-2)
        totals = {str(cents), f"{amount:.2f}", _digits(amount)}
        found = (
            bool(values & totals),
            bool(values & _ids(self.payload.vendor_id, self.x_vendor_id)),
            bool(values & _ids(self.payload.property_id, self.x_property_id)),
        )
        plain = [(_plain(name), value) for name, value in record if value]
        numbers = {value for name, value in plain if name in _NUMBERS}
        numbers = numbers or {value for name, value in plain if name in _REFERENCES}
        if all(found) and self.number in numbers and any(n in _TOTALS and v in totals for n, v in plain):
            return Match.YES if len(numbers) == 1 else Match.AMONG
        return Match.MAYBE if sum(found) >= 2 else Match.NO

    def held(self, invoice: HeldInvoice) -> Match:
        """How far an invoice agrees that ResMan holds. What it leaves blank contradicts nothing, and proves nothing."""
        vendor = _same(invoice.x_vendor_id, self.x_vendor_id)
        place = _same(invoice.property_id, self.payload.property_id)
        total = _same(invoice.total_amount_in_cents, self.payload.total_amount_in_cents)
        if invoice.invoice_number is None:
            return Match.MAYBE if vendor and place and total else Match.NO
        if normalised_number(invoice.invoice_number) != self.number or vendor is False or place is False:
            return Match.NO
        return Match.YES if vendor and place and total else Match.MAYBE


_NUMBERS = frozenset(
    f"{what}{word}"
    for what in ("invoice", "bill", "document", "vendorinvoice", "supplierinvoice", "externalinvoice")
    for word in ("number", "num", "no", "nbr")
)
"""Names that mean an invoice's number, without case, blanks and signs."""

_REFERENCES = frozenset(
    ("number", "num", "no", "ref", "reference", "referencenumber", "invoicereference", "invoiceref", "refnumber")
)
"""Names that may mean it."""

_TOTALS = frozenset(
    f"{what}{word}{unit}"
    for what in ("", "invoice", "bill", "grand", "document")
    for word in ("total", "amount", "totalamount", "amounttotal", "sum", "balance", "amountdue")
    for unit in ("", "incents", "cents")
)
"""Names that mean an invoice's total."""

_ELEMENT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)[^<>]*>([^<>]+)<")
_ATTRIBUTE = re.compile(r"([\w.-]+)=\"([^\"<>]*)\"")


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def values_of(record: Any) -> frozenset[NamedId]:
    """Every value in a record under its name, as text for comparing; text that is JSON or markup is looked into."""
    return frozenset(_values("", record, depth=0))


def _values(name: str, record: Any, depth: int) -> Iterator[NamedId]:
    if depth > 12:
        return
    if isinstance(record, dict):
        for key, value in record.items():
            yield from _values(str(key), value, depth + 1)
    elif isinstance(record, list):
        for value in record:
            yield from _values(name, value, depth + 1)
    elif isinstance(record, str):
        yield name, normalised_number(record)
        if record[:1] in ("{", "[", '"'):
            with suppress(ValueError, RecursionError):
                yield from _values(name, json.loads(record), depth + 1)
        if "<" in record:
            for inner, value in (*_ELEMENT.findall(record), *_ATTRIBUTE.findall(record)):
                yield inner, normalised_number(value)
    elif isinstance(record, int) and not isinstance(record, bool):
        yield name, str(record)
    elif isinstance(record, float):
        yield name, _digits(Decimal(str(record)))


def _digits(number: Decimal) -> str:
    """Without an exponent or zeros at the end: as a number is written in many places."""
    return f"{number.normalize():f}"


def _ids(*known: str | None) -> set[str]:
    return {normalised_number(each) for each in known if each}


def _same(one: str | int | None, other: str | int | None) -> bool | None:
    """None where one of them is not known."""
    return None if one is None or other is None else one == other
