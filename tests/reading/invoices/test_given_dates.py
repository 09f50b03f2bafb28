"""Dates that a profile gives for a whole file: in quotes and without, from a cell, from the name of a sheet or file."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest

from importer.errors import BadSettings
from importer.reading.profiles.vendor_profile import parse_profile, profile_text
from importer.reading.read import read_contents
from tests.reading.made_tables import IDS, contents, sheet

ROWS = (("Invoice #", "Amount Due"), ("A", "10.00"), ("B", "20.00"))


def days(given: str, *above: tuple[object, ...], name: str = "march.csv", title: str | None = None) -> set[date | None]:
    """The bill dates, where the profile says `invoice_date = …`."""
    ids = "\n".join(f'{key} = "{value}"' for key, value in IDS.items())
    said = tomllib.loads(f'name = "x"\n[defaults]\n{ids}\nterms_days = 30\ninvoice_date = {given}\n')
    profile = parse_profile(said, "x")
    assert parse_profile(tomllib.loads(profile_text(profile)), "x") == profile
    file = contents(sheet(*above, *ROWS, name=title), name=name)  # type: ignore[arg-type] # cells of any kind
    reading = read_contents([file], integration_id="intg-1", profile=profile)
    return {each.invoice_date for each in reading.invoices}


@pytest.mark.parametrize("given", ['"2026-03-31"', "2026-03-31", '"March 31, 2026"'])
def test_a_date_is_one_in_quotes_and_without(given: str) -> None:
    """It stands for every bill, and due dates are counted from it."""
    assert days(given) == {date(2026, 3, 31)}


@pytest.mark.parametrize("cell", ["2026-03-31", date(2026, 3, 31), "Statement date: 03/31/2026"])
def test_a_date_is_taken_from_a_cell_above_the_table(cell: object) -> None:
    """Where statements have theirs."""
    assert days('"C1"', ("Statement", None, cell), ()) == {date(2026, 3, 31)}
    assert days('"D1"', ("Statement", None, cell), ()) == {None}


def test_a_date_is_taken_from_a_name() -> None:
    """Of the sheet, with what it lacks, or of the file."""
    assert days('"31 {sheet}"', title="March 2026") == {date(2026, 3, 31)}
    assert days('"{file}"', name="statement 2026-03-31.csv") == {date(2026, 3, 31)}
    assert days('"{file}"', name="statement.csv") == {None}


@pytest.mark.parametrize("given", ['"soon"', '"2026-02-30"', "31"])
def test_what_is_no_date_is_refused_at_once(given: str) -> None:
    """With what may stand there."""
    with pytest.raises(BadSettings, match=r"invoice_date must be a date like 2026-03-31, a cell like"):
        days(given)
