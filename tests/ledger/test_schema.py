"""How a ledger is opened: made, brought up to date, or refused."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, inspect, text

from importer.errors import LedgerUnavailable, NotTheNewest
from importer.ledger import schema
from importer.ledger.original_files import (
    any_sheet_id,
    original_id,
    row_identity,
    rows_of_original,
)
from importer.ledger.refusals import Refusal
from importer.ledger.schema import HEAD, Store, open_store
from importer.ledger.states import Event, State
from importer.ledger.tables import CONTENTS, INVOICES, METADATA
from importer.ledger.witness import must_be_whole
from tests.sending.made import (
    PLACE,
    at_work,
    entry,
    intent,
    rows_of,
    sends,
)

MIGRATIONS = str(Path(schema.__file__).with_name("migrations"))


def migrate(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def left_to_do(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, METADATA))


def test_the_newest_migration_is_the_one_that_the_code_expects() -> None:
    """One road of migrations, and its end is `HEAD`."""
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_migrations_and_tables_give_the_same_ledger(address: str) -> None:
    """A ledger that grew up step by step has what a new one has, on both databases."""
    engine = create_engine(address)
    with engine.begin() as connection:
        migrate(connection, "head")
        assert left_to_do(connection) == []
    engine.dispose()


def test_a_new_ledger_is_complete(store: Store) -> None:
    """Made from the tables, and marked with the newest version."""
    with store.durable.connect() as connection:
        assert left_to_do(connection) == []
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == HEAD


LATER_THAN_0007 = {
    "TABLE": ("claims", "originals", "row_marks", "journals", "seen_logs", "strangers", "proofs"),
    "INDEX": ("invoices_by_like_number", "invoices_by_like_day", "attempts_by_journal", "invoices_by_sending"),
    "invoices": ("like_number", "like_day", "alarm", "refusal"),
    "attempts": ("journal", "seq", "chain"),
}


def back_to_0007(connection: Connection) -> None:
    """Takes everything out of a ledger that was added after version 0007."""
    for what, names in LATER_THAN_0007.items():
        for name in names:
            gone = f"DROP {what} {name}" if what in ("TABLE", "INDEX") else f"ALTER TABLE {what} DROP COLUMN {name}"
            connection.execute(text(gone))
    connection.execute(text("UPDATE alembic_version SET version_num = '0007'"))


def test_an_old_ledger_is_brought_up_to_date(address: str) -> None:
    """With all that it knows: its invoices, its attempts and its runs are there afterwards, and can be worked with."""
    with closing(open_store(address)) as made:
        ledger = at_work(made, "old")
        sends(ledger, intent(), Event.ACCEPTED, "job-1")
        before = entry(ledger, intent())
        with made.durable.begin() as connection:
            kept = {
                name: [dict(row) for row in connection.execute(METADATA.tables[name].select()).mappings()]
                for name in ("runs", "invoices", "attempts")
            }
            METADATA.drop_all(connection)
    engine = create_engine(address)
    with engine.begin() as connection:
        migrate(connection, "0001")
        assert "machine" not in {column["name"] for column in inspect(connection).get_columns("runs")}
        for name, rows in kept.items():
            late = ("sheets", "alarm", "refusal", "like_number", "like_day")
            new = {"runs": ("machine", "names", "results_due"), "invoices": late}
            left_out = new.get(name, ("id", "journal", "seq", "chain"))  # new; counted by the database
            for row in rows:
                values = {column: value for column, value in row.items() if column not in left_out}
                connection.execute(METADATA.tables[name].insert().values(values))
    engine.dispose()
    with closing(open_store(address)) as opened:
        with opened.durable.connect() as connection:
            assert left_to_do(connection) == []
        ledger = at_work(opened, "new")
        assert entry(ledger, intent()) == before
        assert [each["event"] for each in ledger.attempts(intent().key)] == [Event.INTENT, Event.ACCEPTED]
        assert [each["id"] for each in ledger.runs(5)] == ["new", "old"]
        assert ledger.record(Event.CONFIRMED, intent().key, expected_job="job-1")
        must_be_whole(ledger)
        with opened.durable.begin() as connection:
            connection.execute(INVOICES.delete())
        with pytest.raises(NotTheNewest, match="1 of the invoices that were sent is gone"):
            must_be_whole(ledger)


def test_what_failed_in_words_that_prove_nothing_is_in_doubt_from_then_on(address: str) -> None:
    """A ledger of an older version: its failures are read anew, and each job is that of the invoice that had it."""
    said = {"A": "Vendor not found", "B": "Something went wrong", "C": None, "D": "Duplicate invoice number"}
    with closing(open_store(address)) as made:
        ledger = at_work(made, "old")
        for number, words in said.items():
            sends(ledger, intent(number), Event.ACCEPTED, f"job-{number}")
            assert ledger.record(Event.FAILED, intent(number).key, said=words)
        with made.durable.begin() as connection:
            back_to_0007(connection)
    with closing(open_store(address)) as opened:
        ledger = at_work(opened, "new")
        found = {number: entry(ledger, intent(number)) for number in said}
        assert {number: (each.state, each.refusal) for number, each in found.items()} == {
            "A": (State.FAILED, Refusal.VENDOR),
            "B": (State.IN_DOUBT, None),
            "C": (State.IN_DOUBT, None),
            "D": (State.FAILED, Refusal.DUPLICATE),
        }
        assert {ledger.stands_on(PLACE, f"job-{number}") for number in said} == {intent(each).key for each in said}


def test_a_newer_ledger_is_refused(address: str) -> None:
    """Nothing is written into what a newer version has made."""
    with closing(open_store(address)) as made, made.durable.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    with pytest.raises(LedgerUnavailable, match="newer version"):
        open_store(address)


OPENING = """
import sys
from importer.ledger.schema import open_store
sys.stdin.read(1)
open_store(sys.argv[1]).close()
"""


def test_several_make_the_same_ledger_at_once(address: str) -> None:
    """Processes that start together on an empty database all find one ledger."""
    openers = [
        subprocess.Popen([sys.executable, "-c", OPENING, address], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    for one in openers:
        assert one.stdin is not None
        one.stdin.write(b".")
        one.stdin.flush()
    for one in openers:
        _, errors = one.communicate()
        assert (one.returncode, errors) == (0, b"")
    with closing(open_store(address)) as store, store.durable.connect() as connection:
        assert left_to_do(connection) == []


# ---------------------------------------------------------------------- SQLite


def pragma(store: Store, name: str, *, durable: bool = True) -> object:
    with (store.durable if durable else store.quick).connect() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def test_a_committed_intent_survives_a_power_cut(here: Store) -> None:
    """The ledger's connections write ahead and wait for the disk (FULL = 2); only the pace does not (NORMAL = 1)."""
    assert (pragma(here, "journal_mode"), pragma(here, "synchronous")) == ("wal", 2)
    assert (pragma(here, "journal_mode", durable=False), pragma(here, "synchronous", durable=False)) == ("wal", 1)


def test_a_look_waits_for_nobody(here: Store) -> None:
    """Reading takes no lock: it works while another process writes, and sees what is committed."""
    ledger = at_work(here, "mine")
    ledger.claim(PLACE, [intent()])
    begun: list[str] = []
    event.listen(here.durable, "before_cursor_execute", lambda *told: begun.append(told[2]))
    with here.quick.begin() as writer:
        writer.exec_driver_sql("UPDATE invoices SET state = 'sending'")
        assert entry(ledger, intent()).state is State.PLANNED
    assert not any(statement.startswith("BEGIN") for statement in begun)
    assert entry(ledger, intent()).state is State.SENDING


def test_a_ledger_in_memory_is_refused() -> None:
    """It would forget what was posted."""
    for address in ("sqlite://", "sqlite:///:memory:"):
        with pytest.raises(LedgerUnavailable, match="would forget"):
            open_store(address)


def test_other_databases_are_refused() -> None:
    """What has not been argued through is not offered."""
    with pytest.raises(LedgerUnavailable, match="neither SQLite nor PostgreSQL"):
        open_store("mysql://somewhere/ledger")
    with pytest.raises(LedgerUnavailable, match="not a database address"):
        open_store("ledger.sqlite3")


def test_an_address_with_a_wrong_port_is_no_address() -> None:
    """Said without the password that stands in it."""
    with pytest.raises(LedgerUnavailable, match="not a database address") as caught:
        open_store("postgresql+psycopg://importer:geheim@db.example.com:54x2/importer")
    assert "geheim" not in f"{caught.value} {caught.value.__cause__}"


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """Said in a sentence, and left as it is."""
    (tmp_path / "ledger.sqlite3").write_text("This is a letter to the bank, and not a ledger at all. " * 20)
    with pytest.raises(LedgerUnavailable, match="not a database"):
        open_store(f"sqlite:///{tmp_path / 'ledger.sqlite3'}")
    assert (tmp_path / "ledger.sqlite3").read_text().startswith("This is a letter")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file stands where the home should be."""
    (tmp_path / "home").write_text("")
    with pytest.raises(LedgerUnavailable, match="cannot be made"):
        open_store(f"sqlite:///{tmp_path / 'home' / 'ledger.sqlite3'}")


# ---------------------------------------------------------------------- a database that refuses


def test_a_full_disk_stops_before_anything_is_sent(here: Store) -> None:
    """The intent cannot be written, so nothing goes out; once there is room again, it goes on from there."""
    ledger = at_work(here, "mine")
    ledger.claim(PLACE, [intent()])
    size = int(str(pragma(here, "page_count")))
    with here.durable.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {size}")
        connection.commit()
    huge = "x" * 500_000
    with pytest.raises(LedgerUnavailable, match="full"):
        ledger.record(Event.INTENT, intent().key, plan=huge)
    with here.durable.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        connection.commit()
    assert entry(ledger, intent()).state is State.PLANNED
    assert ledger.record(Event.INTENT, intent().key)


def test_a_ledger_that_turns_read_only(here: Store) -> None:
    """Nothing is begun that could not be written down."""
    ledger = at_work(here, "mine")
    ledger.claim(PLACE, [intent()])
    event.listen(here.durable, "begin", lambda connection: connection.exec_driver_sql("PRAGMA query_only = ON"))
    with pytest.raises(LedgerUnavailable, match="readonly"):
        ledger.record(Event.INTENT, intent().key)
    assert entry(ledger, intent()).state is State.PLANNED


def test_a_server_that_is_away() -> None:
    """PostgreSQL cannot be reached: said without the password, and that nothing is sent without it."""
    with pytest.raises(LedgerUnavailable) as refused:
        open_store("postgresql+psycopg://clerk:geheim@127.0.0.1:9/ledger")
    assert "nothing is sent without it" in str(refused.value)
    assert "geheim" not in str(refused.value)


def test_a_connection_that_the_server_drops(postgres: str) -> None:
    """Idle connections that a server or a firewall has closed are noticed before they are used."""
    with closing(open_store(postgres)) as store:
        ledger = at_work(store, "mine")
        ledger.claim(PLACE, [intent()])
        other = create_engine(postgres, isolation_level="AUTOCOMMIT")
        with other.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        other.dispose()
        assert ledger.record(Event.INTENT, intent().key)


def test_a_few_connections_are_enough(postgres: str) -> None:
    """A server has few to give: a process takes no more than eight, however many threads it has."""
    with closing(open_store(postgres)) as store:
        ledger = at_work(store, "mine")
        ones = [intent(f"INV-{index}") for index in range(40)]
        ledger.claim(PLACE, ones)
        with ThreadPoolExecutor(20) as pool:
            assert all(pool.map(lambda one: ledger.record(Event.INTENT, one.key), ones))
        with store.durable.connect() as connection:
            query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            assert connection.execute(text(query)).scalar_one() <= 8


def test_what_went_before_claims_were_kept_is_claimed(address: str) -> None:
    """An older ledger brought up to date holds the rows that it knows, as if they were claimed today: by the content of
    the file, the sheet and the row; where the sheet was not kept, by content and row."""
    contents = [("one", "october.csv", "a" * 64), ("two", "bills.xlsx", "b" * 64), ("old", "older.xlsx", "c" * 64)]
    out = intent("INV-1")._replace(made_of=rows_of("october.csv", 2, 3))
    renumbered = intent("INV-2")._replace(made_of=rows_of("october.csv", 3))
    failed = intent("INV-3", cents=700)._replace(made_of=rows_of("bills.xlsx", 5))
    older = intent("INV-4", cents=800)._replace(made_of=rows_of("older.xlsx", 6))
    with closing(open_store(address)) as made:
        for run, ones in {"one": (out,), "later": (renumbered,), "two": (failed,), "old": (older,)}.items():
            ledger = at_work(made, run)
            for one in ones:
                sends(ledger, one, Event.ACCEPTED, f"job-{one.key}")
        assert ledger.record(Event.FAILED, failed.key, said="no such vendor")
        with made.durable.connect() as connection:
            rows = connection.execute(INVOICES.select()).all()
        marks = {row.key: (row.like_number, row.like_day) for row in rows}
        with made.durable.begin() as connection:
            values = [dict(zip(("run", "file", "sha256"), each, strict=True)) for each in contents]
            values.append({"run": "later", "file": "october.csv", "sha256": "a" * 64})
            connection.execute(CONTENTS.insert(), values)
            connection.execute(INVOICES.update().where(INVOICES.c.key == older.key).values(sheets=None))
            back_to_0007(connection)
    with closing(open_store(address)) as opened:
        with opened.durable.connect() as connection:
            assert left_to_do(connection) == []
            rows = connection.execute(INVOICES.select()).all()
            assert {row.key: (row.like_number, row.like_day) for row in rows} == marks
        ledger = at_work(opened, "new")
        october, bills, any_sheet = (
            original_id(PLACE, "a" * 64, None), original_id(PLACE, "b" * 64, None), any_sheet_id(PLACE, "c" * 64)
        )  # fmt: skip
        for table, number, others in (
            (october, 2, [out.key]),
            (october, 3, [out.key, renumbered.key]),
            (bills, 5, []),
            (any_sheet, 6, [older.key]),
        ):
            again = intent(f"NEW-{number}", cents=1)._replace(origins=((row_identity(table, number), table),))
            rivals = ledger.claim(PLACE, [again]).rivals.get(again.key, ())
            assert sorted(each.key for each in rivals) == sorted(others), number
        assert not ledger.record(Event.RETRY_INTENT, failed.key), "its row was claimed by another since"
        facts = ("inv-1", "vend-greenleaf", "prop-maplecourt", "2026-10-01", "")
        with ledger.reading() as look:
            assert next(each.facts for each in rows_of_original(look, october)) == facts
