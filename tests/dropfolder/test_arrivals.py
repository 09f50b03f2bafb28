"""When a file is complete, and what is no file to be taken: by our own clock, its content and its name."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xlsxwriter import Workbook

from importer.dropfolder.completeness import Wholeness, wholeness
from importer.dropfolder.file_names import is_passed_over, safe, why_unusable
from tests.dropfolder.yard import A_WHILE, Yard

CORPUS = Path(__file__).parent.parent.parent.parent / "shared" / "corpus"


def a_workbook() -> bytes:
    """As a spreadsheet program saves it."""
    made_in = io.BytesIO()
    with Workbook(made_in, {"in_memory": True}) as book:
        book.add_worksheet().write_row(0, 0, ["Invoice #", "Vendor"])
    return made_in.getvalue()


def test_only_what_has_stood_still_is_taken(yard: Yard) -> None:
    """Ten seconds by our clock from the moment at which it was last seen to change, whatever time the file carries."""
    path = yard.drop("march.csv", yard.good(1))
    os.utime(path, (0, 0))  # a copy that keeps the old time
    with yard.watched() as watcher:
        assert (watcher.looks().ready, watcher.looks(after=9.0).ready) == ((), ())
        path.write_text(yard.good(2))
        os.utime(path, (0, 4e9))
        assert watcher.looks(after=2.0).ready == ()
        assert watcher.looks(after=9.0).ready == ()
        assert watcher.looks(after=1.5).ready == ("march.csv",)


def test_a_copy_that_pauses_is_given_longer(yard: Yard) -> None:
    """A csv that grows in steps is quiet for three times the longest pause before it is taken."""
    path = yard.drop("march.csv", yard.good(1))
    with yard.watched() as watcher:
        watcher.looks()
        for number in (2, 3):
            path.write_text(yard.good(*range(1, number + 1)))
            watcher.looks(after=9.0)
        assert watcher.looks(after=26.0).settling == 1
        assert watcher.looks(after=2.0).ready == ("march.csv",)


def test_a_workbook_without_its_end_waits(yard: Yard) -> None:
    """However long the copying pauses; once the end is there, it is taken."""
    whole = a_workbook()
    path = yard.drop("march.xlsx", whole[:-40])
    with yard.watched() as watcher:
        watcher.looks()
        look = watcher.looks(after=A_WHILE)
        assert (look.ready, look.unfinished) == ((), 1)
        path.write_bytes(whole)
        watcher.looks()
        assert watcher.looks(after=11.0).ready == ("march.xlsx",)


def test_a_workbook_whose_end_never_comes_is_put_aside(yard: Yard) -> None:
    """After half an hour without a change, with a sentence."""
    yard.drop("march.xlsx", a_workbook()[:-40])
    with yard.watched() as watcher:
        watcher.looks()
        assert watcher.looks(after=1799.0).odd == ()
        (odd,) = watcher.looks(after=2.0).odd
        assert "its end is missing, and 30 minutes were waited for it" in odd.why
        watcher.deals_with_all()
    assert yard.lies() == ["failed/march.why.txt", "failed/march.xlsx"]


def test_a_csv_without_a_last_line_end_is_given_a_minute(yard: Yard) -> None:
    """It may be whole or not: then the reader's own remark about it applies."""
    yard.drop("march.csv", yard.good(1).rstrip())
    with yard.watched() as watcher:
        watcher.looks()
        look = watcher.looks(after=59.0)
        assert (look.ready, look.settling) == ((), 1)
        assert watcher.looks(after=2.0).ready == ("march.csv",)


@pytest.mark.parametrize(
    "name",
    ["~$march.xlsx", ".~lock.march.xlsx#", ".DS_Store", "march.xlsx.part", "a.crdownload", "A.TMP", "Thumbs.db",
     "desktop.ini", "march.csv.filepart"],
)  # fmt: skip
def test_what_is_nobodys_business_is_left(yard: Yard, name: str) -> None:
    """Lock files, downloads under way and what systems leave behind: not taken, not touched, not a word."""
    yard.drop(name, "Invoice #\n1\n")
    assert yard.goes() == []
    assert yard.lies() == [f"inbox/{name}"]
    assert yard.events == []


@pytest.mark.parametrize("name", ["march.csv.part", ".march.csv", "march.csv~", "march.tmp"])
def test_a_name_that_is_never_taken_is_said_once(yard: Yard, name: str) -> None:
    """After half an hour somebody is told why nothing becomes of it; it stays where it is."""
    yard.drop(name, yard.good(1))
    with yard.watched() as watcher:
        watcher.looks()
        for _ in range(2):
            watcher.looks(after=1801.0)
            watcher.takes_all()
    assert f"inbox/{name}" in yard.lies()
    (said,) = yard.said("left-alone")
    assert "is left alone: by its name it is hidden, or not finished. Give it its own name." in said


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("a\nb.csv", "a_b.csv"),
        ("..\\..\\evil.csv", "evil.csv"),
        ("con.csv", "_con.csv"),
        ("COM1", "_COM1"),
        ("march\u202excod.csv", "march_xcod.csv"),
        ("march.csv ", "march.csv"),
        ("C:march.csv", "C_march.csv"),
        ("\udcff.csv", "csv"),
        ("x" * 200 + ".csv", "x" * 90 + ".csv"),
        ("$(reboot).csv", None),
        ("=cmd|' /C calc'!A0.csv", "=cmd_' _C calc'!A0.csv"),
        ("-rf.csv", None),
    ],
    ids=ascii,
)
def test_names_that_cannot_be_used_are_put_aside(yard: Yard, name: str, called: str | None) -> None:
    """Under a name that can, with the reason; names that are merely ugly are files like others."""
    yard.drop(name.replace("/", "_"), yard.good(1))
    yard.goes()
    part = "done/MONTH" if called is None else "failed"
    assert f"{part}/{called or name}" in yard.lies()
    assert list(yard.folder.inbox.iterdir()) == []
    if called is not None:
        (why,) = [path for path in yard.lies() if path.endswith(".why.txt")]
        assert "its name" in yard.text(why)


def test_links_and_pipes_are_never_followed(yard: Yard, tmp_path: Path) -> None:
    """They are put aside as what they are; what they lead to stays untouched, and nothing blocks."""
    secret = tmp_path / "secret.csv"
    secret.write_text(yard.good(1))
    (yard.folder.inbox / "link.csv").symlink_to(secret)
    (yard.folder.inbox / "nowhere.csv").symlink_to(tmp_path / "nowhere")
    os.mkfifo(yard.folder.inbox / "pipe.csv")
    yard.goes()
    assert [path for path in yard.lies() if path.endswith(".csv")] == [
        "failed/link.csv",
        "failed/nowhere.csv",
        "failed/pipe.csv",
    ]
    assert "it is a link to another place" in yard.text("failed/link.why.txt")
    assert stat.S_ISFIFO((yard.folder.root / "failed/pipe.csv").lstat().st_mode)
    assert secret.read_text() == yard.good(1)


def test_a_folder_is_left_alone_and_said_once(yard: Yard) -> None:
    """Somebody may still be copying into it."""
    (yard.folder.inbox / "March").mkdir()
    (yard.folder.inbox / "March" / "march.csv").write_text(yard.good(1))
    for _ in range(2):
        yard.goes()
    assert yard.lies() == ["failed/March.why.txt", "inbox/March/march.csv"]
    assert "“March” in “inbox” is left alone: it is a folder." in yard.text("failed/March.why.txt")
    assert len(yard.said("left-alone")) == 1


@pytest.mark.parametrize("part", ["done", "working", "inbox", ".watch"])
def test_a_part_that_is_a_link_stops_everything(yard: Yard, tmp_path: Path, part: str) -> None:
    """It could lead anywhere: nothing is taken until it is gone."""
    from importer.errors import CannotRun

    for each in sorted((yard.folder.root / part).rglob("*"), reverse=True):
        each.unlink()
    (yard.folder.root / part).rmdir()
    (yard.folder.root / part).symlink_to(tmp_path)
    with pytest.raises(CannotRun, match=f"“{part}” in .* is a link, or no folder"):
        yard.folder.make()


def made(content: bytes, folder: Path) -> Wholeness:
    path = folder / "file"
    path.write_bytes(content)
    return wholeness(path)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", Wholeness.OPEN),
        (b"a,b\n1,2\n", Wholeness.LINE),
        (b"a,b\r1,2\r", Wholeness.LINE),
        (b"a,b\n1,2", Wholeness.OPEN),
        ("a,b\n1,2\n".encode("utf-16"), Wholeness.LINE),
        ("a,b\n1,2".encode("utf-16"), Wholeness.OPEN),
        (b"a,b\n1,2\n" + bytes(4096), Wholeness.OPEN),
        (bytes(4096), Wholeness.OPEN),
        (b"<html><table></table></html>", Wholeness.WHOLE),
        (b"<html><table>", Wholeness.OPEN),
        (b"PK\x03\x04 and no more", Wholeness.CUT),
    ],
)
def test_what_the_content_says_of_its_end(tmp_path: Path, content: bytes, found: Wholeness) -> None:
    """The last line's end, the last mark, the zip's last record; room made beforehand is no end."""
    assert made(content, tmp_path) is found


def test_a_zip_is_whole_only_whole(tmp_path: Path) -> None:
    """Cut anywhere it is not; with a comment behind its end it is."""
    made_of = io.BytesIO()
    with zipfile.ZipFile(made_of, "w") as archive:
        archive.writestr("xl/workbook.xml", "x" * 500)
        archive.comment = b"made by a program that says so"
    content = made_of.getvalue()
    assert made(content, tmp_path) is Wholeness.WHOLE
    assert {made(content[:at], tmp_path) for at in range(30, len(content), 37)} == {Wholeness.CUT}


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_real_workbooks_are_whole_only_whole(tmp_path: Path) -> None:
    """Whatever another program wrote is recognised as whole, and never with a part of its end missing."""
    broken = {"oleloop.xls", "Test_Issue_12556_corrupt.xls", "OOM_alloc3.xls"}
    for path in CORPUS.rglob("*.xls*"):
        content = path.read_bytes()
        if content[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0") and path.name not in broken:
            assert wholeness(path) is Wholeness.WHOLE, path
            for share in (0.4, 0.9, 0.99):
                assert made(content[: int(len(content) * share)], tmp_path) is not Wholeness.WHOLE, (path, share)


@given(st.text(min_size=1, max_size=300))
def test_every_name_gets_one_that_can_be_used(name: str) -> None:
    """Whatever it is made of, and the safe name of a safe name is itself."""
    called = safe(name)
    assert why_unusable(called) is None
    assert not is_passed_over(called) or called.startswith("_") or not called.startswith(".")
    assert "/" not in called
    assert safe(called) == called
