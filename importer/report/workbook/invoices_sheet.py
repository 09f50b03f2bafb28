"""The sheet "Invoices": one row for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from importer.domain.invoice import Row
from importer.domain.money import dollars
from importer.domain.outcome import Outcome, Run, Status
from importer.report.row_outcomes import worst_first
from importer.report.sandbox_commands import with_sandbox_flag
from importer.report.sentences import how_to_go_on
from importer.report.workbook import styles
from importer.report.workbook.cell_styles import CellStyles, put_text, row_height
from importer.report.workbook.rows_sheet import FirstRows, print_landscape
from importer.report.workbook.styles import Styles
from importer.report.workbook.tie_out import as_it_went, as_said

COLUMNS: tuple[tuple[str, int], ...] = (
    ("Status", 15),
    ("Invoice #", 18),
    ("Vendor", 24),
    ("Property", 24),
    ("Bill Date", 12),
    ("Due Date", 12),
    ("Total", 13),
    ("Problems", 50),
    ("How to go on", 30),
    ("Job id", 32),
    ("ResMan", 20),
    ("Lines", 8),
    ("Rows", 11),
    ("File", 18),
    ("Sheet", 14),
    ("Key", 28),
)
"""Heading of each column, and the most that it takes; where it holds little, it is as narrow as that."""

_FIXED = ("Bill Date", "Due Date", "Total", "Lines", "Rows", "File", "Sheet", "Key")
_AT = {heading: index for index, (heading, _) in enumerate(COLUMNS)}
_WIDTHS = dict(COLUMNS)
_FIGURES = ("Total", "Lines")
_SAMPLE = 500  # invoices that decide how wide a column is
_ONE_PAGE = 185  # digits: what is wider is printed on two pages side by side, because it would be too small on one

MAX_LINKS = 20_000  # a sheet with many more opens slowly, and Excel takes 65,530 at most


def write_invoices(sheet: Any, made: Styles, run: Run, first_rows: FirstRows) -> None:
    """Each with a link to its first row in "Rows"."""
    sheet.set_default_row(16)
    sheet.set_row(0, 30)
    widths = _fitting(run.outcomes)
    for column, (heading, _) in enumerate(COLUMNS):
        sheet.set_column(column, column, widths[heading])
        put_text(sheet, 0, column, heading, _heading_style(made, heading))
    look = _Look(made)
    for at, outcome in enumerate(run.outcomes, start=1):
        link = first_rows.place(at - 1) if at <= MAX_LINKS else None
        if link:
            sheet.link(at, _AT["Rows"], link)
        told = "\n".join(problem.message for problem in worst_first(outcome.problems))
        way = with_sandbox_flag(_way(outcome), run.destination)
        wrapped = (("Problems", told), ("How to go on", way), ("ResMan", outcome.resman or ""))
        texts = [(text, widths[heading] - 3) for heading, text in wrapped if text]
        names = as_it_went(outcome, "vendor_id", run), as_it_went(outcome, "property_id", run)
        texts += [
            (name, widths[heading] - 3)
            for heading, name in zip(("Vendor", "Property"), names, strict=True)
            if len(name) > widths[heading] - 6
        ]
        height = row_height(*texts) if texts else None
        cells = _cells(outcome, run, look, names, told, way, look.link if link else look.text)
        sheet.put_row(at, cells, height, look.empty)
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, len(run.outcomes), len(COLUMNS) - 1)
    print_landscape(sheet)
    if sum(widths[heading] for heading, _ in COLUMNS[: _AT["ResMan"] + 1]) > _ONE_PAGE:
        sheet.fit_to_pages(2, 0)
        sheet.print_across()
        sheet.repeat_columns(_AT["Status"], _AT["Invoice #"])
    sheet.print_area(0, 0, len(run.outcomes), _AT["ResMan"])


def _heading_style(made: Styles, heading: str) -> Any:
    if heading in _FIGURES:
        return made.heading(align="right")
    return made.heading(indent=1)


def _fitting(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How wide each column has to be: as what it holds, as its heading with a button, never more than COLUMNS says."""
    longest = {heading: len(heading) + 4 for heading in _WIDTHS}
    for outcome in outcomes[:_SAMPLE]:
        texts = {
            "Status": outcome.status.label,
            "Invoice #": as_said(outcome, "invoice_number") or "(no number)",
            "Vendor": as_said(outcome, "vendor_id"),
            "Property": as_said(outcome, "property_id"),
            "Problems": "".join(problem.message for problem in outcome.problems[:1]),
            "How to go on": _way(outcome),
            "Job id": outcome.job_id or "",
            "ResMan": outcome.resman or "",
        }
        for heading, text in texts.items():
            longest[heading] = max(longest[heading], len(text) + 3)
    return {heading: most if heading in _FIXED else min(longest[heading], most) for heading, most in COLUMNS}


class _Look:
    """The formats of this sheet."""

    def __init__(self, made: Styles) -> None:
        rule = styles.ROW_RULE
        self.empty = made.get(**rule)
        self.text = made.get(indent=1, **rule)
        self.wrapped = made.get(text_wrap=True, indent=1, **rule)
        self.number = made.get(num_format=styles.AS_IS, **rule)
        self.money = made.get(num_format=styles.MONEY, **rule)
        self.unread = made.get(num_format=styles.MONEY, font_color=styles.QUIET, italic=True, **rule)
        self.faint = made.get(font_color=styles.QUIET, indent=1, **rule)
        self.link = made.get(font_color=styles.LINK, underline=1, indent=1, **rule)
        self.chips = {status: made.chip(status, indent=1, **rule) for status in Status}
        self.day = CellStyles(made, **rule)


def _cells(
    outcome: Outcome, run: Run, look: _Look, names: tuple[str, str], told: str, way: str, rows_style: Any
) -> list[tuple[int, Any, Any]]:
    invoice, resman = outcome.invoice, outcome.resman
    vendor, its_property = names
    if outcome.payload is not None and outcome.key in run.later:
        resman = f"{resman or 'posted'}, with {dollars(outcome.payload.total_amount_in_cents)}"
    filled: dict[str, tuple[Any, Any]] = {
        "Status": (outcome.status.label, look.chips[outcome.status]),
        "Invoice #": (as_it_went(outcome, "invoice_number", run) or "(no number)", look.text),
        "Vendor": (vendor, look.wrapped),
        "Property": (its_property, look.wrapped),
        "Bill Date": look.day.of(invoice.invoice_date or invoice.cell_text("invoice_date"), is_money=False),
        "Due Date": look.day.of(invoice.due_date or invoice.cell_text("due_date"), is_money=False),
        "Total": (invoice.worth / 100, look.unread if invoice.total is None else look.money),
        "Problems": (told, look.wrapped),
        "How to go on": (way, look.wrapped),
        "Job id": (outcome.job_id, look.text),
        "ResMan": (resman, look.wrapped),
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
