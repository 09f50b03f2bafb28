"""No bytes make the reader crash, hang or lose a row: a file is read to its last row, or refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.domain.reading import Reading
from importer.errors import FileUnreadable
from importer.reading import read_files
from importer.reading.read import read_contents
from tests.reading.made_tables import contents, profile, sheet

HEADING = b"Invoice #,Date,Qty,Price,Amount,Description\n"
pieces = st.sampled_from(
    [
        b"A",
        b"B",
        b",",
        b",",
        b",",
        b"\n",
        b"\r\n",
        b'"',
        b"2026-03-14",
        b"3/4/26",
        b"1.00",
        b"(2)",
        b"Total",
        b"\xff",
        b"\xe4",
        b" ",
        b"0",
    ]
)


def accounted(reading: Reading) -> None:
    """Every row of every sheet is the heading, in one invoice, in one problem of the file, or skipped."""
    for table in reading.tables:
        data = [row.number for row in table.rows]
        of_invoices = [row.number for invoice in reading.invoices for row in invoice.rows if row.source is table.source]
        strays = set(data) - set(of_invoices)
        named = {problem.place.row for problem in reading.problems if problem.is_error}
        assert len(of_invoices) == len(set(of_invoices))
        assert strays <= named
        everything = sorted(
            [*data, *(each.row for each in table.skipped), *([table.source.heading_row] if data else [])]
        )
        assert everything == list(range(1, len(everything) + 1))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bytes")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(st.binary(max_size=400) | st.lists(pieces, max_size=80).map(lambda some: HEADING + b"".join(some)))
def test_any_bytes_are_read_or_refused(folder: Path, content: bytes) -> None:
    """Broken quotes, other encodings, totals, half rows: nothing is lost in silence."""
    path = folder / "any.csv"
    path.write_bytes(content)
    try:
        reading = read_files([path], profile=profile())
    except FileUnreadable:
        return
    accounted(reading)


cells = st.sampled_from(
    [
        None,
        "A",
        "B",
        "Total",
        "Invoice #",
        "2026-03-14",
        "03/04/2026",
        46095,
        1,
        2.5,
        "1.00",
        "(2)",
        "x y z",
        True,
        "Page 1 of 2",
        "-",
    ]
)


@settings(deadline=None)
@given(st.lists(st.lists(cells, max_size=6), max_size=15))
def test_any_rows_are_accounted_for(rows: list[list[str | float | None]]) -> None:
    """Whatever stands below, above or instead of the heading."""
    try:
        reading = read_contents([contents(sheet(HEADING.decode().strip().split(","), *rows))], profile=profile())
    except FileUnreadable:
        return
    accounted(reading)
