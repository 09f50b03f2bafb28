"""Rows that may be one invoice, in several places of a run: they go together, or they wait together.

Where the property or the vendor of some rows is blank or cannot be found, another invoice of the same number may lack
just them. Sent without them, it would be half a bill, and no correction could mend that afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from importer.domain.identity import normalised_number
from importer.domain.invoice import Invoice
from importer.domain.payload import Payload
from importer.domain.problem_catalog import ROW_BELOW
from importer.domain.problems import Problem
from importer.validation.row_places import rows_said

WHOSE = ("integration_id", "property_id", "vendor_id")
SETTLE_FIRST = (
    "Settle those rows first: where they belong to this invoice, give them the same vendor and property; where they "
    "do not, give them their own, or take them out."
)

Settled = tuple[str | None, ...]
"""Whose an invoice is, by `WHOSE`; None for what is blank or cannot be told."""


def waiting(run: Sequence[tuple[Invoice, Payload | None, Sequence[Problem]]]) -> dict[int, Problem]:
    """Index of each invoice that would go and that other rows, whose own invoice cannot be told, may belong to → why.

    `run` holds of each invoice what would be sent (None where an error stands against it) and its problems.
    """
    unsure: dict[str, list[tuple[Invoice, Settled]]] = {}
    for invoice, payload, problems in run:
        if payload is None and invoice.invoice_number:
            whose = _settled(invoice, problems)
            if None in whose:
                unsure.setdefault(normalised_number(invoice.invoice_number), []).append((invoice, whose))
    return dict(_held(run, unsure)) if unsure else {}


def _held(
    run: Sequence[tuple[Invoice, Payload | None, Sequence[Problem]]], unsure: dict[str, list[tuple[Invoice, Settled]]]
) -> Iterator[tuple[int, Problem]]:
    for index, (invoice, payload, _) in enumerate(run):
        if payload is None:
            continue
        mine = (payload.integration_id, payload.property_id, payload.vendor_id)
        for other, whose in unsure.get(normalised_number(payload.invoice_number), ()):
            if all(said is None or said == own for said, own in zip(whose, mine, strict=True)):
                yield index, _problem(invoice, other)
                break


def _settled(invoice: Invoice, problems: Sequence[Problem]) -> Settled:
    wrong = {problem.field for problem in problems if problem.is_error}
    return tuple(None if name in wrong else getattr(invoice, name) for name in WHOSE)


def _problem(invoice: Invoice, other: Invoice) -> Problem:
    where = rows_said(other.rows)
    if other.source is not invoice.source:
        sheet = f", sheet {other.source.sheet}" if other.source.sheet else ""
        where = f"{other.source.file}{sheet}, {where}"
    what = (
        f"The same number stands in {where}, and whose bill that is cannot be told: it may be a part of this invoice, "
        "which would be sent without it."
    )
    number = invoice.cell_text("invoice_number")
    return Problem(ROW_BELOW, what, invoice.place("invoice_number"), "invoice_number", number, SETTLE_FIRST)
