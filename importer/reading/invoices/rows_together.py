"""Which rows of a table are one invoice, and which invoices wait for rows that may be theirs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from importer.domain import problem_catalog
from importer.domain.fields import COLUMNS, IDENTITY
from importer.domain.identity import normalised_number
from importer.domain.invoice import Row
from importer.domain.problems import Problem
from importer.reading.cells.parse_cell import CellValue, Unreadable, quoted
from importer.reading.invoices.keys_with_gaps import KeysWithGaps, agrees
from importer.reading.rows.classify import RowQuestion

ReadCells = list[CellValue | Unreadable]
HeaderProblems = defaultdict[int, list[Problem]]  # invoice → its problems; most have none
HEADER = tuple(column.name for column in COLUMNS if not column.of_line and column.name not in IDENTITY)


@dataclass(slots=True)
class RowGroups:
    """Rows by invoice, as indexes into the table's rows. `owner` is -1 for a row that belongs to none."""

    members: list[list[int]] = field(default_factory=list)
    owner: list[int] = field(default_factory=list)
    strays: dict[int, RowQuestion] = field(default_factory=dict)  # row → why it belongs to no invoice
    firsts: list[int] = field(default_factory=list)  # the first row of each invoice
    doubted: dict[int, Sequence[int]] = field(default_factory=dict)  # row → the invoices of which it may be a line


@dataclass(frozen=True, slots=True)
class LineColumns:
    """Columns that make at most one line of each row: those of the line itself, of a repeated group, of an extra line.

    `rows` are the table's rows as this set sees them: their source says which column is the quantity and which the
    price. `defaults` fills what is blank; where `nothing_is_no_line`, an amount of zero makes no line either.
    `beside` are the line columns that stand once for all sets: what cannot be read there is named with this one.
    """

    rows: Sequence[Row]
    values: dict[str, ReadCells]
    defaults: Mapping[str, Sequence[CellValue]]
    nothing_is_no_line: bool = False
    beside: Mapping[str, ReadCells] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GroupingRule:
    """How rows make invoices. `separate`: every row is an invoice of its own. `asked`: rows that may be no data."""

    separate: bool = False
    total_from_lines: bool = False
    asked: Mapping[int, RowQuestion] = field(default_factory=dict)


def group_rows(rows: Sequence[Row], values: Mapping[str, ReadCells], shape: GroupingRule) -> RowGroups:
    """Which row belongs to which invoice. `values` are the table's columns, by field."""
    if shape.separate:
        grouped = _each_its_own(rows, shape.asked)
        numbers = values.get("invoice_number", ())
        for index, number in enumerate(numbers) if None in numbers else ():
            above = grouped.owner[index - 1] if index and _is_next(rows[index - 1], rows[index]) else -1
            if number is None and above >= 0 and numbers[index - 1] is not None:
                _doubt(grouped, index, above, values)
        return grouped
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
    return RowGroups(members, owner)


def _each_its_own(rows: Sequence[Row], asked: Mapping[int, RowQuestion]) -> RowGroups:
    grouped = RowGroups(strays=dict(asked))
    for index in range(len(rows)):
        if index in asked:
            grouped.owner.append(-1)
        else:
            grouped.owner.append(len(grouped.members))
            grouped.members.append([index])
    return grouped


def _comparable(number: CellValue | Unreadable) -> CellValue | Unreadable:
    return normalised_number(number) if isinstance(number, str) else number


def _apart(numbers: ReadCells, header: Sequence[ReadCells]) -> ReadCells:
    """Rows with a damaged number (five times 1.60E+12) belong together only where their whole header is the same."""
    return [
        str(hash(tuple(column[index] for column in header))) if isinstance(number, Unreadable) else ""
        for index, number in enumerate(numbers)
    ]


def _group_with_gaps(
    rows: Sequence[Row],
    values: Mapping[str, ReadCells],
    keys: Sequence[tuple[object, ...]],
    asked: Mapping[int, RowQuestion],
) -> RowGroups:
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
    grouped = RowGroups(members, owner)
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
                if at is not None and above >= 0:
                    _doubt(grouped, index, above, values)
            elif above >= 0:
                join(index, above)
            else:
                strays[index] = RowQuestion(
                    "The row names no invoice, and there is none directly above it.", holds=True
                )
            continue
        candidates = alike.agreeing(key)
        if len(candidates) == 1:
            join(index, candidates[0])
        elif candidates and above >= 0 and agrees(key, invoice_keys[above]):
            join(index, above)
        elif candidates:
            number = numbers[index]
            strays[index] = RowQuestion(f"{len(candidates)} invoices have the number {quoted(str(number))}.")
            grouped.doubted[index] = candidates
        else:
            start(index)
    strays = dict(sorted(strays.items()))
    order = sorted(range(len(members)), key=lambda group: min(members[group]))
    renumbered = {group: place for place, group in enumerate(order)} | {-1: -1}
    # Rows that may belong to the same invoices share one list of them, before and after.
    in_doubt = {id(some): [renumbered[group] for group in some] for some in _each_once(grouped.doubted.values())}
    doubted: dict[int, Sequence[int]] = {index: in_doubt[id(some)] for index, some in grouped.doubted.items()}
    in_order = [sorted(members[group]) for group in order]
    return RowGroups(in_order, [renumbered[group] for group in owner], strays, doubted=doubted)


def _each_once(lists: Iterable[Sequence[int]]) -> Iterable[Sequence[int]]:
    return {id(each): each for each in lists}.values()


_SAME_BILL = (*IDENTITY, "invoice_date", "due_date")
"""What all rows of an invoice say alike."""


def _doubt(grouped: RowGroups, index: int, above: int, values: Mapping[str, ReadCells]) -> None:
    """Notes that a row without a number may be a line of the invoice above it, unless it says something else of it."""
    first = grouped.members[above][0]
    said = [values[name] for name in _SAME_BILL if name in values]
    if all(column[index] is None or column[first] in (None, column[index]) for column in said):
        grouped.doubted[index] = [above]


def hold_above(
    rows: Sequence[Row], grouped: RowGroups, line_sets: Sequence[LineColumns], found: HeaderProblems
) -> None:
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
            found[grouped.owner[above]].append(Problem(problem_catalog.ROW_BELOW, what, rows[above].place()))


def hold_doubted(
    rows: Sequence[Row], grouped: RowGroups, line_sets: Sequence[LineColumns], found: HeaderProblems
) -> None:
    """The invoices wait of which a row with an amount may be a line: sent without it, they would be short."""
    held: set[int] = set()
    seen: set[int] = set()  # lists of invoices that rows share
    reads = [read for each in line_sets for read in each.values.values()]
    for index, groups in grouped.doubted.items():
        if id(groups) in seen or not any(isinstance(read[index], Decimal) for read in reads):
            continue
        seen.add(id(groups))
        for group in groups:
            if group not in held:
                held.add(group)
                what = f"Row {rows[index].number} may be a line of the invoice: it does not say whose it is."
                found[group].append(Problem(problem_catalog.ROW_BELOW, what, rows[grouped.firsts[group]].place()))


def _is_next(above: Row, row: Row) -> bool:
    return row.number == above.number + 1 and row.source is above.source
