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


def _the_only_one(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> str | None:
    """Of several reasons none can be told to belong to one decision: they are refused, not dropped."""
    if len(given) > 1:
        raise click.UsageError("--reason is given twice. One command takes one reason: give each its own command.")
    return given[0] if given else None


REASON = click.option(
    "--reason", metavar="TEXT", multiple=True, callback=_the_only_one, help="Why; kept with the decision."
)


ACKNOWLEDGE = click.option(
    "--acknowledge",
    metavar="CODE",
    multiple=True,
    help="A person's word: what was posted past the ledger, shown under this code, is all right. Needs --reason.",
)


class WholeNumber(click.ParamType[int]):
    """A whole number within limits."""

    name = "number"

    def __init__(self, least: int, most: int = 1_000_000_000) -> None:
        self._least, self._most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number that was typed. Raises `click.BadParameter`."""
        try:
            number = int(value)
        except ValueError:
            self.fail(f"{value!r} is not a whole number; write it like 8.", param, ctx)
        if number < self._least:
            self.fail(f"{value} is too small; it must be {self._least:,} or more.", param, ctx)
        if number > self._most:
            self.fail(f"{value} is too large; it must be {self._most:,} or less.", param, ctx)
        return number


def with_options(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Several options in the order in which `--help` lists them."""

    def decorate(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate
