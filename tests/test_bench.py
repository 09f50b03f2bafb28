"""The demo and the benchmarks run; what they measure is nobody's promise and is not tested."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def run(module: str, *options: str, folder: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", module, *options]
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout


def test_the_demo_posts_once(tmp_path: Path) -> None:
    """A newcomer sees eight invoices posted and a workbook beside the file; the second time nothing is posted."""
    first = run("bench.demo", folder=tmp_path)
    assert "8 invoices posted, $9,443.88." in first
    assert (tmp_path / "demo-out" / "greenleaf-october.results.xlsx").exists()
    assert "8 invoices posted before, $9,443.88." in run("bench.demo", folder=tmp_path)


def test_the_demo_has_a_day_of_its_own(tmp_path: Path) -> None:
    """So that its invoices are never old: its clock goes on from when it was first run, whatever the calendar says."""
    assert "a clock that says November 2026" in run("bench.demo", folder=tmp_path)
    (archived,) = (tmp_path / "demo-out" / "home" / "sandbox" / "archive").iterdir()
    assert archived.name.startswith(("2026-11-05", "2026-11-06"))  # far in the east it is the next day
    told = run("bench.demo", "check", folder=tmp_path)
    assert "6 of 23 invoices ready to send" in told
    assert "days ago" not in told


def test_a_benchmark_prints_ours_beside_its_baselines(tmp_path: Path) -> None:
    """On a few rows, because only the printing is of interest here."""
    told = run("bench", "report", "--rows", "50", folder=tmp_path)
    assert "workbook of 50 rows" in told
    assert told.count(" MB") == 9
    assert told.count("× its time") == 6
