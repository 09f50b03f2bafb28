"""Backups as people make them, and put them back: the ledger, what lies beside it, or all of the home."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text

from importer.ledger.tables import METADATA
from tests.acceptance.stage import Clerk

LEDGER = "ledger.sqlite3"


@dataclass(frozen=True)
class Backup:
    """A home as it was, and where its ledger is a database of its own, that too."""

    home: Path
    database: dict[str, list[dict[str, Any]]]

    @classmethod
    def of(cls, clerk: Clerk, to: Path) -> Backup:
        """Made while others may write: of the ledger a consistent copy, of the rest its files."""
        shutil.copytree(clerk.home, to, ignore=shutil.ignore_patterns(f"{LEDGER}*"))
        database: dict[str, list[dict[str, Any]]] = {}
        if "IMPORTER_LEDGER" in clerk.environment:
            with closing_engine(clerk) as engine, engine.connect() as connection:
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
                for table in METADATA.sorted_tables:
                    database[table.name] = [dict(row) for row in connection.execute(table.select()).mappings()]
        else:
            with (
                closing(sqlite3.connect(clerk.home / LEDGER, timeout=60)) as source,
                closing(sqlite3.connect(to / LEDGER)) as target,
            ):
                source.backup(target)
        return cls(to, database)

    def put_back(self, clerk: Clerk, *parts: str) -> None:
        """Puts parts of it back: "ledger", "archive", "journal", or "home" for all that lies there."""
        if "ledger" in parts and self.database:
            with closing_engine(clerk) as engine, engine.begin() as connection:
                for table in METADATA.sorted_tables:
                    connection.execute(table.delete())
                    if self.database[table.name]:
                        connection.execute(table.insert(), self.database[table.name])
        elif "ledger" in parts:
            for old in clerk.home.glob(f"{LEDGER}*"):
                old.unlink()
            shutil.copy(self.home / LEDGER, clerk.home / LEDGER)
        others = ("archive", "journal", "profiles", "results") if "home" in parts else parts
        for part in others:
            if part != "ledger":
                shutil.rmtree(clerk.home / part, ignore_errors=True)
                if (self.home / part).is_dir():
                    shutil.copytree(self.home / part, clerk.home / part)


class closing_engine:  # noqa: N801 -- used like `contextlib.closing`
    """The database of a clerk's ledger."""

    def __init__(self, clerk: Clerk) -> None:
        self._engine = create_engine(clerk.environment["IMPORTER_LEDGER"])

    def __enter__(self) -> Engine:
        return self._engine

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()
