"""Every row of the input with what became of it: the one place where rows, outcomes and problems meet."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from typing import NamedTuple

from importer.domain.cells import Cell, cell_text
from importer.domain.invoice import Row, Source
from importer.domain.outcome import Outcome, Run
from importer.domain.problems import Problem
from importer.domain.reading import SkippedRow, Table
from importer.report.workbook.tie_out import as_said
from importer.workbook_format.layout import (
    NO_INVOICE,
    OPEN_STATUSES,
    SKIPPED,
    column_index,
    label_of,
)

OFFERED = "accounting_date"
"""The field that "To fix" offers an empty column for."""


class RowOutcome(NamedTuple):
    """One row of the input and what became of it."""

    source: Source
    number: int  # 1-based, as in the input
    cells: tuple[Cell, ...]
    status: str  # a `Status`, SKIPPED or NO_INVOICE
    label: str  # as a clerk reads it
    outcome: Outcome | None
    problems: tuple[Problem, ...]  # those that belong to this row
    remark: str  # why it was skipped, or with which row it is held back
    at: int = -1  # the place of the outcome among those of the run

    @property
    def invoice(self) -> str:
        """The number of its invoice; "" for a row that belongs to none."""
        return (as_said(self.outcome, "invoice_number") or "(no number)") if self.outcome is not None else ""

    @property
    def said(self) -> str:
        """Remark and problems in one text, each cell called by its column's heading."""
        remark = [self.remark] if self.remark else []
        return "\n".join([*remark, *map(self._say, worst_first(self.problems))])

    def _say(self, problem: Problem) -> str:
        place = problem.place
        if (place.file, place.sheet, place.row) != (self.source.file, self.source.sheet, self.number):
            return problem.message
        heading = ""
        if place.column is not None:
            at = column_index(place.column)
            heading = cell_text(self.source.headings[at]).strip() if at < len(self.source.headings) else ""
            heading = f"{heading or 'column ' + place.column}: "
        return f"{heading}{advised(problem)}"


def advised(problem: Problem) -> str:
    """What is wrong and the way out, without the place."""
    advice = problem.kind.advice if problem.advice is None else problem.advice
    return f"{problem.what} {advice}".strip()


def worst_first(problems: Iterable[Problem]) -> list[Problem]:
    """Errors, then warnings, otherwise in their order."""
    return sorted(problems, key=lambda problem: not problem.is_error)


@dataclass(frozen=True, slots=True)
class SheetGroup:
    """The tables that share their headings, and so a sheet."""

    headings: tuple[Cell, ...]
    width: int  # of the widest row, at least that of the headings
    tables: tuple[Table, ...]

    @property
    def row_count(self) -> int:
        """Rows to be answered for: data rows and skipped ones."""
        return sum(len(table.rows) + len(table.skipped) for table in self.tables)


class RowOutcomes:
    """Looks up what became of each row of a run."""

    def __init__(self, run: Run) -> None:
        self._outcomes = run.outcomes
        self._owners = {id(table.source): _nobody(table) for table in run.reading.tables}
        self._problems: dict[tuple[int, int], list[Problem]] = defaultdict(list)
        self._held_by: dict[int, tuple[int, Problem]] = {}  # index of outcome → number of its row with the first error
        self.unplaced: list[Problem] = []
        self._asks: set[int] = set()  # ids of the sources that a problem asks an accounting date of, and have none
        self.layouts = _layouts(run.reading.tables)
        for index, outcome in enumerate(run.outcomes):
            for row in outcome.invoice.rows:
                if (owners := self._owners.get(id(row.source))) is not None:
                    owners[row.number] = index
            if outcome.problems:
                self._place(index, outcome)
        self._place_loose(run)

    def answers(self, layout: SheetGroup) -> Iterator[RowOutcome]:
        """Every data row and skipped row of the layout's tables, in the files' order."""
        for table in layout.tables:
            entries: Iterator[Row | SkippedRow] = merge(table.rows, table.skipped, key=_number)
            yield from self._answers(table.source, entries)

    def open_answers(self, layout: SheetGroup) -> Iterator[RowOutcome]:
        """Those of them that did not go and may be corrected."""
        for table in layout.tables:
            yield from self._answers(table.source, self._open_rows(table))

    def asks_for_more(self, layout: SheetGroup) -> bool:
        """True where "To fix" has to offer the column OFFERED, because a problem asks for what the file has not."""
        return any(id(table.source) in self._asks for table in layout.tables)

    def open_count(self, layout: SheetGroup) -> int:
        """How many `open_answers` gives."""
        return sum(1 for table in layout.tables for _ in self._open_rows(table))

    def _open_rows(self, table: Table) -> Iterator[Row]:
        owners = self._owners[id(table.source)]
        for row in table.rows:
            index = owners[row.number]
            if index < 0 or self._outcomes[index].status in OPEN_STATUSES:
                yield row

    def _answers(self, source: Source, entries: Iterable[Row | SkippedRow]) -> Iterator[RowOutcome]:
        owners = self._owners[id(source)]
        for entry in entries:
            number = _number(entry)
            problems = tuple(self._problems.get((id(source), number), ()))
            if isinstance(entry, SkippedRow):
                yield RowOutcome(source, number, entry.cells, SKIPPED, label_of(SKIPPED), None, problems, entry.reason)
                continue
            index = owners[number]
            if index < 0:
                yield RowOutcome(source, number, entry.cells, NO_INVOICE, label_of(NO_INVOICE), None, problems, "")
                continue
            outcome = self._outcomes[index]
            remark = ""
            held_by = None if problems or outcome.status.is_fine else self._held_by.get(index)
            if held_by is not None and held_by[0] != number:
                remark = f"Held back with row {held_by[0]} of the file: {_within(held_by[1].what)}"
            status = outcome.status
            yield RowOutcome(source, number, entry.cells, status.value, status.label, outcome, problems, remark, index)

    def _place(self, index: int, outcome: Outcome) -> None:
        rows = {row.place(): row for row in outcome.invoice.rows}
        for problem in outcome.problems:
            row = rows.get(replace(problem.place, column=None), outcome.invoice.rows[0])
            self._problems[id(row.source), row.number].append(problem)
            if problem.is_error:
                if problem.field == OFFERED and OFFERED not in row.source.columns:
                    self._asks.add(id(row.source))
                self._held_by.setdefault(index, (row.number, problem))

    def _place_loose(self, run: Run) -> None:
        """Problems of the reading go to the row that they name; those that name none are about the files."""
        placed: dict[tuple[str | None, str | None, int], list[Problem]] = defaultdict(list)
        for problem in run.reading.problems:
            place = problem.place
            if place.row is None:
                self.unplaced.append(problem)
            else:
                placed[place.file, place.sheet, place.row].append(problem)
        if not placed:
            return
        for table in run.reading.tables:
            entries: tuple[Row | SkippedRow, ...] = (*table.rows, *table.skipped)
            for entry in entries:
                found = placed.pop((table.source.file, table.source.sheet, _number(entry)), None)
                if found:
                    self._problems[id(table.source), _number(entry)].extend(found)
        self.unplaced.extend(problem for left in placed.values() for problem in left)


def _within(sentence: str) -> str:
    """The sentence as it goes on behind a colon."""
    return f"the {sentence[4:]}" if sentence.startswith("The ") else sentence


def _nobody(table: Table) -> array[int]:
    """For each row number of a table the place of its outcome, -1 as long as it has none."""
    last = max((row.number for row in table.rows), default=0)
    return array("l", [-1]) * (last + 1)


def _number(entry: Row | SkippedRow) -> int:
    return entry.row if isinstance(entry, SkippedRow) else entry.number


def _layouts(tables: Sequence[Table]) -> tuple[SheetGroup, ...]:
    """Those with data first: a sheet that was left out as a whole has neither headings nor data."""
    groups: dict[tuple[str, ...], list[Table]] = {}
    for table in tables:
        groups.setdefault(tuple(cell_text(cell) for cell in table.source.headings), []).append(table)
    layouts = [
        SheetGroup(
            group[0].source.headings,
            max(
                len(headings),
                *(table.width for table in group),
            ),
            tuple(group),
        )
        for headings, group in groups.items()
    ]
    return tuple(sorted(layouts, key=lambda one: not any(table.rows for table in one.tables)))
