"""What is frozen of each case, and what differs from it."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from fixtures import make
from tests.snapshots.account import PARTS, Account, lesson_account, statuses_account, table_account

FROZEN = Path(__file__).parent / "frozen.json"
TABLES = 2_000  # made-up tables, by the seeds 0, 1, 2 …
BLOCK = 20  # tables that are frozen together, so that the file stays small
STATUSES = "every status with every problem"


def cases() -> list[str]:
    """The names of all that is frozen: lessons, blocks of tables, and the one of all statuses."""
    blocks = [block_name(first) for first in range(0, TABLES, BLOCK)]
    return [STATUSES, *(lesson.name for lesson in make.lessons()), *blocks]


def block_name(first: int) -> str:
    """ "tables 0020-0039"."""
    return f"tables {first:04}-{first + BLOCK - 1:04}"


def accounts(case: str) -> Iterator[tuple[str, Account]]:
    """Everything that belongs to a case, in full: name and account, one for each table of a block."""
    if not case.startswith("tables "):
        yield case, _made(case)
        return
    first, last = map(int, case.removeprefix("tables ").split("-"))
    for seed in range(first, last + 1):
        yield f"table {seed:04}", _made(seed)


def _made(case: str | int) -> Account:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if isinstance(case, int):
            return table_account(case, folder)
        return statuses_account(folder) if case == STATUSES else lesson_account(case, folder)


def summed(case: str) -> dict[str, str]:
    """Part → a sum over its text in all accounts of the case."""
    sums = {part: hashlib.sha256() for part in PARTS}
    seen = set()
    for name, account in accounts(case):
        for part, text in account.items():
            sums[part].update(f"{name}\n{text}\n".encode())
            seen.add(part)
    return {part: sums[part].hexdigest()[:12] for part in PARTS if part in seen}


def frozen() -> dict[str, dict[str, str]]:
    """Case → part → sum, as they were accepted."""
    kept: dict[str, dict[str, str]] = json.loads(FROZEN.read_text(encoding="utf-8"))
    return kept


def accept(sums: Mapping[str, Mapping[str, str]]) -> None:
    """Freezes these as they are; what is no case any more goes."""
    whole = (frozen() if FROZEN.exists() else {}) | dict(sums)
    lines = (f"{json.dumps(case)}: {json.dumps(whole[case])}" for case in cases() if case in whole)
    FROZEN.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def differing(case: str, expected: Mapping[str, str]) -> list[str]:
    """The parts of a case that are not as they were frozen."""
    found = summed(case)
    return [part for part in PARTS if found.get(part) != expected.get(part)]
