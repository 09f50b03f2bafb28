"""How bad each kind of problem is, where the settings say otherwise than `problems`.

A warning may be made an error, or be left unsaid. An error may be softened only where an invoice could be sent all
the same: a date that nobody can read stays an error, whatever the settings say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal

from importer.domain.problem_catalog import KINDS
from importer.domain.problems import Problem, ProblemKind, Severity

Level = Literal["error", "warning", "off"]

SOFTENED = frozenset(("due-before-issued", "impossible-year", "closed-period", "inactive-record", "not-at-property"))
"""Errors that may be made a warning, or be switched off."""

NEVER_OFF = frozenset(("refused-before",))


def unusable(levels: Mapping[str, str]) -> str | None:
    """What is wrong with the levels of the settings, in a sentence; None where nothing is."""
    for code, level in levels.items():
        kind = KINDS.get(code)
        if kind is None:
            return f"there is no problem with the code {code!r}"
        softens = kind.severity is Severity.ERROR and level != "error"
        if (softens and code not in SOFTENED) or (level == "off" and code in NEVER_OFF):
            return f"{code} cannot be {level!r}: an invoice with that cannot be sent as it is"
    return None


def with_levels(problems: Iterable[Problem], levels: Mapping[str, Level]) -> tuple[Problem, ...]:
    """The problems as bad as the settings say; without those that are switched off."""
    if not levels:
        return tuple(problems)
    kept: list[Problem] = []
    for problem in problems:
        level = levels.get(problem.kind.code)
        if level is None:
            kept.append(problem)
        elif level != "off":
            kept.append(replace(problem, kind=_as(problem.kind, Severity(level))))
    return tuple(kept)


def _as(kind: ProblemKind, severity: Severity) -> ProblemKind:
    return kind if kind.severity is severity else replace(kind, severity=severity)
