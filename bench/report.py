"""`check` with its results workbook, and that workbook given back, beside libraries that do as many cells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.measuring import PYTHON, Comparison, Size, Task, together
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
OPENPYXL_READS = """
import sys
from openpyxl import load_workbook
for sheet in load_workbook(sys.argv[1], read_only=True):
    for row in sheet.iter_rows(values_only=True):
        pass
"""


def compare(folder: Path, size: Size) -> Iterator[Comparison]:
    """A csv of `size.rows` rows, made in `folder`; ten times as many would not say more."""
    path = make(folder / "report.csv", size.rows)
    yield Comparison(
        f"Read, check and write the results workbook of {size.rows:,} rows",
        together(
            Task("check", check(path, folder, "--results", str(folder / "ours.xlsx"))),
            Task("check --no-results, without the writing", check(path, folder, "--no-results")),
            Task("XlsxWriter, constant_memory, one plain sheet", [PYTHON, "-c", XLSXWRITER, path, folder / "raw.xlsx"]),
            Task("openpyxl, write_only, one plain sheet", [PYTHON, "-c", OPENPYXL, path, folder / "raw.xlsx"]),
        ),
    )
    wrong = make(folder / "wrong.csv", size.rows, missing=900)
    yield Comparison(
        f"The same where every invoice of the {size.rows:,} rows is wrong: all of them stand in the workbook twice",
        together(
            Task("check", check(wrong, folder, "--results", str(folder / "wrong.xlsx")), code=1),
            Task("check --no-results, without the writing", check(wrong, folder, "--no-results"), code=1),
            Task(
                "XlsxWriter, constant_memory, one plain sheet", [PYTHON, "-c", XLSXWRITER, wrong, folder / "raw.xlsx"]
            ),
        ),
    )
    given_back = folder / "ours.xlsx"
    yield Comparison(
        f"Take the results workbook of {size.rows:,} rows back, and check it",
        together(
            Task("check", check(given_back, folder, "--no-results")),
            Task("openpyxl, read_only, nothing but reading", [PYTHON, "-c", OPENPYXL_READS, given_back]),
        ),
    )
