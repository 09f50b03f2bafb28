"""Runs commands and takes their time and memory; prints what was measured beside its baselines, with its spread.

Commands that are compared take turns, so that what else the machine does meets them alike.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from statistics import median

PYTHON = sys.executable
ROUNDS = 3
ENOUGH = 45.0
"""Seconds; commands that together take longer have had their turns."""

_LAUNCHER = """
import json, os, sys, time
begun = time.perf_counter()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ,
                        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
_, status, usage = os.wait4(child, 0)
print(json.dumps([time.perf_counter() - begun, usage.ru_maxrss, os.waitstatus_to_exitcode(status)]))
"""
"""A process takes over the peak of memory of the one that starts it: so the one that starts it is small."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: rows of the largest file, and whether it may take long."""

    rows: int
    big: bool


@dataclass(frozen=True, slots=True)
class Task:
    """A command that must end with this exit code; its output goes nowhere."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)
    code: int = 0


@dataclass(frozen=True, slots=True)
class Measured:
    """One command. `times` are the whole process from start to end in seconds, each time; `megabytes` is the peak of
    its largest process, the median of all times."""

    name: str
    times: tuple[float, ...]
    megabytes: float

    @property
    def seconds(self) -> float:
        """The median."""
        return median(self.times)

    @property
    def spread(self) -> str:
        """ "1.10 – 1.31", the shortest and the longest."""
        return f"{min(self.times):.2f} – {max(self.times):.2f}" if len(self.times) > 1 else "once"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several commands that do comparable work; the first is ours. `remarks` are printed below."""

    title: str
    measured: tuple[Measured, ...]
    remarks: tuple[str, ...] = ()


def together(*tasks: Task) -> tuple[Measured, ...]:
    """Measures commands in turns: all once, then all again, for as long as it is worth the wait."""
    taken: list[list[tuple[float, float]]] = [[] for _ in tasks]
    for _ in range(ROUNDS):
        for task, mine in zip(tasks, taken, strict=True):
            mine.append(_once(task))
        if sum(seconds for mine in taken for seconds, _ in mine) > ENOUGH:
            break
    return tuple(
        Measured(task.name, tuple(seconds for seconds, _ in mine), median(megabytes for _, megabytes in mine))
        for task, mine in zip(tasks, taken, strict=True)
    )


def run(
    name: str, command: Sequence[str | Path], environment: Mapping[str, str] | None = None, *, code: int = 0
) -> Measured:
    """One command by itself."""
    return together(Task(name, command, environment or {}, code))[0]


def where_installed(library: str, task: Task) -> list[Task]:
    """The task, where its library is there; otherwise none, and that is said."""
    if find_spec(library) is not None:
        return [task]
    print(f"\n({task.name}: {library} is not installed, so it is left out)", flush=True)
    return []


def exponent(sizes: Sequence[int], measured: Sequence[Measured]) -> str:
    """How time grows with size, from the last but one to the last: 1.00 is in proportion."""
    (few, many), (first, last) = sizes[-2:], measured[-2:]
    power = math.log(last.seconds / first.seconds) / math.log(many / few)
    return f"From {few:,} to {many:,} rows time grows with the power {power:.2f} of the rows (1.00 is in proportion)."


def goal(ours: float, most: float, what: str) -> str:
    """A sentence that says whether a goal is met."""
    return f"Goal: {what} at most {most:g}: {'met' if ours <= most else 'missed'}, {ours:.2f}."


def _once(task: Task) -> tuple[float, float]:
    """Seconds and megabytes."""
    command = [PYTHON, "-I", "-S", "-c", _LAUNCHER, *map(str, task.command)]
    ended = subprocess.run(
        command, stdout=subprocess.PIPE, env={**os.environ, **task.environment}, check=True, text=True
    )
    seconds, peak, code = json.loads(ended.stdout)
    if code != task.code:
        raise SystemExit(f"{task.name} ended with exit code {code}; what it says stands above.")
    scale = 1024 * 1024 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in KB elsewhere
    return float(seconds), float(peak) / scale


def lines(comparison: Comparison) -> Iterator[str]:
    """The comparison as a table: ours first, the others with how often ours goes into them."""
    ours, *others = comparison.measured
    yield comparison.title
    yield f"  {ours.name:<46} {ours.seconds:8.2f} s ({ours.spread}) {ours.megabytes:7.0f} MB"
    for other in others:
        ratio = f"{ours.seconds / other.seconds:6.2f} × its time, {ours.megabytes / other.megabytes:5.2f} × its memory"
        line = f"  {other.name:<46} {other.seconds:8.2f} s ({other.spread}) {other.megabytes:7.0f} MB"
        yield f"{line}   ours: {ratio}"
    yield from (f"  {remark}" for remark in comparison.remarks)
