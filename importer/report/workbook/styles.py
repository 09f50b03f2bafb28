"""Colours and cell formats of the results workbook: quiet, and still told apart in a black-and-white print."""

from __future__ import annotations

from typing import Any

from importer.domain.outcome import Status
from importer.report.sentences import Account
from importer.workbook_format.layout import NO_INVOICE, SKIPPED

FONT = "Arial"
INK = "#1F2933"
QUIET = "#6B7785"
RULE = "#D5DAE0"
SLATE = "#34495E"
PAPER = "#F2F5F8"
LINK = "#1D4F82"
WRONG = "#FBD5CE"
LOOK = "#FDF0C4"
CORRECTED = "#DFF0E3"

CHIPS: dict[str, tuple[str, str]] = {
    Status.READY: ("#E3EDF7", "#1D4F82"),
    Status.POSTED: ("#DFF0E3", "#1E6234"),
    Status.ALREADY_POSTED: ("#EDF3EA", "#4B6350"),
    Status.NEEDS_FIXING: ("#FDEFD0", "#7F5200"),
    Status.REFUSED: ("#F9DEDA", "#94291D"),
    Status.IN_DOUBT: ("#EADFF2", "#5C2A7C"),
    Status.NOT_SENT: ("#E9ECEF", "#495057"),
    Status.CONFLICT: ("#F8E1D4", "#8C3F10"),
    NO_INVOICE: ("#FDEFD0", "#7F5200"),
    SKIPPED: ("#FFFFFF", QUIET),
}
"""Fill and ink of each status."""

BARS: dict[str, str] = {
    Status.READY: "#6F9CC8",
    Status.POSTED: "#5B9E72",
    Status.ALREADY_POSTED: "#A9C7B0",
    Status.NEEDS_FIXING: "#E3B04B",
    Status.REFUSED: "#C65D50",
    Status.IN_DOUBT: "#8E63AB",
    Status.NOT_SENT: "#9AA5B1",
    Status.CONFLICT: "#D08455",
}
"""The colour of each status in a chart."""

BANNERS = {Account.PRODUCTION: "#8E2A23", Account.OTHER: "#8E2A23", Account.SANDBOX: "#2B6777"}

AS_IS = "General_)"  # "_)" keeps a number off the text in the next column
FIGURE_TEXT = "General_);-General_);General_);@_)"  # the same for text that stands among figures
MONEY = "#,##0.00_)"
EXACT_MONEY = "#,##0.00##_)"  # shows parts of a cent where there are any
COUNT = "#,##0_)"
DAY = "yyyy-mm-dd"
MOMENT = "yyyy-mm-dd hh:mm:ss"
CLOCK = "hh:mm:ss"
LENGTH = "[h]:mm:ss"


ROW_RULE: dict[str, object] = {"bottom": 4, "bottom_color": RULE}
"""A faint line below a row, to lead the eye."""

_HEADING: dict[str, object] = {"bold": True, "valign": "vcenter", "text_wrap": True, "num_format": "@_)"}


class Styles:
    """Makes each cell format once."""

    def __init__(self, book: Any) -> None:  # xlsxwriter.Workbook
        self.book = book
        self._made: dict[tuple[tuple[str, object], ...], Any] = {}

    def get(self, **properties: object) -> Any:
        """The format with these XlsxWriter properties; vertical alignment is "top" unless told otherwise."""
        wanted = {
            "valign": "top",
            "font_color": INK,
            **({"align": "left"} if "indent" in properties else {}),
            **properties,
        }
        identity = tuple(sorted(wanted.items()))
        if identity not in self._made:
            self._made[identity] = self.book.add_format(wanted)
        return self._made[identity]

    def chip(self, status: str, **properties: object) -> Any:
        """The coloured cell that names a status."""
        fill, ink = CHIPS[status]
        return self.get(**{"bg_color": fill, "font_color": ink, "bold": status != SKIPPED, **properties})

    def heading(self, **properties: object) -> Any:
        """A column's heading, ours."""
        return self.get(**{**_HEADING, "bg_color": SLATE, "font_color": "#FFFFFF", **properties})

    def own_heading(self, **properties: object) -> Any:
        """A column's heading, the clerk's."""
        return self.get(**{**_HEADING, "bg_color": "#DDE3EA", **properties})
