"""The drop folder under strain.

Files arrive in pieces and in heaps, some never whole, some twice, some bad, some made to kill a reader; two watchers
look after the folder, and they and their workers are killed at random with no warning. In the end each file must have
been handled once, and each invoice posted once: the stand-in for the API, a process of its own, is asked.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from importer.sandbox import INTEGRATION_ID, TOKEN

CORPUS = Path(__file__).parent.parent.parent / "shared" / "corpus"
HEADINGS = (
    "property_id", "vendor_id", "invoice_number", "invoice_date", "due_date", "notes", "memo", "total_amount",
    "financial_account_id", "line_amount",
)  # fmt: skip
ORDERS = """
action = "submit"
poll_seconds = 0.2
settle_seconds = 0.6
open_end_seconds = 2.0
give_up_minutes = 0.05
"""
PATIENCE = 900.0
"""Seconds without any progress until the soak is given up."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """One file that is dropped, and what must become of it."""

    name: str
    content: bytes
    kind: str  # "good", "again", "bad rows", "bad file", "cut", "killer"
    numbers: tuple[str, ...] = ()  # of the invoices in it that can be posted


@dataclass(slots=True)
class Figures:
    """What was seen."""

    files: int = 0
    handled_once: int = 0
    invoices: int = 0
    posted_once: int = 0
    kills: int = 0
    in_doubt: int = 0
    seconds: float = 0.0
    megabytes: list[float] = field(default_factory=list)  # of the watchers, over time
    worker_megabytes: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """For people."""
        early, late = _middle(self.megabytes[: len(self.megabytes) // 3]), _middle(self.megabytes[-5:])
        yield f"files dropped                   {self.files:>6,}"
        yield f"  handled once                  {self.handled_once:>6,}"
        yield f"invoices in them                {self.invoices:>6,}"
        yield f"  posted once                   {self.posted_once:>6,}"
        yield f"  settled by evidence           {self.in_doubt:>6,}"
        yield f"processes killed                {self.kills:>6,}"
        yield f"a watcher's memory              {early:>6.0f} MB early, {late:.0f} MB late"
        yield f"the largest worker              {self.worker_megabytes:>6.0f} MB"
        yield f"time                            {self.seconds:>6.0f} s"
        yield from (f"WRONG: {one}" for one in self.wrong)


def soak(root: Path, files: int, *, seed: int = 7, kills: int | None = None) -> Figures:
    """Runs it in an empty folder. With a `wrong` figure something that must never happen has happened."""
    begun = time.monotonic()
    figures = Figures(files=files)
    random_numbers = random.Random(seed)  # noqa: S311 - for trying out
    plan = list(_plan(files, random_numbers))
    folder = root / "drop"
    folder.mkdir(parents=True)
    with _StandIn(root / "stand-in") as stand_in:
        yard = _Yard(folder, stand_in.environment(root / "home"))
        yard.once()  # makes the folder
        (folder / "watch.toml").write_text(ORDERS)
        yard.start(2)
        copier = threading.Thread(target=_copy_all, args=(folder / "inbox", plan, seed), daemon=True)
        copier.start()
        left = files // 25 if kills is None else kills
        due = time.monotonic() + 3
        moved, quiet_since = -1, time.monotonic()
        while copier.is_alive() or not yard.is_quiet():
            figures.megabytes += yard.megabytes()
            figures.worker_megabytes = max([figures.worker_megabytes, *yard.worker_megabytes()])
            if left and time.monotonic() > due:
                figures.kills += yard.kill_one(random_numbers)
                left -= 1
                due = time.monotonic() + random_numbers.uniform(0.5, 4)
            yard.start(2)
            now = yard.answered()
            if now != moved:
                moved, quiet_since = now, time.monotonic()
            elif time.monotonic() - quiet_since > PATIENCE:
                figures.wrong.append(
                    f"nothing moves any more: {[each.name for each in (folder / 'inbox').iterdir()][:5]}"
                )
                break
            time.sleep(0.2)
        yard.stop()
        _as_a_person_would(yard, plan, stand_in, figures)
        yard.stop()
        _judge(folder, plan, stand_in, figures)
    figures.seconds = time.monotonic() - begun
    return figures


def _plan(files: int, random_numbers: random.Random) -> Iterator[Dropped]:
    """What is dropped, in order: mostly good, every third kind of trouble in between."""
    killers = [path for path in CORPUS.glob("hardexcel/**/*") if path.is_file()] if CORPUS.is_dir() else []
    good: list[Dropped] = []
    for at in range(files):
        match at % 20:
            case 3 if good:
                first = random_numbers.choice(good)
                yield Dropped(f"{at:04} again{Path(first.name).suffix}", first.content, "again")
            case 6:
                numbers: tuple[str, ...] = (f"S{at}-1", f"S{at}-2")
                rows = [_row(numbers[0]), {**_row(numbers[1]), "due_date": "soon"}]
                yield Dropped(f"{at:04} wrong.csv", _csv(rows), "bad rows", numbers[:1])
            case 9:
                yield Dropped(f"{at:04} letter.csv", b"%PDF-1.4 this is a letter\n", "bad file")
            case 12:
                whole = _xlsx([_row(f"S{at}-1")])
                yield Dropped(f"{at:04} cut.xlsx", whole[: len(whole) * 2 // 3], "cut")
            case 15 if killers:
                path = killers[(at // 20) % len(killers)]
                yield Dropped(f"{at:04} killer{path.suffix}", path.read_bytes(), "killer")
            case _:
                numbers = tuple(f"S{at}-{number}" for number in range(1, 2 + at % 4))
                rows = [_row(number) for number in numbers]
                as_xlsx = at % 3 == 0
                one = Dropped(
                    f"{at:04} good.{'xlsx' if as_xlsx else 'csv'}",
                    _xlsx(rows) if as_xlsx else _csv(rows),
                    "good",
                    numbers,
                )
                good.append(one)
                yield one


def _row(number: str) -> dict[str, str]:
    today = datetime.now().astimezone().date()
    amount = f"{100 + sum(map(ord, number)) % 900}.{sum(map(ord, number)) % 90 + 10}"
    return {
        "property_id": "prop-maplecourt",
        "vendor_id": "vend-greenleaf",
        "invoice_number": number,
        "invoice_date": str(today),
        "due_date": str(today + timedelta(days=30)),
        "notes": "Grounds",
        "memo": f"Mowing {number}",
        "total_amount": amount,
        "financial_account_id": "finacct-6210",
        "line_amount": amount,
    }


def _csv(rows: Sequence[Mapping[str, str]]) -> bytes:
    lines = [",".join(HEADINGS), *(",".join(row[name] for name in HEADINGS) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def _xlsx(rows: Sequence[Mapping[str, str]]) -> bytes:
    from xlsxwriter import Workbook

    made = io.BytesIO()
    with Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Invoices")
        sheet.write_row(0, 0, HEADINGS)
        for at, row in enumerate(rows, 1):
            sheet.write_row(at, 0, [row[name] for name in HEADINGS])
    return made.getvalue()


def _copy_all(inbox: Path, plan: Sequence[Dropped], seed: int) -> None:
    """Several at a time: at once, in pieces with pauses, or under a temporary name that is changed in the end."""
    lanes = 4
    threads = [
        threading.Thread(target=_copy_lane, args=(inbox, plan[lane::lanes], random.Random(seed + lane)), daemon=True)  # noqa: S311
        for lane in range(lanes)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _copy_lane(inbox: Path, plan: Sequence[Dropped], random_numbers: random.Random) -> None:
    for one in plan:
        match random_numbers.randrange(3):
            case 0:
                (inbox / one.name).write_bytes(one.content)
            case 1:
                (inbox / f"{one.name}.part").write_bytes(one.content)
                (inbox / f"{one.name}.part").rename(inbox / one.name)
            case _:
                step = max(1, len(one.content) // 4)
                with (inbox / one.name).open("wb") as stream:
                    for start in range(0, len(one.content), step):
                        stream.write(one.content[start : start + step])
                        stream.flush()
                        time.sleep(random_numbers.uniform(0.05, 0.3))
        time.sleep(random_numbers.uniform(0.0, 0.1))


class _StandIn:
    """The stand-in for the API as a process of its own."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.url = ""

    def __enter__(self) -> _StandIn:
        self._home.mkdir(parents=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "importer", "sandbox", "--port", "0"],
            env={**os.environ, "IMPORTER_HOME": str(self._home)},
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        while "http://" not in (line := self._process.stderr.readline()):
            assert line, "the stand-in does not start"
        self.url = "http://" + line.split("http://")[1].split(";")[0]
        behaviour = {"rate_limit": 1_000_000, "pending": 0.1, "sync_takes": 0.1, "latency": 0.05}
        httpx.post(f"{self.url}/_sandbox/behaviour", json=behaviour).raise_for_status()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        assert self._process.stderr is not None
        self._process.stderr.close()

    def environment(self, home: Path) -> dict[str, str]:
        """For the commands that are to use it."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PROPEXO_", "IMPORTER_"))}
        return kept | {
            "IMPORTER_HOME": str(home),
            "IMPORTER_RATE_LIMIT": "100000",
            "PROPEXO_URL": self.url,
            "PROPEXO_TOKEN": TOKEN,
            "PROPEXO_INTEGRATION_ID": INTEGRATION_ID,
        }

    def posted(self) -> Counter[str]:
        """How often each invoice number was accepted."""
        return Counter(each["body"]["invoice_number"] for each in httpx.get(f"{self.url}/_sandbox/posted").json())


class _Yard:
    """The folder, and the watchers that look after it."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment
        self._watchers: list[subprocess.Popen[bytes]] = []

    def command(self, *words: str) -> list[str]:
        """The words of a command."""
        return [sys.executable, "-m", "importer", *words]

    def once(self) -> int:
        """A watcher that ends by itself."""
        command = self.command("watch", str(self.folder), "--once")
        return subprocess.run(command, check=False, env=self.environment, capture_output=True).returncode

    def start(self, count: int) -> None:
        """Watchers until there are so many."""
        self._watchers = [each for each in self._watchers if each.poll() is None]
        while len(self._watchers) < count:
            with (self.folder.parent / "watchers.log").open("ab") as log:
                self._watchers.append(
                    subprocess.Popen(
                        self.command("watch", str(self.folder), "--log-json"), env=self.environment, stderr=log
                    )
                )

    def stop(self) -> None:
        """All of them, gracefully."""
        for each in self._watchers:
            each.terminate()
        for each in self._watchers:
            each.wait()
        self._watchers = []

    def kill_one(self, random_numbers: random.Random) -> int:
        """A watcher or one of the workers, without a warning."""
        victims = [each.pid for each in self._watchers] + [
            pid for each in self._watchers for pid in _children(each.pid)
        ]
        with suppress(ProcessLookupError, IndexError):
            os.kill(random_numbers.choice(victims), signal.SIGKILL)
            return 1
        return 0

    def megabytes(self) -> list[float]:
        """The memory of each watcher now."""
        return [size for each in self._watchers if (size := _megabytes(each.pid)) > 0]

    def worker_megabytes(self) -> list[float]:
        """The memory of each worker now."""
        return [_megabytes(pid) for each in self._watchers for pid in _children(each.pid)]

    def is_quiet(self) -> bool:
        """True where nothing lies in the inbox or is worked on."""
        return not any(path for part in ("inbox", "working") for path in (self.folder / part).iterdir())

    def answered(self) -> int:
        """How many files lie where people look."""
        return sum(1 for part in ("done", "needs-fixing", "failed") for path in (self.folder / part).rglob("*"))


def _as_a_person_would(yard: _Yard, plan: Sequence[Dropped], stand_in: _StandIn, figures: Figures) -> None:
    """Settles what kills have left in doubt, with a fresh sync, and drops again what was not sent."""
    wanted = {number for one in plan for number in one.numbers}
    for _ in range(4):
        time.sleep(0.5)
        answer = subprocess.run(
            yard.command("settle", "--sync", "--json"),
            check=False,
            env=yard.environment,
            capture_output=True,
            text=True,
        ).stdout
        invoices = json.loads(answer)["invoices"] if answer else []
        figures.in_doubt += sum(1 for each in invoices if each["status"] == "posted")
        left = [each["key"] for each in invoices if each["status"] == "in_doubt"]
        if left:
            words = [word for key in left for word in ("--release", key)]
            release = yard.command("settle", *words, "--reason", "not in ResMan")
            subprocess.run(release, check=False, env=yard.environment, capture_output=True)
        missing = wanted - set(stand_in.posted())
        if not missing:
            return
        for one in plan:
            if missing & set(one.numbers):
                for path in yard.folder.rglob(f"*/{one.name}"):
                    path.rename(yard.folder / "inbox" / one.name)
                    break
        yard.once()


def _judge(folder: Path, plan: Sequence[Dropped], stand_in: _StandIn, figures: Figures) -> None:
    """Each file in one place, each invoice posted once."""
    lying = Counter(path.name for part in ("done", "needs-fixing", "failed") for path in (folder / part).rglob("*"))
    for one in plan:
        count = lying[one.name]
        figures.handled_once += count == 1
        if count != 1:
            figures.wrong.append(f"{one.name} ({one.kind}) lies in {count} places")
    posted = stand_in.posted()
    wanted = {number for one in plan for number in one.numbers}
    figures.invoices = len(wanted)
    figures.posted_once = sum(1 for number in wanted if posted[number] == 1)
    figures.wrong += [f"{number} was posted {posted[number]} times" for number in sorted(wanted) if posted[number] != 1]
    figures.wrong += [f"{number} was posted, and must not be" for number in sorted(set(posted) - wanted)]


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _megabytes(pid: int) -> float:
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) / 1024
    return 0.0


def _middle(sizes: Sequence[float]) -> float:
    return sorted(sizes)[len(sizes) // 2] if sizes else 0.0


def main() -> int:
    """Prints the figures; 1 where something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--files", type=int, default=1_000, help="how many are dropped (%(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="for the order of things (%(default)s)")
    parser.add_argument("--kills", type=int, help="how many processes are killed; one for 25 files by default")
    parser.add_argument("--keep", type=Path, help="an empty folder in which everything is left")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as made:
        figures = soak(given.keep or Path(made), given.files, seed=given.seed, kills=given.kills)
    print("\n".join(figures.lines()))
    return 1 if figures.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
