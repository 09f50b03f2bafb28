"""A copy of the vendor's own workbook with the cells marked that something is said about."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from importer.domain.cells import column_letter
from importer.domain.fields import BY_NAME
from importer.domain.outcome import Run
from importer.domain.problems import Place, Problem
from importer.errors import ResultsNotWritten
from importer.report.row_outcomes import advised
from importer.report.sandbox_run import as_rehearsal
from importer.report.workbook import styles
from importer.report.workbook.target import place
from importer.workbook_format.layout import column_index, tidy_text

LIST = "Importer remarks"
_AUTHOR = "invoice-importer"
_MOST_COMMENTS = 2_000  # further cells are coloured without one; the list at the end names them


def annotate(original: Path, run: Run, target: Path, *, name: str | None = None, over: bool = False) -> Path:
    """Write the marked copy of an .xlsx or .xlsm workbook (without its macros); where it is, as with `write_workbook`.

    Formats, formulas and sheets stay; the cells of `run`'s problems in this file are coloured and carry the message
    as a comment, and a last sheet lists them. The original is only read. `name`: what the run calls the file, where
    that is not its own name. Raises ResultsNotWritten.
    """
    if target.exists() and target.samefile(original):
        raise ResultsNotWritten("The marked copy cannot take the place of the vendor's own file.", "Name another file.")
    called = name or original.name
    if any(each.workbook == called for each in run.reading.trace.rounds):
        raise ResultsNotWritten(
            f"{called} is a results workbook given back, and cannot be marked: its problems are in the new one.",
            "--annotate marks the vendor's own file.",
        )
    run = as_rehearsal(run)
    problems = _problems(called, run)
    cells = _cells(problems, _identities(called, run))
    return place(target.with_suffix(".xlsx"), lambda stream: _write(original, problems, cells, stream), over=over)


def _problems(name: str, run: Run) -> dict[Place, list[Problem]]:
    found: dict[Place, list[Problem]] = defaultdict(list)
    for problems in (run.reading.problems, *(outcome.problems for outcome in run.outcomes)):
        for problem in problems:
            if problem.place.file == name and problem not in found[problem.place]:
                found[problem.place].append(problem)
    return found


class _Said(NamedTuple):
    """What a comment says of one problem."""

    text: str
    is_error: bool


_IDENTITY = ("invoice_number", "vendor_id", "property_id", "invoice_date")
"""The columns by which a person knows a row, best first."""


def _identities(name: str, run: Run) -> dict[str | None, str]:
    """Sheet → the column by which a person knows its rows."""
    found: dict[str | None, str] = {}
    for table in run.reading.tables:
        columns = table.source.columns
        known = next((columns[field] for field in _IDENTITY if field in columns), None)
        if table.source.file == name and known is not None:
            found.setdefault(table.source.sheet, column_letter(known))
    return found


def _cells(
    problems: dict[Place, list[Problem]], identities: Mapping[str | None, str]
) -> dict[tuple[str, int, str], list[_Said]]:
    """Sheet, row and column of each cell to be marked, and what is said there.

    A problem of a row that is of no column (the file has none for the field) is said, with the field's name, at the
    row's first wrong cell, or else where a person reads which invoice it is.
    """
    wrong: dict[tuple[str | None, int | None], str] = {}
    placed = [(any(one.is_error for one in found), where) for where, found in problems.items() if where.column]
    for _, where in sorted(placed, key=lambda each: (not each[0], column_index(each[1].column or "A"))):
        wrong.setdefault((where.sheet, where.row), where.column or "A")
    cells: dict[tuple[str, int, str], list[_Said]] = defaultdict(list)
    for where, found in problems.items():
        if where.row is None or where.sheet is None:
            continue
        column = where.column or wrong.get((where.sheet, where.row)) or identities.get(where.sheet, "A")
        for problem in found:
            field = BY_NAME.get(problem.field or "") if where.column is None else None
            text = advised(problem) if field is None else f"{field.heading}: {advised(problem)}"
            cells[where.sheet, where.row, column].append(_Said(text, problem.is_error))
    return cells


def _write(
    original: Path,
    problems: dict[Place, list[Problem]],
    cells: dict[tuple[str, int, str], list[_Said]],
    stream: BinaryIO,
) -> None:
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl names each extension that it cannot keep
        try:
            book = load_workbook(original)
        except Exception as error:  # openpyxl lets out whatever a strange file provokes
            raise ResultsNotWritten(
                f"{original.name} cannot be marked: it is not an Excel workbook that can be changed (.xlsx).",
                "The results workbook names the same cells.",
            ) from error
        comments = 0
        for (name, row, column), said in cells.items():
            if name in book.sheetnames:
                comments += 1
                _mark(book[name], row, column, said, with_comment=comments <= _MOST_COMMENTS)
        _list(book, problems)
        book.save(stream)


def _mark(sheet: Any, row: int, column: str, said: list[_Said], *, with_comment: bool) -> None:
    from openpyxl.cell.cell import MergedCell
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    cell = sheet.cell(row, column_index(column) + 1)
    if isinstance(cell, MergedCell):
        corner = next(merged for merged in sheet.merged_cells.ranges if cell.coordinate in merged)
        cell = sheet.cell(corner.min_row, corner.min_col)
    colour = styles.WRONG if any(one.is_error for one in said) else styles.LOOK
    cell.fill = PatternFill("solid", start_color=colour.lstrip("#"))
    if with_comment:
        before = f"{cell.comment.text}\n\n" if cell.comment else ""
        text = tidy_text(before + "\n".join(one.text for one in said))
        cell.comment = Comment(text, _AUTHOR, width=320, height=min(400, 24 * (2 + len(text) // 44 + text.count("\n"))))


def _list(book: Any, problems: dict[Place, list[Problem]]) -> None:
    from openpyxl.styles import Alignment, Font

    taken = {name.casefold() for name in book.sheetnames}
    title = next(name for name in (LIST, *(f"{LIST} {n}" for n in range(2, 100))) if name.casefold() not in taken)
    sheet = book.create_sheet(title)
    for column, width in zip("ABCD", (24, 12, 12, 110), strict=True):
        sheet.column_dimensions[column].width = width
    lines = [(where.sheet or "", where.cell, problem) for where, found in problems.items() for problem in found]
    _text_row(sheet, 1, ("Sheet", "Cell", "", f"What the importer says ({len(lines):,})"), font=Font(bold=True))
    for at, (name, cell, problem) in enumerate(lines, start=2):
        _text_row(
            sheet,
            at,
            (name, cell, str(problem.severity), advised(problem)),
            alignment=Alignment(wrap_text=True, vertical="top"),
        )
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = "landscape", 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _text_row(sheet: Any, row: int, texts: tuple[str, ...], **look: Any) -> None:
    for column, text in enumerate(texts, start=1):
        cell = sheet.cell(row, column, tidy_text(text))
        cell.data_type = "s"  # otherwise text that begins with "=" would be a formula
        for name, value in look.items():
            setattr(cell, name, value)
