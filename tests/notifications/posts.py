"""What a test of telling begins with: settings that name a server on loopback, and a message."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from importer.domain.outcome import Run
from importer.notifications import Message, ToldFile, of_run
from importer.settings import Settings
from importer.smtp_settings import Security, Smtp
from tests.factory import NOON, outcome, run
from tests.notifications.servers import PASSWORD

FOLDER = Path("/srv/invoices")
SENDER = "bills@example.com"


def settings(
    port: int,
    security: Security = "none",
    *,
    user: str | None = None,
    password: str | None = PASSWORD,
    host: str = "localhost",
) -> Settings:
    """Settings with a mail server at a port of this machine."""
    return Settings(
        home=FOLDER / "home",
        smtp=Smtp(host="localhost", port=port, security=security, user=user, sender=SENDER),
        smtp_password=None if password is None else SecretStr(password),
    )


def dropped(name: str = "march.xlsx", *, results: Path | None = None) -> ToldFile:
    """A file of the drop folder that lies where what is done lies."""
    return ToldFile(name, FOLDER, FOLDER / "done" / "2026-03" / name, "drop-1", results)


def message(name: str = "march.xlsx", *, of: Run | None = None, results: Path | None = None) -> Message:
    """What became of a file."""
    return of_run(of or run(outcome()), dropped(name, results=results))


AT = NOON
