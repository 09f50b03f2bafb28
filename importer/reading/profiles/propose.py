"""A profile proposed from a sample: what the file shows by itself, and what only a person can say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from importer.domain.cells import Cell
from importer.domain.fields import BY_NAME, COLUMNS
from importer.domain.reading import Reading
from importer.errors import FileUnreadable
from importer.reading.cells.parse_cell import is_blank
from importer.reading.columns.balance_forward import balance_forward_questions
from importer.reading.columns.charges import is_taken_off
from importer.reading.columns.column_map import (
    LINE_MONEY,
    SAID_AMOUNTS,
    Question,
    fits,
    heading_index,
    unused,
)
from importer.reading.columns.headings import display_heading, normalised
from importer.reading.columns.meaning import AMOUNT, meaning_of, words_of
from importer.reading.columns.total_parts import columns_of_total
from importer.reading.columns.unaccounted_charges import unaccounted_charges
from importer.reading.columns.unnamed_total import likely_total
from importer.reading.formats.raw_workbook import RawWorkbook
from importer.reading.profiles.vendor_profile import NO_PROFILE, ExtraLine, Profile
from importer.reading.read import read_contents
from importer.reading.tables.choose_sheets import SheetPlan, plan_sheets
from importer.reading.tables.parsed_table import ParsedTable, Side, parse_table

NOTES = "{file} row {row}"
ADD_AMOUNTS = "add a column Line Amount to the file, with what each line comes to, and begin again"
TERMS_DAYS = "terms_days"
DATE_ORDER = "date_order"
TAX = "tax"
LINES = "lines"  # whether columns that add up to the total are a line each
ACCOUNT_OF = "account_of"  # of one of those lines
NO_TEXTS = SAID_AMOUNTS | {AMOUNT, "tax", "unsure_date", "quantity_ordered", "debit", "credit", "terms"}
"""Meanings of headings that are no id, name or number of anything."""

OWN_ACCOUNT = frozenset(("account", "number"))
"""The vendor's number for its customer: no property, vendor or GL account of ours."""

NO_NAMES = frozenset(("y", "yes", "n", "no", "ok", "none", "na", "x", "unknown"))
_VARIABLE = re.compile(r"\d+|(?i:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*")


@dataclass(frozen=True, slots=True)
class Ask:
    """Something that only a person can say. `choices` are headings that may be meant, likeliest first.

    `field` is a field of the plain layout, or "terms_days", "date_order", "tax". An answer goes to `answered`.
    """

    field: str
    sentence: str
    choices: tuple[str, ...] = ()
    settles: tuple[Mapping[str, str], ...] = ()  # of the tax: what each choice says which column is
    extra: ExtraLine | None = None  # of the tax: the line that it is, where the answer is its account
    beside: tuple[tuple[str, str], ...] = ()  # and which column is what beside that line
    lines: tuple[ExtraLine, ...] = ()  # of columns that add up to the total: what they would be
    is_optional: bool = False  # the profile works without an answer


@dataclass(frozen=True, slots=True)
class Proposal:
    """A profile as far as the sample shows it, why it says what it says, and what is left to ask."""

    profile: Profile
    because: tuple[str, ...]
    asks: tuple[Ask, ...]


def propose_profile(path: Path, name: str | None = None) -> Proposal:
    """A profile for files like this one. Raises FileUnreadable where there is no table in it."""
    from importer.reading.formats.open_file import open_file

    return propose_for(open_file(path), name)


def propose_for(contents: RawWorkbook, name: str | None = None) -> Proposal:
    """As `propose_profile`, from a file that is open already."""
    plan = _planned(contents)
    sides: tuple[Side, ...] = ("header", "lines") if plan.joined else ("whole",)
    layouts = [
        parse_table(contents, found.sheet, found.heading, NO_PROFILE, side)
        for found, side in zip(plan.chosen, sides, strict=False)
    ]
    for layout in layouts if not plan.joined else ():
        mapped, said = layout.mapped, layout.source.headings  # what is nothing this month may be something the next
        mapped.questions.extend(
            balance_forward_questions(said, mapped, layout.cells, layout.conventions, whatever=True)
        )
        mapped.questions.extend(unaccounted_charges(said, mapped, layout.cells, layout.conventions, whatever=True))
    first = layouts[0]
    headings = [cell for layout in layouts for cell in layout.source.headings]
    questions = [question for layout in layouts for question in layout.mapped.questions]
    open_amounts = SAID_AMOUNTS if any(question.field == TAX for question in questions) else frozenset()
    open_amounts |= SAID_AMOUNTS & {question.field for question in questions}
    open_amounts |= {question.field for question in questions} & {"quantity_ordered"}
    open_amounts |= LINE_MONEY if any(question.settles for question in questions) else frozenset()
    columns = {
        field: display_heading(layout.source.headings[index])
        for layout in layouts
        for field, index in _told(layout)
        if field not in open_amounts  # said without the tax, they would leave it out
        and (plan.joined or _is_on_all(layout.source.headings[index], plan))
    }
    because = [f"{BY_NAME[field].heading}: '{said}'{_evidence(layouts, field)}" for field, said in columns.items()]
    stem = Path(contents.file.name).stem
    profile = Profile(
        name=name or _name_of(stem),
        filename=_pattern(contents.file.name),
        headings=tuple(dict.fromkeys(columns.values())),
        sheet=_sheet(contents, len(plan.chosen), joined=plan.joined, first=first.source.sheet),
        lines_sheet=layouts[1].source.sheet if plan.joined else None,
        columns={field: (heading,) for field, heading in columns.items()},
        defaults=_defaults(columns),
        extra_lines=tuple(extra for layout in layouts for extra, _ in layout.mapped.extras),
        seen=tuple(display_heading(cell) for cell in headings if not is_blank(cell)),
    )
    return Proposal(profile, tuple(because), tuple(_asks(contents, layouts, profile)))


def _planned(contents: RawWorkbook) -> SheetPlan:
    """The sheets that are read without a profile; all of them, where that would leave invoices out."""
    try:
        return plan_sheets(contents, NO_PROFILE)
    except FileUnreadable as error:
        try:
            return plan_sheets(contents, replace(NO_PROFILE, sheet="*"))
        except FileUnreadable:
            raise error from None


def _is_on_all(heading: Cell, plan: SheetPlan) -> bool:
    """Whether each sheet has the heading: one that some lack is found again by what it says, not by the profile."""
    said = display_heading(heading)
    return all(heading_index(found.heading.cells, said) for found in plan.chosen)


def is_open(profile: Profile, ask: Ask) -> bool:
    """Whether it is still to be asked, after what was answered before it."""
    if ask.field == ACCOUNT_OF:
        return ask.extra in profile.extra_lines
    if ask.field == "financial_account_id" and not LINE_MONEY & profile.columns.keys():
        lines = profile.extra_lines
        return not lines or any(line.financial_account_id is None for line in lines)
    return True


def account_or_name(profile: Profile, ask: Ask, answer: str) -> str:
    """The field whose name or id the answer is; "" where it is a heading, a choice or something else."""
    if answer in ask.choices or any(normalised(each) == normalised(answer) for each in profile.seen):
        return ""
    if ask.field == ACCOUNT_OF or (ask.field == TAX and ask.extra is not None):
        return "financial_account_id"
    return ask.field if ask.field in ("property_id", "vendor_id", "financial_account_id") else ""


def answered(profile: Profile, ask: Ask, answer: str) -> Profile:
    """The profile with a person's answer: one of the choices is a column, anything else holds for every invoice.

    Raises ValueError with a sentence where the answer cannot be taken.
    """
    text = answer.strip()
    if not text:
        raise ValueError("Nothing was answered.")
    if ask.field == TERMS_DAYS and text not in profile.seen:
        if not text.isdecimal() or int(text) > 365:
            raise ValueError(f"{text} is not a number of days from 0 to 365.")
        return replace(profile, terms_days=int(text))
    if ask.field == DATE_ORDER:
        for order in ("MDY", "DMY", "YMD"):
            if text.upper() == order:
                return replace(profile, date_order=order)
        raise ValueError("Answer MDY (March 4 is 03/04), DMY (4 March is 04/03) or YMD.")
    if ask.field == LINES:
        if text not in ask.choices:
            raise ValueError(f"{text} is no answer to that.")
        lines = ask.lines if text == ask.choices[0] else ()
        return replace(profile, extra_lines=(*profile.extra_lines, *lines))
    if ask.field == ACCOUNT_OF and ask.extra is not None:
        booked = replace(ask.extra, financial_account_id=_id("financial_account_id", text, profile))
        return replace(
            profile, extra_lines=tuple(booked if line == ask.extra else line for line in profile.extra_lines)
        )
    if ask.settles:
        if text in ask.choices:
            said, lines = ask.settles[ask.choices.index(text)], profile.extra_lines
        elif ask.extra is None:
            raise ValueError(f"{text} is no answer to that.")
        else:
            extra = replace(ask.extra, financial_account_id=_id("financial_account_id", text, profile))
            said, lines = dict(ask.beside), (*profile.extra_lines, extra)
        columns = {**profile.columns, **{name: (heading,) for name, heading in said.items()}}
        if lines and columns.get("line_amount") == columns.get("total_amount"):
            columns.pop("total_amount", None)  # with a line beside it, the amount is not all that is to be paid
        return replace(profile, extra_lines=lines, columns=columns)
    name = "due_date" if ask.field == TERMS_DAYS else ask.field
    heading = next((each for each in profile.seen if normalised(each) == normalised(text)), None)
    if heading is not None:
        return replace(profile, columns={**profile.columns, name: (heading,)})
    if BY_NAME[name].kind == "text":
        return replace(profile, defaults={**profile.defaults, name: _id(name, text, profile)})
    raise ValueError(f"{text} is not a heading of the file.")


def _id(name: str, text: str, profile: Profile) -> str:
    """The text, where it may be the id, the name or the number of such a thing. Raises ValueError."""
    if normalised(text) in NO_NAMES or not normalised(text) or text in profile.seen:
        raise ValueError(f"{text} is no {BY_NAME[name].heading}: give its id, its name or its number.")
    return text


def check_profile(profile: Profile, path: Path) -> tuple[str, ...]:
    """How a file reads with a profile, in sentences. Raises FileUnreadable where it does not."""
    from importer.reading.formats.open_file import open_file

    contents = open_file(path)
    reading = read_contents([contents], integration_id="", profile=profile)
    skipped = sum(len(table.skipped) for table in reading.tables)
    counts = f"{reading.row_count:,} data rows, {len(reading.invoices):,} invoices, {skipped:,} rows skipped"
    said = [f"{path.name}: {counts}."]
    for table in reading.tables:
        if table.rows:
            source = table.source
            understood = (
                f"{field} from '{display_heading(source.headings[index])}'" for field, index in source.columns.items()
            )
            said.append(f"Row {source.heading_row} is the heading row: {', '.join(understood)}.")
    errors = sum(problem.is_error for invoice in reading.invoices for problem in invoice.problems)
    if errors:
        said.append(f"{errors:,} cells cannot be read.")
    return (*said, *reading.notices, *(problem.message for problem in reading.problems))


# ---------------------------------------------------------------------- what the sample shows


def _told(layout: ParsedTable) -> list[tuple[str, int]]:
    order = [column.name for column in COLUMNS]
    columns = dict(layout.mapped.columns)
    if layout.separate:
        columns.pop("line_amount", None)
    columns = {name: index for name, index in columns.items() if not all(map(is_blank, layout.cells(index)))}
    return sorted(columns.items(), key=lambda each: order.index(each[0]))


def _evidence(layouts: Sequence[ParsedTable], field: str) -> str:
    for layout in layouts:
        for name, _, why in layout.mapped.taken:
            if name == field:
                return f", because {why}"
    return ""


def _name_of(stem: str) -> str:
    words = [word for word in re.split(r"[\W_]+", _VARIABLE.sub(" ", stem)) if len(word) > 1]
    return "-".join(word.casefold() for word in words[:3]) or "vendor"


def _pattern(file: str) -> str | None:
    """ "Acme invoices 2026-03.xlsx" → "acme invoices*.xlsx": what is likely the same next month."""
    stem, dot, suffix = file.rpartition(".")
    start = _VARIABLE.split(stem, maxsplit=1)[0].rstrip(" -_.,(")
    return f"{start.casefold()}*{dot}{suffix.casefold()}" if len(start) > 2 and dot else None


def _sheet(contents: RawWorkbook, count: int, *, joined: bool, first: str | None) -> str | None:
    if len(contents.sheets) < 2 or first is None:
        return None
    if count > 1 and not joined:
        return "*"
    return first if joined or len([sheet for sheet in contents.sheets if sheet.visible]) > 1 else None


def _defaults(columns: dict[str, str]) -> dict[str, str]:
    return {name: NOTES for name in ("notes", "memo") if name not in columns}


# ---------------------------------------------------------------------- what a person has to say


def _asks(contents: RawWorkbook, layouts: Sequence[ParsedTable], profile: Profile) -> list[Ask]:
    asks = [_as_ask(question, layout) for layout in layouts for question in layout.mapped.questions]
    asks += [ask for layout in layouts if len(layouts) == 1 for ask in _asks_of_lines(layout)]
    asked = {ask.field for ask in asks}
    for name in ("invoice_number", "invoice_date", "due_date", "property_id", "vendor_id", "financial_account_id"):
        if name in profile.columns or name in asked or _accounted_for(name, layouts):
            continue
        choices = _candidates(layouts, name)
        heading = BY_NAME[name].heading
        if name == "due_date":
            sentence = f"No column is the {heading}. Which one is it, or in how many days is a bill due?"
            asks.append(Ask(TERMS_DAYS, sentence, choices))
        elif BY_NAME[name].kind == "text" and name != "invoice_number":
            asks.append(Ask(name, f"No column is the {heading}. Which one is it, or which is it for all?", choices))
        else:
            asks.append(Ask(name, f"No column is the {heading}. Which one is it?", choices))
    if not any(_has_money(layout) for layout in layouts) and not asked & {"total_amount", TAX}:
        asks.append(
            Ask("total_amount", "No column is an amount. Which one is it?", _candidates(layouts, "total_amount"))
        )
    trial = _trial(contents, profile)
    if len(layouts) == 1 and trial is not None and not asked & SAID_AMOUNTS:
        asks += _ask_for_total(layouts[0], trial)
    if profile.date_order is None and trial is not None and _has_unclear_dates(trial):
        asks.append(
            Ask(DATE_ORDER, "Day and month cannot be told apart. Which comes first: MDY or DMY?", ("MDY", "DMY"))
        )
    return asks


def _asks_of_lines(layout: ParsedTable) -> list[Ask]:
    """Of columns that add up to the total (Water, Sewer, Late Fee): a line each, and to which account?"""
    headings, columns = layout.source.headings, layout.mapped.columns
    parts = columns_of_total(layout) if layout.separate and not layout.mapped.questions else ()
    if not parts:
        return []
    every = [display_heading(headings[index]) for index in parts]
    lines = tuple(ExtraLine(name, is_deducted=is_taken_off(name)) for name in every)
    total = display_heading(headings[columns["total_amount"]])
    names = ", ".join(line.heading for line in lines)
    choices = ("each is a line of its own", f"no: one line for {total}")
    sentence = f"{names} add up to {total}. Is each booked as a line of its own?"
    asks = [Ask(LINES, sentence, choices, lines=lines, is_optional=True)]
    for line in lines:
        said = f"To which GL account is {line.heading} booked? (Enter: to the one for all that is asked for below)"
        asks.append(Ask(ACCOUNT_OF, said, extra=line, is_optional=True))
    return asks


def _ask_for_total(layout: ParsedTable, trial: Reading) -> list[Ask]:
    """Whether a column is the total that the lines have to come to, where none is named so."""
    if {"total_amount", "total_amount_in_cents"} & layout.mapped.columns.keys() or layout.above.keys() & SAID_AMOUNTS:
        return []
    headings = layout.source.headings
    found = likely_total(headings, unused(headings, layout.mapped), trial.invoices, layout.conventions)
    if found is None:
        return []
    name = display_heading(headings[found.index])
    agreeing = f"{found.judged - found.missed:,} of {found.judged:,} invoices come to it"
    sentence = f"'{name}' looks like the invoice total ({agreeing}). Is it?"
    choices = ("yes, each invoice must come to it", "no, it is left out")
    return [Ask("total_amount", sentence, choices, ({"total_amount": name}, {}), is_optional=True)]


def _as_ask(question: Question, layout: ParsedTable) -> Ask:
    what = f"{question.what[:1].upper()}{question.what[1:]}."
    if question.settles:
        otherwise = "Which is it?" if len(question.choices) > 1 else f"Is it? (Enter: no. Then {ADD_AMOUNTS}.)"
        return Ask(question.field, f"{what} {otherwise}", question.choices, question.settles)
    if question.field != TAX:
        return Ask(question.field, what, question.choices)
    may_be_line = "[[extra_lines]]" in question.settle
    booked = ", or to which GL account is it booked as a line of its own" if may_be_line else ""
    sentence = f"{what} Which of these{booked}?"
    if len(question.choices) == 3:
        net, tax, gross = question.choices
        beside = (("line_amount", net), ("total_amount", gross))
        return Ask(
            TAX,
            sentence,
            (f"it is left out: {net} is paid", f"it is booked with the lines: {gross} is paid"),
            ({question.amount: net}, {question.amount: gross}),
            ExtraLine(tax, is_deducted=question.is_deducted),
            beside[:1] if question.amount == "line_amount" else beside,
        )
    told = {
        name: display_heading(layout.source.headings[index]) for name, index in _told(layout) if name in SAID_AMOUNTS
    }
    amounts = " and ".join(dict.fromkeys(told.values())) or "quantity × price"
    choice = f"it is left out, or in the amounts already: {amounts}"
    alone = told.get("line_amount")
    if alone is None and (layout.separate or not LINE_MONEY & layout.mapped.columns.keys()):
        alone = told.get("total_amount")
    extra = ExtraLine(question.choices[0], is_deducted=question.is_deducted) if may_be_line else None
    return Ask(TAX, sentence, (choice,), (told,), extra, (("line_amount", alone),) if alone else ())


def _has_money(layout: ParsedTable) -> bool:
    mapped = layout.mapped
    totals = {"total_amount", "total_amount_in_cents"}
    return bool(
        (totals | LINE_MONEY) & mapped.columns.keys() or mapped.parts or mapped.extras or "debit" in mapped.others
    )


def _accounted_for(name: str, layouts: Sequence[ParsedTable]) -> bool:
    if name == "due_date":
        return any("terms" in layout.mapped.others for layout in layouts)
    parts = [part for layout in layouts for part in layout.mapped.parts.values()]
    return name == "financial_account_id" and bool(parts) and all(name in part for part in parts)


def _candidates(layouts: Sequence[ParsedTable], name: str) -> tuple[str, ...]:
    """Headings that may be meant: those considered first, then every other that is not used."""
    related = {"vendor_id": "name", "property_id": "name", "invoice_date": "unsure_date", "due_date": "unsure_date"}
    found: list[str] = []
    foreign = NO_TEXTS if BY_NAME[name].kind == "text" else frozenset()
    for layout in layouts:
        hints = layout.mapped.hints
        parts = columns_of_total(layout) if foreign else ()
        headings: Sequence[Cell] = layout.source.headings
        indexes = [*hints.get(name, []), *hints.get(related.get(name, ""), []), *unused(headings, layout.mapped)]
        found += [
            display_heading(headings[index])
            for index in indexes
            if index not in parts
            and _may_be(name, layout.cells(index))
            and _meant_as(headings[index]) not in foreign
            and not (
                foreign
                and (
                    words_of(display_heading(headings[index])) == OWN_ACCOUNT
                    or is_taken_off(display_heading(headings[index]))
                )
            )
        ]
    return tuple(dict.fromkeys(found))


def _meant_as(heading: Cell) -> str:
    meaning = meaning_of(heading)
    return "" if meaning is None else meaning.field


def _may_be(name: str, column: Sequence[Cell]) -> bool:
    filled = [cell for cell in column if not is_blank(cell)]
    return bool(filled) and fits(name, [*filled, *filled, *filled])  # of three cells it can be told


def _trial(contents: RawWorkbook, profile: Profile) -> Reading | None:
    """What the file says with the profile as far as it goes; None where too much is open."""
    needed = ("property_id", "vendor_id", "financial_account_id", "invoice_number", "notes", "memo")
    trial = replace(
        profile,
        defaults={**profile.defaults, **{name: "?" for name in needed if name not in profile.columns}},
        terms_days=profile.terms_days or 30,
    )
    try:
        return read_contents([contents], profile=trial)
    except FileUnreadable:
        return None


def _has_unclear_dates(reading: Reading) -> bool:
    return any(problem.kind.code == "ambiguous-date" for invoice in reading.invoices for problem in invoice.problems)
