"""One invoice through all rules, in a few words."""

from __future__ import annotations

from datetime import date

from importer.domain.invoice import Invoice
from importer.domain.problems import Place, Problem, ProblemKind
from importer.validation import Checked, validate
from tests.factory import reading

TODAY = date(2026, 3, 31)


def verdict(invoice: Invoice) -> Checked:
    """What the validator says of it on the last day of March 2026."""
    (found,) = validate(reading([invoice]), today=TODAY)
    return found


def problems(invoice: Invoice) -> list[Problem]:
    """Everything that is wrong with it."""
    return list(verdict(invoice).problems)


def kinds(invoice: Invoice) -> list[ProblemKind]:
    """The kinds alone."""
    return [problem.kind for problem in problems(invoice)]


def whats(invoice: Invoice) -> list[str]:
    """The sentences alone, without place and advice."""
    return [problem.what for problem in problems(invoice)]


def at(column: str | None, row: int = 2) -> Place:
    """A cell of the plain sheet that the factory makes."""
    return Place("march.xlsx", "Sheet1", row, column)
