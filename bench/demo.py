"""The first five minutes: a vendor's spreadsheet, posted to the stand-in API by the very command that a user types.

The rehearsal has a day of its own, on which the sample's invoices are new: it looks the same in every year.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from importer.clock import VARIABLE, Clock

ROOT = Path(__file__).parent.parent
SAMPLES = {
    "submit": ROOT / "fixtures" / "landscaping-xlsx" / "greenleaf-october.xlsx",
    "check": ROOT / "fixtures" / "mistakes" / "november.csv",
}
DAY = datetime(2026, 11, 5, 15, tzinfo=UTC)
"""When the rehearsal begins."""

COMMAND = Path(sys.executable).with_name("invoice-importer")


def main(what: str = "submit") -> int:
    """Runs the command in ./demo-out, with a home of its own there, and says what to try next."""
    folder, sample = Path("demo-out"), SAMPLES[what]
    home = (folder / "home").absolute()
    home.mkdir(parents=True, exist_ok=True)
    if not (folder / sample.name).exists():
        shutil.copy(sample, folder)
    typed = [what, sample.name, "--sandbox", *(["--yes"] if what == "submit" else [])]
    clock = _clock(home / "clock-shift")
    print(
        f"In {folder}, with a home of its own there, and a clock that says {clock.now():%B %Y}, this is run:\n\n"
        f"  invoice-importer {' '.join(typed)}\n",
        flush=True,
    )
    environment = {**os.environ, "IMPORTER_HOME": str(home), VARIABLE: str(clock.shift)}
    ended = subprocess.run([COMMAND, *typed], cwd=folder, env=environment, check=False)
    if what == "check":
        return 0 if ended.returncode in (0, 1) else ended.returncode
    if ended.returncode == 0:
        print(
            f"\nOpen {folder / sample.stem}.results.xlsx in Excel: every row with what became of it.\n\n"
            "Then try:\n"
            "  make demo      the same file again: nothing is posted twice\n"
            "  make mistakes  a file with every mistake that one clerk can make, each of them named"
        )
    return ended.returncode


def _clock(kept: Path) -> Clock:
    """The clock of this rehearsal: it goes on from run to run, so that nothing lies ahead of what was before."""
    if not kept.exists():
        kept.write_text(str(round((DAY - Clock().now()).total_seconds())), encoding="utf-8")
    return Clock(int(kept.read_text(encoding="utf-8")))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
