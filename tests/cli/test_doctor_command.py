"""The command `doctor`: what it prints, and how it ends."""

from __future__ import annotations

from tests.cli.clerk import Clerk


def test_it_ends_well_where_nothing_needs_doing(clerk: Clerk) -> None:
    """A thing worth a look is none that needs doing."""
    said = clerk.runs("doctor")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0].startswith("ok           Settings  They can be used: no importer.toml was found;")
    assert lines[-1] == "0 to be done, 1 worth a look, 0 that cannot be told."
    assert clerk.runs("sync").code == 0
    assert clerk.runs("doctor").out.splitlines()[-1] == "Everything is in order."


def test_it_says_what_to_do_and_ends_with_1(clerk: Clerk) -> None:
    """The advice stands below what is wrong."""
    clerk.environment["PROPEXO_TOKEN"] = "tok-of-somebody-else"
    said = clerk.runs("doctor", "--json")
    assert (said.code, said.answer["exit_code"], said.answer["command"]) == (1, 1, "doctor")
    (wrong,) = [each for each in said.answer["findings"] if each["verdict"] == "wrong"]
    assert (wrong["about"], wrong["advice"]) == ("Token", "Run `invoice-importer login`, or correct PROPEXO_TOKEN.")


def test_settings_that_cannot_be_used_are_the_one_finding(clerk: Clerk) -> None:
    """All that is wrong with them is named, as everywhere."""
    clerk.environment |= {"PROPEXO_URL": "ftp://x", "IMPORTER_RATE_LIMIT": "0"}
    said = clerk.runs("doctor")
    assert said.code == 1
    assert "PROPEXO_URL is not usable" in said.out
    assert "IMPORTER_RATE_LIMIT is not usable" in said.out
    assert "Nothing else can be told before the settings can be used." in said.out


def test_a_rehearsal_has_its_own_ledger(clerk: Clerk) -> None:
    """With --sandbox nothing is asked of anybody."""
    before = clerk.stand_in.requests()
    assert "sandbox" in clerk.runs("doctor", "--sandbox").out
    assert clerk.stand_in.requests() == before


def test_a_trial_message_needs_a_folder(clerk: Clerk) -> None:
    """Whose settings say who is told."""
    said = clerk.runs("doctor", "--tell")
    assert (said.code, "--tell goes with a FOLDER" in said.err) == (2, True)
