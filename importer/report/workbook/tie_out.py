"""The sums of a run, worked out once for every form of the report: what was read is what came out, to the cent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from importer.domain.corrections import GONE, NOT_KEPT, CorrectionTrail
from importer.domain.follow_up_facts import StillPosted
from importer.domain.outcome import Outcome, Run, Status
from importer.domain.problem_catalog import NOT_SENT, OTHER_CURRENCY


@dataclass(frozen=True, slots=True)
class Amount:
    """Some invoices and what they come to in cents."""

    label: str
    count: int
    cents: int


@dataclass(frozen=True, slots=True)
class RowCount:
    """Some rows of the input."""

    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Party:
    """The invoices of one vendor or one property; amounts in cents."""

    name: str
    id: str  # "" where it is not known what the name means
    invoices: int  # of those that are read
    read: int
    posted: int  # out of these files, in this run or before or since, as it was sent
    otherwise: int  # of the posted: what is not read so
    confirmed: int  # of the posted: seen in ResMan
    ready: int
    stopped: int  # to be fixed, refused, in conflict or not sent
    in_doubt: int
    reasons: tuple[Amount, ...]  # why invoices did not go; they add up to `stopped` and `in_doubt`
    remarks: tuple[Amount, ...]  # how what was posted differs from what is read; they add up to `otherwise`

    @property
    def difference(self) -> int:
        """Read less what is accounted for: zero."""
        return self.read - (self.posted - self.otherwise) - self.ready - self.stopped - self.in_doubt


@dataclass(frozen=True, slots=True)
class TieOut:
    """Everything that has to add up."""

    read: Amount
    by_status: tuple[tuple[Status, Amount], ...]  # every status that occurs; they add up to `read`
    reasons: tuple[Amount, ...]  # those that did not go, by their first error; they add up to their statuses
    accepted: Amount  # posted in this run or before, as sent
    rounding: int  # cents: accepted as sent less accepted as read
    later: int  # cents: the same of what was corrected in a later round
    stays: tuple[Amount, ...]  # posted out of these files, and not read as they were posted; by how they differ
    in_resman: tuple[Amount, ...]  # by what ResMan says; they add up to `accepted` and `stays`
    rows: tuple[RowCount, ...]  # headings, data rows, and each reason for leaving rows out; they add up to `row_total`
    row_total: int
    vendors: tuple[Party, ...]
    properties: tuple[Party, ...]
    by_hand: tuple[Amount, ...]  # from the vendor's files to what was read: they add up to `read`; empty for those
    elsewhere: Amount | None  # invoices in other currencies: counted, and not added

    @property
    def held(self) -> Amount:
        """All that ResMan has of these files, or is about to have."""
        parts = (self.accepted, *self.stays)
        return Amount("Posted out of these files", sum(one.count for one in parts), sum(one.cents for one in parts))

    @property
    def difference(self) -> int:
        """Cents read less cents accounted for: zero."""
        return self.read.cents - sum(amount.cents for _, amount in self.by_status)


LATER, ROUNDING = "Corrected in a later round", "Rounding"
CONFIRMED = "confirmed"  # what `Outcome.resman` says once the invoice was seen there
NO_INVOICE_LABEL = "Rows that belong to no invoice"
_POSTED = (Status.POSTED, Status.ALREADY_POSTED)
_STOPPED = (Status.NEEDS_FIXING, Status.REFUSED, Status.NOT_SENT, Status.CONFLICT)


def tie_out(run: Run) -> TieOut:
    """Add up a run."""
    counts, amounts = run.counts(), run.amounts()
    accepted = [outcome for outcome in run.outcomes if outcome.status in _POSTED]
    as_sent = sum(map(_sent, accepted))
    rows = _rows(run)
    return TieOut(
        read=Amount("Read from the input", counts["invoices"], amounts["invoices"]),
        by_status=tuple(
            (status, Amount(status.label, counts[status], amounts[status])) for status in Status if counts[status]
        ),
        reasons=_reasons(run.outcomes, _held_up(run)),
        accepted=Amount("Posted, in this run or before", len(accepted), as_sent),
        rounding=sum(_sent(outcome) - outcome.invoice.worth for outcome in accepted if outcome.key not in run.later),
        later=sum(_sent(outcome) - outcome.invoice.worth for outcome in accepted if outcome.key in run.later),
        stays=_stays(run.stays),
        in_resman=_in_resman(accepted, run.stays),
        rows=rows,
        row_total=sum(row.count for row in rows),
        vendors=_parties(run, "vendor_id"),
        properties=_parties(run, "property_id"),
        by_hand=_by_hand(run.reading.trace, counts["invoices"], amounts["invoices"]),
        elsewhere=_elsewhere(run.outcomes),
    )


IN_FILE, TAKEN_OUT, ADDED, CORRECTED, UNTOLD, OTHERWISE = (
    "In the vendor's file",
    "Taken out by hand",
    "Added by hand",
    "Corrected by hand",
    "Changed or deleted in “Rows”",
    "Read otherwise than at first",
)


def _by_hand(trace: CorrectionTrail, count: int, cents: int) -> tuple[Amount, ...]:
    """What a corrected workbook makes of the vendor's file. What each correction moved is known, but for those in rows
    of "Rows" that had to stay as they were: they are the rest."""
    if trace.invoices is None or not trace.rounds:
        return ()
    out = sum(one.cents for one in trace.taken_out)
    parts = [Amount(IN_FILE, trace.invoices, trace.cents)]
    if trace.taken_out:
        parts.append(Amount(TAKEN_OUT, -len(trace.taken_out), -out))
    if trace.added:
        parts.append(Amount(ADDED, trace.added, trace.added_cents))
    left = Amount("", count - sum(one.count for one in parts), cents - sum(one.cents for one in parts))
    known = sum(one.cents or 0 for one in trace.corrections)
    corrected = known + out - trace.added_cents
    unknown = [one for one in trace.corrections if one.cents is None]
    if unknown and any(one.was != NOT_KEPT for one in unknown):  # an older workbook
        return (*parts, replace(left, label=CORRECTED))
    if unknown:
        moved = left.count if not corrected or any(one.now == GONE for one in unknown) else 0
        both = Amount(CORRECTED, left.count - moved, corrected), Amount(UNTOLD, moved, left.cents - corrected)
        return (*parts, *(one for one in both if one.count or one.cents))
    parts.append(Amount(CORRECTED, left.count, corrected))
    return (*parts, Amount(OTHERWISE, 0, left.cents - corrected)) if left.cents != corrected else tuple(parts)


def _elsewhere(outcomes: Iterable[Outcome]) -> Amount | None:
    count = sum(
        1
        for outcome in outcomes
        if outcome.problems and any(problem.kind is OTHER_CURRENCY for problem in outcome.invoice.problems)
    )
    return Amount("Of these in other currencies", count, 0) if count else None


def as_said(outcome: Outcome, field: str) -> str:
    """A header field as the sheet says it; where it does not say it, as it was filled in."""
    return outcome.invoice.cell_text(field).strip() or str(getattr(outcome.invoice, field) or "")


def as_it_went(outcome: Outcome, field: str, run: Run) -> str:
    """The same, but of what did not go in this run and was posted in a later round: as it was posted there."""
    if outcome.payload is not None and outcome.key in run.later:
        return str(getattr(outcome.payload, field))
    return as_said(outcome, field)


def _sent(outcome: Outcome) -> int:
    return outcome.invoice.worth if outcome.payload is None else outcome.payload.total_amount_in_cents


def _rows(run: Run) -> tuple[RowCount, ...]:
    if not run.reading.tables:  # told from the ledger, without the files
        return ()
    reasons = Counter(skipped.reason for table in run.reading.tables for skipped in table.skipped)
    in_invoices = sum(len(outcome.invoice.rows) for outcome in run.outcomes)
    in_none = run.reading.row_count - in_invoices
    return (
        RowCount("Headings", sum(table.source.heading_row > 0 for table in run.reading.tables)),
        RowCount("Rows of invoices", in_invoices),
        *([RowCount(NO_INVOICE_LABEL, in_none)] if in_none else []),
        *(RowCount(f"Left out: {reason}", count) for reason, count in sorted(reasons.items())),
    )


def _grouped(pairs: Iterable[tuple[str, int]]) -> tuple[Amount, ...]:
    counts: Counter[str] = Counter()
    cents: Counter[str] = Counter()
    for label, amount in pairs:
        counts[label] += 1
        cents[label] += amount
    return tuple(
        Amount(label, count, cents[label])
        for label, count in sorted(counts.items(), key=lambda item: (-abs(cents[item[0]]), item[0]))
    )


def _held_up(run: Run) -> str:
    """What keeps the whole run from being sent; "" where nothing does."""
    return next((problem.kind.title for problem in run.reading.problems if problem.kind.stops_run), "")


def _reasons(outcomes: Iterable[Outcome], held_up: str) -> tuple[Amount, ...]:
    return _grouped(
        (_reason(outcome, held_up), outcome.invoice.worth) for outcome in outcomes if not outcome.status.is_fine
    )


def _reason(outcome: Outcome, held_up: str) -> str:
    if held_up and outcome.status is Status.NOT_SENT:
        return held_up
    kinds = [problem.kind for problem in outcome.problems if problem.is_error]
    if kinds:
        return kinds[0].title
    return NOT_SENT.title if outcome.status is Status.NOT_SENT else outcome.status.label


def _stays(stays: Sequence[StillPosted]) -> tuple[Amount, ...]:
    return _grouped((each.why.value, each.cents) for each in stays)


def _in_resman(accepted: Iterable[Outcome], stays: Iterable[StillPosted]) -> tuple[Amount, ...]:
    words = {CONFIRMED: "Confirmed in ResMan", "pending": "On the way to ResMan", None: "Not asked yet"}
    said = [(outcome.resman, _sent(outcome)) for outcome in accepted] + [(each.resman, each.cents) for each in stays]
    found = _grouped((words.get(resman, f"ResMan says: {resman}"), cents) for resman, cents in said)
    return tuple(sorted(found, key=lambda amount: amount.label != words[CONFIRMED]))


def _parties(run: Run, field: str) -> tuple[Party, ...]:
    held_up = _held_up(run)
    groups: dict[str, list[Outcome]] = defaultdict(list)
    stays: dict[str, list[StillPosted]] = defaultdict(list)
    names: dict[str, str] = {}
    ids: set[str] = set()  # one was found for the name, or a profile gives it; otherwise the sheet's text may be none
    for outcome in run.outcomes:  # in the order of their rows, which are looked up
        read, text = str(getattr(outcome.invoice, field) or ""), outcome.invoice.cell_text(field).strip()
        said = as_it_went(outcome, field, run) if outcome.key in run.later else text or read
        if outcome.payload is not None and read and read != (sent := str(getattr(outcome.payload, field))):
            said = sent  # its row says something else by now
        identity = str(getattr(outcome.payload or outcome.invoice, field) or said)
        groups[identity].append(outcome)
        names.setdefault(identity, said)
        if outcome.payload is not None or read != text:
            ids.add(identity)
    for each in run.stays:
        identity = str(getattr(each, field))
        stays[identity].append(each)
        names.setdefault(identity, identity)
        ids.add(identity)
    parties = [
        _party(identity if identity in ids else "", name, groups[identity], stays[identity], run, held_up)
        for identity, name in names.items()
    ]
    return tuple(sorted(parties, key=lambda party: (-abs(party.read), party.name)))


def _party(
    identity: str, name: str, group: Sequence[Outcome], stays: Sequence[StillPosted], run: Run, held_up: str
) -> Party:
    def worth(*statuses: Status) -> int:
        return sum(outcome.invoice.worth for outcome in group if outcome.status in statuses)

    posted = [outcome for outcome in group if outcome.status in _POSTED]
    confirmed = sum(_sent(outcome) for outcome in posted if outcome.resman == CONFIRMED)
    sent = sum(map(_sent, posted)) + sum(each.cents for each in stays)
    differing = _grouped(
        (LATER if outcome.key in run.later else ROUNDING, cents)
        for outcome in posted
        if (cents := _sent(outcome) - outcome.invoice.worth)
    )
    return Party(
        name=name or "(not said)",
        id=identity,
        invoices=len(group),
        read=worth(*Status),
        posted=sent,
        otherwise=sent - worth(*_POSTED),
        confirmed=confirmed + sum(each.cents for each in stays if each.resman == CONFIRMED),
        ready=worth(Status.READY),
        stopped=worth(*_STOPPED),
        in_doubt=worth(Status.IN_DOUBT),
        reasons=_reasons(group, held_up),
        remarks=(*_stays(stays), *differing),
    )
