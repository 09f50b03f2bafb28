"""What there is to tell: a message for each occasion, in the words of those who drop files into the folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from importer.domain.outcome import Outcome, Run, Status
from importer.domain.problem_catalog import NO_ACCOUNT
from importer.domain.reading import ControlTotal
from importer.notifications.message import (
    Message,
    Sum,
    clean,
    short_name,
)
from importer.report.sentences import (
    changes_said,
    destination_of,
    headline,
    notices,
    several,
)
from importer.report.sentences import destination as account_of
from importer.report.terminal import problem_lines
from importer.report.workbook.tie_out import tie_out
from importer.report.workbook.vendor_totals import to_compare, vendors

MOST_LINES = 15  # of problems, in one mail


@dataclass(frozen=True, slots=True)
class ToldFile:
    """A file of the drop folder, as far as people are told of it."""

    name: str  # as it was dropped
    folder: Path  # the drop folder itself
    lies: Path  # where the file is now
    reference: str  # of this drop alone
    results: Path | None = None
    said: tuple[str, ...] = ()  # further sentences: that it came before, that its end was missing


def of_run(run: Run, drop: ToldFile) -> Message:
    """What became of a file. Urgent where the outcome of an invoice is unknown."""
    counts = run.counts()
    return Message(
        subject=f"{_outcome(run)} – {short_name(drop.name)}",
        at=run.finished,
        reference=f"{drop.reference} {run.command} {counts[Status.IN_DOUBT]}",
        account=account_of(run),
        happened=(headline(run), *drop.said),
        steps=tuple(_steps(run, drop)),
        sums=_sums(run),
        details=(*_problems(run), *_noticed(run, drop)),
        facts=_facts(drop, run),
        workbook=None if drop.results is None else str(drop.results),
        urgent=bool(counts[Status.IN_DOUBT]),
    )


def to_approve(run: Run, drop: ToldFile, how: Sequence[str]) -> Message:
    """A file that waits for a second person. `how` says in sentences what that person does."""
    count = run.counts()[Status.READY]
    waits = "waits" if count == 1 else "wait"
    return Message(
        subject=f"{several(count, 'invoice')} {waits} for approval – {short_name(drop.name)}",
        at=run.finished,
        reference=f"{drop.reference} approve {run.plan}",
        account=destination_of(run.destination, sent=False),
        happened=(headline(run), "Nothing is posted until somebody else has approved it.", *drop.said),
        steps=tuple(how),
        sums=_sums(run),
        details=(*_problems(run), *_noticed(run, drop)),
        facts=(f"Plan: {run.plan}", *_facts(drop, run)),
        workbook=None if drop.results is None else str(drop.results),
        urgent=True,
    )


def of_changes(run: Run, drop: ToldFile) -> Message:
    """What was learnt since of invoices that were posted; `run.changes` says what. Urgent unless all is well."""
    now = [change.now for change in run.changes]
    learnt = sorted(set(now), key=lambda word: list(_LEARNT).index(word) if word in _LEARNT else len(_LEARNT))
    said = ", ".join(
        f"{now.count(word):,}{'' if at else ' invoices' if now.count(word) > 1 else ' invoice'} "
        f"{_LEARNT.get(word, f'now {word}')}"
        for at, word in enumerate(learnt)
    )
    last = max(change.at for change in run.changes)
    return Message(
        subject=f"{said} – {short_name(drop.name)}",
        at=last,
        reference=f"{drop.reference} changes {last.isoformat()}",
        account=destination_of(run.destination, sent=True),
        happened=(*changes_said(run), *drop.said),
        steps=tuple(_steps(run, drop)),
        sums=_sums(run),
        details=_problems(run),
        facts=_facts(drop, run),
        workbook=None if drop.results is None else str(drop.results),
        urgent=bool({"failed", "in doubt"} & set(now)),
    )


def of_failure(drop: ToldFile, why: str, *, destination: str, at: datetime) -> Message:
    """A file that could not be read, or not be taken as it is. `why` says so in a sentence."""
    return Message(
        subject=f"Put aside, nothing posted – {short_name(drop.name)}",
        at=at,
        reference=f"{drop.reference} failed",
        account=destination_of(destination, sent=True),
        happened=(why, "Nothing of it was posted.", *drop.said),
        steps=("Mend that, or ask the vendor for the file again, and drop it into “inbox”.",),
        facts=_facts(drop),
    )


def token_refused(folder: Path, said: str, *, destination: str, at: datetime) -> Message:
    """Nothing can be posted until somebody gives the importer a token that is taken."""
    steps = (
        "Whoever looks after the importer runs “invoice-importer login”. The files wait, and go on by themselves.",
    )
    return _standstill(folder, "The access token is refused", said, steps, destination, at)


def api_away(folder: Path, said: str, *, since: datetime, destination: str, at: datetime) -> Message:
    """The API does not answer. `said` is what was met last."""
    minutes = max(1, int((at - since).total_seconds() // 60))
    away = several(minutes, "minute") if minutes < 120 else several(minutes // 60, "hour")
    steps = ("Nothing, if it is known. The files wait, and go on by themselves once it answers.",)
    subject = f"The API has been away for {away}"
    return _standstill(folder, subject, f"{said} It was first away at {_moment(since)}.", steps, destination, at, since)


def settings_wrong(folder: Path, said: str, *, at: datetime) -> Message:
    """The folder's own settings cannot be used, and nothing is taken until they can."""
    steps = ("Mend the file. Nothing is taken from “inbox” until then, and nothing is lost.",)
    return _standstill(folder, "The folder's settings are wrong", said, steps, "", at)


def at_a_standstill(
    folder: Path, what: str, said: str, steps: Sequence[str], *, destination: str, at: datetime
) -> Message:
    """Anything else for which the folder waits: the ledger, the disk, the sub-folders. `what` begins the subject."""
    return _standstill(folder, what, said, tuple(steps), destination, at)


def trial(destination: str, *, at: datetime) -> Message:
    """A message about nothing, to see whether it arrives."""
    return Message(
        subject="This is a trial of how you are told",
        at=at,
        reference=f"trial {at.isoformat()}",
        account=destination_of(destination, sent=True),
        happened=("If you read this, messages of invoice-importer reach you. Nothing was read or posted.",),
        steps=("Nothing to do.",),
    )


_LEARNT = {
    "failed": "not taken by ResMan",
    "in doubt": "IN DOUBT",
    "confirmed": "confirmed in ResMan",
    "pending": "asked for again",
}
"""What `status` has learnt of an invoice → how a subject says it, the worst first."""


def _standstill(
    folder: Path,
    what: str,
    said: str,
    steps: tuple[str, ...],
    destination: str,
    at: datetime,
    since: datetime | None = None,
) -> Message:
    return Message(
        subject=f"{what} – {short_name(folder.name)}",
        at=at,
        reference=f"{folder} {what if since is None else 'away'} {(since or at).isoformat()}",
        account=destination_of(destination, sent=True) if destination else None,
        happened=(said,),
        steps=steps,
        facts=(f"Folder: {folder}",),
        urgent=True,
    )


def _outcome(run: Run) -> str:
    """ "9 invoices posted, 2 need fixing": what is unknown first, then what went, then what did not."""
    counts = run.counts()
    if not counts["invoices"]:
        return "No invoice could be read"
    parts: list[str] = []
    for status, one, many in _SHORTLY:
        if count := counts[status]:
            noun = "" if parts else (" invoice" if count == 1 else " invoices")
            parts.append(f"{count:,}{noun} {one if count == 1 else many}")
    loose = sum(problem.is_error and problem.place.row is not None for problem in run.reading.problems)
    if loose:
        parts.append(f"{several(loose, 'problem')} in other rows")
    return ", ".join(parts)


_SHORTLY = (
    (Status.IN_DOUBT, "IN DOUBT", "IN DOUBT"),
    (Status.POSTED, "posted", "posted"),
    (Status.READY, "ready", "ready"),
    (Status.ALREADY_POSTED, "posted before", "posted before"),
    (Status.NEEDS_FIXING, "needs fixing", "need fixing"),
    (Status.REFUSED, "refused", "refused"),
    (Status.CONFLICT, "in conflict", "in conflict"),
    (Status.NOT_SENT, "not sent", "not sent"),
)


def _sums(run: Run) -> tuple[Sum, ...]:
    """What the file says itself, what was read, what became of it, and the difference."""
    sums = tie_out(run)
    totals = run.reading.control_totals
    return (
        *(Sum(f"The file's own total, {_cell(total)}", None, vendors(total)) for total in totals[-1:]),
        *(
            Sum("The same, as it was changed by hand", None, int(total.says))
            for total in totals[-1:]
            if total.vendor is not None
        ),
        Sum(sums.read.label, sums.read.count, sums.read.cents),
        *(Sum(one.label, one.count, one.cents) for _, one in sums.by_status),
        Sum("Difference", None, sums.difference),
    )


def _cell(total: ControlTotal) -> str:
    return ", ".join(part for part in (total.place.sheet, total.place.cell) if part) or clean(total.label, 60)


def _steps(run: Run, drop: ToldFile) -> Iterator[str]:
    """What the reader does now, most urgent first; never nothing."""
    counts = run.counts()
    begun = False
    for step in _what_is_wanted(run, drop):
        begun = True
        yield step
    if counts[Status.READY]:
        yield "Nothing was posted: this was only a check."
    elif counts[Status.POSTED]:
        yield "The new invoices wait in ResMan for approval. Whether ResMan took them is asked by itself."
    elif not begun:
        yield "Nothing to do."


def _what_is_wanted(run: Run, drop: ToldFile) -> Iterator[str]:
    counts = run.counts()
    if doubtful := counts[Status.IN_DOUBT]:
        which = "one invoice" if doubtful == 1 else f"{doubtful:,} invoices"
        yield (
            f"Do not enter {which} by hand: no answer tells whether {'it' if doubtful == 1 else 'they'} arrived. "
            "Whoever looks after the importer runs “invoice-importer settle”."
        )
    if run.stopped:
        yield run.stopped
    if counts[Status.CONFLICT]:
        which = several(counts[Status.CONFLICT], "invoice")
        yield f"Compare {which} with what was posted under the same number before."
    holding_up = [problem for problem in run.reading.problems if problem.kind.stops_run]
    for problem in holding_up:
        yield f"{problem.what} {problem.kind.advice if problem.advice is None else problem.advice}"
    yield from to_compare(run)
    if any(problem.kind is NO_ACCOUNT for outcome in run.outcomes for problem in outcome.problems):
        yield f"{NO_ACCOUNT.title}. {NO_ACCOUNT.advice}"
    loose = sum(problem.is_error and not problem.kind.stops_run for problem in run.reading.problems)
    wrong = sum(map(_is_to_correct, run.outcomes))
    if wrong or loose:
        what = [several(wrong, "invoice")] if wrong else []
        what += [f"{several(loose, 'problem')} that {'is' if loose == 1 else 'are'} of no invoice"] if loose else []
        yield from _correct(" and ".join(what), drop)
    elif counts[Status.NOT_SENT] and not holding_up:
        which = several(counts[Status.NOT_SENT], "invoice")
        yield f"Drop the same file into “inbox” again to send {which}; what was posted stays posted."


def _correct(what: str, drop: ToldFile) -> Iterator[str]:
    if drop.results is None:
        yield f"Correct {what} in the file, and drop it into “inbox” again; what was posted stays posted."
        return
    yield f"Open {short_name(drop.results.name)} and correct the sheet “To fix”: {what}."
    yield "Save that workbook, and drop the workbook itself into “inbox”; what was posted stays posted."


def _is_to_correct(outcome: Outcome) -> bool:
    """True where a cell is wrong, and not only a setting missing."""
    errors = [problem for problem in outcome.problems if problem.is_error]
    only_a_setting = bool(errors) and all(problem.kind is NO_ACCOUNT for problem in errors)
    return outcome.status in (Status.NEEDS_FIXING, Status.REFUSED) and not only_a_setting


def _problems(run: Run) -> tuple[str, ...]:
    lines = [line for line in problem_lines(run) if line.text]
    shown = tuple(line.text for line in islice(lines, MOST_LINES))
    left = sum(line.stands_for for line in lines[MOST_LINES:])
    return (*shown, f"  … and {left:,} more, in the workbook") if left else shown


def _noticed(run: Run, drop: ToldFile) -> tuple[str, ...]:
    """How the file was understood, and what else there is to say that is not said above."""
    return tuple(sentence for sentence in notices(run) if sentence not in drop.said)[:MOST_LINES]


def _facts(drop: ToldFile, run: Run | None = None) -> tuple[str, ...]:
    facts = [f"Folder: {drop.folder}", f"The file: {_within(drop.folder, drop.lies)}"]
    if drop.results is not None:
        facts.append(f"Its results: {_within(drop.folder, drop.results)}")
    if run is not None:
        facts.append(f"Run: {run.id}")
    return tuple(facts)


def _within(folder: Path, path: Path) -> str:
    """The path as those see it who have the folder open, wherever that is mounted on their machine."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _moment(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}"
