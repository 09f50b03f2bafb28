"""What is wrong at one place of the input: the value that travels with its row to every report.

A `ProblemKind` is looked up by its code (`problem_catalog`); a `Problem` is one occurrence at one place. An
error stops its invoice (or its row, where the row belongs to no invoice); a warning is shown and stops nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"  # the invoice is not sent until it is mended
    WARNING = "warning"  # the invoice is sent; somebody should look


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of problem: its code (for the documentation and for scripts), a title, and the way out."""

    code: str
    severity: Severity
    title: str
    advice: str
    stops_run: bool = False  # nothing of the run is sent, not only this invoice


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the input. `row` is 1-based as the spreadsheet shows it; `column` is its letter ("C")."""

    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    column: str | None = None

    @property
    def cell(self) -> str:
        """ "C17", "row 17", "column C" or "", as a clerk would point at it."""
        if self.row is None:
            return f"column {self.column}" if self.column else ""
        return f"{self.column}{self.row}" if self.column else f"row {self.row}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong at one place. `what` is a sentence that quotes the cell; `value` is the cell's text."""

    kind: ProblemKind
    what: str
    place: Place = Place()
    field: str | None = None
    value: str | None = None
    advice: str | None = None  # a way out that fits this case better than the kind's own

    @property
    def severity(self) -> Severity:
        """That of its kind."""
        return self.kind.severity

    @property
    def is_error(self) -> bool:
        """True where the invoice must not be sent."""
        return self.kind.severity is Severity.ERROR

    @property
    def message(self) -> str:
        """What, where and what to do, in one line."""
        where = f"{self.place.cell}: " if self.place.cell else ""
        advice = self.kind.advice if self.advice is None else self.advice
        return f"{where}{self.what} {advice}".strip()
