"""The whole suite on days other than today: `make days`. One variable moves the clock that the tests hand in."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from importer.clock import VARIABLE, Clock

DAYS = ("2026-12-31T23:57", "2027-02-28T23:57", "2028-02-29T12:00")
"""When the runs begin, in UTC: the first two go past the end of the year, and of a month."""


def main(options: Sequence[str]) -> int:
    """Runs pytest with these options once for each day, and says how each ended; 0 where all are green."""
    ends: dict[str, int] = {}
    for day in DAYS:
        shift = round((datetime.fromisoformat(day).replace(tzinfo=UTC) - Clock().now()).total_seconds())
        print(f"\nFrom {day} on ({VARIABLE}={shift}):", flush=True)
        command = [sys.executable, "-m", "pytest", *options]
        ends[day] = subprocess.run(command, env={**os.environ, VARIABLE: str(shift)}, check=False).returncode
    for day, code in ends.items():
        print(f"{day}: {'green' if code == 0 else f'pytest ended with {code}'}")
    return max(ends.values())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
