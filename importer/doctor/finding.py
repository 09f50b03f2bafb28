"""What the doctor says of one thing: a line, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class CheckResult(StrEnum):
    """How one thing is."""

    OK = "ok"
    LOOK = "look"  # nothing stops, and somebody should know
    WRONG = "wrong"  # something needs doing
    UNTOLD = "cannot tell"  # what it depends on is not there


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    about: str  # "Ledger"
    verdict: CheckResult
    said: str
    advice: str = ""


def ok(about: str, said: str) -> Finding:
    """It is as it should be."""
    return Finding(about, CheckResult.OK, said)


def look(about: str, said: str, advice: str = "") -> Finding:
    """Nothing stops, and somebody should know."""
    return Finding(about, CheckResult.LOOK, said, advice)


def wrong(about: str, said: str, advice: str = "") -> Finding:
    """Something needs doing."""
    return Finding(about, CheckResult.WRONG, said, advice)


def untold(about: str, said: str, advice: str = "") -> Finding:
    """It cannot be told."""
    return Finding(about, CheckResult.UNTOLD, said, advice)


def exit_code(findings: Sequence[Finding]) -> int:
    """0: all is well, or nearly; 1: something needs doing; 2: it cannot be told."""
    verdicts = {each.verdict for each in findings}
    return 1 if CheckResult.WRONG in verdicts else 2 if CheckResult.UNTOLD in verdicts else 0
