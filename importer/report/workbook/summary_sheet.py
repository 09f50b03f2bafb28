"""The first sheet: what happened, in numbers and money, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from importer.domain.outcome import Run, Status
from importer.domain.problem_catalog import CONTROL_TOTAL
from importer.domain.problems import Place, Problem
from importer.report.row_outcomes import RowOutcome
from importer.report.sentences import (
    changes_said,
    destination,
    headline,
    meaning_of,
    next_steps,
    notices,
    profiles_said,
    several,
    stays_named,
)
from importer.report.workbook import styles
from importer.report.workbook.corrections_sheet import by_hand_said, files_said
from importer.report.workbook.rows_sheet import SheetExtent
from importer.report.workbook.styles import Styles
from importer.report.workbook.summary_page import SummaryPage
from importer.report.workbook.tie_out import (
    LATER,
    NO_INVOICE_LABEL,
    ROUNDING,
    TieOut,
)
from importer.report.workbook.unresolved_names import write_unknown_names
from importer.report.workbook.vendor_totals import compared, vendors
from importer.workbook_format import layout

_MOST_NOTES, _MOST_TOTALS, _MOST_REASONS = 40, 12, 14


def write_summary(
    sheet: Any,
    made: Styles,
    run: Run,
    sums: TieOut,
    unplaced: Sequence[Problem],
    contents: Sequence[SheetExtent],
    cells: Mapping[Place, str],
) -> None:
    """Top to bottom: the destination, what happened, what to do, the tie-out, the files, the run.

    `cells` leads from a total that misses to the link to its cell in "Rows".
    """
    page = SummaryPage(sheet, made)
    where = destination(run)
    page.banner(f"{where.place}:  {where.sentence}", styles.BANNERS[where.place])
    page.title(headline(run))
    page.steps("What to do next", next_steps(run))

    chart_at = page.room_for_chart() if len(sums.by_status) > 1 else None
    page.section("What became of every invoice", "Invoices", "Amount")
    page.figures(sums.read.label, sums.read.count, sums.read.cents, bold=True)
    if sums.elsewhere is not None:
        page.figures(sums.elsewhere.label, sums.elsewhere.count, None, "Not added: the sums are in dollars.")
    first = page.at
    for status, amount in sums.by_status:
        page.figures(amount.label, amount.count, amount.cents, meaning_of(status, run), status=status)
    page.figures(
        "Difference", None, sums.difference, "Read less all of the above: nothing is unaccounted for.", bold=True
    )
    if chart_at is not None:
        page.chart(chart_at, first, [(status, amount.cents) for status, amount in sums.by_status])

    if sums.by_hand:
        page.section("From the vendor's file to what was read", "Invoices", "Amount")
        for label, count, cents, remark in by_hand_said(run, sums):
            page.figures(label, count, cents, remark, bold=label == sums.read.label)

    _own_totals(page, run, cells)
    if sums.reasons:
        page.section("Why invoices did not go", "Invoices", "Amount")
        most = _MOST_REASONS if len(sums.reasons) > _MOST_REASONS + 1 else _MOST_REASONS + 1
        shown, others = sums.reasons[:most], sums.reasons[most:]
        for amount in shown:
            page.figures(amount.label, amount.count, amount.cents)
        if others:
            label = f"{several(len(others), 'other reason')}, named in “Tie-out”"
            page.figures(label, sum(one.count for one in others), sum(one.cents for one in others))
        page.note("An invoice with several problems is counted once, under the first of them.")

    write_unknown_names(page, run.unknown_names, run.destination)

    if sums.held.count:
        page.section("What ResMan has", "Invoices", "Amount")
        if sums.stays:
            page.figures(sums.held.label, sums.held.count, sums.held.cents, bold=True)
        page.figures(sums.accepted.label, sums.accepted.count, sums.accepted.cents, bold=not sums.stays)
        for amount in sums.stays:
            page.figures(amount.label, amount.count, amount.cents, stays_named(run, amount.label))
        for amount in sums.in_resman:
            page.figures(amount.label, amount.count, amount.cents)
        if sums.later:
            page.figures(LATER, None, sums.later, "Sent there less read here.")
        if sums.rounding:
            page.figures(
                ROUNDING, None, sums.rounding, "Sent less read: lines rounded to whole cents, named at their rows."
            )

    changes = changes_said(run)
    if changes:
        page.section("What changed since it was last asked", "", "")
        for change in changes:
            page.sentence(change)

    if sums.rows:
        page.section("What became of every row", "Rows", "")
        whole = f"Rows of {several(len(run.reading.tables), 'sheet')} in {several(len(run.reading.files), 'file')}"
        page.figures(whole, sums.row_total, None, bold=True)
    for row in sums.rows:
        meaning = "Not sent. “To fix” says why." if row.label == NO_INVOICE_LABEL else ""
        page.figures(row.label, row.count, None, meaning)

    notes = _notes(run, unplaced)
    if notes:
        page.section("About the input as a whole", "", "")
        for note in notes:
            page.sentence(note)
    page.section("This run", "", "")
    for name, fact in _facts(run):
        page.fact(name, fact)
    page.end_of_print()
    page.section("In this workbook", "", "")
    for one in contents:
        page.fact(one.title, _holds(one), link=f"internal:'{one.title}'!A1")
    page.finish()


def _own_totals(page: SummaryPage, run: Run, cells: Mapping[Place, str]) -> None:
    """The totals that the files themselves state, each beside what was read."""
    totals = run.reading.control_totals
    if not totals:
        return
    page.section("The file's own totals", "Cell", "Amount")
    to_settle = {problem.place for problem in run.reading.problems if problem.kind is CONTROL_TOTAL}
    for one in totals[:_MOST_TOTALS]:
        where = f"{one.place.file} {one.place.sheet or ''}".strip()
        found = compared(one)
        link = cells.get(one.place)
        if link is not None and one.place in to_settle:
            found += " Where the total itself is wrong, correct it in “Rows”: follow the link."
        page.total(one.label, one.place.cell, vendors(one), f"{where}: {found}", link)
    if len(totals) > _MOST_TOTALS:
        page.note(f"… and {len(totals) - _MOST_TOTALS:,} more. Those that do not agree are problems too.")


def _holds(one: SheetExtent) -> str:
    if one.first is None or one.last is None:
        return {
            layout.INVOICES: "One row for each invoice.",
            layout.TIE_OUT: "The sums by vendor and by property.",
            layout.CORRECTIONS: "What was changed by hand since the vendor's file: cell by cell, was and is.",
        }[one.title]
    what = (
        "that did not go, with what to correct" if one.title.startswith(layout.TO_FIX) else "with what became of each"
    )
    first, last = _table(one.first), _table(one.last)
    until = f"{last} row {one.last.number:,}" if first != last else f"{one.last.number:,}"
    return f"{several(one.rows, 'row')} {what}: {first} row {one.first.number:,} to {until}."


def _table(answer: RowOutcome) -> str:
    return f"{answer.source.file} {answer.source.sheet}" if answer.source.sheet else answer.source.file


def _notes(run: Run, unplaced: Iterable[Problem]) -> list[str]:
    notes = [*notices(run), *(problem.message for problem in unplaced)]
    if len(notes) > _MOST_NOTES:
        notes = [*notes[:_MOST_NOTES], f"… and {len(notes) - _MOST_NOTES:,} more, which --json lists."]
    return notes


def _length(taken: timedelta) -> str:
    return "less than a second" if taken < timedelta(seconds=1) else str(taken).split(".")[0]


def _facts(run: Run) -> list[tuple[str, str]]:
    taken = run.finished - run.started
    posted = run.counts()[Status.POSTED]
    minutes = taken.total_seconds() / 60
    pace = f", {posted / minutes:,.0f} invoices a minute" if posted > 1 and minutes > 0 else ""
    return [
        *files_said(run),
        ("Profile", profiles_said(run)),
        ("Destination", run.destination),
        ("Run", f"{run.id} ({run.command})"),
        ("Who", run.who),
        ("Started", f"{run.started:%Y-%m-%d %H:%M:%S} {run.started.tzname()}"),
        ("Time taken", f"{_length(taken)}{pace}"),
        ("Plan", run.plan or "none: nothing is ready to be sent"),
    ]
