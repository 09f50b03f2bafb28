"""Ways for an exchange to go wrong on purpose, at the socket itself. For tests, through `/_sandbox/faults`.

Before the invoice is accepted, so that nothing was applied:

    drop_before     the connection is reset
    close_before    the connection is closed without an answer
    error_before    an answer of `status` (502 unless told)
    page_before     200 with the HTML page of a proxy
    silence_before  nothing at all for `seconds`, then closed
    too_many        429
    redirect        307 to `location` (the same address unless told: whoever follows it posts for real)

After it was accepted and written down:

    drop_after, close_after, error_after, page_after, silence   the same
    slow              the right answer, `seconds` late
    garbage           bytes that are no HTTP
    half_status_line  the first line breaks off
    cut_body          content-length promises more than comes
    bad_gzip          200 whose body is called gzip and is none
    no_job_id         200 whose JSON lacks the job id
    job_of_another    200 that tells the job of the first invoice there ever was
    echo_of_another   200 whose result is another invoice
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from http import HTTPStatus

from importer.sandbox.intake import Invalid

BEFORE = (
    "drop_before",
    "close_before",
    "error_before",
    "page_before",
    "silence_before",
    "too_many",
    "redirect",
)
AFTER = (
    "drop_after",
    "close_after",
    "error_after",
    "page_after",
    "silence",
    "slow",
    "garbage",
    "half_status_line",
    "cut_body",
    "bad_gzip",
    "no_job_id",
    "job_of_another",
    "echo_of_another",
)

_PAGE = b"<!DOCTYPE html><html><head><title>One moment</title></head><body>This page is from a proxy.</body></html>"

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule: what goes wrong, for which requests, how often. Everything but `fault` may be left out."""

    fault: str
    status: int = 502
    path: str = ""  # how the path begins
    method: str = ""
    invoice_number: str = ""  # of the invoice in the body
    times: int = 0  # so often, then never again; 0: once, or without end where `probability` is given
    probability: float = 1.0
    seconds: float = 3600.0
    location: str = ""

    def fits(self, method: str, path: str, invoice_number: str) -> bool:
        """Whether the rule speaks of this request."""
        return (
            path.startswith(self.path)
            and self.method.upper() in ("", method)
            and self.invoice_number in ("", invoice_number)
        )


def read_fault(value: object) -> Fault:
    """One rule as it came in JSON. Raises Invalid that says what is wrong with it."""
    if not isinstance(value, dict):
        raise Invalid(f"a fault is an object, not {value!r}")
    known = {field.name: type(field.default) for field in fields(Fault)}
    known["fault"] = str
    for name, content in value.items():
        if name not in known:
            raise Invalid(f"a fault has no {name!r}")
        wanted = (int, float) if known[name] is float else known[name]
        if isinstance(content, bool) or not isinstance(content, wanted):
            raise Invalid(f"{name} cannot be {content!r}")
    if value.get("fault") not in BEFORE + AFTER:
        raise Invalid(f"there is no fault {value.get('fault')!r}")
    return Fault(**value)


class Faults:
    """The rules now in force, in order; the first that fits a request acts on it."""

    def __init__(self) -> None:
        self._rules: list[tuple[Fault, int | None]] = []
        self._random = random.Random(0)  # noqa: S311 -- decides which requests fail, the same ones every time

    def add(self, faults: Sequence[Fault]) -> None:
        """More rules, after those there are."""
        for fault in faults:
            endless = fault.times == 0 and fault.probability < 1
            self._rules.append((fault, None if endless else max(fault.times, 1)))

    def clear(self) -> None:
        """No rules any more."""
        self._rules.clear()

    def listed(self) -> list[Mapping[str, object]]:
        """The rules with what is `left` of each; null: without end."""
        return [{**asdict(fault), "left": left} for fault, left in self._rules]

    def __bool__(self) -> bool:
        return bool(self._rules)

    def take(self, method: str, path: str, invoice_number: str) -> Fault | None:
        """The fault for this request, used up once."""
        for index, (fault, left) in enumerate(self._rules):
            if not fault.fits(method, path, invoice_number) or self._random.random() >= fault.probability:
                continue
            if left is not None:
                if left == 1:
                    del self._rules[index]
                else:
                    self._rules[index] = (fault, left - 1)
            return fault
        return None


def reset(transport: asyncio.Transport) -> None:
    """The other side sees "connection reset by peer"."""
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def write(transport: asyncio.Transport, status: int, headers: Headers, body: bytes, *, promised: int = 0) -> None:
    """An answer past every library, then the end. `promised`: a content-length that is too long by so much."""
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Unknown"
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers)]
    lines += [f"content-length: {len(body) + promised}", "connection: close"]
    transport.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
    transport.close()


def write_page(transport: asyncio.Transport) -> None:
    """200 with somebody else's page."""
    write(transport, HTTPStatus.OK, [("content-type", "text/html")], _PAGE)


def write_raw(transport: asyncio.Transport, data: bytes) -> None:
    """These bytes, then the end."""
    transport.write(data)
    transport.close()
