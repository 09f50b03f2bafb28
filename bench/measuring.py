"""Runs a command and takes its time and its memory; prints what was measured beside its baseline."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

PYTHON = sys.executable
QUICK = 4.0
"""Seconds; what takes less is measured three times, and the median counts."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: rows of the largest file, and whether it may take long."""

    rows: int
    big: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """One command. `seconds` is the whole process from start to end, `megabytes` its peak: that of the largest
    process, where it starts others."""

    name: str
    seconds: float
    megabytes: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several commands that do comparable work; the first is ours."""

    title: str
    measured: tuple[Measured, ...]


def run(
    name: str, command: Sequence[str | Path], environment: Mapping[str, str] | None = None, *, code: int = 0
) -> Measured:
    """Time and peak memory of a command that must end with this exit code. Its output goes nowhere."""
    taken = [_once(name, command, environment, code)]
    while taken[0].seconds < QUICK and len(taken) < 3:
        taken.append(_once(name, command, environment, code))
    return Measured(name, median(one.seconds for one in taken), median(one.megabytes for one in taken))


def _once(name: str, command: Sequence[str | Path], environment: Mapping[str, str] | None, code: int) -> Measured:
    begun = time.perf_counter()
    process = subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.DEVNULL, env={**os.environ, **(environment or {})}
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != code:
        raise SystemExit(f"{name} ended with exit code {process.returncode}; what it says stands above.")
    scale = 1024 * 1024 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in KB elsewhere
    return Measured(name, seconds, usage.ru_maxrss / scale)


def lines(comparison: Comparison) -> Iterator[str]:
    """The comparison as a table: ours first, the others with how often ours goes into them."""
    ours, *others = comparison.measured
    yield comparison.title
    yield f"  {ours.name:<46} {ours.seconds:8.2f} s {ours.megabytes:7.0f} MB"
    for other in others:
        ratio = f"{ours.seconds / other.seconds:6.2f} × its time, {ours.megabytes / other.megabytes:5.2f} × its memory"
        yield f"  {other.name:<46} {other.seconds:8.2f} s {other.megabytes:7.0f} MB   ours: {ratio}"
