"""A drop folder: its parts, its settings, who watches it, and whether it belongs to this ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from secrets import token_hex

from importer.context import RunContext
from importer.doctor.finding import Finding, look, ok, untold, wrong
from importer.doctor.machine import cannot_write
from importer.dropfolder import drop_store
from importer.dropfolder.folder import PARTS, DropFolder
from importer.dropfolder.folder_settings import FolderSettings, read_orders
from importer.dropfolder.heartbeat import FRESH_SECONDS, is_looked_at_times, last_beat
from importer.errors import CannotRun
from importer.ledger.ledger import Ledger
from importer.ledger.ledger_identity import identity
from importer.masterdata.master_data import ago
from importer.notifications import try_telling


def folder_findings(desk: RunContext, given: Path, ledger: Ledger | None) -> Iterator[Finding]:
    """Everything about one drop folder. Nothing in it is taken, and nothing is made."""
    try:
        folder = DropFolder.at(given)
    except CannotRun as error:
        yield wrong("Folder", error.sentence, error.advice)
        return
    yield from _parts(folder)
    orders = None
    try:
        if folder.orders.exists() or folder.is_known:  # a new folder gets its settings by itself
            orders = read_orders(folder.orders)
    except CannotRun as error:
        yield wrong("Orders", error.sentence, f"{error.advice} Nothing is taken until then.".strip())
    if orders is not None:
        yield _of_orders(orders, desk)
        yield from _of_telling(orders, desk)
    yield from _of_watching(desk, folder, ledger)


def tell_findings(desk: RunContext, given: Path) -> Iterator[Finding]:
    """Sends everybody who is to be told a short message that is only a trial."""
    try:
        to = read_orders(DropFolder.at(given).orders).tell
    except CannotRun as error:
        yield untold("Telling", f"Nobody was told on trial: {error.sentence}")
        return
    failed = try_telling(to, desk.settings, at=desk.now())
    yield from (wrong("Telling", sentence, "Correct that, and try again.") for sentence in failed)
    if not failed and (to.email or to.webhook is not None):
        yield ok("Telling", "A trial message went out to everybody.")


def _parts(folder: DropFolder) -> Iterator[Finding]:
    """Whether there is each part, and a file can be made in it and moved from the inbox into it."""
    missing = [part for part in PARTS if not (folder.root / part).exists()]
    wrongly = [part for part in PARTS if part not in missing and not _is_plain(folder.root / part)]
    for part in wrongly:
        yield wrong("Folder", f"“{part}” in {folder.root} is a link, or no folder.", "Take it away.")
    if missing == list(PARTS):
        refused = cannot_write(folder.root)
        if refused is None:
            yield ok("Folder", f"{folder.root} has not been watched yet; `watch` makes what it needs there.")
        else:
            yield wrong("Folder", f"{folder.root} cannot be written: {refused}.", "Give this account the right to.")
        return
    there = [part for part in PARTS if part not in (*missing, *wrongly)]
    refusals = list(_refusals(folder.root, there))
    yield from refusals
    if not wrongly and not refusals:
        yield ok("Folder", f"Files can be made in {folder.root}, and moved between its parts.")


def _refusals(root: Path, parts: list[str]) -> Iterator[Finding]:
    """Moves a file of our own through the parts: rights on shares are known only by using them."""
    name = f".doctor-{token_hex(4)}.tmp"  # a name that the watcher passes over
    at = None
    try:
        for part in parts:
            to = root / part / name
            try:
                if at is None:
                    to.touch(exist_ok=False)
                else:
                    at.rename(to)
            except OSError as error:
                what = "made" if at is None else "moved there"
                said = f"A file cannot be {what} in {root / part}: {error.strerror or error}."
                advice = "Give the account of `watch` the right to change all parts, on one and the same disk."
                yield wrong("Folder", said, advice)
            else:
                at = to
    finally:
        if at is not None:
            with suppress(OSError):
                at.unlink()


def _is_plain(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _of_orders(orders: FolderSettings, desk: RunContext) -> Finding:
    if orders.action == "check":
        said = 'The folder checks, and posts nothing (action = "check").'
    elif orders.needs_approval:
        said = f"The folder posts to {desk.settings.destination} what somebody else has approved."
    else:
        said = f"The folder posts to {desk.settings.destination} without asking anybody."
    return ok("Orders", said)


def _of_telling(orders: FolderSettings, desk: RunContext) -> Iterator[Finding]:
    to, smtp = orders.tell, desk.settings.smtp
    if not to.email and to.webhook is None:
        yield look("Telling", "Nobody is told what becomes of a file.", "Name them in watch.toml, in the table [tell].")
        return
    if to.email and smtp is None:
        said = "E-mail is to be sent, and importer.toml has no table [smtp] that names a mail server."
        yield wrong("Telling", said, "Add it; templates/importer.toml shows how.")
    elif to.email and smtp is not None and smtp.user is not None and desk.settings.find_smtp_password() is None:
        said = f"There is no password for {smtp.user} at {smtp.host}."
        yield wrong("Telling", said, "Set IMPORTER_SMTP_PASSWORD, or keep it in the system's keyring.")
    else:
        ways = [f"{len(to.email)} by e-mail"] if to.email else []
        ways += [f"a webhook at {to.host}"] if to.webhook is not None else []
        yield ok("Telling", f"Told are {' and '.join(ways)}. `doctor FOLDER --tell` tries it.")


def _of_watching(desk: RunContext, folder: DropFolder, ledger: Ledger | None) -> Iterator[Finding]:
    """Whether the folder belongs to this ledger, and who watches it."""
    card = folder.own / "ledger.json"
    if not card.is_file():
        return
    if ledger is None:
        yield untold("Watching", "Who watches the folder cannot be told without the ledger.")
        return
    try:
        mine = folder.belongs_to(identity(ledger), desk.settings.destination)
    except CannotRun as error:
        yield wrong("Watching", error.sentence, error.advice)
        return
    now, alive = desk.now(), drop_store.watchers(ledger, mine)
    if alive:
        said = ", ".join(f"{who} (since {ago(now, since)})" for who, since in alive)
        beat = last_beat(folder)
        seen = None if beat is None else datetime.fromisoformat(beat["at"])
        if seen is None or abs((now - seen).total_seconds()) < FRESH_SECONDS:
            yield ok("Watching", f"The folder is watched by {said}.")
        else:
            last = f"its last look at it was {ago(now, seen)}"
            advice = "Look whether its share still answers there, or start it anew."
            yield wrong("Watching", f"The folder is watched by {said}, but {last}.", advice)
    elif (beat := last_beat(folder)) is not None and is_looked_at_times(beat, now):
        last = ago(now, datetime.fromisoformat(beat["at"]))
        yield ok("Watching", f"The folder is looked at from time to time (`watch --once`), last {last}.")
    else:
        yield wrong("Watching", "Nobody watches the folder.", f"Start it: invoice-importer watch {folder.root}")
    for _, since, trouble in drop_store.troubles(ledger, mine):
        yield wrong("Watching", f"Files wait since {ago(now, since)}: {trouble}")
