"""Sections of a table, each under a name and above a total of that name, where one vendor or property holds for all."""

from __future__ import annotations

from collections.abc import Iterator

from importer import problems
from importer.models import SkippedRow
from importer.problems import Place, Problem
from importer.reader.cells import is_blank, quoted
from importer.reader.headings import normalised, spelled
from importer.reader.layout import Layout
from importer.reader.leftovers import TOTAL
from importer.reader.profiles import Profile

SHOWN = 3


def names_of_sections(layout: Layout, profile: Profile) -> Iterator[Problem]:
    """A warning where rows of two names or more stand above their invoices, and the profile says whose all of them
    are: a report by vendor or by property, read as if it were of one."""
    fixed = [
        field.partition("_")[0]
        for field in ("vendor_id", "property_id")
        if field not in layout.mapped.columns and "{" not in profile.defaults.get(field, "{")
    ]
    if not fixed:
        return
    below = [row for row in layout.skipped if row.row > layout.source.heading_row]
    totals = {normalised(row.reason.partition("(")[2]) for row in below if row.reason.startswith(TOTAL)}
    names: dict[str, SkippedRow] = {}
    for row in below if totals else ():
        filled = [cell for cell in row.cells if not is_blank(cell)]
        name = normalised(spelled(filled[0])) if len(filled) == 1 and isinstance(filled[0], str) else ""
        if name and totals & {f"total{name}", f"totalfor{name}", f"{name}total"}:
            names.setdefault(name, row)
    if len(names) < 2:
        return
    first = next(iter(names.values()))
    said = [quoted(spelled(next(cell for cell in row.cells if not is_blank(cell)))) for row in names.values()]
    listed = ", ".join(said[:SHOWN]) + (", …" if len(said) > SHOWN else "")
    what = f"The table has {len(names):,} sections ({listed}), and every invoice is for the one {' and '.join(fixed)}"
    yield Problem(
        problems.SECTIONS, f"{what} of the profile.", Place(layout.source.file, layout.source.sheet, first.row)
    )
