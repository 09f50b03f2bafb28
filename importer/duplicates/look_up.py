"""Where what is to be sent meets what is known around it: this ledger's postings, and what ResMan held.

Of the four rings of duplicates, the first two (this file, the files of this run) are looked at together; the third is
the ledger, the fourth is ResMan. Only what is yet to be sent is judged here.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain, compress

from importer.context import RunContext
from importer.domain.bills import Bill, PostedBill
from importer.domain.identity import invoice_key, normalised_number
from importer.domain.money import dollars
from importer.domain.payload import Payload
from importer.domain.problem_catalog import (
    IN_RESMAN,
    NEAR_DUPLICATE,
    REPEATED_INVOICE,
    WENT_OUT_BEFORE,
)
from importer.domain.problems import Problem, Severity
from importer.domain.severity import with_levels
from importer.domain.vendor_rows import of_two_invoices
from importer.duplicates.judge import InvoiceContext, Past, check_context
from importer.duplicates.repeated_posting import Postings, RepeatedPosting, RepostReason
from importer.duplicates.similar import Likeness, SimilarityReason
from importer.duplicates.similar_in_resman import alike_bills
from importer.errors import CannotRun
from importer.ledger.accepted_duplicates import AcceptedDuplicate, accepted, posted_bills
from importer.ledger.entries import (
    Contest,
    PlannedPost,
    Rival,
    Terms,
)
from importer.ledger.ledger import Ledger
from importer.ledger.postings import bills_of, names_of_runs, posted_with_totals
from importer.masterdata import MasterData
from importer.masterdata.cache import Record, RecordKind
from importer.masterdata.master_data import ago
from importer.runs.decisions import Decisions
from importer.sending.send import SendResult
from importer.sending.unknown_jobs import acknowledged_bills
from importer.validation import Checked
from importer.validation.row_places import rows_said

DirectoryOf = Callable[[str], MasterData | None]
NOTHING_PAST = Past()


@dataclass(frozen=True, slots=True)
class _Sendable:
    """The invoices that would go, each with its index. Marked, not listed: there may be a hundred thousand of them."""

    intents: Sequence[PlannedPost | None]
    marks: bytearray  # 1 for each that would go

    def __iter__(self) -> Iterator[tuple[int, PlannedPost]]:
        for index, intent in compress(enumerate(self.intents), self.marks):
            if intent is not None:
                yield index, intent

    def of(self, integration_id: str) -> Iterator[tuple[int, PlannedPost]]:
        """Those of one integration."""
        return (pair for pair in self if pair[1].payload.integration_id == integration_id)


def with_duplicate_checks(
    prepared: Decisions,
    ledger: Ledger,
    directory_of: DirectoryOf,
    desk: RunContext,
    *,
    accepted_duplicates: Mapping[str, str],
    already: Collection[str] | None = None,
) -> Decisions:
    """The same, with everything that stands against sending the invoices that would go, or should be looked at.

    `accepted_duplicates` are keys of this run that a person lets go although they look like duplicates; `already` are
    those that
    an earlier weighing of the same run let go: they are not weighed twice. Raises `LedgerUnavailable`, and `CannotRun`
    where a key to be let go is none of theirs.
    """
    strange = set(accepted_duplicates) - prepared.by_key.keys() if accepted_duplicates else set()
    if strange and already is None:
        raise CannotRun(
            f"No invoice of these files that could be sent has the key {', '.join(sorted(strange))}.",
            "`invoice-importer check` tells the key beside each likely duplicate.",
        )
    marks = bytearray(
        intent is not None and intent.key not in (already or ()) and prepared.may_go(intent)
        for intent in prepared.intents
    )
    going = _Sendable(prepared.intents, marks)
    remarks = prepared.remarks
    found: dict[int, list[Problem]] = {}
    if already is None:
        found = {index: list(some) for index, some in remarks.items() if prepared.intents[index] is None}
    notices = prepared.notices
    shown: dict[str, AcceptedDuplicate] = {}
    if any(marks):
        copies = dict(_in_two_copies(prepared))
        blind = _unfetched(going, directory_of)
        notices = tuple(dict.fromkeys((*notices, *blind, *_namesakes(going, ledger, directory_of, desk))))
        let = accepted(ledger, [intent.key for _, intent in going])
        around = _around(prepared, going, ledger, directory_of, desk)
        for index, intent in going:
            said = [*remarks.get(index, ()), *copies.get(index, ())]
            if index in around:
                near = around[index]
                if intent.key in accepted_duplicates:
                    let[intent.key] = shown[intent.key] = AcceptedDuplicate(intent.fingerprint, _marks(near))
                if intent.key in let:
                    near = _without(near, let[intent.key], intent.fingerprint)
                said += check_context(prepared.verdicts[index].invoice, intent.payload, near)
            if said:
                found[index] = said
    return replace(
        _with(prepared, found, desk), notices=notices, accepted_duplicates={**prepared.accepted_duplicates, **shown}
    )


def terms_of(prepared: Decisions, ledger: Ledger, desk: RunContext) -> Terms:
    """On what the invoices that would go are claimed. Raises `LedgerUnavailable`."""
    let = accepted(ledger, [intent.key for intent in prepared.ready])

    def accepts(intent: PlannedPost, rival: Rival) -> bool:
        mine = let.get(intent.key)
        if mine is None or mine.fingerprint != intent.fingerprint:
            return False
        return _mark(_code(rival.why), rival.bill) in (mine.shown or ())

    return replace(_terms(prepared, desk), accepts=accepts)


def _terms(prepared: Decisions, desk: RunContext) -> Terms:
    level = desk.settings.severity.get(NEAR_DUPLICATE.code, NEAR_DUPLICATE.severity)
    keys = frozenset(prepared.by_key)
    return Terms(keys=keys, rows=prepared.origins.every, likeness_stops=level == Severity.ERROR)


def with_rivals(prepared: Decisions, sent: SendResult, desk: RunContext) -> Decisions:
    """The same, saying of what was not sent for them, and of what looks like them, which other invoices there were."""
    found: dict[int, list[Problem]] = {}
    for index, intent in enumerate(prepared.intents) if sent.rivals or sent.alike else ():
        if intent is None:
            continue
        verdict = prepared.verdicts[index]
        said = {problem.kind for problem in verdict.problems}
        rivals = sent.rivals.get(intent.key, ())
        if NEAR_DUPLICATE not in said:
            rivals = (*rivals, *sent.alike.get(intent.key, ()))
        near = InvoiceContext(
            again=list(_claimed(rivals).values()), likenesses=list(_alike_rivals(rivals)), key=intent.key
        )
        problems = list(check_context(verdict.invoice, intent.payload, near)) if rivals else []
        if problems:
            found[index] = problems
    return _with(prepared, found, desk)


def _claimed(rivals: Iterable[Rival]) -> dict[str, RepeatedPosting]:
    return {each.key: RepeatedPosting(each.bill, _HOW[each.why]) for each in rivals if each.why in _HOW}


def _alike_rivals(rivals: Iterable[Rival]) -> Iterator[Likeness]:
    return (Likeness(each.bill, _LIKE[each.why]) for each in rivals if each.why in _LIKE)


def _code(why: Contest) -> str:
    return WENT_OUT_BEFORE.code if why in _HOW else NEAR_DUPLICATE.code


_HOW = {
    Contest.ROWS: RepostReason.SAME_ROWS,
    Contest.DOUBT: RepostReason.IN_DOUBT,
    Contest.VENDOR: RepostReason.OTHER_VENDOR,
}
_LIKE = {Contest.NUMBER: SimilarityReason.NUMBER, Contest.DAY: SimilarityReason.OTHER_NUMBER}


def _in_two_copies(prepared: Decisions) -> Iterator[tuple[int, list[Problem]]]:
    """Index of each invoice whose rows are also those of another one of this run, and what is said of it.

    Which is right is for a person to say; what was posted before is told as that, and stops the other.
    """
    made_of = (
        (index, intent.key, [identity for identity, _ in intent.origins])
        for index, intent in enumerate(prepared.intents)
        if intent is not None
    )
    for index, place in of_two_invoices(made_of):
        invoice, other = prepared.verdicts[index].invoice, prepared.verdicts[place].invoice
        sheet = f", sheet {other.source.sheet}" if other.source.sheet else ""
        what = (
            f"Two invoices are made of one row of the vendor's file. There: "
            f"{other.invoice_number!r} for {dollars(other.worth)}, to {other.vendor_id} at {other.property_id}, of "
            f"{other.source.file}{sheet}, {rows_said(other.rows)}."
        )
        place_of, text = invoice.place("invoice_number"), invoice.cell_text("invoice_number")
        advice = "Give back only the copy that is right; a further bill is typed into an empty row, not copied."
        yield index, [Problem(REPEATED_INVOICE, what, place_of, "invoice_number", text, advice)]


def _with(prepared: Decisions, found: Mapping[int, Sequence[Problem]], desk: RunContext) -> Decisions:
    """The same with these problems; what has an error among them does not go."""
    verdicts, intents = list(prepared.verdicts), list(prepared.intents)
    for index, problems in found.items():
        kept = with_levels(problems, desk.settings.severity)
        if kept:
            stopped = any(problem.is_error for problem in kept)
            old = verdicts[index]
            verdicts[index] = Checked(old.invoice, (*old.problems, *kept), None if stopped else old.payload)
            intents[index] = None if stopped else intents[index]
    return replace(prepared, verdicts=tuple(verdicts), intents=tuple(intents))


def _mark(code: str, bill: Bill) -> str:
    """The same for the same likeness, wherever the other bill is met again."""
    parts = (code, bill.vendor_id, bill.property_id, normalised_number(bill.number or ""), bill.issued, bill.total)
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:16]


def _marks(around: InvoiceContext) -> frozenset[str]:
    """What a person lets go who lets this invoice go."""
    found = [_mark(NEAR_DUPLICATE.code, each.other) for each in around.likenesses]
    found += [_mark(WENT_OUT_BEFORE.code, each.bill) for each in around.again]
    found += [_mark(IN_RESMAN.code, around.held)] if around.held is not None else []
    return frozenset(found)


def _without(around: InvoiceContext, let: AcceptedDuplicate, fingerprint: str) -> InvoiceContext:
    """Without what was let go with this content. What turned up since is asked about."""
    if let.shown is None:  # a word of old covers likenesses, and nothing that stops
        return around._replace(likenesses=())
    if let.fingerprint != fingerprint:
        return around
    held = around.held
    return around._replace(
        held=None if held is not None and _mark(IN_RESMAN.code, held) in let.shown else held,
        again=[each for each in around.again if _mark(WENT_OUT_BEFORE.code, each.bill) not in let.shown],
        likenesses=[each for each in around.likenesses if _mark(NEAR_DUPLICATE.code, each.other) not in let.shown],
    )


def _unfetched(going: _Sendable, directory_of: DirectoryOf) -> Iterator[str]:
    """What was not looked at, where `sync` has fetched other things."""
    for integration_id in {intent.payload.integration_id for _, intent in going}:
        directory = directory_of(integration_id)
        if directory is not None and directory.fetched and RecordKind.INVOICE not in directory.fetched:
            yield (
                "Whether ResMan has these bills already was not looked at: its invoices were never fetched to the end. "
                "Run `invoice-importer sync`."
            )


def _namesakes(going: _Sendable, ledger: Ledger, directory_of: DirectoryOf, desk: RunContext) -> Iterator[str]:
    """Vendors to which nothing went yet, where bills went to another vendor of the very same name."""
    wanted: dict[str, Counter[str]] = {}
    for _, intent in going:
        wanted.setdefault(intent.payload.integration_id, Counter())[intent.payload.vendor_id] += 1
    for integration_id, vendors in wanted.items():
        directory = directory_of(integration_id)
        index = None if directory is None else directory.index(RecordKind.VENDOR)
        if index is None:
            continue
        called: dict[str, list[Record]] = {}
        for record in index.records:
            called.setdefault(" ".join((record.name or "").split()).casefold(), []).append(record)
        groups = [some for name, some in called.items() if name and len(some) > 1]
        groups = [some for some in groups if any(record.id in vendors for record in some)]
        went = bills_of(ledger, desk.settings.destination, [record.id for some in groups for record in some])
        for some in groups:
            for one in (record for record in some if record.id in vendors and record.id not in went):
                for other in (record for record in some if went.get(record.id)):
                    is_gone = " (inactive there by now)" if not other.is_active else ""
                    yield (
                        f"ResMan has two vendors called {one.name!r}: so far {_bills(went[other.id])} went to "
                        f"{other.id}{is_gone}, and now {_bills(vendors[one.id])} would go to {one.id}. "
                        "Check that this is meant."
                    )


def _bills(count: int) -> str:
    return "1 bill" if count == 1 else f"{count:,} bills"


def _around(
    prepared: Decisions,
    going: _Sendable,
    ledger: Ledger,
    directory_of: DirectoryOf,
    desk: RunContext,
) -> dict[int, InvoiceContext]:
    """What is known around each of the invoices that would go; those around which nothing is known are left out."""
    destination, now = desk.settings.destination, desk.now()
    vendors: dict[str, dict[str, None]] = {}
    for _, intent in going:
        vendors.setdefault(intent.payload.integration_id, {})[intent.payload.vendor_id] = None
    mine = prepared.by_key
    then = _Names(ledger, prepared.names)
    terms = _terms(prepared, desk)
    rivals = ledger.rivals(destination, [intent for _, intent in going], terms)
    around: dict[int, InvoiceContext] = {}
    for integration_id, wanted in vendors.items():
        directory = directory_of(integration_id)
        posted = dict(posted_bills(ledger, destination, list(wanted)))
        in_resman = [] if directory is None else directory.billed(list(wanted))
        past_us = acknowledged_bills(ledger, destination, integration_id)
        in_resman += [each for each in past_us if each.vendor_id in wanted]
        keys = [
            invoice_key(destination, integration_id, each.property_id, each.vendor_id, each.number)
            if each.property_id and each.number
            else ""
            for each in in_resman
        ]
        held = [each for each, key in zip(in_resman, keys, strict=True) if key not in posted]
        elsewhere = [each for key, each in posted.items() if key not in mine]
        past: dict[str, list[Bill]] = {}
        for each in (*posted.values(), *held):
            past.setdefault(each.vendor_id, []).append(each)
        pasts = {vendor_id: Past.of(some) for vendor_id, some in past.items()}
        same: dict[tuple[str, str | None, str], Bill] = {}
        for each in held:
            if each.number is not None:
                same.setdefault((each.vendor_id, each.property_id, normalised_number(each.number)), each)
        totals = (intent.payload.total_amount_in_cents for _, intent in going.of(integration_id))
        before = Postings(list(posted_with_totals(ledger, destination, integration_id, totals)), mine)
        alike = alike_bills(
            prepared,
            integration_id,
            wanted,
            [index for index, _ in going.of(integration_id)],
            posted,
            [*elsewhere, *held],
        )
        periods: Mapping[str, date] = {} if directory is None else directory.open_periods()
        used = {} if directory is None else directory.cache.used_accounts()
        nobodys = {} if directory is None else _by_number(directory.vendorless())
        called = {} if directory is None else directory.called()
        since = "" if directory is None else _since(directory, now)
        if directory is not None and (before or rivals):
            others = chain(before.bills(), (each.bill for some in rivals.values() for each in some))
            called |= {bill.vendor_id: directory.name_of(RecordKind.VENDOR, bill.vendor_id) for bill in others}
            called |= {vendor_id: directory.name_of(RecordKind.VENDOR, vendor_id) for vendor_id in wanted}
        is_known = bool(held or past or periods or used or nobodys or before or rivals)
        for index, intent in going.of(integration_id):
            if not is_known and index not in alike:
                continue
            payload, invoice = intent.payload, prepared.verdicts[index].invoice
            claimed = rivals.get(intent.key, ())
            likely = (*alike.get(index, ()), *_of_nobody(payload, nobodys))
            if terms.likeness_stops:
                shown = {_mark(NEAR_DUPLICATE.code, each.other) for each in likely}
                more = (each for each in _alike_rivals(claimed))
                likely += tuple(each for each in more if _mark(NEAR_DUPLICATE.code, each.other) not in shown)
            around[index] = InvoiceContext(
                open_from=periods.get(payload.property_id),
                since=since,
                held=same.get((payload.vendor_id, payload.property_id, normalised_number(payload.invoice_number))),
                past=pasts.get(payload.vendor_id, NOTHING_PAST),
                used_accounts=used.get(payload.property_id, frozenset()),
                again=before.of(invoice, payload, intent.key, _claimed(claimed), then.meant(payload)),
                likenesses=likely,
                key=intent.key,
                called=called,
            )
    return around


class _Names:
    """What names meant in earlier runs, asked for once each."""

    def __init__(self, ledger: Ledger, now: Mapping[str, str]) -> None:
        self._ledger = ledger
        self._now = now
        self._then: dict[str, Mapping[str, str]] = {}

    def meant(self, payload: Payload) -> Callable[[PostedBill], bool]:
        """Whether a name that means this invoice's property now meant the posted one's in its run."""

        def is_so(posted: PostedBill) -> bool:
            if posted.run not in self._then:
                self._then[posted.run] = names_of_runs(self._ledger, [posted.run]).get(posted.run, {})
            then = self._then[posted.run]
            return any(
                meaning == payload.property_id and then.get(name) == posted.bill.property_id
                for name, meaning in self._now.items()
            )

        return is_so


def _by_number(bills: Sequence[Bill]) -> dict[str, list[Bill]]:
    found: dict[str, list[Bill]] = {}
    for bill in bills:
        if bill.number is not None:
            found.setdefault(normalised_number(bill.number), []).append(bill)
    return found


def _of_nobody(payload: Payload, bills: Mapping[str, Sequence[Bill]]) -> list[Likeness]:
    """What ResMan holds under this number and amount without saying from whom. It may be another vendor's."""
    if not bills:
        return []
    return [
        Likeness(bill, SimilarityReason.NO_VENDOR)
        for bill in bills.get(normalised_number(payload.invoice_number), ())
        if bill.total in (None, payload.total_amount_in_cents) and bill.property_id in (None, payload.property_id)
    ][:1]


def _since(directory: MasterData, now: datetime) -> str:
    fetched = directory.fetched.get(RecordKind.ENTITY)
    return ago(now, fetched) if fetched is not None else ""
