"""The made-up ResMan account behind the stand-in. Everything here is invented; ids are stable and may be relied on.

Ids follow from the slug: `prop-maplecourt`, `vend-greenleaf`, `finacct-6210`. Deliberately awkward ones are at the
end of each table and are named below it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, timedelta

_SPACE = uuid.UUID("6f1d0c52-8a54-4c1e-9d0a-2f6f2b9a7c11")


def x_id(record_id: str) -> str:
    """ResMan's own id of a record; always the same for the same record."""
    return str(uuid.uuid5(_SPACE, record_id))


@dataclass(frozen=True, slots=True)
class Property:
    """A property of the company."""

    slug: str
    code: str
    name: str
    address_1: str
    city: str
    state: str
    zip: str
    is_active: bool = True

    @property
    def id(self) -> str:
        return f"prop-{self.slug}"


@dataclass(frozen=True, slots=True)
class Vendor:
    """Somebody who sends invoices. `only_at` is the slug of the one property that may use it, None for all."""

    slug: str
    name: str
    account_number: str | None
    type: str
    only_at: str | None = None
    is_active: bool = True

    @property
    def id(self) -> str:
        return f"vend-{self.slug}"

    @property
    def x_id(self) -> str:
        return x_id(self.id)

    @property
    def property_id(self) -> str | None:
        return None if self.only_at is None else f"prop-{self.only_at}"


@dataclass(frozen=True, slots=True)
class FinancialAccount:
    """A GL account."""

    account_number: str
    name: str
    is_active: bool = True

    @property
    def id(self) -> str:
        return f"finacct-{self.account_number}"


@dataclass(frozen=True, slots=True)
class AccountingEntity:
    """The books of one property. `months_back` counts from today's month to the open period; None: always open."""

    slug: str
    months_back: int | None

    @property
    def id(self) -> str:
        return f"entity-{self.slug}"

    @property
    def property_id(self) -> str:
        return f"prop-{self.slug}"

    def current_period(self, today: date) -> str | None:
        """The first day of the open accounting period as `YYYY-MM-DD`; None where every period is open."""
        if self.months_back is None:
            return None
        month = today.year * 12 + today.month - 1 - self.months_back
        return date(month // 12, month % 12 + 1, 1).isoformat()


@dataclass(frozen=True, slots=True)
class KnownInvoice:
    """An invoice that ResMan has already. Any of its fields may be missing, as in life."""

    id: str
    vendor_x_id: str | None
    property_id: str | None
    invoice_number: str | None
    invoice_date: date | None
    total_amount_in_cents: int | None
    financial_account_id: str


PROPERTIES: tuple[Property, ...] = (
    Property("maplecourt", "MPC", "Maple Court Apartments", "410 Maple Court", "Columbus", "OH", "43215"),
    Property("willowcreek", "WLC", "Willow Creek Commons", "2200 Creekside Drive", "Dayton", "OH", "45402"),
    Property("cedarpoint", "CDP", "Cedar Point Townhomes", "88 Cedar Lane", "Fort Wayne", "IN", "46802"),
    Property("lakeside", "LKS", "The Residences at Lakeside", "1 Lakeside Boulevard", "Toledo", "OH", "43604"),
    Property("oakridge", "OAK", "Oak Ridge Senior Living", "735 Oak Ridge Road", "Lexington", "KY", "40507"),
    Property("stonebridge", "STB", "Stonebridge Lofts", "19 Foundry Street", "Louisville", "KY", "40202"),
    Property("harborview", "HBV", "Harbor View Flats", "600 Harbor Street", "Sandusky", "OH", "44870"),
    Property("riverbend", "RVB", "Riverbend Village", "15 Ferry Road", "Evansville", "IN", "47708", is_active=False),
)
"""`prop-riverbend` was sold: it is inactive, and no sync has seen it for months."""

VENDORS: tuple[Vendor, ...] = (
    Vendor("greenleaf", "Greenleaf Landscaping, LLC", "GL-20417", "Landscaping"),
    Vendor("evergreen", "Evergreen Grounds & Snow, Inc.", "88213", "Landscaping"),
    Vendor("turfworks", "Turf Works", "TW-0091", "Landscaping"),
    Vendor("citypower", "City Power & Light", "4410-2298-01", "Utility"),
    Vendor("midstategas", "Mid-State Gas Co.", "0071-553-9", "Utility"),
    Vendor("bluewater", "Blue Water Utility District", "000318822", "Utility"),
    Vendor("metrowaste", "Metro Waste & Recycling", "MW 5521", "Waste"),
    Vendor("clearnet", "ClearNet Fiber, LLC", "CN-77120", "Telecom"),
    Vendor("rapidrooter", "Rapid Rooter Plumbing", "RR-118", "Plumbing"),
    Vendor("copperline", "Copper Line Plumbing & Heating, Inc.", "CL-4402", "Plumbing"),
    Vendor("northwind", "Northwind Heating & Cooling", "NW-7781", "HVAC"),
    Vendor("airflow", "Airflow Mechanical Services, LLC", "AF-0034", "HVAC"),
    Vendor("brightspark", "Bright Spark Electric", "BSE-210", "Electrical"),
    Vendor("safelift", "SafeLift Elevator Co.", "SL-9002", "Elevator", "stonebridge"),
    Vendor("pestaway", "Pest Away Exterminating", "PA-615", "Pest control"),
    Vendor("bugshield", "BugShield, LLC", "BS-3301", "Pest control"),
    Vendor("sparkle", "Sparkle Cleaning Services", "SC-1107", "Cleaning"),
    Vendor("turnready", "Turn Ready Make-Ready, LLC", "TR-556", "Cleaning"),
    Vendor("freshcoat", "Fresh Coat Painting", "FC-808", "Painting"),
    Vendor("truetone", "TrueTone Painters & Drywall", "TT-192", "Painting"),
    Vendor("carpetcare", "Carpet Care Plus", "CCP-41", "Flooring"),
    Vendor("surefloor", "SureFloor, Inc.", "SF-6620", "Flooring"),
    Vendor("rooftop", "Rooftop Roofing & Gutters", "RG-713", "Roofing"),
    Vendor("lockandkey", "Lock & Key", None, "Locksmith"),
    Vendor("firewatch", "FireWatch Protection Systems, LLC", "FW-2040", "Fire protection"),
    Vendor("clearpool", "Clear Pool Service", "CP-99", "Pool", "lakeside"),
    Vendor("fitgear", "FitGear Equipment Leasing", "FG-1700", "Amenity"),
    Vendor("handyhardware", "Handy Hardware & Supply", "6035-3222", "Supplies"),
    Vendor("paperclip", "Paper Clip Office Products", "PC-5150", "Supplies"),
    Vendor("appliancepro", "Appliance Pro Wholesale", "AP-3310", "Supplies"),
    Vendor("signmakers", "Sign Makers, LLC", "SM-12", "Marketing"),
    Vendor("rentfinder", "RentFinder Listings", "RF-44120", "Marketing"),
    Vendor("keystonelegal", "Keystone Legal Group, PLLC", "KL-701", "Legal"),
    Vendor("ledgerwell", "Ledgerwell Accounting, PC", "LW-30", "Accounting"),
    Vendor("shieldins", "Shield Mutual Insurance", "POL-8842017", "Insurance"),
    Vendor("patrolone", "Patrol One Security", "P1-264", "Security", "harborview"),
    Vendor("towtruck", "24/7 Towing", "247-0003", "Towing"),
    Vendor("movingday", "Moving Day Haulers", "MD-18", "Hauling", is_active=False),
    Vendor("oldplumber", "Allied Pipe & Drain, Inc.", "APD-7", "Plumbing", is_active=False),
    Vendor("sunsetlawn", "Sunset Lawn Care", "SLC-52", "Landscaping", "cedarpoint", is_active=False),
)
"""Inactive: `vend-movingday`, `vend-oldplumber`, `vend-sunsetlawn`. Of one property only: `vend-safelift`
(Stonebridge), `vend-clearpool` (Lakeside), `vend-patrolone` (Harbor View), `vend-sunsetlawn` (Cedar Point)."""

MORE_VENDORS = "vend-more"
"""How the ids of vendors begin that a test asked for by number (`vend-more000001` …)."""

ACCOUNTS: tuple[FinancialAccount, ...] = tuple(
    FinancialAccount(number, name, number != "6999")
    for number, name in (
        ("1105", "Operating Cash"),
        ("1310", "Prepaid Insurance"),
        ("1450", "Furniture & Fixtures"),
        ("1460", "Building Improvements"),
        ("1470", "Appliances - Capital"),
        ("1480", "Flooring - Capital"),
        ("2100", "Sales Tax Payable"),
        ("2110", "Accounts Payable"),
        ("2150", "Accrued Expenses"),
        ("2300", "Security Deposits"),
        ("5110", "Manager Payroll"),
        ("5120", "Maintenance Payroll"),
        ("5210", "Payroll Taxes"),
        ("6105", "Landscape Contract"),
        ("6110", "Landscape Extras"),
        ("6115", "Tree Service"),
        ("6120", "Snow Removal"),
        ("6130", "Irrigation Repairs"),
        ("6140", "Parking Lot Repairs"),
        ("6150", "Pool Service"),
        ("6160", "Pest Control"),
        ("6170", "Trash Removal"),
        ("6180", "Bulk Haul-Off"),
        ("6190", "Security Patrol"),
        ("6195", "Towing"),
        ("6205", "Electrical Repairs"),
        ("6210", "Plumbing Repairs"),
        ("6215", "Drain Cleaning"),
        ("6220", "HVAC Repairs"),
        ("6225", "HVAC Supplies"),
        ("6230", "Appliance Repairs"),
        ("6235", "Elevator Maintenance"),
        ("6240", "Roof & Gutter Repairs"),
        ("6245", "Door & Lock Repairs"),
        ("6250", "Fire & Life Safety"),
        ("6255", "Painting - Interior"),
        ("6260", "Painting - Exterior"),
        ("6265", "Drywall Repairs"),
        ("6270", "Window & Glass"),
        ("6280", "General Maintenance Supplies"),
        ("6305", "Turnover Cleaning"),
        ("6310", "Turnover Painting"),
        ("6315", "Carpet Cleaning"),
        ("6320", "Carpet Repairs"),
        ("6330", "Common Area Cleaning"),
        ("6405", "Electricity - Common"),
        ("6410", "Electricity - Vacant"),
        ("6420", "Gas"),
        ("6430", "Water & Sewer"),
        ("6440", "Internet & Phone"),
        ("6505", "Advertising"),
        ("6510", "Signage"),
        ("6605", "Office Supplies"),
        ("6610", "Postage & Freight"),
        ("6620", "Equipment Leases"),
        ("6705", "Legal Fees"),
        ("6710", "Accounting Fees"),
        ("6805", "Property Insurance"),
        ("6905", "Property Taxes"),
        ("6999", "Suspense (closed)"),
    )
)
"""`finacct-6999` is inactive."""

ENTITIES: tuple[AccountingEntity, ...] = tuple(
    AccountingEntity(known.slug, {"stonebridge": 0, "harborview": 1}.get(known.slug)) for known in PROPERTIES
)
"""Stonebridge books into today's month or later, Harbor View into last month or later; the others never close."""


def _known_invoice(index: int) -> KnownInvoice:
    vendor, known_property = VENDORS[index], PROPERTIES[index % 5]
    account = ACCOUNTS[13 + index]
    prefix = vendor.slug[:3].upper()
    return KnownInvoice(
        id=f"inv-known{index + 1:02d}",
        vendor_x_id=None if index in (3, 19) else vendor.x_id,
        property_id=None if index == 11 else known_property.id,
        invoice_number=None if index == 7 else f"{prefix}-{10417 + 37 * index}",
        invoice_date=None if index == 16 else date(2026, 1, 5) + timedelta(days=6 * index),
        total_amount_in_cents=None if index == 22 else 12_500 + 8_317 * index,
        financial_account_id=account.id,
    )


INVOICES: tuple[KnownInvoice, ...] = tuple(_known_invoice(index) for index in range(30))
"""Thirty, from January 2026 on; the fourth and twentieth lack the vendor, the eighth its number, the twelfth its
property, the seventeenth its date, the twenty-third its total."""
