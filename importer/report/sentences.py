"""The sentences of the report: what happened, what to do next, where it went."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from importer.domain.corrections import ADDED, TAKEN_OUT, WHOLE_ROW
from importer.domain.follow_up_facts import WENT_INSTEAD
from importer.domain.money import dollars
from importer.domain.outcome import Outcome, Run, Status
from importer.domain.problem_catalog import (
    CHANGED_ROW,
    CONFLICT,
    CREDIT_MEMO,
    IN_DOUBT,
    IN_RESMAN,
    NAMES_NOT_FETCHED,
    NO_ACCOUNT,
    NOT_SENT,
    PARTLY_WRITTEN,
    REPEATED_INVOICE,
    REPEATED_ROW,
    TOTAL_MISMATCH,
    WENT_OUT_BEFORE,
    WRITE_FAILED,
)
from importer.domain.problems import Problem
from importer.report.sandbox_commands import with_sandbox_flag
from importer.report.workbook.vendor_totals import to_compare
from importer.workbook_format.layout import NOTED


class Account(StrEnum):
    """Which ResMan account a run was for."""

    PRODUCTION = "PRODUCTION"
    SANDBOX = "SANDBOX"
    OTHER = "OTHER SERVER"  # treated with the care that production gets


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the invoices of a run go, in words that nobody can mistake."""

    place: Account
    sentence: str


_REHEARSALS = ("sandbox", "api.sandbox.propexo.com", "localhost", "127.0.0.1", "::1")


def destination(run: Run) -> Destination:
    """The run's destination, and whether anything was sent there."""
    return destination_of(run.destination, sent=run.command != "check")


def destination_of(address: str, *, sent: bool) -> Destination:
    """The same of an address alone."""
    host = urlsplit(address).hostname or address
    if host in _REHEARSALS:
        return Destination(Account.SANDBOX, "A rehearsal: nothing here reaches the real ResMan.")
    place = Account.PRODUCTION if host == "api.propexo.com" else Account.OTHER
    where = f"the live ResMan account, through {host}" if place is Account.PRODUCTION else address
    return Destination(place, f"For {where}." if sent else f"Checked for {where}. Nothing was sent.")


def several(count: int, noun: str) -> str:
    """1 → "1 invoice", 1234 → "1,234 invoices"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


_DONE = {Status.READY: "ready to send", Status.POSTED: "posted", Status.ALREADY_POSTED: "posted before"}

ONE_COPY = (
    "Correct them in the files themselves, and give each by itself: this workbook is of two files of the same name, "
    "and cannot be given back."
)
GIVE_BACK = "Correct the cells there, save the workbook, and give it back: “invoice-importer submit THIS-WORKBOOK”."

MEANING = {
    Status.READY: "Nothing stands against sending it.",
    Status.POSTED: "Accepted. It starts unapproved in ResMan; a person approves it there.",
    Status.ALREADY_POSTED: "Accepted in an earlier run with the same content. Not sent again.",
    Status.NEEDS_FIXING: "Not sent. Correct what its problems name, and run again.",
    Status.REFUSED: "Not taken. Its problem says why, and how to go on.",
    Status.IN_DOUBT: "It may have arrived. Do not enter it by hand; run “invoice-importer settle”.",
    Status.NOT_SENT: "Not sent. Run the same file again; what was posted stays posted.",
    Status.CONFLICT: "Not sent. Its number or its rows were posted before with other content: compare the two.",
}
"""What each status means and how to go on, for one invoice."""


def meaning_of(status: Status, run: Run) -> str:
    """What a status means in this run: where something holds up all of it, running it again would not help."""
    held_up = any(problem.kind.stops_run for problem in run.reading.problems)
    if (run.later or run.continued) and status is Status.ALREADY_POSTED:
        return "Accepted in another run: before, or in a later round of corrections."
    return (
        "Not sent: see above what holds up the whole run." if held_up and status is Status.NOT_SENT else MEANING[status]
    )


def headline(run: Run) -> str:
    """ "38 of 42 invoices posted, $12,345.00. 4 need a person, $345.00.": the run in one line."""
    counts, amounts = run.counts(), run.amounts()
    whole = counts["invoices"]
    if not whole:
        return "No invoice could be read."
    done = [status for status in _DONE if counts[status]]
    waiting = [status for status in Status if counts[status] and not status.is_fine]
    said = ""
    if done:
        first, *others = done
        of = "" if counts[first] == whole else f" of {whole:,}"
        said = (
            f"{counts[first]:,}{of} {'invoice' if whole == 1 else 'invoices'} {_DONE[first]}, {dollars(amounts[first])}"
        )
        said += "".join(f"; {counts[status]:,} {_DONE[status]}, {dollars(amounts[status])}" for status in others) + ". "
    if waiting:
        number = sum(counts[status] for status in waiting)
        money = dollars(sum(amounts[status] for status in waiting))
        subject = f"{number:,}" if done else several(number, "invoice")
        said += f"{subject} {'needs' if number == 1 else 'need'} a person, {money}."
    return said.strip()


def notices(run: Run) -> tuple[str, ...]:
    """How the files were understood where that was no matter of course, and further sentences about the run."""
    said = (*run.reading.notices, *run.notices, *([_went_on(run)] if run.later else []))
    return tuple(with_sandbox_flag(each, run.destination) for each in said)


def _went_on(run: Run) -> str:
    """What did not go in a run, and went since."""
    mine = [outcome for outcome in run.outcomes if outcome.key in run.later and outcome.payload is not None]
    names = ", ".join(each.payload.invoice_number for each in mine[:_MOST_NAMED] if each.payload is not None)
    more = f" and {len(mine) - _MOST_NAMED:,} more" if len(mine) > _MOST_NAMED else ""
    one = len(mine) == 1
    return (
        f"{several(len(mine), 'invoice')} that did not go in this run {'was' if one else 'were'} posted in a later "
        f"round of corrections: {names}{more}."
    )


def profiles_said(run: Run) -> str:
    """The saved layouts that the files were read with."""
    names = dict.fromkeys(table.source.profile for table in run.reading.tables if table.source.heading_row)
    return ", ".join(name or "none: the columns were understood by their headings" for name in names) or "none"


def by_hand_in_short(run: Run) -> str:
    """ "By hand since the vendor's file: 3 cells corrected, 1 row taken out; …": "" where nothing was given back."""
    trace = run.reading.trace
    if not trace.rounds:
        return ""
    rows = [one for one in trace.corrections if one.column == WHOLE_ROW]
    out, added = sum(one.now == TAKEN_OUT for one in rows), sum(one.now.startswith(ADDED) for one in rows)
    counted = (
        (len(trace.corrections) - len(rows), "cell", "corrected"),
        (len(rows) - out - added, "row", "changed"),
        (out, "row", "taken out"),
        (added, "row", "added"),
    )
    said = [f"{several(count, noun)} {what}" for count, noun, what in counted if count]
    where = "; the sheet “Corrections” has each." if said else "."
    return f"By hand since the vendor's file: {', '.join(said) or 'nothing was changed'}{where}"


def stays_named(run: Run, why: str) -> str:
    """What stays in ResMan as it was posted: "880100, $272.37. Not sent again; change it in ResMan." """
    mine = [each for each in run.stays if each.why == why]
    names = ", ".join(f"{each.invoice_number} {dollars(each.cents)}" for each in mine[:_MOST_NAMED])
    more = f" and {len(mine) - _MOST_NAMED:,} more" if len(mine) > _MOST_NAMED else ""
    return f"{names}{more}. As posted: what ResMan has is changed there."


_MOST_NAMED = 8


def changes_said(run: Run) -> tuple[str, ...]:
    """What `status` has learnt, a sentence for each kind of news.

    "Asked on 2026-04-02 09:30 UTC: 2 invoices are now confirmed in ResMan ($250.00): A-1, A-2."
    """
    said = []
    for now in dict.fromkeys(change.now for change in run.changes):
        mine = [change for change in run.changes if change.now == now]
        shared = Counter(change.invoice_number for change in mine)
        within = Counter((change.invoice_number, change.vendor_id) for change in mine)
        names = ", ".join(
            change.invoice_number
            + (f" of {change.vendor_id}" if shared[change.invoice_number] > 1 else "")
            + (f" at {change.property_id}" if within[change.invoice_number, change.vendor_id] > 1 else "")
            for change in mine[:_MOST_NAMED]
        )
        more = f" and {len(mine) - _MOST_NAMED:,} more" if len(mine) > _MOST_NAMED else ""
        what = {
            "confirmed": "now confirmed in ResMan",
            "failed": "not taken by ResMan",
            "in doubt": "now in doubt",
            "pending": "now on the way to ResMan",
            "released": "released, and may be sent again",
        }.get(now, f"now {now}")
        is_one = len(mine) == 1
        money = dollars(sum(change.cents for change in mine))
        said.append(
            f"Asked on {mine[0].at:%Y-%m-%d %H:%M} {mine[0].at.tzname()}: {several(len(mine), 'invoice')} "
            f"{'is' if is_one else 'are'} {what} ({money}): {names}{more}."
        )
    return tuple(said)


def is_held_up(problem: Problem) -> bool:
    """True for an invoice that only goes unsent because of something that is said of the run as a whole."""
    return problem.kind is NOT_SENT and problem.advice == ""


def typed(files: Sequence[str]) -> str:
    """Files as they are typed into a command, in quotation marks where a shell needs them; of many, only that."""
    if not 0 < len(files) <= _MOST_NAMED:
        return "FILE…"
    return " ".join(
        each if _PLAIN.fullmatch(each) else shlex.quote(each) if _OF_A_SHELL.search(each) else f'"{each}"'
        for each in files
    )


_PLAIN = re.compile(r"[\w@%+=:,./-]+")
_OF_A_SHELL = re.compile(r"[\"$`!]")


def next_steps(
    run: Run, *, has_workbook: bool = True, is_below: bool = False, given: Sequence[str] = ()
) -> tuple[str, ...]:
    """What the reader of the report should do now, most urgent first; never empty.

    `is_below`: what holds up the whole run was said above, with its cell and the way out. `given`: the files as they
    were typed, where those are known; else it is their names.
    """
    counts = run.counts()
    steps = []
    if run.continued is not None:
        when = f"{run.continued.started.astimezone():%Y-%m-%d %H:%M}"
        steps.append(
            f"This was given back, and went on in {run.continued.file} (run {run.continued.run}, {when}). "
            "Look there for what is still open, and correct it there, not here."
        )
    doubts = counts[Status.IN_DOUBT] + sum(problem.kind is IN_DOUBT for problem in run.reading.problems)
    if doubts:
        which = several(doubts, "invoice")
        steps.append(
            f"Run “invoice-importer settle”: no answer tells whether {which} arrived. Do not enter them by hand."
        )
    steps += _alarms(run)
    if run.stopped:
        steps.append(run.stopped)
    if run.continued is not None:
        counts = {**counts, **dict.fromkeys(_ELSEWHERE, 0)}
    if counts[Status.CONFLICT]:
        which = several(counts[Status.CONFLICT], "invoice")
        steps.append(f"Compare {which} with what was posted before.")
    holding_up = [problem for problem in run.reading.problems if problem.kind.stops_run]
    if holding_up and is_below:
        steps.append("Settle first what holds up the whole run. Nothing of it is sent until then.")
    else:
        steps += [
            f"{problem.what} {problem.kind.advice if problem.advice is None else problem.advice}"
            for problem in holding_up
        ]
    steps += to_compare(run)
    found = {problem.kind for outcome in run.outcomes for problem in outcome.problems if problem.kind in _NO_CELL}
    steps += [f"{kind.title}. {kind.advice}" for kind in _NO_CELL if kind in found]
    failed = sum(map(_has_failed, run.outcomes)) if run.continued is None else 0
    if failed:
        steps.append(
            f"ResMan did not take {several(failed, 'invoice')}: correct what it names, or mend the cause and run "
            "“invoice-importer status --retry”."
        )
    refused = counts[Status.REFUSED] - failed
    mend = 0 if run.continued is not None else refused + sum(map(_is_to_mend, run.outcomes))
    if mend:
        where = ": the sheet “To fix” shows every cell that is wrong" if has_workbook else ""
        steps.append(f"Correct {several(mend, 'invoice')}{where}.")
        if has_workbook:
            steps.append(ONE_COPY if _are_copies(run) else GIVE_BACK)
    loose = [problem for problem in run.reading.problems if problem.is_error and not problem.kind.stops_run]
    in_rows = sum(problem.place.row is not None for problem in loose)
    if in_rows and run.continued is None:
        where = f"; {_shown_in(run, loose)}" if has_workbook else ""
        steps.append(f"Look at {several(in_rows, 'problem')} in rows that belong to no invoice{where}.")
    if len(loose) > in_rows:
        steps.append(f"Look at {several(len(loose) - in_rows, 'problem')} of the input as a whole.")
    if counts[Status.NOT_SENT] and not holding_up:
        which = several(counts[Status.NOT_SENT], "invoice")
        steps.append(f"Run the same file again to send {which}; what was posted stays posted.")
    if counts[Status.READY]:
        which = several(counts[Status.READY], "invoice")
        files = typed(given or [file.name for file in run.reading.files])
        be = "is" if counts[Status.READY] == 1 else "are"
        steps.append(f"Send {which} that {be} ready: “invoice-importer submit {files}”.")
    partly = sum(any(each.kind is PARTLY_WRITTEN for each in outcome.problems) for outcome in run.outcomes)
    if partly:
        which = several(partly, "invoice")
        steps.append(f"Look up {which} in ResMan, and add what it did not take: the sheet “Invoices” says what.")
    if counts[Status.POSTED] and any(outcome.resman == "pending" for outcome in run.outcomes):
        steps.append("See in a few minutes whether ResMan took them: “invoice-importer status”.")
    elif not steps and counts[Status.POSTED]:
        steps.append("Nothing to do here. The new invoices wait in ResMan for approval.")
    return tuple(with_sandbox_flag(step, run.destination) for step in steps) or ("Nothing to do.",)


def _alarms(run: Run) -> list[str]:
    """What may have been paid twice: named first, and in every form of the report."""
    said = [
        f"{outcome.invoice.invoice_number or outcome.key}: {problem.what}"
        for outcome in run.outcomes
        if outcome.status is Status.IN_DOUBT and outcome.alarm is not None
        for problem in outcome.problems
        if problem.kind is IN_DOUBT
    ]
    return said if len(said) <= _MOST_NAMED else [*said[:_MOST_NAMED], f"… and {len(said) - _MOST_NAMED:,} more such."]


def _shown_in(run: Run, loose: Sequence[Problem]) -> str:
    left_out = {(each.file, each.sheet, each.row) for table in run.reading.tables for each in table.skipped}
    places = [(problem.place.file, problem.place.sheet, problem.place.row) for problem in loose]
    return "“To fix” shows them too" if left_out.isdisjoint(places) else "the sheet “Rows” shows them"


def _are_copies(run: Run) -> bool:
    """True where two of the files given have the rows of one sheet, or are called the same: then their results cannot
    be given back."""
    places = [(table.source.file, table.source.sheet) for table in run.reading.tables]
    return len(run.reading.files) > 1 and len(set(places)) < len(places)


_ELSEWHERE = (Status.CONFLICT, Status.NOT_SENT, Status.READY)
"""What is done in the newest workbook once a run's own was given back."""

_NO_CELL = (NO_ACCOUNT, NAMES_NOT_FETCHED)
"""What no correction of a cell mends."""


_OF_ALL_ROWS = (TOTAL_MISMATCH, REPEATED_ROW, REPEATED_INVOICE)
"""What stands at one row of an invoice and may be mended in another."""


def _has_failed(outcome: Outcome) -> bool:
    """True where ResMan did not take it, and somebody has to do something about that."""
    return outcome.status is Status.REFUSED and any(
        problem.kind is WRITE_FAILED and WENT_INSTEAD not in (problem.advice or "") for problem in outcome.problems
    )


def _is_to_mend(outcome: Outcome) -> bool:
    """True where a cell of the invoice is wrong, and not only something missing around it."""
    return outcome.status is Status.NEEDS_FIXING and _missing(outcome) is None


def _missing(outcome: Outcome) -> Problem | None:
    """What has to be done elsewhere, where nothing else is wrong with the invoice."""
    errors = [problem for problem in outcome.problems if problem.is_error]
    return errors[0] if errors and all(problem.kind in _NO_CELL for problem in errors) else None


def how_to_go_on(outcome: Outcome) -> str:
    """What to do about one invoice; "" where nothing needs doing."""
    if outcome.status is Status.NEEDS_FIXING and _met_before(outcome):
        return "Not sent. Compare first, as its problems say."
    return "" if outcome.status.is_fine else MEANING[outcome.status]


def _how_to_settle(conflict: Outcome) -> str:
    if any(problem.kind is CHANGED_ROW for problem in conflict.problems):
        return "Undo what was changed here, or delete the row: what was posted stays posted."
    if any(problem.kind is CONFLICT and problem.advice is not None for problem in conflict.problems):
        return "Delete its rows: it is the same bill, and it is posted."
    return "Compare with what was posted. Delete its rows; only another bill gets its own number."


def _met_before(outcome: Outcome) -> str:
    """What to do first about an invoice that may be known already, or whose row had to stay as it was."""
    kinds = {problem.kind for problem in outcome.problems if problem.is_error}
    if CHANGED_ROW in kinds and all(one.advice == NOTED for one in outcome.problems if one.kind is CHANGED_ROW):
        return "Delete it here if it is not to go. Otherwise it goes when this workbook is given back."
    if CHANGED_ROW in kinds:
        return "Undo what was changed here, or give back an earlier workbook."
    if kinds.isdisjoint(_KNOWN):
        return ""
    if kinds <= _KNOWN:
        return "Compare it with the bill that is named. If it is the same, delete its rows here."
    return "First compare it with the bill that is named. The same: delete its rows. Another: correct the red cells."


_KNOWN = {CONFLICT, WENT_OUT_BEFORE, IN_RESMAN}
"""What is said of a bill that seems to be there already."""


def how_to_mend(outcome: Outcome | None, *, is_held_back: bool = False, has_red: bool = True) -> str:
    """What to do with a row of "To fix"; None stands for a row that belongs to no invoice.

    `is_held_back`: nothing is said about the row itself, only about others of its invoice. `has_red`: one of its cells
    is marked.
    """
    if outcome is None:
        return "Complete the row, or delete it if it is no invoice."
    if any(problem.kind is CREDIT_MEMO for problem in outcome.problems):
        return "Enter it in ResMan by hand, and delete its rows here."
    if any(problem.kind is WRITE_FAILED and WENT_INSTEAD in (problem.advice or "") for problem in outcome.problems):
        return "Nothing to correct: its rows went out since. Delete them here."
    if any(problem.kind is WRITE_FAILED for problem in outcome.problems):
        return "If ResMan names something here, correct it. Else mend the cause: “invoice-importer status --retry”."
    if any(map(is_held_up, outcome.problems)):
        return "Nothing to correct here: the sheet “Summary” says what holds up the whole run."
    missing = _missing(outcome)
    if missing is not None:
        return f"Nothing to correct here. {missing.kind.advice}"
    if is_held_back and any(problem.kind in _OF_ALL_ROWS for problem in outcome.problems):
        return "What is wrong with its invoice may lie in this row: compare it with the vendor's document."
    if is_held_back and outcome.status is not Status.CONFLICT:
        return "Nothing to correct in this row: it goes with its invoice."
    if outcome.status is Status.NEEDS_FIXING and (to_compare_first := _met_before(outcome)):
        return to_compare_first
    if outcome.status is Status.NEEDS_FIXING and {each.kind for each in outcome.problems} == {REPEATED_INVOICE}:
        return "Delete the rows that stand here once too often."
    if outcome.status is Status.NEEDS_FIXING and not has_red:
        return "Correct what is named at “Problems”."
    return {
        Status.NEEDS_FIXING: "Correct the cells marked red.",
        Status.REFUSED: "Correct what the answer names.",
        Status.NOT_SENT: "Nothing to correct: it goes with the next run.",
        Status.CONFLICT: _how_to_settle(outcome),
    }.get(outcome.status, "")
