"""Which column is which field: every mapping has its reason, and what cannot be told is asked, never assumed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from importer.domain import problem_catalog
from importer.domain.cells import Cell
from importer.domain.fields import BY_NAME, ValueKind
from importer.errors import FileUnreadable
from importer.reading.cells.parse_cell import (
    CellValue,
    NumberDateFormat,
    Unreadable,
    is_blank,
    read_cells,
)
from importer.reading.cells.parse_money import Marks
from importer.reading.columns.headings import display_heading, normalised, quoted_columns
from importer.reading.columns.meaning import (
    AMOUNT,
    OTHERS,
    Confidence,
    HeadingMeaning,
    meaning_of,
    words_of,
)
from importer.reading.profiles.vendor_profile import ExtraLine, Profile

LINE_FIELDS = frozenset(
    ("financial_account_id", "quantity_ordered", "unit_price", "unit_price_in_cents", "line_amount", "item_notes")
)
SAID_AMOUNTS = frozenset(("total_amount", "total_amount_in_cents", "line_amount", "unit_price", "unit_price_in_cents"))
"""Where a profile says one of these, it is known what is to be paid, and what else there is may be left out."""

LINE_MONEY = frozenset(("quantity_ordered", "unit_price", "unit_price_in_cents", "line_amount"))
ANY_NUMBER = NumberDateFormat(table_marks=Marks(certain=True))
"""For seeing whether cells are numbers at all, whichever way 1.250 is meant."""

SAMPLE = 200  # filled cells that are looked at to see whether they are what a heading says
_ACCOUNT = re.compile(r"(?P<id>finacct-[\w-]+)|(?P<code>\d{4,6}(?:[-.]\d{1,4})?)(?:\s*[-–:]\s*\S.*|\s+[^\W\d].*)?")

CellsOfColumn = Callable[[int], Sequence[Cell]]
"""The cells of the column with this 0-based index, one for each data row."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a person has to settle: about which field, between which headings, and the profile line that does it."""

    field: str
    what: str
    settle: str
    choices: tuple[str, ...] = ()
    amount: str = "total_amount"  # what the last of the choices would be: the invoice's amount, or "line_amount"
    is_deducted: bool = False  # what may be booked as a line of its own is taken off
    settles: tuple[Mapping[str, str], ...] = ()  # where choices are sentences: what each says which column is


@dataclass(slots=True)
class ColumnMap:
    """The columns of a table that have a meaning, what else is there, and what could not be told."""

    columns: dict[str, int] = field(default_factory=dict)  # field → 0-based index
    others: dict[str, int] = field(default_factory=dict)  # a meaning of vocabulary.OTHERS → index
    amounts: list[int] = field(default_factory=list)  # "Amount", "Total": whose they are, the cells must show
    parts: dict[int, dict[str, int]] = field(default_factory=dict)  # repeated groups: 1 → {"quantity_ordered": 7, …}
    extras: list[tuple[ExtraLine, int]] = field(default_factory=list)  # columns that are a line of their own
    hints: dict[str, list[int]] = field(default_factory=dict)  # considered for a field, and left
    settled: set[str] = field(default_factory=set)  # fields that a profile has settled
    questions: list[Question] = field(default_factory=list)
    blank_total: int | None = None  # a column of totals without one cell filled: they are what the lines come to
    taken: list[tuple[str, int, str]] = field(
        default_factory=list
    )  # field, index, why, where it is no matter of course

    @property
    def used(self) -> set[int]:
        """Every column that has a part in what is read."""
        in_parts = {index for part in self.parts.values() for index in part.values()}
        known = {
            index
            for name, index in self.others.items()
            if name in ("currency", "type", "debit", "credit", "terms", "cancelled")
        }
        return {*self.columns.values(), *in_parts, *known, *(index for _, index in self.extras)}

    @property
    def has_line_money(self) -> bool:
        """True where some column gives a line's price, quantity or amount."""
        return bool(LINE_MONEY & self.columns.keys() or self.parts or self.extras)


def map_headings(headings: Sequence[Cell], profile: Profile, cells: CellsOfColumn, where: str) -> ColumnMap:
    """The meaning of each heading: what the profile says, then the surest that the heading and its cells allow.

    Raises FileUnreadable where the profile looks for a heading that is not there.
    """
    mapped = ColumnMap()
    _from_profile(headings, profile, mapped, where)
    claims: dict[str, list[tuple[Confidence, int]]] = {}
    parted: dict[int, dict[str, list[tuple[Confidence, int]]]] = {}
    taken = mapped.used
    for index, heading in enumerate(headings):
        meaning = meaning_of(heading)
        if meaning is None or index in taken or meaning.field in mapped.settled:
            continue
        if meaning.part is not None:
            parted.setdefault(meaning.part, {}).setdefault(meaning.field, []).append((meaning.surety, index))
        else:
            _claim(meaning, index, claims, mapped, cells)
    _settle_parts(parted, mapped, headings, cells)
    for name, found in claims.items():
        if name == "total_amount" and sum(surety >= Confidence.CLEAR for surety, _ in found) > 1:
            mapped.amounts += [index for _, index in found]
        else:
            _settle(name, found, headings, cells, mapped)
    _take_names(headings, profile, mapped, cells)
    _account_columns(headings, cells, mapped)
    return mapped


def _take_names(headings: Sequence[Cell], profile: Profile, mapped: ColumnMap, cells: CellsOfColumn) -> None:
    """ "Vendor Name" is the vendor where nothing else is: names are looked up like ids."""
    open_ones = {question.field for question in mapped.questions}
    for name in ("vendor_id", "property_id"):
        if name in mapped.columns or name in profile.defaults or name in open_ones:
            continue
        whose = name.partition("_")[0]
        every = [at for at in mapped.hints.get("name", []) if whose in words_of(display_heading(headings[at]))]
        named = _by_content(name, every, cells) if len(every) > 1 else every
        if len(named) == 1 and not all(map(is_blank, cells(named[0]))):
            mapped.columns[name] = named[0]
            mapped.hints["name"].remove(named[0])


def pass_over_blank_totals(mapped: ColumnMap, cells: CellsOfColumn) -> None:
    """A column of totals that nobody has filled in is none, where the lines say what they come to."""
    for name in ("total_amount", "total_amount_in_cents"):
        index = mapped.columns.get(name)
        has_lines = mapped.has_line_money or mapped.amounts or {"debit", "credit"} <= mapped.others.keys()
        if index is not None and has_lines and all(map(is_blank, cells(index))):
            mapped.blank_total = mapped.columns.pop(name)


def heading_index(headings: Sequence[Cell], wanted: str) -> list[int]:
    """Where a heading stands, compared without case, spaces and punctuation; by its exact text where that tells."""
    exact = [index for index, cell in enumerate(headings) if display_heading(cell) == " ".join(wanted.split())]
    key = normalised(wanted)
    return exact or [index for index, cell in enumerate(headings) if key and normalised(display_heading(cell)) == key]


def _from_profile(headings: Sequence[Cell], profile: Profile, mapped: ColumnMap, where: str) -> None:
    lost: list[str] = []
    for name, wanted in profile.columns.items():
        found = next((places for heading in wanted if (places := heading_index(headings, heading))), None)
        if found is None:
            lost.append(" or ".join(repr(heading) for heading in wanted) + f" ({name})")
        else:
            mapped.columns[name] = _only(found, headings, where)
            mapped.settled.add(name)
    for extra in profile.extra_lines:
        places = heading_index(headings, extra.heading)
        if places:
            mapped.extras.append((extra, _only(places, headings, where)))
        else:
            lost.append(f"{extra.heading!r} (an extra line)")
    if lost:
        said = ", ".join(display_heading(cell) for cell in headings if not is_blank(cell))
        raise FileUnreadable(
            f"{where} has not the layout that the profile {profile.name} describes: there is no {', no '.join(lost)}. "
            f"Its headings are: {said}.",
            "If the vendor has changed the layout, change the profile, or make a new one with `profile new`.",
        )


def _only(places: Sequence[int], headings: Sequence[Cell], where: str) -> int:
    if len(places) > 1:
        both = quoted_columns((index, headings[index]) for index in places)
        raise FileUnreadable(
            f"{where} has the heading that the profile looks for more than once: {both}.",
            "Rename the one that is not meant.",
        )
    return places[0]


def _claim(
    meaning: HeadingMeaning,
    index: int,
    claims: dict[str, list[tuple[Confidence, int]]],
    mapped: ColumnMap,
    cells: CellsOfColumn,
) -> None:
    name = meaning.field
    if name == AMOUNT:
        mapped.amounts.append(index)
    elif name in ("name", "unsure_date"):
        mapped.hints.setdefault(name, []).append(index)
    elif name in OTHERS:
        mapped.others.setdefault(name, index)
    elif (name == "quantity_ordered" and meaning.surety == Confidence.HINT) or (
        meaning.surety < Confidence.CLEAR and not fits(name, cells(index))
    ):
        mapped.hints.setdefault(name, []).append(index)
    else:
        claims.setdefault(name, []).append((meaning.surety, index))


def fits(name: str, column: Sequence[Cell]) -> bool:
    """Whether the cells can be what the field holds: at least one of the first filled ones, or too few to tell."""
    kind = BY_NAME[name].kind
    sample = list(islice((cell for cell in column if not is_blank(cell)), SAMPLE))
    if kind is ValueKind.TEXT or len(sample) < 3:
        return True
    return any(map(_is_of_its_kind, read_cells(sample, kind, ANY_NUMBER)))


def fits_for_certain(name: str, column: Sequence[Cell]) -> bool:
    """As `fits`, of something filled, and however few there are."""
    filled = list(islice((cell for cell in column if not is_blank(cell)), SAMPLE))
    return bool(filled) and fits(name, [*filled, *filled, *filled])


def _is_of_its_kind(value: CellValue | Unreadable) -> bool:
    """Dates that may be two and amounts in another currency are named cell by cell, and make no other column."""
    return not isinstance(value, Unreadable) or value.kind in (
        problem_catalog.AMBIGUOUS_DATE,
        problem_catalog.OTHER_CURRENCY,
    )


def _settle(
    name: str, found: list[tuple[Confidence, int]], headings: Sequence[Cell], cells: CellsOfColumn, mapped: ColumnMap
) -> None:
    best = max(surety for surety, _ in found)
    indexes = [index for surety, index in found if surety == best]
    if len(indexes) > 1:
        indexes = _by_content(name, indexes, cells)
    if len(indexes) > 1 and name == "item_notes":  # "Item" beside "Description" is what it is by name, or a code
        indexes = [index for index in indexes if "description" in words_of(display_heading(headings[index]))] or indexes
    if len(indexes) > 1:
        both = quoted_columns((index, headings[index]) for index in indexes)
        choice = display_heading(headings[indexes[0]])
        mapped.questions.append(
            Question(
                name,
                f"there is more than one column for {BY_NAME[name].heading}: {both}",
                f'[columns] {name} = "{choice}"',
                tuple(display_heading(headings[index]) for index in indexes),
            )
        )
        return
    (index,) = indexes
    if best == Confidence.HINT:
        filled = [cell for cell in cells(index) if not is_blank(cell)]
        distinct = len(set(map(str, filled)))
        told_apart = distinct * 2 > len(filled) and (len(filled) > 3 or distinct == len(filled))
        told_apart = told_apart or BY_NAME[name].kind is ValueKind.DATE  # many bills are of one day
        if not filled or len(filled) * 10 < len(cells(index)) * 9 or not told_apart:
            mapped.hints.setdefault(name, []).append(index)
            return
        why = f"nothing names it better, and its {len(filled):,} cells hold {distinct:,} different ones"
        mapped.taken.append((name, index, why))
    mapped.columns[name] = index


def _by_content(name: str, indexes: Sequence[int], cells: CellsOfColumn) -> list[int]:
    """The columns that are left when those without content, without fitting content and mere copies are gone."""
    filled = [index for index in indexes if not all(map(is_blank, cells(index)))] or list(indexes)
    fitting = [index for index in filled if fits_for_certain(name, cells(index))] or filled
    first, *others = fitting
    copies = [index for index in others if list(cells(index)) == list(cells(first))]
    return [index for index in fitting if index not in copies]


def _settle_parts(
    parted: dict[int, dict[str, list[tuple[Confidence, int]]]],
    mapped: ColumnMap,
    headings: Sequence[Cell],
    cells: CellsOfColumn,
) -> None:
    """Groups such as item1, qty1, price1, item2, … Where there is but one of them it is no group."""
    whole = {
        part: {name: max(found)[1] for name, found in fields.items()}
        for part, fields in sorted(parted.items())
        if LINE_MONEY & fields.keys()
    }
    if len(whole) > 1:
        mapped.parts = whole
        return
    for fields in whole.values():
        for name, index in fields.items():
            if name not in mapped.columns and name not in mapped.settled:
                _settle(name, [(Confidence.GENERAL, index)], headings, cells, mapped)


def _account_columns(headings: Sequence[Cell], cells: CellsOfColumn, mapped: ColumnMap) -> None:
    """A wide sheet: where GL accounts are the headings, each amount below is a line of its own."""
    if mapped.has_line_money or "financial_account_id" in mapped.columns:
        return
    found: list[tuple[ExtraLine, int]] = []
    for index, heading in enumerate(headings):
        text = display_heading(heading)
        account = _ACCOUNT.fullmatch(text)
        if account is not None and index not in mapped.used and _is_money(cells(index)):
            found.append((ExtraLine(text, account["id"] or account["code"], text), index))
    if len(found) > 1 or (found and found[0][0].heading.startswith("finacct-")):
        mapped.extras += found


def _is_money(column: Sequence[Cell]) -> bool:
    sample = list(islice((cell for cell in column if not is_blank(cell)), SAMPLE))
    values = read_cells(sample, ValueKind.DOLLARS, ANY_NUMBER)
    return sum(map(_is_of_its_kind, values)) * 2 > len(values)  # a bad cell is named later


def unused(headings: Sequence[Cell], mapped: ColumnMap) -> list[int]:
    """The columns with a heading and without a part in what is read."""
    used = mapped.used
    return [index for index, heading in enumerate(headings) if index not in used and not is_blank(heading)]


def named_hints(mapped: ColumnMap, headings: Sequence[Cell], name: str) -> str:
    """What was considered for a field and left, for a sentence; "" where nothing was."""
    related = {
        "vendor_id": ["name"],
        "property_id": ["name"],
        "invoice_date": ["unsure_date"],
        "due_date": ["unsure_date"],
    }
    indexes = mapped.hints.get(name, []) + [
        index
        for other in related.get(name, [])
        for index in mapped.hints.get(other, [])
        if other != "name" or name.partition("_")[0] in words_of(display_heading(headings[index]))
    ]
    return quoted_columns((index, headings[index]) for index in indexes)
