"""A total that stands among the titles above a table: it says what the invoices should come to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from importer.domain import problem_catalog
from importer.domain.cells import Cell, cell_text, column_letter
from importer.domain.fields import ValueKind
from importer.domain.invoice import Invoice
from importer.domain.money import dollars
from importer.domain.problems import Place, Problem
from importer.reading.cells.parse_cell import is_blank, quoted, read_cells
from importer.reading.columns.headings import display_heading
from importer.reading.tables.parsed_table import ParsedTable

_LABEL = re.compile(
    r"(?i)(?:(?:grand|invoice|invoices|statement|report|batch|overall) )?total(?: (?:amount|due|payable|invoiced))*"
    r"|(?:total )?amount(?: due| payable)|gesamt(?:betrag|summe)|rechnungsbetrag|zahlbetrag|(?:total|montant) à payer"
    r"|total a pagar|importe total|totale da pagare|totaal te betalen"
)
_MONEY = re.compile(r"[.,]\d\d(?!\d)|[$€£]|USD")


def totals_above(layout: ParsedTable, invoices: Sequence[Invoice]) -> Iterator[Problem]:
    """A warning for each such total to which the invoices of the table do not come: what it counts, nothing says."""
    titles = [row for row in layout.skipped if row.row < layout.source.heading_row]
    told = [(row.row, *each) for row in titles if (each := _stated(layout, row.cells)) is not None]
    if not told:
        return
    mine = [invoice for invoice in invoices if invoice.source is layout.source]
    whole = sum((Decimal(each.worth or 0) if each.total is None else each.total for each in mine), Decimal())
    for row, column, label, says in told:
        if says != whole:
            what = f"{quoted(label)} above the table says {dollars(says)}, and the invoices come to {dollars(whole)}."
            place = Place(layout.source.file, layout.source.sheet, row, column_letter(column))
            yield Problem(problem_catalog.TOTAL_ABOVE, what, place)


def _stated(layout: ParsedTable, row: Sequence[Cell]) -> tuple[int, str, Decimal] | None:
    """Column, words and amount of a total in a row of titles: "Total due: $600.00", in one cell or in two."""
    for column, cell in enumerate(row):
        if not isinstance(cell, str):
            continue
        label, _, rest = cell.partition(":")
        if not _LABEL.fullmatch(display_heading(label)):
            continue
        beside = [at for at in range(column + 1, len(row)) if not is_blank(row[at])][:1]
        amount: Cell = rest.strip() if rest.strip() else row[beside[0]] if beside else None
        is_money = isinstance(amount, float) or bool(_MONEY.search(cell_text(amount)))
        value = read_cells([amount], ValueKind.DOLLARS, layout.conventions)[0]
        if is_money and isinstance(value, Decimal):
            return (column if rest.strip() else beside[0]), display_heading(label), value
    return None
