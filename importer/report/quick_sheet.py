"""A worksheet that takes whole rows at once.

XlsxWriter's own way, a call per cell, takes 20 seconds for 100,000 rows of 20 columns on the machine where this was
measured; writing the row's XML in one go takes a quarter of that. Everything else about the sheet (headings, widths,
comments, links, filters) goes XlsxWriter's way. Imported only when a workbook is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from xlsxwriter.worksheet import Worksheet

from importer.models import column_letter
from importer.results_layout import EXCEL_COLUMNS, tidy_text

Value = str | int | float | bool | date | datetime | time | timedelta | None

_EPOCH = date(1899, 12, 30)
_DAY = timedelta(days=1)
_ESCAPE_LIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # Excel would read "_x0041_" as "A"


class QuickSheet(Worksheet):  # type: ignore[misc]  # XlsxWriter carries no types
    """Rows given to `put_row` must come after every cell written otherwise, in ascending order (constant_memory)."""

    previous_row: int  # XlsxWriter's own: the row that it writes out next

    def __init__(self) -> None:
        super().__init__()
        self._styles: dict[int, str] = {}
        self._letters: list[str] = []
        self._put = -1

    def put_row(self, at: int, cells: Iterable[tuple[int, Value, Any]], height: float | None = None) -> None:
        """Write one row of (column, value, format): 0-based, columns ascending, `height` in points.

        Text stays text, whatever it begins with; None is a blank that shows its format. Numbers are finite, dates not
        before results_layout.FIRST_DATE. Columns beyond what a sheet can hold are left out.
        """
        if at > self.previous_row:
            self._write_single_row(at)
        row = str(at + 1)
        parts = [f'<row r="{row}">' if height is None else f'<row r="{row}" ht="{height:g}" customHeight="1">']
        last = 0
        for column, value, style in cells:
            if column >= EXCEL_COLUMNS:
                break
            last = column
            where = f'<c r="{self._letter(column)}{row}"{self._style(style)}'
            if value.__class__ is str:
                parts.append(f'{where} t="inlineStr"><is>{_text(str(value))}</is></c>')
            elif value is None:
                parts.append(f"{where}/>")
            elif isinstance(value, bool):
                parts.append(f'{where} t="b"><v>{value:d}</v></c>')
            else:
                parts.append(f"{where}><v>{_number(value)}</v></c>")
        parts.append("</row>")
        self._check_dimensions(at, last)
        self.fh.write("".join(parts))
        self.table.clear()
        self._put = at

    def discard(self) -> None:
        """Let go of the rows: the workbook will not be finished."""
        self._opt_close()

    def _write_single_row(self, current_row_num: int = 0) -> None:
        if self.previous_row == self._put:  # it stands there already
            self.previous_row = current_row_num
            self.table.clear()
        else:
            super()._write_single_row(current_row_num)

    def _letter(self, column: int) -> str:
        while len(self._letters) <= column:
            self._letters.append(column_letter(len(self._letters)))
        return self._letters[column]

    def _style(self, style: Any) -> str:
        if style is None:
            return ""
        known = self._styles.get(id(style))
        if known is None:
            known = f' s="{style._get_xf_index()}"'  # noqa: SLF001  # the number that XlsxWriter gave it; asked once a format
            self._styles[id(style)] = known
        return known


def _text(text: str) -> str:
    text = tidy_text(text)
    if "_x" in text:
        text = _ESCAPE_LIKE.sub("_x005F_", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    space = ' xml:space="preserve"' if text and (text[0].isspace() or text[-1].isspace() or "\n" in text) else ""
    return f"<t{space}>{text}</t>"


def _number(value: float | date | time | timedelta | str | None) -> str:
    match value:
        case datetime():
            serial = (value - datetime(1899, 12, 30, tzinfo=value.tzinfo)) / _DAY
            return f"{serial:.16G}"
        case date():
            return str((value - _EPOCH).days)
        case time():
            length = timedelta(
                hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond
            )
            return f"{length / _DAY:.16G}"
        case timedelta():
            return f"{value / _DAY:.16G}"
        case _:
            return f"{value:.16G}"
