"""What is learnt of a posted invoice afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What was learnt of one posted invoice since it was last asked after."""

    key: str
    invoice_number: str
    vendor_id: str
    cents: int
    was: str  # "pending", "confirmed", "failed" (ResMan did not take it), "in doubt", "released", …
    now: str
    at: datetime  # when it was learnt
