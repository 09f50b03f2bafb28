"""Every rule about periods, dates and the usual: its code, and that the settings say how bad it is."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from importer.domain.problem_catalog import KINDS
from tests.clock import CLOCK
from tests.masterdata.office import Office, codes, statuses

TODAY = CLOCK.now().date()
AGO, AHEAD = TODAY - timedelta(days=400), TODAY + timedelta(days=90)
LAST_MONTH = TODAY.replace(day=1) - timedelta(days=1)

RULES = {
    "closed-period": {"Property": "STB", "Bill Date": str(LAST_MONTH)},
    "due-before-issued": {"Due Date": str(TODAY - timedelta(days=1))},
    "impossible-year": {"Bill Date": "1926-03-31"},
    "future-date": {"Bill Date": str(AHEAD), "Due Date": str(AHEAD)},
    "old-date": {"Bill Date": str(AGO)},
    "inactive-record": {"Vendor": "vend-movingday"},
    "not-at-property": {"Vendor": "SafeLift Elevator"},
}
"""A row that breaks each rule, and no other."""


@pytest.mark.parametrize("code", RULES)
def test_each_rule_may_be_an_error_a_warning_or_off(code: str, office: Office) -> None:
    """As an error it stops the invoice, as a warning it is said, switched off it is not."""
    office.sync()
    file = office.sheet(RULES[code])
    found = {level: office.check(file, severity={code: level}) for level in ("error", "warning", "off")}
    assert {level: (statuses(run)[0], list(codes(run)[0])) for level, run in found.items()} == {
        "error": ("needs_fixing", [code]),
        "warning": ("ready", [code]),
        "off": ("ready", []),
    }


def test_weekends_are_left_alone(office: Office) -> None:
    """Bills are dated on any day."""
    office.sync()
    days = [TODAY - timedelta(days=back) for back in range(7)]
    run = office.check(
        office.sheet(
            *({"Bill Date": str(day), "Invoice #": f"W-{at}7", "Invoice Total": f"{317 + 41 * at}.10"}
              for at, day in enumerate(days))
        )
    )  # fmt: skip
    assert codes(run) == [[]] * 7


def test_the_page_names_every_rule_with_how_bad_it_is_by_itself() -> None:
    """docs/names.md has a table of them; each of its rows agrees with the code."""
    page = (Path(__file__).parents[2] / "docs" / "names.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| (error|warning) \|", page, re.MULTILINE))
    assert told == {code: str(KINDS[code].severity) for code in told}
    wanted = {
        *RULES,
        "distant-accounting-date",
        "near-duplicate",
        "unusual-amount",
        "unused-account",
        "not-seen-lately",
    }
    assert set(told) >= wanted
