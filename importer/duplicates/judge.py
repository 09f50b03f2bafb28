"""Rules that look beyond the file: the open period, what ResMan holds, what was posted, what is usual.

They hold for what is yet to be sent: an invoice that was posted before its period closed is posted all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from importer.domain.bills import Bill
from importer.domain.invoice import Invoice
from importer.domain.money import dollars
from importer.domain.payload import Payload
from importer.domain.problem_catalog import (
    IN_RESMAN,
    NEAR_DUPLICATE,
    UNUSED_ACCOUNT,
    UNUSUAL_AMOUNT,
    WENT_OUT_BEFORE,
)
from importer.domain.problems import Problem
from importer.duplicates.repeated_posting import RepeatedPosting
from importer.duplicates.similar import Likeness
from importer.validation.periods import closed_period

LEAST_HISTORY = 4
"""So many bills make a usual amount, and a property with a history."""

FAR = 3
"""Times the largest bill so far, or its part of the smallest: far outside the usual."""


class Usual(NamedTuple):
    """How many bills there were, and between which amounts in cents."""

    bills: int
    least: int
    most: int


class Past(NamedTuple):
    """Every earlier bill of one vendor, summed up once for all that it bills now."""

    bills: int = 0
    anywhere: Usual | None = None
    at: Mapping[str | None, Usual] = MappingProxyType({})

    @classmethod
    def of(cls, bills: Sequence[Bill]) -> Past:
        """Bills of nothing, or of an unknown amount, count as bills and say nothing of what is usual."""
        totals: dict[str | None, list[int]] = {}
        for bill in bills:
            if bill.total:
                totals.setdefault(bill.property_id, []).append(bill.total)
        every = [total for some in totals.values() for total in some]
        at = {place: Usual(len(some), min(some), max(some)) for place, some in totals.items()}
        anywhere = Usual(len(every), min(every), max(every)) if every else None
        return cls(len(bills), anywhere, at)


class InvoiceContext(NamedTuple):
    """What is known around an invoice that is to be sent."""

    open_from: date | None = None  # the first day of its property's open period
    since: str = ""  # how old that knowledge is: "3 hours ago"
    held: Bill | None = None  # the very same in ResMan: vendor, property and number; unless the ledger posted it
    past: Past = Past()
    used_accounts: frozenset[str] = frozenset()  # the GL accounts of all bills at its property
    again: Sequence[RepeatedPosting] = ()  # what went out before and is this bill
    likenesses: Sequence[Likeness] = ()
    key: str = ""
    called: Mapping[str, str] = MappingProxyType({})  # id → what ResMan calls it


def check_context(invoice: Invoice, payload: Payload, around: InvoiceContext) -> Iterator[Problem]:
    """Everything that stands against sending it now, or should be looked at before."""
    closed = closed_period(invoice, around.open_from, around.since)
    if closed is not None:
        yield closed
    if around.held is not None:
        yield _in_resman(invoice, payload, around.held, around)
    yield from _went_out_before(invoice, payload, around)
    yield from _near(invoice, payload, around)
    yield from _amount_is_usual(invoice, payload, around)
    yield from _accounts_are_usual(invoice, around)


def _in_resman(invoice: Invoice, payload: Payload, held: Bill, around: InvoiceContext) -> Problem:
    here, there = _described(payload, around), described(held, around.called)
    what = f"ResMan holds this invoice already. Here: {here}. There: {there}."
    advice = (
        "Take it out if it is the same bill. If it must go all the same: "
        f'`submit --accept-duplicate {around.key} --reason "…"`.'
    )
    place, text = invoice.place("invoice_number"), invoice.cell_text("invoice_number")
    return Problem(IN_RESMAN, what, place, "invoice_number", text, advice)


def _went_out_before(invoice: Invoice, payload: Payload, around: InvoiceContext) -> Iterator[Problem]:
    for each in around.again:
        bill, vendor = each.bill, payload.vendor_id
        what = f"This bill went out before. There: {described(bill, around.called)}"
        if bill.vendor_id != vendor:
            what += f", to {_named(bill.vendor_id, around)}"
        what += f". Here: {_described(payload, around)}"
        if bill.vendor_id != vendor:
            what += f", to {_named(vendor, around)}"
        what += f". {each.how[0].upper()}{each.how[1:]}."
        advice = (
            "Take it out if it is the same bill; what went out is corrected in ResMan. If it must go all the same: "
            f'`submit --accept-duplicate {around.key} --reason "…"`.'
        )
        place, text = invoice.place("invoice_number"), invoice.cell_text("invoice_number")
        yield Problem(WENT_OUT_BEFORE, what, place, "invoice_number", text, advice)


def _named(record_id: str, around: InvoiceContext) -> str:
    name = around.called.get(record_id)
    return f"{name} ({record_id})" if name else record_id


def _near(invoice: Invoice, payload: Payload, around: InvoiceContext) -> Iterator[Problem]:
    stopped = {_bill_of(each.bill) for each in around.again}
    for each in around.likenesses:
        if _bill_of(each.other) in stopped:  # that is said already
            continue
        here, there = _described(payload, around), described(each.other, around.called)
        what = f"{here} looks like {there}: {each.said(payload.invoice_number)}."
        advice = (
            "Compare the two; take one out if they are the same bill. If not: "
            f'`--accept-duplicate {around.key} --reason "…"` keeps this from being said again.'
        )
        place, text = invoice.place("invoice_number"), invoice.cell_text("invoice_number")
        yield Problem(NEAR_DUPLICATE, what, place, "invoice_number", text, advice)


def _bill_of(held: Bill) -> tuple[object, ...]:
    return held.vendor_id, held.property_id, held.number, held.issued, held.total


def _amount_is_usual(invoice: Invoice, payload: Payload, around: InvoiceContext) -> Iterator[Problem]:
    """Compared with this vendor's bills at this property; with all of its bills where those are too few."""
    usual, where = around.past.at.get(payload.property_id), " at this property"
    if usual is None or usual.bills < LEAST_HISTORY:
        usual, where = around.past.anywhere, ""
    total = payload.total_amount_in_cents
    if usual is None or usual.bills < LEAST_HISTORY or not total:
        return
    if total > FAR * usual.most or total * FAR < usual.least:
        what = (
            f"{dollars(total)} is far from what this vendor has billed{where}: {usual.bills:,} bills of "
            f"{dollars(usual.least)} to {dollars(usual.most)}."
        )
        name = "total_amount" if "total_amount" in invoice.source.columns else "total_amount_in_cents"
        yield Problem(UNUSUAL_AMOUNT, what, invoice.place(name), name, invoice.cell_text(name))


def _accounts_are_usual(invoice: Invoice, around: InvoiceContext) -> Iterator[Problem]:
    used = around.used_accounts
    if not used or around.past.bills < LEAST_HISTORY:
        return
    told: set[str] = set()
    for line in invoice.lines:
        account = line.financial_account_id
        if account is None or account in used or account in told:
            continue
        told.add(account)
        what = f"The GL account {around.called.get(account, account)} was never used at this property."
        place = line.row.place("financial_account_id")
        yield Problem(UNUSED_ACCOUNT, what, place, "financial_account_id", account)


def described(held: Bill, called: Mapping[str, str]) -> str:
    """A bill with its evidence: number, amount, date, where it was met, and its job."""
    amount = "amount unknown" if held.total is None else dollars(held.total)
    job = f", job {held.job}" if held.job else ""
    at = f", at {called.get(held.property_id, held.property_id)}" if held.property_id else ""
    return f"{held.number or 'no number'} ({amount}, {held.issued or 'no date'}{at}), {held.where}{job}"


def _described(payload: Payload, around: InvoiceContext) -> str:
    amount = dollars(payload.total_amount_in_cents)
    place = around.called.get(payload.property_id, payload.property_id)
    return f"{payload.invoice_number} ({amount}, {payload.invoice_date}, at {place})"
