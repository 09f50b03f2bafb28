"""What would be sent for one invoice: the body of a request, complete and checked. Money in whole cents.

It is sealed as the very text that is hashed, approved, kept in the ledger and sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Annotated

from pydantic import ConfigDict, Field, Strict, TypeAdapter, with_config

from importer.domain.identity import invoice_key
from importer.domain.packed import PackedTexts

PayloadId = Annotated[str, Strict(), Field(min_length=1)]
Text = Annotated[str, Strict()]
Day = Annotated[date, Strict()]
WholeAmount = Annotated[int, Strict()]
Cents = Annotated[int, Strict(), Field(ge=0)]


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadLine:
    """One entry of `invoice_items`."""

    financial_account_id: PayloadId
    quantity_ordered: WholeAmount
    unit_price_in_cents: WholeAmount
    notes: Text


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The body of one request, as in the contract ("Create an invoice in ResMan")."""

    integration_id: PayloadId
    property_id: PayloadId
    vendor_id: PayloadId
    invoice_number: PayloadId
    invoice_date: Day
    due_date: Day
    accounting_date: Day | None = None
    notes: Text
    memo: Text
    total_amount_in_cents: Cents
    invoice_items: tuple[PayloadLine, ...]


class Payload:
    """The body of one request, sealed. What many ask of it stands open; the rest is in its text, packed with others.

    Equal to another that says the same in every field.
    """

    __slots__ = (
        "_digest",
        "_place",
        "_texts",
        "integration_id",
        "invoice_date",
        "invoice_number",
        "property_id",
        "total_amount_in_cents",
        "vendor_id",
    )

    def __init__(self, body: Body, digest: bytes, texts: Sequence[str], place: int) -> None:
        self.integration_id = body.integration_id
        self.property_id = body.property_id
        self.vendor_id = body.vendor_id
        self.invoice_number = body.invoice_number
        self.invoice_date = body.invoice_date
        self.total_amount_in_cents = body.total_amount_in_cents
        self._digest = digest
        self._texts = texts
        self._place = place

    @classmethod
    def of(cls, body: Body, texts: PackedTexts | None = None) -> Payload:
        """What says this, kept among `texts`. A blank accounting date is left out of its text."""
        text = _BODY.serializer.to_json(body, exclude_none=True)
        digest = hashlib.sha256(text).digest()
        if texts is None:
            return cls(body, digest, (text.decode(),), 0)
        return cls(body, digest, texts, texts.add(text.decode()))

    @classmethod
    def checked(cls, values: Mapping[str, object], texts: PackedTexts | None = None) -> Payload:
        """The same from its fields. Raises `pydantic.ValidationError` for a gap, a wrong type or a field too many."""
        return cls.of(_BODY.validator.validate_python(values), texts)

    @classmethod
    def from_body(cls, text: str) -> Payload:
        """The payload that has this `body()`."""
        return cls(_read(text), hashlib.sha256(text.encode()).digest(), (text,), 0)

    def body(self) -> str:
        """The JSON that is sent, always the same text for the same content."""
        return self._texts[self._place]

    def fingerprint(self) -> str:
        """SHA-256 over `body()`: two payloads with the same fingerprint say the same in every field."""
        return self._digest.hex()

    def key(self, destination: str) -> str:
        """The invoice's identity at one destination: equal for whatever would be the same invoice to the vendor."""
        return invoice_key(destination, self.integration_id, self.property_id, self.vendor_id, self.invoice_number)

    def read(self) -> Body:
        """All of its fields."""
        return _read(self.body())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Payload) and self._digest == other._digest

    def __hash__(self) -> int:
        return hash(self._digest)

    def __repr__(self) -> str:
        return f"Payload({self.body()})"


_BODY = TypeAdapter(Body)


@lru_cache(maxsize=64)
def _read(text: str) -> Body:
    return _BODY.validate_json(text)
