"""The same invoice in two places of one run: in two files, or on two sheets.

Within one sheet, rows of the same identity are one invoice already; `totals.lines_add_up` names one that stands
there twice over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter

from importer.domain.identity import normalised_number
from importer.domain.invoice import Invoice
from importer.domain.payload import Payload
from importer.domain.problem_catalog import REPEATED_INVOICE
from importer.domain.problems import Problem
from importer.validation.row_places import rows_said

Identity = tuple[str, str, str, str]
_IDENTITY_OF = attrgetter("integration_id", "property_id", "vendor_id", "invoice_number")

Judged = tuple[Invoice, Payload | None]
"""An invoice, and what would be sent of it."""


def repeated(run: Sequence[Judged]) -> dict[int, Problem]:
    """Index of each invoice that must not go → why.

    Of several that say the very same, the first goes. Where they differ, or one of them has errors, none goes: which
    one is right is for a person to say.
    """
    identities = [_identity(invoice) for invoice, _ in run]
    again = {identity for identity, count in Counter(identities).items() if count > 1 and identity is not None}
    places: dict[Identity, list[int]] = {}
    for index, identity in enumerate(identities) if again else ():
        if identity is not None and identity in again:
            places.setdefault(identity, []).append(index)
    found: dict[int, Problem] = {}
    for indexes in places.values():
        first = run[indexes[0]][1]
        same = first is not None and all(run[index][1] == first for index in indexes)
        for index in indexes[1:] if same else indexes:
            other = indexes[0] if index != indexes[0] else indexes[1]
            found[index] = _problem(run[index], run[other], same=same)
    return found


def _identity(invoice: Invoice) -> Identity | None:
    """None where a part of it is missing: without its vendor, say, an invoice may be anybody's."""
    integration_id, property_id, vendor_id, number = identity = _IDENTITY_OF(invoice)
    return None if None in identity else (integration_id, property_id, vendor_id, normalised_number(number))


def _problem(mine: Judged, others: Judged, *, same: bool) -> Problem:
    invoice, other = mine[0], others[0]
    sheet = f", sheet {other.source.sheet}" if other.source.sheet else ""
    what = f"Invoice {invoice.invoice_number!r} also stands in {other.source.file}{sheet}, {rows_said(other.rows)}"
    if mine[1] is not None and others[1] is not None:
        what += ", with the same content" if mine[1] == others[1] else ", with other content"
    return Problem(
        REPEATED_INVOICE,
        f"{what}.",
        invoice.place("invoice_number"),
        "invoice_number",
        invoice.cell_text("invoice_number"),
        "It goes once, from there; remove it here." if same else "Keep the right one, remove the other.",
    )
