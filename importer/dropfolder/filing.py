"""Where a file goes once its work is done: its place is written down first, then everything is moved there.

A crash between the two is made good by whoever takes the file over: it is moved to the place that was written down.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from importer.domain.outcome import Status
from importer.dropfolder import drop_store
from importer.dropfolder.decide import (
    ANSWERS,
    RESULTS,
    FileDecision,
    FileOutcome,
)
from importer.dropfolder.drop_store import Decided, Drop, Stage
from importer.dropfolder.file_names import numbered
from importer.dropfolder.folder import (
    DONE,
    FAILED,
    NEEDS_FIXING,
    WAITING,
    move,
)
from importer.dropfolder.job_context import JobContext
from importer.dropfolder.text_file import write_beside
from importer.errors import LedgerUnavailable
from importer.ledger.ledger import Ledger
from importer.notifications import (
    Message,
    at_a_standstill,
    of_failure,
    of_run,
    to_approve,
)
from importer.notifications import ToldFile as Told
from importer.notifications.message import as_text
from importer.runs.follow_up import keep_results, may_replace
from importer.runs.results_file import results_name

ENDINGS = {FAILED: ".why.txt", NEEDS_FIXING: ".to-fix.txt", WAITING: ".to-approve.txt"}
"""Part of the folder → how the text is called that lies beside a file there."""

RENAME = "If you agree, rename the text that lies beside the file from “….to-approve.txt” to “….approved”."
COPY = (
    "If you agree, copy the text that lies beside the file, under your own account, and call the copy “….approved”. "
    "To rename the text is not enough: it would still belong to the importer, and not show who agrees."
)
HOW_TO_APPROVE = (
    "Whoever dropped the file may not approve it.",
    "If you do not, rename it to “….rejected”.",
    "Or run: invoice-importer submit FILE --approved PLAN",
)


def decide(bench: JobContext, ledger: Ledger, drop: Drop, verdict: FileDecision) -> Drop | None:
    """Writes down where the file goes, and what people are to be told. None where it is no longer this watcher's."""
    for place in _free_places(bench, drop, verdict.outcome):
        message = _message(bench, drop, verdict, place)
        run = verdict.run
        done = drop_store.decide(
            ledger,
            drop,
            place,
            run=None if run is None else run.id,
            plan=drop.plan if run is None else run.plan,
            exit_code=run.exit_code if run is not None else drop.exit_code or 2,
            approved=None if verdict.outcome is FileOutcome.WAITING else drop.approved,
            said=message.subject,
            message=message.kept(),
        )
        if done is Decided.PLACE_TAKEN:
            continue
        if done is Decided.NOT_OURS:
            return None
        return drop_store.drop(ledger, drop.id)
    raise AssertionError("there is always one more place")


def fetch_back(bench: JobContext, drop: Drop) -> None:
    """Brings a file that waited, and is to be worked on again, back into the working folder. Can be done again.

    Its old results and note go, unless somebody has worked in them. Raises OSError.
    """
    workplace = bench.folder.workplace(drop.id)
    place = bench.folder.root / (drop.place or "")
    if drop.place is None or os.path.lexists(workplace / drop.name) or not os.path.lexists(place):
        return
    results, note = place.with_name(results_name([place])), place.with_name(f"{place.stem}{ENDINGS[WAITING]}")
    with suppress(LedgerUnavailable):  # then it cannot be told, and they stay
        if may_replace(bench.desk, results):
            results.unlink(missing_ok=True)
    note.unlink(missing_ok=True)
    move(place, workplace / drop.name)


def put_away(bench: JobContext, drop: Drop) -> Path:
    """Moves the file, its results and the note to the place that was decided. Can be done again after a crash.

    Raises OSError where that cannot be done now.
    """
    assert drop.place is not None  # noqa: S101 - it was decided
    workplace, place = bench.folder.workplace(drop.id), bench.folder.root / drop.place
    answers = workplace / ANSWERS
    results = _moved(answers / RESULTS, place.with_name(results_name([place])))
    if results is not None and drop.run is not None:
        try:
            keep_results(bench.desk, drop.run, results)
        except LedgerUnavailable as error:
            bench.note("results", str(error), file=drop.name, drop=drop.id)
    ending = ENDINGS.get(PurePosixPath(drop.place).parts[0])
    if ending is not None and drop.message is not None:
        write_beside(place.with_name(f"{place.stem}{ending}"), as_text(Message.of_kept(drop.message)))
    lies = _moved(workplace / drop.name, place) or place
    shutil.rmtree(answers, ignore_errors=True)
    with suppress(OSError):  # somebody has put something there: it is found, and taken for itself
        workplace.rmdir()
    return lies


def stage_after(drop: Drop) -> Stage:
    """What follows once everything lies in its place."""
    return Stage.WAITING if (drop.place or "").startswith(f"{WAITING}/") else Stage.ENDED


def _moved(source: Path, target: Path) -> Path | None:
    """Moves a file beside what people may have put there meanwhile; None where there is nothing to move (any more)."""
    for name in numbered(target.name):
        try:
            if move(source, target.with_name(name)):
                return target.with_name(name)
        except FileNotFoundError:
            return None
    raise AssertionError("there is always one more name")


def _free_places(bench: JobContext, drop: Drop, outcome: FileOutcome) -> Iterator[str]:
    """Places where neither the file nor what goes beside it has a namesake."""
    part = str(outcome)
    if outcome is FileOutcome.DONE:
        part = f"{DONE}/{bench.desk.now().astimezone():%Y-%m}"
    for name in numbered(drop.name):
        place = bench.folder.root / part / name
        beside = [place.with_name(results_name([place]))]
        beside += [place.with_name(f"{place.stem}{ending}") for ending in ENDINGS.values()]
        if not any(path.exists() or path.is_symlink() for path in (place, *beside)):
            yield f"{part}/{name}"


def _message(bench: JobContext, drop: Drop, verdict: FileDecision, place: str) -> Message:
    lies = bench.folder.root / place
    results = verdict.results
    if results is not None and results.name == RESULTS:
        results = lies.with_name(results_name([lies]))
    told = Told(drop.name, bench.folder.root, lies, f"{drop.id} {place}", results, verdict.said)
    if verdict.run is None and verdict.outcome is FileOutcome.NEEDS_FIXING:
        what, step = _WITHOUT_A_RUN[drop.exit_code == 1]
        return at_a_standstill(
            bench.folder.root,
            f"{what} – {drop.name}",
            verdict.why,
            (step,),
            destination=bench.desk.settings.destination,
            at=bench.desk.now(),
        )
    if verdict.run is None:
        return of_failure(told, verdict.why, destination=bench.desk.settings.destination, at=bench.desk.now())
    if verdict.outcome is FileOutcome.WAITING:
        people_show = drop.dropped_by is not None and drop.dropped_by != bench.folder.account()
        return to_approve(verdict.run, told, (COPY if people_show else RENAME, *HOW_TO_APPROVE))
    return of_run(verdict.run, told)


_WITHOUT_A_RUN = {
    True: ("Rejected", "Correct the file, and drop it into “inbox” again."),
    False: (
        "Broke off while posting",
        "Drop the file into “inbox” again: what was posted stays so, what is in doubt is looked for, the rest goes.",
    ),
}


def events_of(verdict: FileDecision) -> dict[str, object]:
    """The figures of a verdict, for the log."""
    if verdict.run is None:
        return {"outcome": str(verdict.outcome), "exit_code": 2}
    counts = {name: count for name, count in verdict.run.counts().items() if count}
    posted = verdict.run.amounts()[Status.POSTED]
    return {
        "outcome": str(verdict.outcome),
        "exit_code": verdict.run.exit_code,
        "run": verdict.run.id,
        "counts": counts,
        "posted_cents": posted,
    }
