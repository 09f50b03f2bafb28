"""What each correction by hand moves what the invoices come to, in cents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from importer.domain.corrections import NOT_KEPT, Correction
from importer.domain.fields import BY_NAME, ValueKind
from importer.domain.invoice import Invoice
from importer.domain.reading import Reading
from importer.workbook_format.layout import column_index

SheetRow = tuple[str | None, int]  # sheet and row of one file
_FIGURES = (ValueKind.DOLLARS, ValueKind.CENTS, ValueKind.QUANTITY)


def with_money(corrections: Sequence[Correction], before: Reading, now: Reading) -> list[Correction]:
    """The corrections of one file with the cents by which each moved it, 0 where it moved nothing; None where nothing
    tells what stood there.

    Where several cells of an invoice were changed, the difference stands with the first of them that is a figure.
    """
    if not corrections:
        return []
    at: dict[SheetRow, list[int]] = defaultdict(list)
    for index, one in enumerate(corrections):
        at[one.sheet or None, one.row].append(index)
    cents = [0] * len(corrections)
    for old, new in _touched(before, now, set(at)):
        for was, has in _paired(old, new):
            invoices = [one for one in (was, has) if one is not None]
            moved = (has.worth if has else 0) - (was.worth if was else 0)
            if moved:
                mine = [index for one in invoices for place in places(one) for index in at.get(place, ())]
                mine = mine or [index for one in (*old, *new) for place in places(one) for index in at.get(place, ())]
                cents[_first_figure(corrections, mine, invoices[-1])] += moved
    return [
        one._replace(cents=None if one.was == NOT_KEPT else moved)
        for one, moved in zip(corrections, cents, strict=True)
    ]


def places(invoice: Invoice) -> list[SheetRow]:
    """The rows of an invoice."""
    return [(row.source.sheet, row.number) for row in invoice.rows]


def _touched(before: Reading, now: Reading, rows: Iterable[SheetRow]) -> Iterator[tuple[list[Invoice], list[Invoice]]]:
    """The invoices before and after that share rows with each other, wherever one of those rows was changed."""
    readings = (before.invoices, now.invoices)
    owners = [{place: index for index, one in enumerate(each) for place in places(one)} for each in readings]
    seen: set[SheetRow] = set()
    for start in sorted(rows, key=lambda place: (place[0] or "", place[1])):
        waiting, found = [start], (dict[int, Invoice](), dict[int, Invoice]())
        while waiting:
            place = waiting.pop()
            if place in seen:
                continue
            seen.add(place)
            for owner, invoices, mine in zip(owners, readings, found, strict=True):
                index = owner.get(place)
                if index is not None and index not in mine:
                    mine[index] = invoices[index]
                    waiting.extend(places(invoices[index]))
        if found[0] or found[1]:
            yield list(found[0].values()), list(found[1].values())


def _paired(old: Sequence[Invoice], new: Sequence[Invoice]) -> Iterator[tuple[Invoice | None, Invoice | None]]:
    """Which invoice became which: those that share rows, of one number where there are several."""
    left = list(old)
    for one in new:
        mine = set(places(one))
        sharing = [each for each in left if not mine.isdisjoint(places(each))]
        same = [each for each in sharing if each.cell_text("invoice_number") == one.cell_text("invoice_number")]
        was = next(iter(same or sharing), None)
        if was is not None:
            left = [each for each in left if each is not was]
        yield was, one
    yield from ((one, None) for one in left)


def _first_figure(corrections: Sequence[Correction], mine: Sequence[int], invoice: Invoice) -> int:
    columns = invoice.source.columns
    figures = {index for name, index in columns.items() if name in BY_NAME and BY_NAME[name].kind in _FIGURES}
    return next(
        (at for at in mine if corrections[at].letter and column_index(corrections[at].letter) in figures), mine[0]
    )
