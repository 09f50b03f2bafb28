"""A process that was stopped while it changed the ledger: others wait, and learn who it is."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from importer.errors import CannotRun, LedgerUnavailable
from importer.home.lock_holder import holder_of
from importer.ledger.schema import open_store, unavailable
from importer.masterdata.cache import Cache
from tests.sending.made import at_work

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system does not stop processes")

PATIENCE = 0.3
IN_LEDGER = """
import os, signal, sys
from datetime import UTC, datetime
from sqlalchemy import text
from importer.ledger.ledger import Ledger; from importer.ledger.schema import open_store
store = open_store(sys.argv[1], patience=float(sys.argv[2]))
ledger = Ledger(store, "run-stopped", "ann@desk", "desk", lambda: datetime(2026, 3, 31, tzinfo=UTC))
ledger.open_run(command="submit", destination="api.example", started=datetime(2026, 3, 31, tzinfo=UTC))
with ledger.transaction() as connection:
    connection.execute(text("UPDATE runs SET exit_code = 0"))
    os.kill(os.getpid(), signal.SIGSTOP)
"""
IN_CACHE = """
import os, signal, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN IMMEDIATE")
os.kill(os.getpid(), signal.SIGSTOP)
"""


@contextmanager
def stopped(program: str, *words: str) -> Iterator[int]:
    """A process that was stopped where the program says; its id. It is ended at the end of the block."""
    process = subprocess.Popen([sys.executable, "-c", program, *words])
    try:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        yield process.pid
    finally:
        process.kill()
        process.wait()


def test_whoever_holds_sqlite_is_named_and_nobody_else_is_lost(tmp_path: Path) -> None:
    """With the run, the person and the process, and what to do; once it is gone, the ledger goes on."""
    address = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    # A mere look, as on opening, needs no lock.
    with stopped(IN_LEDGER, address, str(PATIENCE)) as pid, closing(open_store(address, patience=PATIENCE)) as store:
        with pytest.raises(LedgerUnavailable) as refused:
            at_work(store, "another")
        assert "locked" not in str(refused.value)
        if sys.platform == "linux":
            named = f"is held by process {pid} (`submit` of ann@desk, run run-stopped), which was stopped"
            assert named in refused.value.sentence
            assert f"kill -CONT {pid}" in refused.value.advice
    with closing(open_store(address, patience=PATIENCE)) as store:
        at_work(store, "another")


def test_postgresql_undoes_what_a_stopped_process_began(postgres: str) -> None:
    """And the others go on by themselves: nothing of it was committed."""
    with stopped(IN_LEDGER, postgres, str(PATIENCE)), closing(open_store(postgres, patience=PATIENCE)) as store:
        with store.writing() as connection:
            connection.execute(text("UPDATE runs SET exit_code = 1"))
        with store.writing() as connection:
            assert connection.execute(text("SELECT exit_code FROM runs")).scalars().all() == [1]


def test_one_that_holds_postgresql_for_longer_than_that_is_told(postgres: str) -> None:
    """One that is at work all the while, and so is never cut off."""
    with closing(open_store(postgres, patience=PATIENCE)) as store, closing(open_store(postgres)) as other:
        at_work(other, "busy")
        with other.writing() as busy:
            busy.execute(text("UPDATE runs SET exit_code = 0"))
            with pytest.raises(Exception, match="lock timeout") as refused, store.writing() as connection:
                connection.execute(text("UPDATE runs SET exit_code = 1"))
        assert "is held by another process" in unavailable(postgres, refused.value).sentence


def test_what_was_fetched_is_not_called_damaged_when_it_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deleting it under the one who writes would be the wrong advice."""
    path = tmp_path / "fetched.sqlite3"
    Cache(path).close()
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *at, **more: connect(*at, **{**more, "timeout": PATIENCE}))
    with stopped(IN_CACHE, str(path)) as pid, pytest.raises(CannotRun) as refused:
        Cache(path)
    assert "Delete" not in refused.value.advice
    assert "damaged" not in refused.value.sentence
    assert sys.platform != "linux" or f"process {pid}" in refused.value.sentence


def test_nobody_holds_what_is_at_rest(tmp_path: Path) -> None:
    """Nor a file that is not there."""
    assert holder_of(tmp_path / "none.sqlite3") is None
    Cache(tmp_path / "fetched.sqlite3").close()
    assert holder_of(tmp_path / "fetched.sqlite3") is None
