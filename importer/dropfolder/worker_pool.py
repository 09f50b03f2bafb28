"""The worker processes of a watcher: started when there is work, replaced after many files, let go when idle."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from importer.dropfolder.job_context import JobAnswer

MOST_JOBS = 100
"""Jobs that one process does before it gives its memory back."""

IDLE_SECONDS = 60.0
"""A process that has nothing to do for so long ends."""


@dataclass(frozen=True, slots=True)
class News:
    """Something that a worker has said: an event for the log, the answer to a job, or, without either, its death."""

    job: Mapping[str, Any] | None  # what it was working on
    event: Mapping[str, Any] | None = None
    answer: JobAnswer | None = None


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    job: Mapping[str, Any] | None = None
    done: int = 0
    idle_since: float = 0.0
    leaving: bool = False
    reader: threading.Thread = field(init=False)


class WorkerPool:
    """At most so many workers. `wake` is set whenever one of them has said something."""

    def __init__(self, charge: bytes, most: int, wake: threading.Event) -> None:
        self._charge = charge
        self._most = most
        self._wake = wake
        self._said: queue.SimpleQueue[tuple[_Worker, bytes | None]] = queue.SimpleQueue()
        self._workers: list[_Worker] = []

    @property
    def free(self) -> int:
        """How many jobs could be started now."""
        return self._most - sum(1 for worker in self._workers if worker.job is not None)

    @property
    def jobs(self) -> list[Mapping[str, Any]]:
        """What is being worked on."""
        return [worker.job for worker in self._workers if worker.job is not None]

    @property
    def processes(self) -> list[int]:
        """The ids of the worker processes."""
        return [worker.process.pid for worker in self._workers]

    def start(self, job: Mapping[str, Any]) -> None:
        """Gives a job to a worker that has none."""
        idle = [worker for worker in self._workers if worker.job is None and not worker.leaving]
        worker = idle[0] if idle else self._hired()
        worker.job = job
        with suppress(OSError):  # it has died just now: its reader says so
            assert worker.process.stdin is not None  # noqa: S101 - it was started with one
            worker.process.stdin.write(json.dumps(job).encode() + b"\n")
            worker.process.stdin.flush()

    def news(self) -> Iterator[News]:
        """What was said since the last time."""
        while True:
            try:
                worker, line = self._said.get_nowait()
            except queue.Empty:
                break
            if line is None:
                self._workers.remove(worker)
                self._accepted_duplicates(worker)
                worker.process.wait()
                if worker.job is not None:
                    yield News(worker.job)
                continue
            said = json.loads(line)
            if "answer" in said:
                job, worker.job = worker.job, None
                worker.done += 1
                worker.idle_since = time.monotonic()
                if worker.done >= MOST_JOBS:
                    self._accepted_duplicates(worker)
                yield News(job, answer=JobAnswer(**said["answer"]))
            else:
                yield News(worker.job, event=said)
        for worker in self._workers:
            if worker.job is None and not worker.leaving and time.monotonic() - worker.idle_since > IDLE_SECONDS:
                self._accepted_duplicates(worker)

    def stop(self) -> None:
        """Asks every worker to bring to its end what is under way."""
        for worker in self._workers:
            self._accepted_duplicates(worker)

    def is_gone(self) -> bool:
        """True once no worker is left."""
        return not self._workers

    def _hired(self) -> _Worker:
        command = [sys.executable, "-m", "importer.dropfolder.worker"]
        process = subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        worker = _Worker(process, idle_since=time.monotonic())
        worker.reader = threading.Thread(target=self._hear, args=(worker,), name="worker", daemon=True)
        self._workers.append(worker)
        worker.reader.start()
        with suppress(OSError):
            assert process.stdin is not None  # noqa: S101 - as above
            process.stdin.write(self._charge)
        return worker

    def _hear(self, worker: _Worker) -> None:
        assert worker.process.stdout is not None  # noqa: S101 - as above
        with worker.process.stdout as stream:
            for line in stream:
                self._said.put((worker, line))
                self._wake.set()
        self._said.put((worker, None))
        self._wake.set()

    def _accepted_duplicates(self, worker: _Worker) -> None:
        worker.leaving = True
        with suppress(OSError):
            assert worker.process.stdin is not None  # noqa: S101 - as above
            worker.process.stdin.close()
