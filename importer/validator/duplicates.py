"""The same invoice in two places of one run: in two files, or on two sheets.

Within one sheet, rows of the same identity are one invoice already; `totals.lines_add_up` names one that stands
there twice over.
"""

from __future__ import annotations

from collections.abc import Sequence

from importer.keys import normalised_number
from importer.models import Invoice
from importer.payload import Payload
from importer.problems import REPEATED_INVOICE, Problem
from importer.validator.places import rows_said

Judged = tuple[Invoice, Payload | None]
"""An invoice, and what would be sent of it."""


def repeated(run: Sequence[Judged]) -> dict[int, Problem]:
    """Index of each invoice that must not go → why.

    Of several that say the very same, the first goes. Where they differ, or one of them has errors, none goes: which
    one is right is for a person to say.
    """
    places: dict[tuple[str, ...], list[int]] = {}
    for index, (invoice, _) in enumerate(run):
        identity = (invoice.integration_id, invoice.property_id, invoice.vendor_id, invoice.invoice_number)
        known = [part for part in identity if part is not None]
        if len(known) == len(identity):  # without its vendor, say, an invoice may be anybody's
            places.setdefault((*known[:-1], normalised_number(known[-1])), []).append(index)
    found: dict[int, Problem] = {}
    for indexes in places.values():
        if len(indexes) == 1:
            continue
        first = run[indexes[0]][1]
        same = first is not None and all(run[index][1] == first for index in indexes)
        for index in indexes[1:] if same else indexes:
            other = indexes[0] if index != indexes[0] else indexes[1]
            found[index] = _problem(run[index], run[other], same=same)
    return found


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
