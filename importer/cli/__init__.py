"""The command line: a thin door. It parses, makes one call into the pipeline, and renders what comes back.

Messages and progress go to standard error; standard output carries the answer, with `--json` one object and nothing
else. Everything heavy is imported inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from importer.cli.commands import commands
from importer.errors import CannotRun

FINE, SOME, COULD_NOT_RUN, INTERRUPTED = 0, 1, 2, 130


def run(arguments: Sequence[str]) -> int:
    """Runs one command and returns its exit code, as in the README's table. Only `--debug` shows a traceback."""
    debug = "--debug" in arguments
    words = [word for word in arguments if word != "--debug"]
    try:
        result = commands.main(words, prog_name="invoice-importer", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        _say("Interrupted. Everything sent so far is recorded; run it again.")
        return INTERRUPTED
    except click.ClickException as error:
        error.show(sys.stderr)
        return COULD_NOT_RUN
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads on: end without a word
        return SOME
    except CannotRun as error:
        if debug:
            raise
        _say(str(error))
        return COULD_NOT_RUN
    except Exception as error:
        if debug:
            raise
        _say(
            f"Something went wrong that this program does not know ({type(error).__name__}: {error}).\n"
            "What was sent is recorded in the ledger. Run the same again with --debug, and pass its output on."
        )
        return COULD_NOT_RUN
    return result if isinstance(result, int) else FINE


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)
