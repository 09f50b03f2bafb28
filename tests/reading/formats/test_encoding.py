"""Every encoding that vendors' programs write comes back as the text that it was."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from importer.reading.formats.open_file import open_file

TEXT = "Nummer;Betrag;Notiz\n007;1,50;Café – Müller\n008;2,50;naïve € 5\n"
ROWS = [("Nummer", "Betrag", "Notiz"), ("007", "1,50", "Café – Müller"), ("008", "2,50", "naïve € 5")]
DOUBLE_MARK = "ï»¿".encode()


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF8 * 2 + TEXT.encode(), "utf-8"),
        (DOUBLE_MARK + TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF8 + DOUBLE_MARK + TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16-be"),
        (codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"), "utf-32-le"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("cp1252"), "cp1252"),
        (TEXT.replace("\n", "\r").encode("mac_roman"), "mac_roman"),
    ],
)
def test_the_encoding_is_found_and_said(tmp_path: Path, content: bytes, encoding: str) -> None:
    """Byte order marks (double ones too) vanish from the first heading, and the text is right."""
    path = tmp_path / "made.csv"
    path.write_bytes(content)
    contents = open_file(path)
    assert contents.sheets[0].rows == ROWS
    assert contents.details["encoding"] == encoding


def test_one_damaged_character_does_not_spoil_the_others(tmp_path: Path) -> None:
    """UTF-8 with a broken byte stays UTF-8; the broken one becomes a mark that cell readers name."""
    path = tmp_path / "made.csv"
    path.write_bytes(TEXT.encode() * 3 + b"009;3;Caf\xe9\n")
    rows = open_file(path).sheets[0].rows
    assert rows[1][2] == "Café – Müller"
    assert rows[-1][2] == "Caf\ufffd"


def test_a_character_in_the_middle_of_two_pieces_is_whole(tmp_path: Path) -> None:
    """The file is looked at a megabyte at a time; a character may lie across."""
    path = tmp_path / "made.csv"
    path.write_bytes(b"a" * (1024 * 1024 - 1) + "é\n".encode())
    assert open_file(path).details["encoding"] == "utf-8"
