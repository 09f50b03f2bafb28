"""Fetching: everything once, then only what changed, resumed where it broke off, in no more requests than it takes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from importer.errors import CannotRun, OutcomeUnknown, Refused
from importer.masterdata import Cache, RecordKind, fetch
from importer.masterdata.cache import first_day
from importer.masterdata.master_data import cache_path, folder_of
from importer.masterdata.sync import PAGE, alone_syncing
from importer.runs import names
from importer.sandbox import INTEGRATION_ID
from importer.settings import Settings
from tests.masterdata.office import Office

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Page:
    rows: tuple[Mapping[str, Any], ...]
    has_more: bool
    total: int | None


@dataclass(slots=True)
class Shelf:
    """The network's place: lists in memory, which heed `since`, refuse it, or ignore it."""

    records: dict[str, list[dict[str, Any]]]
    heeds: str = "yes"
    fails_at: int | None = None
    asked: list[tuple[str, int, datetime | None]] = field(default_factory=list)

    def page(self, name: str, _integration: str, *, offset: int, size: int, since: datetime | None = None) -> Page:
        self.asked.append((name, offset, since))
        if self.fails_at is not None and len(self.asked) > self.fails_at:
            raise OutcomeUnknown("The API did not answer.")
        if since is not None and self.heeds == "refuses":
            raise Refused("The API refused it (400).", http_status=400)
        rows = self.records.get(name, [])
        if since is not None and self.heeds == "yes":
            rows = [row for row in rows if datetime.fromisoformat(row["updated_at"]) >= since]
        return Page(tuple(rows[offset : offset + size]), offset + size < len(rows), len(rows))


def vendors(count: int, changed: datetime = NOW - 9 * DAY) -> list[dict[str, Any]]:
    return [
        {"id": f"vend-{n:05}", "name": f"Vendor {n}", "updated_at": changed.isoformat(), "last_seen": NOW.isoformat()}
        for n in range(count)
    ]


def run(shelf: Shelf, cache: Cache, at: datetime = NOW, **options: bool) -> dict[str, tuple[int, int, bool]]:
    done = fetch(shelf, cache, "intg-1", now=lambda: at, moved=lambda *_: None, **options)
    return {each.list: (each.fetched, each.known, each.is_whole) for each in done}


@contextmanager
def opened(folder: Path) -> Iterator[Cache]:
    with Cache(folder / "fetched.sqlite3") as cache:
        yield cache


def test_later_only_what_changed_is_fetched(tmp_path: Path) -> None:
    """The second time asks for changes since the latest that was seen, a little before it."""
    shelf = Shelf({"vendors": vendors(600)})
    with opened(tmp_path) as cache:
        assert run(shelf, cache)["vendors"] == (600, 600, True)
        shelf.records["vendors"] = [*vendors(600, NOW - 30 * DAY), vendors(601, NOW)[600]]
        shelf.records["vendors"][7] |= {"name": "Renamed", "updated_at": NOW.isoformat()}
        shelf.asked.clear()
        assert run(shelf, cache, NOW + DAY)["vendors"] == (2, 601, False)
        assert ("vendors", 0, NOW - 9 * DAY - timedelta(minutes=10)) in shelf.asked
        named = {known.id: known.name for known in cache.records(RecordKind.VENDOR)}
        assert named["vend-00007"] == "Renamed"


@pytest.mark.parametrize("heeds", ["refuses", "ignores"])
def test_an_api_that_cannot_tell_what_changed_is_asked_for_everything(heeds: str, tmp_path: Path) -> None:
    """400 and deaf ears alike: the answer is complete all the same."""
    shelf = Shelf({"vendors": vendors(300, NOW - 5 * DAY) + vendors(301, NOW)[300:]}, heeds)
    with opened(tmp_path) as cache:
        run(shelf, cache)
        shelf.records["vendors"].append(vendors(302)[301])
        assert run(shelf, cache, NOW + DAY)["vendors"] == (302, 302, True)


def test_once_a_week_everything_is_fetched_and_what_is_gone_is_forgotten(tmp_path: Path) -> None:
    """`last_seen` moves without counting as a change, so that only a whole pass tells."""
    shelf = Shelf({"vendors": vendors(3)})
    with opened(tmp_path) as cache:
        run(shelf, cache)
        del shelf.records["vendors"][0]
        assert run(shelf, cache, NOW + DAY)["vendors"][1:] == (3, False)
        assert run(shelf, cache, NOW + 8 * DAY)["vendors"] == (2, 2, True)


def test_a_broken_sync_goes_on_where_it_was(tmp_path: Path) -> None:
    """The fourth page of vendors fails; the next sync asks for that page first, and then once for what changed."""
    shelf = Shelf({"vendors": vendors(5 * PAGE)})
    lists_before = 3  # properties, accounts, entities
    shelf.fails_at = lists_before + 3
    with opened(tmp_path) as cache:
        with pytest.raises(OutcomeUnknown):
            run(shelf, cache)
        assert cache.fetched("vendors") is None
    shelf.fails_at = None
    shelf.asked.clear()
    with opened(tmp_path) as cache:
        assert run(shelf, cache)["vendors"] == (2 * PAGE, 5 * PAGE, True)
    assert [offset for name, offset, _ in shelf.asked if name == "vendors"] == [3 * PAGE, 4 * PAGE, 0]


def test_what_changes_while_a_sync_is_broken_off_is_not_missed(tmp_path: Path) -> None:
    """The first vendor is renamed between the break and the rest: the name is known after it, also where the API
    cannot tell what changed, and the cache is no younger than its oldest page until then."""
    for heeds in ("yes", "ignores"):
        shelf = Shelf({"vendors": vendors(3 * PAGE)}, heeds, fails_at=3 + 1)
        with opened(tmp_path / heeds) as cache:
            with pytest.raises(OutcomeUnknown):
                run(shelf, cache)
            shelf.fails_at = None
            shelf.records["vendors"][0] |= {"name": "Renamed", "updated_at": (NOW + timedelta(hours=1)).isoformat()}
            assert run(shelf, cache, NOW + timedelta(hours=3))["vendors"][1:] == (3 * PAGE, True)
            assert {known.id: known.name for known in cache.records(RecordKind.VENDOR)}["vend-00000"] == "Renamed"
            assert cache.fetched("vendors") == NOW + timedelta(hours=3)


def test_what_changes_while_a_sync_goes_on_is_fetched_by_the_next(tmp_path: Path) -> None:
    """Changes count from the beginning of a pass: a slow one may have passed by what changed in the meantime."""
    shelf = Shelf({"vendors": [*vendors(300), *vendors(301, NOW + timedelta(hours=1))[300:]]})
    hours = iter(range(99))
    with opened(tmp_path) as cache:
        list(fetch(shelf, cache, "intg-1", now=lambda: NOW + timedelta(hours=next(hours)), moved=lambda *_: None))
        began = cache.fetched("vendors")
        assert began is not None
        shelf.asked.clear()
        run(shelf, cache, NOW + DAY)
    since = min(began, NOW + timedelta(hours=1)) - timedelta(minutes=10)
    assert ("vendors", 0, since) in shelf.asked


def test_full_begins_with_the_first_page(tmp_path: Path) -> None:
    """What was fetched before a break is fetched anew as well."""
    shelf = Shelf({"vendors": vendors(3 * PAGE)}, fails_at=3 + 2)
    with opened(tmp_path) as cache:
        with pytest.raises(OutcomeUnknown):
            run(shelf, cache)
        shelf.fails_at = None
        assert run(shelf, cache, everything=True)["vendors"] == (3 * PAGE, 3 * PAGE, True)


def test_a_propertys_vendors_are_believed_only_while_they_are_as_new_as_the_vendors(tmp_path: Path) -> None:
    """With more vendors its list costs too much: the old one must not say that a new vendor is not used there."""
    shelf = Shelf({"properties": [{"id": f"prop-{n}"} for n in range(20)], "vendors": vendors(2)})
    shelf.records |= {f"vendors/properties/prop-{n}": vendors(1) for n in range(20)}
    with opened(tmp_path) as cache:
        run(shelf, cache)
        assert cache.usable_at("prop-7") == frozenset(["vend-00000"])
        shelf.records["vendors"] = vendors(3 * PAGE, NOW)
        run(shelf, cache, NOW + DAY)
        assert cache.usable_at("prop-7") is None
        run(shelf, cache, NOW + 2 * DAY, by_property=True)
        assert cache.usable_at("prop-7") == frozenset(["vend-00000"])


DYING = """
import os, pathlib, signal, sys
from importer.masterdata.sync import PAGE, alone_syncing
from tests.masterdata.test_sync import Shelf, opened, run, vendors

class Deadly(Shelf):
    def page(self, name, *rest, **options):
        if sum(asked == "vendors" for asked, *_ in self.asked) == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().page(name, *rest, **options)

folder = pathlib.Path(sys.argv[1])
with alone_syncing(folder), opened(folder) as cache:
    run(Deadly({"vendors": vendors(5 * PAGE)}), cache)
"""


def test_a_sync_that_is_killed_goes_on_where_it_was_and_holds_off_nobody(tmp_path: Path) -> None:
    """kill -9 in the middle of the vendors: three pages are kept, and the next sync begins at once with the fourth."""
    died = subprocess.run([sys.executable, "-c", DYING, str(tmp_path)], cwd=Path(__file__).parents[2], check=False)
    assert died.returncode == -9
    shelf = Shelf({"vendors": vendors(5 * PAGE)})
    with alone_syncing(tmp_path), opened(tmp_path) as cache:
        assert cache.fetched("vendors") is None
        assert run(shelf, cache)["vendors"] == (2 * PAGE, 5 * PAGE, True)
    assert [offset for name, offset, _ in shelf.asked if name == "vendors"] == [3 * PAGE, 4 * PAGE, 0]


def test_two_syncs_at_once_are_one_and_a_sentence(office: Office) -> None:
    """Each would take what the other has just brought for what is gone."""
    with alone_syncing(its_folder(office)), pytest.raises(CannotRun, match="under way"):
        office.sync()
    office.sync()


def its_folder(office: Office) -> Path:
    settings = office.desk().settings
    return folder_of(settings.home, settings.destination, INTEGRATION_ID)


@pytest.mark.parametrize("damage", ["garbage", "cut short", "pages overwritten"])
def test_a_damaged_cache_is_said_in_a_sentence_and_deleting_it_is_enough(damage: str, office: Office) -> None:
    """No traceback, nothing sent, no decision lost."""
    office.sync()
    names.settle_name(office.desk(), "gardener", "vend-greenleaf", profile=None)
    path, file = cache_path(its_folder(office)), office.sheet({"Vendor": "gardener"})
    whole = path.read_bytes()
    path.write_bytes(
        {
            "garbage": b"no database at all " * 400,
            "cut short": whole[: len(whole) // 2],
            "pages overwritten": whole[:4096] + b"\xff" * (len(whole) - 4096),
        }[damage]
    )
    with pytest.raises(CannotRun, match=r"cannot be used.*Delete that file and run `invoice-importer sync`"):
        office.submit(file)
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()
    office.sync()
    assert [str(outcome.status) for outcome in office.submit(file).outcomes] == ["posted"]


def test_a_cache_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    """An older program neither reads it nor clears it."""
    with opened(tmp_path) as cache:
        run(Shelf({"vendors": vendors(3)}), cache)
    with closing(sqlite3.connect(tmp_path / "fetched.sqlite3")) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(CannotRun, match="newer version"), opened(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / "fetched.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM records").fetchone() == (3,)


def test_bills_that_were_not_compared_with_resmans_are_told(office: Office) -> None:
    """`sync` broke off before ResMan's invoices: names work, and the run says what was not looked at."""
    fault = {"fault": "error_before", "path": "/v1/invoices/", "method": "GET", "status": 503, "times": 9}
    office.api.post("/_sandbox/faults", json=fault)
    with pytest.raises(CannotRun):
        office.sync()
    run = office.check(office.sheet({}))
    assert any("was not looked at" in notice for notice in run.notices)
    office.api.delete("/_sandbox/faults")
    office.sync()
    assert not any("was not looked at" in notice for notice in office.check(office.sheet({})).notices)


def test_stale_and_inactive_records_are_marked(tmp_path: Path) -> None:
    """Over 30 days unseen when it was fetched is stale; it does not become stale by lying in the cache."""
    rows = vendors(3)
    rows[0]["last_seen"] = (NOW - 31 * DAY).isoformat()
    rows[1]["is_active"] = False
    with opened(tmp_path) as cache:
        run(Shelf({"vendors": rows, "financial-accounts": [{"id": "finacct-1", "status_raw": "Inactive"}]}), cache)
        found = {known.id: (known.is_stale, known.is_active) for known in cache.records(RecordKind.VENDOR)}
        assert list(found.values()) == [(True, True), (False, False), (False, True)]
        (account,) = cache.records(RecordKind.ACCOUNT)
        assert (account.id, account.is_active, account.is_stale) == ("finacct-1", False, False)


def test_big_lists_take_as_many_requests_as_paging_demands(office: Office) -> None:
    """2,540 vendors and 5,030 invoices at 250 a page; the next sync of unchanged lists takes one request each."""
    office.api.post("/_sandbox/more", json={"vendors": 2_500, "invoices": 5_000}, timeout=60)
    before = len(office.api.get("/_sandbox/requests").json())
    office.sync()
    asked = [each["path"] for each in office.api.get("/_sandbox/requests").json()[before:]]
    assert {path: asked.count(path) for path in dict.fromkeys(asked)} == {
        "/v1/admin/integrations/": 1,
        "/v1/properties/": 1,
        "/v1/financial-accounts/": 1,
        "/v1/accounting-entities/": 1,
        "/v1/vendors/": 11,
        "/v1/invoices/": 21,
    }


def test_each_propertys_own_vendors_are_fetched_where_that_is_cheap_or_wanted(office: Office) -> None:
    """Few vendors: by itself. Many: only when asked, because every property costs as many pages as the vendors do."""
    office.sync()
    settings: Settings = office.desk().settings
    folder = folder_of(settings.home, settings.destination, INTEGRATION_ID)
    with Cache(cache_path(folder)) as cache:
        usable = cache.usable_at("prop-maplecourt")
        assert usable is not None
        assert "vend-safelift" not in usable
        assert "vend-greenleaf" in usable
        assert cache.usable_at("prop-riverbend") is None
    office.api.post("/_sandbox/more", json={"vendors": 2_500}, timeout=60)
    done = names.sync(office.desk(), by_property=True)
    assert sum(each.requests for each in done if each.list.startswith("vendors/properties/")) == 7 * 11


def test_an_api_that_goes_away_is_told_as_such_and_nothing_is_lost(office: Office) -> None:
    """`sync` says that it goes on from there; a stop is heeded."""
    office.api.post(
        "/_sandbox/faults", json={"fault": "error_before", "path": "/v1/vendors/", "status": 503, "times": 9}
    )
    with pytest.raises(CannotRun, match="goes on from there"):
        office.sync()
    office.api.delete("/_sandbox/faults")
    office.sync()
    desk = office.desk()
    stopped = threading.Event()
    stopped.set()
    with pytest.raises(KeyboardInterrupt):
        names.sync(replace(desk, stop=stopped))


@pytest.mark.parametrize(
    ("written", "day"),
    [("2026-04-01", (2026, 4)), ("2026-04-17T00:00:00Z", (2026, 4)), ("2026-04", (2026, 4)), ("04/2026", (2026, 4))],
)
def test_a_period_is_read_however_it_is_written(written: str, day: tuple[int, int]) -> None:
    """The contract does not state its form; what cannot be read closes nothing."""
    found = first_day(written)
    assert found is not None
    assert (found.year, found.month, found.day) == (*day, 1)
    assert first_day("April") is first_day(None) is None
