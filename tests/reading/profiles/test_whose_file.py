"""A saved layout with a vendor in it takes that vendor's files alone: Num, Date and Amount are anybody's headings."""

from __future__ import annotations

from dataclasses import replace

from importer.domain.cells import Cell
from importer.domain.reading import Reading
from importer.reading.profiles.vendor_profile import Profile, parse_profile, profile_text
from importer.reading.read import read_contents
from tests.reading.made_tables import IDS, contents, sheet

HEADINGS: tuple[Cell, ...] = ("Num", "Date", "Memo", "Amount")
BILL: tuple[Cell, ...] = ("S-1", "2026-03-14", "mowing", "100.00")


def layout(name: str = "report", **match: object) -> Profile:
    """A layout that makes every bill one vendor's."""
    said = {"match": {"headings": list(HEADINGS), **match}, "defaults": {**IDS, "terms_days": 30}}
    return parse_profile({**said, "name": name}, name)


def read(profile: Profile, *above: tuple[Cell, ...], name: str = "report (1).csv", meant: bool = False) -> Reading:
    """What is read where the profile is found by itself; `meant`: where somebody names it."""
    file = contents(sheet(*above, HEADINGS, BILL), name=name)
    given = {"profile": profile} if meant else {"profiles": [profile]}
    return read_contents([file], integration_id="intg-1", **given)


def codes(reading: Reading) -> list[str]:
    """Of the problems that stop the run."""
    return [each.kind.code for each in reading.problems if each.kind.stops_run]


def test_headings_and_a_name_that_any_file_has_are_asked_about_each_time() -> None:
    """`report*.csv` fits next month's report of every vendor."""
    reading = read(layout(filename="report*.csv"))
    assert codes(reading) == ["whose-file"]
    (problem,) = [each for each in reading.problems if each.kind.stops_run]
    assert "makes every bill 'vend-1''s" in problem.message
    assert "--profile report" in problem.message
    assert codes(read(layout(filename="report*.csv"), meant=True)) == []


def test_a_name_that_tells_the_vendor_is_enough() -> None:
    """In the pattern, in the profile's own name, or in the vendor's."""
    assert codes(read(layout(filename="sparkle*.csv"), name="sparkle 2026-03.csv")) == []
    assert codes(read(layout("sparkle-cleaning"), name="export_SparkleCleaning.csv")) == []
    named = layout()
    named = replace(named, defaults={**named.defaults, "vendor_id": "Sparkle Cleaning Services"})
    assert codes(read(named, name="march sparkle.csv")) == []
    assert codes(read(named, name="march bluewater.csv")) == ["whose-file"]


def test_the_name_of_the_property_tells_no_vendor() -> None:
    """All vendors of Maple Court may call their files after it."""
    mine = layout(filename="maple court*.csv")
    mine = replace(mine, defaults={**mine.defaults, "property_id": "Maple Court"})
    assert codes(read(mine, name="maple court 3.csv")) == ["whose-file"]


def test_a_title_or_a_text_of_the_profile_is_enough() -> None:
    """And of two layouts with the same headings the text tells which one it is."""
    mine, other = layout(text=["Sparkle Cleaning"]), layout("export", text=["Bluewater"])
    assert codes(read(mine, ("SPARKLE CLEANING - open bills",))) == []
    assert codes(read(mine, ("Bluewater Pools",))) == ["whose-file"]
    both = [mine, replace(other, defaults={**other.defaults, "vendor_id": "vend-2"})]
    file = contents(sheet(("Bluewater Pools",), HEADINGS, BILL), name="report (1).csv")
    reading = read_contents([file], integration_id="intg-1", profiles=both)
    assert [each.vendor_id for each in reading.invoices] == ["vend-2"]
    assert codes(reading) == []


def test_a_column_of_vendors_needs_no_word() -> None:
    """There each row says whose it is."""
    file = contents(sheet((*HEADINGS, "Vendor"), (*BILL, "vend-7")), name="report (1).csv")
    reading = read_contents([file], integration_id="intg-1", profiles=[layout()])
    assert [each.vendor_id for each in reading.invoices] == ["vend-7"]
    assert codes(reading) == []


def test_what_a_profile_says_of_its_files_is_kept() -> None:
    """Text and all, from TOML and back."""
    profile = replace(layout(text=["Sparkle"]), is_meant=True)
    import tomllib

    assert parse_profile(tomllib.loads(profile_text(profile)), "x") == profile
