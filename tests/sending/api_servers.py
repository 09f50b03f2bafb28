"""Servers that misbehave below HTTP, in ways that the stand-in cannot: real sockets on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

Serve = Callable[[socket.socket, threading.Event], None]


@dataclass(slots=True)
class Server:
    """Where it listens, and what it has received."""

    port: int
    received: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(serve: Serve, *, receive_buffer: int = 0) -> Iterator[Server]:
    """Hands every connection to `serve` in a thread of its own, until the block ends."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        if receive_buffer:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        threads: list[threading.Thread] = []

        def handle(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                serve(connection, over)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threads.append(threading.Thread(target=handle, args=(connection,)))
                    threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield Server(listener.getsockname()[1])
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for thread in threads:
                thread.join()


def request_of(connection: socket.socket) -> bytes:
    """One whole request."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def answering(*parts: bytes, every: float = 0.0) -> Serve:
    """Reads a request and answers with these parts, one after the other; the last one again and again, where
    `every` says after how many seconds each."""

    def serve(connection: socket.socket, over: threading.Event) -> None:
        request_of(connection)
        for part in parts:
            connection.sendall(part)
        while every and not over.wait(every):
            connection.sendall(parts[-1])

    return serve


def deaf(_: socket.socket, over: threading.Event) -> None:
    """Accepts a connection and never reads from it."""
    over.wait()


def no_tls(connection: socket.socket, _: threading.Event) -> None:
    """Answers a handshake with something else."""
    connection.recv(65_536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n")


@contextmanager
def closed_port() -> Iterator[int]:
    """A port on which nobody listens."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))  # bound, so that nobody else takes it; not listening
        yield holder.getsockname()[1]


@contextmanager
def full_backlog() -> Iterator[int]:
    """A port whose queue is full: further connections get no answer at all."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            with suppress(BlockingIOError):
                waiting.connect(listener.getsockname())
        yield listener.getsockname()[1]
