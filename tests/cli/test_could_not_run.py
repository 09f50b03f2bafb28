"""Exit code 2: one clear sentence on standard error, nothing on standard output but what `--json` asks for, and
nothing sent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from importer.sandbox import FORBIDDEN_TOKEN
from tests.cli.clerk import HEADINGS, Clerk, Said, as_csv, row

SECRET = "tok-0123456789abcdef"


def could_not(clerk: Clerk, *words: str | Path) -> str:
    """The sentence of a command that could not run."""
    said = clerk.runs(*words)
    assert (said.code, said.out, clerk.posted()) == (2, "", {})
    assert "does not know" not in said.err
    return said.err


BAD_FILES: list[tuple[str, bytes | None, str]] = [
    ("empty", b"", "march.csv is empty: there is nothing in it."),
    ("blank lines", b"\n\n\n", "march.csv"),
    ("no heading row", b"one,two\nthree,four\n", "No heading row was found in march.csv. Row 1 says: one, two."),
    ("headings alone", as_csv([]).encode(), "march.csv has a heading row and no data rows."),
    (
        "missing columns",
        b"invoice_number,total_amount\nA-1,10\n",
        "march.csv lacks the columns ",
    ),
    ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(100), "march.csv is a picture, not a spreadsheet."),
    ("a document", b"%PDF-1.7\n", "march.csv is a PDF, not a spreadsheet."),
    ("half a workbook", b"PK\x03\x04" + bytes(200), "march.csv"),
    ("zeros", bytes(1000), "march.csv"),
]


@pytest.mark.parametrize("command", [("check",), ("submit", "--yes")], ids=["check", "submit"])
@pytest.mark.parametrize(("content", "sentence"), [each[1:] for each in BAD_FILES], ids=[each[0] for each in BAD_FILES])
def test_a_file_that_cannot_be_read_is_one_sentence(
    clerk: Clerk, command: tuple[str, ...], content: bytes, sentence: str
) -> None:
    """With the file's name in it; no workbook is left behind."""
    (clerk.folder / "march.csv").write_bytes(content)
    said = could_not(clerk, *command, "march.csv")
    assert said.startswith(sentence)
    assert "march.csv" in said
    assert len(said.splitlines()) == 1
    assert [path.name for path in clerk.folder.iterdir()] == ["march.csv"]


def test_a_file_that_is_missing_or_a_folder_is_one_sentence(clerk: Clerk) -> None:
    """The folder of the current folder has no name of its own."""
    (clerk.folder / "march").mkdir()
    assert could_not(clerk, "check", "none.csv") == "none.csv is not there. Check the name and the folder.\n"
    assert could_not(clerk, "check", "march") == "march is a folder. Give the files in it.\n"
    assert could_not(clerk, "submit", ".") == ". is a folder. Give the files in it.\n"
    assert could_not(clerk, "check", "") == ". is a folder. Give the files in it.\n"


def test_one_bad_file_holds_back_the_good_one_beside_it(clerk: Clerk) -> None:
    """What was to be one run is not sent in part without a word."""
    clerk.writes_good()
    assert could_not(clerk, "submit", "march.csv", "none.csv", "--yes").startswith("none.csv is not there.")


USAGE: list[tuple[tuple[str, ...], str]] = [
    ((), "Usage: invoice-importer [OPTIONS] COMMAND [ARGS]..."),
    (("check",), "Missing argument 'FILE...'."),
    (("check", "march.csv", "--colour"), "No such option '--colour'."),
    (("chek", "march.csv"), "No such command 'chek'."),
    (("check", "march.csv", "--yes"), "No such option '--yes'."),
    (("check", "march.csv", "--token", SECRET), "No such option '--token'."),
    (("check", "march.csv", "--expect-count", "-1"), "-1 is too small; it must be 0 or more."),
    (("check", "march.csv", "--expect-count", "two"), "'two' is not a whole number; write it like 8."),
    (("expected", "--months", "25"), "25 is too large; it must be 24 or less."),
    (("check", "march.csv", "--expect-total", "ten"), "--expect-total 'ten' is not an amount."),
    (("check", "march.csv", "--expect-total", "1.005"), "--expect-total '1.005' is not an amount."),
    (("check", "march.csv", "--expect-total", "1.250,00"), "--expect-total '1.250,00' is not an amount."),
    (("check", "march.csv", "--expect-total", "1,25"), "--expect-total '1,25' is not an amount."),
    (("check", "march.csv", "--expect-total", "nan"), "--expect-total 'nan' is not an amount."),
    (("check", "march.csv", "--expect-total", "1e999999999"), "--expect-total '1e999999999' is not an amount."),
    (("check", "march.csv", "--results", "out.pdf"), "--results out.pdf is neither a folder nor a name that ends in"),
    (("check", "march.csv", "--results", "march.csv"), "march.csv is read: the answer cannot be written over it."),
    (("check", "march.csv", "--results", "./other/../march.csv"), "is read: the answer cannot be written over it."),
    (("check", "march.csv", "--summary", "march.csv"), "march.csv is read: the answer cannot be written over it."),
    (("check", "march.csv", "./march.csv"), "march.csv is given twice. Name each file once."),
    (("check", "march.csv", "--config", "none.toml"), "There is no settings file none.toml."),
    (("settle", "--release", "k"), "Say why with --reason"),
    (("settle", "--reason", "x"), "--reason goes with --release, --adopt or --acknowledge."),
    (("settle", "--release", "0" * 24, "--reason", "x", "--reason", "y"), "One command takes one reason"),
    (("check", f"{'x' * 300}/march.csv"), "is too long for a file's or a folder's name. Give a shorter one."),
    (("check", "march.csv", "--results", f"{'x' * 300}.xlsx"), "is too long for a file's or a folder's name."),
    (("check", "march.csv", "--profile", "x" * 300), "is too long for a file's or a folder's name."),
    (("history", "\udcff"), "There is no run"),
    (("status", "none"), "There is no run none. `invoice-importer history` lists them."),
]


@pytest.mark.parametrize(("words", "sentence"), USAGE, ids=[ascii(" ".join(words))[:80] for words, _ in USAGE])
def test_what_was_typed_wrongly_is_said(clerk: Clerk, words: tuple[str, ...], sentence: str) -> None:
    """Nothing is read, written or sent; the clerk's own file stays as it is."""
    path = clerk.writes_good()
    (clerk.folder / "other").mkdir()
    before = path.read_bytes()
    said = could_not(clerk, *words)
    assert sentence in said
    assert SECRET not in said
    assert path.read_bytes() == before
    assert {each.name for each in clerk.folder.iterdir()} == {"march.csv", "other"}


def test_no_token_is_one_sentence(clerk: Clerk) -> None:
    """With the way to one."""
    del clerk.environment["PROPEXO_TOKEN"]
    clerk.writes_good()
    said = could_not(clerk, "submit", "march.csv", "--yes")
    assert said == (
        "There is no access token. Run `invoice-importer login`, or set PROPEXO_TOKEN in the environment.\n"
    )


@pytest.mark.parametrize("token", [SECRET, FORBIDDEN_TOKEN], ids=["unknown", "not allowed"])
def test_a_token_that_is_not_taken_is_one_sentence(clerk: Clerk, token: str) -> None:
    """401 and 403, found before anything is sent; the token is not repeated."""
    clerk.environment["PROPEXO_TOKEN"] = token
    clerk.writes_good()
    said = could_not(clerk, "submit", "march.csv", "--yes")
    assert len(said.splitlines()) == 1
    assert "token" in said
    assert token not in said


def test_an_api_that_is_away_is_one_sentence(clerk: Clerk) -> None:
    """Nobody listens there."""
    clerk.environment["PROPEXO_URL"] = "http://127.0.0.1:9"
    clerk.writes_good()
    said = could_not(clerk, "submit", "march.csv", "--yes")
    assert said == "The API cannot be reached. Nothing was sent. Try again later: it is http://127.0.0.1:9.\n"


def test_an_address_that_is_not_the_apis_is_one_sentence(clerk: Clerk) -> None:
    """A server answers, but knows nothing of invoices: found before the first one is sent there."""
    clerk.environment["PROPEXO_URL"] = f"{clerk.stand_in.url}/v2"
    clerk.writes_good()
    said = could_not(clerk, "submit", "march.csv", "--yes")
    assert said.endswith(f"Nothing was sent. Try again later, or correct the address: it is {clerk.stand_in.url}/v2.\n")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROPEXO_URL", "http://api.propexo.com"),
        ("PROPEXO_URL", f"https://me:{SECRET}@api.propexo.com"),
        ("PROPEXO_TOKEN", f"{SECRET} {SECRET}"),
        ("IMPORTER_RATE_LIMIT", "fast"),
        ("IMPORTER_LEDGER", "somewhere"),
        ("IMPORTER_LEDGER", f"mysql://me:{SECRET}@db/ledger"),
        ("IMPORTER_LEDGER", f"postgresql+psycopg://me:{SECRET}@127.0.0.1:9/ledger"),
    ],
)
def test_a_setting_that_is_not_usable_is_one_sentence(clerk: Clerk, name: str, value: str) -> None:
    """No secret in it."""
    clerk.environment[name] = value
    clerk.writes_good()
    said = could_not(clerk, "submit", "march.csv", "--yes")
    assert SECRET not in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("results", ["none/out.xlsx", "none", "march.csv/out.xlsx"])
@pytest.mark.parametrize("command", [("check",), ("submit", "--yes")], ids=["check", "submit"])
def test_results_that_could_not_be_written_are_known_before_anything_is_sent(
    clerk: Clerk, command: tuple[str, ...], results: str
) -> None:
    """A folder that is missing, or is none."""
    clerk.writes_good()
    said = could_not(clerk, *command, "march.csv", "--results", results)
    assert said.startswith("The results cannot be written: there is no folder ")
    assert said.endswith("Name another place with --results. Nothing was sent.\n")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="an ordinary user may not write everywhere")
def test_a_folder_that_may_not_be_written_is_known_before_anything_is_sent(clerk: Clerk) -> None:
    """A read-only share with the vendor's files."""
    clerk.writes_good("share/march.csv")
    (clerk.folder / "share").chmod(0o500)
    said = could_not(clerk, "submit", "share/march.csv", "--yes")
    (clerk.folder / "share").chmod(0o700)
    assert said == "The folder share cannot be written to. Name another place with --results. Nothing was sent.\n"


@pytest.mark.parametrize("more", [(), ("--sandbox",)], ids=["real", "sandbox"])
@pytest.mark.parametrize("command", [("check", "march.csv"), ("submit", "march.csv", "--yes"), ("history",)])
def test_a_home_that_cannot_be_made_is_one_sentence(
    clerk: Clerk, command: tuple[str, ...], more: tuple[str, ...]
) -> None:
    """Without a ledger nothing may be sent."""
    path = clerk.writes_good()
    clerk.environment["IMPORTER_HOME"] = str(path / "home")
    said = could_not(clerk, *command, *more)
    assert said.startswith(f"The folder {path / 'home'}")
    assert said.endswith("Set IMPORTER_HOME to a folder you can write.\n")


def test_with_nobody_to_ask_nothing_is_sent(clerk: Clerk) -> None:
    """A scheduler without `--yes`; the history says why nothing came of it."""
    clerk.writes_good()
    said = could_not(clerk, "submit", "march.csv")
    assert said == "There is nobody to ask. Nothing was sent. Add --yes to post without a question.\n"
    (run,) = clerk.runs("history", "--json").answer["runs"]
    assert (run["exit_code"], run["stopped"]) == (2, said.strip())


def test_an_approval_of_something_unknown_is_one_sentence(clerk: Clerk) -> None:
    """A plan from another machine, or a slip of the pen."""
    clerk.writes_good()
    said = could_not(clerk, "submit", "march.csv", "--approved", "sha256:0")
    assert said.startswith("The plan sha256:0 is not known here, and today's file does not give it.")


def test_a_sheet_that_is_not_there_is_one_sentence(clerk: Clerk) -> None:
    """With the names of those that are."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADINGS)
    sheet.append(list(row(clerk.number(1)).values()))
    book.save(clerk.folder / "march.xlsx")
    assert "Sheet" in could_not(clerk, "submit", "march.xlsx", "--sheet", "March", "--yes")


def test_help_of_every_command_fits_a_terminal(clerk: Clerk) -> None:
    """Its options are there, no line is longer than eighty characters, and nothing is touched."""
    commands = [line.split()[0] for line in _commands(clerk.runs("--help"))]
    assert commands[:2] == ["check", "submit"]
    for words in [(), *((each,) for each in commands)]:
        said = clerk.runs(*words, "--help")
        assert (said.code, said.err) == (0, "")
        assert said.out.startswith(f"Usage: {' '.join(('invoice-importer', *words))} ")
        assert max(map(len, said.out.splitlines())) <= 80
    assert not (clerk.folder.parent / "home").exists()


def _commands(said: Said) -> list[str]:
    return said.out.split("Commands:\n", 1)[1].splitlines()


@pytest.mark.parametrize(
    "words",
    [("check", "none.csv"), ("submit", "none.csv", "--yes"), ("check",), ("check", "none.csv", "--sheets", "x")],
)
def test_with_json_there_is_one_object_also_where_nothing_could_run(clerk: Clerk, words: tuple[str, ...]) -> None:
    """A script reads the same keys, finds nothing sent, and the sentence that stands on standard error as well."""
    said = clerk.runs(*words, "--json", "--no-results")
    answer = said.answer
    assert said.code == 2
    assert (answer["command"], answer["run"], answer["plan"], answer["invoices"]) == (words[0], None, None, [])
    assert answer["stopped"] in said.err
    assert [problem["message"] for problem in answer["problems"]] == [answer["stopped"]]
    (clerk.folder / "march.csv").write_text(as_csv([row("A")]))
    ran = clerk.runs("check", "march.csv", "--json", "--no-results").answer
    assert answer.keys() <= ran.keys()
    assert (answer["counts"].keys(), answer["amounts"].keys()) == (ran["counts"].keys(), ran["amounts"].keys())
    assert not any((*answer["counts"].values(), *answer["amounts"].values()))
