"""Marks and words that repeat the invoice number above: no number of their own, and whose row it is a person says."""

from __future__ import annotations

from collections.abc import Sequence

from importer.domain.cells import Cell, cell_text
from importer.reading.cells.parse_cell import quoted
from importer.reading.rows.classify import RowQuestion

_WORDS = (
    *("same", "same as above", "as above", "see above", "ditto", "dito", "do", "do.", "dto", "dto.", "idem"),
    *("ibid", "ibid.", "wie oben", "s.o.", "s. o.", "idem."),
)
_MARKS = ('"', "''", "“", "”", "„", "″", "〃", ",", ",,", '-"-', '- " -', '--"--', '" "')
_SPELLED = (*(each for word in _WORDS for each in (word, word.upper(), word.capitalize(), word.title())), *_MARKS)
DITTOS: frozenset[Cell] = frozenset(
    before + each + after for each in _SPELLED for before in ("", " ") for after in ("", " ")
)
TYPE_IT = "Write the invoice number itself into every row."


def dittos(numbers: Sequence[Cell]) -> dict[int, RowQuestion]:
    """The rows whose cell in the column of invoice numbers is a ditto, by their place."""
    if DITTOS.isdisjoint(numbers):
        return {}
    return {
        place: RowQuestion(f"{quoted(cell_text(cell))} is a ditto mark, and no invoice number.", TYPE_IT, holds=True)
        for place, cell in enumerate(numbers)
        if cell in DITTOS
    }
