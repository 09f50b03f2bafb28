"""What the home keeps (postings, vendors' files, what was fetched) is its owner's alone."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.home import private_files
from tests.cli.clerk import Clerk

pytestmark = pytest.mark.skipif(os.name != "posix", reason="other systems keep their rights elsewhere")


def _home(clerk: Clerk) -> Path:
    return Path(clerk.environment["IMPORTER_HOME"])


def _open_to_others(folder: Path) -> Iterator[str]:
    for path in (folder, *folder.rglob("*")):
        if stat.S_IMODE(path.lstat().st_mode) & 0o077:
            yield path.name


@pytest.fixture
def _usual_mask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_usual_mask")
def test_all_that_a_run_keeps_is_its_owners_alone(clerk: Clerk) -> None:
    """The ledger and what SQLite makes beside it, the copies of the files, what was fetched, a saved layout."""
    clerk.writes_good()
    assert clerk.runs("profile", "new", "march.csv", "--yes").code == 0
    assert clerk.runs("sync").code == 0
    assert clerk.runs("submit", "march.csv", "--yes").code == 0
    home = _home(clerk)
    kept = {path.name for path in home.rglob("*")}
    assert {"ledger.sqlite3", "archive", "directory", "profiles"} <= kept
    assert list(_open_to_others(home)) == []
    assert "march.results.xlsx" in set(_open_to_others(clerk.folder))  # beside the input it is the colleagues', too


@pytest.mark.usefixtures("_usual_mask")
def test_what_sqlite_makes_beside_an_open_ledger_is_private_too(tmp_path: Path) -> None:
    """Its write-ahead log holds postings as well."""
    from importer.ledger.schema import open_store

    store = open_store(f"sqlite:///{tmp_path / 'home' / 'ledger.sqlite3'}")
    try:
        assert {path.name for path in (tmp_path / "home").iterdir()} >= {"ledger.sqlite3", "ledger.sqlite3-wal"}
        assert list(_open_to_others(tmp_path / "home")) == []
    finally:
        store.close()


@pytest.mark.usefixtures("_usual_mask")
def test_a_home_of_an_older_version_is_tightened_on_opening(clerk: Clerk) -> None:
    """All of it; and `doctor` says so before, where others can write."""
    clerk.writes_good()
    assert clerk.runs("submit", "march.csv", "--yes").code == 0
    home = _home(clerk)
    for path in (home, *home.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o644)
    assert f"Run: chmod go-rwx {home}" in clerk.runs("doctor").out
    for path in (home, *home.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert clerk.runs("check", "march.csv").code == 0
    assert list(_open_to_others(home)) == []


def test_a_folder_that_holds_other_things_as_well_stays_as_open_as_it_is(tmp_path: Path) -> None:
    """A drop folder in it is shared on purpose; what is ours there is private all the same."""
    (tmp_path / "drop").mkdir(mode=0o755)
    (tmp_path / "archive").mkdir(mode=0o755)
    (tmp_path / "ledger.sqlite3").touch(mode=0o644)
    tmp_path.chmod(0o755)
    private_files.tighten_home(tmp_path)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path, *tmp_path.iterdir())}
    assert modes == {tmp_path.name: 0o755, "drop": 0o755, "archive": 0o700, "ledger.sqlite3": 0o600}


def test_somebodys_own_folder_is_not_touched(tmp_path: Path) -> None:
    """One without a ledger may be no home at all."""
    (tmp_path / "archive").mkdir(mode=0o755)
    (tmp_path / "letters.txt").touch(mode=0o644)
    private_files.tighten_home(tmp_path)
    assert stat.S_IMODE((tmp_path / "archive").stat().st_mode) == 0o755


def test_a_link_leads_nobody_to_change_what_is_elsewhere(tmp_path: Path) -> None:
    """What it points to stays as it is."""
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    (home / "archive").symlink_to(tmp_path / "elsewhere")
    (home / "ledger.sqlite3").touch(mode=0o644)
    private_files.tighten_home(home)
    assert stat.S_IMODE((tmp_path / "elsewhere").stat().st_mode) == 0o755
    assert stat.S_IMODE((home / "ledger.sqlite3").stat().st_mode) == 0o600
