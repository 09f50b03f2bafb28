"""The clock that a run is given: this machine's, or one that a rehearsal has moved by so many seconds.

It is read here alone and handed down. What measures a wait (leases, the pace, time limits) asks the machine itself:
a moved clock still runs, so that nobody waits longer or shorter by it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from importer.errors import BadSettings

VARIABLE = "IMPORTER_CLOCK_SHIFT"
"""Whole seconds by which the clock of a rehearsal is ahead of this machine's (with a minus: behind it)."""

MOST = 50 * 366 * 86_400
"""Seconds that a clock may be moved by."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Goes on like this machine's clock, `shift` seconds ahead of it."""

    shift: int = 0

    def now(self) -> datetime:
        """This moment, aware, in UTC."""
        return datetime.fromtimestamp(self.seconds(), UTC)

    def seconds(self) -> float:
        """This moment, in seconds since 1970."""
        return time.time() + self.shift


def clock_of(environment: Mapping[str, str]) -> Clock:
    """The clock that the environment asks for; this machine's where it asks for none. Raises `BadSettings`."""
    given = environment.get(VARIABLE, "").strip()
    if not given:
        return Clock()
    digits = given.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= len(str(MOST)) and int(digits) <= MOST):
        raise BadSettings(f"{VARIABLE} is not usable: {given!r} is no whole number of seconds.", "Remove it.")
    return Clock(int(given))
