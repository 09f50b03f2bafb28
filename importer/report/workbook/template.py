"""The blank workbook: one heading row, a hint on each heading, and what Excel itself refuses as it is typed.

With choices, the cells of a property, vendor or GL account offer names in a list; the ids behind them stand on a
hidden sheet. What the importer reads is the name that was chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from importer.domain.fields import (
    COLUMNS,
    OWN_SHEETS,
    FieldSpec,
    ValueKind,
)
from importer.errors import ResultsNotWritten

OFFERED: tuple[FieldSpec, ...] = tuple(
    column for column in COLUMNS if column.kind is not ValueKind.CENTS and column.name != "integration_id"
)
"""What a blank sheet has. Amounts in cents are for exports, and the ResMan account is a setting for most."""

LAST_ROW = 1_048_575  # 0-based
FORMATS = {
    ValueKind.TEXT: "@",
    ValueKind.DATE: "yyyy-mm-dd",
    ValueKind.DOLLARS: "#,##0.00",
    ValueKind.QUANTITY: "General",
}
"""Text cells are text from the start: an invoice number keeps its leading zeros and all of its digits."""

PROPERTY = "property_id"
FIELDS = (PROPERTY, "vendor_id", "financial_account_id")
"""What is chosen from a list, in the order of the hidden sheet."""

_COLUMNS_OF_LISTS = 2 * len(FIELDS)
LONGEST = {"invoice_number": 100, "notes": 2000, "memo": 500, "item_notes": 500}
INSTRUCTIONS, LISTS = OWN_SHEETS
MOST_PROMPT = 255  # characters that Excel shows beside a cell
NARROWED = "Choose the property first: the lists of vendors and GL accounts then hold what may be used there."
RULES = (
    "One row for each line of an invoice. The rows of one invoice carry the same vendor, property and number.",
    "What belongs to the whole invoice may stand on its first row only, or be repeated on each.",
    "The lines must add up to the invoice total, to the cent.",
    "Choose property, vendor and GL account from the lists (Alt+Down opens one). Another name is refused.",
    "A line has a quantity and a unit price, or an amount alone.",
    "When it is filled in, `invoice-importer check` says what would happen, and sends nothing; `submit` posts.",
)


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a list: what a clerk reads, and the id behind it ("" where the row's property decides)."""

    label: str
    id: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What a template offers: for each field its list, and what of it may be chosen at which property."""

    choices: Mapping[str, Sequence[Choice]]
    here: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)  # field → property's label → labels
    about: str = ""  # where the lists are from, and how old they are


def hint(column: FieldSpec, offered: Sequence[Choice] = ()) -> str:
    """What a clerk reads on pointing at a heading."""
    belongs = (
        "Each line has its own." if column.of_line else "Once per invoice is enough; on later lines it may repeat."
    )
    needed = "Required." if column.required else "Optional."
    if column.required and column.of_line and column.instead:
        needed = "Required, unless the line has a line amount."
    if offered:
        return f"Choose from the list (Alt+Down opens it).\n{needed} {belongs}\nExample: {offered[0].label}"
    return f"{column.meaning}\n{needed} {belongs}\nExample: {column.example}"


def write_blank(path: Path) -> None:
    """One heading row with a hint on each heading; dates must be dates and amounts numbers."""
    _write(path, None)


def write_template(path: Path, offer: Offer) -> None:
    """The same with lists to choose from, hints at every cell, and a sheet that explains.

    Raises `ResultsNotWritten`.
    """
    from xlsxwriter.exceptions import FileCreateError

    try:
        _write(path, offer)
    except (FileCreateError, OSError) as error:
        raise ResultsNotWritten(
            f"{path} cannot be written: {error}.", "Close it if it is open, or name another."
        ) from error


def _write(path: Path, offer: Offer | None) -> None:
    from xlsxwriter import Workbook

    with Workbook(path) as book:
        sheet = book.add_worksheet("Invoices")
        for at, column in enumerate(OFFERED):
            shape = book.add_format({"num_format": FORMATS[column.kind]})
            offered = offer.choices.get(column.name, ()) if offer else ()
            widest = max((len(choice.label) for choice in offered), default=0)
            width = max(len(column.heading), len(column.example), min(widest, 40)) + 3
            sheet.set_column(at, at, width, shape)
            colour = "#1F3B4D" if column.required else "#7A8B99"
            look = {"bold": True, "font_color": "#FFFFFF", "bg_color": colour, "valign": "vcenter"}
            sheet.write_string(0, at, column.heading, book.add_format(look))
            said = hint(column, offered)
            sheet.write_comment(0, at, said, {"x_scale": 2.2, "y_scale": 1.2, "author": "invoice-importer"})
            rule = _rule(column) if offer is None else _rule(column) or _live_rule(column, offer)
            if rule and offer is not None:
                rule |= {"input_title": column.heading, "input_message": said[:MOST_PROMPT]}
            if rule:
                sheet.data_validation(1, at, LAST_ROW, at, rule)
        sheet.set_row(0, 24)
        sheet.freeze_panes(1, 0)
        if offer is not None:
            sheet.set_landscape()
            sheet.fit_to_pages(1, 0)
            sheet.repeat_rows(0)
            sheet.hide_gridlines(0)  # they are printed: a sheet to fill in by hand as well
            _explain(book, offer)
            _list(book, offer)


def _rule(column: FieldSpec) -> dict[str, Any] | None:
    """What Excel refuses as it is typed."""
    match column.kind:
        case ValueKind.DATE:
            rule: dict[str, Any] = {"validate": "date", "criteria": ">", "value": "=DATE(2000,1,1)"}
            said = "This is not a date. Write it like 2026-03-31."
        case ValueKind.DOLLARS | ValueKind.QUANTITY:
            rule = {"validate": "decimal", "criteria": "between", "minimum": -10_000_000_000, "maximum": 10_000_000_000}
            said = "This is not a number. Write it like 1250.00."
        case _:
            return None
    return {**rule, "error_title": column.heading, "error_message": said}


def _live_rule(column: FieldSpec, offer: Offer) -> dict[str, Any] | None:
    offered = offer.choices.get(column.name, ())
    if offered:
        said = (
            "ResMan has nothing of that name for this row. Choose from the list. What is new comes with a new template."
        )
        source = _source(column.name, offer)
        return {"validate": "list", "source": source, "error_title": column.heading, "error_message": said}
    if column.name in LONGEST:
        most = LONGEST[column.name]
        said = f"At most {most} characters."
        rule: dict[str, Any] = {"validate": "length", "criteria": "between", "minimum": 1, "maximum": most}
        return {**rule, "error_title": column.heading, "error_message": said}
    return {"validate": "any"}


def _source(name: str, offer: Offer) -> str:
    """Where a list is, as a formula: the whole column, or what the property of the row allows.

    OFFSET and VLOOKUP, because a list in a cell takes no FILTER, and INDIRECT takes no names with spaces. A row without
    a property that is known has the whole list.
    """
    whole = _range(2 * _place(name), len(offer.choices[name]))
    properties = len(offer.choices.get(PROPERTY, ()))
    if not offer.here.get(name) or not properties:
        return f"={whole}"
    mine = f"${_letter([column.name for column in OFFERED].index(PROPERTY))}2"
    at = _COLUMNS_OF_LISTS + 2 * _place(name)
    keys = f"'{LISTS}'!$A$2:${_letter(at + 1)}${properties + 1}"
    column, count = (f"VLOOKUP({mine},{keys},{each + 1},0)" for each in (at, at + 1))
    known = f"ISNA(MATCH({mine},{_range(0, properties)},0))"
    return f"=IF({known},{whole},OFFSET('{LISTS}'!$A$2,0,{column},{count},1))"


def _place(name: str) -> int:
    return FIELDS.index(name)


def _letter(at: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    letters: str = xl_col_to_name(at)
    return letters


def _range(at: int, count: int) -> str:
    return f"'{LISTS}'!${_letter(at)}$2:${_letter(at)}${count + 1}"


def _list(book: Any, offer: Offer) -> None:
    """The hidden sheet: for each field a column of names, and beside it the ids behind them.

    Then for each property which column holds what may be chosen there, and how many; and those columns.
    """
    sheet = book.add_worksheet(LISTS)
    sheet.hide()
    for name, offered in offer.choices.items():
        at = 2 * _place(name)
        sheet.write_string(0, at, f"{name}: name")
        sheet.write_string(0, at + 1, f"{name}: id")
        for row, choice in enumerate(offered, 1):
            sheet.write_string(row, at, choice.label)
            sheet.write_string(row, at + 1, choice.id)
    columns: dict[tuple[str, ...], int] = {}
    first = _COLUMNS_OF_LISTS + 2 * len(FIELDS)
    for name, here in offer.here.items():
        at = _COLUMNS_OF_LISTS + 2 * _place(name)
        sheet.write_string(0, at, f"{name}: column")
        sheet.write_string(0, at + 1, f"{name}: how many")
        for row, choice in enumerate(offer.choices[PROPERTY], 1):
            labels = tuple(here.get(choice.label, ()))
            if labels and labels not in columns:
                columns[labels] = first + len(columns)
                sheet.write_column(1, columns[labels], labels)
            sheet.write_number(row, at, columns[labels] if labels else 2 * _place(name))
            sheet.write_number(row, at + 1, len(labels or offer.choices[name]))


def _explain(book: Any, offer: Offer) -> None:
    sheet = book.add_worksheet(INSTRUCTIONS)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    bold = book.add_format({"bold": True, "bottom": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for at, (heading, width) in enumerate((("Column", 18), ("", 22), ("What it is", 86), ("Like this", 36))):
        sheet.set_column(at, at, width, wrapped)
        sheet.write_string(0, at, heading, bold)
    sheet.set_row(0, 20)
    for row, column in enumerate(OFFERED, 1):
        sheet.set_row(row, 18)
        offered = offer.choices.get(column.name)
        meaning = f"{column.meaning.split(':')[0]}. Choose it from the list." if offered else column.meaning
        sheet.write_row(row, 0, (column.heading, _needed(column), meaning), wrapped)
        sheet.write_string(row, 3, offered[0].label if offered else column.example, wrapped)
    rules = [*RULES, *([NARROWED] if offer.here else []), *([offer.about] if offer.about else [])]
    for row, sentence in enumerate(rules, len(OFFERED) + 2):
        sheet.set_row(row, 18)
        sheet.merge_range(row, 0, row, 3, sentence, wrapped)


def _needed(column: FieldSpec) -> str:
    if column.of_line and column.kind in (ValueKind.QUANTITY, ValueKind.DOLLARS):
        return "or quantity and price" if column.name == "line_amount" else "or a line amount"
    return "required" if column.required else "optional"
