"""The documentation is true: its commands run and say what stands there, its tables are those of the code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
import pytest

from docs import make
from importer import cli, sandbox
from importer.cli.commands import commands
from importer.domain.outcome import Status
from importer.domain.problem_catalog import KINDS
from tests.clock import CLOCK

ROOT = make.ROOT
README = ROOT / "README.md"
TEXTS = (*make.PAGES, ROOT / "CHANGELOG.md")
ELSEWHERE = {"--help", "--debug", "--version", "--accept", "--randomly-seed"}
"""Of every command, of `python -m fixtures.make`, and of the tests."""


@dataclass(slots=True)
class Typed:
    """One command of a console block, and the output that stands below it."""

    command: str
    output: list[str] = field(default_factory=list)


def typed(page: Path) -> Iterator[Typed]:
    for block in re.findall(r"(?s)```console\n(.*?)```", page.read_text(encoding="utf-8")):
        command: Typed | None = None
        for line in block.splitlines():
            if line.startswith("$ "):
                if command is not None:
                    yield command
                command = Typed(line.removeprefix("$ "))
            elif command is not None:
                command.output.append(line)
        if command is not None:
            yield command


def as_pattern(output: list[str]) -> str:
    """A line of its own that is "…" stands for any lines, or none."""
    return "".join(r"(?:.*\n)*" if line == "…" else re.escape(line) + r"\n" for line in output)


def table(page: Path, first_heading: str) -> list[list[str]]:
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in page.read_text(encoding="utf-8").split(f"| {first_heading} |")[1].split("\n\n")[0].splitlines()
    ]
    return rows[2:]


@pytest.mark.parametrize("page", make.PAGES, ids=lambda page: str(page.name))
def test_the_commands_of_a_page_do_what_stands_below_them(page: Path, tmp_path: Path) -> None:
    """All of them in order, in one shell, as a newcomer types them; without --sandbox they meet a stand-in on loopback.

    A command must end well unless the next one asks how it ended. `make` only says what it would do.
    """
    wanted = list(typed(page))
    for folder in ("fixtures", "templates"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("*.results.xlsx"))
    script = "".join(
        f"echo '<begin {at}>'; (exit $code); {re.sub('^make ', f'make -n -C {ROOT} ', one.command)}\n"
        f"code=$?; echo; echo '<end {at}>' $code\n"
        for at, one in enumerate(wanted)
    )
    with sandbox.embedded(tmp_path / "api", CLOCK.seconds) as url:
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "IMPORTER_HOME": str(tmp_path / "home"),
            "PROPEXO_URL": url,
            "PROPEXO_TOKEN": sandbox.TOKEN,
            "PROPEXO_INTEGRATION_ID": sandbox.INTEGRATION_ID,
        }
        ended = subprocess.run(
            ["bash", "-c", "code=0\n" + script],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    for at, one in enumerate(wanted):
        found = re.search(rf"(?s)<begin {at}>\n(.*)\n<end {at}> (\d+)\n", ended.stdout)
        assert found is not None, ended.stdout
        said, code = found[1], int(found[2])
        asked = at + 1 < len(wanted) and wanted[at + 1].command == "echo $?"
        assert code == 0 or asked, f"{one.command} ended with {code}:\n{said}"
        if one.output:
            assert re.fullmatch(as_pattern(one.output), said.rstrip("\n") + "\n"), f"{one.command} said:\n{said}"


@pytest.mark.parametrize("page", make.PAGES, ids=lambda page: str(page.name))
def test_the_tables_of_a_page_are_those_of_the_code(page: Path) -> None:
    """Problem codes, settings, options, commands and columns. `python -m docs.make` brings them up to date."""
    text = page.read_text(encoding="utf-8")
    assert text == make.renewed(text)


def test_every_table_of_the_code_stands_somewhere() -> None:
    """None of them was dropped together with its marks."""
    texts = "".join(page.read_text(encoding="utf-8") for page in make.PAGES)
    assert [name for name in make.TABLES if f"<!-- {name} -->\n|" not in texts] == []


def test_every_outcome_is_explained() -> None:
    """The words of the workbook and the terminal, each once."""
    assert [row[0] for row in table(README, "outcome")] == [status.label for status in Status]


def test_every_exit_code_is_explained() -> None:
    """1 and 3 come from the run itself; the others from the command line."""
    codes = {str(code) for code in (cli.FINE, 1, cli.COULD_NOT_RUN, 3, cli.INTERRUPTED)}
    assert {row[0] for row in table(README, "code | meaning")} == codes


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: str(page.name))
def test_every_option_and_command_in_the_text_exists(page: Path) -> None:
    """Also in sentences, and for commands in the advice that problems give."""
    text = page.read_text(encoding="utf-8")
    options = {
        option
        for _, command in make.every_command()
        for one in command.params
        if isinstance(one, click.Option)
        for option in one.opts
    }
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) - options - ELSEWHERE == set()
    advice = " ".join(kind.advice for kind in KINDS.values())
    mentioned = set(re.findall(r"invoice-importer ([a-z]+)", text + advice))
    assert mentioned - set(commands.commands) == set()


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: str(page.name))
def test_every_link_leads_somewhere(page: Path) -> None:
    """Pictures, pages and folders that the text points at are there."""
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []
