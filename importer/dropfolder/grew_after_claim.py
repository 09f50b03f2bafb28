"""Files that went on growing after they were taken: a copier that paused writes on, wherever the file has gone.

What was read of such a file was a part of it. It is dropped again, as it is now; what was posted stays posted.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from datetime import timedelta

from importer.dropfolder import drop_store
from importer.dropfolder.drop_store import Drop
from importer.dropfolder.file_names import numbered
from importer.dropfolder.folder import INBOX, move, sha256_of
from importer.dropfolder.job_context import JobContext
from importer.dropfolder.text_file import write_beside
from importer.ledger.ledger import Ledger
from importer.notifications import Message, at_a_standstill
from importer.notifications.message import as_text

LATER = timedelta(hours=1)
"""For so long after a file was filed it is looked whether it has grown."""


def take_again(bench: JobContext, ledger: Ledger, tell: Callable[[Message], None]) -> None:
    """Looks at what was filed lately. Raises OSError where the folder cannot be used."""
    for drop in drop_store.ended_since(ledger, bench.folder_id, bench.desk.now() - LATER):
        look_again(bench, ledger, drop, tell)


def look_again(
    bench: JobContext, ledger: Ledger, drop: Drop, tell: Callable[[Message], None], *, thoroughly: bool = False
) -> None:
    """Puts a file that is no longer what was taken back into the inbox, and says so; `thoroughly`: whatever its size.

    One that somebody has written anew since, rather than on, stays where it is, and the log says it.
    """
    path = bench.folder.root / (drop.place or "")
    try:
        status = path.lstat()
        if drop.sha256 is None or not stat.S_ISREG(status.st_mode):
            return
        if status.st_size == drop.size and not thoroughly:
            return
        begins_the_same = status.st_size >= drop.size and sha256_of(path, drop.size)[0] == drop.sha256
        if begins_the_same and status.st_size == drop.size:
            return
        if not begins_the_same and not thoroughly:
            now, size = sha256_of(path)
            if drop_store.change_unowned(ledger, drop, sha256=now, size=size):
                said = f"{drop.name} was written anew after it was dealt with. Drop it again if that is to count."
                bench.note("written-anew", said, file=drop.name, drop=drop.id)
            return
        back = next(name for name in numbered(path.name) if move(path, bench.folder.inbox / name))
    except FileNotFoundError:
        return  # moved or deleted by people, or another watcher was quicker
    what = f"{drop.name} {'grew' if begins_the_same else 'changed'} after it was taken"
    said = f"{what}: what was read was only a part of it. It is taken again, as {back}; what was posted stays posted."
    bench.note("grew", said, file=drop.name, drop=drop.id, bytes=status.st_size, read=drop.size)
    message = at_a_standstill(
        bench.folder.root,
        what,
        said,
        (f"Nothing: it is in “{INBOX}”, and its new answer counts. Copy files faster, or under another ending first.",),
        destination=bench.desk.settings.destination,
        at=bench.desk.now(),
    )
    write_beside(path.with_name(f"{path.stem}.taken-again.txt"), as_text(message))
    tell(message)
