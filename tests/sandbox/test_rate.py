"""The budget of requests: windows, headers, 429, the hold-back; and who may ask at all."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from importer.sandbox import FORBIDDEN_TOKEN, Behaviour
from importer.sandbox.store import SandboxStore
from tests.sandbox.conftest import Start
from tests.sandbox.requests import invoice, post

LIST = "/v1/properties/"


class _Clock:
    def __init__(self, at: float) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


def _used(store: SandboxStore, behaviour: Behaviour, times: int) -> list[int]:
    return [store.count_request("GET", LIST, "", behaviour)[1] for _ in range(times)]


def test_fixed_window_starts_anew_with_the_minute(tmp_path: Path) -> None:
    """However late in the minute the budget was used, the next minute has all of it again."""
    clock = _Clock(1_800_000_059.0)
    store = SandboxStore(tmp_path, clock)
    behaviour = Behaviour(rate_limit=3, window="fixed")
    assert 1_800_000_000 % 60 == 0
    assert _used(store, behaviour, 4) == [2, 1, 0, -1]
    assert store.count_request("GET", LIST, "", behaviour)[2] == pytest.approx(1.0)
    clock.at += 1
    assert _used(store, behaviour, 4) == [2, 1, 0, -1]
    store.close()


def test_sliding_window_holds_over_any_minute(tmp_path: Path) -> None:
    """A request uses the budget of the sixty seconds after it; refused ones use none."""
    clock = _Clock(1_800_000_059.0)
    store = SandboxStore(tmp_path, clock)
    behaviour = Behaviour(rate_limit=3, window="sliding")
    assert _used(store, behaviour, 2) == [2, 1]
    clock.at += 30
    assert _used(store, behaviour, 3) == [0, -1, -1]
    assert store.count_request("GET", LIST, "", behaviour)[2] == pytest.approx(30.0)
    clock.at += 30.5
    assert _used(store, behaviour, 3) == [1, 0, -1]
    store.close()


@pytest.mark.parametrize("window", ["fixed", "sliding"])
def test_headers_count_down_to_429_and_back(start: Start, window: str) -> None:
    """Ten requests per half second: every answer says what is left, the eleventh is 429, then it begins again."""
    api = start(rate_limit=10, rate_window=0.5, hold_back=0, window=window)
    remaining = []
    while (response := api.get(LIST)).status_code == 200:
        remaining.append(int(response.headers["x-ratelimit-remaining"]))
        assert len(remaining) < 500
    assert remaining[-1] == 0
    assert remaining[-10:] == sorted(remaining[-10:], reverse=True)
    assert response.status_code == 429
    assert response.headers["x-ratelimit-limit"] == "10"
    assert response.headers["x-ratelimit-remaining"] == "0"
    assert "retry-after" not in response.headers
    while response.status_code == 429:
        response = api.get(LIST)
    assert response.status_code == 200
    counted = [row["at"] for row in api.get("/_sandbox/requests").json() if row["counted"]]
    most = 10 if window == "sliding" else 20
    assert all(sum(0 <= at - since < 0.5 for at in counted) <= most for since in counted)


def test_429_did_not_act(start: Start) -> None:
    """An invoice that met 429 was not accepted; Retry-After comes where the behaviour says so."""
    api = start(rate_limit=1, rate_window=3600, hold_back=0, retry_after=True, window="sliding")
    post(api)
    refused = api.post("/v1/invoices/resman/", json={})
    assert refused.status_code == 429
    assert 3590 < int(refused.headers["retry-after"]) <= 3600
    assert len(api.get("/_sandbox/posted").json()) == 1


def test_everybody_shares_one_budget(start: Start) -> None:
    """Two stand-ins in one folder, and a restart, count together: the budget is the account's."""
    one = start(rate_limit=5, rate_window=3600, window="sliding", hold_back=0)
    two = start(rate_limit=5, rate_window=3600, window="sliding", hold_back=0)
    statuses = [client.get(LIST).status_code for _ in range(3) for client in (one, two)]
    assert statuses == [200, 200, 200, 200, 200, 429]


def test_answers_are_held_back_from_four_fifths(start: Start) -> None:
    """With five of ten used nothing waits; the eighth waits its hold-back, and was accepted before it was answered."""
    api = start(rate_limit=10, rate_window=3600, hold_back=3600, window="sliding")
    for _ in range(7):
        assert api.get(LIST).status_code == 200
    with pytest.raises(httpx.ReadTimeout):
        api.post("/v1/invoices/resman/", json=invoice(), timeout=0.2)
    assert len(api.get("/_sandbox/posted").json()) == 1


def test_latency_is_added_to_every_answer(start: Start) -> None:
    """Acted upon at once, answered late."""
    api = start(latency=3600)
    with pytest.raises(httpx.ReadTimeout):
        api.get(LIST, timeout=0.1)
    assert len(api.get("/_sandbox/requests").json()) == 1


def test_requests_are_noted(api: httpx.Client) -> None:
    """Method, path, query and status of every request, those to the control endpoint left out."""
    api.get(LIST, params={"limit": 2})
    api.get("/v1/leases/")
    api.get("/_sandbox/posted")
    noted = api.get("/_sandbox/requests").json()
    assert [(row["method"], row["path"], row["query"], row["status"], row["counted"]) for row in noted] == [
        ("GET", LIST, "limit=2", 200, True),
        ("GET", "/v1/leases/", "", 404, True),
    ]


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (None, 401),
        ("Bearer wrong", 401),
        ("sandbox-token", 401),
        ("Basic c2FuZGJveDp0b2tlbg==", 401),
        (f"Bearer {FORBIDDEN_TOKEN}", 403),
    ],
)
def test_only_the_token_opens(api: httpx.Client, authorization: str | None, status: int) -> None:
    """Without the right token nothing is told and nothing accepted, whatever the call."""
    headers = {} if authorization is None else {"Authorization": authorization}
    with httpx.Client(base_url=api.base_url, headers=headers) as stranger:
        for response in (
            stranger.get(LIST),
            stranger.post("/v1/invoices/resman/", json=invoice()),
            stranger.get("/v1/nowhere"),
        ):
            assert response.status_code == status
            assert set(response.json()["error"]) == {"code", "message"}
            assert {"x-ratelimit-limit", "x-ratelimit-remaining"} <= set(response.headers)
    assert api.get("/_sandbox/posted").json() == []


def test_behaviour_changes_live(api: httpx.Client) -> None:
    """One field at a time; unknown fields and impossible values are refused and change nothing."""
    assert api.post("/_sandbox/behaviour", json={"pending": 9}).json()["pending"] == 9
    impossible: tuple[object, ...] = (
        {"colour": 1},
        {"pending": -1},
        {"pending": "9"},
        {"rate_limit": 0},
        {"rate_limit": True},
        {"window": "half"},
        {"retry_after": 1},
        [],
    )
    for wrong in impossible:
        assert api.post("/_sandbox/behaviour", json=wrong).status_code == 400
    assert api.get("/_sandbox/behaviour").json()["pending"] == 9
