"""The road on one screen: file → reader → validator → submitter → report.

`check_files` and `submit_files` are the same road; a dry run is the road without its last step. Doors (the command
line, the drop folder) hand in a `Desk`, and render the `Run` that comes back.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from importer.errors import AccessDenied, ApiAway, CannotRun, NoAccess, RequestError
from importer.models import Run
from importer.outcomes import Prepared, Start, after_sending, before_sending, not_sent
from importer.reader import read_files
from importer.settings import Settings
from importer.submitter import Api, Ledger, Pace, open_store, plans, send, settle_doubts
from importer.validator import validate
from importer.validator.control import Expected, misses


class Watcher(Protocol):
    """Somebody who may be looking on."""

    def stage(self, what: str) -> None:
        """What is being done, in a few words."""

    def moved(self, done: int, total: int) -> None:
        """So many invoices of so many are sent."""

    def end(self) -> None:
        """Nothing more is shown until the next stage."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a run is given from outside: settings, clock, who it is, and how to tell of its progress."""

    settings: Settings
    now: Callable[[], datetime]  # aware
    who: str  # user@machine
    host: str
    stop: threading.Event
    watcher: Watcher


NOTHING_EXPECTED = Expected()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be read, and what it should come to."""

    files: Sequence[Path]
    sheet: str | None = None
    expected: Expected = NOTHING_EXPECTED


def check_files(wanted: Wanted, desk: Desk) -> Run:
    """Reads, validates and says what would happen. Sends nothing.

    Raises `CannotRun` where a file or the ledger cannot be used.
    """
    with _run(desk, "check", wanted) as (start, ledger):
        prepared = _prepare(wanted, desk, ledger)
        if prepared.plan is not None:
            plans.keep_plan(ledger, prepared.plan, prepared.ready)
        return _finished(ledger, before_sending(start, prepared, desk.now()))


def submit_files(
    wanted: Wanted,
    desk: Desk,
    *,
    agree: Callable[[Run], bool],
    before: Callable[[], None],
    approved: str | None = None,
) -> Run:
    """The same road, then posts what `agree` agrees to, given what would happen.

    `before` is called just before anything is sent, and may raise `CannotRun`: a results folder that cannot be written
    is known too late afterwards. Raises `CannotRun` only while nothing was sent.
    """
    with _run(desk, "submit", wanted) as (start, ledger):
        prepared = _prepare(wanted, desk, ledger)
        if not prepared.ready and not prepared.doubtful:
            return _finished(ledger, before_sending(start, prepared, desk.now()))
        with _api(desk, ledger) as api:
            if prepared.doubtful:
                desk.watcher.stage("Looking for invoices whose outcome is unknown")
                settle_doubts(ledger, api, desk.settings.destination, keys=prepared.doubtful)
                prepared = prepared.looked_at_again(ledger)
            if approved is not None:
                plans.check_approval(ledger, approved, prepared.approvable(plans.planned_keys(ledger, approved)))
            would = before_sending(start, prepared, desk.now())
            ready, plan = prepared.ready, approved or prepared.plan
            if not ready or plan is None:
                return _finished(ledger, would)
            if not agree(would):
                return _finished(ledger, not_sent(would, "It was not agreed to."))
            before()
            plans.keep_plan(ledger, plan, ready)
            desk.watcher.stage("Posting")
            destination = desk.settings.destination
            sent = send(ledger, api, destination, ready, plan=plan, stop=desk.stop, progress=desk.watcher.moved)
        return _finished(ledger, after_sending(start, prepared, sent, desk.now()))


def _prepare(wanted: Wanted, desk: Desk, ledger: Ledger) -> Prepared:
    """Reader, validator, and a look into the ledger: everything that is decided before anything is sent."""
    desk.watcher.stage("Reading")
    reading = read_files(wanted.files, integration_id=desk.settings.integration_id, sheet=wanted.sheet)
    reading = replace(reading, problems=(*reading.problems, *misses(reading, wanted.expected)))
    desk.watcher.stage("Checking")
    verdicts = validate(reading, today=desk.now().date())
    ledger.take_from_the_dead(desk.settings.destination)
    return Prepared.of(reading, verdicts, desk.settings.destination, ledger)


@contextmanager
def _run(desk: Desk, command: str, wanted: Wanted) -> Iterator[tuple[Start, Ledger]]:
    """A run and the ledger under its name. Whatever happens, the run gives up what it has not sent."""
    started = desk.now()
    name = f"{started.astimezone():%Y-%m-%dT%H-%M-%S}-{secrets.token_hex(2)}"
    with _ledger(desk, name) as ledger:
        ledger.open_run(
            command=command,
            destination=desk.settings.destination,
            started=started,
            files=[{"name": path.name} for path in wanted.files],
        )
        try:
            yield Start(name, command, started, desk.who, desk.settings.destination), ledger
        except CannotRun as error:
            ledger.close_run(finished=desk.now(), stopped=str(error), exit_code=2)
            raise
        except BaseException:
            ledger.close_run(finished=desk.now(), stopped="The run broke off.")
            raise


@contextmanager
def _ledger(desk: Desk, run: str) -> Iterator[Ledger]:
    store = open_store(desk.settings.ledger)
    try:
        yield Ledger(store, run, desk.who, desk.host)
    finally:
        store.close()


def _finished(ledger: Ledger, run: Run) -> Run:
    ledger.close_run(
        finished=run.finished,
        stopped=run.stopped,
        exit_code=run.exit_code,
        plan=run.plan,
        counts=run.counts(),
        amounts=run.amounts(),
        files=[{"name": file.name, "sha256": file.sha256, "size": file.size} for file in run.reading.files],
    )
    return run


@contextmanager
def _api(desk: Desk, ledger: Ledger) -> Iterator[Api]:
    """The API, after one harmless request: a wrong token or a missing network ends the run here."""
    settings = desk.settings
    pace = Pace(
        ledger.store, settings.destination, settings.rate_limit, settings.rate_window_seconds, settings.full_speed
    )
    with Api(settings.url, settings.find_token(), pace, desk.stop) as api:
        try:
            api.integrations()
        except AccessDenied as error:
            raise NoAccess(error.sentence, error.advice) from error
        except RequestError as error:
            if error.http_status is None or error.http_status >= 500:
                raise ApiAway(
                    f"{error.sentence} Nothing was sent.", f"Try again later. The address is {settings.url}."
                ) from error
        yield api


def past_runs(desk: Desk, limit: int) -> list[Mapping[str, Any]]:
    """The newest runs of the ledger, newest first."""
    with _ledger(desk, "history") as ledger:
        return ledger.runs(limit)


def keep_results(desk: Desk, run: str, results: Path) -> None:
    """Notes in the ledger where the workbook of a run is."""
    with _ledger(desk, run) as ledger:
        ledger.keep_results(run, str(results.absolute()))
