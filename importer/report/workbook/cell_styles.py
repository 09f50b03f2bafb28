"""Cells as they were: each value with the format that shows it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from importer.domain.cells import Cell
from importer.domain.fields import BY_NAME, ValueKind
from importer.domain.invoice import Source
from importer.report.workbook import styles
from importer.report.workbook.styles import Styles
from importer.workbook_format.layout import tidy_text, written_cell


def put_text(sheet: Any, row: int, column: int, text: str, style: Any = None) -> None:
    """Write text of ours or the clerk's into a sheet that is written cell by cell; it stays text."""
    text = tidy_text(text)
    if text.startswith("<r>") and text.endswith("</r>"):  # XlsxWriter takes such a string for markup of its own
        text += " "
    if text:
        sheet.write_string(row, column, text, style)
    else:
        sheet.write_blank(row, column, None, style)


class CellStyles:
    """The formats for the clerk's cells in one colouring: plain, wrong, worth a look, or left out."""

    def __init__(self, made: Styles, **properties: object) -> None:
        self._text = made.get(indent=1, **properties)
        self._right = made.get(align="right", num_format=styles.FIGURE_TEXT, **properties)
        self._number = made.get(num_format=styles.AS_IS, **properties)
        self._money = made.get(num_format=styles.EXACT_MONEY, **properties)
        self._day = made.get(num_format=styles.DAY, indent=1, **properties)
        self._moment = made.get(num_format=styles.MOMENT, indent=1, **properties)
        self._clock = made.get(num_format=styles.CLOCK, indent=1, **properties)
        self._length = made.get(num_format=styles.LENGTH, **properties)
        self._of_texts: list[Any] = []

    def of_texts(self, figures: Collection[int], width: int) -> Sequence[Any]:
        """The format of a text in each of a sheet's columns, always the same ones."""
        if len(self._of_texts) != width:
            self._of_texts = [self._right if index in figures else self._text for index in range(width)]
        return self._of_texts

    def of(
        self, cell: Cell, *, is_money: bool, is_figure: bool = False
    ) -> tuple[str | int | float | bool | date | datetime | time | timedelta | None, Any]:
        """The cell as it is written, and its format. `is_figure`: text stands at the right, like numbers."""
        if cell.__class__ is str and cell:
            return str(cell), self._right if is_figure else self._text
        written = written_cell(cell)
        match written:
            case None | str() | bool():
                return written, self._text
            case int() | float():
                return written, self._money if is_money else self._number
            case datetime():
                return written, self._day if written.time() == time() else self._moment
            case date():
                return written, self._day
            case time():
                return written, self._clock
            case _:
                return written, self._length


def columns_of(source: Source, *kinds: ValueKind) -> frozenset[int]:
    """The columns of a table that hold values of these kinds, by index."""
    return frozenset(index for name, index in source.columns.items() if name in BY_NAME and BY_NAME[name].kind in kinds)


_DIGIT = 556  # thousandths of an em: what the width of a column counts in
_ROOM = 0.97  # programs measure a little differently
_SPACE, _OTHER = 278, 1000
_WIDTHS = {
    letter: width
    for letters, width in (
        ("ijl'‘’", 222), ("|", 260), (" !,./:;I[\\]ft", 278), ("()-`r{}“”", 333), ("\"", 355), ("*", 389), ("^", 469),
        ("Jckszvxy", 500), ("#$?0123456789L_abdeghnopqu–éáàèäöüñ", 556), ("+<=>~×", 584), ("FTZ", 611),
        ("&ABEKPSVXY", 667), ("CDHNRUw", 722), ("GOQ", 778), ("mM", 833), ("%", 889), ("W", 944), ("@", 1015),
    )
    for letter in letters
}  # fmt: skip
"""How wide each letter of Arial is, in thousandths of an em."""


@lru_cache(maxsize=16_384)
def _width(word: str) -> int:
    return sum(_WIDTHS.get(letter, _OTHER) for letter in word)


_ALIKE = str.maketrans("123456789", "000000000")  # all digits are equally wide: messages differ in them alone


def lines_needed(text: str, width: float) -> int:
    """How many lines the text takes, folded between words, in a column that holds `width` digits of Arial 10."""
    return _lines_needed(text.translate(_ALIKE), width)


@lru_cache(maxsize=4_096)
def _lines_needed(text: str, width: float) -> int:
    room = width * _DIGIT * _ROOM
    lines = 0
    for line in text.split("\n"):
        lines += 1
        if len(line) * _OTHER <= room:
            continue
        used = -_SPACE
        for word in line.split(" "):
            needed = _width(word)
            if used > 0 and used + _SPACE + needed > room:
                lines, used = lines + 1, -_SPACE
            used += _SPACE + needed
            while used > room:  # a word that is wider than the column
                lines, used = lines + 1, int(used - room)
    return lines


def row_height(*texts: tuple[str, float]) -> float | None:
    """Points for a row of wrapped texts with their columns' widths; None where one line is enough."""
    lines = max(lines_needed(text, width) for text, width in texts)
    return None if lines == 1 else min(13.0 * lines + 3, 400)
