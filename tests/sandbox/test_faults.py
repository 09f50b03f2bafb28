"""Every way in which an exchange can go wrong, seen from a client and from a bare socket."""

from __future__ import annotations

import socket

import httpx
import pytest

from importer.sandbox import TOKEN
from importer.sandbox.faults import AFTER, BEFORE
from tests.sandbox.conftest import Start
from tests.sandbox.requests import POST, invoice

Seen = type[Exception] | int

SEEN: dict[str, Seen] = {
    "drop_before": httpx.ReadError,
    "close_before": httpx.RemoteProtocolError,
    "error_before": 503,
    "page_before": 200,
    "silence_before": httpx.RemoteProtocolError,
    "too_many": 429,
    "redirect": 307,
    "drop_after": httpx.ReadError,
    "close_after": httpx.RemoteProtocolError,
    "error_after": 503,
    "page_after": 200,
    "silence": httpx.RemoteProtocolError,
    "slow": 200,
    "garbage": httpx.RemoteProtocolError,
    "half_status_line": httpx.RemoteProtocolError,
    "cut_body": httpx.RemoteProtocolError,
    "bad_gzip": httpx.DecodingError,
    "no_job_id": 200,
    "job_of_another": 200,
    "echo_of_another": 200,
}


def _set(api: httpx.Client, **fault: object) -> None:
    response = api.post("/_sandbox/faults", json=[fault])
    assert response.status_code == 200, response.text


def _try(api: httpx.Client, number: str = "A-1") -> Seen:
    try:
        return api.post(POST, json=invoice(number)).status_code
    except httpx.HTTPError as error:
        return type(error)


def _accepted(api: httpx.Client) -> int:
    return len(api.get("/_sandbox/posted").json())


def _raw(api: httpx.Client) -> bytes:
    """All bytes of the answer to a post, until the other side ends the connection."""
    body = httpx.Request("POST", f"{api.base_url}{POST}", json=invoice()).read()
    head = f"POST {POST} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\n"
    with socket.create_connection((api.base_url.host, api.base_url.port or 0), timeout=10) as connection:
        connection.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        received = b""
        while part := connection.recv(65536):
            received += part
    return received


def test_every_fault_is_tried_here() -> None:
    """No fault goes untested."""
    assert set(SEEN) == {*BEFORE, *AFTER}


@pytest.mark.parametrize("fault", [*BEFORE, *AFTER])
def test_fault_at_the_client(api: httpx.Client, fault: str) -> None:
    """What httpx makes of it, and whether the invoice was accepted; the next request is answered as ever."""
    _set(api, fault=fault, status=503, seconds=0.05)
    assert _try(api) == SEEN[fault]
    assert _accepted(api) == (fault in AFTER)
    assert _try(api) == 200
    assert _accepted(api) == 1 + (fault in AFTER)


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ("close_before", b""),
        ("close_after", b""),
        ("silence", b""),
        ("half_status_line", b"HTTP/1.1 20"),
        ("garbage", b"\x16\x03\x01\x00\xa5\x00 not a word of HTTP\r\n\r\n"),
    ],
)
def test_fault_at_the_socket(api: httpx.Client, fault: str, answer: bytes) -> None:
    """The very bytes that come over the connection."""
    _set(api, fault=fault, seconds=0.05)
    assert _raw(api) == answer


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_dropped_connection_is_reset(api: httpx.Client, fault: str) -> None:
    """A reset, not a mere end."""
    _set(api, fault=fault)
    with pytest.raises(ConnectionResetError):
        _raw(api)


def test_cut_body_promises_more_than_comes(api: httpx.Client) -> None:
    """The content-length is that of the whole answer, of which half comes."""
    _set(api, fault="cut_body")
    head, _, body = _raw(api).partition(b"\r\n\r\n")
    promised = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert len(body) == promised // 2


@pytest.mark.parametrize("status", [408, 409, 422, 500, 502, 504, 520, 524])
def test_any_status_can_be_answered(api: httpx.Client, status: int) -> None:
    """Those of gateways too, which no standard names; with the budget's headers, after accepting."""
    _set(api, fault="error_after", status=status)
    response = api.post(POST, json=invoice())
    assert response.status_code == status
    assert "x-ratelimit-remaining" in response.headers
    assert _accepted(api) == 1


def test_silence_lasts_until_the_client_gives_up(api: httpx.Client) -> None:
    """The invoice was accepted, and no answer comes."""
    _set(api, fault="silence")
    with pytest.raises(httpx.ReadTimeout):
        api.post(POST, json=invoice(), timeout=0.1)
    assert _accepted(api) == 1


def test_page_of_a_proxy_has_no_job_id(api: httpx.Client) -> None:
    """200, but HTML, and without the headers of the API."""
    _set(api, fault="page_after")
    response = api.post(POST, json=invoice())
    assert response.headers["content-type"] == "text/html"
    assert "x-ratelimit-limit" not in response.headers
    _set(api, fault="no_job_id")
    assert api.post(POST, json=invoice()).json() == {"meta": {}, "result": {}}


def test_follower_of_a_redirect_posts_for_real(api: httpx.Client) -> None:
    """The redirect leads back to the same address unless told otherwise, so that following it shows."""
    _set(api, fault="redirect")
    assert api.post(POST, json=invoice(), follow_redirects=True).status_code == 200
    assert _accepted(api) == 1
    _set(api, fault="redirect", location="https://elsewhere.example/")
    assert api.post(POST, json=invoice()).headers["location"] == "https://elsewhere.example/"


def test_faults_choose_their_requests(api: httpx.Client) -> None:
    """By method, by path, by invoice number, so many times; the first that fits acts."""
    _set(api, fault="error_before", status=500, path="/v1/vendors/")
    _set(api, fault="error_before", status=501, method="post", invoice_number="A-7", times=2)
    _set(api, fault="error_before", status=503, path="/v1/invoices/")
    assert api.get("/v1/properties/").status_code == 200
    assert api.get("/v1/vendors/").status_code == 500
    assert api.get("/v1/vendors/").status_code == 200
    assert [_try(api, "A-7") for _ in range(4)] == [501, 501, 503, 200]
    assert api.get("/_sandbox/faults").json() == []


def test_faults_can_be_read_and_cleared(api: httpx.Client) -> None:
    """With what is left of each."""
    _set(api, fault="drop_after", times=3)
    _set(api, fault="slow", probability=0.5)
    assert [(fault["fault"], fault["left"]) for fault in api.get("/_sandbox/faults").json()] == [
        ("drop_after", 3),
        ("slow", None),
    ]
    assert api.delete("/_sandbox/faults").json() == []
    assert _try(api) == 200


def test_faults_by_chance_are_the_same_every_time(start: Start) -> None:
    """With a probability, some requests fail and others do not, without end."""
    api = start()
    _set(api, fault="error_before", probability=0.3)
    outcomes = [_try(api) for _ in range(60)]
    assert set(outcomes) == {200, 502}
    assert 5 < outcomes.count(502) < 35


@pytest.mark.parametrize(
    "wrong",
    [
        "drop_after",
        {},
        {"fault": "earthquake"},
        {"fault": "slow", "colour": 1},
        {"fault": "slow", "times": "3"},
        {"fault": "slow", "seconds": True},
    ],
)
def test_impossible_faults_are_refused(api: httpx.Client, wrong: object) -> None:
    """A test that misspells a fault hears of it."""
    assert api.post("/_sandbox/faults", json=[wrong]).status_code == 400
    assert api.get("/_sandbox/faults").json() == []
