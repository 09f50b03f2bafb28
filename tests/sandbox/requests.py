"""What the tests of the stand-in send and ask, in a few words."""

from __future__ import annotations

from typing import Any

import httpx

from importer.sandbox import INTEGRATION_ID

POST = "/v1/invoices/resman/"


def line(**changes: Any) -> dict[str, object]:
    """One line of an invoice: $125.00 for plumbing."""
    plain: dict[str, object] = {
        "financial_account_id": "finacct-6210",
        "quantity_ordered": 1,
        "unit_price_in_cents": 12_500,
        "notes": "Kitchen sink",
    }
    return {**plain, **changes}


def invoice(invoice_number: str = "INV-1", **changes: Any) -> dict[str, object]:
    """An invoice that ResMan takes. A change to `...` leaves the field out."""
    plain: dict[str, object] = {
        "integration_id": INTEGRATION_ID,
        "property_id": "prop-maplecourt",
        "vendor_id": "vend-greenleaf",
        "invoice_number": invoice_number,
        "invoice_date": "2026-03-02",
        "due_date": "2026-04-01",
        "notes": "",
        "memo": "March",
        "total_amount_in_cents": 12_500,
        "invoice_items": [line()],
    }
    return {name: value for name, value in {**plain, **changes}.items() if value is not ...}


def post(api: httpx.Client, invoice_number: str = "INV-1", **changes: Any) -> str:
    """Posts an invoice that is accepted; answers its job id."""
    response = api.post(POST, json=invoice(invoice_number, **changes))
    assert response.status_code == 200, response.text
    return str(response.json()["meta"]["job_id"])


def status_of(api: httpx.Client, job_id: str) -> tuple[str, list[str]]:
    """What became of a job: the word, and ResMan's words."""
    answer = api.get(f"/v1/admin/write-status/{job_id}").json()
    return answer["write_status"], answer["errors"]


def write_logs(api: httpx.Client, **parameters: object) -> list[dict[str, Any]]:
    """Invoices in the write log."""
    given = {"integration_id": INTEGRATION_ID, "write_category": "invoices", "time_range": "hour", **parameters}
    response = api.get("/v1/admin/logs/writes/", params={name: str(value) for name, value in given.items()})
    assert response.status_code == 200, response.text
    logs: list[dict[str, Any]] = response.json()["results"]["logs"]
    return logs


def issues_of(response: httpx.Response) -> list[tuple[str, tuple[str | int, ...]]]:
    """Code and path of every issue of a 400."""
    assert response.status_code == 400, response.text
    return [(issue["code"], tuple(issue["path"])) for issue in response.json()["error"]["details"]["issues"]]


def sync(api: httpx.Client) -> None:
    """Starts a sync of the invoices."""
    response = api.post(f"/v1/admin/integrations/{INTEGRATION_ID}/manual-sync", json={"models_to_sync": ["invoices"]})
    assert response.json() == {"result": {"success": True}}


def synced_numbers(api: httpx.Client) -> set[str | None]:
    """The invoice numbers that the lists show."""
    return {row["invoice_number"] for row in api.get("/v1/invoices/", params={"limit": 250}).json()["results"]}
