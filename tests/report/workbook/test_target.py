"""Results are put into place whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import pytest

from importer.errors import ResultsNotWritten
from importer.report import write_workbook
from importer.report.workbook.target import place
from tests import factory


def _hello(stream: BinaryIO) -> None:
    stream.write(b"hello")


def test_an_older_result_is_replaced_and_nothing_is_left_aside(tmp_path: Path) -> None:
    """The plain case."""
    target = tmp_path / "march.results.xlsx"
    target.write_bytes(b"old")
    assert place(target, _hello, over=True) == target
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("march.results.xlsx", b"hello")]


def test_a_failure_leaves_the_older_result_as_it_was(tmp_path: Path) -> None:
    """Half a file never shows."""
    target = tmp_path / "march.results.xlsx"
    target.write_bytes(b"old")

    def breaks(stream: BinaryIO) -> None:
        stream.write(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(ResultsNotWritten, match="There is no room on the disk"):
        place(target, breaks, over=True)
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("march.results.xlsx", b"old")]


def test_what_is_not_known_to_be_ours_is_never_replaced(tmp_path: Path) -> None:
    """The answer stands beside it."""
    target = tmp_path / "march.results.xlsx"
    target.write_bytes(b"theirs")
    assert place(target, _hello) == tmp_path / "march.results (2).xlsx"
    assert target.read_bytes() == b"theirs"


def test_what_cannot_be_replaced_gets_a_neighbour(tmp_path: Path) -> None:
    """A target in the way (here a folder) stays; the results stand beside it, under the next free number."""
    target = tmp_path / "march.results.xlsx"
    target.mkdir()
    assert place(target, _hello) == tmp_path / "march.results (2).xlsx"
    assert place(target, _hello) == tmp_path / "march.results (3).xlsx"
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "march.results (2).xlsx",
        "march.results (3).xlsx",
        "march.results.xlsx",
    ]


@pytest.mark.parametrize("lock", ["~$march.results.xlsx", ".~lock.march.results.xlsx#"])
def test_a_workbook_that_somebody_has_open_is_left_alone(tmp_path: Path, lock: str) -> None:
    """Excel and LibreOffice leave a lock file beside it; what the clerk may be typing into is not replaced."""
    target = tmp_path / "march.results.xlsx"
    target.write_bytes(b"open in Excel")
    (tmp_path / lock).touch()
    assert place(target, _hello) == tmp_path / "march.results (2).xlsx"
    assert target.read_bytes() == b"open in Excel"


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    """It is not made by itself: it may be a typing error."""
    with pytest.raises(ResultsNotWritten, match="there is no folder"):
        write_workbook(factory.run(), tmp_path / "nowhere" / "x.xlsx")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_without_the_right_to_write_is_one_sentence(tmp_path: Path) -> None:
    """Nothing but the sentence, and the way out."""
    tmp_path.chmod(0o500)
    with pytest.raises(ResultsNotWritten, match="cannot be written to"):
        place(tmp_path / "x.xlsx", _hello)


def test_a_name_that_is_too_long_is_one_sentence(tmp_path: Path) -> None:
    """The file system's own limit, said plainly."""
    with pytest.raises(ResultsNotWritten, match="is too long"):
        place(tmp_path / ("x" * 300 + ".xlsx"), _hello)


_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from importer.errors import ResultsNotWritten
from importer.report import write_workbook
from tests import factory
outcomes = [factory.outcome(factory.invoice(number=str(n), notes="note %d" % (n * n))) for n in range(400)]
run = factory.run(*outcomes)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    write_workbook(run, Path(sys.argv[1]))
except ResultsNotWritten as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits on file size are a matter of POSIX")
@pytest.mark.parametrize("room", [2_000, 20_000])
def test_a_full_disk_is_one_sentence(tmp_path: Path, room: int) -> None:
    """Whether it is the rows kept aside or the workbook itself that no longer fits; nothing is left behind."""
    target = tmp_path / "x.xlsx"
    target.write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-c", _FULL_DISK, str(target), str(room)],
        capture_output=True, text=True, cwd=Path(__file__).parents[3], check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"There is no room on the disk for the results {target}. Make room.")
    assert done.stderr == ""
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("x.xlsx", b"old")]
