"""The short account for the terminal."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from importer.domain.outcome import Run, Status
from importer.domain.problem_catalog import (
    CONTROL_TOTAL,
    NEGATIVE_LINE,
    NOT_A_DATE,
    NOT_SENT,
    TOTAL_MISMATCH,
)
from importer.domain.problems import Place, Problem
from importer.report import summary
from tests import factory


def _said(run: Run, results: Path | None = None, lines: int = 20, given: Sequence[Path] = ()) -> list[str]:
    console = Console(file=io.StringIO(), width=160)
    console.print(summary(run, results, lines=lines, given=given))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_all_well() -> None:
    """Where it went, the sums, and that nothing needs doing."""
    assert _said(factory.run(), Path("march.results.xlsx")) == [
        " SANDBOX  A rehearsal: nothing here reaches the real ResMan.",
        "",
        "Posted         1   $100.00",
        "All invoices   1   $100.00",
        "",
        "1 invoice posted, $100.00.",
        "",
        "Nothing to do here. The new invoices wait in ResMan for approval.",
        "Results: march.results.xlsx",
    ]


def _many(mistakes: int) -> Run:
    at = factory.source()
    outcomes = []
    for n in range(mistakes):
        found = [Problem(TOTAL_MISMATCH, f"Off by ${n + 1}.00.", at.place(2 + n, "total_amount"))]
        if n < 2:
            found += [Problem(NOT_A_DATE, "'x' is not a date.", at.place(2 + n, "due_date"))]
            found += [Problem(NEGATIVE_LINE, "-1.00.", at.place(2 + n, "line_amount"))]
        invoice = factory.invoice(number=f"A-{n}", at=at, first_row=2 + n)
        outcomes.append(factory.outcome(invoice, Status.NEEDS_FIXING, problems=found))
    return factory.run(*outcomes)


def test_problems_of_one_kind_stand_together() -> None:
    """A kind that comes often is named once, with examples; errors before warnings."""
    said = _said(_many(12))
    assert said[said.index("What is wrong: 14") :][:11] == [
        "What is wrong: 14",
        "  The lines do not add up to the invoice total: 12 times. Correct the lines or the total.",
        "    e.g. A-0, H2: Off by $1.00.",
        "    e.g. A-1, H3: Off by $2.00.",
        "    e.g. A-2, H4: Off by $3.00.",
        "  A-0, E2: 'x' is not a date. Write it like 2026-03-31.",
        "  A-1, E3: 'x' is not a date. Write it like 2026-03-31.",
        "",
        "Worth a look, but nothing stops for it: 2",
        "  A-0, L2: -1.00. It is sent as a credit within the invoice; check that this is meant.",
        "  A-1, L3: -1.00. It is sent as a credit within the invoice; check that this is meant.",
    ]


def test_what_does_not_fit_is_counted() -> None:
    """Never more lines than asked for, and no problem is left uncounted."""
    said = _said(_many(12), Path("x.xlsx"), lines=6)
    assert "… and 3 more wrong, 2 more worth a look, in the workbook" in said
    assert "  A-0, E2: 'x' is not a date. Write it like 2026-03-31." not in said


def test_production_is_not_to_be_mistaken() -> None:
    """The place, and that a check sends nothing."""
    run = factory.run(factory.outcome(status=Status.READY), command="check", destination="https://api.propexo.com")
    said = _said(run)
    assert said[0] == " PRODUCTION  Checked for the live ResMan account, through api.propexo.com. Nothing was sent."
    assert said[-1] == "Send 1 invoice that is ready: “invoice-importer submit march.xlsx”."


def test_the_next_command_can_be_typed() -> None:
    """It names the files as they were given, in quotation marks where a shell needs them."""
    run = factory.run(factory.outcome(status=Status.READY), command="check", destination="sandbox")
    for given, typed in (
        (["in/march.csv"], "in/march.csv"),
        (["in/our march.xlsx", "b.csv"], '"in/our march.xlsx" b.csv'),
        (['6" pipes $.csv'], "'6\" pipes $.csv'"),
        ([f"{n}.csv" for n in range(99)], "FILE…"),
    ):
        said = _said(run, given=[*map(Path, given)])
        assert said[-1] == f"Send 1 invoice that is ready: “invoice-importer submit --sandbox {typed}”."


def test_what_holds_up_the_whole_run_is_said_once() -> None:
    """With its cell and the way out; not of each invoice, and without the advice to run the same file again."""
    what = "The file says $5.00, its rows come to $200.00."
    held = [Problem(NOT_SENT, what, Place("march.csv", None, 2), advice="")]
    outcomes = [factory.outcome(factory.invoice(number=f"A-{n}"), Status.NOT_SENT, problems=held) for n in range(5)]
    whole = Problem(CONTROL_TOTAL, what, Place("march.csv", None, 9, "H"))
    read = factory.reading([each.invoice for each in outcomes], problems=[whole])
    said = _said(factory.run(*outcomes, of=read))
    assert [line for line in said if what in line] == [f"  H9: {what} {CONTROL_TOTAL.advice}"]
    assert "What is wrong: 1" in said
    assert not [line for line in said if "again" in line or "not sent: " in line]
    assert "Settle first what holds up the whole run. Nothing of it is sent until then." in said
