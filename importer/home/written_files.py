"""What this program wrote outside its home, and what it was then: only that may it write over again.

A note of each file is kept in the home. A file that lacks one, or is no longer what the note says, belongs to somebody:
it stays, and what was to be written stands beside it under another name.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from importer.errors import CannotRun
from importer.home import private_files

NOTES = "written"
_OPEN_TO_ALL = ("results", "")  # parts of the home into which somebody may have answers written
_ANSWERS = (".xlsx", ".csv", ".html", ".htm")
_BESIDE_SQLITE = ("", "-wal", "-shm", "-journal")


class WrittenKind(StrEnum):
    """What was written: one sort never replaces another."""

    RESULTS = "results"
    SUMMARY = "summary"
    ANNOTATED = "annotated"


def note_written(home: Path, path: Path, sort: WrittenKind) -> None:
    """Keeps what a file is now. Where that cannot be kept, the file is not written over the next time."""
    note = _note(home, path)
    aside = note.with_suffix(f".{os.getpid()}.part")
    with suppress(OSError):
        private_files.make_folder(note.parent)
        private_files.write_text(aside, f"{sort} {_digest(path)}\n")
        aside.replace(note)


def is_as_noted(home: Path, path: Path, sort: WrittenKind) -> bool:
    """True where a file is of this sort, and still as this program wrote it."""
    try:
        return _note(home, path).read_text(encoding="utf-8") == f"{sort} {_digest(path)}\n"
    except (OSError, UnicodeDecodeError):
        return False


def refuse_own_files(path: Path, home: Path, ledger: str | None, option: str) -> None:
    """Raises `CannotRun` where an answer would become one of this program's own files, there already or not.

    `ledger` is the file of a SQLite ledger.
    """
    real = os.path.realpath(path)
    families = [] if ledger is None else [os.path.realpath(ledger) + ending for ending in _BESIDE_SQLITE]
    if _folded(real) in map(_folded, families) or _is_in_own_part(real, home):
        raise CannotRun(
            f"{path} is where this program keeps its own records: no answer is written there. Nothing was sent.",
            f"Name another place with {option}, such as one beside the invoices.",
        )


def _is_in_own_part(real: str, home: Path) -> bool:
    try:
        inside = Path(_folded(real)).relative_to(_folded(os.path.realpath(home)))
    except ValueError:
        return False
    part = inside.parts[0] if len(inside.parts) > 1 else ""
    if part not in private_files.FOLDERS and part:
        return False  # somebody's own folder within the home
    return part not in _OPEN_TO_ALL or inside.suffix not in _ANSWERS


def _folded(path: str) -> str:
    return os.path.normcase(path).casefold()  # some disks take both spellings for one file


def _note(home: Path, path: Path) -> Path:
    place = os.path.join(os.path.realpath(path.parent), os.path.normcase(path.name))  # noqa: PTH118 - realpath gives text
    return home / NOTES / hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:40]


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
