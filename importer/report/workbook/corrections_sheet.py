"""The sheet "Corrections": what hands have changed since the vendor's file, and how the sums went on from there."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from importer.domain.corrections import CorrectionTrail
from importer.domain.money import dollars
from importer.domain.outcome import Run
from importer.report.workbook import styles
from importer.report.workbook.cell_styles import put_text, row_height
from importer.report.workbook.rows_sheet import print_landscape
from importer.report.workbook.styles import Styles
from importer.report.workbook.tie_out import (
    ADDED,
    CORRECTED,
    IN_FILE,
    OTHERWISE,
    TAKEN_OUT,
    UNTOLD,
    TieOut,
)

COLUMNS: tuple[tuple[str, int], ...] = (
    ("Round", 8),
    ("Invoice", 16),
    ("File", 18),
    ("Sheet", 14),
    ("Row in file", 8),
    ("Column", 20),
    ("Was", 34),
    ("Is", 34),
    ("More or less", 13),
    ("Changed in", 24),
    ("Written by run", 26),
    ("Taken in by run", 26),
    ("Who", 16),
    ("When", 22),
)
"""Heading and width of each column."""

_FIGURES = ("Round", "Row in file", "More or less")
MOST = 20_000  # further corrections are counted, and not listed


def write_corrections(sheet: Any, made: Styles, trace: CorrectionTrail) -> None:
    """One row for each cell that was changed, and for each row that was taken out or added, oldest first."""
    sheet.set_default_row(16)
    sheet.set_row(0, 30)
    has_sheets = any(one.sheet for one in trace.corrections)
    for column, (heading, width) in enumerate(COLUMNS):
        sheet.set_column(column, column, width, None, {"hidden": heading == "Sheet" and not has_sheets})
        put_text(
            sheet, 0, column, heading, made.heading(align="right") if heading in _FIGURES else made.heading(indent=1)
        )
    folded: dict[str, object] = {"text_wrap": True, "indent": 1, **styles.ROW_RULE}
    text, number = made.get(**folded), made.get(num_format=styles.AS_IS, **styles.ROW_RULE)
    was, now = made.get(bg_color=styles.WRONG, **folded), made.get(bg_color=styles.CORRECTED, **folded)
    money = made.get(num_format=styles.MONEY, **styles.ROW_RULE)
    taken_in = {each.number: (each.taken_in or "", each.who, each.when) for each in trace.rounds}
    at = 0
    for at, one in enumerate(trace.corrections[:MOST], start=1):
        height = row_height(
            (one.was, 31), (one.now, 31), (one.workbook, 21), (one.column, 17), (one.invoice, 13), (one.file, 15)
        )
        cells: list[tuple[Any, Any]] = [
            (one.round, number),
            (one.invoice, text),
            (one.file, text),
            (one.sheet, text),
            (one.row, number),
            (one.column, text),
            (one.was, was),
            (one.now, now),
            (Decimal(one.cents).scaleb(-2) if one.cents else None, money),
            (one.workbook, text),
            (one.run, text),
            *((said, text) for said in taken_in.get(one.round, ("", "", ""))),
        ]
        sheet.put_row(at, [(column, value, look) for column, (value, look) in enumerate(cells)], height)
    if not trace.corrections:
        sheet.put_row(1, [(1, "Nothing was changed by hand.", text)])
    if len(trace.corrections) > MOST:
        sheet.put_row(at + 1, [(1, f"… and {len(trace.corrections) - MOST:,} more", text)])
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(at, 1), len(COLUMNS) - 1)
    print_landscape(sheet)


def told_trace(run: Run) -> CorrectionTrail:
    """What hands have done, the last of it as it was taken in by this run."""
    return run.reading.trace.taken_in_by(run.id, run.who, f"{run.started:%Y-%m-%d %H:%M} {run.started.tzname()}")


def by_hand_said(run: Run, sums: TieOut) -> Iterator[tuple[str, int | None, int, str]]:
    """Label, invoices, cents and remark of each step from the vendor's file to what was read, the sum last."""
    trace = run.reading.trace
    remarks = {
        IN_FILE: ", ".join(origin.name for origin in trace.origins) + _unnumbered(trace),
        ADDED: "Typed into the workbook below the vendor's rows.",
        CORRECTED: "More or less than the vendor's file says: each cell and its amount are in the sheet “Corrections”.",
        UNTOLD: f"{_untold(trace)}: nothing tells what stood there.",
        OTHERWISE: "No correction accounts for it: the profile, or the program, reads the file in another way now.",
    }
    for one in sums.by_hand:
        if one.label in (CORRECTED, UNTOLD, OTHERWISE):
            yield one.label, one.count or None, one.cents, remarks[one.label]
        elif one.label != TAKEN_OUT:
            yield one.label, one.count, one.cents, remarks[one.label]
        else:
            yield one.label, one.count, one.cents, _taken_out(trace)
    yield sums.read.label, sums.read.count, sums.read.cents, ""


def _unnumbered(trace: CorrectionTrail) -> str:
    if not trace.unnumbered:
        return ""
    rows = "1 row has" if trace.unnumbered == 1 else f"{trace.unnumbered:,} rows have"
    return f". {rows} no invoice number there and counted as an invoice each, {dollars(trace.unnumbered_cents)}."


def _untold(trace: CorrectionTrail) -> str:
    rows = [f"row {one.row:,} of {one.file}" for one in trace.corrections if one.cents is None]
    named = list(dict.fromkeys(rows))
    return ", ".join(named[:12]) + (f" and {len(named) - 12:,} more" if len(named) > 12 else "")


def _taken_out(trace: CorrectionTrail) -> str:
    said = []
    for one in trace.taken_out[:12]:
        rows = f"{'rows' if ',' in one.rows else 'row'} {one.rows} of {one.file}"
        said.append(f"{one.invoice or '(no number)'} of {one.vendor or '(no vendor)'}, {dollars(one.cents)}, {rows}")
    more = len(trace.taken_out) - len(said)
    return "\n".join([*said, *([f"… and {more:,} more"] if more else [])])


def files_said(run: Run) -> list[tuple[str, str]]:
    """Each file with its SHA-256: the vendor's own, and the workbooks that were given back since."""
    trace = run.reading.trace
    if not trace.rounds:
        return [(f"File {file.name}", f"{file.size:,} bytes, SHA-256 {file.sha256}") for file in run.reading.files]
    said = [
        (
            f"The vendor's file {origin.name}",
            f"{origin.size:,} bytes, SHA-256 {origin.sha256}"
            if origin.sha256
            else "Its SHA-256 is not known: the workbook was written by an older version.",
        )
        for origin in trace.origins
    ]
    for each in trace.rounds:
        by = f", written by run {each.run}" if each.run else ""
        said.append((f"Given back, round {each.number}: {each.workbook}", f"SHA-256 {each.sha256}{by}"))
    return said
