"""Every command: its options, one call into the pipeline, and what is printed."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from importer import __version__
from importer.cli.doctor_command import doctor
from importer.cli.dropfolder_commands import watch
from importer.cli.masterdata_commands import (
    alias,
    expected,
    sync,
    template,
)
from importer.cli.options import (
    ACKNOWLEDGE,
    CONFIG,
    JSON,
    REASON,
    SANDBOX,
    WholeNumber,
    with_options,
)
from importer.cli.profile_commands import profile
from importer.cli.saying import prompt, say


class _Commands(click.Group):
    """Lists the commands in the order of the work, not of the alphabet."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """As they were added."""
        return list(self.commands)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="invoice-importer")
def commands() -> None:
    """Moves vendor invoices from spreadsheets into ResMan, through Propexo's API.

    \b
    First    invoice-importer check march.xlsx    what would happen; sends nothing
    Then     invoice-importer submit march.xlsx   the same, then posts
    To try   add --sandbox to either: nothing leaves this machine

    Add --debug to any command to see the technical details of an error.
    """


READING = (
    click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)),
    click.option(
        "--results",
        type=click.Path(path_type=Path),
        metavar="PATH",
        help="Where the results go: a folder, or a name ending in .xlsx or .csv. [beside the input]",
    ),
    click.option("--no-results", is_flag=True, help="Write no results workbook."),
    click.option("--annotate", is_flag=True, help="Also write a copy of each .xlsx with the wrong cells marked."),
    click.option(
        "--summary",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Also write a one-page summary for mailing, as HTML.",
    ),
    click.option("--profile", metavar="NAME|PATH", help="The saved layout to read with. [the one that fits the file]"),
    click.option("--sheet", metavar="NAME", help="The sheet to read; * for all."),
    click.option(
        "--expect-count", metavar="N", type=WholeNumber(0), help="How many invoices there must be, or none goes."
    ),
    click.option("--expect-total", metavar="AMOUNT", help="What they must come to in dollars, or none goes."),
    click.option(
        "--accept-duplicate",
        metavar="KEY",
        multiple=True,
        help="A person's decision: this invoice goes although it looks like another. Needs --reason.",
    ),
    REASON,
    JSON,
    SANDBOX,
    CONFIG,
)


@commands.command()
@with_options(*READING)
def check(**given: Any) -> int:
    """Reads, checks, and says what would happen. Sends nothing, ever."""
    from importer.domain.gc_pause import keep_until_exit, paused_gc
    from importer.reading import reading_ahead

    with paused_gc(), reading_ahead(given["files"]) as ahead:  # while the rest is loaded
        from importer.cli.command_context import at_desk, outputs, wanted
        from importer.cli.rendering import render
        from importer.pipeline import check_files

        with at_desk(given) as desk:
            asked = outputs(given, desk.settings)
            asked.are_possible()
            run = check_files(replace(wanted(given, desk.settings), ahead=ahead), desk)
            if click.get_current_context().obj:
                keep_until_exit(run, ahead)
            return render(run, desk, asked)


@commands.command()
@with_options(*READING)
@click.option("--yes", is_flag=True, help="Do not ask before posting.")
@click.option("--approved", metavar="PLAN", help="Post only if the files give exactly this plan of `check`.")
@ACKNOWLEDGE
@click.option("--full-speed", is_flag=True, help="Use all of the API's rate limit; its answers then get slower.")
def submit(**given: Any) -> int:
    """Reads, checks, and posts what is right. Asks once before posting."""
    from importer.cli.command_context import at_desk, outputs, wanted
    from importer.cli.rendering import ask, render
    from importer.pipeline import submit_files

    with at_desk(given, serving=True) as desk:
        asked = outputs(given, desk.settings)
        finished = submit_files(
            wanted(given, desk.settings),
            desk,
            agree=lambda would: given["yes"] or given["approved"] is not None or ask(would, desk),
            before=asked.are_possible,
            approved=given["approved"],
        )
        return render(finished, desk, asked)


@commands.command(short_help="Asks what became of posted invoices.")
@click.argument("run", required=False)
@click.option("--retry", is_flag=True, help="Ask for the invoices that ResMan did not take to be written again.")
@with_options(JSON, SANDBOX, CONFIG)
def status(run: str | None, retry: bool, **given: Any) -> int:
    """Asks what became of posted invoices, and writes their results workbooks anew."""
    from importer.cli.command_context import at_desk
    from importer.cli.rendering import render_status
    from importer.runs.follow_up import follow_up

    with at_desk(given, serving=True) as desk:
        told, known = follow_up(desk, run=run, retry=retry)
        return render_status(told, known, desk, as_json=given["as_json"])


@commands.command(short_help="Settles invoices whose outcome is unknown.")
@click.option("--sync", is_flag=True, help="Have ResMan's invoices fetched first, and wait for that (minutes).")
@click.option(
    "--release", metavar="KEY", multiple=True, help="A person's decision: it did not arrive, it may be sent again."
)
@click.option("--adopt", metavar="KEY JOB_ID", nargs=2, help="A person's decision: it arrived, as this job.")
@ACKNOWLEDGE
@REASON
@with_options(JSON, SANDBOX, CONFIG)
def settle(**given: Any) -> int:
    """Looks for invoices whose outcome is unknown; adopts what is proven, lists the rest."""
    from importer.cli.command_context import acknowledgements, at_desk, decisions
    from importer.cli.rendering import render_doubts
    from importer.runs import follow_up as afterwards

    wanted, words = decisions(given), acknowledgements(given)
    with at_desk(given, serving=True) as desk:
        settled = afterwards.settle(desk, sync=given["sync"], decisions=wanted, words=words)
        told, known = afterwards.runs_behind(desk, settled)
        return render_doubts(told, known, desk, as_json=given["as_json"])


commands.add_command(profile)


for command in (watch, sync, alias, expected, template):
    commands.add_command(command)


@commands.command()
@click.argument("run", required=False)
@click.option(
    "--limit",
    metavar="N",
    type=WholeNumber(1),
    default=20,
    show_default=True,
    help="How many runs to show, newest first.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print a csv: the runs, or the invoices of the one that is named.")
@with_options(JSON, SANDBOX, CONFIG)
def history(run: str | None, limit: int, **given: Any) -> None:
    """What was run: when, by whom, which file, and what came of it. With RUN, everything about that one."""
    from importer.cli.command_context import at_desk
    from importer.cli.rendering import print_history, print_run
    from importer.runs.follow_up import past_run, past_runs

    form = {"as_json": given["as_json"], "as_csv": given["as_csv"]}
    if all(form.values()):
        raise click.UsageError("Give either --json or --csv.")
    with at_desk(given) as desk:
        if run is None:
            print_history(past_runs(desk, limit), **form)
        else:
            print_run(*past_run(desk, run), **form)


@commands.command(short_help="Keeps the access token.")
@with_options(CONFIG)
def login(**given: Any) -> None:
    """Asks for the access token without showing it, tries it once, and keeps it where only you can read it."""
    from pydantic import SecretStr

    from importer.cli.command_context import at_desk
    from importer.runs.follow_up import keep_token

    with at_desk(given) as desk:
        token = SecretStr(prompt(f"Access token for {desk.settings.destination}", hide_input=True).strip())
        say(f"The token works. It is kept in {keep_token(desk, token)}.", err=True)


@commands.command(short_help="Removes the access token.")
@with_options(CONFIG)
def logout(**given: Any) -> None:
    """Removes the access token that `login` kept."""
    from importer.cli.command_context import load_settings
    from importer.secrets_store import forget

    loaded = load_settings(given)
    removed = forget(loaded.destination, loaded.home)
    say("The token is removed." if removed else "There was no token to remove.", err=True)
    if loaded.token is not None:
        say("PROPEXO_TOKEN is still set in the environment.", err=True)


commands.add_command(doctor)


@commands.command(short_help="Runs the stand-in API on this machine.")
@click.option(
    "--port",
    metavar="N",
    type=WholeNumber(0, 65_535),
    default=8765,
    show_default=True,
    help="The port on 127.0.0.1; 0 takes any free one.",
)
@click.option("--reset", is_flag=True, help="Forget everything that was posted before.")
@with_options(CONFIG)
def sandbox(port: int, reset: bool, **given: Any) -> None:
    """Runs the stand-in for Propexo's API on this machine, until Ctrl-C."""
    from importer import sandbox as stand_in
    from importer.cli.command_context import load_settings, sandbox_folder
    from importer.clock import clock_of

    folder, clock = sandbox_folder(load_settings(given)), clock_of(os.environ).seconds
    if reset:
        stand_in.reset(folder, clock)
    stand_in.serve(folder, clock, port=port, announce=_announce)


def _announce(url: str) -> None:
    from importer import sandbox as stand_in

    say(
        f"The stand-in API listens on {url}; stop it with Ctrl-C. To use it from another window:\n"
        f"  export PROPEXO_URL={url} PROPEXO_TOKEN={stand_in.TOKEN} PROPEXO_INTEGRATION_ID={stand_in.INTEGRATION_ID}",
        err=True,
    )
