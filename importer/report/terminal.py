"""The short account of a run for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from importer.domain.cells import cell_text
from importer.domain.money import dollars
from importer.domain.outcome import Run, Status
from importer.domain.problem_catalog import AMBIGUOUS_NAME, UNKNOWN_NAME
from importer.domain.problems import Problem, ProblemKind
from importer.report.row_outcomes import advised
from importer.report.sandbox_commands import with_sandbox_flag
from importer.report.sentences import (
    Account,
    by_hand_in_short,
    destination,
    headline,
    is_held_up,
    next_steps,
    notices,
    several,
)
from importer.report.workbook.tie_out import as_said
from importer.report.workbook.unresolved_names import NAMES_ADVICE, name_said, names_title
from importer.workbook_format.layout import column_index, tidy_text

if TYPE_CHECKING:
    from rich.console import RenderableType

_COLOURS = {
    Status.READY: "blue",
    Status.POSTED: "green",
    Status.ALREADY_POSTED: "green",
    Status.NEEDS_FIXING: "yellow",
    Status.REFUSED: "red",
    Status.IN_DOUBT: "magenta",
    Status.NOT_SENT: "default",
    Status.CONFLICT: "red",
}
_NAMES = 8  # unknown names, before the rest is only counted
_EXAMPLES = 3  # of one kind, before the rest is only counted


def summary(
    run: Run, results: Path | None = None, *, lines: int = 20, given: Sequence[Path | str] = ()
) -> RenderableType:
    """Counts and money by status, at most `lines` lines of problems, errors first, and what to do next.

    `results` is the workbook that holds the rest, `given` are the files as they were typed, and the options by which
    they were read. Control characters of the input are made visible.
    """
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    where = destination(run)
    colour = "dark_cyan" if where.place is Account.SANDBOX else "dark_red"
    table = Table(box=None, show_header=False, padding=(0, 3, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    table.add_column(justify="right")
    counts, amounts = run.counts(), run.amounts()
    for status in Status:
        if counts[status]:
            table.add_row(Text(status.label, _COLOURS[status]), f"{counts[status]:,}", dollars(amounts[status]))
    table.add_row(Text("All invoices", "bold"), f"{counts['invoices']:,}", dollars(amounts["invoices"]))
    parts: list[RenderableType] = [
        Text.assemble((f" {where.place} ", f"bold white on {colour}"), " ", tidy_text(where.sentence)),
        Text(),
        table,
        Text(),
        Text(headline(run), "bold"),
    ]
    told = list(problem_lines(run))
    kept = told if len(told) <= lines else told[: lines - 1]
    parts += [Text(tidy_text(line.text), "bold" if line.is_heading else "") for line in kept]
    left = told[len(kept) :]
    wrong = sum(line.stands_for for line in left if line.is_error)
    doubtful = sum(line.stands_for for line in left if not line.is_error)
    counted = [f"{count:,} more {what}" for count, what in ((wrong, "wrong"), (doubtful, "worth a look")) if count]
    if counted:
        parts.append(Text(f"… and {', '.join(counted)}" + (", in the workbook" if results else ""), "dim"))
    parts += [Text(tidy_text(notice)) for notice in notices(run)]
    by_hand = by_hand_in_short(run)
    if by_hand:
        parts.append(Text(by_hand if results is not None else by_hand.split(";")[0].rstrip(".") + "."))
    has_workbook = results is not None and results.suffix.lower() == ".xlsx"
    steps = next_steps(run, has_workbook=has_workbook, is_below=True, given=[*map(str, given)])
    parts += [Text(), *(Text(tidy_text(step)) for step in steps)]
    if results is not None:
        parts.append(Text.assemble("Results: ", (tidy_text(str(results)), "bold")))
    return Group(*parts)


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """One line about problems, and how many of them it stands for."""

    text: str
    stands_for: int
    is_error: bool
    is_heading: bool = False


def problem_lines(run: Run) -> Iterator[ProblemLine]:
    """Unknown names, each once; then errors, then warnings, those of one kind together, the most frequent first.

    What holds up the whole run comes before all others, and is not said again of each invoice.
    """
    for line in _problem_lines(run):
        yield replace(line, text=with_sandbox_flag(line.text, run.destination))


def _problem_lines(run: Run) -> Iterator[ProblemLine]:
    groups: dict[ProblemKind, list[tuple[str, Problem]]] = {}
    yield from _name_lines(run)
    told = {UNKNOWN_NAME.code, AMBIGUOUS_NAME.code} if run.unknown_names else set()
    for problem in run.reading.problems:
        groups.setdefault(problem.kind, []).append((_where(problem, run), problem))
    for outcome in run.outcomes:
        if not outcome.problems:
            continue
        number = as_said(outcome, "invoice_number") or "(no number)"
        for problem in outcome.problems:
            if problem.kind.code not in told and not is_held_up(problem):
                groups.setdefault(problem.kind, []).append((f"{number}, {_where(problem, run)}", problem))
    for title, is_error in (("What is wrong", True), ("Worth a look, but nothing stops for it", False)):
        found = [group for group in groups.values() if group[0][1].is_error is is_error]
        if found:
            yield ProblemLine("", 0, is_error)
            yield ProblemLine(f"{title}: {sum(map(len, found)):,}", 0, is_error, is_heading=True)
        for group in sorted(found, key=lambda group: (not group[0][1].kind.stops_run, -len(group))):
            yield from _group_lines(group)


def _name_lines(run: Run) -> Iterator[ProblemLine]:
    names = run.unknown_names
    if not names:
        return
    yield ProblemLine("", 0, is_error=True)
    yield ProblemLine(names_title(names), 0, is_error=True, is_heading=True)
    for one in names[:_NAMES]:
        yield ProblemLine(f"  {one.noun} {name_said(one)}, {dollars(one.cents)}, {one.hint}", 1, is_error=True)
    if len(names) > _NAMES:
        more = f"  and {several(len(names) - _NAMES, 'more name')}"
        yield ProblemLine(more, len(names) - _NAMES, is_error=True)
    yield ProblemLine(f"  {NAMES_ADVICE} {names[0].remedy}", 0, is_error=True)


def _group_lines(group: list[tuple[str, Problem]]) -> Iterator[ProblemLine]:
    kind, is_error = group[0][1].kind, group[0][1].is_error
    if len(group) <= _EXAMPLES:
        for where, problem in group:
            yield ProblemLine(f"  {where}: {advised(problem)}", 1, is_error)
        return
    many = f"  {kind.title}: {several(len(group), 'time')}. {kind.advice}"
    yield ProblemLine(many, len(group) - _EXAMPLES, is_error)
    for where, problem in group[:_EXAMPLES]:
        yield ProblemLine(f"    e.g. {where}: {problem.what}", 1, is_error)


def _where(problem: Problem, run: Run) -> str:
    place = problem.place
    parts = [place.file] if len(run.reading.files) > 1 else []
    parts += [place.sheet] if len(run.reading.tables) > 1 else []
    parts += [f"{place.cell}{_heading(problem, run)}" if place.cell else "the file as a whole"]
    return ", ".join(part for part in parts if part)


def _heading(problem: Problem, run: Run) -> str:
    """The heading of the cell's column in brackets, where a results workbook was given back: its own columns, which
    the reader sees, have other letters than the vendor's."""
    place = problem.place
    if not run.reading.trace.rounds or place.column is None:
        return ""
    at = column_index(place.column)
    sources = (table.source for table in run.reading.tables)
    mine = next((one for one in sources if (one.file, one.sheet) == (place.file, place.sheet)), None)
    heading = cell_text(mine.headings[at]).strip() if mine is not None and at < len(mine.headings) else ""
    return f" ({heading})" if heading else ""
