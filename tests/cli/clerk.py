"""A clerk at the command line: a folder with files, an environment, and what the command said and did.

The truth is what the stand-in knows (`StandIn.posted`), never what the command says of itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from importer.cli import run
from importer.sandbox import INTEGRATION_ID, TOKEN
from tests.clock import CLOCK, MOVED

TODAY = CLOCK.now().astimezone().date()
HEADINGS = (
    "property_id",
    "vendor_id",
    "invoice_number",
    "invoice_date",
    "due_date",
    "notes",
    "memo",
    "total_amount",
    "financial_account_id",
    "line_amount",
)
COMMAND = (sys.executable, "-m", "importer")
NOT_OURS = ("PROPEXO_", "IMPORTER_", "COLUMNS", "LINES")
"""Beginnings of variables that whoever runs the tests may have set for themselves."""


def row(number: str, amount: str = "100.00", **changes: str) -> dict[str, str]:
    """A made-up invoice of one line."""
    plain = {
        "property_id": "prop-maplecourt",
        "vendor_id": "vend-greenleaf",
        "invoice_number": number,
        "invoice_date": str(TODAY),
        "due_date": str(TODAY + timedelta(days=30)),
        "notes": "Grounds",
        "memo": "Mowing",
        "total_amount": amount,
        "financial_account_id": "finacct-6210",
        "line_amount": amount,
    }
    return plain | changes


def as_csv(rows: Sequence[Mapping[str, str]]) -> str:
    """The plain layout."""
    lines = [",".join(HEADINGS), *(",".join(each[name] for name in HEADINGS) for each in rows)]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Said:
    """What one command answered."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> Any:
        """The one JSON object on standard output."""
        return json.loads(self.out)

    @property
    def statuses(self) -> dict[str, str]:
        """Invoice number → what became of it."""
        return {each["invoice_number"]: each["status"] for each in self.answer["invoices"]}


@dataclass(frozen=True)
class StandIn:
    """The stand-in API, steered and asked through its control endpoints."""

    url: str

    def posted(self, prefix: str) -> dict[str, int]:
        """Invoice number → how often the API accepted it, of those that begin so."""
        counts: dict[str, int] = {}
        for each in self._control("posted").json():
            number = each["body"]["invoice_number"]
            if number.startswith(prefix):
                counts[number] = counts.get(number, 0) + 1
        return counts

    def requests(self) -> int:
        """How many requests it has had."""
        return len(self._control("requests").json())

    def fault(self, fault: str, **more: object) -> None:
        """Something goes wrong with the next POST."""
        rule = {"fault": fault, "path": "/v1/invoices/resman/", "method": "POST", **more}
        httpx.post(f"{self.url}/_sandbox/faults", json=rule).raise_for_status()

    def behave(self, **changes: object) -> None:
        """It behaves so from now on."""
        httpx.post(f"{self.url}/_sandbox/behaviour", json=changes).raise_for_status()

    def _control(self, what: str) -> httpx.Response:
        return httpx.get(f"{self.url}/_sandbox/{what}").raise_for_status()


@dataclass
class Clerk:
    """Somebody in a folder of their own, with an empty home, whose API is the stand-in."""

    folder: Path
    stand_in: StandIn
    prefix: str  # of this test's invoice numbers
    capture: pytest.CaptureFixture[str]
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.environment = (
            {
                "PROPEXO_URL": self.stand_in.url,
                "PROPEXO_TOKEN": TOKEN,
                "PROPEXO_INTEGRATION_ID": INTEGRATION_ID,
                "IMPORTER_HOME": str(self.folder.parent / "home"),
                "IMPORTER_RATE_LIMIT": "100000",
                "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            }
            | MOVED
            | self.environment
        )

    def number(self, name: object) -> str:
        """An invoice number that no other test uses."""
        return f"{self.prefix}{name}"

    def writes(self, name: str, *rows: Mapping[str, str]) -> Path:
        """A csv in the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_csv(rows), encoding="utf-8")
        return path

    def writes_good(self, name: str = "march.csv", count: int = 2) -> Path:
        """A csv of invoices with nothing wrong: 1, 2, …, each for $100.00."""
        return self.writes(name, *(row(self.number(each)) for each in range(1, count + 1)))

    def runs(self, *words: str | Path) -> Said:
        """The command in this process, as `main` calls it."""
        self.capture.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            for name in [each for each in os.environ if each.startswith(("PROPEXO_", "IMPORTER_"))]:
                patch.delenv(name)
            for name, value in self.environment.items():
                patch.setenv(name, value)
            code = run([str(word) for word in words])
        told = self.capture.readouterr()
        assert "Traceback" not in told.out + told.err
        return Said(code, told.out, told.err)

    def starts(self, *words: str | Path, **more: Any) -> subprocess.Popen[bytes]:
        """The command in a process of its own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_OURS)}
        pipes: dict[str, Any] = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE) | {"stdin": subprocess.DEVNULL}
        environment = kept | self.environment | more.pop("env", {})
        command = [*more.pop("command", COMMAND), *map(str, words)]
        process: subprocess.Popen[bytes] = subprocess.Popen(command, cwd=self.folder, env=environment, **(pipes | more))
        return process

    def posted(self) -> dict[str, int]:
        """What the API has accepted of this test's invoices, and how often."""
        return self.stand_in.posted(self.prefix)
