"""What went out from here, found by its amount or by the file that it came out of."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select

from importer.domain.bills import PostedBill
from importer.ledger.entries import (
    BILL_COLUMNS,
    OUT,
    PlannedPost,
    held_of,
)
from importer.ledger.ledger import Ledger
from importer.ledger.schema import batches
from importer.ledger.tables import CONTENTS, INVOICES, RUNS

LOOKED_BACK = timedelta(days=550)
"""Older postings are not compared: the months that matter are the last eighteen."""


def _posted(row: Row[Any]) -> PostedBill:
    rows = tuple(map(int, row.rows.split(", ")))
    return PostedBill(row.key, held_of(row), row.file, rows, row.run, _sheets(row.sheets, len(rows)))


def _sheets(kept: str | None, count: int) -> tuple[str | None, ...] | None:
    said = None if kept is None else json.loads(kept)
    return None if kept is None else tuple(said) if isinstance(said, list) else (said,) * count


def keep_contents(ledger: Ledger, files: Iterable[tuple[str, str]]) -> None:
    """Keeps what the files of this run hold, each by its name and SHA-256, before anything of them is sent.

    Of a results workbook given back, that is what the vendor's file held that its rows are of.
    """
    rows = [{"run": ledger.run, "file": name.rpartition("/")[2], "sha256": digest} for name, digest in files]
    if not rows:  # a workbook of an older version does not say what its vendor's file held
        return
    with ledger.transaction() as connection:
        connection.execute(ledger.insert_or_not(CONTENTS), rows)


def posted_with_totals(
    ledger: Ledger, destination: str, integration_id: str, totals: Iterable[int]
) -> Iterator[PostedBill]:
    """What went out over one of these amounts, whoever its vendor. Raises `LedgerUnavailable`."""
    since = ledger.now() - LOOKED_BACK
    query = select(*BILL_COLUMNS).where(
        INVOICES.c.destination == destination,
        INVOICES.c.integration_id == integration_id,
        INVOICES.c.state.in_(OUT),
        INVOICES.c.changed_at >= since,
    )
    with ledger.reading() as connection:
        if connection.execute(query.limit(1)).first() is None:  # a new ledger: nothing needs to be asked for
            return
        for batch in batches(sorted(set(totals))):
            yield from map(_posted, connection.execute(query.where(INVOICES.c.total_in_cents.in_(batch))).all())


def posted_from_files(
    ledger: Ledger,
    destination: str,
    contents: Collection[str],
    now: Mapping[str, PlannedPost],
) -> dict[str, list[PostedBill]]:
    """What went out of files that held the same, by their SHA-256, however long ago. Without what stands there `now`
    in the same rows under the same key: most of a file that comes again. Raises `LedgerUnavailable`."""
    found: dict[str, list[PostedBill]] = {}
    light = (
        select(CONTENTS.c.sha256, INVOICES.c.key, INVOICES.c.file, INVOICES.c.rows, INVOICES.c.sheets)
        .join(CONTENTS, (CONTENTS.c.run == INVOICES.c.run) & (CONTENTS.c.file == INVOICES.c.file))
        .where(INVOICES.c.destination == destination, INVOICES.c.state.in_(OUT))
    )
    wanted: dict[str, list[str]] = {}
    names = {intent.file for intent in now.values()}
    with ledger.reading() as connection:
        for batch in batches(list(contents)):
            for digest, key, *place in connection.execute(light.where(CONTENTS.c.sha256.in_(batch))):
                if key not in now or not _stands_there(now[key], names, *place):
                    wanted.setdefault(key, []).append(digest)
        for some in batches(list(wanted)):
            rows = connection.execute(select(*BILL_COLUMNS).where(INVOICES.c.key.in_(some))).all()
            doubled = _namesakes(connection, {row.run for row in rows})
            for row in rows:
                posted = _posted(row)
                if (row.run, row.file) in doubled:  # then its rows may be those of the other
                    posted = posted._replace(sheets=None)
                for digest in wanted[row.key]:
                    found.setdefault(digest, []).append(posted)
    return found


def _stands_there(intent: PlannedPost, names: Collection[str], file: str, rows: str, sheets: str | None) -> bool:
    """True where it is made of these very rows, though their file may be called otherwise by now; `names` are those of
    the files that are read. Of an older posting, the sheets are not known."""
    is_same = intent.rows == rows and (intent.file == file or file not in names)
    return is_same and (sheets is None or _rows_of(rows, sheets) == _rows_of(rows, intent.sheets))


def places_of(ledger: Ledger, keys: Sequence[str]) -> dict[str, list[tuple[int, str | None]] | None]:
    """Row and sheet of each row that these were last planned from; None where the sheets are not known."""
    query = select(INVOICES.c.key, INVOICES.c.rows, INVOICES.c.sheets)
    with ledger.reading() as connection:
        return {
            row.key: None if row.sheets is None else _rows_of(row.rows, row.sheets)
            for batch in batches(keys)
            for row in connection.execute(query.where(INVOICES.c.key.in_(batch)))
        }


def _rows_of(rows: str, sheets: str | None) -> list[tuple[int, str | None]]:
    numbers = tuple(map(int, rows.split(", ")))
    return list(zip(numbers, _sheets(sheets, len(numbers)) or (None,) * len(numbers), strict=True))


def _namesakes(connection: Connection, runs: Collection[str]) -> set[tuple[str, str]]:
    """Run and name of files that shared their name with another of the run."""
    counted = select(CONTENTS.c.run, CONTENTS.c.file).group_by(CONTENTS.c.run, CONTENTS.c.file)
    several = counted.having(func.count() > 1)
    return {
        (run, file)
        for batch in batches(list(runs))
        for run, file in connection.execute(several.where(CONTENTS.c.run.in_(batch)))
    }


def names_of_runs(ledger: Ledger, runs: Sequence[str]) -> dict[str, Mapping[str, str]]:
    """What names in the files of these runs were found to mean."""
    with ledger.reading() as connection:
        return {
            run: names or {}
            for batch in batches(runs)
            for run, names in connection.execute(select(RUNS.c.id, RUNS.c.names).where(RUNS.c.id.in_(batch)))
        }


def bills_of(ledger: Ledger, destination: str, vendor_ids: Sequence[str]) -> dict[str, int]:
    """How many bills of each of these vendors went out; without those that have none."""
    counted = select(INVOICES.c.vendor_id, func.count()).where(
        INVOICES.c.destination == destination, INVOICES.c.state.in_(OUT)
    )
    with ledger.reading() as connection:
        return {
            vendor_id: count
            for batch in batches(vendor_ids)
            for vendor_id, count in connection.execute(
                counted.where(INVOICES.c.vendor_id.in_(batch)).group_by(INVOICES.c.vendor_id)
            )
        }
