"""The same invoice in two places of one run: in two files, or on two sheets.

Within one sheet, rows of the same identity are one invoice already; `totals.lines_add_up` names one that stands
there twice over.
"""

from __future__ import annotations

from collections.abc import Sequence

from importer.models import Invoice, Payload, normalised_number
from importer.problems import REPEATED_INVOICE, Problem


def repeated(run: Sequence[tuple[Invoice, Payload | None]]) -> dict[int, Problem]:
    """Index of each invoice that must not go → why.

    Of several that say the very same, the first goes. Where they differ, or one of them has errors, none goes: which
    one is right is for a person to say.
    """
    places: dict[tuple[str | None, ...], list[int]] = {}
    for index, (invoice, _) in enumerate(run):
        if invoice.invoice_number is not None:
            identity = (
                invoice.integration_id,
                invoice.property_id,
                invoice.vendor_id,
                normalised_number(invoice.invoice_number),
            )
            places.setdefault(identity, []).append(index)
    found: dict[int, Problem] = {}
    for indexes in places.values():
        if len(indexes) == 1:
            continue
        first = run[indexes[0]][1]
        same = first is not None and all(run[index][1] == first for index in indexes)
        for index in indexes[1:] if same else indexes:
            other = run[indexes[0] if index != indexes[0] else indexes[1]][0]
            found[index] = _problem(run[index][0], other, same=same)
    return found


def _problem(invoice: Invoice, other: Invoice, *, same: bool) -> Problem:
    sheet = f", sheet {other.source.sheet}" if other.source.sheet else ""
    rows = "row" if len(other.rows) == 1 else "rows"
    numbers = ", ".join(str(row.number) for row in other.rows)
    where = f"{other.source.file}{sheet}, {rows} {numbers}"
    what = f"Invoice {invoice.invoice_number!r} also stands in {where}"
    what += ", with the same content." if same else ", with other content."
    return Problem(
        REPEATED_INVOICE,
        what,
        invoice.place("invoice_number"),
        "invoice_number",
        invoice.cell_text("invoice_number"),
        "It goes once, from there; remove it here." if same else "Keep the right one, remove the other.",
    )
