"""The ledger's tables, and how a ledger is opened: on SQLite for one machine, on PostgreSQL for several.

A new ledger is made from the tables below; an older one is brought up to date by the migrations, never by deleting.
A test holds the two to the same result.

SQLite runs in WAL mode with full synchronisation, so that a committed intent survives a power cut. The pace of
requests goes through a second engine without that cost: a lost turn costs a moment, a lost intent a double payment.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    create_engine,
    event,
    inspect,
    make_url,
    select,
    text,
    true,
)
from sqlalchemy.exc import SQLAlchemyError

from importer.errors import LedgerUnavailable

HEAD = "0003"
"""The newest migration."""

METADATA = MetaData()


class Moment(TypeDecorator[datetime]):
    """A moment with its time zone, also on SQLite, which keeps none: UTC inside, aware outside."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the base names it
        """Into the database."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the base names it
        """Out of it."""
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


RUNS = Table(
    "runs",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("command", String(20), nullable=False),
    Column("who", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("machine", Text),  # where that process id means something; None where it cannot be told
    Column("destination", Text, nullable=False),
    Column("started", Moment, nullable=False),
    Column("finished", Moment),
    Column("lease_until", Float, nullable=False),  # seconds since 1970 by the ledger's clock; 0 once it has ended
    Column("files", JSON, nullable=False),
    Column("options", JSON),  # how the files were read; None for a run that read none
    Column("plan", Text),
    Column("counts", JSON),
    Column("amounts", JSON),
    Column("results", Text),
    Column("results_sha256", String(64)),  # of the workbook as it was written
    Column("exit_code", Integer),
    Column("stopped", Text),
    Column("names", JSON),  # what names in its files were found to mean
    Index("runs_by_start", "started"),
)

INVOICES = Table(
    "invoices",
    METADATA,
    Column("key", String(24), primary_key=True),
    Column("destination", Text, nullable=False),
    Column("integration_id", Text, nullable=False),
    Column("property_id", Text, nullable=False),
    Column("vendor_id", Text, nullable=False),
    Column("invoice_number", Text, nullable=False),  # as the vendor writes it
    Column("fingerprint", String(64), nullable=False),
    Column("body", Text, nullable=False),  # the request's JSON
    Column("total_in_cents", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),
    Column("owner", String(40)),  # the run that may change it
    Column("run", String(40), nullable=False),  # the run that planned it
    Column("file", Text, nullable=False),
    Column("rows", Text, nullable=False),  # "2, 3"
    Column("plan", Text),  # the plan under which it was sent
    Column("sent_at", Moment),  # when the intent of the last attempt was written
    Column("job_id", Text),
    Column("said", Text),  # the last words of the API or of ResMan
    Column("evidence", JSON),
    Column("changed_at", Moment, nullable=False),
    Index("invoices_by_state", "destination", "state"),
    Index("invoices_by_owner", "owner"),
    Index("invoices_by_run", "run"),
    Index("invoices_by_job", "job_id"),
    Index("invoices_by_vendor", "destination", "vendor_id"),
    Index("invoices_by_file", "file"),
)

ATTEMPTS = Table(
    "attempts",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("key", String(24), nullable=False),
    Column("at", Moment, nullable=False),
    Column("run", String(40), nullable=False),
    Column("who", Text, nullable=False),
    Column("event", String(20), nullable=False),
    Column("fingerprint", String(64)),
    Column("file", Text),
    Column("rows", Text),
    Column("http_status", Integer),
    Column("job_id", Text),
    Column("detail", Text),
    Index("attempts_by_key", "key"),
    Index("attempts_by_job", "job_id"),
)
"""Append-only: what was tried, when, by whom, from which file and rows, and what came back."""

PLANS = Table(
    "plans",
    METADATA,
    Column("id", String(80), primary_key=True),
    Column("made_at", Moment, nullable=False),
    Column("who", Text, nullable=False),
    Column("bodies", LargeBinary, nullable=False),  # zlib over one request body a line
)

TURNS = Table(
    "turns",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("account", Text, nullable=False),
    Column("at", Float, nullable=False),  # seconds since 1970 by the ledger's clock: the API has counted it by then
    Column("answered", Boolean, nullable=False, server_default=true()),
    Index("turns_by_account", "account", "at"),
)

GATES = Table(
    "gates",
    METADATA,
    Column("account", String(200), primary_key=True),
    Column("not_before", Float, nullable=False),
    Column("pauses", Integer, nullable=False),  # 429 answers since the last good one
    Column("limit_seen", Integer),
    Column("others", Integer, nullable=False),  # requests in the last window that were not ours
    Column("seen_at", Float, nullable=False),
)

ACCEPTANCES = Table(
    "acceptances",
    METADATA,
    Column("key", String(24), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("run", String(40), nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
"""Invoices that a person lets go although they look like another bill, and why."""

VERSION = Table("alembic_version", METADATA, Column("version_num", String(32), primary_key=True))


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


def open_store(url: str) -> Store:
    """Opens, makes or updates the database behind a SQLAlchemy URL.

    Raises `LedgerUnavailable` with what to do: it cannot be reached or written, lies on a network share, or was
    written by a newer version.
    """
    try:
        parsed = make_url(url)
    except SQLAlchemyError as error:
        raise LedgerUnavailable("IMPORTER_LEDGER is not a database address.") from error
    shown = parsed.render_as_string(hide_password=True)
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise LedgerUnavailable(f"The ledger {shown} is neither SQLite nor PostgreSQL.")
    if parsed.get_backend_name() == "sqlite":
        _prepare_folder(parsed.database)
    durable = None
    try:
        durable = _engine(url, durable=True)
        _bring_up_to_date(durable, shown)
        file = Path(parsed.database or "").absolute() if parsed.get_backend_name() == "sqlite" else None
        return Store(durable, _engine(url, durable=False), file, None if file is None else _inode(file))
    except (SQLAlchemyError, ModuleNotFoundError) as error:
        _dispose(durable)
        raise unavailable(shown, error) from error
    except LedgerUnavailable:
        _dispose(durable)
        raise


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
    reason = str(getattr(error, "orig", error)).strip().splitlines()[0:1] or [type(error).__name__]
    advice = "Check that the folder can be written and the disk is not full."
    if "postgresql" in where:
        advice = "Check that the database server runs and can be reached; nothing is sent without it."
    return LedgerUnavailable(f"The ledger {where} cannot be used: {reason[0]}.", advice)


def _prepare_folder(database: str | None) -> None:
    from importer.submitter.shares import network_share

    if not database or database == ":memory:":
        raise LedgerUnavailable("A ledger in memory would forget what was posted.", "Give it a file.")
    folder = Path(database).absolute().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
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


def _engine(url: str, *, durable: bool) -> Engine:
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": 60, "isolation_level": None, "check_same_thread": False})
        event.listen(engine, "connect", _durable_sqlite if durable else _quick_sqlite)
        event.listen(engine, "begin", _begin_immediately)
        return engine
    options = "" if durable else "-c synchronous_commit=off"
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
        if _version(connection) == HEAD:
            return
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(7203471)"))
        version = _version(connection)
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


def _version(connection: Connection) -> str | None:
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
