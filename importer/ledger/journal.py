"""The journal: what was sent from this home, told once more outside of the ledger, so that an older one is noticed.

One line for each intent, on the disk after the ledger has it and before its request goes out. So whatever stands here
and not in the ledger was lost with the ledger; what stands there alone was never sent, because the process was ended
between the two. Lines are only ever added. A line that a crash has cut ends at its line end and is not counted.

A journal lies in the home and, where the settings name one, in a second folder as well. Several homes on one ledger
have a journal each, and may share that folder: everything in it has to be known to the ledger.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from importer.errors import LedgerUnavailable

ENDING = ".journal"
TAIL = 65_536
"""Bytes at its end that are looked at: some hundred lines, far more than are ever under way at once."""


class Link(NamedTuple):
    """One intent as the ledger has it; each link of the chain vouches for all before it."""

    seq: int  # from 1, counted by the ledger for each journal
    chain: str


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One intent as the journal has it."""

    seq: int
    chain: str
    at: str  # ISO 8601
    run: str
    key: str
    number: str  # the invoice's
    cents: int

    @property
    def link(self) -> Link:
        """What the ledger must have of it."""
        return Link(self.seq, self.chain)

    def written(self) -> bytes:
        """As it stands in the file, between two line ends: what is cut before it, or of it, spoils nothing else."""
        said = json.dumps(asdict(self), separators=(",", ":"))
        return f"\n{said}\t{zlib.crc32(said.encode()):08x}\n".encode()

    @classmethod
    def parsed(cls, text: bytes) -> JournalLine | None:
        """None where it is none, or is damaged."""
        said, _, check = text.rpartition(b"\t")
        try:
            if int(check, 16) != zlib.crc32(said):
                return None
            return cls(**json.loads(said))
        except (ValueError, TypeError):
            return None


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal of one home, in each of its folders. Nothing is made on the disk before the first line."""

    folders: tuple[Path, ...]  # the home's first
    id: str

    @classmethod
    def of(cls, home: Path, second: Path | None = None) -> Journal:
        """That of a home. Two processes that both begin one make two, which does no harm: both are looked at."""
        mine = home / "journal"
        known = sorted(_files(mine))
        name = known[0].stem if known else secrets.token_hex(8)
        return cls((mine,) if second is None else (mine, second), name)

    def append(self, line: JournalLine) -> None:
        """Adds a line in every folder, on the disk before this returns. Raises `LedgerUnavailable`."""
        self._add(line.written())

    def must_be_writable(self) -> None:
        """Raises `LedgerUnavailable` where no line could be added: known too late once something is to be sent."""
        self._add(b"")

    def _add(self, text: bytes) -> None:
        home, *others = self.folders  # a second folder is never made: a share that is away must not be taken for empty
        for folder in (home, *others):
            with _explained(folder):
                if folder is home:
                    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                _add(folder / f"{self.id}{ENDING}", text)

    def tails(self) -> Mapping[str, Sequence[JournalLine]]:
        """The last lines of every journal that lies in the folders, by its id. Raises `LedgerUnavailable`."""
        found: dict[str, list[JournalLine]] = {}
        for folder in self.folders:
            with _explained(folder):
                for path in _files(folder):
                    found.setdefault(path.stem, []).extend(_tail(path))
        return found


def line_of(link: Link, at: datetime, run: str, *, key: str, number: str, cents: int) -> JournalLine:
    """What the journal says of an intent."""
    return JournalLine(*link, at.isoformat(timespec="seconds"), run, key, number, cents)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """An error of the disk as ours."""
    try:
        yield
    except OSError as error:
        raise LedgerUnavailable(
            f"The journal in {folder} cannot be used: {error.strerror or error}.",
            "Check that the folder is there, can be written, and the disk is not full.",
        ) from error


def _files(folder: Path) -> Iterator[Path]:
    with suppress(FileNotFoundError, NotADirectoryError):
        yield from (path for path in folder.iterdir() if path.suffix == ENDING and path.is_file())


def _add(path: Path, text: bytes) -> None:
    is_new = not path.exists()
    stream = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    try:
        if text:
            if os.write(stream, text) < len(text):  # at once: lines of several processes do not mix
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(stream)
    finally:
        os.close(stream)
    if is_new and os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _tail(path: Path) -> Iterator[JournalLine]:
    with path.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - TAIL))
        for text in stream.read().split(b"\n"):
            line = JournalLine.parsed(text)
            if line is not None:
                yield line
