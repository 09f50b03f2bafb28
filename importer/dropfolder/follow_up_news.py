"""Telling people of a file: once in every way, however often that has to be tried.

That it is being told is written down before, and that it is told afterwards. Whoever finds only the first, after a
crash, tells again, and says that it may have been told before.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta

from importer.dropfolder import drop_store
from importer.dropfolder.drop_store import Drop
from importer.dropfolder.job_context import JobContext
from importer.ledger.ledger import Ledger
from importer.notifications import Message, tell
from importer.notifications.deliver import went_nowhere

MOST_TRIES = 24
"""After so many the log has it, and the file lies where it lies."""

SLOW_SECONDS = 5.0
"""Whoever cannot be told within this time is not tried again for a while, whatever else there is to tell."""

SILENT_SECONDS = 240.0
"""That while."""

BEING_TOLD = "being told"
BEING_TOLD_FOR = timedelta(minutes=5)
"""What stands in the ledger while a file is told of, and how long that may take at most."""

PERHAPS_AGAIN = "You may have been told of this before: the importer ended in the middle of telling."


def begun(bench: JobContext, drop: Drop) -> dict[str, str]:
    """What the ledger is to know before people are told of a file."""
    return drop.told if drop.message is None else drop.told | {BEING_TOLD: bench.desk.now().isoformat()}


def tell_of(bench: JobContext, ledger: Ledger, drop: Drop, *, perhaps_again: bool = False) -> None:
    """Tells of a file that lies in its place, once it is written down that this was `begun`."""
    told, left = spread(bench, drop, perhaps_again=perhaps_again)
    drop_store.change_unowned(ledger, drop, told=told, message=drop.message if left else None)


def spread(bench: JobContext, drop: Drop, *, perhaps_again: bool = False) -> tuple[dict[str, str], bool]:
    """Tells in every way in which it was not told yet; returns what is told now, and whether something is left.

    What may have arrived is not said again; what certainly has not is.
    """
    told, left, tried = dict(drop.told), False, False
    told.pop(BEING_TOLD, None)
    if drop.message is None:
        return told, left
    message, to, now = Message.of_kept(drop.message), bench.orders.tell, bench.desk.now().isoformat()
    if perhaps_again:
        message = replace(message, happened=(*message.happened, PERHAPS_AGAIN))
    ways = {
        "email": to.model_copy(update={"webhook": None}) if to.email else None,
        "webhook": to.model_copy(update={"email": ()}) if to.webhook is not None else None,
    }
    for way, which in ways.items():
        mark = f"{way} {message.reference}"
        if which is None or mark in told:
            continue
        if bench.desk.stop.is_set() or bench.silent.get(way, 0.0) > time.monotonic():
            left = True
            continue
        tried, since = True, time.monotonic()
        said = tell(message, which, bench.desk.settings)
        for sentence in said:
            bench.note("not-told", sentence, file=drop.name, drop=drop.id)
        if went_nowhere(said):
            left = True
        else:
            told[mark] = now
        if said and time.monotonic() - since >= SLOW_SECONDS:
            bench.silent[way] = time.monotonic() + SILENT_SECONDS
    tries = int(told.get("tries", "0")) + tried
    if not left or tries >= MOST_TRIES:
        told.pop("tries", None)
        return told, False
    return told | {"tries": str(tries)}, True


def spread_the_rest(bench: JobContext, ledger: Ledger) -> None:
    """Tells of what nobody was told of yet, or could be told of, until it is asked to stop."""
    for drop in drop_store.untold(ledger, bench.folder_id):
        if bench.desk.stop.is_set():
            return
        since = drop.told.get(BEING_TOLD)
        if since is not None and abs(bench.desk.now() - datetime.fromisoformat(since)) < BEING_TOLD_FOR:
            continue
        marked = replace(drop, told=begun(bench, drop))
        if drop_store.change_unowned(ledger, drop, told=marked.told):
            tell_of(bench, ledger, marked, perhaps_again=since is not None)
