"""Columns that tell credits from charges in a way that is not known here: which amounts have a minus is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from importer.domain import problem_catalog
from importer.domain.cells import cell_text, column_letter
from importer.domain.invoice import Row
from importer.domain.problems import Problem
from importer.reading.cells.parse_cell import quoted
from importer.reading.columns.column_map import unused
from importer.reading.columns.headings import display_heading, normalised, quoted_columns
from importer.reading.tables.parsed_table import ParsedTable

MOST = 4  # different texts in such a column
SAMPLE = 60  # rows by which most columns are passed over
LONGEST = 6  # letters of one
_HEADINGS = frozenset(
    ("indicator", "ind", "sign", "side", "direction", "flow", "bij", "af", "inout", "plusminus", "dc")
)
_NO_SIDES = frozenset(
    ("tax", "taxable", "street", "road", "building", "unit", "north", "south", "credit", "hold", "rush", "priority")
)
_SIDES = (
    frozenset(("af", "bij")),
    frozenset(("soll", "haben")),
    frozenset(("debe", "haber")),
    frozenset(("dare", "avere")),
    frozenset(("debit", "credit")),
    frozenset(("in", "out")),
    frozenset(("wn", "ma")),
)
_USUAL = frozenset(("y", "n", "yes", "no", "true", "false", "0", "1", "x", "left", "right", "east", "west"))


def unclear_signs(layout: ParsedTable) -> Iterator[tuple[Row, Problem]]:
    """A problem for each row of a table in which an unused column may give the amounts their sign."""
    headings = layout.source.headings
    first = [row.cells for row in layout.rows[:SAMPLE]]
    for index in unused(headings, layout.mapped):
        if len({row[index] for row in first if index < len(row)}) > MOST + 1:
            continue
        cells = layout.cells.once(index)
        distinct = set(cells)
        if len(distinct) > MOST + 2:
            continue
        texts = {cell: cell_text(cell).strip() for cell in distinct}
        said = {text.casefold() for text in texts.values() if text}
        if not _are_sides(display_heading(headings[index]), said):
            continue
        for row, cell in zip(layout.rows, cells, strict=True):
            if texts[cell]:
                named = f"{quoted_columns([(index, headings[index])])} says {quoted(texts[cell])}"
                what = f"{named}: it is not known whether the amount has a minus by that."
                place = replace(row.place(), column=column_letter(index))
                yield row, Problem(problem_catalog.UNCLEAR_SIGN, what, place, value=texts[cell])


def _are_sides(heading: str, said: set[str]) -> bool:
    if not 2 <= len(said) <= MOST or said <= _USUAL or any(len(text) > LONGEST for text in said):
        return False
    if any(said <= sides for sides in _SIDES):
        return True
    words = {normalised(word) for word in re.findall(r"[^\W\d_]+", heading)}
    return bool(words & _HEADINGS) and not words & _NO_SIDES and not any(map(str.isdigit, "".join(said)))
