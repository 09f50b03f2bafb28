"""What people read: the outcome first, to the cent, and what they do next in their own words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as runs

from importer.domain.follow_up_facts import Change
from importer.domain.outcome import Outcome, Run, Status
from importer.domain.problem_catalog import (
    CONTROL_TOTAL,
    MISSING_VALUE,
    NO_ACCOUNT,
    UNCLEAR_CONTINUATION,
    UNCOMPARED_TOTAL,
)
from importer.domain.problems import Place, Problem
from importer.domain.reading import ControlTotal
from importer.notifications import (
    Message,
    api_away,
    at_a_standstill,
    of_changes,
    of_failure,
    of_run,
    settings_wrong,
    to_approve,
    token_refused,
)
from importer.notifications.html_body import as_html
from importer.notifications.message import as_text, clean, short_name
from tests.factory import invoice, outcome, reading, run, source
from tests.notifications.posts import AT, FOLDER, dropped
from tests.report.random_runs import runs as any_runs

PRODUCTION = "https://api.propexo.com"
RESULTS = FOLDER / "needs-fixing" / "march.results.xlsx"


SHEET = source()


def blank(number: str, row: int) -> Outcome:
    """An invoice whose memo is missing."""
    one = invoice(number=number, first_row=row, at=SHEET)
    problem = Problem(MISSING_VALUE, "The Memo is blank.", one.place("memo"), "memo")
    return outcome(one, Status.NEEDS_FIXING, problems=[problem])


def steps_of(of: Run, results: Path | None = RESULTS) -> tuple[str, ...]:
    return of_run(of, dropped(results=results)).steps


def test_a_file_of_which_some_need_fixing() -> None:
    """The whole message, as a clerk reads it."""
    posted = [outcome(invoice(number=f"A-{at}", first_row=at, at=SHEET)) for at in range(2, 11)]
    wrong = [blank("B-1", 11), blank("B-2", 12)]
    told = of_run(run(*posted, *wrong, destination=PRODUCTION), dropped(results=RESULTS))
    assert told.title == "[PRODUCTION] 9 invoices posted, 2 need fixing – march.xlsx"
    assert as_text(told) == (
        "PRODUCTION: For the live ResMan account, through api.propexo.com.\n"
        "\n"
        "9 of 11 invoices posted, $900.00. 2 need a person, $200.00.\n"
        "\n"
        "What to do:\n"
        "  1. Open march.results.xlsx and correct the sheet “To fix”: 2 invoices.\n"
        "  2. Save that workbook, and drop the workbook itself into “inbox”; what was posted stays posted.\n"
        "  3. The new invoices wait in ResMan for approval. Whether ResMan took them is asked by itself.\n"
        "\n"
        "To the cent:\n"
        "  Read from the input: $1,100.00 (11 invoices)\n"
        "  Posted: $900.00 (9 invoices)\n"
        "  Needs fixing: $200.00 (2 invoices)\n"
        "  Difference: $0.00\n"
        "\n"
        "What is wrong: 2\n"
        "  B-1, G11: The Memo is blank. Fill it in.\n"
        "  B-2, G12: The Memo is blank. Fill it in.\n"
        "\n"
        "Folder: /srv/invoices\n"
        "The file: done/2026-03/march.xlsx\n"
        "Its results: needs-fixing/march.results.xlsx\n"
        "Run: 2026-03-31T12-00-00-7f3a\n"
    )
    assert not told.urgent
    assert told.workbook == str(RESULTS)


def test_what_is_unknown_comes_first_and_at_once() -> None:
    """Nobody enters it by hand meanwhile."""
    told = of_run(run(outcome(), outcome(invoice(number="D-1"), Status.IN_DOUBT)), dropped())
    assert told.title == "[SANDBOX] 1 invoice IN DOUBT, 1 posted – march.xlsx"
    assert told.urgent
    assert told.steps[0] == (
        "Do not enter one invoice by hand: no answer tells whether it arrived. "
        "Whoever looks after the importer runs “invoice-importer settle”."
    )


@pytest.mark.parametrize(
    ("of", "subject", "step"),
    [
        (
            run(outcome(status=Status.READY), command="check"),
            "1 invoice ready",
            "Nothing was posted: this was only a check.",
        ),
        (run(outcome(status=Status.ALREADY_POSTED)), "1 invoice posted before", "Nothing to do."),
        (
            run(outcome(status=Status.CONFLICT)),
            "1 invoice in conflict",
            "Compare 1 invoice with what was posted under the same number before.",
        ),
        (
            run(outcome(status=Status.NOT_SENT), stopped="The API stopped answering."),
            "1 invoice not sent",
            "The API stopped answering.",
        ),
        (
            run(outcome(status=Status.NOT_SENT)),
            "1 invoice not sent",
            "Drop the same file into “inbox” again to send 1 invoice; what was posted stays posted.",
        ),
        (
            run(outcome(status=Status.REFUSED)),
            "1 invoice refused",
            "Open march.results.xlsx and correct the sheet “To fix”: 1 invoice.",
        ),
    ],
)
def test_each_outcome_has_its_subject_and_its_step(of: Run, subject: str, step: str) -> None:
    """The first step is the one that matters."""
    told = of_run(of, dropped(results=RESULTS))
    assert told.subject == f"{subject} – march.xlsx"
    assert told.steps[0] == step


def test_rows_of_no_invoice_are_not_forgotten() -> None:
    """They are in the subject and among what is to be corrected; without a workbook the file itself is."""
    one = invoice()
    loose = one.rows[0]._replace(number=9)
    problem = Problem(UNCLEAR_CONTINUATION, "The row names no invoice.", loose.place())
    read = run(outcome(one), of=reading([one], loose=[loose], problems=[problem]))
    assert of_run(read, dropped()).subject == "1 invoice posted, 1 problem in other rows – march.xlsx"
    assert steps_of(read)[0] == (
        "Open march.results.xlsx and correct the sheet “To fix”: 1 problem that is of no invoice."
    )
    assert steps_of(read, None)[0] == (
        "Correct 1 problem that is of no invoice in the file, and drop it into “inbox” again; "
        "what was posted stays posted."
    )


def test_what_holds_up_the_whole_file_and_what_is_only_a_setting() -> None:
    """Neither is told as cells to be corrected."""
    one = invoice()
    held = Problem(CONTROL_TOTAL, "The file says $1,000.00, its rows come to $100.00.", Place("march.xlsx"))
    whole = run(outcome(one, Status.NOT_SENT), of=reading([one], problems=[held]))
    assert steps_of(whole) == (f"{held.what} {CONTROL_TOTAL.advice}",)
    setting = run(outcome(one, Status.NEEDS_FIXING, problems=[Problem(NO_ACCOUNT, "x", one.place("notes"))]))
    assert steps_of(setting) == (f"{NO_ACCOUNT.title}. {NO_ACCOUNT.advice}",)


def test_the_total_that_the_file_states_is_beside_what_was_read() -> None:
    """file = read = posted, to the cent."""
    one = invoice()
    total = ControlTotal(Place("march.xlsx", "Sheet1", 9, "H"), "Grand Total", Decimal(10_000), Decimal(10_000))
    told = of_run(run(outcome(one), of=replace(reading([one]), control_totals=(total,))), dropped())
    assert [(each.label, each.count, each.cents) for each in told.sums] == [
        ("The file's own total, Sheet1, H9", None, 10_000),
        ("Read from the input", 1, 10_000),
        ("Posted", 1, 10_000),
        ("Difference", None, 0),
    ]
    changed = of_run(
        run(outcome(one), of=replace(reading([one]), control_totals=(replace(total, vendor=Decimal(12_000)),))),
        dropped(),
    )
    assert [each.cents for each in changed.sums][:2] == [12_000, 10_000]


def test_a_total_that_cannot_be_compared_is_told_before_the_corrections() -> None:
    """What was posted meanwhile may lack a row."""
    one = invoice()
    open_total = Problem(UNCOMPARED_TOTAL, "'Total' says $9.00.", Place("march.xlsx", None, 9, "H"))
    told = steps_of(run(outcome(one), of=reading([one], problems=[open_total])))
    assert told[0] == f"Look first at the total in H9: 'Total' says $9.00. {UNCOMPARED_TOTAL.advice}"


def test_nothing_could_be_read() -> None:
    """Of a file with a heading only, and of one that is no spreadsheet."""
    assert of_run(run(of=reading([])), dropped()).subject == "No invoice could be read – march.xlsx"
    told = of_failure(dropped("a.pdf"), "a.pdf is a PDF, not a spreadsheet.", destination="sandbox", at=AT)
    assert told.title == "[SANDBOX] Put aside, nothing posted – a.pdf"
    assert told.happened == ("a.pdf is a PDF, not a spreadsheet.", "Nothing of it was posted.")


def test_an_approval_is_asked_for_with_the_plan() -> None:
    """How many, how much, for which account, under which hash, and what the approver does."""
    would = run(outcome(status=Status.READY), outcome(invoice(number="R-2"), Status.READY), destination=PRODUCTION)
    told = to_approve(would, dropped(), ["Rename march.to-approve.txt to march.approved."])
    text = as_text(told)
    assert told.title == "[PRODUCTION] 2 invoices wait for approval – march.xlsx"
    assert told.urgent
    assert f"Plan: {would.plan}\n" in text
    assert "2 invoices ready to send, $200.00." in text
    assert "What to do:\n  Rename march.to-approve.txt to march.approved.\n" in text
    assert "Nothing was sent." in text


def test_how_the_file_was_understood_is_told_once() -> None:
    """What the folder says of the file stands above; what the reading says, below."""
    before = "The file is the same as february.xlsx, dropped on 2026-03-02 at 09:30."
    read = run(outcome(), notices=[before, "The dates are day first."])
    text = as_text(of_run(read, replace(dropped(), said=(before,))))
    assert text.count(before) == 1
    assert text.index(before) < text.index("What to do") < text.index("The dates are day first.")


def test_what_was_learnt_since() -> None:
    """The worst first; urgent only where a person is needed."""

    def change(number: str, now: str) -> Change:
        return Change(f"key-{number}", number, "vend-1111", 10_000, "pending", now, AT)

    bad = replace(run(outcome()), changes=(change("A", "confirmed"), change("B", "failed"), change("C", "failed")))
    told = of_changes(bad, dropped())
    assert told.subject == "2 invoices not taken by ResMan, 1 confirmed in ResMan – march.xlsx"
    assert told.urgent
    good = of_changes(replace(bad, changes=(change("A", "confirmed"),)), dropped())
    assert (good.subject, good.urgent) == ("1 invoice confirmed in ResMan – march.xlsx", False)
    later = replace(change("A", "confirmed"), at=AT + timedelta(hours=1))
    assert of_changes(replace(bad, changes=(later,)), dropped()).reference != good.reference


def test_what_needs_a_person_at_once() -> None:
    """Each says what, where, since when and what to do, and is the same news however often it is told."""
    refused = token_refused(FOLDER, "The API does not accept this token (401).", destination=PRODUCTION, at=AT)
    away = api_away(FOLDER, "The API did not answer.", since=AT, destination=PRODUCTION, at=AT + timedelta(minutes=31))
    later = api_away(FOLDER, "The API did not answer.", since=AT, destination=PRODUCTION, at=AT + timedelta(hours=3))
    wrong = settings_wrong(FOLDER, "watch.toml: there is no setting aproval.", at=AT)
    full = at_a_standstill(FOLDER, "The disk is full", "No room.", ["Make room."], destination="sandbox", at=AT)
    assert [told.title for told in (refused, away, later, wrong, full)] == [
        "[PRODUCTION] The access token is refused – invoices",
        "[PRODUCTION] The API has been away for 31 minutes – invoices",
        "[PRODUCTION] The API has been away for 3 hours – invoices",
        "The folder's settings are wrong – invoices",
        "[SANDBOX] The disk is full – invoices",
    ]
    assert all(told.urgent and told.steps and "Folder: /srv/invoices" in told.facts for told in (refused, away, wrong))
    assert away.reference == later.reference
    assert len({told.reference for told in (refused, away, wrong, full)}) == 4


@given(any_runs())
@runs(max_examples=40, deadline=None)
def test_any_run_can_be_told(of: Run) -> None:
    """It is short, its sums add up, it is kept and found again as it was, and nothing in it can run."""
    told = of_run(of, dropped(results=RESULTS))
    first = next(at for at, one in enumerate(told.sums) if one.label == "Read from the input")
    assert sum(one.cents for one in told.sums[first + 1 : -1]) == told.sums[first].cents
    assert told.sums[-1].cents == 0
    assert told.steps
    assert len(as_text(told)) < 30_000
    assert "<r>" not in as_html(told)
    assert Message.of_kept(told.kept()) == told


def test_words_are_made_harmless_and_short() -> None:
    """Lines, directions and halves of characters; of a long name the beginning and the end are left."""
    assert clean("a\r\nb\u2028c\u202ed\ud800") == "a b\ufffdc\ufffdd\ufffd"
    assert clean("x" * 700) == "x" * 599 + "…"
    assert short_name("a" * 100 + "-march.xlsx") == "a" * 55 + "…" + "a" * 13 + "-march.xlsx"
