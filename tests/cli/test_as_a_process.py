"""The real command in a process of its own: terminals, pipes, signals, and how it is started."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from importer import __version__
from tests.cli.clerk import Clerk, row

posix = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals and signals as on POSIX")
pytestmark = posix

PATIENCE = 60.0
"""Seconds until a moment that a test waits for is taken to be missed."""

SCRIPT = Path(sys.executable).with_name("invoice-importer")


def when(happened: Callable[[], bool]) -> None:
    """Waits until it is so."""
    limit = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < limit
        time.sleep(0.02)


class Terminal:
    """The command on a terminal of so many columns."""

    def __init__(self, clerk: Clerk, *words: str, columns: int = 100) -> None:
        import fcntl
        import pty
        import struct
        import termios

        self._mine, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))

        def takes_the_terminal() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        ends = {"stdin": theirs, "stdout": theirs, "stderr": theirs, "start_new_session": True}
        self.process = clerk.starts(*words, **ends, preexec_fn=takes_the_terminal, env={"TERM": "xterm"})
        os.close(theirs)
        self.shown = ""

    def until(self, text: str) -> str:
        """Reads what is shown until the text is there; gives all of it."""
        while text not in self.shown:
            assert self._more(), f"{text!r} never came: {self.shown}"
        return self.shown

    def types(self, keys: str) -> None:
        """As if typed; "\\x03" is Ctrl-C."""
        os.write(self._mine, keys.encode())

    def is_interrupted(self) -> None:
        """Ctrl-C, until it ends. One that comes between the question and the reading of the answer, quicker than any
        hand, is heard with the next."""
        for _ in range(5):
            self.types("\x03")
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(PATIENCE / 5)
                return

    def end(self) -> int:
        """Reads to the end and gives the exit code."""
        while self._more():
            pass
        code = self.process.wait(PATIENCE)
        os.close(self._mine)  # not before: a process whose terminal goes away is ended by that
        assert "Traceback" not in self.shown
        return code

    def _more(self) -> bool:
        ready, _, _ = select.select([self._mine], [], [], PATIENCE)
        data = b""
        with suppress(OSError):  # the other end is closed
            data = os.read(self._mine, 65536) if ready else b""
        self.shown += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", data.decode(errors="replace")).replace("\r", "")
        return bool(data)


# ------------------------------------------------------------------------------------------------------- the question


@pytest.mark.parametrize(("keys", "posted", "word"), [("y\n", 2, "posted"), ("\n", 0, "Not sent")], ids=["yes", "no"])
def test_it_asks_once_before_posting(clerk: Clerk, keys: str, posted: int, word: str) -> None:
    """How many, how much, where to; without a yes nothing is sent, and the exit code says that something is left."""
    clerk.writes("march.csv", row(clerk.number(1)), row(clerk.number(2), "1234.50"), row(clerk.number(3), memo=""))
    terminal = Terminal(clerk, "submit", "march.csv", columns=200)
    url = clerk.stand_in.url
    terminal.until(f"Post 2 invoices, $1,334.50, to {url}? The other 1 is not sent. [y/N]: ")
    assert clerk.posted() == {}
    terminal.types(keys)
    assert (terminal.end(), len(clerk.posted())) == (1, posted)
    assert word in terminal.shown


def test_ctrl_c_at_the_question_sends_nothing(clerk: Clerk) -> None:
    """It ends at once, and says that it was interrupted."""
    clerk.writes_good()
    terminal = Terminal(clerk, "submit", "march.csv")
    terminal.until("[y/N]: ")
    terminal.is_interrupted()
    assert (terminal.end(), clerk.posted()) == (130, {})
    assert terminal.shown.rstrip().endswith("Interrupted. Everything sent so far is recorded; run it again.")


def test_ctrl_c_where_nothing_can_have_been_sent_says_no_more(clerk: Clerk) -> None:
    """There is nothing to be recorded, and nothing to be run again."""
    terminal = Terminal(clerk, "login")
    terminal.until("Access token")
    terminal.is_interrupted()
    assert terminal.end() == 130
    assert terminal.shown.rstrip().endswith("\nInterrupted.")


# ---------------------------------------------------------------------------------------------------------- stopping


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "terminated"])
def test_stopped_while_sending_nothing_is_doubled_or_lost(clerk: Clerk, number: signal.Signals) -> None:
    """What is under way is brought to its end, the rest is said to be unsent, and the next run does just that."""
    clerk.writes_good(count=20)
    clerk.stand_in.behave(latency=0.25)
    process = clerk.starts("submit", "march.csv", "--yes", "--json")
    when(lambda: len(clerk.posted()) >= 1)
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Stopping: what is under way is finished and recorded." in err.decode()
    sent = clerk.posted()
    assert 1 <= len(sent) < 20
    stopped = clerk.runs("submit", "march.csv", "--no-results", "--json", "--yes")
    assert (stopped.code, stopped.answer["counts"]["already_posted"]) == (0, len(sent))
    assert stopped.answer["counts"]["posted"] == 20 - len(sent)
    assert set(clerk.posted().values()) == {1}
    assert len(clerk.posted()) == 20
    assert f'"posted": {len(sent)},' in out.decode()
    assert (clerk.folder / "march.results.xlsx").is_file()


def test_stopped_twice_it_ends_at_once(clerk: Clerk) -> None:
    """Without a word of Python; what had gone out is in doubt, and is found by the next run."""
    clerk.writes_good(count=2)
    clerk.stand_in.behave(latency=2.0)
    before = clerk.stand_in.requests()
    process = clerk.starts("submit", "march.csv", "--yes", "--no-results")
    when(lambda: clerk.stand_in.requests() > before + 2)  # the first asks whether the API is there; both invoices are
    assert process.stderr is not None
    process.send_signal(signal.SIGINT)
    assert b"Stopping" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    clerk.stand_in.behave(latency=0.0)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert clerk.runs("submit", "march.csv", "--yes").code == 0
    assert clerk.posted() == {clerk.number(1): 1, clerk.number(2): 1}


# ------------------------------------------------------------------------------------------------- standard output


ANSWERS = [("check", "march.csv", "--no-results"), ("check", "march.csv", "--json", "--no-results")]


@pytest.mark.parametrize("words", ANSWERS, ids=" ".join)
def test_nobody_reads_on(clerk: Clerk, words: tuple[str, ...]) -> None:
    """`| head`: no complaint, and the exit code is that of the work."""
    clerk.writes_good(count=300)
    process = clerk.starts(*words)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert (process.stderr.read(), process.wait(PATIENCE)) == (b"", 0)
    process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_standard_output_does_not_undo_what_was_posted(clerk: Clerk) -> None:
    """The exit code says that all is posted; the complaint is one sentence."""
    clerk.writes_good()
    with Path("/dev/full").open("wb") as full:
        process = clerk.starts("submit", "march.csv", "--yes", "--no-results", "--json", stdout=full)
        _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, b"The answer could not be printed: No space left on device.\n")
    assert len(clerk.posted()) == 2


def test_started_without_any_standard_stream(clerk: Clerk) -> None:
    """As some schedulers do; the ledger's file must not become standard output."""
    clerk.writes_good()
    shell = ("sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, "-m", "importer")
    process = clerk.starts("submit", "march.csv", "--yes", command=shell)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err, len(clerk.posted())) == (0, b"", b"", 2)
    assert clerk.runs("submit", "march.csv", "--json").answer["counts"]["already_posted"] == 2


def test_a_console_without_the_letters_is_answered_all_the_same(clerk: Clerk) -> None:
    """A code page that lacks them: the words lose letters, the JSON loses nothing."""
    clerk.writes_good("été 日本.csv")
    process = clerk.starts("submit", "été 日本.csv", "--yes", env={"PYTHONIOENCODING": "ascii"})
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err, len(clerk.posted())) == (0, b"", 2)
    assert b"Results: ?t? ??.results.xlsx" in out
    process = clerk.starts("history", "--json", env={"PYTHONIOENCODING": "ascii"})
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, b"")
    assert rb"\u00e9t\u00e9 \u65e5\u672c.csv" in out


def test_a_file_name_that_is_no_text_is_ordinary(clerk: Clerk) -> None:
    """From an old archive: shown with a replacement, posted, recorded, and asked after."""
    name = os.fsdecode(b"m\xe4rz.csv")
    try:
        clerk.writes_good(name)
    except OSError:
        pytest.skip("this file system takes only text")
    process = clerk.starts("submit", name, "--yes")
    _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err, len(clerk.posted())) == (0, b"", 2)
    assert "m\ufffdrz.csv" in clerk.runs("history").out
    assert clerk.runs("status").code == 0


def test_a_narrow_terminal_keeps_the_names_of_runs_whole(clerk: Clerk) -> None:
    """`status RUN` takes them; everything else is folded within the width."""
    clerk.writes_good("a file with a rather long name.csv")
    run = clerk.runs("check", "a file with a rather long name.csv", "--json").answer["run"]
    terminal = Terminal(clerk, "history", columns=50)
    assert terminal.end() == 0
    assert run in terminal.shown
    assert max(map(len, terminal.shown.splitlines())) <= 50


def test_a_check_that_is_terminated_while_it_writes_leaves_nothing_behind(clerk: Clerk) -> None:
    """Neither half a workbook nor the file beside it that was to become one."""
    clerk.writes_good(count=4_000)
    process = clerk.starts("check", "march.csv")
    while not list(clerk.folder.glob(".*.part")):
        assert process.poll() is None, "it was quicker than the test"
    process.terminate()
    _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (130, b"\nInterrupted.\n")
    assert [each.name for each in clerk.folder.iterdir()] == ["march.csv"]


# --------------------------------------------------------------------------------------------------- how it is started


@pytest.mark.skipif(not SCRIPT.exists(), reason="the package is not installed here")
def test_the_installed_script_runs_from_any_folder(clerk: Clerk) -> None:
    """And reads files by their paths; results stand beside the file, not in the current folder."""
    path = clerk.writes_good()
    elsewhere = clerk.folder.parent / "elsewhere"
    elsewhere.mkdir()
    process = clerk.starts("check", "../desk/march.csv", command=(SCRIPT,), env={"PWD": str(elsewhere)})
    assert process.wait(PATIENCE) == 0
    process.communicate()
    assert path.with_name("march.results.xlsx").is_file()
    assert list(elsewhere.iterdir()) == []


def test_as_a_module_it_calls_itself_by_its_name(clerk: Clerk) -> None:
    """`python -m importer` is the same command."""
    process = clerk.starts("--version")
    assert process.communicate(timeout=PATIENCE) == (f"invoice-importer, version {__version__}\n".encode(), b"")


def test_debug_shows_a_traceback(clerk: Clerk) -> None:
    """For whoever mends the program; the sentence is its last line, the exit code stays."""
    process = clerk.starts("check", "none.csv", "--debug")
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, b"Traceback" in err) == (2, b"", True)
    assert err.decode().rstrip().endswith("none.csv is not there. Check the name and the folder.")


def test_an_environment_without_anything_gets_a_sentence(clerk: Clerk) -> None:
    """No PATH, no HOME, no locale, as under a bare scheduler."""
    clerk.writes_good()
    bare = subprocess.run(
        [sys.executable, "-m", "importer", "check", "march.csv"],
        cwd=clerk.folder,
        env={"IMPORTER_HOME": str(clerk.folder.parent / "home"), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (bare.returncode, bare.stderr) == (1, b"")
    assert b"It is not said which ResMan account the invoice is for." in bare.stdout
