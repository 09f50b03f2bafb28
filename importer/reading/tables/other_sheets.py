"""Sheets beside the table of invoices: named as if they were not to be paid, or rows that go on without headings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from importer.domain.cells import Cell, cell_text
from importer.reading.cells.parse_cell import is_blank
from importer.reading.columns.headings import display_heading, normalised
from importer.reading.columns.meaning import meaning_of
from importer.reading.formats.raw_workbook import RawSheet
from importer.reading.tables.locate_table import Heading

SAMPLE = 20
_PATTERNS = frozenset(
    re.findall(
        r"\w+",
        "template templates example examples sample samples vorlage muster beispiel modele exemple ejemplo plantilla",
    )
)
_NOT_TO_BE_PAID = frozenset(
    re.findall(
        r"\w+",
        "paid void voids voided credit credits creditmemo creditmemos creditnote creditnotes estimate estimates quote "
        "quotes quotation quotations proposal proposals archive archives archived old draft drafts cancelled canceled "
        "deleted rejected history historical duplicates obsolete bezahlt storniert gutschrift gutschriften angebot "
        "angebote archiv alt entwurf paye payees avoir avoirs devis annule pagado pagados pagadas anulado presupuesto "
        "presupuestos abonos archivo",
    )
)
_BESIDE_THEM = frozenset(
    re.findall(
        r"\w+",
        "invoice invoices inv bill bills memo memos note notes rechnungen facturas factures do not pay use only and "
        "the sheet list all data jan feb mar apr may jun jul aug sep oct nov dec january february march april june "
        "july august september october november december",
    )
)


def is_pattern(name: str) -> bool:
    """True for "Template", "Sample invoices": nobody's bills."""
    return _is_of(name, _PATTERNS)


def is_not_to_be_paid(name: str) -> bool:
    """True for "Paid", "Credit Memos", "Archive 2024"; not for "Old Mill", "Unpaid" or "Not paid"."""
    return _is_of(name, _PATTERNS | _NOT_TO_BE_PAID)


def _is_of(name: str, words: frozenset[str]) -> bool:
    said = [normalised(word) for word in re.findall(r"[^\W\d_]+", name)]
    if said[:1] in (["not"], ["to"]):
        return False
    return any(word in words for word in said) and all(word in words or word in _BESIDE_THEM for word in said)


def goes_on(sheet: RawSheet, table: RawSheet, heading: Heading) -> str | None:
    """The first cell of a sheet without headings whose rows are like those of the table; None where they are not."""
    kinds: dict[int, set[str]] = {}
    for row in _sample(table, heading.last + 1):
        for index, cell in enumerate(row):
            if not is_blank(cell):
                kinds.setdefault(index, set()).add(_kind(cell))
    rows = _sample(sheet, 0)
    number = next((at for at, cell in enumerate(heading.cells) if _is_number(cell)), None)
    width = sum(not is_blank(cell) for cell in heading.cells)
    alike = [row for row in rows if _is_alike(row, kinds, width, number)]
    if not alike or len(alike) * 2 < len(rows):
        return None
    return cell_text(next(cell for cell in alike[0] if not is_blank(cell))).strip()


def _sample(sheet: RawSheet, start: int) -> list[tuple[Cell, ...]]:
    rows = [row for row in sheet.rows[start : start + 3 * SAMPLE] if not all(map(is_blank, row))]
    return rows[:SAMPLE]


def _is_number(heading: Cell) -> bool:
    meaning = meaning_of(heading)
    return meaning is not None and meaning.field == "invoice_number"


def _is_alike(row: Sequence[Cell], kinds: dict[int, set[str]], width: int, number: int | None) -> bool:
    filled = [index for index, cell in enumerate(row) if not is_blank(cell)]
    if len(filled) < 3 or len(filled) * 2 < width:
        return False
    if any(_kind(row[index]) not in kinds.get(index, ()) for index in filled):
        return False
    there = {_kind(row[index]) for index in filled}
    needed = {kind for each in kinds.values() for kind in each if kind in ("amount", "day")}
    if not needed or not needed <= there:
        return False
    return number is None or (number in filled and any(map(str.isdigit, display_heading(row[number]))))


def _kind(cell: Cell) -> str:
    if isinstance(cell, date):
        return "day"
    if isinstance(cell, str):
        return "digits" if cell.strip()[:1].isdigit() else "words"
    return "amount"
