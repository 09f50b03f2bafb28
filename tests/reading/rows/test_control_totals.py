"""The totals that a file states itself: what they are compared with, and that none is passed over in silence."""

from __future__ import annotations

from decimal import Decimal

from importer.domain.cells import Cell
from importer.domain.problem_catalog import CONTROL_TOTAL, UNCOMPARED_TOTAL
from importer.domain.problems import Problem
from importer.domain.reading import Reading
from tests.reading.made_tables import vendor

DATE = "2026-11-03"
HEADINGS = ("Invoice #", "Date", "Invoice Total", "GL Account", "Line Amount")
ROWS: tuple[tuple[Cell, ...], ...] = (
    ("A", DATE, "100.00", "6105", "90.00"),
    ("A", DATE, "100.00", "6105", "10.00"),
    ("B", DATE, "50.00", "6105", "50.00"),
)


def total(says: str, heading: int = 2) -> tuple[Cell, ...]:
    cells: list[Cell] = ["Grand total", "", "", "", ""]
    cells[heading] = says
    return tuple(cells)


def told(reading: Reading) -> list[Problem]:
    return [one for one in reading.problems if one.kind in (CONTROL_TOTAL, UNCOMPARED_TOTAL)]


def test_a_total_that_invoices_repeat_on_every_line_counts_once() -> None:
    """The sum over the invoices agrees, and so does Excel's SUM over the column; what misses is told by invoices."""
    (once,) = vendor(HEADINGS, *ROWS, total("150.00")).control_totals
    assert (once.agrees, once.once) == (True, None)
    (summed,) = vendor(HEADINGS, *ROWS, total("250.00")).control_totals
    assert (summed.agrees, summed.once) == (True, Decimal(15000))
    missed = vendor(HEADINGS, *ROWS, total("151.00"))
    assert [one.what for one in told(missed)] == [
        "'Grand total' says $151.00, and the rows above come to $150.00.",
    ]


def test_a_total_below_a_cell_that_cannot_be_read_is_said() -> None:
    """Beside what the rest comes to, the lines of the invoice standing in: a row may be missing, and nothing stops."""
    bad = ((*ROWS[0][:2], "see attached", *ROWS[0][3:]), (*ROWS[1][:2], "see attached", *ROWS[1][3:]), ROWS[2])
    reading = vendor(HEADINGS, *bad, total("1,150.00"))
    (control,) = reading.control_totals
    assert (control.says, control.found, control.unread) == (Decimal(115000), Decimal(15000), ("C2", "C3"))
    (problem,) = told(reading)
    assert (problem.kind, problem.place.cell) == (UNCOMPARED_TOTAL, "C5")
    assert problem.what == (
        "'Grand total' says $1,150.00, and the rows above, as far as they can be read, come to $150.00, $1,000.00 "
        "less: C2, C3 cannot be read, so that the two cannot be compared."
    )
    agreed = vendor(HEADINGS, *bad, total("150.00"))
    assert told(agreed) == []
    assert [(one.agrees, one.unread) for one in agreed.control_totals] == [(True, ("C2", "C3"))]


def test_a_total_of_a_column_of_lines_is_said_too() -> None:
    """Nothing stands in for a line that cannot be read."""
    reading = vendor(HEADINGS, *ROWS[:2], (*ROWS[2][:4], "#REF!"), total("160.00", 4))
    assert [(one.kind, one.place.cell) for one in told(reading)] == [(UNCOMPARED_TOTAL, "E5")]


def test_sections_are_compared_where_their_own_cells_can_be_read() -> None:
    """A cell further up that cannot be read is no reason to doubt the total of a later section."""
    rows = ((*ROWS[0][:4], "?"), total("120.00", 4), ROWS[2], total("50.00", 4))
    first, second = vendor(HEADINGS, *rows).control_totals
    assert (first.agrees, first.unread) == (False, ("E2",))
    assert (second.agrees, second.unread) == (True, ())
