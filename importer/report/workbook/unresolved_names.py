"""The names that ResMan does not have, each once, with what waits for it: a place of their own in every report."""

from __future__ import annotations

from collections.abc import Sequence

from importer.domain.unresolved import UnresolvedName
from importer.report.sandbox_commands import with_sandbox_flag
from importer.report.sentences import several
from importer.report.workbook.summary_page import SummaryPage

NAMES_ADVICE = "Correct it in the file, or settle it for good:"
_MOST = 40


def names_title(names: Sequence[UnresolvedName]) -> str:
    """ "3 names that ResMan does not have, the one that holds up most money first"."""
    if len(names) == 1:
        return "1 name that ResMan does not have"
    return f"{len(names):,} names that ResMan does not have, the one that holds up most money first"


def name_said(one: UnresolvedName) -> str:
    """ "'ACME LNDSCP': 37 rows, 9 invoices"."""
    return f"{one.name!r}: {several(one.rows, 'row')}, {several(one.invoices, 'invoice')}"


def write_unknown_names(page: SummaryPage, names: Sequence[UnresolvedName], where: str) -> None:
    """A section of the summary; nothing, where every name is known. `where` is the destination of the run."""
    if not names:
        return
    page.section("Names that ResMan does not have", "Invoices", "Amount")
    for one in names[:_MOST]:
        rows = several(one.rows, "row")
        hint = f"{rows}; {one.hint}. To settle it for good: {with_sandbox_flag(one.remedy, where)}"
        page.figures(f"{one.noun[0].upper()}{one.noun[1:]} {one.name!r}", one.invoices, one.cents, hint)
    if len(names) > _MOST:
        page.note(f"… and {len(names) - _MOST:,} more, which --json lists.")
    page.note("Correct them in the sheet “To fix”, or settle them, and run again. Nothing similar is taken by itself.")
