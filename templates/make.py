"""Makes the blank sheets of this folder from the one table of columns: `python -m templates.make`."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from importer.columns import COLUMNS, Column, Kind

FOLDER = Path(__file__).parent

OFFERED: tuple[Column, ...] = tuple(
    column for column in COLUMNS if column.kind is not Kind.CENTS and column.name != "integration_id"
)
"""What a blank sheet has. Amounts in cents are for exports, and the ResMan account is a setting for most."""

LAST_ROW = 1_048_575  # 0-based
FORMATS = {Kind.TEXT: "@", Kind.DATE: "yyyy-mm-dd", Kind.DOLLARS: "#,##0.00", Kind.QUANTITY: "General"}
"""Text cells are text from the start: an invoice number keeps its leading zeros and all of its digits."""


def hint(column: Column) -> str:
    """What a clerk reads on pointing at a heading."""
    belongs = (
        "Each line has its own." if column.of_line else "Once per invoice is enough; on later lines it may repeat."
    )
    needed = "Required." if column.required else "Optional."
    if column.required and column.of_line and column.instead:
        needed = "Required, unless the line has a line amount."
    return f"{column.meaning}\n{needed} {belongs}\nExample: {column.example}"


def write_csv(path: Path) -> None:
    """One heading row, no data."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerow(column.heading for column in OFFERED)


def write_xlsx(path: Path) -> None:
    """One heading row with a hint on each heading; dates must be dates and amounts numbers."""
    from xlsxwriter import Workbook

    with Workbook(path) as book:
        sheet = book.add_worksheet("Invoices")
        for at, column in enumerate(OFFERED):
            shape = book.add_format({"num_format": FORMATS[column.kind]})
            sheet.set_column(at, at, max(len(column.heading), len(column.example)) + 3, shape)
            colour = "#1F3B4D" if column.required else "#7A8B99"
            look = {"bold": True, "font_color": "#FFFFFF", "bg_color": colour, "valign": "vcenter"}
            sheet.write_string(0, at, column.heading, book.add_format(look))
            sheet.write_comment(0, at, hint(column), {"x_scale": 2.2, "y_scale": 1.2, "author": "invoice-importer"})
            if rule := _rule(column):
                sheet.data_validation(1, at, LAST_ROW, at, rule)
        sheet.set_row(0, 24)
        sheet.freeze_panes(1, 0)


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


if __name__ == "__main__":
    write_csv(FOLDER / "invoices.csv")
    write_xlsx(FOLDER / "invoices.xlsx")
