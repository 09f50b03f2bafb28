"""The catalogue of problems: complete, worded for a clerk, and every kind of it in use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import importer
from importer.domain import problem_catalog
from importer.domain.problem_catalog import KINDS, MISSING_VALUE
from importer.domain.problems import (
    Place,
    Problem,
    ProblemKind,
    Severity,
)

EVERY_KIND = list(KINDS.values())
each_kind = pytest.mark.parametrize("kind", EVERY_KIND, ids=list(KINDS))


def test_every_kind_is_in_the_catalogue_under_its_own_code() -> None:
    """One code each, in the order of the page."""
    named = {name: value for name, value in vars(problem_catalog).items() if isinstance(value, ProblemKind)}
    assert list(named.values()) == EVERY_KIND
    assert len({kind.code for kind in EVERY_KIND}) == len(EVERY_KIND)


@each_kind
def test_a_kind_reads_well(kind: ProblemKind) -> None:
    """A code for scripts; a title that is a phrase; a way out that is a sentence and tells somebody to do something."""
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.code)
    assert re.fullmatch(r"[A-Z].*[^.!?]", kind.title)
    assert re.fullmatch(r"[A-Z].*\.", kind.advice)
    assert max(len(kind.title), len(kind.advice)) < 130


@each_kind
def test_a_kind_is_met_somewhere(kind: ProblemKind) -> None:
    """Nothing in the catalogue is a promise that no code keeps."""
    name = next(name for name, value in vars(problem_catalog).items() if value is kind)
    folder = Path(importer.__file__).parent
    sources = (path.read_text(encoding="utf-8") for path in folder.rglob("*.py") if path.name != "problems.py")
    uses = re.compile(rf"\b{name}\b|\"{kind.code}\"")
    imports = re.compile(r"^from .* import (\([^)]*\)|.*)$", re.MULTILINE)
    assert any(uses.search(imports.sub("", source)) for source in sources)


def test_a_message_says_where_what_and_what_to_do() -> None:
    """In one line; the advice of this case wins over that of its kind, and may be nothing at all."""
    place = Place("march.xlsx", "Sheet1", 17, "C")
    problem = Problem(MISSING_VALUE, "The Invoice # is blank.", place, "invoice_number", "")
    assert problem.message == "C17: The Invoice # is blank. Fill it in."
    assert Problem(MISSING_VALUE, "It is blank.", Place("march.xlsx"), advice="Ask.").message == "It is blank. Ask."
    assert Problem(MISSING_VALUE, "It is blank.", advice="").message == "It is blank."
    assert (problem.severity, problem.is_error) == (Severity.ERROR, True)


def test_what_stops_a_whole_run_says_so() -> None:
    """Where it cannot be known what the file says as a whole; everything else stops its own invoice or nothing."""
    stopping = [kind for kind in EVERY_KIND if kind.stops_run]
    assert stopping == [
        problem_catalog.STATED_CURRENCY,
        problem_catalog.BROKEN_QUOTES,
        problem_catalog.GROUPS,
        problem_catalog.WHOSE_FILE,
        problem_catalog.OTHER_VENDOR,
        problem_catalog.CONTROL_TOTAL,
    ]
    assert all(kind.advice.startswith("Nothing of the run is sent.") for kind in stopping)
