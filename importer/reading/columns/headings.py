"""Headings for comparing, and the sentence-ready way of naming them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from importer.domain.cells import Cell, cell_text, column_letter
from importer.domain.fields import COLUMNS


@lru_cache(maxsize=4096)
def normalised(heading: str) -> str:
    """A heading without case, accents, spaces and punctuation: "*Invoice_Number " is "invoice number"."""
    plain = unicodedata.normalize("NFKD", heading.replace("%", " percent ").removeprefix("ï»¿")).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def display_heading(cell: Cell) -> str:
    """The heading as a clerk would read it aloud: one line, without outer spaces."""
    return " ".join(cell_text(cell).removeprefix("ï»¿").split())


def quoted_columns(headings: Iterable[tuple[int, Cell]]) -> str:
    """'PO' (C), 'Status' (H)."""
    return ", ".join(f"'{display_heading(cell)}' ({column_letter(index)})" for index, cell in headings)


PLAIN_SPELLINGS: dict[str, str] = {
    normalised(spelling): column.name
    for column in COLUMNS
    for spelling in (*column.spellings, column.heading, column.name)
}
"""Normalised heading → field, for the plain layout."""
