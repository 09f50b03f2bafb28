"""The stage of the acceptance tests: the stand-in in a process of its own, and clerks who run the real command.

The truth is what the stand-in knows (`posted`, `held`), never what the command says of itself.
"""

from __future__ import annotations

import csv
import json
import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import httpx

from importer.sandbox import INTEGRATION_ID, TOKEN
from tests.acceptance.forge import Forge, Forged
from tests.clock import CLOCK, MOVED

PATIENCE = 45.0
"""Seconds until a moment that a test waits for is taken to be missed; shorter than a silent API is waited for."""

PENDING = 0.2
SYNC_TAKES = 0.1
"""Seconds in the stand-in: how long a job is pending, and how long a sync runs."""

BILLED = (CLOCK.now() - timedelta(days=30)).date()
"""When every invoice here was written."""

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
    "quantity_ordered",
    "unit_price",
)


def eventually(condition: Callable[[], bool], *, meanwhile: Callable[[], object] = lambda: None) -> None:
    """Waits for a moment, looking again and again; `meanwhile` may raise where it can no longer come."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        meanwhile()
        assert time.monotonic() < deadline, "the moment that the test waits for did not come"
        time.sleep(0.02)


def numbers(prefix: str, count: int) -> list[str]:
    """Invoice numbers: "A-001", "A-002" …"""
    return [f"{prefix}-{index:03d}" for index in range(1, count + 1)]


def write_invoices(path: Path, invoices: Iterable[str], **changed: Mapping[str, str]) -> Path:
    """A file in the plain layout, one line an invoice; `changed` is field → number → another cell than usual."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(HEADINGS)
        for number in invoices:
            row = {
                "property_id": "prop-maplecourt",
                "vendor_id": "vend-greenleaf",
                "invoice_number": number,
                "invoice_date": str(BILLED),
                "due_date": str(BILLED + timedelta(days=30)),
                "notes": "Grounds maintenance",
                "memo": "October service",
                "total_amount": "125.00",
                "financial_account_id": "finacct-6105",
                "quantity_ordered": "1",
                "unit_price": "125.00",
            }
            row |= {field: cells[number] for field, cells in changed.items() if number in cells}
            rows.writerow(row.values())
    return path


class StandIn:
    """The stand-in for the API as `invoice-importer sandbox`, and the person who looks behind its scenes."""

    def __init__(self, folder: Path, forge: Forge) -> None:
        self._folder = folder
        self._forge = forge
        self._port = 0
        self._process: Forged | None = None
        self._client: httpx.Client | None = None
        self.url = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGTERM)

    def start(self) -> None:
        """Starts it, after a stop at the same address; there is budget enough, and jobs and syncs are quick."""
        self._folder.mkdir(exist_ok=True)
        output = self._folder / f"said-{time.monotonic_ns()}"
        self._process = self._forge.start(
            ["sandbox", "--port", str(self._port)],
            {**os.environ, "IMPORTER_HOME": str(self._folder)},
            self._folder,
            output=str(output),
        )
        said = output.with_name(output.name + ".err")
        eventually(lambda: said.exists() and ";" in said.read_text())
        self.url = "http://" + said.read_text().split("http://")[1].split(";")[0]
        self._port = int(self.url.rsplit(":", 1)[1])
        self._client = httpx.Client(base_url=self.url, timeout=PATIENCE)
        self.behave(rate_limit=100_000, rate_window=1.0, pending=PENDING, sync_takes=SYNC_TAKES)

    def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Ends it, without a warning unless told otherwise."""
        if self._client is not None:
            self._client.close()
            self._client = None
        if self._process is not None:
            self._process.send_signal(number)
            assert self._process.wait(PATIENCE) is not None
            self._process = None

    def behave(self, **changes: object) -> None:
        """Changes some fields of its `Behaviour`."""
        self._ask("POST", "behaviour", changes)

    def fail(self, *faults: Mapping[str, object]) -> None:
        """More rules of what goes wrong."""
        self._ask("POST", "faults", list(faults))

    def behave_well(self) -> None:
        """No faults any more."""
        self._ask("DELETE", "faults")

    def accepted(self) -> list[Mapping[str, Any]]:
        """Every POST that was accepted, in order."""
        found: list[Mapping[str, Any]] = self._ask("GET", "posted")
        return found

    def posted(self) -> Counter[str]:
        """How often each invoice number was accepted."""
        return Counter(str(each["invoice_number"]) for each in self.accepted())

    def held(self) -> Counter[str]:
        """How often ResMan holds each invoice number, once nothing is pending any more."""
        last = max((each["at"] for each in self.requests("POST")), default=0.0)
        eventually(lambda: last + PENDING + 0.1 < CLOCK.seconds())
        return Counter(str(each["body"]["invoice_number"]) for each in self._ask("GET", "resman"))

    def requests(self, method: str = "", path: str = "") -> list[Mapping[str, Any]]:
        """Every request with its time, its status (None: no whole answer) and what it left of the budget."""
        return [
            each
            for each in self._ask("GET", "requests")
            if each["path"].startswith(path) and method in ("", each["method"])
        ]

    def post_again(self, number: str) -> None:
        """Somebody else posts an accepted invoice once more, past every ledger."""
        body = next(each["body"] for each in self.accepted() if each["invoice_number"] == number)
        assert self._client is not None
        headers = {"Authorization": f"Bearer {TOKEN}"}
        assert self._client.post("/v1/invoices/resman/", json=body, headers=headers).status_code == 200

    def _ask(self, method: str, what: str, body: object = None) -> Any:
        assert self._client is not None
        answer = self._client.request(method, f"/_sandbox/{what}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        """What it printed with `--json`."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    def statuses(self) -> dict[str, str]:
        """Invoice number → status, of what it printed with `--json`."""
        return {each["invoice_number"]: each["status"] for each in self.answer["invoices"]}


class Command:
    """One command in a process of its own, under way."""

    def __init__(self, process: Forged, output: str, *, debug: bool) -> None:
        self._process = process
        self._output = output
        self._debug = debug

    def signal(self, number: signal.Signals) -> None:
        """Sends it a signal."""
        self._process.send_signal(number)

    @property
    def is_over(self) -> bool:
        """True once it has ended by itself."""
        return self._process.wait(0) is not None

    def still_runs(self) -> None:
        """Raises where it has ended already."""
        assert not self.is_over, self.wait()

    def says(self, words: str) -> bool:
        """True once it has said this on standard error."""
        return words in Path(self._output + ".err").read_text(encoding="utf-8")

    def when(self, condition: Callable[[], bool]) -> Self:
        """Waits for a moment while the command runs."""
        eventually(condition, meanwhile=self.still_runs)
        return self

    def kill(self) -> None:
        """kill -9, and nothing of it is left."""
        self.signal(signal.SIGKILL)
        self.wait()

    def wait(self) -> Done:
        """Waits for its end. No command ever shows a traceback, but for an engineer who asks for it."""
        code = self._process.wait(PATIENCE)
        if code is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(PATIENCE)
        assert code is not None, "the command does not end"
        out, err = (Path(self._output + end).read_text(encoding="utf-8") for end in (".out", ".err"))
        assert self._debug or "Traceback" not in out + err, err
        assert "Something went wrong that this program does not know" not in err, err
        return Done(code, out, err)


class Clerk:
    """Somebody at a machine: a home, a folder with files, and the command."""

    def __init__(self, folder: Path, url: str, forge: Forge, **environment: str) -> None:
        self._forge = forge
        self.folder = folder
        self.home = folder / "home"
        folder.mkdir(parents=True, exist_ok=True)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PROPEXO_", "IMPORTER_"))},
            **MOVED,
            "IMPORTER_HOME": str(self.home),
            "IMPORTER_RATE_LIMIT": "1000",
            "IMPORTER_RATE_WINDOW_SECONDS": "1",
            "PROPEXO_URL": url,
            "PROPEXO_TOKEN": TOKEN,
            "PROPEXO_INTEGRATION_ID": INTEGRATION_ID,
            **environment,
        }

    def writes(self, name: str, invoices: Iterable[str], **changed: Mapping[str, str]) -> Path:
        """A file of invoices in the folder; see `write_invoices`."""
        return write_invoices(self.folder / name, invoices, **changed)

    def starts(self, *words: object, most_bytes: int = 0, **environment: str) -> Command:
        """Starts a command; with `most_bytes` no file that it writes can grow beyond that, as on a full disk."""
        output = str(self.folder / f"said-{time.monotonic_ns()}")
        typed = [str(word) for word in words]
        whole = self.environment | environment
        forged = self._forge.start(typed, whole, self.folder, output=output, most_bytes=most_bytes)
        return Command(forged, output, debug="--debug" in typed)

    def logged_out(self, keyring: str) -> Clerk:
        """The same desk without a token in the environment, and with such a keyring."""
        other = copy(self)
        other.environment = self.environment | {"PROPEXO_TOKEN": "", "PYTHON_KEYRING_BACKEND": keyring}
        return other

    def runs(self, *words: object, code: int | None = None, most_bytes: int = 0, **environment: str) -> Done:
        """Runs a command to its end; with `code`, it must end with that."""
        done = self.starts(*words, most_bytes=most_bytes, **environment).wait()
        assert code is None or done.code == code, (done.code, done.out, done.err)
        return done

    def states(self) -> Counter[str]:
        """How many invoices the ledger has in each state, read without a lock while others write."""
        return Counter(state for _, state in self.query("SELECT key, state FROM invoices"))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """What the ledger says; nothing where there is none yet."""
        try:
            with closing(
                sqlite3.connect(f"file:{self.home / 'ledger.sqlite3'}?mode=ro", uri=True, timeout=5)
            ) as ledger:
                return ledger.execute(sql).fetchall()
        except sqlite3.OperationalError:
            return []

    def attends_to_doubts(self, stand_in: StandIn) -> Done:
        """What a person does about doubts: settles with a fresh sync, and where an invoice is then not in ResMan,
        releases it. A person knows that no job is pending for as long as that took."""
        stand_in.held()
        done = self.runs("settle", "--sync", "--json")
        left = [each for each in done.answer["invoices"] if each["status"] == "in_doubt"]
        assert all(any("not there after the sync" in one["found"] for one in each["evidence"]) for each in left), left
        if left:
            keys = [word for each in left for word in ("--release", each["key"])]
            self.runs("settle", *keys, "--reason", "not in ResMan", "--json", code=1)
        return done

    def finishes(self, stand_in: StandIn, file: Path) -> None:
        """Runs the file again until every invoice in it is fine, and attends to doubts on the way."""
        for _ in range(5):
            done = self.runs("submit", file, "--yes", "--no-results", "--json")
            if done.code == 0:
                return
            assert done.code == 3, (done.out, done.err)
            self.attends_to_doubts(stand_in)
        raise AssertionError(f"the file is not done after five tries: {done.out}")


def each_once(expected: Iterable[str], stand_in: StandIn) -> None:
    """None doubled, none lost: neither among what was posted, nor in ResMan."""
    wanted = Counter(expected)
    mine = {number.split("-")[0] for number in wanted}
    assert Counter({k: n for k, n in stand_in.posted().items() if k.split("-")[0] in mine}) == wanted
    assert Counter({k: n for k, n in stand_in.held().items() if k.split("-")[0] in mine}) == wanted
