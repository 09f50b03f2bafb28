"""Puts cells into a worksheet so that nothing which the input says becomes a formula, a link or a lost digit."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from importer.columns import BY_NAME, Kind
from importer.models import Cell, Source
from importer.report import styles
from importer.report.styles import Styles
from importer.results_layout import tidy_text, written_cell


def put_text(sheet: Any, row: int, column: int, text: str, style: Any = None) -> None:
    """Text stays text, whatever it begins with."""
    text = tidy_text(text)
    if text.startswith("<r>") and text.endswith("</r>"):  # XlsxWriter takes such a string for markup of its own
        text += " "
    sheet.write_string(row, column, text, style)


class CellWriter:
    """Writes the clerk's own cells in one colouring: plain, wrong, worth a look, or left out."""

    def __init__(self, made: Styles, **properties: object) -> None:
        self._made = made
        self._properties = properties
        self._general = made.get(**properties)
        self._money = made.get(num_format=styles.EXACT_MONEY, **properties)
        self._day = made.get(num_format=styles.DAY, align="left", **properties)
        self._moment = made.get(num_format=styles.MOMENT, align="left", **properties)
        self._clock = made.get(num_format=styles.CLOCK, align="left", **properties)
        self._length = made.get(num_format=styles.LENGTH, **properties)
        self._coloured = bool(properties)

    def put(self, sheet: Any, row: int, column: int, cell: Cell, *, is_money: bool) -> None:
        """Write one cell as it was; a blank one only where its colour says something."""
        if cell.__class__ is str and cell:
            put_text(sheet, row, column, str(cell), self._general)
            return
        match written_cell(cell):
            case None:
                if self._coloured:
                    sheet.write_blank(row, column, None, self._general)
            case str() as text:
                put_text(sheet, row, column, text, self._general)
            case bool() as truth:
                sheet.write_boolean(row, column, truth, self._general)
            case int() | float() as number:
                sheet.write_number(row, column, number, self._money if is_money else self._general)
            case datetime() as moment:
                whole_day = moment.time() == time()
                sheet.write_datetime(row, column, moment, self._day if whole_day else self._moment)
            case date() as day:
                sheet.write_datetime(row, column, day, self._day)
            case time() as clock:
                sheet.write_datetime(row, column, clock, self._clock)
            case timedelta() as length:
                sheet.write_datetime(row, column, length, self._length)


def money_columns(source: Source) -> frozenset[int]:
    """The columns of a table that hold dollars, by index."""
    return frozenset(
        index for name, index in source.columns.items() if name in BY_NAME and BY_NAME[name].kind is Kind.DOLLARS
    )
