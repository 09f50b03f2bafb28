"""The totals that a file states itself, each beside what the rows above it come to."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import accumulate

from importer.domain import problem_catalog
from importer.domain.cells import column_letter
from importer.domain.invoice import Invoice
from importer.domain.money import dollars
from importer.domain.problems import Place, Problem
from importer.domain.reading import ControlTotal
from importer.reading.cells.parse_cell import Unreadable, quoted
from importer.reading.invoices.rows_together import ReadCells
from importer.reading.tables.parsed_table import TOTALLED, ParsedTable

_NAMED = 5  # cells that a sentence names
SETTLE = (
    "Nothing of the run is sent. A row may be missing, changed or unreadable: compare the file with the vendor's "
    "documents. If it is the total that is wrong, correct it (in a results workbook: in the sheet “Rows”), or "
    "state what all invoices come to with --expect-total AMOUNT."
)


def control_totals(layout: ParsedTable, invoices: Sequence[Invoice]) -> Iterator[ControlTotal]:
    """The totals that the sheet states, each beside what the rows above it come to.

    A column of invoices' totals may repeat them on every line: it agrees as the sum over the invoices, and as the sum
    over all rows. Where a cell above cannot be read, the invoice's lines stand in for it.
    """
    columns = layout.mapped.columns
    named = {columns[name]: name for name in reversed(TOTALLED) if name in columns}
    every = sorted(each for each in layout.stated if each[1].column in named and not each[1].unread)
    stated = [each for each in every if not each[1].is_foot]
    feet = [each for each in every if each[1].is_foot]
    if not stated:
        return
    numbers = [row.number for row in layout.rows]
    sums = {column: _Running(layout.read(named[column], column)) for column in {each.column for _, each in stated}}
    once = _Invoices(layout, invoices)
    before = dict.fromkeys(sums, 0)
    for number, total in stated:
        running, above, began = sums[total.column], bisect_left(numbers, number), before[total.column]
        before[total.column] = above
        is_header, cents = named[total.column] != "line_amount", 100
        if named[total.column] != "total_amount_in_cents":
            cents = 1
        says = total.says / cents
        below = sum(
            (foot.says / cents for at, foot in feet if foot.column == total.column and at < number), Decimal()
        )  # a credit or an earlier balance on the way to the total
        whole, section = running.sums[above], running.sums[above] - running.sums[began]
        first = numbers[began] if began < len(numbers) else number
        counted, of_section = (once.between(0, number), once.between(first, number)) if is_header else (whole, section)
        unread = running.unreadable(0, above)
        if says == section and unread and not running.unreadable(began, above):
            unread = []
        if says == once.totals and not is_header:
            unread = []  # it is no total of the lines
        agrees = says in (counted, of_section, whole, section, *once.all) or (
            below and says in (counted + below, whole + below)
        )
        by_rows = is_header and says not in (counted, of_section, *once.all, counted + below) and not unread
        place = Place(layout.source.file, layout.source.sheet, number, column_letter(total.column))
        yield ControlTotal(
            place,
            total.label,
            says,
            says if agrees else counted,
            tuple(f"{place.column}{numbers[at]}" for at in unread),
            once=counted if agrees and by_rows else None,
        )


def unread_totals(layout: ParsedTable) -> Iterator[Problem]:
    """The totals of the sheet whose own cells cannot be read: nothing shows then that no row is missing."""
    totalled = {layout.mapped.columns.get(name) for name in TOTALLED}
    for number, total in layout.stated:
        if total.unread and total.column in totalled:
            place = Place(layout.source.file, layout.source.sheet, number, column_letter(total.column))
            what = f"{quoted(total.label)} says {quoted(total.unread)}, which is no amount: nothing can be compared."
            yield Problem(problem_catalog.UNCOMPARED_TOTAL, what, place, value=total.unread)


class _Running:
    """What a column comes to above each row, and which of its cells cannot be read."""

    def __init__(self, column: ReadCells) -> None:
        amounts = (value if isinstance(value, Decimal) else Decimal() for value in column)
        self.sums = list(accumulate(amounts, initial=Decimal()))
        self._unreadable = [at for at, value in enumerate(column) if isinstance(value, Unreadable)]

    def unreadable(self, first: int, end: int) -> list[int]:
        """The places of those cells from `first` up to `end`."""
        return self._unreadable[bisect_left(self._unreadable, first) : bisect_left(self._unreadable, end)]


class _Invoices:
    """What the invoices of a sheet come to, each counted once, at its first row."""

    def __init__(self, layout: ParsedTable, invoices: Sequence[Invoice]) -> None:
        mine = sorted(
            (invoice.rows[0].number, Decimal(invoice.worth if invoice.total is None else invoice.total))
            for invoice in invoices
            if invoice.source is layout.source
        )
        self._rows = [row for row, _ in mine]
        self._sums = list(accumulate((amount for _, amount in mine), initial=Decimal()))
        totals = (invoice.total for invoice in invoices if invoice.source is layout.source)
        self.totals = sum((total for total in totals if total is not None), Decimal())  # as far as they are said
        self.all = (self._sums[-1], self.totals)

    def between(self, first: int, end: int) -> Decimal:
        """Of those that begin in a row from `first` up to `end`."""
        return self._sums[bisect_left(self._rows, end)] - self._sums[bisect_left(self._rows, first)]


def control_problem(control: ControlTotal) -> Problem:
    """What a total is that its rows do not come to: a reason to look before anything is sent.

    Where cells cannot be read, the difference may come from them: then it is said, and nothing stops for it.
    """
    says = f"{quoted(control.label)} says {dollars(control.says)}"
    if control.unread:
        cells = ", ".join(control.unread[:_NAMED])
        more = f" and {len(control.unread) - _NAMED:,} more" if len(control.unread) > _NAMED else ""
        what = (
            f"{says}, and the rows above, as far as they can be read, come to {dollars(control.found)}, "
            f"{dollars(abs(control.says - control.found))} {'less' if control.found < control.says else 'more'}: "
            f"{cells}{more} cannot be read, so that the two cannot be compared."
        )
        return Problem(problem_catalog.UNCOMPARED_TOTAL, what, control.place)
    what = f"{says}, and the rows above come to {dollars(control.found)}."
    return Problem(problem_catalog.CONTROL_TOTAL, what, control.place, advice=SETTLE)
