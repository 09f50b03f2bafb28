"""The stand-in on real sockets of this machine: in a thread of this process, or as a program of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from importer.errors import CannotRun
from importer.sandbox.app import Sandbox
from importer.sandbox.behaviour import Behaviour
from importer.sandbox.store import SandboxStore

HOST = "127.0.0.1"
_GRACE = 5.0  # seconds that an answer in the making has when the end comes


class _Protocol(H11Protocol):
    """Hands each request the connection that it came by, so that a fault can act on it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the parent
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class _Server(uvicorn.Server):
    """Stops at once when told, where the parent looks ten times a second."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping = stopping
        self._ready = ready

    async def main_loop(self) -> None:
        self._ready()
        await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # asyncio cannot close a server that has accepted a connection in this very moment: first accept no more, then
        # let what was accepted appear among the connections (three turns of the loop), then close.
        with contextlib.suppress(NotImplementedError):  # Windows accepts in another way
            for listener in sockets or []:
                asyncio.get_running_loop().remove_reader(listener)
        for _ in range(3):
            await asyncio.sleep(0)
        for listening in self.servers:
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=_GRACE)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        while self.server_state.connections:
            await asyncio.sleep(0)


def _listen(port: int) -> socket.socket:
    # With the protocol named, asyncio switches TCP_NODELAY on; without, every answer would take 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as taken:
        listener.close()
        raise CannotRun(
            f"The sandbox cannot use port {port}: {taken.strerror}.", "Choose another one with --port."
        ) from taken
    return listener


async def _run(
    folder: Path,
    clock: Callable[[], float],
    port: int,
    behaviour: Behaviour,
    stopping: asyncio.Event,
    announce: Callable[[str], None],
) -> None:
    with _listen(port) as api, _listen(0) as files:
        store = SandboxStore(folder, clock)
        try:
            sandbox = Sandbox(store, behaviour, files.getsockname()[1])
            config = uvicorn.Config(
                sandbox,
                http=_Protocol,
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
            )
            url = f"http://{HOST}:{api.getsockname()[1]}"
            server = _Server(config, stopping, lambda: announce(url))
            waits = asyncio.create_task(_release(sandbox, stopping))
            # `serve` would take the signals for itself; who called decides about them here.
            await server._serve([api, files])  # noqa: SLF001
            await waits
        finally:
            store.close()


async def _release(sandbox: Sandbox, stopping: asyncio.Event) -> None:
    await stopping.wait()
    sandbox.stop()


def run_until_signal(
    folder: Path, clock: Callable[[], float], port: int, behaviour: Behaviour, announce: Callable[[str], None]
) -> None:
    """Blocks until SIGINT or SIGTERM. Raises CannotRun where the port is taken."""

    async def main() -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        before = {
            number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopping.set))
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            await _run(folder, clock, port, behaviour, stopping, announce)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    asyncio.run(main())


class Background:
    """The stand-in in a thread. `start` returns its address once it answers; `stop` returns once it is gone."""

    def __init__(self, folder: Path, clock: Callable[[], float], port: int, behaviour: Behaviour) -> None:
        self._settings = (folder, clock, port, behaviour)
        self._ready = threading.Event()
        self._url = ""
        self._error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._main, name="sandbox", daemon=True)

    def start(self) -> str:
        """Raises CannotRun where the port is taken, and whatever else keeps it from starting."""
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            self._thread.join()
            raise self._error
        return self._url

    def stop(self) -> None:
        """Raises what ended it before its time."""
        if self._loop is not None and self._stopping is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _main(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 -- handed to the thread that started this one
            self._error = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        folder, clock, port, behaviour = self._settings
        await _run(folder, clock, port, behaviour, self._stopping, self._announce)

    def _announce(self, url: str) -> None:
        self._url = url
        self._ready.set()
