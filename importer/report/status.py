"""How posted invoices stand now, and those in doubt with their evidence: what `status` and `settle` print."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from importer.domain.money import dollars
from importer.domain.outcome import Outcome, Run, Status
from importer.domain.problem_catalog import IN_RESMAN, WRITE_FAILED
from importer.report.sandbox_commands import with_sandbox_flag
from importer.report.sentences import changes_said

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

MOST_LINES = 20


def standing(told: Run, workbooks: int, results: Path | None) -> RenderableType:
    """Counts of what ResMan has, of what is pending and of what it did not take, with ResMan's own words."""
    from rich.console import Group
    from rich.text import Text

    if not told.outcomes:
        rehearsed = "" if told.destination == "sandbox" else " After a rehearsal, ask with --sandbox."
        nothing = f"Nothing that was posted to {told.destination} waits for an answer.{rehearsed}"
        return Text("\n".join([nothing, *told.notices, *_where(results, workbooks)]))
    confirmed = [each for each in told.outcomes if each.resman == "confirmed"]
    pending = [each for each in told.outcomes if each.status is Status.POSTED and each.resman == "pending"]
    failed = [each for each in told.outcomes if each.status is Status.REFUSED]
    taken = [each for each in told.outcomes if each.status is Status.CONFLICT]
    doubtful = [each for each in told.outcomes if each.status is Status.IN_DOUBT]
    lines = [Text(sentence) for sentence in changes_said(told)]
    for outcomes, words in (
        (confirmed, "ResMan has it"),
        (pending, "still pending"),
        (failed, "ResMan did not take it"),
        (taken, "ResMan has one of that number already"),
        (doubtful, "in doubt"),
    ):
        if outcomes:
            lines.append(Text(f"{len(outcomes):>6,}  {words}, {_worth(outcomes)}"))
    lines += [Text(line) for line in _shown(failed + taken + doubtful, told)]
    if any(not _gone_on(each) for each in failed):
        lines.append(
            Text("Mend the cause and run `invoice-importer status --retry`, or correct the file and submit it.")
        )
    if taken:
        lines.append(Text(f"{IN_RESMAN.title}: compare the two. If it is the same bill, delete its rows."))
    if doubtful:
        lines.append(Text("Run `invoice-importer settle` for those in doubt."))
    if pending:
        lines.append(Text("Ask again later for those that are pending."))
    lines += [Text(notice) for notice in told.notices]
    lines += [Text(line) for line in _where(results, workbooks)]
    return Group(*(_rehearsed(line, told.destination) for line in lines))


def doubts(told: Run, workbooks: int, results: Path | None) -> RenderableType:
    """Each invoice that was or is in doubt: what it is, what was looked at, and what a person can decide."""
    from rich.console import Group
    from rich.text import Text

    if not told.outcomes:
        return Text("\n".join(told.notices) or "No invoice is in doubt.")
    lines: list[Text] = []
    for outcome in told.outcomes:
        lines.append(
            Text(f"{_name(outcome, told)}: {_word(outcome)}", "bold" if outcome.status is Status.IN_DOUBT else "")
        )
        lines += [Text(f"    {each.looked_at}: {each.found}", "dim") for each in outcome.evidence]
        if outcome.status is Status.IN_DOUBT:
            lines.append(Text(f"    key {outcome.key}"))
    left = [each for each in told.outcomes if each.status is Status.IN_DOUBT]
    if left:
        lines.append(
            Text(
                f"\n{len(left):,} in doubt, {_worth(left)}. Nothing of it is sent again by itself. "
                "Look in ResMan, then decide:\n"
                '  it is there:      invoice-importer settle --adopt KEY JOB_ID --reason "…"\n'
                '  it is not there:  invoice-importer settle --release KEY --reason "…"\n'
                "Several that are not there: --release KEY --release KEY …\n"
                "`invoice-importer settle --sync` first has ResMan's invoices fetched, and looks among them."
            )
        )
    lines += [Text(notice) for notice in told.notices]
    lines += [Text(line) for line in _where(results, workbooks)]
    return Group(*(_rehearsed(line, told.destination) for line in lines))


def _rehearsed(line: Text, where: str) -> Text:
    return line.__class__(with_sandbox_flag(line.plain, where), line.style)


def _where(results: Path | None, workbooks: int) -> Iterator[str]:
    if results is not None:
        yield f"Results: {results}" + (f" (and {workbooks - 1} more)" if workbooks > 1 else "")


def _shown(outcomes: Sequence[Outcome], told: Run) -> Iterator[str]:
    for outcome in outcomes[:MOST_LINES]:
        said = outcome.resman or next((each.what for each in outcome.problems if each.is_error), "")
        gone = _gone_on(outcome)
        yield f"        {_name(outcome, told)}: " + (f"{said.rstrip('.')}. {gone}" if gone else said)
    if len(outcomes) > MOST_LINES:
        yield f"        … and {len(outcomes) - MOST_LINES:,} more"


def _gone_on(outcome: Outcome) -> str:
    """Why one that ResMan did not take is not to be written again; "" where it may be."""
    return next((each.advice for each in outcome.problems if each.kind is WRITE_FAILED and each.advice), "")


def _name(outcome: Outcome, told: Run) -> str:
    invoice = outcome.invoice
    rows = ", ".join(str(row.number) for row in invoice.rows)
    where = f"{invoice.source.file}, row {rows}"
    return f"{invoice.invoice_number} of {invoice.vendor_id}{_at(outcome, told)}, {dollars(invoice.worth)} ({where})"


def _at(outcome: Outcome, told: Run) -> str:
    """The property, where number and vendor are those of several invoices."""
    number, vendor_id = outcome.invoice.invoice_number, outcome.invoice.vendor_id
    alike = [each for each in told.outcomes if each.invoice.invoice_number == number]
    is_shared = sum(each.invoice.vendor_id == vendor_id for each in alike) > 1
    return f" at {outcome.invoice.property_id}" if is_shared else ""


def _word(outcome: Outcome) -> str:
    match outcome.status:
        case Status.IN_DOUBT:
            return "still in doubt. " + next((each.what for each in outcome.problems if each.is_error), "")
        case Status.POSTED:
            found = "ResMan has it" if outcome.resman == "confirmed" else "it is in the API's queue"
            return f"settled: {found}" + (f", job {outcome.job_id}" if outcome.job_id else "")
        case Status.NOT_SENT:
            return "released: it may be sent again"
        case _:
            return outcome.status.label.lower()


def _worth(outcomes: Sequence[Outcome]) -> str:
    return dollars(sum(outcome.invoice.worth for outcome in outcomes))
