"""After the posting: conflicts, corrections, retries, decisions, and the workbook of a run that is done."""

from __future__ import annotations

import secrets

import openpyxl

from tests.acceptance.stage import Clerk, StandIn, each_once, numbers

CREATE = "/v1/invoices/resman/"


def test_a_conflict(clerk: Clerk, stand_in: StandIn) -> None:
    """The same number with another amount is not sent; what differs from the posted one is told."""
    clerk.runs("submit", clerk.writes("march.csv", ["CONFLICT-1"]), "--yes", code=0)
    other = clerk.writes("april.csv", ["CONFLICT-1"], memo={"CONFLICT-1": "Something else"})
    done = clerk.runs("submit", other, "--yes", "--json", code=1)
    assert done.statuses() == {"CONFLICT-1": "conflict"}
    (problem,) = done.answer["invoices"][0]["problems"]
    assert "was posted" in problem["message"]
    assert "from march.csv" in problem["message"]
    assert "Memo was 'October service', is 'Something else'" in problem["message"]
    each_once(["CONFLICT-1"], stand_in)


def test_a_refused_one_is_corrected(clerk: Clerk, stand_in: StandIn) -> None:
    """What the API refused may go once it is corrected, and is then posted once."""
    stand_in.fail({"fault": "error_before", "status": 422, "path": CREATE, "invoice_number": "REFUSED-1"})
    file = clerk.writes("refused.csv", ["REFUSED-1", "REFUSED-2"])
    done = clerk.runs("submit", file, "--yes", "--json", code=1)
    assert done.statuses() == {"REFUSED-1": "refused", "REFUSED-2": "posted"}
    corrected = clerk.writes("refused.csv", ["REFUSED-1", "REFUSED-2"], memo={"REFUSED-1": "Corrected"})
    done = clerk.runs("submit", corrected, "--yes", "--json", code=0)
    assert done.statuses() == {"REFUSED-1": "posted", "REFUSED-2": "already_posted"}
    each_once(["REFUSED-1", "REFUSED-2"], stand_in)


def test_a_failed_one_is_corrected(clerk: Clerk, stand_in: StandIn) -> None:
    """What ResMan did not take stays refused in the same form, with ResMan's words, and goes once it is corrected."""
    file = clerk.writes("failed.csv", ["CORRECTED-1"], financial_account_id={"CORRECTED-1": "finacct-6999"})
    clerk.runs("submit", file, "--yes", code=0)
    stand_in.held()
    told = clerk.runs("status", "--json", code=1).answer
    assert told["invoices"][0]["resman"] == "GL account 6999 is inactive"
    again = clerk.runs("submit", file, "--yes", "--json", code=1)
    assert again.statuses() == {"CORRECTED-1": "refused"}
    assert "GL account 6999 is inactive" in again.answer["invoices"][0]["problems"][0]["message"]
    clerk.runs("submit", clerk.writes("failed.csv", ["CORRECTED-1"]), "--yes", code=0)
    assert stand_in.held()["CORRECTED-1"] == 1
    assert clerk.runs("status", "--json", code=0).answer["invoices"][0]["resman"] == "confirmed"


def test_a_retry(clerk: Clerk, stand_in: StandIn) -> None:
    """`status --retry` asks for each failed one once more; ResMan then has it once, and nothing is left to retry."""
    file = clerk.writes("retry.csv", ["RETRY-FAILONCE", "RETRY-FINE"])
    clerk.runs("submit", file, "--yes", code=0)
    stand_in.held()
    told = clerk.runs("status", "--json", code=1)
    assert told.statuses() == {"RETRY-FAILONCE": "refused", "RETRY-FINE": "posted"}
    clerk.runs("status", "--retry", code=0)
    stand_in.held()
    assert clerk.runs("status", "--json", code=0).answer["invoices"][0]["resman"] == "confirmed"
    assert stand_in.held() == {"RETRY-FAILONCE": 1, "RETRY-FINE": 1}
    assert len(stand_in.requests("POST", "/v1/admin/retry-write/")) == 1
    assert "waits for an answer." in clerk.runs("status", "--retry", code=0).out


def test_a_time_out_behind_the_api_is_no_failure(clerk: Clerk, stand_in: StandIn) -> None:
    """ResMan may have it: never retried by itself, found by a sync, or released by a person."""
    kept, lost = "TIME-TIMEOUT-KEPT", "TIME-TIMEOUT-LOST"
    file = clerk.writes("time.csv", [kept, lost])
    clerk.runs("submit", file, "--yes", code=0)
    stand_in.held()
    clerk.runs("status", "--retry", code=3)
    assert not stand_in.requests("POST", "/v1/admin/retry-write/")
    told = clerk.runs("settle", "--sync", "--json", code=3)
    assert told.statuses() == {kept: "posted", lost: "in_doubt"}
    assert stand_in.held() == {kept: 1}
    key, job = next((each["key"], each["job_id"]) for each in told.answer["invoices"] if each["status"] == "in_doubt")
    clerk.runs("settle", "--adopt", key, job, "--reason", "seen in ResMan under another vendor", code=0)
    clerk.runs("status", code=0)  # the log says of the job what it said before: the person's word stands
    assert clerk.states() == {"confirmed": 2}


def test_news_that_cannot_be_read_and_news_that_come_later(clerk: Clerk, stand_in: StandIn) -> None:
    """One status that is no answer is told of and holds nobody up; one that changes its mind is an alarm."""
    done, poisoned = "LATER-1", "LATER-FAIL"
    sent = clerk.runs("submit", clerk.writes("later.csv", [done, poisoned]), "--yes", "--json", code=0)
    jobs = {each["invoice_number"]: each["job_id"] for each in sent.answer["invoices"]}
    stand_in.held()
    stand_in.fail({"fault": "page_before", "times": 4, "path": f"/v1/admin/write-status/{jobs[poisoned]}"})
    told = clerk.runs("status", code=0).out
    assert f"{poisoned} ($125.00, later.csv) waits: What became of job {jobs[poisoned]} cannot be read" in told
    stand_in.end(jobs[done], "FAILURE", "Vendor not found", kept=True)
    told_later = clerk.runs("status", "--json", code=3)
    assert told_later.statuses() == {done: "in_doubt", poisoned: "refused"}
    alarms = {each["invoice_number"]: each.get("alarm") for each in told_later.answer["invoices"]}
    assert alarms == {done: "taken-back", poisoned: None}
    assert clerk.runs("settle", "--sync", "--json", code=0).statuses() == {done: "posted"}


def test_the_workbook_is_written_anew(clerk: Clerk, stand_in: StandIn) -> None:
    """`status` puts what ResMan has into the workbook of the run, while nobody has worked in it."""
    clerk.runs("submit", clerk.writes("book.csv", numbers("ANEW", 3)), "--yes", code=0)
    workbook = clerk.folder / "book.results.xlsx"
    before = workbook.read_bytes()
    stand_in.held()
    assert str(workbook) in clerk.runs("status", code=0).out
    assert workbook.read_bytes() != before
    assert sorted(path.name for path in clerk.folder.glob("*.xlsx")) == ["book.results.xlsx"]
    assert "waits for an answer." in clerk.runs("status", code=0).out


def test_a_workbook_that_somebody_has_worked_in_is_left_alone(clerk: Clerk, stand_in: StandIn) -> None:
    """The new one stands beside it."""
    clerk.runs("submit", clerk.writes("book.csv", numbers("BESIDE", 3)), "--yes", code=0)
    workbook = clerk.folder / "book.results.xlsx"
    book = openpyxl.load_workbook(workbook)
    book.worksheets[0]["H1"] = "Called the vendor"
    book.save(workbook)
    theirs = workbook.read_bytes()
    stand_in.held()
    clerk.runs("status", code=0)
    assert workbook.read_bytes() == theirs
    assert (clerk.folder / "book.results (status).xlsx").exists()


def test_decisions(clerk: Clerk, stand_in: StandIn) -> None:
    """Every invoice in doubt is shown with where it was looked for; a decision needs its reason, and one that does not
    fit is refused and changes nothing."""
    first, second, third = numbers("DECIDE", 3)
    file = clerk.writes("decide.csv", [first, second, third])
    stand_in.fail(*({"fault": "close_before", "path": CREATE, "invoice_number": each} for each in (first, second)))
    sent = clerk.runs("submit", file, "--yes", "--json", code=3)
    assert sent.statuses() == {first: "in_doubt", second: "in_doubt", third: "posted"}
    job_of_third = sent.answer["invoices"][2]["job_id"]
    told = clerk.runs("settle", "--sync", "--json", code=3)
    looked = [[one["looked_at"] for one in each["evidence"]] for each in told.answer["invoices"]]
    assert looked == [["the write logs", "the job logs", "ResMan's invoices"]] * 2
    assert all(one["at"].endswith("+00:00") for each in told.answer["invoices"] for one in each["evidence"])
    keys = {each["invoice_number"]: each["key"] for each in told.answer["invoices"]}
    assert "key " + keys[first] in clerk.runs("settle", code=3).out

    assert "--reason" in clerk.runs("settle", "--release", keys[first], code=2).err
    other = clerk.runs("settle", "--adopt", keys[first], job_of_third, "--reason", "seen in ResMan", code=2)
    assert f"Job {job_of_third} belongs to another invoice" in other.err
    assert "knows no invoice 0123" in clerk.runs("settle", "--release", "0123", "--reason", "gone", code=2).err
    both = ("--release", keys[second], "--release", sent.answer["invoices"][2]["key"])
    assert "is not in doubt: it is accepted" in clerk.runs("settle", *both, "--reason", "gone", code=2).err
    assert clerk.states() == {"in_doubt": 2, "accepted": 1}

    job = "job-that-a-person-has-seen"
    unsaid = clerk.runs("settle", "--adopt", keys[first], job, code=2)
    assert f"job {job}: The API refused it (404)" in unsaid.err
    assert "--reason" in unsaid.err
    clerk.runs("settle", "--adopt", keys[first], job, "--reason", "seen in ResMan", code=0)
    released = clerk.runs("settle", "--release", keys[second], "--reason", "not there", "--json", code=1)
    assert released.statuses() == {second: "not_sent"}
    assert clerk.states() == {"accepted": 2, "released": 1}
    said = {detail for (detail,) in clerk.query("SELECT detail FROM attempts WHERE detail LIKE '% by %'")}
    assert {each.rsplit(": ", 1)[1] for each in said} == {"seen in ResMan", "not there"}
    again = clerk.runs("submit", file, "--yes", "--json", code=0)
    assert again.statuses() == {first: "already_posted", second: "posted", third: "already_posted"}
    assert clerk.runs("settle", "--json", code=0).answer["invoices"] == []
    assert stand_in.posted() == {second: 1, third: 1}


def test_found_twice_is_an_alarm(clerk: Clerk, stand_in: StandIn) -> None:
    """Two jobs of the same content that no ledger knows: nothing is adopted, and a person is called."""
    number = "ALARM-1"
    file = clerk.writes("alarm.csv", [number])
    stand_in.fail({"fault": "close_after", "path": CREATE, "times": 1})
    clerk.runs("submit", file, "--yes", code=3)
    stand_in.post_again(number)
    stand_in.held()
    told = clerk.runs("settle", code=3)
    assert "ALARM: found more than once" in told.out
    assert clerk.runs("submit", file, "--yes", "--json", code=3).statuses() == {number: "in_doubt"}
    assert stand_in.posted() == {number: 2}


def test_history(clerk: Clerk, stand_in: StandIn) -> None:
    """Every run is told: when, by whom, which file, and what came of it, the newest first."""
    file = clerk.writes("told.csv", numbers("HISTORY", 2))
    clerk.runs("check", file, "--no-results", code=0)
    clerk.runs("submit", file, "--yes", "--no-results", code=0)
    told = clerk.runs("history", code=0).out
    assert told.index("submit") < told.index("check")
    assert told.count("told.csv") == 2
    each_once(numbers("HISTORY", 2), stand_in)


def test_a_workbook_that_could_not_be_written_is_written_by_the_next_status(clerk: Clerk, stand_in: StandIn) -> None:
    """With no room on the disk the news are in the ledger alone; with room, one `status` more brings them into the
    workbook, though nothing waits for an answer any more."""
    file = clerk.writes("due.csv", numbers("DUE", 4))
    heading, *lines = file.read_text(encoding="utf-8").splitlines()
    scans = range(12)  # in the workbook, and not in the ledger
    long = [",".join([line, *(secrets.token_hex(15_000) for _ in scans)]) for line in lines]
    file.write_text("\n".join([",".join([heading, *(f"Scan {each}" for each in scans)]), *long, ""]), encoding="utf-8")
    clerk.runs("submit", file, "--yes", code=0)
    stand_in.held()
    full = clerk.runs("status", most_bytes=900_000)
    assert "There is no room on the disk" in full.err
    assert "due.results.xlsx does not tell the news yet" in full.err
    results = file.with_name("due.results.xlsx")
    assert {line[10] for line in openpyxl.load_workbook(results)["Invoices"].iter_rows(2, values_only=True)} == {
        "pending"
    }
    said = clerk.runs("status", code=0)
    assert "waits for an answer." in said.out
    assert f"Results: {results}" in said.out
    assert {line[10] for line in openpyxl.load_workbook(results)["Invoices"].iter_rows(2, values_only=True)} == {
        "confirmed"
    }
    assert "Results" not in clerk.runs("status", code=0).out
