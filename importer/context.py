"""What a run is given from outside, and the two things that it opens: the ledger and the API."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from importer.errors import AccessDenied, ApiAway, NoAccess, RateLimited, RequestError
from importer.home import private_files
from importer.ledger.journal import Journal
from importer.ledger.ledger import Ledger
from importer.ledger.schema import open_store
from importer.masterdata import MasterData, folder_of, open_directory
from importer.propexo.rate_limit import Pace, Stopped
from importer.runs.newest_ledger import must_not_be_older
from importer.sending.settle import Policy
from importer.settings import Settings
from importer.validation.rule_input import DateLimits

if TYPE_CHECKING:
    from importer.propexo.client import Api


class ProgressListener(Protocol):
    """Somebody who may be looking on."""

    def stage(self, what: str) -> None:
        """What is being done, in a few words."""

    def moved(self, done: int, total: int) -> None:
        """So many invoices of so many are sent."""

    def end(self) -> None:
        """Nothing more is shown until the next stage."""


class NoProgress:
    """Nobody is looking on."""

    def stage(self, what: str) -> None:
        """A new stage of the work."""

    def moved(self, done: int, total: int) -> None:
        """So many of so many."""

    def end(self) -> None:
        """Makes room for a question or an answer."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a run is given from outside: settings, clock, who it is, and how to tell of its progress."""

    settings: Settings
    now: Callable[[], datetime]  # aware
    who: str  # user@machine
    host: str
    stop: threading.Event
    watcher: ProgressListener

    @property
    def limits(self) -> DateLimits:
        """How far from today a bill date may lie."""
        return DateLimits(self.settings.old_after_days, self.settings.future_after_days)

    @property
    def policy(self) -> Policy:
        """What the settings say of invoices in doubt."""
        settings = self.settings
        return Policy(settings.release_unfound_after_hours, settings.sync_covers_days, settings.definite_refusals)


@contextmanager
def open_ledger(desk: RunContext, run: str) -> Iterator[Ledger]:
    """The ledger under the name of a run, for as long as the block lasts. Raises `LedgerUnavailable`, also where it
    lacks what was sent from here."""
    settings = desk.settings
    private_files.tighten_home(settings.home)
    store = open_store(settings.ledger)
    try:
        journal = Journal.of(settings.home, settings.second_journal)
        ledger = Ledger(store, run, desk.who, desk.host, desk.now, journal)
        must_not_be_older(ledger, settings.home)
        yield ledger
    finally:
        store.close()


@contextmanager
def open_directories(desk: RunContext) -> Iterator[Callable[[str], MasterData | None]]:
    """What `sync` has fetched, by integration, for as long as the block lasts; None where it has fetched nothing."""
    opened: dict[str, MasterData | None] = {}

    def directory_of(integration_id: str) -> MasterData | None:
        if integration_id not in opened:
            folder = folder_of(desk.settings.home, desk.settings.destination, integration_id)
            opened[integration_id] = open_directory(folder)
        return opened[integration_id]

    try:
        yield directory_of
    finally:
        for directory in opened.values():
            if directory is not None:
                directory.cache.close()


@contextmanager
def open_api(desk: RunContext, ledger: Ledger) -> Iterator[Api]:
    """The API, after one harmless request: a wrong token or a missing network ends the run here."""
    from importer.propexo.client import Api

    settings = desk.settings
    pace = Pace(
        ledger.store, settings.destination, settings.rate_limit, settings.rate_window_seconds, settings.full_speed
    )
    with Api(settings.url, settings.find_token(), pace, desk.stop) as api:
        try:
            api.integrations()
        except AccessDenied as error:
            raise NoAccess(error.sentence, error.advice) from error
        except RateLimited:
            pass  # the pace knows of it and waits
        except RequestError as error:
            advice = "Try again later, or correct the address" if error.http_status else "Try again later"
            raise ApiAway(f"{error.sentence} Nothing was sent.", f"{advice}: it is {settings.url}.") from error
        except Stopped:
            raise KeyboardInterrupt from None  # nothing has begun that would have to be brought to its end
        yield api
