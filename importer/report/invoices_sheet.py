"""The sheet "Invoices": one row for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from importer.models import Outcome, Row, Run, Status
from importer.report import styles
from importer.report.cells import CellWriter, put_text
from importer.report.styles import Styles
from importer.report.tie_out import as_said
from importer.report.wording import how_to_go_on

COLUMNS: tuple[tuple[str, int], ...] = (
    ("Status", 15),
    ("Invoice #", 20),
    ("Vendor", 24),
    ("Property", 24),
    ("Bill Date", 12),
    ("Due Date", 12),
    ("Lines", 7),
    ("Total", 15),
    ("Job id", 22),
    ("ResMan", 18),
    ("Problems", 60),
    ("How to go on", 40),
    ("Rows", 12),
    ("File", 20),
    ("Sheet", 14),
    ("Key", 27),
)
"""Heading and width of each column."""

MAX_LINKS = 20_000  # a sheet with many more opens slowly, and Excel takes 65,530 at most


def write_invoices(sheet: Any, made: Styles, run: Run, first_rows: Mapping[int, str]) -> None:
    """`first_rows` leads from id(outcome) to the link to its first row in "Rows"."""
    writer = _InvoiceRow(sheet, made, first_rows)
    sheet.set_row(0, 30)
    for column, (heading, width) in enumerate(COLUMNS):
        sheet.set_column(column, column, width)
        put_text(
            sheet, 0, column, heading, made.heading(align="right") if heading in ("Lines", "Total") else made.heading()
        )
    for at, outcome in enumerate(run.outcomes, start=1):
        writer.write(at, outcome)
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, len(run.outcomes), len(COLUMNS) - 1)
    sheet.hide_gridlines(1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer("&L&A&RPage &P of &N")


class _InvoiceRow:
    """Writes one invoice."""

    def __init__(self, sheet: Any, made: Styles, first_rows: Mapping[int, str]) -> None:
        self._sheet = sheet
        self._made = made
        self._first_rows = first_rows
        self._plain = made.get()
        self._wrapped = made.get(text_wrap=True)
        self._money = made.get(num_format=styles.MONEY)
        self._unread = made.get(num_format=styles.MONEY, font_color=styles.QUIET, italic=True)
        self._link = made.get(font_color="#1D4F82", underline=1)
        self._dates = CellWriter(made)

    def write(self, at: int, outcome: Outcome) -> None:
        sheet, invoice = self._sheet, outcome.invoice
        put_text(sheet, at, 0, outcome.status.label, self._made.chip(outcome.status))
        put_text(sheet, at, 1, as_said(outcome, "invoice_number") or "(no number)", self._plain)
        put_text(sheet, at, 2, as_said(outcome, "vendor_id"), self._plain)
        put_text(sheet, at, 3, as_said(outcome, "property_id"), self._plain)
        self._day(at, 4, outcome, "invoice_date")
        self._day(at, 5, outcome, "due_date")
        sheet.write_number(at, 6, len(invoice.lines), self._plain)
        sheet.write_number(at, 7, invoice.worth / 100, self._unread if invoice.total is None else self._money)
        if outcome.job_id:
            put_text(sheet, at, 8, outcome.job_id, self._plain)
        if outcome.resman:
            put_text(sheet, at, 9, outcome.resman, self._wrapped)
        if outcome.problems:
            put_text(sheet, at, 10, "\n".join(problem.message for problem in outcome.problems), self._wrapped)
        way = how_to_go_on(outcome)
        if outcome.status is Status.IN_DOUBT:
            way += "".join(f"\nLooked at {one.looked_at}: {one.found}" for one in outcome.evidence)
        if way:
            put_text(sheet, at, 11, way, self._wrapped)
        self._rows(at, outcome)
        put_text(sheet, at, 13, invoice.source.file, self._plain)
        if invoice.source.sheet is not None:
            put_text(sheet, at, 14, invoice.source.sheet, self._plain)
        if outcome.key:
            put_text(sheet, at, 15, outcome.key, self._made.get(font_color=styles.QUIET))

    def _day(self, at: int, column: int, outcome: Outcome, field: str) -> None:
        day = getattr(outcome.invoice, field)
        self._dates.put(
            self._sheet, at, column, outcome.invoice.cell_text(field) if day is None else day, is_money=False
        )

    def _rows(self, at: int, outcome: Outcome) -> None:
        said = _ranges(outcome.invoice.rows)
        link = self._first_rows.get(id(outcome))
        if link is not None and at <= MAX_LINKS:
            self._sheet.write_url(at, 12, link, self._link, said)
        else:
            put_text(self._sheet, at, 12, said, self._plain)


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
