"""One file from the working folder to the place where people find it: judged, put away, and told of."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from importer.context import open_ledger
from importer.dropfolder import drop_store, filing
from importer.dropfolder.claim import content_of
from importer.dropfolder.decide import (
    FileDecision,
    FileOutcome,
    PutOff,
    judge,
)
from importer.dropfolder.drop_store import Drop, Stage
from importer.dropfolder.folder import WORKING
from importer.dropfolder.follow_up_news import begun, tell_of
from importer.dropfolder.grew_after_claim import look_again
from importer.dropfolder.job_context import JobAnswer, JobContext
from importer.dropfolder.superseded import tidy_after
from importer.errors import LedgerUnavailable
from importer.ledger.ledger import Ledger
from importer.notifications import Message, tell

PAUSES = (30.0, 60.0, 120.0, 300.0, 600.0, 900.0)
"""Seconds that a file waits before it is taken up again, the first time and so on; then always the last."""


def work_on(bench: JobContext, name: str) -> JobAnswer:
    """Does what there is to do for one drop. Safe to be done again at any point; raises nothing that is foreseen."""
    try:
        with open_ledger(bench.desk, bench.watcher) as ledger:
            drop = drop_store.drop(ledger, name)
            if drop is None or drop.owner != bench.watcher or drop.state not in (Stage.TAKEN, Stage.FILING):
                return JobAnswer()
            if not drop_store.change(ledger, drop, worker=os.getpid()):
                return JobAnswer()
            return _worked_on(bench, ledger, drop)
    except LedgerUnavailable as error:
        return JobAnswer(trouble="ledger", said=str(error), pause=PAUSES[0])
    except OSError as error:
        said = f"The folder cannot be worked in: {error.strerror or error}."
        bench.note("put-off", said, drop=name)
        return JobAnswer(trouble="disk", said=said, pause=PAUSES[0])


def _worked_on(bench: JobContext, ledger: Ledger, drop: Drop) -> JobAnswer:
    if drop.state is Stage.TAKEN:
        filing.fetch_back(bench, drop)
        if not os.path.lexists(bench.folder.workplace(drop.id) / drop.name):
            return _vanished(bench, ledger, drop)
        if drop.place is not None:  # it waited meanwhile: what counts is what it is now
            drop_store.change(ledger, drop, **content_of(bench.folder.workplace(drop.id) / drop.name))
        bench.note("working", f"{drop.name} is being worked on.", file=drop.name, drop=drop.id)
        verdict = _given(drop) or judge(bench, ledger, drop)
        if isinstance(verdict, PutOff):
            return _put_off(bench, ledger, drop, verdict)
        decided = filing.decide(bench, ledger, drop, verdict)
        if decided is None:
            bench.note("overtaken", f"{drop.name} was taken over meanwhile.", file=drop.name, drop=drop.id)
            return JobAnswer()
        _say(bench, decided, verdict)
        drop = decided
    return _filed(bench, ledger, drop)


def _given(drop: Drop) -> FileDecision | None:
    """The verdict of a drop that nobody is to look into: it was put aside as it is."""
    if drop.exit_code is None:
        return None
    outcome = FileOutcome.FAILED if drop.exit_code == 2 else FileOutcome.NEEDS_FIXING
    return FileDecision(outcome, None, None, drop.said or "It could not be worked on.")


def _filed(bench: JobContext, ledger: Ledger, drop: Drop) -> JobAnswer:
    lies = filing.put_away(bench, drop)
    place = lies.relative_to(bench.folder.root).as_posix()
    stage = filing.stage_after(drop)
    tidy_after(bench, ledger, drop)
    lying = replace(drop, state=stage, owner=None, told=begun(bench, drop))
    ended: dict[str, Any] = {"state": stage, "owner": None, "worker": None, "told": lying.told}
    if stage is Stage.WAITING:  # what came of it is not decided yet
        ended |= {"exit_code": None, "pauses": 0, "deaths": 0}
    is_filed = drop_store.change(ledger, drop, **ended)
    bench.note("filed", f"{drop.name} lies in {place}.", file=drop.name, drop=drop.id, place=place, run=drop.run)
    if is_filed and drop.message is not None:  # who cannot be reached holds up no file
        tell_of(bench, ledger, lying)
    ended_drop = drop_store.drop(ledger, drop.id)
    if ended_drop is not None and ended_drop.state is Stage.ENDED:
        look_again(bench, ledger, ended_drop, lambda message: _tell(bench, message), thoroughly=True)
    return JobAnswer(exit_code=drop.exit_code, posts=drop.posting)


def _tell(bench: JobContext, message: Message) -> None:
    for sentence in tell(message, bench.orders.tell, bench.desk.settings):
        bench.note("not-told", sentence)


def _put_off(bench: JobContext, ledger: Ledger, drop: Drop, why: PutOff) -> JobAnswer:
    pause = 0.0 if why.kind == "stop" else PAUSES[min(drop.pauses, len(PAUSES) - 1)]
    with ledger.reading() as connection:
        until = ledger.store.now(connection) + pause
    drop_store.change(
        ledger, drop, worker=None, not_before=until, pauses=drop.pauses + (why.kind != "stop"), said=why.said
    )
    bench.note("put-off", why.said, file=drop.name, drop=drop.id, kind=why.kind, pause=pause)
    return JobAnswer(trouble=why.kind, said=why.said, pause=pause)


def _vanished(bench: JobContext, ledger: Ledger, drop: Drop) -> JobAnswer:
    said = f"{drop.name} was taken out of “{WORKING}” by somebody before it was worked on."
    drop_store.change(ledger, drop, state=Stage.ENDED, owner=None, worker=None, said=said)
    bench.note("vanished", said, file=drop.name, drop=drop.id)
    return JobAnswer(exit_code=1)


def _say(bench: JobContext, drop: Drop, verdict: FileDecision) -> None:
    bench.note("judged", drop.said or "", file=drop.name, drop=drop.id, **filing.events_of(verdict))
