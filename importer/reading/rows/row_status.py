"""What the cells of a table tell of how its invoices stand, and which rows are no bills by that.

A status has a column of its own, a flag too; or it stands where the description of a line belongs, or behind a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from importer.domain import problem_catalog
from importer.domain.cells import Cell, cell_text, column_letter
from importer.domain.invoice import Invoice, Row
from importer.domain.problems import Problem
from importer.reading.cells.parse_cell import is_blank, quoted
from importer.reading.columns.column_map import unused
from importer.reading.columns.headings import display_heading, quoted_columns
from importer.reading.columns.meaning import words_of
from importer.reading.rows.document_type import YES
from importer.reading.rows.status_words import (
    BEGINNINGS,
    IN_NUMBERS,
    RowStatus,
    flagged,
    status_from_description,
    status_from_invoice_number,
    status_from_text,
)
from importer.reading.tables.parsed_table import ParsedTable

StatusColumns = list[tuple[int, dict[Cell, RowStatus]]]
"""By column the cells that tell something, and what."""

_STATUS = frozenset(("status", "state", "stage", "approval", "disposition", "zustand", "estado", "statut", "stato"))
_OF_INVOICES = frozenset(("status", "invoice", "document", "payment", "approval", "current", "ap"))
_OF_OTHERS = frozenset(
    (
        *("job", "work", "order", "project", "task", "lease", "tenant", "customer", "employee", "vendor", "property"),
        *("shipping", "ship", "delivery", "po", "tax", "account", "ticket", "contract", "unit", "marital", "filing"),
    )
)
_WORDS = frozenset(("description", "notes", "memo"))
_DAY = re.compile(r"(?!0000|00/00)\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
_MOST = 20  # different words that a column of statuses may have
_KINDS = {
    RowStatus.VOID: problem_catalog.VOID_ROW,
    RowStatus.NO_BILL: problem_catalog.NO_BILL,
    RowStatus.CREDIT: problem_catalog.CREDIT_IN_WORDS,
    RowStatus.PAYMENT: problem_catalog.PAYMENT_ROW,
}
_SAID = {
    RowStatus.VOID: "the invoice is void",
    RowStatus.NO_BILL: "that is no invoice",
    RowStatus.CREDIT: "that is a credit, and the amount has no minus",
    RowStatus.PAYMENT: "that is no bill",
}
_BILL_IN_WORDS = "Take the row out of the file; where it is a bill to be paid, say in the cell what for."


def column_statuses(layout: ParsedTable) -> StatusColumns:
    """What each column tells that can tell such a thing."""
    found = [(index, _by(layout, index, _read_status)) for index in status_columns(layout)]
    cancelled = layout.mapped.others.get("cancelled")
    if cancelled is not None:
        found.append((cancelled, _by(layout, cancelled, _read_flag(RowStatus.VOID))))
    kind = layout.mapped.others.get("type")
    if kind is not None:
        found.append((kind, _by(layout, kind, _read_type)))
    headings, columns = layout.source.headings, layout.mapped.columns
    in_words = {columns[name] for name in ("item_notes", "notes", "memo") if name in columns}
    for index in unused(headings, layout.mapped):
        flag = flagged(display_heading(headings[index]))
        if flag is not RowStatus.USUAL:
            found.append((index, _by(layout, index, _read_flag(flag))))
        elif words_of(display_heading(headings[index])) & _WORDS:
            in_words.add(index)
    found += [(index, _in_words(layout, index)) for index in sorted(in_words)]
    if "invoice_number" in columns:
        found.append((columns["invoice_number"], _in_numbers(layout, columns["invoice_number"])))
    return [(index, cells) for index, cells in found if cells]


def status_columns(layout: ParsedTable) -> list[int]:
    """The columns that tell how invoices stand, none of which a field is read from."""
    headings = layout.source.headings
    every = [(at, words_of(display_heading(headings[at]))) for at in unused(headings, layout.mapped)]
    return [at for at, words in every if words & _STATUS]


def non_invoice_rows(
    layout: ParsedTable, invoices: Sequence[Invoice], told: StatusColumns
) -> Iterator[tuple[Row, Problem]]:
    """Rows that are void, no invoice, a payment, or a credit with an amount that is none."""
    if not any(standing in _KINDS for _, cells in told for standing in cells.values()):
        return
    owner = {row.number: invoice for invoice in invoices for row in invoice.rows if row.source is layout.source}
    headings = layout.source.headings
    in_words = {layout.mapped.columns.get(name) for name in ("item_notes", "notes", "memo")}
    for index, cells in told:
        told_here = {cell: standing for cell, standing in cells.items() if standing in _KINDS}
        column = layout.cells.once(index) if told_here else []
        is_text = index in in_words or bool(words_of(display_heading(headings[index])) & _WORDS)
        for row, cell in zip(layout.rows, column, strict=False):
            standing = told_here.get(cell, RowStatus.USUAL)
            if standing is RowStatus.USUAL:
                continue
            if standing is RowStatus.CREDIT and not _is_charged(row, owner.get(row.number), layout):
                continue
            text = cell_text(cell).strip()
            what = f"{quoted_columns([(index, headings[index])])} says {quoted(text)}: {_SAID[standing]}."
            place = replace(row.place(), column=column_letter(index))
            advice = _BILL_IN_WORDS if is_text and standing is RowStatus.PAYMENT else None
            yield row, Problem(_KINDS[standing], what, place, value=text, advice=advice)


def unknown_statuses(layout: ParsedTable) -> Iterator[Problem]:
    """Words of a column of statuses that are not known: those invoices are read like all others."""
    headings = layout.source.headings
    for index in status_columns(layout):
        words = words_of(display_heading(headings[index]))
        if "status" not in words or not words <= _OF_INVOICES:
            continue
        cells = layout.cells.once(index)
        texts = {cell: cell_text(cell).strip() for cell in dict.fromkeys(cells)}
        unknown = [cell for cell, text in texts.items() if status_from_text(text) is RowStatus.UNKNOWN]
        if unknown and len(texts) <= _MOST:
            said = ", ".join(quoted(texts[cell]) for cell in unknown[:5]) + (", …" if len(unknown) > 5 else "")
            what = f"{quoted_columns([(index, headings[index])])} says {said}, which is not known for a status."
            place = replace(layout.rows[cells.index(unknown[0])].place(), column=column_letter(index))
            yield Problem(problem_catalog.UNKNOWN_STATUS, what, place, value=texts[unknown[0]])


def _is_charged(row: Row, invoice: Invoice | None, layout: ParsedTable) -> bool:
    """Whether the row counts as something to be paid, and no total shows that it is meant to."""
    if invoice is None:
        return True
    if len(invoice.rows) > 1 and {"total_amount", "total_amount_in_cents"} & layout.mapped.columns.keys():
        return False  # the lines must add up to it
    worth = sum((line.worth or Decimal() for line in invoice.lines if line.row.number == row.number), Decimal())
    return worth > 0


def _by(layout: ParsedTable, index: int, read: Callable[[Cell, str], RowStatus]) -> dict[Cell, RowStatus]:
    words = words_of(display_heading(layout.source.headings[index]))
    known = {cell: read(cell, cell_text(cell).strip()) for cell in set(layout.cells.once(index)) if not is_blank(cell)}
    nothing = {RowStatus.USUAL, RowStatus.UNKNOWN}
    if words & _OF_OTHERS:
        nothing |= {RowStatus.HELD, RowStatus.NO_BILL, RowStatus.TWICE}  # the work may be on hold, and is billed
    return {cell: standing for cell, standing in known.items() if standing not in nothing}


def _read_status(cell: Cell, text: str) -> RowStatus:
    return status_from_text(text) if isinstance(cell, str) else RowStatus.USUAL


def _read_type(cell: Cell, text: str) -> RowStatus:
    """Of a column of types a quote and a void bill; its credits and payments are seen to elsewhere."""
    standing = _read_status(cell, text)
    return standing if standing in (RowStatus.VOID, RowStatus.NO_BILL) else RowStatus.USUAL


def _read_flag(standing: RowStatus) -> Callable[[Cell, str], RowStatus]:
    def read(cell: Cell, text: str) -> RowStatus:
        is_day = isinstance(cell, date) or _DAY.fullmatch(text) is not None
        is_so = is_day or text.casefold() in YES or status_from_text(text) is standing
        return standing if is_so else RowStatus.USUAL

    return read


def _in_words(layout: ParsedTable, index: int) -> dict[Cell, RowStatus]:
    """The descriptions that are none. Most columns are passed over by how their cells begin."""
    every = dict.fromkeys(layout.cells.once(index))
    texts = [cell for cell in every if isinstance(cell, str)]
    begun = {text[:4] for text in texts}
    suspect = {each for each in begun if each.casefold() in BEGINNINGS or not each[:1].isalnum()}
    distinct = {text for text in texts if text[:4] in suspect} if suspect else set()
    if _holds(texts, ("not a", "not pay")):
        distinct |= {text for text in texts if "not" in text.casefold()}
    known = {text: status_from_description(text) for text in distinct}
    if known and set(known.values()) == {RowStatus.PAYMENT} and len(known) == len(every):
        return {}  # a list of mere payments
    return {text: standing for text, standing in known.items() if standing is not RowStatus.USUAL}


def _in_numbers(layout: ParsedTable, index: int) -> dict[Cell, RowStatus]:
    texts = [cell for cell in dict.fromkeys(layout.cells.once(index)) if isinstance(cell, str)]
    if not _holds(texts, IN_NUMBERS):
        return {}
    known = {text: status_from_invoice_number(text) for text in texts}
    return {text: standing for text, standing in known.items() if standing is not RowStatus.USUAL}


def _holds(texts: Sequence[str], words: Sequence[str]) -> bool:
    """Whether any of the words stands in any of the texts: far quicker than to ask each."""
    whole = "\n".join(texts).lower()
    return any(word in whole for word in words)
