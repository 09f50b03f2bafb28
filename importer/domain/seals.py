"""The seal of a ledger: what its results workbooks carry, so that theirs are told from others, and edits are seen."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Seal:
    """Everybody who uses a ledger has its seal; nobody else can make it."""

    ledger: str  # its name: random, given once
    said: str  # where it is, and who used it, for people
    since: datetime  # runs that were started later than that have it
    key: bytes = field(repr=False)

    def over(self, text: str) -> str:
        """64 hexadecimal digits that only who has the key can make for this text."""
        return hmac.new(self.key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
