"""What is kept in the home is its owner's alone: folders 0700, files 0600. Beyond POSIX nothing is changed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

FOLDERS = frozenset(
    {"archive", "archive-removed", "directory", "journal", "logs", "profiles", "results", "sandbox", "written"}
)
"""The folders of a home that are ours."""

_FILES = ("ledger", "token", ".token", "importer.toml", "journal", "seal")
"""How the names of our files in a home begin."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_folder(folder: Path) -> None:
    """Makes a folder, and those above it that are missing, for their owner alone. Raises OSError."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        with suppress(FileExistsError):  # another process was faster
            each.mkdir(mode=0o700)
    if not folder.is_dir():
        folder.mkdir()  # raises what is the matter


def opener(path: str, flags: int) -> int:
    """For `open`: a file that is made is its owner's alone."""
    return os.open(path, flags, 0o600)


def write_text(path: Path, text: str) -> None:
    """Writes a file that only its owner can read. Raises OSError."""
    with private_open(path, "w") as stream:
        stream.write(text)


def private_open(path: Path, mode: str) -> IO[str]:
    """A file opened for text in UTF-8, that only its owner can read. Raises OSError."""
    stream: IO[str] = open(path, mode, encoding="utf-8", opener=opener)  # noqa: SIM115 - Path has no opener
    return stream


def make_file(path: Path) -> None:
    """Makes an empty file where there is none; what SQLite makes beside it has the same mode. Raises OSError."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def tighten(path: Path) -> None:
    """Takes from others what they may do with a file or folder of this user; a link stays as it is."""
    if os.name != "posix":
        return
    with suppress(OSError):  # it has gone meanwhile, or the disk knows no modes
        found = path.lstat()
        is_kept = stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)
        if is_kept and found.st_uid == os.geteuid() and found.st_mode & _OTHERS:
            path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)


def tighten_database(file: Path) -> None:
    """The same of a SQLite database and of what stands beside it."""
    for ending in ("", "-wal", "-shm", "-journal"):
        tighten(file.with_name(file.name + ending))


def tighten_home(home: Path) -> None:
    """The same of a home and all that is in it, once: of one that is tight already only the top is looked at.

    A home in which other things lie too (a drop folder, somebody's own) stays open as it is; our parts of it do not.
    """
    if os.name != "posix" or not home.is_dir():
        return
    with suppress(OSError):
        inside = sorted(home.iterdir())
        ours = [each for each in inside if _is_ours(each)]
        if len(ours) < len(inside) and not any(each.name.startswith("ledger") for each in ours):
            return  # somebody's folder, of which nobody knows that it is a home
        for each in ours:
            if each.lstat().st_mode & _OTHERS and not each.name.endswith("token"):  # that one others have seen: told
                for path in (each, *_below(each)):
                    tighten(path)
        if len(ours) == len(inside):
            tighten(home.resolve())


def others_can(home: Path) -> str:
    """What others can do in a home, in a word: "write", "read", or "" for nothing."""
    if os.name != "posix":
        return ""
    mode = home.stat().st_mode
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "write"
    return "read" if mode & _OTHERS else ""


def _is_ours(path: Path) -> bool:
    return not path.is_symlink() and (path.name in FOLDERS if path.is_dir() else path.name.startswith(_FILES))


def _below(folder: Path) -> Iterator[Path]:
    if folder.is_symlink() or not folder.is_dir():
        return
    for above, folders, files in os.walk(folder):
        yield from (Path(above) / name for name in (*folders, *files))
