"""Names in a drop folder: which are nobody's business, which cannot be used, and which say yes or no to a plan."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import PurePath

from importer.reading.formats.safe_file import shown

PASSED_OVER = (
    ".*", "~$*", "*~", "*.part", "*.partial", "*.filepart", "*.crdownload", "*.opdownload", "*.download", "*.tmp",
    "*.temp", "thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r", "$recycle.bin", "system volume information",
)  # fmt: skip
"""Lock files, downloads that are under way, and what systems leave behind. `.~lock.x#` begins with a dot."""

LITTER = (
    "~$*", ".~lock.*", "._*", ".ds_store", "thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r", "$recycle.bin",
    "system volume information",
)  # fmt: skip
"""What of these nobody ever means to drop: not a word is said of it."""

RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
"""What Windows takes for a device, whatever comes after the dot."""

LONGEST = 180
"""Bytes of a name. Most systems take 255; the names of the results and of the notes are longer than the file's."""

WORD = re.compile(r"\.(approved|rejected)(\.txt)?$", re.IGNORECASE)


def is_passed_over(name: str) -> bool:
    """True for what is no bill and will never be one: it is never taken."""
    folded = name.casefold()
    return not name.startswith("..") and any(fnmatchcase(folded, pattern) for pattern in PASSED_OVER)


def is_litter(name: str) -> bool:
    """True for what programs and systems leave behind, and nobody has dropped."""
    return any(fnmatchcase(name.casefold(), pattern) for pattern in LITTER)


def word_of(name: str) -> str | None:
    """ "approved" or "rejected" where the name says so: "march.approved", "march.rejected.txt"."""
    found = WORD.search(name)
    return None if found is None else found[1].lower()


def why_unusable(name: str) -> str | None:
    """Why a file of this name is not taken, as the end of a sentence; None where it can be."""
    if shown(name) != name:
        return "its name has characters in it that cannot be seen, or are damaged"
    if set(name) & set('\\:*?"<>|/'):
        return 'its name has one of \\ / : * ? " < > | in it'
    if RESERVED.fullmatch(name):
        return "its name is one that Windows keeps for itself"
    if name.endswith((" ", ".")) or name.startswith(" "):
        return "its name begins or ends with a space or a dot"
    if len(name.encode()) > LONGEST:
        return "its name is too long"
    return None


def safe(name: str) -> str:
    """A name like this one that can be used everywhere."""
    kept = "".join(_plain(letter) for letter in shown(name)).strip(" ._")
    suffix = PurePath(kept).suffix
    suffix = suffix if len(suffix.encode()) <= 10 else ""
    stem = kept.removesuffix(suffix).encode()[: LONGEST // 2].decode(errors="ignore").strip(" ._") or "file"
    return f"_{stem}{suffix}" if RESERVED.fullmatch(f"{stem}{suffix}") else f"{stem}{suffix}"


def _plain(letter: str) -> str:
    return "_" if letter in '\\:*?"<>|/\ufffd' or unicodedata.category(letter).startswith("C") else letter


def numbered(name: str) -> Iterator[str]:
    """ "march.xlsx", "march (2).xlsx", "march (3).xlsx" … without an end."""
    yield name
    path = PurePath(name)
    number = 2
    while True:
        yield f"{path.stem} ({number}){path.suffix}"
        number += 1
