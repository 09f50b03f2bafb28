"""Which rows of which vendor's file an invoice is made of, whatever workbook they came back in.

A results workbook that is given back is another file each time; the rows in it stay those of the vendor's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from importer.models import Invoice, Reading, Row
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


def in_two_copies(reading: Reading, bills: Iterable[tuple[int, str, Invoice]]) -> Iterator[tuple[int, int]]:
    """Index of each bill that has a row of the vendor's file in common with one of another key, and the index of that.

    Corrected copies of one results workbook that are given back together say otherwise what becomes of a row, and so
    may the vendor's own file beside its workbook. `bills` are an index and a key of each. Rows typed in are no
    vendor's, and where two files of a name differ it is not known whose a row is.
    """
    if not reading.trace.rounds or len(reading.files) < 2:
        return
    contents, typed = contents_of(reading), typed_rows(reading)
    found: dict[tuple[str, str | None, int], list[tuple[int, str]]] = {}
    for index, key, invoice in bills:
        for row in invoice.rows:
            file, sheet = row.source.file, row.source.sheet
            digests = contents.get(file, (file,))
            if len(digests) == 1 and (file, sheet, row.number) not in typed:
                found.setdefault((digests[0], sheet, row.number), []).append((index, key))
    told: set[int] = set()
    for here in found.values():
        for index, key in here if len(here) > 1 else ():
            other = next((each for each, its_key in here if its_key != key), None)
            if other is not None and index not in told:
                told.add(index)
                yield index, other


def sheets_said(rows: Sequence[Row]) -> str:
    """The sheet of the rows, or, where they are of several, that of each; in the order of the files."""
    if rows[0].source is rows[-1].source:
        return _said(rows[0].source.sheet)
    return json.dumps([row.source.sheet for row in rows])


@lru_cache(maxsize=64)
def _said(sheet: str | None) -> str:
    return json.dumps(sheet)
