"""Starts commands without paying for their imports each time: by forking a process that has made them already.

What runs is the whole of `main()`, in a process of its own with its own signals, limits, folder and environment.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

MODULES = (
    "importer.runs.follow_up",
    "importer.cli.command_context",
    "importer.cli.rendering",
    "importer.pipeline",
    "importer.report",
    "importer.sandbox.server",
)
"""Besides what these import, what the command imports where it is used."""
LATER = ("httpx", "openpyxl", "python_calamine", "sqlalchemy.dialects.sqlite", "xlsxwriter", "rich.table")


class Forge:
    """The process to be forked. Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self._address = str(folder / "forge")

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance.forge", self._address], stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def start(self, words: Sequence[str], environment: Mapping[str, str], folder: Path, **order: Any) -> Forged:
        """Starts a command. `output`: where what it prints goes; `most_bytes`: beyond that no file of it can grow."""
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self._address)
        order |= {"words": list(words), "environment": dict(environment), "folder": str(folder)}
        connection.sendall(json.dumps(order).encode() + b"\n")
        return Forged(connection)


class Forged:
    """A command that was started."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._answers = connection.makefile("rb")
        self.pid = int(self._answers.readline())
        self._code: int | None = None

    def wait(self, seconds: float) -> int | None:
        """Its exit code (negative: the signal that ended it), or None where it still runs after so long."""
        if self._code is None and select.select([self._connection], [], [], seconds)[0]:
            self._code = int(self._answers.readline())
            self._answers.close()
            self._connection.close()
        return self._code

    def send_signal(self, number: signal.Signals) -> None:
        """Sends it a signal, where it still runs."""
        if self.wait(0) is None:
            os.kill(self.pid, number)


def _serve(address: str) -> None:
    """Forks for each connection. Returns in the forked process that is to be the command."""
    for name in (*MODULES, *LATER):
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the keepers
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(16)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _keep(connection)
            return
        connection.close()


def _keep(connection: socket.socket) -> None:
    """Starts the command and tells its id and its exit code. Returns in the command."""
    order = json.loads(connection.makefile("rb").readline())
    child = os.fork()
    if child == 0:
        connection.close()
        _become(order)
        return
    connection.sendall(f"{child}\n".encode())
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    connection.sendall(f"{code}\n".encode())
    os._exit(0)


def _become(order: Mapping[str, Any]) -> None:
    for number, path, mode in (
        (0, os.devnull, os.O_RDONLY),
        (1, order["output"] + ".out", os.O_WRONLY | os.O_CREAT),
        (2, order["output"] + ".err", os.O_WRONLY | os.O_CREAT),
    ):
        descriptor = os.open(path, mode, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    if order.get("most_bytes"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["most_bytes"], order["most_bytes"]))
    sys.argv[:] = ["invoice-importer", *order["words"]]


if __name__ == "__main__":
    _serve(sys.argv[1])
    from importer.__main__ import main

    main()
