"""Who a ledger is, and its seal: made once, kept in the ledger itself, so that all who share it have the same."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import func, select

from importer.domain.seals import Seal
from importer.ledger.ledger import Ledger
from importer.ledger.tables import IDENTITY, RUNS

NAME, KEY = "ledger", "seal"


def identity(ledger: Ledger) -> str:
    """The name of this ledger: random, given once, and the same for everybody who uses it."""
    return _given_once(ledger, NAME, lambda: secrets.token_hex(16))


def seal_of(ledger: Ledger) -> Seal:
    """The ledger's seal. Its key is made on first use, and lies nowhere but in the ledger. `LedgerUnavailable`."""
    kept = json.loads(_given_once(ledger, KEY, lambda: _new_seal(ledger)))
    where = ledger.store.durable.url.render_as_string(hide_password=True)
    return Seal(
        identity(ledger), f"{where}, of {ledger.who}", datetime.fromisoformat(kept["since"]), bytes.fromhex(kept["key"])
    )


def _new_seal(ledger: Ledger) -> str:
    """It counts from the last run of the versions without one: every later run has it."""
    with ledger.reading() as connection:
        before = select(func.max(RUNS.c.started)).where(RUNS.c.id != ledger.run)
        since = connection.execute(before).scalar() or datetime.min.replace(tzinfo=UTC)
    return json.dumps({"key": secrets.token_hex(32), "since": since.isoformat()})


def _given_once(ledger: Ledger, name: str, make: Callable[[], str]) -> str:
    query = select(IDENTITY.c.value).where(IDENTITY.c.name == name)
    with ledger.reading() as connection:
        known = connection.execute(query).scalar()
    if known is None:
        value = make()
        with ledger.transaction() as connection:
            connection.execute(ledger.insert_or_not(IDENTITY).values(name=name, value=value))
            known = connection.execute(query).scalar_one()
    return str(known)
