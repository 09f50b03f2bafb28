"""What would be sent for one invoice: the body of a request, complete and checked. Money in whole cents."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import ConfigDict, Field, Strict, TypeAdapter, with_config

from importer.keys import invoice_key

Id = Annotated[str, Strict(), Field(min_length=1)]
Text = Annotated[str, Strict()]
Day = Annotated[date, Strict()]
Whole = Annotated[int, Strict()]
Cents = Annotated[int, Strict(), Field(ge=0)]


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadLine:
    """One entry of `invoice_items`."""

    financial_account_id: Id
    quantity_ordered: Whole
    unit_price_in_cents: Whole
    notes: Text


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The body of one request, as in the contract, checked like a pydantic model in a tenth of its memory."""

    integration_id: Id
    property_id: Id
    vendor_id: Id
    invoice_number: Id
    invoice_date: Day
    due_date: Day
    accounting_date: Day | None = None
    notes: Text
    memo: Text
    total_amount_in_cents: Cents
    invoice_items: tuple[PayloadLine, ...]

    @staticmethod
    def checked(values: Mapping[str, object]) -> Payload:
        """A payload from its fields. Raises `pydantic.ValidationError` for a gap, a wrong type or a field too many."""
        payload: Payload = _PAYLOAD.validator.validate_python(values)
        return payload

    @staticmethod
    def from_body(body: str) -> Payload:
        """The payload that has this `body()`."""
        return _PAYLOAD.validate_json(body)

    def body(self) -> str:
        """The JSON that is sent, always the same text for the same content. A blank accounting date is left out."""
        return _PAYLOAD.serializer.to_json(self, exclude_none=True).decode()

    def fingerprint(self) -> str:
        """SHA-256 over `body()`: two payloads with the same fingerprint say the same in every field."""
        return hashlib.sha256(_PAYLOAD.serializer.to_json(self, exclude_none=True)).hexdigest()

    def key(self, destination: str) -> str:
        """The invoice's identity at one destination: equal for whatever would be the same invoice to the vendor."""
        return invoice_key(destination, self.integration_id, self.property_id, self.vendor_id, self.invoice_number)


_PAYLOAD = TypeAdapter(Payload)
