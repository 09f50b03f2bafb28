"""A workbook that is being read while the rest is loaded."""

from __future__ import annotations

import gc
from pathlib import Path
from threading import Thread, active_count

import pytest

from importer.domain.gc_pause import paused_gc
from importer.errors import FileUnreadable
from importer.reading import read_files, reading_ahead
from tests.reading.made_workbooks import xlsx

FIXTURE = Path(__file__).parents[3] / "fixtures" / "landscaping-xlsx" / "greenleaf-october.xlsx"


def test_it_says_the_same() -> None:
    """What was read ahead is what is read; no thread is left behind."""
    before = active_count()
    with reading_ahead([FIXTURE]) as ahead:
        assert ahead is not None
        read = read_files([FIXTURE], integration_id="intg-1", ahead=ahead)
    assert ahead.opened.done()
    assert active_count() == before
    assert len(read.invoices) == len(read_files([FIXTURE], integration_id="intg-1").invoices) > 0
    assert [file.sha256 for file in read.files] == [ahead.opened.result().file.sha256]


def test_what_is_wrong_is_said_when_it_is_asked_for(tmp_path: Path) -> None:
    """Not before: a wrong option is named first."""
    torn = tmp_path / "torn.xlsx"
    torn.write_bytes(FIXTURE.read_bytes()[:-40])
    with reading_ahead([torn]) as ahead, pytest.raises(FileUnreadable, match="is not whole"):
        read_files([torn], integration_id="intg-1", ahead=ahead)


def test_only_a_workbook_is_read_ahead(tmp_path: Path) -> None:
    """A csv takes no other process; what is no file at all is somebody else's to say."""
    plain = tmp_path / "plain.csv"
    plain.write_text("a,b\n")
    for path in (plain, tmp_path, tmp_path / "missing.xlsx", Path("impossible\0.xlsx")):
        with reading_ahead([path]) as ahead:
            assert ahead is None


def test_another_file_is_read_as_ever(tmp_path: Path) -> None:
    """Only the first of several is under way, and only under its own name."""
    other = xlsx(tmp_path, "")
    with reading_ahead([FIXTURE, other]) as ahead, pytest.raises(FileUnreadable, match=other.name):
        read_files([other], integration_id="intg-1", ahead=ahead)


def test_the_collector_rests_until_the_last_block_ends() -> None:
    """Whichever thread's block that is, it is as it was before the first."""
    assert gc.isenabled()
    reading = paused_gc()
    thread = Thread(target=reading.__enter__)
    thread.start()
    thread.join()
    with paused_gc():
        reading.__exit__(None, None, None)
        assert not gc.isenabled()
    assert gc.isenabled()
