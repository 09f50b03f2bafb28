"""Syncs: only by them does what ResMan has become visible in the lists."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime

from importer.sandbox import account
from importer.sandbox.behaviour import Behaviour
from importer.sandbox.intake import timestamp
from importer.sandbox.records import LISTS, synced_invoice
from importer.sandbox.store import SandboxStore

_WAITING = "SELECT * FROM syncs WHERE NOT applied AND finishes_at <= ? ORDER BY finishes_at"


def start(store: SandboxStore, models: Sequence[str], seconds: float) -> None:
    """Starts a sync of these lists (none named: of all). It sees what ResMan has now, and shows it when it is done."""
    now = store.now()
    store.database.execute(
        "INSERT INTO syncs (started_at, finishes_at, models) VALUES (?, ?, ?)",
        (now, now + seconds, json.dumps(list(models))),
    )


def catch_up(store: SandboxStore, behaviour: Behaviour) -> None:
    """Shows what the syncs that have finished by now have seen; runs the one that is due by itself."""
    now = store.now()
    due = store.row("SELECT 1 FROM syncs WHERE started_at > ?", (now - behaviour.sync_every,)) is None
    if not due and not store.rows(_WAITING, (now,)):
        return
    with store.change():
        if due:
            start(store, [], 0)
        for sync in store.rows(_WAITING, (store.now(),)):
            _apply(store, sync, behaviour.sync_days)


def last_completed(store: SandboxStore) -> str:
    """When the newest finished sync was done."""
    found = store.row("SELECT max(finishes_at) AS at FROM syncs WHERE applied")
    return timestamp(found["at"] if found else 0.0)


def _apply(store: SandboxStore, sync: sqlite3.Row, days: float) -> None:
    models = [model.replace("_", "-") for model in json.loads(sync["models"])] or list(LISTS)
    if "invoices" in models:
        _bring_invoices(store, sync["started_at"], sync["finishes_at"], days)
    if "accounting-entities" in models:
        today = datetime.fromtimestamp(store.now(), UTC).date()
        for entity in account.ENTITIES:
            store.database.execute(
                "UPDATE records SET content = json_set(content, '$.current_period', ?)"
                " WHERE kind = 'accounting-entities' AND id = ?",
                (entity.current_period(today), entity.id),
            )
    for model in models:
        store.database.execute(
            "UPDATE records SET last_seen = ? WHERE kind = ? AND NOT gone", (timestamp(sync["finishes_at"]), model)
        )
    store.database.execute("UPDATE syncs SET applied = 1 WHERE number = ?", (sync["number"],))


def _bring_invoices(store: SandboxStore, seen_at: float, shown_at: float, days: float) -> None:
    first = timestamp(seen_at - days * 86_400)[:10] if days else ""
    arrived = store.rows(
        "SELECT * FROM jobs WHERE kept AND NOT synced AND settles_at <= ? ORDER BY number",
        (seen_at,),
    )
    for job in arrived:
        content = synced_invoice(json.loads(job["body"]))
        if str(content["invoice_date"]) < first:
            continue
        record_id = f"inv-{secrets.token_hex(8)}"
        store.add("invoices", record_id, str(content["property_id"]), content, timestamp(shown_at), shown_at)
        store.database.execute("UPDATE jobs SET synced = 1 WHERE number = ?", (job["number"],))
