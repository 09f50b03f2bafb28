"""A second person's word on what waits: a file whose name ends in `.approved` or `.rejected`, with the plan in it.

The plan is a hash over exactly what would be posted, so that a word counts for that and for nothing else. Whoever
dropped the file may not approve it, where the system can tell who a file belongs to.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from importer.dropfolder import drop_store
from importer.dropfolder.arrivals import Arrivals
from importer.dropfolder.claim import NOT_TAKEN
from importer.dropfolder.drop_store import Drop, Stage
from importer.dropfolder.file_names import (
    WORD,
    is_passed_over,
    numbered,
    safe,
    word_of,
)
from importer.dropfolder.folder import (
    FAILED,
    move,
    open_plain,
    owner_of,
)
from importer.dropfolder.job_context import JobContext
from importer.dropfolder.text_file import write_beside
from importer.ledger.ledger import Ledger
from importer.notifications import at_a_standstill
from importer.notifications.message import Message, as_text
from importer.reading.formats.safe_file import shown

PLAN = re.compile(r"sha256:[0-9a-f]{64}")
MOST_BYTES = 64 * 1024
REASON = 300  # letters


class Approvals:
    """Looks for words on what waits. `tell` hands a message on to people."""

    def __init__(self, arrivals: Arrivals, tell: Callable[[Message], None]) -> None:
        self._arrivals = arrivals  # of the folder in which files wait
        self._tell = tell
        self.settling = 0
        """Words among what waits, at the last look, that may count in a moment."""

    def look(self, bench: JobContext, ledger: Ledger, dropped: tuple[str, ...]) -> None:
        """Looks once; `dropped` are the words that lie in the inbox. Raises OSError where a folder cannot be listed."""
        words = [bench.folder.inbox / name for name in dropped]
        settled = self._arrivals.look(bench.orders).words
        words += [bench.folder.waiting / name for name in settled]
        with os.scandir(bench.folder.waiting) as entries:
            there = {entry.name: entry.is_file(follow_symlinks=False) for entry in entries}
        coming = {name for name in there if there[name] and word_of(name) and not is_passed_over(name)}
        self.settling = len(coming - set(settled))
        for path in words:
            self._apply_decision_file(bench, ledger, path)
        for drop in drop_store.drops(ledger, bench.folder_id, Stage.WAITING):
            place = bench.folder.root / (drop.place or "")
            if drop.plan is not None and drop_store.was_submitted(ledger, drop.plan, drop.taken_at):
                if drop_store.change_unowned(ledger, drop, state=Stage.TAKEN, owner=bench.watcher):
                    _note(bench, drop, "posted-by-hand", f"What {drop.name} waited for was posted by hand.")
            elif place.name not in there and not place.exists():
                said = f"{drop.name} was taken out of “{bench.folder.waiting.name}” by somebody."
                if drop_store.change_unowned(ledger, drop, state=Stage.ENDED, said=said):
                    _note(bench, drop, "withdrawn", said)

    def _apply_decision_file(self, bench: JobContext, ledger: Ledger, path: Path) -> None:
        """Does what one of these files says, or says why not; either way it does not stay where it lies."""
        text = _text(path)
        if text is None:
            return
        word, plan = word_of(path.name), PLAN.search(text.lower())
        waiting = drop_store.drops(ledger, bench.folder_id, Stage.WAITING)
        stem = WORD.sub("", path.name).casefold()
        if plan is not None:
            meant = [drop for drop in waiting if drop.plan == plan[0]]
        else:
            beside = path.parent == bench.folder.waiting and word == "rejected"  # to say no needs no hash
            meant = [drop for drop in waiting if beside and Path(drop.place or "").stem.casefold() == stem]
        who = owner_of(path)
        if word == "approved" and meant and bench.orders.action == "check":  # the word stays, for when it posts again
            said = f"{meant[0].name} is approved, but this folder only checks: it goes on waiting."
            bench.note(NOT_TAKEN, said, file=shown(path.name))
            return
        if word == "approved" and meant and (same := [drop for drop in meant if _is_same_person(bench, drop, who)]):
            why = f"{same[0].name} was dropped by {who}, and cannot be approved by the same person."
            self._refuse(bench, path, why)
        elif word == "approved" and (unseen := [drop for drop in meant if _shows_nobody(bench, drop, who)]):
            why = (
                f"{unseen[0].name} was dropped by {unseen[0].dropped_by}, and {shown(path.name)} does not show who "
                "agrees, because it belongs to the importer. Whoever agrees drops a text of their own into “inbox”: "
                f"its name ends in “.approved”, and in it stands {unseen[0].plan}"
            )
            self._refuse(bench, path, why)
        elif meant:
            for drop in meant:
                self._carry_out(bench, ledger, drop, who, None if word == "approved" else _reason(text))
            _put_aside(bench, path, bench.folder.month(bench.desk.now().astimezone().date()))
        elif plan is not None and drop_store.was_approved(ledger, bench.folder_id, plan[0]):
            _put_aside(bench, path, bench.folder.month(bench.desk.now().astimezone().date()))
        elif plan is not None:
            why = "nothing waits for this plan: it was dealt with, or the file gives another plan by now."
            self._refuse(bench, path, f"{shown(path.name)} counts for nothing: {why}")
        else:
            why = "there is no plan in it. Rename the very text that lies beside the file."
            self._refuse(bench, path, f"{shown(path.name)} counts for nothing: {why}")

    def _carry_out(self, bench: JobContext, ledger: Ledger, drop: Drop, who: str | None, reason: str | None) -> None:
        known = who is not None and drop.dropped_by is not None and bench.account not in (who, drop.dropped_by)
        by = who if who is not None and who != bench.account else "somebody"
        if reason is None:
            done = drop_store.change_unowned(
                ledger, drop, state=Stage.TAKEN, owner=bench.watcher, approved=drop.plan, approved_by=by
            )
            doubt = "" if known else " It cannot be told who dropped it and who approved it."
            said = f"{drop.name} was approved by {by}.{doubt}"
        else:
            said = f"It was rejected by {by}{reason and f': {reason}'}."
            done = drop_store.change_unowned(
                ledger, drop, state=Stage.TAKEN, owner=bench.watcher, approved_by=by, exit_code=1, said=said
            )
        if done:
            _note(bench, drop, "approved" if reason is None else "rejected", said, plan=drop.plan, by=by)

    def _refuse(self, bench: JobContext, path: Path, why: str) -> None:
        aside = _put_aside(bench, path, FAILED)
        if aside is None:
            return  # another watcher was quicker
        now, destination = bench.desk.now(), bench.desk.settings.destination
        steps = ("Have it approved by somebody else, with the text that lies beside the file.",)
        message = at_a_standstill(
            bench.folder.root, "An approval was refused", why, steps, destination=destination, at=now
        )
        with suppress(OSError):
            write_beside(aside.with_name(f"{aside.name}.why.txt"), as_text(message))
        bench.note("approval-refused", why, file=shown(path.name))
        self._tell(message)


def _is_same_person(bench: JobContext, drop: Drop, who: str | None) -> bool:
    """True where it is known that the approver dropped the file; an account that stands for all tells nothing."""
    return who is not None and who == drop.dropped_by and who != bench.account


def _shows_nobody(bench: JobContext, drop: Drop, who: str | None) -> bool:
    """True where it is known who dropped the file, and the word is only our own text, renamed by anybody."""
    return drop.dropped_by not in (None, bench.account) and who in (None, bench.account)


def _put_aside(bench: JobContext, path: Path, part: str) -> Path | None:
    for name in numbered(safe(path.name)):
        target = bench.folder.root / part / name
        try:
            if move(path, target):
                return target
        except FileNotFoundError:
            return None
    raise AssertionError("there is always one more name")


def _text(path: Path) -> str | None:
    """What stands in a word; None where it is no file that can be read (yet). Links are not followed."""
    try:
        with open_plain(path) as stream:
            read = stream.read(MOST_BYTES)
    except OSError:
        return None
    return read.replace(b"\0", b"").decode(errors="replace")  # also as Windows' editor saves "Unicode"


def _reason(text: str) -> str:
    """What a person has written into a rejection; nothing where it is only our own text, renamed."""
    said = " ".join(shown(text.replace("\r", " ").replace("\n", " ")).split())
    return "" if PLAN.search(said.lower()) or len(said) > REASON else said.rstrip(".")


def _note(bench: JobContext, drop: Drop, event: str, said: str, **facts: object) -> None:
    bench.note(event, said, file=drop.name, drop=drop.id, **facts)
