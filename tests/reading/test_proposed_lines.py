"""A wide bill whose columns add up to its total: each may be a line with an account of its own."""

from __future__ import annotations

from dataclasses import replace

from importer.domain.cells import Cell
from importer.reading.profiles.propose import (
    ACCOUNT_OF,
    LINES,
    Ask,
    answered,
    is_open,
    propose_for,
)
from importer.reading.profiles.vendor_profile import Profile
from importer.reading.read import read_contents
from tests.reading.made_tables import contents, sheet

DATE = "2026-11-02"
ROWS: tuple[tuple[Cell, ...], ...] = (
    (
        "Account No.",
        "Location",
        "Bill No.",
        "Bill Date",
        "Due Date",
        "Usage",
        "Water",
        "Sewer",
        "Late Fee",
        "Total Due",
    ),
    ("000318822", "Maple Court", "BW-1", DATE, DATE, "40", "412.33", "288.10", "", "700.43"),
    ("000318830", "Oak Ridge", "BW-2", DATE, DATE, "99", "20.18", "44.02", "12.50", "76.70"),
)
BILLS = contents(sheet(*ROWS))
ANSWERS = {"property_id": "Location", "vendor_id": "vend-1", LINES: "each is a line of its own"}


def made(accounts: dict[str, str]) -> tuple[Profile, list[str]]:
    """The profile with these accounts of lines ("" for what is asked last), and what was asked."""
    proposal = propose_for(BILLS)
    profile, asked = proposal.profile, []
    for ask in proposal.asks:
        if not is_open(profile, ask):
            continue
        asked.append(ask.extra.heading if ask.extra else ask.field)
        said = accounts.get(ask.extra.heading, "") if ask.extra else ANSWERS.get(ask.field, "")
        if ask.field == "financial_account_id":
            said = accounts[""]
        profile = answered(profile, ask, said) if said else profile
    return profile, asked


def read(profile: Profile) -> list[tuple[int, list[tuple[str | None, int]]]]:
    reading = read_contents([BILLS], integration_id="intg-1", profile=replace(profile, terms_days=30))
    return [
        (each.worth, [(line.financial_account_id, int(line.worth or 0)) for line in each.lines])
        for each in reading.invoices
    ]


def test_each_column_is_a_line_with_its_account() -> None:
    """What is not charged makes no line; no account for all is asked for where each has its own."""
    profile, asked = made({"Water": "6410", "Sewer": "6411", "Late Fee": "6412"})
    assert asked == [LINES, "Water", "Sewer", "Late Fee", "property_id", "vendor_id"]
    assert read(profile) == [
        (70043, [("6410", 41233), ("6411", 28810)]),
        (7670, [("6410", 2018), ("6411", 4402), ("6412", 1250)]),
    ]


def test_a_line_without_an_account_takes_the_one_for_all() -> None:
    """It is asked for then."""
    profile, asked = made({"Water": "6410", "": "6400"})
    assert asked[-1] == "financial_account_id"
    assert read(profile)[1] == (7670, [("6410", 2018), ("6400", 4402), ("6400", 1250)])


def test_one_line_for_the_total_is_still_an_answer() -> None:
    """Then no accounts of single columns are asked for."""
    proposal = propose_for(BILLS)
    (ask,) = [ask for ask in proposal.asks if ask.field == LINES]
    one = answered(proposal.profile, ask, ask.choices[1])
    assert one.extra_lines == ()
    assert not any(is_open(one, each) for each in proposal.asks if each.field == ACCOUNT_OF)


def test_what_cannot_be_a_name_is_not_offered_as_one() -> None:
    """Neither the vendor's number for its customer nor the parts of the total."""
    asks: list[Ask] = [ask for ask in propose_for(BILLS).asks if ask.field in ("property_id", "vendor_id")]
    assert all("Account No." not in ask.choices and "Water" not in ask.choices for ask in asks)
    assert all("Location" in ask.choices for ask in asks)
