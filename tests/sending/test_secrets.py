"""The token goes to the API and nowhere else: not to another host, not into an error, a log or a representation."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from importer.errors import AccessDenied, Misdirected, NotSent, OutcomeUnknown, Refused, RequestError
from importer.ledger.schema import Store
from importer.propexo.client import Api
from importer.propexo.rate_limit import Pace
from tests.sending.api_servers import (
    Server,
    answering,
    closed_port,
    request_of,
    serving,
)
from tests.sending.made import (
    PLACE,
    Truth,
    api,
    at_work,
    intent,
    post,
    send_one,
)

SECRET = "geheim-0123456789"
LENGTH = b"content-length: 0\r\nconnection: close\r\n\r\n"


@pytest.fixture
def elsewhere() -> Iterator[tuple[Server, list[bytes]]]:
    """Another host, and the requests that reached it."""
    received: list[bytes] = []

    def serve(connection: object, over: object) -> None:
        received.append(request_of(connection))  # type: ignore[arg-type]  # a socket
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")  # type: ignore[attr-defined]  # a socket

    with serving(serve) as server:
        yield server, received


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_post_is_never_redirected(here: Store, elsewhere: tuple[Server, list[bytes]], status: int) -> None:
    """Whatever the redirect says, the other host hears nothing."""
    other, received = elsewhere
    redirect = f"HTTP/1.1 {status} Elsewhere\r\nlocation: {other.url}/v1/invoices/resman/\r\n".encode() + LENGTH
    with serving(answering(redirect)) as server, api(here, server.url) as asked, pytest.raises(Misdirected):
        post(asked, intent())
    assert received == []


def test_a_read_is_not_redirected_with_the_token(here: Store, elsewhere: tuple[Server, list[bytes]]) -> None:
    """Lists are not followed elsewhere at all; the record behind a job is, without the token."""
    other, received = elsewhere
    redirect = f"HTTP/1.1 302 Found\r\nlocation: {other.url}/raw?signature=1\r\n".encode() + LENGTH
    with serving(answering(redirect)) as server, api(here, server.url, token=SECRET) as asked:
        with pytest.raises(Misdirected):
            asked.integrations()
        assert received == []
        assert asked.raw_job("log-1") == "{}"
    assert [request.split(b" ")[:2] for request in received] == [[b"GET", b"/raw?signature=1"]]
    assert b"authorization" not in received[0].lower()
    assert SECRET.encode() not in received[0]


def test_one_redirect_leads_to_no_further_one(here: Store, elsewhere: tuple[Server, list[bytes]]) -> None:
    """The presigned address is the record itself, or nothing."""
    other, received = elsewhere
    second = f"HTTP/1.1 302 Found\r\nlocation: {other.url}/further\r\n".encode() + LENGTH
    with serving(answering(second)) as between:
        first = f"HTTP/1.1 302 Found\r\nlocation: {between.url}/raw\r\n".encode() + LENGTH
        with serving(answering(first)) as server, api(here, server.url) as asked, pytest.raises(Refused):
            asked.raw_job("log-1")
    assert received == []


def test_the_stand_in_refuses_a_token_at_the_other_host(here: Store, truth: Truth) -> None:
    """It answers 400 where a token comes along; it does not, so the record is had."""
    with api(here, truth.url) as asked:
        post(asked, intent())
        logs = list(asked.job_logs("intg-sandbox"))
        assert intent().payload.invoice_number in asked.raw_job(logs[0].id)


def every_failure(asked: Api, away: Api, held: Store) -> Iterator[RequestError]:
    """One error of each kind, with all that hangs on it."""
    for to, kinds in ((asked, (OutcomeUnknown, AccessDenied)), (away, (NotSent,))):
        for kind in kinds:
            with pytest.raises(kind) as raised:
                post(to, intent())
            yield raised.value
    bad = Api(asked.url, SecretStr(f"{SECRET}\nx"), asked.pace, asked.stop)
    with bad, pytest.raises(AccessDenied) as refused:
        bad.integrations()
    yield refused.value


def test_the_token_is_in_no_text(here: Store, truth: Truth, caplog: pytest.LogCaptureFixture) -> None:
    """Not in errors, their causes and tracebacks, not in representations, not in any library's log at its chattiest."""
    caplog.set_level(logging.DEBUG)
    truth.fails("drop_before")
    with (
        closed_port() as port,
        api(here, truth.url, token=SECRET) as asked,
        api(here, f"http://127.0.0.1:{port}", token=SECRET) as away,
    ):
        texts = [repr(asked), str(asked.pace), repr(at_work(here, "mine"))]
        for error in every_failure(asked, away, here):
            texts += [str(error), repr(error), "".join(traceback.format_exception(error))]
            texts += [repr(error.__cause__), repr(vars(error))]
        sent = send_one(at_work(here, "sending"), asked, intent())
        texts += [str(sent), caplog.text, *(repr(record.args) for record in caplog.records)]
    assert caplog.records  # the libraries did say something
    assert not any(SECRET in text for text in texts)


@given(st.text(min_size=1, max_size=20))
def test_no_token_makes_a_doubt(token: str) -> None:
    """Whatever is pasted as a token: it can be sent as it is, or the run says that it cannot; never an unknown end."""
    pace = Pace(None, PLACE, 1, 1.0)  # type: ignore[arg-type]  # headers are put together before any turn is taken
    to = Api("http://127.0.0.1:9", SecretStr(token), pace, None)  # type: ignore[arg-type]  # likewise
    try:
        headers = to._headers()
    except AccessDenied:
        return
    assert headers == {"Authorization": f"Bearer {token}"}
    assert token.isascii()
    assert token.isprintable()


@pytest.mark.parametrize(
    ("url", "uses_proxy"),
    [("http://127.0.0.1:1", False), ("https://localhost:1", False), ("https://api.example", True)],
)
def test_proxies_are_for_other_machines(
    here: Store, monkeypatch: pytest.MonkeyPatch, url: str, uses_proxy: bool
) -> None:
    """The usual variables count, except for what is on this machine."""
    with serving(answering(b"HTTP/1.1 403 Forbidden\r\n" + LENGTH)) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("no_proxy", "")
        with api(here, url, token=SECRET) as asked, pytest.raises(NotSent) as raised:
            post(asked, intent())
    assert (type(raised.value.__cause__).__name__ == "ProxyError") is uses_proxy
