"""The process that works on files: whatever a file does to it, the watcher lives, and its memory is given back.

The watcher starts it as `python -m importer.dropfolder.worker`. The first line of its input is a pickled `JobOrder`;
each
further line is one job, and the end of the input, like SIGTERM, means: bring to its end what is under way, and go.
Every line of its output is one JSON object: an event for the log, or {"answer": …} after each job.
"""

from __future__ import annotations

import base64
import json
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from dataclasses import asdict
from typing import IO

from importer.context import NoProgress, RunContext
from importer.dropfolder.folder import DropFolder
from importer.dropfolder.folder_settings import read_orders
from importer.dropfolder.job_context import JobAnswer, JobContext, JobOrder
from importer.dropfolder.process_file import PAUSES, work_on
from importer.dropfolder.schedule import go_round
from importer.errors import BadSettings


def main() -> None:
    """Takes jobs until there are no more."""
    # Its own, because PYTHONUNBUFFERED takes from standard output what makes it write all that it is given.
    source, target = sys.stdin.buffer, open(1, "w", encoding="ascii", closefd=False)  # noqa: SIM115
    sys.stdout = sys.stderr  # nothing but answers goes to the watcher
    charge: JobOrder = pickle.loads(base64.b64decode(source.readline()))  # noqa: S301 - the watcher wrote it
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    jobs: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(source, jobs, stop), name="jobs", daemon=True).start()

    def tell(line: object) -> None:
        try:
            target.write(json.dumps(line, ensure_ascii=True, default=str) + "\n")
            target.flush()
        except OSError:  # the watcher is gone; the work is ended all the same
            stop.set()

    def note(event: str, said: str = "", **facts: object) -> None:
        tell({"event": event, "said": said, **facts})

    folder = DropFolder(charge.root)
    desk = RunContext(charge.settings, charge.now, charge.who, charge.host, stop, NoProgress())
    silent: dict[str, float] = {}
    while (job := jobs.get()) is not None:
        try:
            orders = read_orders(folder.orders)
            bench = JobContext(desk, folder, charge.folder_id, orders, charge.watcher, note, silent=silent)
            wanted = json.loads(job)
            answer = go_round(bench, wanted["round"]) if "round" in wanted else work_on(bench, wanted["drop"])
        except BadSettings as error:
            answer = JobAnswer(trouble="settings", said=str(error), pause=PAUSES[0])
        except Exception as error:  # noqa: BLE001 - the watcher counts it as a death of the worker, and goes on
            note("broken", f"{type(error).__name__}: {error}", details=traceback.format_exc())
            os._exit(70)
        tell({"answer": asdict(answer)})
    os._exit(0)


def _listen(source: IO[bytes], jobs: queue.SimpleQueue[str | None], stop: threading.Event) -> None:
    for line in source:
        jobs.put(line.decode())
    stop.set()
    jobs.put(None)


if __name__ == "__main__":
    main()
