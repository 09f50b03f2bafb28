"""Everything that is frozen, looked at; what differs, shown; what is meant, accepted.

python -m tests.snapshots                       all cases: names the parts that differ, changes nothing
python -m tests.snapshots --only plumbers       those whose names have these words in them
python -m tests.snapshots --against main        what differs from the code of a commit, in full, as a diff
python -m tests.snapshots --write FOLDER        every account in full, a file for each part of each case
python -m tests.snapshots --accept              freezes what is made of them now
"""

from __future__ import annotations

import argparse
import difflib
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.snapshots import frozen

ROOT = Path(__file__).parents[2]


def main() -> int:
    """1 where something is not as it was."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.snapshots", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", metavar="WORDS", help="the cases with these words in their names")
    parser.add_argument("--processes", type=int, default=2, metavar="N", help="how many work side by side")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--accept", action="store_true", help="freeze what is made of them now")
    what.add_argument("--write", type=Path, metavar="FOLDER", help="write the accounts in full")
    what.add_argument("--against", metavar="COMMIT", help="show what differs from the code of a commit")
    given = parser.parse_args()
    cases = [case for case in frozen.cases() if given.only in case]
    if given.write:
        write(cases, given.write, given.processes)
        return 0
    if given.against:
        return against(given.against, cases, given.only, given.processes)
    with ProcessPoolExecutor(given.processes) as pool:
        sums = dict(zip(cases, pool.map(frozen.summed, cases), strict=True))
    if given.accept:
        frozen.accept(sums)
        return 0
    return compare(sums)


def compare(sums: dict[str, dict[str, str]]) -> int:
    """Names the parts that differ. 1 where some do."""
    known = frozen.frozen()
    code = 0
    for case, found in sums.items():
        expected = known.get(case, {})
        parts = [part for part in {**expected, **found} if found.get(part) != expected.get(part)]
        if parts:
            code = 1
            sys.stdout.write(f"{case}: {', '.join(parts)}\n")
    if code:
        sys.stdout.write(
            "These are not as they were frozen. In full: make snapshots AGAINST=main; meant: make snapshots ACCEPT=1\n"
        )
    return code


def write(cases: list[str], folder: Path, processes: int) -> None:
    """Every part of every account of the cases, each in a file of its own."""
    with ProcessPoolExecutor(processes) as pool:
        for _ in pool.map(_write, cases, [folder] * len(cases)):
            pass


def _write(case: str, folder: Path) -> None:
    for name, account in frozen.accounts(case):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for part, text in account.items():
            (folder / name / part).write_text(text + "\n", encoding="utf-8")


def against(commit: str, cases: list[str], only: str, processes: int) -> int:
    """Shows what differs from what the code of a commit makes of the same cases. 1 where something does.

    That code runs in a work tree of its own, with this Python and what is installed beside it.
    """
    with tempfile.TemporaryDirectory() as name:
        before, now, tree = (Path(name) / each for each in ("before", "now", "tree"))
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", tree, commit], check=True, cwd=ROOT)
        try:
            command = [sys.executable, "-m", "tests.snapshots", "--write", str(before), "--only", only]
            subprocess.run(command, check=True, cwd=tree, env=os.environ | {"PYTHONPATH": str(tree)})
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", tree], check=True, cwd=ROOT)
        write(cases, now, processes)
        return _show(before, now)


def _show(before: Path, now: Path) -> int:
    files = sorted({each.relative_to(root) for root in (before, now) for each in root.rglob("*") if each.is_file()})
    code = 0
    for file in files:
        texts = [(root / file).read_text("utf-8") if (root / file).exists() else "" for root in (before, now)]
        if texts[0] != texts[1]:
            code = 1
            old, new = (text.splitlines(keepends=True) for text in texts)
            sys.stdout.writelines(difflib.unified_diff(old, new, f"before: {file}", f"now: {file}", n=1))
    return code


if __name__ == "__main__":
    sys.exit(main())
