"""What is proposed for a name that nobody knows, and what is not."""

from __future__ import annotations

import pytest

from importer.masterdata import Record, RecordKind
from importer.masterdata.fuzzy_match import MOST_PROPOSED, Nearness
from importer.sandbox import account


def known(
    sort: RecordKind, record_id: str, name: str, code: str | None, *, active: bool = True, at: str | None = None
) -> Record:
    return Record(sort, record_id, None, name, code, at, active, is_stale=False, last_seen=None)


VENDORS = Nearness(
    [
        *(
            known(RecordKind.VENDOR, one.id, one.name, one.account_number, active=one.is_active, at=one.property_id)
            for one in account.VENDORS
        ),
        known(RecordKind.VENDOR, "vend-acme", "Acme Landscaping, LLC", "AC-1"),
    ]
)
ACCOUNTS = Nearness([known(RecordKind.ACCOUNT, one.id, one.name, one.account_number) for one in account.ACCOUNTS])


@pytest.mark.parametrize(
    ("text", "record_id"),
    [
        ("ACME LNDSCP", "vend-acme"),  # shortened
        ("GRNLEAF", "vend-greenleaf"),
        ("City Pwr & Lt", "vend-citypower"),
        ("Greenlef Landscapng LLC", "vend-greenleaf"),  # mistyped
        ("Norhtwind Heating", "vend-northwind"),
        ("Rapid Ruter", "vend-rapidrooter"),
        ("Pest Awy Exterminating", "vend-pestaway"),
        ("Snow Evergreen", "vend-evergreen"),  # turned round
        ("Fire Watch", "vend-firewatch"),  # parted
        ("MetroWaste Recycling", "vend-metrowaste"),  # joined
        ("Rooter", "vend-rapidrooter"),  # a part
        ("The Patrol", "vend-patrolone"),
        ("Bright Sparks Electrical", "vend-brightspark"),
        ("GL-20471", "vend-greenleaf"),  # two digits of its account number turned round
        ("NW 7718", "vend-northwind"),
    ],
)
def test_the_vendor_that_was_meant_is_proposed_first(text: str, record_id: str) -> None:
    """However it was shortened, mistyped, turned round, parted or joined."""
    assert VENDORS.of(text, None)[0].id == record_id


@pytest.mark.parametrize("text", ["Zebra Crossing Painters Guild", "", "–", "Q", "88", "xyz services unlimited"])
def test_nothing_is_proposed_where_nothing_is_near(text: str) -> None:
    """A proposal that is noise costs a clerk more than none."""
    assert VENDORS.of(text, None) == []


def test_accounts_are_found_by_number_and_by_words() -> None:
    """A number in the text counts for more than its words; not more than three are proposed."""
    assert [one.code for one in ACCOUNTS.of("6105 Landscaping", None)] == ["6105"]
    assert ACCOUNTS.of("Plumbing Repair", None)[0].code == "6210"
    assert {"6205", "6210"} == {one.code for one in ACCOUNTS.of("6201", None)}
    assert len(ACCOUNTS.of("Repairs", None)) == MOST_PROPOSED


def test_the_inactive_and_other_properties_own_are_not_proposed() -> None:
    """What may not be used is no help."""
    assert VENDORS.of("Moving Day Hauler", None) == []
    assert [one.id for one in VENDORS.of("SafeLift Elevators", "prop-stonebridge")] == ["vend-safelift"]
    assert VENDORS.of("SafeLift Elevators", "prop-maplecourt") == []
