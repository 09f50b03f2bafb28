"""What becomes of files in which an invoice was in doubt, once none is: also where a person has settled it by hand."""

from __future__ import annotations

from pathlib import Path

from importer.context import open_ledger
from importer.domain.outcome import Run
from importer.dropfolder import drop_store
from importer.dropfolder.drop_store import Drop
from importer.dropfolder.file_names import numbered
from importer.dropfolder.folder import NEEDS_FIXING, move
from importer.dropfolder.job_context import JobContext
from importer.dropfolder.text_file import write_beside
from importer.ledger.ledger import Ledger
from importer.ledger.states import State
from importer.notifications import ToldFile as Told
from importer.notifications import of_run, tell
from importer.notifications.message import Message, as_text
from importer.runs.follow_up import keep_results, may_replace
from importer.runs.past_runs import read_again
from importer.runs.results_file import results_name

IN_DOUBT = 3
"""The exit code with which such a file was filed."""


def doubtful(ledger: Ledger, folder_id: str) -> list[Drop]:
    """The files of the folder that were filed with an invoice in doubt, and of which nobody was told more yet."""
    ended = drop_store.ended_in(ledger, folder_id, NEEDS_FIXING)
    return [drop for drop in ended if drop.exit_code == IN_DOUBT and drop.run is not None]


def bring_up_to_date(bench: JobContext) -> None:
    """Tells of each that is settled, writes its text anew, and moves it to "done" where nothing is left to fix.

    Its workbook was written anew by whoever settled it. Raises OSError.
    """
    with open_ledger(bench.desk, bench.watcher) as ledger:
        for drop in doubtful(ledger, bench.folder_id):
            entries = ledger.standing(ledger.keys_of_run(drop.run or "")).values()
            if any(entry.state in (State.IN_DOUBT, State.SENDING) for entry in entries):
                continue
            known, unread = read_again(bench.desk, ledger, [drop.run or ""])
            for sentence in unread:
                bench.note("results", sentence, run=drop.run)
            run = next((each.run for each in known if each.run.id == drop.run), None)
            if run is None:  # its copy is gone: nothing more can be said of it
                drop_store.change_unowned(ledger, drop, exit_code=1)
            else:
                _bring(bench, ledger, drop, run)


def _bring(bench: JobContext, ledger: Ledger, drop: Drop, run: Run) -> None:
    lies = bench.folder.root / (drop.place or "")
    note = lies.with_name(f"{lies.stem}.to-fix.txt")
    if note.is_file() and not note.is_symlink():
        note.unlink()
        if run.exit_code:
            write_beside(note, as_text(_message(bench, drop, run, lies)))
    if run.exit_code == 0 and lies.is_file() and not lies.is_symlink():
        lies = _moved_to_done(bench, drop, lies)
    message = _message(bench, drop, run, lies)
    if not drop_store.change_unowned(ledger, drop, exit_code=run.exit_code, said=message.subject):
        return
    bench.note("settled", message.subject, file=drop.name, drop=drop.id, run=run.id)
    for sentence in tell(message, bench.orders.tell, bench.desk.settings):
        bench.note("not-told", sentence, run=run.id)


def _message(bench: JobContext, drop: Drop, run: Run, lies: Path) -> Message:
    results = lies.with_name(results_name([lies]))
    kept = results if results.is_file() else None
    said = "Nothing of it is in doubt any more."
    return of_run(run, Told(drop.name, bench.folder.root, lies, f"{drop.id} settled", kept, (said,)))


def _moved_to_done(bench: JobContext, drop: Drop, file: Path) -> Path:
    """Moves the file and its workbook, if nobody has worked in that; says where the file lies then."""
    to = bench.folder.root / bench.folder.month(bench.desk.now().astimezone().date())
    results = file.with_name(results_name([file]))
    if results.is_file() and not results.is_symlink() and may_replace(bench.desk, results):
        target = next(to / name for name in numbered(results.name) if move(results, to / name))
        keep_results(bench.desk, drop.run or "", target, moved=True)
    return next(to / name for name in numbered(file.name) if move(file, to / name))
