"""The totals of a file whose rows were corrected by hand: judged by the vendor's own rows, every round."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from importer.domain import problem_catalog
from importer.domain.cells import Cell
from importer.domain.corrections import CorrectionTrail
from importer.domain.money import dollars
from importer.domain.problems import Problem
from importer.domain.reading import ControlTotal, Reading
from importer.reading.cells.parse_cell import quoted
from importer.reading.rows.control_totals import control_problem
from importer.workbook_format.layout import ROWS, canonical, column_index
from importer.workbook_format.manifest import SheetRecord

RowsByNumber = Mapping[int, tuple[Cell, ...]]


def vendors_rows(
    kept: Sequence[SheetRecord],
    before: Mapping[str | None, RowsByNumber],
    trace: CorrectionTrail,
    altered: Collection[tuple[str | None, int]],
) -> dict[str | None, RowsByNumber]:
    """The rows of a file as the vendor sent them, by sheet. `before` is how they stood before this round; `altered`
    are those that were changed in "Rows" since."""
    found: dict[str | None, RowsByNumber] = {}
    for one in kept:
        rows = dict(before[one.sheet])
        undone: dict[tuple[int, int], str] = {}
        for each in trace.corrections:
            if (each.file, each.sheet or None) != (one.file, one.sheet):
                continue
            if each.is_added:
                rows.pop(each.row, None)
            elif (at := _column(one, each.letter, each.column)) is not None:
                undone.setdefault((each.row, at), each.was)
        for place, says in one.totals.items():
            if (one.sheet, place[0]) in altered:
                undone.setdefault(place, says)
        for (row, at), was in undone.items():
            if row in rows:
                rows[row] = _with(rows[row], at, was or None)
        found[one.sheet] = rows
    return found


def mended_rows(
    vendors: Mapping[str | None, RowsByNumber], now: Mapping[str | None, RowsByNumber], first: Reading
) -> Mapping[str | None, RowsByNumber] | None:
    """The vendor's rows with what could not be read in them as it was corrected; None where nothing of it was."""
    mended = {sheet: dict(rows) for sheet, rows in vendors.items()}
    is_other = False
    for control in first.control_totals:
        sheet, at = control.place.sheet, column_index(control.place.column or "A")
        for cell in control.unread:
            row = int(cell.removeprefix(control.place.column or ""))
            if row in now[sheet]:
                has = now[sheet][row][at] if at < len(now[sheet][row]) else None
                if canonical(has) != canonical(mended[sheet][row][at]):
                    mended[sheet][row], is_other = _with(mended[sheet][row], at, has), True
    return mended if is_other else None


def compare_totals_with_vendor(
    reading: Reading,
    first: Reading,
    altered: Collection[tuple[str | None, int]],
    not_kept: Collection[tuple[str | None, int]],
) -> Reading:
    """The reading with each total compared with its rows and with the vendor's own. A total that those came to stops
    nothing where they were corrected since; one that was changed by hand stands beside what the vendor's file says.

    `first` is the reading of the vendor's rows, `altered` are the rows that were changed in "Rows", in any round.
    Where of some of them nothing tells what the vendor sent (`not_kept`), those are named instead of what the vendor's
    rows came to; the total stops what it would stop without them.
    """
    told = {control_problem(each) for each in reading.control_totals if not each.agrees}
    found = [problem for problem in reading.problems if problem not in told]
    notices = list(reading.notices)
    totals: list[ControlTotal] = []
    then = {each.place: each for each in first.control_totals}
    for now in reading.control_totals:
        was, is_altered = then.pop(now.place, None), (now.place.sheet, now.place.row) in altered
        if was is not None and is_altered and was.says != now.says:
            now = _beside(now, was)
            what = f"was changed by hand to {dollars(now.says)}"
            found.append(_changed(was, what))
            notices.append(_noticed(was, what))
            was = None
        totals.append(_with_unread(now, was))
        lost = sorted(row for sheet, row in not_kept if sheet == now.place.sheet)
        found += _what_is_wrong(totals[-1], was, lost)
    for was in then.values():
        if (was.place.sheet, was.place.row) in altered:
            what = "no longer stands there"
            found.append(_changed(was, what))
            notices.append(_noticed(was, what))
        totals.append(_gone(was, reading))
        found += _what_is_wrong(totals[-1], was)
    return replace(reading, problems=tuple(found), notices=tuple(notices), control_totals=tuple(totals))


def _what_is_wrong(now: ControlTotal, was: ControlTotal | None, lost: Sequence[int] = ()) -> Iterator[Problem]:
    if now.agrees:
        return
    problem = control_problem(now)
    if was is not None and was.agrees:
        yield replace(problem, kind=problem_catalog.CORRECTED_TOTAL, advice=problem_catalog.CORRECTED_TOTAL.advice)
    elif lost:
        rows = f"Row {lost[0]:,} was" if len(lost) == 1 else f"Row {lost[0]:,} and {len(lost) - 1:,} more were"
        yield replace(
            problem, what=f"{problem.what} {rows} changed or deleted in the sheet “{ROWS}”, which may be why."
        )
    elif was is not None and was.found != now.found:
        what = f"{problem.what} As the vendor sent them, with what could be read, they came to {dollars(was.found)}."
        yield replace(problem, what=what)
    else:
        yield problem


def _beside(now: ControlTotal, was: ControlTotal) -> ControlTotal:
    """A total changed by hand, beside the vendor's. Nobody types in what counts invoices once for each line, unless
    the vendor's own does."""
    if now.once is not None and was.once is None:
        now = replace(now, found=now.once, once=None)
    return replace(now, vendor=was.says)


def _with_unread(now: ControlTotal, was: ControlTotal | None) -> ControlTotal:
    """Rows that could not be read and were taken out leave the total as little to be compared as before."""
    return now if was is None or now.agrees or was.agrees else replace(now, unread=(*now.unread, *was.unread))


def _gone(was: ControlTotal, reading: Reading) -> ControlTotal:
    place = was.place
    mine = [
        each.worth for each in reading.invoices if (each.source.file, each.source.sheet) == (place.file, place.sheet)
    ]
    found = was.says.__class__(sum(mine))
    return replace(was, found=found, once=None, vendor=was.says)


def _changed(was: ControlTotal, what: str) -> Problem:
    said = f"{quoted(was.label)} says {dollars(was.says)} in the vendor's file, and {what}."
    return Problem(problem_catalog.CHANGED_TOTAL, said, was.place)


def _noticed(was: ControlTotal, what: str) -> str:
    return f"The vendor's own total of {dollars(was.says)} ({was.place.file}, {was.place.cell}) {what}."


def altered_totals(kept: Sequence[SheetRecord], trace: CorrectionTrail) -> frozenset[tuple[str | None, int]]:
    """The rows of totals that were changed by hand in earlier rounds."""
    rows = {(one.file, one.sheet, row) for one in kept for row, _ in one.totals}
    corrected = {(each.file, each.sheet or None, each.row) for each in trace.corrections}
    return frozenset((sheet, row) for _, sheet, row in rows & corrected)


def _column(one: SheetRecord, letter: str, heading: str) -> int | None:
    if letter:
        return column_index(letter)
    return next((at for at, each in enumerate(one.headings) if each.strip() == heading), None)


def _with(cells: tuple[Cell, ...], at: int, cell: Cell) -> tuple[Cell, ...]:
    longer = [*cells, *[None] * (at + 1 - len(cells))]
    longer[at] = cell
    return tuple(longer)
