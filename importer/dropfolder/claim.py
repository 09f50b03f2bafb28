"""Taking a file out of the inbox, once: written down first, then moved, which only one of several watchers can do.

What a crash leaves between the two is brought to its end, or undone, by whoever takes it over.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from importer.dropfolder import drop_store
from importer.dropfolder.arrivals import Odd, strange_thing
from importer.dropfolder.decide import ANSWERS
from importer.dropfolder.drop_store import Drop, Stage
from importer.dropfolder.file_names import is_passed_over, numbered, safe
from importer.dropfolder.folder import (
    FAILED,
    INBOX,
    WORKING,
    is_workplace,
    move,
    owner_of,
    sha256_of,
)
from importer.dropfolder.job_context import JobContext
from importer.ledger.ledger import Ledger
from importer.reading.formats.safe_file import shown

NOT_TAKEN = "not-taken"
"""The event of a file that cannot be taken yet."""

MOST_HASHED = 512 * 1024 * 1024
"""Bytes. The reader refuses larger files, whatever is in them."""


def take(bench: JobContext, ledger: Ledger, name: str, *, odd: Odd | None = None) -> Drop | None:
    """Takes a file. None where it is gone, has changed since it was found complete, or cannot be moved yet.

    An `odd` thing is taken under a name that can be used, with its verdict: it goes to `failed`.
    """
    source = bench.folder.inbox / name
    called = name if odd is None else safe(name)
    try:
        before = source.lstat()
    except OSError:
        return None
    drop = drop_store.new_drop_id(bench.desk.now())
    said = f"{shown(name)} was taken." if odd is None else f"“{shown(name)}” was put aside: {odd.why}."
    why = None if odd is None else said
    drop_store.write_down(ledger, drop, bench.folder_id, called, before.st_size, owner_of(source), odd=why)
    target = bench.folder.workplace(drop) / called
    try:
        target.parent.mkdir()
        source.rename(target)
    except OSError as error:
        if not _is_there(target):  # a share can say that it failed when it did not
            with suppress(OSError):
                target.parent.rmdir()
            drop_store.strike_out(ledger, drop)
            if _is_there(source):
                not_yet = f"{shown(name)} cannot be taken yet: {error.strerror or error}."
                bench.note(NOT_TAKEN, not_yet, file=shown(name))
            return None
    after = target.lstat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) and stat.S_ISREG(after.st_mode):
        _given_back(bench, target)
        drop_store.strike_out(ledger, drop)
        return None
    taken = _taken(bench, ledger, drop)
    if taken is not None:
        bench.note("taken", said, file=called, drop=drop, bytes=after.st_size, dropped_by=taken.dropped_by)
    return taken


def _taken(bench: JobContext, ledger: Ledger, name: str) -> Drop | None:
    """The second half: what lies in the working folder is this watcher's to work on. No link is followed."""
    drop = drop_store.drop(ledger, name)
    if drop is None:
        return None
    path = bench.folder.workplace(drop.id) / drop.name
    values: dict[str, Any] = {"state": Stage.TAKEN, **content_of(path)}
    if drop.exit_code is None and (odd := strange_thing(drop.name, path.lstat())) is not None:
        values |= {"exit_code": 2, "said": f"“{shown(drop.name)}” was put aside: {odd.why}."}
    return drop_store.drop(ledger, name) if drop_store.change(ledger, drop, **values) else None


def recover(bench: JobContext, ledger: Ledger) -> list[Drop]:
    """Takes over what nobody works on any more, and brings to its end, or undoes, what was half taken."""
    found = []
    for drop in drop_store.take_over(ledger, bench.folder_id):
        if drop.state is not Stage.TAKING:
            found.append(drop)
            bench.note("taken-over", f"{drop.name} is taken up again.", file=drop.name, drop=drop.id)
        elif _is_there(bench.folder.workplace(drop.id) / drop.name):
            taken = _taken(bench, ledger, drop.id)
            found += [] if taken is None else [taken]
        else:
            with suppress(OSError):
                bench.folder.workplace(drop.id).rmdir()
            drop_store.strike_out(ledger, drop.id)
    return found


class Strays:
    """What lies in the working folder and is in no ledger: put there by people, or left by a ledger that is gone.

    It goes back to the inbox, once it was seen there for as long as a file must be unchanged.
    """

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._since: dict[str, float] = {}

    def give_back(self, bench: JobContext, ledger: Ledger) -> None:
        """Looks once. Raises OSError where the folder cannot be listed."""
        known = {drop.id for drop in drop_store.drops(ledger, bench.folder_id, *drop_store.UNDER_WAY)}
        with os.scandir(bench.folder.root / WORKING) as entries:
            strays = [entry for entry in entries if entry.name not in known and not is_passed_over(entry.name)]
        now = self._ticks()
        self._since = {entry.name: self._since.get(entry.name, now) for entry in strays}
        for entry in strays:
            if now - self._since[entry.name] < bench.orders.settle_seconds:
                continue
            path = Path(entry.path)
            if entry.is_file(follow_symlinks=False):
                _given_back(bench, path)
            elif entry.is_dir(follow_symlinks=False) and is_workplace(entry.name):
                for each in path.iterdir():
                    if each.name != ANSWERS:
                        _given_back(bench, each)
                with suppress(OSError):
                    path.rmdir()


def say_of_left(bench: JobContext, odd: Odd) -> None:
    """Says once, beside the failed files, that a folder or an unfinished file in the inbox is left alone."""
    name = f"{safe(odd.name)}.why.txt"
    with suppress(FileExistsError), (bench.folder.root / FAILED / name).open("x", encoding="utf-8") as stream:
        said = f"“{shown(odd.name)}” in “{INBOX}” is left alone: {odd.why}. {odd.left}"
        stream.write(f"{said}\n")
        bench.note("left-alone", said, file=shown(odd.name))


def _given_back(bench: JobContext, path: Path) -> None:
    for name in numbered(path.name):
        try:
            if move(path, bench.folder.inbox / name):
                bench.note("given-back", f"{shown(path.name)} was moved back to “{INBOX}”.", file=shown(path.name))
                return
        except FileNotFoundError:
            return


def _is_there(path: Path) -> bool:
    return os.path.lexists(path)


def content_of(path: Path) -> dict[str, Any]:
    """What is kept of a file's content: by it is seen whether it is another one later."""
    with suppress(OSError):
        if path.lstat().st_size <= MOST_HASHED:
            sha256, size = sha256_of(path)
            return {"sha256": sha256, "size": size}
    return {"sha256": None}
