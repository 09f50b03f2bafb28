"""A stand-in and a folder for each test of the drop folder."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.sandbox import Behaviour, embedded
from tests.cli.clerk import StandIn
from tests.clock import CLOCK
from tests.dropfolder.yard import Yard, yard_at

_numbers = itertools.count(1)
QUICK = Behaviour(rate_limit=1_000_000, pending=0, sync_takes=0)


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[StandIn]:
    """An account of its own for each test: a ledger does not post where another one has posted."""
    with embedded(tmp_path / "stand-in", CLOCK.seconds, behaviour=QUICK) as url:
        yield StandIn(url)


@pytest.fixture
def yard(tmp_path: Path, stand_in: StandIn) -> Yard:
    """An empty drop folder that only checks."""
    return yard_at(tmp_path, stand_in, f"W{os.getpid()}.{next(_numbers)}-")
