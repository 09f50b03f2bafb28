"""Mail servers and webhooks on loopback: real ones, that keep what they are given."""

from __future__ import annotations

import email
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

PASSWORD = "corn-flower-7"


@dataclass(frozen=True, slots=True)
class Certificates:
    """An authority of the tests' own, and a server's certificate from it."""

    trust: ssl.SSLContext  # trusts it
    server: ssl.SSLContext  # is "localhost" and 127.0.0.1
    authority: bytes  # its own certificate, as a file of trusted ones holds it


def certificates(*names: str) -> Certificates:
    authority = trustme.CA()
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(trust)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(names or ("localhost", "127.0.0.1"))).configure_cert(server)
    return Certificates(trust, server, authority.cert_pem.bytes())


@dataclass(slots=True)
class Mailbox:
    """What a mail server took, and whom it does not know."""

    unknown: tuple[str, ...] = ()
    answer: str = "250 taken"  # to the content
    only_small: int | None = None  # bytes: larger contents are refused
    taken: list[Envelope] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's own name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.unknown:
            return "550 5.1.1 No such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 -- as above
        if self.only_small is not None and len(envelope.content or b"") > self.only_small:
            return "552 5.3.4 Too large for us"
        if self.answer.startswith("2"):
            self.taken.append(envelope)
        return self.answer

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append((given.login.decode(), given.password.decode()))
        return AuthResult(success=given.password.decode() == PASSWORD, handled=False)

    @property
    def mails(self) -> list[EmailMessage]:
        """The mails as a mail program reads them."""
        return [_parsed(one) for one in self.taken]


def _parsed(envelope: Envelope) -> EmailMessage:
    assert isinstance(envelope.content, bytes)
    return email.message_from_bytes(envelope.content, EmailMessage, policy=default)


class _Served(Controller):
    """On a port that was free."""

    def __init__(self, box: Mailbox, **how: Any) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        super().__init__(box, hostname="127.0.0.1", port=self._socket.getsockname()[1], **how)

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._socket, ssl=self.ssl_context)


@contextmanager
def mail_server(
    box: Mailbox,
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    limit: int = 33_554_432,
    **how: Any,
) -> Iterator[Mailbox]:
    """A mail server that fills the box. `limit`: the bytes of a mail that it announces to take."""
    if starttls is not None:
        how |= {"tls_context": starttls, "require_starttls": True}
    server = _Served(box, ssl_context=tls, data_size_limit=limit, **how)
    server.start()
    try:
        box.port = server.port
        yield box
    finally:
        server.stop()


@dataclass(slots=True)
class Hook:
    """What a webhook was given, and what it answers: one status after the other, the last one again and again."""

    statuses: list[int] = field(default_factory=lambda: [200])
    headers: dict[str, str] = field(default_factory=dict)
    given: list[Any] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/services/T0/B0/secret-part"


@contextmanager
def web_server(hook: Hook, tls: ssl.SSLContext | None = None) -> Iterator[Hook]:
    """A web server that keeps what is posted to it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.paths.append(self.path)
            hook.given.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(hook.statuses[min(len(hook.given), len(hook.statuses)) - 1])
            for name, value in hook.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        hook.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield hook
        finally:
            server.shutdown()
            thread.join()
