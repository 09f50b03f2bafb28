"""Telling people of a file: once in every way, however often that has to be tried."""

from __future__ import annotations

from importer.submitter import Ledger, drops
from importer.submitter.drops import Drop
from importer.telling import Message, tell
from importer.telling.tell import went_nowhere
from importer.watcher.bench import Bench

MOST_TRIES = 24
"""After so many the log has it, and the file lies where it lies."""


def spread(bench: Bench, drop: Drop) -> tuple[dict[str, str], bool]:
    """Tells in every way in which it was not told yet; returns what is told now, and whether something is left.

    What may have arrived is not said again; what certainly has not is.
    """
    told, left = dict(drop.told), False
    if drop.message is None:
        return told, left
    message, to, now = Message.of_kept(drop.message), bench.orders.tell, bench.desk.now().isoformat()
    ways = {
        "email": to.model_copy(update={"webhook": None}) if to.email else None,
        "webhook": to.model_copy(update={"email": ()}) if to.webhook is not None else None,
    }
    for way, which in ways.items():
        mark = f"{way} {message.reference}"
        if which is None or mark in told:
            continue
        said = tell(message, which, bench.desk.settings)
        for sentence in said:
            bench.note("not-told", sentence, file=drop.name, drop=drop.id)
        if went_nowhere(said):
            left = True
        else:
            told[mark] = now
    tries = int(told.get("tries", "0")) + 1
    if not left or tries >= MOST_TRIES:
        told.pop("tries", None)
        return told, False
    return told | {"tries": str(tries)}, True


def spread_the_rest(bench: Bench, ledger: Ledger) -> None:
    """Tells again of what nobody could be told of."""
    for drop in drops.untold(ledger, bench.folder_id):
        told, left = spread(bench, drop)
        kept = drop.message if left else None
        drops.change_unowned(ledger, drop, told=told, message=kept)
