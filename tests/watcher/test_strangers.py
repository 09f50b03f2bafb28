"""What strangers may put into the folder: links, pipes and folders where something of ours goes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from importer.watcher.heartbeat import beat, last_beat
from importer.watcher.plain import write_beside
from tests.cli.clerk import as_csv, row
from tests.watcher.yard import Yard


@pytest.mark.parametrize("make", ["link", "pipe", "folder"])
def test_notes_follow_no_link_and_wait_for_no_pipe(yard: Yard, tmp_path: Path, make: str) -> None:
    """Whatever strangers put where a note goes, or where it once was written aside: the note lies beside it."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    for name in ("needs-fixing/.march.to-fix.txt.part", "failed/no.approved.why.txt"):
        path = yard.folder.root / name
        {"link": lambda p: p.symlink_to(victim), "pipe": os.mkfifo, "folder": Path.mkdir}[make](path)
    yard.drop("no.approved", "yes")
    yard.drop("march.csv", as_csv([row(f"{yard.prefix}1", due_date="soon")]))
    assert [answer.exit_code for answer in yard.goes()] == [1]
    beside = write_beside(yard.folder.root / "failed/no.approved.why.txt", "once more")
    assert write_beside(yard.folder.root / "failed/no.approved.why.txt", "once more") == beside
    assert victim.read_text() == "precious"
    assert "there is no plan in it" in yard.text("failed/no.approved.why (2).txt")
    assert beside.name == "no.approved.why (3).txt"
    assert "'soon' is not a date" in yard.text("needs-fixing/march.to-fix.txt")


def test_the_watchers_own_files_are_never_waited_for(yard: Yard) -> None:
    """A pipe in place of the sign of life, or of the ledger's card."""
    from importer.errors import CannotRun

    os.mkfifo(yard.folder.own / "heartbeat.json")
    assert last_beat(yard.folder) is None
    beat(yard.folder, {"at": "2026-03-01T00:00:00+00:00"})
    assert (last_beat(yard.folder) or {})["at"] == "2026-03-01T00:00:00+00:00"
    os.mkfifo(yard.folder.own / "ledger.json")
    with pytest.raises(CannotRun, match="not an ordinary file"):
        yard.folder.belongs_to("ledger", "nowhere")
