"""From what was typed, and from the environment, to what a run is given."""

from __future__ import annotations

import getpass
import os
import re
import signal
import socket
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import click

from importer import sandbox, settings
from importer.cli.progress import Bar
from importer.cli.saying import say
from importer.clock import VARIABLE, Clock, clock_of
from importer.context import NoProgress, RunContext
from importer.errors import CannotRun, ResultsNotWritten
from importer.home import private_files
from importer.home.written_files import refuse_own_files
from importer.ledger.schema import sqlite_file
from importer.reading import names_of
from importer.report.workbook.target import check_target
from importer.runs.request import RunRequest
from importer.runs.results_file import results_name
from importer.sending.person_decisions import PersonsDecision
from importer.settings import Settings
from importer.smtp_settings import is_loopback
from importer.validation.expectation import ExpectedTotals

AMOUNT = re.compile(r"-?\$?(\d{1,12}|\d{1,3}(,\d{3}){1,3})(\.\d{1,2})?")
"""Dollars as they are typed: 18204, 18204.00, $18,204.00."""


def load_settings(given: Mapping[str, Any]) -> Settings:
    """The settings, as the options, the environment and `importer.toml` have them."""
    options = {"full_speed": True} if given.get("full_speed") else {}
    return settings.load(options=options, environment=os.environ, folder=Path.cwd(), config=given.get("config"))


def sandbox_folder(loaded: Settings) -> Path:
    """Where the stand-in keeps what was posted to it."""
    return loaded.home / "sandbox" / "api"


@contextmanager
def at_desk(given: Mapping[str, Any], *, serving: bool = False) -> Iterator[RunContext]:
    """Everything a run is given. With `--sandbox` and `serving` the stand-in runs for as long as the block lasts."""
    loaded, clock = load_settings(given), clock_of(os.environ)
    with ExitStack() as stack:
        if given.get("sandbox"):
            url = stack.enter_context(_stand_in(sandbox_folder(loaded), clock)) if serving else "http://127.0.0.1"
            loaded = loaded.with_sandbox(url=url, token=sandbox.TOKEN, integration_id=sandbox.INTEGRATION_ID)
        if clock.shift:
            _is_a_rehearsal(loaded)
        stop = threading.Event()
        bar = Bar(loaded.rate_limit, loaded.rate_window_seconds) if sys.stderr.isatty() else NoProgress()
        stack.callback(bar.end)
        if serving:
            _stop_on_signals(stop, bar)
        else:  # like Ctrl-C: what is being written is cleared away
            signal.signal(signal.SIGTERM, signal.default_int_handler)
        host = socket.gethostname()
        yield RunContext(
            settings=loaded,
            now=clock.now,
            who=f"{_user()}@{host}",
            host=host,
            stop=stop,
            watcher=bar,
        )


def _is_a_rehearsal(loaded: Settings) -> None:
    """A moved clock is for the stand-in alone. Raises `CannotRun` unless the API is on this machine."""
    if not (loaded.sandbox or is_loopback(urlsplit(loaded.url).hostname or "")):
        raise CannotRun(
            f"The clock was moved with {VARIABLE}, and {loaded.url} is not a stand-in on this machine: real invoices"
            " would be judged and dated by a day that is not today's.",
            f"Remove {VARIABLE} from the environment. Nothing was sent.",
        )


@contextmanager
def _stand_in(folder: Path, clock: Clock) -> Iterator[str]:
    try:
        private_files.make_folder(folder)
    except OSError as error:
        raise CannotRun(
            f"The folder {folder} cannot be made: {error.strerror}.", "Set IMPORTER_HOME to a folder you can write."
        ) from error
    with sandbox.embedded(folder, clock.seconds) as url:
        yield url


def wanted(given: Mapping[str, Any], loaded: Settings) -> RunRequest:
    """What is to be read, and what it should come to."""
    twice = [file for file, count in Counter(_real(file) for file in given["files"]).items() if count > 1]
    if twice:
        raise click.UsageError(f"{Path(twice[0]).name} is given twice. Name each file once.")
    return RunRequest(
        tuple(given["files"]),
        loaded.profiles,
        loaded.integration_id,
        given["sheet"],
        given["profile"],
        ExpectedTotals(given["expect_count"], _cents(given["expect_total"])),
        accepted_duplicates=_accepted_duplicates(given),
        acknowledged=acknowledgements(given),
    )


@dataclass(frozen=True, slots=True)
class Marked:
    """A copy of an input with the wrong cells marked, that is to be written."""

    original: Path
    name: str  # what the run calls the original
    target: Path


@dataclass(frozen=True, slots=True)
class Outputs:
    """What is to be written and printed of a run."""

    results: Path | None  # None: no workbook
    summary: Path | None
    annotated: tuple[Marked, ...]
    as_json: bool
    files: tuple[Path, ...]  # that were given, as they were typed
    options: tuple[str, ...]  # that say how the files are read, as they were typed
    home: Path
    ledger: str | None  # the file of a SQLite ledger

    def are_possible(self) -> None:
        """Raises `CannotRun` where results or summary could not be written: known too late after posting."""
        marked = [(each.target, "--results") for each in self.annotated]
        for asked, option in ((self.results, "--results"), (self.summary, "--summary"), *marked):
            if asked is None:
                continue
            refuse_own_files(asked, self.home, self.ledger, option)
            try:
                check_target(asked)
            except ResultsNotWritten as error:
                raise CannotRun(error.sentence, f"Name another place with {option}. Nothing was sent.") from error


def outputs(given: Mapping[str, Any], loaded: Settings) -> Outputs:
    """What is to be written and printed of a run."""
    files: tuple[Path, ...] = given["files"]
    results = None if given["no_results"] else _results_path(files, given["results"])
    for written in (results, given["summary"]):
        if written is not None and _real(written) in map(_real, files):
            raise click.UsageError(f"{written} is read: the answer cannot be written over it. Give it another name.")
    if results is not None and given["summary"] is not None and _real(results) == _real(given["summary"]):
        raise click.UsageError("--results and --summary name the same file. Give each its own.")
    marked = _marked(files, results) if given["annotate"] else ()
    home = loaded.home.parent if loaded.sandbox else loaded.home  # the stand-in's is within the other
    said = [(f"--{name}", given.get(name)) for name in ("profile", "sheet", "config")]
    options = tuple(str(word) for option, value in said if value is not None for word in (option, value))
    ledger = sqlite_file(loaded.ledger)
    return Outputs(results, given["summary"], marked, given["as_json"], files, options, home, ledger)


def _marked(files: Sequence[Path], results: Path | None) -> tuple[Marked, ...]:
    """Where the marked copies go: beside the results, each under a name of its own."""
    names = names_of(files)
    flat = [name.replace("/", " ") for name in names]
    counts = Counter(Path(name).stem for name in flat)
    stems = [Path(name).stem if counts[Path(name).stem] == 1 else name for name in flat]  # "march.xls", "march.xlsm"
    return tuple(
        Marked(file, name, (results or file).parent / f"{stem}.annotated.xlsx")
        for file, name, stem in zip(files, names, stems, strict=True)
    )


def _results_path(files: Sequence[Path], asked: Path | None) -> Path:
    name = results_name(files)
    if asked is None:
        return files[0].parent / name
    if asked.is_dir() or not asked.suffix:
        return asked / name
    if asked.suffix.lower() not in (".xlsx", ".csv"):
        raise click.UsageError(f"--results {asked} is neither a folder nor a name that ends in .xlsx or .csv.")
    return asked


def decisions(given: Mapping[str, Any]) -> list[PersonsDecision]:
    """A person's word on invoices in doubt, where it was given. A release needs its reason; whether an adoption needs
    one, the look at its job shows."""
    release, adopt, reason = given["release"], given["adopt"], (given["reason"] or "").strip()
    if not release and adopt is None:
        if reason and not given["acknowledge"]:
            raise click.UsageError("--reason goes with --release, --adopt or --acknowledge.")
        return []
    if given["acknowledge"]:
        raise click.UsageError("Give --acknowledge a command of its own.")
    if release and adopt is not None:
        raise click.UsageError("Give either --release or --adopt.")
    if adopt is None and not reason:
        raise click.UsageError("Say why with --reason: it is kept with the decision.")
    if adopt is not None:
        return [PersonsDecision(adopt[0], adopt[1], reason)]
    return [PersonsDecision(key, None, reason) for key in dict.fromkeys(release)]


def _accepted_duplicates(given: Mapping[str, Any]) -> dict[str, str]:
    """The likely duplicates that may go, each with the reason that a person gave."""
    keys, reason = given["accept_duplicate"], (given["reason"] or "").strip()
    if keys and not reason:
        raise click.UsageError("Say why with --reason: it is kept with the decision.")
    if reason and not keys and not given.get("acknowledge"):
        raise click.UsageError("--reason goes with --accept-duplicate or --acknowledge.")
    return dict.fromkeys(keys, reason)


def acknowledgements(given: Mapping[str, Any]) -> dict[str, str]:
    """The codes of what was posted past the ledger and is all right, each with the reason that a person gave."""
    codes, reason = given.get("acknowledge", ()), (given["reason"] or "").strip()
    if codes and not reason:
        raise click.UsageError("Say why with --reason: it is kept with the decision.")
    return dict.fromkeys(codes, reason)


def _real(path: Path) -> str:
    return os.path.realpath(path)  # Path.resolve raises for a link that leads to itself


def _cents(amount: str | None) -> int | None:
    if amount is None:
        return None
    if not AMOUNT.fullmatch(amount.strip()):
        raise click.UsageError(f"--expect-total {amount!r} is not an amount. Write it like 18204.00.")
    return int(Decimal(amount.replace("$", "").replace(",", "")) * 100)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"  # a service without a name of its own


def _stop_on_signals(stop: threading.Event, bar: Bar | NoProgress) -> None:
    """The first Ctrl-C lets what is under way end and be recorded; the second ends at once."""

    def asked(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        bar.end()
        say("Stopping: what is under way is finished and recorded. Ctrl-C again ends at once.", err=True)

    signal.signal(signal.SIGINT, asked)
    signal.signal(signal.SIGTERM, asked)
