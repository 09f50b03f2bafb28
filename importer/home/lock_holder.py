"""Who holds the write lock of a SQLite file, as far as this system tells: one that was stopped holds off all others."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

LOCKS = Path("/proc/locks")
_WRITE_BYTES = range(120, 121)
"""Of the file "-shm": a writer locks this byte. Fixed by SQLite's file format, "WAL-Index File Locking"."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that holds the lock."""

    pid: int
    is_stopped: bool  # by a signal, or a closed terminal: it does not go on by itself


def is_busy(error: BaseException | None) -> bool:
    """True where an error of sqlite3 says that others hold the lock."""
    busy = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return isinstance(error, sqlite3.OperationalError) and getattr(error, "sqlite_errorcode", 0) & 0xFF in busy


def holder_of(file: Path) -> Holder | None:
    """Who holds the write lock of a file in WAL mode; None where nobody does, or it cannot be told."""
    with suppress(OSError, ValueError, IndexError):
        inode = file.with_name(f"{file.name}-shm").stat().st_ino
        for line in LOCKS.read_text(encoding="ascii").splitlines():
            words = line.split()  # 1: POSIX ADVISORY WRITE 4242 08:01:1234 120 120
            if words[1] == "POSIX" and words[3] == "WRITE" and int(words[5].rsplit(":", 1)[1]) == inode:
                first, last = int(words[6]), int(words[7]) if words[7] != "EOF" else 1 << 62
                pid = int(words[4])
                if first <= _WRITE_BYTES.start <= last and pid > 0:
                    return Holder(pid, _is_stopped(pid))
    return None


def run_of(file: Path, pid: int) -> str | None:
    """The unfinished run of a process, in words, by a ledger's own book; None where that has none."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as ledger:
        asked = "SELECT id, command, who FROM runs WHERE pid = ? AND finished IS NULL ORDER BY started DESC LIMIT 1"
        row = ledger.execute(asked, (pid,)).fetchone()
        return None if row is None else f"`{row[1]}` of {row[2]}, run {row[0]}"
    return None


def held_by(file: Path) -> tuple[str, str]:
    """Who holds a file, as the end of a sentence ("is held by …"), and what to do."""
    holder = holder_of(file)
    if holder is None:
        who = "another process of this machine, which cannot be told here"
        return f"is held by {who}", "Wait until no other run is under way, or end what hangs; then run this again."
    run = run_of(file, holder.pid)
    who = f"process {holder.pid}" + (f" ({run})" if run else "")
    if holder.is_stopped:
        way = f"Let it go on (kill -CONT {holder.pid}), or end it (kill -9 {holder.pid})"
        safe = "what it had recorded is kept, and what it may have been sending is looked for."
        return f"is held by {who}, which was stopped and does not go on", f"{way}; then run this again: {safe}"
    return f"is held by {who}, which is still writing", "Wait until it has ended, then run this again."


def _is_stopped(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    return state in ("T", "t")
