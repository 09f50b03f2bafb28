"""Rows become invoices: which rows belong together, what their header says, and where they contradict each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from itertools import compress, repeat
from operator import is_not
from typing import Any, TypeVar, cast

from importer import problems
from importer.cells import cell_text
from importer.columns import COLUMNS, IDENTITY
from importer.keys import normalised_number
from importer.models import Exact, Invoice, Line, Row
from importer.problems import Place, Problem
from importer.reader.blanks import below_others
from importer.reader.cells import Unreadable, Value, is_blank, quoted
from importer.reader.keys_with_gaps import KeysWithGaps, agrees
from importer.reader.leftovers import Asked

Read = list[Value | Unreadable]
T = TypeVar("T")
Found = defaultdict[int, list[Problem]]  # invoice → its problems; most have none
CENT = Decimal(1)

HEADER = tuple(column.name for column in COLUMNS if not column.of_line and column.name not in IDENTITY)
HEADER_FIELDS = (*IDENTITY, "invoice_date", "due_date", "accounting_date", "notes", "memo")  # as Invoice has them


@dataclass(slots=True)
class Grouped:
    """Rows by invoice, as indexes into the table's rows. `owner` is -1 for a row that belongs to none."""

    members: list[list[int]] = field(default_factory=list)
    owner: list[int] = field(default_factory=list)
    strays: dict[int, Asked] = field(default_factory=dict)  # row → why it belongs to no invoice
    firsts: list[int] = field(default_factory=list)  # the first row of each invoice


@dataclass(frozen=True, slots=True)
class LineSet:
    """Columns that make at most one line of each row: those of the line itself, of a repeated group, of an extra line.

    `rows` are the table's rows as this set sees them: their source says which column is the quantity and which the
    price. `defaults` fills what is blank; where `nothing_is_no_line`, an amount of zero makes no line either.
    `beside` are the line columns that stand once for all sets: what cannot be read there is named with this one.
    """

    rows: Sequence[Row]
    values: dict[str, Read]
    defaults: Mapping[str, Sequence[Value]]
    nothing_is_no_line: bool = False
    beside: Mapping[str, Read] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shape:
    """How rows make invoices. `separate`: every row is an invoice of its own. `asked`: rows that may be no data."""

    separate: bool = False
    total_from_lines: bool = False
    asked: Mapping[int, Asked] = field(default_factory=dict)


def build_invoices(
    rows: Sequence[Row],
    values: dict[str, Read],
    defaults: Mapping[str, Sequence[Value]],
    line_sets: Sequence[LineSet],
    shape: Shape,
) -> tuple[list[Invoice], list[Problem]]:
    """The invoices of one table, in order of first appearance, and a problem for every row that belongs to none.

    `values` holds the columns that the table has; it and the sets lose those that are done with: each takes as much
    room as its rows. `defaults`, by row, is what holds where no cell says otherwise.
    """
    grouped = _group(rows, values, shape)
    grouped.firsts = [members[0] for members in grouped.members]
    found: Found = defaultdict(list)
    told: set[Place] = set()
    for name in (*IDENTITY, *HEADER):
        _report_unreadable(rows, {name: values[name]} if name in values else {}, grouped.owner, found, told)
    for line_set in line_sets:
        _report_unreadable(line_set.rows, {**line_set.beside, **line_set.values}, grouped.owner, found, told)
    if shape.separate or shape.total_from_lines:  # otherwise its own total shows what it lacks
        _hold_above(rows, grouped, line_sets, found)
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
        Problem(problems.UNCLEAR_CONTINUATION, why.what, rows[index].place(), advice=why.advice)
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


# ---------------------------------------------------------------------- which rows belong together


def _group(rows: Sequence[Row], values: Mapping[str, Read], shape: Shape) -> Grouped:
    if shape.separate:
        return _each_its_own(rows, shape.asked)
    identity = [values[name] for name in IDENTITY if name in values]
    numbers = values.get("invoice_number", [None] * len(rows))
    spelled = {number: _comparable(number) for number in dict.fromkeys(numbers)}
    identity = [list(map(spelled.__getitem__, column)) if column is numbers else column for column in identity]
    if Unreadable in set(map(type, numbers)):
        identity.append(_apart(numbers, [values[name] for name in HEADER if name in values]))
    if any(None in column for column in identity) or "invoice_number" not in values or shape.asked:
        keys = list(zip(*identity, strict=True)) if identity else [()] * len(rows)
        return _group_with_gaps(rows, values, keys, shape.asked)
    # The keys are made twice, and not kept: those of a hundred thousand rows take as much room as the rows.
    groups = {key: group for group, key in enumerate(dict.fromkeys(zip(*identity, strict=True)))}
    owner = list(map(groups.__getitem__, zip(*identity, strict=True)))
    members: list[list[int]] = [[] for _ in groups]
    for index, group in enumerate(owner):
        members[group].append(index)
    return Grouped(members, owner)


def _each_its_own(rows: Sequence[Row], asked: Mapping[int, Asked]) -> Grouped:
    grouped = Grouped(strays=dict(asked))
    for index in range(len(rows)):
        if index in asked:
            grouped.owner.append(-1)
        else:
            grouped.owner.append(len(grouped.members))
            grouped.members.append([index])
    return grouped


def _comparable(number: Value | Unreadable) -> Value | Unreadable:
    return normalised_number(number) if isinstance(number, str) else number


def _apart(numbers: Read, header: Sequence[Read]) -> Read:
    """Rows with a damaged number (five times 1.60E+12) belong together only where their whole header is the same."""
    return [
        str(hash(tuple(column[index] for column in header))) if isinstance(number, Unreadable) else ""
        for index, number in enumerate(numbers)
    ]


def _group_with_gaps(
    rows: Sequence[Row], values: Mapping[str, Read], keys: Sequence[tuple[object, ...]], asked: Mapping[int, Asked]
) -> Grouped:
    """Full rows make the invoices; a row with gaps joins the one invoice that agrees with what it does say."""
    count = len(rows)
    owner = [-1] * count
    members: list[list[int]] = []
    invoice_keys: list[tuple[object, ...]] = []
    by_key: dict[tuple[object, ...], int] = {}
    alike = KeysWithGaps()
    numbers = values.get("invoice_number", [None] * count)
    at = [name for name in IDENTITY if name in values].index("invoice_number") if "invoice_number" in values else None

    def join(index: int, group: int) -> None:
        owner[index] = group
        members[group].append(index)

    def start(index: int) -> None:
        key = keys[index]
        members.append([])
        invoice_keys.append(key)
        join(index, len(members) - 1)
        if at is not None and key[at] is not None:
            by_key.setdefault(key, owner[index])
            alike.add(key, owner[index])

    for index, key in enumerate(keys):
        if None not in key and at is not None and index not in asked:
            if key in by_key:
                join(index, by_key[key])
            else:
                start(index)
    strays = dict(asked)
    header = {name: values[name] for name in (*IDENTITY, *HEADER) if name in values}
    for index, key in enumerate(keys):
        if owner[index] >= 0 or index in asked:
            continue
        above = owner[index - 1] if index and _is_next(rows[index - 1], rows[index]) else -1
        if at is None or key[at] is None:
            said = [name for name, column in header.items() if column[index] is not None]
            goes_on = above >= 0 and all(
                name in IDENTITY and header[name][index] == header[name][members[above][0]] for name in said
            )
            if said and not goes_on:
                start(index)
            elif above >= 0:
                join(index, above)
            else:
                strays[index] = Asked("The row names no invoice, and there is none directly above it.", holds=True)
            continue
        candidates = alike.agreeing(key)
        if len(candidates) == 1:
            join(index, candidates[0])
        elif candidates and above >= 0 and agrees(key, invoice_keys[above]):
            join(index, above)
        elif candidates:
            number = numbers[index]
            strays[index] = Asked(f"{len(candidates)} invoices have the number {quoted(str(number))}.")
        else:
            start(index)
    strays = dict(sorted(strays.items()))
    order = sorted(range(len(members)), key=lambda group: min(members[group]))
    renumbered = {group: place for place, group in enumerate(order)} | {-1: -1}
    return Grouped([sorted(members[group]) for group in order], [renumbered[group] for group in owner], strays)


def _hold_above(rows: Sequence[Row], grouped: Grouped, line_sets: Sequence[LineSet], found: Found) -> None:
    """An invoice waits for a row with an amount below it that may be its own: sent without it, it would be short."""
    above, before = -1, -1  # the last row of an invoice so far, and the stray before this one
    held: set[int] = set()
    for index, why in sorted(grouped.strays.items()):
        above = next((at for at in range(index - 1, before, -1) if grouped.owner[at] >= 0), above)
        before = index
        has_amount = any(isinstance(read[index], Decimal) for each in line_sets for read in each.values.values())
        is_near = above >= 0 and above not in held and rows[above].source is rows[index].source
        if why.holds and has_amount and is_near:
            held.add(above)
            what = f"Row {rows[index].number}, which stands below it, may be a line of the invoice."
            found[grouped.owner[above]].append(Problem(problems.ROW_BELOW, what, rows[above].place()))


def _is_next(above: Row, row: Row) -> bool:
    return row.number == above.number + 1 and row.source is above.source


# ---------------------------------------------------------------------- what the header says


def _header(name: str, rows: Sequence[Row], column: Read, grouped: Grouped, found: Found | None) -> list[Value]:
    """For each invoice the first cell of the column that is filled. A later one that differs is a contradiction,
    noted in `found` (None for the identity, where spellings of one number may differ)."""
    heads: Read = list(map(column.__getitem__, grouped.firsts))
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


def _name_spellings(rows: Sequence[Row], numbers: Read, heads: Sequence[Value], grouped: Grouped, found: Found) -> None:
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
        found[group].append(Problem(problems.SPELLED_DIFFERENTLY, what, place, "invoice_number", number))


def _readable(read: Read) -> list[Value]:
    if Unreadable in set(map(type, read)):
        return [None if isinstance(value, Unreadable) else value for value in read]
    return cast("list[Value]", read)


def _contradiction(name: str, first: Row, later: Row, other: str | None = None) -> Problem:
    """The cell of a later row, or of another column, against the first."""
    text, first_text = cell_text(later.cell(other or name)).strip(), cell_text(first.cell(name)).strip()
    column = "" if other is None else f"{quoted(_heading(first, name))} in "
    return Problem(
        problems.CONTRADICTION,
        f"{quoted(text)} contradicts {column}row {first.number} of the file, which says {quoted(first_text)}.",
        later.place(other or name),
        other or name,
        text,
    )


def _heading(row: Row, name: str) -> str:
    return cell_text(row.source.headings[row.source.columns[name]]).strip()


def _total(
    rows: Sequence[Row], heads: Mapping[str, list[Value]], grouped: Grouped, found: Found
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


def _lines(line_sets: Sequence[LineSet], grouped: Grouped, found: Found) -> list[tuple[Line, ...]]:
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


def _set_lines(line_set: LineSet, grouped: Grouped, found: Found) -> list[Line]:
    values, rows = line_set.values, line_set.rows

    def column(name: str) -> list[Value]:
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


def _without_line(line_set: LineSet) -> set[int]:
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
    rows: Sequence[Row], values: Mapping[str, Read], owner: Sequence[int], found: Found, told: set[Place]
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
