"""What a clerk, or a script, sees of a run."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from importer import report
from importer.cli.command_context import Marked, Outputs
from importer.cli.saying import confirm, say, say_json
from importer.context import RunContext
from importer.domain.money import dollars
from importer.domain.outcome import Outcome, Run, Status
from importer.domain.visible_text import visible_json
from importer.errors import CannotRun, ImporterError
from importer.home.written_files import WrittenKind
from importer.report.history import history, history_csv, history_json, one_run, one_run_csv, one_run_json
from importer.report.status import doubts, standing
from importer.runs.past_runs import PastRun
from importer.runs.results_file import (
    Written,
    write_also,
    write_anew,
    write_results,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

INTERRUPTED = 130
MOST_VENDORS = 20  # listed before posting; of more, the largest
ENDLESS = 10_000  # characters in a line that nobody folds


def render(run: Run, desk: RunContext, asked: Outputs) -> int:
    """Writes what was asked for, prints the summary or the JSON object, and returns the exit code."""
    written = None if asked.results is None else _say(write_results(run, desk, asked.results), desk)
    if asked.summary is not None:
        summary = asked.summary
        _also(desk, summary, WrittenKind.SUMMARY, lambda over: report.write_html_summary(run, summary, over=over))
    for each in asked.annotated:
        _also(desk, each.target, WrittenKind.ANNOTATED, partial(_marked, each, run))
    desk.watcher.end()
    if asked.as_json:
        print_json(report.as_json(run, written))
    else:
        show(report.summary(run, written, given=(*asked.files, *asked.options)))
    return INTERRUPTED if desk.stop.is_set() and run.exit_code != 3 else run.exit_code


def _marked(each: Marked, run: Run, over: bool) -> Path:
    return report.annotate(each.original, run, each.target, name=each.name, over=over)


def _say(written: Written, desk: RunContext) -> Path | None:
    """Says what there is to say about a workbook, and gives the place where it stands."""
    desk.watcher.end()
    for sentence in written.said:
        say(sentence, err=True)
    return written.path


def _also(desk: RunContext, asked: Path, sort: WrittenKind, write: Callable[[bool], Path]) -> None:
    """Something beside the results: where it cannot be written, that is said, and the rest goes on."""
    desk.watcher.end()
    try:
        say(write_also(desk, asked, sort, write), err=True)
    except ImporterError as error:
        say(str(error), err=True)


def render_status(told: Run, known: Sequence[PastRun], desk: RunContext, *, as_json: bool) -> int:
    """Writes the workbooks anew and prints how the invoices stand. One that somebody has worked in is left alone."""
    written = _write_anew(known, desk)
    desk.watcher.end()
    if as_json:
        print_json(report.as_json(told, written))
    else:
        show(standing(told, sum(each.results is not None for each in known), written))
    return told.exit_code


def _write_anew(known: Sequence[PastRun], desk: RunContext) -> Path | None:
    """Says which is the newest. Those of the runs that sent are due until they are written: they come last."""
    written = [(each.run.started, _say(write_anew(each, desk), desk)) for each in sorted(known, key=_is_sender)]
    paths = [path for _, path in sorted(written, key=lambda one: one[0]) if path is not None]
    return paths[-1] if paths else None


def _is_sender(known: PastRun) -> bool:
    return known.is_sender


def render_doubts(told: Run, known: Sequence[PastRun], desk: RunContext, *, as_json: bool) -> int:
    """Writes the workbooks anew and prints each invoice in doubt: what was looked at, and what a person can decide."""
    written = _write_anew(known, desk)
    desk.watcher.end()
    if as_json:
        print_json(report.as_json(told, written))
    else:
        show(doubts(told, sum(each.results is not None for each in known), written))
    return told.exit_code


def ask(would: Run, desk: RunContext) -> bool:
    """The one question before posting: how many, how much, where to."""
    desk.watcher.end()
    if not sys.stdin.isatty():
        raise CannotRun("There is nobody to ask. Nothing was sent.", "Add --yes to post without a question.")
    counts, amounts = would.counts(), would.amounts()
    count = counts[Status.READY]
    where = f"PRODUCTION ({would.destination})" if desk.settings.is_production else would.destination
    question = (
        f"Post {count:,} {'invoice' if count == 1 else 'invoices'}, {dollars(amounts[Status.READY])}, to {where}?"
    )
    held = counts["invoices"] - count
    if held:
        question += f" The other {held:,} {'is' if held == 1 else 'are'} not sent."
    say("\n".join(_by_vendor(would)), err=True)
    asked_to_stop = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return confirm(question)
    finally:
        signal.signal(signal.SIGINT, asked_to_stop)


def _by_vendor(would: Run) -> list[str]:
    """Who would be paid: each vendor with the number of its invoices and what they come to, the largest first."""
    ready = [outcome for outcome in would.outcomes if outcome.status is Status.READY and outcome.payload is not None]
    count: Counter[str] = Counter()
    cents: Counter[str] = Counter()
    called: dict[str, str] = {}
    for each in ready:
        if each.payload is not None:
            vendor = each.payload.vendor_id
            count[vendor] += 1
            cents[vendor] += each.payload.total_amount_in_cents
            called.setdefault(vendor, _name_in_file(each, vendor))
    said = [
        f"  {called[vendor]}: {count[vendor]:,} {'invoice' if count[vendor] == 1 else 'invoices'}, {dollars(amount)}"
        for vendor, amount in cents.most_common(MOST_VENDORS)
    ]
    if len(cents) > len(said):
        rest = sum(cents.values()) - sum(amount for _, amount in cents.most_common(MOST_VENDORS))
        said.append(f"  and {len(cents) - len(said):,} more vendors, {dollars(rest)}")
    return said


def _name_in_file(outcome: Outcome, vendor: str) -> str:
    """The vendor as the file calls it, with its id."""
    said = outcome.invoice.cell_text("vendor_id").strip()
    if not said and outcome.invoice.source.profile:
        return f"{vendor} (by the profile {outcome.invoice.source.profile})"
    return vendor if said in ("", vendor) else f"{said} ({vendor})"


def print_history(runs: Sequence[Mapping[str, Any]], *, as_json: bool, as_csv: bool) -> None:
    """The runs of the ledger, newest first."""
    if as_json:
        print_json(history_json(runs))
    elif as_csv:
        _tell(lambda: say(history_csv(runs), nl=False))
    else:
        show(history(runs))


def print_run(run: Mapping[str, Any], told: Run, *, as_json: bool, as_csv: bool) -> None:
    """One run, with its invoices as they stand."""
    if as_json:
        print_json(one_run_json(run, told))
    elif as_csv:
        _tell(lambda: say(one_run_csv(told), nl=False))
    else:
        show(one_run(run, told))


def print_json(answer: object) -> None:
    """One object on standard output."""
    in_unicode = sys.stdout.encoding.lower().replace("-", "") == "utf8"
    _tell(lambda: say_json(visible_json(answer, in_ascii=not in_unicode)))


def show(answer: RenderableType) -> None:
    """Words and tables on standard output: folded on a terminal; in a file or a pipe a line stays whole."""
    from importer.cli.console import Console  # not before there is an answer

    on_terminal = sys.stdout.isatty()
    console = Console(highlight=False, soft_wrap=not on_terminal, width=None if on_terminal else ENDLESS)
    _tell(lambda: console.print(answer))


def _tell(answer: Callable[[], None]) -> None:
    """Standard output may be full, or nobody reads on: what was done stays done, and the exit code says so."""
    try:
        answer()
        sys.stdout.flush()
    except OSError as error:
        with suppress(OSError):  # so that nothing is left to be flushed when the process ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            say(f"The answer could not be printed: {error.strerror}.", err=True)
