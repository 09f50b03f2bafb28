"""Unknown names, each once, with everything that it holds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from importer.domain.invoice import Invoice, Line
from importer.domain.problem_catalog import AMBIGUOUS_NAME, NAMES_NOT_FETCHED
from importer.domain.problems import ProblemKind
from importer.domain.unresolved import UnresolvedName


@dataclass(slots=True)
class Group:
    """One text that is no record for certain, and the rows and invoices where it stands."""

    noun: str
    text: str
    kind: ProblemKind
    nearest: tuple[str, ...]
    nearest_id: str | None
    profile: str | None  # whose decision about it is no longer good
    rows: set[tuple[int, int]] = field(default_factory=set)
    worths: dict[int, int] = field(default_factory=dict)  # cents, by invoice

    def add_invoice(self, invoice: Invoice) -> None:
        """It stands in the invoice's header."""
        self.rows |= {(id(row.source), row.number) for row in invoice.rows}
        self.worths[id(invoice)] = invoice.worth

    def add_line(self, invoice: Invoice, line: Line) -> None:
        """It stands in one line."""
        self.rows.add((id(line.row.source), line.row.number))
        if id(invoice) not in self.worths:  # it takes as long as the invoice has lines
            self.worths[id(invoice)] = invoice.worth


def unknown_names(groups: Sequence[Group]) -> tuple[UnresolvedName, ...]:
    """What is to be corrected or settled, the one that holds up most money first."""
    found = [
        UnresolvedName(
            group.noun,
            group.text,
            len(group.rows),
            len(group.worths),
            sum(group.worths.values()),
            group.nearest,
            group.nearest_id,
            group.kind.code == AMBIGUOUS_NAME.code,
            group.profile,
        )
        for group in groups
        if group.kind.code != NAMES_NOT_FETCHED.code
    ]
    return tuple(sorted(found, key=lambda one: (-one.cents, one.noun, one.name)))


def not_fetched(groups: Sequence[Group]) -> list[str]:
    """One sentence, where names stand in place of ids and nothing was fetched that could tell what they mean."""
    count = sum(group.kind.code == NAMES_NOT_FETCHED.code for group in groups)
    names = f"{count:,} {'name' if count == 1 else 'names'} instead of ids"
    return [f"The files have {names}. Run `invoice-importer sync` once, then run them again."] if count else []
