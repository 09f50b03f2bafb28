"""The options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

CONFIG = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The settings file. [importer.toml in this folder, or in the home]",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the summary.")
SANDBOX = click.option("--sandbox", is_flag=True, help="Use the stand-in API on this machine, with its own ledger.")


def with_options(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Several options in the order in which `--help` lists them."""

    def decorate(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate
