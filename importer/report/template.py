"""The blank workbook: one heading row, a hint on each heading, and what Excel itself refuses as it is typed.

With choices, the cells of a property, vendor or GL account offer names in a list; the ids behind them stand on a
hidden sheet. What the importer reads is the name that was chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from importer.columns import COLUMNS, OWN_SHEETS, Column, Kind
from importer.errors import ResultsNotWritten

OFFERED: tuple[Column, ...] = tuple(
    column for column in COLUMNS if column.kind is not Kind.CENTS and column.name != "integration_id"
)
"""What a blank sheet has. Amounts in cents are for exports, and the ResMan account is a setting for most."""

LAST_ROW = 1_048_575  # 0-based
FORMATS = {Kind.TEXT: "@", Kind.DATE: "yyyy-mm-dd", Kind.DOLLARS: "#,##0.00", Kind.QUANTITY: "General"}
"""Text cells are text from the start: an invoice number keeps its leading zeros and all of its digits."""

LONGEST = {"invoice_number": 100, "notes": 2000, "memo": 500, "item_notes": 500}
INSTRUCTIONS, LISTS = OWN_SHEETS
MOST_PROMPT = 255  # characters that Excel shows beside a cell
RULES = (
    "One row for each line of an invoice. The rows of one invoice carry the same vendor, property and number.",
    "What belongs to the whole invoice may stand on its first row only, or be repeated on each.",
    "The lines must add up to the invoice total, to the cent.",
    "Choose property, vendor and GL account from the lists; start typing a name to find it. Another name is refused.",
    "A line has a quantity and a unit price, or an amount alone.",
    "When it is filled in, `invoice-importer check` says what would happen, and sends nothing; `submit` posts.",
)


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a list: what a clerk reads, and the id behind it ("" where the row's property decides)."""

    label: str
    id: str


def hint(column: Column) -> str:
    """What a clerk reads on pointing at a heading."""
    belongs = (
        "Each line has its own." if column.of_line else "Once per invoice is enough; on later lines it may repeat."
    )
    needed = "Required." if column.required else "Optional."
    if column.required and column.of_line and column.instead:
        needed = "Required, unless the line has a line amount."
    return f"{column.meaning}\n{needed} {belongs}\nExample: {column.example}"


def write_blank(path: Path) -> None:
    """One heading row with a hint on each heading; dates must be dates and amounts numbers."""
    _write(path, None)


def write_template(path: Path, choices: Mapping[str, Sequence[Choice]]) -> None:
    """The same with lists to choose from, by field, hints at every cell, and a sheet that explains.

    Raises `ResultsNotWritten`.
    """
    from xlsxwriter.exceptions import FileCreateError

    try:
        _write(path, choices)
    except (FileCreateError, OSError) as error:
        raise ResultsNotWritten(
            f"{path} cannot be written: {error}.", "Close it if it is open, or name another."
        ) from error


def _write(path: Path, choices: Mapping[str, Sequence[Choice]] | None) -> None:
    from xlsxwriter import Workbook

    with Workbook(path) as book:
        sheet = book.add_worksheet("Invoices")
        for at, column in enumerate(OFFERED):
            shape = book.add_format({"num_format": FORMATS[column.kind]})
            offered = choices.get(column.name, ()) if choices else ()
            widest = max((len(choice.label) for choice in offered), default=0)
            width = max(len(column.heading), len(column.example), min(widest, 40)) + 3
            sheet.set_column(at, at, width, shape)
            colour = "#1F3B4D" if column.required else "#7A8B99"
            look = {"bold": True, "font_color": "#FFFFFF", "bg_color": colour, "valign": "vcenter"}
            sheet.write_string(0, at, column.heading, book.add_format(look))
            sheet.write_comment(0, at, hint(column), {"x_scale": 2.2, "y_scale": 1.2, "author": "invoice-importer"})
            rule = _rule(column) if choices is None else _rule(column) or _live_rule(column, offered)
            if rule and choices is not None:
                rule |= {"input_title": column.heading, "input_message": hint(column)[:MOST_PROMPT]}
            if rule:
                sheet.data_validation(1, at, LAST_ROW, at, rule)
        sheet.set_row(0, 24)
        sheet.freeze_panes(1, 0)
        if choices is not None:
            sheet.set_landscape()
            sheet.fit_to_pages(1, 0)
            _explain(book, choices)
            _list(book, choices)


def _rule(column: Column) -> dict[str, Any] | None:
    """What Excel refuses as it is typed."""
    match column.kind:
        case Kind.DATE:
            rule: dict[str, Any] = {"validate": "date", "criteria": ">", "value": "=DATE(2000,1,1)"}
            said = "This is not a date. Write it like 2026-03-31."
        case Kind.DOLLARS | Kind.QUANTITY:
            rule = {"validate": "decimal", "criteria": "between", "minimum": -10_000_000_000, "maximum": 10_000_000_000}
            said = "This is not a number. Write it like 1250.00."
        case _:
            return None
    return {**rule, "error_title": column.heading, "error_message": said}


def _live_rule(column: Column, offered: Sequence[Choice]) -> dict[str, Any] | None:
    if offered:
        letter = chr(ord("A") + 2 * _place(column.name))
        source = f"='{LISTS}'!${letter}$2:${letter}${len(offered) + 1}"
        said = "ResMan has nothing of that name. Choose from the list; `sync` and a new template bring what is new."
        return {"validate": "list", "source": source, "error_title": column.heading, "error_message": said}
    if column.name in LONGEST:
        most = LONGEST[column.name]
        said = f"At most {most} characters."
        rule: dict[str, Any] = {"validate": "length", "criteria": "between", "minimum": 1, "maximum": most}
        return {**rule, "error_title": column.heading, "error_message": said}
    return {"validate": "any"}


def _place(name: str) -> int:
    return ("property_id", "vendor_id", "financial_account_id").index(name)


def _list(book: Any, choices: Mapping[str, Sequence[Choice]]) -> None:
    """The hidden sheet: for each field a column of names, and beside it the ids behind them."""
    sheet = book.add_worksheet(LISTS)
    sheet.hide()
    for name, offered in choices.items():
        at = 2 * _place(name)
        sheet.write_string(0, at, f"{name}: name")
        sheet.write_string(0, at + 1, f"{name}: id")
        for row, choice in enumerate(offered, 1):
            sheet.write_string(row, at, choice.label)
            sheet.write_string(row, at + 1, choice.id)


def _explain(book: Any, choices: Mapping[str, Sequence[Choice]]) -> None:
    sheet = book.add_worksheet(INSTRUCTIONS)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    bold = book.add_format({"bold": True, "bottom": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for at, (heading, width) in enumerate((("Column", 18), ("", 12), ("What it is", 96), ("Like this", 36))):
        sheet.set_column(at, at, width, wrapped)
        sheet.write_string(0, at, heading, bold)
    for row, column in enumerate(OFFERED, 1):
        sheet.write_row(
            row, 0, (column.heading, "required" if column.required else "optional", column.meaning), wrapped
        )
        offered = choices.get(column.name)
        sheet.write_string(row, 3, offered[0].label if offered else column.example, wrapped)
    for row, sentence in enumerate(RULES, len(OFFERED) + 2):
        sheet.merge_range(row, 0, row, 3, sentence, wrapped)
