"""Saved layouts at the command line: proposed on a terminal, asked about, used, removed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.clerk import Clerk

pty = pytest.importorskip("pty", reason="no pseudo-terminals here")
SAMPLE = "Bill No.,Issued,Amount,Tax,Total\nA-{n},2026-11-02,10.00,0.80,10.80\nB-{n},2026-11-03,5.00,0.00,5.00\n"


def on_a_terminal(clerk: Clerk, *arguments: str, types: str) -> tuple[int, str]:
    """Exit code and everything on the screen, where somebody types these lines."""
    ours, theirs = pty.openpty()
    with clerk.starts(*arguments, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        os.write(ours, types.encode())
        screen = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # Linux says so that the other end is closed
                break
            if not piece:
                break
            screen += piece
        os.close(ours)
        return process.wait(60), screen.decode()


def test_a_layout_is_asked_about_once_and_used_from_then_on(clerk: Clerk) -> None:
    """What cannot be an answer is asked again: a number that is not on the list, "y" for an account."""
    (clerk.folder / "acme 2026-11.csv").write_text(SAMPLE.format(n=clerk.number("p")))
    typed = "\n".join(["9", "y", "2", "soon", "30", "prop-maplecourt", "vend-greenleaf", "y", "finacct-6210", "y", ""])
    code, screen = on_a_terminal(clerk, "profile", "new", "acme 2026-11.csv", types=typed)
    assert code == 0, screen
    assert "There is no 9 among them." in screen
    assert "y is no GL Account" in screen
    assert "soon is not a number of days" in screen
    (clerk.folder / "acme 2026-12.csv").write_text(SAMPLE.format(n=clerk.number("q")))
    said = clerk.runs("check", "acme 2026-12.csv", "--no-results", "--json")
    assert (said.code, said.answer["amounts"]["ready"]) == (0, 1580)


def test_a_layout_is_removed(clerk: Clerk) -> None:
    """By its name, whatever its file is called; without a terminal only where --yes says so."""
    profiles = Path(clerk.environment["IMPORTER_HOME"]) / "profiles"
    profiles.mkdir(parents=True)
    (profiles / "old name.toml").write_text('name = "acme"\n[columns]\nproperty_id = "Site"\n')
    assert clerk.runs("profile", "remove", "acme").code == 2
    assert clerk.runs("profile", "remove", "other", "--yes").code == 2
    assert list(profiles.iterdir()) == [profiles / "old name.toml"]
    assert clerk.runs("profile", "remove", "acme", "--yes").code == 0
    assert list(profiles.iterdir()) == []


def test_a_layout_with_open_questions_is_called_incomplete(clerk: Clerk) -> None:
    """Enter on every question: what is missing is said once, and no advice runs in a circle."""
    (clerk.folder / "globex 2026-11.csv").write_text(SAMPLE.format(n=clerk.number("g")))
    code, screen = on_a_terminal(clerk, "profile", "new", "globex 2026-11.csv", types="\n" * 12)
    assert code == 1, screen
    assert "It is not complete: files cannot be read with it before this is said" in screen
    assert "No column is the Vendor. Which one is it, or which is it for all?" in screen.split("It is not complete")[1]
    assert "Run: invoice-importer profile new" not in screen


def test_a_name_that_resman_does_not_have_is_said_at_once(clerk: Clerk) -> None:
    """Not a month later, in every invoice of the file: what is near is named, and the question is asked again."""
    assert clerk.runs("sync").code == 0
    (clerk.folder / "initech 2026-11.csv").write_text(SAMPLE.format(n=clerk.number("i")))
    answers = ["2", "30", "prop-maplecourt", "Greenlef Landscapng", "Greenleaf Landscaping", "6210", "y", ""]
    code, screen = on_a_terminal(clerk, "profile", "new", "initech 2026-11.csv", types="\n".join(answers))
    assert code == 0, screen
    assert "ResMan has no vendor 'Greenlef Landscapng'. Nearest: Greenleaf Landscaping" in screen
    assert 'vendor_id = "Greenleaf Landscaping"' in screen


def test_a_layout_of_other_files_is_not_replaced(clerk: Clerk) -> None:
    """Two vendors call their files alike: the second gets a name of its own. A new sample of the first replaces it."""
    profiles = Path(clerk.environment["IMPORTER_HOME"]) / "profiles"
    (clerk.folder / "invoices 2026-11.csv").write_text(SAMPLE.format(n=clerk.number("x")))
    clerk.runs("profile", "new", "invoices 2026-11.csv", "--yes")
    first = (profiles / "invoices.toml").read_text()
    (clerk.folder / "invoices 2026-12.csv").write_text("Invoice Number,Invoice Date,Net Amount\nW-1,2026-11-02,10.00\n")
    said = clerk.runs("profile", "new", "invoices 2026-12.csv", "--yes").err
    assert "There is a profile invoices already, for files with other headings. This one is called invoices-2." in said
    assert (profiles / "invoices.toml").read_text() == first
    assert sorted(path.name for path in profiles.iterdir()) == ["invoices-2.toml", "invoices.toml"]
    clerk.runs("profile", "new", "invoices 2026-11.csv", "--yes")
    assert sorted(path.name for path in profiles.iterdir()) == ["invoices-2.toml", "invoices.toml"]
