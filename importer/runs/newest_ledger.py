"""Whether the ledger is the newest one: what this home's own files say before it is used, and before anything is sent
what it says of itself, and what the API shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from importer.errors import CannotRun, NotTheNewest, RequestError
from importer.ledger.ledger import Ledger
from importer.ledger.witness import missing, must_be_whole
from importer.runs.archive import archived_runs
from importer.sending.unknown_jobs import acknowledge, must_know_all

if TYPE_CHECKING:
    from importer.propexo.client import Api
    from importer.settings import Settings


def must_not_be_older(ledger: Ledger, home: Path) -> None:
    """Raises `NotTheNewest` for a ledger that lacks a run or an invoice that was sent from this home.

    A run is in the ledger before its files are in the archive, and an intent before it is in the journal. What is
    there and not in the ledger was lost with it: an older copy, or one without its parts, would post it again.
    """
    lost = ledger.unknown_runs(archived_runs(home))
    lacking = None if ledger.journal is None else missing(ledger, ledger.journal)
    if not lost and not lacking:
        return
    what = f"run {max(lost)}, which posted from here" if lost else "all that was sent from here"
    which = f" It lacks {lacking.named}." if lacking else ""
    folders = [home / "archive", *(() if ledger.journal is None else ledger.journal.folders)]
    raise NotTheNewest(
        f"The ledger does not know of {what}: it is gone, or old, or incomplete.{which} Nothing was sent.",
        "Put the right one back, with all files whose names begin like its own; nothing is sent until then. "
        "To begin anew, knowing that what was posted may be posted again, move these away: "
        f"{', '.join(map(str, folders))}.",
    )


def must_be_newest(ledger: Ledger, api: Api, settings: Settings, integration_ids: Iterable[str]) -> tuple[str, ...]:
    """All of it, just before something is sent there. Returns what is to be said of the looking.

    Raises `NotTheNewest`, `LedgerUnavailable` where the journal cannot be written, and `ApiAway`.
    """
    if ledger.journal is not None:
        ledger.journal.must_be_writable()
    must_not_be_older(ledger, settings.home)
    must_be_whole(ledger)
    return must_know_all(ledger, api, settings.destination, integration_ids)


def acknowledged(ledger: Ledger, api: Api, settings: Settings, words: Mapping[str, str]) -> dict[str, str]:
    """Keeps a person's words on jobs that the ledger did not know, by their code. Returns what was kept, a sentence by
    its code. Raises `CannotRun` where the API cannot be asked."""
    done: dict[str, str] = {}
    try:
        named = [settings.integration_id] if settings.integration_id else []
        integration_ids = [*named, *(each.id for each in api.integrations())]
        for reason in dict.fromkeys(words.values()):
            codes = [code for code, why in words.items() if why == reason]
            done |= acknowledge(ledger, api, settings.destination, integration_ids, codes, reason)
    except RequestError as error:
        raise CannotRun(f"What was posted past this ledger cannot be asked after: {error}") from error
    return done
