"""What was posted before, read again: under another name, with other words, and what is said of it."""

from __future__ import annotations

from tests.cli.clerk import Clerk, row

PROFILE = """
name = "bluewater"
match = { headings = ["invoice_number", "memo"] }

[defaults]
notes = "{file} row {row}"
item_notes = "{file}, {row}"
"""


def made(*numbers: str, memo: str = "Mowing", amount: str = "100.00") -> list[dict[str, str]]:
    """Rows whose notes a profile makes."""
    return [row(number, amount, notes="", memo=memo) for number in numbers]


def test_a_file_under_another_name_is_posted_before(clerk: Clerk) -> None:
    """Notes that a profile made of file and row say nothing of the bill: a copy, or a row more above, is the same."""
    (clerk.folder / "bluewater.toml").write_text(PROFILE, encoding="utf-8")
    numbers = [clerk.number(1), clerk.number(2)]
    profile = ("--profile", "bluewater.toml", "--json")
    clerk.writes("november.csv", *made(*numbers))
    assert clerk.runs("submit", "november.csv", "--yes", *profile).code == 0

    text = clerk.writes("november (1).csv", *made(*numbers)).read_text(encoding="utf-8")
    (clerk.folder / "november (1).csv").write_text(f"All of November\n{text}", encoding="utf-8")
    again = clerk.runs("submit", "november (1).csv", "--yes", *profile)
    assert (again.code, set(again.statuses.values())) == (0, {"already_posted"}), again.out
    assert clerk.posted() == dict.fromkeys(numbers, 1)


def test_words_alone_make_no_other_bill(clerk: Clerk) -> None:
    """Where only texts differ that somebody wrote, nobody is told to give the bill another number."""
    (clerk.folder / "bluewater.toml").write_text(PROFILE, encoding="utf-8")
    number = clerk.number(1)
    profile = ("--profile", "bluewater.toml")
    clerk.writes("march.csv", *made(number))
    clerk.runs("submit", "march.csv", "--yes", *profile)

    clerk.writes("march.csv", *made(number, memo="Hedges"))
    said = clerk.runs("check", "march.csv", *profile)
    assert "Memo was 'Mowing', is 'Hedges'. This is the same bill (same lines, dates and total)" in said.out
    assert "own number" not in said.out
    clerk.writes("march.csv", *made(number, amount="101.00"))
    said = clerk.runs("check", "march.csv", *profile)
    assert "If it is the same bill, delete its rows" in said.out
