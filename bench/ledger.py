"""The ledger beside bare sqlite3 with as many commits: an empty one, and one that knows a million invoices."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from threading import Event as Flag

from bench.measuring import PYTHON, Comparison, Measured, Size, run
from importer.clock import Clock
from importer.domain.invoice import Row, Source
from importer.domain.payload import Body, Payload, PayloadLine
from importer.ledger.entries import NO_TERMS, PlannedPost
from importer.ledger.journal import Journal
from importer.ledger.ledger import Ledger
from importer.ledger.row_lineage import digest
from importer.ledger.schema import open_store
from importer.ledger.states import Event, State
from importer.ledger.witness import missing, must_be_whole
from importer.propexo.rate_limit import Pace
from importer.sending.send import IN_FLIGHT

HISTORY = 10
"""So many invoices in the large ledger for each row of the largest file."""

RAW = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("PRAGMA synchronous = FULL")
connection.execute("CREATE TABLE IF NOT EXISTS invoices (key TEXT PRIMARY KEY, state TEXT, body TEXT)")
count = int(sys.argv[2])
keys = [f"{os.getpid()} {n}" for n in range(count)]
connection.execute("BEGIN")
connection.executemany("INSERT INTO invoices VALUES (?, 'planned', ?)", ((key, "x" * 400) for key in keys))
connection.execute("COMMIT")
for key in keys:
    for state in ("sending", "accepted"):
        connection.execute("UPDATE invoices SET state = ? WHERE key = ?", (state, key))
"""

GROW = """
INSERT INTO invoices (key, destination, integration_id, property_id, vendor_id, invoice_number, fingerprint, body,
    total_in_cents, state, owner, run, file, rows, plan, sent_at, job_id, changed_at, like_number, like_day)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
SELECT lower(hex(randomblob(12))), :place, 'intg-bench', 'prop-' || (i % 90), 'vend-' || (i % 400), 'OLD-' || i,
    lower(hex(randomblob(32))), :body, 12500, 'confirmed', NULL, 'run-' || (i / 500), 'file-' || (i / 500), i, :plan,
    '2026-01-01 00:00:00.000000', 'job-' || i, '2026-01-01 00:00:00.000000', lower(hex(randomblob(12))),
    lower(hex(randomblob(12))) FROM n
"""
GROW_ATTEMPTS = """
INSERT INTO attempts (key, at, run, who, event, fingerprint, file, rows, job_id)
SELECT key, sent_at, run, 'clerk@desk', column1, fingerprint, file, rows,
    CASE column1 WHEN 'accepted' THEN job_id END FROM invoices, (VALUES ('intent'), ('accepted'), ('confirmed'))
"""
GROW_CLAIMS = """
INSERT INTO claims (key, identity, original, holds, beside)
SELECT key, key, substr(key, 1, 24), key, '' FROM invoices
"""
GROW_MARKS = "INSERT INTO row_marks (mark, identity, original) SELECT key, key, key FROM invoices"
PLACE = "https://api.example"


def compare(folder: Path, size: Size) -> Iterator[Comparison]:
    """An invoice for each fifty rows of the largest file is recorded: the intent and the answer, each on the disk."""
    count = max(10, size.rows // 50)
    known = size.rows * HISTORY
    large, empty = (folder / home / "ledger.sqlite3" for home in ("large", "empty"))  # a journal is of one ledger
    for ledger in (large, empty):
        ledger.parent.mkdir()
    _grow(large, known)

    def measured(name: str, work: str, ledger: Path) -> Measured:
        return run(f"{name}", [PYTHON, "-m", "bench.ledger", work, ledger, str(count)])

    ours = measured("ours, empty at first", "record", empty)
    grown = measured(f"ours, {known:,} invoices in it", "record", large)
    raw = run("sqlite3 alone, the same commits", [PYTHON, "-c", RAW, folder / "raw.sqlite3", str(count)])
    per_second = f"{count / ours.seconds:,.0f} a second"
    yield Comparison(f"Record {count:,} invoices as they are sent, {per_second}", (ours, raw))
    yield Comparison(f"The same, with {known:,} invoices in it, {count / grown.seconds:,.0f} a second", (grown, ours))
    claims = (
        measured(f"ours, {known:,} invoices in it", "claim", large),
        measured("ours, empty at first", "claim", empty),
    )
    yield Comparison(f"Claim {count:,} invoices, their rows and what they look like", claims)
    answers = (
        measured(f"ours, {known:,} invoices in it", "answer", large),
        measured("ours, empty at first", "answer", empty),
    )
    yield Comparison(f"Look up {count:,} invoices, the accepted ones and the history", answers)


def _grow(path: Path, count: int) -> None:
    """Makes a ledger with so many confirmed invoices and all their attempts."""
    with closing(open_store(f"sqlite:///{path}")) as store, store.quick.begin() as connection:
        values = {"count": count, "place": PLACE, "body": _intent(0).payload.body(), "plan": "sha256:" + "0" * 64}
        connection.exec_driver_sql("PRAGMA cache_size = -1000000")  # kB: its indices grow in no order
        connection.exec_driver_sql(GROW, values)
        connection.exec_driver_sql(GROW_ATTEMPTS)
        for statement in (GROW_CLAIMS, GROW_MARKS):
            connection.exec_driver_sql(statement)


def _intent(number: int) -> PlannedPost:
    line = PayloadLine(
        financial_account_id="finacct-6210", quantity_ordered=1, unit_price_in_cents=12_500, notes="Kitchen sink"
    )
    body = Body(
        integration_id="intg-bench",
        property_id="prop-bench",
        vendor_id=f"vend-{os.getpid()}-{number % 50}",
        invoice_number=f"INV-{os.getpid()}-{number}",  # a benchmark may be repeated
        invoice_date=date(2026, 10, 1),
        due_date=date(2026, 10, 31),
        notes="Grounds maintenance",
        memo="October service",
        total_amount_in_cents=25_000,
        invoice_items=(line, line),
    )
    payload = Payload.of(body)
    source = Source("october.csv", None, 1, (), {})
    origins = tuple((digest(os.getpid(), number, row), "october") for row in range(2))
    return PlannedPost(payload.key(PLACE), payload, (Row(source, number, ()), Row(source, number + 1, ())), origins)


def claim(path: Path, count: int) -> None:
    """What planning costs alone: key, two rows of the vendor's and likenesses of each, as `submit` claims them."""
    with closing(open_store(f"sqlite:///{path}")) as store:
        ledger = Ledger(store, f"claims-{os.getpid()}", "bench@desk", "desk", Clock().now)
        ledger.open_run(command="submit", destination=PLACE, started=datetime.now(UTC))
        intents = [_intent(number) for number in range(count)]
        assert not ledger.rivals(PLACE, intents, NO_TERMS)
        assert len(ledger.claim(PLACE, intents).owned) == count


def record(path: Path, count: int) -> None:
    """What `submit` does for each invoice, without the API: claim, turn, intent, answer; several at once."""
    with closing(open_store(f"sqlite:///{path}")) as store:
        ledger = Ledger(store, f"bench-{os.getpid()}", "bench@desk", "desk", Clock().now, Journal.of(path.parent))
        ledger.open_run(command="submit", destination=PLACE, started=datetime.now(UTC))
        pace = Pace(store, PLACE, 100_000, 60.0)
        stop = Flag()
        owned = ledger.claim(PLACE, [_intent(number) for number in range(count)]).owned

        def send(key: str) -> None:
            with pace.turn(stop) as turn:
                assert ledger.record(Event.INTENT, key, plan="sha256:plan")
                turn.went_out = True
                assert ledger.record(Event.ACCEPTED, key, job_id=f"job-{key}", http_status=200)

        with ledger.kept_alive(), ThreadPoolExecutor(IN_FLIGHT) as pool:
            for _ in pool.map(send, sorted(owned)):
                pass
        assert len(owned) == count
        ledger.close_run(finished=datetime.now(UTC), exit_code=0)


def answer(path: Path, count: int) -> None:
    """What `check`, `status` and `history` ask of a ledger before they ask anybody else."""
    with closing(open_store(f"sqlite:///{path}")) as store:
        ledger = Ledger(store, "bench", "bench@desk", "desk", Clock().now, Journal.of(path.parent))
        assert ledger.journal is not None
        assert not missing(ledger, ledger.journal)
        must_be_whole(ledger)
        keys = [each.key for each in islice(ledger.entries(PLACE, State.ACCEPTED), count)]
        assert len(ledger.standing(keys)) == count
        assert len(ledger.known_jobs([f"job-{key}" for key in keys])) == count
        assert ledger.release_dead_runs(PLACE) == 0
        assert ledger.runs(20)


if __name__ == "__main__":
    {"record": record, "answer": answer, "claim": claim}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
