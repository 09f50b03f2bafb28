"""Whether the period that an invoice would be booked in is open."""

from __future__ import annotations

from datetime import date

from importer.domain.invoice import Invoice
from importer.domain.problem_catalog import CLOSED_PERIOD
from importer.domain.problems import Problem


def closed_period(invoice: Invoice, open_from: date | None, since: str) -> Problem | None:
    """What is wrong with its accounting date, where the property's open period begins later.

    Contract: without an accounting date ResMan takes the invoice date. `since` says how old that knowledge is.
    """
    booked = invoice.accounting_date or invoice.invoice_date
    if open_from is None or booked is None or booked >= open_from:
        return None
    is_given = invoice.accounting_date is not None
    name = "accounting_date" if is_given else "invoice_date"
    which = "accounting date" if is_given else "bill date (there is no accounting date)"
    what = f"The {which} is {booked}, and the property's open period begins on {open_from}."
    advice = (
        f"Give an accounting date from {open_from} on. That was fetched {since}: `invoice-importer sync` asks again."
    )
    place = invoice.place("accounting_date")  # the bill date is as the vendor says, and not what to correct
    return Problem(CLOSED_PERIOD, what, place, "accounting_date", invoice.cell_text(name), advice)
