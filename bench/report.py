"""`check` with its results workbook, beside libraries that write as many cells and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.measuring import PYTHON, Comparison, Size, run
from bench.reading import check
from bench.workload import make

XLSXWRITER = """
import csv, sys
from xlsxwriter import Workbook
book = Workbook(sys.argv[2], {"constant_memory": True})
sheet = book.add_worksheet()
for at, row in enumerate(csv.reader(open(sys.argv[1], newline=""))):
    sheet.write_row(at, 0, row)
book.close()
"""
OPENPYXL = """
import csv, sys
from openpyxl import Workbook
book = Workbook(write_only=True)
sheet = book.create_sheet()
for row in csv.reader(open(sys.argv[1], newline="")):
    sheet.append(row)
book.save(sys.argv[2])
"""


def compare(folder: Path, size: Size) -> Iterator[Comparison]:
    """A csv of `size.rows` rows, made in `folder`; ten times as many would not say more."""
    path = make(folder / "report.csv", size.rows)
    yield Comparison(
        f"Read, check and write the results workbook of {size.rows:,} rows",
        (
            run("check", check(path, folder, "--results", str(folder / "ours.xlsx"))),
            run("XlsxWriter, constant_memory, one plain sheet", [PYTHON, "-c", XLSXWRITER, path, folder / "raw.xlsx"]),
            run("openpyxl, write_only, one plain sheet", [PYTHON, "-c", OPENPYXL, path, folder / "raw.xlsx"]),
        ),
    )
