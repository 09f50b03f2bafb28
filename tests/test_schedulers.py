"""The files for systemd, cron and the Windows Task Scheduler: each is one, and the commands in it are ours."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from configparser import RawConfigParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from importer.cli import run
from importer.propexo.client import LONGEST_EXCHANGE
from templates import make

FOLDER = make.FOLDER / "scheduling"
UNITS = sorted([*FOLDER.glob("*.service"), *FOLDER.glob("*.timer")])
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
CRON = re.compile(r"(?:[\d*/,-]+ ){4}[\d*/,-]+ +(?P<command>/\S.*)")


def unit(path: Path) -> RawConfigParser:
    """A unit file; a key that stands twice in one section would be an error."""
    read = RawConfigParser(delimiters=("=",), comment_prefixes=("#",))
    read.optionxform = str  # type: ignore[assignment,method-assign]  # as the library's documentation does it
    read.read_string(path.read_text(encoding="utf-8"))
    return read


def command_lines() -> Iterator[tuple[str, str]]:
    """Every command line of every file, with the file's name."""
    timed = [path.stem.partition("@")[2] for path in UNITS if path.suffix == ".timer"]
    for path in UNITS:
        if path.suffix == ".service":
            line = unit(path)["Service"]["ExecStart"]
            for instance in timed if "@" in path.stem else [""]:
                yield path.name, line.replace("%i", instance)
    for line in (FOLDER / "invoice-importer.crontab").read_text(encoding="utf-8").splitlines():
        if entry := CRON.fullmatch(line):
            for command in re.findall(r"/opt/[^>|]+", entry["command"]):
                yield "invoice-importer.crontab", re.sub(r" \d $", "", command)
    task = ElementTree.parse(FOLDER / "invoice-importer-watch.xml")  # noqa: S314 -- our own file
    executed = task.find(f".//{TASK}Exec")
    assert executed is not None
    program = str(executed.findtext(f"{TASK}Command")).replace("\\", "/").removesuffix(".exe")
    yield "invoice-importer-watch.xml", f"{program} {executed.findtext(f'{TASK}Arguments')}"


@pytest.mark.parametrize(("name", "line"), list(command_lines()))
def test_every_command_line_is_understood(name: str, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With --help at its end it does nothing, but each option and command in it must exist."""
    program, *words = shlex.split(line)
    assert Path(program).name == "invoice-importer"
    assert run([*words, "--help"]) == 0, capsys.readouterr().err
    assert f"Usage: invoice-importer {words[0]} " in capsys.readouterr().out


def test_every_file_has_a_command_line() -> None:
    """None is passed over because it cannot be read; each timer starts a command through the service of its name."""
    named = {name for name, _ in command_lines()}
    assert named == {path.name for path in FOLDER.iterdir()} - {each.name for each in FOLDER.glob("*.timer")}
    mentioned = (FOLDER / "invoice-importer.crontab").read_text(encoding="utf-8").count("/opt/")
    assert mentioned == sum(name.endswith("crontab") for name, _ in command_lines())


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """Without a warning; the program itself need not be there."""
    names = []
    for path in UNITS:
        text = path.read_text(encoding="utf-8").replace("/opt/invoice-importer/bin/invoice-importer", "/bin/true")
        instances = ("sync", "status") if path.name.endswith("@.service") else ("",)
        for instance in instances:
            copy = tmp_path / path.name.replace("@.", f"@{instance}.")
            copy.write_text(text, encoding="utf-8")
            names.append(str(copy))
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names], capture_output=True, text=True, check=False
    )
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_stopping_waits_for_what_is_under_way() -> None:
    """systemd kills what takes longer; a request may take its time, and its answer must be written down."""
    for path in FOLDER.glob("*.service"):
        service = unit(path)["Service"]
        assert int(service["TimeoutStopSec"]) > LONGEST_EXCHANGE
        assert "130" in service["SuccessExitStatus"]
        assert service["ProtectSystem"] == "strict"
        assert "/srv/invoices" in service["ReadWritePaths"]
        assert service["Environment"] == f"IMPORTER_HOME=/var/lib/{service['StateDirectory']}"
    watch = unit(FOLDER / "invoice-importer-watch.service")
    assert (watch["Service"]["Restart"], watch["Unit"]["StartLimitIntervalSec"]) == ("always", "0")


def test_windows_takes_the_task() -> None:
    """A file that says nothing of its encoding is plain letters; it runs for ever, once, and is started anew."""
    content = (FOLDER / "invoice-importer-watch.xml").read_bytes()
    assert content.isascii()
    assert content.startswith(b'<?xml version="1.0" ?>')
    task = ElementTree.fromstring(content.decode())  # noqa: S314 -- our own file
    assert task.tag == f"{TASK}Task"
    parts = [child.tag.removeprefix(TASK) for child in task]
    assert parts == ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"]
    actions, principal = task.find(f"{TASK}Actions"), task.find(f"{TASK}Principals/{TASK}Principal")
    assert actions is not None
    assert principal is not None
    assert actions.get("Context") == principal.get("id")
    settings = {child.tag.removeprefix(TASK): child.text for child in task.iterfind(f"{TASK}Settings/*")}
    assert settings["ExecutionTimeLimit"] == "PT0S"
    assert settings["MultipleInstancesPolicy"] == "IgnoreNew"
