"""Every fault of the table of what may be repeated, injected at a real socket: what is raised, in which state the
invoice is then, what settling makes of it, and that in the end it was accepted once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

import httpx
import pytest

from importer.errors import AccessDenied, Misdirected, NotSent, OutcomeUnknown, RateLimited, Refused, RequestError
from importer.ledger.entries import PlannedPost
from importer.ledger.schema import Store
from importer.ledger.states import Event, State
from importer.sandbox import FORBIDDEN_TOKEN, TOKEN
from importer.sending.send import send
from importer.sending.settle import settle_doubts
from tests.sending.api_servers import (
    answering,
    closed_port,
    deaf,
    full_backlog,
    no_tls,
    serving,
)
from tests.sending.made import (
    PLACE,
    SHORT,
    Truth,
    api,
    at_work,
    entry,
    events,
    intent,
    post,
    send_one,
)

ALMOST = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
NOTES = "A line of notes that nobody reads. " * 250_000
"""More than the buffers between two sockets hold."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the table. `at` gives the address of what is asked instead of the stand-in."""

    what: str
    raises: type[RequestError]
    state: State
    settled: State | None = None  # None: there is nothing to settle
    rule: dict[str, object] | None = None  # for the stand-in
    at: Callable[[], AbstractContextManager[str]] | None = None
    token: str = TOKEN
    timeout: httpx.Timeout = field(default_factory=lambda: SHORT)
    longest: float = 5.0
    connections: int = 64
    notes: str = "Grounds maintenance"


def stand_in(what: str, **more: object) -> dict[str, object]:
    return {"fault": what, **more}


@contextmanager
def _url(of: AbstractContextManager[int], scheme: str = "http") -> Iterator[str]:
    with of as port:
        yield f"{scheme}://127.0.0.1:{port}"


@contextmanager
def _port(of: AbstractContextManager[object]) -> Iterator[int]:
    with of as server:
        yield server.port  # type: ignore[attr-defined]  # every `serving` has one


def never(what: str, **more: object) -> Fault:
    """Provably not sent: it stays planned, and goes another time."""
    return Fault(what, NotSent, State.PLANNED, **more)  # type: ignore[arg-type]  # the fields of the row


def doubt(what: str, settled: State, **more: object) -> Fault:
    """Nobody can tell: in doubt, until evidence settles it."""
    return Fault(what, OutcomeUnknown, State.IN_DOUBT, settled, **more)  # type: ignore[arg-type]  # the same


def refused(status: int) -> Fault:
    return Fault(f"{status}", Refused, State.REFUSED, rule=stand_in("error_before", status=status))


# "either": once where the API had not acted, so that nothing is found and it stays in doubt; once where it had.
NOTHING_FOUND, FOUND = State.IN_DOUBT, State.CONFIRMED
WAIT = httpx.Timeout(connect=2.0, read=5.0, write=5.0, pool=5.0)

TABLE = (
    # ConnectError and ConnectTimeout, which it never got
    never("closed port", at=lambda: _url(closed_port())),
    never("name that is not known", at=lambda: nullcontext("http://nowhere.invalid")),
    never("TLS handshake", at=lambda: _url(_port(serving(no_tls)), "https")),
    never("full backlog", at=lambda: _url(full_backlog()), timeout=httpx.Timeout(5.0, connect=0.1)),
    # PoolTimeout, likewise
    never("pool exhausted", connections=0, timeout=httpx.Timeout(5.0, pool=0.1)),
    # ReadError, whether it had acted or not
    doubt("connection reset before", NOTHING_FOUND, rule=stand_in("drop_before")),
    doubt("connection reset after", FOUND, rule=stand_in("drop_after")),
    # RemoteProtocolError, whether it had acted or not
    doubt("closed without an answer, before", NOTHING_FOUND, rule=stand_in("close_before")),
    doubt("closed without an answer, after", FOUND, rule=stand_in("close_after")),
    doubt("half a status line", FOUND, rule=stand_in("half_status_line")),
    doubt("garbage", FOUND, rule=stand_in("garbage")),
    doubt("short body", FOUND, rule=stand_in("cut_body")),
    # ReadTimeout, whether it had acted or not
    doubt("silence before", NOTHING_FOUND, rule=stand_in("silence_before")),
    doubt("silence after the body", FOUND, rule=stand_in("silence")),
    # WriteTimeout: not accepted, but that cannot be told
    doubt(
        "server stops reading",
        NOTHING_FOUND,
        at=lambda: _url(_port(serving(deaf, receive_buffer=4096))),
        notes=NOTES,
    ),
    # no end of it
    doubt(
        "headers that trickle",
        NOTHING_FOUND,
        at=lambda: _url(_port(serving(answering(ALMOST, b"x-more: 1\r\n", every=0.02)))),
        longest=0.3,
        timeout=WAIT,
    ),
    doubt(
        "a body that trickles",
        NOTHING_FOUND,
        at=lambda: _url(_port(serving(answering(ALMOST + b"content-length: 999999\r\n\r\n", b" ", every=0.02)))),
        longest=0.3,
        timeout=WAIT,
    ),
    doubt(
        "21 MB of answer",
        NOTHING_FOUND,
        at=lambda: _url(_port(serving(answering(ALMOST + b"content-length: 22020096\r\n\r\n", b" " * 22_020_096)))),
        timeout=WAIT,
    ),
    doubt(
        "JSON without bottom",
        NOTHING_FOUND,
        at=lambda: _url(_port(serving(answering(ALMOST + b"content-length: 200000\r\n\r\n", b"[" * 200_000)))),
        timeout=WAIT,
    ),
    # DecodingError, which is not a TransportError
    doubt("200 with broken gzip", FOUND, rule=stand_in("bad_gzip")),
    # nothing raised, but no readable job id
    doubt("a proxy's page before", NOTHING_FOUND, rule=stand_in("page_before")),
    doubt("a proxy's page after", FOUND, rule=stand_in("page_after")),
    doubt("200 without a job id", FOUND, rule=stand_in("no_job_id")),
    # a gateway may have passed it on
    *(
        doubt(f"{status} {when}", settled, rule=stand_in(f"error_{when}", status=status))
        for status in (408, 500, 502, 503, 504, 520, 522, 524)
        for when, settled in (("before", NOTHING_FOUND), ("after", FOUND))
    ),
    # statuses that the contract does not name as refusing; 409 may mean that the very same was just accepted
    *(doubt(f"{status} before", NOTHING_FOUND, rule=stand_in("error_before", status=status)) for status in (409, 418)),
    *(doubt(f"{status} after", FOUND, rule=stand_in("error_after", status=status)) for status in (402, 409, 425, 499)),
    # the API says no
    *(refused(status) for status in (400, 404, 405, 413, 415, 422)),
    Fault("401", AccessDenied, State.PLANNED, token="nobody's token"),
    Fault("403", AccessDenied, State.PLANNED, token=FORBIDDEN_TOKEN),
    Fault("a token that no header can hold", AccessDenied, State.PLANNED, token="tök\nen"),
    # the API says that it did not act: waited for, and repeated
    Fault("429", RateLimited, State.ACCEPTED, rule=stand_in("too_many")),
    # configuration error; never followed, though whoever follows it posts for real
    *(
        Fault(name, Misdirected, State.PLANNED, rule=rule)
        for name, rule in (
            ("307", stand_in("redirect")),
            ("301", stand_in("error_before", status=301)),
        )
    ),
)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever proxy the machine of the tests uses, these requests do not."""
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.mark.parametrize("fault", TABLE, ids=lambda fault: fault.what)
def test_the_table(here: Store, truth: Truth, fault: Fault) -> None:
    """Raised, recorded, settled, and in the end never accepted twice."""
    ledger = at_work(here, "first")
    one, other = intent(f"{fault.what}", notes=fault.notes), intent(f"{fault.what}, raised", notes=fault.notes)
    with fault.at() if fault.at else nullcontext(truth.url) as url:
        if fault.rule:
            truth.fails({**fault.rule, "invoice_number": other.payload.invoice_number})
            truth.fails({**fault.rule, "invoice_number": one.payload.invoice_number})
        with api(
            here, url, token=fault.token, timeout=fault.timeout, longest=fault.longest, connections=fault.connections
        ) as faulty:
            with pytest.raises(RequestError) as raised:
                post(faulty, other)
            sent = send_one(ledger, faulty, one)
    assert raised.type is fault.raises
    assert entry(ledger, one).state is fault.state
    assert (sent.stopped is not None) is (fault.raises in (AccessDenied, Misdirected))
    ledger.close_run(finished=ledger.runs(1)[0]["started"])
    with api(here, truth.url) as healthy:
        if fault.settled is not None:
            settle_doubts(ledger, healthy, PLACE)
            assert entry(ledger, one).state is fault.settled
            if fault.settled is State.IN_DOUBT:
                looked_at = {each.looked_at for each in entry(ledger, one).evidence}
                assert looked_at == {"the write logs", "the job logs", "ResMan's invoices"}
        again = send_one(at_work(here, "second"), healthy, one)
    accepted = [each for each in truth.posted() if each["invoice_number"] == one.payload.invoice_number]
    if fault.settled is State.IN_DOUBT:
        assert accepted == []
        assert again.heard == {}
    else:
        assert [each["attempt"] for each in accepted] == [1]
        assert entry(ledger, one).state in (State.ACCEPTED, State.CONFIRMED)


def test_429_without_end_ends_the_run(here: Store, truth: Truth) -> None:
    """An API that only ever asks for a pause is not asked for ever; nothing is lost of what was to be sent."""
    truth.fails({"fault": "too_many", "times": 1000})
    ledger = at_work(here, "first")
    with api(here, truth.url, window=0.05) as asked:
        sent = send_one(ledger, asked, intent())
    assert "10 times in a row" in (sent.stopped or "")
    assert entry(ledger, intent()).state is State.PLANNED
    assert set(events(ledger, intent())) == {Event.INTENT, Event.WITHDRAWN}


def test_ten_failures_in_a_row_pause_the_run(here: Store) -> None:
    """With a clear sentence; what was not tried is still to be sent."""
    ledger = at_work(here, "first")
    many: list[PlannedPost] = [intent(f"INV-{index}") for index in range(60)]
    with closed_port() as port, api(here, f"http://127.0.0.1:{port}") as away:
        sent = send(ledger, away, PLACE, many, plan=None, stop=away.stop, progress=lambda _done, _all: None)
    assert "10 failures in a row" in (sent.stopped or "")
    assert "cannot be reached" in (sent.stopped or "")
    assert {each.state for each in sent.standing.values()} == {State.PLANNED}
    assert len(sent.heard) < len(many)
