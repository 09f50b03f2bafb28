"""Names: which spellings are the same, where they are looked for, and that nothing similar is ever taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import CannotRun
from importer.masterdata import (
    Alias,
    Aliases,
    Record,
    RecordKind,
)
from importer.masterdata.aliases import load_aliases
from importer.masterdata.lookup import Index
from importer.masterdata.spelling import (
    agree,
    is_id_like,
    short_key,
    whole_key,
)

HERE, THERE = "prop-here", "prop-there"


def known(
    record_id: str, name: str | None, code: str | None = None, at: str | None = None, *, active: bool = True
) -> Record:
    return Record(
        RecordKind.VENDOR, record_id, f"x-{record_id}", name, code, at, active, is_stale=False, last_seen=None
    )


def ids(index: Index, text: str, at: str | None = None) -> list[str]:
    return [record.id for record in index.find(text, at).candidates]


ACME = Index(
    [
        known("vend-acme", "Acme Landscaping & Snow, L.L.C.", "AC-007"),
        known("vend-josé", "José's Café Supplies, Inc.", "88"),
        known("vend-the", "The Residences Group Co.", "900"),
        known("vend-inc", "Inc.", None),
    ]
)


def test_case_spaces_punctuation_and_company_forms_make_no_difference() -> None:
    """Every one of these is the same vendor."""
    for text in (
        "Acme Landscaping & Snow, L.L.C.",
        "ACME LANDSCAPING AND SNOW LLC",
        " acme  landscaping&snow ",
        "Acme Landscaping + Snow",
        "AC-007",
        "ac 007",
        "vend-acme",
        "VEND-ACME",
        "x-vend-acme",
        "Acme Landscaping & Snow, LLC (AC-007)",
        "AC-007 Acme Landscaping & Snow, LLC",
        "The Acme Landscaping & Snow (vend-acme)",
        "AC-007 Acme Landscaping and Snow (vend-acme)",
    ):
        assert ids(ACME, text) == ["vend-acme"], text
    assert ids(ACME, "JOSES CAFE SUPPLIES") == ["vend-josé"]
    assert ids(ACME, "Residences Group") == ["vend-the"]
    assert ids(ACME, "INC") == ["vend-inc"]


def test_one_letter_or_one_zero_is_another_name() -> None:
    """What is similar is proposed by `nearest` and found by nothing else."""
    for text in (
        "Acme Landscaping & Snow, Inc.",
        "Acme Landscapin & Snow",
        "Acme Landscaping",
        "AC-07",
        "AC-0070",
        "Acme Snow & Landscaping",
        "",
        "&",
    ):
        assert ids(ACME, text) == [], text
    assert [record.id for record in ACME.nearest("ACME LNDSCPNG AND SNOW", None)] == ["vend-acme"]
    assert ACME.nearest("Zebra Crossing Painters", None) == []
    assert ACME.nearest("", None) == []


def test_the_whole_name_counts_before_the_name_without_its_form() -> None:
    """Two companies that differ in "LLC" and "Inc." alone are told apart by it; without it, nobody can."""
    index = Index([known("vend-1", "Greenleaf, LLC"), known("vend-2", "Greenleaf, Inc.")])
    assert ids(index, "greenleaf inc") == ["vend-2"]
    assert ids(index, "Greenleaf") == ["vend-1", "vend-2"]


def test_the_property_decides_where_the_data_says_so() -> None:
    """Its own record counts before those of all, an active one before an inactive; others' are told as elsewhere."""
    index = Index(
        [
            known("all", "Pool Service"),
            known("here", "Pool Service", at=HERE),
            known("there", "Pool Service", at=THERE),
            known("lift", "Lift Co", at=THERE),
            known("old", "Towing", active=False),
            known("new", "Towing"),
        ]
    )
    assert ids(index, "Pool Service", HERE) == ["here"]
    assert ids(index, "Pool Service", "prop-third") == ["all"]
    assert ids(index, "Pool Service") == ["all", "here", "there"]
    assert ids(index, "Towing", HERE) == ["new"]
    elsewhere = index.find("Lift", HERE)
    assert (elsewhere.is_elsewhere, [record.id for record in elsewhere.candidates]) == (True, ["lift"])


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("A & B LLC", "A and B", True),
        ("A & B Company", "A and B Co., Inc.", True),
        ("A & B Corp.", "a+b corporation", True),
        ("A & B LLC", "A and B Inc", False),
        ("Terminix", "Terminix PA", False),
        ("Terminix CO", "Terminix PA", False),
        ("Terminix CO", "Terminix", False),
        ("Terminix Co.", "TERMINIX", True),
        ("Building 1-2", "Building 1/2", True),
        ("Building 1-2", "Building 12", False),
        ("Store 1½", "Store 112", False),
        ("Store 1½", "Store 11/2", False),
        ("Store 1½", "Store 1 1/2", True),
        ("1-23", "12-3", False),
        ("1 2 3 4 5", "12-345", False),
        ("72-005", "72.005", True),
        ("72-005", "7200.5", False),
        ("7200.10", "72001.0", False),
        ("6105", "61-05", False),
        ("Unit 4B.", "unit 4-b", True),
    ],
)
def test_endings_and_breaks_between_digits(one: str, other: str, is_same: bool) -> None:
    """An absent ending may match one, another does not, and a state is none; between digits a break counts."""
    assert ids(Index([known("vend-1", one)]), other) == ["vend-1"] * is_same
    assert ids(Index([known("vend-1", other)]), one) == ["vend-1"] * is_same
    assert ids(Index([known("vend-1", None, one)]), other) == ["vend-1"] * (whole_key(one) == whole_key(other))


def test_a_property_is_no_company() -> None:
    """ "Elm Court Ltd" may be another place than Elm Court; "The" makes no difference."""
    index = Index([replace(known("prop-1", "Elm Court CO"), sort=RecordKind.PROPERTY)])
    assert ids(index, "The Elm Court, Co.") == ["prop-1"]
    for text in ("Elm Court PA", "Elm Court", "Elm Court Ltd"):
        assert ids(index, text) == []


@given(st.text(max_size=40), st.text(max_size=40))
def test_only_what_has_the_same_key_is_found(name: str, text: str) -> None:
    """For any two texts: found if and only if a key agrees; never because they are near."""
    index = Index([known("vend-1", name)])
    (key, forms), (asked, asked_forms) = short_key(name), short_key(text)
    same = whole_key(name) == whole_key(text) != "" or (key == asked != "" and agree(forms, asked_forms))
    by_id = "(" in text and text.rpartition("(")[2].rstrip(") ") == "vend-1"
    assert bool(ids(index, text)) == (same or by_id or whole_key(text) in ("vend1", "xvend1"))


@given(st.text(max_size=60))
def test_keys_are_stable(text: str) -> None:
    """A key is its own key; case and outer spaces never matter."""
    assert whole_key(whole_key(text)) == whole_key(text)
    assert whole_key(f"  {text} ") == whole_key(text)


def test_what_looks_like_an_id() -> None:
    """Propexo's prefixes and cuids; names and account numbers do not."""
    assert all(
        map(is_id_like, ("prop-maplecourt", "vend-0987654321fedcba", "finacct-6210", "cm4ublxhn5008abc0d1e2f3g4"))
    )
    assert not any(map(is_id_like, ("Maple Court", "6210", "AC-007", "conditioningservicescompany", "vend-", "")))


def test_decisions_survive_on_disk_and_a_profiles_own_come_first(tmp_path: Path) -> None:
    """Quotes and accents included; a newer decision about the same name takes the older one's place."""
    at = datetime(2026, 3, 31, tzinfo=UTC)
    kept = Aliases(tmp_path / "aliases.toml", [])
    for name, record_id, profile in (
        ('ACME "LNDSCP" é', "vend-1", None),
        ("acme lndscp É", "vend-2", None),
        ("ACME LNDSCP é", "vend-3", "acme"),
    ):
        kept = kept.with_one(Alias(name, RecordKind.VENDOR, record_id, profile, "clerk@desk-7", at))
    kept.save()
    read = load_aliases(tmp_path)
    assert {(each.name, each.id, each.profile) for each in read.entries} == {
        ("acme lndscp É", "vend-2", None),
        ("ACME LNDSCP é", "vend-3", "acme"),
    }
    assert read.id_of(RecordKind.VENDOR, "Acme, lndscp é.", None) == "vend-2"
    assert read.id_of(RecordKind.VENDOR, "Acme lndscp é", "acme") == "vend-3"
    assert read.id_of(RecordKind.PROPERTY, "Acme lndscp é", "acme") is None
    assert read.without("ACME LNDSCP É", "acme").id_of(RecordKind.VENDOR, "acme lndscp é", "acme") == "vend-2"


@pytest.mark.parametrize("name", ["Pflege \U0001f600", "a\x7fb", 'quote " and \\ back', "tab\tand \u2028", "[[alias]]"])
def test_whatever_is_settled_can_be_read_again(name: str, tmp_path: Path) -> None:
    """A character that the file could not be read with would take all decisions with it."""
    alias = Alias(name, RecordKind.VENDOR, "vend-1", None, "clerk@desk-7", datetime(2026, 3, 31, tzinfo=UTC))
    Aliases(tmp_path / "aliases.toml", [alias]).save()
    assert load_aliases(tmp_path).entries == [alias]


def test_what_could_not_be_read_again_is_not_kept(tmp_path: Path) -> None:
    """Half of a character, as a terminal of another encoding hands it in: what was there stays."""
    alias = Alias("fine", RecordKind.VENDOR, "vend-1", None, "clerk@desk-7", datetime(2026, 3, 31, tzinfo=UTC))
    kept = Aliases(tmp_path / "aliases.toml", [alias])
    kept.save()
    with pytest.raises(CannotRun, match="cannot be kept"):
        kept.with_one(replace(alias, name="\udce9t\udce9")).save()
    assert load_aliases(tmp_path).entries == [alias]
