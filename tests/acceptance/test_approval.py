"""One person checks, another approves, and what goes out is exactly that, or nothing."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest

from tests.acceptance.stage import BILLED, HEADINGS, Clerk, StandIn, each_once, numbers

LATER = BILLED + timedelta(days=45)

INVOICES = numbers("APPROVED", 3)
FIRST = INVOICES[0]


def _plan(clerk: Clerk, file: Path) -> str:
    plan: str = clerk.runs("check", file, "--json", "--no-results", code=0).answer["plan"]
    assert plan.startswith("sha256:")
    return plan


def test_the_same_file_goes(clerk: Clerk, stand_in: StandIn) -> None:
    """The plan, and who submitted it, stand in the ledger, in the workbook and in the JSON."""
    file = clerk.writes("plan.csv", INVOICES)
    plan = _plan(clerk, file)
    assert not stand_in.accepted()
    done = clerk.runs("submit", file, "--approved", plan, "--json", code=0)
    assert done.answer["plan"] == plan
    assert done.answer["who"].startswith(f"{getpass.getuser()}@")
    assert set(clerk.query("SELECT plan FROM invoices")) == {(plan,)}
    assert clerk.query("SELECT plan, who FROM runs WHERE command = 'submit'") == [(plan, done.answer["who"])]
    assert clerk.query("SELECT who FROM attempts WHERE event = 'intent'") == [(done.answer["who"],)] * 3
    book = openpyxl.load_workbook(clerk.folder / "plan.results.xlsx", read_only=True)
    cells = {str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    book.close()
    assert {plan, done.answer["who"]} <= cells
    each_once(INVOICES, stand_in)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"total_amount": {FIRST: "130.00"}, "unit_price": {FIRST: "130.00"}},
            (
                f"Invoice {FIRST} of vend-greenleaf: line 1: Unit Price was $125.00, is $130.00",
                f"Invoice {FIRST} of vend-greenleaf: Invoice Total was $125.00, is $130.00",
            ),
        ),
        (
            {"due_date": {FIRST: str(LATER)}},
            (f"Invoice {FIRST} of vend-greenleaf: Due Date was '{BILLED + timedelta(days=30)}', is '{LATER}'",),
        ),
        (
            {"financial_account_id": {FIRST: "finacct-6110"}},
            (f"Invoice {FIRST} of vend-greenleaf: line 1: GL Account was 'finacct-6105', is 'finacct-6110'",),
        ),
    ],
    ids=["amount", "date", "line"],
)
def test_a_changed_field_is_refused(
    clerk: Clerk, stand_in: StandIn, changed: Mapping[str, Mapping[str, str]], said: tuple[str, ...]
) -> None:
    """The difference is named field by field, and nothing is sent."""
    plan = _plan(clerk, clerk.writes("plan.csv", INVOICES))
    file = clerk.writes("plan.csv", INVOICES, **changed)
    done = clerk.runs("submit", file, "--approved", plan, code=2)
    assert "The file is not what was approved" in done.err
    assert all(line in done.err for line in said), done.err
    assert "Nothing was sent." in done.err
    assert not stand_in.accepted()
    assert not clerk.states()


def test_an_added_and_a_removed_invoice_are_refused(clerk: Clerk, stand_in: StandIn) -> None:
    """Both are named."""
    plan = _plan(clerk, clerk.writes("plan.csv", INVOICES))
    file = clerk.writes("plan.csv", [*INVOICES[1:], "APPROVED-999"])
    done = clerk.runs("submit", file, "--approved", plan, code=2)
    assert f"Invoice {FIRST} of vend-greenleaf: approved, but no longer to be sent" in done.err
    assert "Invoice APPROVED-999 of vend-greenleaf: not in what was approved ($125.00)" in done.err
    assert not stand_in.accepted()


def test_a_further_line_is_refused(clerk: Clerk, stand_in: StandIn) -> None:
    """A line more in an invoice of the same total is another invoice than the approved one."""
    file = clerk.writes("plan.csv", INVOICES)
    plan = _plan(clerk, file)
    row = dict(zip(HEADINGS, file.read_text().splitlines()[1].split(","), strict=True))
    row |= {"unit_price": "0.00", "financial_account_id": "finacct-6110"}
    file.write_text(file.read_text() + ",".join(row.values()) + "\n")
    done = clerk.runs("submit", file, "--approved", plan, code=2)
    assert f"Invoice {FIRST} of vend-greenleaf: line 2 was added" in done.err
    assert not stand_in.accepted()


def test_a_plan_that_nobody_made_is_refused(clerk: Clerk, stand_in: StandIn) -> None:
    """A mistyped plan sends nothing."""
    file = clerk.writes("plan.csv", INVOICES)
    done = clerk.runs("submit", file, "--approved", "sha256:" + "0" * 64, code=2)
    assert "is not known here" in done.err
    assert not stand_in.accepted()


@pytest.mark.parametrize("settled", [True, False], ids=["settled", "not yet settled"])
def test_an_interrupted_run_is_finished_with_the_same_approval(
    clerk: Clerk, stand_in: StandIn, *, settled: bool
) -> None:
    """What was posted under the plan, or may have been, does not stand in the way of the rest of it."""
    invoices = numbers("FINISH", 20)
    file = clerk.writes("plan.csv", invoices)
    plan = _plan(clerk, file)
    stand_in.fail(*({"fault": "silence_before", "invoice_number": each} for each in invoices[3:15]))
    command = clerk.starts("submit", file, "--approved", plan)
    command.when(lambda: clerk.states() == {"accepted": 3, "sending": 12, "planned": 5}).kill()
    stand_in.behave_well()  # a request that never went out must not leave its silence for the next
    if settled:
        clerk.attends_to_doubts(stand_in)
    done = clerk.runs("submit", file, "--approved", plan, "--json", code=0 if settled else 3)
    assert done.answer["counts"]["posted"] == (17 if settled else 5)
    assert done.answer["plan"] == plan
    if not settled:
        clerk.attends_to_doubts(stand_in)
        assert clerk.runs("submit", file, "--approved", plan, "--json", code=0).answer["counts"]["posted"] == 12
    assert set(clerk.query("SELECT plan FROM invoices")) == {(plan,)}
    each_once(invoices, stand_in)
    assert clerk.runs("submit", file, "--approved", plan, "--json", code=0).answer["counts"]["already_posted"] == 20
