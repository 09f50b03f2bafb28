"""How a ledger is opened: on SQLite for one machine, on PostgreSQL for several.

A new ledger is made from the tables; an older one is brought up to date by the migrations, never by deleting.

SQLite runs in WAL mode with full synchronisation, so that a committed intent survives a power cut. The pace of
requests goes through a second engine without that cost: a lost turn costs a moment, a lost intent a double payment.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    create_engine,
    event,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import SQLAlchemyError

from importer.errors import LedgerUnavailable
from importer.home import private_files
from importer.home.lock_holder import held_by, is_busy
from importer.ledger.tables import METADATA, VERSION

HEAD = "0010"
"""The newest migration."""

PATIENCE = 60.0
"""Seconds for which somebody else may hold the ledger before that is told."""

_LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL, "Error Codes"

BATCH = 500
"""Keys in one statement, well below what SQLite and PostgreSQL take."""

T = TypeVar("T")


def batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """The items in portions that fit into one statement."""
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


@dataclass(frozen=True, slots=True)
class Store:
    """An open database: `durable` for the ledger, `quick` for the pace."""

    durable: Engine
    quick: Engine
    file: Path | None = None  # of a SQLite ledger
    inode: int | None = None  # of that file when it was opened
    _writing: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[Connection]:
        """One change, committed at the end of the block.

        The threads of a process queue here for SQLite's one write lock: waiting for it in the database is polling.
        """
        self.check()
        engine = self.durable if durable else self.quick
        with self._writing if self.is_sqlite else nullcontext(), engine.begin() as connection:
            yield connection

    def check(self) -> None:
        """Raises `LedgerUnavailable` where the ledger's file is no longer the one that was opened.

        SQLite goes on writing into a file that was deleted or replaced; what it writes there is lost.
        """
        if self.file is not None and _inode(self.file) != self.inode:
            raise LedgerUnavailable(
                f"The ledger {self.file} was moved, deleted or replaced while it was in use.",
                "Put it back where it was; without it, what was sent is not known.",
            )

    def now(self, connection: Connection) -> float:
        """Seconds since 1970 by the clock that everybody on this ledger shares."""
        if self.is_sqlite:
            return time.time()  # one machine, one clock
        return float(connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())

    @property
    def is_sqlite(self) -> bool:
        """True on one machine's SQLite, False on PostgreSQL."""
        return self.durable.dialect.name == "sqlite"

    def close(self) -> None:
        """Gives all connections back."""
        self.durable.dispose()
        self.quick.dispose()


def open_store(url: str, *, patience: float = PATIENCE) -> Store:
    """Opens, makes or updates the database behind a SQLAlchemy URL. `patience`: seconds for which others may write.

    Raises `LedgerUnavailable` with what to do: it cannot be reached or written, lies on a network share, or was
    written by a newer version.
    """
    parsed, shown = address(url)
    if parsed.get_backend_name() == "sqlite":
        _prepare_folder(parsed.database)
        _keep_private(parsed.database)
    durable = None
    try:
        durable = engine_for(url, durable=True, patience=patience)
        _bring_up_to_date(durable, shown)
        file = Path(parsed.database or "").absolute() if parsed.get_backend_name() == "sqlite" else None
        quick = engine_for(url, durable=False, patience=patience)
        return Store(durable, quick, file, None if file is None else _inode(file))
    except (SQLAlchemyError, ModuleNotFoundError) as error:
        _dispose(durable)
        raise unavailable(shown, error) from error
    except LedgerUnavailable:
        _dispose(durable)
        raise


def address(url: str) -> tuple[URL, str]:
    """A ledger's address, taken apart and as it may be shown. Raises `LedgerUnavailable` where it is none."""
    try:
        parsed = make_url(url)
    except (SQLAlchemyError, ValueError):  # its text would quote the password
        advice = "Correct IMPORTER_LEDGER, or `ledger` in importer.toml."
        raise LedgerUnavailable("What the settings name as the ledger is not a database address.", advice) from None
    shown = parsed.render_as_string(hide_password=True)
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise LedgerUnavailable(f"The ledger {shown} is neither SQLite nor PostgreSQL.")
    return parsed, shown


def sqlite_file(url: str) -> str | None:
    """The file of a SQLite ledger; None for any other, and for an address that is none."""
    try:
        parsed, _ = address(url)
    except LedgerUnavailable:
        return None  # said where it is opened
    return parsed.database if parsed.get_backend_name() == "sqlite" else None


def _dispose(engine: Engine | None) -> None:
    if engine is not None:
        engine.dispose()


def _inode(file: Path) -> int | None:
    try:
        return file.stat().st_ino
    except OSError:
        return None


def unavailable(where: str, error: Exception) -> LedgerUnavailable:
    """A database error as a sentence for the clerk and a way out for the engineer."""
    cause = getattr(error, "orig", error)
    if is_busy(cause):
        held, way = held_by(Path(make_url(where).database or ""))
        return LedgerUnavailable(f"The ledger {where} {held}.", way)
    if getattr(cause, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
        held = "is held by another process, on this machine or another, which does not go on"
        return LedgerUnavailable(f"The ledger {where} {held}.", "End that process, then run this again.")
    reason = str(cause).strip().splitlines()[0:1] or [type(error).__name__]
    advice = "Check that the folder can be written and the disk is not full."
    if "postgresql" in where:
        advice = "Check that the database server runs and can be reached; nothing is sent without it."
    return LedgerUnavailable(f"The ledger {where} cannot be used: {reason[0]}.", advice)


def _prepare_folder(database: str | None) -> None:
    from importer.ledger.network_share import network_share

    if not database or database == ":memory:":
        raise LedgerUnavailable("A ledger in memory would forget what was posted.", "Give it a file.")
    folder = Path(database).absolute().parent
    try:
        private_files.make_folder(folder)
    except OSError as error:
        raise LedgerUnavailable(
            f"The folder {folder} cannot be made: {error.strerror}.", "Set IMPORTER_HOME to a folder you can write."
        ) from error
    share = network_share(folder)
    if share:
        raise LedgerUnavailable(
            f"The ledger {database} lies on a network share ({share}), where SQLite loses what it was told.",
            "Put IMPORTER_HOME on a local disk, or set IMPORTER_LEDGER to a PostgreSQL database.",
        )


def _keep_private(database: str | None) -> None:
    """The ledger is its owner's alone; SQLite gives what it makes beside it the same mode."""
    file = Path(database or "").absolute()
    with suppress(OSError):  # SQLite says what the matter is
        private_files.make_file(file)
    private_files.tighten_database(file)


def engine_for(url: str, *, durable: bool, patience: float = PATIENCE) -> Engine:
    """Connections to a ledger's database; nothing is opened yet.

    A process that was stopped in the midst of a change holds off all others. PostgreSQL undoes the change after so many
    seconds, and they go on; of SQLite they learn then who it is.
    """
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(
            url, connect_args={"timeout": patience, "isolation_level": None, "check_same_thread": False}
        )
        event.listen(engine, "connect", _durable_sqlite if durable else _quick_sqlite)
        event.listen(engine, "begin", _begin_immediately)
        return engine
    milliseconds = int(patience * 1000)
    options = f"-c idle_in_transaction_session_timeout={milliseconds} -c lock_timeout={2 * milliseconds}"
    options += "" if durable else " -c synchronous_commit=off"
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=4,  # statements take milliseconds, so that a dozen threads share them; a server has few to give
        max_overflow=0,
        connect_args={"connect_timeout": 10, "options": options},
    )


def _durable_sqlite(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _quick_sqlite(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin_immediately(connection: Connection) -> None:
    """Takes SQLite's write lock at once: a transaction that reads first and writes later could not wait for it."""
    if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
        return  # a mere look, which needs no lock and must not wait for one
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _bring_up_to_date(engine: Engine, shown: str) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if version_of(connection) == HEAD:
            return
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(7203471)"))
        version = version_of(connection)
        if version == HEAD:
            return
        if version is None:
            METADATA.create_all(connection)
            connection.execute(VERSION.insert().values(version_num=HEAD))
            return
        if version > HEAD:
            raise LedgerUnavailable(
                f"The ledger {shown} was written by a newer version of this program.",
                "Install that version here too.",
            )
        _migrate(connection)


def version_of(connection: Connection) -> str | None:
    """The newest migration that a database has had; None where it is no ledger."""
    if not inspect(connection).has_table(VERSION.name):
        return None
    return connection.execute(select(VERSION.c.version_num)).scalar()


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
