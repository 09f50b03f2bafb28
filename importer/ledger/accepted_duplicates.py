"""What the ledger knows of duplicates: the bills that it posted, by vendor, and those that a person has let go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from importer.domain.bills import Bill
from importer.ledger.entries import BILL_COLUMNS, OUT, held_of
from importer.ledger.ledger import Ledger
from importer.ledger.postings import LOOKED_BACK
from importer.ledger.schema import batches
from importer.ledger.tables import ACCEPTANCES, INVOICES


def posted_bills(ledger: Ledger, destination: str, vendor_ids: Sequence[str] | None) -> Iterator[tuple[str, Bill]]:
    """The bills of these vendors (None: all) that were posted from here, or may be, by key. `LedgerUnavailable`."""
    since = ledger.now() - LOOKED_BACK
    every = select(*BILL_COLUMNS).where(
        INVOICES.c.destination == destination, INVOICES.c.state.in_(OUT), INVOICES.c.changed_at >= since
    )
    queries = [every]
    if vendor_ids is not None:
        queries = [every.where(INVOICES.c.vendor_id.in_(batch)) for batch in batches(vendor_ids)]
    for query in queries:
        with ledger.reading() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            yield row.key, held_of(row)


@dataclass(frozen=True, slots=True)
class AcceptedDuplicate:
    """What a person's word covers: the likenesses that were shown then, each by its mark, of that content."""

    fingerprint: str | None  # None, and so the next: it was given before this was kept
    shown: frozenset[str] | None


def accepted(ledger: Ledger, keys: Sequence[str]) -> dict[str, AcceptedDuplicate]:
    """Those of the keys that a person has let go, and how far."""
    wanted = set(keys)
    columns = (ACCEPTANCES.c.key, ACCEPTANCES.c.fingerprint, ACCEPTANCES.c.shown)
    with ledger.reading() as connection:  # all of them: people decide so rarely that asking for these takes longer
        return {
            key: AcceptedDuplicate(fingerprint, None if shown is None else frozenset(shown))
            for key, fingerprint, shown in connection.execute(select(*columns))
            if key in wanted
        }


def accept(ledger: Ledger, reasons: Mapping[str, str], shown: Mapping[str, AcceptedDuplicate]) -> None:
    """Keeps that these invoices may go although they look like what was `shown`; a later word replaces an earlier."""
    with ledger.transaction() as connection:
        for key, reason in reasons.items():
            covers = shown.get(key, AcceptedDuplicate("", frozenset()))
            marks = {"fingerprint": covers.fingerprint, "shown": sorted(covers.shown or ())}
            connection.execute(delete(ACCEPTANCES).where(ACCEPTANCES.c.key == key))
            connection.execute(
                insert(ACCEPTANCES).values(
                    key=key, at=ledger.now(), run=ledger.run, who=ledger.who, reason=reason, **marks
                )
            )
