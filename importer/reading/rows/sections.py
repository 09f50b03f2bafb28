"""Sections of a table, each under a name and above a total of that name, where one vendor or property holds for all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from importer.domain import problem_catalog
from importer.domain.problems import Place, Problem
from importer.domain.reading import SkippedRow
from importer.reading.cells.parse_cell import is_blank, quoted
from importer.reading.columns.headings import display_heading, normalised
from importer.reading.columns.meaning import words_of
from importer.reading.profiles.vendor_profile import Profile
from importer.reading.rows.classify import NOTE, TOTAL, UNUSED
from importer.reading.tables.parsed_table import ParsedTable

SHOWN = 3
LONGEST = 60  # letters of a name; what is longer is a note
_OF_SOMEBODY = frozenset(
    (
        *(
            "apartment",
            "apartments",
            "apts",
            "court",
            "village",
            "manor",
            "tower",
            "towers",
            "estates",
            "villas",
            "villa",
        ),
        *(
            "lofts",
            "residences",
            "condos",
            "condominium",
            "condominiums",
            "commons",
            "terrace",
            "gardens",
            "plaza",
            "hoa",
        ),
        *("ridge", "park", "place", "heights", "homes", "townhomes", "property", "properties", "building", "complex"),
        *("suites", "flats", "square", "house", "pointe", "landing", "crossing", "meadows", "hills", "lake", "oaks"),
        *("llc", "inc", "corp", "corporation", "co", "ltd", "gmbh", "company", "sons", "bros", "brothers", "lp", "llp"),
    )
)


def names_of_sections(layout: ParsedTable, profile: Profile) -> Iterator[Problem]:
    """A warning where rows of two names or more stand above their invoices, and the profile says whose all of them
    are: a report by vendor or by property, read as if it were of one."""
    fixed = [
        field.partition("_")[0]
        for field in ("vendor_id", "property_id")
        if field not in layout.mapped.columns and "{" not in profile.defaults.get(field, "{")
    ]
    if not fixed:
        return
    below = [row for row in layout.skipped if row.row > layout.source.heading_row]
    totals = {normalised(row.reason.partition("(")[2]) for row in below if row.reason.startswith(TOTAL)}
    names: dict[str, SkippedRow] = {}
    for row in below if totals else ():
        filled = [cell for cell in row.cells if not is_blank(cell)]
        name = normalised(display_heading(filled[0])) if len(filled) == 1 and isinstance(filled[0], str) else ""
        if name and totals & {f"total{name}", f"totalfor{name}", f"{name}total"}:
            names.setdefault(name, row)
    if len(names) < 2:
        yield from _groups(layout, fixed)
        return
    first = next(iter(names.values()))
    said = [quoted(display_heading(next(cell for cell in row.cells if not is_blank(cell)))) for row in names.values()]
    listed = ", ".join(said[:SHOWN]) + (", …" if len(said) > SHOWN else "")
    what = f"The table has {len(names):,} sections ({listed}), and every invoice is for the one {' and '.join(fixed)}"
    yield Problem(
        problem_catalog.SECTIONS, f"{what} of the profile.", Place(layout.source.file, layout.source.sheet, first.row)
    )


def _groups(layout: ParsedTable, fixed: Sequence[str]) -> Iterator[Problem]:
    """Names alone in their rows, each directly above invoices, without totals: of properties or vendors, as their words
    show, nothing is sent; of others, it is said."""
    left = next((index for index, heading in enumerate(layout.source.headings) if not is_blank(heading)), 0)
    places = _places(layout, left)
    notes = [row for row in layout.skipped if row.reason in (NOTE, UNUSED) and _name(row, places)]
    if len(notes) < 2:
        return
    numbers = {row.number for row in layout.rows}
    names = {_name(row, places).casefold(): row for row in reversed(notes) if row.row + 1 in numbers}
    if len(names) < 2:
        return
    rows = sorted(names.values(), key=lambda row: row.row)
    said = ", ".join(quoted(_name(row, places)) for row in rows[:SHOWN]) + (", …" if len(rows) > SHOWN else "")
    whose = sum(bool(words_of(name) & _OF_SOMEBODY) for name in names) > 1
    whose = whose or all(_column(row) in places - {left} for row in rows)  # what stands beside no heading is a group's
    what = f"{said} stand above rows of the table, and every invoice is for the one {' and '.join(fixed)}"
    place = Place(layout.source.file, layout.source.sheet, rows[0].row)
    yield Problem(problem_catalog.GROUPS if whose else problem_catalog.SECTIONS, f"{what} of the profile.", place)


def _places(layout: ParsedTable, left: int) -> set[int]:
    """The columns in which the name of a group may stand alone: the first one with a heading, those before it and the
    one behind it, and those without one."""
    headings, columns = layout.source.headings, layout.mapped.columns
    nameless = {index for index, heading in enumerate(headings) if is_blank(heading)}
    texts = {columns.get(name) for name in ("item_notes", "notes", "memo")}
    return {left, *nameless, *({left + 1} - texts)}


def _column(row: SkippedRow) -> int:
    """Of a row with one filled cell: where it stands; otherwise -1."""
    filled = [index for index, cell in enumerate(row.cells) if not is_blank(cell)]
    return filled[0] if len(filled) == 1 else -1


def _name(row: SkippedRow, places: Collection[int]) -> str:
    """What stands alone in one of these columns of a row; "" for a sentence, and for what has a number in it."""
    at = _column(row)
    if at not in places:
        return ""
    text = display_heading(row.cells[at])
    if len(text) > LONGEST or any(map(str.isdigit, text)) or not text[:1].isalpha() or text[-1:] in ".!?":
        return ""
    return text
