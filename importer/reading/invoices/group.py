"""Rows become invoices: which rows belong together, what their header says, and where they contradict each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import compress, repeat
from operator import is_not
from typing import Any, TypeVar, cast

from importer.domain import problem_catalog
from importer.domain.cells import cell_text
from importer.domain.fields import IDENTITY
from importer.domain.invoice import Invoice, Line, Row
from importer.domain.money import Exact
from importer.domain.problems import Place, Problem
from importer.reading.cells.parse_cell import (
    CellValue,
    Unreadable,
    is_blank,
    quoted,
)
from importer.reading.invoices.blank_headers import below_others
from importer.reading.invoices.rows_together import (
    HEADER,
    GroupingRule,
    HeaderProblems,
    LineColumns,
    ReadCells,
    RowGroups,
    group_rows,
    hold_above,
    hold_doubted,
)

T = TypeVar("T")
CENT = Decimal(1)

HEADER_FIELDS = (*IDENTITY, "invoice_date", "due_date", "accounting_date", "notes", "memo")  # as Invoice has them


def build_invoices(
    rows: Sequence[Row],
    values: dict[str, ReadCells],
    defaults: Mapping[str, Sequence[CellValue]],
    line_sets: Sequence[LineColumns],
    shape: GroupingRule,
) -> tuple[list[Invoice], list[Problem]]:
    """The invoices of one table, in order of first appearance, and a problem for every row that belongs to none.

    `values` holds the columns that the table has; it and the sets lose those that are done with: each takes as much
    room as its rows. `defaults`, by row, is what holds where no cell says otherwise.
    """
    grouped = group_rows(rows, values, shape)
    grouped.firsts = [members[0] for members in grouped.members]
    found: HeaderProblems = defaultdict(list)
    told: set[Place] = set()
    for name in (*IDENTITY, *HEADER):
        _report_unreadable(rows, {name: values[name]} if name in values else {}, grouped.owner, found, told)
    for line_set in line_sets:
        _report_unreadable(line_set.rows, {**line_set.beside, **line_set.values}, grouped.owner, found, told)
    if shape.separate or shape.total_from_lines:  # otherwise its own total shows what it lacks
        hold_above(rows, grouped, line_sets, found)
        hold_doubted(rows, grouped, line_sets, found)
    heads = {name: _header(name, rows, values.pop(name), grouped, found) for name in HEADER if name in values}
    heads |= {name: _header(name, rows, values[name], grouped, None) for name in IDENTITY if name in values}
    if "invoice_number" in values:
        _name_spellings(rows, values["invoice_number"], heads["invoice_number"], grouped, found)
    count = len(grouped.members)
    for group, problem in below_others(rows, values, defaults, heads, grouped.firsts):
        found[group].append(problem)
    for name, by_row in defaults.items():
        of_firsts = map(by_row.__getitem__, grouped.firsts)
        heads[name] = [
            default if head is None else head
            for head, default in zip(heads.get(name, [None] * count), of_firsts, strict=True)
        ]
    values.clear()
    lines = _lines(line_sets, grouped, found)
    for line_set in line_sets:
        line_set.values.clear()
    totals = _slim(list(map(_sum, lines)) if shape.total_from_lines else _total(rows, heads, grouped, found))

    def column(name: str) -> list[Any]:
        return heads.get(name) or [None] * count

    mine = [tuple(sorted(found[group], key=_as_read)) if group in found else () for group in range(count)]
    its_rows = _taken(rows, grouped.members)
    in_order = zip(*map(column, HEADER_FIELDS), totals, lines, its_rows, mine, [None] * count, strict=True)
    invoices = cast("list[Invoice]", list(map(tuple.__new__, repeat(Invoice), in_order)))
    strays = [
        Problem(problem_catalog.UNCLEAR_CONTINUATION, why.what, rows[index].place(), advice=why.advice)
        for index, why in sorted(grouped.strays.items())
    ]
    return invoices, strays


def _taken(rows: Sequence[Row], members: list[list[int]]) -> Iterator[tuple[Row, ...]]:
    """The rows of each invoice; their indexes are let go of one by one."""
    members.reverse()
    while members:
        yield tuple([rows[index] for index in members.pop()])


def _as_read(problem: Problem) -> tuple[int, int, str]:
    """Row by row, and in a row from left to right."""
    column = problem.place.column or ""
    return problem.place.row or 0, len(column), column


def _sum(lines: Sequence[Line]) -> Exact | None:
    """What the lines come to, each in whole cents, where the sheet gives no total; None where none can be read."""
    worths = [line.worth for line in lines if line.worth is not None]
    cents = [each if isinstance(each, int) else each.quantize(CENT, ROUND_HALF_UP) for each in worths]
    return sum(cents, Decimal()) if cents else None


# ---------------------------------------------------------------------- what the header says


def _header(
    name: str, rows: Sequence[Row], column: ReadCells, grouped: RowGroups, found: HeaderProblems | None
) -> list[CellValue]:
    """For each invoice the first cell of the column that is filled. A later one that differs is a contradiction,
    noted in `found` (None for the identity, where spellings of one number may differ)."""
    heads: ReadCells = list(map(column.__getitem__, grouped.firsts))
    heads.append(None)  # for rows of no invoice, whose owner is -1
    at: dict[int, int] = {}
    others = map(is_not, column, map(heads.__getitem__, grouped.owner))  # equal cells are one object: see read_cells
    for index in list(compress(range(len(column)), others)):
        group, value = grouped.owner[index], column[index]
        head = heads[group]
        if group < 0 or value is None or value == head:
            continue
        if head is None:
            heads[group], at[group] = value, index
        elif found is not None and not isinstance(head, Unreadable) and not isinstance(value, Unreadable):
            first = rows[at.get(group, grouped.members[group][0])]
            found[group].append(_contradiction(name, first, rows[index]))
    heads.pop()
    return _readable(heads)


def _name_spellings(
    rows: Sequence[Row], numbers: ReadCells, heads: Sequence[CellValue], grouped: RowGroups, found: HeaderProblems
) -> None:
    """Notes where one invoice's number is written in another way than on its first row."""
    first = [*heads, None]  # for rows of no invoice, whose owner is -1
    others = map(is_not, numbers, map(first.__getitem__, grouped.owner))
    noted: set[tuple[int, str]] = set()
    for index in compress(range(len(numbers)), others):
        group, number = grouped.owner[index], numbers[index]
        if group < 0 or not isinstance(number, str) or number == heads[group] or (group, number) in noted:
            continue
        noted.add((group, number))
        at = rows[grouped.firsts[group]].number
        what = f"{quoted(number)} is taken for the same number as {quoted(str(heads[group]))} in row {at}."
        place = rows[index].place("invoice_number")
        found[group].append(Problem(problem_catalog.SPELLED_DIFFERENTLY, what, place, "invoice_number", number))


def _readable(read: ReadCells) -> list[CellValue]:
    if Unreadable in set(map(type, read)):
        return [None if isinstance(value, Unreadable) else value for value in read]
    return cast("list[CellValue]", read)


def _contradiction(name: str, first: Row, later: Row, other: str | None = None) -> Problem:
    """The cell of a later row, or of another column, against the first."""
    text, first_text = cell_text(later.cell(other or name)).strip(), cell_text(first.cell(name)).strip()
    column = "" if other is None else f"{quoted(_heading(first, name))} in "
    return Problem(
        problem_catalog.CONTRADICTION,
        f"{quoted(text)} contradicts {column}row {first.number} of the file, which says {quoted(first_text)}.",
        later.place(other or name),
        other or name,
        text,
    )


def _heading(row: Row, name: str) -> str:
    return cell_text(row.source.headings[row.source.columns[name]]).strip()


def _total(
    rows: Sequence[Row], heads: Mapping[str, list[CellValue]], grouped: RowGroups, found: HeaderProblems
) -> list[Decimal | None]:
    dollars, cents = heads.get("total_amount"), heads.get("total_amount_in_cents")
    if dollars is None or cents is None:
        return cast("list[Decimal | None]", dollars or cents or [None] * len(grouped.members))
    for group, (one, other) in enumerate(zip(dollars, cents, strict=True)):
        if one is not None and other is not None and one != other:
            first = _first_filled(rows, grouped.members[group], "total_amount")
            later = _first_filled(rows, grouped.members[group], "total_amount_in_cents")
            found[group].append(_contradiction("total_amount", first, later, "total_amount_in_cents"))
    return cast("list[Decimal | None]", _either(dollars, cents))


def _first_filled(rows: Sequence[Row], members: Iterable[int], name: str) -> Row:
    return next(row for row in map(rows.__getitem__, members) if not is_blank(row.cell(name)))


def _either(first: Sequence[T], second: Sequence[T]) -> list[T]:
    return [other if one is None else one for one, other in zip(first, second, strict=True)]


# ---------------------------------------------------------------------- the lines


def _lines(line_sets: Sequence[LineColumns], grouped: RowGroups, found: HeaderProblems) -> list[tuple[Line, ...]]:
    """For each invoice its lines: by row, and within a row in the order of the sets."""
    made = [_set_lines(line_set, grouped, found) for line_set in line_sets]
    without = [_without_line(line_set) for line_set in line_sets]
    if len(made) == 1 and not without[0]:
        return [tuple([made[0][index] for index in members]) for members in grouped.members]
    return [
        tuple(
            lines[index] for index in members for lines, blank in zip(made, without, strict=True) if index not in blank
        )
        or (made[0][members[0]],)  # so that what is missing can be named
        for members in grouped.members
    ]


def _set_lines(line_set: LineColumns, grouped: RowGroups, found: HeaderProblems) -> list[Line]:
    values, rows = line_set.values, line_set.rows

    def column(name: str) -> list[CellValue]:
        default = line_set.defaults.get(name)
        if name not in values:
            return [None] * len(rows) if default is None else list(default)
        read = _readable(values[name])
        return read if default is None else _either(read, default)

    prices, cents = column("unit_price"), column("unit_price_in_cents")
    if "unit_price" in values and "unit_price_in_cents" in values:
        for index, (one, other) in enumerate(zip(prices, cents, strict=True)):
            if one is not None and other is not None and one != other and grouped.owner[index] >= 0:
                clash = _contradiction("unit_price", rows[index], rows[index], "unit_price_in_cents")
                found[grouped.owner[index]].append(clash)
    if "unit_price_in_cents" in values:
        prices = _either(prices, cents)
    notes = [note or "" for note in column("item_notes")]
    accounts, quantities, amounts = map(column, ("financial_account_id", "quantity_ordered", "line_amount"))
    fields = zip(rows, accounts, *map(_slim, (quantities, prices, amounts)), notes, strict=True)
    return cast("list[Line]", list(map(tuple.__new__, repeat(Line), fields)))


def _slim(numbers: Sequence[T]) -> Sequence[T | int]:
    """The same numbers, those that are whole as ints. Equal cells stay one object."""
    if Decimal not in set(map(type, numbers)):
        return numbers
    slim = {of: _whole(number) for of, number in {id(number): number for number in numbers}.items()}
    return [slim[id(number)] for number in numbers]


def _whole(number: T) -> T | int:
    return int(number) if isinstance(number, Decimal) and number == number.to_integral_value() else number


def _without_line(line_set: LineColumns) -> set[int]:
    """The rows in which the set's cells are all blank: they carry a header, or lines of other sets."""
    given = list(line_set.values.values())
    if line_set.nothing_is_no_line:
        return {index for index, value in enumerate(line_set.values["line_amount"]) if value is None or value == 0}
    if not given:
        return set()
    without = {index for index, value in enumerate(given[0]) if value is None}
    for read in given[1:]:
        without = {index for index in without if read[index] is None}
    return without


# ---------------------------------------------------------------------- cells that cannot be read


def _report_unreadable(
    rows: Sequence[Row], values: Mapping[str, ReadCells], owner: Sequence[int], found: HeaderProblems, told: set[Place]
) -> None:
    """Notes each cell that cannot be read, once: `told` are the places of those that were noted."""
    for name, read in values.items():
        if Unreadable not in set(map(type, read)):
            continue
        for index, value in enumerate(read):
            if isinstance(value, Unreadable) and owner[index] >= 0:
                place = rows[index].place(name)
                if place not in told:
                    told.add(place)
                    found[owner[index]].append(Problem(value.kind, value.what, place, name, value.text, value.advice))
