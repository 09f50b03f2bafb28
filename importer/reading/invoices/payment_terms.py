"""Payment terms as vendors write them: "Net 30", "30 days", "2% 10, Net 30", "due on receipt", "EOM"."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

_NUMBER = r"(\d{1,3})\s*-?\s*(?:calendar )?(?:days?|d|tage|jours|días|dias|net|netto)?"
_DISCOUNT = r"(?:\d{1,2}(?:[.,]\d+)?\s*%?\s*[/,-]?\s*\d{1,3}\s*(?:days?|d)?\s*[/,;-]?\s*)"
_DAYS = re.compile(
    rf"(?:(?:payment )?terms:?\s*)?(?:net|netto|n/?|due (?:in|within)|within|in|{_DISCOUNT}(?:net|n)\b\s*/?)?\s*-?\s*"
    rf"{_NUMBER}\.?(?:\s+net(?:to)?)?(?:\s+(?:from|after|of)\s+(?:the\s+)?(?:invoice|bill|receipt)(?:\s+date)?)?",
    re.IGNORECASE,
)
_AT_ONCE = re.compile(
    r"(?:net\s+)?(?:due |payable )?(?:up)?on receipt|due now|immediate(?:ly)?|c\.?o\.?d\.?|cash|sofort|net\s+due",
    re.IGNORECASE,
)
_END_OF_MONTH = re.compile(r"(?:net\s+)?(?:e\.?o\.?m\.?|end of (?:the )?month|month end)", re.IGNORECASE)
MOST_DAYS = 365


def due_by(text: str, issued: date) -> date | None:
    """The due date of a bill of that day by these terms; None where the text is no such term ("Net 10th", a sentence).

    Where a discount is offered for paying earlier, the day on which the whole is due.
    """
    plain = " ".join(text.split())
    if _AT_ONCE.fullmatch(plain):
        return issued
    if _END_OF_MONTH.fullmatch(plain):
        return issued.replace(day=monthrange(issued.year, issued.month)[1])
    found = _DAYS.fullmatch(plain)
    return issued + timedelta(days=int(found[1])) if found is not None and int(found[1]) <= MOST_DAYS else None
