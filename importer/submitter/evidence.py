"""Whether a record that the API shows is about an invoice that this ledger sent.

The shape of what a log shows is not stated (contract, "Write logs"), so that nothing here depends on it: a record is
about an invoice where all of its identifying values are in it, wherever they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from importer.models import Payload, normalised_number
from importer.submitter.client import HeldInvoice

_TIME_OUT = re.compile(
    r"time[\s_-]*d?[\s_-]*out|deadline|ETIMEDOUT|ECONNRESET|socket hang up|gateway|\b50[234]\b"
    r"|connection (was )?(reset|closed|lost)",
    re.IGNORECASE,
)


def smells_of_time_out(words: str) -> bool:
    """True where a failure does not prove that ResMan has nothing. Contract, "What became of it"."""
    return bool(_TIME_OUT.search(words))


def record_is_about(record: Any, payload: Payload, x_vendor_id: str | None = None) -> bool:
    """True where number, vendor, property and total of the invoice are all among the record's values.

    `x_vendor_id` is ResMan's own id of the vendor: a record of what went on to ResMan may show that instead.
    """
    values = set(_values(record, depth=0))
    if normalised_number(payload.invoice_number) not in values:
        return False
    total = payload.total_amount_in_cents
    if not values & {str(total), f"{total / 100:.2f}", f"{total / 100:g}"}:
        return False
    if payload.vendor_id.casefold() in values:
        return payload.property_id.casefold() in values or not any(value.startswith("prop-") for value in values)
    return x_vendor_id is not None and x_vendor_id.casefold() in values


def held_is_about(held: HeldInvoice, payload: Payload, x_vendor_id: str | None) -> bool:
    """True where an invoice that ResMan holds is the one that was sent: number, property, total, and the vendor."""
    if held.invoice_number is None or normalised_number(held.invoice_number) != normalised_number(
        payload.invoice_number
    ):
        return False
    if held.total_amount_in_cents != payload.total_amount_in_cents or held.property_id != payload.property_id:
        return False
    return held.x_vendor_id is not None and held.x_vendor_id == x_vendor_id


def _values(record: Any, depth: int) -> Iterator[str]:
    """Every value in a record, as text for comparing; text that is JSON or markup itself is looked into."""
    if depth > 12:
        return
    if isinstance(record, dict):
        for value in record.values():
            yield from _values(value, depth + 1)
    elif isinstance(record, list):
        for value in record:
            yield from _values(value, depth + 1)
    elif isinstance(record, str):
        yield normalised_number(record)
        if record[:1] in '{["':
            with suppress(ValueError):
                yield from _values(json.loads(record), depth + 1)
        if "<" in record:
            for inner in re.findall(r">([^<>]+)<|=\"([^\"<>]*)\"", record):
                yield from (normalised_number(each) for each in inner if each)
    elif isinstance(record, int | float) and not isinstance(record, bool):
        yield f"{record:g}" if isinstance(record, float) else str(record)
