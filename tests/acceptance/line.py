"""The line between a clerk and the API: it can be cut in the very moments in which a kill hurts."""

from __future__ import annotations

import select
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class Line:
    """Forwards connections on loopback, each for one request. It carries reads always, and writes as it is told.

    `hold_requests`: a POST comes in and goes no further. `hold_answers`: a POST goes through, its answer stays here,
    until `go_on`. `deaf_after_read`: once the last read was answered, whoever connects waits for the connection.
    """

    def __init__(self, url: str) -> None:
        self._target = (urlsplit(url).hostname or "", urlsplit(url).port or 0)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.hold_requests = False
        self.hold_answers = False
        self.deaf_after_read = False
        self.go_on = threading.Event()
        self._hears = threading.Event()
        self._hears.set()
        self._closing = False
        self._lock = threading.Lock()
        self._held = 0
        self._delivered = 0
        self._fillers: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._spawn(self._listen)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing = True
        self.go_on.set()
        self.hear_again()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    @property
    def held(self) -> int:
        """How many requests, or answers, are held back now."""
        with self._lock:
            return self._held

    @property
    def delivered(self) -> int:
        """How many answers to a POST were handed over to the client's machine."""
        with self._lock:
            return self._delivered

    def hear_again(self) -> None:
        """Connections are taken as before."""
        for filler in self._fillers:
            filler.close()
        self._fillers.clear()
        self._listener.listen(64)
        self._hears.set()

    def _go_deaf(self) -> None:
        """Takes no connection any more, with the queue of those that wait filled up: the next one hangs."""
        self._hears.clear()
        self._listener.listen(0)
        while True:
            filler = socket.socket()
            self._fillers.append(filler)
            filler.settimeout(0.1)
            try:
                filler.connect(self._listener.getsockname())
            except TimeoutError:
                return

    def _spawn(self, work: object, *given: object) -> None:
        assert callable(work)
        thread = threading.Thread(target=work, args=given, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _listen(self) -> None:
        while not self._closing:
            ready, _, _ = select.select([self._listener], [], [], 0.02)
            if ready and self._hears.is_set():
                client, _ = self._listener.accept()
                self._spawn(self._carry, client)
            elif ready:
                self._hears.wait(0.02)

    def _carry(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(self._target) as server:
            while (request := _message(client)) is not None:
                writes = request.startswith(b"POST")
                if writes and self.hold_requests:
                    self._wait()
                    return
                server.sendall(request)
                answer = _message(server)
                if answer is None:
                    return
                if writes and self.hold_answers:
                    self._wait()
                if self.deaf_after_read and b"/logs/writes/" in request.partition(b"\r\n")[0]:
                    self._go_deaf()
                client.sendall(answer)
                if writes:
                    with self._lock:
                        self._delivered += 1

    def _wait(self) -> None:
        with self._lock:
            self._held += 1
        self.go_on.wait()


def _message(stream: socket.socket) -> bytes | None:
    """One whole request or answer with its content-length; None at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = stream.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    wanted = int(lengths[0]) if lengths else 0
    while len(body) < wanted:
        more = stream.recv(65536)
        if not more:
            return None
        body += more
    return head + b"\r\n\r\n" + body
