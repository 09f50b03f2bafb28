"""A stand-in on a real socket, and a clerk's office before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from importer.sandbox import TOKEN, Behaviour, embedded
from tests.clock import CLOCK
from tests.masterdata.office import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Nothing fetched, nothing posted, and budget enough."""
    quick = Behaviour(rate_limit=100_000, pending=0, sync_takes=0)
    with (
        embedded(tmp_path / "api", CLOCK.seconds, behaviour=quick) as url,
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}) as api,
    ):
        yield Office(tmp_path / "home", url, api)


@pytest.fixture(params=["sqlite", "postgresql"])
def on_both(request: pytest.FixtureRequest, office: Office) -> Office:
    """The same, once with a ledger on each database."""
    if request.param == "sqlite":
        return office
    return replace(office, ledger=str(request.getfixturevalue("postgres")))
