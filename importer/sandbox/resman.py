"""What ResMan makes of an accepted invoice, in its words."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from importer.sandbox import account
from importer.sandbox.behaviour import INTEGRATION_ID
from importer.sandbox.intake import LINES, accounting_day

_PROPERTIES = {known.id: known for known in account.PROPERTIES}
_VENDORS = {known.id: known for known in account.VENDORS}
_ACCOUNTS = {known.id: known for known in account.ACCOUNTS}
_ENTITIES = {known.property_id: known for known in account.ENTITIES}


@dataclass(frozen=True, slots=True)
class WriteResult:
    """How a job ends. `kept`: whether ResMan has the invoice afterwards, which a failure does not always tell."""

    write_status: str  # SUCCESS, PARTIAL_SUCCESS or FAILURE
    errors: tuple[object, ...] = ()  # texts, but for a test that wants others
    kept: bool = True


def judge(invoice: Mapping[str, object], today: date, *, retried: bool) -> WriteResult:
    """How the job of this invoice ends. What is wrong with its content comes before what its number asks for.

    An invoice number that contains one of these words decides: FAIL, FAILONCE (a retry succeeds), PARTIAL, TIMEOUT-KEPT
    (ResMan has it all the same), TIMEOUT-LOST (it has not), TIMEOUT (either, always the same for the same number).
    """
    if errors := _refusals(invoice, today):
        return WriteResult("FAILURE", tuple(errors), kept=False)
    number = str(invoice["invoice_number"])
    if "TIMEOUT" in number:
        kept = "KEPT" in number or ("LOST" not in number and zlib.crc32(number.encode()) % 2 == 0)
        return WriteResult("FAILURE", ("Request to ResMan timed out after 30000 ms (ESOCKETTIMEDOUT)",), kept)
    if "PARTIAL" in number:
        return WriteResult("PARTIAL_SUCCESS", ("Invoice created, but its notes could not be saved",))
    if "FAIL" in number and not (retried and "FAILONCE" in number):
        return WriteResult("FAILURE", ("ResMan: Validation failed",), kept=False)
    return WriteResult("SUCCESS")


def _refusals(invoice: Mapping[str, object], today: date) -> list[str]:
    if invoice["integration_id"] != INTEGRATION_ID:
        return ["Integration not found"]
    lines = invoice[LINES]
    assert isinstance(lines, list)  # noqa: S101 -- checked on accepting it; this tells the type checker
    property_ids = [invoice["property_id"], *(line["property_id"] for line in lines if "property_id" in line)]
    errors = []
    for property_id in dict.fromkeys(map(str, property_ids)):
        errors += _about_property(property_id, accounting_day(invoice), today)
    errors += _about_vendor(str(invoice["vendor_id"]), property_ids)
    used = dict.fromkeys(str(line["financial_account_id"]) for line in lines if "financial_account_id" in line)
    for account_id in used:
        known = _ACCOUNTS.get(account_id)
        if known is None:
            errors.append(f"GL account not found: {account_id}")
        elif not known.is_active:
            errors.append(f"GL account {known.account_number} is inactive")
    return errors


def _about_property(property_id: str, booked: date, today: date) -> list[str]:
    known = _PROPERTIES.get(property_id)
    if known is None:
        return ["Property not found"]
    if not known.is_active:
        return [f"Property {known.code} is not active"]
    period = _ENTITIES[property_id].current_period(today)
    if period is not None and booked < date.fromisoformat(period):
        return [f"Accounting period {booked:%m/%Y} is closed for property {known.code}"]
    return []


def _about_vendor(vendor_id: str, property_ids: list[object]) -> list[str]:
    if vendor_id.startswith(account.MORE_VENDORS):
        return []
    known = _VENDORS.get(vendor_id)
    if known is None:
        return ["Vendor not found"]
    if not known.is_active:
        return [f"Vendor {known.name} is inactive"]
    if known.property_id is not None and known.property_id not in property_ids:
        return [f"Vendor {known.name} is not approved for this property"]
    return []
