"""The sheet "Tie-out": the same sums by vendor and by property."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from importer.domain.money import dollars
from importer.domain.outcome import Run
from importer.report.sentences import several
from importer.report.workbook import styles
from importer.report.workbook.cell_styles import put_text, row_height
from importer.report.workbook.corrections_sheet import by_hand_said
from importer.report.workbook.rows_sheet import print_landscape
from importer.report.workbook.styles import Styles
from importer.report.workbook.tie_out import Party, TieOut

_WHY = 66  # characters

MONEY_COLUMNS: tuple[tuple[str, Callable[[Party], int], bool], ...] = (
    ("Read", lambda party: party.read, True),
    ("Posted", lambda party: party.posted, True),
    ("Confirmed in ResMan", lambda party: party.confirmed, True),
    ("Ready", lambda party: party.ready, False),
    ("Did not go", lambda party: party.stopped, False),
    ("In doubt", lambda party: party.in_doubt, False),
    ("Posted otherwise than read", lambda party: party.otherwise, False),
    ("Difference", lambda party: party.difference, True),
)
"""Heading, cents, and whether the column stands there when it is all zeros.

What was posted is told as it was sent. The difference is what was read, and what was posted otherwise than it is read,
less what was posted, is ready, did not go or is in doubt.
"""


def write_tie_out(sheet: Any, made: Styles, run: Run, sums: TieOut) -> None:
    """Two tables, one below the other, each with its total; before them, what hands have made of the vendor's file."""
    columns = [
        (heading, cents)
        for heading, cents, always in MONEY_COLUMNS
        if always or any(map(cents, (*sums.vendors, *sums.properties)))
    ]
    sheet.set_default_row(16)
    sheet.set_column(0, 0, 32)
    ids_are_names = all(party.id in ("", party.name) for party in (*sums.vendors, *sums.properties))
    sheet.set_column(1, 1, 26, None, {"hidden": ids_are_names})
    sheet.set_column(2, 2, 10)
    sheet.set_column(3, 2 + len(columns), 15)
    sheet.set_column(3 + len(columns), 3 + len(columns), _WHY)
    table = _Table(sheet, made, columns)
    if sums.by_hand:
        table.write_by_hand(list(by_hand_said(run, sums)), sums.read.label)
    table.write("Vendor", sums.vendors)
    table.write("Property", sums.properties)
    sheet.hide_gridlines(2)
    print_landscape(sheet, repeated=0)  # two tables: the headings of the first do not fit the second


class _Table:
    def __init__(self, sheet: Any, made: Styles, columns: Sequence[tuple[str, Callable[[Party], int]]]) -> None:
        self._sheet = sheet
        self._made = made
        self._columns = columns
        self._at = 0

    def write(self, title: str, parties: Sequence[Party]) -> None:
        sheet, made = self._sheet, self._made
        sheet.set_row(self._at, 30)
        for column, heading in enumerate((title, "Id", "Invoices", *(heading for heading, _ in self._columns))):
            put_text(sheet, self._at, column, heading, made.heading(align="left" if column < 2 else "right"))
        put_text(
            sheet,
            self._at,
            3 + len(self._columns),
            "Why it did not go, or went otherwise",
            made.heading(align="left", indent=1),
        )
        self._at += 1
        for party in parties:
            why = "\n".join(
                f"{one.label}: {several(one.count, 'invoice')}, {dollars(one.cents)}"
                for one in (*party.reasons, *party.remarks)
            )
            height = row_height((why, _WHY - 3), (party.name, 32))
            if height:
                sheet.set_row(self._at, height)
            put_text(sheet, self._at, 0, party.name, made.get(bottom=4, bottom_color=styles.RULE, text_wrap=True))
            put_text(
                sheet, self._at, 1, party.id, made.get(bottom=4, bottom_color=styles.RULE, font_color=styles.QUIET)
            )
            self._figures([party], bottom=4, bottom_color=styles.RULE)
            look = made.get(bottom=4, bottom_color=styles.RULE, text_wrap=True, font_color=styles.QUIET, indent=1)
            put_text(sheet, self._at, 3 + len(self._columns), why, look)
            self._at += 1
        total: dict[str, object] = {"bold": True, "top": 1, "top_color": styles.SLATE}
        put_text(sheet, self._at, 0, "All", made.get(**total))
        sheet.write_blank(self._at, 1, None, made.get(**total))
        self._figures(parties, **total)
        sheet.write_blank(self._at, 3 + len(self._columns), None, made.get(**total))
        self._at += 3

    def write_by_hand(self, lines: Sequence[tuple[str, int | None, int, str]], last: str) -> None:
        """From the vendor's file to what was read; the last line is the sum of those above."""
        sheet, made = self._sheet, self._made
        sheet.set_row(self._at, 30)
        for column, heading in enumerate(("From the vendor's file", "", "Invoices", "Amount")):
            put_text(sheet, self._at, column, heading, made.heading(align="left" if column < 2 else "right"))
        for column in range(4, 3 + len(self._columns)):
            sheet.write_blank(self._at, column, None, made.heading())
        put_text(sheet, self._at, 3 + len(self._columns), "What it was", made.heading(align="left", indent=1))
        for label, count, cents, remark in lines:
            self._at += 1
            is_sum = label == last
            rule = {"top": 1, "top_color": styles.SLATE} if is_sum else {"bottom": 4, "bottom_color": styles.RULE}
            look: dict[str, object] = {"bold": is_sum, **rule}
            height = row_height((remark, _WHY - 3), (label, 30))
            if height:
                sheet.set_row(self._at, height)
            put_text(sheet, self._at, 0, label, made.get(**look, text_wrap=True))
            sheet.write_blank(self._at, 1, None, made.get(**look))
            if count is None:
                sheet.write_blank(self._at, 2, None, made.get(**look))
            else:
                sheet.write_number(self._at, 2, count, made.get(**look, num_format=styles.COUNT))
            sheet.write_number(self._at, 3, cents / 100, made.get(**look, num_format=styles.MONEY))
            for column in range(4, 3 + len(self._columns)):
                sheet.write_blank(self._at, column, None, made.get(**look))
            put_text(
                sheet,
                self._at,
                3 + len(self._columns),
                remark,
                made.get(**look, text_wrap=True, font_color=styles.QUIET, indent=1),
            )
        self._at += 3

    def _figures(self, parties: Sequence[Party], **look: object) -> None:
        count = sum(party.invoices for party in parties)
        self._sheet.write_number(self._at, 2, count, self._made.get(num_format=styles.COUNT, **look))
        for column, (_, cents) in enumerate(self._columns, start=3):
            money = sum(map(cents, parties))
            ink = styles.INK if money else styles.QUIET
            self._sheet.write_number(
                self._at, column, money / 100, self._made.get(**{**look, "num_format": styles.MONEY, "font_color": ink})
            )
