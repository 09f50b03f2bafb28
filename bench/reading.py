"""`check --no-results` on large files, beside readers that only read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.measuring import PYTHON, Comparison, Size, run
from bench.workload import make

CALAMINE = """
import sys
from python_calamine import CalamineWorkbook
for row in CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).iter_rows():
    pass
"""
PANDAS_EXCEL = "import sys, pandas; pandas.read_excel(sys.argv[1], engine='openpyxl', dtype=str)"
CSV = "import csv, sys\nfor row in csv.reader(open(sys.argv[1], newline='')): pass"
PANDAS_CSV = "import sys, pandas; pandas.read_csv(sys.argv[1], dtype=str)"


def compare(folder: Path, size: Size) -> Iterator[Comparison]:
    """Files of `size.rows` rows and of fewer, made in `folder`; a csv of ten times as many where it may take long."""
    for count in (size.rows // 100, size.rows // 10, size.rows):
        yield _xlsx(folder, count, beside_pandas=count == size.rows)
    yield _csv(folder, size.rows)
    if size.big:
        yield _csv(folder, size.rows * 10)


def check(path: Path, folder: Path, *options: str) -> list[str | Path]:
    """The command line of a dry run."""
    return [PYTHON, "-m", "importer", "check", path, "--sandbox", "--config", _settings(folder), *options]


def _settings(folder: Path) -> Path:
    config = folder / "importer.toml"
    config.write_text(f"home = '{folder / 'home'}'\n", encoding="utf-8")
    return config


def _xlsx(folder: Path, count: int, *, beside_pandas: bool) -> Comparison:
    path = make(folder / f"{count}.xlsx", count)
    measured = [
        run("check --no-results", check(path, folder, "--no-results")),
        run("python-calamine, iter_rows, nothing else", [PYTHON, "-c", CALAMINE, path]),
    ]
    if beside_pandas:
        measured.append(run("pandas.read_excel, openpyxl, nothing else", [PYTHON, "-c", PANDAS_EXCEL, path]))
    return Comparison(f"Read and check an xlsx of {count:,} rows", tuple(measured))


def _csv(folder: Path, count: int) -> Comparison:
    path = make(folder / f"{count}.csv", count)
    return Comparison(
        f"Read and check a csv of {count:,} rows",
        (
            run("check --no-results", check(path, folder, "--no-results")),
            run("csv module, nothing else", [PYTHON, "-c", CSV, path]),
            run("pandas.read_csv, nothing else", [PYTHON, "-c", PANDAS_CSV, path]),
        ),
    )
