"""Payment terms as vendors write them: "Net 30", "30 days", "due on receipt"."""

from __future__ import annotations

import re

_DAYS = re.compile(
    r"(?:net|n/?|terms:?)?\s*(\d{1,3})\s*(?:days?|d|tage|jours|días|dias|net)?\.?(?:\s+net)?", re.IGNORECASE
)
_AT_ONCE = re.compile(r"(?:due |payable )?(?:up)?on receipt|immediate(?:ly)?|c\.?o\.?d\.?|cash|sofort", re.IGNORECASE)
MOST_DAYS = 365


def days_of(text: str) -> int | None:
    """The days from bill date to due date; None where the text is no such term (a discount, "EOM", a sentence)."""
    plain = " ".join(text.split())
    if _AT_ONCE.fullmatch(plain):
        return 0
    found = _DAYS.fullmatch(plain)
    return int(found[1]) if found is not None and int(found[1]) <= MOST_DAYS else None
