"""The work on one file: reading it, and sending what is right if the folder says so."""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from importer.domain.outcome import Run, Status
from importer.dropfolder import drop_store
from importer.dropfolder.arrivals import strange_thing
from importer.dropfolder.drop_store import Drop
from importer.dropfolder.job_context import JobContext
from importer.errors import (
    ApiAway,
    BadSettings,
    CannotRun,
    FileUnreadable,
    LedgerUnavailable,
    NoAccess,
    PlanDiffers,
    ResultsNotWritten,
)
from importer.ledger.ledger import Ledger
from importer.pipeline import check_files, submit_files
from importer.runs.request import RunRequest
from importer.runs.results_file import write_results

ANSWERS = ".answer"
"""Inside the folder in which a file is worked on: no dropped file has such a name."""

RESULTS = "results.xlsx"

ONLY_CHECKS = "It was approved, but this folder only checks by now: it goes on waiting."

MOST_PAUSES_WHILE_POSTING = 12
"""So often a file is taken up again whose posting was broken off; then people are told what is not sent."""


class FileOutcome(StrEnum):
    """Where a file goes."""

    DONE = "done"
    NEEDS_FIXING = "needs-fixing"
    FAILED = "failed"
    WAITING = "waiting-for-approval"


@dataclass(frozen=True, slots=True)
class FileDecision:
    """What came of the work on one file."""

    outcome: FileOutcome
    run: Run | None  # None: it could not be read
    results: Path | None  # where the workbook is now
    why: str = ""  # the sentence, where it could not be read
    said: tuple[str, ...] = ()  # further sentences for people


@dataclass(frozen=True, slots=True)
class PutOff:
    """Nothing is wrong with the file: it is taken up again later. `kind` names what keeps it waiting."""

    kind: str  # "access", "api", "ledger", "settings", "disk", "stop"
    said: str


def judge(bench: JobContext, ledger: Ledger, drop: Drop) -> FileDecision | PutOff:
    """Does the work. Whatever is not about the file puts it off."""
    path = bench.folder.workplace(drop.id) / drop.name
    try:
        if (odd := strange_thing(drop.name, path.lstat())) is not None:  # whatever was put there meanwhile
            return FileDecision(FileOutcome.FAILED, None, None, f"“{drop.name}” was put aside: {odd.why}.")
        before = _came_before(ledger, drop)
        run, waits, said = _run(bench, ledger, drop, path)
        if bench.desk.stop.is_set() and run.counts()[Status.NOT_SENT]:
            return PutOff("stop", "The watcher was asked to stop.")
        if (stopped := _broken_off(run, drop)) is not None:
            return PutOff("api", stopped)
        run = replace(run, notices=(*run.notices, *before, *said))
        answers = path.parent / ANSWERS
        if answers.is_symlink():  # nothing of ours: it could lead anywhere
            raise NotADirectoryError(errno.ENOTDIR, "It is a link", str(answers))
        answers.mkdir(exist_ok=True)
        written = write_results(run, bench.desk, answers / RESULTS)
        for sentence in written.said:
            bench.note("results", sentence, file=drop.name, drop=drop.id)
        return FileDecision(_outcome(run, waits=waits), run, written.path, said=(*before, *said, *written.said))
    except FileUnreadable as error:
        return FileDecision(FileOutcome.FAILED, None, None, str(error), _came_before(ledger, drop))
    except NoAccess as error:
        return PutOff("access", str(error))
    except ApiAway as error:
        return PutOff("api", str(error))
    except LedgerUnavailable as error:
        return PutOff("ledger", str(error))
    except BadSettings as error:
        return PutOff("settings", str(error))
    except (CannotRun, ResultsNotWritten) as error:
        return PutOff("disk", str(error))
    except OSError as error:
        room = "The disk is full." if error.errno in (errno.ENOSPC, errno.EDQUOT) else f"{error.strerror or error}."
        return PutOff("disk", f"The folder cannot be worked in. {room}")
    except KeyboardInterrupt:
        return PutOff("stop", "The watcher was asked to stop.")


def _run(bench: JobContext, ledger: Ledger, drop: Drop, path: Path) -> tuple[Run, bool, tuple[str, ...]]:
    """The run, whether it waits for an approval, and what is to be said of that."""
    desk, orders = bench.desk, bench.orders
    wanted = RunRequest((path,), desk.settings.profiles, desk.settings.integration_id, orders.sheet, orders.profile)
    said: tuple[str, ...] = ()

    def is_still_ours() -> None:
        if not drop_store.change(ledger, drop, posting=True):
            raise CannotRun("Another watcher has taken the file over. Nothing was sent.")

    if orders.action == "submit" and (drop.approved is not None or not orders.needs_approval):
        with suppress(PlanDiffers):
            return _submitted(bench, wanted, is_still_ours, drop.approved), False, said
        said = ("It would post something else now than what was approved: look at it again.",)
    only_checks = drop.approved is not None and orders.action == "check"
    if only_checks:
        said = (ONLY_CHECKS,)
    run = check_files(wanted, desk)
    return run, (orders.needs_approval or only_checks) and run.counts()[Status.READY] > 0, said


def _submitted(bench: JobContext, wanted: RunRequest, before: Callable[[], None], approved: str | None) -> Run:
    return submit_files(wanted, bench.desk, agree=lambda _: True, before=before, approved=approved)


def _broken_off(run: Run, drop: Drop) -> str | None:
    """Why the posting ended before its end, where it is worth going on later; what is in doubt needs a person now."""
    counts = run.counts()
    goes_on = counts[Status.NOT_SENT] and not counts[Status.IN_DOUBT] and drop.pauses < MOST_PAUSES_WHILE_POSTING
    return run.stopped if goes_on else None


def _came_before(ledger: Ledger, drop: Drop) -> tuple[str, ...]:
    """A sentence where the very same content was dropped before."""
    same = drop_store.same_before(ledger, drop)
    if same is None:
        return ()
    which = f", run {same.run}" if same.run else ""
    return (f"The file is the same as {same.name}, dropped on {same.taken_at.astimezone():%Y-%m-%d at %H:%M}{which}.",)


def _outcome(run: Run, *, waits: bool) -> FileOutcome:
    if waits:
        return FileOutcome.WAITING
    return FileOutcome.DONE if run.exit_code == 0 else FileOutcome.NEEDS_FIXING
