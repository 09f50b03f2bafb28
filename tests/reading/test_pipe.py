"""What goes from process to process arrives whole, or is refused: a process may be stopped while a pipe is full."""

from __future__ import annotations

import io
import os
import pickle
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest
import xlsxwriter

from importer.errors import FileUnreadable
from importer.reading.formats import subprocess_worker
from importer.reading.formats.limits import ReadingLimits
from importer.reading.formats.parse_in_child import Parser

ROWS = 6_000
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="what a pipe holds is asked as Linux tells it")


def _book(folder: Path) -> bytes:
    with xlsxwriter.Workbook(folder / "long.xlsx") as book:
        sheet = book.add_worksheet("Bills")
        for at in range(ROWS):
            sheet.write_row(at, 0, [f"bill {at}, column {column}, of somebody" for column in range(6)])
    return (folder / "long.xlsx").read_bytes()


def _wait_until_full(process: subprocess.Popen[bytes]) -> None:
    """Returns once the pipe is full: its writer then sleeps in the midst of writing."""
    import fcntl
    import termios

    assert process.stdout is not None
    descriptor = process.stdout.fileno()
    room, held, state = fcntl.fcntl(descriptor, fcntl.F_GETPIPE_SZ), 0, ""
    while held < room // 2 or state != "S":
        (held,) = struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4)))
        state = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]
        assert process.poll() is None, "it has ended"


def _stop_and_continue(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    _, status = os.waitpid(pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    os.kill(pid, signal.SIGCONT)


@on_linux
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_parser_that_is_stopped_while_its_pipe_is_full_loses_no_row(
    tmp_path: Path, unbuffered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the environment takes from Python what makes it write on."""
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    book = _book(tmp_path)
    with Parser("long.xlsx", ReadingLimits()) as parser:
        parser.begin(book, None)
        process = parser._process
        for _ in range(3):
            _wait_until_full(process)
            _stop_and_continue(process.pid)
        (sheet,) = parser.sheets()
    assert [row[0] for row in sheet.rows] == [f"bill {at}, column 0, of somebody" for at in range(ROWS)]


@on_linux
def test_an_answer_in_json_arrives_whole(tmp_path: Path) -> None:
    """What reads it may be slow, and the command may be stopped meanwhile."""
    program = (
        "import sys; from importer.cli import run; from importer.cli.rendering import print_json\n"
        "import importer.cli; importer.cli.commands.main = lambda *_, **__: print_json(['x' * 60] * 9000)\n"
        "run(['history'])"
    )
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        _wait_until_full(process)
        _stop_and_continue(process.pid)
        said = process.stdout.read()
    assert said.count(b"x" * 60) == 9000
    assert process.returncode == 0


def _frames(*contents: bytes) -> bytes:
    return b"".join(
        subprocess_worker.HEAD.pack(len(each), subprocess_worker.checksum(number, each)) + each
        for number, each in enumerate(contents)
    )


def _taken(stream: bytes, count: int) -> list[bytes]:
    source = io.BytesIO(stream)
    return [subprocess_worker.take(source, number) for number in range(count)]


def test_frames_that_are_not_as_they_were_sent_are_refused() -> None:
    """One byte less, one more or another anywhere, two that changed places, one that came twice."""
    first, second = pickle.dumps("a bill"), pickle.dumps("another")
    sent = _frames(first, second)
    assert _taken(sent, 2) == [first, second]
    one, other = _frames(first), sent[len(_frames(first)) :]
    spoilt = [sent[:at] + sent[at + 1 :] for at in range(len(sent))]
    spoilt += [sent[:at] + b"\x7f" + sent[at:] for at in range(len(sent))]
    spoilt += [sent[:at] + bytes([sent[at] ^ 1]) + sent[at + 1 :] for at in range(len(sent))]
    spoilt += [other + one, one + one, b"", one]
    for stream in spoilt:
        with pytest.raises(EOFError):
            _taken(stream, 2)


def test_a_workbook_that_did_not_reach_the_parser_whole_is_refused(tmp_path: Path) -> None:
    """In words that do not call the file damaged."""
    book = _book(tmp_path)
    with Parser("long.xlsx", ReadingLimits()) as parser:
        stdin = parser._process.stdin
        assert stdin is not None
        with stdin:
            stdin.write(_frames(b"", book)[:-100])
        with pytest.raises(FileUnreadable, match="was not read whole") as refused:
            list(parser.sheets())
    assert "Run it again" in refused.value.advice
