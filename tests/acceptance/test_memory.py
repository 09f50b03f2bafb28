"""Memory that does not grow with the file where it need not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.workload import make

FEW, MANY = 400, 12_000
A_ROW = 1_450
"""Bytes that the peak may grow by for each row: its invoice, its line, its place in the report. The cells of a row, the
request made of it and what was decided of it take as much again, where they stay unpacked."""

MEASURE = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""
"""A small process in between: what is measured is born with the peak of whoever starts it."""


def peak(*command: str | Path) -> int:
    """The most memory that a command had, in bytes."""
    words = [sys.executable, "-c", MEASURE, *map(str, command)]
    code, most = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    assert code == "0"
    return int(most)


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="no wait4 here: this system does not tell what a process took")
def test_a_row_takes_little_memory(tmp_path: Path) -> None:
    """Read, checked and written into a results workbook."""
    config = tmp_path / "importer.toml"
    config.write_text(f"home = '{tmp_path / 'home'}'\n", encoding="utf-8")
    check = (sys.executable, "-m", "importer", "check", "--sandbox", "--config", config)
    _, few, many = (  # the first makes the ledger, for which more has to be loaded
        peak(*check, make(tmp_path / f"{count}.csv", count), "--results", tmp_path / f"{count}.xlsx")
        for count in (FEW, FEW, MANY)
    )
    assert 0 < (many - few) / (MANY - FEW) < A_ROW
