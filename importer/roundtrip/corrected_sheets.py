"""The columns of our own results workbook, as somebody gives it back: which are the vendor's, and which were added."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from importer.domain.cells import Cell, cell_text, column_letter
from importer.domain.fields import BY_NAME
from importer.domain.packed import trimmed
from importer.errors import FileUnreadable
from importer.reading.cells.parse_cell import is_blank
from importer.reading.columns.headings import PLAIN_SPELLINGS, display_heading, normalised
from importer.reading.formats.raw_workbook import RawSheet, RawWorkbook
from importer.workbook_format import layout
from importer.workbook_format.manifest import SheetRecord

OR_THE_ORIGINAL = "Or give the vendor's own file: what was posted stays posted."
OFFERED = BY_NAME["accounting_date"].heading  # of the empty column that "To fix" offers where a period is closed


@dataclass(frozen=True, slots=True)
class GivenSheet:
    """One sheet of "Rows" or "To fix", and where what stands in it."""

    title: str
    rows: Sequence[tuple[Cell, ...]]
    own: tuple[int, ...]  # the vendor's columns
    mark: int
    added: tuple[tuple[int, int], ...] = ()  # a column that was added, and its index behind the vendor's

    def cells(self, row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        """A row as the vendor's table has it, with what was added behind."""
        first = self.own[0] if self.own else self.mark
        if len(self.own) == self.mark - first and not self.added:
            return trimmed(tuple(None if cell == "" else cell for cell in row[first : self.mark]))
        places = dict(enumerate(self.own)) | {index: at for at, index in self.added}
        found = (
            row[places[index]] if places.get(index, len(row)) < len(row) else None for index in range(_end(places))
        )
        return trimmed(tuple(None if cell == "" else cell for cell in found))


@dataclass(frozen=True, slots=True)
class Given:
    """The sheets, and the input's tables with the columns that were added to them."""

    sheets: tuple[GivenSheet, ...]
    kept: tuple[SheetRecord, ...]
    notices: tuple[str, ...]  # one for each column that was added and filled in
    secret: bytes | None = b""  # that the marks were made with, as in `RowMark.is_of`


def corrected_sheets_of(contents: RawWorkbook, kept: Sequence[SheetRecord], secret: bytes | None) -> Given:
    """Raises FileUnreadable where the vendor's columns are not as they were."""
    bases = {_without_blanks_at_the_end([heading.strip() for heading in one.headings]) for one in kept}
    added: dict[tuple[str, ...], dict[str, tuple[int, str]]] = {base: {} for base in bases}
    sheets: list[GivenSheet] = []
    notices: list[str] = []
    for sheet in contents.sheets:
        title = sheet.name or ""
        if not any(layout.is_sheet_of(title, name) for name in (layout.ROWS, layout.TO_FIX)) or not sheet.rows:
            continue
        base, own, beside = _columns(sheet, bases, contents.file.name)
        read: list[tuple[int, int]] = []
        headings = [cell_text(cell).strip() for cell in sheet.rows[0]]
        for at in beside:
            if not any(at < len(row) and not is_blank(row[at]) for row in sheet.rows[1:]):
                continue
            heading = headings[at] if at < len(headings) else ""
            name = PLAIN_SPELLINGS.get(normalised(heading))
            where = f"Column {column_letter(at)} of “{title}” ({f'{heading!r}' if heading else 'without a heading'})"
            if name is None:
                notices.append(f"{where} was added by hand, and is not read: its heading is not a known one.")
            elif any(PLAIN_SPELLINGS.get(normalised(display_heading(each))) == name for each in base):
                what = BY_NAME[name].heading
                notices.append(f"{where} was added by hand, and is not read: there is a column for the {what} already.")
            else:
                index, _ = added[base].setdefault(name, (len(own) + len(added[base]), heading))
                read.append((at, index))
                is_offered = heading == OFFERED and at + 1 < len(headings) and headings[at + 1] == layout.MARK
                how = "is offered there, was filled in" if is_offered else "was added by hand"
                notices.append(f"{where} {how}, and is read.")
        mark = max(at for at, heading in enumerate(headings) if heading == layout.MARK)
        sheets.append(GivenSheet(title, sheet.rows, own, mark, tuple(read)))
    return Given(tuple(sheets), tuple(_widened(one, added) for one in kept), tuple(notices), secret)


def refuse_parts(contents: RawWorkbook) -> None:
    """Raises FileUnreadable for a sheet of a results workbook without the others, and for results as a csv."""
    for sheet in contents.sheets:
        headings = [cell_text(cell).strip() for cell in sheet.rows[0]] if sheet.rows else []
        if not layout.begins_like_ours(headings):
            continue
        name = contents.file.name
        if sheet.name is None:
            raise FileUnreadable(
                f"{name} is a csv of results or of one sheet of them: it cannot be given back.",
                f"Correct the results workbook itself, and give that back. {OR_THE_ORIGINAL}",
            )
        raise FileUnreadable(
            f"{name} has the sheet “{sheet.name}” of a results workbook, but not its sheet “{layout.ROWS}”.",
            f"Give back the whole workbook, with all its sheets under their names. {OR_THE_ORIGINAL}",
        )


def _columns(
    sheet: RawSheet, bases: set[tuple[str, ...]], file: str
) -> tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...]]:
    """The vendor's headings, their columns, and the columns that somebody has added."""
    headings = [cell_text(cell).strip() for cell in sheet.rows[0]]
    span = layout.clerk_columns(headings)
    width = max(map(len, sheet.rows))
    if span is not None:
        right = tuple(range(span.stop + 1, width))
        between = headings[span.start : span.stop]
        base = _without_blanks_at_the_end(between)
        if base in bases:
            return base, tuple(span), right
        for base in sorted(bases, key=len, reverse=True):
            own = tuple(span.start + at for at in _places(between, base))
            inserted = tuple(at for at in span if at not in own)
            if own and not any(headings[at] in base for at in inserted if headings[at]):
                return base, own, inserted + right
    raise FileUnreadable(
        f"The headings of the sheet “{sheet.name}” in {file} are not as they were.",
        "Put them back: cells are corrected there and rows deleted or added, while columns and headings "
        "stay. Or correct the vendor's own file.",
    )


def _places(between: Sequence[str], base: Sequence[str]) -> Iterator[int]:
    """Where the headings of `base` stand, in order, and the nameless columns behind; nothing where one lacks."""
    found = list(_found(between, base))
    if len(found) == len(base):
        yield from found
        last = found[-1] if found else -1
        yield from (at for at in range(last + 1, len(between)) if not between[at])


def _found(between: Sequence[str], base: Sequence[str]) -> Iterator[int]:
    wanted = iter(base)
    next_one = next(wanted, None)
    for at, heading in enumerate(between):
        if next_one is not None and heading == next_one:
            yield at
            next_one = next(wanted, None)


def _widened(one: SheetRecord, added: dict[tuple[str, ...], dict[str, tuple[int, str]]]) -> SheetRecord:
    mine = added[_without_blanks_at_the_end([heading.strip() for heading in one.headings])]
    if not mine or not one.heading_row:
        return one
    end = max(index for index, _ in mine.values()) + 1
    headings = [*one.headings, *[""] * (end - len(one.headings))]
    for index, heading in mine.values():
        headings[index] = heading
    return replace(one, headings=tuple(headings))


def _end(places: dict[int, int]) -> int:
    return max(places, default=-1) + 1


def _without_blanks_at_the_end(headings: Sequence[str]) -> tuple[str, ...]:
    end = len(headings)
    while end and not headings[end - 1]:
        end -= 1
    return tuple(headings[:end])
