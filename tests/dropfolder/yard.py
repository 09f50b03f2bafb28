"""A drop folder with a ledger and the stand-in API, and a watcher whose clock the test moves by hand.

The parts are the real ones; only the loop around them, with its waiting, is the test's.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from importer.context import NoProgress, RunContext, open_ledger
from importer.dropfolder import drop_store
from importer.dropfolder.approvals import Approvals
from importer.dropfolder.arrivals import Arrivals, Look
from importer.dropfolder.claim import (
    Strays,
    recover,
    say_of_left,
    take,
)
from importer.dropfolder.drop_store import Drop, Stage
from importer.dropfolder.folder import DropFolder
from importer.dropfolder.folder_settings import read_orders
from importer.dropfolder.job_context import JobAnswer, JobContext
from importer.dropfolder.process_file import work_on
from importer.ledger.ledger import Ledger
from importer.ledger.ledger_identity import identity
from importer.notifications.message import Message
from importer.sandbox import INTEGRATION_ID, TOKEN
from importer.settings import Settings, load
from tests.cli.clerk import StandIn, as_csv, row
from tests.clock import CLOCK

A_WHILE = 61.0
"""Seconds in which everything that is going to prove complete does so."""


def settings_of(home: Path, url: str, **more: str) -> Settings:
    """Settings against the stand-in, with a home of its own."""
    environment = {
        "PROPEXO_URL": url,
        "PROPEXO_TOKEN": TOKEN,
        "PROPEXO_INTEGRATION_ID": INTEGRATION_ID,
        "IMPORTER_HOME": str(home),
        "IMPORTER_RATE_LIMIT": "100000",
        **more,
    }
    return load(options={}, environment=environment, folder=home)


@dataclass
class Yard:
    """One drop folder, and what happens in it."""

    folder: DropFolder
    desk: RunContext
    stand_in: StandIn
    prefix: str  # of this test's invoice numbers
    events: list[dict[str, object]] = field(default_factory=list)
    told: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.make()

    def orders(self, text: str) -> None:
        """Writes the folder's settings."""
        self.folder.orders.write_text(text, encoding="utf-8")

    def good(self, *names: object) -> str:
        """A csv of invoices with nothing wrong, $100.00 each."""
        return as_csv([row(f"{self.prefix}{name}") for name in names])

    def drop(self, name: str, content: str | bytes) -> Path:
        """Somebody drops a file."""
        path = self.folder.inbox / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def note(self, event: str, said: str = "", **facts: object) -> None:
        """The log."""
        self.events.append({"event": event, "said": said, **facts})

    def said(self, event: str) -> list[str]:
        """What the log says of one kind of event."""
        return [str(each["said"]) for each in self.events if each["event"] == event]

    def posted(self) -> dict[str, int]:
        """What the API has accepted, and how often."""
        return self.stand_in.posted(self.prefix)

    def lies(self) -> list[str]:
        """Every file in the folder that is not the folder's own, by its path; the month is called MONTH."""
        month = f"{CLOCK.now().astimezone():%Y-%m}"
        found = []
        for folder, _, names in os.walk(self.folder.root):  # which does not mind what vanishes meanwhile
            found += [(Path(folder) / name).relative_to(self.folder.root).as_posix() for name in names]
        own = (".watch/", "READ ME.txt", "watch.toml")
        return sorted(path.replace(month, "MONTH") for path in found if not path.startswith(own))

    def text(self, path: str) -> str:
        """What stands in a file of the folder."""
        return (self.folder.root / path).read_text(encoding="utf-8")

    @contextmanager
    def watched(self, name: str = "first") -> Iterator[Watcher]:
        """A watcher at work; given up in the end."""
        desk = self.desk
        with open_ledger(desk, name) as ledger:
            folder_id = self.folder.belongs_to(identity(ledger), desk.settings.destination)
            drop_store.begin_to_watch(ledger, folder_id, str(self.folder.root))
            yield Watcher(self, desk, ledger, folder_id, name)
            drop_store.end_watching(ledger)

    def goes(self) -> list[JobAnswer]:
        """A watcher comes, deals with everything that lies there, and goes."""
        with self.watched() as watcher:
            return watcher.deals_with_all()


class Watcher:
    """One watcher, step by step."""

    def __init__(self, yard: Yard, desk: RunContext, ledger: Ledger, folder_id: str, name: str) -> None:
        self.yard = yard
        self.desk = desk
        self.ledger = ledger
        self.folder_id = folder_id
        self.name = name
        self.now = 0.0
        self.arrivals = Arrivals(yard.folder.inbox, lambda: self.now)
        self.strays = Strays(lambda: self.now)
        self.approvals = Approvals(Arrivals(yard.folder.waiting, lambda: self.now), yard.told.append)

    @property
    def bench(self) -> JobContext:
        """What it works with."""
        orders = read_orders(self.yard.folder.orders)
        account = self.yard.folder.account()
        return JobContext(self.desk, self.yard.folder, self.folder_id, orders, self.name, self.yard.note, account)

    def looks(self, *, after: float = 0.0) -> Look:
        """A look at the inbox, so many seconds later."""
        self.now += after
        return self.arrivals.look(self.bench.orders)

    def takes(self, name: str) -> Drop | None:
        """Takes one file."""
        taken = take(self.bench, self.ledger, name)
        self.arrivals.forget(name)
        return taken

    def takes_all(self) -> list[Drop]:
        """Waits a while, heeds approvals, and takes whatever is complete."""
        self.looks()
        self.approvals.look(self.bench, self.ledger, ())
        look = self.looks(after=A_WHILE)
        self.approvals.look(self.bench, self.ledger, look.words)
        for odd in look.odd:
            if odd.left:
                say_of_left(self.bench, odd)
            else:
                take(self.bench, self.ledger, odd.name, odd=odd)
        for name in look.ready:
            self.takes(name)
        recover(self.bench, self.ledger)
        return self.owns()

    def owns(self) -> list[Drop]:
        """What it is to work on."""
        found = drop_store.drops(self.ledger, self.folder_id, Stage.TAKEN, Stage.FILING)
        return [drop for drop in found if drop.owner == self.name]

    def works_on(self, drop: Drop) -> JobAnswer:
        """What a worker does with one drop."""
        return work_on(self.bench, drop.id)

    def deals_with_all(self) -> list[JobAnswer]:
        """Takes whatever is complete and has it worked on."""
        return [self.works_on(drop) for drop in self.takes_all()]

    def drops(self) -> Mapping[str, Drop]:
        """Everything that was ever taken, by its name; the last of each."""
        return {drop.name: drop for drop in drop_store.drops(self.ledger, self.folder_id, *Stage)}


def yard_at(path: Path, stand_in: StandIn, prefix: str, **more: str) -> Yard:
    """A new drop folder with a home beside it."""
    root = path / "drop"
    root.mkdir(parents=True)
    desk = RunContext(
        settings_of(path / "home", stand_in.url, **more),
        CLOCK.now,
        "watch@desk",
        "desk",
        threading.Event(),
        NoProgress(),
    )
    return Yard(DropFolder.at(root), desk, stand_in, prefix)
