"""What stands in the way of a run, all at once: settings, token, API, clock, ledger, disks, names, and a drop folder.

Everything is looked at and nothing is changed: no ledger is made or brought up to date, and nothing is posted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from importer.context import RunContext
from importer.doctor.finding import (
    CheckResult,
    Finding,
    exit_code,
    ok,
    untold,
    wrong,
)
from importer.errors import BadSettings, ImporterError
from importer.ledger.ledger import Ledger
from importer.ledger.schema import open_store

__all__ = ["CheckResult", "Finding", "SettingsSource", "examine", "exit_code", "without_settings"]


@dataclass(frozen=True, slots=True)
class SettingsSource:
    """Where the settings were found."""

    file: Path | None  # None: in no file
    environment: tuple[str, ...] = ()  # the variables that are set


def without_settings(error: BadSettings) -> list[Finding]:
    """What can be told where the settings cannot be used."""
    everything = "Nothing else can be told before the settings can be used."
    return [wrong("Settings", error.sentence, error.advice), untold("The rest", everything)]


def _of_settings(source: SettingsSource) -> Finding:
    file = f"from {source.file}" if source.file is not None else "no importer.toml was found"
    variables = f"; from the environment: {', '.join(source.environment)}" if source.environment else ""
    return ok("Settings", f"They can be used: {file}{variables}.")


def examine(
    desk: RunContext, source: SettingsSource, *, folder: Path | None = None, tell: bool = False
) -> list[Finding]:
    """Looks at everything, whatever is wrong with one of them. `tell`: also sends a trial message."""
    from importer.doctor.drop_folder import folder_findings, tell_findings
    from importer.doctor.machine import home_findings, room_findings, token_findings
    from importer.doctor.memory import archive_findings, invoice_findings, ledger_findings
    from importer.doctor.service import api_findings, name_findings

    settings, found = desk.settings, [_of_settings(source)]

    def add(about: str, look: Callable[[], Iterable[Finding]]) -> None:
        found.extend(_each(about, look))

    add("Home", lambda: home_findings(settings))
    add("Disk", lambda: room_findings(settings.home, *([] if folder is None else [folder])))
    ledger_is, may_open = ledger_findings(desk)
    found += ledger_is
    with _opened(desk, may_open, found) as ledger:
        if ledger is not None:
            add("Archive", lambda: archive_findings(desk, ledger))
            add("Invoices", lambda: invoice_findings(desk, ledger))
        add("Token", lambda: token_findings(settings))
        integrations = [settings.integration_id] if settings.integration_id else []

        def api() -> list[Finding]:
            said, known = api_findings(desk, ledger)
            integrations.extend(each.id for each in known if not integrations and each.active is not False)
            return said

        add("API", api)
        add("Names", lambda: name_findings(desk, integrations))
        if folder is not None:
            add("Folder", lambda: folder_findings(desk, folder, ledger))
            if tell:
                add("Telling", lambda: tell_findings(desk, folder))
    return found


@contextmanager
def _opened(desk: RunContext, may_open: bool, found: list[Finding]) -> Iterator[Ledger | None]:
    """The ledger, where it may be opened as it is."""
    store = None
    if may_open:
        try:
            store = open_store(desk.settings.ledger)
        except ImporterError as error:
            if all(each.verdict is not CheckResult.WRONG for each in found if each.about == "Ledger"):
                found.append(wrong("Ledger", error.sentence, error.advice))
    try:
        yield None if store is None else Ledger(store, "doctor", desk.who, desk.host, desk.now)
    finally:
        if store is not None:
            store.close()


def _each(about: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """What a look has found; where it breaks off, that is found as well."""
    try:
        yield from look()
    except ImporterError as error:
        yield wrong(about, error.sentence, error.advice)
    except OSError as error:
        yield wrong(about, f"It cannot be looked at: {error.strerror or error}.")
    except Exception as error:  # noqa: BLE001 -- what is wrong with one thing must not keep the others from being told
        yield untold(about, f"It cannot be looked at ({type(error).__name__}: {error}).")
