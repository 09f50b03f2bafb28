"""Which characters the bytes of a text file stand for: byte order marks, UTF-8, UTF-16, then the Western code pages."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from dataclasses import dataclass

from importer.reading.formats.code_pages import MOST_WORDS, likely_page, words_of

DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
DECLARED_WITHIN = 4_096  # bytes
DOUBLE_MARK = (
    "\ufeff".encode().decode("latin-1").encode()
)  # a byte order mark that was taken for text and encoded again
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (DOUBLE_MARK, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How to decode a text file."""

    codec: str  # a codec name of Python
    skip: int  # bytes of byte order marks at the start
    evidence: str  # why this one, for the reader of a report
    doubt: str = ""  # what cannot be told of its letters, as a sentence


def marked(head: bytes) -> Encoding | None:
    """The encoding that byte order marks declare, however many there are; None without one."""
    codec, skip = "", 0
    while found := next(((mark, name) for mark, name in MARKS if head.startswith(mark, skip)), None):
        if codec and found[1] != codec:
            break
        codec, skip = found[1], skip + len(found[0])
    return Encoding(codec, skip, "byte order mark") if codec else None


def declared(head: bytes) -> str:
    """The code page that a page or an XML document names at its beginning; "" where it names none that is known."""
    said = DECLARED.search(head[:DECLARED_WITHIN]) if head.lstrip().startswith(b"<") else None
    with suppress(LookupError):
        return codecs.lookup(said[1].decode("ascii")).name if said is not None else ""
    return ""


def unmarked_utf16(head: bytes) -> Encoding | None:
    """UTF-16 without a mark: of ordinary text in it, every other byte is 0."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if half and odd > 0.7 * half and even < 0.1 * half:
        return Encoding("utf-16-le", 0, "every other byte is zero")
    if half and even > 0.7 * half and odd < 0.1 * half:
        return Encoding("utf-16-be", 0, "every other byte is zero")
    return None


class EncodingSurvey:
    """Looks at a file piece by piece and then says how to decode it."""

    def __init__(self, head: bytes) -> None:
        self._given = marked(head) or unmarked_utf16(head)
        self._strict = codecs.getincrementaldecoder(self._given.codec if self._given else "utf-8")("strict")
        self._valid = True
        self._good = self._bad = 0  # characters beyond ASCII, if this is UTF-8
        self._line_feeds = self._returns = False
        self._declared = declared(head)
        self._words: list[bytes] = []  # with letters beyond ASCII, where it is not UTF-8

    def look(self, piece: bytes, *, final: bool = False) -> None:
        """The next piece of the file."""
        if self._valid:
            try:
                self._strict.decode(piece, final)
            except UnicodeDecodeError:
                self._valid = False
        if not self._valid and len(self._words) < MOST_WORDS:
            self._words += words_of(piece)[:MOST_WORDS]
        if not piece.isascii():
            text = piece.decode("utf-8", "replace")
            damaged = text.count("\ufffd")
            self._bad += damaged
            self._good += len(text) - len(text.encode("ascii", "ignore")) - damaged
        self._line_feeds = self._line_feeds or b"\n" in piece
        self._returns = self._returns or b"\r" in piece

    def verdict(self) -> Encoding:
        """How to decode the whole file. What cannot be decoded becomes "\ufffd", so that it is seen and named."""
        if self._given is not None:
            return self._given
        if self._valid:
            return Encoding("utf-8", 0, "valid UTF-8")
        if self._good > 4 * self._bad:
            return Encoding("utf-8", 0, "UTF-8 with damaged characters")
        if self._returns and not self._line_feeds:
            return Encoding("mac_roman", 0, "not UTF-8, and the line ends of an old Macintosh")
        if self._declared:
            return Encoding(self._declared, 0, "not UTF-8, and the page says so")
        page = likely_page(self._words)
        return Encoding(page.codec, 0, "not UTF-8" if page.codec == "cp1252" else "its words", page.doubt)
