"""The short account of a run for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from importer.models import Run, Status, dollars
from importer.problems import Problem
from importer.report.tie_out import as_said
from importer.report.wording import Place, destination, happened, next_step, several

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
_EXAMPLES = 3  # of one kind, before the rest is only counted


def summary(run: Run, results: Path | None = None, *, lines: int = 20) -> RenderableType:
    """Counts and money by status, then at most `lines` lines of problems, worst first; `results` is the workbook."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    where = destination(run)
    colour = "cyan" if where.place is Place.SANDBOX else "red"
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    table.add_column(justify="right")
    counts, amounts = run.counts(), run.amounts()
    for status in Status:
        if counts[status]:
            table.add_row(Text(status.label, _COLOURS[status]), f"{counts[status]:,}", dollars(amounts[status]))
    table.add_row(Text("All invoices", "bold"), f"{counts['invoices']:,}", dollars(amounts["invoices"]))
    parts: list[RenderableType] = [
        Text.assemble((f" {where.place} ", f"bold white on {colour}"), " ", where.sentence),
        Text(happened(run), "bold"),
        table,
    ]
    told = list(problem_lines(run))
    if told:
        kept = told if len(told) <= lines else told[: lines - 1]
        parts += [Text(), *(Text(text, style) for text, style, _ in kept)]
        left = sum(count for _, _, count in told[len(kept) :])
        if left:
            parts.append(Text(f"… and {left:,} more" + (", in the workbook" if results else ""), "dim"))
    parts += [Text(), *(Text(notice) for notice in run.notices), Text(next_step(run))]
    if results is not None:
        parts.append(Text.assemble("Results: ", (str(results), "bold")))
    return Group(*parts)


def problem_lines(run: Run) -> Iterator[tuple[str, str, int]]:
    """Line by line: text, rich style, and how many problems the line stands for. One kind after the other."""
    groups: dict[str, list[tuple[str, Problem]]] = {}
    for problem in run.reading.problems:
        groups.setdefault(problem.kind.code, []).append((_where(problem, run), problem))
    for outcome in run.outcomes:
        number = as_said(outcome, "invoice_number")
        for problem in outcome.problems:
            groups.setdefault(problem.kind.code, []).append((f"invoice {number}, {_where(problem, run)}", problem))
    for group in sorted(groups.values(), key=lambda found: (not found[0][1].is_error, -len(found))):
        kind = group[0][1].kind
        yield (
            f"{kind.title} ({several(len(group), 'time')}). {kind.advice}",
            "bold red" if group[0][1].is_error else "bold yellow",
            0,
        )
        shown = group if len(group) <= _EXAMPLES + 1 else group[:_EXAMPLES]
        for where, problem in shown:
            yield f"  {where}: {problem.what}", "default", 1
        if len(group) > len(shown):
            yield f"  … and {len(group) - len(shown):,} more like these", "dim", len(group) - len(shown)


def _where(problem: Problem, run: Run) -> str:
    place = problem.place
    parts = [place.file or ""] if len(run.reading.files) > 1 else []
    parts += [place.sheet] if place.sheet and len(run.reading.tables) > 1 else []
    parts += [place.cell or "the file as a whole"]
    return ", ".join(part for part in parts if part)
