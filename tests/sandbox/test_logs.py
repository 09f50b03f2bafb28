"""Write logs, job logs, and the address on the other host."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import Start
from tests.sandbox.requests import invoice, issues_of, post, write_logs


def _job_logs(api: httpx.Client, address: str = "", **parameters: str) -> list[dict[str, Any]]:
    answer = api.get(f"/v1/admin/logs/jobs/{address}", params=parameters).json()
    logs: list[dict[str, Any]] = answer["results"]["logs"]
    return logs


def test_write_log_filters_and_pages(api: httpx.Client) -> None:
    """Newest first, by status, by integration, in pages of at most 100."""
    numbers = [f"{'FAIL' if index % 3 == 0 else 'A'}-{index}" for index in range(6)]
    jobs = [post(api, number) for number in numbers]
    assert [log["job_id"] for log in write_logs(api)] == jobs[::-1]
    assert [log["job_id"] for log in write_logs(api, status="FAILURE")] == [jobs[3], jobs[0]]
    assert len(write_logs(api, status="SUCCESS")) == 4
    assert [log["job_id"] for log in write_logs(api, limit=2, offset=3)] == [jobs[2], jobs[1]]
    assert write_logs(api, integration_id="intg-other") == []
    assert write_logs(api, write_category="residents") == []
    for wrong in ({"limit": 101}, {"limit": 0}, {"offset": -1}, {"time_range": "year"}, {"status": "PENDING"}):
        assert [path for _, path in issues_of(api.get("/v1/admin/logs/writes/", params=wrong))] == [
            (next(iter(wrong)),)
        ]


def test_write_log_says_how_it_ended(api: httpx.Client) -> None:
    """The error is ResMan's words, or null."""
    post(api, vendor_id="vend-none")
    post(api)
    assert [(log["status"], log["error"], log["vendor"]) for log in write_logs(api)] == [
        ("SUCCESS", None, "RESMAN"),
        ("FAILURE", "Vendor not found", "RESMAN"),
    ]


def test_pending_job_is_in_no_log(start: Start) -> None:
    """Not in the write log, and not in the job logs: absence proves nothing."""
    api = start(pending=3600)
    job_id = post(api)
    assert write_logs(api) == []
    assert _job_logs(api) == []
    assert _job_logs(api, job_id) == []


def test_pending_job_is_in_the_job_logs_where_told(start: Start) -> None:
    """The other answer to what is not stated."""
    api = start(pending=3600, pending_in_logs=True)
    job_id = post(api)
    assert {row["status"] for row in _job_logs(api, job_id)} == {"PENDING"}
    assert write_logs(api) == []


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("object", invoice()),
        ("wrapped", {"method": "POST", "body": invoice()}),
        ("text", json.dumps(invoice())),
        ("absent", None),
    ],
)
def test_parameters_take_every_shape(start: Start, shape: str, expected: object) -> None:
    """What was sent is in the write log in the shape that the behaviour names."""
    api = start(parameters_in_logs=shape)
    post(api)
    (log,) = write_logs(api)
    assert log.get("parameters") == expected
    assert ("parameters" in log) == (shape != "absent")


@pytest.mark.parametrize("word", ["SUCCESS", "FAILURE"])
def test_partial_success_is_logged_either_way(start: Start, word: str) -> None:
    """The log knows two words only, and which of them it takes is not stated."""
    api = start(partial_in_logs=word)
    post(api, "PARTIAL-1")
    assert [log["status"] for log in write_logs(api, status=word)] == [word]


def test_job_logs_tell_what_a_job_spawned(api: httpx.Client) -> None:
    """One job's rows are its own and its steps', a retry included; the list has all, and filters."""
    first, other = post(api, "FAIL-1"), post(api, "A-2")
    retry = api.post(f"/v1/admin/retry-write/{first}", json={}).json()["job_id"]
    family = _job_logs(api, first)
    assert {row["root_job_id"] for row in family} == {first}
    assert [row["job_id"] for row in family if row["parent_job_id"] is None] == [first]
    assert {row["job_id"] for row in family} == {first, f"{first}-1", retry, f"{retry}-1"}
    assert {row["job_id"] for row in _job_logs(api, other)} == {other, f"{other}-1"}
    assert {row["job_id"] for row in _job_logs(api, retry)} == {retry, f"{retry}-1"}
    assert len(_job_logs(api)) == 6
    assert len(_job_logs(api, status="SUCCESS")) == 2
    assert len(_job_logs(api, limit="4", offset="3")) == 3
    assert _job_logs(api, job_type="GUESSED") == []
    oldest = _job_logs(api, **{"order-by": "created_at:asc,id:desc", "limit": "1"})
    assert oldest[0]["root_job_id"] == first
    assert api.get("/v1/admin/logs/jobs/job-none").status_code == 404


def test_raw_exchange_lies_on_another_host(api: httpx.Client) -> None:
    """302 to a signed address elsewhere, which refuses a token and a changed signature."""
    post(api, "FAIL-1")
    (log,) = write_logs(api)
    response = api.get(f"/v1/admin/job-logs/{log['job_log_id']}/data")
    assert response.status_code == 302
    address = httpx.URL(response.headers["location"])
    assert (address.host, address.port) != (api.base_url.host, api.base_url.port)
    raw = httpx.get(address)
    assert raw.status_code == 200
    assert raw.json()["request"]["body"] == invoice("FAIL-1")
    assert raw.json()["response"]["status"] == 400
    assert api.get(address).status_code == 400
    assert httpx.get(address.copy_set_param("signature", "é")).status_code == 403
    assert httpx.get(address.copy_set_param("expires", "9999999999")).status_code == 403
    assert api.get("/v1/admin/job-logs/log-none/data").status_code == 404


def test_client_that_drops_the_token_gets_through(api: httpx.Client) -> None:
    """httpx leaves the token behind when a redirect leads to another port."""
    post(api)
    (log,) = write_logs(api)
    followed = api.get(f"/v1/admin/job-logs/{log['job_log_id']}/data", follow_redirects=True)
    assert followed.json()["response"]["status"] == 200


def test_raw_exchange_of_a_pending_job_has_no_response(start: Start) -> None:
    """What has not come back yet is null."""
    api = start(pending=3600, pending_in_logs=True)
    log_id = _job_logs(api, post(api))[0]["id"]
    followed = api.get(f"/v1/admin/job-logs/{log_id}/data", follow_redirects=True)
    assert followed.json()["response"] is None
