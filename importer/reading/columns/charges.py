"""What headings say of charges and deductions beside the amounts, and how a profile books them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from importer.reading.cells.parse_cell import CellValue, Unreadable
from importer.reading.columns.meaning import words_of

ADDED = frozenset(
    (
        *("freight", "shipping", "delivery", "handling", "surcharge", "surcharges", "fee", "fees", "postage", "tip"),
        *("gratuity", "toll", "tolls", "fracht", "versand", "porto", "versandkosten", "flete", "envio"),
    )
)
SHARES = frozenset(
    (
        *("markup", "uplift", "overhead", "profit", "multiplier", "factor", "coefficient", "split", "share", "billed"),
        *("billable", "prorata", "prorated", "proration", "allocation", "allocated", "commission", "escalation"),
        *("complete", "completed", "aufschlag", "zuschlag", "faktor", "anteil", "recargo", "majoration", "coef"),
        *("adjustment", "adj", "multiplicador", "parte", "opslag", "korrektur", "weighting", "ratio", "op"),
    )
)
"""What a price is multiplied with, or what part of it is billed."""

WHOLE = frozenset((1, 100))
"""Cents and hundred percent of such a share, or once: it changes nothing."""

TAKEN_OFF = frozenset(
    (
        *("discount", "discounts", "retainage", "retention", "deposit", "rebate", "less", "credits", "credit"),
        *("allowance", "rabatt", "skonto", "remise", "escompte", "descuento", "sconto", "korting", "desconto"),
    )
)
MULTIPLIERS = frozenset(("factor", "faktor", "multiplier", "multiplicador", "coefficient", "coef", "ratio"))
PERCENTS = frozenset(("percent", "pct", "perc", "prozent", "porcentaje", "pourcentage", "procent"))
RATES = frozenset(("rate", "satz", "split", "share", "anteil", "prorata", "proration", *MULTIPLIERS, *PERCENTS))
NO_AMOUNTS = frozenset(
    (
        *("date", "code", "type", "number", "account", "method", "address", "terms", "reason", "id", "exempt"),
        *("taxable", "status", "class", "group", "jurisdiction", "authority", "period", "year", "base", "limit"),
        *(
            "center",
            "centre",
            "ctr",
            "budget",
            "variance",
            "change",
            "margin",
            "score",
            "rating",
            "humidity",
            "interest",
        ),
        *("card", "days", "hours", "quantity", "unit", "description", "name"),
    )
)


def is_taken_off(heading: str) -> bool:
    """True for "Discount", "Less: Deposit" and the like, where the column holds amounts."""
    words = words_of(heading)
    return bool(words & TAKEN_OFF) and not words & (NO_AMOUNTS | RATES)


def is_added(heading: str) -> bool:
    """True for "Freight", "Env Fee" and the like, where the column holds amounts."""
    words = words_of(heading)
    return bool(words & ADDED) and not words & (NO_AMOUNTS | RATES)


def taken_off(column: Sequence[CellValue | Unreadable]) -> list[CellValue | Unreadable]:
    """The amounts of such a column as they count in the invoice: negative, whichever sign they are written with."""
    return [-abs(value) if isinstance(value, Decimal) else value for value in column]


def booked_as(heading: str, *, is_deducted: bool) -> str:
    """What a profile says for a column to be a line of its own."""
    more = ", deducted = true" if is_deducted else ""
    return f'[[extra_lines]] heading = "{heading}", financial_account_id = "…"{more}'
