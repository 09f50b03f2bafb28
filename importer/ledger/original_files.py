"""The vendors' files that were sent from, row by row: by what each row is known in whichever file it comes again."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, insert, select, text, update

from importer.domain.reading import Reading
from importer.domain.vendor_rows import VendorTable, vendor_tables
from importer.ledger.row_lineage import (
    KnownRow,
    digest,
    inherited,
    marks_of,
)
from importer.ledger.run_records import RunStore
from importer.ledger.schema import batches
from importer.ledger.tables import (
    CLAIMS,
    CONTENTS,
    INVOICES,
    ORIGINALS,
    ROW_MARKS,
)

MOST_BASES = 3
"""Earlier files that one is compared with: those with which it shares most rows."""

OriginalRow = tuple[str, str | None, int]  # file, sheet and row


@dataclass(frozen=True, slots=True)
class Origins:
    """By what each row of the files of a run is known."""

    destination: str = ""
    tables: Mapping[tuple[str, str | None], str] = field(default_factory=dict)  # file and sheet → the table's id
    identities: Mapping[OriginalRow, str] = field(default_factory=dict)
    older: Mapping[str, str] = field(default_factory=dict)  # table → its id for what went without saying its sheet

    @property
    def every(self) -> frozenset[str]:
        """All rows of those files."""
        return frozenset(self.identities.values())

    def of(self, places: Iterable[OriginalRow]) -> tuple[tuple[str, str], ...]:
        """The identities of rows, each with the id of the table that it stands in."""
        found: dict[str, str] = {}
        for file, sheet, number in places:
            table = self.tables.get((file, sheet))
            identity = self.identities.get((file, sheet, number))
            if table is not None and identity is not None:
                found[identity] = table
                if table in self.older:
                    found[row_identity(self.older[table], number)] = table
        return tuple(found.items())


def original_id(destination: str, sha256: str, sheet: str | None) -> str:
    """The id of a table of a vendor's file."""
    return digest(destination, sha256, json.dumps(sheet))


def any_sheet_id(destination: str, sha256: str) -> str:
    """The same for rows of which the sheet is not known: they went before the ledger kept it."""
    return digest(destination, sha256, "of any sheet")


def row_identity(original: str, number: int) -> str:
    """The identity of a row that no earlier file has."""
    return digest(original, number)


def known_origins(ledger: RunStore, destination: str, reading: Reading) -> Origins:
    """Looks up by what the rows of the vendor's files are known, or will be. Nothing of a vendor's own file where
    nothing was ever sent.

    Raises `LedgerUnavailable`.
    """
    with ledger.reading() as connection:
        if not reading.trace.rounds and connection.execute(select(CLAIMS.c.key).limit(1)).first() is None:
            return Origins()
        return _origins(connection, destination, vendor_tables(reading), keep_at=None)


def keep_origins(ledger: RunStore, destination: str, reading: Reading) -> Origins:
    """The same, and keeps it, before anything of them is sent: one run after the other, so that of two that bring the
    same rows the second knows them. Raises `LedgerUnavailable`."""
    tables = vendor_tables(reading)
    with ledger.transaction() as connection:
        one_at_a_time(connection)
        return _origins(connection, destination, tables, keep_at=ledger.now())


def one_at_a_time(connection: Connection) -> None:
    """Whoever claims waits here for whoever is claiming: SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(7203472)"))


def _origins(
    connection: Connection, destination: str, tables: Sequence[VendorTable], *, keep_at: datetime | None
) -> Origins:
    ids: dict[tuple[str, str | None], str] = {}
    identities: dict[OriginalRow, str] = {}
    for table in tables:
        original = original_id(destination, table.sha256, table.sheet)
        ids[table.file, table.sheet] = original
        kept = rows_of_original(connection, original)
        settled = {each.number: each.identity for each in kept}
        new = [(number, facts) for number, facts in table.rows if number not in settled]
        if new:
            settled |= _settle(connection, destination, original, table, settled)
        if keep_at is not None and (new or not is_as_kept(table, kept)):
            _keep(connection, destination, original, table, settled, kept, keep_at)
        identities.update({(table.file, table.sheet, number): settled[number] for number, _ in table.rows})
        for number, workbook in table.typed:
            identities[table.file, table.sheet, number] = digest(original, "typed", workbook, number)
        for number, of in table.copied:
            identities[table.file, table.sheet, number] = settled.get(of) or row_identity(original, of)
    return Origins(destination, ids, identities, _older(connection, destination, tables, ids))


def is_as_kept(table: VendorTable, kept: Sequence[KnownRow]) -> bool:
    """True where its rows say what they said at first."""
    facts = {each.number: each.facts for each in kept}
    return all(facts.get(number) == now for number, now in table.rows)


def rows_of_original(connection: Connection, original: str) -> list[KnownRow]:
    """The rows of a table as it was first read; none where it is not known."""
    packed = connection.execute(select(ORIGINALS.c.rows).where(ORIGINALS.c.id == original)).scalar()
    return [] if packed is None else unpacked(packed)


def packed_rows(rows: Iterable[KnownRow]) -> bytes:
    """As the ledger keeps them."""
    return zlib.compress(json.dumps([[each.number, each.identity, *each.facts] for each in rows]).encode(), 1)


def unpacked(packed: bytes) -> list[KnownRow]:
    """From `packed_rows`."""
    return [
        KnownRow(number, identity, (facts[0], facts[1], facts[2], facts[3], facts[4]))
        for number, identity, *facts in json.loads(zlib.decompress(packed))
    ]


def _settle(
    connection: Connection, destination: str, original: str, table: VendorTable, before: Mapping[int, str]
) -> dict[int, str]:
    """The identities of all its rows: as an earlier file has them, or new ones."""
    settled = dict(before)
    marks = marks_of(destination, (facts for _, facts in table.rows))
    found, shared = _marked(connection, [mark for mark in marks if mark is not None])
    used = set(settled.values())
    for (number, _), mark in zip(table.rows, marks, strict=True):
        identity = found.get(mark or "")
        if number not in settled and identity is not None and identity not in used:
            settled[number] = identity
            used.add(identity)
    siblings = _siblings(connection, destination, table.sha256)
    bases = [each for each, _ in shared.most_common(MOST_BASES + len(siblings)) if each not in siblings][:MOST_BASES]
    for base in bases:
        if len(settled) < len(table.rows):
            settled |= inherited(table.rows, settled, rows_of_original(connection, base))
    return {number: settled.get(number) or row_identity(original, number) for number, _ in table.rows}


def _marked(connection: Connection, marks: Sequence[str]) -> tuple[dict[str, str], Counter[str]]:
    """The identity that each mark stands for, and in which tables those rows stand, how many in each."""
    found: dict[str, str] = {}
    shared: Counter[str] = Counter()
    for batch in batches(marks):
        for mark, identity, original in connection.execute(select(ROW_MARKS).where(ROW_MARKS.c.mark.in_(batch))):
            found[mark] = identity
            shared[original] += 1
    return found, shared


def _siblings(connection: Connection, destination: str, sha256: str) -> set[str]:
    """The tables of a file of this content: their rows are others."""
    query = select(ORIGINALS.c.id).where(ORIGINALS.c.destination == destination, ORIGINALS.c.sha256 == sha256)
    return set(connection.execute(query).scalars())


def _keep(
    connection: Connection,
    destination: str,
    original: str,
    table: VendorTable,
    settled: Mapping[int, str],
    kept: Sequence[KnownRow],
    now: datetime,
) -> None:
    rows = {each.number: each for each in kept}
    rows |= {number: KnownRow(number, settled[number], facts) for number, facts in table.rows if number not in rows}
    packed = packed_rows(rows[number] for number in sorted(rows))
    if kept:
        connection.execute(update(ORIGINALS).where(ORIGINALS.c.id == original).values(rows=packed))
    else:
        of = {"destination": destination, "sha256": table.sha256, "since": now}
        connection.execute(insert(ORIGINALS).values(id=original, **of, rows=packed))
    marks = marks_of(destination, (facts for _, facts in table.rows))
    keep_marks(
        connection,
        [(mark, settled[number]) for (number, _), mark in zip(table.rows, marks, strict=True) if mark is not None],
        original,
    )


def keep_marks(connection: Connection, marks: Sequence[tuple[str, str]], original: str) -> None:
    """Keeps by what rows are found, and that they stand in this table; the identity of a known one stays."""
    for batch in batches(marks):
        mine = [mark for mark, _ in batch]
        known = set(
            connection.execute(
                update(ROW_MARKS)
                .where(ROW_MARKS.c.mark.in_(mine))
                .values(original=original)
                .returning(ROW_MARKS.c.mark)
            ).scalars()
        )
        rows = [{"mark": mark, "identity": identity, "original": original} for mark, identity in batch]
        new = [row for row in rows if row["mark"] not in known]
        if new:
            connection.execute(insert(ROW_MARKS), new)


def _older(
    connection: Connection,
    destination: str,
    tables: Sequence[VendorTable],
    ids: Mapping[tuple[str, str | None], str],
) -> dict[str, str]:
    """The tables out of whose files something went of which the sheet is not known."""
    found: dict[str, str] = {}
    for table in tables:
        query = (
            select(INVOICES.c.key)
            .join(CONTENTS, (CONTENTS.c.run == INVOICES.c.run) & (CONTENTS.c.file == INVOICES.c.file))
            .where(CONTENTS.c.sha256 == table.sha256, INVOICES.c.destination == destination)
            .where(INVOICES.c.sheets.is_(None))
            .limit(1)
        )
        if connection.execute(query).first() is not None:
            found[ids[table.file, table.sheet]] = any_sheet_id(destination, table.sha256)
    return found
