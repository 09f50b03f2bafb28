"""Makes input files of any size: the plain layout, 13 columns, two or three lines for each invoice."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

HEADINGS = (
    "property_id",
    "vendor_id",
    "invoice_number",
    "invoice_date",
    "due_date",
    "accounting_date",
    "notes",
    "memo",
    "total_amount_in_cents",
    "financial_account_id",
    "quantity_ordered",
    "unit_price_in_cents",
    "item_notes",
)
Row = tuple[str | int | date, ...]
NEWEST = timedelta(days=20)


def rows(count: int, *, missing: int = 0) -> Iterator[Row]:
    """So many rows; 100,000 of them are 40,000 invoices. All of them are right, or `missing` cents are in no line."""
    today = datetime.now().astimezone().date()
    invoice = at = 0
    while at < count:
        size = min(2 + invoice % 2, count - at)
        lines = [(1 + (invoice + line) % 9, 1_050 + (invoice * 7 + line * 13) % 90_000) for line in range(size)]
        issued = today - NEWEST - timedelta(days=invoice % 60)
        for line, (quantity, price) in enumerate(lines):
            yield (
                f"prop-{invoice % 120:016x}",
                f"vend-{invoice % 400:016x}",
                f"INV-{invoice:07}",
                issued,
                issued + timedelta(days=30),
                issued + timedelta(days=5),
                f"Work order {50_000 + invoice}",
                "Monthly service",
                sum(quantity * price for quantity, price in lines) + missing,
                f"finacct-{6000 + (invoice + line) % 60}",
                quantity,
                price,
                f"Visit {line + 1}, building {invoice % 14}",
            )
        at += size
        invoice += 1


def make(path: Path, count: int, *, missing: int = 0) -> Path:
    """Writes a csv or an xlsx of so many rows, in a process of its own: a measured process is born with the peak
    memory of the one that starts it."""
    subprocess.run([sys.executable, "-m", "bench.workload", str(path), str(count), str(missing)], check=True)
    return path


def write_csv(path: Path, count: int, missing: int = 0) -> None:
    """Dates as 2026-03-31."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(HEADINGS)
        writer.writerows(rows(count, missing=missing))


def write_xlsx(path: Path, count: int, missing: int = 0) -> None:
    """As Excel saves it: texts shared, dates as dates, numbers as numbers."""
    from xlsxwriter import Workbook

    with Workbook(path, {"default_date_format": "yyyy-mm-dd", "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADINGS)
        for at, row in enumerate(rows(count, missing=missing), 1):
            sheet.write_row(at, 0, row)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    (write_xlsx if target.suffix == ".xlsx" else write_csv)(target, *map(int, sys.argv[2:]))
