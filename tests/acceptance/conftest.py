"""A stand-in in a process of its own, and a clerk who uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.forge import Forge
from tests.acceptance.stage import Clerk, StandIn

Hire = Callable[..., Clerk]


@pytest.fixture(scope="session")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    """What starts the commands."""
    with Forge(tmp_path_factory.mktemp("forge")) as started:
        yield started


@pytest.fixture
def stand_in(tmp_path: Path, forge: Forge) -> Iterator[StandIn]:
    """An empty one."""
    with StandIn(tmp_path / "stand-in", forge) as started:
        yield started


@pytest.fixture
def hire(tmp_path: Path, stand_in: StandIn, forge: Forge) -> Hire:
    """Somebody more with an empty home, or with the ledger that they are told of."""

    def one(name: str = "desk", *, url: str = "", **environment: str) -> Clerk:
        return Clerk(tmp_path / name, url or stand_in.url, forge, **environment)

    return one


@pytest.fixture
def clerk(hire: Hire) -> Clerk:
    """Somebody with an empty home."""
    return hire()
