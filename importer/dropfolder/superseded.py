"""What a corrected workbook makes an end of: the file that it answers lies among those that need fixing no longer."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from importer.dropfolder import drop_store
from importer.dropfolder.drop_store import Drop
from importer.dropfolder.file_names import numbered
from importer.dropfolder.folder import DONE, NEEDS_FIXING, move
from importer.dropfolder.job_context import JobContext
from importer.errors import FileUnreadable, LedgerUnavailable
from importer.ledger.ledger import Ledger
from importer.reading.formats.open_file import open_file
from importer.roundtrip.corrected_workbook import made_from
from importer.runs.follow_up import keep_results, may_replace
from importer.runs.results_file import results_name
from importer.workbook_format.manifest import SHEET


def tidy_after(bench: JobContext, ledger: Ledger, drop: Drop) -> None:
    """Moves what a workbook that is done has made an end of to where it lies itself. Can be done again.

    That is what the workbook itself says it was made from: by the run, or by the vendor's file. Names say nothing. A
    workbook in which somebody has worked since stays. Raises OSError.
    """
    place = PurePosixPath(drop.place or "")
    if place.parts[:1] != (DONE,) or drop.run is None or not drop.name.lower().endswith((".xlsx", ".xlsm", ".ods")):
        return
    root, ended = bench.folder.root, drop_store.ended_in(ledger, bench.folder_id, NEEDS_FIXING)
    left = [each for each in ended if each.taken_at < drop.taken_at]
    if not left:
        return
    try:
        runs, contents = made_from(open_file(bench.folder.root / place, sheet=SHEET))
    except FileUnreadable:
        return  # no answer of ours; or it was moved meanwhile
    for earlier in left:
        if earlier.run in runs or earlier.sha256 in contents:
            _move_all(bench, earlier, (root / place).parent)


def _move_all(bench: JobContext, earlier: Drop, to: Path) -> None:
    file = bench.folder.root / (earlier.place or "")
    results, note = file.with_name(results_name([file])), file.with_name(f"{file.stem}.to-fix.txt")
    moved = False
    for path in (file, results, note):
        if not path.is_file() or path.is_symlink() or (path == results and not _is_nobodys(bench, path)):
            continue
        moved = True
        target = next(to / name for name in numbered(path.name) if move(path, to / name))
        if path == results and earlier.run is not None:
            keep_results(bench.desk, earlier.run, target, moved=True)
    if moved:
        bench.note("superseded", f"{earlier.name} needs fixing no longer.", file=earlier.name, drop=earlier.id)


def _is_nobodys(bench: JobContext, results: Path) -> bool:
    try:
        return may_replace(bench.desk, results)
    except LedgerUnavailable:
        return False  # then it cannot be told
