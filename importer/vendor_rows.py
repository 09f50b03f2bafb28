"""Which rows of which vendor's file an invoice is made of, whatever workbook they came back in.

A results workbook that is given back is another file each time; the rows in it stay those of the vendor's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache

from importer.models import Reading, Row
from importer.trace import WHOLE_ROW


def kept_contents(reading: Reading) -> list[tuple[str, str]]:
    """Name and SHA-256 of each of the vendor's files that are read, also where they came back in a workbook."""
    trace = reading.trace
    workbooks = {each.sha256 for each in trace.rounds}
    found = [(each.name, each.sha256) for each in trace.origins if each.sha256]
    found += [(file.name, file.sha256) for file in reading.files if file.sha256 not in workbooks]
    return list(dict.fromkeys(found))


def contents_of(reading: Reading) -> dict[str, tuple[str, ...]]:
    """The name of each file that rows are of → the SHA-256 that it has, or, of several of that name, each of theirs."""
    found: dict[str, tuple[str, ...]] = {}
    for name, sha256 in kept_contents(reading):
        found[name] = (*found.get(name, ()), sha256)
    return found


def typed_rows(reading: Reading) -> frozenset[tuple[str, str | None, int]]:
    """File, sheet and row of what was typed in by hand below the last row of the vendor's file."""
    return frozenset(
        (each.file, each.sheet or None, each.row)
        for each in reading.trace.corrections
        if each.column == WHOLE_ROW and each.now.startswith("added:")
    )


def sheets_said(rows: Sequence[Row]) -> str:
    """The sheet of the rows, or, where they are of several, that of each; in the order of the files."""
    if rows[0].source is rows[-1].source:
        return _said(rows[0].source.sheet)
    return json.dumps([row.source.sheet for row in rows])


@lru_cache(maxsize=64)
def _said(sheet: str | None) -> str:
    return json.dumps(sheet)
