"""Invoices of a run that look like one another, or like bills that went out or that ResMan holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from importer.domain.bills import Bill
from importer.domain.invoice import Invoice
from importer.duplicates.similar import Likeness, likenesses
from importer.runs.decisions import Decisions


def alike_bills(
    prepared: Decisions,
    integration_id: str,
    vendors: Iterable[str],
    going: Sequence[int],
    posted: Mapping[str, Bill],
    known: Sequence[Bill],
) -> dict[int, tuple[Likeness, ...]]:
    """By index, the bills that an invoice of these vendors looks like; `known` are those of elsewhere, `posted` those
    that stand in this run as well, by key. What is `going` is looked at first.

    Vendor by vendor: as bills, invoices take as much room again.
    """
    of_vendor: dict[str | None, list[int]] = {vendor_id: [] for vendor_id in vendors}
    is_ahead = bytearray(len(prepared.verdicts))
    for index in going:
        is_ahead[index] = True
    rest = (index for index, is_one in enumerate(is_ahead) if not is_one)
    for index in chain(going, rest):
        invoice = prepared.verdicts[index].invoice
        if invoice.integration_id == integration_id and invoice.vendor_id in of_vendor:
            of_vendor[invoice.vendor_id].append(index)
    known_of: dict[str, list[Bill]] = {}
    for each in known:
        known_of.setdefault(each.vendor_id, []).append(each)
    tables: dict[int, int] = {}
    found: dict[int, tuple[Likeness, ...]] = {}
    for vendor_id, indexes in of_vendor.items():
        found |= _of_vendor(prepared, indexes, tables, posted, known_of.get(vendor_id or "", ()))
    return found


def _of_vendor(
    prepared: Decisions,
    indexes: Sequence[int],
    tables: dict[int, int],
    posted: Mapping[str, Bill],
    known: Sequence[Bill],
) -> dict[int, tuple[Likeness, ...]]:
    """The same of one vendor. Where a bill stands is put into words for the few told of."""
    intents = [prepared.intents[index] for index in indexes]
    before = [None if intent is None else posted.get(intent.key) for intent in intents]
    bills = [_bill(prepared.verdicts[index].invoice, was, tables) for index, was in zip(indexes, before, strict=True)]
    found = likenesses(bills, known)
    places = {id(bill): place for place, bill in enumerate(bills)} if found else {}

    def told(one: Likeness) -> Likeness:
        place = places.get(id(one.other))
        if place is None:
            return one
        where = _where(prepared.verdicts[indexes[place]].invoice, before[place])
        return Likeness(one.other._replace(where=where), one.why)

    return {indexes[place]: tuple(map(told, some)) for place, some in found.items()}


def _bill(invoice: Invoice, before: Bill | None, tables: dict[int, int]) -> Bill:
    """An invoice of this run as a bill, without where it stands."""
    return Bill(
        "",
        invoice.vendor_id or "",
        invoice.property_id,
        invoice.invoice_number,
        invoice.invoice_date,
        None if invoice.total is None else int(invoice.total),
        None if before is None else before.job,
        table=tables.setdefault(id(invoice.source), len(tables)),
    )


def _where(invoice: Invoice, before: Bill | None) -> str:
    """Its file and rows; one that was posted before tells where it went."""
    source, first, last = invoice.source, invoice.rows[0].number, invoice.rows[-1].number
    sheet = f" {source.sheet}" if source.sheet else ""
    which = f"row {first}" if len(invoice.rows) == 1 else f"rows {first} to {last}"
    return f"{source.file}{sheet} {which}" + (f", {before.where}" if before is not None else "")
