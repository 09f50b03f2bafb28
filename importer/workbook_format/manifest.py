"""The hidden sheet of the results workbook: what a second reading of its rows needs and cells alone do not say.

It tells of each table of the input where its headings stood, which rows it had, how it was understood and which cells
a workbook cannot hold as they were. It is JSON below `TITLE`, in pieces that fit a cell.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge
from operator import itemgetter
from typing import Any

from importer.domain.cells import (
    Cell,
    ErrorCell,
    UncalculatedCell,
    cell_text,
)
from importer.domain.corrections import CorrectionTrail, Origin
from importer.domain.problem_catalog import BROKEN_QUOTES
from importer.domain.problems import Place
from importer.domain.reading import Reading, Table
from importer.domain.seals import Seal
from importer.workbook_format.layout import cannot_hold, column_index

SHEET = "importer"
TITLE = "Kept by invoice-importer, so that this workbook can be given back. Version 3."
UNSEALED = "Kept by invoice-importer, so that this workbook can be given back. Version 2."
"""Of an older version: the next cell is no seal."""
PIECE = 8_000  # characters of a cell, far below what any program cuts

_CELLS = {"text": str, "error": ErrorCell, "formula": UncalculatedCell}


@dataclass(frozen=True, slots=True)
class SheetRecord:
    """One table of the input."""

    file: str
    sheet: str | None
    heading_row: int  # 1-based; 0 for a sheet that was left out
    first_heading_row: int
    headings: tuple[str, ...]
    side: str  # as in `ReadingNotes`, and so the next two
    profile: str
    date_order: str | None
    left_out: str  # why the sheet as a whole was left out; "" for a table that was read
    numbers: tuple[range, ...]  # of its rows other than headings, ascending
    exact: Mapping[tuple[int, int], Cell] = field(default_factory=dict)  # (row, 0-based column) → as it was
    details: Mapping[str, str] = field(default_factory=dict)  # as in `ReadingNotes`
    totals: Mapping[tuple[int, int], str] = field(default_factory=dict)  # what the file's own totals say, by cell

    @property
    def last(self) -> int:
        """The number of its last row."""
        return max(self.heading_row, *(span[-1] for span in self.numbers), 0)

    def has(self, number: int) -> bool:
        """True for the number of one of its rows."""
        return any(number in span for span in self.numbers)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that is kept. `refused` says why the workbook cannot be an input, where it cannot."""

    tables: tuple[SheetRecord, ...]
    refused: str = ""
    run: str = ""  # that wrote the workbook
    trace: CorrectionTrail = field(default_factory=CorrectionTrail)  # from the vendor's files to what that run has read
    ledger: str = ""  # the name of the ledger that knows this run; "" in an older version, which has no seal
    ledger_said: str = ""  # where that is, for people
    is_genuine: bool | None = None  # whether the seal is that of the ledger; None: there is none, or it is another's


def manifest_of(reading: Reading, run: str, trace: CorrectionTrail) -> Manifest:
    """What is to be kept of what a run has read. `trace` is what is known of hands."""
    found = [*reading.problems, *(problem for invoice in reading.invoices for problem in invoice.problems)]
    broken = next((problem.message for problem in found if problem.kind is BROKEN_QUOTES), "")
    trace = trace if trace.rounds else first_trace(reading)
    totals = {control.place: f"{control.says.scaleb(-2):,.2f}" for control in reading.control_totals}
    return Manifest(tuple(_kept(table, totals) for table in reading.tables), broken, run, trace)


def first_trace(reading: Reading) -> CorrectionTrail:
    """That of files that come from the vendor themselves."""
    unnumbered = [
        invoice.worth
        for invoice in reading.invoices
        if invoice.invoice_number is None and not invoice.cell_text("invoice_number").strip()
    ]
    return CorrectionTrail(
        tuple(Origin(file.name, file.sha256, file.size) for file in reading.files),
        invoices=len(reading.invoices),
        cents=sum(invoice.worth for invoice in reading.invoices),
        unnumbered=len(unnumbered),
        unnumbered_cents=sum(unnumbered),
    )


def _kept(table: Table, totals: Mapping[Place, str]) -> SheetRecord:
    source, how = table.source, table.understood
    left_out = ""
    if not source.heading_row:
        left_out = next((one.reason for one in table.skipped if one.reason != "blank"), "empty sheet")
    return SheetRecord(
        source.file,
        source.sheet,
        source.heading_row,
        source.heading_row if how is None else how.first_heading_row,
        tuple(map(cell_text, source.headings)),
        "whole" if how is None else how.side,
        "" if how is None else how.profile,
        None if how is None else how.date_order,
        left_out,
        tuple(_spans(number for number, _ in _rows(table))),
        {
            (number, column): cell
            for number, cells in _rows(table)
            if not _is_plain(cells)
            for column, cell in enumerate(cells)
            if cell.__class__ in _TEXTUAL and cannot_hold(cell)
        },
        {} if how is None else how.details,
        {
            (place.row, column_index(place.column)): _as_written(table, place.row, column_index(place.column)) or text
            for place, text in totals.items()
            if place.row is not None and place.column and (place.file, place.sheet) == (source.file, source.sheet)
        },
    )


def _as_written(table: Table, row: int, column: int) -> str:
    cells = next((one.cells for one in table.skipped if one.row == row), ())
    return cell_text(cells[column]) if column < len(cells) else ""


_TEXTUAL = frozenset(_CELLS.values())
_UNLIKE_TEXT = _TEXTUAL - {str}


def _is_plain(cells: tuple[Cell, ...]) -> bool:
    """True for most rows, of which a workbook can hold every cell: that is told far sooner than cell by cell."""
    said = "".join([cell for cell in cells if cell.__class__ is str])
    return said.isascii() and said.isprintable() and _UNLIKE_TEXT.isdisjoint(map(type, cells))


def _rows(table: Table) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    """The number and the cells of every row, in the sheet's order."""
    data = ((row.number, row.cells) for row in table.rows)
    return merge(data, ((row.row, row.cells) for row in table.skipped), key=itemgetter(0))


def _spans(numbers: Iterable[int]) -> Iterator[range]:
    first = last = 0
    for number in numbers:
        if number != last + 1 or not first:
            if first:
                yield range(first, last + 1)
            first = number
        last = number
    if first:
        yield range(first, last + 1)


# ---------------------------------------------------------------------- in the cells of a sheet


def pieces(manifest: Manifest, seal: Seal | None = None) -> list[str]:
    """The texts of the sheet's first column, from its first row on."""
    said = {
        "refused": manifest.refused,
        "run": manifest.run,
        "ledger": None if seal is None else [seal.ledger, seal.said],
        "trace": manifest.trace.said(),
        "tables": [
            {
                "file": one.file,
                "sheet": one.sheet,
                "heading": [one.first_heading_row, one.heading_row],
                "headings": one.headings,
                "side": one.side,
                "profile": one.profile,
                "dates": one.date_order,
                "left_out": one.left_out,
                "rows": [[span[0], span[-1]] for span in one.numbers],
                "exact": [[*place, _kind(cell), cell_text(cell)] for place, cell in one.exact.items()],
                "details": dict(one.details),
                "totals": [[*place, text] for place, text in one.totals.items()],
            }
            for one in manifest.tables
        ],
    }
    text = json.dumps(said, separators=(",", ":"))  # ASCII, so that every cell can hold it
    # a quotation mark at both ends keeps spaces there from being trimmed
    texts = (f'"{text[at : at + PIECE]}"' for at in range(0, len(text), PIECE))
    return [UNSEALED, *texts] if seal is None else [TITLE, f'"{seal.over(text)}"', *texts]


def parse(column: Sequence[str], seal: Seal | None = None) -> Manifest | None:
    """The manifest that `pieces` wrote; None where that is not what stands there. `seal` is that of the ledger."""
    title, *texts = [text.strip() for text in column] or [""]
    if title not in (TITLE, UNSEALED):
        return None
    try:
        stamp = texts.pop(0)[1:-1] if title == TITLE else None
        text = "".join(piece[1:-1] for piece in texts)
        said = json.loads(text)
        ledger, where = map(str, said["ledger"]) if stamp is not None else ("", "")
        is_genuine = None
        if seal is not None and stamp is not None and ledger == seal.ledger:
            is_genuine = hmac.compare_digest(stamp.encode(), seal.over(text).encode())
        trace = (
            CorrectionTrail.parsed(said["trace"]) if "trace" in said else CorrectionTrail()
        )  # absent in older workbooks, like "run"
        tables, refused, run = tuple(map(_parsed, said["tables"])), str(said["refused"]), str(said.get("run", ""))
        return Manifest(tables, refused, run, trace, ledger, where, is_genuine)
    except (ValueError, KeyError, TypeError, IndexError):
        return None


def _parsed(said: Mapping[str, Any]) -> SheetRecord:
    return SheetRecord(
        str(said["file"]),
        None if said["sheet"] is None else str(said["sheet"]),
        int(said["heading"][1]),
        int(said["heading"][0]),
        tuple(map(str, said["headings"])),
        str(said["side"]),
        str(said["profile"]),
        None if said["dates"] is None else str(said["dates"]),
        str(said["left_out"]),
        tuple(range(int(first), int(last) + 1) for first, last in said["rows"]),
        {(int(row), int(column)): _CELLS[kind](str(text)) for row, column, kind, text in said["exact"]},
        {str(key): str(value) for key, value in said.get("details", {}).items()},  # absent in older workbooks
        {(int(row), int(column)): str(text) for row, column, text in said.get("totals", ())},
    )


def _kind(cell: Cell) -> str:
    return next(kind for kind, shape in _CELLS.items() if isinstance(cell, shape))
