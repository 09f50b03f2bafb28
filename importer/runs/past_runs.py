"""Past runs read again, with their invoices as they stand now: what their workbooks should tell.

Several runs may be about one file: a check, the posting, the same file once more, and its results given back. A
workbook is that of the run which wrote it last.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from importer.context import RunContext
from importer.domain.follow_up_facts import Change
from importer.domain.outcome import Outcome, Run, Status
from importer.domain.problem_catalog import NOT_SENT, REFUSED, REFUSED_BEFORE
from importer.domain.problems import Problem
from importer.errors import CannotRun
from importer.ledger.entries import LedgerEntry
from importer.ledger.ledger import Ledger
from importer.ledger.ledger_identity import seal_of
from importer.ledger.states import State
from importer.pipeline import prepare
from importer.runs.archive import kept_inputs, kept_remarks
from importer.runs.outcomes import Start, current_run
from importer.runs.request import RunRequest
from importer.runs.superseded_workbooks import continued_in


@dataclass(frozen=True, slots=True)
class PastRun:
    """What is known of one past run: its invoices as they stand now, and the workbook to be written anew."""

    run: Run
    results: Path | None  # None: there was none, it is gone, or another of these runs has written it since
    is_away: bool = False  # the folder of its workbook cannot be reached at this moment
    left_because: str = ""  # why that workbook must stay as it is; "" where it may be written over
    is_due: bool = False  # that workbook was to be written anew before, and was not
    is_sender: bool = True  # False: it has sent none of the invoices that were asked for, another of these runs has

    @property
    def is_superseded(self) -> bool:
        """True where the work went on in a later run, and none of what was asked for was sent by this one."""
        return not self.is_sender and self.run.continued is not None

    @property
    def is_as_written(self) -> bool:
        """True where nobody has worked in the workbook, and no run about something else has written it."""
        return not self.left_because

    def with_changes(self, changes: Sequence[Change]) -> PastRun:
        """With those of the changes that are of its invoices."""
        keys = {outcome.key for outcome in self.run.outcomes}
        return replace(self, run=replace(self.run, changes=tuple(one for one in changes if one.key in keys)))


def read_again(desk: RunContext, ledger: Ledger, runs: Iterable[str]) -> tuple[list[PastRun], list[str]]:
    """Each of the runs, and those about the same files before and after it; with sentences about those that cannot be
    read again."""
    found: dict[str, PastRun] = {}
    unread: list[str] = []
    senders = [record for name in runs if (record := ledger.run_record(name)) is not None]
    books = _books(ledger, senders)
    archived = {_content(each): each["id"] for each in senders}
    for record in [*senders, *books.others]:
        name = record["id"]
        try:
            known = known_run(desk, ledger, record, archived.get(_content(record), name))
        except CannotRun as error:  # one run that cannot be read again keeps no other from its news
            unread.append(f"The workbook of run {name} cannot be written anew: {error}")
        else:
            if known is not None:
                found[name] = replace(known, is_sender=record in senders)
    return [books.settled(ledger, known, found) for known in found.values()], unread


@dataclass(frozen=True, slots=True)
class _Books:
    """Whose the workbooks are."""

    others: Sequence[Mapping[str, Any]]  # runs that met what the senders have sent, and wrote a workbook of it last
    last: Mapping[str, str]  # a workbook's path → the run that wrote it last

    def settled(self, ledger: Ledger, known: PastRun, found: Mapping[str, PastRun]) -> PastRun:
        """The run with its workbook, if it is still its own."""
        if known.results is None:
            return known
        writer = self.last.get(spelt(known.results), known.run.id)
        if writer != known.run.id and writer in found:
            return replace(known, results=None)
        if not ledger.has_written(spelt(known.results), digest(known.results)):
            if known.is_superseded:  # who works there now does so in a later one, which tells all of it
                return replace(known, results=None)
            return replace(known, left_because="has been worked in")
        return known if writer == known.run.id else replace(known, left_because=f"is that of run {writer} by now")


def _books(ledger: Ledger, senders: Sequence[Mapping[str, Any]]) -> _Books:
    """Goes through all that was written since the first of the senders, or of the rounds before them, oldest first."""
    if not senders:
        return _Books((), {})
    names, destinations = {each["id"] for each in senders}, {each["destination"] for each in senders}
    before = [record for name in set().union(*map(_rounds, senders)) if (record := ledger.run_record(name)) is not None]
    contents = set().union(*map(_digests, (*before, *senders)))
    last: dict[str, str] = {}
    mine: dict[str, Mapping[str, Any]] = {each["id"]: each for each in before}
    books: set[tuple[Path, str]] = set()
    for each in ledger.runs_with_results(min(each["started"] for each in (*before, *senders))):
        path = Path(each["results"])
        # A workbook from before its rounds were kept is known by its name, as long as it has that.
        answers = any((path.parent, str(file["name"])) in books for file in each["files"])
        went_on = not _rounds(each).isdisjoint(names | mine.keys())
        last[each["results"]] = each["id"]
        is_related = each["id"] in names | mine.keys() or not _digests(each).isdisjoint(contents)
        if (is_related or went_on or answers) and each["destination"] in destinations:
            books.add((path.parent, path.name))
            mine[each["id"]] = each
    writers = set(last.values())
    return _Books([each for name, each in mine.items() if name in writers and name not in names], last)


def _digests(record: Mapping[str, Any]) -> set[str]:
    """The SHA-256 of each file that a run has read."""
    return {str(file["sha256"]) for file in record["files"] if file.get("sha256")}


def _rounds(record: Mapping[str, Any]) -> set[str]:
    """The runs whose workbooks were given back until a run."""
    return {str(each["run"]) for each in (record["options"] or {}).get("rounds", ())}


def _content(record: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((str(file["name"]), str(file.get("sha256") or record["id"])) for file in record["files"])


def known_run(desk: RunContext, ledger: Ledger, record: Mapping[str, Any], archived: str) -> PastRun | None:
    """A past run read again from its archived files, or those of another run with the very same ones."""
    home, options = desk.settings.home, record["options"] or {}
    wanted: RunRequest | None = kept_inputs(home, record["id"], options) or kept_inputs(home, archived, options)
    if wanted is None:
        return None
    wanted = replace(wanted, names=record["names"])
    prepared = prepare(wanted, desk, ledger)
    named = (record["id"], record["command"], record["started"], record["who"], record["destination"])
    start = Start(*named, seal_of(ledger))
    run = current_run(start, prepared, record["finished"] or record["started"])
    remarks: dict[str, list[Problem]] = {}
    for sender in sorted({entry.run for entry in prepared.standing.values()}):
        remarks |= kept_remarks(home, sender)
    run = _with_remarks(run, remarks)
    results = Path(record["results"]) if record["results"] else None
    is_away = results is not None and not results.parent.is_dir()
    if results is not None and not results.is_file():
        results = None
    run = replace(_as_it_went(run, ledger), plan=record["plan"], continued=continued_in(ledger, record))
    return PastRun(run, results, is_away=is_away)


def _with_remarks(run: Run, remarks: Mapping[str, Sequence[Problem]]) -> Run:
    """With what was worth a look of the invoices when they were sent: likenesses, say, are not looked for again."""
    if not remarks:
        return run
    outcomes = list(run.outcomes)
    for index, outcome in enumerate(outcomes):
        then = remarks.get(outcome.key or "", ()) if outcome.status.is_fine else ()
        said = {(one.kind.code, one.place, one.what) for one in outcome.problems}
        lacking = [one for one in then if (one.kind.code, one.place, one.what) not in said]
        if lacking:
            outcomes[index] = outcome._replace(problems=(*outcome.problems, *lacking))
    return replace(run, outcomes=tuple(outcomes))


def _as_it_went(run: Run, ledger: Ledger) -> Run:
    """What a posting did not post is not merely ready: it belongs into "To fix", which is what people give back."""
    waiting = [outcome.key for outcome in run.outcomes if outcome.status is Status.READY and outcome.key]
    if run.command != "submit" or not waiting:
        return run
    standing = ledger.standing(waiting)
    outcomes = (
        _not_gone(outcome, standing.get(outcome.key or "")) if outcome.status is Status.READY else outcome
        for outcome in run.outcomes
    )
    return replace(run, outcomes=tuple(outcomes))


def _not_gone(outcome: Outcome, entry: LedgerEntry | None) -> Outcome:
    if any(problem.kind is REFUSED_BEFORE for problem in outcome.problems):
        refused = (replace(one, kind=REFUSED) if one.kind is REFUSED_BEFORE else one for one in outcome.problems)
        return outcome._replace(status=Status.REFUSED, problems=tuple(refused))
    is_released = entry is not None and entry.state is State.RELEASED
    what = (entry.said if entry is not None and is_released else None) or "It has not gone yet"
    waits = Problem(NOT_SENT, f"{what.rstrip('.')}.", outcome.invoice.rows[0].place())
    return outcome._replace(status=Status.NOT_SENT, problems=(*outcome.problems, waits))


def spelt(results: Path) -> str:
    """A workbook's path as the ledger keeps it."""
    return os.fsencode(results.absolute()).decode(errors="replace")


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
