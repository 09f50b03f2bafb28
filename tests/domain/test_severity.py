"""How bad a problem is, where the settings say otherwise."""

from __future__ import annotations

import pytest

from importer.domain.problem_catalog import (
    CLOSED_PERIOD,
    KINDS,
    MISSING_VALUE,
    NEAR_DUPLICATE,
)
from importer.domain.problems import Problem, Severity
from importer.domain.severity import SOFTENED, unusable, with_levels


def test_a_warning_can_stop_and_a_soft_error_need_not() -> None:
    """Made worse, made better, switched off; what is not named stays."""
    said = [Problem(NEAR_DUPLICATE, "a"), Problem(CLOSED_PERIOD, "b"), Problem(MISSING_VALUE, "c")]
    told = with_levels(said, {"near-duplicate": "error", "closed-period": "warning"})
    assert [problem.severity for problem in told] == [Severity.ERROR, Severity.WARNING, Severity.ERROR]
    assert [problem.what for problem in with_levels(said, {"near-duplicate": "off", "closed-period": "off"})] == ["c"]
    assert with_levels(said, {}) == tuple(said)


@pytest.mark.parametrize("code", [kind.code for kind in KINDS.values() if kind.severity is Severity.ERROR])
def test_only_what_could_be_sent_all_the_same_can_be_softened(code: str) -> None:
    """A date that nobody can read, or a number that ResMan holds already, stays an error."""
    assert (unusable({code: "off"}) is None) == (code in SOFTENED)
    assert unusable({code: "error"}) is None


def test_a_code_that_does_not_exist_is_told() -> None:
    """A slip in the settings does not pass unnoticed."""
    assert unusable({"near-duplicates": "off"}) == "there is no problem with the code 'near-duplicates'"
