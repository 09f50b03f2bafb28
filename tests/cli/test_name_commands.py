"""Names at the command line: settled for everybody or for one vendor's layout, reviewed, taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.clerk import TODAY, Clerk, row

PROFILE = """
name = "joes"
match = { filename = "joes*.csv" }

[columns]
vendor_id = "Who"

[defaults]
notes = "{file}"
memo = "{file}"
"""


def joes(clerk: Clerk, name: str, number: str, amount: str) -> Path:
    """A file of one bill from "Joe", in the layout that the profile reads."""
    path = clerk.folder / name
    path.write_text(
        "Property,Who,Invoice #,Bill Date,Due Date,Invoice Total,GL Account,Line Amount\n"
        f"Maple Court Apartments,Joe,{clerk.number(number)},{TODAY},{TODAY},{amount},Plumbing Repairs,{amount}\n",
        encoding="utf-8",
    )
    return path


def test_a_name_is_settled_for_one_profile_alone(clerk: Clerk) -> None:
    """The same "Joe" is Rapid Rooter in the files of one layout, Turf Works in all others, and nobody before that."""
    assert clerk.runs("sync").code == 0
    profiles = Path(clerk.environment["IMPORTER_HOME"]) / "profiles"
    profiles.mkdir(parents=True)
    file = joes(clerk, "joes-march.csv", "1", "318.40")
    plain = row(clerk.number("2"), "425.10", vendor_id="Joe", property_id="MPC", financial_account_id="6210")
    other = clerk.writes("other.csv", plain)
    said = clerk.runs("alias", "Joe", "Rapid Rooter Plumbing", "--profile", "joes")
    assert "No profile of the name 'joes' is saved here yet" in said.err
    (profiles / "joes.toml").write_text(PROFILE, encoding="utf-8")
    assert clerk.runs("check", file, other, "--json", "--no-results").statuses == {
        clerk.number("1"): "ready",
        clerk.number("2"): "needs_fixing",
    }
    clerk.runs("alias", "joe", "vend-turfworks")
    answer = clerk.runs("submit", file, other, "--yes", "--json", "--no-results").answer
    assert [each["vendor_id"] for each in answer["invoices"]] == ["vend-rapidrooter", "vend-turfworks"]
    assert answer["counts"]["posted"] == 2
    listed = clerk.runs("alias").out.splitlines()
    assert [line.partition(" (vend-")[0] for line in listed] == [
        "'Joe' is the vendor Rapid Rooter Plumbing",
        "'joe' is the vendor Turf Works",
    ]
    assert "in files read with the profile joes" in listed[0]


def test_a_decision_is_taken_back_where_it_was_made(clerk: Clerk) -> None:
    """`--remove` says where else the name is settled, and removes nothing else."""
    clerk.runs("sync")
    clerk.runs("alias", "Joe", "RR-118", "--profile", "joes")
    said = clerk.runs("alias", "JOE", "--remove")
    assert said.code == 1
    assert "add --profile joes" in said.err
    assert clerk.runs("alias", "JOE", "--remove", "--profile", "joes").code == 0
    assert clerk.runs("alias").out == "No name was settled yet.\n"


@pytest.mark.parametrize("words", [("Turf Works", "vend-greenleaf"), ("–", "vend-greenleaf"), ("Joe", "Greenlef")])
def test_a_decision_that_would_mislead_is_not_kept(words: tuple[str, str], clerk: Clerk) -> None:
    """ResMan's own name for another, no name at all, and what is only similar."""
    clerk.runs("sync")
    assert clerk.runs("alias", *words).code == 2
    assert clerk.runs("alias", "--json").answer["aliases"] == []


def test_names_without_a_sync_ask_for_one_and_ids_go(clerk: Clerk) -> None:
    """One sentence, once, however many names there are."""
    file = clerk.writes(
        "march.csv",
        row(clerk.number("1")),
        row(clerk.number("2"), vendor_id="Greenleaf Landscaping"),
        row(clerk.number("3"), vendor_id="Turf Works", property_id="Maple Court"),
    )
    said = clerk.runs("submit", file, "--yes", "--json", "--no-results")
    assert list(said.statuses.values()) == ["posted", "needs_fixing", "needs_fixing"]
    told = [notice for notice in said.answer["notices"] if "invoice-importer sync" in notice]
    assert told == ["The files have 3 names instead of ids. Run `invoice-importer sync` once, then run them again."]
