"""The rows of the lists: which fields they carry, and how the account and the accepted invoices look as rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from importer.sandbox import account
from importer.sandbox.intake import Json

LISTS: Mapping[str, tuple[str, ...]] = {
    "invoices": (
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
    ),
    "vendors": ("name", "account_number", "tax_id", "is_active", "type", "property_id", "contacts"),
    "properties": ("name", "code", "is_active", "address_1", "city", "state", "zip"),
    "financial-accounts": ("name", "account_number", "status_raw", "property_id"),
    "accounting-entities": ("entity_name", "ledger_code", "current_period", "is_active", "property_id"),
}
"""What rows carry, by the name of the list; besides `id`, `x_id`, `integration_id` and three timestamps."""

OF_EVERY_ROW = ("id", "x_id", "integration_id", "created_at", "updated_at", "last_seen")


@dataclass(frozen=True, slots=True)
class SandboxRecord:
    """One row-to-be. `is_gone`: ResMan has it no longer, so that no sync sees it again."""

    kind: str
    id: str
    property_id: str | None
    content: Json
    is_gone: bool = False


def first_day(today: date) -> Iterator[SandboxRecord]:
    """The whole account."""
    for known in account.PROPERTIES:
        content: Json = {
            "name": known.name,
            "code": known.code,
            "is_active": known.is_active,
            "address_1": known.address_1,
            "city": known.city,
            "state": known.state,
            "zip": known.zip,
        }
        yield SandboxRecord("properties", known.id, None, content, is_gone=not known.is_active)
    for index, vendor in enumerate(account.VENDORS):
        content = {
            "name": vendor.name,
            "account_number": vendor.account_number,
            "tax_id": None if index % 4 == 3 else f"00-{4410000 + 271 * index:07d}",
            "is_active": vendor.is_active,
            "type": vendor.type,
            "property_id": vendor.property_id,
            "contacts": [{"name": "Accounts Receivable", "email": f"billing@{vendor.slug}.example"}],
        }
        yield SandboxRecord("vendors", vendor.id, vendor.property_id, content)
    for gl_account in account.ACCOUNTS:
        content = {
            "name": gl_account.name,
            "account_number": gl_account.account_number,
            "status_raw": "Active" if gl_account.is_active else "Inactive",
            "property_id": None,
        }
        yield SandboxRecord("financial-accounts", gl_account.id, None, content)
    for entity, known in zip(account.ENTITIES, account.PROPERTIES, strict=True):
        content = {
            "entity_name": known.name,
            "ledger_code": f"{known.code}-ACCRUAL",
            "current_period": entity.current_period(today),
            "is_active": known.is_active,
            "property_id": known.id,
        }
        yield SandboxRecord("accounting-entities", entity.id, known.id, content)
    for invoice in account.INVOICES:
        yield SandboxRecord("invoices", invoice.id, invoice.property_id, _known_invoice(invoice))


def _known_invoice(invoice: account.KnownInvoice) -> Json:
    total, day = invoice.total_amount_in_cents, invoice.invoice_date
    line = {"financial_account_id": invoice.financial_account_id, "total_amount_in_cents": total, "notes": None}
    return {
        "invoice_number": invoice.invoice_number,
        "invoice_date": day and day.isoformat(),
        "due_date": None,
        "post_date": day and day.isoformat(),
        "post_month": day and f"{day:%Y-%m}",
        "post_status_raw": "Posted",
        "notes": None,
        "x_vendor_id": invoice.vendor_x_id,
        "property_id": invoice.property_id,
        "total_amount_in_cents": total,
        "sub_total_amount_in_cents": total,
        "amount_due_in_cents": 0,
        "amount_paid_in_cents": total,
        "invoice_items": [line],
    }


def synced_invoice(body: Json) -> Json:
    """An accepted invoice as `GET /v1/invoices/` shows it once a sync has seen it."""
    day, booked = str(body["invoice_date"])[:10], str(body.get("accounting_date", body["invoice_date"]))[:10]
    vendor_x_id = account.x_id(str(body["vendor_id"]))
    items = []
    lines = body["invoice_items"]
    for line in lines if isinstance(lines, list) else []:
        worth = line.get("total_amount_in_cents")
        if worth is None:
            worth = round(line.get("quantity_ordered", 1) * line.get("unit_price_in_cents", 0))
        items.append(
            {
                "financial_account_id": line.get("financial_account_id"),
                "total_amount_in_cents": worth,
                "notes": line.get("notes"),
            }
        )
    total = body["total_amount_in_cents"]
    return {
        "invoice_number": body["invoice_number"],
        "invoice_date": day,
        "due_date": str(body["due_date"])[:10],
        "post_date": booked,
        "post_month": booked[:7],
        "post_status_raw": "Unapproved",
        "notes": body["notes"],
        "x_vendor_id": vendor_x_id,
        "property_id": body["property_id"],
        "total_amount_in_cents": total,
        "sub_total_amount_in_cents": total,
        "amount_due_in_cents": total,
        "amount_paid_in_cents": 0,
        "invoice_items": items,
    }
