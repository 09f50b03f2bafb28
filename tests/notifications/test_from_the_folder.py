"""From a dropped file to the people who are told: the real command, a real mail server, a real webhook."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import openpyxl

from tests.notifications.posts import SENDER
from tests.notifications.servers import (
    PASSWORD,
    Hook,
    Mailbox,
    certificates,
    mail_server,
    web_server,
)

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
PATIENCE = 90  # seconds

GOOD = "[SANDBOX] 4 invoices posted – october.csv"
BAD = "[SANDBOX] Put aside, nothing posted – letter.xlsx"
ORDERS = """\
action = "submit"
poll_seconds = 0.1
settle_seconds = 0.3
open_end_seconds = 0.3
[tell]
email = ["ap@example.com", "controller@example.com"]
webhook = "{webhook}"
"""


def watched_once(folder: Path, home: Path, **environment: str) -> str:
    """The watcher looks once, with the stand-in for the API, and ends; what it said."""
    ended = subprocess.run(
        [sys.executable, "-m", "importer", "watch", str(folder), "--once", "--sandbox"],
        cwd=home,
        env={**os.environ, "IMPORTER_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    return ended.stdout + ended.stderr


def test_each_file_is_told_of_once_in_every_way(tmp_path: Path) -> None:
    """A good file and a bad one: a mail and a post for each, encrypted, with the workbook as it lies in the folder.

    Neither the password nor the webhook's address is in anything that the watcher says or writes.
    """
    papers = certificates()
    folder, home, authority = tmp_path / "bills", tmp_path / "home", tmp_path / "authority.pem"
    (folder / "inbox").mkdir(parents=True)
    home.mkdir()
    authority.write_bytes(papers.authority)
    shutil.copy(FIXTURES / "plumbers" / "plumbers-october.csv", folder / "inbox" / "october.csv")
    (folder / "inbox" / "letter.xlsx").write_bytes(b"Dear Sirs")
    box, hook = Mailbox(), Hook()
    with mail_server(box, starttls=papers.server, authenticator=box.authenticate, auth_required=True), web_server(hook):
        (folder / "watch.toml").write_text(ORDERS.format(webhook=hook.url), encoding="utf-8")
        (home / "importer.toml").write_text(
            f'smtp = {{ host = "localhost", port = {box.port}, user = "importer", sender = "{SENDER}" }}\n',
            encoding="utf-8",
        )
        said = watched_once(folder, home, IMPORTER_SMTP_PASSWORD=PASSWORD, SSL_CERT_FILE=str(authority))
        said += watched_once(folder, home, IMPORTER_SMTP_PASSWORD=PASSWORD, SSL_CERT_FILE=str(authority))

    for given in (
        [str(mail["subject"]) for mail in box.mails],
        [str(one["text"]).splitlines()[0] for one in hook.given],
    ):
        assert (given.count(GOOD), given.count(BAD)) == (1, 1), said
    assert {tuple(one.rcpt_tos) for one in box.taken} == {("ap@example.com", "controller@example.com")}
    (attached,) = next(mail for mail in box.mails if mail["subject"] == GOOD).iter_attachments()
    assert isinstance(attached, EmailMessage)
    assert attached.get_filename() == "october.results.xlsx"
    assert openpyxl.load_workbook(io.BytesIO(attached.get_content())).sheetnames[0] == "Summary"

    written = [path for root in (folder, home) for path in root.rglob("*") if path.is_file()]
    assert PASSWORD not in said
    assert "secret-part" not in said
    assert [path for path in written if PASSWORD.encode() in path.read_bytes()] == []
    assert [path for path in written if b"secret-part" in path.read_bytes()] == [folder / "watch.toml"]
