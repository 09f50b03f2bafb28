"""The sheet "Tie-out": the same sums by vendor and by property."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from importer.report import styles
from importer.report.cells import put_text
from importer.report.styles import Styles
from importer.report.tie_out import Party, TieOut

COLUMNS = ("Invoices", "Read", "Posted", "of it confirmed", "Ready", "To be fixed", "In doubt", "Difference")


def write_tie_out(sheet: Any, made: Styles, sums: TieOut) -> None:
    """Two tables, one below the other, each with its total."""
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 28)
    sheet.set_column(2, 2, 10)
    sheet.set_column(3, 1 + len(COLUMNS), 16)
    at = _table(sheet, made, 0, "Vendor", sums.vendors)
    _table(sheet, made, at + 1, "Property", sums.properties)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&A&RPage &P of &N")


def _table(sheet: Any, made: Styles, at: int, title: str, parties: Sequence[Party]) -> int:
    sheet.set_row(at, 30)
    for column, heading in enumerate((title, "Id", *COLUMNS)):
        put_text(sheet, at, column, heading, made.heading() if column < 2 else made.heading(align="right"))
    for party in parties:
        at += 1
        put_text(sheet, at, 0, party.name, made.get())
        put_text(sheet, at, 1, "" if party.id == party.name else party.id, made.get(font_color=styles.QUIET))
        _figures(sheet, made, at, [party], bold=False)
    at += 1
    put_text(sheet, at, 0, "All", made.get(bold=True, top=1))
    sheet.write_blank(at, 1, None, made.get(bold=True, top=1))
    _figures(sheet, made, at, parties, bold=True)
    return at + 1


def _figures(sheet: Any, made: Styles, at: int, parties: Sequence[Party], *, bold: bool) -> None:
    look: dict[str, object] = {"bold": True, "top": 1} if bold else {}
    sheet.write_number(at, 2, sum(party.invoices for party in parties), made.get(num_format=styles.COUNT, **look))
    money = made.get(num_format=styles.MONEY, **look)
    quiet = made.get(num_format=styles.MONEY, **{**look, "font_color": styles.QUIET})
    sums = (
        sum(party.read for party in parties),
        sum(party.posted for party in parties),
        sum(party.confirmed for party in parties),
        sum(party.ready for party in parties),
        sum(party.open for party in parties),
        sum(party.in_doubt for party in parties),
        sum(party.difference for party in parties),
    )
    for column, cents in enumerate(sums, start=3):
        sheet.write_number(at, column, cents / 100, money if cents else quiet)
