"""After the posting: what became of it, what is in doubt, and what was run. The thin stories behind their commands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from importer import secrets_store
from importer.context import RunContext, open_api, open_ledger
from importer.domain.corrections import TAKEN_OUT, WHOLE_ROW
from importer.domain.follow_up_facts import Change
from importer.domain.money import dollars
from importer.domain.outcome import Run, Status
from importer.duplicates.posted_rows import replaced_by
from importer.errors import ApiAway, CannotRun, FileUnreadable, LedgerUnavailable, NoAccess, RequestError
from importer.home.written_files import WrittenKind, is_as_noted
from importer.ledger.confirmed import integrations_of_confirmed
from importer.ledger.entries import LedgerEntry
from importer.ledger.ledger import Ledger
from importer.ledger.ledger_identity import seal_of
from importer.ledger.postings import places_of
from importer.ledger.states import State
from importer.pipeline import new_run_id
from importer.reading.formats.open_file import open_file
from importer.roundtrip.corrected_workbook import is_as_written
from importer.runs.newest_ledger import acknowledged, must_be_newest
from importer.runs.outcomes import Start, run_from_ledger
from importer.runs.past_runs import (
    PastRun,
    digest,
    known_run,
    read_again,
    spelt,
)
from importer.sending.follow import (
    LOOKED_BACK,
    Followed,
    follow,
    retry_failed,
)
from importer.sending.person_decisions import PersonsDecision, decide
from importer.sending.settle import settle_doubts


def past_runs(desk: RunContext, limit: int) -> list[Mapping[str, Any]]:
    """The newest runs of the ledger, newest first."""
    with open_ledger(desk, "history") as ledger:
        return ledger.runs(limit)


def past_run(desk: RunContext, name: str) -> tuple[Mapping[str, Any], Run]:
    """Everything that is known of one run, and how its invoices stand now.

    Where its files are kept no longer, or never were, those are the invoices that it was the last to plan. Raises
    `CannotRun` where there is no such run.
    """
    with open_ledger(desk, "history") as ledger:
        record = ledger.run_record(name)
        if record is None:
            raise CannotRun(f"There is no run {name}.", "`invoice-importer history` lists them.")
        with suppress(CannotRun):
            known = (
                known_run(desk, ledger, record, name) if record["destination"] == desk.settings.destination else None
            )
            desk.watcher.end()
            if known is not None:
                return record, known.run
        start = Start(name, record["command"], record["started"], record["who"], record["destination"])
        entries = list(ledger.standing(ledger.keys_of_run(name)).values())
        return record, run_from_ledger(
            start, entries, record["finished"] or record["started"], replaced_by(ledger, entries)
        )


def keep_results(desk: RunContext, run: str, results: Path, *, moved: bool = False) -> None:
    """Notes where the workbook of a run is, and what it was when it was written, or that it was merely `moved`."""
    with open_ledger(desk, run) as ledger:
        ledger.keep_results(run, spelt(results), digest(results), moved=moved)


def may_replace(desk: RunContext, results: Path) -> bool:
    """True where results may be written to this path: nothing stands there, or what nobody has worked in."""
    if not results.exists():
        return True
    if is_as_noted(desk.settings.home, results, WrittenKind.RESULTS):
        return True
    with open_ledger(desk, "results") as ledger:
        if results.is_file() and ledger.has_written(spelt(results), digest(results)):
            return True
        seal = seal_of(ledger)
    try:
        return is_as_written(open_file(results), seal)
    except FileUnreadable:
        return False


def settle(
    desk: RunContext,
    *,
    sync: bool = False,
    decisions: Sequence[PersonsDecision] = (),
    words: Mapping[str, str] | None = None,
) -> Run:
    """Settles by evidence what can be, or carries out a person's decisions, for each of which it looks first. The run
    tells how each invoice stands.

    `words` are a person's on jobs that the ledger did not know, by their code; then nothing else is done.

    Raises `CannotRun` where a decision does not fit the ledger, or what the look shows (none of them is then carried
    out), or the API cannot be asked.
    """
    with _run(desk, "settle") as (start, ledger):
        ledger.release_dead_runs(start.destination)
        if words:
            return replace(run_from_ledger(start, [], desk.now(), {}), notices=_acknowledged(desk, ledger, words))
        doubtful = [entry.key for entry in ledger.entries(start.destination, State.IN_DOUBT)]
        before = ledger.standing([*doubtful, *(decision.key for decision in decisions)])
        owing = _owing(ledger, before.values())
        if decisions:
            for decision in decisions:
                _can_be_decided(ledger, start, before, decision)
            desk.watcher.stage("Looking at what is to be decided")
            with open_api(desk, ledger) as api:
                decided = [decide(ledger, api, before[each.key], each, desk.policy) for each in decisions]
            for carry_out in decided:
                carry_out()
            doubtful = [decision.key for decision in decisions]
        elif doubtful:
            desk.watcher.stage("Looking for invoices whose outcome is unknown")
            with open_api(desk, ledger) as api:
                settle_doubts(ledger, api, start.destination, sync=sync, policy=desk.policy)
        standing = ledger.standing(doubtful)
        entries = [standing[key] for key in doubtful]
        told = run_from_ledger(start, entries, desk.now(), replaced_by(ledger, entries))
        changes = _changes(before, entries, desk.now())
        _owe_no_more(ledger, owing, before, changes)
        return _closed(desk, ledger, replace(told, changes=changes))


def _acknowledged(desk: RunContext, ledger: Ledger, words: Mapping[str, str]) -> tuple[str, ...]:
    with open_api(desk, ledger) as api:
        kept = acknowledged(ledger, api, desk.settings, words)
    if unknown := sorted(words.keys() - kept.keys()):
        raise CannotRun(
            f"There is nothing that the ledger does not know under the code {', '.join(unknown)}.",
            "Run `submit` again: it shows what is unknown now, and its code.",
        )
    return tuple(kept.values())


def runs_behind(desk: RunContext, told: Run) -> tuple[Run, list[PastRun]]:
    """The runs whose invoices these are, read again: their workbooks should tell what was settled.

    Of one that cannot be read again any more, the run that comes back says so.
    """
    with open_ledger(desk, told.id) as ledger:
        entries = ledger.standing([outcome.key for outcome in told.outcomes if outcome.key]).values()
        known, unread = read_again(desk, ledger, sorted({entry.run for entry in entries}))
    return replace(told, notices=(*told.notices, *unread)), [each.with_changes(told.changes) for each in known]


def follow_up(desk: RunContext, *, run: str | None = None, retry: bool = False) -> tuple[Run, list[PastRun]]:
    """Asks what became of the posted invoices of one run, or of all; with `retry`, asks for failed ones again.

    Returns how those invoices stand, and each run whose workbook should be written anew. Raises `CannotRun` where the
    run is not known or the API cannot be asked.
    """
    with _run(desk, "status") as (start, ledger):
        if run is not None and ledger.run_record(run) is None:
            raise CannotRun(f"There is no run {run}.", "`invoice-importer history` lists them.")
        ledger.release_dead_runs(start.destination)
        waiting = [entry.key for entry in ledger.entries(start.destination, State.ACCEPTED, run=run)]
        failed = [entry.key for entry in ledger.entries(start.destination, State.FAILED, run=run)]
        doubtful = [entry.key for entry in ledger.entries(start.destination, State.IN_DOUBT, run=run)]
        every = [*waiting, *failed, *doubtful]
        keys = ledger.keys_of_run(run) if run is not None else list(dict.fromkeys(every))
        before = ledger.standing(keys)
        owed = ledger.owed_results(start.destination) if run is None else set()
        owing = _owing(ledger, before.values()) - owed
        is_urgent = bool(waiting) or (bool(failed) and retry)
        learnt = Followed()
        lately = integrations_of_confirmed(ledger, start.destination, desk.now() - LOOKED_BACK, run)
        if is_urgent or lately:
            learnt = _asked(desk, ledger, start, run, retry=retry, is_urgent=is_urgent)
        taken_back = ledger.standing([key for key in learnt.taken_back if key not in before])
        owing |= _owing(ledger, taken_back.values()) - owed
        before |= {key: replace(entry, state=State.CONFIRMED) for key, entry in taken_back.items()}
        keys = list(dict.fromkeys((*keys, *learnt.taken_back)))
        entries = list(ledger.standing(keys).values())
        changes = _changes(before, entries, desk.now())
        _owe_no_more(ledger, owing, before, changes)
        runs = [run] if run is not None else sorted({entry.run for entry in entries} | owed)
        known, unread = read_again(desk, ledger, runs)
        known = [replace(each, is_due=each.run.id in owed) for each in known]
        away = {each.run.id for each in known if each.is_away}
        told_anew = {each.run.id for each in known if each.results is not None}
        ledger.owe_results(owed - told_anew - away, due=False)
        missing = "The folder of the workbook of run {} is not there: run `status` again when it is."
        unread += [missing.format(name) for name in sorted(away)]
        out, untold = _taken_out(desk, ledger, entries)
        done_with = out | replaced_by(ledger, entries)
        news = {change.key for change in changes}
        closed = {} if run is not None else {key: why for key, why in done_with.items() if key not in news}
        open_ones = [entry for entry in entries if entry.key not in closed]
        told = run_from_ledger(start, open_ones, desk.now(), untold | done_with)
        done = _nothing_to_do([entry for entry in entries if entry.key in closed], closed)
        told = replace(
            told, changes=changes, notices=(*_cannot_be_read(entries, learnt), *done, *learnt.looked, *unread)
        )
        return _closed(desk, ledger, told), [each.with_changes(changes) for each in known]


def _asked(
    desk: RunContext, ledger: Ledger, start: Start, run: str | None, *, retry: bool, is_urgent: bool
) -> Followed:
    """What is learnt of what was posted, and asks for failed ones again. Where nothing waits for that, an API that
    cannot be asked is merely told of. Raises `CannotRun` otherwise."""
    try:
        with open_api(desk, ledger) as api:
            desk.watcher.stage("Asking what became of the posted invoices")
            learnt = follow(ledger, api, start.destination, run=run, refusals=desk.settings.definite_refusals)
            if retry:
                desk.watcher.stage("Asking for failed ones again")
                ledger.open_run(command=start.command, destination=start.destination, started=start.started)
                again = list(ledger.entries(start.destination, State.FAILED, run=run))
                integration_ids = {entry.integration_id for entry in again}
                looked = must_be_newest(ledger, api, desk.settings, integration_ids) if again else ()
                out, untold = _taken_out(desk, ledger, again)
                unseen = retry_failed(
                    ledger,
                    api,
                    start.destination,
                    run=run,
                    stop=desk.stop,
                    progress=desk.watcher.moved,
                    leave=out | untold,
                    policy=desk.policy,
                )
                learnt = replace(learnt, unseen=frozenset(unseen), looked=looked)
            return learnt
    except RequestError as error:
        raise CannotRun(f"{error} What was learnt until then is kept.") from error
    except (ApiAway, NoAccess):
        if is_urgent:
            raise
        return Followed()


def _cannot_be_read(entries: Iterable[LedgerEntry], learnt: Followed) -> Iterator[str]:
    """Of those whose job cannot be asked after: they wait, and somebody should know."""
    for entry in entries:
        if said := learnt.unreadable.get(entry.key):
            yield f"{entry.invoice_number} ({dollars(entry.total_in_cents)}, {entry.file}) waits: {said}"
        if entry.key in learnt.unseen:
            why = "is not written again: the API cannot be asked now whether something of it has arrived since."
            yield f"{entry.invoice_number} ({dollars(entry.total_in_cents)}, {entry.file}) {why}"


def _nothing_to_do(entries: Sequence[LedgerEntry], why: Mapping[str, str]) -> Iterator[str]:
    """Of those that ResMan did not take and that went since in another form, or were taken out by hand: they need
    nobody, and count no more."""
    for entry in entries[:_MOST_NAMED]:
        money = dollars(entry.total_in_cents)
        yield f"Of {entry.invoice_number} ({money}, {entry.file}), which ResMan did not take: {why[entry.key]}"
    if len(entries) > _MOST_NAMED:
        rest = entries[_MOST_NAMED:]
        yield f"… and of {len(rest):,} more, {dollars(sum(entry.total_in_cents for entry in rest))}."


_MOST_NAMED = 8


def _owing(ledger: Ledger, entries: Iterable[LedgerEntry]) -> set[str]:
    """The runs whose workbooks tell of these: due until they are written, whatever comes between."""
    runs = {entry.run for entry in entries}
    ledger.owe_results(runs)
    return runs


def _owe_no_more(ledger: Ledger, owing: set[str], before: Mapping[str, LedgerEntry], changes: Iterable[Change]) -> None:
    """Nothing new was learnt for some of them."""
    ledger.owe_results(owing - {before[change.key].run for change in changes}, due=False)


def owe_results(desk: RunContext, run: str) -> None:
    """Notes that the workbook of a run could not be written anew: the next `status` tries again."""
    with open_ledger(desk, run) as ledger:
        ledger.owe_results([run])


def _taken_out(
    desk: RunContext, ledger: Ledger, entries: Iterable[LedgerEntry]
) -> tuple[dict[str, str], dict[str, str]]:
    """By the keys of those that ResMan did not take and whose rows were deleted by hand since: where, in a sentence.
    And the same of those of which that is not known: the workbook in which they may be deleted cannot be read again.
    """
    failed = [entry for entry in entries if entry.state is State.FAILED]
    records = {name: record for name in {entry.run for entry in failed} if (record := ledger.run_record(name))}
    if not records:
        return {}, {}
    continued = ledger.continued(min(record["started"] for record in records.values()))
    found: dict[str, str] = {}
    untold: dict[str, str] = {}
    deleted: dict[str, frozenset[tuple[str, int, str | None]] | None] = {}
    places = places_of(ledger, [entry.key for entry in failed if entry.run in continued])
    for entry in failed:
        newest = continued.get(entry.run)
        if newest is None or newest["id"] == entry.run:
            continue
        name = newest["id"]
        if name not in deleted:
            deleted[name] = _deleted_in(desk, ledger, newest)
        gone = deleted[name]
        if gone is None:
            untold[entry.key] = (
                f"Whether it was taken out by hand in run {name} cannot be read. It is not written again."
            )
        elif _is_among(entry, places[entry.key], gone):
            found[entry.key] = f"Rows of it were taken out by hand in run {name}. It is not written again."
    return found, untold


def _is_among(
    entry: LedgerEntry,
    places: Sequence[tuple[int, str | None]] | None,
    deleted: Collection[tuple[str, int, str | None]],
) -> bool:
    """True where one of its rows is deleted, or may be: of an older posting the sheets are not known."""
    if places is not None:
        return any((entry.file, row, sheet) in deleted for row, sheet in places)
    rows = set(map(int, entry.rows.split(", ")))
    return any(file == entry.file and row in rows for file, row, _ in deleted)


def _deleted_in(
    desk: RunContext, ledger: Ledger, record: Mapping[str, Any]
) -> frozenset[tuple[str, int, str | None]] | None:
    """File, row and sheet of all that was deleted until a run; None where its files cannot be read again."""
    try:
        known = known_run(desk, ledger, record, record["id"])
    except CannotRun:
        return None
    if known is None:
        return None
    return frozenset(
        (each.file.rpartition("/")[2], each.row, each.sheet or None)
        for each in known.run.reading.trace.corrections
        if each.column == WHOLE_ROW and each.now.startswith(TAKEN_OUT)
    )


def _changes(before: Mapping[str, LedgerEntry], after: Sequence[LedgerEntry], at: datetime) -> tuple[Change, ...]:
    return tuple(
        Change(entry.key, entry.invoice_number, entry.vendor_id, entry.total_in_cents, was, now, at, entry.property_id)
        for entry in after
        if (was := _called(before[entry.key].state)) != (now := _called(entry.state))
    )


def _called(state: State) -> str:
    return "pending" if state is State.ACCEPTED else state.value.replace("_", " ")


def _can_be_decided(ledger: Ledger, start: Start, before: Mapping[str, LedgerEntry], decision: PersonsDecision) -> None:
    """Raises `CannotRun` where the ledger alone shows that a decision does not fit."""
    entry = before.get(decision.key)
    if entry is None or entry.destination != start.destination:
        raise CannotRun(
            f"The ledger knows no invoice {decision.key}.", "`invoice-importer settle` lists those in doubt."
        )
    if entry.state is not State.IN_DOUBT:
        raise CannotRun(f"Invoice {entry.invoice_number} is not in doubt: it is {entry.state.value.replace('_', ' ')}.")
    if decision.job_id is None:
        return
    holder = ledger.stands_on(start.destination, decision.job_id)
    if holder not in (None, decision.key):
        raise CannotRun(
            f"Job {decision.job_id} belongs to another invoice ({holder}).",
            "Where it is not that one's, release that one first.",
        )


def keep_token(desk: RunContext, given: SecretStr) -> str:
    """Tries a token once and keeps it; says where. Raises `CannotRun` where the API does not take it."""
    tried = replace(desk, settings=desk.settings.model_copy(update={"token": given}))
    with open_ledger(tried, "login") as ledger, open_api(tried, ledger):
        return secrets_store.keep(given, desk.settings.destination, desk.settings.home)


@contextmanager
def _run(desk: RunContext, command: str) -> Iterator[tuple[Start, Ledger]]:
    started = desk.now()
    name = new_run_id(started)
    with open_ledger(desk, name) as ledger:
        try:
            yield Start(name, command, started, desk.who, desk.settings.destination), ledger
        except BaseException:
            with suppress(LedgerUnavailable):
                ledger.close_run(finished=desk.now(), stopped="The run broke off.", exit_code=2)
            raise


def _closed(desk: RunContext, ledger: Ledger, run: Run) -> Run:
    """Keeps the run for `history`, where it had something to do."""
    if run.outcomes:
        if ledger.run_record(run.id) is None:
            ledger.open_run(command=run.command, destination=run.destination, started=run.started)
        files = [{"name": file.name} for file in run.reading.files]
        counts, amounts = run.counts(), run.amounts()
        for resman in ("confirmed", "pending") if run.command == "status" else ():
            mine = [each for each in run.outcomes if each.status is Status.POSTED and each.resman == resman]
            counts[resman], amounts[resman] = len(mine), sum(each.invoice.worth for each in mine)
        told = {"files": files, "counts": counts, "amounts": amounts}
        ledger.close_run(finished=desk.now(), exit_code=run.exit_code, **told)
    return run
