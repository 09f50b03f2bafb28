"""A run against the stand-in, as it is written down: no command in it leaves the rehearsal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from importer.domain.outcome import Run
from importer.domain.problems import Problem
from importer.report.sandbox_commands import SANDBOX, with_sandbox_flag


def as_rehearsal(run: Run) -> Run:
    """The same run, with `--sandbox` in each command that its problems tell, where it was a rehearsal."""
    if run.destination != SANDBOX:
        return run
    outcomes = tuple(
        outcome._replace(problems=_told(outcome.problems)) if outcome.problems else outcome for outcome in run.outcomes
    )
    return replace(run, outcomes=outcomes, reading=replace(run.reading, problems=_told(run.reading.problems)))


def _told(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(map(_as_told, problems))


def _as_told(problem: Problem) -> Problem:
    what, advice = with_sandbox_flag(problem.what, SANDBOX), problem.advice
    usual = problem.kind.advice if advice is None else advice
    if with_sandbox_flag(usual, SANDBOX) != usual:
        advice = with_sandbox_flag(usual, SANDBOX)
    return problem if (what, advice) == (problem.what, problem.advice) else replace(problem, what=what, advice=advice)
