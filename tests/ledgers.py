"""A real ledger on each of the databases, and a real stand-in on a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from importer.ledger.schema import Store, open_store
from importer.ledger.tables import METADATA, VERSION
from importer.sandbox import Behaviour, embedded
from tests.clock import CLOCK
from tests.conftest import new_database
from tests.sending.made import Truth


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty ledger is to be, once on each database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    return str(request.getfixturevalue("postgres"))


@pytest.fixture(scope="session")
def on_postgres(postgres_server: str) -> Iterator[Store]:
    """One ledger on PostgreSQL for the session: a database for each test would take longer than the tests."""
    with closing(open_store(new_database(postgres_server))) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty ledger, once on each database."""
    if request.param == "sqlite":
        with closing(open_store(f"sqlite:///{tmp_path / 'ledger.sqlite3'}")) as opened:
            yield opened
        return
    shared: Store = request.getfixturevalue("on_postgres")
    with shared.durable.begin() as connection:
        for table in METADATA.tables.values():
            if table is not VERSION:
                connection.execute(table.delete())
    yield shared


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Store]:
    """An empty ledger on SQLite, for what does not depend on the database."""
    with closing(open_store(f"sqlite:///{tmp_path / 'here.sqlite3'}")) as opened:
        yield opened


@pytest.fixture
def truth(tmp_path: Path) -> Iterator[Truth]:
    """The stand-in, with jobs and syncs that take no time, and budget enough."""
    quick = Behaviour(rate_limit=100_000, pending=0, sync_takes=0, hold_back=0)
    with embedded(tmp_path / "api", CLOCK.seconds, behaviour=quick) as url:
        yield Truth(url)
