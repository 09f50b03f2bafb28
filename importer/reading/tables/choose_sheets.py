"""Which sheets of a workbook are read: those that hold the table of invoices, and why the others are left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from importer.domain import problem_catalog
from importer.domain.fields import COLUMNS, OWN_SHEETS
from importer.domain.invoice import Source
from importer.domain.problem_catalog import BROKEN_QUOTES
from importer.domain.problems import Place, Problem
from importer.domain.reading import SkippedRow, Table
from importer.errors import FileUnreadable
from importer.reading.cells.parse_cell import is_blank
from importer.reading.columns.headings import display_heading, normalised
from importer.reading.columns.meaning import AMOUNT, meaning_of
from importer.reading.formats.raw_workbook import RawSheet, RawWorkbook
from importer.reading.profiles.vendor_profile import Profile
from importer.reading.tables.locate_table import (
    SEARCHED_ROWS,
    Heading,
    find_heading,
    has_rows,
    heading_by_shape,
)
from importer.reading.tables.other_sheets import goes_on, is_not_to_be_paid, is_pattern
from importer.reading.tables.sign_columns import over_amounts

NUMBER = "invoice_number"
PATTERN = "template or example, by its name"
LINE_SIDE = frozenset(("quantity_ordered", "unit_price", "unit_price_in_cents", "line_amount", "financial_account_id"))
HEADER_SIDE = frozenset(("invoice_date", "due_date", "total_amount", "total_amount_in_cents", "vendor_id"))
MONEY = frozenset((AMOUNT, "total_amount", "total_amount_in_cents", "line_amount", "unit_price", "debit", "credit"))


@dataclass(frozen=True, slots=True)
class ChosenSheet:
    """A sheet and its heading."""

    sheet: RawSheet
    heading: Heading
    has_rows: bool

    @property
    def worth(self) -> tuple[bool, bool, int]:
        """How much it looks like a table of invoices: rows below the heading, a number with money, headings known."""
        fields = self.heading.fields
        return self.has_rows, NUMBER in fields and bool(fields & MONEY), self.heading.score

    def numbers(self) -> dict[str, str]:
        """The invoice numbers below the heading by their small letters, as far as a digit tells them from words."""
        meanings = [(meaning_of(cell), index) for index, cell in enumerate(self.heading.cells)]
        named = [(-each.surety, index) for each, index in meanings if each is not None and each.field == NUMBER]
        if not named:
            return {}
        _, at = min(named)
        rows = (row for row in self.sheet.rows.since(self.heading.last + 1) if at < len(row))
        said = [display_heading(row[at]) for row in rows if sum(not is_blank(cell) for cell in row) > 1]
        return {number.casefold(): number for number in said if any(map(str.isdigit, number))}


@dataclass(slots=True)
class SheetPlan:
    """The sheets to read, in order. Where `joined`, the first holds the headers and the second their lines."""

    chosen: list[ChosenSheet] = field(default_factory=list)
    joined: bool = False
    left_out: list[tuple[RawSheet, str]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def plan_sheets(contents: RawWorkbook, profile: Profile) -> SheetPlan:
    """The sheets to read. Raises FileUnreadable where there is no table of invoices, or not the sheet asked for."""
    name = contents.file.name
    plan = SheetPlan()
    usable: list[RawSheet] = []
    asked = _asked_for(contents, profile)
    if isinstance(profile.sheet, str) and asked and asked[0].name is None:
        plan.notices.append(f"{name} has no sheets: all of it is read, although sheet {profile.sheet!r} was asked for.")
    for sheet in contents.sheets:
        if _is_own(sheet):
            continue
        if not any(sheet.rows):
            plan.left_out.append((sheet, "empty sheet"))
        elif not sheet.visible and sheet not in asked:
            plan.left_out.append((sheet, "hidden sheet"))
        else:
            usable.append(sheet)
    broken = [each for each in contents.findings if each.code == BROKEN_QUOTES.code]
    if not usable and broken:
        raise FileUnreadable(f"In {name}: {broken[0].what}", BROKEN_QUOTES.advice)
    if not usable:
        hidden = any(reason == "hidden sheet" for _, reason in plan.left_out)
        what = "has nothing in its visible sheets" if hidden else "is empty"
        raise FileUnreadable(f"{name} {what}.", "Save the invoices into it and try again.")
    found = [
        ChosenSheet(sheet, over_amounts(heading, sheet, profile.currency), has_rows(sheet, heading.last + 1))
        for sheet in usable
        if (heading := find_heading(sheet, profile.named, profile.header_row)) is not None
    ]
    if not found and profile.header_row is None and not _lies_otherwise(usable[0])[0]:
        shaped = [(sheet, heading) for sheet in usable if (heading := heading_by_shape(sheet)) is not None]
        found = [ChosenSheet(sheet, heading, has_rows=True) for sheet, heading in shaped if heading.fields][:1]
        if shaped and not found:
            raise _unknown_headings(name, *shaped[0])
    if found and broken and not any(each.has_rows for each in found):
        raise FileUnreadable(f"In {name}: {broken[0].what}", BROKEN_QUOTES.advice)
    if not found:
        how, way_out = _lies_otherwise(usable[0])
        if how:
            raise FileUnreadable(f"No heading row was found in {name}: {how}.", way_out)
        raise FileUnreadable(
            f"No heading row was found in {name}.{_first_words(usable[0])}",
            "Put the column names in one row above the data (property_id, vendor_id, invoice_number, …), "
            "or say in a profile which row it is: header_row = 4.",
        )
    if profile.sheet is None and (patterns := [each for each in found if is_pattern(each.sheet.name or "")]):
        found = [each for each in found if each not in patterns] or found
    plan.chosen, plan.joined = _choose(found, asked, profile, name)
    if profile.sheet is None:
        _refuse_by_name(plan, name)
        _refuse_lost_invoices(found, plan.chosen, name)
        _refuse_without_headings(usable, plan.chosen, name)
    for sheet in usable:
        if not any(sheet is each.sheet for each in plan.chosen):
            why = PATTERN if is_pattern(sheet.name or "") else "sheet without a table of invoices"
            plan.left_out.append((sheet, why if asked == [] else "sheet not asked for"))
    _say(plan, contents, asked)
    return plan


_EXPLAINED = frozenset(("Column", *(column.heading for column in COLUMNS)))


def _is_own(sheet: RawSheet) -> bool:
    """True for what our template says about itself: not the vendor's, as long as nothing was written into it."""
    instructions, lists = OWN_SHEETS
    if sheet.name == lists:
        return not sheet.visible
    return sheet.name == instructions and all(
        row[0] in _EXPLAINED or all(map(is_blank, row[1:])) for row in sheet.rows if row
    )


def _asked_for(contents: RawWorkbook, profile: Profile) -> list[RawSheet]:
    """The sheets that the profile names; none where it leaves that open, or says "*"."""
    if profile.sheet is None or profile.sheet == "*":
        return []
    named = contents.sheets
    if isinstance(profile.sheet, int):
        asked = [sheet for place, sheet in enumerate(named, 1) if place == profile.sheet]
    else:
        asked = [sheet for sheet in named if sheet.name is not None and sheet.name.strip() == profile.sheet.strip()]
        asked = asked or [sheet for sheet in named if normalised(sheet.name or "") == normalised(profile.sheet)]
    if not asked and len(named) == 1 and named[0].name is None:
        return [named[0]]
    if not asked:
        names = ", ".join(repr(sheet.name) for sheet in named)
        raise FileUnreadable(f"{contents.file.name} has no sheet {profile.sheet!r}.", f"Its sheets are {names}.")
    if profile.lines_sheet is not None:
        asked += [sheet for sheet in named if normalised(sheet.name or "") == normalised(profile.lines_sheet)]
    return asked


def _lies_otherwise(sheet: RawSheet) -> tuple[str, str]:
    """How a table lies that has no heading row, and what to do; nothing where that does not show."""
    first = [row[0] for row in sheet.rows[:SEARCHED_ROWS] if row]
    below = {meaning.field for cell in first if (meaning := meaning_of(cell)) is not None}
    if len(below) >= 3 and (NUMBER in below or below & MONEY):
        how = "its headings seem to stand below each other in column A"
        return how, "In Excel, copy the table and paste it transposed, so that they are one row, and save it."
    apart = [cell for cell in first if isinstance(cell, str) and len(re.findall(r"\S {2,}(?=\S)", cell)) >= 2]
    if sheet.name is None and len(apart) * 2 > len(first) and all(len(row) < 2 for row in sheet.rows):
        how = "its columns seem to be kept apart by spaces"
        return how, "Open it in Excel (Data, From Text, Fixed width) and save it as .xlsx, or ask for a csv."
    return "", ""


def _unknown_headings(name: str, sheet: RawSheet, heading: Heading) -> FileUnreadable:
    said = [display_heading(cell) for cell in heading.cells if not is_blank(cell)]
    where = f"{name}, sheet {sheet.name}" if sheet.name else name
    return FileUnreadable(
        f"{where} seems to have its headings in row {heading.first + 1}, and none of them is known here: "
        f"{', '.join(said)[:200]}.",
        f'Say in a profile which column is which: [columns] invoice_number = "{said[0]}", and so on; or write the '
        "names of the blank sheet over them (Property, Vendor, Invoice #, …).",
    )


def _first_words(sheet: RawSheet) -> str:
    for number, row in enumerate(sheet.rows, 1):
        words = [display_heading(cell) for cell in row if not is_blank(cell)]
        if words:
            return f" Row {number} says: {', '.join(words)[:200]}."
    return ""


def _choose(
    found: Sequence[ChosenSheet], asked: Sequence[RawSheet], profile: Profile, name: str
) -> tuple[list[ChosenSheet], bool]:
    if asked:
        chosen = [each for each in found if any(each.sheet is sheet for sheet in asked)]
        if not chosen:
            raise FileUnreadable(f"No heading row was found in {name}, sheet {profile.sheet!r}.")
        if len(chosen) == 2 and profile.lines_sheet is not None:
            return sorted(chosen, key=lambda each: asked.index(each.sheet)), True
        return chosen, False
    if profile.sheet == "*":
        tables = [each for each in found if NUMBER in each.heading.fields or profile.columns]
        return (tables or list(found)), False
    pair = _header_and_lines(found)
    if pair is not None:
        return list(pair), True
    best = max(found, key=lambda each: each.worth)
    alike = [each for each in found if each.worth[:2] == best.worth[:2] and each.heading.fields == best.heading.fields]
    return alike, False


def _refuse_lost_invoices(found: Sequence[ChosenSheet], chosen: Sequence[ChosenSheet], name: str) -> None:
    """Raises FileUnreadable where a sheet with other columns has invoices that the chosen ones lack."""
    others = [each for each in found if each not in chosen and each.worth[:2] == (True, True)]
    here = {key for each in chosen for key in each.numbers()} if others else set()
    lost = {each.sheet.name or "": own for each in others if (own := each.numbers().keys() - here)}
    if not lost:
        return
    title, keys = next(iter(lost.items()))
    numbers = next(each for each in others if each.sheet.name == title).numbers()
    only = ", ".join([numbers[key] for key in numbers if key in keys][:3])
    titles = ", ".join(repr(each) for each in (*(each.sheet.name for each in chosen), *lost))
    raise FileUnreadable(
        f"{name} has invoices on several sheets, and not with the same columns on all of them: {titles}; only on "
        f"{title!r} are {only}.",
        "To read them all, say --sheet '*', or in a profile sheet = \"*\"; or name the one that is meant.",
    )


def _refuse_by_name(plan: SheetPlan, name: str) -> None:
    """Asks about a sheet of invoices that are not to be paid, as its name says; of one that is alone, it says so."""
    named = [each.sheet.name for each in plan.chosen if each.sheet.name and is_not_to_be_paid(each.sheet.name)]
    if not named:
        return
    if len(plan.chosen) == 1:
        what = f"The sheet that is read is named {named[0]!r}, as if its invoices were not to be paid."
        plan.problems.append(Problem(problem_catalog.SHEET_NAME, what, Place(name, named[0])))
        return
    others = [each.sheet.name for each in plan.chosen if each.sheet.name not in named]
    first = (others or named)[0]
    alone = f'To read {first!r} alone, say --sheet {first!r}, or in a profile sheet = "{first}"'
    beside = f"; the others are on {', '.join(map(repr, others))}" if others else ""
    raise FileUnreadable(
        f"{name} has invoices on {', '.join(map(repr, named))}, and by that name they are not to be paid{beside}.",
        f"{alone}; to read them all, --sheet '*', or sheet = \"*\".",
    )


def _refuse_without_headings(usable: Sequence[RawSheet], chosen: Sequence[ChosenSheet], name: str) -> None:
    """Raises FileUnreadable where a sheet goes on with the rows of another, without its headings."""
    for sheet in usable:
        if any(sheet is each.sheet for each in chosen) or is_pattern(sheet.name or ""):
            continue
        for each in chosen:
            cell = goes_on(sheet, each.sheet, each.heading)
            if cell is not None:
                other = each.sheet.name or ""
                raise FileUnreadable(
                    f"In {name}, sheet {sheet.name!r} has rows like those of sheet {other!r}, the first with "
                    f"{cell[:60]!r}, but no headings: they would not be read.",
                    f"Copy the heading row of {other!r} into its first row. If the sheet is not meant, say "
                    f'--sheet {other!r}, or in a profile sheet = "{other}".',
                )


def _header_and_lines(found: Sequence[ChosenSheet]) -> tuple[ChosenSheet, ChosenSheet] | None:
    """Two sheets that complete each other: one has the invoices' dates, the other their lines, both the numbers."""
    numbered = [each for each in found if each.has_rows and NUMBER in each.heading.fields]
    headers = [
        each for each in numbered if "invoice_date" in each.heading.fields and not each.heading.fields & LINE_SIDE
    ]
    lines = [
        each
        for each in numbered
        if len(each.heading.fields & (LINE_SIDE | {AMOUNT})) >= 2 and "invoice_date" not in each.heading.fields
    ]
    if len(headers) != 1 or len(lines) != 1 or not headers[0].heading.fields & HEADER_SIDE:
        return None
    return headers[0], lines[0]


def _say(plan: SheetPlan, contents: RawWorkbook, asked: Sequence[RawSheet]) -> None:
    names = [each.sheet.name for each in plan.chosen if each.sheet.name]
    if len(contents.sheets) < 2 or not names:
        return
    file = contents.file.name
    if plan.joined:
        plan.notices.append(
            f"{file}: the invoices are on sheet '{names[0]}', their lines on sheet '{names[1]}', joined by number."
        )
    elif len(names) > 1:
        plan.notices.append(
            f"{file}: {len(names)} sheets are read: {', '.join(names)}. To read one of them, say --sheet '{names[0]}'."
        )
    else:
        plan.notices.append(f"{file}: sheet '{names[0]}' is read.")
    for reason in ("hidden sheet", PATTERN, "sheet without a table of invoices", "sheet not asked for"):
        left = [sheet.name or "" for sheet, why in plan.left_out if why == reason]
        if left and not (asked and reason == "sheet not asked for"):
            plan.notices.append(f"{file}: left out as {reason}: {', '.join(left)}.")


def left_out_table(file: str, sheet: RawSheet, reason: str) -> Table:
    """A sheet that is not read, with every one of its rows as skipped. It has no heading row: 0."""
    skipped = tuple(
        SkippedRow(file, sheet.name, number, reason if any(row) else "blank", row)
        for number, row in enumerate(sheet.rows, 1)
    )
    return Table(Source(file, sheet.name, 0, (), {}), (), skipped)
