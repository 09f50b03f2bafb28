"""The access token: never in a text, asked for without echo, and kept where only its owner can read it."""

from __future__ import annotations

import fcntl
import os
import pty
import stat
import subprocess
import sys
import termios
from contextlib import closing
from pathlib import Path

import pytest

from importer.sandbox import FORBIDDEN_TOKEN, TOKEN
from tests.acceptance.stage import PATIENCE, Clerk, Done, StandIn, numbers

CREATE = "/v1/invoices/resman/"
WRONG = "wrong-token-5f1c9e7ab2"
NO_KEYRING = ("keyring.backends.fail.Keyring", "keyring.backends.null.Keyring")
"""A machine without one, and a machine with one that keeps nothing."""


def _tell_tales(folder: Path, *tokens: str) -> list[Path]:
    """The files that hold one of the tokens, packed ones looked into."""
    import zipfile

    found = []
    for path in (path for path in folder.rglob("*") if path.is_file()):
        texts = [path.read_bytes()]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                texts += [packed.read(name) for name in packed.namelist()]
        if any(token.encode() in text for token in tokens for text in texts):
            found.append(path)
    return found


def _type(clerk: Clerk, *words: str, answer: str) -> Done:
    """Runs a command at a terminal and types an answer as soon as it asks; `out` is all that the screen shows."""
    screen, theirs = pty.openpty()
    with (
        closing(os.fdopen(screen, "rb+", buffering=0)) as terminal,
        subprocess.Popen(
            [sys.executable, "-m", "importer", *words],
            env=clerk.environment,
            cwd=clerk.folder,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        ) as process,
    ):
        os.close(theirs)
        shown = b""
        try:
            while b": " not in shown:
                shown += terminal.read(1024)
            while termios.tcgetattr(terminal)[3] & termios.ECHO:
                pass  # the question is on the screen just before the echo is switched off
            terminal.write(answer.encode() + b"\n")
            while more := terminal.read(1024):
                shown += more
        except OSError:
            pass  # how a terminal says that nobody is at its other end any more
        return Done(process.wait(PATIENCE), shown.decode(), "")


def test_the_token_is_in_no_text(clerk: Clerk, stand_in: StandIn) -> None:
    """Not in the home, the ledger, the workbooks or what is printed, with --debug too, whatever goes wrong."""
    file = clerk.writes("all.csv", [*numbers("ALL", 5), "ALL-FAIL", "ALL-TIMEOUT"])
    stand_in.fail(
        {"fault": "garbage", "path": CREATE, "invoice_number": "ALL-001"},
        {"fault": "bad_gzip", "path": CREATE, "invoice_number": "ALL-002"},
        {"fault": "redirect", "path": CREATE, "invoice_number": "ALL-003"},
        {"fault": "error_before", "status": 422, "path": CREATE, "invoice_number": "ALL-004"},
    )
    clerk.runs("check", file, "--debug")
    clerk.runs("submit", file, "--yes", "--debug", "--json")
    stand_in.held()
    for words in (("status", "--retry"), ("settle", "--sync"), ("history",), ("history", "--json"), ("login",)):
        clerk.runs(*words, "--debug")
    stand_in.fail({"fault": "error_before", "status": 500, "times": 20})
    clerk.runs("submit", file, "--yes", "--debug")
    stand_in.behave_well()
    for token in (WRONG, FORBIDDEN_TOKEN):
        refused = clerk.runs("submit", file, "--yes", PROPEXO_TOKEN=token, code=2)
        assert "The API does not accept this token" in refused.err
    assert not _tell_tales(clerk.folder, TOKEN, WRONG, FORBIDDEN_TOKEN)


@pytest.mark.parametrize("keyring", NO_KEYRING)
def test_login_and_logout(clerk: Clerk, stand_in: StandIn, keyring: str) -> None:
    """Typed without echo, tried once, kept in a file of mode 0600 where no keyring keeps it, used, and removed."""
    file = clerk.writes("login.csv", ["LOGIN-1"])
    clerk = clerk.logged_out(keyring)
    assert "There is no access token." in clerk.runs("submit", file, "--yes", code=2).err

    refused = _type(clerk, "login", answer=WRONG)
    assert refused.code == 2
    assert "The API does not accept this token (401)." in refused.out
    assert WRONG not in refused.out
    assert not _tell_tales(clerk.folder, WRONG)

    kept = _type(clerk, "login", answer=TOKEN)
    assert kept.code == 0
    assert "The token works." in kept.out
    assert TOKEN not in kept.out
    assert _tell_tales(clerk.folder, TOKEN) == [clerk.home / "token"]
    assert stat.S_IMODE((clerk.home / "token").stat().st_mode) == 0o600
    clerk.runs("submit", file, "--yes", "--no-results", code=0)
    assert stand_in.posted() == {"LOGIN-1": 1}

    assert "The token is removed." in clerk.runs("logout", code=0).err
    assert not _tell_tales(clerk.folder, TOKEN)
    assert "There was no token to remove." in clerk.runs("logout", code=0).err


def test_a_token_that_others_can_read(clerk: Clerk, stand_in: StandIn) -> None:
    """It is not used, and the way out is told."""
    clerk.home.mkdir()
    (clerk.home / "token").write_text(TOKEN)
    (clerk.home / "token").chmod(0o644)
    file = clerk.writes("open.csv", ["OPEN-1"])
    done = clerk.logged_out(NO_KEYRING[0]).runs("submit", file, "--yes", code=2)
    assert "can be read by other people" in done.err
    assert not stand_in.accepted()


def test_no_plain_http(clerk: Clerk) -> None:
    """A token never leaves this machine unencrypted."""
    file = clerk.writes("plain.csv", ["PLAIN-1"])
    done = clerk.runs("submit", file, "--yes", code=2, PROPEXO_URL="http://api.example.com")
    assert "is not encrypted; use https" in done.err
