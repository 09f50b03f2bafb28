"""Runs that nobody would think of: any cells, any statuses, several files and sheets, rows in no invoice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from importer.domain.cells import Cell, ErrorCell, UncalculatedCell
from importer.domain.follow_up_facts import DifferenceFromPosted, StillPosted
from importer.domain.invoice import Invoice, Row, Source
from importer.domain.outcome import Outcome, Run, Status
from importer.domain.problem_catalog import NOT_A_DATE, OLD_DATE, TOTAL_MISMATCH
from importer.domain.problems import Place, Problem
from importer.domain.reading import (
    InputFile,
    Reading,
    SkippedRow,
    Table,
)
from tests import factory

CELLS: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    st.text(max_size=8),
    st.sampled_from(
        ["=1+1", "@x", "+1", "-1", "\t=1", "<r>x</r>", "_x0041_", "http://x.example", " a ", "a\r\nb", "\x00"]
    ),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400)),
    st.sampled_from(["#REF!", "#N/A"]).map(ErrorCell),
    st.just(UncalculatedCell("=B2*C2")),
)
NAMES = st.text(st.characters(categories=("L", "N", "P", "Zs")), min_size=1, max_size=12)


STAYS = st.builds(
    StillPosted,
    NAMES,
    NAMES,
    NAMES,
    st.integers(-5_000, 5_000_000),
    st.just("job-1"),
    st.sampled_from(["confirmed", "pending"]),
    st.sampled_from(DifferenceFromPosted),
)
"""What is in ResMan out of the files and not read so."""


@st.composite
def runs(draw: st.DrawFn) -> Run:
    """A run over one to three tables; no two rows of it have the same file, sheet and number."""
    shared = draw(st.lists(CELLS, min_size=1, max_size=4))
    tables: list[Table] = []
    outcomes: list[Outcome] = []
    problems: list[Problem] = []
    for index in range(draw(st.integers(1, 3))):
        headings = shared if draw(st.booleans()) else draw(st.lists(CELLS, max_size=5))
        source = Source(
            f"{draw(NAMES)}{index}.xlsx",
            draw(st.none() | NAMES),
            1,
            tuple(headings),
            {"invoice_number": 0, "line_amount": 1},
        )
        rows, skipped = [], []
        invoice_rows: list[Row] = []
        for number in range(2, 2 + draw(st.integers(0, 7))):
            cells = tuple(draw(st.lists(CELLS, max_size=6)))
            part = draw(st.sampled_from(["new invoice", "same invoice", "loose", "skipped"]))
            if part == "skipped":
                skipped.append(SkippedRow(source.file, source.sheet, number, draw(NAMES), cells))
                continue
            row = Row(source, number, cells)
            rows.append(row)
            if part == "loose":
                problems.append(Problem(NOT_A_DATE, draw(NAMES), row.place()))
            elif part == "same invoice" and invoice_rows:
                invoice_rows.append(row)
            else:
                outcomes += _outcomes(draw, invoice_rows)
                invoice_rows = [row]
        outcomes += _outcomes(draw, invoice_rows)
        tables.append(Table(source, tuple(rows), tuple(skipped)))
    if draw(st.booleans()):
        problems.append(Problem(OLD_DATE, "about the file", Place(tables[0].source.file)))
    files = tuple(InputFile(table.source.file, "0" * 64, 1) for table in tables)
    reading = Reading(files, tuple(tables), tuple(outcome.invoice for outcome in outcomes), tuple(problems))
    run = factory.run(*outcomes, of=reading, command=draw(st.sampled_from(["check", "submit"])))
    later = {one.key for one in outcomes if one.key and draw(st.booleans())}
    return replace(run, stays=tuple(draw(st.lists(STAYS, max_size=2))), later=frozenset(later))


def _outcomes(draw: st.DrawFn, rows: list[Row]) -> Iterator[Outcome]:
    if not rows:
        return
    total = draw(st.none() | st.integers(-5_000, 5_000_000).map(Decimal))
    invoice = Invoice(
        factory.INTEGRATION,
        draw(st.none() | NAMES),
        draw(st.none() | NAMES),
        draw(st.none() | NAMES),
        draw(st.none() | st.dates()),
        date(2026, 3, 31),
        None,
        "",
        "",
        total,
        (),
        tuple(rows),
    )
    status = draw(st.sampled_from(Status))
    found = []
    for kind in draw(st.lists(st.sampled_from([TOTAL_MISMATCH, NOT_A_DATE, OLD_DATE]), max_size=2)):
        where = draw(st.sampled_from(rows))
        column = draw(st.sampled_from(["A", "C", "H", None]))
        found.append(Problem(kind, draw(NAMES), Place(where.source.file, where.source.sheet, where.number, column)))
    yield factory.outcome(
        invoice, status, problems=found, resman=draw(st.sampled_from([None, "confirmed", "pending", "no"]))
    )


def readable(cell: object) -> Cell:
    """A cell that python-calamine has read, as the importer's readers hand it on: blank is None."""
    if cell == "":
        return None
    assert isinstance(cell, str | int | float | bool | date | datetime | time | timedelta)
    return cell
