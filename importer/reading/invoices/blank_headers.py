"""Blank cells below others that are filled: whose invoice it is may be said once for all rows of a group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from importer.domain import problem_catalog
from importer.domain.cells import cell_text
from importer.domain.fields import BY_NAME
from importer.domain.invoice import Row
from importer.domain.problems import Problem
from importer.reading.cells.parse_cell import CellValue, Unreadable, quoted

WHOSE = ("vendor_id", "property_id")


def below_others(
    rows: Sequence[Row],
    values: Mapping[str, Sequence[CellValue | Unreadable]],
    defaults: Mapping[str, Sequence[CellValue]],
    heads: Mapping[str, Sequence[CellValue]],
    firsts: Sequence[int],
) -> Iterator[tuple[int, Problem]]:
    """Invoices whose vendor or property is blank below one that is filled, each with its problem: a default is for
    what the sheet lacks, and not for the second invoice of a group whose first row names it.

    A column that is blank in its first row has no groups of that kind: there the default is for the blanks.
    """
    for name in WHOSE:
        if name not in values or name not in defaults or None not in heads[name] or values[name][0] is None:
            continue
        column, above = values[name], -1
        blank = sorted((firsts[group], group) for group, head in enumerate(heads[name]) if head is None)
        for first, group in blank:
            if isinstance(column[first], Unreadable):
                continue
            at = next((place for place in range(first - 1, above, -1) if column[place] is not None), None)
            above = above if at is None else at
            filled = rows[at if at is not None else above]
            here = rows[first]
            if filled.source is not here.source:
                continue
            text = cell_text(filled.cell(name)).strip()
            what = (
                f"The {BY_NAME[name].heading} is blank; row {filled.number} above says {quoted(text)}, and the profile "
                f"{quoted(str(defaults[name][first]))} for all."
            )
            yield (
                group,
                Problem(problem_catalog.MISSING_VALUE, what, here.place(name), name, advice="Write the one it is."),
            )
