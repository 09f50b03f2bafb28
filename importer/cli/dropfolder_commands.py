"""The command `watch`: the drop folder."""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from importer.cli.options import CONFIG, SANDBOX, with_options
from importer.cli.saying import say

if TYPE_CHECKING:
    from importer.dropfolder.heartbeat import FolderStatus

ALIVE, NOT_ALIVE, INTERRUPTED = 0, 1, 130


@click.command(short_help="Looks after a drop folder.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--once", is_flag=True, help="Take what lies there now, and end: for cron.")
@click.option("--status", is_flag=True, help="Say whether somebody watches the folder, and what lies where.")
@click.option("--log-json", "as_json", is_flag=True, help="Write each event as one JSON object.")
@with_options(SANDBOX, CONFIG)
def watch(folder: Path, once: bool, status: bool, as_json: bool, **given: Any) -> int:
    """Takes each file dropped into FOLDER once, when it is complete, and does what the folder's watch.toml says.

    The folder's parts are made on first use: files are dropped into “inbox”.
    """
    from importer.cli.command_context import at_desk
    from importer.dropfolder.folder import DropFolder

    if once and status:
        raise click.UsageError("Give either --once or --status.")
    with at_desk(given, serving=not status) as desk:
        place = DropFolder.at(folder)
        if status:
            from importer.dropfolder.heartbeat import standing

            return _tell(standing(desk, place), as_json=as_json)
        from importer.dropfolder.log import Log
        from importer.dropfolder.loop import DropFolderWatcher

        log = Log(place.root, desk.settings.home, sys.stderr, desk.now, as_json=as_json)
        interrupted = _note_interruption()
        try:
            code = DropFolderWatcher(desk, place, log, once=once).run()
        finally:
            log.close()
        return INTERRUPTED if interrupted.is_set() else code


def _note_interruption() -> threading.Event:
    """Set by Ctrl-C, on top of what that does anyway: a signal to end is no interruption."""
    interrupted = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def asked(number: int, frame: FrameType | None) -> None:
        interrupted.set()
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGINT, asked)
    return interrupted


def _tell(found: FolderStatus, *, as_json: bool) -> int:
    if as_json:
        say(
            json.dumps(
                {
                    "alive": found.alive,
                    "seen": found.seen,
                    "watchers": [{"who": who, "since": since} for who, since in found.watchers],
                    "files": found.files,
                    "troubles": [{"kind": kind, "since": since, "said": said} for kind, since, said in found.troubles],
                    "said": found.said,
                },
                default=str,
            )
        )
        return ALIVE if found.alive else NOT_ALIVE
    for who, since in found.watchers:
        say(f"Watched by {who} since {since.astimezone():%Y-%m-%d %H:%M}.")
    if found.alive and not found.watchers and found.seen is not None:
        say(f"Watched from time to time, last at {found.seen.astimezone():%Y-%m-%d %H:%M}.")
    if not found.alive:
        seen = f"; the last sign of life is of {found.seen.astimezone():%Y-%m-%d %H:%M}" if found.seen else ""
        say(f"Nobody watches this folder{seen}. Start it with: invoice-importer watch FOLDER")
    for part, count in found.files.items():
        say(f"  {part}: {count:,} {'file' if count == 1 else 'files'}")
    for _, since, said in found.troubles:
        say(f"Waiting since {since.astimezone():%Y-%m-%d %H:%M}: {said}")
    for sentence in found.said:
        say(sentence, err=True)
    return ALIVE if found.alive else NOT_ALIVE
