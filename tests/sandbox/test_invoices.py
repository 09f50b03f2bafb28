"""Posting invoices: what is refused at once, what is refused later, and that nothing is ever compared with before."""

from __future__ import annotations

from typing import Any, cast

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.sandbox import account
from tests.clock import CLOCK
from tests.sandbox.conftest import Start
from tests.sandbox.requests import POST, invoice, issues_of, line, post, status_of, sync, synced_numbers

MISSING = "invalid_type"


@pytest.mark.parametrize("name", [name for name in invoice() if name != "accounting_date"])
def test_every_required_field_is_required(api: httpx.Client, name: str) -> None:
    """Without the field, one issue names it."""
    assert issues_of(api.post(POST, json=invoice(**cast("dict[str, Any]", {name: ...})))) == [(MISSING, (name,))]


@pytest.mark.parametrize(
    ("changes", "issues"),
    [
        ({"total_amount_in_cents": -1}, [("too_small", ("total_amount_in_cents",))]),
        ({"total_amount_in_cents": 1.5}, [("invalid_type", ("total_amount_in_cents",))]),
        ({"total_amount_in_cents": "100"}, [("invalid_type", ("total_amount_in_cents",))]),
        ({"total_amount_in_cents": True}, [("invalid_type", ("total_amount_in_cents",))]),
        ({"invoice_date": "03/02/2026"}, [("invalid_string", ("invoice_date",))]),
        ({"invoice_date": "2026-02-30"}, [("invalid_string", ("invoice_date",))]),
        ({"due_date": "2026-04-01T10:00:00"}, [("invalid_string", ("due_date",))]),
        ({"due_date": "20260401"}, [("invalid_string", ("due_date",))]),
        ({"accounting_date": None}, [("invalid_type", ("accounting_date",))]),
        ({"vendor_id": 7}, [("invalid_type", ("vendor_id",))]),
        ({"colour": "red"}, [("unrecognized_keys", ())]),
        ({"invoice_items": {}}, [("invalid_type", ("invoice_items",))]),
        ({"invoice_items": ["x"]}, [("invalid_type", ("invoice_items", 0))]),
        ({"invoice_items": [line(), line(tax=1)]}, [("unrecognized_keys", ("invoice_items", 1))]),
        (
            {"invoice_items": [line(unit_price_in_cents="9")]},
            [("invalid_type", ("invoice_items", 0, "unit_price_in_cents"))],
        ),
        (
            {"invoice_items": [line(quantity_ordered=0.5)]},
            [("invalid_type", ("invoice_items", 0, "quantity_ordered"))],
        ),
        ({"memo": 1, "notes": None}, [("invalid_type", ("notes",)), ("invalid_type", ("memo",))]),
    ],
)
def test_wrong_content_is_named(
    api: httpx.Client, changes: dict[str, Any], issues: list[tuple[str, tuple[str | int, ...]]]
) -> None:
    """Each mistake has its issue, all of them at once, and nothing is accepted."""
    assert issues_of(api.post(POST, json=invoice(**changes))) == issues
    assert api.get("/_sandbox/posted").json() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"total_amount_in_cents": 0, "invoice_items": []},
        {"total_amount_in_cents": 12_500.0},
        {"invoice_date": "2026-03-02T09:30:00Z", "due_date": "2026-04-01T09:30:00.250+02:00"},
        {"invoice_items": [{}]},
        {"invoice_items": [line(unit_price_in_cents=-500), line(unit_price_in_cents=13_000)]},
    ],
)
def test_odd_but_right_content_is_accepted(api: httpx.Client, changes: dict[str, Any]) -> None:
    """The contract does not forbid it, so neither does the stand-in."""
    assert status_of(api, post(api, **changes)) == ("SUCCESS", [])


def test_what_is_not_stated_goes_either_way(start: Start) -> None:
    """Fractions and negative prices are taken or refused, as the behaviour says."""
    api = start(fractional_quantity=True, negative_unit_price=False)
    post(api, invoice_items=[line(quantity_ordered=0.5)])
    refused = api.post(POST, json=invoice(invoice_items=[line(unit_price_in_cents=-1)]))
    assert issues_of(refused) == [("too_small", ("invoice_items", 0, "unit_price_in_cents"))]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b'{"total_amount_in_cents": NaN}', "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"memo": "\\ud800"}', "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"{}", "text/plain"),
        (b"a=1", "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_no_json_is_refused(api: httpx.Client, body: bytes, content_type: str) -> None:
    """A body that is no JSON, or is not declared to be, gets 400 without details."""
    response = api.post(POST, content=body, headers={"content-type": content_type})
    assert response.status_code == 400
    assert "details" not in response.json()["error"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from([*invoice(), "accounting_date", "colour"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
            max_leaves=4,
        ),
        max_size=3,
    )
)
def test_any_content_is_accepted_or_refused(api: httpx.Client, changes: dict[str, Any]) -> None:
    """Whatever is in the fields: 200 and one more invoice, or 400 and none; never an error of the stand-in's own."""
    before = len(api.get("/_sandbox/posted").json())
    response = api.post(POST, json={**invoice(), **changes})
    assert response.status_code in (200, 400)
    assert len(api.get("/_sandbox/posted").json()) - before == (response.status_code == 200)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"integration_id": "intg-other"}, "Integration not found"),
        ({"property_id": "prop-none"}, "Property not found"),
        ({"property_id": "prop-riverbend"}, "Property RVB is not active"),
        ({"vendor_id": "vend-none"}, "Vendor not found"),
        ({"vendor_id": "vend-movingday"}, "Vendor Moving Day Haulers is inactive"),
        ({"vendor_id": "vend-clearpool"}, "Vendor Clear Pool Service is not approved for this property"),
        ({"invoice_items": [line(financial_account_id="finacct-0")]}, "GL account not found: finacct-0"),
        ({"invoice_items": [line(financial_account_id="finacct-6999")]}, "GL account 6999 is inactive"),
        (
            {"property_id": "prop-stonebridge", "invoice_date": "2020-05-04"},
            "Accounting period 05/2020 is closed for property STB",
        ),
    ],
)
def test_resman_refuses_later(api: httpx.Client, changes: dict[str, Any], error: str) -> None:
    """What only ResMan knows is accepted at first; the job fails in ResMan's words, and ResMan has nothing."""
    assert status_of(api, post(api, **changes)) == ("FAILURE", [error])
    assert api.get("/_sandbox/resman").json() == []


def test_open_periods_take_what_is_booked_in_them(api: httpx.Client) -> None:
    """Stonebridge takes what is booked today, whatever the date of issue."""
    today = CLOCK.now().date().isoformat()
    job_id = post(api, property_id="prop-stonebridge", invoice_date="2020-05-04", accounting_date=today)
    assert status_of(api, job_id) == ("SUCCESS", [])


@pytest.mark.parametrize(
    ("number", "status", "kept"),
    [
        ("A-1", "SUCCESS", 1),
        ("FAIL-1", "FAILURE", 0),
        ("PARTIAL-1", "PARTIAL_SUCCESS", 1),
        ("TIMEOUT-KEPT", "FAILURE", 1),
        ("TIMEOUT-LOST", "FAILURE", 0),
    ],
)
def test_number_decides_the_outcome(api: httpx.Client, number: str, status: str, kept: int) -> None:
    """Certain words in the number make the job fail; after a time-out ResMan may have the invoice or not."""
    got, errors = status_of(api, post(api, number))
    assert got == status
    assert bool(errors) == (status != "SUCCESS")
    assert len(api.get("/_sandbox/resman").json()) == kept


def test_twice_is_two_invoices(api: httpx.Client) -> None:
    """Nothing is deduplicated, and the order of what was accepted is told with the attempts of each."""
    first, other, second = post(api, "A-1"), post(api, "A-2"), post(api, "A-1")
    posted = api.get("/_sandbox/posted").json()
    assert [(row["number"], row["invoice_number"], row["job_id"], row["attempt"]) for row in posted] == [
        (1, "A-1", first, 1),
        (2, "A-2", other, 1),
        (3, "A-1", second, 2),
    ]
    assert posted[0]["body"] == invoice("A-1")
    assert len(api.get("/_sandbox/resman").json()) == 3


def test_pending_job_ends_when_told(start: Start) -> None:
    """A job stays pending, and ResMan has nothing, until its time or until a test ends it."""
    api = start(pending=3600)
    job_id = post(api)
    assert status_of(api, job_id) == ("PENDING", [])
    assert api.get("/_sandbox/resman").json() == []
    api.post(f"/_sandbox/job/{job_id}", json={"write_status": "FAILURE", "errors": ["No"], "kept": True})
    assert status_of(api, job_id) == ("FAILURE", ["No"])
    assert len(api.get("/_sandbox/resman").json()) == 1
    assert api.post("/_sandbox/job/job-none", json={"write_status": "SUCCESS"}).status_code == 404
    assert api.post(f"/_sandbox/job/{job_id}", json={"write_status": "MAYBE"}).status_code == 400


def test_only_failed_writes_are_retried(start: Start) -> None:
    """A retry is a new job; a success, a partial success and a pending job are refused."""
    api = start()
    failed = post(api, "FAILONCE-1")
    answer = api.post(f"/v1/admin/retry-write/{failed}", json={}).json()
    assert answer == {"success": True, "job_id": answer["job_id"]}
    assert answer["job_id"] != failed
    assert status_of(api, answer["job_id"]) == ("SUCCESS", [])
    assert [row["via"] for row in api.get("/_sandbox/resman").json()] == ["retry"]
    assert len(api.get("/_sandbox/posted").json()) == 1
    for number in ("A-1", "PARTIAL-1"):
        assert api.post(f"/v1/admin/retry-write/{post(api, number)}", json={}).status_code == 400
    api.post("/_sandbox/behaviour", json={"pending": 3600})
    assert api.post(f"/v1/admin/retry-write/{post(api, 'FAIL-2')}", json={}).status_code == 400
    assert api.post("/v1/admin/retry-write/job-none", json={}).status_code == 404


def test_invoice_shows_after_the_next_sync_only(api: httpx.Client) -> None:
    """What was posted, and what a time-out hid, is in the list once a sync has begun and ended after the job."""
    post(api, "A-1")
    post(api, "TIMEOUT-KEPT")
    post(api, "FAIL-1")
    known = {invoice.invoice_number for invoice in account.INVOICES}
    assert synced_numbers(api) == known
    sync(api)
    assert synced_numbers(api) == known | {"A-1", "TIMEOUT-KEPT"}


def test_running_sync_shows_nothing_yet(start: Start) -> None:
    """Until a sync is done, neither the list nor `last_completed_sync` moves."""
    api = start(sync_takes=3600)
    post(api, "A-1")
    before = api.get("/v1/admin/integrations/").json()["results"][0]["last_completed_sync"]
    sync(api)
    assert "A-1" not in synced_numbers(api)
    assert api.get("/v1/admin/integrations/").json()["results"][0]["last_completed_sync"] == before


def test_sync_misses_what_ends_after_it_began(start: Start) -> None:
    """A job that was pending when the sync began is not in it."""
    api = start(pending=3600, sync_takes=0)
    job_id = post(api, "A-1")
    sync(api)
    api.post(f"/_sandbox/job/{job_id}", json={"write_status": "SUCCESS"})
    assert "A-1" not in synced_numbers(api)
    sync(api)
    assert "A-1" in synced_numbers(api)


def test_sync_comes_by_itself(start: Start) -> None:
    """When the last one is long enough ago, a sync runs unasked."""
    api = start(sync_every=0)
    post(api, "A-1")
    assert "A-1" in synced_numbers(api)
