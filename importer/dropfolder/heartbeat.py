"""Whether somebody watches a folder: a small file that is replaced at every look, and the leases of the ledger."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from importer.context import RunContext, open_ledger
from importer.dropfolder import drop_store
from importer.dropfolder.folder import (
    DONE,
    FAILED,
    INBOX,
    NEEDS_FIXING,
    WAITING,
    WORKING,
    DropFolder,
    open_plain,
)
from importer.errors import LedgerUnavailable

ONCE_SECONDS = 900.0
"""Who looks at the folder from time to time, and ends, watches it for so long after each look."""

FRESH_SECONDS = 120.0
"""A sign of life that is older says nothing any more; so does one that is this far in the future."""


def beat(folder: DropFolder, told: Mapping[str, Any]) -> None:
    """Replaces the sign of life at once: a reader never meets half of it. One that cannot be written is left."""
    aside = folder.own / f"heartbeat.{secrets.token_hex(4)}.tmp"
    with suppress(OSError):
        try:
            with aside.open("x", encoding="utf-8") as stream:
                json.dump(told, stream, default=str)
            aside.replace(folder.own / "heartbeat.json")
        finally:
            with suppress(FileNotFoundError):
                aside.unlink()


def last_beat(folder: DropFolder) -> dict[str, Any] | None:
    """The last sign of life; None where there is none that can be read."""
    with suppress(OSError, ValueError):
        with open_plain(folder.own / "heartbeat.json") as stream:
            found = json.loads(stream.read())
        if isinstance(found, dict) and datetime.fromisoformat(str(found.get("at"))).tzinfo is not None:
            return found
    return None


def is_looked_at_times(beat: Mapping[str, Any] | None, now: datetime) -> bool:
    """True where the last sign of life is of somebody who looks from time to time, and not too old for that."""
    if beat is None or not beat.get("once"):
        return False
    return abs((now - datetime.fromisoformat(beat["at"])).total_seconds()) < ONCE_SECONDS


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """How a folder stands."""

    alive: bool
    seen: datetime | None  # the last sign of life
    watchers: tuple[tuple[str, datetime], ...]  # who, since when
    files: Mapping[str, int]  # part of the folder → how many files lie there
    troubles: tuple[tuple[str, datetime, str], ...]
    said: tuple[str, ...] = ()  # what could not be looked at


def standing(desk: RunContext, folder: DropFolder) -> FolderStatus:
    """Looks at the sign of life and into the ledger."""
    found = last_beat(folder)
    seen = None if found is None else datetime.fromisoformat(found["at"])
    fresh = seen is not None and abs((desk.now() - seen).total_seconds()) < FRESH_SECONDS
    at_times = is_looked_at_times(found, desk.now())
    damaged = found is None and os.path.lexists(folder.own / "heartbeat.json")
    said = ("The sign of life cannot be read, and counts for nothing.",) if damaged else ()
    files = {part: _files(folder.root / part) for part in (INBOX, WORKING, WAITING, NEEDS_FIXING, FAILED, DONE)}
    try:
        with open_ledger(desk, "watch-status") as ledger:
            folder_id = str((found or {}).get("folder_id") or drop_store.folder_at(ledger, str(folder.root)) or "")
            who = tuple(drop_store.watchers(ledger, folder_id))
            troubles = tuple(drop_store.troubles(ledger, folder_id))
            return FolderStatus(bool(who) or at_times, seen, who, files, troubles, said)
    except LedgerUnavailable as error:
        return FolderStatus(fresh or at_times, seen, (), files, (), (*said, str(error)))


def _files(part: Path) -> int:
    count = 0
    for folder, inner, names in os.walk(part):
        inner[:] = [] if Path(folder).is_symlink() else [name for name in inner if not name.startswith(".")]
        count += sum(1 for name in names if not name.startswith("."))
    return count
