"""A real stand-in on a real socket for every test that asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from importer.sandbox import TOKEN, Behaviour, embedded
from tests.clock import CLOCK

Start = Callable[..., httpx.Client]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a stand-in with some fields of its behaviour changed; gives a client that carries the token.

    Jobs and syncs take no time, and there is budget enough, unless a test says otherwise.
    """
    with ExitStack() as stack:

        def start_one(folder: Path = tmp_path, **changes: object) -> httpx.Client:
            quick = Behaviour(rate_limit=100_000, pending=0, sync_takes=0).changed(changes)
            url = stack.enter_context(embedded(folder, CLOCK.seconds, behaviour=quick))
            headers = {"Authorization": f"Bearer {TOKEN}"}
            return stack.enter_context(httpx.Client(base_url=url, headers=headers, timeout=10))

        yield start_one


@pytest.fixture
def api(start: Start) -> httpx.Client:
    """A client of a stand-in that never makes anybody wait."""
    return start()
