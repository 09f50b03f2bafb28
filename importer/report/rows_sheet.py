"""The sheets "Rows" and "To fix": the clerk's own rows, with what became of each in front of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from importer import results_layout as layout
from importer.models import cell_text
from importer.problems import Problem
from importer.report import styles
from importer.report.accounts import Answer, Layout, advised, column_index
from importer.report.cells import CellWriter, money_columns, put_text
from importer.report.styles import Styles
from importer.report.wording import how_to_go_on

MAX_COMMENTS = 2_000  # a sheet with many more opens slowly; its cells are coloured all the same
_SAMPLE = 200  # rows that decide how wide a column is


@dataclass(frozen=True, slots=True)
class Contents:
    """What one sheet holds, for the list on the first sheet."""

    title: str
    rows: int
    sentence: str


class RowsSheet:
    """One worksheet of "Rows" (`first_rows` given: it notes there where each invoice begins) or of "To fix" (None)."""

    def __init__(self, sheet: Any, made: Styles, tables: Layout, first_rows: dict[int, str] | None) -> None:
        self._sheet = sheet
        self._made = made
        self._layout = tables
        self._first_rows = first_rows
        self._is_to_fix = first_rows is None
        self._comments = 0
        self._plain = CellWriter(made)
        self._wrong = CellWriter(made, bg_color=styles.WRONG)
        self._look = CellWriter(made, bg_color=styles.LOOK)
        self._quiet = CellWriter(made, font_color=styles.QUIET, italic=True)
        self._money = {id(table.source): money_columns(table.source) for table in tables.tables}
        self._front = len(layout.FRONT)
        self._mark = self._front + tables.width

    def fill(self, answers: Iterable[Answer]) -> Contents:
        """Write the rows and say what stands here."""
        sheet = self._sheet
        sample: list[Answer] = []
        self._headings()
        at = 0
        last: Answer | None = None
        for at, answer in enumerate(answers, start=1):
            if at == 1:
                first = answer
            if len(sample) < _SAMPLE:
                sample.append(answer)
            self._row(at, answer)
            last = answer
        self._shape(sample)
        sheet.freeze_panes(1, layout.OUTCOME + 1)
        sheet.autofilter(0, 0, at, self._mark - 1)
        sheet.hide_gridlines(1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_footer("&L&A&RPage &P of &N")
        sentence = "" if last is None else _from_to(first, last)
        return Contents(sheet.get_name(), at, sentence)

    def _headings(self) -> None:
        sheet, made = self._sheet, self._made
        sheet.set_row(0, 30)
        for column, heading in enumerate(layout.TO_FIX_FRONT if self._is_to_fix else layout.FRONT):
            put_text(sheet, 0, column, heading, made.heading())
        for index in range(self._layout.width):
            put_text(sheet, 0, self._front + index, self._heading(index), made.own_heading())
        put_text(sheet, 0, self._mark, layout.MARK, made.get(font_color=styles.QUIET))

    def _heading(self, index: int) -> str:
        headings = self._layout.headings
        return cell_text(headings[index]) if index < len(headings) else ""

    def _row(self, at: int, answer: Answer) -> None:
        sheet, made = self._sheet, self._made
        source, outcome = answer.source, answer.outcome
        is_skipped = answer.status == layout.SKIPPED
        plain = made.get(font_color=styles.QUIET) if is_skipped else made.get()
        put_text(sheet, at, layout.FILE, source.file, plain)
        if source.sheet is not None:
            put_text(sheet, at, layout.SHEET, source.sheet, plain)
        sheet.write_number(at, layout.ROW, answer.number, plain)
        sheet.write_string(at, layout.OUTCOME, answer.label, made.chip(answer.status))
        said = answer.said
        if self._is_to_fix:
            put_text(sheet, at, 4, said, made.get(text_wrap=True))
            if outcome is not None and outcome.invoice.rows[0].number == answer.number:
                put_text(sheet, at, 5, how_to_go_on(outcome), made.get(text_wrap=True))
        else:
            if outcome is not None and outcome.job_id:
                put_text(sheet, at, 4, outcome.job_id, plain)
            if said:
                put_text(
                    sheet,
                    at,
                    5,
                    said,
                    made.get(text_wrap=True, font_color=styles.QUIET) if is_skipped else made.get(text_wrap=True),
                )
            if outcome is not None and self._first_rows is not None and outcome.invoice.rows[0].number == answer.number:
                self._first_rows.setdefault(id(outcome), f"internal:'{sheet.get_name()}'!A{at + 1}")
        self._own_cells(at, answer, self._quiet if is_skipped else self._plain)
        key = outcome.key if outcome is not None else None
        digest = layout.row_digest(source.file, source.sheet, answer.number, answer.cells)
        sheet.write_string(at, self._mark, layout.RowMark(answer.status, key, digest).text)

    def _own_cells(self, at: int, answer: Answer, plain: CellWriter) -> None:
        marked = _by_column(answer) if answer.problems else {}
        money = self._money[id(answer.source)]
        cells = answer.cells
        for index in range(max(len(cells), *(column + 1 for column in marked)) if marked else len(cells)):
            column = self._front + index
            cell = cells[index] if index < len(cells) else None
            found = marked.get(index)
            if not found:
                if cell is not None:
                    plain.put(self._sheet, at, column, cell, is_money=index in money)
                continue
            writer = self._wrong if any(problem.is_error for problem in found) else self._look
            writer.put(self._sheet, at, column, cell, is_money=index in money)
            if self._comments < MAX_COMMENTS:
                self._comments += 1
                self._comment(at, column, "\n".join(map(advised, found)))

    def _comment(self, at: int, column: int, text: str) -> None:
        text = layout.tidy_text(text)
        height = 18 * (2 + len(text) // 40 + text.count("\n"))
        options = {
            "x_scale": 2.2,
            "height": min(height, 400),
            "font_name": styles.FONT,
            "font_size": 9,
            "color": "#FFFDF5",
        }
        self._sheet.write_comment(at, column, text, options)

    def _shape(self, sample: Sequence[Answer]) -> None:
        """Widths that fit what stands in the columns, within reason."""
        sheet = self._sheet
        tables = self._layout.tables
        one_file = len({table.source.file for table in tables}) == 1
        one_sheet = one_file and len({table.source.sheet for table in tables}) == 1
        sheet.set_column(layout.FILE, layout.FILE, 20, None, {"hidden": one_file})
        sheet.set_column(layout.SHEET, layout.SHEET, 14, None, {"hidden": one_sheet})
        sheet.set_column(layout.ROW, layout.ROW, 7)
        sheet.set_column(layout.OUTCOME, layout.OUTCOME, 14)
        sheet.set_column(4, 4, 52 if self._is_to_fix else 20)
        sheet.set_column(5, 5, 34 if self._is_to_fix else 52)
        for index in range(self._layout.width):
            heading = self._heading(index)
            longest = max((_width(answer.cells[index]) for answer in sample if index < len(answer.cells)), default=0)
            words = max((len(word) for word in heading.split()), default=0)
            width = min(max(longest, words + 3, len(heading) // 2 + 3, 8) + 2, 42)
            sheet.set_column(self._front + index, self._front + index, width)
        sheet.set_column(self._mark, self._mark, 12, None, {"hidden": True})


def _width(cell: object) -> int:
    if isinstance(cell, float | int):
        return len(f"{cell:,.2f}")
    return max(map(len, str(cell).splitlines()), default=0) if cell is not None else 0


def _by_column(answer: Answer) -> dict[int, list[Problem]]:
    marked: dict[int, list[Problem]] = {}
    for problem in answer.problems:
        if problem.place.column is not None and problem.place.row == answer.number:
            marked.setdefault(column_index(problem.place.column), []).append(problem)
    return marked


def _from_to(first: Answer, last: Answer) -> str:
    def where(answer: Answer) -> str:
        sheet = f", sheet {answer.source.sheet}" if answer.source.sheet else ""
        return f"{answer.source.file}{sheet}, row {answer.number:,}"

    return f"{where(first)} to {where(last)}"
