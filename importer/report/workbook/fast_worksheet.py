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

from importer.domain.cells import column_letter
from importer.workbook_format.layout import EXCEL_COLUMNS, tidy_text

SheetValue = str | int | float | bool | date | datetime | time | timedelta | None

_EPOCH = date(1899, 12, 30)
_DAY = timedelta(days=1)
_SHORT, _MOST_TEXTS = 60, 4_096
_PLAIN = re.compile(r"[^ &<>_][^&<>_]*(?<! )")  # nothing in it has to be written in another way
_LONG = 10_000
_ESCAPE_LIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # Excel would read "_x0041_" as "A"


class QuickSheet(Worksheet):  # type: ignore[misc]  # XlsxWriter carries no types
    """Rows given to `put_row` must come after every cell written otherwise, in ascending order (constant_memory)."""

    previous_row: int  # XlsxWriter's own: the row that it writes out next

    def __init__(self) -> None:
        super().__init__()
        self._styles: dict[int, str] = {}
        self._openings: list[str] = []  # of a cell, by column, up to its row number
        self._texts: dict[SheetValue, str] = {}  # short ones as they are written: a column says few things, many times
        self._put = -1
        self._links = bytearray()  # as they are written: an object for each takes ten times the room

    def put_row(
        self, at: int, cells: Iterable[tuple[int, SheetValue, Any]], height: float | None = None, empty: Any = None
    ) -> None:
        """Write one row of (column, value, format): 0-based, columns ascending, `height` in points.

        `empty`: the format of the row's cells that are not given.

        Text stays text, whatever it begins with; None is a blank that shows its format. Numbers are finite, dates not
        before results_layout.FIRST_DATE. Columns beyond what a sheet can hold are left out.
        """
        if at > self.previous_row:
            self._write_single_row(at)
        row = str(at + 1)
        openings, styles, texts = self._openings, self._styles, self._texts
        parts = [f'<row r="{row}"']
        if empty is not None:
            parts.append((styles.get(id(empty)) or self._style(empty))[1:] + ' customFormat="1"')
        parts.append(">" if height is None else f' ht="{height:g}" customHeight="1">')
        last = 0
        for column, value, style in cells:
            if column >= EXCEL_COLUMNS:
                break
            last = column
            if column >= len(openings):
                self._extend(column)
            shown = styles.get(id(style)) or self._style(style)
            if value.__class__ is str:
                text = texts.get(value) or self._text(str(value))
                parts.append(f'{openings[column]}{row}{shown} t="inlineStr"><is>{text}</is></c>')
                continue
            where = openings[column] + row + shown
            if isinstance(value, str):
                parts.append(f'{where} t="inlineStr"><is>{_escaped(value)}</is></c>')
            elif value is None:
                parts.append(where + "/>")
            elif isinstance(value, bool):
                parts.append(f'{where} t="b"><v>{value:d}</v></c>')
            else:
                parts.append(f"{where}><v>{_number(value)}</v></c>")
        parts.append("</row>")
        self._check_dimensions(at, last)
        self.fh.write("".join(parts))
        self.table.clear()
        self._put = at

    def link(self, at: int, column: int, place: str) -> None:
        """Makes the cell, which is put by itself, a link to this place of the workbook: "'Rows'!A7"."""
        cell = f"{column_letter(column)}{at + 1}"
        self._links += f'<hyperlink ref="{cell}" location="{place}"/>'.encode()

    def discard(self) -> None:
        """Let go of the rows: the workbook will not be finished."""
        self._opt_close()

    def _write_single_row(self, current_row_num: int = 0) -> None:
        if self.previous_row == self._put:  # it stands there already
            self.previous_row = current_row_num
            self.table.clear()
        else:
            super()._write_single_row(current_row_num)

    def _write_hyperlinks(self) -> None:
        if self._links:
            self.fh.write(f"<hyperlinks>{self._links.decode()}</hyperlinks>")
        else:
            super()._write_hyperlinks()

    def _extend(self, column: int) -> None:
        while len(self._openings) <= column:
            self._openings.append(f'<c r="{column_letter(len(self._openings))}')

    def _text(self, text: str) -> str:
        written = _escaped(text)
        if len(text) <= _SHORT:
            if len(self._texts) >= _MOST_TEXTS:
                self._texts.clear()
            self._texts[text] = written
        return written

    def _style(self, style: Any) -> str:
        """What ends the cell's reference and names its format."""
        number = None if style is None else style._get_xf_index()  # noqa: SLF001  # XlsxWriter's number for the format
        self._styles[id(style)] = '"' if number is None else f'" s="{number}"'
        return self._styles[id(style)]


def _escaped(text: str) -> str:
    if text.isascii() and text.isprintable() and _PLAIN.fullmatch(text) and len(text) < _LONG:
        return f"<t>{text}</t>"
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
