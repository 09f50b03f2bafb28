"""The plain layout as one table: what the reader looks for, what the template offers, what the README lists.

A field's `name` is the API's own (contract, "Create an invoice in ResMan"); `heading` is what a clerk sees.
Money fields say in `unit` whether their numbers are dollars or cents; everything past the reader is in cents.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ValueKind(StrEnum):
    """How the cells of a column are read."""

    TEXT = "text"  # as the cell says it, leading zeros and all
    DATE = "date"
    DOLLARS = "dollars"
    CENTS = "cents"
    QUANTITY = "quantity"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One column of the plain layout."""

    name: str
    heading: str
    kind: ValueKind
    of_line: bool  # True: belongs to the line item; False: to the invoice, and is given once or repeated
    required: bool  # the column must be there, or one of those that `instead` names
    meaning: str
    example: str
    spellings: tuple[str, ...] = ()  # further headings, compared without case, spaces and punctuation
    instead: tuple[str, ...] = ()  # columns that can stand in for this one


COLUMNS: tuple[FieldSpec, ...] = (
    FieldSpec(
        "integration_id",
        "Integration",
        ValueKind.TEXT,
        of_line=False,
        required=False,
        meaning="Which ResMan account. May be a setting instead of a column.",
        example="intg-9f8b7c6d5e4a3b2c1d0e",
        spellings=("integration", "integration id"),
    ),
    FieldSpec(
        "property_id",
        "Property",
        ValueKind.TEXT,
        of_line=False,
        required=True,
        meaning="The property that is billed: its id, or once `sync` has run its name or code.",
        example="prop-1234567890abcdef",
        spellings=("property", "property id", "property code"),
    ),
    FieldSpec(
        "vendor_id",
        "Vendor",
        ValueKind.TEXT,
        of_line=False,
        required=True,
        meaning="The vendor to pay: its id, or once `sync` has run its name or account number.",
        example="vend-0987654321fedcba",
        spellings=("vendor", "vendor id", "vendor code", "supplier", "supplier id", "payee"),
    ),
    FieldSpec(
        "invoice_number",
        "Invoice #",
        ValueKind.TEXT,
        of_line=False,
        required=True,
        meaning="The vendor's own reference, exactly as the vendor writes it.",
        example="INV-20240115-001",
        spellings=(
            "invoice number",
            "invoice no",
            "invoice num",
            "invoice",
            "invoice id",
            "inv",
            "inv no",
            "inv number",
            "bill no",
            "bill number",
            "bill",
        ),
    ),
    FieldSpec(
        "invoice_date",
        "Bill Date",
        ValueKind.DATE,
        of_line=False,
        required=True,
        meaning="The date of issue.",
        example="2024-01-15",
        spellings=("invoice date", "inv date", "bill date", "date issued", "issue date", "issued", "date"),
    ),
    FieldSpec(
        "due_date",
        "Due Date",
        ValueKind.DATE,
        of_line=False,
        required=True,
        meaning="The day by which the vendor wants to be paid.",
        example="2024-02-14",
        spellings=("due date", "due", "payment due", "date due", "due on", "due by"),
    ),
    FieldSpec(
        "accounting_date",
        "Accounting Date",
        ValueKind.DATE,
        of_line=False,
        required=False,
        meaning="The day on which it is booked. ResMan takes the bill date where this is blank.",
        example="2024-01-31",
        spellings=("accounting date", "post date", "posting date", "gl date", "book date"),
    ),
    FieldSpec(
        "notes",
        "Notes",
        ValueKind.TEXT,
        of_line=False,
        required=True,
        meaning="Notes on the invoice.",
        example="Grounds maintenance, January",
        spellings=("notes", "note", "invoice notes", "invoice note", "comments"),
    ),
    FieldSpec(
        "memo",
        "Memo",
        ValueKind.TEXT,
        of_line=False,
        required=True,
        meaning="The memo on the invoice.",
        example="January service",
        spellings=("memo", "invoice memo"),
    ),
    FieldSpec(
        "total_amount",
        "Invoice Total",
        ValueKind.DOLLARS,
        of_line=False,
        required=True,
        meaning="The whole invoice in dollars. The lines must add up to it, to the cent.",
        example="1,250.00",
        spellings=("total amount", "total", "invoice total", "invoice amount", "amount due", "total due"),
        instead=("total_amount_in_cents",),
    ),
    FieldSpec(
        "total_amount_in_cents",
        "Invoice Total (cents)",
        ValueKind.CENTS,
        of_line=False,
        required=False,
        meaning="The whole invoice in cents, instead of dollars.",
        example="125000",
        spellings=("total amount in cents", "total in cents", "total cents"),
    ),
    FieldSpec(
        "financial_account_id",
        "GL Account",
        ValueKind.TEXT,
        of_line=True,
        required=True,
        meaning="The GL account that the line is booked to: its id, or once `sync` has run its number or name.",
        example="finacct-1122334455667788",
        spellings=(
            "gl account",
            "gl",
            "gl code",
            "gl account id",
            "account",
            "account id",
            "financial account",
            "account code",
        ),
    ),
    FieldSpec(
        "quantity_ordered",
        "Qty",
        ValueKind.QUANTITY,
        of_line=True,
        required=True,
        meaning="How many. Leave it and the unit price blank where the line has an amount alone.",
        example="1",
        spellings=("quantity ordered", "quantity", "qty", "qty ordered", "units", "hours"),
        instead=("line_amount",),
    ),
    FieldSpec(
        "unit_price",
        "Unit Price",
        ValueKind.DOLLARS,
        of_line=True,
        required=True,
        meaning="The price of one, in dollars.",
        example="1,250.00",
        spellings=("unit price", "price", "unit cost", "price each", "rate", "each"),
        instead=("unit_price_in_cents", "line_amount"),
    ),
    FieldSpec(
        "unit_price_in_cents",
        "Unit Price (cents)",
        ValueKind.CENTS,
        of_line=True,
        required=False,
        meaning="The price of one in cents, instead of dollars.",
        example="125000",
        spellings=("unit price in cents", "unit price cents"),
    ),
    FieldSpec(
        "line_amount",
        "Line Amount",
        ValueKind.DOLLARS,
        of_line=True,
        required=False,
        meaning="The line's amount in dollars: checked against quantity × unit price, or used by itself.",
        example="1,250.00",
        spellings=(
            "line amount",
            "line total",
            "extended",
            "extended amount",
            "extended price",
            "ext price",
            "amount",
        ),
    ),
    FieldSpec(
        "item_notes",
        "Line Notes",
        ValueKind.TEXT,
        of_line=True,
        required=False,
        meaning="Notes on the line.",
        example="Mowing, 4 visits",
        spellings=(
            "item notes",
            "line notes",
            "line note",
            "item note",
            "description",
            "item description",
            "line description",
        ),
    ),
)

BY_NAME: dict[str, FieldSpec] = {column.name: column for column in COLUMNS}

OWN_SHEETS: tuple[str, str] = ("How to fill it in", "Names and ids")
"""The sheets that `template` puts beside the invoices; the second is hidden. They are no part of the input."""

IDENTITY: tuple[str, ...] = ("integration_id", "property_id", "vendor_id", "invoice_number")
"""The fields that say which invoice a row belongs to."""
