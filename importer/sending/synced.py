"""What a sync of ResMan's invoices proves: it began after an attempt, and it covered the bill's dates.

The API tells only when the last sync was done (contract, "What ResMan already has"), never when it began. One that is
done after it was asked for may have been under way before; the next one that is asked for then was not. Of one that
nobody here asked for it is known that a new one begins every twelve hours: done longer than that after an attempt, it
began after it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from importer.domain.payload import Body
from importer.propexo.rate_limit import Stopped

if TYPE_CHECKING:
    from importer.propexo.client import Api

SKEW = timedelta(minutes=5)
"""How far the API's clock and ours may differ: a record that much older than an attempt is not about it."""

CYCLE = timedelta(hours=12)
"""Syncs that nobody asks for follow each other at this distance, so that none takes longer."""

SYNC_PATIENCE = 600.0
SYNC_INTERVAL = 5.0
"""Seconds: how long a sync that was asked for is waited for, and how often the API is asked whether it is done."""

COVERED_DAYS = 30
"""So many days back a sync is taken to look where the settings do not say: what it covers is not stated."""


@dataclass(frozen=True, slots=True)
class SyncCoverage:
    """The last sync that has finished; `at` None: none is known. `asked_at`: when the sync was asked for that surely
    began after all that was looked for, by our clock; None where none was, or it did not end in time."""

    at: datetime | None = None
    asked_at: datetime | None = None
    covered_days: int = COVERED_DAYS

    def began_after(self, moment: datetime) -> bool:
        """True where it surely began after a moment in the past."""
        if self.asked_at is not None:
            return True
        return self.at is not None and self.at > moment + CYCLE + SKEW

    def began_long_after(self, moment: datetime, rest: timedelta) -> bool:
        """True where so much time lay between the moment and its beginning, by our clock."""
        if self.asked_at is not None:
            return self.asked_at >= moment + rest
        return self.began_after(moment + rest)

    @property
    def window(self) -> tuple[date, date] | None:
        """The first and the last day that it is taken to cover."""
        if self.at is None:
            return None
        return (self.at - timedelta(days=self.covered_days)).date(), self.at.date()

    def covers(self, bill: Body) -> bool:
        """True where the bill's dates lie inside: it would have been fetched."""
        if self.window is None:
            return False
        first, last = self.window
        return all(first <= day <= last for day in (bill.invoice_date, bill.accounting_date) if day is not None)


def look_at_sync(
    api: Api, integration_id: str, covered_days: int, now: Callable[[], datetime], *, wait: bool
) -> SyncCoverage:
    """The last sync; with `wait`, one that surely begins now, for which two are asked for. Raises `RequestError`, and
    `Stopped` where the waiting is ended."""
    last = _last(api, integration_id)
    if not wait:
        return SyncCoverage(last, None, covered_days)
    deadline = time.monotonic() + SYNC_PATIENCE
    asked_at = now()
    for _ in range(2):  # the first that ends may have been under way already
        api.start_sync(integration_id)
        newer = _newer(api, integration_id, last, deadline)
        if newer is None:
            return SyncCoverage(last, None, covered_days)
        last = newer
    return SyncCoverage(last, asked_at, covered_days)


def _newer(api: Api, integration_id: str, before: datetime | None, deadline: float) -> datetime | None:
    while time.monotonic() < deadline:
        if api.stop.wait(min(SYNC_INTERVAL, api.pace.window / 4)):
            raise Stopped
        now = _last(api, integration_id)
        if now is not None and now != before:
            return now
    return None


def _last(api: Api, integration_id: str) -> datetime | None:
    found = [each for each in api.integrations() if each.id == integration_id]
    return found[0].last_completed_sync if found else None
