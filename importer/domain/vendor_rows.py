"""Which rows of which vendor's file an invoice is made of, whatever workbook they came back in.

A results workbook that is given back is another file each time; the rows in it stay those of the vendor's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from importer.domain.corrections import WHOLE_ROW, Correction
from importer.domain.identity import normalised_number
from importer.domain.invoice import Invoice, Row
from importer.domain.reading import Reading

Facts = tuple[str, str, str, str, str]
"""What a row is told by: number, vendor, property, date and amount, each "" where it cannot be read."""

NUMBER, DATE = 0, 3


@dataclass(frozen=True, slots=True)
class VendorTable:
    """The rows of one table of a vendor's file that invoices are made of, in its order. A tuple for each row: its
    number and its facts. What was typed in by hand below them is apart."""

    file: str
    sheet: str | None
    sha256: str
    rows: tuple[tuple[int, Facts], ...]
    typed: tuple[tuple[int, str], ...] = ()  # number, and the SHA-256 of the workbook that it was typed into
    copied: tuple[tuple[int, int], ...] = ()  # number, and that of the row that it is a copy of


def vendor_tables(reading: Reading) -> list[VendorTable]:
    """The tables of the vendor's files that are read, as they are read by now."""
    contents, added = contents_of(reading), _added_rows(reading)
    typed = typed_rows(reading)
    found: dict[tuple[str, str | None], dict[int, Facts]] = {}
    by_hand: dict[tuple[str, str | None], dict[int, Correction]] = {}
    for invoice in reading.invoices:
        for row, facts in _facts_of(invoice):
            table, place = (row.source.file, row.source.sheet), (row.source.file, row.source.sheet, row.number)
            if place not in typed:
                found.setdefault(table, {}).setdefault(row.number, facts)
            elif place in added:
                by_hand.setdefault(table, {})[row.number] = added[place]
    workbooks = {(each.number, each.workbook): each.sha256 for each in reading.trace.rounds}
    return [
        VendorTable(
            *table,
            contents[table[0]][0],
            tuple(sorted(found.get(table, {}).items())),
            tuple((row, workbooks.get((one.round, one.workbook), "")) for row, one in mine.items() if not one.copied),
            tuple((row, one.copied) for row, one in mine.items() if one.copied),
        )
        for table in {**found, **by_hand}
        if len(contents.get(table[0], ())) == 1  # of two files of a name it is not known whose a row is
        for mine in (by_hand.get(table, {}),)
    ]


def _added_rows(reading: Reading) -> dict[tuple[str, str | None, int], Correction]:
    """File, sheet and row of what was typed in by hand. Empty where several workbooks are given back at once: what was
    typed into each has the same row numbers."""
    if sum(each.taken_in is None for each in reading.trace.rounds) != 1:
        return {}
    return {(each.file, each.sheet or None, each.row): each for each in reading.trace.corrections if each.is_added}


def _facts_of(invoice: Invoice) -> Iterator[tuple[Row, Facts]]:
    """The facts of each of its rows: the invoice's, and what the row itself comes to."""
    number = normalised_number(invoice.invoice_number or "")
    vendor = invoice.vendor_id or invoice.cell_text("vendor_id")
    where = invoice.property_id or invoice.cell_text("property_id")
    day = "" if invoice.invoice_date is None else invoice.invoice_date.isoformat()
    amounts: dict[int, Decimal] = {}
    for line in invoice.lines:
        if line.worth is not None:
            amounts[line.row.number] = amounts.get(line.row.number, Decimal()) + line.worth
    if not amounts and invoice.total is not None:
        amounts[invoice.rows[0].number] = Decimal(invoice.total)
    for row in invoice.rows:
        amount = amounts.get(row.number)
        yield row, (number, vendor, where, day, "" if amount is None else f"{amount.normalize():f}")


def kept_contents(reading: Reading) -> list[tuple[str, str]]:
    """Name and SHA-256 of each of the vendor's files that are read, also where they came back in a workbook."""
    trace = reading.trace
    workbooks = {each.sha256 for each in trace.rounds}
    found = [(each.name, each.sha256) for each in trace.origins if each.sha256]
    found += [(file.name, file.sha256) for file in reading.files if file.sha256 not in workbooks]
    return list(dict.fromkeys(found))


def contents_of(reading: Reading) -> dict[str, tuple[str, ...]]:
    """The name of each file that rows are of → the SHA-256 that it has, or, of several of that name, each of theirs."""
    found: dict[str, tuple[str, ...]] = {}
    for name, sha256 in kept_contents(reading):
        found[name] = (*found.get(name, ()), sha256)
    return found


def typed_rows(reading: Reading) -> frozenset[tuple[str, str | None, int]]:
    """File, sheet and row of what was typed in by hand below the last row of the vendor's file."""
    return frozenset(
        (each.file, each.sheet or None, each.row)
        for each in reading.trace.corrections
        if each.column == WHOLE_ROW and each.now.startswith("added:")
    )


def of_two_invoices(made_of: Iterable[tuple[int, str, Iterable[str]]]) -> Iterator[tuple[int, int]]:
    """Index of each bill that has a row of the vendor's file in common with one of another key, and the index of that.

    Corrected copies of one results workbook that are given back together say otherwise what becomes of a row, and so
    may the vendor's own file beside its workbook, or a copy of a row. `made_of` are index, key and row identities.
    """
    found: dict[str, list[tuple[int, str]]] = {}
    for index, key, identities in made_of:
        for identity in identities:
            found.setdefault(identity, []).append((index, key))
    told: set[int] = set()
    for here in found.values():
        for index, key in here if len(here) > 1 else ():
            other = next((each for each, its_key in here if its_key != key), None)
            if other is not None and index not in told:
                told.add(index)
                yield index, other


def sheets_said(rows: Sequence[Row]) -> str:
    """The sheet of the rows, or, where they are of several, that of each; in the order of the files."""
    if rows[0].source is rows[-1].source:
        return _said(rows[0].source.sheet)
    return json.dumps([row.source.sheet for row in rows])


@lru_cache(maxsize=64)
def _said(sheet: str | None) -> str:
    return json.dumps(sheet)
