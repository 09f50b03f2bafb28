"""Opens one file of whatever kind and says what it holds, or why it cannot be read. Content decides, not the name."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import BinaryIO

from importer.domain.gc_pause import paused_gc
from importer.domain.problem_catalog import UNSURE_LETTERS
from importer.domain.reading import InputFile
from importer.errors import FileUnreadable
from importer.reading.cells import excel_text_guards
from importer.reading.formats import (
    delimited,
    html_table,
    ole,
    spreadsheet,
    spreadsheetml,
)
from importer.reading.formats.encoding import EncodingSurvey
from importer.reading.formats.limits import ReadingLimits
from importer.reading.formats.parse_in_child import Parser
from importer.reading.formats.raw_workbook import FileFinding, RawSheet, RawWorkbook
from importer.reading.formats.safe_file import WORKBOOKS, opened, shown

HEAD = 65_536
PIECE = 1024 * 1024
AS_TABLE = "Ask for the table as a spreadsheet or a csv."
OLD_EXCEL = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08")  # BIFF 2, 3, 4; 5 and 8 bare
STRANGERS = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"\x1f\x8b", "a compressed archive (gzip)"),
    (b"7z\xbc\xaf", "a compressed archive (7z)"),
    (b"Rar!", "a compressed archive (rar)"),
    (b"SQLite format 3", "a database"),
    (b"\x7fELF", "a program"),
)
TEXT_STRANGERS = (
    (re.compile(r'\[?\s*\{\s*[}"]'), "JSON"),
    (re.compile(r"<\?xml\b"), "XML"),
    (re.compile(r"isa\*\d\d\*|una[:+]|unb\+"), "an EDI message"),
    (
        re.compile(r"(?:received|return-path|delivered-to|mime-version): |from: [^\r\n,;]*@[^\r\n,;]*\r?\n\S+: "),
        "an e-mail",
    ),
)


def open_file(
    path: Path,
    *,
    sheet: str | None = None,
    name: str | None = None,
    limits: ReadingLimits = ReadingLimits(),  # noqa: B008 - frozen
    parser: Parser | None = None,
) -> RawWorkbook:
    """Everything that the file holds. `sheet` names the only sheet to read, `name` is what the file is called where
    that is not its own name, `parser` was started already for it. Raises FileUnreadable, nothing else."""
    name = name or shown(path.name or str(path))  # "." has no name
    try:
        with opened(path, name) as stream:
            before = os.fstat(stream.fileno())
            if before.st_size > limits.file_bytes:
                raise FileUnreadable(f"{name} is larger than {limits.file_bytes // PIECE} MB.", "Split it.")
            with paused_gc():
                contents = _read(stream, name, sheet, limits, parser)
            after = os.fstat(stream.fileno())
    except OSError as error:
        raise FileUnreadable(f"{name} cannot be read: {error.strerror or error}.", "Try again.") from error
    except MemoryError as error:
        raise FileUnreadable(f"{name} is too large for the memory of this machine.", "Split it.") from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise FileUnreadable(f"{name} was being written while it was read.", "Try again when it is complete.")
    return contents


def _read(stream: BinaryIO, name: str, wanted: str | None, limits: ReadingLimits, parser: Parser | None) -> RawWorkbook:
    head = stream.read(HEAD)
    stream.seek(0)
    if not head.strip(b"\0"):
        raise FileUnreadable(f"{name} is empty: there is nothing in it.", "Fetch it again.")
    if head.startswith(WORKBOOKS):
        return _read_workbook(stream.read(), name, wanted, limits, parser)
    if head.startswith(OLD_EXCEL):
        raise FileUnreadable(f"{name} is written by a very old Excel.", "Open it in Excel and save it as .xlsx.")
    for start, what in STRANGERS:
        if head.startswith(start):
            raise FileUnreadable(f"{name} is {what}, not a spreadsheet.", AS_TABLE)
    return _read_text(stream, head, name, wanted, limits)


def _read_workbook(
    book: bytes, name: str, wanted: str | None, limits: ReadingLimits, parser: Parser | None
) -> RawWorkbook:
    read = spreadsheet.read_compound if book.startswith(ole.MAGIC) else spreadsheet.read_package
    form, sheets, details = read(name, book, wanted, limits, parser)
    return RawWorkbook(InputFile(name, hashlib.sha256(book).hexdigest(), len(book)), form, sheets, details)


def _read_text(stream: BinaryIO, head: bytes, name: str, wanted: str | None, limits: ReadingLimits) -> RawWorkbook:
    digest = hashlib.sha256()
    survey = EncodingSurvey(head)
    size = 0
    is_wrapped, end = False, b""
    while piece := stream.read(PIECE):
        digest.update(piece)
        survey.look(piece)
        size += len(piece)
        is_wrapped = is_wrapped or excel_text_guards.is_suspect(end + piece)
        end = piece[-4:]
    survey.look(b"", final=True)
    file = InputFile(name, digest.hexdigest(), size)
    encoding = survey.verdict()
    start = head[encoding.skip :].decode(encoding.codec, "replace").lstrip("\ufeff \t\r\n").casefold()
    if not is_text(start.rstrip("\0")):
        raise FileUnreadable(f"{name} is not a spreadsheet, or is damaged.", AS_TABLE)
    stream.seek(encoding.skip)
    for reader in (spreadsheetml, html_table):
        if reader.recognises(start):
            sheets, findings = reader.read(name, stream.read().decode(encoding.codec, "replace"), limits)
            return RawWorkbook(
                file, reader.FORMAT, _chosen(sheets, wanted, name), {"encoding": encoding.codec}, findings
            )
    for pattern, what in TEXT_STRANGERS:
        if pattern.match(start):
            raise FileUnreadable(f"{name} is {what}, not a spreadsheet.", AS_TABLE)
    table, details, findings = delimited.read(stream, encoding, name, limits, is_wrapped=is_wrapped)
    if encoding.doubt:
        findings += (FileFinding(UNSURE_LETTERS.code, encoding.doubt),)
    return RawWorkbook(file, "csv", (table,), details, findings)


def _chosen(sheets: tuple[RawSheet, ...], wanted: str | None, name: str) -> tuple[RawSheet, ...]:
    if wanted is None:
        return sheets
    chosen = tuple(s for s in sheets if (s.name or "").strip().casefold() == wanted.strip().casefold())
    if not chosen:
        raise FileUnreadable(
            f"{name} does not have the sheet that was asked for.", "Give the name of one of its sheets."
        )
    return chosen


def is_text(start: str) -> bool:
    """False where too much of it is control characters: no table has them."""
    controls = sum(start.count(chr(code)) for code in range(32) if chr(code) not in "\t\n\f\r")
    return controls <= max(8, len(start) // 20)
