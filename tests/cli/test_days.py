"""The days on which calendars are got wrong, in three zones: posting, asking, filing and history by a moved clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from importer.clock import VARIABLE, Clock
from tests.cli.clerk import Clerk, as_csv, row

ZONES = {"New York": "EST5EDT,M3.2.0,M11.1.0", "Berlin": "CET-1CEST,M3.5.0,M10.5.0/3", "Kiritimati": "<+14>-14"}
"""Rules, not names, so that it does not matter what this machine knows of zones."""

MOMENTS = {
    "the last of a month": "2027-01-31T23:59:59",
    "the last of a year": "2026-12-31T23:59:59",
    "29 February": "2028-02-29T12:00:00",
    "before New York's clock goes forward": "2027-03-14T01:59:59",
    "before Berlin's clock goes forward": "2027-03-28T01:59:59",
    "before New York's clock goes back": "2027-11-07T01:59:59",
    "before Berlin's clock goes back": "2027-10-31T02:59:59",
}
"""By the clock on the wall, wherever that hangs; a second later it is another day, or another hour."""


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """This process lives there."""
    monkeypatch.setenv("TZ", ZONES[request.param])
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(params=MOMENTS)
def clock(request: pytest.FixtureRequest, zone: str, clerk: Clerk) -> Clock:
    """The clerk's clock, which shows that moment in that zone."""
    moved = Clock(round(datetime.fromisoformat(MOMENTS[request.param]).astimezone().timestamp() - time.time()))
    clerk.environment |= {VARIABLE: str(moved.shift), "TZ": ZONES[zone]}
    return moved


def bills(clerk: Clerk, clock: Clock) -> str:
    """Two of today's bills: at a property that never closes, and at one whose books are open from last month on."""
    today = clock.now().astimezone().date()
    dates = {"invoice_date": str(today), "due_date": str(today + timedelta(days=30))}
    return as_csv(
        [row(clerk.number(1), **dates), row(clerk.number(2), "250.00", property_id="prop-harborview", **dates)],
    )


def test_a_day_at_the_desk(clerk: Clerk, clock: Clock) -> None:
    """Posted once, under a run that is named by the day on the wall; ResMan has it; a second time nothing goes."""
    first_day = clock.now().astimezone().date()
    (clerk.folder / "bills.csv").write_text(bills(clerk, clock), encoding="utf-8")
    done = clerk.runs("submit", "bills.csv", "--sandbox", "--yes", "--json")
    assert set(done.statuses.values()) == {"posted"}, done.out
    assert {problem["code"] for one in done.answer["invoices"] for problem in one["problems"]} == set(), done.out
    begun = datetime.fromisoformat(done.answer["started"]).astimezone()
    assert done.answer["run"].startswith(f"{begun:%Y-%m-%dT%H-%M-%S}-")
    assert begun.date() - first_day <= timedelta(days=1)
    again = clerk.runs("submit", "bills.csv", "--sandbox", "--yes", "--json")
    assert set(again.statuses.values()) == {"already_posted"}, again.out
    history = clerk.runs("history", "--sandbox", "--json")
    assert [each["run"] for each in history.answer["runs"]] == [again.answer["run"], done.answer["run"]], history.out


@pytest.mark.parametrize("clock", ["the last of a month", "the last of a year", "29 February"], indirect=True)
def test_a_day_of_the_drop_folder(clerk: Clerk, clock: Clock, tmp_path: Path) -> None:
    """A file is filed under the month on the wall."""
    months = {f"{clock.now().astimezone() + more:%Y-%m}" for more in (timedelta(), timedelta(minutes=5))}
    (tmp_path / "drop" / "inbox").mkdir(parents=True)
    (tmp_path / "drop" / "watch.toml").write_text(
        'action = "submit"\npoll_seconds = 0.05\nsettle_seconds = 0.1\nopen_end_seconds = 0.1\n', encoding="utf-8"
    )
    (tmp_path / "drop" / "inbox" / "bills.csv").write_text(bills(clerk, clock), encoding="utf-8")
    watched = clerk.runs("watch", tmp_path / "drop", "--once", "--sandbox")
    assert watched.code == 0, watched.err
    (filed,) = (tmp_path / "drop" / "done").iterdir()
    assert filed.name in months
    assert (filed / "bills.csv").exists()
