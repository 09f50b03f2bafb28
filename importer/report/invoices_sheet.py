"""The sheet "Invoices": one row for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from importer.models import Outcome, Row, Run, Status
from importer.report import styles
from importer.report.accounts import worst_first
from importer.report.cells import CellStyles, put_text, row_height
from importer.report.rows_sheet import print_landscape
from importer.report.styles import Styles
from importer.report.tie_out import as_said
from importer.report.wording import how_to_go_on

COLUMNS: tuple[tuple[str, int], ...] = (
    ("Status", 16),
    ("Invoice #", 18),
    ("Vendor", 24),
    ("Property", 24),
    ("Bill Date", 12),
    ("Due Date", 12),
    ("Total", 14),
    ("Problems", 54),
    ("How to go on", 32),
    ("Job id", 31),
    ("ResMan", 20),
    ("Lines", 8),
    ("Rows", 11),
    ("File", 18),
    ("Sheet", 14),
    ("Key", 28),
)
"""Heading and width of each column."""

_AT = {heading: index for index, (heading, _) in enumerate(COLUMNS)}
_WIDTHS = dict(COLUMNS)
_FIGURES = ("Total", "Lines")
_INDENTED = ("Status", "Problems", "How to go on", "ResMan")

MAX_LINKS = 20_000  # a sheet with many more opens slowly, and Excel takes 65,530 at most


def write_invoices(sheet: Any, made: Styles, run: Run, first_rows: Mapping[int, str]) -> None:
    """`first_rows` leads from id(outcome) to the link to its first row in "Rows"."""
    sheet.set_row(0, 30)
    for column, (heading, width) in enumerate(COLUMNS):
        sheet.set_column(column, column, width)
        put_text(sheet, 0, column, heading, _heading_style(made, heading))
    look = _Look(made)
    for at, outcome in enumerate(run.outcomes, start=1):
        link = first_rows.get(id(outcome)) if at <= MAX_LINKS else None
        if link:
            sheet.write_url(at, _AT["Rows"], link, look.link, "rows")
        told = "\n".join(problem.message for problem in worst_first(outcome.problems))
        way = _way(outcome)
        wrapped = (("Problems", told), ("How to go on", way), ("ResMan", outcome.resman or ""))
        texts = [(text, _WIDTHS[heading] - 2) for heading, text in wrapped if text]
        names = (as_said(outcome, "vendor_id"), as_said(outcome, "property_id"))
        texts += [(name, _WIDTHS["Vendor"] - 1) for name in names if len(name) > _WIDTHS["Vendor"] - 6]
        height = row_height(*texts) if texts else None
        sheet.put_row(at, _cells(outcome, look, told, way, look.link if link else look.text), height)
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, len(run.outcomes), len(COLUMNS) - 1)
    print_landscape(sheet)
    sheet.print_area(0, 0, len(run.outcomes), _AT["ResMan"])


def _heading_style(made: Styles, heading: str) -> Any:
    if heading in _FIGURES:
        return made.heading(align="right")
    return made.heading(indent=1) if heading in _INDENTED else made.heading(align="left")


class _Look:
    """The formats of this sheet."""

    def __init__(self, made: Styles) -> None:
        self.text = made.get()
        self.wrapped = made.get(text_wrap=True, indent=1)
        self.folded = made.get(text_wrap=True)
        self.number = made.get(num_format=styles.AS_IS)
        self.money = made.get(num_format=styles.MONEY)
        self.unread = made.get(num_format=styles.MONEY, font_color=styles.QUIET, italic=True)
        self.faint = made.get(font_color=styles.QUIET)
        self.link = made.get(font_color=styles.LINK, underline=1)
        self.chips = {status: made.chip(status, indent=1) for status in Status}
        self.day = CellStyles(made)


def _cells(outcome: Outcome, look: _Look, told: str, way: str, rows_style: Any) -> list[tuple[int, Any, Any]]:
    invoice = outcome.invoice
    filled: dict[str, tuple[Any, Any]] = {
        "Status": (outcome.status.label, look.chips[outcome.status]),
        "Invoice #": (as_said(outcome, "invoice_number") or "(no number)", look.text),
        "Vendor": (as_said(outcome, "vendor_id"), look.folded),
        "Property": (as_said(outcome, "property_id"), look.folded),
        "Bill Date": look.day.of(invoice.invoice_date or invoice.cell_text("invoice_date"), is_money=False),
        "Due Date": look.day.of(invoice.due_date or invoice.cell_text("due_date"), is_money=False),
        "Total": (invoice.worth / 100, look.unread if invoice.total is None else look.money),
        "Problems": (told, look.wrapped),
        "How to go on": (way, look.wrapped),
        "Job id": (outcome.job_id, look.text),
        "ResMan": (outcome.resman, look.wrapped),
        "Lines": (len(invoice.lines), look.number),
        "Rows": (_ranges(invoice.rows), rows_style),
        "File": (invoice.source.file, look.text),
        "Sheet": (invoice.source.sheet, look.text),
        "Key": (outcome.key, look.faint),
    }
    return [(_AT[heading], value, style) for heading, (value, style) in filled.items() if value not in (None, "")]


def _way(outcome: Outcome) -> str:
    looked = (f"\nLooked at {one.looked_at}: {one.found}" for one in outcome.evidence)
    return how_to_go_on(outcome) + ("".join(looked) if outcome.status is Status.IN_DOUBT else "")


def _ranges(rows: tuple[Row, ...]) -> str:
    """ "2–4, 9": the numbers of an invoice's rows; of a scattered one, the first few."""
    spans: list[list[int]] = []
    for row in rows:
        if spans and row.number == spans[-1][1] + 1:
            spans[-1][1] = row.number
        else:
            spans.append([row.number, row.number])
    said = [str(first) if first == last else f"{first}–{last}" for first, last in spans]
    return ", ".join(said if len(said) <= 8 else [*said[:7], "…"])
