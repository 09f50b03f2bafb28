"""What a rule looks at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from importer.domain.invoice import Invoice
from importer.validation.line_rounding import LineCharge


@dataclass(frozen=True, slots=True)
class DateLimits:
    """How far from today a bill date may lie before somebody should look, in days."""

    old_after: int = 366
    future_after: int = 60


USUAL_LIMITS = DateLimits()


class RuleInput(NamedTuple):
    """One invoice under judgement. A charge is None where the cells of its line do not say what it comes to."""

    invoice: Invoice
    charges: tuple[LineCharge | None, ...]  # one for each line, and perhaps one for rounding
    today: date
    limits: DateLimits = USUAL_LIMITS
