"""Makes the blank sheets of this folder from the one table of columns: `python -m templates.make`."""

from __future__ import annotations

import csv
from pathlib import Path

from importer.report.workbook.template import OFFERED, write_blank

__all__ = ["FOLDER", "OFFERED", "write_csv", "write_xlsx"]

FOLDER = Path(__file__).parent

write_xlsx = write_blank


def write_csv(path: Path) -> None:
    """One heading row, no data."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerow(column.heading for column in OFFERED)


if __name__ == "__main__":
    write_csv(FOLDER / "invoices.csv")
    write_xlsx(FOLDER / "invoices.xlsx")
