"""What is said of the totals that the files state themselves: in the workbook, the summary and `--json`."""

from __future__ import annotations

from collections.abc import Iterator

from importer.domain.money import dollars
from importer.domain.outcome import Run
from importer.domain.problem_catalog import UNCOMPARED_TOTAL
from importer.domain.reading import ControlTotal

_NAMED = 5  # cells


def vendors(control: ControlTotal) -> int:
    """What the vendor's own file says, in cents, whatever was made of it by hand."""
    return int(control.says if control.vendor is None else control.vendor)


def compared(control: ControlTotal) -> str:
    """How it compares with what was read."""
    begin = ""
    if control.vendor is not None:
        is_gone = control.vendor == control.says
        begin = "Taken away by hand. " if is_gone else f"Changed by hand to {dollars(control.says)}. "
    cells = ", ".join(control.unread[:_NAMED])
    if len(control.unread) > _NAMED:
        cells += f" and {len(control.unread) - _NAMED:,} more"
    if not control.agrees:
        end = f", as far as they can be read: {cells} cannot be." if cells else "."
        return f"{begin}Its rows come to {dollars(control.found)}{end}"
    if control.once is not None:
        return f"{begin}= the sum of all its rows; the invoices, each counted once, come to {dollars(control.once)}."
    end = f", as far as they can be read: {cells} cannot be." if cells else ", as read."
    return f"{begin}= what its rows come to{end}"


def to_compare(run: Run) -> Iterator[str]:
    """What a person should look at before anything else is sent: a total that may show that a row is missing."""
    for problem in run.reading.problems:
        if problem.kind is UNCOMPARED_TOTAL:
            of = f" of {problem.place.file}" if len(run.reading.files) > 1 else ""
            where = f"the total{of} in {problem.place.cell}"
            yield f"Look first at {where}: {problem.what} {problem.kind.advice}"
