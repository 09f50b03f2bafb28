"""Whether this ledger is the newest: what its homes' journals say, and what it says of itself.

Each intent is a link of a chain, counted for each home, in the ledger first and in that home's journal then (see
`journal`). A ledger that lacks a link of a journal was lost, restored, or went on elsewhere. One that holds fewer rows
than it has counted had rows deleted by hand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, func, select, update

from importer.domain.money import dollars
from importer.errors import NotTheNewest
from importer.ledger.journal import Journal, JournalLine, Link
from importer.ledger.schema import batches
from importer.ledger.tables import ATTEMPTS, INVOICES, JOURNALS

if TYPE_CHECKING:
    from importer.ledger.run_records import RunStore

MOST_NAMED = 5

_COUNTED = (
    update(JOURNALS)
    .where(JOURNALS.c.id == bindparam("journal"))
    .values(intents=JOURNALS.c.intents + 1, invoices=JOURNALS.c.invoices + bindparam("first"))
    .returning(JOURNALS.c.intents, JOURNALS.c.chain)
)
_CHAINED = update(JOURNALS).where(JOURNALS.c.id == bindparam("journal")).values(chain=bindparam("now"))


def next_link(book: RunStore, connection: Connection, journal: str, *, is_first: bool, about: Sequence[str]) -> Link:
    """Counts one intent more for this journal, within the transaction that writes it. `is_first`: of its invoice;
    `about` is what the link vouches for. The journal's row is always the last that a transaction locks."""
    more = {"journal": journal, "first": int(is_first)}
    counted = connection.execute(_COUNTED, more).first()
    if counted is None:
        connection.execute(book.insert_or_not(JOURNALS).values(id=journal, intents=0, invoices=0, chain=""))
        counted = connection.execute(_COUNTED, more).one()
    content = "\x1f".join((counted.chain, str(counted.intents), *about))
    chain = hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:32]
    connection.execute(_CHAINED, {"journal": journal, "now": chain})
    return Link(counted.intents, chain)


@dataclass(frozen=True, slots=True)
class Missing:
    """What journals have and the ledger lacks."""

    lines: tuple[JournalLine, ...]  # of those that were looked at, the newest first
    count: int  # at least

    def __bool__(self) -> bool:
        return self.count > 0

    @property
    def named(self) -> str:
        """Some of the invoices, for people."""
        said = [f"{line.number} ({dollars(line.cents)}, run {line.run})" for line in self.lines[:MOST_NAMED]]
        left = self.count - len(said)
        return ", ".join([*said, f"and {left:,} more"] if left > 0 else said)


def missing(book: RunStore, journal: Journal) -> Missing:
    """What stands in the journals of a home and not in this ledger. Raises `LedgerUnavailable`."""
    lines: list[JournalLine] = []
    count = 0
    for name, tail in journal.tails().items():  # before the ledger is asked, which only grows
        there = {line.seq: line for line in tail}
        with book.reading() as connection:
            kept: set[Link] = set()
            for batch in batches(sorted(there)):
                query = select(ATTEMPTS.c.seq, ATTEMPTS.c.chain).where(
                    ATTEMPTS.c.journal == name, ATTEMPTS.c.seq.in_(batch)
                )
                kept |= {Link(*row) for row in connection.execute(query)}
            known = connection.execute(select(JOURNALS.c.intents).where(JOURNALS.c.id == name)).scalar() or 0
        lacking = [line for line in tail if line.link not in kept]
        lines += lacking
        count += max(len({line.link for line in lacking}), max(there, default=0) - known)
    newest = dict.fromkeys(sorted(lines, key=lambda line: (line.at, line.seq), reverse=True))
    return Missing(tuple(newest), count)


def never_sent(book: RunStore, keys: Sequence[str]) -> list[str]:
    """Those of the keys of which this ledger does not know that they were ever sent. Raises `LedgerUnavailable`."""
    sent: set[str] = set()
    for batch in batches(keys):
        with book.reading() as connection:
            query = select(INVOICES.c.key).where(INVOICES.c.key.in_(batch), INVOICES.c.sent_at.is_not(None))
            sent.update(connection.execute(query).scalars())
    return [key for key in keys if key not in sent]


def must_be_whole(book: RunStore) -> None:
    """Raises `NotTheNewest` for a ledger from which rows of what was sent were deleted. It counts rows: some hundredths
    of a second for a million."""
    with book.reading() as connection:
        intents, invoices = connection.execute(
            select(func.coalesce(func.sum(JOURNALS.c.intents), 0), func.coalesce(func.sum(JOURNALS.c.invoices), 0))
        ).one()
        # Counted after that, so that what is sent meanwhile does not count as missing.
        there = connection.execute(
            select(func.count()).select_from(ATTEMPTS).where(ATTEMPTS.c.journal.is_not(None))
        ).scalar_one()
        sent = connection.execute(
            select(func.count()).select_from(INVOICES).where(INVOICES.c.sent_at.is_not(None))
        ).scalar_one()
    lost = max(int(invoices) - sent, int(intents) - there)
    if lost > 0:
        raise NotTheNewest(
            f"From the ledger {lost:,} of the invoices that were sent {'is' if lost == 1 else 'are'} gone: "
            "somebody has deleted rows in it, or it is damaged. Nothing was sent.",
            "Put a whole copy of it back, with all files whose names begin like its own.",
        )
