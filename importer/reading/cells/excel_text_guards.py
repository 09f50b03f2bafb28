"""What exporting programs wrap a cell in so that Excel keeps its zeros: ="00123" is the text 00123, and '00123 too.

Excel shows neither, and in a csv they are no more part of what the cell says than its quotation marks are.
"""

from __future__ import annotations

import re

from importer.domain.cells import Cell
from importer.domain.packed import PackedRows, trimmed

_FORMULA = re.compile(r'="((?:[^"]|"")*)"')
_TWICE = re.compile(r'=""([^"]*)""')  # by a program that writes quotation marks twice also where it quotes nothing
_NUMBER = re.compile(r"'(?:[-+(]?[$€£]?\d[\d.,/: -]*\)?|[A-Z]{1,8}[-/#]?\d[\w./-]*)")  # also INV-12
_DUTCH = re.compile(r"'[a-z][- ]")  # 's-Gravenhage
_BEFORE = frozenset((b"", b",", b";", b"\t", b"|", b"^", b"~", b'"', b"\n", b"\r"))  # what the first of a cell follows


def is_suspect(piece: bytes) -> bool:
    """True where a piece of a text file may have such cells in it, as hardly one has: a look that costs next to
    nothing."""
    if b"\0" in piece:
        piece = piece.replace(b"\0", b"")  # of UTF-16
    if b"=" in piece and b'="' in piece:
        return True
    return b"'" in piece and not _BEFORE.isdisjoint([part[-1:] for part in piece.split(b"'")[:-1]])


def unwrapped(text: str) -> str:
    """What a cell says; one without ="…" as it is."""
    if '="' not in text:
        return text
    found = _TWICE.fullmatch(text.strip()) or _FORMULA.fullmatch(text.strip())
    return text if found is None else found[1].replace('""', '"')


def unwrap(rows: PackedRows) -> None:
    """Takes the wrapping off every cell of a table, in place. An apostrophe goes where a number follows, or where
    every cell of the column begins with one."""
    columns = _led_by_apostrophes(rows)
    changed = {
        at: trimmed(tuple([_said(cell, is_led=column in columns) for column, cell in enumerate(row)]))
        for at, row in enumerate(rows)
        if any(isinstance(cell, str) and ('="' in cell or "'" in cell) for cell in row)
    }
    rows.change(changed)


def _said(cell: Cell, *, is_led: bool) -> Cell:
    if not isinstance(cell, str):
        return cell
    if "'" in cell and (_NUMBER.fullmatch(cell.strip()) or (is_led and cell.lstrip().startswith("'"))):
        return cell.replace("'", "", 1)
    return unwrapped(cell) or None


def _led_by_apostrophes(rows: PackedRows) -> set[int]:
    """The columns in which all cells from some row on, at least two, begin with an apostrophe, and have a digit."""
    led: dict[int, int] = {}
    others: set[int] = set()
    for row in rows:
        for column, cell in enumerate(row):
            if not isinstance(cell, str) or not (text := cell.strip()):
                continue
            if text[0] == "'" and not _DUTCH.match(text) and any(map(str.isdigit, text)):
                led[column] = led.get(column, 0) + 1
            elif column in led:
                others.add(column)
    return {column for column, count in led.items() if count > 1} - others
