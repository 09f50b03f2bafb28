"""Who a ledger is, and its seal: made once, kept in the ledger itself, so that all who share it have the same."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime

from sqlalchemy import select

from importer.seals import Seal
from importer.submitter.ledger import Ledger
from importer.submitter.tables import IDENTITY

NAME, KEY = "ledger", "seal"


def identity(ledger: Ledger) -> str:
    """The name of this ledger: random, given once, and the same for everybody who uses it."""
    return _given_once(ledger, NAME, secrets.token_hex(16))


def seal_of(ledger: Ledger) -> Seal:
    """The ledger's seal. Its key is made on first use, and lies nowhere but in the ledger. `LedgerUnavailable`."""
    made = json.dumps({"key": secrets.token_hex(32), "since": datetime.now(UTC).isoformat()})
    kept = json.loads(_given_once(ledger, KEY, made))
    where = ledger.store.durable.url.render_as_string(hide_password=True)
    return Seal(
        identity(ledger), f"{where}, of {ledger.who}", datetime.fromisoformat(kept["since"]), bytes.fromhex(kept["key"])
    )


def _given_once(ledger: Ledger, name: str, value: str) -> str:
    query = select(IDENTITY.c.value).where(IDENTITY.c.name == name)
    with ledger.reading() as connection:
        known = connection.execute(query).scalar()
    if known is None:
        with ledger.transaction() as connection:
            connection.execute(ledger.insert_or_not(IDENTITY).values(name=name, value=value))
            known = connection.execute(query).scalar_one()
    return str(known)
