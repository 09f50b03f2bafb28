"""A run's results workbook: where it goes, what may be replaced, and what is said where it cannot be written.

What was posted must be told: where results cannot be written where they should, they go into the home, and where that
fails too, the run is in the ledger. A workbook in which somebody has worked is never written over.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from importer import report
from importer.context import RunContext
from importer.domain.outcome import Run
from importer.errors import ImporterError, LedgerUnavailable
from importer.home import private_files
from importer.home.written_files import WrittenKind, is_as_noted, note_written
from importer.runs.follow_up import keep_results, may_replace, owe_results
from importer.runs.past_runs import PastRun


@dataclass(frozen=True, slots=True)
class Written:
    """Where results stand now, and the sentences that somebody should read about that."""

    path: Path | None  # None: nowhere, and the sentences say why
    said: tuple[str, ...] = ()


def results_name(files: Sequence[Path]) -> str:
    """The usual name of the results of these files: "march.results.xlsx"."""
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    given_back = re.fullmatch(r"(.+\.results)(?: (\d+))?", files[0].stem)
    if given_back is not None and not more:  # its answer is the next of its name
        return f"{given_back[1]} {int(given_back[2] or 1) + 1}.xlsx"
    return f"{files[0].stem}{more}.results.xlsx"


def write_results(run: Run, desk: RunContext, asked: Path) -> Written:
    """Writes the results of a run where they were asked for, and notes the place in the ledger.

    Raises `ResultsNotWritten` for a run that posts nothing.
    """
    said: list[str] = []
    return _kept(run, desk, _write(run, desk, asked, said), said)


def write_anew(known: PastRun, desk: RunContext) -> Written:
    """Writes the workbook of a past run as its invoices stand now; beside it, where it must stay.

    For a run without a workbook nothing is written.
    """
    if known.results is None:
        return Written(None)
    results = known.results
    target = results if known.is_as_written else _beside(results, "status")
    try:
        path = _written(known.run, target, over=known.is_as_written)
    except Exception as error:  # noqa: BLE001 - what was learnt is in the ledger, and the other workbooks are written
        cause = error.sentence if isinstance(error, ImporterError) else _said_of(error)
        said = [f"{cause} {results.name} does not tell the news yet. Mend that, and run `status` again."]
        with suppress(LedgerUnavailable):
            owe_results(desk, known.run.id)
        return Written(None, tuple(said))
    told = _kept(known.run, desk, path, [])
    if known.is_as_written:
        return told
    return Written(path, (*told.said, f"{results.name} {known.left_because} and stays as it is; beside it: {path}"))


def _kept(run: Run, desk: RunContext, path: Path | None, said: list[str]) -> Written:
    if path is not None:
        try:
            keep_results(desk, run.id, path)
        except LedgerUnavailable as error:
            said.append(str(error))
    return Written(path, tuple(said))


def write_also(desk: RunContext, asked: Path, sort: WrittenKind, write: Callable[[bool], Path]) -> str:
    """Has something written beside the results, and says where it is. `write` is told whether it may write over it.

    Raises `ResultsNotWritten`.
    """
    home = desk.settings.home
    is_free = not os.path.lexists(asked)
    is_ours = not is_free and is_as_noted(home, asked, sort)
    path = write(is_ours)
    note_written(home, path, sort)
    return f"Also written: {path}" if is_free or is_ours else _stays(asked, f"Written instead: {path}")


def _stays(asked: Path, instead: str) -> str:
    return (
        f"{asked.name} is no file of this program's, or was changed since it was written: it stays as it is. {instead}"
    )


def _target(desk: RunContext, asked: Path, said: list[str]) -> Path:
    """Where the results go: never over a workbook that somebody has worked in."""
    with suppress(LedgerUnavailable):  # then it cannot be told
        if may_replace(desk, asked):
            return asked
    beside = _beside(asked, "new")
    said.append(_stays(asked, f"The results: {beside.name}"))
    return beside


def _beside(results: Path, word: str) -> Path:
    """A name beside the workbook that is not taken: "march.results (status).xlsx"."""
    stem = re.sub(rf" \({word}( \d+)?\)$", "", results.stem)
    names = itertools.chain([f"{stem} ({word})"], (f"{stem} ({word} {number})" for number in itertools.count(2)))
    return next(path for name in names if not (path := results.with_name(f"{name}{results.suffix}")).exists())


def _written(run: Run, target: Path, *, over: bool) -> Path:
    write = report.write_csv if target.suffix.lower() == ".csv" else report.write_workbook
    return write(run, target, over=over)


def _write(run: Run, desk: RunContext, asked: Path, said: list[str]) -> Path | None:
    """The results; in the home where it cannot be written where it should, because what was posted must be told."""
    try:
        target = _target(desk, asked, said)
        path = _written(run, target, over=target == asked and os.path.lexists(target))
        note_written(desk.settings.home, path, WrittenKind.RESULTS)
        return path
    except Exception as error:
        if run.command != "submit":
            raise
        said.append(_said_of(error))  # what was posted stays posted, whatever keeps the workbook from being written
    try:
        folder = desk.settings.home / "results"
        private_files.make_folder(folder)
        return report.write_workbook(run, folder / f"{run.id}.results.xlsx")
    except Exception as error:  # noqa: BLE001 - as above
        said.append(f"{_said_of(error)} The run is in the ledger: `invoice-importer history`.")
        return None


def _said_of(error: Exception) -> str:
    known = isinstance(error, ImporterError | OSError)
    return str(error) if known else f"The results cannot be written ({type(error).__name__}: {error})."
