"""The command that looks whether everything is in order."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importer.cli.options import CONFIG, JSON, SANDBOX, with_options
from importer.cli.saying import say

if TYPE_CHECKING:
    from importer.doctor import Finding


@click.command(short_help="Looks whether everything is in order.")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--tell", is_flag=True, help="Also send everybody whom FOLDER tells a short message, on trial.")
@with_options(JSON, SANDBOX, CONFIG)
def doctor(folder: Path | None, tell: bool, **given: Any) -> int:
    """Looks whether settings, token, API, clock, ledger, disks and a drop FOLDER are in order. Posts nothing."""
    from importer import settings
    from importer.cli.command_context import at_desk
    from importer.doctor import SettingsSource, examine, without_settings
    from importer.errors import BadSettings

    if tell and folder is None:
        raise click.UsageError("--tell goes with a FOLDER, whose watch.toml says who is told.")
    try:
        source = SettingsSource(*settings.found_in(environment=os.environ, folder=Path.cwd(), config=given["config"]))
        with at_desk(given, serving=True) as desk:
            found = examine(desk, source, folder=folder, tell=tell)
    except BadSettings as error:
        found = without_settings(error)
    return _answer(found, as_json=given["as_json"])


def _answer(found: Sequence[Finding], *, as_json: bool) -> int:
    from importer.cli.rendering import print_json
    from importer.doctor import CheckResult, exit_code

    code = exit_code(found)
    if as_json:
        findings = [
            {"about": each.about, "verdict": str(each.verdict), "said": each.said, "advice": each.advice}
            for each in found
        ]
        print_json({"command": "doctor", "exit_code": code, "findings": findings})
        return code
    width = max(len(verdict) for verdict in CheckResult)
    for each in found:
        say(f"{each.verdict:<{width}}  {each.about:<9} {each.said}")
        if each.advice:
            say(f"{'':<{width}}  {'':<9} {each.advice}")
    counts = {verdict: sum(each.verdict is verdict for each in found) for verdict in CheckResult}
    if code == 0 and not counts[CheckResult.LOOK]:
        say("Everything is in order.")
    else:
        say(
            f"{counts[CheckResult.WRONG]:,} to be done, {counts[CheckResult.LOOK]:,} worth a look, "
            f"{counts[CheckResult.UNTOLD]:,} that cannot be told."
        )
    return code
