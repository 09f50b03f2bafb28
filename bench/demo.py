"""The first five minutes: a vendor's spreadsheet, posted to the stand-in API by the very command that a user types."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "fixtures" / "landscaping-xlsx" / "greenleaf-october.xlsx"
COMMAND = Path(sys.executable).with_name("invoice-importer")


def main() -> int:
    """Runs the command in ./demo-out, with a home of its own there, and says what to try next."""
    folder = Path("demo-out")
    folder.mkdir(exist_ok=True)
    if not (folder / SAMPLE.name).exists():
        shutil.copy(SAMPLE, folder)
    typed = ["submit", SAMPLE.name, "--sandbox", "--yes"]
    print(
        f"In {folder}, with a home of its own there, this is run:\n\n  invoice-importer {' '.join(typed)}\n", flush=True
    )
    home = (folder / "home").absolute()
    ended = subprocess.run([COMMAND, *typed], cwd=folder, env={**os.environ, "IMPORTER_HOME": str(home)}, check=False)
    if ended.returncode == 0:
        print(
            f"\nOpen {folder / SAMPLE.stem}.results.xlsx in Excel: every row with what became of it.\n\n"
            "Then try:\n"
            "  make demo      the same file again: nothing is posted twice\n"
            f"  {os.path.relpath(COMMAND)} check fixtures/mistakes/november.csv --sandbox\n"
            "                 a file with every mistake that one clerk can make, each of them named"
        )
    return ended.returncode


if __name__ == "__main__":
    sys.exit(main())
