"""The command line: a thin door. It parses, makes one call into the pipeline, and renders what comes back.

Messages and progress go to standard error; standard output carries the answer, with `--json` one object and nothing
else. Everything heavy is imported inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import errno
import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import TextIO

import click

from importer.cli.commands import commands
from importer.cli.saying import say
from importer.errors import CannotRun, ImporterError

FINE, COULD_NOT_RUN, INTERRUPTED = 0, 2, 130
SENDING = ("submit", "status", "watch")
"""The commands that may send something."""


def run(arguments: Sequence[str], *, is_all: bool = False) -> int:
    """Runs one command and returns its exit code, as in the README's table. Only `--debug` shows a traceback.

    `is_all`: the process ends next, and nothing need be tidied up for it.
    """
    debug = "--debug" in arguments
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115, PTH123 -- closed by whoever started this
    sys.stderr = sys.stderr or sys.stdout
    sys.stdin = sys.stdin or open(os.devnull)  # noqa: SIM115, PTH123 -- likewise
    sys.stdout = _writing_all(sys.stdout)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console that lacks a character must not end a run
    words = [word for word in arguments if word != "--debug"]
    try:
        result = commands.main(words, prog_name="invoice-importer", standalone_mode=False, obj=is_all)
    except (click.exceptions.Abort, KeyboardInterrupt):
        sends = next((word in SENDING for word in words if not word.startswith("-")), False)
        _say("Interrupted. Everything sent so far is recorded; run it again." if sends else "Interrupted.")
        return INTERRUPTED
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        say(shown.getvalue(), err=True, nl=False)
        _answer(words, error.format_message())
        return COULD_NOT_RUN
    except ImporterError as error:
        if debug:
            _say(traceback.format_exc())
        _say(str(error))
        if isinstance(error, CannotRun):  # of anything else, the answer may have been given
            _answer(words, str(error))
        return COULD_NOT_RUN
    except Exception as error:  # noqa: BLE001 -- no traceback ever reaches a clerk
        if debug:
            _say(traceback.format_exc())
        if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
            said = f"{_in_short(str(error.filename))} is too long for a file's or a folder's name. Give a shorter one."
            _say(said)
            _answer(words, said)
            return COULD_NOT_RUN
        _say(
            f"Something went wrong that this program does not know ({type(error).__name__}: {error}).\n"
            "What was sent is recorded in the ledger. Run the same again with --debug, and pass its output on."
        )
        return COULD_NOT_RUN
    return result if isinstance(result, int) else FINE


def _answer(words: Sequence[str], why: str) -> None:
    """The one object that `--json` promises, where the command could not run."""
    if "--json" in words:
        from importer.cli.rendering import print_json
        from importer.report.could_not_run import could_not_run

        command = next((word for word in words if not word.startswith("-")), None)
        print_json(could_not_run(command, why))


def _writing_all(stream: TextIO) -> TextIO:
    """A stream that writes all that it is given, also to a pipe that is full, and with PYTHONUNBUFFERED."""
    if not isinstance(getattr(stream, "buffer", None), io.RawIOBase):
        return stream
    return open(stream.fileno(), "w", encoding=stream.encoding, closefd=False)


def _in_short(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:40]}…{name[-16:]}"


def _say(sentence: str) -> None:
    say(sentence, err=True)
