"""What a clerk, or a script, sees of a run."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console, RenderableType

from importer import report
from importer.afterwards import Known, keep_results, may_replace
from importer.cli.desk import Outputs
from importer.desk import Desk
from importer.errors import CannotRun, ImporterError, LedgerUnavailable
from importer.models import Run, Status, dollars
from importer.report.history import history, history_csv, history_json, one_run, one_run_csv, one_run_json
from importer.report.standing import doubts, standing

INTERRUPTED = 130
ENDLESS = 10_000  # characters in a line that nobody folds


def render(run: Run, desk: Desk, asked: Outputs) -> int:
    """Writes what was asked for, prints the summary or the JSON object, and returns the exit code."""
    written = None if asked.results is None else _write(run, desk, partial(_target, desk, asked.results))
    if written is not None:
        _remember(desk, run, written)
    if asked.summary is not None:
        _also(desk, partial(report.write_html_summary, run, asked.summary))
    for original in asked.annotated:
        marked = (asked.results or original).parent / f"{original.stem}.annotated.xlsx"
        _also(desk, partial(report.annotate, original, run, marked))
    desk.watcher.end()
    if asked.as_json:
        print_json(report.as_json(run, written))
    else:
        show(report.summary(run, written))
    return INTERRUPTED if desk.stop.is_set() and run.exit_code != 3 else run.exit_code


def _target(desk: Desk, asked: Path) -> Path:
    """Where the results go: never over a workbook that somebody has worked in."""
    with suppress(LedgerUnavailable):  # then it cannot be told
        if may_replace(desk, asked):
            return asked
    beside = _beside(asked, "new")
    desk.watcher.end()
    click.echo(
        f"{asked.name} was changed since it was written, and stays as it is. The results: {beside.name}", err=True
    )
    return beside


def _remember(desk: Desk, run: Run, written: Path) -> None:
    try:
        keep_results(desk, run.id, written)
    except LedgerUnavailable as error:
        desk.watcher.end()
        click.echo(str(error), err=True)


def _also(desk: Desk, write: Callable[[], Path]) -> None:
    """Something beside the results: where it cannot be written, that is said, and the rest goes on."""
    desk.watcher.end()
    try:
        click.echo(f"Also written: {write()}", err=True)
    except ImporterError as error:
        click.echo(str(error), err=True)


def render_status(told: Run, known: Sequence[Known], desk: Desk, *, as_json: bool) -> int:
    """Writes the workbooks anew and prints how the invoices stand. One that somebody has worked in is left alone."""
    written: Path | None = None
    for each in known:
        if each.results is not None:
            place = partial(Path, each.results) if each.is_as_written else partial(_beside, each.results, "status")
            written = _write(each.run, desk, place)
            if written is not None:
                _remember(desk, each.run, written)
            if written is not None and not each.is_as_written:
                desk.watcher.end()
                click.echo(f"{each.results.name} has been worked in and stays as it is; beside it: {written}", err=True)
    desk.watcher.end()
    if as_json:
        print_json(report.as_json(told, written))
    else:
        show(standing(told, [each.run for each in known], written))
    return told.exit_code


def _beside(results: Path, word: str) -> Path:
    """A name beside the workbook that is not taken: "march.results (status).xlsx"."""
    stem = re.sub(rf" \({word}( \d+)?\)$", "", results.stem)
    names = itertools.chain([f"{stem} ({word})"], (f"{stem} ({word} {number})" for number in itertools.count(2)))
    return next(path for name in names if not (path := results.with_name(f"{name}{results.suffix}")).exists())


def render_doubts(told: Run, desk: Desk, *, as_json: bool) -> int:
    """Prints each invoice in doubt with what was looked at, and the two decisions that a person can make."""
    desk.watcher.end()
    if as_json:
        print_json(report.as_json(told, None))
    else:
        show(doubts(told))
    return told.exit_code


def ask(would: Run, desk: Desk) -> bool:
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
    asked_to_stop = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return click.confirm(question, err=True)
    finally:
        signal.signal(signal.SIGINT, asked_to_stop)


def print_history(runs: Sequence[Mapping[str, Any]], *, as_json: bool, as_csv: bool) -> None:
    """The runs of the ledger, newest first."""
    if as_json:
        print_json(history_json(runs))
    elif as_csv:
        _tell(lambda: click.echo(history_csv(runs), nl=False))
    else:
        show(history(runs))


def print_run(run: Mapping[str, Any], told: Run, *, as_json: bool, as_csv: bool) -> None:
    """One run, with its invoices as they stand."""
    if as_json:
        print_json(one_run_json(run, told))
    elif as_csv:
        _tell(lambda: click.echo(one_run_csv(told), nl=False))
    else:
        show(one_run(run, told))


def print_json(answer: object) -> None:
    """One object on standard output."""
    in_unicode = sys.stdout.encoding.lower().replace("-", "") == "utf8"
    _tell(lambda: click.echo(json.dumps(answer, ensure_ascii=not in_unicode, indent=2)))


def show(answer: RenderableType) -> None:
    """Words and tables on standard output: folded on a terminal; in a file or a pipe a line stays whole."""
    on_terminal = sys.stdout.isatty()
    console = _Console(highlight=False, soft_wrap=not on_terminal, width=None if on_terminal else ENDLESS)
    _tell(lambda: console.print(answer))


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Called while the error is handled: it goes on to `_tell`, where the parent would end the process."""
        raise


def _tell(answer: Callable[[], None]) -> None:
    """Standard output may be full, or nobody reads on: what was done stays done, and the exit code says so."""
    try:
        answer()
        sys.stdout.flush()
    except OSError as error:
        with suppress(OSError):  # so that nothing is left to be flushed when the process ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            click.echo(f"The answer could not be printed: {error.strerror}.", err=True)


def _write(run: Run, desk: Desk, place: Callable[[], Path]) -> Path | None:
    """The results; in the home where it cannot be written where it should, because what was posted must be told."""
    try:
        target = place()
        return report.write_csv(run, target) if target.suffix.lower() == ".csv" else report.write_workbook(run, target)
    except Exception as error:
        if run.command != "submit":
            raise
        desk.watcher.end()  # what was posted stays posted, whatever keeps the workbook from being written
        click.echo(_said_of(error), err=True)
    try:
        folder = desk.settings.home / "results"
        folder.mkdir(parents=True, exist_ok=True)
        return report.write_workbook(run, folder / f"{run.id}.results.xlsx")
    except Exception as error:  # noqa: BLE001 - as above
        click.echo(f"{_said_of(error)} The run is in the ledger: `invoice-importer history`.", err=True)
        return None


def _said_of(error: Exception) -> str:
    known = isinstance(error, ImporterError | OSError)
    return str(error) if known else f"The results cannot be written ({type(error).__name__}: {error})."
