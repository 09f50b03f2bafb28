"""The files that were posted from, kept as they were: what `status` reads again, and what an auditor asks for."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from importer.errors import CannotRun
from importer.models import InputFile


def keep_inputs(home: Path, run: str, files: Sequence[Path], read: Sequence[InputFile]) -> None:
    """Copies the files of a run into the home, before anything of them is sent.

    Raises `CannotRun` where they cannot be kept, or are no longer what was read.
    """
    for number, (path, known) in enumerate(zip(files, read, strict=True), start=1):
        folder = _folder(home, run) / str(number)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            copy = Path(shutil.copyfile(path, folder / known.name))
            digest = hashlib.sha256(copy.read_bytes()).hexdigest()
        except OSError as error:
            raise CannotRun(
                f"{path.name} cannot be copied into {folder}: {error.strerror or error}. Nothing was sent.",
                "Check that the folder can be written and the disk is not full.",
            ) from error
        if digest != known.sha256:
            raise CannotRun(f"{path.name} has changed while it was being read. Nothing was sent.", "Run it again.")


def kept_inputs(home: Path, run: str) -> list[Path]:
    """The files of a run in their order; empty where none were kept."""
    folders = sorted(
        (each for each in _folder(home, run).glob("*") if each.name.isdigit()), key=lambda each: int(each.name)
    )
    return [path for folder in folders for path in sorted(folder.iterdir())]


def _folder(home: Path, run: str) -> Path:
    return home / "archive" / run
