"""`make bench`: speed and memory, each beside a named baseline in the same run. Figures are for comparing."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import ledger, names, reading, report
from bench.measuring import Comparison, Size, lines

Compare = Callable[[Path, Size], Iterator[Comparison]]

BENCHMARKS: dict[str, Compare] = {
    "reading": reading.compare,
    "report": report.compare,
    "names": names.compare,
    "ledger": ledger.compare,
}
"""Each makes its files in the folder that it is given, and measures as much as the size says."""


def main() -> int:
    """Measures what is asked for, all by default, and prints it as it comes."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)}; all by default")
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the largest file (%(default)s)")
    parser.add_argument("--big", action="store_true", help="a csv of ten times as many rows, too")
    given = parser.parse_args()
    if unknown := set(given.names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    print(
        f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} CPUs, "
        f"load {os.getloadavg()[0]:.1f}\n"
        "Whole processes from start to end; the memory is the largest process's.",
        flush=True,
    )
    for name in given.names or BENCHMARKS:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            for comparison in BENCHMARKS[name](Path(folder), Size(given.rows, given.big)):
                print("\n" + "\n".join(lines(comparison)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
