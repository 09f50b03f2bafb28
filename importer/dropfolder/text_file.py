"""Texts for people, in a folder in which strangers may put things too.

A text is written aside under a name that nobody can foresee, and then moved to where it belongs, never over anything.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from importer.dropfolder.file_names import numbered
from importer.dropfolder.folder import SAFELY, move, open_plain


def write_beside(path: Path, text: str) -> Path:
    """Writes a text for people; says where it lies, which is another name where this one is taken.

    The same text that lies there already is not written again. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    content = text.replace("\n", "\r\n").encode()
    aside = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | SAFELY, 0o666), "wb") as stream:
            stream.write(content)
        for name in numbered(path.name):
            target = path.with_name(name)
            if _holds(target, content) or move(aside, target):
                return target
    finally:
        with suppress(OSError):
            aside.unlink()
    raise AssertionError("there is always one more name")


def _holds(path: Path, content: bytes) -> bool:
    try:
        with open_plain(path) as stream:
            return stream.read(len(content) + 1) == content
    except OSError:
        return False
