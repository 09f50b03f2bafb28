"""Where a results file ends up: written aside in the same folder, then renamed into place.

A reader never meets half a file. A target that is open in a spreadsheet program is left alone: the results then
stand beside it under a new name.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from importer.errors import ResultsNotWritten

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_KEPT = "What was posted is recorded in the ledger all the same."


def place(path: Path, write: Callable[[BinaryIO], None], *, over: bool = False) -> Path:
    """Write a file and say where it really is: `path`, or "name (2).xlsx" beside it where `path` is not to be replaced.

    `over`: what stands at `path` is known to be this program's own, untouched since. Anything else is never written
    over, nor is what somebody has open.

    Raises ResultsNotWritten where the folder is missing or cannot be written, or the disk is full; whatever stood at
    `path` is then untouched.
    """
    if not path.parent.is_dir():
        raise _no_folder(path)
    aside = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part")
    try:
        with aside.open("xb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        return _move(aside, path, over=over)
    except OSError as error:
        raise _explained(error, path) from error
    finally:
        with suppress(OSError):
            aside.unlink()


def check_target(path: Path) -> None:
    """Raises ResultsNotWritten where results could not be written to `path`: better known before anything is posted."""
    place_aside = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part")
    if not path.parent.is_dir():
        raise _no_folder(path)
    try:
        with place_aside.open("xb") as stream:
            stream.write(bytes(4096))
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise _explained(error, path) from error
    finally:
        with suppress(OSError):
            place_aside.unlink()


def _no_folder(path: Path) -> ResultsNotWritten:
    return ResultsNotWritten(
        f"The results cannot be written: there is no folder {path.parent}.", f"Make it, or name another. {_KEPT}"
    )


def _move(aside: Path, path: Path, *, over: bool) -> Path:
    if over and not _is_open(path):
        with suppress(PermissionError, IsADirectoryError):  # Windows: held open by another program; or a folder
            return aside.replace(path)
    elif not _is_open(path) and _put(aside, path):
        return path
    for number in range(2, 1000):
        beside = path.with_name(f"{path.stem} ({number}){path.suffix}")
        if _put(aside, beside):
            return beside
    raise ResultsNotWritten(f"{path} cannot be replaced, and 999 others stand beside it.", f"Clear up there. {_KEPT}")


def _put(aside: Path, path: Path) -> bool:
    """Gives the finished file its name; False where something has that name already, whoever was faster."""
    try:
        try:
            os.link(aside, path)  # in one step; `place` removes the other name
        except FileExistsError:
            raise
        except OSError:  # a disk without links
            path.open("xb").close()
            aside.replace(path)
    except FileExistsError:
        return False
    return True


def _is_open(path: Path) -> bool:
    """True where Excel's or LibreOffice's lock file says that somebody has the workbook open."""
    locks = (path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#"))
    return path.is_file() and any(lock.exists() for lock in locks)


def _explained(error: OSError, path: Path) -> ResultsNotWritten:
    if error.errno in _NO_ROOM:
        return ResultsNotWritten(f"There is no room on the disk for the results {path}.", f"Make room. {_KEPT}")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return ResultsNotWritten(
            f"The folder {path.parent} cannot be written to.", f"Name another with --results. {_KEPT}"
        )
    if error.errno == errno.ENAMETOOLONG:
        return ResultsNotWritten(f"The name {path.name} is too long.", f"Name another with --results. {_KEPT}")
    return ResultsNotWritten(f"The results {path} cannot be written: {error.strerror or error}.", _KEPT)
