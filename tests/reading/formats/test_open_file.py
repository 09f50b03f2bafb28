"""Opening a file: only ordinary files, by content, and every refusal is a sentence for a clerk."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.errors import FileUnreadable
from importer.reading import read_files
from importer.reading.formats.limits import ReadingLimits
from importer.reading.formats.open_file import open_file
from importer.reading.formats.raw_workbook import RawWorkbook
from tests.reading.made_workbooks import zipped


def refusal(path: Path, limits: ReadingLimits | None = None) -> str:
    """What the refusal of a file says."""
    with pytest.raises(FileUnreadable) as raised:
        open_file(path, limits=limits or ReadingLimits())
    return str(raised.value)


def made(folder: Path, content: bytes, name: str = "march.xls") -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(content)
    return path


def test_a_file_is_known_by_name_hash_and_size(tmp_path: Path) -> None:
    """What is archived and compared is exactly what was read."""
    content = b"a,b\n1,2\n"
    file = open_file(made(tmp_path, content, "march.csv")).file
    assert (file.name, file.size, file.sha256) == ("march.csv", 8, hashlib.sha256(content).hexdigest())


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    """People link to files on shares; the name is the link's."""
    link = tmp_path / "link.csv"
    link.symlink_to(made(tmp_path, b"a,b\n1,2\n"))
    assert open_file(link).file.name == "link.csv"


def test_whatever_is_no_ordinary_file_is_refused_at_once(tmp_path: Path) -> None:
    """A pipe would block for ever, a device never ends."""
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "to-pipe.csv").symlink_to(tmp_path / "pipe.csv")
    (tmp_path / "dangling.csv").symlink_to(tmp_path / "nowhere.csv")
    (tmp_path / "circle.csv").symlink_to(tmp_path / "circle.csv")
    assert refusal(tmp_path / "pipe.csv").startswith("pipe.csv is not an ordinary file.")
    assert refusal(tmp_path / "to-pipe.csv").startswith("to-pipe.csv is not an ordinary file.")
    assert refusal(Path("/dev/zero")).startswith("zero is not an ordinary file.")
    assert refusal(tmp_path).endswith("is a folder. Give the files in it.")
    assert refusal(tmp_path / "dangling.csv").startswith("dangling.csv is not there.")
    assert refusal(tmp_path / "circle.csv").startswith("circle.csv cannot be read")
    assert refusal(tmp_path / "missing.csv") == "missing.csv is not there. Check the name and the folder."
    assert refusal(tmp_path / "a\0b.csv") == "a\ufffdb.csv is no possible file name. Rename it."
    assert refusal(tmp_path / ("x" * 300)).startswith("x" * 300 + " cannot be read")


@pytest.mark.parametrize(
    "name", [b"line\nend.csv", b"\xff\xfe.csv", "écrit \u202egnp.csv".encode(), b"-rf.csv", b"~.csv"]
)
def test_odd_names_are_read_and_can_be_printed(tmp_path: Path, name: bytes) -> None:
    """Control characters, direction marks and bytes that are no UTF-8 do not reach a terminal or a report."""
    path = Path(os.fsdecode(bytes(tmp_path) + b"/" + name))
    path.write_bytes(b"a,b\n1,2\n")
    contents = open_file(path)
    contents.file.name.encode()
    assert contents.file.name.isprintable()
    assert contents.sheets[0].rows == [("a", "b"), ("1", "2")]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"\0" * 5000, "is empty"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "is a PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is a picture"),
        (b"{\\rtf1\\ansi Invoice}", "is a text document"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "is a compressed archive (gzip)"),
        (b"\x09\x02\x06\x00\x00\x00\x10\x00", "is written by a very old Excel"),
        (b'{"invoices": []}', "is JSON"),
        (b'[\n  {"invoice_number": "A-1"}\n]', "is JSON"),
        (b'<?xml version="1.0"?><Invoice><ID>A-1</ID></Invoice>', "is XML"),
        (b"ISA*00*          *00*          *ZZ*ACME", "is an EDI message"),
        (b"From: billing@acme.example\nSubject: your invoices\n\nPlease find", "is an e-mail"),
        (b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0", "is not a spreadsheet"),
        (b"PK\x03\x04 and then nothing", "is not whole"),
        (zipped({"march.csv": "a,b"}), "is a zip archive"),
        (zipped({"word/document.xml": "<a/>"}), "is a Word document"),
    ],
)
def test_strangers_are_named(tmp_path: Path, content: bytes, what: str) -> None:
    """The clerk hears what the file really is, whatever its name says."""
    assert what in refusal(made(tmp_path, content))


def test_titles_in_the_words_of_a_letter_are_titles(tmp_path: Path) -> None:
    """A report from one day to another is no e-mail."""
    assert len(open_file(made(tmp_path, b"From: 10/01/2026\nTo: 10/31/2026\na,b\n1,2\n")).sheets[0].rows) == 4


def test_the_content_decides_and_not_the_name(tmp_path: Path) -> None:
    """Vendors' programs save csv and HTML under the name .xls."""
    assert open_file(made(tmp_path, b"a;b\n1;2\n")).format == "csv"
    assert open_file(made(tmp_path, b"<html><table><tr><td>1</td></tr></table></html>")).format == "html"
    assert open_file(made(tmp_path, b"MZ number,amount\n1,2\n")).format == "csv"


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """A limit of the whole file, for every format."""
    assert "is larger than" in refusal(made(tmp_path, b"a,b\n" * 1000), ReadingLimits(file_bytes=100))


def test_a_file_without_the_right_to_read_it(tmp_path: Path) -> None:
    """Locked by another program, or somebody else's."""
    path = made(tmp_path, b"a,b\n")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    assert "may not be read by this user" in refusal(path)


SEEDS = [
    b"a,b\n1,2\n",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\xff\xfea\0,\0",
    b"<table><tr><td>",
    b"<?xml ?>",
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.sampled_from(SEEDS), rest=st.binary(max_size=2000))
def test_no_bytes_do_anything_but_read_or_be_refused(tmp_path: Path, start: bytes, rest: bytes) -> None:
    """Neither a crash nor any other exception, whatever the file holds."""
    for content in (rest, start + rest):
        with suppress(FileUnreadable):
            assert isinstance(open_file(made(tmp_path, content)), RawWorkbook)


def test_every_file_that_cannot_be_read_is_named_at_once(tmp_path: Path) -> None:
    """One look, one fix: what is wrong with the second file does not wait for the first to be mended."""
    good = made(tmp_path, b"invoice_number,total_amount\nA,1.00\n", "good.csv")
    empty, open_ones = made(tmp_path, b"", "empty.csv"), made(tmp_path, b"Invoice #,Amount\nA,1.00\n", "open.csv")
    with pytest.raises(FileUnreadable) as caught:
        read_files([empty, open_ones, good])
    first, *others = str(caught.value).splitlines()
    assert first == "3 of 3 files cannot be read as they are:"
    assert [line.split()[0] for line in others] == ["empty.csv", "open.csv", "good.csv"]
    with pytest.raises(FileUnreadable) as alone:
        read_files([empty])
    assert str(alone.value) == others[0]
