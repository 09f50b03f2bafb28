"""What ResMan already has: pages, order, filters, single records."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from importer.sandbox import INTEGRATION_ID, account
from tests.clock import CLOCK
from tests.sandbox.requests import issues_of, sync


def _list(api: httpx.Client, kind: str, **parameters: object) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    given = {name.replace("order_by", "order-by"): str(value) for name, value in parameters.items()}
    response = api.get(f"/v1/{kind}/", params=given)
    assert response.status_code == 200, response.text
    answer = response.json()
    return answer["meta"], answer["results"]


def test_account_is_the_one_described(api: httpx.Client) -> None:
    """The lists hold the account that fixtures refer to, by stable ids."""
    described = {
        "properties": [known.id for known in account.PROPERTIES],
        "vendors": [known.id for known in account.VENDORS],
        "financial-accounts": [known.id for known in account.ACCOUNTS],
        "accounting-entities": [known.id for known in account.ENTITIES],
        "invoices": [known.id for known in account.INVOICES],
    }
    for kind, ids in described.items():
        meta, rows = _list(api, kind, order_by="created_at:asc")
        assert [row["id"] for row in rows] == ids
        assert len(set(ids)) == len(ids)
        assert meta == {"offset": 0, "limit": 100, "orderBy": "created_at:asc", "hasMore": False, "total": len(ids)}
    assert (len(account.PROPERTIES), len(account.VENDORS), len(account.ACCOUNTS)) == (8, 40, 60)
    for address in ("properties/prop-maplecourt", "vendors/vend-greenleaf", "financial-accounts/finacct-6210"):
        assert api.get(f"/v1/{address}").status_code == 200


@pytest.mark.parametrize("order", ["created_at:desc", "created_at:asc", "name:asc", "is_active:desc,name:desc"])
def test_pages_make_up_the_whole(api: httpx.Client, order: str) -> None:
    """Page by page, in any order, every record comes exactly once."""
    api.post("/_sandbox/more", json={"vendors": 700})
    seen: list[str] = []
    more = True
    while more:
        meta, rows = _list(api, "vendors", limit=250, offset=len(seen), order_by=order)
        seen += [row["id"] for row in rows]
        more = meta["hasMore"]
        assert meta["total"] == 740
    assert len(seen) == len(set(seen)) == 740


def test_order_is_as_asked(api: httpx.Client) -> None:
    """Several fields, each in its direction."""
    _, rows = _list(api, "vendors", order_by="is_active:asc,name:desc")
    names = [(row["is_active"], row["name"]) for row in rows]
    assert [name for name in names if not name[0]] == names[:3]
    assert [name for _, name in names[3:]] == sorted((name for _, name in names[3:]), reverse=True)


def test_filters_narrow(api: httpx.Client) -> None:
    """By integration, by property, by account number, by time."""
    assert _list(api, "vendors", integration_id=INTEGRATION_ID)[0]["total"] == 40
    assert _list(api, "vendors", integration_id="intg-other")[0]["total"] == 0
    assert [row["id"] for row in _list(api, "vendors", property_id="prop-lakeside")[1]] == ["vend-clearpool"]
    assert [row["id"] for row in _list(api, "financial-accounts", account_number="6210")[1]] == ["finacct-6210"]
    month_ago = (CLOCK.now() - timedelta(days=30)).isoformat().replace("+00:00", "Z")
    assert [row["id"] for row in _list(api, "properties", last_seen_lte=month_ago)[1]] == ["prop-riverbend"]
    assert _list(api, "properties", updated_at_gte=month_ago)[0]["total"] == 7
    assert _list(api, "properties", last_seen_gte="2020-01-01")[0]["total"] == 8


def test_vendors_of_a_property(api: httpx.Client) -> None:
    """Its own vendors and those of all properties, not those of another."""
    answer = api.get("/v1/vendors/properties/prop-lakeside", params={"limit": 250}).json()
    assert answer["meta"]["total"] == 37
    assert {row["property_id"] for row in answer["results"]} == {None, "prop-lakeside"}


@pytest.mark.parametrize(
    ("parameters", "path"),
    [
        ({"limit": "251"}, ("limit",)),
        ({"limit": "0"}, ("limit",)),
        ({"limit": "ten"}, ("limit",)),
        ({"offset": "-1"}, ("offset",)),
        ({"order-by": "colour:asc"}, ("order-by",)),
        ({"order-by": "name"}, ("order-by",)),
        ({"last_seen_gte": "yesterday"}, ("last_seen_gte",)),
        ({"invoice_nr": "7"}, ()),
    ],
)
def test_impossible_parameters_are_refused(
    api: httpx.Client, parameters: dict[str, str], path: tuple[str, ...]
) -> None:
    """A parameter that would be ignored in silence could be mistaken for a filter that found nothing."""
    assert [where for _, where in issues_of(api.get("/v1/invoices/", params=parameters))] == [path]


def test_nulls_as_in_life(api: httpx.Client) -> None:
    """Any field of an invoice may be null."""
    _, rows = _list(api, "invoices")
    for name in ("x_vendor_id", "property_id", "invoice_number", "invoice_date", "total_amount_in_cents"):
        assert any(row[name] is None for row in rows), name
        assert any(row[name] is not None for row in rows), name


def test_periods_follow_the_calendar(api: httpx.Client) -> None:
    """Stonebridge is in today's month, Harbor View in the one before, the others never close."""
    _, rows = _list(api, "accounting-entities")
    today = CLOCK.now().date()
    periods = {row["property_id"]: row["current_period"] for row in rows}
    assert periods.pop("prop-stonebridge") == today.replace(day=1).isoformat()
    assert periods.pop("prop-harborview") == (today.replace(day=1) - timedelta(days=1)).replace(day=1).isoformat()
    assert set(periods.values()) == {None}


def test_sync_refreshes_what_is_still_there(api: httpx.Client) -> None:
    """A sync renews `last_seen` in the lists that it names, never that of what is gone."""
    _, before = _list(api, "invoices", order_by="id:asc")
    sync(api)
    _, after = _list(api, "invoices", order_by="id:asc")
    assert all(old["last_seen"] < new["last_seen"] for old, new in zip(before, after, strict=True))
    api.post(f"/v1/admin/integrations/{INTEGRATION_ID}/manual-sync", json={"models_to_sync": ["properties"]})
    oldest = _list(api, "properties", order_by="last_seen:asc", limit=1)[1][0]
    assert oldest["id"] == "prop-riverbend"


def test_sync_refuses_what_it_does_not_know(api: httpx.Client) -> None:
    """An unknown model is an issue, an unknown integration is not found."""
    address = "/v1/admin/integrations/{}/manual-sync"
    wrong = api.post(address.format(INTEGRATION_ID), json={"models_to_sync": ["leases"]})
    assert issues_of(wrong) == [("invalid_enum_value", ("models_to_sync",))]
    assert api.post(address.format("intg-other"), json={"models_to_sync": ["invoices"]}).status_code == 404


def test_unknown_record_and_unknown_address(api: httpx.Client) -> None:
    """404 both, 405 for a wrong method; all with the contract's error shape and headers."""
    for response, status in (
        (api.get("/v1/vendors/vend-none"), 404),
        (api.get("/v1/leases/"), 404),
        (api.get("/v1/vendors"), 404),
        (api.delete("/v1/invoices/inv-known01"), 405),
    ):
        assert response.status_code == status
        assert set(response.json()["error"]) == {"code", "message"}
        assert "x-ratelimit-remaining" in response.headers


def test_long_lists_are_paged_by_the_database(api: httpx.Client) -> None:
    """20,000 vendors and 50,000 invoices: the last page is right."""
    api.post("/_sandbox/more", json={"vendors": 20_000, "invoices": 50_000})
    meta, rows = _list(api, "vendors", limit=250, offset=20_000)
    assert (meta["total"], meta["hasMore"], len(rows)) == (20_040, False, 40)
    meta, rows = _list(api, "invoices", limit=250, offset=49_750, order_by="invoice_number:desc")
    assert (meta["total"], meta["hasMore"], len(rows)) == (50_030, True, 250)
