"""Any walk through all doors, against a model of the API: a row of the vendor's is one invoice, and is never lost.

The doors are the real ones, and so are the ledger and the stand-in. The model knows of every number that a row ever had
which row it was. The person of the walk corrects in the vendor's file and in results, saves as other names and formats,
gives older versions again, puts backups back, and is honest: releases only what is not there.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import create_engine, update

from importer.context import RunContext
from importer.domain.outcome import Run, Status
from importer.errors import CannotRun
from importer.ledger.entries import LedgerEntry
from importer.ledger.ledger import Ledger
from importer.ledger.schema import open_store
from importer.ledger.states import State
from importer.ledger.tables import METADATA, RUNS
from importer.pipeline import submit_files
from importer.report import write_workbook
from importer.runs.follow_up import follow_up, settle
from importer.runs.request import RunRequest
from importer.sandbox import INTEGRATION_ID, TOKEN, Behaviour, embedded
from importer.sending.person_decisions import PersonsDecision
from tests.clock import CLOCK
from tests.conftest import new_database
from tests.masterdata.office import Office, codes
from tests.masterdata.test_one_claim import as_xlsx

WALKS = int(os.environ.get("DOOR_WALKS", "3"))
"""On each database; more of them for figures."""

STEPS = int(os.environ.get("DOOR_STEPS", "10"))

CREATE, RETRY = "/v1/invoices/resman/", "/v1/admin/retry-write/"
FAULTS = (None, None, None, "drop_before", "drop_after", "error_after", "no_job_id", "error_before")
KINDS = ("", "", "FAILONCE-", "FAIL-", "TIMEOUT-KEPT-", "TIMEOUT-LOST-", "PARTIAL-")
BAD = {"Invoice Total": "soon", "Line Amount": "soon"}
CHANGES: tuple[Mapping[str, str], ...] = (
    {},
    {"Vendor": "vend-evergreen"},
    {"Property": "prop-willow"},
    {"Invoice Total": "123.45"},
    {"Memo": "again"},
    BAD,
)
SAVED: tuple[Callable[[Path], Path], ...] = (
    lambda file: file,
    lambda file: file.rename(file.with_name("corrected.csv")),
    as_xlsx,
)
RESTORED = (("ledger",), ("ledger", "archive"), ("ledger", "archive", "journal"))


class Killed(BaseException):
    """The process is no more: nothing that it does afterwards reaches the ledger."""


class Mortal:
    """A clock that stops the process at the n-th look at it, and at every later one."""

    def __init__(self, looks: int) -> None:
        self.left = looks

    def __call__(self) -> datetime:
        self.left -= 1
        if self.left < 0:
            raise Killed
        return CLOCK.now()


@dataclass(frozen=True)
class Backup:
    """A home and its ledger as they were."""

    home: Path
    tables: Mapping[str, list[dict[str, Any]]]

    @classmethod
    def of(cls, office: Office, to: Path) -> Backup:
        for part in ("archive", "journal"):
            if (office.home / part).is_dir():
                shutil.copytree(office.home / part, to / part)
        engine = create_engine(address(office))
        try:
            with engine.connect() as connection:
                rows = {
                    table.name: [dict(row) for row in connection.execute(table.select()).mappings()]
                    for table in METADATA.sorted_tables
                }
        finally:
            engine.dispose()
        return cls(to, rows)

    def put_back(self, office: Office, parts: tuple[str, ...]) -> None:
        engine = create_engine(address(office))
        try:
            with engine.begin() as connection:
                for table in METADATA.sorted_tables:
                    connection.execute(table.delete())
                    if self.tables[table.name]:
                        connection.execute(table.insert(), self.tables[table.name])
        finally:
            engine.dispose()
        for part in parts[1:]:
            shutil.rmtree(office.home / part, ignore_errors=True)
            if (self.home / part).is_dir():
                shutil.copytree(self.home / part, office.home / part)


def address(office: Office) -> str:
    """Of the ledger."""
    return office.desk().settings.ledger


class AnyDoor(RuleBasedStateMachine):
    """One vendor's file with its versions, the results of its runs, and the clerk before them."""

    def database(self) -> str | None:
        """The address of a ledger for this walk; None for one in the home."""
        return None

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="doors-")))
        quick = Behaviour(rate_limit=100_000, pending=0, sync_takes=0)
        url = self.stack.enter_context(embedded(self.folder / "api", CLOCK.seconds, behaviour=quick))
        headers = {"Authorization": f"Bearer {TOKEN}"}
        api = self.stack.enter_context(httpx.Client(base_url=url, headers=headers))
        self.office = Office(self.folder / "home", url, api, self.database())
        self.bills: list[dict[str, str]] = []
        self.versions: list[list[dict[str, str]]] = []
        self.row_of: dict[str, int] = {}  # every number that a row ever had
        self.results: list[Run] = []
        store = open_store(address(self.office))
        self.stack.callback(store.close)
        self.ledger = Ledger(store, "look", "model", "desk-7", CLOCK.now)
        self.backups: list[Backup] = []
        self.last = 0

    def teardown(self) -> None:
        try:
            if self.bills:
                self.all_is_told()
        finally:
            self.stack.close()

    # ------------------------------------------------------------------ what the person does

    @initialize(kinds=st.lists(st.tuples(st.sampled_from(KINDS), st.booleans(), st.booleans()), min_size=2, max_size=3))
    def a_file_comes(self, kinds: list[tuple[str, bool, bool]]) -> None:
        self.bills = [{"Invoice #": "ANCHOR", "Invoice Total": "9.00"}]
        self.row_of["ANCHOR"] = 0
        for row, (kind, is_equal, is_bad) in enumerate(kinds, start=1):
            total = "100.00" if is_equal else f"{row}7.00"
            self.bills.append({"Invoice #": self.number(row, kind), "Invoice Total": total, **(BAD if is_bad else {})})
        for bill in self.bills:
            bill.update({"Vendor": bill.get("Vendor", "vend-greenleaf"), "Property": "prop-maplecourt"})
            bill["GL Account"] = "finacct-6105"
        self.submits(0, None, 0)

    def number(self, row: int, kind: str) -> str:
        """A new one for that row."""
        self.last += 1
        number = f"{kind}B{row}-{self.last}"
        self.row_of[number] = row
        return number

    @rule(saved=st.integers(0, 2), fault=st.sampled_from(FAULTS), older=st.integers(0, 3))
    def submits(self, saved: int, fault: str | None, older: int) -> None:
        """The file as it is now, or as it was some versions ago."""
        if not self.versions or self.versions[-1] != self.bills:
            self.versions.append([dict(bill) for bill in self.bills])
        bills = self.versions[max(len(self.versions) - 1 - older, 0)]
        self.goes(SAVED[saved](self.office.sheet(*bills)), fault)

    @rule(
        which=st.integers(1, 3),
        kind=st.sampled_from(KINDS),
        change=st.sampled_from(CHANGES),
        saved=st.integers(0, 2),
        fault=st.sampled_from(FAULTS),
    )
    def corrects_the_file(
        self, which: int, kind: str, change: Mapping[str, str], saved: int, fault: str | None
    ) -> None:
        row = min(which, len(self.bills) - 1)
        total = {"Invoice Total": "71.00", "Line Amount": "71.00"} if self.bills[row].get("Line Amount") else {}
        change = {**change, "Line Amount": change["Invoice Total"]} if "Invoice Total" in change else change
        self.bills[row] = {**self.bills[row], **total, "Invoice #": self.number(row, kind), **change}
        self.submits(saved, fault, 0)

    @rule(
        which=st.integers(0, 5), is_renumbered=st.booleans(), fault=st.sampled_from(FAULTS), kind=st.sampled_from(KINDS)
    )
    def corrects_results(self, which: int, *, is_renumbered: bool, fault: str | None, kind: str) -> None:
        """A copy of some results, in which the first bill that waits is mended."""
        if not self.results:
            return
        copy = Path(tempfile.mkdtemp(dir=self.folder)) / "copy.xlsx"
        work = openpyxl.load_workbook(write_workbook(self.results[which % len(self.results)], copy))
        if "To fix" not in work.sheetnames:
            return
        sheet = work["To fix"]
        at = {str(cell.value): int(cell.column) for cell in sheet[1] if cell.value}
        number = sheet.cell(2, at["Invoice #"])
        if is_renumbered and str(number.value) in self.row_of:
            number.value = self.number(self.row_of[str(number.value)], kind)
        for heading in ("Invoice Total", "Line Amount"):
            sheet.cell(2, at[heading]).value = 64
        work.save(copy)
        self.goes(copy, fault)

    @rule(fault=st.sampled_from(FAULTS))
    def retries(self, fault: str | None) -> None:
        self.fails_once(RETRY, fault)
        follow_up(self.office.desk(), retry=True)

    @rule(is_synced=st.booleans())
    def settles(self, *, is_synced: bool) -> None:
        settle(self.office.desk(), sync=is_synced)

    @rule(which=st.integers(0, 3))
    def releases(self, which: int) -> None:
        """What is in doubt and really nowhere. (What a look shows is told first, and needs the same word once more.)"""
        held = self.held()
        lost = [each for each in self.entries(State.IN_DOUBT) if not held[each.invoice_number]]
        if lost:
            decision = PersonsDecision(lost[which % len(lost)].key, None, "not in ResMan")
            self.decided(decision)
            self.decided(decision)

    @rule(which=st.integers(0, 3), job=st.integers(0, 9))
    def adopts(self, which: int, job: int) -> None:
        """Any job, without a word: what shows another invoice is not taken."""
        doubtful, posted = self.entries(State.IN_DOUBT), self.office.api.get("/_sandbox/posted").json()
        if doubtful and posted:
            entry, found = doubtful[which % len(doubtful)], posted[job % len(posted)]
            is_done = self.decided(PersonsDecision(entry.key, found["job_id"], ""))
            assert not is_done or found["invoice_number"] == entry.invoice_number

    @rule(looks=st.integers(5, 60))
    def is_killed(self, looks: int) -> None:
        """In the middle of a submit, wherever it looks at the clock: before an intent, after it, before an answer."""
        desk = replace(self.office.desk(), now=Mortal(looks))
        try:
            self.runs(self.office.sheet(*self.bills), desk)
        except Killed:
            with self.ledger.transaction() as connection:
                connection.execute(update(RUNS).where(RUNS.c.lease_until > 0).values(lease_until=1.0))

    @rule()
    def backs_up(self) -> None:
        self.backups.append(Backup.of(self.office, self.folder / f"backup {len(self.backups)}"))

    @rule(which=st.integers(0, 5), parts=st.sampled_from(RESTORED))
    def restores(self, which: int, parts: tuple[str, ...]) -> None:
        """An older one. Where it is refused, the newest is put back."""
        if not self.backups:
            return
        newest = Backup.of(self.office, Path(tempfile.mkdtemp(dir=self.folder)))
        self.backups[which % len(self.backups)].put_back(self.office, parts)
        try:
            follow_up(self.office.desk(), retry=True)
            self.runs(self.office.sheet(*self.bills), self.office.desk())
        except CannotRun:
            newest.put_back(self.office, RESTORED[-1])

    # ------------------------------------------------------------------ underneath

    def goes(self, path: Path, fault: str | None) -> None:
        self.fails_once(CREATE, fault)
        self.results.append(self.runs(path, self.office.desk()))

    def runs(self, path: Path, desk: RunContext) -> Run:
        wanted = RunRequest([path], integration_id=INTEGRATION_ID)
        return submit_files(wanted, desk, agree=lambda _: True, before=lambda: None)

    def fails_once(self, path: str, fault: str | None) -> None:
        self.office.api.delete("/_sandbox/faults")
        if fault is not None:
            self.office.api.post("/_sandbox/faults", json={"fault": fault, "path": path, "method": "POST"})

    def decided(self, decision: PersonsDecision) -> bool:
        try:
            settle(self.office.desk(), decisions=[decision])
        except CannotRun:
            return False
        return True

    def held(self) -> Counter[str]:
        """How often ResMan has each number."""
        return Counter(str(each["body"]["invoice_number"]) for each in self.office.api.get("/_sandbox/resman").json())

    def entries(self, *states: State) -> list[LedgerEntry]:
        destination = self.office.desk().settings.destination
        return [each for state in states for each in self.ledger.entries(destination, state)]

    # ------------------------------------------------------------------ what always holds

    @invariant()
    def never_twice_and_all_is_true(self) -> None:
        """Whatever numbers it went under, a row is there once. What the ledger calls confirmed is there; what it calls
        free to go, or failed, is not."""
        held = self.held()
        rows: Counter[int] = Counter()
        for number, count in held.items():
            rows[self.row_of[number]] += count
        assert all(count == 1 for count in rows.values()), held
        for each in self.entries(*State):
            if each.state is State.CONFIRMED:
                assert held[each.invoice_number] == 1, each
            elif each.state in (State.PLANNED, State.REFUSED, State.RELEASED, State.FAILED):
                assert not held[each.invoice_number], each

    def all_is_told(self) -> None:
        """In the end each row of the file is in ResMan, or the run says that it is not fine. Nothing is in between."""
        self.fails_once(CREATE, None)
        self.runs(self.office.sheet(*self.bills), self.office.desk())
        follow_up(self.office.desk())
        run = self.runs(self.office.sheet(*self.bills), self.office.desk())
        told = {outcome.invoice.invoice_number: outcome for outcome in run.outcomes}
        there = {self.row_of[number] for number in self.held()}
        for row, bill in enumerate(self.bills):
            outcome = told[bill["Invoice #"]]
            assert row in there or not outcome.status.is_fine or outcome.status is Status.POSTED, (row, codes(run))
        self.never_twice_and_all_is_true()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_any_walk_through_all_doors(kind: str, request: pytest.FixtureRequest) -> None:
    """`DOOR_WALKS` and `DOOR_STEPS` in the environment say how many, and how long."""
    walk: type[AnyDoor] = AnyDoor
    if kind == "postgresql":
        server = str(request.getfixturevalue("postgres_server"))

        class OnPostgres(AnyDoor):
            def database(self) -> str:
                return new_database(server)

        walk = OnPostgres
    run_state_machine_as_test(
        walk,
        settings=settings(
            max_examples=WALKS,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, *([Phase.shrink] if "DOOR_SHRINK" in os.environ else [])],
        ),
    )
