"""What everybody who works on a folder is given, and what the watcher and its workers say to each other."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from importer.context import RunContext
from importer.dropfolder.folder import DropFolder
from importer.dropfolder.folder_settings import FolderSettings
from importer.settings import Settings


class Note(Protocol):
    """Writes one event into the log."""

    def __call__(self, event: str, said: str = "", **facts: object) -> None:
        """`said` is a sentence for people; the facts are plain values."""


@dataclass(frozen=True, slots=True)
class JobContext:
    """One folder, as whoever works on it sees it."""

    desk: RunContext
    folder: DropFolder
    folder_id: str
    orders: FolderSettings
    watcher: str  # the owner of what is being worked on
    note: Note
    account: str | None = None  # to which files belong that this program makes in the folder
    silent: dict[str, float] = field(default_factory=dict)  # way of telling → until when it is not tried; monotonic


@dataclass(frozen=True, slots=True)
class JobOrder:
    """What a worker is told once."""

    settings: Settings
    root: Path
    folder_id: str
    watcher: str
    who: str
    host: str
    now: Callable[[], datetime]  # the watcher's clock

    def line(self) -> bytes:
        """As the first line of the worker's input: a pipe between the two processes, since the token may be in it."""
        return base64.b64encode(pickle.dumps(self)) + b"\n"


@dataclass(frozen=True, slots=True)
class JobAnswer:
    """What the watcher learns of the work on one file."""

    exit_code: int | None = None  # None: nothing has come of it yet
    trouble: str = ""  # what keeps the file, and all others, waiting: see `PutOff`
    said: str = ""
    pause: float = 0.0  # seconds
    posts: bool = False  # True where the API was asked and has answered
