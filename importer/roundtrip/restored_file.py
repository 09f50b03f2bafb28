"""A vendor's file as it comes back in a results workbook: how it is read again, and what is said of its rows."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from importer.domain.cells import Cell
from importer.domain.packed import PackedRows
from importer.domain.problems import Place, Problem
from importer.domain.reading import Reading, SkippedRow
from importer.reading.formats.facts.looks import restored
from importer.reading.formats.raw_workbook import RawSheet, RawWorkbook
from importer.reading.profiles.vendor_profile import NO_PROFILE, Profile, parse_profile
from importer.reading.profiles.whose_file import is_shown
from importer.reading.tables.choose_sheets import ChosenSheet, SheetPlan
from importer.roundtrip.compare_totals import altered_totals, mended_rows, vendors_rows
from importer.roundtrip.corrected_sheets import OFFERED
from importer.roundtrip.correction_trail import EditedRows, RowEdits
from importer.workbook_format import layout
from importer.workbook_format.manifest import SheetRecord


@dataclass(frozen=True, slots=True, eq=False)
class RestoredFile:
    """One file of the input as it stands now, the plan by which it was read, and what is to be said of its rows."""

    contents: RawWorkbook
    plan: SheetPlan
    kept: tuple[SheetRecord, ...]
    before: RawWorkbook  # the same as it stood before anybody corrected it
    taken_out: dict[tuple[str | None, int], tuple[Cell, ...]]
    gone: frozenset[tuple[str | None, int]]  # rows that were deleted from "Rows" in any round
    changed: tuple[Problem, ...]
    former_keys: dict[Place, str]
    hands: RowEdits  # what was done to its rows in this round

    def chosen_profile(self, asked: Profile | None, known: Sequence[Profile]) -> Profile:
        """What `--profile` says; otherwise the one that it was read with, in its present form where there is one."""
        text = next((one.profile for one in self.kept if one.profile), "")
        profile = NO_PROFILE if asked is None else replace(asked, is_meant=True)
        if asked is None and text:
            then = parse_profile(tomllib.loads(text), "")
            now = next((each for each in known if each.name == then.name), then)
            is_meant = then.is_meant and now.defaults.get("vendor_id") == then.defaults.get("vendor_id")
            profile = replace(now, is_meant=is_meant or is_shown(now, self.contents))
        if profile.seen:  # a column that was offered, or added by hand, is no change of the vendor's layout
            mine = {heading for one in self.hands.manifest.tables for heading in one.headings if heading != OFFERED}
            added = {heading: None for one in self.kept for heading in one.headings if heading and heading not in mine}
            profile = replace(profile, seen=(*profile.seen, *added))
        orders = {one.date_order for one in self.kept if one.heading_row}
        if profile.date_order is None and len(orders) == 1:
            match orders.pop():
                case ("MDY" | "DMY" | "YMD") as order:  # what a corrected cell no longer shows
                    return replace(profile, date_order=order)
        return profile

    def told(self, reading: Reading, before: Reading | None) -> Reading:
        """The reading with what was changed by hand. `before` is that of the rows before, where they were touched."""
        found: dict[tuple[str | None, int | None], Problem] = {
            (problem.place.sheet, problem.place.row): problem for problem in self.changed
        }
        invoices = []
        for invoice in reading.invoices:
            places = [(row.source.sheet, row.number) for row in invoice.rows]
            mine = tuple(found.pop(place) for place in dict.fromkeys(places) if place in found)
            invoices.append(invoice._replace(problems=(*invoice.problems, *mine)) if mine else invoice)
        tables = tuple(
            replace(table, skipped=tuple(map(self._skipped, table.skipped))) if self.taken_out or self.gone else table
            for table in reading.tables
        )
        return replace(
            reading,
            tables=tables,
            invoices=tuple(invoices),
            problems=(*reading.problems, *found.values()),
            former_keys=self.former_keys,
            trace=self.hands.traced(reading, before),
        )

    @property
    def altered(self) -> frozenset[tuple[str | None, int]]:
        """The rows with totals of the file, and others of "Rows", that hands have changed there in any round."""
        return frozenset(self.hands.altered) | altered_totals(self.kept, self.hands.manifest.trace)

    def totals_need_review(self, reading: Reading) -> bool:
        """True where a total of the file does not agree, or was changed or taken away by hand."""
        stated = {(one.sheet, row) for one in self.kept for row, _ in one.totals}
        there = {(control.place.sheet, control.place.row) for control in reading.control_totals}
        agree = all(control.agrees for control in reading.control_totals)
        return not agree or not stated <= there or not self.altered.isdisjoint(stated)

    def vendor_version(self) -> RawWorkbook:
        """The file as it came from the vendor."""
        return self._with_rows(self._vendors_rows())

    def corrected_version(self, first: Reading) -> RawWorkbook | None:
        """The same with what could not be read in it as it was corrected; None where nothing was. `first` is read of
        `vendor_version`."""
        rows = mended_rows(self._vendors_rows(), self.hands.now, first)
        return None if rows is None else self._with_rows(rows)

    def _vendors_rows(self) -> Mapping[str | None, EditedRows]:
        found = vendors_rows(self.kept, self.hands.before, self.hands.manifest.trace, self.hands.altered)
        return {
            sheet: {**rows, **{row: self.hands.now[sheet][row] for where, row in self.hands.put_back if where == sheet}}
            for sheet, rows in found.items()
        }

    def _with_rows(self, rows: Mapping[str | None, EditedRows]) -> RawWorkbook:
        left_out = {sheet.name: sheet.left_out for sheet in self.contents.sheets}
        sheets = (sheet_of(one, rows[one.sheet], left_out[one.sheet]) for one in self.kept)
        return replace(self.contents, sheets=tuple(sheets))

    def _skipped(self, row: SkippedRow) -> SkippedRow:
        if (row.sheet, row.row) in self.gone:
            return replace(row, reason=layout.GONE_REASON)
        cells = self.taken_out.get((row.sheet, row.row))
        return row if cells is None else replace(row, reason=layout.TAKEN_OUT_REASON, cells=cells)


def plan_over(contents: RawWorkbook, original: RestoredFile) -> SheetPlan:
    """The same plan for the file as it was at another time."""
    sheets = {sheet.name: sheet for sheet in contents.sheets}
    plan = original.plan
    return SheetPlan(
        [ChosenSheet(sheets[each.sheet.name], each.heading, has_rows=True) for each in plan.chosen],
        plan.joined,
        [(sheets[sheet.name], reason) for sheet, reason in plan.left_out],
    )


def sheet_of(one: SheetRecord, rows: EditedRows, left_out: Collection[int]) -> RawSheet:
    """One sheet of the file, its rows at their places."""
    last = max([one.last, *rows])
    placed = [rows.get(number, ()) for number in range(1, last + 1)]
    if one.heading_row:
        placed[one.heading_row - 1] = headings_of(one)
    looks, comments = restored(one.details)
    return RawSheet(one.sheet, PackedRows(placed), left_out=frozenset(left_out), looks=looks, comments=comments)


def headings_of(one: SheetRecord) -> tuple[Cell, ...]:
    """What stands in its heading row."""
    return tuple(heading or None for heading in one.headings)
