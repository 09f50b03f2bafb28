"""A drop folder: its parts, how files are moved between them, and which ledger it belongs to.

Nothing is ever written over, no link is followed, and no name leads out of the folder.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import stat
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

from importer.dropfolder import folder_settings
from importer.errors import CannotRun

INBOX, WORKING, WAITING = "inbox", "working", "waiting-for-approval"
DONE, NEEDS_FIXING, FAILED = "done", "needs-fixing", "failed"
PARTS = (INBOX, WORKING, WAITING, DONE, NEEDS_FIXING, FAILED)
OWN = ".watch"
READ_ME = "READ ME.txt"

SAFELY = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
"""How a file is opened in a folder in which strangers may put links and pipes."""

WORDS = """\
This folder is looked after by invoice-importer.

Drop the vendor's spreadsheet (or csv) into "inbox". It is taken once it is complete: a moment after the copying has
ended. Then look where it went:

  done                  Everything in it is fine. In a folder for each month.
  needs-fixing          Some invoices need you. Open the file that ends in ".results.xlsx": its sheet "To fix" shows
                        what is wrong. Correct the cells there, save, and drop that workbook into "inbox".
  failed                It could not be read at all. The text beside it says why.
  waiting-for-approval  Somebody else has to agree before it is posted. The text beside it says how.
  working               It is being worked on. Leave this folder alone.

Beside each file lies its answer. Nothing is posted twice, even if a file is dropped twice.
The settings of this folder are in "watch.toml".
"""


@dataclass(frozen=True, slots=True)
class DropFolder:
    """One drop folder by its path, which is absolute and without links."""

    root: Path

    @classmethod
    def at(cls, given: Path) -> DropFolder:
        """The folder at a path. Raises `CannotRun` where there is none."""
        root = Path(os.path.realpath(given))
        if not root.is_dir():
            raise CannotRun(f"There is no folder {given}.", "Make it first, or correct the name.")
        return cls(root)

    @property
    def inbox(self) -> Path:
        """Where people drop files."""
        return self.root / INBOX

    @property
    def waiting(self) -> Path:
        """Where files wait for an approval."""
        return self.root / WAITING

    @property
    def own(self) -> Path:
        """What the watcher keeps for itself."""
        return self.root / OWN

    @property
    def _card(self) -> Path:
        return self.own / "ledger.json"

    @property
    def is_known(self) -> bool:
        """True where it says itself that it was watched before."""
        return os.path.lexists(self._card)

    @property
    def orders(self) -> Path:
        """The folder's settings."""
        return self.root / folder_settings.NAME

    def workplace(self, drop: str) -> Path:
        """Where one file is worked on."""
        return self.root / WORKING / drop

    def make(self, *, is_known: bool = False) -> None:
        """Makes whatever is missing: also what somebody has deleted meanwhile.

        Settings are made for a new folder only, not for one that was watched before, which the folder says itself or
        whoever calls (`is_known`): in their place they would change what becomes of files. Raises `CannotRun` where
        that cannot be, or where a part is a link or no folder: it could lead anywhere.
        """
        try:
            for part in (*PARTS, OWN):
                (self.root / part).mkdir(exist_ok=True)
                _must_be_a_folder(self.root / part)
            texts = {self.root / READ_ME: WORDS}
            if not is_known and not self.is_known:
                texts[self.orders] = folder_settings.TEMPLATE
            for path, text in texts.items():
                with suppress(FileExistsError), path.open("x", encoding="utf-8", newline="\r\n") as stream:
                    stream.write(text)
        except FileExistsError:
            raise CannotRun(
                f"“{part}” in {self.root} is a link, or no folder.", "Take it away: it is made anew by itself."
            ) from None
        except OSError as error:
            raise CannotRun(
                f"The drop folder {self.root} cannot be used: {error.strerror or error}.",
                "Check that the share is there, that this account may write to it, and that the disk is not full.",
            ) from error

    def must_be_there(self) -> None:
        """Raises `CannotRun` for a folder that was watched before and is empty: its share is away, most likely."""
        if not self.inbox.is_dir():
            raise CannotRun(
                f"The folder {self.root} was watched before, and there is no “{INBOX}” in it.",
                f"Is the share there? To begin anew, make the folder “{INBOX}” in it.",
            )

    def must_be_the_same(self) -> None:
        """Raises `CannotRun` where this is no longer the folder that was begun with: under a share lies another."""
        if not self._card.is_file():
            raise CannotRun(
                f"The folder {self.root} has lost what was in “{OWN}”: the share is away, or that was deleted.",
                "It goes on once that is back; otherwise start the watcher again.",
            )

    def belongs_to(self, ledger: str, where: str, known_as: str | None = None) -> str:
        """The folder's own id; `known_as` is what the ledger calls it, where the folder itself has forgotten.

        Raises `CannotRun` where it belongs to another ledger: bills would be posted twice.
        """
        card = self._card
        mine = {"folder": known_as or secrets.token_hex(8), "ledger": ledger, "destination": where}
        try:
            if not os.path.lexists(card):
                aside = self.own / f"ledger.{secrets.token_hex(4)}.tmp"
                with aside.open("x", encoding="utf-8") as stream:
                    json.dump(mine, stream)
                if not move(aside, card):  # another watcher was quicker
                    aside.unlink()
            known = _read_card(card)
        except OSError as error:
            raise CannotRun(f"{card} cannot be used: {error.strerror or error}.") from error
        if known["ledger"] != ledger:
            was = known.get("destination")
            raise CannotRun(
                f"The folder {self.root} is kept by another ledger"
                + (f", which posts to {was}." if was and was != where else "."),
                "Two ledgers would post the same bill twice. Several machines share one ledger in PostgreSQL "
                f"(IMPORTER_LEDGER). To give the folder to this ledger for good, delete “{OWN}” in it.",
            )
        return known["folder"]

    def is_copy_of(self, other: Path, folder_id: str) -> bool:
        """True where the folder of this id is still at another place, and not this very folder by another path."""
        theirs = other / OWN
        if other == self.root:
            return False
        try:
            if _read_card(theirs / self._card.name)["folder"] != folder_id:
                return False
            with tempfile.NamedTemporaryFile(dir=self.own, prefix="same.", suffix=".tmp") as made:
                return not os.path.lexists(theirs / Path(made.name).name)
        except (CannotRun, OSError):
            return False

    def becomes_another(self, ledger: str, where: str) -> str:
        """Gives a copied folder an id of its own. Raises OSError."""
        folder_id = secrets.token_hex(8)
        aside = self.own / f"ledger.{secrets.token_hex(4)}.tmp"
        with aside.open("x", encoding="utf-8") as stream:
            json.dump({"folder": folder_id, "ledger": ledger, "destination": where}, stream)
        aside.replace(self._card)
        return folder_id

    def account(self) -> str | None:
        """The account to which files belong that this program makes here; None where that cannot be told.

        On some shares that is everybody's.
        """
        try:
            with tempfile.NamedTemporaryFile(dir=self.own, prefix="whose.", suffix=".tmp") as made:
                return owner_of(Path(made.name))
        except OSError:
            return None

    def month(self, today: date) -> str:
        """The part of "done" for this month."""
        return f"{DONE}/{today:%Y-%m}"


def _must_be_a_folder(path: Path) -> None:
    if not stat.S_ISDIR(path.lstat().st_mode):
        raise FileExistsError(path)


def _read_card(path: Path) -> dict[str, str]:
    with suppress(ValueError):
        with open_plain(path) as stream:
            known = json.loads(stream.read())
        if isinstance(known, dict) and all(isinstance(known.get(name), str) for name in ("folder", "ledger")):
            return known
    raise CannotRun(f"{path} is damaged.", "Put it back from a backup; or delete it, if no other machine watches.")


def move(source: Path, target: Path) -> bool:
    """Moves a file, never over another; False where the target's name is taken. Raises OSError.

    Where the system has hard links, taking the new name and giving up the old one are two steps, each of which either
    happens or does not; what a crash leaves between them is recognised the next time.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.parent.is_symlink():
        raise NotADirectoryError(20, "It is a link", str(target.parent))
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        if not os.path.samestat(source.lstat(), target.lstat()):
            return False
    except FileNotFoundError:
        raise  # somebody else was quicker
    except (OSError, NotImplementedError):  # no hard links here
        if os.path.lexists(target):
            return False
        source.rename(target)
        return True
    source.unlink()
    return True


def open_plain(path: Path) -> BinaryIO:
    """An ordinary file, for reading. Raises OSError for a link and for anything else, and never waits."""
    stream = os.fdopen(os.open(path, os.O_RDONLY | SAFELY), "rb")
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise OSError(errno.EINVAL, "It is not an ordinary file", str(path))
    return stream


def sha256_of(path: Path, most: int = sys.maxsize) -> tuple[str, int]:
    """SHA-256 of an ordinary file, or of so many bytes at its beginning; and of how many bytes it is."""
    sha256, size = hashlib.sha256(), 0
    with open_plain(path) as stream:
        while piece := stream.read(min(1 << 20, most - size)):
            sha256.update(piece)
            size += len(piece)
    return sha256.hexdigest(), size


def is_workplace(name: str) -> bool:
    """True for the name of a folder in `working` as this program gives them."""
    return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-[0-9a-f]{6}", name) is not None


def owner_of(path: Path) -> str | None:
    """The account that a file belongs to; None where that cannot be told."""
    try:
        return path.owner()
    except (KeyError, OSError, NotImplementedError):  # an account without a name; Windows names no owners here
        return None
