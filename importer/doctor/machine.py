"""The machine: the home and who may read it, the token's place, the room on the disks."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from importer import secrets_store
from importer.doctor.finding import Finding, look, ok, wrong
from importer.errors import BadSettings
from importer.home import private_files
from importer.settings import Settings

LITTLE, SCARCELY = 1_000_000_000, 100_000_000
"""Bytes: below the first somebody should know, below the second a run may end for it."""


def home_findings(settings: Settings) -> Iterator[Finding]:
    """Whether the home can be written, and by nobody else."""
    home = settings.home
    if not home.exists():
        above = next(folder for folder in home.parents if folder.exists())
        if above.is_dir() and os.access(above, os.W_OK | os.X_OK):
            yield ok("Home", f"{home} is not there yet; the first run makes it.")
        else:
            yield wrong("Home", f"{home} cannot be made.", "Set IMPORTER_HOME to a folder that you can write.")
        return
    refused = cannot_write(home)
    if refused is not None:
        yield wrong("Home", f"{home} cannot be written: {refused}.", "Give this account the right to write there.")
    elif (others := private_files.others_can(home)) == "write":
        said = f"Others on this machine can write into {home}, and so change or exchange what was posted."
        yield wrong("Home", said, f"Run: chmod go-rwx {home}")
    elif others == "read":
        said = f"Others on this machine can look into {home}; vendors' files and postings are kept there."
        yield look("Home", said, f"Run: chmod go-rwx {home}")
    else:
        yield ok("Home", f"{home} can be written.")


def token_findings(settings: Settings) -> Iterator[Finding]:
    """Where the token comes from; never the token. Whether the API takes it is seen when it is asked."""
    if settings.sandbox:
        return
    try:
        settings.find_token()
    except BadSettings as error:
        yield wrong("Token", error.sentence, error.advice)
        return
    from_environment = settings.token is not None
    where = "the environment" if from_environment else secrets_store.where(settings.destination, settings.home)
    yield ok("Token", f"There is one, from {where}.")


def room_findings(*folders: Path) -> Iterator[Finding]:
    """The room on the disk of each folder; each disk once."""
    seen: set[int] = set()
    for folder in folders:
        there = next((each for each in (folder, *folder.parents) if each.exists()), None)
        if there is None or there.stat().st_dev in seen:
            continue
        seen.add(there.stat().st_dev)
        yield of_room(folder, shutil.disk_usage(there).free)


def of_room(folder: Path, free: int) -> Finding:
    """What so many free bytes mean."""
    said = f"{free / 1e9:,.1f} GB are free where {folder} lies."
    if free < SCARCELY:
        return wrong("Disk", said, "Make room: a run that cannot write down what it sends does not send.")
    if free < LITTLE:
        return look("Disk", said, "Make room soon.")
    return ok("Disk", said)


def cannot_write(folder: Path) -> str | None:
    """Why no file can be made in a folder; None where it can."""
    try:
        with tempfile.TemporaryFile(prefix=".doctor-", dir=folder):
            return None
    except OSError as error:
        return error.strerror or str(error)
