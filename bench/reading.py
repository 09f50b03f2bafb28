"""`check --no-results` on large files, beside readers that only read them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.measuring import PYTHON, Comparison, Size, Task, exponent, goal, together, where_installed
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


POLARS_CSV = "import sys, polars; polars.read_csv(sys.argv[1], infer_schema=False)"
DUCKDB_CSV = "import sys, duckdb; duckdb.read_csv(sys.argv[1], all_varchar=True).fetchall()"
PYARROW_CSV = "import sys; from pyarrow import csv; csv.read_csv(sys.argv[1])"


def compare(folder: Path, size: Size) -> Iterator[Comparison]:
    """Files of `size.rows` rows and of fewer, made in `folder`; a csv of ten times as many where it may take long."""
    sizes = (size.rows // 100, size.rows // 10, size.rows)
    found = [_xlsx(folder, count, beside_pandas=count == size.rows) for count in sizes]
    yield from found
    yield _json(folder, size.rows, exponent(sizes, [each.measured[0] for each in found]))
    yield _csv(folder, size.rows)
    if size.big:
        yield _csv(folder, size.rows * 10)
    yield from map(partial(_badly, folder, size.rows), BADLY)


def check(path: Path, folder: Path, *options: str) -> list[str | Path]:
    """The command line of a dry run."""
    return [PYTHON, "-m", "importer", "check", path, "--sandbox", "--config", _settings(folder), *options]


def _settings(folder: Path) -> Path:
    config = folder / "importer.toml"
    config.write_text(f"home = '{folder / 'home'}'\n", encoding="utf-8")
    return config


def _xlsx(folder: Path, count: int, *, beside_pandas: bool) -> Comparison:
    path = make(folder / f"{count}.xlsx", count)
    tasks = [
        Task("check --no-results", check(path, folder, "--no-results")),
        Task("python-calamine, iter_rows, nothing else", [PYTHON, "-c", CALAMINE, path]),
    ]
    if beside_pandas:
        tasks.append(Task("pandas.read_excel, openpyxl, nothing else", [PYTHON, "-c", PANDAS_EXCEL, path]))
    measured = together(*tasks)
    ours, calamine = measured[:2]
    goals = (goal(ours.seconds / calamine.seconds, 2.8, "times the time of raw calamine"),) if beside_pandas else ()
    return Comparison(f"Read and check an xlsx of {count:,} rows", measured, goals)


def _json(folder: Path, count: int, remark: str) -> Comparison:
    path = folder / f"{count}.xlsx"
    measured = together(
        Task("check --no-results --json", check(path, folder, "--no-results", "--json")),
        Task("check --no-results", check(path, folder, "--no-results")),
    )
    return Comparison(f"The answer of {count:,} rows as JSON", measured, (remark,))


def _csv(folder: Path, count: int) -> Comparison:
    path = make(folder / f"{count}.csv", count)
    measured = together(
        Task("check --no-results", check(path, folder, "--no-results")),
        Task("csv module, nothing else", [PYTHON, "-c", CSV, path]),
        Task("pandas.read_csv, nothing else", [PYTHON, "-c", PANDAS_CSV, path]),
        *where_installed("polars", Task("polars.read_csv, nothing else", [PYTHON, "-c", POLARS_CSV, path])),
        *where_installed("duckdb", Task("duckdb.read_csv, nothing else", [PYTHON, "-c", DUCKDB_CSV, path])),
        *where_installed("pyarrow", Task("pyarrow.csv, nothing else", [PYTHON, "-c", PYARROW_CSV, path])),
    )
    goals: tuple[str, ...] = ()
    if count >= 1_000_000:
        ours, module = measured[:2]
        goals = (
            goal(ours.seconds / module.seconds, 4.5, "times the time of the csv module"),
            goal(ours.megabytes, 900, "megabytes"),
        )
    return Comparison(f"Read and check a csv of {count:,} rows", measured, goals)


HEADINGS = (
    "property_id,vendor_id,invoice_number,invoice_date,due_date,notes,memo,"
    "total_amount,financial_account_id,line_amount"
)
BADLY = {
    "every line has an unknown account": "prop-1,vend-1,A-1,2026-11-01,2026-11-30,x,y,{count}.00,Nobody,1.00",
    "no amount can be read": "prop-1,vend-1,A-1,2026-11-01,2026-11-30,x,y,{count}.00,finacct-1,1.0.0",
    "no line has an account": "prop-1,vend-1,A-1,2026-11-01,2026-11-30,x,y,{count}.00,,1.00",
}


def _badly(folder: Path, count: int, kind: str) -> Comparison:
    """One invoice of many lines, each with a problem, of two sizes."""
    sizes = (count // 4, count)
    paths = [folder / f"badly-{each}.csv" for each in sizes]
    for path, each in zip(paths, sizes, strict=True):
        path.write_text("\n".join([HEADINGS, *[BADLY[kind].format(count=each)] * each, ""]), encoding="utf-8")
    few, many, clean = together(
        *(
            Task(f"check --no-results, {each:,} lines", check(path, folder, "--no-results"), code=1)
            for path, each in zip(paths, sizes, strict=True)
        ),
        Task("check --no-results, as many rows without", check(folder / f"{count}.csv", folder, "--no-results")),
    )
    remarks = (
        exponent(sizes, (few, many)),
        goal(many.seconds / clean.seconds, 1.6, "times the time of a clean file of as many rows"),
    )
    return Comparison(f"One invoice of {count:,} lines: {kind}", (many, few, clean), remarks)
