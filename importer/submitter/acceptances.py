"""What the ledger knows of duplicates: the bills that it posted, by vendor, and those that a person has let go."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import delete, insert, select

from importer.held import Held
from importer.submitter.ledger import Ledger
from importer.submitter.schema import batches
from importer.submitter.states import State
from importer.submitter.tables import ACCEPTANCES, INVOICES

POSTED = (State.SENDING, State.IN_DOUBT, State.ACCEPTED, State.CONFIRMED)
"""States in which ResMan has the invoice, or may have it."""

LOOKED_BACK = timedelta(days=550)
"""Older postings are not compared: the months that matter are the last eighteen."""


def posted_bills(ledger: Ledger, destination: str, vendor_ids: Sequence[str] | None) -> Iterator[tuple[str, Held]]:
    """The bills of these vendors (None: all) that were posted from here, or may be, by key. `LedgerUnavailable`."""
    columns = (
        INVOICES.c.key, INVOICES.c.property_id, INVOICES.c.vendor_id, INVOICES.c.invoice_number,
        INVOICES.c.total_in_cents, INVOICES.c.body, INVOICES.c.file, INVOICES.c.rows, INVOICES.c.sent_at,
        INVOICES.c.job_id,
    )  # fmt: skip
    since = datetime.now(UTC) - LOOKED_BACK
    every = select(*columns).where(
        INVOICES.c.destination == destination, INVOICES.c.state.in_(POSTED), INVOICES.c.changed_at >= since
    )
    queries = [every]
    if vendor_ids is not None:
        queries = [every.where(INVOICES.c.vendor_id.in_(batch)) for batch in batches(vendor_ids)]
    for query in queries:
        with ledger.reading() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            sent = json.loads(row.body)
            when = f"posted on {row.sent_at:%Y-%m-%d}" if row.sent_at else "posted"
            noun = "rows" if "," in row.rows else "row"
            yield (
                row.key,
                Held(
                    f"{when} from {row.file}, {noun} {row.rows}",
                    row.vendor_id,
                    row.property_id,
                    row.invoice_number,
                    date.fromisoformat(sent["invoice_date"]),
                    row.total_in_cents,
                    row.job_id,
                    tuple(dict.fromkeys(line["financial_account_id"] for line in sent["invoice_items"])),
                ),
            )


def accepted(ledger: Ledger, keys: Sequence[str]) -> frozenset[str]:
    """Those of the keys that a person has let go."""
    with ledger.reading() as connection:  # all of them: people decide so rarely that asking for these takes longer
        return frozenset(keys).intersection(connection.execute(select(ACCEPTANCES.c.key)).scalars())


def accept(ledger: Ledger, reasons: Mapping[str, str]) -> None:
    """Keeps that these invoices may go although they look like others; a later reason takes an earlier one's place."""
    with ledger.transaction() as connection:
        for key, reason in reasons.items():
            connection.execute(delete(ACCEPTANCES).where(ACCEPTANCES.c.key == key))
            connection.execute(
                insert(ACCEPTANCES).values(key=key, at=datetime.now(UTC), run=ledger.run, who=ledger.who, reason=reason)
            )
