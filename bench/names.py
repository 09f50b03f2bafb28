"""`sync` of a large account, and what names cost: `check` of a file of names beside the same file with ids."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.measuring import PYTHON, Comparison, Size, run
from bench.workload import HEADINGS, rows
from importer.sandbox import INTEGRATION_ID, TOKEN, Behaviour, account, embedded

PER_ROW = (0.2, 0.5)
"""Vendors and invoices in the account for each row of the file: 20,000 and 50,000 for 100,000 rows."""

OPEN = account.PROPERTIES[:5]
CODES = [known for known in account.ACCOUNTS if known.is_active]
PAGES = """
import httpx, sys
asked = {"integration_id": sys.argv[3], "order-by": "created_at:asc,id:asc", "limit": 250}
with httpx.Client(base_url=sys.argv[1], headers={"Authorization": "Bearer " + sys.argv[2]}, timeout=60) as client:
    for name in ("properties", "financial-accounts", "accounting-entities", "vendors", "invoices"):
        offset, more = 0, True
        while more:
            page = client.get(f"/v1/{name}/", params={**asked, "offset": offset}).json()
            offset, more = offset + len(page["results"]), page["meta"]["hasMore"]
"""


def compare(folder: Path, size: Size) -> Iterator[Comparison]:
    """An account and two files that say the same, one in names and one in ids, made in `folder`."""
    vendors, invoices = (max(10, round(size.rows * each)) for each in PER_ROW)
    for kind in ("names", "ids"):
        subprocess.run(
            [sys.executable, "-m", "bench.names", str(folder / f"{kind}.csv"), str(size.rows), str(vendors), kind],
            check=True,
        )
    with embedded(folder / "api", time.time, behaviour=Behaviour(rate_limit=1_000_000)) as url:
        _grow(url, vendors, invoices)
        environment = {
            "PROPEXO_URL": url,
            "PROPEXO_TOKEN": TOKEN,
            "PROPEXO_INTEGRATION_ID": INTEGRATION_ID,
            "IMPORTER_RATE_LIMIT": "100000",
        }
        fresh, fetched = environment | _home(folder, "fresh"), environment | _home(folder, "fetched")
        ours = [PYTHON, "-m", "importer"]
        check = [*ours, "check", "--no-results"]
        yield Comparison(
            f"Fetch {vendors:,} vendors and {invoices:,} invoices from the stand-in on this machine",
            (
                run("sync --full", [*ours, "sync", "--full"], fetched),
                run("httpx, the same pages, thrown away", [PYTHON, "-c", PAGES, url, TOKEN, INTEGRATION_ID]),
            ),
        )
        yield Comparison(
            f"Check {size.rows:,} rows",
            (
                run(
                    "names, looked up in what was fetched",
                    [*check, folder / "names.csv"],
                    fetched,
                ),
                run("ids, with what was fetched", [*check, folder / "ids.csv"], fetched),
                run("ids, nothing fetched", [*check, folder / "ids.csv"], fresh),
            ),
        )


def write(path: Path, count: int, vendors: int, *, by_name: bool) -> None:
    """The workload with properties, vendors and accounts of the stand-in's account."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(HEADINGS)
        at = {name: HEADINGS.index(name) for name in ("property_id", "vendor_id", "financial_account_id")}
        for row in rows(count):
            cells = list(row)
            place = OPEN[int(str(row[at["property_id"]]).removeprefix("prop-"), 16) % len(OPEN)]
            vendor = 1 + int(str(row[at["vendor_id"]]).removeprefix("vend-"), 16) % vendors
            code = CODES[int(str(row[at["financial_account_id"]]).removeprefix("finacct-")) % len(CODES)]
            cells[at["property_id"]] = place.name.upper() if by_name else place.id
            cells[at["vendor_id"]] = f"more {vendor:06}" if by_name else f"{account.MORE_VENDORS}{vendor:06}"
            cells[at["financial_account_id"]] = code.account_number if by_name else code.id
            writer.writerow(cells)


def _grow(url: str, vendors: int, invoices: int) -> None:
    grow = "import httpx, json, sys; httpx.post(sys.argv[1], json=json.loads(sys.argv[2]), timeout=300)"
    order = json.dumps({"vendors": vendors, "invoices": invoices})
    subprocess.run([sys.executable, "-c", grow, f"{url}/_sandbox/more", order], check=True)


def _home(folder: Path, name: str) -> dict[str, str]:
    return {"IMPORTER_HOME": str(folder / name)}


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), by_name=sys.argv[4] == "names")
