"""Control totals: what somebody outside the file says that it comes to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from importer.domain.invoice import Invoice, Line
from importer.domain.money import Exact, dollars
from importer.domain.problem_catalog import CONTROL_TOTAL
from importer.domain.problems import Place, Problem
from importer.domain.reading import Reading
from importer.validation.row_places import rows_said


@dataclass(frozen=True, slots=True)
class ExpectedTotals:
    """What the run should come to: invoices, and cents. None: not said."""

    count: int | None = None
    total: int | None = None


def against(reading: Reading, expected: ExpectedTotals) -> Reading:
    """The reading with a problem for each expectation that it misses.

    A total that somebody states from outside counts for more than one that stands in the file: it settles whether the
    file's own total row is wrong.
    """
    problems = reading.problems
    notices = reading.notices
    if expected.total is not None:
        overruled = [each for each in problems if each.kind is CONTROL_TOTAL]
        problems = tuple(each for each in problems if each.kind is not CONTROL_TOTAL)
        notices = (*notices, *(f"{each.what} The total that was stated counts instead." for each in overruled))
    says: dict[Place, Exact] = {
        each.place: each.found - each.says for each in reading.control_totals if not each.agrees
    }
    told = [
        replace(each, what=f"{each.what} {_likely(reading, says[each.place], each.place)}".strip())
        if each.kind is CONTROL_TOTAL and each.place in says
        else each
        for each in problems
    ]
    return replace(reading, problems=(*told, *misses(reading, expected)), notices=notices)


def misses(reading: Reading, expected: ExpectedTotals) -> Iterator[Problem]:
    """A problem for each expectation that the files do not meet. Every invoice counts, also those with errors."""
    place = Place(reading.files[0].name) if len(reading.files) == 1 else Place()
    count = len(reading.invoices)
    if expected.count is not None and expected.count != count:
        noun = "invoice" if expected.count == 1 else "invoices"
        vendors = _BY_HAND if expected.count == reading.trace.invoices else ""
        yield Problem(CONTROL_TOTAL, f"Expected {expected.count:,} {noun}, found {count:,}.{vendors}", place)
    total = sum(invoice.worth for invoice in reading.invoices)
    if expected.total is not None and expected.total != total:
        apart = dollars(abs(total - expected.total))
        is_vendors = reading.trace.invoices is not None and expected.total == reading.trace.cents
        rows = Place() if reading.trace.rounds else place  # a workbook given back holds the vendor's rows
        hint = _BY_HAND if is_vendors else _hint(reading, total - expected.total, rows)
        what = f"Expected {dollars(expected.total)}, found {dollars(total)}: {apart} apart.{hint}"
        yield Problem(CONTROL_TOTAL, what, place)


_BY_HAND = " That is what the vendor's file has: the rest was done by hand since."


def _likely(reading: Reading, apart: Exact, place: Place) -> str:
    """By how much a total is missed, and what is worth exactly that."""
    how_much = f"{dollars(apart)} too much" if apart > 0 else f"{dollars(-apart)} too little"
    return f"That is {how_much}.{_hint(reading, apart, place)}"


def _hint(reading: Reading, apart: Exact, place: Place) -> str:
    """What is worth exactly what the rows come to too much or too little: a bill that stands there twice, say, or one
    that was taken out. "" where nothing is, or too much."""
    mine = [invoice for invoice in reading.invoices if _is_of(invoice, place)]
    out = [each for each in reading.trace.taken_out if place.file in (None, each.file)]
    if apart > 0:
        found = [_named(invoice) for invoice in mine if invoice.worth == apart]
        found += [f"row {line.row.number:,} of {_named(each)}" for each in mine for line in _lines_worth(each, apart)]
    else:
        found = [f"what the lines of {_named(each)} come to beyond its total" for each in mine if _lacks(each, -apart)]
        found += [
            f"{each.invoice or '(no number)'}, which was taken out by hand" for each in out if each.cents == -apart
        ]
    if 0 < len(found) <= _FEW:
        return f" Exactly that much is {' or '.join(found)}."
    if out:
        many = "1 invoice was" if len(out) == 1 else f"{len(out):,} invoices were"
        return f" Since the vendor's file {many} taken out by hand, {dollars(sum(each.cents for each in out))}."
    return ""


_FEW = 3


def _named(invoice: Invoice) -> str:
    return f"{invoice.cell_text('invoice_number').strip() or '(no number)'} ({rows_said(invoice.rows)})"


def _lines_worth(invoice: Invoice, worth: Exact) -> list[Line]:
    return [line for line in invoice.lines if line.worth == worth] if len(invoice.lines) > 1 else []


def _lacks(invoice: Invoice, cents: Exact) -> bool:
    """True where its lines come to so much more than its total."""
    worths = [line.worth for line in invoice.lines]
    if invoice.total is None or None in worths:
        return False
    return sum(worth for worth in worths if worth is not None) - invoice.total == cents


def _is_of(invoice: Invoice, place: Place) -> bool:
    return place.file in (None, invoice.source.file) and place.sheet in (None, invoice.source.sheet)
