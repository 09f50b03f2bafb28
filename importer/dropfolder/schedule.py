"""What is done from time to time: asking what became of posted invoices, looking for lost ones, tidying up."""

from __future__ import annotations

from pathlib import Path

from importer.context import open_ledger
from importer.domain.outcome import Run
from importer.dropfolder import drop_store
from importer.dropfolder.follow_up_news import spread_the_rest
from importer.dropfolder.job_context import JobAnswer, JobContext
from importer.dropfolder.recently_settled import bring_up_to_date
from importer.errors import ApiAway, BadSettings, CannotRun, LedgerUnavailable, NoAccess
from importer.notifications import ToldFile as Told
from importer.notifications import of_changes, tell
from importer.report.sentences import several
from importer.runs.follow_up import follow_up, runs_behind, settle
from importer.runs.results_file import write_anew
from importer.runs.retention import tidy

PAUSE = 60.0
"""Seconds that everything waits where the API cannot be asked."""


def go_round(bench: JobContext, what: str) -> JobAnswer:
    """One of the rounds. What keeps it from being done is said, and it is done the next time."""
    try:
        match what:
            case "status":
                _ask(bench)
            case "settle":
                _settle(bench)
            case "tidy":
                bench.note("tidied", str(tidy(bench.desk)))
            case "tell":
                with open_ledger(bench.desk, bench.watcher) as ledger:
                    spread_the_rest(bench, ledger)
    except NoAccess as error:
        return JobAnswer(trouble="access", said=str(error), pause=PAUSE)
    except ApiAway as error:
        return JobAnswer(trouble="api", said=str(error), pause=PAUSE)
    except LedgerUnavailable as error:
        return JobAnswer(trouble="ledger", said=str(error), pause=PAUSE)
    except BadSettings as error:
        return JobAnswer(trouble="settings", said=str(error), pause=PAUSE)
    except (CannotRun, OSError) as error:
        bench.note("round-broke-off", str(error), round=what)
        return JobAnswer()
    except KeyboardInterrupt:
        return JobAnswer(trouble="stop")
    return JobAnswer(posts=what in ("status", "settle"))


def _ask(bench: JobContext) -> None:
    """Asks what became of everything that is pending, and writes the workbooks anew of what has changed."""
    told, known = follow_up(bench.desk)
    changed = {change.key for change in told.changes}
    bench.note(
        "asked", f"{len(told.outcomes):,} invoices were asked after; {len(changed):,} have news.", news=len(changed)
    )
    for notice in told.notices:
        bench.note("asked", notice)
    for one in known:
        if not one.run.changes and not one.is_due:
            continue
        written = write_anew(one, bench.desk)
        for sentence in written.said:
            bench.note("results", sentence, run=one.run.id)
        if one.is_sender and any(change.now in ("failed", "in doubt") for change in one.run.changes):
            _tell(bench, one.run, written.path)


def _settle(bench: JobContext) -> None:
    """Looks for what is in doubt; writes the workbooks anew, and brings the files on in which nothing is any more."""
    told, known = runs_behind(bench.desk, settle(bench.desk))
    count, settled = len(told.outcomes), len(told.changes)
    if count:
        were = "was" if count == 1 else "were"
        bench.note(
            "settled",
            f"{several(count, 'invoice')} {were} in doubt; {settled:,} of that is settled.",
            count=count,
            settled=settled,
        )
    for one in known:
        if one.run.changes:
            for sentence in write_anew(one, bench.desk).said:
                bench.note("results", sentence, run=one.run.id)
    bring_up_to_date(bench)


def _tell(bench: JobContext, run: Run, results: Path | None) -> None:
    """Tells of invoices that ResMan did not take: of those that came through this folder."""
    with open_ledger(bench.desk, bench.watcher) as ledger:
        drop = drop_store.of_run(ledger, bench.folder_id, run.id)
    if drop is None:
        return
    root = bench.folder.root
    message = of_changes(run, Told(drop.name, root, root / (drop.place or ""), f"{drop.id} {run.id}", results))
    bench.note("telling", message.subject, run=run.id, drop=drop.id)
    for sentence in tell(message, bench.orders.tell, bench.desk.settings):
        bench.note("not-told", sentence, run=run.id)
