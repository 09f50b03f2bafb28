"""The sentences: what happened, where, and what to do next."""

from __future__ import annotations

import pytest

from importer.domain.follow_up_facts import Alarm
from importer.domain.outcome import Status
from importer.domain.problem_catalog import (
    CHANGED_ROW,
    CONFLICT,
    IN_DOUBT,
    NAMES_NOT_FETCHED,
    NO_ACCOUNT,
    NOT_A_DATE,
    REPEATED_INVOICE,
    WENT_OUT_BEFORE,
)
from importer.domain.problems import Place as At
from importer.domain.problems import Problem, ProblemKind
from importer.report.sandbox_commands import with_sandbox_flag
from importer.report.sentences import (
    MEANING,
    Account,
    destination,
    headline,
    how_to_go_on,
    how_to_mend,
    next_steps,
)
from tests import factory


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("https://api.propexo.com", Account.PRODUCTION),
        ("https://API.propexo.com/", Account.PRODUCTION),
        ("https://api.sandbox.propexo.com", Account.SANDBOX),
        ("sandbox", Account.SANDBOX),
        ("http://127.0.0.1:8123", Account.SANDBOX),
        ("https://api.sandbox.propexo.com.evil.example", Account.OTHER),
        ("https://proxy.example", Account.OTHER),
    ],
)
def test_only_what_is_surely_a_rehearsal_is_called_one(address: str, place: Account) -> None:
    """An address that nobody knows gets the care of production."""
    assert destination(factory.run(destination=address)).place is place


def test_every_status_has_a_meaning_and_a_way_on() -> None:
    """Fine ones need nothing; all others say what to do."""
    assert set(MEANING) == set(Status)
    for status in Status:
        assert bool(how_to_go_on(factory.outcome(status=status))) is not status.is_fine


def test_the_run_in_one_line() -> None:
    """Numbers and money; what is done first."""
    outcomes = [
        factory.outcome(factory.invoice(number=str(n), total=total), status)
        for n, (status, total) in enumerate(
            [
                (Status.POSTED, 150),
                (Status.POSTED, 50),
                (Status.ALREADY_POSTED, 70),
                (Status.REFUSED, 30),
                (Status.IN_DOUBT, 5),
            ]
        )
    ]
    assert (
        headline(factory.run(*outcomes))
        == "2 of 5 invoices posted, $2.00; 1 posted before, $0.70. 2 need a person, $0.35."
    )
    assert headline(factory.run(*outcomes[:2])) == "2 invoices posted, $2.00."
    assert headline(factory.run(*outcomes[3:4])) == "1 invoice needs a person, $0.30."
    assert headline(factory.run(of=factory.reading([]))) == "No invoice could be read."


def test_doubt_comes_first_and_nothing_is_left_unsaid() -> None:
    """One step for each kind of work, most urgent first."""
    run = factory.run(
        *(factory.outcome(factory.invoice(number=status), status) for status in Status),
        stopped="The token was refused.",
    )
    assert [step.split()[0] for step in next_steps(run)] == [
        "Run",
        "The",
        "Compare",
        "Correct",
        "Correct",
        "Run",
        "Send",
    ]
    assert next_steps(factory.run(factory.outcome(status=Status.ALREADY_POSTED))) == ("Nothing to do.",)


def test_an_alarm_is_a_fact_and_no_way_of_putting_it() -> None:
    """It is named in the steps whatever its words; words that merely sound like one are no alarm."""
    problem = Problem(IN_DOUBT, "ALARM or not.")
    sounding = factory.outcome(status=Status.IN_DOUBT)._replace(problems=(problem,))
    meant = sounding._replace(problems=(Problem(IN_DOUBT, "Found twice."),), alarm=Alarm.TWICE)
    assert not any("ALARM" in step for step in next_steps(factory.run(sounding)))
    assert any("Found twice." in step for step in next_steps(factory.run(meant)))


@pytest.mark.parametrize("kind", [NO_ACCOUNT, NAMES_NOT_FETCHED], ids=lambda kind: kind.code)
def test_nobody_is_sent_to_correct_cells_where_something_else_is_missing(kind: ProblemKind) -> None:
    """A setting, or ResMan's names: that is said once, at the top and at every row that waits for nothing else."""
    missing = Problem(kind, "Missing.")
    wrong = Problem(NOT_A_DATE, "'x' is not a date.")
    only = factory.outcome(factory.invoice(), Status.NEEDS_FIXING, problems=[missing])
    both = factory.outcome(factory.invoice(number="2"), Status.NEEDS_FIXING, problems=[missing, wrong])
    run = factory.run(only)
    assert next_steps(run) == (with_sandbox_flag(f"{kind.title}. {kind.advice}", run.destination),)
    assert how_to_mend(only) == f"Nothing to correct here. {kind.advice}"
    assert next_steps(factory.run(only, both))[1].startswith("Correct 1 invoice:")
    assert how_to_mend(both) == "Correct the cells marked red."


def test_a_sheet_is_named_only_where_there_is_one() -> None:
    """With --no-results, or a csv, nobody is sent to look for “To fix”; the input as a whole is told from its rows."""
    whole = Problem(NOT_A_DATE, "The file holds a date that cannot be.", At("march.xlsx"))
    in_row = Problem(NOT_A_DATE, "No date.", At("march.xlsx", "Sheet1", 9))
    invoice = factory.invoice()
    reading = factory.reading([invoice], problems=[whole, in_row])
    run = factory.run(factory.outcome(invoice, Status.NEEDS_FIXING), of=reading)
    assert next_steps(run) == (
        "Correct 1 invoice: the sheet “To fix” shows every cell that is wrong.",
        (
            "Correct the cells there, save the workbook, and give it back: "
            "“invoice-importer submit --sandbox THIS-WORKBOOK”."
        ),
        "Look at 1 problem in rows that belong to no invoice; “To fix” shows them too.",
        "Look at 1 problem of the input as a whole.",
    )
    assert not any("To fix" in step for step in next_steps(run, has_workbook=False))


@pytest.mark.parametrize(
    ("kinds", "way"),
    [
        ([CONFLICT], "Compare it with the bill that is named."),
        ([WENT_OUT_BEFORE, NOT_A_DATE], "First compare it with the bill that is named."),
        ([CHANGED_ROW, WENT_OUT_BEFORE], "Undo what was changed here"),
        ([REPEATED_INVOICE], "Delete the rows that stand here once too often."),
        ([REPEATED_INVOICE, NOT_A_DATE], "Correct the cells marked red."),
    ],
)
def test_a_bill_that_may_be_known_is_compared_before_it_is_corrected(kinds: list[ProblemKind], way: str) -> None:
    """What to do says the same as the problems beside it; where no cell is red, none is spoken of."""
    outcome = factory.outcome(status=Status.NEEDS_FIXING, problems=[Problem(kind, "It is so.") for kind in kinds])
    assert how_to_mend(outcome).startswith(way)
    plain = factory.outcome(status=Status.NEEDS_FIXING, problems=[Problem(NOT_A_DATE, "It is so.")])
    assert "red" not in how_to_mend(plain, has_red=False)
