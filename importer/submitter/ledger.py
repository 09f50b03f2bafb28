"""The durable record of every invoice that was ever to be sent: what "never twice, never lost" rests on.

One row per invoice under a unique key; each change is an `UPDATE … WHERE state = expected AND owner = me`, committed
before the next step is taken, so that of any number of processes only one sends. Beside it, append-only attempts.

A run owns what it sends. While it lives it renews a lease; what a dead run left in "sending" goes to "in doubt",
what it left in "planned" is given up, so that one that was merely asleep sends none of it. An answer that arrives after
that is kept as evidence, not believed: it never takes an invoice out of doubt, but one that names a job nobody knew of
puts the invoice back into it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select, update

from importer.keys import normalised_number
from importer.models import Evidence
from importer.news import ALARM
from importer.submitter.entries import ENTRY_COLUMNS, Claim, Entry, Intent, entry_of, may_go
from importer.submitter.runs import RunBook
from importer.submitter.schema import BATCH, batches
from importer.submitter.states import MOVES, Event, Owner, State
from importer.submitter.tables import ATTEMPTS, INVOICES

DECISIVE = (
    Event.ACCEPTED, Event.REFUSED, Event.LOST, Event.OWNER_DIED, Event.CONFIRMED, Event.FAILED, Event.UNSURE,
    Event.FOUND_QUEUED, Event.FOUND_CONFIRMED, Event.FOUND_FAILED, Event.RELEASED,
)  # fmt: skip
"""Of these the last tells what became of what was sent."""

INTENTS = (Event.INTENT, Event.RETRY_INTENT)
"""After these, and before what follows them, a request may have gone out."""


@dataclass(frozen=True, slots=True)
class Ledger(RunBook):
    """The ledger as one run sees it: `run` is the owner that it writes."""

    # ---------------------------------------------------------------------------------------------- looking

    def standing(self, keys: Sequence[str]) -> dict[str, Entry]:
        """The entries of those keys that the ledger knows."""
        found: dict[str, Entry] = {}
        with self.reading() as connection:
            for batch in batches(keys):
                found |= self._standing(connection, batch)
        return found

    def _standing(self, connection: Connection, keys: Sequence[str]) -> dict[str, Entry]:
        query = select(*ENTRY_COLUMNS).where(INVOICES.c.key.in_(keys))
        found = {row.key: entry_of(row) for row in connection.execute(query)}
        planned = [key for key, each in found.items() if each.state is State.PLANNED and each.owner != self.run]
        # What another run has planned in the place of one that failed, and not sent, does not make that forgotten.
        last = select(func.max(ATTEMPTS.c.id)).where(ATTEMPTS.c.key.in_(planned), ATTEMPTS.c.event.in_(DECISIVE))
        before = ATTEMPTS.alias()
        job = (
            select(before.c.job_id)
            .where(before.c.key == ATTEMPTS.c.key, before.c.id <= ATTEMPTS.c.id)
            .where(before.c.job_id.is_not(None), before.c.event != Event.LATE)
            .order_by(before.c.id.desc())
            .limit(1)
        )
        failed = select(ATTEMPTS.c.key, ATTEMPTS.c.fingerprint, ATTEMPTS.c.detail, job.scalar_subquery()).where(
            ATTEMPTS.c.id.in_(last.group_by(ATTEMPTS.c.key)), ATTEMPTS.c.event.in_((Event.FAILED, Event.FOUND_FAILED))
        )
        for key, fingerprint, said, job_id in connection.execute(failed) if planned else ():
            found[key] = replace(found[key], state=State.FAILED, fingerprint=fingerprint, said=said, job_id=job_id)
        return found

    def entries(self, destination: str, state: State, *, run: str | None = None) -> Iterator[Entry]:
        """The entries in one state at one destination, of one run or of all, a batch at a time."""
        after = ""
        while True:
            query = (
                select(*ENTRY_COLUMNS)
                .where(INVOICES.c.destination == destination, INVOICES.c.state == state, INVOICES.c.key > after)
                .order_by(INVOICES.c.key)
                .limit(BATCH)
            )
            if run is not None:
                query = query.where(INVOICES.c.run == run)
            with self.reading() as connection:
                rows = connection.execute(query).all()
            yield from map(entry_of, rows)
            if len(rows) < BATCH:
                return
            after = rows[-1].key

    def failed(self, destination: str, *, run: str | None = None) -> Iterator[Entry]:
        """The entries that ResMan did not take, without those that went out since under another property or vendor.

        A correction of either makes another invoice of it in this ledger; writing the first one again would then make
        a second one in ResMan.
        """
        for entry in self.entries(destination, State.FAILED, run=run):
            if not self._went_out_otherwise(entry):
                yield entry

    def _went_out_otherwise(self, entry: Entry) -> bool:
        """True where an invoice of the same number and file is posted, or may be, at another property or vendor; or
        where a later run has sent it there, and it failed once more: then that one is to be retried, not this."""
        number = normalised_number(entry.invoice_number)
        there = INVOICES.c.state.in_((State.SENDING, State.ACCEPTED, State.CONFIRMED, State.IN_DOUBT))
        later = (INVOICES.c.run != entry.run) & (INVOICES.c.sent_at > entry.sent_at)
        with self.reading() as connection:
            query = select(INVOICES.c.invoice_number).where(
                INVOICES.c.destination == entry.destination,
                or_(there, (INVOICES.c.state == State.FAILED) & later),
                INVOICES.c.integration_id == entry.integration_id,
                INVOICES.c.file == entry.file,
                or_(INVOICES.c.vendor_id == entry.vendor_id, INVOICES.c.property_id == entry.property_id),
            )
            return any(normalised_number(each) == number for each in connection.execute(query).scalars())

    def attempts(self, key: str) -> list[Mapping[str, Any]]:
        """Everything that was ever tried for one invoice, oldest first."""
        with self.reading() as connection:
            query = select(ATTEMPTS).where(ATTEMPTS.c.key == key).order_by(ATTEMPTS.c.id)
            return [dict(row) for row in connection.execute(query).mappings()]

    def known_jobs(self, job_ids: Sequence[str]) -> dict[str, set[str]]:
        """Those of the jobs that belong to invoices of this ledger → the keys they belong to. Not by late answers."""
        found: dict[str, set[str]] = {}
        with self.reading() as connection:
            for batch in batches(job_ids):
                kept = select(INVOICES.c.job_id, INVOICES.c.key).where(INVOICES.c.job_id.in_(batch))
                tried = select(ATTEMPTS.c.job_id, ATTEMPTS.c.key).where(
                    ATTEMPTS.c.job_id.in_(batch), ATTEMPTS.c.event != Event.LATE
                )
                for job_id, key in [*connection.execute(kept), *connection.execute(tried)]:
                    found.setdefault(job_id, set()).add(key)
        return found

    # ---------------------------------------------------------------------------------------------- before sending

    def take_from_the_dead(self, destination: str) -> int:
        """Moves what dead runs were sending to "in doubt"; returns how many. Nothing else ever does so. What they had
        only planned is nobody's from then on."""
        with self.reading() as connection:
            if not self.dead_owners(connection):
                return 0
        with self.transaction() as connection:
            dead = (INVOICES.c.owner.in_(self.dead_owners(connection)), INVOICES.c.destination == destination)
            self._give_up(connection, *dead)
            abandoned = (*dead, INVOICES.c.state == State.SENDING)
            # Everybody locks rows in the order of their keys: nobody waits for somebody who waits for him.
            keys = select(INVOICES.c.key).where(*abandoned).order_by(INVOICES.c.key).with_for_update()
            moved = connection.execute(
                update(INVOICES)
                .where(INVOICES.c.key.in_(list(connection.execute(keys).scalars())), *abandoned)
                .values(state=State.IN_DOUBT, owner=None, changed_at=self.now(), said=_DIED)
                .returning(INVOICES.c.key, INVOICES.c.fingerprint, INVOICES.c.file, INVOICES.c.rows)
            ).all()
            for key, fingerprint, file, rows in moved:
                self._note(
                    connection, key, Event.OWNER_DIED, fingerprint=fingerprint, file=file, rows=rows, detail=_DIED
                )
            return len(moved)

    def give_up(self, keys: Sequence[str]) -> None:
        """Lets go of what this run has planned and is not to send after all."""
        for batch in batches(sorted(keys)):
            with self.transaction() as connection:
                self._give_up(connection, INVOICES.c.key.in_(batch), INVOICES.c.owner == self.run)

    def _give_up(self, connection: Connection, *which: ColumnElement[bool]) -> None:
        planned = (*which, INVOICES.c.state == State.PLANNED)
        keys = select(INVOICES.c.key).where(*planned).order_by(INVOICES.c.key).with_for_update()
        for batch in batches(list(connection.execute(keys).scalars())):
            connection.execute(update(INVOICES).where(INVOICES.c.key.in_(batch), *planned).values(owner=None))

    def claim(self, destination: str, intents: Sequence[Intent]) -> Claim:
        """Plans what may be sent, and makes this run its owner.

        New invoices, those planned by a run that is gone, refused and released ones, and failed ones that were
        corrected become this run's; what it has planned already stays so. Everything else is told as it stands.
        """
        owned: set[str] = set()
        standing: dict[str, Entry] = {}
        for batch in batches(sorted(intents, key=lambda intent: intent.key)):
            with self.transaction() as connection:
                owned |= self._claim(connection, destination, batch, standing)
        overtaken = [intent.key for intent in intents if intent.key not in owned and intent.key not in standing]
        standing.update(self.standing(overtaken))
        return Claim(frozenset(owned), standing)

    def _claim(
        self, connection: Connection, destination: str, intents: Sequence[Intent], standing: dict[str, Entry]
    ) -> set[str]:
        keys = [intent.key for intent in intents]
        known = self._standing(connection, keys)
        standing.update(known)
        owned = self._insert(connection, destination, [intent for intent in intents if intent.key not in known])
        dead: set[str] | None = None
        for intent in intents:
            entry = known.get(intent.key)
            if entry is None or not may_go(entry, intent.fingerprint):
                continue
            if entry.owner is not None and entry.owner != self.run:
                dead = set(self.dead_owners(connection)) if dead is None else dead
                if entry.owner not in dead:
                    continue
            # What another run planned in the place of one that failed is judged as failed, see `_standing`.
            judged_from = (State.FAILED, State.PLANNED) if entry.state is State.FAILED else (entry.state,)
            taken = connection.execute(
                update(INVOICES)
                .where(
                    INVOICES.c.key == entry.key,
                    INVOICES.c.state.in_(judged_from),
                    INVOICES.c.owner.is_(None) if entry.owner is None else INVOICES.c.owner == entry.owner,
                )
                .values(
                    state=State.PLANNED,
                    owner=self.run,
                    run=self.run,
                    fingerprint=intent.fingerprint,
                    body=intent.payload.body(),
                    total_in_cents=intent.payload.total_amount_in_cents,
                    invoice_number=intent.payload.invoice_number,
                    file=intent.file,
                    rows=intent.rows,
                    sheets=intent.sheets,
                    job_id=None,
                    said=None,
                    evidence=None,
                    changed_at=self.now(),
                )
                .returning(INVOICES.c.key)
            ).scalar()
            if taken is not None:
                owned.add(taken)
        return owned

    def _insert(self, connection: Connection, destination: str, intents: Sequence[Intent]) -> set[str]:
        """Inserts new entries; a key that another run inserted in this very moment stays that run's."""
        if not intents:
            return set()
        now = self.now()
        rows = [
            {
                "key": intent.key,
                "destination": destination,
                "integration_id": intent.payload.integration_id,
                "property_id": intent.payload.property_id,
                "vendor_id": intent.payload.vendor_id,
                "invoice_number": intent.payload.invoice_number,
                "fingerprint": intent.fingerprint,
                "body": intent.payload.body(),
                "total_in_cents": intent.payload.total_amount_in_cents,
                "state": State.PLANNED,
                "owner": self.run,
                "run": self.run,
                "file": intent.file,
                "rows": intent.rows,
                "sheets": intent.sheets,
                "changed_at": now,
            }
            for intent in intents
        ]
        statement = self.insert_or_not(INVOICES).returning(INVOICES.c.key)
        return set(connection.execute(statement, rows).scalars())

    # ---------------------------------------------------------------------------- the one way to move one invoice

    def record(
        self,
        event: Event,
        key: str,
        *,
        expected_job: str | None = None,
        expected_sent_at: datetime | None = None,
        heeded: Collection[str] = (),
        http_status: int | None = None,
        job_id: str | None = None,
        said: str | None = None,
        plan: str | None = None,
        evidence: Sequence[Evidence] | None = None,
    ) -> bool:
        """Makes the move of `states.MOVES` for this event and notes it, on the disk before this returns.

        False where the row is not in the state, not owned as the move demands, or no longer about the job or the
        sending that the caller knows: then nothing is believed, and an answer to a request is kept as a late one.
        An invoice is not released over a late answer's job that is not among those `heeded`.
        """
        move = MOVES[event]
        said = None if said is None else _storable(said)
        values: dict[str, Any] = {"state": move.end, "changed_at": self.now()}
        if event in INTENTS:
            values |= {"sent_at": values["changed_at"], "plan": plan} if plan else {"sent_at": values["changed_at"]}
        if job_id is not None:
            values["job_id"] = job_id
        if said is not None:
            values["said"] = said
        if evidence is not None:
            values["evidence"] = [
                {"looked_at": each.looked_at, "at": each.at.isoformat(), "found": _storable(each.found)}
                for each in evidence
            ]
        statement = update(INVOICES).where(INVOICES.c.key == key, INVOICES.c.state == move.start)
        if move.owner in (Owner.KEEPS, Owner.ENDS):
            statement = statement.where(INVOICES.c.owner == self.run)
        else:
            statement = statement.where(INVOICES.c.owner.is_(None))
        if move.owner is Owner.ENDS:
            values["owner"] = None
        elif move.owner is Owner.TAKES:
            values["owner"] = self.run
        if expected_job is not None:
            statement = statement.where(INVOICES.c.job_id == expected_job)
        if expected_sent_at is not None:
            statement = statement.where(INVOICES.c.sent_at == expected_sent_at)
        statement = statement.values(values)
        told = {"http_status": http_status, "job_id": job_id, "detail": said}
        with self.transaction() as connection:
            if event is Event.RELEASED:
                connection.execute(select(INVOICES.c.key).where(INVOICES.c.key == key).with_for_update())
                if not self._late_jobs(connection, key) <= set(heeded):
                    return False
            moved = connection.execute(
                statement.returning(INVOICES.c.fingerprint, INVOICES.c.file, INVOICES.c.rows)
            ).first()
            if moved is not None:
                self._note(connection, key, event, fingerprint=moved[0], file=moved[1], rows=moved[2], **told)
                if event is Event.ACCEPTED and (others := self._late_jobs(connection, key) - {job_id}):
                    self._into_doubt(connection, key, f"{_TWICE} ({', '.join(sorted(others))} and {job_id}).")
                return True
            return move.start is State.SENDING and self._late(connection, event, key, told)

    def _late(self, connection: Connection, event: Event, key: str, told: Mapping[str, Any]) -> bool:
        """Keeps an answer that comes when its invoice is no longer this run's. True where it was written already:
        a commit can succeed and its success be lost."""
        row = connection.execute(
            select(INVOICES.c.state, INVOICES.c.job_id).where(INVOICES.c.key == key).with_for_update()
        ).first()
        newest = select(ATTEMPTS.c.event, ATTEMPTS.c.run, ATTEMPTS.c.job_id).where(ATTEMPTS.c.key == key)
        last = connection.execute(newest.order_by(ATTEMPTS.c.id.desc()).limit(1)).first()
        job = told["job_id"]
        if last is not None and tuple(last) == (event, self.run, job):
            return True
        if row is not None and job is not None and State(row.state) not in (State.IN_DOUBT, State.SENDING):
            known = select(ATTEMPTS.c.id).where(ATTEMPTS.c.key == key, ATTEMPTS.c.job_id == job).limit(1)
            if connection.execute(known).first() is None:
                after = row.state in (State.PLANNED, State.RELEASED)
                said = (
                    f"The API had accepted it as job {job}, as a late answer says." if after else f"{_TWICE} ({job})."
                )
                self._into_doubt(connection, key, said)
        detail = f"{event}: {told['detail']}" if told["detail"] else str(event)
        self._note(connection, key, Event.LATE, **{**told, "detail": detail})
        return False

    def late_jobs(self, key: str) -> frozenset[str]:
        """The jobs of answers that came too late to be believed, since the invoice was last to be sent."""
        with self.reading() as connection:
            return self._late_jobs(connection, key)

    def _late_jobs(self, connection: Connection, key: str) -> frozenset[str]:
        last = select(func.max(ATTEMPTS.c.id)).where(ATTEMPTS.c.key == key, ATTEMPTS.c.event.in_(INTENTS))
        query = select(ATTEMPTS.c.job_id).where(
            ATTEMPTS.c.key == key,
            ATTEMPTS.c.event == Event.LATE,
            ATTEMPTS.c.job_id.is_not(None),
            ATTEMPTS.c.id > func.coalesce(last.scalar_subquery(), 0),
        )
        return frozenset(connection.execute(query).scalars())

    def _into_doubt(self, connection: Connection, key: str, said: str) -> None:
        connection.execute(
            update(INVOICES)
            .where(INVOICES.c.key == key)
            .values(state=State.IN_DOUBT, owner=None, said=said, changed_at=self.now())
        )

    def _note(self, connection: Connection, key: str, event: Event, **told: Any) -> None:
        connection.execute(
            insert(ATTEMPTS).values(key=key, at=self.now(), run=self.run, who=self.who, event=event, **told)
        )


_DIED = "The run that was sending it ended without an answer."
_TWICE = f"{ALARM}: the API has accepted it more than once"


def _storable(text: str) -> str:
    """Without what a database cannot hold: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
