"""The command `watch` as a process: once and for months, stopped and killed, logged, and asked how it stands."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bench.soak import soak
from importer.dropfolder.folder import DropFolder
from importer.dropfolder.folder_settings import FolderSettings, read_orders
from importer.dropfolder.heartbeat import last_beat
from importer.dropfolder.log import Log
from importer.sandbox import INTEGRATION_ID, TOKEN
from tests.clock import CLOCK, MOVED
from tests.dropfolder.yard import Yard

QUICK = 'action = "submit"\npoll_seconds = 0.05\nsettle_seconds = 0.1\nopen_end_seconds = 0.2\n'
PATIENCE = 40.0


class Process:
    """A watcher."""

    def __init__(self, yard: Yard, *words: str, **environment: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PROPEXO_", "IMPORTER_"))}
        whole = kept | {
            "PROPEXO_URL": yard.stand_in.url,
            "PROPEXO_TOKEN": TOKEN,
            "PROPEXO_INTEGRATION_ID": INTEGRATION_ID,
            "IMPORTER_HOME": str(yard.desk.settings.home),
            "IMPORTER_RATE_LIMIT": "100000",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            **MOVED,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "importer", "watch", str(yard.folder.root), *words],
            env=whole | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ends(self) -> tuple[int, str, str]:
        """Its exit code, and what it said."""
        out, err = self.process.communicate(timeout=PATIENCE)
        assert "Traceback" not in out + err, err
        return self.process.returncode, out, err


@pytest.fixture
def quick(yard: Yard) -> Yard:
    """A folder that posts, and waits for nothing."""
    yard.orders(QUICK)
    return yard


@pytest.fixture
def watcher(quick: Yard) -> Iterator[Process]:
    """One that goes on until it is stopped."""
    one = Process(quick, "--log-json")
    yield one
    with suppress(ProcessLookupError):
        one.process.kill()
    one.process.communicate()


def eventually(yard: Yard, path: str, watcher: Process) -> None:
    deadline = time.monotonic() + PATIENCE
    while path not in yard.lies():
        assert time.monotonic() < deadline, yard.lies()
        assert watcher.process.poll() is None, watcher.ends()
        time.sleep(0.02)


def test_once_deals_with_what_is_there(quick: Yard) -> None:
    """It waits until it has proved complete, says what it did in one line each, and ends with the worst exit code."""
    quick.drop("march.csv", quick.good(1))
    quick.drop("letter.csv", "%PDF-1.4\n")
    code, out, err = Process(quick, "--once").ends()
    assert (code, out) == (2, "")
    assert "1 invoice posted – march.csv" in err
    assert "done/MONTH/march.csv" in quick.lies()
    assert set(quick.posted().values()) == {1}
    assert Process(quick, "--once").ends()[0] == 0


def test_once_waits_for_a_word(quick: Yard) -> None:
    """Under cron every process begins to wait anew: a word beside a file that waits counts all the same."""
    quick.orders(QUICK + 'approval = "required"\n')
    quick.drop("march.csv", quick.good(1))
    Process(quick, "--once").ends()
    text = quick.folder.waiting / "march.to-approve.txt"
    text.rename(text.with_name("march.approved"))
    assert Process(quick, "--once").ends()[0] == 0
    assert "done/MONTH/march.csv" in quick.lies()
    assert set(quick.posted().values()) == {1}


def test_it_goes_on_until_it_is_stopped(quick: Yard, watcher: Process) -> None:
    """Files are taken as they come; a signal ends it with 0, and nobody watches any more."""
    quick.drop("march.csv", quick.good(1))
    eventually(quick, "done/MONTH/march.csv", watcher)
    code, out, _ = Process(quick, "--status").ends()
    assert code == 0
    assert "Watched by" in out
    watcher.process.send_signal(signal.SIGTERM)
    code, _, err = watcher.ends()
    assert code == 0
    lines = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
    assert {"started", "taken", "working", "judged", "filed", "ended"} <= {line["event"] for line in lines}
    assert all({"at", "event", "folder", "said"} <= set(line) for line in lines)
    code, out, _ = Process(quick, "--status", "--log-json").ends()
    assert (code, json.loads(out)["alive"]) == (1, False)
    assert json.loads(out)["files"]["done"] == 2


def test_its_settings_count_from_the_next_file_on(quick: Yard, watcher: Process) -> None:
    """Wrong ones are said in a sentence, and nothing is taken until they are mended."""
    quick.drop("march.csv", quick.good(1))
    eventually(quick, "done/MONTH/march.csv", watcher)
    quick.orders(QUICK + "colour = 1\n")
    deadline = time.monotonic() + PATIENCE
    while "there is no setting colour" not in str((last_beat(quick.folder) or {}).get("wrong")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    quick.drop("april.csv", quick.good(2))
    quick.orders(QUICK)
    eventually(quick, "done/MONTH/april.csv", watcher)
    watcher.process.send_signal(signal.SIGINT)
    assert watcher.ends()[0] == 130


def test_settings_that_are_gone_are_not_made_anew(quick: Yard) -> None:
    """A folder that posted would only check from then on, without a word: nothing is taken before somebody looks."""
    Process(quick, "--once").ends()
    quick.folder.orders.unlink()
    quick.drop("march.csv", quick.good(1))
    code, _, err = Process(quick, "--once").ends()
    assert code == 2
    assert "watch.toml is gone, and nothing is taken without it." in err
    assert quick.lies() == ["inbox/march.csv"]
    assert not quick.folder.orders.exists()
    quick.orders(QUICK)
    assert Process(quick, "--once").ends()[0] == 0
    assert set(quick.posted().values()) == {1}


def test_a_copied_folder_is_another(quick: Yard) -> None:
    """What waits in the original goes on waiting: the copy has an id of its own from its first watcher on."""
    Process(quick, "--once").ends()
    copy = quick.folder.root.with_name("copy")
    shutil.copytree(quick.folder.root, copy)
    before = (quick.folder.own / "ledger.json").read_text()
    other = Yard(DropFolder.at(copy), quick.desk, quick.stand_in, quick.prefix)
    assert "is a copy of" in Process(other, "--once").ends()[2]
    after = (copy / ".watch" / "ledger.json").read_text()
    assert json.loads(after)["folder"] != json.loads(before)["folder"]
    assert "is a copy of" not in Process(other, "--once").ends()[2]
    assert (quick.folder.own / "ledger.json").read_text() == before


def test_who_looks_from_time_to_time_watches_too(quick: Yard) -> None:
    """For a quarter of an hour; a sign of life that is damaged counts for nothing, and that is said."""
    Process(quick, "--once").ends()
    code, out, _ = Process(quick, "--status").ends()
    assert code == 0
    assert "Watched from time to time, last at" in out
    for damaged in ("hello", "2026-03-01T10:00:00"):
        (quick.folder.own / "heartbeat.json").write_text(json.dumps({"at": damaged}))
        code, _, err = Process(quick, "--status").ends()
        assert code == 1
        assert "The sign of life cannot be read" in err


def test_another_ledger_does_not_start(quick: Yard, tmp_path: Path) -> None:
    """One sentence, and what to do."""
    Process(quick, "--once").ends()
    code, _, err = Process(quick, "--once", IMPORTER_HOME=str(tmp_path / "other")).ends()
    assert code == 2
    assert "is kept by another ledger" in err
    assert "PostgreSQL" in err


def test_a_share_that_is_away_is_no_new_folder(quick: Yard, watcher: Process) -> None:
    """Under it lies an empty folder: nothing is made there, and it goes on once the share is back."""
    quick.drop("march.csv", quick.good(1))
    eventually(quick, "done/MONTH/march.csv", watcher)
    root, share = quick.folder.root, quick.folder.root.with_name("share")
    root.rename(share)
    root.mkdir()
    code, _, err = Process(quick, "--once").ends()
    assert code == 2
    assert "was watched before, and there is no “inbox” in it" in err
    assert list(root.iterdir()) == []
    root.rmdir()
    share.rename(root)
    quick.drop("april.csv", quick.good(2))
    eventually(quick, "done/MONTH/april.csv", watcher)


def test_the_rehearsal_is_one_too(quick: Yard) -> None:
    """`--sandbox` needs no token and no API, and posts to the stand-in inside the command."""
    quick.drop("march.csv", quick.good(1))
    code, _, err = Process(quick, "--once", "--sandbox", PROPEXO_TOKEN="", PROPEXO_URL="").ends()
    assert code == 0
    assert "1 invoice posted – march.csv" in err
    assert quick.posted() == {}


def test_a_small_soak(tmp_path: Path) -> None:
    """Slow copies, cut files, duplicates, bad ones; two watchers, and kill -9: each handled once, each posted once."""
    figures = soak(tmp_path, 20, seed=1, kills=3)
    assert figures.wrong == []
    assert (figures.handled_once, figures.posted_once) == (20, figures.invoices)


def test_the_log_is_kept_in_the_home(tmp_path: Path) -> None:
    """One JSON object on each line, whatever the names are; people read a line without control characters."""
    import io

    stream = io.StringIO()
    log = Log(tmp_path / "drop", tmp_path, stream, CLOCK.now, as_json=False)
    log("taken", "100% of a\x1b[2Jb.csv\nwas taken.", file="a\x1b[2Jb.csv", bytes=5)
    log.close()
    (line,) = (tmp_path / "logs" / "watch.jsonl").read_text().splitlines()
    found: dict[str, Any] = json.loads(line)
    assert (found["event"], found["file"], found["bytes"]) == ("taken", "a\x1b[2Jb.csv", 5)
    assert stream.getvalue().endswith("100% of a\ufffd[2Jb.csv was taken.\n")


def test_two_watchers_share_a_log(tmp_path: Path) -> None:
    """One has begun it anew: the other writes into the new one."""
    import io

    first, second = (Log(tmp_path, tmp_path, io.StringIO(), CLOCK.now, as_json=True) for _ in range(2))
    first("one")
    second("two")
    (tmp_path / "logs" / "watch.jsonl").rename(tmp_path / "logs" / "watch.jsonl.1")
    first("three")
    second("four")
    kept = [json.loads(line)["event"] for line in (tmp_path / "logs" / "watch.jsonl").read_text().splitlines()]
    assert kept == ["three", "four"]
    for each in (first, second):
        each.close()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("action = 'post'", "action: should be 'check' or 'submit'"),
        ("approval = 'required'", 'approval = "required" goes with action = "submit"'),
        ("colour = 1", "there is no setting colour"),
        ("[tell]\nfax = '1'", "there is no setting tell.fax"),
        ("settle_seconds = 0", "settle_seconds"),
        ("action = ", "cannot be understood"),
        (b"\xff\xfe", "it is not text in UTF-8"),
        ("[tell]\nwebhook = 'http://hooks.example.com/secret'", "not encrypted"),
    ],
)
def test_wrong_settings_are_one_sentence(tmp_path: Path, written: str | bytes, said: str) -> None:
    """It names the setting, and never quotes what may be a secret."""
    from importer.errors import BadSettings

    path = tmp_path / "watch.toml"
    path.write_bytes(written if isinstance(written, bytes) else written.encode())
    with pytest.raises(BadSettings) as caught:
        read_orders(path)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_settings_that_are_made_are_the_usual_ones(tmp_path: Path) -> None:
    """What is written on first use says what holds without it: a folder that checks."""
    DropFolder(tmp_path).make()
    assert read_orders(tmp_path / "watch.toml") == FolderSettings()
