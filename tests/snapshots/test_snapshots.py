"""Nothing that is read, sent or told has changed by a byte without somebody having accepted it."""

from __future__ import annotations

import pytest

from tests.snapshots import frozen
from tests.snapshots.tables import made_table

FEW = [case for case in frozen.cases() if not case.startswith("tables ")] + [
    frozen.block_name(first * frozen.BLOCK) for first in range(2)
]
"""The lessons and the first of the tables; all of them: `make snapshots`."""


@pytest.mark.parametrize("case", FEW)
def test_a_case_is_as_it_was_frozen(case: str) -> None:
    """What differs is shown in full by `make snapshots AGAINST=main`; where it is meant: `make snapshots ACCEPT=1`."""
    assert frozen.differing(case, frozen.frozen()[case]) == []


def test_every_case_is_frozen() -> None:
    """A lesson that is added is frozen too, and none that is gone is kept."""
    assert list(frozen.frozen()) == frozen.cases()


def test_a_seed_gives_one_table() -> None:
    """The same for everybody: else nothing could be frozen."""
    assert made_table(7) == made_table(7)
    assert made_table(7) != made_table(8)
