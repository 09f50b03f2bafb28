"""What was fetched from ResMan's lists: one SQLite file for each destination and integration, safe to delete.

Every page is kept in one transaction with how far the fetching has come, so that a broken `sync` goes on where it
was. What is kept here decides nothing by itself: it is as old as its last `sync`, and says so.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from importer.errors import CannotRun
from importer.home import private_files
from importer.home.lock_holder import held_by, is_busy

STALE_AFTER = timedelta(days=30)
"""A record that ResMan has not shown for so long is taken for gone. Contract, "What ResMan already has"."""

_VERSION = 2
_BILLS = "SELECT id, x_vendor_id, property_id, number, issued, total, accounts, last_seen, fetched_at FROM invoices"
_HARMLESS = "No decision of yours is kept in it."
_SCHEMA = """
CREATE TABLE records (
    sort TEXT NOT NULL, id TEXT NOT NULL, x_id TEXT, name TEXT, code TEXT, property_id TEXT, is_active INTEGER,
    period TEXT, last_seen TEXT, fetched_at TEXT NOT NULL, pass INTEGER NOT NULL, PRIMARY KEY (sort, id));
CREATE TABLE invoices (
    id TEXT PRIMARY KEY, x_vendor_id TEXT, property_id TEXT, number TEXT, issued TEXT, total INTEGER,
    accounts TEXT NOT NULL, last_seen TEXT, fetched_at TEXT NOT NULL, pass INTEGER NOT NULL);
CREATE INDEX invoices_by_vendor ON invoices (x_vendor_id);
CREATE TABLE usable (list TEXT NOT NULL, vendor_id TEXT NOT NULL, pass INTEGER NOT NULL, PRIMARY KEY (list, vendor_id));
CREATE TABLE progress (
    list TEXT PRIMARY KEY, pass INTEGER NOT NULL, since TEXT, offset INTEGER, newest TEXT, began TEXT,
    completed_at TEXT, whole_at TEXT);
"""


class RecordKind(StrEnum):
    """What sort of record: the name of its list in the contract."""

    PROPERTY = "properties"
    ACCOUNT = "financial-accounts"
    ENTITY = "accounting-entities"
    VENDOR = "vendors"
    INVOICE = "invoices"


@dataclass(frozen=True, slots=True)
class Record:
    """One record of ResMan as it was fetched. `code` is a property's code, or an account number."""

    sort: RecordKind
    id: str
    x_id: str | None
    name: str | None
    code: str | None
    property_id: str | None
    is_active: bool
    is_stale: bool  # ResMan had not shown it for 30 days when it was fetched
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class BillRecord:
    """One invoice that ResMan holds. Any part may be missing."""

    id: str
    x_vendor_id: str | None
    property_id: str | None
    number: str | None
    issued: date | None
    total: int | None  # cents
    accounts: tuple[str, ...]
    is_stale: bool


@dataclass(frozen=True, slots=True)
class FetchProgress:
    """How far the fetching of one list has come. `offset` None: nothing is under way."""

    list: str
    number: int = 0  # of the pass: a record that a whole pass has not met is gone
    since: datetime | None = None  # only what changed since; None: everything
    offset: int | None = None
    newest: datetime | None = None  # the latest change that was seen, by the API's clock
    began: datetime | None = None  # when the pass began: nothing that it brought is older
    completed_at: datetime | None = None  # when the last pass began that came to its end
    whole_at: datetime | None = None  # the same of everything


class Cache:
    """One open cache. Raises `CannotRun` where its file cannot be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            private_files.make_folder(path.parent)
            private_files.make_file(path)
            self._database = sqlite3.connect(path, isolation_level=None, timeout=30)
        except (sqlite3.Error, OSError) as error:
            raise self._unusable(error) from error
        try:
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute("BEGIN IMMEDIATE")
            version = self._database.execute("PRAGMA user_version").fetchone()[0]
            if version < _VERSION:
                self._begin_anew()
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            self.close()
            raise self._unusable(error) from error
        if version > _VERSION:
            self.close()
            raise CannotRun(
                f"What was fetched from ResMan was kept by a newer version of this program: {path}.",
                f"Run the newer version, or delete that file and run `invoice-importer sync`. {_HARMLESS}",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing may be asked after this."""
        self._database.close()

    # ------------------------------------------------------------------------------------------------ writing

    def progress(self, name: str) -> FetchProgress:
        """How far a list has come; a list that was never asked for has come nowhere."""
        sql = "SELECT pass, offset, since, newest, began, completed_at, whole_at FROM progress WHERE list = ?"
        rows = self._ask(sql, (name,))
        if not rows:
            return FetchProgress(name)
        number, offset, *moments = rows[0]
        since, newest, began, completed_at, whole_at = map(moment, moments)
        return FetchProgress(name, number, since, offset, newest, began, completed_at, whole_at)

    def note(self, progress: FetchProgress) -> None:
        """Notes how far a list has come."""
        with self._change():
            self._note(progress)

    def keep(self, progress: FetchProgress, sort: RecordKind, rows: Iterable[Mapping[str, Any]], now: datetime) -> None:
        """Keeps a page of records together with how far the list has come."""
        with self._change():
            if sort is RecordKind.INVOICE:
                self._database.executemany(
                    "INSERT OR REPLACE INTO invoices VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [(*_invoice(row), now.isoformat(), progress.number) for row in rows],
                )
            else:
                self._database.executemany(
                    "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [(sort, *_record(sort, row), now.isoformat(), progress.number) for row in rows],
                )
            self._note(progress)

    def keep_usable(self, progress: FetchProgress, vendor_ids: Iterable[str]) -> None:
        """Keeps a page of the vendors that one property may use."""
        with self._change():
            rows = [(progress.list, vendor_id, progress.number) for vendor_id in vendor_ids]
            self._database.executemany("INSERT OR REPLACE INTO usable VALUES (?, ?, ?)", rows)
            self._note(progress)

    def complete(self, progress: FetchProgress, now: datetime) -> int:
        """Ends a pass. After a whole one, what it has not met is forgotten. Returns how many records there are.

        What was fetched is as old as the beginning of its pass: a page may have changed since it was fetched.
        """
        at = progress.began or now
        if progress.list == RecordKind.INVOICE:
            which = "invoices WHERE ? = 'invoices'"
        elif progress.list in tuple(RecordKind):
            which = "records WHERE sort = ?"
        else:
            which = "usable WHERE list = ?"
        with self._change():
            if progress.since is None:
                sql = f"DELETE FROM {which} AND pass <> ?"  # noqa: S608 -- own names
                self._database.execute(sql, (progress.list, progress.number))
                progress = replace(progress, whole_at=at)
            newest = None if progress.newest is None else min(progress.newest, at)
            self._note(replace(progress, since=None, offset=None, newest=newest, completed_at=at))
            sql = f"SELECT count(*) FROM {which}"  # noqa: S608 -- own names
            count: int = self._database.execute(sql, (progress.list,)).fetchone()[0]
        return count

    # ------------------------------------------------------------------------------------------------ reading

    def fetched(self, name: str) -> datetime | None:
        """When the last pass over a list began that came to its end; None: there was none."""
        return self.progress(name).completed_at

    def records(self, sort: RecordKind) -> list[Record]:
        """Everything known of one sort, by name."""
        sql = (
            "SELECT id, x_id, name, code, property_id, is_active, last_seen, fetched_at FROM records"
            " WHERE sort = ? ORDER BY name, id"
        )
        return [
            Record(sort, id_, x_id, name, code, property_id, active != 0, _is_stale(seen, fetched), moment(seen))
            for id_, x_id, name, code, property_id, active, seen, fetched in self._ask(sql, (sort,))
        ]

    def open_periods(self) -> dict[str, date]:
        """Property → the first day of its open accounting period; the earliest, where it keeps several books."""
        sql = (
            "SELECT property_id, period FROM records WHERE sort = ? AND is_active IS NOT 0 AND property_id IS NOT NULL"
        )
        found: dict[str, date] = {}
        without: set[str] = set()
        for property_id, period in self._ask(sql, (RecordKind.ENTITY,)):
            day = first_day(period)
            if day is None:
                without.add(property_id)  # one of its books never closes
            else:
                found[property_id] = min(day, found.get(property_id, day))
        return {property_id: day for property_id, day in found.items() if property_id not in without}

    def usable_at(self, property_id: str) -> frozenset[str] | None:
        """The vendors that a property may use; None where that is not known.

        A list that is older than the vendors themselves says nothing: it cannot have those that came since.
        """
        name = usable_list(property_id)
        at, vendors_at = self.fetched(name), self.fetched(RecordKind.VENDOR)
        if at is None or (vendors_at is not None and at < vendors_at):
            return None
        rows = self._ask("SELECT vendor_id FROM usable WHERE list = ?", (name,))
        return frozenset(vendor_id for (vendor_id,) in rows)

    def bills(self, x_vendor_ids: Sequence[str] | None = None) -> Iterator[BillRecord]:
        """The invoices that ResMan holds of these vendors (by ResMan's own ids), or all."""
        if x_vendor_ids is None:
            yield from map(_bill, self._ask(_BILLS))
            return
        for start in range(0, len(x_vendor_ids), 500):
            batch = x_vendor_ids[start : start + 500]
            marks = ", ".join("?" * len(batch))
            yield from map(_bill, self._ask(f"{_BILLS} WHERE x_vendor_id IN ({marks})", batch))

    def vendorless(self) -> Iterator[BillRecord]:
        """The invoices that ResMan holds of nobody: without a vendor, or of one that is not among the vendors."""
        sql = (
            " WHERE x_vendor_id IS NULL"
            " OR x_vendor_id NOT IN (SELECT x_id FROM records WHERE sort = ? AND x_id IS NOT NULL)"
        )
        yield from map(_bill, self._ask(_BILLS + sql, (RecordKind.VENDOR,)))

    def used_accounts(self) -> dict[str, frozenset[str]]:
        """Property → the GL accounts of the invoices that ResMan holds there."""
        found: dict[str, set[str]] = {}
        sql = "SELECT DISTINCT property_id, accounts FROM invoices WHERE property_id IS NOT NULL"
        for property_id, accounts in self._ask(sql):
            found.setdefault(property_id, set()).update(accounts.split())
        return {property_id: frozenset(accounts) for property_id, accounts in found.items() if accounts}

    # --------------------------------------------------------------------------------------------- underneath

    def _ask(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        try:
            rows = self._database.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        if any(bytes in map(type, row) for row in rows):
            raise self._unusable(ValueError("it holds bytes where text belongs"))
        return rows

    def _unusable(self, error: Exception) -> CannotRun:
        if is_busy(error):
            held, way = held_by(self._path)
            return CannotRun(f"What was fetched from ResMan ({self._path}) {held}.", way)
        return CannotRun(
            f"What was fetched from ResMan cannot be used: {self._path}: {error}.",
            f"Delete that file and run `invoice-importer sync`. {_HARMLESS}",
        )

    def _note(self, progress: FetchProgress) -> None:
        moments = (progress.newest, progress.began, progress.completed_at, progress.whole_at)
        since = progress.since and progress.since.isoformat()
        self._database.execute(
            "INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (progress.list, progress.number, since, progress.offset, *(each and each.isoformat() for each in moments)),
        )

    @contextmanager
    def _change(self) -> Iterator[None]:
        try:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _begin_anew(self) -> None:
        tables = self._database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            self._database.execute(f"DROP TABLE {table}")
        for statement in _SCHEMA.split(";"):
            self._database.execute(statement)
        self._database.execute(f"PRAGMA user_version = {_VERSION}")


def usable_list(property_id: str) -> str:
    """The name of the list of one property's vendors."""
    return f"{RecordKind.VENDOR}/{RecordKind.PROPERTY}/{property_id}"


def first_day(period: str | None) -> date | None:
    """The first day of a period that is written as a day, a month, or "04/2026"; None where it is neither."""
    text = (period or "").strip()
    for length, pattern in ((10, "%Y-%m-%d"), (7, "%Y-%m"), (7, "%m/%Y")):
        try:
            return datetime.strptime(text[:length], pattern).replace(tzinfo=UTC).date().replace(day=1)
        except ValueError:
            continue
    return None


def moment(value: object) -> datetime | None:
    """A timestamp of the API as an aware moment; None where it is none."""
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _text(row: Mapping[str, Any], *names: str) -> str | None:
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return None


def _record(sort: RecordKind, row: Mapping[str, Any]) -> tuple[Any, ...]:
    code = {RecordKind.PROPERTY: "code", RecordKind.ENTITY: "ledger_code"}.get(sort, "account_number")
    active = row.get("is_active")
    if sort is RecordKind.ACCOUNT and isinstance(row.get("status_raw"), str):
        active = row["status_raw"].strip().casefold() != "inactive"
    return (
        row["id"],
        _text(row, "x_id"),
        _text(row, "name", "entity_name"),
        _text(row, code),
        _text(row, "property_id"),
        active if isinstance(active, bool) else None,
        _text(row, "current_period"),
        _text(row, "last_seen"),
    )


def _invoice(row: Mapping[str, Any]) -> tuple[Any, ...]:
    items = row.get("invoice_items")
    accounts = [item.get("financial_account_id") for item in items or () if isinstance(item, dict)]
    total = row.get("total_amount_in_cents")
    return (
        row["id"],
        _text(row, "x_vendor_id"),
        _text(row, "property_id"),
        _text(row, "invoice_number"),
        (_text(row, "invoice_date") or "")[:10] or None,
        total if isinstance(total, int) and not isinstance(total, bool) else None,
        " ".join(dict.fromkeys(each for each in accounts if isinstance(each, str))),
        _text(row, "last_seen"),
    )


def _bill(row: tuple[Any, ...]) -> BillRecord:
    id_, x_vendor_id, property_id, number, issued, total, accounts, seen, fetched = row
    try:
        day = date.fromisoformat(issued) if issued else None
    except ValueError:
        day = None
    return BillRecord(
        id_, x_vendor_id, property_id, number, day, total, tuple(accounts.split()), _is_stale(seen, fetched)
    )


def _is_stale(seen: str | None, fetched: str) -> bool:
    """By when the record was fetched: a record that has not changed is not fetched again for its `last_seen`."""
    last, at = moment(seen), moment(fetched)
    return last is not None and at is not None and last < at - STALE_AFTER
