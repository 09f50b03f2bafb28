"""The stand-in's memory: one SQLite file, and the lists of what the API knows of ResMan.

A killed stand-in loses nothing: WAL with synchronous=NORMAL gives up commits only when the machine itself dies.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from importer.home import private_files
from importer.sandbox import account, records
from importer.sandbox.behaviour import INTEGRATION_ID, Behaviour
from importer.sandbox.intake import Json, timestamp

FILE = "sandbox.sqlite3"

_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE requests (
    number INTEGER PRIMARY KEY, at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, query TEXT NOT NULL,
    counted INTEGER NOT NULL, remaining INTEGER NOT NULL, status INTEGER);
CREATE INDEX requests_at ON requests (at, counted);
CREATE TABLE records (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, property_id TEXT, created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL, last_seen TEXT NOT NULL, gone INTEGER NOT NULL DEFAULT 0, content TEXT NOT NULL,
    UNIQUE (kind, id));
CREATE INDEX records_created ON records (kind, created_at, number);
CREATE INDEX records_property ON records (kind, property_id, created_at, number);
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, via TEXT NOT NULL, root_job_id TEXT NOT NULL,
    parent_job_id TEXT, at REAL NOT NULL, settles_at REAL NOT NULL, integration_id TEXT NOT NULL,
    invoice_key TEXT NOT NULL, body TEXT NOT NULL, write_status TEXT NOT NULL, errors TEXT NOT NULL,
    kept INTEGER NOT NULL, synced INTEGER NOT NULL DEFAULT 0, log_id TEXT NOT NULL, write_log_id TEXT NOT NULL);
CREATE INDEX jobs_settles ON jobs (settles_at);
CREATE INDEX jobs_key ON jobs (invoice_key);
CREATE TABLE job_logs (
    id TEXT PRIMARY KEY, job_id TEXT NOT NULL, root_job_id TEXT NOT NULL, parent_job_id TEXT,
    write_job_id TEXT NOT NULL, at REAL NOT NULL, job_type TEXT NOT NULL, property_id TEXT NOT NULL);
CREATE INDEX job_logs_root ON job_logs (root_job_id);
CREATE INDEX job_logs_at ON job_logs (at);
CREATE TABLE syncs (
    number INTEGER PRIMARY KEY, started_at REAL NOT NULL, finishes_at REAL NOT NULL, models TEXT NOT NULL,
    applied INTEGER NOT NULL DEFAULT 0);
CREATE TABLE webhooks (id TEXT PRIMARY KEY, content TEXT NOT NULL);
"""

_BOUNDS = {"gte": ">=", "lte": "<="}
_COLUMNS = ("id", "created_at", "updated_at", "last_seen", "property_id")


class SandboxStore:
    """One open stand-in. Used from one thread; several processes may share a folder. Times are seconds since 1970."""

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        private_files.make_folder(folder)
        private_files.make_file(folder / FILE)
        self.now = clock
        self.database = sqlite3.connect(folder / FILE, isolation_level=None, timeout=10)
        self.database.row_factory = sqlite3.Row
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = NORMAL")
        with self.change():
            if self.database.execute("PRAGMA user_version").fetchone()[0] != _SCHEMA_VERSION:
                self._begin_anew()

    def close(self) -> None:
        """Nothing may be asked after this."""
        self.database.close()

    @contextmanager
    def change(self) -> Iterator[None]:
        """All or nothing, and one writer at a time."""
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.database.execute("ROLLBACK")
            raise
        self.database.execute("COMMIT")

    def forget(self) -> None:
        """Back to the account as it was on the first day."""
        with self.change():
            self._begin_anew()

    def rows(self, sql: str, values: Sequence[object] | Mapping[str, object] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        return self.database.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[object] | Mapping[str, object] = ()) -> sqlite3.Row | None:
        """The first row of a query."""
        found: sqlite3.Row | None = self.database.execute(sql, values).fetchone()
        return found

    def signing_key(self) -> bytes:
        """What presigned addresses are signed with."""
        found = self.row("SELECT value FROM secrets WHERE name = 'signing'")
        return bytes.fromhex(found["value"]) if found else b""

    # ------------------------------------------------------------------ the account

    def _begin_anew(self) -> None:
        for (table,) in self.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"):
            self.database.execute(f"DROP TABLE {table}")
        for statement in _SCHEMA.split(";"):
            self.database.execute(statement)
        self.database.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        self.database.execute("INSERT INTO secrets VALUES ('signing', ?)", (secrets.token_hex(32),))
        self._seed()

    def _seed(self) -> None:
        now = self.now()
        for record in records.first_day(datetime.fromtimestamp(now, UTC).date()):
            seen = now - 90 * 86400 if record.is_gone else now
            self.add(record.kind, record.id, record.property_id, record.content, timestamp(now - 120 * 86400), seen)
        self.database.execute("INSERT INTO syncs VALUES (1, ?, ?, '[]', 1)", (now, now))

    def add(self, kind: str, record_id: str, property_id: str | None, content: Json, created: str, seen: float) -> None:
        """One more record in a list. `seen`: when a sync last saw it; older than 30 days means gone from ResMan."""
        content = {"x_id": account.x_id(record_id), "integration_id": INTEGRATION_ID, **content}
        at = timestamp(seen)
        self.database.execute(
            "INSERT INTO records (kind, id, property_id, created_at, updated_at, last_seen, gone, content)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (kind, record_id, property_id, created, at, at, seen < self.now() - 86400, json.dumps(content)),
        )

    def add_many(self, kind: str, count: int) -> None:
        """So many more records like the first of a list, with ids that end in six digits. For trying out size."""
        model = self.row("SELECT * FROM records WHERE kind = ? ORDER BY number LIMIT 1", (kind,))
        assert model is not None  # noqa: S101 -- every list is seeded
        named = "invoice_number" if kind == "invoices" else "name"
        prefix = account.MORE_VENDORS if kind == "vendors" else f"{kind}-more"
        with self.change():
            self.database.execute(
                "WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < :count)"
                " INSERT OR IGNORE INTO records"
                " (kind, id, property_id, created_at, updated_at, last_seen, content)"
                " SELECT :kind, printf('%s%06d', :prefix, n), :property_id, :at, :at, :at, json_set(:content,"
                " '$.x_id', printf('x-%s%06d', :prefix, n), :named, printf('MORE-%06d', n)) FROM counter",
                {
                    "count": count,
                    "kind": kind,
                    "prefix": prefix,
                    "property_id": model["property_id"],
                    "at": timestamp(self.now()),
                    "content": model["content"],
                    "named": f"$.{named}",
                },
            )

    # ------------------------------------------------------------------ lists

    def page(
        self,
        kind: str,
        filters: Mapping[str, str],
        order: Sequence[tuple[str, bool]],
        limit: int,
        offset: int,
    ) -> tuple[int, list[Json]]:
        """How many rows there are in all, and one page of them. `filters` is field to value; `last_seen_gte` and the
        like compare timestamps; `usable_at` is a property, and takes in what belongs to none."""
        conditions, values = ["kind = ?"], [kind]
        for name, value in filters.items():
            field, _, bound = name.rpartition("_")
            if bound in _BOUNDS:
                conditions.append(f"{_sql(field)} {_BOUNDS[bound]} ?")
            elif name == "usable_at":
                conditions.append("(property_id = ? OR property_id IS NULL)")
            elif name == "integration_id":
                conditions.append(f"? = '{INTEGRATION_ID}'")  # all there is belongs to the one integration
            else:
                conditions.append(f"{_sql(name)} = ?")
            values.append(value)
        where = " AND ".join(conditions)
        terms = [f"{_sql(name)} {'DESC' if descending else 'ASC'}" for name, descending in order]
        terms.append(f"number {'DESC' if order[0][1] else 'ASC'}")
        count = self.database.execute(f"SELECT count(*) FROM records WHERE {where}", values)  # noqa: S608 -- own names
        total: int = count.fetchone()[0]
        found = self.rows(
            f"SELECT * FROM records WHERE {where} ORDER BY {', '.join(terms)} LIMIT ? OFFSET ?",  # noqa: S608 -- own names
            [*values, limit, offset],
        )
        return total, [_record(row) for row in found]

    def record(self, kind: str, record_id: str) -> Json | None:
        """One record by its id."""
        found = self.row("SELECT * FROM records WHERE kind = ? AND id = ?", (kind, record_id))
        return None if found is None else _record(found)

    # ------------------------------------------------------------------ requests

    def count_request(self, method: str, path: str, query: str, behaviour: Behaviour) -> tuple[int, int, float]:
        """Notes a request and answers its number, what is left of the budget (-1: nothing was, answer 429), and
        the seconds until there is more. A request that gets 429 uses nothing up."""
        with self.change():
            now = self.now()
            since = now - (now % behaviour.rate_window if behaviour.window == "fixed" else behaviour.rate_window)
            sql = "SELECT count(*) AS used, min(at) AS first FROM requests WHERE at >= ? AND counted"
            used, first = self.database.execute(sql, (since,)).fetchone()
            left = behaviour.rate_limit - used - 1
            number = self.database.execute(
                "INSERT INTO requests (at, method, path, query, counted, remaining) VALUES (?, ?, ?, ?, ?, ?)",
                (now, method, path, query, left >= 0, max(left, 0)),
            ).lastrowid
        begins = since if behaviour.window == "fixed" or first is None else first
        return number or 0, max(left, -1), begins + behaviour.rate_window - now

    def answered(self, number: int, status: int | None) -> None:
        """What a request was answered with; None where it got no whole answer."""
        self.database.execute("UPDATE requests SET status = ? WHERE number = ?", (status, number))

    def add_webhook(self, content: Json) -> Json:
        """Registers a webhook. None is ever called: deliveries are not imitated."""
        webhook: Json = {"id": f"wh-{secrets.token_hex(8)}", "active": True, **content}
        self.database.execute("INSERT INTO webhooks VALUES (?, ?)", (webhook["id"], json.dumps(webhook)))
        return webhook


def forget_everything(folder: Path, clock: Callable[[], float]) -> None:
    """The account as on the first day. A file that is no database any more is replaced."""
    try:
        with contextlib.closing(SandboxStore(folder, clock)) as store:
            store.forget()
    except sqlite3.DatabaseError:
        for suffix in ("", "-wal", "-shm"):
            (folder / f"{FILE}{suffix}").unlink(missing_ok=True)
        SandboxStore(folder, clock).close()


def _sql(field: str) -> str:
    """A field of a row as SQL; the names come from the tables above, never from a request."""
    return field if field in _COLUMNS else f"json_extract(content, '$.{field}')"


def _record(row: sqlite3.Row) -> Json:
    content: Json = {"id": row["id"], **json.loads(row["content"])}
    for name in ("created_at", "updated_at", "last_seen"):
        content[name] = row[name]
    return content
