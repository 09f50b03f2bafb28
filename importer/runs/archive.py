"""The files that were posted from, kept as they were: what `status` reads again, and what an auditor asks for."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from importer.domain.problem_catalog import KINDS
from importer.domain.problems import (
    Place,
    Problem,
    ProblemKind,
    Severity,
)
from importer.domain.reading import InputFile
from importer.errors import CannotRun
from importer.home import private_files
from importer.runs.request import RunRequest
from importer.validation.expectation import ExpectedTotals

PROFILES = "profiles"
GIVEN = "profile.toml"
"""A profile that was given by its path."""

REMARKS = "remarks.json"
"""What was worth a look of what was about to be sent: some of it cannot be found again once that is sent."""


def keep_inputs(home: Path, run: str, wanted: RunRequest, read: Sequence[InputFile]) -> None:
    """Copies the files of a run, and the profiles that they were read with, into the home, before anything is sent.

    Raises `CannotRun` where they cannot be kept, or are no longer what was read.
    """
    folder = _folder(home, run)
    try:
        for number, (path, known) in enumerate(zip(wanted.files, read, strict=True), start=1):
            copy = _copy(path, folder / str(number) / known.name)
            with copy.open("rb") as kept:
                sha256 = hashlib.file_digest(kept, "sha256").hexdigest()
            if sha256 != known.sha256:
                raise CannotRun(f"{known.name} has changed while it was being read. Nothing was sent.", "Run it again.")
        for path in () if wanted.profiles is None else wanted.profiles.glob("*.toml"):
            _copy(path, folder / PROFILES / path.name)
        if wanted.profile is not None and Path(wanted.profile).is_file():
            _copy(Path(wanted.profile), folder / GIVEN)
    except OSError as error:
        raise _not_kept(folder, error) from error


def _not_kept(folder: Path, error: OSError) -> CannotRun:
    return CannotRun(
        f"The files cannot be copied into {folder}: {error.strerror or error}. Nothing was sent.",
        "Check that the folder can be written and the disk is not full.",
    )


def keep_remarks(home: Path, run: str, remarks: Mapping[str, Sequence[Problem]]) -> None:
    """Keeps the warnings of what is about to be sent, by key. Raises `CannotRun` where they cannot be kept."""
    if not remarks:
        return
    said = {
        key: [[one.kind.code, one.what, asdict(one.place), one.field, one.value, one.advice] for one in some]
        for key, some in remarks.items()
    }
    folder = _folder(home, run)
    try:
        private_files.make_folder(folder)
        private_files.write_text(folder / REMARKS, json.dumps(said))
    except OSError as error:
        raise _not_kept(folder, error) from error


def kept_remarks(home: Path, run: str) -> dict[str, list[Problem]]:
    """The same; empty where none were kept, or they cannot be read any more."""
    try:
        said = json.loads((_folder(home, run) / REMARKS).read_text(encoding="utf-8"))
        return {
            key: [Problem(_as_warning(code), what, Place(**place), *more) for code, what, place, *more in some]
            for key, some in said.items()
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _as_warning(code: str) -> ProblemKind:
    kind = KINDS[code]
    return kind if kind.severity is Severity.WARNING else replace(kind, severity=Severity.WARNING)


def kept_inputs(home: Path, run: str, options: Mapping[str, Any]) -> RunRequest | None:
    """What a run has read, to be read again in the same way; None where it was not kept. `options` are the run's."""
    folder = _folder(home, run)
    numbered = sorted((each for each in folder.glob("*") if each.name.isdigit()), key=lambda each: int(each.name))
    files = [path for each in numbered for path in sorted(each.rglob("*")) if path.is_file()]
    if not files:
        return None
    given = folder / GIVEN
    return RunRequest(
        files,
        folder / PROFILES,
        options.get("integration_id"),
        options.get("sheet"),
        str(given) if given.is_file() else options.get("profile"),
        ExpectedTotals(options.get("expect_count"), options.get("expect_total")),
    )


def archived_runs(home: Path) -> list[str]:
    """The runs of this home whose files are kept, in no order: those that posted, or would have."""
    try:
        return [each.name for each in (home / "archive").iterdir() if each.is_dir()]
    except (FileNotFoundError, NotADirectoryError):
        return []


def remove_archived(home: Path, run: str) -> None:
    """Removes what was kept of a run, all of it or, as far as anybody can see, nothing. Raises `OSError`."""
    aside = home / "archive-removed" / run
    private_files.make_folder(aside.parent)
    _folder(home, run).rename(aside)
    finish_removing(home)


def finish_removing(home: Path) -> None:
    """Removes what an interrupted removal has left. Raises `OSError`."""
    if (home / "archive-removed").is_dir():
        shutil.rmtree(home / "archive-removed")


def _copy(path: Path, to: Path) -> Path:
    private_files.make_folder(to.parent)
    private_files.make_file(to)
    return Path(shutil.copyfile(path, to))


def _folder(home: Path, run: str) -> Path:
    return home / "archive" / run
