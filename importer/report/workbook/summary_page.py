"""How the first sheet looks: a page that is written downwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from importer.domain.outcome import Status
from importer.report.workbook import styles
from importer.report.workbook.cell_styles import lines_needed, put_text
from importer.report.workbook.styles import Styles
from importer.workbook_format import layout

_LABEL, _COUNT, _MONEY, _MEANING = 1, 2, 3, 4
_WIDTHS = {0: 2, _LABEL: 48, _COUNT: 10, _MONEY: 16, _MEANING: 60}
_WHOLE = sum(_WIDTHS[column] for column in (_LABEL, _COUNT, _MONEY, _MEANING))
_FACT = _WHOLE - _WIDTHS[_LABEL]
_LINE = 13.5  # points
_PAGE = 1150  # points: more than this on one page would be too small to read with ease
_CHART_ROWS, _CHART_ROW = 4, 20  # rows, points


class SummaryPage:
    """The first sheet; `at` is the 0-based row that comes next."""

    def __init__(self, sheet: Any, made: Styles) -> None:
        self._sheet = sheet
        self._made = made
        self._height = 0.0
        self._printed: int | None = None  # the last row of what is printed, where that is not all
        self.at = 0
        sheet.hide_gridlines(2)
        for column, width in _WIDTHS.items():
            sheet.set_column(column, column, width)

    def banner(self, text: str, colour: str) -> None:
        """The destination, in a band that nobody overlooks."""
        self._gap(6)
        self._across(text, 32, bold=True, font_size=14, font_color="#FFFFFF", bg_color=colour, indent=1)

    def title(self, text: str) -> None:
        """What happened."""
        self._gap(8)
        self._across(text, 21 * lines_needed(text, _WHOLE / 1.5), bold=True, font_size=15)

    def steps(self, title: str, steps: Sequence[str]) -> None:
        """What to do next, numbered where there is more than one thing."""
        self._gap(6)
        box: dict[str, object] = {"bg_color": styles.PAPER, "indent": 1}
        self._across(title, 20, bold=True, font_color=styles.SLATE, **box)
        for number, step in enumerate(steps, start=1):
            text = step if len(steps) == 1 else f"{number}.  {step}"
            self._across(text, 15.5 * lines_needed(text, _WHOLE / 1.1 - 3), font_size=11, **box)
        self._across("", 5, **box)

    def section(self, title: str, count: str, money: str) -> None:
        """The heading of a block."""
        self._gap(10)
        self._room(19)
        rule: dict[str, object] = {"bold": True, "bottom": 1, "bottom_color": styles.SLATE, "valign": "vcenter"}
        look = {**rule, "font_color": styles.SLATE}
        put_text(self._sheet, self.at, _LABEL, title, self._made.get(**{**look, "font_size": 11}))
        put_text(self._sheet, self.at, _COUNT, count, self._made.get(**look, align="right"))
        put_text(self._sheet, self.at, _MONEY, money, self._made.get(**look, align="right", num_format="@_)"))
        self._sheet.write_blank(self.at, _MEANING, None, self._made.get(**look))
        self.at += 1

    def figures(
        self,
        label: str,
        count: int | None,
        cents: int | None,
        meaning: str = "",
        *,
        bold: bool = False,
        status: Status | None = None,
        leave_count: bool = False,
    ) -> None:
        """A label, how many, how much (in cents), and a remark; None leaves the cell blank."""
        sheet, made = self._sheet, self._made
        rule: dict[str, object] = {"bottom": 4, "bottom_color": styles.RULE, "valign": "vcenter"}
        lines = max(lines_needed(label, _WIDTHS[_LABEL] - 2), lines_needed(meaning, _WIDTHS[_MEANING] - 2))
        self._room(_LINE * lines + 4)
        words = {**rule, "text_wrap": True, "indent": 1}
        put_text(sheet, self.at, _LABEL, label, made.chip(status, **words) if status else made.get(**words, bold=bold))
        for column, value, shape in (
            (_COUNT, count, styles.COUNT),
            (_MONEY, None if cents is None else cents / 100, styles.MONEY),
        ):
            look = made.get(**rule, bold=bold, num_format=shape)
            if column == _COUNT and leave_count:
                continue
            if value is None:
                sheet.write_blank(self.at, column, None, look)
            else:
                sheet.write_number(self.at, column, value, look)
        put_text(sheet, self.at, _MEANING, meaning, made.get(**{**words, "font_color": styles.QUIET}))
        self.at += 1

    def total(self, label: str, cell: str, cents: int, remark: str, link: str | None = None) -> None:
        """A total with the cell that states it, and perhaps a link of ours to it."""
        rule: dict[str, object] = {"bottom": 4, "bottom_color": styles.RULE, "valign": "vcenter", "align": "right"}
        if link is None:
            put_text(self._sheet, self.at, _COUNT, cell, self._made.get(**rule))
        else:
            style = self._made.get(**rule, font_color=styles.LINK, underline=1)
            self._sheet.write_url(self.at, _COUNT, link, style, cell)
        self.figures(label, None, cents, remark, leave_count=True)

    def note(self, text: str) -> None:
        """A remark below a block."""
        self._across(text, _LINE * lines_needed(text, _WHOLE) + 3, font_color=styles.QUIET, italic=True, indent=1)

    def sentence(self, text: str) -> None:
        """A line of text over the whole width."""
        self._across(text, _LINE * lines_needed(text, _WHOLE - 2) + 4, indent=1)

    def fact(self, name: str, fact: str, link: str | None = None) -> None:
        """A name, perhaps with a link of ours, and what it is."""
        sheet, made = self._sheet, self._made
        self._room(_LINE * max(lines_needed(fact, _FACT), lines_needed(name, _WIDTHS[_LABEL] - 2)) + 3)
        look: dict[str, object] = {"text_wrap": True, "indent": 1, "valign": "vcenter"}
        if link is None:
            put_text(sheet, self.at, _LABEL, name, made.get(**look, font_color=styles.QUIET))
        else:
            sheet.write_url(self.at, _LABEL, link, made.get(**look, font_color=styles.LINK, underline=1), name)
        style = made.get(text_wrap=True, align="left", valign="vcenter")
        sheet.merge_range(self.at, _COUNT, self.at, _MEANING, "", style)
        put_text(sheet, self.at, _COUNT, fact, style)
        self.at += 1

    def room_for_chart(self) -> int:
        """Leave room, and say where it begins."""
        self._gap(8)
        begins = self.at
        for _ in range(_CHART_ROWS):
            self._gap(_CHART_ROW)
        return begins

    def chart(self, at: int, first: int, parts: Sequence[tuple[Status, int]]) -> None:
        """One bar over the whole width: the share of each status; its figures stand from row `first` on.

        Shares of money; of invoices where some amounts are negative, which have no share.
        """
        column = _MONEY if all(cents >= 0 for _, cents in parts) and any(cents for _, cents in parts) else _COUNT
        bar = self._made.book.add_chart({"type": "bar", "subtype": "percent_stacked"})
        for row, (status, _) in enumerate(parts, start=first):
            bar.add_series(
                {
                    "name": [layout.SUMMARY, row, _LABEL],
                    "values": [layout.SUMMARY, row, column, row, column],
                    "fill": {"color": styles.BARS[status]},
                    "border": {"color": "#FFFFFF", "width": 1},
                    "gap": 30,
                }
            )
        letters = {"name": styles.FONT, "size": 9, "color": styles.INK}
        bar.set_x_axis({"visible": False, "major_gridlines": {"visible": False}})
        bar.set_y_axis({"visible": False, "major_gridlines": {"visible": False}})
        bar.set_legend({"position": "bottom", "font": letters})
        money = column == _MONEY
        bar.set_title(
            {
                "name": "By money" if money else "By number of invoices",
                "overlay": True,
                "name_font": {**letters, "bold": False},
                "layout": {"x": 0.005, "y": 0.02},
            }
        )
        bar.set_chartarea({"border": {"none": True}, "fill": {"none": True}})
        bar.set_plotarea({"fill": {"none": True}, "layout": {"x": 0.005, "y": 0.2, "width": 0.99, "height": 0.48}})
        bar.set_size({"width": _WHOLE * 7 + 20, "height": int(_CHART_ROWS * _CHART_ROW * 4 / 3)})
        self._sheet.insert_chart(at, _LABEL, bar, {"object_position": 1, "description": "The share of each status"})

    def end_of_print(self) -> None:
        """What follows leads on the screen, and is not printed."""
        self._printed = self.at - 1

    def finish(self) -> None:
        """How it prints: on one Letter page where that stays readable, otherwise one page wide."""
        sheet = self._sheet
        sheet.set_paper(1)
        sheet.center_horizontally()
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.fit_to_pages(1, 1 if self._height <= _PAGE else 0)
        sheet.print_area(0, 0, self.at if self._printed is None else self._printed, _MEANING)
        sheet.set_footer("&L&A&RPage &P of &N")

    def _gap(self, height: float) -> None:
        self._room(height)
        self.at += 1

    def _room(self, height: float) -> None:
        self._sheet.set_row(self.at, height)
        self._height += height if self._printed is None else 0

    def _across(self, text: str, height: float, **properties: object) -> None:
        self._room(height)
        style = self._made.get(**{"text_wrap": True, "valign": "vcenter", **properties})
        self._sheet.merge_range(self.at, _LABEL, self.at, _MEANING, "", style)
        if text:
            put_text(self._sheet, self.at, _LABEL, text, style)
        self.at += 1
