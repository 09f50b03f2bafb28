"""The one moment by which everybody has been told, or not: whoever tells must never be held up."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Deadline:
    """So many seconds from now."""

    seconds: float
    _begun: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """Seconds; never less than a moment, so that it can be the time limit of a socket."""
        return max(0.05, self.seconds - (time.monotonic() - self._begun))

    @property
    def is_over(self) -> bool:
        """True once nothing more may be begun."""
        return time.monotonic() - self._begun >= self.seconds
