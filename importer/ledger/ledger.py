"""The durable record of every invoice that was ever to be sent: what "never twice, never lost" rests on.

One row per invoice under a unique key; each change is an `UPDATE … WHERE state = expected AND owner = me`, committed
before the next step is taken, so that of any number of processes only one sends. Beside it, append-only attempts.

A run owns what it sends. While it lives it renews a lease; what a dead run left in "sending" goes to "in doubt",
what it left in "planned" is given up, so that one that was merely asleep sends none of it. An answer that arrives after
that is kept as evidence, not believed: it never takes an invoice out of doubt, but one that names a job nobody knew of
puts the invoice back into it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Update, bindparam, func, insert, select, update

from importer.domain.follow_up_facts import ALARM, Alarm
from importer.domain.outcome import Evidence
from importer.errors import LedgerUnavailable
from importer.ledger import proofs
from importer.ledger.entries import (
    ENTRY_COLUMNS,
    NO_TERMS,
    Claim,
    LedgerEntry,
    PlannedPost,
    Rival,
    Terms,
    can_be_sent,
    entry_of,
)
from importer.ledger.journal import JournalLine, line_of
from importer.ledger.original_files import one_at_a_time
from importer.ledger.proofs import (
    Overtaken,
    Proof,
    ProofKind,
    proofs_of,
)
from importer.ledger.refusals import Refusal
from importer.ledger.row_claims import Claims, likenesses_of
from importer.ledger.run_records import RunStore
from importer.ledger.schema import BATCH, batches
from importer.ledger.states import (
    MOVES,
    Event,
    Owner,
    State,
    facts_of,
)
from importer.ledger.tables import ATTEMPTS, INVOICES, PROOFS
from importer.ledger.witness import next_link

DECISIVE = (
    Event.ACCEPTED, Event.REFUSED, Event.LOST, Event.OWNER_DIED, Event.CONFIRMED, Event.FAILED, Event.UNSURE,
    Event.FOUND_QUEUED, Event.FOUND_CONFIRMED, Event.FOUND_FAILED, Event.RELEASED, Event.ADOPTED, Event.TAKEN_BACK,
    Event.FOUND_AFTER_ALL, Event.DISPUTED,
)  # fmt: skip
"""Of these the last tells what became of what was sent."""

_STANDING_ON = (
    Event.ACCEPTED, Event.LOOKED, Event.FOUND_QUEUED, Event.FOUND_CONFIRMED, Event.FOUND_FAILED, Event.ADOPTED,
)  # fmt: skip
"""After these an invoice stands on its job, and on the invoice that was found in ResMan."""

INTENTS = (Event.INTENT, Event.RETRY_INTENT)
"""After these, and before what follows them, a request may have gone out."""

WITHDRAWN = {Event.INTENT: Event.WITHDRAWN, Event.RETRY_INTENT: Event.RETRY_WITHDRAWN}
"""What follows an intent where no request went out."""


_INTENT = select(ATTEMPTS.c.id).where(ATTEMPTS.c.key == bindparam("of"), ATTEMPTS.c.event.in_(INTENTS)).limit(1)


@dataclass(frozen=True, slots=True)
class Ledger(RunStore):
    """The ledger as one run sees it: `run` is the owner that it writes."""

    # ---------------------------------------------------------------------------------------------- looking

    def standing(self, keys: Sequence[str]) -> dict[str, LedgerEntry]:
        """The entries of those keys that the ledger knows."""
        found: dict[str, LedgerEntry] = {}
        with self.reading() as connection:
            for batch in batches(keys):
                found |= self._standing(connection, batch)
        return found

    def _standing(self, connection: Connection, keys: Sequence[str]) -> dict[str, LedgerEntry]:
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

    def entries(self, destination: str, state: State, *, run: str | None = None) -> Iterator[LedgerEntry]:
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

    def overtaken(self, keys: Iterable[str]) -> dict[str, LedgerEntry]:
        """Those of failed invoices that must not be written again → the invoice that went out of their rows since, or
        in their place. The very look that `record` takes before a retry."""
        found: dict[str, str] = {}
        with self.reading() as connection:
            for key in keys:
                other = Claims(connection, self.run, self.dead_owners).overtaken(key)
                if other is not None:
                    found[key] = other
        standing = self.standing(list(dict.fromkeys(found.values())))
        return {key: standing[other] for key, other in found.items()}

    def rivals(self, destination: str, intents: Sequence[PlannedPost], terms: Terms) -> dict[str, tuple[Rival, ...]]:
        """What `claim` would find against these, or like them. Only looks."""
        found: dict[str, tuple[Rival, ...]] = {}
        with self.reading() as connection:
            claims = Claims(connection, self.run, self.dead_owners)
            for batch in batches(intents):
                for some in (claims.contested(batch), claims.likenesses(destination, batch, terms)):
                    for key, rivals in some.items():
                        known = found.get(key, ())
                        told = {each.key for each in known}
                        found[key] = (*known, *(each for each in rivals if each.key not in told))
        return found

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

    def release_dead_runs(self, destination: str) -> int:
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

    def _give_up(self, connection: Connection, *which: ColumnElement[bool]) -> None:
        planned = (*which, INVOICES.c.state == State.PLANNED)
        keys = select(INVOICES.c.key).where(*planned).order_by(INVOICES.c.key).with_for_update()
        for batch in batches(list(connection.execute(keys).scalars())):
            connection.execute(update(INVOICES).where(INVOICES.c.key.in_(batch), *planned).values(owner=None))

    def claim(self, destination: str, intents: Sequence[PlannedPost], terms: Terms = NO_TERMS) -> Claim:
        """Plans what may be sent, and makes this run its owner and that of the vendor's rows that it is made of.

        New invoices, those planned by a run that is gone, refused and released ones, and failed ones that were
        corrected become this run's; what it has planned already stays so. Not so what has rivals (see `claims`): it is
        nobody's. Everything else is told as it stands.
        """
        owned: set[str] = set()
        standing: dict[str, LedgerEntry] = {}
        rivals: dict[str, tuple[Rival, ...]] = {}
        alike: dict[str, tuple[Rival, ...]] = {}
        for batch in batches(sorted(intents, key=lambda intent: intent.key)):
            with self.transaction() as connection:
                one_at_a_time(connection)
                mine = self._claim(connection, destination, batch, standing)
                wanted = [intent for intent in batch if intent.key in mine]
                claims = Claims(connection, self.run, self.dead_owners)
                refused, similar = claims.hold(destination, wanted, terms)
                self._give_up(connection, INVOICES.c.key.in_(sorted(refused)), INVOICES.c.owner == self.run)
            owned |= mine - refused.keys()
            rivals |= refused
            alike |= similar
        overtaken = [intent.key for intent in intents if intent.key not in owned and intent.key not in standing]
        standing.update(self.standing(overtaken))
        return Claim(frozenset(owned), standing, rivals, alike)

    def _claim(
        self, connection: Connection, destination: str, intents: Sequence[PlannedPost], standing: dict[str, LedgerEntry]
    ) -> set[str]:
        keys = [intent.key for intent in intents]
        known = self._standing(connection, keys)
        standing.update(known)
        owned = self._insert(connection, destination, [intent for intent in intents if intent.key not in known])
        dead: set[str] | None = None
        for intent in intents:
            entry = known.get(intent.key)
            if entry is None or not can_be_sent(entry, intent.fingerprint):
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
                    **_said_by(intent, destination),
                    job_id=None,
                    said=None,
                    evidence=None,
                    alarm=None,
                    refusal=None,
                    changed_at=self.now(),
                )
                .returning(INVOICES.c.key)
            ).scalar()
            if taken is not None:
                owned.add(taken)
        return owned

    def _insert(self, connection: Connection, destination: str, intents: Sequence[PlannedPost]) -> set[str]:
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
                **_said_by(intent, destination),
                "state": State.PLANNED,
                "owner": self.run,
                "run": self.run,
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
        held: str | None = None,
        said: str | None = None,
        plan: str | None = None,
        evidence: Sequence[Evidence] | None = None,
        alarm: Alarm | None = None,
        refusal: Refusal | None = None,
    ) -> bool:
        """Makes the move of `states.MOVES` for this event and notes it, on the disk before this returns.

        False where the row is not in the state, not owned as the move demands, or no longer about the job or the
        sending that the caller knows: then nothing is believed, and an answer to a request is kept as a late one.
        An invoice is not released over a late answer's job that is not among those `heeded`, nor written again where
        another one has gone out of its rows, or may have (see `claims`). Where another invoice
        stands on the job, or on the invoice `held` in ResMan, both are in doubt from then on, with an alarm; True only
        for the answer to a request, which is written down by that.
        """
        move = MOVES[event]
        said = None if said is None else _storable(said)
        values: dict[str, Any] = {"state": move.end, "changed_at": self.now(), **facts_of(event, alarm, refusal)}
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
        told = {"http_status": http_status, "job_id": job_id, "detail": said}
        behind = proofs_of(job_id, held) if event in _STANDING_ON else ()
        is_disputed = False
        while True:
            try:
                with self._witnessed(event, key) as witnessed, self.transaction() as connection:
                    if event is Event.RETRY_INTENT and not self._claim_again(connection, key):
                        return False
                    if event is Event.RELEASED:
                        connection.execute(select(INVOICES.c.key).where(INVOICES.c.key == key).with_for_update())
                        if not self._late_jobs(connection, key) <= set(heeded):
                            return False
                    if is_disputed and self._dispute(connection, event, key, statement, behind):
                        return event is Event.ACCEPTED
                    return self._moved(connection, event, key, statement.values(values), told, behind, witnessed)
            except Overtaken:
                is_disputed = True  # nothing was changed; once more, with a look whose it is

    def _claim_again(self, connection: Connection, key: str) -> bool:
        """Makes a failed invoice hold its rows again. False where another has gone out of them, or may have."""
        one_at_a_time(connection)
        claims = Claims(connection, self.run, self.dead_owners)
        if claims.overtaken(key) is not None:
            return False
        claims.hold_again(key)
        return True

    def _dispute(
        self, connection: Connection, event: Event, key: str, statement: Update, behind: Sequence[Proof]
    ) -> bool:
        """Puts an invoice and those that stand on its records into doubt. False where nobody is to be moved."""
        if not (others := proofs.others(connection, key, behind)):
            return False
        is_told = event is Event.ACCEPTED
        said, doubted = proofs.dispute(connection, statement, key, others, self.now(), is_told=is_told)
        for each in doubted:
            self._note(connection, each, Event.DISPUTED, detail=said)
            self._hold_again(connection, each)
        return bool(doubted)

    def _moved(
        self,
        connection: Connection,
        event: Event,
        key: str,
        statement: Update,
        told: Mapping[str, Any],
        behind: Sequence[Proof],
        witnessed: Callable[[Connection, Row[Any]], dict[str, Any]],
    ) -> bool:
        moved = connection.execute(statement.returning(*(INVOICES.c[name] for name in _TOLD))).first()
        if moved is None:
            return MOVES[event].start is State.SENDING and self._late(connection, event, key, told)
        link = witnessed(connection, moved)
        self._note(connection, key, event, fingerprint=moved[0], file=moved[1], rows=moved[2], **told, **link)
        if event is Event.RELEASED:
            proofs.accepted_duplicates(connection, key)
        if event is Event.FOUND_AFTER_ALL:
            self._hold_again(connection, key)
        proofs.take(
            connection,
            self.insert_or_not(PROOFS),
            behind,
            self.now(),
            destination=moved.destination,
            key=key,
            run=self.run,
        )
        job_id = told["job_id"]
        if event is Event.ACCEPTED and (others := self._late_jobs(connection, key) - {job_id}):
            self._into_doubt(connection, key, f"{_TWICE} ({', '.join(sorted(others))} and {job_id}).", Alarm.TWICE)
        return True

    def stands_on(self, destination: str, job_id: str) -> str | None:
        """The key of the invoice that this job is of; None where it is nobody's."""
        proof = Proof(ProofKind.JOB, job_id)
        with self.reading() as connection:
            return proofs.holders(connection, destination, [proof]).get(proof)

    @contextmanager
    def _witnessed(self, event: Event, key: str) -> Iterator[Callable[[Connection, Row[Any]], dict[str, Any]]]:
        """For an intent: gives its link in the chain within the transaction, and adds it to the journal after that.

        Where the journal cannot be written, the intent is taken back, and `LedgerUnavailable` raised.
        """
        journal, lines = self.journal, list[JournalLine]()

        def linked(connection: Connection, moved: Row[Any]) -> dict[str, Any]:
            if journal is None or event not in INTENTS:
                return {}
            is_first, about = (
                connection.execute(_INTENT, {"of": key}).first() is None,
                (self.run, key, moved.fingerprint),
            )
            link = next_link(self, connection, journal.id, is_first=is_first, about=about)
            told = {"key": key, "number": moved.invoice_number, "cents": moved.total_in_cents}
            lines.append(line_of(link, self.now(), self.run, **told))
            return {"journal": journal.id, "seq": link.seq, "chain": link.chain}

        yield linked
        for line in lines:
            try:
                if journal is not None:
                    journal.append(line)
            except LedgerUnavailable as error:
                self.record(WITHDRAWN[event], key, said=error.sentence)
                raise

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
                self._into_doubt(connection, key, said, None if after else Alarm.TWICE)
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

    def _into_doubt(self, connection: Connection, key: str, said: str, alarm: Alarm | None) -> None:
        connection.execute(
            update(INVOICES)
            .where(INVOICES.c.key == key)
            .values(state=State.IN_DOUBT, owner=None, said=said, changed_at=self.now(), alarm=alarm)
        )
        self._hold_again(connection, key)

    def _hold_again(self, connection: Connection, key: str) -> None:
        """Of one that is, or may be, in ResMan after all: nobody else gets its rows."""
        Claims(connection, self.run, self.dead_owners).hold_again(key)

    def _note(self, connection: Connection, key: str, event: Event, **told: Any) -> None:
        connection.execute(
            insert(ATTEMPTS).values(key=key, at=self.now(), run=self.run, who=self.who, event=event, **told)
        )


def _said_by(intent: PlannedPost, destination: str) -> dict[str, Any]:
    """What the ledger keeps of an intent whenever it is planned."""
    number, day = likenesses_of(destination, intent.payload)
    return {
        "fingerprint": intent.fingerprint,
        "body": intent.payload.body(),
        "total_in_cents": intent.payload.total_amount_in_cents,
        "invoice_number": intent.payload.invoice_number,
        "file": intent.file,
        "rows": intent.rows,
        "sheets": intent.sheets,
        "like_number": number,
        "like_day": day,
    }


_TOLD = ("fingerprint", "file", "rows", "destination", "invoice_number", "total_in_cents")
_DIED = "The run that was sending it ended without an answer."
_TWICE = f"{ALARM}: the API has accepted it more than once"


def _storable(text: str) -> str:
    """Without what a database cannot hold: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
