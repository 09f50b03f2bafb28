"""Opens one file of whatever kind and says what it holds, or why it cannot be read. Content decides, not the name."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from importer.errors import FileUnreadable
from importer.models import InputFile
from importer.reader.contents import Contents, Sheet
from importer.reader.delimited import read_delimited
from importer.reader.encoding import EncodingSurvey
from importer.reader.limits import Limits
from importer.reader.parsing import Parser

PIECE = 1024 * 1024


def open_file(path: Path, *, sheet: str | None = None, limits: Limits = Limits()) -> Contents:
    """Everything that the file holds. `sheet` reads only the sheet of that name. Raises FileUnreadable."""
    name = path.name
    with opened(path, name) as stream:
        size = os.fstat(stream.fileno()).st_size
        if not size:
            raise FileUnreadable(f"{name} is empty.", "Ask for it again.")
        head = stream.read(4)
        stream.seek(0)
        if head.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
            book = stream.read()
            with Parser(name, limits) as parser:
                parser.begin(book, sheet)
                file = InputFile(name, hashlib.sha256(book).hexdigest(), size)
                sheets = tuple(Sheet(title, rows, visible) for title, visible, rows in parser.sheets())
            return Contents(file, "xlsx", sheets)
        digest = hashlib.sha256()
        survey = EncodingSurvey(stream.read(PIECE))
        stream.seek(0)
        while piece := stream.read(PIECE):
            digest.update(piece)
            survey.look(piece)
        survey.look(b"", final=True)
        table, details, findings = read_delimited(stream, survey.verdict(), limits)
        return Contents(InputFile(name, digest.hexdigest(), size), "csv", (table,), details, findings)


@contextmanager
def opened(path: Path, name: str) -> Iterator[BinaryIO]:
    """The file for reading, if it is an ordinary file. Raises FileUnreadable."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise FileUnreadable(f"{name} is not a file.", "Give the spreadsheet itself.")
        stream = path.open("rb")
    except (OSError, ValueError) as error:
        raise FileUnreadable(f"{name} cannot be opened: {error}") from error
    with stream:
        yield stream
