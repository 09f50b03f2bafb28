"""A stand-in for all tests of the command line, and a clerk for each."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring

from importer.sandbox import Behaviour, embedded
from tests.cli.clerk import Clerk, StandIn
from tests.clock import CLOCK

_numbers = itertools.count(1)
QUICK = Behaviour(rate_limit=1_000_000, pending=0, sync_takes=0)


@pytest.fixture(scope="session")
def shared_stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """One for all; the tests tell their invoices apart by the prefix of the numbers."""
    with embedded(tmp_path_factory.mktemp("stand-in"), CLOCK.seconds, behaviour=QUICK) as url:
        yield StandIn(url)


@pytest.fixture
def clerk(tmp_path: Path, shared_stand_in: StandIn, capsys: pytest.CaptureFixture[str]) -> Iterator[Clerk]:
    """Somebody with an empty home and a folder of their own; no keyring, and the signals as they were afterwards."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    mine = keyring.get_keyring()
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]  # not typed there
    folder = tmp_path / "desk"
    folder.mkdir()
    yield Clerk(folder, shared_stand_in, f"C{next(_numbers)}-", capsys)
    keyring.set_keyring(mine)
    for number, handler in handlers.items():
        signal.signal(number, handler)
    shared_stand_in.behave(latency=0.0, negative_unit_price=True)
