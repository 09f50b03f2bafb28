"""The sheets "Rows" and "To fix": the clerk's own rows, with what became of each in front of them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

from importer.domain.cells import Cell, cell_text, column_letter
from importer.domain.fields import BY_NAME, ValueKind
from importer.domain.outcome import Outcome
from importer.domain.problems import Place, Problem
from importer.report.row_outcomes import (
    OFFERED,
    RowOutcome,
    SheetGroup,
    advised,
    worst_first,
)
from importer.report.sandbox_commands import with_sandbox_flag
from importer.report.sentences import how_to_mend
from importer.report.workbook import styles
from importer.report.workbook.cell_styles import CellStyles, columns_of, row_height
from importer.report.workbook.styles import Styles
from importer.workbook_format import layout

MAX_COMMENTS = 2_000  # a sheet with many more opens slowly; its cells are coloured all the same
_SAMPLE = 200  # rows that decide how wide a column is
_WIDE, _NARROW, _NUMBER, _NUMBER_MOST = 52, 29, 16, 26
_OWN, _OWN_TO_FIX = 43, 29  # the most that a column of the clerk's takes; in "To fix" its text is folded
_ONE_PAGE = 200  # digits: a wider sheet is printed on two pages side by side, because it would be too small on one
_OURS = "This column is written by invoice-importer and is not read. Correct the vendor's own columns, to the right."


@dataclass(frozen=True, slots=True)
class SheetExtent:
    """What one sheet holds, for the list on the first sheet."""

    title: str
    rows: int
    first: RowOutcome | None
    last: RowOutcome | None


class FirstRows:
    """Where in "Rows" each invoice of a run begins."""

    def __init__(self, count: int) -> None:
        self._rows = array("l", bytes(array("l").itemsize * count))  # 1-based; 0 as long as it is not known
        self._sheets = array("l", self._rows)
        self._titles: list[str] = []

    def note(self, at: int, title: str, row: int) -> None:
        """The invoice in this place among the outcomes begins there, unless it began higher up."""
        if not self._rows[at]:
            if title not in self._titles:
                self._titles.append(title)
            self._rows[at], self._sheets[at] = row, self._titles.index(title)

    def place(self, at: int) -> str | None:
        """The cell as a link inside the workbook calls it; None for an invoice without a row there."""
        return f"'{self._titles[self._sheets[at]]}'!A{self._rows[at]}" if self._rows[at] else None


class RowsSheet:
    """One worksheet of "Rows" (`first_rows` given: it notes there where each invoice begins, and in
    `totals` where those cells stand) or of "To fix" (None)."""

    def __init__(
        self,
        sheet: Any,
        made: Styles,
        tables: SheetGroup,
        destination: str,
        first_rows: FirstRows | None,
        *,
        offers: bool = False,
        totals: dict[Place, str | None] | None = None,
        secret: bytes = b"",
    ) -> None:
        self._secret = secret
        self._sheet = sheet
        self._made = made
        self._layout = tables
        self._destination = destination
        self._first_rows = first_rows
        self._comments = 0
        self._outcome: Outcome | None = None  # of the row that was written last, and what was said of its invoice
        self._number_said = ""
        self._ways: dict[tuple[bool, bool], str] = {}
        self._totals = {place: place.column for place in totals or {} if place.column is not None}
        self._links = totals if totals is not None else {}
        rule = styles.ROW_RULE
        folded: dict[str, object] = {"text_wrap": True, **rule} if first_rows is None else rule
        self._plain = CellStyles(made, **folded)
        self._wrong = CellStyles(made, bg_color=styles.WRONG, **folded)
        self._look = CellStyles(made, bg_color=styles.LOOK, **folded)
        self._own_widths: list[int] = []
        self._quiet = CellStyles(made, font_color=styles.QUIET, italic=True, **rule)
        self._empty = made.get(**rule)
        self._text = made.get(indent=1, **rule)
        self._wrapped = made.get(text_wrap=True, indent=1, **rule)
        # A line between our columns and the clerk's.
        edge: dict[str, object] = {"right": 1, "right_color": styles.RULE, **rule}
        self._edge = made.get(text_wrap=True, indent=1, **edge)
        self._faint_edge = made.get(font_color=styles.QUIET, indent=1, **edge)
        self._number = made.get(num_format=styles.AS_IS, **rule)
        self._faint = made.get(font_color=styles.QUIET, indent=1, **rule)
        self._faint_number = made.get(font_color=styles.QUIET, num_format=styles.AS_IS, **rule)
        self._chips = {status: made.chip(status, indent=1, **rule) for status in styles.CHIPS}
        sources = [table.source for table in tables.tables]
        self._money = {id(source): columns_of(source, ValueKind.DOLLARS) for source in sources}
        self._figures = frozenset[int]().union(
            *(columns_of(source, ValueKind.DOLLARS, ValueKind.CENTS, ValueKind.QUANTITY) for source in sources)
        )
        self._offered = len(layout.FRONT) + tables.width if offers else None  # where an empty column is offered
        self._mark = len(layout.FRONT) + tables.width + offers
        self._to_fill = made.get(num_format=styles.DAY, indent=1, **rule)
        self._to_fill_red = made.get(num_format=styles.DAY, indent=1, bg_color=styles.WRONG, **rule)

    def fill(self, answers: Iterator[RowOutcome]) -> SheetExtent:
        """Write the rows and say what stands here."""
        sheet = self._sheet
        sample = list(islice(answers, _SAMPLE))
        self._headings(sample)
        self._widths(sample)
        at, last = 0, None
        for at, last in enumerate(chain(sample, answers), start=1):
            self._row(at, last)
        sheet.set_default_row(16)
        sheet.freeze_panes(1, layout.NUMBER + 1)
        sheet.autofilter(0, 0, at, self._mark)  # with the marks: they have to move along when the rows are sorted
        if at:  # so that nobody corrects a number where it is not read
            refused = {"validate": "custom", "value": "=FALSE", "error_title": "Not here", "error_message": _OURS}
            sheet.data_validation(1, 0, at, len(layout.FRONT) - 1, {**refused, "ignore_blank": False})
        self._set_up_for_print()
        return SheetExtent(sheet.get_name(), at, sample[0] if sample else None, last)

    @property
    def _is_to_fix(self) -> bool:
        return self._first_rows is None

    def _headings(self, sample: Sequence[RowOutcome]) -> None:
        made = self._made
        row: list[tuple[int, Any, Any]] = []
        for column, heading in enumerate(layout.TO_FIX_FRONT if self._is_to_fix else layout.FRONT):
            row.append(
                (column, heading, made.heading(align="right") if column == layout.ROW else made.heading(indent=1))
            )
        for index in range(self._layout.width):
            filled = [cell for cell in self._cells(sample, index) if cell not in (None, "")]
            figures = sum(isinstance(cell, float | int) for cell in filled)
            is_right = index in self._figures or figures * 2 > len(filled)
            look = made.own_heading(align="right") if is_right else made.own_heading(indent=1)
            row.append((len(layout.FRONT) + index, self._heading(index) or None, look))
        if self._offered is not None:
            row.append((self._offered, BY_NAME[OFFERED].heading, made.own_heading(indent=1)))
        row.append((self._mark, layout.MARK, self._faint))
        self._sheet.put_row(0, row, 30)

    def _heading(self, index: int) -> str:
        headings = self._layout.headings
        return cell_text(headings[index]) if index < len(headings) else ""

    def _cells(self, sample: Sequence[RowOutcome], index: int) -> Iterator[Cell]:
        return (answer.cells[index] for answer in sample if index < len(answer.cells))

    def _row(self, at: int, answer: RowOutcome) -> None:
        source, outcome = answer.source, answer.outcome
        is_skipped = answer.status == layout.SKIPPED
        text, number = (self._faint, self._faint_number) if is_skipped else (self._text, self._number)
        starts = outcome is not None and outcome.invoice.rows[0].number == answer.number
        said = answer.said
        width = _WIDE - 3
        row: list[tuple[int, Any, Any]] = [(layout.FILE, source.file, text)]
        if source.sheet is not None:
            row.append((layout.SHEET, source.sheet, text))
        row.append((layout.ROW, answer.number, number))
        row.append((layout.OUTCOME, answer.label, self._chips[answer.status]))
        if outcome is not self._outcome:
            self._outcome, self._number_said, self._ways = outcome, answer.invoice, {}
        invoice = self._number_said if outcome is not None else ""
        if invoice:
            row.append((layout.NUMBER, invoice, self._wrapped if self._is_to_fix else text))
        height = row_height((said, width)) if said and not self._is_to_fix else None
        behind = ["", ""]  # what stands in the last two of our columns
        if self._is_to_fix:
            has_red = any(
                each.is_error and (each.place.column is not None or each.field == OFFERED) for each in answer.problems
            )
            way = self._way(is_held_back=bool(answer.remark), has_red=has_red)
            behind = [said, way]
            row.append((5, said or None, self._wrapped))
            row.append((6, way or None, self._edge))
            texts = [(said, width), (way, _NARROW - 3), *self._long_cells(answer)]
            if len(invoice) > _NUMBER // 2:
                texts.append((invoice, _NUMBER - 3))
            height = row_height(*texts)
        else:
            behind = [(outcome.job_id if outcome is not None else None) or "", said]
            if behind[0]:
                row.append((5, behind[0], text))
            row.append((6, said or None, self._faint_edge if is_skipped else self._edge))
            if starts and self._first_rows is not None:
                self._first_rows.note(answer.at, self._sheet.get_name(), at + 1)
        row += self._own_cells(at, answer, self._quiet if is_skipped else self._plain)
        if self._offered is not None:
            row.append((self._offered, None, self._offered_cell(at, self._offered, answer)))
        status = layout.TAKEN_OUT if is_skipped and answer.remark == layout.TAKEN_OUT_REASON else answer.status
        key = outcome.key if outcome is not None else None
        if is_skipped and self._totals:
            self._link_total(at, source.place(answer.number))
        ours = (answer.label, invoice, *behind)
        place = source.file, source.sheet, answer.number
        mark = layout.RowMark.of(status, key, *place, answer.cells, ours, self._secret)
        row.append((self._mark, mark.text, self._faint))
        self._sheet.put_row(at, row, height, self._empty)

    def _way(self, *, is_held_back: bool, has_red: bool) -> str:
        """What to do with the row; the same for many rows of one invoice."""
        which = is_held_back, has_red
        if which not in self._ways:
            way = how_to_mend(self._outcome, is_held_back=is_held_back, has_red=has_red)
            self._ways[which] = with_sandbox_flag(way, self._destination)
        return self._ways[which]

    def _link_total(self, at: int, row: Place) -> None:
        for place, column in self._totals.items():
            if replace(place, column=None) == row:
                letter = column_letter(len(layout.FRONT) + layout.column_index(column))
                self._links[place] = f"internal:'{self._sheet.get_name()}'!{letter}{at + 1}"

    def _offered_cell(self, at: int, column: int, answer: RowOutcome) -> Any:
        """The format of the empty cell behind the vendor's own: red where a problem asks for it."""
        asking = [each for each in answer.problems if each.field == OFFERED and each.place.column is None]
        if asking:
            self._comment(at, column, "\n".join(map(advised, asking)))
        return self._to_fill_red if asking else self._to_fill

    def _long_cells(self, answer: RowOutcome) -> Iterator[tuple[str, float]]:
        """The clerk's texts that do not fit on one line of their columns, and the columns' widths."""
        for cell, width in zip(answer.cells, self._own_widths, strict=False):
            if isinstance(cell, str) and len(cell) > width * 0.8 and not (len(cell) < width - 2 and cell.islower()):
                yield cell, width - 2

    def _own_cells(self, at: int, answer: RowOutcome, plain: CellStyles) -> Iterable[tuple[int, Any, Any]]:
        money, figures = self._money[id(answer.source)], self._figures
        front = len(layout.FRONT)
        marked = _by_column(answer, self._layout.width) if answer.problems else {}
        if not marked:
            texts = plain.of_texts(figures, self._layout.width)
            return [
                (front + index, cell, texts[index])  # nearly all are texts, and these are a million cells
                if cell.__class__ is str and index < len(texts)
                else (front + index, *plain.of(cell, is_money=index in money, is_figure=index in figures))
                for index, cell in enumerate(answer.cells)
                if cell is not None and cell != ""
            ]
        row = []
        for index in range(max(len(answer.cells), *(column + 1 for column in marked))):
            cell = answer.cells[index] if index < len(answer.cells) else None
            found = marked.get(index, ())
            if found:
                wrong = any(problem.is_error for problem in found)
                look = self._wrong if wrong else self._look
                row.append((front + index, *look.of(cell, is_money=index in money, is_figure=index in figures)))
                self._comment(at, front + index, "\n".join(map(advised, worst_first(found))))
            elif cell not in (None, ""):
                row.append((front + index, *plain.of(cell, is_money=index in money, is_figure=index in figures)))
        return row

    def _comment(self, at: int, column: int, text: str) -> None:
        if self._comments == MAX_COMMENTS:
            return
        self._comments += 1
        look = {"font_name": styles.FONT, "font_size": 9, "color": "#FFFDF5"}
        height = 18 * (2 + len(text) // 44 + text.count("\n"))
        options = {**look, "author": "invoice-importer", "x_scale": 2.2, "height": min(height, 400)}
        self._sheet.write_comment(at, column, layout.tidy_text(text), options)

    def _widths(self, sample: Sequence[RowOutcome]) -> None:
        """Widths that fit what stands in the columns, within reason; a place that never varies is folded away."""
        sheet = self._sheet
        sources = [table.source for table in self._layout.tables]
        one_file = len({source.file for source in sources}) == 1
        one_sheet = one_file and len({source.sheet for source in sources}) == 1
        sheet.set_column(layout.FILE, layout.FILE, 20, None, {"hidden": one_file})
        sheet.set_column(layout.SHEET, layout.SHEET, 14, None, {"hidden": one_sheet})
        sheet.set_column(layout.ROW, layout.ROW, 7)
        sheet.set_column(layout.OUTCOME, layout.OUTCOME, 15)
        number = max((len(answer.invoice) for answer in sample), default=0) + 3
        sheet.set_column(layout.NUMBER, layout.NUMBER, min(max(number, _NUMBER), _NUMBER_MOST))
        sheet.set_column(5, 5, _WIDE if self._is_to_fix else 32)
        sheet.set_column(6, 6, _NARROW if self._is_to_fix else _WIDE)
        most = _OWN_TO_FIX if self._is_to_fix else _OWN
        for index in range(self._layout.width):
            heading = self._heading(index)
            longest = max(map(_width, self._cells(sample, index)), default=0)
            word = max(map(len, heading.split()), default=0)
            width = min(max(longest, word + 1, len(heading) // 2 + 2, 7) + 3, most)
            self._own_widths.append(width)
            sheet.set_column(len(layout.FRONT) + index, len(layout.FRONT) + index, width)
        if self._offered is not None:
            sheet.set_column(self._offered, self._offered, 15)
        sheet.set_column(self._mark, self._mark, 12, None, {"hidden": True})

    def _set_up_for_print(self) -> None:
        print_landscape(self._sheet)
        if 22 + _NUMBER + _WIDE + _NARROW + sum(self._own_widths) > _ONE_PAGE:
            self._sheet.fit_to_pages(2, 0)
            self._sheet.print_across()
            self._sheet.repeat_columns(layout.ROW, layout.NUMBER)


def print_landscape(sheet: Any, *, repeated: int = 1) -> None:
    """One page wide, on Letter paper, the first rows on every page."""
    sheet.hide_gridlines(1)
    sheet.set_landscape()
    sheet.set_paper(1)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    if repeated:
        sheet.repeat_rows(0, repeated - 1)
    sheet.set_footer("&L&A&RPage &P of &N")


def _width(cell: Cell) -> int:
    if isinstance(cell, float):
        return len(f"{cell:,.2f}")
    return max(map(len, cell_text(cell).splitlines()), default=0)


def _by_column(answer: RowOutcome, width: int) -> dict[int, list[Problem]]:
    marked: dict[int, list[Problem]] = {}
    for problem in answer.problems:
        if problem.place.column is not None and problem.place.row == answer.number:
            index = layout.column_index(problem.place.column)
            if index < width:
                marked.setdefault(index, []).append(problem)
    return marked
