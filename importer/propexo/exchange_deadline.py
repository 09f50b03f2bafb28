"""Watching one exchange: it goes out while it is wanted, or not at all, and it ends in time."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from importer.errors import NotSent

FRESH_SECONDS = 10.0
"""A machine that slept between intent and request must not send: its invoice may have been settled meanwhile."""


@dataclass(frozen=True, slots=True)
class StillValid:
    """A moment to which the request must be near: that of the intent behind it."""

    seconds: float = FRESH_SECONDS
    wall: float = field(default_factory=time.time)  # goes on while the machine sleeps
    ticks: float = field(default_factory=time.monotonic)  # goes on when the clock is set

    def __bool__(self) -> bool:
        """True while neither clock has gone further; False also where the wall clock went back."""
        return 0 <= time.time() - self.wall <= self.seconds and time.monotonic() - self.ticks <= self.seconds


class ExchangeDeadline:
    """Follows one exchange by the events of httpx's `trace` extension. Use as a context manager.

    Before the first byte of a POST it asks whether that is still `fresh`, and raises `NotSent` otherwise. After
    `seconds` it cuts the connection, however slowly the other side trickles: the answer is then lost like any other.
    """

    def __init__(self, seconds: float, fresh: StillValid | None = None) -> None:
        self._fresh = fresh
        self._stream: Any = None
        self._over = False
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """One event of the exchange."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            with self._lock:
                self._stream = info["return_value"]
                late = self._over
            if late:
                self._cut()
        if event == "http11.send_request_headers.started" and self._fresh is not None and not self._fresh:
            raise NotSent("The machine slept before the request went out.")

    def _cut(self) -> None:
        with self._lock:
            self._over = True
            stream = self._stream
        if stream is None:
            return  # still connecting, which has a limit of its own
        with suppress(OSError):
            # A second handle on the same connection: the first one belongs to the thread that reads from it.
            handle = os.dup(stream.get_extra_info("socket").fileno())
            with socket.socket(fileno=handle) as connection:
                connection.shutdown(socket.SHUT_RDWR)
