"""One clock, handed in: how it is moved, that it still runs, and that nobody reads another."""

from __future__ import annotations

import ast
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from importer.cli.command_context import at_desk
from importer.clock import MOST, VARIABLE, Clock, clock_of
from importer.errors import BadSettings, CannotRun

ROOT = Path(__file__).parent.parent
READERS = {
    "importer/clock.py": "hands it in",
    "importer/propexo/answers.py": "a pause until a moment that the API names",
    "importer/ledger/schema.py": "leases and turns, which all on this machine share",
    "importer/propexo/exchange_deadline.py": "whether the machine slept",
    "tests/test_clock.py": "compares with it",
    "tests/cli/test_days.py": "moves it to a day of its own",
}
"""Who may ask this machine what day it is, and for what."""

ASKING = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")} | {
    ("time", each) for each in ("localtime", "gmtime", "time_ns", "ctime")
}


def test_nobody_else_asks_the_machine() -> None:
    """What a running clock decides must be decided by the clock that was handed in."""
    asked = [
        f"{path.relative_to(ROOT)}, line {each.lineno}: {ast.unparse(each)}"
        for part in ("importer", "tests")
        for path in sorted((ROOT / part).rglob("*.py"))
        if path.relative_to(ROOT).as_posix() not in READERS
        for each in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name)
        if (each.value.id, each.attr) in ASKING
    ]
    assert asked == []


def test_a_moved_clock_still_runs() -> None:
    """It is ahead by a constant, by whichever of its two faces."""
    before, moved, after = time.time(), clock_of({VARIABLE: " 86400 "}), time.time()
    assert moved == Clock(86_400)
    assert before + 86_400 <= moved.seconds() < after + 86_460
    assert abs(moved.now() - datetime.now(UTC)).total_seconds() == pytest.approx(86_400, abs=60)
    assert clock_of({}) == clock_of({VARIABLE: ""}) == Clock()
    assert clock_of({VARIABLE: f"-{MOST}"}) == Clock(-MOST)


@pytest.mark.parametrize("given", ["tomorrow", "1.5", "+5", "²", str(MOST + 1), "9" * 5_000, "2028-02-29"])
def test_what_is_no_number_of_seconds_moves_nothing(given: str) -> None:
    """And is not taken for zero either: somebody meant something by it."""
    with pytest.raises(BadSettings, match=VARIABLE):
        clock_of({VARIABLE: given})


def test_nobody_posts_to_resman_by_a_moved_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even a check is made: an API that is not on this machine would be asked, and bills judged, by a false day."""
    for name, value in {
        VARIABLE: "60",
        "IMPORTER_HOME": str(tmp_path),
        "PROPEXO_URL": "https://api.propexo.com",
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CannotRun, match="not a stand-in on this machine"), at_desk({}):
        pytest.fail("a run began")
    with at_desk({"sandbox": True}) as desk:
        assert desk.settings.sandbox
