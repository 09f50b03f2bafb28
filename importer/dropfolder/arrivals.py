"""What lies in the inbox, and what of it is complete. By looking again and again: a network share tells nobody.

A file is complete when its size and time were seen unchanged for long enough by our own clock, it can be opened, and
its content says that this is its end. The time that the file itself carries is never compared with ours.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from importer.dropfolder.completeness import Wholeness, wholeness
from importer.dropfolder.file_names import (
    is_litter,
    is_passed_over,
    why_unusable,
    word_of,
)
from importer.dropfolder.folder_settings import FolderSettings

PAUSES = 3
"""A file in which nothing marks the end is given so many times the longest pause after which it was seen to grow."""

LONGEST_WAIT = 300.0
"""But no more than so many seconds."""


@dataclass(frozen=True, slots=True)
class Odd:
    """Something that is no bill that could be taken, and why: the end of the sentence "It was put aside: …"."""

    name: str
    why: str
    left: str = ""  # what to do about it, where it is left in the inbox


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the inbox."""

    ready: tuple[str, ...]  # complete, the longest unchanged first
    odd: tuple[Odd, ...]
    words: tuple[str, ...]  # files that approve or reject
    settling: int  # files that may yet prove complete in the time that is waited
    unfinished: int  # files whose end is missing


@dataclass(slots=True)
class _Seen:
    size: int
    changed: int
    since: float
    pause: float = 0.0  # the longest after which it grew again
    looked_into: float = -1e9
    content: Wholeness = Wholeness.OPEN


class Arrivals:
    """Remembers since when each file in the inbox looks as it does. `ticks` gives seconds that only ever go on."""

    def __init__(self, inbox: Path, ticks: Callable[[], float]) -> None:
        self._inbox = inbox
        self._ticks = ticks
        self._seen: dict[str, _Seen] = {}

    def look(self, orders: FolderSettings) -> Look:
        """Looks at every name once. Raises OSError where the inbox cannot be listed."""
        now = self._ticks()
        seen: dict[str, _Seen] = {}
        ready: list[tuple[float, str]] = []
        odd: list[Odd] = []
        words: list[str] = []
        settling = unfinished = 0
        with os.scandir(self._inbox) as entries:
            found = list(entries)
        for entry in found:
            if is_passed_over(entry.name) and is_litter(entry.name):
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue  # gone again
            one = seen[entry.name] = self._noted(entry.name, status, now)
            quiet = now - one.since
            if is_passed_over(entry.name):
                if quiet >= orders.give_up_minutes * 60:
                    odd.append(Odd(entry.name, "by its name it is hidden, or not finished", "Give it its own name."))
                continue
            if quiet < orders.settle_seconds:
                settling += 1
            elif (strange := strange_thing(entry.name, status)) is not None:
                odd.append(strange)
            elif word_of(entry.name):
                words.append(entry.name)
            elif (why := why_unusable(entry.name)) is not None:
                odd.append(Odd(entry.name, why))
            else:
                if now - one.looked_into >= orders.settle_seconds:
                    one.content, one.looked_into = wholeness(self._inbox / entry.name), now
                match one.content:
                    case Wholeness.LINE | Wholeness.OPEN if quiet < min(PAUSES * one.pause, LONGEST_WAIT):
                        settling += 1
                    case Wholeness.WHOLE | Wholeness.LINE:
                        ready.append((-quiet, entry.name))
                    case Wholeness.OPEN if quiet >= orders.open_end_seconds:
                        ready.append((-quiet, entry.name))
                    case Wholeness.OPEN:
                        settling += 1
                    case Wholeness.ODD:
                        odd.append(Odd(entry.name, "it is not an ordinary file"))
                    case Wholeness.CUT | Wholeness.CLOSED if quiet >= orders.give_up_minutes * 60:
                        odd.append(Odd(entry.name, _never(one.content, orders)))
                    case Wholeness.CUT | Wholeness.CLOSED:
                        unfinished += 1
                    case Wholeness.GONE:
                        pass
        self._seen = seen
        return Look(tuple(name for _, name in sorted(ready)), tuple(odd), tuple(words), settling, unfinished)

    def is_as_seen(self, name: str) -> bool:
        """True where a file still looks as it did at the last look."""
        one = self._seen.get(name)
        try:
            status = (self._inbox / name).lstat()
        except OSError:
            return False
        return one is not None and (one.size, one.changed) == (status.st_size, status.st_mtime_ns)

    def forget(self, name: str) -> None:
        """The file was taken: the next one of its name is another."""
        self._seen.pop(name, None)

    def _noted(self, name: str, status: os.stat_result, now: float) -> _Seen:
        before = self._seen.get(name)
        if before is not None and (before.size, before.changed) == (status.st_size, status.st_mtime_ns):
            return before
        seen = _Seen(status.st_size, status.st_mtime_ns, now)
        if before is not None and status.st_size > before.size:
            seen.pause = max(before.pause, now - before.since)
        return seen


def strange_thing(name: str, status: os.stat_result) -> Odd | None:
    """What is no ordinary file. It is never looked into, and no link is followed."""
    if stat.S_ISLNK(status.st_mode):
        return Odd(name, "it is a link to another place, and no file")
    if stat.S_ISDIR(status.st_mode):
        return Odd(name, "it is a folder", "Drop the files that are in it.")
    return None if stat.S_ISREG(status.st_mode) else Odd(name, "it is not an ordinary file")


def _never(content: Wholeness, orders: FolderSettings) -> str:
    waited = f"and {orders.give_up_minutes:g} minutes were waited for it"
    if content is Wholeness.CLOSED:
        return f"it cannot be opened, {waited}. Close it in other programs, or ask for the right to read it"
    return f"its end is missing, {waited}. It was cut short on the way: fetch it again"
