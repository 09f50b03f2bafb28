"""What is worth saying about a table besides its invoices: rows, columns and totals that want a second look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import repeat

from importer.domain import problem_catalog
from importer.domain.cells import Cell, cell_text, column_letter
from importer.domain.fields import BY_NAME
from importer.domain.invoice import Invoice, Row
from importer.domain.money import dollars
from importer.domain.problems import Place, Problem
from importer.reading.cells.parse_cell import is_blank, quoted
from importer.reading.columns.column_map import unused
from importer.reading.columns.headings import display_heading, normalised, quoted_columns
from importer.reading.columns.meaning import words_of
from importer.reading.columns.unclear_signs import unclear_signs
from importer.reading.invoices.payment_terms import due_by
from importer.reading.profiles.vendor_profile import Profile
from importer.reading.rows.currency import currency_remarks, stated_currency
from importer.reading.rows.document_type import payments_among, unknown_among
from importer.reading.rows.row_status import unknown_statuses
from importer.reading.rows.sections import names_of_sections
from importer.reading.rows.status_words import RowStatus, status_from_text
from importer.reading.tables.parsed_table import ParsedTable
from importer.reading.tables.sign_columns import are_signs

EVERY_ROW = (
    "Every row has more cells than headings: give the last column a heading if it lacks one, or put quotes around "
    "text that has the separator in it."
)
NO_BILLS = (RowStatus.VOID, RowStatus.NO_BILL)
NAMELESS = "If it matters, give it a heading; otherwise nothing needs doing."


def row_remarks(layout: ParsedTable, profile: Profile) -> Iterator[tuple[Row, Problem]]:
    """Problems of single rows that belong to no field: another currency, payments, cells beyond the headings."""
    width = len(layout.source.headings)
    too_wide = layout.too_wide if layout.is_text else []
    in_all = len(too_wide) == len(layout.rows) > 2
    for row in too_wide:
        cells = row.cells
        first = next(at for at in range(width, len(cells)) if not is_blank(cells[at]))
        text = cell_text(cells[first])
        place = replace(row.place(), column=column_letter(first))
        what = f"The row has {len(cells)} cells, the heading row {width}; the first too many is {quoted(text)}."
        yield row, Problem(problem_catalog.EXTRA_CELLS, what, place, value=text, advice=EVERY_ROW if in_all else None)
    yield from currency_remarks(layout, profile)
    yield from unclear_signs(layout)
    yield from _terms_remarks(layout)
    yield from _payment_remarks(layout)


def repeated_rows(invoices: Sequence[Invoice]) -> Iterator[tuple[Row, Problem]]:
    """Rows of one invoice that say the same in every cell: without a total, nothing shows whether both are meant."""
    for invoice in invoices:
        if len(invoice.rows) < 2:
            continue
        first: dict[tuple[Cell, ...], int] = {}
        for row in invoice.rows:
            if row.cells in first:
                what = f"Row {row.number} is the same as row {first[row.cells]} in every cell."
                yield row, Problem(problem_catalog.REPEATED_ROW, what, row.place())
            first.setdefault(row.cells, row.number)


def _terms_remarks(layout: ParsedTable) -> Iterator[tuple[Row, Problem]]:
    """Terms that cannot be read, where no due date stands beside them: never the usual ones instead."""
    index, due = layout.mapped.others.get("terms"), layout.mapped.columns.get("due_date")
    if index is None:
        return
    dues = repeat(None) if due is None else layout.cells(due)
    some_day = date(2026, 1, 1)
    known = {cell: due_by(cell_text(cell), some_day) is not None for cell in set(layout.cells(index))}
    for row, cell, day in zip(layout.rows, layout.cells(index), dues, strict=False):
        if not known[cell] and not is_blank(cell) and is_blank(day):
            text = cell_text(cell).strip()
            place = replace(row.place(), column=column_letter(index))
            yield (
                row,
                Problem(problem_catalog.NOT_TERMS, f"{quoted(text)} are no payment terms.", place, "due_date", text),
            )


def column_remarks(layout: ParsedTable, profile: Profile) -> Iterator[Problem]:
    """What is not used, what was taken for what by its cells, and what has changed since the profile was made."""
    headings, mapped = layout.source.headings, layout.mapped
    yield from _without_heading(layout)
    yield from _names_passed_over(layout, profile)
    yield from names_of_sections(layout, profile)
    yield from _unknown_types(layout)
    yield from _credits_below(layout)
    yield from stated_currency(layout, profile)
    yield from unknown_statuses(layout)
    place = Place(layout.source.file, layout.source.sheet, layout.source.heading_row)
    left = unused(headings, mapped)
    if left:
        what = f"Not used: {quoted_columns((index, headings[index]) for index in left)}."
        yield Problem(problem_catalog.UNKNOWN_COLUMN, what, place)
    for name, index, because in mapped.taken:
        what = f"{quoted_columns([(index, headings[index])])} is taken for the {BY_NAME[name].heading}: {because}."
        yield Problem(problem_catalog.TAKEN_FOR, what, replace(place, column=column_letter(index)), name)
    for name, each in layout.above.items():
        what = (
            f"{quoted(cell_text(each.cell))} is taken for the {BY_NAME[name].heading} of every row: it stands above "
            f"the table beside {quoted(each.label)}."
        )
        at = replace(place, row=each.row + 1, column=column_letter(each.column))
        yield Problem(problem_catalog.TAKEN_FOR, what, at, name, advice="Where this is wrong, add a column for it.")
    if profile.seen:
        known = {normalised(heading) for heading in profile.seen}
        there = {normalised(display_heading(heading)) for heading in headings if not is_blank(heading)}
        new = [
            display_heading(heading)
            for heading in headings
            if not is_blank(heading) and normalised(display_heading(heading)) not in known
        ]
        gone = [heading for heading in profile.seen if normalised(heading) not in there]
        if new or gone:
            parts = [f"new: {', '.join(new)}"] * bool(new) + [f"gone: {', '.join(gone)}"] * bool(gone)
            what = f"The layout has changed since the profile {profile.name} was made ({'; '.join(parts)})."
            yield Problem(problem_catalog.LAYOUT_CHANGED, what, place)


def _names_passed_over(layout: ParsedTable, profile: Profile) -> Iterator[Problem]:
    """A column that names many vendors or properties, where the profile says one for all invoices."""
    for index in layout.mapped.hints.get("name", []):
        heading = layout.source.headings[index]
        for field in ("vendor_id", "property_id"):
            whose, given = field.partition("_")[0], profile.defaults.get(field)
            if (
                given is None
                or "{" in given
                or field in layout.mapped.columns
                or whose not in words_of(display_heading(heading))
            ):
                continue
            names = {cell_text(cell).strip().casefold() for cell in layout.cells(index) if not is_blank(cell)}
            if len(names) > 1:
                column = quoted_columns([(index, heading)])
                what = f"{column} has {len(names):,} names, and every invoice is for the one {whose} of the profile."
                advice = (
                    f'If they are not the same, say in the profile: [columns] {field} = "{display_heading(heading)}".'
                )
                place = Place(layout.source.file, layout.source.sheet, layout.source.heading_row, column_letter(index))
                yield Problem(problem_catalog.UNKNOWN_COLUMN, what, place, field, advice=advice)


def _without_heading(layout: ParsedTable) -> Iterator[Problem]:
    """Columns of which no heading says what they are; in a file of text, cells beyond the last heading are an error."""
    headings = layout.source.headings
    nameless = [index for index, heading in enumerate(headings) if is_blank(heading)]
    filled: dict[int, list[Row]] = {
        index: [row for row, cell in zip(layout.rows, layout.cells(index), strict=True) if not is_blank(cell)]
        for index in nameless
    }
    if not layout.is_text:
        for row in layout.too_wide:
            for index, cell in enumerate(row.cells[len(headings) :], len(headings)):
                if not is_blank(cell):
                    filled.setdefault(index, []).append(row)
    for index, rows in sorted(filled.items()):
        if rows and not are_signs({row.cells[index] for row in rows}, layout.conventions.currency):
            first = cell_text(rows[0].cells[index]).strip()
            several = "one cell is" if len(rows) == 1 else f"{len(rows):,} cells are"
            what = f"Column {column_letter(index)} has no heading; {several} not read, the first is {quoted(first)}."
            place = replace(rows[0].place(), column=column_letter(index))
            yield Problem(problem_catalog.UNKNOWN_COLUMN, what, place, value=first, advice=NAMELESS)


def _unknown_types(layout: ParsedTable) -> Iterator[Problem]:
    """Words in the type column that are known neither for an invoice nor for a credit: they are read as invoices."""
    index = layout.mapped.others.get("type")
    if index is None:
        return
    cells = layout.cells(index)
    texts = {cell: cell_text(cell).strip() for cell in dict.fromkeys(cells)}
    strange = unknown_among(display_heading(layout.source.headings[index]), set(texts.values()))
    unknown = [cell for cell, text in texts.items() if text in strange and status_from_text(text) not in NO_BILLS]
    if unknown:
        said = ", ".join(quoted(cell_text(cell)) for cell in unknown[:5]) + (", …" if len(unknown) > 5 else "")
        what = (
            f"{quoted_columns([(index, layout.source.headings[index])])} says {said}: read as an invoice, not "
            "as a credit."
        )
        place = replace(layout.rows[cells.index(unknown[0])].place(), column=column_letter(index))
        yield Problem(problem_catalog.UNKNOWN_TYPE, what, place, value=cell_text(unknown[0]))


def _payment_remarks(layout: ParsedTable) -> Iterator[tuple[Row, Problem]]:
    """Rows that a type column calls a payment, among others that it calls bills or credits."""
    index = layout.mapped.others.get("type")
    if index is None:
        return
    cells = layout.cells.once(index)
    texts = {cell: cell_text(cell).strip() for cell in set(cells)}
    paid = payments_among(set(texts.values()))
    for row, cell in zip(layout.rows, cells, strict=True) if paid else ():
        if texts[cell] in paid:
            what = (
                f"{quoted_columns([(index, layout.source.headings[index])])} says {quoted(texts[cell])}: that "
                "is no bill."
            )
            place = replace(row.place(), column=column_letter(index))
            yield row, Problem(problem_catalog.PAYMENT_ROW, what, place, value=texts[cell])


def _credits_below(layout: ParsedTable) -> Iterator[Problem]:
    """A credit at the foot of the table is in no invoice, and so it is not sent."""
    for number, foot in layout.stated:
        if foot.is_foot and foot.says < 0:
            what = f"{quoted(foot.label)} of {dollars(foot.says)} stands below the table, and belongs to no invoice."
            place = Place(layout.source.file, layout.source.sheet, number, column_letter(foot.column))
            yield Problem(problem_catalog.CREDIT_BELOW, what, place)
