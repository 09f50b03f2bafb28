"""What an invoice claims beside its key: every row of the vendor's that it is made of, and that no like bill is out.

All of it happens in the transaction that plans or retries the invoice, one after the other for everybody. An invoice
holds its rows while it is planned by a run that is alive, being sent, accepted, confirmed or in doubt. One that was
refused, released, failed or given up holds them until another claims them; from then on it has lost them, and is
neither sent nor retried while they are lost. Everything is looked up by an index: what went out before costs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from importer.domain.identity import normalised_number
from importer.domain.payload import Payload
from importer.ledger.entries import (
    BILL_COLUMNS,
    OUT,
    Contest,
    PlannedPost,
    Rival,
    Terms,
    held_of,
)
from importer.ledger.original_files import rows_of_original
from importer.ledger.row_lineage import digest
from importer.ledger.schema import batches
from importer.ledger.states import State
from importer.ledger.tables import CLAIMS, INVOICES

COLUMNS = (
    *BILL_COLUMNS, *(INVOICES.c[name] for name in ("destination", "state", "owner", "like_number", "like_day")),
)  # fmt: skip

SPLIT_WITHIN = timedelta(days=31)
"""One bill that is split over properties goes out about the same time."""

RivalsByKey = dict[str, tuple[Rival, ...]]  # by key of an invoice, what stands against it


def likenesses_of(destination: str, payload: Payload) -> tuple[str, str]:
    """By what bills that look like this one are found: number and amount; vendor, amount and date."""
    return likeness_marks(
        destination,
        payload.integration_id,
        payload.vendor_id,
        payload.invoice_number,
        payload.invoice_date,
        payload.total_amount_in_cents,
    )


def likeness_marks(
    destination: str, integration_id: str, vendor_id: str, number: str, issued: date, cents: int
) -> tuple[str, str]:
    """The same of what the ledger has kept."""
    account = (destination, integration_id)
    return (
        digest("number", *account, normalised_number(number), cents),
        digest("day", *account, vendor_id, cents, issued.isoformat()),
    )


@dataclass(slots=True)
class Claims:
    """The claims as one run sees them in one transaction, or in one look."""

    connection: Connection
    run: str
    dead_owners: Callable[[Connection], Collection[str]]
    _dead: set[str] | None = field(default=None)

    # ---------------------------------------------------------------------------------------------- the rows

    def contested(self, intents: Iterable[PlannedPost]) -> RivalsByKey:
        """By key, the invoices that hold rows of these. Only looks."""
        wanted = [intent for intent in intents if intent.origins]
        holders = self._holders(identity for intent in wanted for identity, _ in intent.origins)
        rows = self._invoices(key for some in holders.values() for key in some)
        return {
            intent.key: rivals for intent in wanted if (rivals := tuple(self._rivals_of_rows(intent, holders, rows)))
        }

    def hold(self, destination: str, intents: Sequence[PlannedPost], terms: Terms) -> tuple[RivalsByKey, RivalsByKey]:
        """Makes these hold their rows, each that is not refused. What refuses some, and what the others look like."""
        keys = [intent.key for intent in intents]
        for batch in batches(keys):
            self.connection.execute(delete(CLAIMS).where(CLAIMS.c.key.in_(batch)))
        holders = self._holders(identity for intent in intents for identity, _ in intent.origins)
        rows = self._invoices([key for some in holders.values() for key in some] + keys)
        self._give_up_dead(rows)
        likely = self.likenesses(destination, intents, terms)
        refused: RivalsByKey = {}
        alike: RivalsByKey = {}
        lost: dict[str, set[str]] = {}
        claimed: list[dict[str, str]] = []
        for intent in intents:
            held = list(self._rivals_of_rows(intent, holders, rows))
            beside = {each.key for each in held}
            near = (*held, *(each for each in likely.get(intent.key, ()) if each.key not in beside))
            against = [each for each in near if not terms.accepts(intent, each)]
            if any(each.why.stops or terms.likeness_stops for each in against):
                refused[intent.key] = tuple(against)
                continue
            if against:
                alike[intent.key] = tuple(against)
            for identity, original in intent.origins:
                here = holders.setdefault(identity, [])
                for key in here:
                    if key not in beside and key != intent.key:
                        lost.setdefault(key, set()).add(identity)
                is_beside = any(key in beside for key in here)
                claimed.append(_claim(intent.key, identity, original, is_beside=is_beside))
                here[:] = [*(key for key in here if key in beside), intent.key]
        for key, identities in lost.items():
            mine = (CLAIMS.c.key == key, CLAIMS.c.holds.in_(sorted(identities)))
            self.connection.execute(update(CLAIMS).where(*mine).values(holds=None, beside=""))
        if claimed:
            self.connection.execute(insert(CLAIMS), claimed)
        return refused, alike

    def hold_again(self, key: str) -> None:
        """Makes an invoice that turns out to be out after all hold its rows, beside whoever has claimed them since."""
        mine = (CLAIMS.c.key == key, CLAIMS.c.holds.is_(None))
        self.connection.execute(update(CLAIMS).where(*mine).values(holds=CLAIMS.c.identity, beside=key))

    def _rivals_of_rows(
        self, intent: PlannedPost, holders: Mapping[str, Sequence[str]], rows: Mapping[str, Row[Any]]
    ) -> Iterable[Rival]:
        keys = dict.fromkeys(
            key for identity, _ in intent.origins for key in holders.get(identity, ()) if key != intent.key
        )
        return [_rival(rows[key], Contest.ROWS) for key in keys if key in rows and self._is_out(rows[key])]

    def _holders(self, identities: Iterable[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for batch in batches(sorted(set(identities))):
            query = select(CLAIMS.c.holds, CLAIMS.c.key).where(CLAIMS.c.holds.in_(batch))
            for identity, key in self.connection.execute(query):
                found.setdefault(identity, []).append(key)
        return found

    def _invoices(self, keys: Iterable[str]) -> dict[str, Row[Any]]:
        query = select(*COLUMNS)
        return {
            row.key: row
            for batch in batches(sorted(set(keys)))
            for row in self.connection.execute(query.where(INVOICES.c.key.in_(batch)))
        }

    def _is_out(self, row: Row[Any]) -> bool:
        """True where it is in ResMan, may be, or is about to go."""
        if row.state == State.PLANNED:
            return row.owner is not None and (row.owner == self.run or row.owner not in self._of_the_dead())
        return row.state in OUT

    def _of_the_dead(self) -> set[str]:
        if self._dead is None:
            self._dead = set(self.dead_owners(self.connection))
        return self._dead

    def _give_up_dead(self, rows: dict[str, Row[Any]]) -> None:
        """Takes what dead runs have planned from them: whoever was merely asleep sends none of it."""
        planned = [
            row.key
            for row in rows.values()
            if row.state == State.PLANNED and row.owner not in (None, self.run) and row.owner in self._of_the_dead()
        ]
        for batch in batches(planned):
            theirs = (INVOICES.c.key.in_(batch), INVOICES.c.state == State.PLANNED)
            dead = INVOICES.c.owner.in_(self._of_the_dead())
            self.connection.execute(update(INVOICES).where(*theirs, dead).values(owner=None))
        rows.update(self._invoices(planned))

    # ---------------------------------------------------------------------------------------------- the likenesses

    def likenesses(self, destination: str, intents: Iterable[PlannedPost], terms: Terms) -> RivalsByKey:
        """By key, the bills of other runs that these look like, and that stand in none of this run's files."""
        marks: dict[str, list[PlannedPost]] = {}
        for intent in intents:
            if intent.origins:  # of what came from nobody knows where, nobody knows what stood beside it
                for mark in likenesses_of(destination, intent.payload):
                    marks.setdefault(mark, []).append(intent)
        if not marks:
            return {}
        others = [row for row in self._looking_like(marks) if row.run != self.run and row.key not in terms.keys]
        others = [row for row in others if self._is_out(row)]
        here = self._standing_in([row.key for row in others], terms.rows)
        found: dict[str, dict[str, Rival]] = {}
        for row in others:
            for mark in (row.like_number, row.like_day) if row.key not in here else ():
                for intent in marks.get(mark, ()):
                    why = _why(intent.payload, row, is_number=mark == row.like_number)
                    if why is not None and row.key != intent.key:
                        found.setdefault(intent.key, {}).setdefault(row.key, _rival(row, why))
        return {key: tuple(rivals.values()) for key, rivals in found.items()}

    def _looking_like(self, marks: Iterable[str], states: Sequence[State] = OUT) -> list[Row[Any]]:
        found: dict[str, Row[Any]] = {}
        for batch in batches(sorted(set(marks))):
            for column in (INVOICES.c.like_number, INVOICES.c.like_day):
                out = or_(INVOICES.c.state.in_(states), INVOICES.c.owner.is_not(None))
                rows = self.connection.execute(select(*COLUMNS).where(column.in_(batch), out))
                found.update({row.key: row for row in rows})
        return list(found.values())

    def _standing_in(self, keys: Sequence[str], rows: Collection[str]) -> set[str]:
        """Those of the invoices that are made of one of these rows."""
        if not rows:
            return set()
        query = select(CLAIMS.c.key, CLAIMS.c.identity)
        return {
            key
            for batch in batches(keys)
            for key, identity in self.connection.execute(query.where(CLAIMS.c.key.in_(batch)))
            if identity in rows
        }

    # ---------------------------------------------------------------------------------------------- one that failed

    def overtaken(self, key: str) -> str | None:
        """The key of the invoice for which a failed one must not be written again: it has claimed a row of it since,
        or it went out since, looks like it, and stood beside it in no file. None where there is none.

        What is asked for again can wait, so more looks like it here than where a bill is planned: date and amount with
        the same vendor or property will do, whatever the number is by now."""
        mine = self._invoices([key]).get(key)
        if mine is None:
            return None
        claims = self.connection.execute(select(CLAIMS).where(CLAIMS.c.key == key)).all()
        holders = self._holders(claim.identity for claim in claims)
        rows = self._invoices(other for some in holders.values() for other in some)
        for claim in claims:
            for other in holders.get(claim.identity, ()):
                if other != key and (claim.holds is None or self._is_out(rows[other])):
                    return other
        marks = (mine.like_number, mine.like_day)
        alike = {row.key: row for row in self._looking_like(marks, (*OUT, State.FAILED))}
        alike |= {row.key: row for row in self._of_one_amount(mine)}
        likely = [row for row in alike.values() if self._is_since(row, mine)]
        return next((row.key for row in likely if not self._stood_together(mine, row)), None)

    def _of_one_amount(self, mine: Row[Any]) -> list[Row[Any]]:
        """What is out, or failed, over the same amount at the same vendor or property."""
        query = select(*COLUMNS).where(
            INVOICES.c.destination == mine.destination,
            INVOICES.c.total_in_cents == mine.total_in_cents,
            INVOICES.c.state.in_((*OUT, State.FAILED)),
            or_(INVOICES.c.vendor_id == mine.vendor_id, INVOICES.c.property_id == mine.property_id),
        )
        return list(self.connection.execute(query))

    def _is_since(self, row: Row[Any], mine: Row[Any]) -> bool:
        """True where another bill of the same date went, or failed, after this one did. Of several that failed, each
        after a correction, the last alone is without one."""
        has_gone = row.state == State.FAILED or self._is_out(row)
        if row.key == mine.key or not has_gone or _issued(row) != _issued(mine):
            return False
        return row.sent_at is None or mine.sent_at is None or row.sent_at > mine.sent_at

    def _stood_together(self, one: Row[Any], other: Row[Any]) -> bool:
        """True where both stood in one file, or went in one run: then they are two bills."""
        if one.run == other.run:
            return True
        query = select(CLAIMS.c.identity, CLAIMS.c.original)
        made_of = [self.connection.execute(query.where(CLAIMS.c.key == row.key)).all() for row in (one, other)]
        for mine, theirs in (made_of, made_of[::-1]):
            identities = {identity for identity, _ in theirs}
            for original in {original for _, original in mine}:
                if not identities.isdisjoint(each.identity for each in rows_of_original(self.connection, original)):
                    return True
        return False


def _claim(key: str, identity: str, original: str, *, is_beside: bool) -> dict[str, str]:
    beside = key if is_beside else ""
    return {"key": key, "identity": identity, "original": original, "holds": identity, "beside": beside}


def _issued(row: Row[Any]) -> str:
    return str(json.loads(row.body)["invoice_date"])


def _rival(row: Row[Any], why: Contest) -> Rival:
    bill = held_of(row)
    rows = f"{row.file}, {'rows' if ',' in row.rows else 'row'} {row.rows}"
    if row.state == State.PLANNED:
        bill = bill._replace(where=f"about to be posted by another run from {rows}")
    elif row.state == State.SENDING:
        bill = bill._replace(where=f"being posted from {rows}")
    elif row.state == State.IN_DOUBT:
        bill = bill._replace(where=f"sent from {rows}, and it is not known whether it arrived")
    return Rival(row.key, bill, why)


def _why(payload: Payload, row: Row[Any], *, is_number: bool) -> Contest | None:
    """What a bill with one of these likenesses has in common with it; None where that says nothing."""
    is_vendor = row.vendor_id == payload.vendor_id
    is_property = row.property_id == payload.property_id
    if is_number:
        apart = abs(date.fromisoformat(_issued(row)) - payload.invoice_date)
        if is_vendor:
            return Contest.NUMBER if apart <= SPLIT_WITHIN else None
        return Contest.VENDOR if is_property and not apart else None
    return Contest.DOUBT if row.state == State.IN_DOUBT and is_property else Contest.DAY
