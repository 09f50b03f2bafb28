"""What ResMan has of the rows of the vendor's files that are read, through whichever run they went."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from importer.domain.fields import BY_NAME
from importer.domain.follow_up_facts import WENT_INSTEAD, DifferenceFromPosted, StillPosted
from importer.domain.identity import normalised_number
from importer.domain.invoice import Invoice, Row
from importer.domain.money import dollars
from importer.domain.outcome import Outcome, Status
from importer.domain.problem_catalog import CONFLICT, IN_DOUBT, WRITE_FAILED
from importer.domain.problems import Place as PlaceOf
from importer.domain.problems import Problem
from importer.domain.reading import Reading
from importer.domain.vendor_rows import contents_of, typed_rows
from importer.ledger.entries import LedgerEntry, PlannedPost
from importer.ledger.ledger import Ledger
from importer.ledger.postings import posted_from_files
from importer.ledger.states import State

RowPlace = tuple[str, str | None, int]  # file, sheet and row

IN_RESMAN = (State.ACCEPTED, State.CONFIRMED)


@dataclass(frozen=True, slots=True)
class PostedRows:
    """Postings out of these files, without those that stand here as they were posted."""

    entries: Mapping[str, LedgerEntry] = field(default_factory=dict)  # by key
    keys: Mapping[RowPlace, str] = field(default_factory=dict)  # of the rows that are known
    doubtful: Sequence[LedgerEntry] = ()  # went out of these files, and it is not known whether they arrived

    def of(self, invoice: Invoice) -> list[LedgerEntry]:
        """What went out of the invoice's rows."""
        if not self.keys:
            return []
        found = dict.fromkeys(self.keys[place] for row in invoice.rows if (place := _place(row)) in self.keys)
        return [self.entries[key] for key in found]

    def lost_doubts(self, outcomes: Iterable[Outcome]) -> Iterator[Problem]:
        """What is said of those in doubt that none of the outcomes is: their rows are gone, and the doubt is not."""
        here = {outcome.key for outcome in outcomes} if self.doubtful else set()
        for entry in self.doubtful:
            if entry.key not in here:
                what = (
                    f"It is not known whether {entry.invoice_number} ({dollars(entry.total_in_cents)}, to "
                    f"{entry.vendor_id}) arrived. It went out of {entry.file}, row {entry.rows}, and is gone from here."
                )
                yield Problem(IN_DOUBT, what, PlaceOf(entry.file))

    def since(self, invoice: Invoice, moment: datetime) -> LedgerEntry | None:
        """As what the invoice went out after a moment, where all of its rows that went did so as one."""
        entries = self.of(invoice)
        is_later = len(entries) == 1 and entries[0].sent_at is not None and entries[0].sent_at > moment
        return entries[0] if is_later else None

    def staying(self, outcomes: Collection[Outcome]) -> tuple[StillPosted, ...]:
        """Those that none of the outcomes tells as posted, each with how it differs."""
        here = {outcome.key for outcome in outcomes if outcome.status in (Status.POSTED, Status.ALREADY_POSTED)}
        left = [entry for key, entry in self.entries.items() if key not in here]
        return tuple(self._stays(left, outcomes)) if left else ()

    def _stays(self, left: Iterable[LedgerEntry], outcomes: Collection[Outcome]) -> Iterator[StillPosted]:
        same = {outcome.key for outcome in outcomes if outcome.status is Status.CONFLICT}
        rows = {_place(row) for outcome in outcomes for row in outcome.invoice.rows}
        still = same | {key for place, key in self.keys.items() if place in rows}
        for entry in sorted(left, key=lambda entry: (entry.file, int(entry.rows.partition(",")[0]))):
            resman = "confirmed" if entry.state is State.CONFIRMED else "pending"
            why = DifferenceFromPosted.CHANGED if entry.key in still else DifferenceFromPosted.GONE
            yield StillPosted(
                entry.invoice_number,
                entry.vendor_id,
                entry.property_id,
                entry.total_in_cents,
                entry.job_id,
                resman,
                why,
            )


def posted_rows(reading: Reading, ledger: Ledger, destination: str, at_home: Mapping[str, PlannedPost]) -> PostedRows:
    """Looks them up. `at_home` are the keys of what stands here as it was posted, each with itself."""
    contents = {file: digests[0] for file, digests in contents_of(reading).items() if len(digests) == 1}
    typed = typed_rows(reading)
    went = posted_from_files(ledger, destination, set(contents.values()), at_home)
    keys: dict[RowPlace, str] = {}
    for file, digest in contents.items():
        for posted in went.get(digest, ()):
            for number, sheet in zip(posted.rows, posted.sheets or (), strict=False):  # none is known of an older one
                if (file, sheet, number) not in typed:
                    keys[file, sheet, number] = posted.key
    for place, key in reading.former_keys.items():
        if place.file is not None and place.row is not None and key not in at_home:
            keys[place.file, place.sheet, place.row] = key
    known = dict.fromkeys(posted.key for some in went.values() for posted in some if posted.sheets is not None)
    standing = ledger.standing(list(dict.fromkeys((*known, *keys.values()))))
    entries = {key: entry for key, entry in standing.items() if entry.state in IN_RESMAN}
    doubtful = tuple(entry for entry in standing.values() if entry.state is State.IN_DOUBT)
    return PostedRows(entries, {place: key for place, key in keys.items() if key in entries}, doubtful)


def replaced_by(ledger: Ledger, entries: Iterable[LedgerEntry]) -> dict[str, str]:
    """By the keys of those that ResMan did not take and whose rows went out since: as what, in a sentence."""
    failed = [entry.key for entry in entries if entry.state is State.FAILED]
    return {
        key: (
            f"Its rows were {'posted' if other.state in IN_RESMAN else 'sent'} as {other.invoice_number!r} "
            f"in run {other.run}. {WENT_INSTEAD}"
        )
        for key, other in ledger.overtaken(failed).items()
    }


def with_replacements(outcomes: Iterable[Outcome], instead: Mapping[str, str]) -> Iterator[Outcome]:
    """The same, saying of those by these keys why they are not to be written again."""
    for outcome in outcomes:
        said = instead.get(outcome.key or "")
        if said is not None and outcome.status is Status.REFUSED:
            problems = (replace(one, advice=said) if one.kind is WRITE_FAILED else one for one in outcome.problems)
            outcome = outcome._replace(problems=tuple(problems))
        yield outcome


def posted_already(invoice: Invoice, entry: LedgerEntry) -> Problem:
    """What is said of an invoice with errors that was posted before, or rows of which were."""
    when = f" on {entry.sent_at.astimezone():%Y-%m-%d}" if entry.sent_at else ""
    is_it = normalised_number(invoice.invoice_number or "") == normalised_number(entry.invoice_number)
    subject = "It was posted" if is_it else f"Rows of it were posted as {entry.invoice_number!r}"
    what = (
        f"{subject}{when} from {entry.file} (job {entry.job_id or 'unknown'}) "
        f"with {dollars(entry.total_in_cents)}; here it comes to {dollars(invoice.worth)}.{_otherwise(invoice, entry)}"
    )
    advice = "If it is the same bill, nothing needs correcting: delete its rows here."
    text = invoice.cell_text("invoice_number")
    return Problem(CONFLICT, what, invoice.place("invoice_number"), "invoice_number", text, advice)


def _otherwise(invoice: Invoice, entry: LedgerEntry) -> str:
    """What its header said when it was posted, as far as it says something else by now."""
    was = json.loads(entry.body)
    named = ("vendor_id", "property_id", "invoice_date", "due_date")
    now = {name: getattr(invoice, name) for name in named}
    said = [f"{BY_NAME[name].heading} {was[name]}" for name in named if now[name] and str(now[name]) != was[name]]
    return f" It was posted with {', '.join(said)}." if said else ""


def _place(row: Row) -> RowPlace:
    return row.source.file, row.source.sheet, row.number
