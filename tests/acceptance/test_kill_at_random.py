"""kill -9 at random moments, again and again, until everything is done.

`ACCEPTANCE_RUNS=20 pytest tests/acceptance/test_kill_at_random.py` runs more of them than fit into every day.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.acceptance.conftest import Hire
from tests.acceptance.forge import Forge
from tests.acceptance.stage import Clerk, StandIn, each_once, numbers

RUNS = int(os.environ.get("ACCEPTANCE_RUNS", "6"))
INVOICES = 100
AT_ONCE = 3


def _kill_at_random(clerk: Clerk, chance: random.Random, *words: object) -> bool:
    """Starts a command and kills it after so many more invoices are accepted and a moment; False: it was faster."""
    accepted = clerk.states()["accepted"]
    enough = chance.randrange(accepted, max(accepted + 1, INVOICES - 5))
    command = clerk.starts(*words)
    while clerk.states()["accepted"] < enough and not command.is_over:
        time.sleep(0.01)
    time.sleep(chance.uniform(0, 0.05))
    if command.is_over:
        command.wait()
        return False
    command.kill()
    return True


def _run(number: int, hire: Hire, folder: Path, forge: Forge) -> tuple[int, int]:
    """One file in an account of its own: two ledgers do not post to one."""
    with StandIn(folder / f"stand-in {number}", forge) as stand_in:
        return _killed_again_and_again(number, hire(str(number), url=stand_in.url), stand_in)


def _killed_again_and_again(number: int, clerk: Clerk, stand_in: StandIn) -> tuple[int, int]:
    """One file, killed twice while it is posted and once while it is settled; then finished. Kills, and doubts."""
    chance = random.Random(number)
    invoices = numbers(f"RUN{number}", INVOICES)
    file = clerk.writes("run.csv", invoices)
    kills = doubts = 0
    for _ in range(2):
        kills += _kill_at_random(clerk, chance, "submit", file, "--yes", "--no-results")
        doubts += clerk.states()["sending"]
    settling = clerk.starts("settle", "--sync")
    time.sleep(chance.uniform(0.3, 1.0))
    if not settling.is_over:
        settling.kill()
        kills += 1
    else:
        settling.wait()
    clerk.attends_to_doubts(stand_in)
    clerk.finishes(stand_in, file)
    each_once(invoices, stand_in)
    assert clerk.states().keys() <= {"accepted", "confirmed"}
    return kills, doubts


def test_none_doubled_none_lost(
    hire: Hire, tmp_path: Path, forge: Forge, record_testsuite_property: Callable[[str, object], None]
) -> None:
    """Of 100 invoices each is posted once and held once, wherever the command was killed."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = list(pool.map(lambda number: _run(number, hire, tmp_path, forge), range(RUNS)))
    record_testsuite_property("kills", sum(kills for kills, _ in done))
    record_testsuite_property("invoices under way when killed", sum(doubts for _, doubts in done))
    assert sum(kills for kills, _ in done) >= RUNS
