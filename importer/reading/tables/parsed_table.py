"""One sheet laid out: its heading, its data rows, what is skipped, and which column is which field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Literal, cast

from importer.domain.cells import Cell
from importer.domain.fields import BY_NAME, ValueKind
from importer.domain.invoice import Row, Source
from importer.domain.packed import RowTable
from importer.domain.reading import SkippedRow
from importer.errors import FileUnreadable
from importer.reading.cells.parse_cell import (
    CellValue,
    NumberDateFormat,
    Unreadable,
    marks_of,
    read_cells,
)
from importer.reading.cells.parse_date import (
    DateOrder,
    clash_of,
    day_second,
    evident_orders,
    mark_of,
    unproven_marks,
)
from importer.reading.cells.parse_money import AMERICAN, Marks, marks_together
from importer.reading.cells.placeholders import as_numbers
from importer.reading.columns.amounts import Amounts, invoice_keys
from importer.reading.columns.balance_forward import balance_forward_questions
from importer.reading.columns.by_content import take_by_cells
from importer.reading.columns.column_map import (
    LINE_MONEY,
    ColumnMap,
    heading_index,
    map_headings,
    pass_over_blank_totals,
)
from importer.reading.columns.headings import display_heading
from importer.reading.columns.meaning import heading_currency
from importer.reading.columns.quantity import LOOKED_AT, settle_quantity
from importer.reading.columns.unaccounted_charges import unaccounted_charges
from importer.reading.formats.facts.looks import Pieces, Position
from importer.reading.formats.raw_workbook import RawSheet, RawWorkbook
from importer.reading.invoices.dittos import dittos
from importer.reading.profiles.vendor_profile import Profile
from importer.reading.rows.classify import (
    ColumnHints,
    RowQuestion,
    StatedTotal,
    classify_rows,
)
from importer.reading.tables.invoice_form import Beside, fields_above
from importer.reading.tables.locate_table import (
    Heading,
    filled_rows,
    rows_above,
    table_above,
)
from importer.reading.tables.merged_cells import fill_merged
from importer.reading.tables.side_by_side import tables_beside

Side = Literal["whole", "header", "lines"]
TOTALLED = ("total_amount", "total_amount_in_cents", "line_amount")
IDS = frozenset(("integration_id", "property_id", "vendor_id", "invoice_number", "financial_account_id"))


class ColumnCells:
    """The cells of a table by column, each taken out of the rows once."""

    def __init__(self, rows: RowTable) -> None:
        self._rows = rows
        self._taken: dict[int, list[Cell]] = {}

    def __call__(self, index: int) -> list[Cell]:
        if index not in self._taken:
            self._taken[index] = self.once(index)
        return self._taken[index]

    def once(self, index: int) -> list[Cell]:
        """The column, without keeping it for the next time."""
        return self._taken[index] if index in self._taken else self._rows.column(index)

    def forget(self) -> None:
        """Lets go of the columns: unpacked, a million rows of them are hundreds of megabytes."""
        self._taken.clear()


@dataclass(slots=True)
class ParsedTable:
    """One table, understood as far as its columns go."""

    where: str  # file and sheet, for a sentence
    source: Source
    rows: list[Row]
    skipped: list[SkippedRow]
    mapped: ColumnMap
    cells: ColumnCells
    conventions: NumberDateFormat
    separate: bool  # every row is an invoice of its own: there is a total, and nothing of a line
    stated: list[tuple[int, StatedTotal]]  # totals that the sheet states, by row number
    asked: dict[int, RowQuestion]  # rows that may be a total, by their place among the rows
    above: dict[str, Beside]  # what stands above the table of the one invoice in it
    width: int  # of the sheet's widest row
    looks: Mapping[Position, Pieces]  # of the sheet's cells
    comments: Mapping[Position, str]  # on them
    is_text: bool = False  # a csv or a web page: a cell too many may have moved the others

    @property
    def too_wide(self) -> list[Row]:
        """The rows with more cells than there are headings."""
        width = len(self.source.headings)
        return [row for row in self.rows if len(row.cells) > width] if self.width > width else []

    def read_above(self, field: str) -> list[CellValue | Unreadable]:
        """What stands above the table for a field, once for each row."""
        read = read_cells([self.above[field].cell], BY_NAME[field].kind, self.conventions, is_id=field in IDS)
        return read * len(self.rows)

    def read(self, field: str, index: int) -> list[CellValue | Unreadable]:
        """What the cells of a column mean as this field."""
        foreign = (
            heading_currency(display_heading(self.source.headings[index]))
            if index < len(self.source.headings)
            else None
        )
        settled = self.conventions
        if foreign is not None and foreign != settled.currency:
            settled = replace(settled, heading_currency=foreign)
        kind = BY_NAME[field].kind
        if self.separate and field == "line_amount" and "total_amount" not in self.mapped.columns:
            kind = ValueKind.CENTS
        read = read_cells(self.cells.once(index), kind, settled, is_id=field in IDS)
        return as_numbers(read, is_csv=self.source.sheet is None) if field == "invoice_number" else read


def conventions(contents: RawWorkbook, profile: Profile) -> NumberDateFormat:
    """What the profile settles of how numbers and dates are written, and the file of how days are counted."""
    marks = AMERICAN
    if profile.decimal is not None or profile.thousands is not None:
        decimal = profile.decimal or ("," if profile.thousands == "." else ".")
        marks = Marks(decimal, profile.thousands or ("." if decimal == "," else ","), certain=True)
    return NumberDateFormat(
        marks=marks,
        date_order=profile.date_order,
        currency=profile.currency,
        date_1904="1904" in contents.details.get("dates", ""),
    )


def parse_table(
    contents: RawWorkbook, sheet: RawSheet, heading: Heading, profile: Profile, side: Side = "whole"
) -> ParsedTable:
    """Finds out what the sheet's columns are and which of its rows are data.

    Raises FileUnreadable where there are no data rows, or where the profile does not fit.
    """
    file = contents.file.name
    where = f"{file}, sheet {sheet.name}" if sheet.name and len(contents.sheets) > 1 else file
    above = table_above(sheet, heading) if profile.header_row is None else ()
    if above:
        raise _two_tables(where, above, heading.last + 1)
    named = [heading_index(heading.cells, each) for each in profile.columns.get("invoice_number", ())]
    beside = tables_beside(sheet, heading, is_settled=any(len(places) == 1 for places in named))
    if beside:
        raise _side_by_side(where, beside)
    filled, blank = filled_rows(sheet, heading.last + 1)
    skipped = rows_above(file, sheet, heading)
    skipped += [SkippedRow(file, sheet.name, index + 1, "blank", sheet.rows[index]) for index in blank]
    if not filled:
        raise _no_data(where)
    cells = sheet.rows.some(filled)
    columns = ColumnCells(cells)
    mapped = map_headings(heading.cells, profile, columns, where)
    if any(bottom > top for top, _, bottom, _ in sheet.merged) and fill_merged(sheet, filled, mapped):
        cells = sheet.rows.some(filled)
        columns = ColumnCells(cells)
    written = _marks_by_table(conventions(contents, profile), mapped, columns, contents.details.get("decimal", ""))
    leftovers = classify_rows(cells, columns, _meant(heading, mapped), written)
    leftovers.leave_out(place for place, index in enumerate(filled) if index + 1 in sheet.left_out)
    stated = [(filled[total.position] + 1, total) for total in leftovers.totals]
    kept = [place for place in range(len(filled)) if place not in leftovers.reasons]
    if len(kept) < len(filled):
        for place, reason in leftovers.reasons.items():
            skipped.append(SkippedRow(file, sheet.name, filled[place] + 1, reason, cells[place]))
        if not kept:
            raise _no_data(where, {filled[place] + 1: why for place, why in leftovers.reasons.items()})
        cells = cells.some(kept)
        filled = [filled[place] for place in kept]
        columns = ColumnCells(cells)
        mapped = map_headings(heading.cells, profile, columns, where)
    if side == "lines" and "line_amount" not in mapped.columns and len(mapped.amounts) == 1:
        mapped.columns["line_amount"] = mapped.amounts.pop()
    pass_over_blank_totals(mapped, columns)
    written = _dates_by_table(written, mapped, columns)
    above_it = fields_above(sheet, heading) if side == "whole" and "invoice_number" not in mapped.columns else {}
    above_it = {name: each for name, each in above_it.items() if name not in mapped.columns}

    def first_keys() -> list[object]:
        known = cells[:LOOKED_AT]
        return ["all"] * len(known) if above_it else invoice_keys(known, mapped.columns, ("property_id", "vendor_id"))

    if side != "header":
        settle_quantity(heading.cells, mapped, columns, written, first_keys)
    keys: list[object] = ["all"] * len(cells)
    if not above_it:
        keys = invoice_keys(cells, mapped.columns, ("property_id", "vendor_id")) if mapped.amounts else []
    Amounts(heading.cells, mapped, columns, keys, written).settle()
    take_by_cells(heading.cells, mapped, cells, columns)
    if side == "whole":
        mapped.questions.extend(unaccounted_charges(heading.cells, mapped, columns, written))
        mapped.questions.extend(balance_forward_questions(heading.cells, mapped, columns, written))
    separate = side == "whole" and _one_row_each(mapped)
    if separate:
        total = "total_amount" if "total_amount" in mapped.columns else "total_amount_in_cents"
        mapped.columns["line_amount"] = mapped.columns[total]
    source = Source(file, sheet.name, heading.last + 1, heading.cells, dict(mapped.columns), profile.name or None)
    numbers = [index + 1 for index in filled]
    rows = cast("list[Row]", list(map(tuple.__new__, repeat(Row), zip(repeat(source), numbers, repeat(sheet.rows)))))
    columns.forget()
    skipped.sort(key=lambda each: each.row)
    asked = {place: leftovers.asked[was] for place, was in enumerate(kept) if was in leftovers.asked}
    if "invoice_number" in mapped.columns:
        asked |= dittos(columns.once(mapped.columns["invoice_number"]))
    return ParsedTable(
        where,
        source,
        rows,
        skipped,
        mapped,
        columns,
        written,
        separate,
        stated,
        asked,
        above_it,
        sheet.rows.width,
        sheet.looks,
        sheet.comments,
        is_text=sheet.name is None or contents.format == "html",
    )


def _dates_by_table(written: NumberDateFormat, mapped: ColumnMap, cells: ColumnCells) -> NumberDateFormat:
    """One sheet is written by one hand: what one of its date columns shows of day and month holds for the others."""
    if written.date_order is not None:
        return written
    orders: dict[DateOrder, str] = {}
    every: dict[str, None] = {}
    mixed: set[str] = set()  # the marks in columns with several, beside one of which nothing shows the order
    for name, index in mapped.columns.items():
        if BY_NAME[name].kind is ValueKind.DATE:
            texts = [cell.strip() for cell in dict.fromkeys(cells(index)) if isinstance(cell, str)]
            orders = evident_orders(texts) | orders
            every |= dict.fromkeys(texts)
            if unproven_marks(texts):
                mixed |= set(map(mark_of, texts))
    doubted = unproven_marks(list(every)) & mixed if mixed else frozenset[str]()
    written = replace(written, day_second=day_second(every), doubted_marks=doubted)
    if len(orders) == 1:
        return replace(written, date_order=next(iter(orders)))
    return replace(written, date_clash=clash_of(orders)) if orders else written


def _marks_by_table(written: NumberDateFormat, mapped: ColumnMap, cells: ColumnCells, before: str) -> NumberDateFormat:
    """One sheet is written by one hand: in a column of mere 1,250s the mark means what it means in the others.

    `before` is the decimal mark that they showed before they were corrected, "" where there is no such thing.
    """
    if written.marks.certain:
        return written
    named = [*mapped.columns.items(), *(each for part in mapped.parts.values() for each in part.items())]
    numbers = {index for name, index in named if BY_NAME[name].kind not in (ValueKind.TEXT, ValueKind.DATE)}
    numbers |= {*mapped.amounts, *(index for _, index in mapped.extras)}
    numbers |= {index for name, index in mapped.others.items() if name in ("tax", "debit", "credit")}
    shown = [marks_of(dict.fromkeys(cells(index))) for index in numbers]
    if before:
        shown.append(Marks(before, "." if before == "," else ",", certain=True))
    return replace(written, table_marks=marks_together(shown))


def _meant(heading: Heading, mapped: ColumnMap) -> ColumnHints:
    """What is known of the columns before the rows are sorted out."""
    in_parts = list(mapped.parts.values())
    named = [*mapped.columns.items(), *(each for part in in_parts for each in part.items())]
    money = [index for name, index in named if name in TOTALLED]
    money += [*mapped.amounts, *(index for _, index in mapped.extras)]
    money += [index for name, index in mapped.others.items() if name in ("debit", "credit")]
    numbers = {index for name, index in named if BY_NAME[name].kind not in (ValueKind.TEXT, ValueKind.DATE)} | set(
        money
    )
    used = mapped.used | set(mapped.amounts)
    return ColumnHints(heading.cells, mapped.columns, money, used, numbers, mapped.others.get("type"))


def _one_row_each(mapped: ColumnMap) -> bool:
    """True where the sheet gives the invoices' totals and nothing that a line could be made of: each is one line."""
    if mapped.parts or mapped.extras or LINE_MONEY & mapped.columns.keys():
        return False
    if {"debit", "credit"} <= mapped.others.keys():
        return False
    return bool({"total_amount", "total_amount_in_cents"} & mapped.columns.keys())


def _two_tables(where: str, above: Sequence[int], heading_row: int) -> FileUnreadable:
    said = ", ".join(map(str, above[:10])) + (", …" if len(above) > 10 else "")
    return FileUnreadable(
        f"{where} has the best headings in row {heading_row}, but rows {said} above them look like another table, and "
        "would not be read.",
        "Put each table in a sheet or file of its own, with all its invoices under one heading row. If those rows are "
        f"mere titles, say in a profile: header_row = {heading_row}.",
    )


def _side_by_side(where: str, ranges: Sequence[str]) -> FileUnreadable:
    return FileUnreadable(
        f"{where} has {len(ranges)} tables of invoices side by side, in {' and '.join(ranges)}: read as one, their "
        "cells would be mixed, or some of them lost.",
        "Copy each into a file of its own, its heading row with it, and run these files together.",
    )


def _no_data(where: str, reasons: Mapping[int, str] | None = None) -> FileUnreadable:
    said = [f"row {row} ({why})" for row, why in sorted((reasons or {}).items())]
    more = f" and {len(said) - 3:,} more" if len(said) > 3 else ""
    left = f": left out are {', '.join(said[:3])}{more}" if said else ""
    return FileUnreadable(f"{where} has a heading row and no data rows{left}.", "Fill in the invoices and try again.")
