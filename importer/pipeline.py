"""The road on one screen: file → reading → validation → sending → report.

`check_files` and `submit_files` are the same road; a dry run is the road without its last step. Doors (the command
line, the drop folder) hand in a `RunContext`, and render the `Run` that comes back.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime

from importer.context import (
    RunContext,
    open_api,
    open_directories,
    open_ledger,
)
from importer.domain.gc_pause import paused_gc
from importer.domain.outcome import Run
from importer.domain.severity import with_levels
from importer.domain.vendor_rows import kept_contents
from importer.duplicates.look_up import terms_of, with_duplicate_checks, with_rivals
from importer.errors import CannotRun, LedgerUnavailable
from importer.ledger import plans
from importer.ledger.accepted_duplicates import accept
from importer.ledger.ledger import Ledger
from importer.ledger.ledger_identity import seal_of
from importer.ledger.original_files import keep_origins
from importer.ledger.postings import keep_contents
from importer.masterdata import resolve
from importer.masterdata.vendor_titles import other_vendors
from importer.reading import names_of, read_files
from importer.reading.profiles.vendor_profile import find_profile, load_profiles
from importer.roundtrip.belonging import must_belong_here
from importer.runs.archive import keep_inputs, keep_remarks
from importer.runs.closed_periods import with_periods
from importer.runs.decisions import Decisions
from importer.runs.newest_ledger import acknowledged, must_be_newest
from importer.runs.outcomes import (
    Start,
    after_sending,
    expected_run,
    not_sent,
)
from importer.runs.request import RunRequest
from importer.runs.superseded_workbooks import note_superseded_workbooks
from importer.sending.send import send
from importer.sending.settle import settle_doubts
from importer.validation import validate
from importer.validation.expectation import against


@paused_gc()
def check_files(wanted: RunRequest, desk: RunContext) -> Run:
    """Reads, validates and says what would happen. Sends nothing.

    Raises `CannotRun` where a file or the ledger cannot be used.
    """
    with _run(desk, "check", wanted) as (start, ledger):
        prepared = note_superseded_workbooks(prepare(wanted, desk, ledger), ledger)
        if prepared.plan is not None:
            plans.keep_plan(ledger, prepared.plan, prepared.ready)
        return _finished(ledger, expected_run(start, prepared, desk.now()), prepared)


def submit_files(
    wanted: RunRequest,
    desk: RunContext,
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
        prepared = note_superseded_workbooks(prepare(wanted, desk, ledger), ledger)

        def nothing_sent(run: Run) -> Run:
            with suppress(CannotRun):  # so that its workbook, too, tells what becomes of them
                keep_inputs(desk.settings.home, start.id, wanted, prepared.reading.files)
            return _finished(ledger, run, prepared)

        if not (prepared.ready or prepared.doubtful or wanted.acknowledged):
            return nothing_sent(expected_run(start, prepared, desk.now()))
        with open_api(desk, ledger) as api:
            if wanted.acknowledged and acknowledged(ledger, api, desk.settings, wanted.acknowledged):
                prepared = note_superseded_workbooks(prepare(wanted, desk, ledger), ledger)  # those bills are known now
            if prepared.doubtful:
                desk.watcher.stage("Looking for invoices whose outcome is unknown")
                policy = replace(desk.policy, release_unfound_after_hours=None)  # only who settles releases
                settle_doubts(ledger, api, desk.settings.destination, keys=prepared.doubtful, policy=policy)
                prepared = _recheck_doubts(prepared, wanted, ledger, desk)
            if approved is not None:
                plans.check_approval(ledger, approved, prepared.approvable(plans.planned_keys(ledger, approved)))
            ready, plan = prepared.ready, approved or prepared.plan
            would = replace(expected_run(start, prepared, desk.now()), plan=plan)
            if not ready or plan is None:
                return nothing_sent(would)
            if not agree(would):
                return nothing_sent(not_sent(would, "It was not agreed to."))
            said = must_be_newest(ledger, api, desk.settings, {intent.payload.integration_id for intent in ready})
            prepared = replace(prepared, notices=(*prepared.notices, *said))
            before()
            accept(ledger, wanted.accepted_duplicates, prepared.accepted_duplicates)
            keep_contents(ledger, kept_contents(prepared.reading))
            keep_inputs(desk.settings.home, start.id, wanted, prepared.reading.files)
            keep_remarks(desk.settings.home, start.id, prepared.remarks_of_ready)
            plans.keep_plan(ledger, plan, ready)
            desk.watcher.stage("Posting")
            destination = desk.settings.destination
            prepared = prepared.made_of(keep_origins(ledger, destination, prepared.reading))
            sent = send(
                ledger,
                api,
                destination,
                prepared.ready,
                plan=plan,
                stop=desk.stop,
                progress=desk.watcher.moved,
                terms=terms_of(prepared, ledger, desk),
                beside=prepared.being_sent,
            )
            prepared = with_rivals(prepared, sent, desk)
        run = replace(after_sending(start, prepared, sent, desk.now()), plan=plan)
        with suppress(LedgerUnavailable):  # what was sent is told all the same
            _finished(ledger, run, prepared)
        return run


@paused_gc()
def prepare(wanted: RunRequest, desk: RunContext, ledger: Ledger) -> Decisions:
    """Reader, names, validator, and a look into the ledger and around: all that is decided before anything is sent."""
    desk.watcher.stage("Reading")
    known = () if wanted.profiles is None else load_profiles(wanted.profiles)
    reading = read_files(
        wanted.files,
        integration_id=wanted.integration_id,
        sheet=wanted.sheet,
        profile=find_profile(wanted.profile, known) if wanted.profile else None,
        profiles=known,
        ahead=wanted.ahead,
        seal=seal_of(ledger),
    )
    must_belong_here(reading, ledger)
    desk.watcher.stage("Checking")
    with open_directories(desk) as directory_of:
        named = resolve(reading, directory_of, now=desk.now(), settled=wanted.names)
        levels, destination = desk.settings.severity, desk.settings.destination
        reading = against(named.reading, wanted.expected)
        reading = replace(reading, problems=(*reading.problems, *other_vendors(reading, directory_of)))
        reading = replace(reading, problems=with_levels(reading.problems, levels))
        verdicts = validate(reading, today=desk.now().date(), limits=desk.limits, levels=levels)
        ledger.release_dead_runs(destination)
        prepared = Decisions.of(reading, verdicts, destination, ledger)
        prepared = replace(prepared, notices=named.notices, names=named.names, unknown_names=named.unknown)
        prepared = replace(prepared, remarks=named.remarks)
        prepared = with_periods(prepared, directory_of, desk.settings, desk.now())
        return with_duplicate_checks(
            prepared, ledger, directory_of, desk, accepted_duplicates=wanted.accepted_duplicates
        )


def _recheck_doubts(prepared: Decisions, wanted: RunRequest, ledger: Ledger, desk: RunContext) -> Decisions:
    """The same as the ledger knows it now. What was in doubt and may go now is weighed like all that goes."""
    weighed_before = {intent.key for intent in prepared.ready}
    prepared = prepared.looked_at_again(ledger)
    with open_directories(desk) as directory_of:
        return with_duplicate_checks(
            prepared, ledger, directory_of, desk, accepted_duplicates=wanted.accepted_duplicates, already=weighed_before
        )


def new_run_id(started: datetime) -> str:
    """A name for a run that sorts by time and is unique: "2026-03-31T09-12-44-7f3a09bc"."""
    return f"{started.astimezone():%Y-%m-%dT%H-%M-%S}-{secrets.token_hex(4)}"


@contextmanager
def _run(desk: RunContext, command: str, wanted: RunRequest) -> Iterator[tuple[Start, Ledger]]:
    """A run and the ledger under its name. Whatever happens, the run gives up what it has not sent."""
    started = desk.now()
    name = new_run_id(started)
    with open_ledger(desk, name) as ledger:
        ledger.open_run(
            command=command,
            destination=desk.settings.destination,
            started=started,
            files=[{"name": name} for name in names_of(wanted.files)],
            options={
                "integration_id": wanted.integration_id,
                "sheet": wanted.sheet,
                "profile": wanted.profile,
                "expect_count": wanted.expected.count,
                "expect_total": wanted.expected.total,
            },
        )
        try:
            yield Start(name, command, started, desk.who, desk.settings.destination, seal_of(ledger)), ledger
        except BaseException as error:
            told = str(error) if isinstance(error, CannotRun) else "The run broke off."
            with suppress(LedgerUnavailable):
                ledger.close_run(finished=desk.now(), stopped=told, exit_code=2)
            raise


def _finished(ledger: Ledger, run: Run, prepared: Decisions) -> Run:
    trace = prepared.reading.trace
    if trace.rounds:
        ledger.keep_rounds([each._asdict() for each in trace.origins], [each._asdict() for each in trace.rounds])
    ledger.close_run(
        names=prepared.names,
        finished=run.finished,
        stopped=run.stopped,
        exit_code=run.exit_code,
        plan=run.plan,
        counts=run.counts(),
        amounts=run.amounts(),
        files=[{"name": file.name, "sha256": file.sha256, "size": file.size} for file in run.reading.files],
    )
    return run
