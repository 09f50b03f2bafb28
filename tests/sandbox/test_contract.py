"""The contract's tables, restated here, against the stand-in; and against the contract's text where it is at hand."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from importer.sandbox import INTEGRATION_ID
from importer.sandbox.intake import INVOICE, LINES, RESMAN_LINE
from tests.sandbox.conftest import Start
from tests.sandbox.requests import POST, invoice, issues_of, line, post, write_logs

TEXT = Path(__file__).parents[2].parent / "shared" / "propexo-api.md"

BODY = {  # field: (type, required)
    "integration_id": ("string", True),
    "property_id": ("string", True),
    "vendor_id": ("string", True),
    "invoice_number": ("string", True),
    "invoice_date": ("date", True),
    "due_date": ("date", True),
    "accounting_date": ("date", False),
    "notes": ("string", True),
    "memo": ("string", True),
    "total_amount_in_cents": ("integer", True),
    "invoice_items": ("list", True),
    "invoice_items[].financial_account_id": ("string", False),
    "invoice_items[].quantity_ordered": ("number", False),
    "invoice_items[].unit_price_in_cents": ("integer", False),
    "invoice_items[].notes": ("string", False),
}
EVERY_ROW = {"id", "x_id", "created_at", "updated_at", "last_seen"}
ROWS = {  # address: what its rows carry
    "/v1/invoices/": {
        "invoice_number",
        "invoice_date",
        "due_date",
        "post_date",
        "post_month",
        "post_status_raw",
        "notes",
        "x_vendor_id",
        "property_id",
        "total_amount_in_cents",
        "sub_total_amount_in_cents",
        "amount_due_in_cents",
        "amount_paid_in_cents",
        "invoice_items",
    },
    "/v1/vendors/": {"name", "account_number", "tax_id", "is_active", "type", "x_id", "property_id", "contacts"},
    "/v1/properties/": {"name", "code", "x_id", "is_active", "address_1", "city", "state", "zip"},
    "/v1/financial-accounts/": {"name", "account_number", "status_raw", "x_id", "property_id"},
    "/v1/accounting-entities/": {"entity_name", "ledger_code", "current_period", "is_active", "property_id"},
    "/v1/admin/integrations/": {"id", "name", "vendor", "active", "system", "last_completed_sync"},
}
ITEM = {"financial_account_id", "total_amount_in_cents", "notes"}
META = {"offset", "limit", "orderBy", "hasMore", "total"}
WRITE_LOG = {
    "id",
    "created_at",
    "job_id",
    "job_log_id",
    "status",
    "integration_id",
    "job_type",
    "error",
    "name",
    "vendor",
}
JOB_LOG = {
    "id",
    "job_id",
    "root_job_id",
    "parent_job_id",
    "created_at",
    "job_type",
    "status",
    "integration_id",
    "associated_property_id",
}
WRITE_STATUSES = {"PENDING", "SUCCESS", "PARTIAL_SUCCESS", "FAILURE"}
CALLS = {
    ("POST", "/v1/invoices/resman/"),
    ("POST", "/v1/invoices/"),
    ("GET", "/v1/admin/write-status/{job_id}"),
    ("POST", "/v1/admin/retry-write/{job_id}"),
    ("GET", "/v1/admin/logs/writes/"),
    ("GET", "/v1/admin/logs/jobs/"),
    ("GET", "/v1/admin/logs/jobs/{job_id}"),
    ("GET", "/v1/admin/job-logs/{log_id}/data"),
    ("GET", "/v1/invoices/"),
    ("GET", "/v1/invoices/{id}"),
    ("GET", "/v1/vendors/"),
    ("GET", "/v1/properties/"),
    ("GET", "/v1/financial-accounts/"),
    ("GET", "/v1/accounting-entities/"),
    ("POST", "/v1/admin/integrations/{id}/manual-sync"),
    ("GET", "/v1/admin/integrations/"),
    ("POST", "/v1/webhooks/"),
}


@pytest.fixture(scope="module")
def text() -> str:
    """The contract; a test that needs it is skipped where it is not at hand."""
    if not TEXT.exists():
        pytest.skip(f"the contract is not at {TEXT}")
    return TEXT.read_text(encoding="utf-8")


def _rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in row.strip("| ").split(" | ")] for row in text.splitlines() if row[:2] == "| "]


def _names(cell: str) -> set[str]:
    return set(re.findall(r"`([a-z][a-z0-9_]+)(?:\[\])?`", cell))


# ---------------------------------------------------------------------- the text says what is restated here


def test_restated_body_is_the_contracts(text: str) -> None:
    """The table of the body: every field, its type and whether it is required."""
    written = {}
    for row in re.findall(r"^\| `([^`]+)` \| (string|date-time|integer|list|number)[^|]*\|([^|]*)\|", text, re.M):
        written[row[0]] = (row[1].replace("date-time", "date"), row[2].strip() == "yes")
    assert written == BODY


def test_restated_rows_are_the_contracts(text: str) -> None:
    """The table of lists: every call's fields."""
    written = {}
    for cells in _rows(text):
        if address := re.match(r"`GET (/v1/[^`]*/)`", cells[0]):
            written[address[1]] = _names(cells[1].partition("Note:")[0])
    assert written == {**ROWS, "/v1/invoices/": ROWS["/v1/invoices/"] | ITEM}


def test_restated_logs_are_the_contracts(text: str) -> None:
    """The fields of write logs and job logs, and the words of a status."""
    assert _names(text.partition("newest record of each job:")[2].partition("and usually")[0]) == WRITE_LOG
    assert _names(text.partition("rows of ")[2].partition(".\n")[0]) == JOB_LOG
    assert set(re.findall(r'"([A-Z_]+)"', text.partition('{"write_status": ')[2].partition(",")[0])) == WRITE_STATUSES


def test_restated_calls_are_the_contracts(text: str) -> None:
    """Every call that the contract names with its method."""
    assert set(re.findall(r"`(GET|POST) (/v1/[^` ?]*)`", text)) == CALLS


def test_restated_limits_are_the_contracts(text: str) -> None:
    """The figures and headers of the rate limit, and of the pages."""
    for fact in (
        "150 requests a minute by default",
        "`x-ratelimit-limit` (requests a minute) and `x-ratelimit-remaining`",
        "From 80 % used, every response is held back 2 seconds. At 100 % the answer is `429`",
        "`limit` (1 to 250, default 100), `offset` (default 0)",
        "default `created_at:desc`",
        "`limit` (1 to 100, default 100), `offset`",
        "`time_range` (`hour` | `day` | `week` | `month`)",
    ):
        assert fact in text


# ---------------------------------------------------------------------- the stand-in does what is restated here


def test_body_has_the_contracts_fields() -> None:
    """The stand-in's table of fields is the contract's, in its order."""
    header = {field.name: (field.kind, field.required) for field in INVOICE}
    of_lines = {f"{LINES}[].{field.name}": (field.kind, field.required) for field in RESMAN_LINE}
    assert list({**header, LINES: ("list", True), **of_lines}.items()) == list(BODY.items())


@pytest.mark.parametrize("call", sorted(CALLS), ids=" ".join)
def test_every_call_is_answered(api: httpx.Client, call: tuple[str, str]) -> None:
    """Each call of the contract exists: with an unknown id the answer speaks of that, not of the address."""
    method, address = call
    response = api.request(method, re.sub(r"\{.*?\}", "unknown", address), json={} if method == "POST" else None)
    assert response.status_code in (200, 400, 404)
    assert response.status_code != 404 or response.json()["error"]["message"].endswith("not found")
    assert response.text.find("Not Found") == -1
    assert {"x-ratelimit-limit", "x-ratelimit-remaining"} <= set(response.headers)


@pytest.mark.parametrize("address", ROWS)
def test_rows_carry_the_contracts_fields(api: httpx.Client, address: str) -> None:
    """Each list: the envelope and every row's fields, also for what arrived by posting; one record is like its row."""
    post(api)
    api.post(f"/v1/admin/integrations/{INTEGRATION_ID}/manual-sync", json={"models_to_sync": []})
    answer = api.get(address).json()
    assert set(answer) == {"meta", "results"}
    assert set(answer["meta"]) == META
    timed = set() if "integrations" in address else EVERY_ROW | {"integration_id"}
    for row in answer["results"]:
        assert set(row) == ROWS[address] | timed
        if "integrations" not in address:
            assert api.get(f"{address}{row['id']}").json() == row
        for item in row.get("invoice_items", []):
            assert set(item) == ITEM


def test_success_is_the_contracts(api: httpx.Client) -> None:
    """200 carries the job id, and the invoice as received with its accounting date filled in."""
    response = api.post(POST, json=invoice())
    assert response.status_code == 200
    job_id = response.json()["meta"]["job_id"]
    assert response.json() == {"meta": {"job_id": job_id}, "result": invoice(accounting_date="2026-03-02")}
    given = api.post(POST, json=invoice(accounting_date="2026-03-31")).json()["result"]
    assert given["accounting_date"] == "2026-03-31"


def test_example_of_the_contract_is_accepted(api: httpx.Client) -> None:
    """The documented example body, date-times included."""
    example = {
        "integration_id": "intg-9f8b7c6d5e4a3b2c1d0e",
        "property_id": "prop-1234567890abcdef",
        "vendor_id": "vend-0987654321fedcba",
        "invoice_number": "INV-20240115-001",
        "invoice_date": "2024-01-15T09:30:00Z",
        "due_date": "2024-02-14T23:59:59Z",
        "notes": "",
        "memo": "",
        "total_amount_in_cents": 125_000,
        "invoice_items": [
            {"financial_account_id": "finacct-1122334455667788", "quantity_ordered": 1, "unit_price_in_cents": 125_000}
        ],
    }
    assert api.post(POST, json=example).status_code == 200


def test_error_is_the_contracts(api: httpx.Client) -> None:
    """400 has exactly the documented shape, with every issue; `details` may be absent."""
    wrong = api.post(POST, json=invoice(invoice_items=[line(notes=7)], memo=...))
    assert wrong.status_code == 400
    assert wrong.json() == {
        "error": {
            "code": "invalid_request",
            "message": "Invalid request",
            "details": {
                "issues": [
                    {"code": "invalid_type", "path": ["memo"], "message": "Required"},
                    {
                        "code": "invalid_type",
                        "path": ["invoice_items", 0, "notes"],
                        "message": "Expected string, received number",
                    },
                ],
                "name": "ZodError",
            },
        }
    }
    broken = api.post(POST, content=b"{", headers={"content-type": "application/json"})
    assert broken.status_code == 400
    assert set(broken.json()["error"]) == {"code", "message"}


def test_write_status_is_the_contracts(start: Start) -> None:
    """The four words, the errors, and no id of a created record."""
    api = start(pending=3600)
    job_id = post(api)
    seen = set()
    for word in ("PENDING", "SUCCESS", "PARTIAL_SUCCESS", "FAILURE"):
        if word != "PENDING":
            api.post(f"/_sandbox/job/{job_id}", json={"write_status": word, "errors": ["told so"]})
        answer = api.get(f"/v1/admin/write-status/{job_id}").json()
        assert set(answer) == {"write_status", "errors", "created_record_id"}
        assert answer["created_record_id"] is None
        assert answer["errors"] == ([] if word == "PENDING" else ["told so"])
        seen.add(answer["write_status"])
    assert seen == WRITE_STATUSES


def test_logs_are_the_contracts(api: httpx.Client) -> None:
    """The fields of a row in the write logs and in the job logs."""
    post(api)
    (log,) = write_logs(api)
    assert set(log) == WRITE_LOG | {"parameters"}
    rows = api.get("/v1/admin/logs/jobs/").json()["results"]["logs"]
    assert rows
    assert all(set(row) == JOB_LOG for row in rows)


def test_sister_call_is_the_contracts(api: httpx.Client) -> None:
    """`POST /v1/invoices/` takes amounts per line and answers in its own shape."""
    item = {"financial_account_id": "finacct-6210", "property_id": "prop-maplecourt", "total_amount_in_cents": 12_500}
    body = invoice(invoice_items=[item])
    answer = api.post("/v1/invoices/", json=body).json()
    assert answer == {"job_id": answer["job_id"], "data": body}
    refused = api.post("/v1/invoices/", json=invoice())
    assert issues_of(refused) == [("unrecognized_keys", ("invoice_items", 0))]


def test_webhook_can_be_registered(api: httpx.Client) -> None:
    """The four documented fields are taken, others are not."""
    hook = {"url": "https://hooks.example/p", "triggers": ["WRITE_OPERATION_FAILURE"], "secret": "s", "active": True}
    assert api.post("/v1/webhooks/", json=hook).status_code == 200
    assert issues_of(api.post("/v1/webhooks/", json={**hook, "colour": 1})) == [("unrecognized_keys", ())]
