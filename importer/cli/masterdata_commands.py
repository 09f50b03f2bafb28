"""The commands about what ResMan has: fetching it, settling a name, who has not billed, a sheet that offers names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from importer.cli.options import (
    CONFIG,
    JSON,
    SANDBOX,
    WholeNumber,
    with_options,
)
from importer.cli.saying import say


@click.command()
@click.option("--full", "everything", is_flag=True, help="Everything, not only what has changed.")
@click.option("--by-property", is_flag=True, help="Also the vendors of each property, however many requests it takes.")
@with_options(JSON, SANDBOX, CONFIG)
def sync(everything: bool, by_property: bool, **given: Any) -> int:
    """Fetches ResMan's properties, vendors, accounts, periods and invoices, so that names work in place of ids."""
    from importer.cli.command_context import at_desk
    from importer.cli.name_commands import print_synced
    from importer.runs import names

    with at_desk(given, serving=True) as desk:
        done = names.sync(desk, everything=everything, by_property=by_property)
        return print_synced(done, desk, as_json=given["as_json"])


@click.command()
@click.argument("name", required=False)
@click.argument("meant", required=False, metavar="[ID]")
@click.option("--profile", metavar="NAME", help="Only in files that are read with this profile.")
@click.option("--remove", is_flag=True, help="Forget what was settled about the name.")
@with_options(JSON, SANDBOX, CONFIG)
def alias(name: str | None, meant: str | None, profile: str | None, remove: bool, **given: Any) -> int:
    """Settles what a name in the files means, for good. Without a name: lists what was settled."""
    from importer.cli.command_context import at_desk
    from importer.cli.name_commands import run_alias

    with at_desk(given) as desk:
        return run_alias(desk, name, meant, profile=profile, remove=remove, as_json=given["as_json"])


@click.command()
@click.option("--month", type=click.DateTime(["%Y-%m"]), metavar="YYYY-MM", help="The month to look at. [this one]")
@click.option(
    "--months", metavar="N", default=3, show_default=True, type=WholeNumber(1, 24), help="How many before it count."
)
@with_options(JSON, SANDBOX, CONFIG)
def expected(month: Any, months: int, **given: Any) -> int:
    """Who billed in the last months, and not in this one."""
    from importer.cli.command_context import at_desk
    from importer.cli.name_commands import print_expected
    from importer.runs import names

    with at_desk(given) as desk:
        found = names.expected(desk, month=None if month is None else month.date(), months=months)
        return print_expected(found, as_json=given["as_json"])


@click.command()
@click.argument("path", default="invoices-to-fill-in.xlsx", type=click.Path(path_type=Path))
@with_options(SANDBOX, CONFIG)
def template(path: Path, **given: Any) -> None:
    """Writes a blank workbook with lists of what `sync` fetched to choose from. [invoices-to-fill-in.xlsx]"""
    from importer.cli.command_context import at_desk
    from importer.runs import names

    with at_desk(given) as desk:
        said = names.template(desk, path)
        say(f"{path} is ready to be filled in. {said}", err=True)
