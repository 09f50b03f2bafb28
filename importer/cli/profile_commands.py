"""The commands for a vendor's saved layout. What only a person can say is asked on a terminal, and nowhere else."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import click

from importer.cli.options import CONFIG, JSON, SANDBOX, with_options
from importer.cli.saying import confirm, prompt, say


@click.group(short_help="Saved layouts of vendors' files.")
def profile() -> None:
    """Saved layouts of vendors' files: made once from a sample, chosen by themselves next month."""


@profile.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", metavar="NAME", help="What to call it. [from the file's name]")
@click.option("--yes", is_flag=True, help="Save without asking anything; what is left open is listed.")
@with_options(SANDBOX, CONFIG)
def new(file: Path, **given: Any) -> int:
    """Proposes a layout from a sample FILE, asks what only you can say, and saves it."""
    from importer.cli.command_context import at_desk
    from importer.reading.formats.open_file import open_file
    from importer.reading.profiles.propose import check_profile, is_open, propose_profile
    from importer.reading.profiles.vendor_profile import load_profiles, profile_text, save_profile
    from importer.reading.profiles.whose_file import carries_vendor, is_shown

    with at_desk(given) as desk:
        folder = desk.settings.profiles
    proposal = propose_profile(file, given["name"])
    _say(*proposal.because)
    asking = sys.stdin.isatty() and not given["yes"]
    made = proposal.profile
    left = []
    for ask in proposal.asks:
        before = made
        if is_open(made, ask):
            made = _ask(made, ask, desk) if asking else made
            if made == before and not ask.is_optional:
                left.append(ask.sentence)
    if asking and carries_vendor(made) and not is_shown(made, contents := open_file(file)):
        made = _ask_for_text(made, contents)
    _say("", profile_text(made), "")
    known = {each.name: each for each in load_profiles(folder)}
    if not given["name"] and made.name in known and set(known[made.name].headings) != set(made.headings):
        first = made.name  # for other files: its name comes from a file that happens to be called alike
        made = replace(made, name=next(each for at in count(2) if (each := f"{first}-{at}") not in known))
        _say(f"There is a profile {first} already, for files with other headings. This one is called {made.name}.")
    taken = made.name in known
    if taken and not asking and not given["yes"]:
        raise click.UsageError(
            f"There is a profile {made.name} already. Choose another --name, or add --yes to replace it."
        )
    refused = "" if left else _tried(made, file)
    if (left or refused) and not (given["yes"] and left):
        _say(*([refused] if refused else _incomplete(left)))
        if not asking or not confirm("Save it all the same?"):
            _say("Nothing was saved.")
            return 1
    elif asking and not confirm(f"{'Replace' if taken else 'Save'} the profile {made.name}?", default=True):
        made = replace(made, name=prompt("Under which name then? (Ctrl-C: not at all)"))
    saved = save_profile(made, folder)
    _say(f"Saved: {saved}")
    if left or refused:
        _say(*_incomplete(left))
        return 1
    _say(*check_profile(made, file))
    return 0


def _tried(made: Any, file: Path) -> str:
    """Why the very file that it was made from cannot be read with a profile; "" where it can."""
    from importer.errors import FileUnreadable
    from importer.reading.profiles.propose import check_profile

    try:
        check_profile(made, file)
    except FileUnreadable as error:
        return f"With this profile the file is not read: {error}"
    return ""


def _incomplete(left: list[str]) -> list[str]:
    if not left:
        return []
    said = "It is not complete: files cannot be read with it before this is said, in that file or by answering here:"
    return [said, *(f"  {sentence}" for sentence in left)]


@profile.command("list")
@with_options(JSON, CONFIG)
def list_(**given: Any) -> None:
    """Every saved layout, and which files it is for."""
    from importer.cli.command_context import load_settings
    from importer.cli.rendering import print_json
    from importer.reading.profiles.vendor_profile import load_profiles

    folder = load_settings(given).profiles
    profiles = load_profiles(folder)
    if given["as_json"]:
        rows = [{"name": each.name, "filename": each.filename, "headings": list(each.headings)} for each in profiles]
        print_json({"command": "profile list", "folder": str(folder), "profiles": rows})
        return
    for each in profiles:
        where = f"files named {each.filename}" if each.filename else "any file name"
        say(f"{each.name}: {where}" + (f", with {', '.join(each.headings)}" if each.headings else ""))
    if not profiles:
        _say(f"There are none in {folder}. Make one: invoice-importer profile new FILE")


@profile.command()
@click.argument("name")
@with_options(CONFIG)
def show(name: str, **given: Any) -> None:
    """One saved layout, as it stands in its file."""
    from importer.cli.command_context import load_settings
    from importer.reading.profiles.vendor_profile import find_profile, load_profiles, profile_text

    say(profile_text(find_profile(name, load_profiles(load_settings(given).profiles))), nl=False)


@profile.command("check")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@with_options(CONFIG)
def check_(name: str, file: Path, **given: Any) -> None:
    """How a FILE reads with a saved layout: columns, rows, and what cannot be read."""
    from importer.cli.command_context import load_settings
    from importer.reading.profiles.propose import check_profile
    from importer.reading.profiles.vendor_profile import find_profile, load_profiles

    found = find_profile(name, load_profiles(load_settings(given).profiles))
    say("\n".join(check_profile(found, file)))


@profile.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Remove without asking.")
@with_options(CONFIG)
def remove(name: str, **given: Any) -> int:
    """Removes one saved layout. To rename one, change its `name` in its file."""
    from importer.cli.command_context import load_settings
    from importer.reading.profiles.vendor_profile import saved_as

    path = saved_as(name, load_settings(given).profiles)
    if not given["yes"]:
        if not sys.stdin.isatty():
            raise click.UsageError(f"Nobody is there to be asked. Add --yes to remove {path}.")
        if not confirm(f"Remove {path}?"):
            return 1
    path.unlink()
    _say(f"Removed: {path}")
    return 0


def _ask_for_text(made: Any, contents: Any) -> Any:
    """What stands in each file of the vendor: without it, headings alone would choose the profile for anybody's."""
    from importer.reading.profiles.vendor_profile import says_a_text

    question = (
        "Nothing in this file's name or titles says whose it is. Which words stand in each of the vendor's files? "
        "(Enter: none. Then each file is asked about, and goes with --profile alone)"
    )
    while True:
        said = prompt(question, default="", show_default=False).strip()
        if not said:
            return made
        if says_a_text((said,), contents):
            return replace(made, texts=(said,))
        _say(f"{said} does not stand in this file.")


def _ask(made: Any, ask: Any, desk: Any) -> Any:
    """Asks until the answer can be taken; nothing leaves the question open. A name that ResMan does not have is said,
    and taken where it is typed a second time."""
    from importer.reading.profiles.propose import TERMS_DAYS, account_or_name, answered
    from importer.runs.names import doubt_about

    counts = ask.field != TERMS_DAYS  # there a number is one of days
    for number, choice in enumerate(ask.choices, start=1):
        _say(f"  {number}  {choice}" if counts else f"  {choice}")
    doubted = ""
    while True:
        said = prompt(ask.sentence, default="", show_default=False).strip()
        if not said:
            return made
        if counts and said.isdecimal() and len(said) < 3 and ask.choices:
            if not 1 <= int(said) <= len(ask.choices):
                _say(f"There is no {said} among them.")
                continue
            said = ask.choices[int(said) - 1]
        try:
            taken = answered(made, ask, said)
        except ValueError as error:
            _say(str(error))
            continue
        field = account_or_name(made, ask, said)
        doubt = doubt_about(desk, field, said) if field and said != doubted else ""
        if not doubt:
            return taken
        doubted = said
        _say(f"{doubt} Answer again; the same once more, and it is kept.")


def _say(*sentences: str) -> None:
    for sentence in sentences:
        say(sentence, err=True)
