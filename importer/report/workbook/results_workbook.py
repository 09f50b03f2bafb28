"""The results workbook, from first sheet to last."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from importer.domain.outcome import Run
from importer.domain.problems import Place
from importer.report.row_outcomes import RowOutcomes
from importer.report.sandbox_run import as_rehearsal
from importer.report.workbook.corrections_sheet import told_trace, write_corrections
from importer.report.workbook.invoices_sheet import write_invoices
from importer.report.workbook.rows_sheet import FirstRows, RowsSheet, SheetExtent
from importer.report.workbook.styles import FONT, Styles
from importer.report.workbook.summary_sheet import write_summary
from importer.report.workbook.target import place
from importer.report.workbook.tie_out import tie_out
from importer.report.workbook.tie_out_sheet import write_tie_out
from importer.workbook_format import layout, manifest


def write_workbook(run: Run, path: Path, *, rows_per_sheet: int = layout.EXCEL_ROWS - 1, over: bool = False) -> Path:
    """Write the results of a run and say where they are: `path`, or beside it where it is open or cannot be replaced.

    Written aside and renamed into place, `over` what stands there only where that is ours (see `place`). Raises
    ResultsNotWritten. `rows_per_sheet` is what "Rows" holds below its heading before it goes on in "Rows 2".
    """
    return place(path, lambda stream: _write(as_rehearsal(run), stream, rows_per_sheet), over=over)


def _write(run: Run, stream: BinaryIO, rows_per_sheet: int) -> None:
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    from importer.report.workbook.fast_worksheet import QuickSheet

    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="results-"))
        options = {
            "constant_memory": True,
            "tmpdir": folder,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": False,
            "use_zip64": True,
            "default_format_properties": {"font_name": FONT, "font_size": 10},
        }
        # A disk that is full shows when all is written: nothing can catch what goes wrong at the archive's end.
        made = stack.enter_context((Path(folder) / "results.xlsx").open("w+b"))
        book = Workbook(made, options)
        book.worksheet_class = QuickSheet
        book.set_properties(
            {"title": f"Results of run {run.id}", "author": run.who, "created": run.finished.replace(tzinfo=None)}
        )
        try:
            _fill(run, book, rows_per_sheet)
            book.close()
        except FileCreateError as error:
            cause = error.args[0]
            raise cause if isinstance(cause, OSError) else OSError(str(cause)) from error
        finally:
            for sheet in book.worksheets():
                sheet.discard()
        made.seek(0)
        shutil.copyfileobj(made, stream, 1024 * 1024)


def _fill(run: Run, book: Any, rows_per_sheet: int) -> None:
    made = Styles(book)
    accounts = RowOutcomes(run)
    sums = tie_out(run)
    open_counts = [accounts.open_count(one) for one in accounts.layouts]

    # Worksheets stand in the order in which they are added; they are filled in the order of what they need to know.
    summary = book.add_worksheet(layout.SUMMARY)
    to_fix = _add(book, layout.TO_FIX, open_counts, rows_per_sheet)
    invoices = book.add_worksheet(layout.INVOICES)
    rows = _add(book, layout.ROWS, [one.row_count for one in accounts.layouts], rows_per_sheet)
    tie_out_sheet = book.add_worksheet(layout.TIE_OUT)
    corrections = book.add_worksheet(layout.CORRECTIONS) if run.reading.trace.rounds else None

    first_rows, secret = FirstRows(len(run.outcomes)), b"" if run.seal is None else run.seal.key
    totals: dict[Place, str | None] = {one.place: None for one in run.reading.control_totals if not one.agrees}
    held: list[SheetExtent] = []
    for one, sheets in zip(accounts.layouts, to_fix, strict=True):
        opened, offers = accounts.open_answers(one), accounts.asks_for_more(one)
        held += [
            RowsSheet(sheet, made, one, run.destination, None, offers=offers, secret=secret).fill(
                islice(opened, rows_per_sheet)
            )
            for sheet in sheets
        ]
    held.append(SheetExtent(layout.INVOICES, len(run.outcomes), None, None))
    for one, sheets in zip(accounts.layouts, rows, strict=True):
        answers = accounts.answers(one)
        held += [
            RowsSheet(sheet, made, one, run.destination, first_rows, totals=totals, secret=secret).fill(
                islice(answers, rows_per_sheet)
            )
            for sheet in sheets
        ]
    held.append(SheetExtent(layout.TIE_OUT, 0, None, None))
    write_invoices(invoices, made, run, first_rows)
    write_tie_out(tie_out_sheet, made, run, sums)
    if corrections is not None:
        held.append(SheetExtent(layout.CORRECTIONS, len(run.reading.trace.corrections), None, None))
        write_corrections(corrections, made, told_trace(run))
    links = {place: link for place, link in totals.items() if link is not None}
    write_summary(summary, made, run, sums, accounts.unplaced, held, links)
    _keep(book, run)
    summary.activate()


def _keep(book: Any, run: Run) -> None:
    """The hidden sheet that lets the workbook be given back."""
    sheet = book.add_worksheet(manifest.SHEET)
    sheet.very_hidden()
    kept = manifest.manifest_of(run.reading, run.id, told_trace(run))
    for at, text in enumerate(manifest.pieces(kept, run.seal)):
        sheet.put_row(at, [(0, text, None)])


def _add(book: Any, name: str, counts: Sequence[int], rows_per_sheet: int) -> list[list[Any]]:
    """Worksheets for each layout: as many as its rows need, none where it has no rows."""
    sheets: list[list[Any]] = []
    made = 0
    for count in counts:
        needed = -(-count // rows_per_sheet)
        sheets.append([book.add_worksheet(layout.numbered(name, made + index)) for index in range(needed)])
        made += needed
    return sheets
