"""Fetching ResMan's lists page by page: everything at first, later only what changed, and on from where it broke off.

Whether the API can tell what changed is "newer documentation" (contract, "What ResMan already has"). It is asked;
where it refuses, or answers with what has not changed, everything is fetched instead. Everything is fetched once a
week in any case, because `last_seen` moves without counting as a change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from importer.errors import CannotRun, Refused
from importer.masterdata.cache import (
    Cache,
    FetchProgress,
    RecordKind,
    moment,
    usable_list,
)
from importer.masterdata.file_lock import alone

PAGE = 250
"""Records a request: the most that the API gives."""

WHOLE_EVERY = timedelta(days=7)
OVERLAP = timedelta(minutes=10)
"""What changed so shortly before the latest change that was seen is asked for again."""

MOST_BY_PROPERTY = 40
"""Requests for the vendors of each property that are made without being asked for: 250 properties × vendors cost
more than they tell, where each vendor's own record says at which property it is used."""


class FetchedPage(Protocol):
    """One page of a list."""

    @property
    def rows(self) -> tuple[Mapping[str, Any], ...]:
        """The records."""

    @property
    def has_more(self) -> bool:
        """Whether there is another page."""

    @property
    def total(self) -> int | None:
        """How many records there are in all, where the API says."""


class Lists(Protocol):
    """Where the lists come from."""

    def page(
        self,
        name: str,
        integration_id: str,
        *,
        offset: int,
        size: int,
        since: datetime | None = None,
    ) -> FetchedPage:
        """One page of a list, oldest records first; only what changed since then, where that is given."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What was fetched of one list."""

    list: str
    fetched: int  # records that came in
    known: int  # records that are known now
    requests: int
    is_whole: bool  # everything, not only what changed
    short_by: int = 0  # the API speaks of so many more than it gave


def alone_syncing(folder: Path) -> AbstractContextManager[None]:
    """Holds off a second `sync` of the same lists. Two at once would each take what the other has just brought for
    what is gone. Raises `CannotRun`."""
    taken = CannotRun("Another `sync` is under way.", "Wait for its end: it brings the same.")
    return alone(folder / "syncing.sqlite3", patience=0, taken=taken)


Moved = Callable[[str, int, int], None]
"""Told of the list, the pages fetched, and the pages there are in all."""


def fetch(
    lists: Lists,
    cache: Cache,
    integration_id: str,
    *,
    now: Callable[[], datetime],
    moved: Moved,
    everything: bool = False,
    by_property: bool = False,
) -> Iterator[Synced]:
    """Brings the cache up to date, list by list. What was fetched is kept, whatever happens.

    `everything` fetches also what has not changed, from the first page on; `by_property` each property's own list of
    vendors, however many requests that takes. Raises what the lists raise.
    """
    asking = _Asking(lists, cache, integration_id, now, moved)
    for sort in RecordKind:
        yield asking.for_records(sort, everything=everything)
    properties = [each.id for each in cache.records(RecordKind.PROPERTY) if each.is_active and not each.is_stale]
    pages = len(properties) * -(-max(1, len(cache.records(RecordKind.VENDOR))) // PAGE)
    if by_property or pages <= MOST_BY_PROPERTY:
        for property_id in properties:
            yield asking.for_usable(property_id)


@dataclass(frozen=True, slots=True)
class _Asking:
    """One `sync`: whom it asks, and where it keeps what it is told."""

    lists: Lists
    cache: Cache
    integration_id: str
    now: Callable[[], datetime]
    moved: Moved

    def for_records(self, sort: RecordKind, *, everything: bool) -> Synced:
        """One list. After a pass that had been broken off, also what changed while it was: it would be missed by all
        later ones, whose changes count from the end."""
        last = self.cache.progress(sort)
        done = self._pass(_start(last, self.now(), everything=everything), sort)
        if not last.offset or everything:
            return done
        ended = self.cache.progress(sort)
        assert ended.completed_at is not None  # noqa: S101 -- it has just ended; for the type checker
        since = self._pass(_changes(ended, ended.completed_at, self.now()), sort)
        fetched, requests = done.fetched + since.fetched, done.requests + since.requests
        is_whole = done.is_whole or since.is_whole
        return replace(since, fetched=fetched, requests=requests, is_whole=is_whole, short_by=done.short_by)

    def for_usable(self, property_id: str) -> Synced:
        """Of a property's own vendors only who they are is kept, so that only the whole list tells."""
        return self._pass(_whole(self.cache.progress(usable_list(property_id)), self.now()), None)

    def _pass(self, progress: FetchProgress, sort: RecordKind | None) -> Synced:
        name, now = progress.list, self.now
        fetched = requests = 0
        while True:
            offset = progress.offset or 0
            try:
                page = self.lists.page(name, self.integration_id, offset=offset, size=PAGE, since=progress.since)
            except Refused:
                if progress.since is None:
                    raise
                requests += 1
                progress = _whole(progress, now())  # it does not know how to tell what changed
                continue
            requests += 1
            rows = [row for row in page.rows if isinstance(row.get("id"), str)]
            if progress.since is not None and any(_is_older(row, progress.since) for row in rows):
                progress = _whole(progress, now())  # it does not heed what it was asked
                continue
            fetched += len(rows)
            offset += len(page.rows)
            progress = replace(progress, offset=offset, newest=_newest(progress.newest, rows, now()))
            if sort is None:
                self.cache.keep_usable(progress, (row["id"] for row in rows))
            else:
                self.cache.keep(progress, sort, rows, now())
            self.moved(name, -(-offset // PAGE), max(1, -(-max(offset, page.total or 0) // PAGE)))
            if not page.has_more or not page.rows:
                break
        known = self.cache.complete(progress, now())
        short = max(0, (page.total or 0) - known) if progress.since is None else 0
        return Synced(name, fetched, known, requests, progress.since is None, short)


def _start(last: FetchProgress, now: datetime, *, everything: bool) -> FetchProgress:
    """Where to begin: where the last pass broke off, or a new one."""
    if everything:
        return _whole(last, now)
    if last.offset is not None:
        return last
    is_due = last.whole_at is None or now - last.whole_at >= WHOLE_EVERY
    if is_due or last.newest is None:
        return _whole(last, now)
    return _changes(last, last.newest, now)


def _whole(progress: FetchProgress, now: datetime) -> FetchProgress:
    return replace(progress, number=progress.number + 1, since=None, offset=0, began=now)


def _changes(progress: FetchProgress, since: datetime, now: datetime) -> FetchProgress:
    return replace(progress, number=progress.number + 1, since=since - OVERLAP, offset=0, began=now)


def _is_older(row: Mapping[str, Any], since: datetime) -> bool:
    changed = moment(row.get("updated_at"))
    return changed is not None and changed < since


def _newest(known: datetime | None, rows: list[Mapping[str, Any]], now: datetime) -> datetime | None:
    """The latest change. One that lies ahead of our clock counts as now: it must not hide what changes until then."""
    changes = [changed for row in rows if (changed := moment(row.get("updated_at"))) is not None]
    if known is not None:
        changes.append(known)
    return min(max(changes), now) if changes else None
