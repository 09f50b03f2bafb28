"""What a corrected workbook makes an end of: the file that it answers lies among those that need fixing no longer."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from importer.afterwards import keep_results, may_replace
from importer.errors import LedgerUnavailable
from importer.results import results_name
from importer.submitter import Ledger, drops
from importer.submitter.drops import Drop
from importer.watcher.bench import Bench
from importer.watcher.folder import DONE, NEEDS_FIXING, move
from importer.watcher.naming import numbered

GIVEN_BACK = re.compile(r"(?P<stem>.+)\.results(?: \d+)?", re.IGNORECASE)


def tidy_after(bench: Bench, ledger: Ledger, drop: Drop) -> None:
    """Moves what a workbook that is done has made an end of to where it lies itself. Can be done again.

    "march.results.xlsx", and "march.results 2.xlsx", which answers that one, are about "march.csv". A workbook in which
    somebody has worked since stays. Raises OSError.
    """
    place = PurePosixPath(drop.place or "")
    given_back = GIVEN_BACK.fullmatch(PurePosixPath(drop.name).stem)
    if given_back is None or not drop.name.lower().endswith(".xlsx") or place.parts[:1] != (DONE,):
        return
    about = given_back["stem"]
    for earlier in drops.ended_in(ledger, bench.folder_id, NEEDS_FIXING):
        at = PurePosixPath(earlier.place or "")
        again = GIVEN_BACK.fullmatch(at.stem)
        if about in (at.stem, again and again["stem"]) and earlier.taken_at < drop.taken_at:
            _move_all(bench, earlier, (bench.folder.root / place).parent)


def _move_all(bench: Bench, earlier: Drop, to: Path) -> None:
    file = bench.folder.root / (earlier.place or "")
    results, note = file.with_name(results_name([file])), file.with_name(f"{file.stem}.to-fix.txt")
    moved = False
    for path in (file, results, note):
        if not path.is_file() or path.is_symlink() or (path == results and not _is_nobodys(bench, path)):
            continue
        moved = True
        target = next(to / name for name in numbered(path.name) if move(path, to / name))
        if path == results and earlier.run is not None:
            keep_results(bench.desk, earlier.run, target)
    if moved:
        bench.note("superseded", f"{earlier.name} needs fixing no longer.", file=earlier.name, drop=earlier.id)


def _is_nobodys(bench: Bench, results: Path) -> bool:
    try:
        return may_replace(bench.desk, results)
    except LedgerUnavailable:
        return False  # then it cannot be told
