"""Writes the tables of the documentation from the code: `python -m docs.make`. A test finds one that is out of date.

A table stands in a page between `<!-- name -->` and `<!-- /name -->`; what is in between is not written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click

from importer.cli.commands import commands
from importer.domain.fields import COLUMNS
from importer.domain.problem_catalog import KINDS
from importer.domain.problems import Severity
from importer.dropfolder.folder_settings import FolderSettings
from importer.settings import ENVIRONMENT, Settings

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))

MEANINGS = {
    "home": ("your system's user-data folder", "Where the ledger and copies of what was sent are kept."),
    "url": ("", "Propexo's API."),
    "integration_id": ("none", "Which ResMan account, where the sheet has no column for it."),
    "token": ("what `login` kept", "Access to the API."),
    "ledger": ("a SQLite file in the home", "The memory of what was sent: a SQLAlchemy address."),
    "rate_limit": ("", "Requests in each window, for everybody on this ledger. The API takes 150 a minute."),
    "rate_window_seconds": ("", "The length of that window."),
    "profiles": ("`profiles` in the home", "The folder of the vendors' saved layouts."),
    "full_speed": ("", "Use all that the API allows; its answers get slower."),
    "release_unfound_after_hours": (
        "never",
        "After so long, an invoice in doubt that was looked for in vain may be sent again by itself.",
    ),
    "sync_covers_days": (
        "",
        "So many days back Propexo's syncs look. That an older bill is not there after a sync proves nothing.",
    ),
    "definite_refusals": (
        "those in `importer/sending/refusals.toml`",
        'More phrases that are sure refusals: `["Cost center * is closed"]`, with `*` for a name or a number.',
    ),
    "old_after_days": ("", "A bill date so many days ago is called old."),
    "future_after_days": ("", "A bill date so many days ahead is called far in the future."),
    "keep_archive_days": (
        "",
        "After so many days the copies of submitted files are removed, where everything in them is settled.",
    ),
    "second_journal": ("none", "A folder outside of the home for a second copy of the journal: see Backups."),
    "keep_logs_days": ("", "After so many days a log of `watch` is removed."),
    "severity": (
        "as in the table of problems",
        'How bad a problem is, by its code: `{ old-date = "off", near-duplicate = "error" }`.',
    ),
    "smtp": (
        "nobody is e-mailed",
        "The mail server: `host`, `sender`, and where needed `user`, `port`, `security` (`starttls`, `tls` or `none`).",
    ),
    "smtp_password": ("what the keyring keeps", "The password of the mail server's `user`."),
}
"""Setting → what holds without it (the code's default where blank), and what it is."""


ORDERS = {
    "action": '"check" says what would happen; "submit" posts what is right.',
    "approval": 'With "submit": "none", or "required" for the word of a second person.',
    "profile": "The saved layout to read with. Without it each file takes the one that fits.",
    "sheet": "The sheet to read; * for all.",
    "tell": "A table: `email` (addresses), `webhook` (one address), and its `format` where its host does not show it.",
    "poll_seconds": "Between two looks at the folder.",
    "settle_seconds": "A file that has not changed for so long, and whose end is there, is taken.",
    "open_end_seconds": "The same for a csv whose last line does not end.",
    "give_up_minutes": "A file whose end never comes is put aside after so long.",
    "away_minutes": "People are told of an API that has been away for so long.",
    "status_minutes": "Between two questions what became of posted invoices.",
}
"""Setting of a drop folder → what it is."""


def problem_table() -> Iterable[str]:
    """Every kind of problem: errors first, each half in the order of `problem_catalog.py`."""
    yield from _head("code", "what is wrong", "what to do")
    for severity in Severity:
        for kind in KINDS.values():
            if kind.severity is severity:
                yield _row(
                    f"`{kind.code}`" + (" (warning)" if severity is Severity.WARNING else ""), kind.title, kind.advice
                )


def settings_table() -> Iterable[str]:
    """Every setting by its two names, and what holds without it."""
    yield from _head("in `importer.toml`", "in the environment", "without it", "what it is")
    names = {setting: name for name, setting in ENVIRONMENT.items()}
    for setting, field in Settings.model_fields.items():
        if setting == "sandbox":  # the option --sandbox, not a setting that a person writes down
            continue
        default, meaning = MEANINGS[setting]
        in_file = "" if setting in ("token", "smtp_password") else f"`{setting}`"
        in_environment = f"`{names[setting]}`" if setting in names else ""
        yield _row(in_file, in_environment, default or str(field.default).lower().removesuffix(".0"), meaning)


def every_command(group: click.Group = commands, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command by its full name: "check", "profile new"."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_command(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def option_table() -> Iterable[str]:
    """Every option of every command; those of several commands once."""
    yield from _head("command", "option", "what it does")
    found: dict[tuple[str, str], list[str]] = {}
    for name, command in every_command():
        for option in command.params:
            if isinstance(option, click.Option):
                typed = ", ".join(option.opts)
                if not option.is_flag:
                    typed += f" {option.make_metavar(click.Context(command))}"
                found.setdefault((typed, option.help or ""), []).append(name)
    order = [name for name, _ in every_command()]
    for (typed, said), names in sorted(found.items(), key=lambda pair: (-len(pair[1]), order.index(pair[1][0]))):
        listed = "all" if names == order else ", ".join(f"`{name}`" for name in names)
        yield _row(listed, f"`{typed}`", said)


def command_table() -> Iterable[str]:
    """Every command with its sentence."""
    yield from _head("command", "what it does")
    for name, command in every_command():
        arguments = [
            one.make_metavar(click.Context(command)) for one in command.params if isinstance(one, click.Argument)
        ]
        yield _row(f"`{' '.join([name, *arguments])}`", command.help or "")


def column_table() -> Iterable[str]:
    """The plain layout."""
    yield from _head("heading", "the API's name", "", "what it is")
    for column in COLUMNS:
        needed = "required" if column.required else ""
        instead = " or ".join(f"`{name}`" for name in column.instead)
        yield _row(
            column.heading, f"`{column.name}`", f"{needed} (or {instead})" if instead else needed, column.meaning
        )


def orders_table() -> Iterable[str]:
    """Every setting of a drop folder, and what holds without it."""
    yield from _head("in `watch.toml`", "without it", "what it is")
    for name, field in FolderSettings.model_fields.items():
        default = "nobody" if name == "tell" else "" if field.default is None else str(field.default).removesuffix(".0")
        yield _row(f"`{name}`", default, ORDERS[name])


TABLES: dict[str, Callable[[], Iterable[str]]] = {
    "commands": command_table,
    "options": option_table,
    "settings": settings_table,
    "orders": orders_table,
    "columns": column_table,
    "problems": problem_table,
}


def renewed(page: str) -> str:
    """The page with its tables as the code has them now."""
    for name, table in TABLES.items():
        between = re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)", re.DOTALL)
        lines = "".join(f"{line}\n" for line in table())
        page = between.sub(lambda _, lines=lines: lines, page)  # type: ignore[misc] # mypy cannot infer the default
    return page


def _head(*titles: str) -> Iterable[str]:
    yield _row(*titles)
    yield _row(*["---"] * len(titles))


def _row(*cells: str) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")
