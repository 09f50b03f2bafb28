"""`check` and `submit`: what is sent, what is said of it, and the exit code."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from importer.domain.outcome import Status
from tests.cli.clerk import Clerk, row

TOP = {
    "command",
    "run",
    "files",
    "destination",
    "plan",
    "results",
    "started",
    "finished",
    "stopped",
    "notices",
    "counts",
    "amounts",
    "skipped_rows",
    "problems",
    "invoices",
}


def test_a_check_sends_nothing_and_asks_nothing(clerk: Clerk) -> None:
    """Not one request goes out; the workbook stands beside the input, and the exit code says that all is fine."""
    clerk.writes_good()
    before = clerk.stand_in.requests()
    said = clerk.runs("check", "march.csv")
    assert (said.code, said.err) == (0, "")
    assert "2 invoices ready to send, $200.00." in said.out
    assert said.out.rstrip().endswith("Results: march.results.xlsx")
    assert sorted(path.name for path in clerk.folder.iterdir()) == ["march.csv", "march.results.xlsx"]
    assert (clerk.stand_in.requests(), clerk.posted()) == (before, {})


def test_a_check_needs_no_token(clerk: Clerk) -> None:
    """Whoever prepares the file need not be able to post it."""
    del clerk.environment["PROPEXO_TOKEN"]
    clerk.writes_good()
    assert clerk.runs("check", "march.csv").code == 0


def test_a_submit_posts_each_invoice_once_and_a_second_posts_none(clerk: Clerk) -> None:
    """The second run says so, asks nobody, and is fine as well."""
    clerk.writes_good(count=3)
    first = clerk.runs("submit", "march.csv", "--yes", "--json")
    assert (first.code, set(first.statuses.values())) == (0, {"posted"})
    assert clerk.posted() == {clerk.number(each): 1 for each in (1, 2, 3)}
    assert {each["job_id"] for each in first.answer["invoices"]} >= {first.answer["invoices"][0]["job_id"]}
    again = clerk.runs("submit", "march.csv", "--json")
    assert (again.code, set(again.statuses.values()), again.answer["plan"]) == (0, {"already_posted"}, None)
    assert [each["job_id"] for each in again.answer["invoices"]] == [
        each["job_id"] for each in first.answer["invoices"]
    ]
    assert clerk.posted() == {clerk.number(each): 1 for each in (1, 2, 3)}


def test_the_json_answer_is_one_object_and_complete(clerk: Clerk) -> None:
    """Nothing else is on standard output; counts and amounts name every status; a problem carries its cell."""
    clerk.writes("march.csv", row(clerk.number("good")), row(clerk.number("bad"), due_date="soon"))
    said = clerk.runs("check", "march.csv", "--json", "--no-results")
    answer = said.answer
    assert (said.code, said.err, TOP - set(answer)) == (1, "", set())  # names may be added, none may go
    statuses = [status.value for status in Status]
    assert list(answer["counts"]) == ["rows", "invoices", *statuses]
    assert list(answer["amounts"]) == ["invoices", *statuses]
    assert (answer["counts"]["ready"], answer["amounts"]["needs_fixing"], answer["results"]) == (1, 10_000, None)
    (problem,) = answer["invoices"][1]["problems"]
    assert problem == {
        "code": "not-a-date",
        "severity": "error",
        "message": "E3: 'soon' is not a date. Write it like 2026-03-31.",
        "file": "march.csv",
        "sheet": None,
        "row": 3,
        "column": "E",
        "field": "due_date",
        "value": "soon",
    }


def test_the_good_go_and_the_bad_come_back(clerk: Clerk) -> None:
    """Exit code 1: some need fixing, the others are done."""
    clerk.writes("march.csv", row(clerk.number("good")), row(clerk.number("bad"), memo=""))
    said = clerk.runs("submit", "march.csv", "--yes")
    assert said.code == 1
    assert "1 of 2 invoices posted, $100.00. 1 needs a person, $100.00." in said.out
    assert f"{clerk.number('bad')}, G3: The Memo is blank. Fill it in." in said.out
    assert clerk.posted() == {clerk.number("good"): 1}


def test_after_a_refusal_the_corrected_invoice_goes(clerk: Clerk) -> None:
    """Its number is not burnt. The very same content is tried again as well, with a warning."""
    clerk.stand_in.behave(negative_unit_price=False)
    lines = (
        row(clerk.number("r"), "80.00", line_amount="100.00"),
        row(clerk.number("r"), "80.00", line_amount="-20.00"),
    )
    clerk.writes("march.csv", *lines)
    refused = clerk.runs("submit", "march.csv", "--yes", "--json")
    (invoice,) = refused.answer["invoices"]
    assert (refused.code, invoice["status"], clerk.posted()) == (1, "refused", {})
    assert [each["code"] for each in invoice["problems"]] == ["negative-line", "refused"]
    assert "greater than or equal to 0" in invoice["problems"][1]["message"]
    (again,) = clerk.runs("check", "march.csv", "--json").answer["invoices"]
    assert (again["status"], [each["code"] for each in again["problems"]]) == (
        "ready",
        ["negative-line", "refused-before"],
    )
    clerk.writes("march.csv", row(clerk.number("r"), "80.00"))
    corrected = clerk.runs("submit", "march.csv", "--yes", "--json")
    assert (corrected.code, corrected.statuses) == (0, {clerk.number("r"): "posted"})
    assert clerk.posted() == {clerk.number("r"): 1}


def test_content_changed_after_posting_is_a_conflict(clerk: Clerk) -> None:
    """What was posted cannot be taken back: nothing is sent, and it is said what differs from what."""
    clerk.writes_good(count=1)
    job = clerk.runs("submit", "march.csv", "--yes", "--json").answer["invoices"][0]["job_id"]
    clerk.writes("april.csv", row(clerk.number(1), "120.00"))
    said = clerk.runs("submit", "april.csv", "--yes", "--json")
    (invoice,) = said.answer["invoices"]
    assert (said.code, invoice["status"], invoice["job_id"]) == (1, "conflict", job)
    (problem,) = invoice["problems"]
    assert problem["code"] == "conflict"
    today = f"{datetime.fromisoformat(said.answer['started']).astimezone():%Y-%m-%d}"
    for part in (f"posted on {today} from march.csv (job {job})", "$100.00, is $120.00"):
        assert part in problem["message"]
    assert clerk.posted() == {clerk.number(1): 1}


def test_a_lost_answer_is_exit_code_3_and_is_settled_by_the_next_run(clerk: Clerk) -> None:
    """The API had accepted it: found in its logs, adopted, not sent again."""
    clerk.writes_good(count=2)
    clerk.stand_in.fault("drop_after", invoice_number=clerk.number(2))
    said = clerk.runs("submit", "march.csv", "--yes", "--json")
    assert (said.code, said.statuses) == (3, {clerk.number(1): "posted", clerk.number(2): "in_doubt"})
    again = clerk.runs("submit", "march.csv", "--yes", "--json")
    assert (again.code, set(again.statuses.values())) == (0, {"already_posted"})
    assert clerk.posted() == {clerk.number(1): 1, clerk.number(2): 1}


@pytest.mark.parametrize(
    ("expectation", "sentence"),
    [
        (("--expect-count", "3"), "Expected 3 invoices, found 2."),
        (("--expect-total", "$1,200.00"), "Expected $1,200.00, found $200.00: $1,000.00 apart."),
        (("--expect-total", "199.99"), "Expected $199.99, found $200.00: $0.01 apart."),
        (("--expect-count", "0"), "Expected 0 invoices, found 2."),
    ],
)
def test_a_missed_control_total_holds_everything_back(
    clerk: Clerk, expectation: tuple[str, ...], sentence: str
) -> None:
    """Nothing of the run is sent; every invoice says why; the API is not even asked."""
    clerk.writes_good()
    before = clerk.stand_in.requests()
    said = clerk.runs("submit", "march.csv", "--yes", "--json", *expectation)
    assert (said.code, set(said.statuses.values())) == (1, {"not_sent"})
    assert [each["code"] for each in said.answer["problems"]] == ["control-total"]
    assert said.answer["problems"][0]["message"].startswith(sentence)
    for invoice in said.answer["invoices"]:  # whose other problems are told at once, too: the two are alike
        assert [each["code"] for each in invoice["problems"]] == ["near-duplicate", "not-sent"]
        assert sentence in invoice["problems"][1]["message"]
    assert (clerk.posted(), clerk.stand_in.requests()) == ({}, before)


def test_control_totals_that_are_met_let_it_go(clerk: Clerk) -> None:
    """As an accountant writes an amount."""
    clerk.writes_good()
    said = clerk.runs("submit", "march.csv", "--yes", "--expect-count", "2", "--expect-total", "$200.00")
    assert (said.code, len(clerk.posted())) == (0, 2)


def test_several_files_are_one_run(clerk: Clerk) -> None:
    """Problems say which file; the workbook is named after the first."""
    clerk.writes("a.csv", row(clerk.number(1)))
    clerk.writes("b.csv", row(clerk.number(2), memo=""))
    said = clerk.runs("submit", "a.csv", "b.csv", "--yes")
    assert (said.code, clerk.posted()) == (1, {clerk.number(1): 1})
    assert f"{clerk.number(2)}, b.csv, G2: The Memo is blank." in said.out
    assert (clerk.folder / "a and 1 more.results.xlsx").is_file()


def test_one_invoice_in_two_files_goes_once(clerk: Clerk) -> None:
    """The second one is told where the first is."""
    for name in ("a.csv", "b.csv"):
        clerk.writes_good(name, 1)
    said = clerk.runs("submit", "a.csv", "b.csv", "--yes", "--json")
    assert (said.code, clerk.posted()) == (1, {clerk.number(1): 1})
    assert [each["status"] for each in said.answer["invoices"]] == ["posted", "needs_fixing"]
    assert "also stands in a.csv, row 2, with the same content" in said.answer["invoices"][1]["problems"][0]["message"]


def test_the_embedded_stand_in_leaves_the_real_ledger_alone(clerk: Clerk) -> None:
    """No token, no account, no address is needed; and the real destination never hears of it."""
    for name in ("PROPEXO_URL", "PROPEXO_TOKEN", "PROPEXO_INTEGRATION_ID"):
        del clerk.environment[name]
    clerk.writes_good()
    assert clerk.runs("check", "march.csv", "--sandbox").code == 0
    said = clerk.runs("submit", "march.csv", "--sandbox", "--yes", "--json")
    assert (said.code, said.answer["destination"], said.answer["counts"]["posted"]) == (0, "sandbox", 2)
    assert clerk.runs("submit", "march.csv", "--sandbox", "--json").answer["counts"]["already_posted"] == 2
    clerk.environment |= {"PROPEXO_INTEGRATION_ID": "intg-real", "PROPEXO_URL": "http://127.0.0.1:9"}
    assert clerk.runs("check", "march.csv", "--json").answer["counts"]["ready"] == 2
    assert [run["command"] for run in clerk.runs("history", "--json").answer["runs"]] == ["check"]


def test_a_plan_that_was_approved_goes_and_another_does_not(clerk: Clerk) -> None:
    """The difference is shown field by field, and nothing is sent."""
    clerk.writes_good()
    plan = clerk.runs("check", "march.csv", "--json").answer["plan"]
    clerk.writes("march.csv", row(clerk.number(1)), row(clerk.number(2), "250.00"))
    changed = clerk.runs("submit", "march.csv", "--approved", plan)
    assert (changed.code, changed.out, clerk.posted()) == (2, "", {})
    assert f"Invoice {clerk.number(2)} of vend-greenleaf: Invoice Total was $100.00, is $250.00" in changed.err
    clerk.writes_good()
    assert clerk.runs("submit", "march.csv", "--approved", plan).code == 0
    assert clerk.posted() == {clerk.number(1): 1, clerk.number(2): 1}


@pytest.mark.parametrize(
    ("name", "results"),
    [
        ("a march, with spaces.csv", "a march, with spaces.results.xlsx"),
        ("März — été [bold]日本.csv", "März — été [bold]日本.results.xlsx"),
        ("-march.csv", "-march.results.xlsx"),
        ("march", "march.results.xlsx"),
        (".march.csv", ".march.results.xlsx"),
        ("march.v2.csv", "march.v2.results.xlsx"),
        ("--yes", "--yes.results.xlsx"),
    ],
)
def test_odd_file_names_are_ordinary(clerk: Clerk, name: str, results: str) -> None:
    """Spaces, other scripts, markup, a leading dash after `--`, no extension."""
    clerk.writes_good(name)
    said = clerk.runs("submit", "--json", "--yes", "--", name)
    assert (said.code, said.answer["files"], len(clerk.posted())) == (0, [name], 2)
    assert (clerk.folder / results).is_file()
    assert name in clerk.runs("history").out


def test_results_go_where_they_are_wanted(clerk: Clerk) -> None:
    """A folder, a name, a csv in capitals; `--results` with `--no-results` writes nothing."""
    clerk.writes_good()
    (clerk.folder / "out.d").mkdir()
    for asked, written in (("out.d", "out.d/march.results.xlsx"), ("other.xlsx", "other.xlsx"), ("OUT.CSV", "OUT.CSV")):
        said = clerk.runs("check", "march.csv", "--json", "--results", asked)
        assert (said.code, Path(said.answer["results"])) == (0, Path(written))
        assert (clerk.folder / written).is_file()
    assert (clerk.folder / "OUT.CSV").read_bytes()[:2] != b"PK"
    assert openpyxl.load_workbook(clerk.folder / "other.xlsx", read_only=True).sheetnames
    before = sorted(clerk.folder.rglob("*"))
    assert clerk.runs("check", "march.csv", "--json", "--no-results").answer["results"] is None
    assert sorted(clerk.folder.rglob("*")) == before


def test_history_names_every_run_whole(clerk: Clerk) -> None:
    """Newest first, a line each when it is no terminal; what could not run says why."""
    clerk.writes("a rather long name of a file that would be folded on a terminal.csv", row(clerk.number(1)))
    first = clerk.runs("submit", *[path.name for path in clerk.folder.glob("a rather*")], "--yes", "--json").answer[
        "run"
    ]
    clerk.writes("bad.csv", row(clerk.number(1), "7.00"))
    second = clerk.runs("check", "bad.csv", "--json").answer["run"]
    clerk.runs("check", "none.csv")
    said = clerk.runs("history")
    lines = said.out.splitlines()
    assert (said.code, len(lines)) == (0, 4)
    assert lines[0].split() == ["Run", "Who", "What", "Outcome"]
    assert "check none.csv" in lines[1]
    assert lines[1].rstrip().endswith("none.csv is not there. Check the name and the folder.")
    assert lines[2].startswith(f"{second}  ")
    assert lines[2].rstrip().endswith("1 conflict ($7.00)")
    assert lines[3].startswith(f"{first}  ")
    assert lines[3].rstrip().endswith(".csv  1 posted ($100.00)")
    runs = clerk.runs("history", "--json", "--limit", "2").answer["runs"]
    assert [(run["command"], run["exit_code"]) for run in runs] == [("check", 2), ("check", 1)]


def test_a_history_of_nothing_is_a_sentence(clerk: Clerk) -> None:
    """And a list without entries for a script."""
    assert clerk.runs("history").out == "Nothing has been run yet.\n"
    assert clerk.runs("history", "--json").answer == {"command": "history", "runs": []}
