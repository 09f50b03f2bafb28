"""What every request passes before and after its endpoint: the count, the token, the faults, the waits, the headers.

An answer is made whole and then sent, so that anything can happen in between: an invoice is accepted and written down
before the first byte of its answer.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from importer.sandbox import faults as at_socket
from importer.sandbox.behaviour import FORBIDDEN_TOKEN, TOKEN, Behaviour
from importer.sandbox.faults import BEFORE, Fault, Faults
from importer.sandbox.store import SandboxStore

CONTROL = "/_sandbox/"

_ERRORS = {
    401: ("unauthorized", "Missing or invalid access token"),
    403: ("forbidden", "This access token may not do this"),
    429: ("rate_limit_exceeded", "Too many requests"),
}


@dataclass
class HeldAnswer:
    """A response that has not been sent yet."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=lambda: [("content-type", "application/json")])


def error_body(code: str, message: str) -> bytes:
    """An error as the contract shapes it, without details."""
    return json.dumps({"error": {"code": code, "message": message}}).encode()


def _refusal(status: int) -> HeldAnswer:
    return HeldAnswer(status, error_body(*_ERRORS[status]))


@dataclass
class SharedState:
    """What a running stand-in shares among its endpoints; the behaviour may be exchanged at any time."""

    store: SandboxStore
    behaviour: Behaviour
    faults: Faults


class FaultGate:
    """The ASGI application around the endpoints."""

    def __init__(self, inside: ASGIApp, state: SharedState) -> None:
        self._inside = inside
        self._state = state
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Ends every wait, so that nothing holds up the end."""
        self._stopping.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(CONTROL):
            await self._inside(scope, receive, send)
            return
        body = await _whole(receive)
        if body is None:
            return
        number, left, more_in = self._state.store.count_request(
            scope["method"], scope["path"], scope["query_string"].decode("latin-1"), self._state.behaviour
        )
        limits = [
            ("x-ratelimit-limit", str(self._state.behaviour.rate_limit)),
            ("x-ratelimit-remaining", str(max(left, 0))),
        ]
        if left < 0:
            answer = _refusal(429)
            if self._state.behaviour.retry_after:
                limits.append(("retry-after", str(max(math.ceil(more_in), 1))))
            await self._send(number, answer, limits, send)
            return
        fault = self._fault(scope, body)
        if fault is not None and fault.fault in BEFORE:
            await self._fail(fault, HeldAnswer(200), limits, number, scope, receive)
            return
        answer = await self._answer(scope, body)
        wait = self._state.behaviour.latency
        if self._state.behaviour.rate_limit - left >= 0.8 * self._state.behaviour.rate_limit:
            wait += self._state.behaviour.hold_back
        if fault is not None and fault.fault == "slow":
            wait += fault.seconds
        await self._pause(wait)
        if fault is not None and fault.fault != "slow":
            await self._fail(fault, answer, limits, number, scope, receive)
        else:
            await self._send(number, answer, limits, send)

    async def _answer(self, scope: Scope, body: bytes) -> HeldAnswer:
        authorization = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        if authorization == f"Bearer {FORBIDDEN_TOKEN}":
            return _refusal(403)
        if authorization != f"Bearer {TOKEN}":
            return _refusal(401)
        answer = HeldAnswer(500)
        parts: list[bytes] = []
        asked = False

        async def receive() -> Message:
            nonlocal asked
            if asked:
                return {"type": "http.disconnect"}
            asked = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def collect(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = [(name.decode(), value.decode("latin-1")) for name, value in message["headers"]]
            else:
                parts.append(message.get("body", b""))

        await self._inside(scope, receive, collect)
        answer.body = b"".join(parts)
        return answer

    async def _send(self, number: int, answer: HeldAnswer, limits: list[tuple[str, str]], send: Send) -> None:
        self._state.store.answered(number, answer.status)
        headers = [pair for pair in answer.headers if pair[0] != "content-length"]
        headers += [*limits, ("content-length", str(len(answer.body)))]
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
            }
        )
        await send({"type": "http.response.body", "body": answer.body})

    def _fault(self, scope: Scope, body: bytes) -> Fault | None:
        if not self._state.faults:
            return None
        try:
            sent = json.loads(body)
        except ValueError:
            sent = None
        number = str(sent.get("invoice_number", "")) if isinstance(sent, dict) else ""
        return self._state.faults.take(scope["method"], scope["path"], number)

    async def _fail(
        self,
        fault: Fault,
        answer: HeldAnswer,
        limits: list[tuple[str, str]],
        number: int,
        scope: Scope,
        receive: Receive,
    ) -> None:
        transport: asyncio.Transport = scope["state"]["transport"]
        headers = [("content-type", "application/json"), *limits]
        status: int | None = None
        match fault.fault:
            case "drop_before" | "drop_after":
                at_socket.reset(transport)
            case "close_before" | "close_after":
                transport.close()
            case "silence_before" | "silence":
                await self._stay_silent(fault.seconds, receive)
                transport.close()
            case "error_before" | "error_after":
                status = fault.status
                message = error_body("internal_server_error", "Something went wrong")
                at_socket.write(transport, status, headers, message)
            case "page_before" | "page_after":
                status = 200
                at_socket.write_page(transport)
            case "too_many":
                status = 429
                limits[1] = ("x-ratelimit-remaining", "0")
                at_socket.write(transport, status, [headers[0], *limits], error_body(*_ERRORS[429]))
            case "redirect":
                status = 307
                location = fault.location or scope["path"]
                at_socket.write(transport, status, [*limits, ("location", location)], b"")
            case "garbage":
                at_socket.write_raw(transport, b"\x16\x03\x01\x00\xa5\x00 not a word of HTTP\r\n\r\n")
            case "half_status_line":
                at_socket.write_raw(transport, b"HTTP/1.1 20")
            case "cut_body":
                half = len(answer.body) // 2
                promised = len(answer.body) - half
                at_socket.write(transport, answer.status, headers, answer.body[:half], promised=promised)
            case "bad_gzip":
                status = answer.status
                headers.append(("content-encoding", "gzip"))
                at_socket.write(transport, status, headers, b"\x1f\x8b\x08\x00 broken" + answer.body)
            case "no_job_id":
                status = 200
                at_socket.write(transport, status, headers, b'{"meta": {}, "result": {}}')
            case "job_of_another" | "echo_of_another":
                status = 200
                at_socket.write(transport, status, headers, self._of_another(fault.fault, answer.body))
        self._state.store.answered(number, status)
        # The server would call a missing answer a mistake of ours until it has seen the connection end.
        while (await receive())["type"] != "http.disconnect":
            pass

    def _of_another(self, fault: str, body: bytes) -> bytes:
        """The right answer, but for what is another invoice's."""
        told = json.loads(body)
        if fault == "echo_of_another":
            told["result"]["invoice_number"] += " of another"
        else:
            first = self._state.store.row("SELECT id FROM jobs ORDER BY number LIMIT 1")
            told["meta"]["job_id"] = first["id"] if first else ""
        return json.dumps(told).encode()

    async def _stay_silent(self, seconds: float, receive: Receive) -> None:
        """Until the time is up, the other side has given up, or the stand-in ends."""
        ends = {asyncio.ensure_future(receive()), asyncio.ensure_future(self._stopping.wait())}
        _, waiting = await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for end in waiting:
            end.cancel()

    async def _pause(self, seconds: float) -> None:
        if seconds > 0 and not self._stopping.is_set():
            try:
                async with asyncio.timeout(seconds):
                    await self._stopping.wait()
            except TimeoutError:
                return


async def _whole(receive: Receive) -> bytes | None:
    """The body of the request; None where the other side went away in the middle of it."""
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)
