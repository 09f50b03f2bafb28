"""Control totals: what somebody outside the file says that it comes to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from importer.models import Reading, dollars
from importer.problems import CONTROL_TOTAL, Place, Problem


@dataclass(frozen=True, slots=True)
class Expected:
    """What the run should come to: invoices, and cents. None: not said."""

    count: int | None = None
    total: int | None = None


def against(reading: Reading, expected: Expected) -> Reading:
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
    return replace(reading, problems=(*problems, *misses(reading, expected)), notices=notices)


def misses(reading: Reading, expected: Expected) -> Iterator[Problem]:
    """A problem for each expectation that the files do not meet. Every invoice counts, also those with errors."""
    place = Place(reading.files[0].name) if len(reading.files) == 1 else Place()
    count = len(reading.invoices)
    if expected.count is not None and expected.count != count:
        noun = "invoice" if expected.count == 1 else "invoices"
        yield Problem(CONTROL_TOTAL, f"Expected {expected.count:,} {noun}, found {count:,}.", place)
    total = sum(invoice.worth for invoice in reading.invoices)
    if expected.total is not None and expected.total != total:
        apart = dollars(abs(total - expected.total))
        what = f"Expected {dollars(expected.total)}, found {dollars(total)}: {apart} apart."
        yield Problem(CONTROL_TOTAL, what, place)
