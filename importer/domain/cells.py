"""A cell of a spreadsheet, exactly as its file holds it, and how a person calls and sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ErrorCell:
    """A cell that holds a spreadsheet error; `text` is as Excel shows it ("#REF!")."""

    text: str


@dataclass(frozen=True, slots=True)
class UncalculatedCell:
    """A formula whose result is not stored in the file; `text` is the formula ("=B2*C2")."""

    text: str


Cell = str | int | float | bool | date | datetime | time | timedelta | ErrorCell | UncalculatedCell | None
"""A cell exactly as the file holds it. `None` is blank; text is never stripped; a csv has text and blanks only."""


def cell_text(cell: Cell) -> str:
    """The cell as its spreadsheet shows it: 15 significant digits, whole numbers without ".0", dates as ISO."""
    match cell:
        case None:
            return ""
        case str():
            return cell
        case bool():
            return "TRUE" if cell else "FALSE"
        case float():
            digits = f"{cell:.15g}"
            if "e" not in digits:
                return digits
            exact = Decimal(digits)
            return f"{exact:f}" if abs(exact.adjusted()) <= 15 else digits.upper()
        case datetime():
            return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
        case date() | time():
            return cell.isoformat()
        case ErrorCell() | UncalculatedCell():
            return cell.text
        case _:
            return str(cell)


def column_letter(index: int) -> str:
    """0 → "A", 26 → "AA"."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
