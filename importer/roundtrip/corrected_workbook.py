"""Our own results workbook, corrected and given back: turned into the clerk's tables again, each row at its old place.

`layout` says how the sheets "Rows" and "To fix" are merged. What comes out is read like the original files:
the same headings, row numbers and cells, so that every message names the clerk's own cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from importer.domain import problem_catalog
from importer.domain.cells import Cell, cell_text
from importer.domain.corrections import GONE, GivenBack
from importer.domain.outcome import Status
from importer.domain.problems import Place, Problem
from importer.domain.reading import InputFile
from importer.domain.seals import Seal
from importer.errors import FileUnreadable
from importer.reading.cells.parse_cell import quoted
from importer.reading.formats.raw_workbook import RawSheet, RawWorkbook
from importer.reading.tables.choose_sheets import ChosenSheet, SheetPlan
from importer.reading.tables.locate_table import Heading
from importer.roundtrip.corrected_rows import (
    GIVE_THE_ORIGINAL,
    CorrectedRow,
    TableName,
    as_corrected,
    lines,
    same,
)
from importer.roundtrip.corrected_sheets import Given, corrected_sheets_of, refuse_parts
from importer.roundtrip.correction_trail import RowEdits
from importer.roundtrip.restored_file import RestoredFile, headings_of, sheet_of
from importer.workbook_format import layout, manifest
from importer.workbook_format.layout import NOTED, RowMark
from importer.workbook_format.manifest import Manifest, SheetRecord

UNTOUCHABLE = frozenset({Status.POSTED, Status.ALREADY_POSTED, Status.IN_DOUBT})
"""The rows of these must be as they were: the invoice is in ResMan, or may be."""


@dataclass(frozen=True, slots=True, eq=False)
class CorrectedWorkbook:
    """A workbook given back: the files that it was made from, and what is to be said of it."""

    originals: tuple[RestoredFile, ...]
    notices: tuple[str, ...]
    given_back: GivenBack


def open_corrected(contents: RawWorkbook, seal: Seal | None = None) -> CorrectedWorkbook | None:
    """The tables that a results workbook was made from; None where the file is no such workbook. `seal` is that of the
    ledger; None: whose the workbook is cannot be told.

    Raises FileUnreadable where it is one, and can no longer be taken apart.
    """
    if not any(_is_rows(sheet) for sheet in contents.sheets):
        refuse_parts(contents)
        return None
    kept = _manifest(contents, seal)
    return _Merge(contents, kept, corrected_sheets_of(contents, kept.tables, _secret(kept, seal))).merged()


def _secret(kept: Manifest, seal: Seal | None) -> bytes | None:
    """What the marks of its rows were made with."""
    if not kept.ledger:
        return b""
    return None if seal is None else seal.key


def is_as_written(contents: RawWorkbook, seal: Seal | None = None) -> bool:
    """True for a results workbook in whose rows nobody has changed, added or removed anything."""
    if not any(_is_rows(sheet) for sheet in contents.sheets):
        return False
    kept = _manifest(contents, seal)
    merge = _Merge(contents, kept, corrected_sheets_of(contents, kept.tables, _secret(kept, seal)))
    merge.merged()
    touched = merge.corrected or merge.altered or merge.added or merge.now_out or merge.given.notices or merge.has_notes
    return not (touched or any(merge.changed.values()))


def made_from(contents: RawWorkbook) -> tuple[frozenset[str], frozenset[str]]:
    """What a results workbook answers: the runs behind it, and the SHA-256 of the vendor's files.

    Its hidden sheet is enough. Raises FileUnreadable for any other file.
    """
    kept = _manifest(contents)
    runs = {kept.run, *(each.run for each in kept.trace.rounds)}
    return frozenset(runs - {""}), frozenset(each.sha256 for each in kept.trace.origins if each.sha256)


def _is_rows(sheet: RawSheet) -> bool:
    if sheet.name is None or not layout.is_sheet_of(sheet.name, layout.ROWS) or not sheet.rows:
        return False
    return layout.clerk_columns([cell_text(cell).strip() for cell in sheet.rows[0]]) is not None


def _must_be_ours(name: str, found: Manifest, seal: Seal) -> None:
    """Raises FileUnreadable for the workbook of another ledger, and for one whose hidden sheet somebody has edited."""
    if found.ledger and found.ledger != seal.ledger:
        raise FileUnreadable(
            f"{name} belongs to another ledger: run {found.run} wrote it, which is in {found.ledger_said}. "
            "This one does not know what was posted there. Nothing was sent.",
            "Give it back where that ledger is used: two ledgers would post the same bill twice.",
        )
    if found.is_genuine is False:
        raise FileUnreadable(
            f"The hidden sheet of {name} was changed: what it says of its rows cannot be believed.", GIVE_THE_ORIGINAL
        )


def _manifest(contents: RawWorkbook, seal: Seal | None = None) -> Manifest:
    name = contents.file.name
    for sheet in contents.sheets:
        if sheet.name == manifest.SHEET:
            found = manifest.parse([cell_text(row[0]) for row in sheet.rows if row], seal)
            if found is not None and seal is not None:
                _must_be_ours(name, found, seal)
            if found is not None and found.refused:
                raise FileUnreadable(
                    f"{name} cannot be given back, because the rows of the file that it was made from cannot be told "
                    f"apart: {found.refused}",
                    "Correct that file.",
                )
            places = [] if found is None else [(one.file, one.sheet) for one in found.tables]
            if len(set(places)) < len(places):
                raise FileUnreadable(
                    f"{name} was made from two files of the same name, and cannot be given back.", GIVE_THE_ORIGINAL
                )
            if found is not None:
                return found
    raise FileUnreadable(f"{name} is a results workbook whose hidden sheet is gone or damaged.", GIVE_THE_ORIGINAL)


@dataclass(slots=True)
class _Merge:
    """Puts the rows of one workbook together."""

    contents: RawWorkbook
    manifest: Manifest
    given: Given
    rows: dict[TableName, dict[int, tuple[Cell, ...]]] = field(default_factory=dict)
    before: dict[TableName, dict[int, tuple[Cell, ...]]] = field(default_factory=dict)
    taken_out: dict[TableName, dict[int, tuple[Cell, ...]]] = field(default_factory=dict)
    now_out: set[tuple[TableName, int]] = field(default_factory=set)  # those of them that this hand has taken out
    changed: dict[TableName, list[Problem]] = field(default_factory=dict)
    added: list[tuple[CorrectedRow, TableName]] = field(default_factory=list)
    unmarked: dict[tuple[TableName, int], CorrectedRow] = field(
        default_factory=dict
    )  # rows of "To fix" that only say their place
    unmatched: dict[tuple[TableName, int], CorrectedRow] = field(
        default_factory=dict
    )  # open rows of "Rows" not seen in "To fix"
    left_out: dict[TableName, set[int]] = field(default_factory=dict)  # rows that were no data, and are as they were
    notices: list[str] = field(default_factory=list)
    corrected: int = 0
    has_notes: bool = False  # something was typed into a column of ours
    former_keys: dict[Place, str] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)  # keys of what it says was sent → a row of each
    altered: list[CorrectedRow] = field(default_factory=list)  # rows of "Rows" that were changed there
    rewritten: dict[tuple[TableName, int], str] = field(default_factory=dict)  # those, and such as were posted → digest
    gone: set[tuple[TableName, int]] = field(default_factory=set)  # deleted from "Rows" by this hand
    gone_before: set[tuple[TableName, int]] = field(default_factory=set)  # and by one before
    copied: dict[tuple[TableName, int], int] = field(
        default_factory=dict
    )  # added rows → the row that each is a copy of

    @property
    def kept(self) -> Sequence[SheetRecord]:
        """The tables of the input."""
        return self.given.kept

    def merged(self) -> CorrectedWorkbook:
        for one in self.kept:
            table = (one.file, one.sheet)
            self.rows[table], self.before[table] = {}, {}
            self.taken_out[table], self.changed[table] = {}, []
        corrections = self._corrections()
        self._all_rows(corrections)
        for line in corrections.values():  # rows that are no longer in "Rows"
            self._add(line)
        self._name_the_lost()
        self._say()
        files = list(dict.fromkeys(one.file for one in self.kept))
        given = GivenBack(self.contents.file.name, self.manifest.run, bool(self.manifest.ledger), self.sent)
        return CorrectedWorkbook(tuple(map(self._original, files)), tuple(self.notices), given)

    # ------------------------------------------------------------------ the two sheets

    def _corrections(self) -> dict[str, CorrectedRow]:
        """The rows of "To fix" by the digest in their mark; those without one are added right away."""
        found: dict[str, CorrectedRow] = {}
        near: TableName | None = None
        for line in lines(self.given, layout.TO_FIX):
            if line.mark is not None and line.number is not None and not line.has_its_own_mark:
                raise self._foreign_mark(line)
            if line.mark is not None and line.mark.digest not in found:
                found[line.mark.digest] = line
                near = line.table or near
            else:  # typed in, or a copy of another row with its mark
                if line.mark is None and line.table is not None and line.number is not None:
                    self.unmarked[line.table, line.number] = line
                self._take_as_new(line, line.table or near or self._first_table())
        return found

    def _all_rows(self, corrections: dict[str, CorrectedRow]) -> None:
        has_to_fix = any(layout.is_sheet_of(sheet.name or "", layout.TO_FIX) for sheet in self.contents.sheets)
        for line in lines(self.given, layout.ROWS):
            mark, table, number = line.mark, line.table, line.number
            if (mark is None and number is None) or (table is not None and number in self.before[table]):
                if table is None or number is None or not self._is_moved(line, table, number):
                    self._take_as_new(line, table or self._first_table())
                continue
            if table is None or number is None:
                raise FileUnreadable(
                    f"In {self.contents.file.name}, {line.where} no longer says which row of which file it was: the "
                    "columns File, Sheet and Row in file have to stay as they are.",
                    GIVE_THE_ORIGINAL,
                )
            if mark is None or not line.has_its_own_mark:
                raise self._foreign_mark(line)
            self.before[table][number] = line.cells
            self._name_notes(line, waits=mark.status == Status.READY)
            if mark.is_open:
                if not has_to_fix:
                    raise FileUnreadable(
                        f"The sheet “{layout.TO_FIX}” is gone from {self.contents.file.name}.", GIVE_THE_ORIGINAL
                    )
                fixed = corrections.pop(mark.digest, None)
                if fixed is None or fixed.is_blank:  # deleted, or emptied to the same end
                    self.unmatched[table, number] = line
                else:
                    self._open_row(line, table, number, fixed)
            elif mark.status == layout.TAKEN_OUT:
                self.taken_out[table][number] = line.cells
            else:
                self._closed_row(line, table, number, mark)
        for (table, number), line in self.unmatched.items():
            self._not_in_to_fix(line, table, number)
        if self.altered:
            self.notices.append(
                f"Changed in the sheet “{layout.ROWS}”, and read as it is now: {_listed(self.altered)}."
            )

    def _closed_row(self, line: CorrectedRow, table: TableName, number: int, mark: RowMark) -> None:
        """A row that is not to be corrected: it went, or is no data."""
        self.rows[table][number] = line.cells
        if mark.key is not None and mark.status in UNTOUCHABLE:
            self.former_keys[Place(*table, number)] = mark.key  # whatever the names in it mean by now
            self.sent.setdefault(mark.key, number)
        if line.is_untouched:
            if mark.status == layout.SKIPPED:
                self.left_out.setdefault(table, set()).add(number)
            return
        self.rewritten[table, number] = mark.digest
        if mark.status in UNTOUCHABLE:
            self._name_changed(line, table, number, mark)
        else:
            self.altered.append(line)

    def _is_moved(self, line: CorrectedRow, table: TableName, number: int) -> bool:
        """True for a row that stands in "Rows" once more instead of in "To fix": it was moved there, and is read."""
        first = self.unmatched.get((table, number))
        if first is None or not line.has_its_own_mark:
            return False
        del self.unmatched[table, number]
        row, fixed = (first, line) if first.is_untouched else (line, first)
        self.before[table][number] = row.cells
        self._open_row(row, table, number, fixed)
        return True

    def _not_in_to_fix(self, line: CorrectedRow, table: TableName, number: int) -> None:
        if (table, number) in self.unmarked:
            raise self._foreign_mark(self.unmarked[table, number])
        self.now_out.add((table, number))
        self.taken_out[table][number] = line.cells
        if not line.is_untouched:
            self.rewritten[table, number] = line.mark.digest if line.mark is not None else ""
            what = f"The row was deleted from “{layout.TO_FIX}” and changed as {line.where}."
            self.changed[table].append(Problem(problem_catalog.CHANGED_ROW, what, Place(*table, number)))

    def _open_row(self, line: CorrectedRow, table: TableName, number: int, fixed: CorrectedRow) -> None:
        digest = fixed.mark.digest if fixed.mark is not None else ""
        is_untouched = layout.row_digest(*table, number, fixed.cells) == digest
        if is_untouched and not line.is_untouched:
            self.notices.append(f"Corrected in {line.where}, and read from there.")
            self.before[table][number], fixed = fixed.cells, line
        elif not is_untouched and not line.is_untouched and not same(line.cells, fixed.cells):
            what = f"The row was changed in two ways: as {fixed.where} and as {line.where}."
            self.changed[table].append(
                Problem(problem_catalog.CHANGED_ROW, what, Place(*table, number), advice="Make them the same.")
            )
        for each in (line, fixed):
            self._name_notes(each, waits=True)
        self.corrected += not fixed.is_untouched
        if line.mark is not None and line.mark.key is not None and line.mark.status != Status.CONFLICT:
            self.former_keys[Place(*table, number)] = line.mark.key  # one in conflict is told to take another number
        self.rows[table][number] = as_corrected(line.cells, fixed.cells)

    def _name_notes(self, line: CorrectedRow, *, waits: bool) -> None:
        """What was typed over our columns may say that the row is not to go: nobody reads it, and so one waits that
        would go."""
        self.has_notes |= bool(line.notes)
        for column, text in line.notes if waits and line.table is not None else ():
            what = f"{quoted(text)} was typed over the column “{column}”, which is not read: it was {line.where}."
            place = Place(*(line.table or ("", None)), line.number)
            self.changed[place.file or "", place.sheet].append(
                Problem(problem_catalog.CHANGED_ROW, what, place, advice=NOTED)
            )

    def _name_changed(self, line: CorrectedRow, table: TableName, number: int, mark: RowMark) -> None:
        sent = "although it is not known whether its invoice arrived"
        then = sent if mark.status == Status.IN_DOUBT else "after its invoice was posted"
        what = f"The row was changed {then}: it is {line.where}."
        self.changed[table].append(Problem(problem_catalog.CHANGED_ROW, what, Place(*table, number)))

    def _first_table(self) -> TableName:
        one = next(one for one in self.kept if one.heading_row)
        return one.file, one.sheet

    # ------------------------------------------------------------------ what is to be said

    def _add(self, line: CorrectedRow) -> None:
        """A marked row of "To fix" whose like is gone from "Rows": at its old place, or as a new one."""
        mark, table, number = line.mark, line.table, line.number
        if mark is not None and table is not None and number is not None and number not in self.before[table]:
            self.rows[table][number] = self.before[table][number] = line.cells
            if not mark.is_open:  # it was moved here from "Rows"
                self._closed_row(line, table, number, mark)
        else:
            self._take_as_new(line, line.table or self._first_table())

    def _take_as_new(self, line: CorrectedRow, table: TableName) -> None:
        """A row that was typed in, or copied. With the mark of one that was posted it may be that one, changed: it is
        named and not read."""
        if line.mark is None or not line.has_its_own_mark or line.mark.status not in UNTOUCHABLE:
            self.added.append((line, table))
            return
        what = f"A copy of the row, whose invoice went before, is {line.where}."
        self.changed[table].append(
            Problem(problem_catalog.CHANGED_ROW, what, Place(*table, line.number), advice=_COPIED)
        )

    def _foreign_mark(self, line: CorrectedRow) -> FileUnreadable:
        return FileUnreadable(
            f"In {self.contents.file.name}, {line.where} does not have its own entry in the hidden column "
            f"“{layout.MARK}” any more. It may have been sorted or copied without that column, or edited there.",
            f"Undo that, and move or sort whole rows only. {GIVE_THE_ORIGINAL}",
        )

    def _name_the_lost(self) -> None:
        trace = self.manifest.trace
        before = {(each.file, each.sheet or None, each.row) for each in trace.corrections if each.now == GONE}
        for one in self.kept:
            table = (one.file, one.sheet)
            for number in (number for span in one.numbers for number in span):
                if number not in self.before[table]:
                    self.gone.add((table, number))
                elif (*table, number) in before and not any(self.before[table][number]):
                    self.gone_before.add((table, number))
        for table, number in sorted(self.gone | self.gone_before, key=lambda row: (*map(str, row[0]), row[1])):
            what = f"The row is gone from the sheet “{layout.ROWS}”, which should hold all of them."
            found = Problem(problem_catalog.CHANGED_ROW, what, Place(*table, number), advice=_BRING_IT_BACK)
            self.changed[table].append(found)

    def _say(self) -> None:
        name = self.contents.file.name
        made_of = ", ".join(dict.fromkeys(one.file for one in self.kept))
        first = f"{name} is a results workbook given back: its rows are those of {made_of}"
        several = "1 row was" if self.corrected == 1 else f"{self.corrected:,} rows were"
        self.notices.insert(0, f"{first}, and {several} corrected." if self.corrected else f"{first}.")
        gone = [
            f"row {number:,}{_of(table, self.kept)}"
            for table, rows in self.taken_out.items()
            for number in sorted(rows)
        ]
        if gone:
            self.notices.append(f"Taken out of “{layout.TO_FIX}” by hand, and not sent: {_shortened(gone)}.")
        last = {(one.file, one.sheet): one.last for one in self.kept}
        placed = []
        for line, table in self.added:
            last[table] += 1
            self.rows[table][last[table]] = line.cells
            if line.has_its_own_mark and line.table == table and line.number is not None:
                self.copied[table, last[table]] = line.number
            placed.append(f"{line.where}, as row {last[table]:,}{_of(table, self.kept)}")
        self.notices.extend(self.given.notices)
        if placed:
            self.notices.append(f"Added by hand: {_shortened(placed)}.")

    # ------------------------------------------------------------------ the files again

    def _original(self, file: str) -> RestoredFile:
        mine = tuple(one for one in self.kept if one.file == file)
        now, then = (
            {one.sheet: sheet_of(one, rows[file, one.sheet], self.left_out.get((file, one.sheet), ())) for one in mine}
            for rows in (self.rows, self.before)
        )
        plan = SheetPlan(joined=any(one.side != "whole" for one in mine))
        for one in mine:
            if one.heading_row:
                heading = Heading(one.first_heading_row - 1, one.heading_row - 1, headings_of(one), 0)
                plan.chosen.append(ChosenSheet(now[one.sheet], heading, has_rows=True))
            else:
                plan.left_out.append((now[one.sheet], one.left_out))
        whole = self.contents.file
        said = [one.details for one in mine if one.heading_row]
        first = said[0] if said else {}
        details = {key: value for key, value in first.items() if all(value == each.get(key) for each in said)}
        source = InputFile(file, whole.sha256, whole.size)
        hands = RowEdits(
            whole,
            self.manifest,
            mine,
            {one.sheet: self.before[file, one.sheet] for one in mine},
            {one.sheet: self.rows[file, one.sheet] for one in mine},
            frozenset((table[1], number) for table, number in self.now_out if table[0] == file),
            {(table[1], number): digest for (table, number), digest in self.rewritten.items() if table[0] == file},
            frozenset((table[1], number) for table, number in self.gone if table[0] == file),
            {(table[1], number): of for (table, number), of in self.copied.items() if table[0] == file},
        )
        return RestoredFile(
            RawWorkbook(source, self.contents.format, tuple(now.values()), details),
            plan,
            mine,
            RawWorkbook(source, self.contents.format, tuple(then.values()), details),
            {(one.sheet, row): cells for one in mine for row, cells in self.taken_out[file, one.sheet].items()},
            frozenset((table[1], number) for table, number in self.gone | self.gone_before if table[0] == file),
            tuple(problem for one in mine for problem in self.changed[file, one.sheet]),
            {place: key for place, key in self.former_keys.items() if place.file == file},
            hands,
        )


_COPIED = "The copy is not read. Delete it, and type another bill into an empty row, without copying one that went."

_BRING_IT_BACK = (
    "Nothing is sent for it, and what it said is not known here. Give an earlier workbook that still has it, or the "
    "vendor's own file: what was posted stays posted."
)


def _of(table: TableName, kept: Sequence[SheetRecord]) -> str:
    if len(kept) == 1:
        return f" of {table[0]}"
    return f" of {table[0]}, sheet {table[1]}" if table[1] else f" of {table[0]}"


def _listed(lines: Sequence[CorrectedRow]) -> str:
    return _shortened([line.where for line in lines])


def _shortened(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10:,} more" if len(names) > 10 else "")
