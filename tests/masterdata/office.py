"""A clerk's desk before a stand-in on loopback, in a few words."""

from __future__ import annotations

import csv
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from importer.context import NoProgress, RunContext
from importer.domain.outcome import Run
from importer.pipeline import check_files, submit_files
from importer.runs import names
from importer.runs.request import RunRequest
from importer.sandbox import INTEGRATION_ID, TOKEN
from importer.settings import Settings
from tests.clock import CLOCK

COLUMNS = (
    "Property",
    "Vendor",
    "Invoice #",
    "Bill Date",
    "Due Date",
    "Notes",
    "Memo",
    "Invoice Total",
    "GL Account",
    "Line Amount",
)
PLAIN = ("Maple Court Apartments", "Greenleaf Landscaping, LLC", "GL-1", "", "", "n", "m", "100.00", "6105", "100.00")


@dataclass(frozen=True, slots=True)
class Office:
    """A home of its own, and the address of the stand-in."""

    home: Path
    url: str
    api: httpx.Client  # to ask the stand-in for the truth
    ledger: str | None = None  # its address; None for the home's own

    def desk(self, **settings: Any) -> RunContext:
        if self.ledger is not None:
            settings = {"ledger": self.ledger, **settings}
        return RunContext(
            settings=Settings(
                home=self.home,
                url=self.url,
                token=SecretStr(TOKEN),
                **{"integration_id": INTEGRATION_ID, "rate_limit": 100_000, **settings},
            ),
            now=CLOCK.now,
            who="clerk@desk-7",
            host="desk-7",
            stop=threading.Event(),
            watcher=NoProgress(),
        )

    def sheet(self, *rows: Mapping[str, str], name: str = "bills.csv") -> Path:
        """A file of one-line bills: each row says only how it differs from a plain one of today."""
        today = CLOCK.now().date().isoformat()
        plain = {**dict(zip(COLUMNS, PLAIN, strict=True)), "Bill Date": today, "Due Date": today}
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
            writer.writeheader()
            for row in rows:
                full = {**plain, **row}
                if "Invoice Total" in row and "Line Amount" not in row:
                    full["Line Amount"] = row["Invoice Total"]
                writer.writerow(full)
        return path

    def sync(self, **options: Any) -> None:
        names.sync(self.desk(), **options)

    def check(self, *files: Path, accepted_duplicates: Mapping[str, str] | None = None, **settings: Any) -> Run:
        desk = self.desk(**settings)
        wanted = RunRequest(files, integration_id=INTEGRATION_ID, accepted_duplicates=accepted_duplicates or {})
        return check_files(wanted, desk)

    def submit(self, *files: Path, accepted_duplicates: Mapping[str, str] | None = None, **settings: Any) -> Run:
        desk = self.desk(**settings)
        wanted = RunRequest(files, integration_id=INTEGRATION_ID, accepted_duplicates=accepted_duplicates or {})
        return submit_files(wanted, desk, agree=lambda _: True, before=lambda: None)

    def posted(self) -> list[dict[str, Any]]:
        """The bodies that the stand-in accepted, in order."""
        found: list[dict[str, Any]] = self.api.get("/_sandbox/posted").json()
        return [each["body"] for each in found]

    def later(self, desk: RunContext, moment: datetime) -> RunContext:
        return replace(desk, now=lambda: moment)


def statuses(run: Run) -> list[str]:
    return [str(outcome.status) for outcome in run.outcomes]


def codes(run: Run) -> list[Sequence[str]]:
    return [[problem.kind.code for problem in outcome.problems] for outcome in run.outcomes]
