"""Whether the ledger is the newest one: what this home's own files say of that, before it is used and before sending.

What the API's write logs say of it is asked by `submitter.strangers`.
"""

from __future__ import annotations

from pathlib import Path

from importer.archive import archived_runs
from importer.errors import NotTheNewest
from importer.submitter import Ledger
from importer.submitter.witness import missing, must_be_whole


def must_not_be_older(ledger: Ledger, home: Path) -> None:
    """Raises `NotTheNewest` for a ledger that lacks a run or an invoice that was sent from this home.

    A run is in the ledger before its files are in the archive, and an intent before it is in the journal. What is
    there and not in the ledger was lost with it: an older copy, or one without its parts, would post it again.
    """
    lost = ledger.unknown_runs(archived_runs(home))
    lacking = None if ledger.journal is None else missing(ledger, ledger.journal)
    if not lost and not lacking:
        return
    what = f"run {max(lost)}, which posted from here" if lost else "all that was sent from here"
    which = f" It lacks {lacking.named}." if lacking else ""
    folders = [home / "archive", *(() if ledger.journal is None else ledger.journal.folders)]
    raise NotTheNewest(
        f"The ledger does not know of {what}: it is gone, or old, or incomplete.{which} Nothing was sent.",
        "Put the right one back, with all files whose names begin like its own; nothing is sent until then. "
        "To begin anew, knowing that what was posted may be posted again, move these away: "
        f"{', '.join(map(str, folders))}.",
    )


def must_be_newest(ledger: Ledger, home: Path) -> None:
    """The same once more, thoroughly, just before something is sent. Raises `LedgerUnavailable` where the journal
    cannot be written, and `NotTheNewest`."""
    if ledger.journal is not None:
        ledger.journal.must_be_writable()
    must_not_be_older(ledger, home)
    must_be_whole(ledger)
