"""What is not kept for ever: the copies of submitted files, results of last resort, and logs. The ledger keeps all.

The newest archived run stays whatever its age: by it a ledger that is gone or old is noticed (`importer.context`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from importer.context import RunContext, open_ledger
from importer.ledger.ledger_health import settled_before
from importer.runs.archive import archived_runs, finish_removing, remove_archived

OF_A_RUN = re.compile(r"(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-[0-9a-f]{4})\.results\.xlsx")
"""A workbook of last resort. One by another name is somebody's own."""

CLOSED = re.compile(r".+\.(jsonl|log)\.[0-9.-]+")
"""A log that is written no more: "watch.jsonl.1". One without a number may still be open."""


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was removed, and in sentences what could not be."""

    runs: tuple[str, ...] = ()  # whose files were archived
    results: tuple[Path, ...] = ()
    logs: tuple[Path, ...] = ()
    said: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One line for a log; "" where nothing happened."""
        parts = ((self.runs, "archived runs"), (self.results, "results"), (self.logs, "logs"))
        counts = ", ".join(f"{what} ({len(which):,})" for which, what in parts if which)
        return " ".join([*([f"Removed as too old: {counts}."] if counts else []), *self.said])


def tidy(desk: RunContext) -> Tidied:
    """Removes what is older than the settings say. A run with an invoice whose fate is open keeps its files.

    Raises `LedgerUnavailable`: without the ledger nobody knows what is open.
    """
    home, said = desk.settings.home, list[str]()
    archived = sorted(archived_runs(home))
    kept_results = [path for path in _files(home / "results") if OF_A_RUN.fullmatch(path.name)]
    with open_ledger(desk, "tidy") as ledger:
        of_results = {path: path.name.removesuffix(".results.xlsx") for path in kept_results}
        before = desk.now() - timedelta(days=desk.settings.keep_archive_days)
        old = settled_before(ledger, sorted({*archived[:-1], *of_results.values()}), before)
    _done(partial(finish_removing, home), home, said)
    limit = (desk.now() - timedelta(days=desk.settings.keep_logs_days)).timestamp()
    closed = [path for path in _files(home / "logs") if CLOSED.fullmatch(path.name) and path.stat().st_mtime < limit]
    return Tidied(
        tuple(run for run in archived[:-1] if run in old and _done(partial(remove_archived, home, run), run, said)),
        tuple(path for path, run in of_results.items() if run in old and _done(path.unlink, path, said)),
        tuple(path for path in closed if _done(path.unlink, path, said)),
        tuple(said),
    )


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []


def _done(remove: Callable[[], None], what: object, said: list[str]) -> bool:
    try:
        remove()
    except OSError as error:
        said.append(f"What was kept of {what} is old and could not be removed: {error.strerror or error}.")
        return False
    return True
