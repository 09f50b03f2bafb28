"""What formatting and comments say of data rows: several texts in a cell, a line through them, white letters, VOID."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from importer.domain import problem_catalog
from importer.domain.cells import Cell, cell_text, column_letter
from importer.domain.fields import BY_NAME, ValueKind
from importer.domain.invoice import Invoice, Row
from importer.domain.problems import Place, Problem
from importer.reading.cells.parse_cell import is_blank, quoted
from importer.reading.formats.facts.looks import Pieces, TextLook, still_there
from importer.reading.rows.file_damage import ranges
from importer.reading.rows.status_words import RowStatus, status_from_description, status_from_text
from importer.reading.tables.parsed_table import IDS, ParsedTable

_OF_A_COMMENT = {
    RowStatus.VOID: problem_catalog.VOID_ROW,
    RowStatus.NO_BILL: problem_catalog.NO_BILL,
    RowStatus.HELD: problem_catalog.MARKED_HELD,
    RowStatus.TWICE: problem_catalog.MARKED_DUPLICATE,
    RowStatus.PAID: problem_catalog.MARKED_PAID,
}
_UNREADABLE = (problem_catalog.NOT_MONEY, problem_catalog.NOT_A_QUANTITY, problem_catalog.NOT_A_DATE)
_SEVERAL = problem_catalog.SEVERAL_TEXTS
_FEW_WORDS = 4  # of a comment that says how the invoice stands, and little else
_VALUES = frozenset(("tax", "debit", "credit", "terms"))  # of the columns that are no fields, those whose cells count


def formatting_remarks(layout: ParsedTable) -> Iterator[tuple[Row, Problem]]:
    """The problems of single rows, each with its row."""
    if "invoice_number" in layout.mapped.columns:
        yield from _lines_in_numbers(layout, layout.mapped.columns["invoice_number"])
    comments: dict[int, list[tuple[int, str]]] = {}
    for (number, column), comment in layout.comments.items():
        comments.setdefault(number, []).append((column, comment))
    marked = {number for number, _ in layout.looks} | comments.keys()
    every = _columns(layout)
    for row in layout.rows if marked else ():
        at = row.number - 1
        if at in marked:
            yield from _looks(row, _still_there(layout, row, every), every)
            for column, comment in comments.get(at, ()):
                yield from _comment(row, column, comment)


def told_once(invoices: Sequence[Invoice]) -> list[Invoice]:
    """The invoices with one problem for a cell that has several texts in it, in place of those of its reader."""
    found: list[Invoice] = []
    for invoice in invoices:
        several = {each.place: each for each in invoice.problems if each.kind is _SEVERAL}
        unread = {each.place: each for each in invoice.problems if each.kind in _UNREADABLE and each.place in several}
        if unread:
            kept = (each for each in invoice.problems if each.place not in unread or each.kind is not _SEVERAL)
            told = (
                replace(several[each.place], field=each.field) if each in unread.values() else each for each in kept
            )
            invoice = invoice._replace(problems=tuple(told))
        found.append(invoice)
    return found


def unseen_remarks(layout: ParsedTable) -> Iterator[Problem]:
    """The data rows with text in white letters, together."""
    marked = {
        number for (number, _), pieces in layout.looks.items() if any(piece.look is TextLook.UNSEEN for piece in pieces)
    }
    every = _columns(layout)
    unseen = [
        (row.number, at)
        for row in (layout.rows if marked else ())
        if row.number - 1 in marked
        for at, pieces in _still_there(layout, row, every).items()
        if any(piece.look is TextLook.UNSEEN for piece in pieces)
    ]
    if unseen:
        rows = list(dict.fromkeys(number for number, _ in unseen))
        what = f"{len(rows):,} of {len(layout.rows):,} data rows have text in white letters: {ranges(rows)}."
        place = Place(layout.source.file, layout.source.sheet, unseen[0][0], column_letter(unseen[0][1]))
        yield Problem(problem_catalog.UNSEEN_TEXT, what, place)


def _columns(layout: ParsedTable) -> dict[int, bool]:
    """The columns that are read, and whether each holds single values: amounts, days, ids."""
    mapped = layout.mapped
    named = [*mapped.columns.items(), *(each for part in mapped.parts.values() for each in part.items())]
    found = {index: BY_NAME[name].kind is not ValueKind.TEXT or name in IDS for name, index in named}
    found |= {index: name in _VALUES for name, index in mapped.others.items() if index not in found}
    return found | dict.fromkeys((*mapped.amounts, *(index for _, index in mapped.extras)), True)


def _still_there(layout: ParsedTable, row: Row, every: Mapping[int, bool]) -> dict[int, Pieces]:
    """How the row's cells look, by column, as far as nobody has typed something else over them."""
    looks = ((at, still_there(layout.looks, row.number - 1, at, _at(row.cells, at))) for at in every)
    return {at: pieces for at, pieces in looks if pieces}


def _at(cells: tuple[Cell, ...], index: int) -> Cell:
    return cells[index] if index < len(cells) else None


def _looks(row: Row, looks: Mapping[int, Pieces], every: Mapping[int, bool]) -> Iterator[tuple[Row, Problem]]:
    struck = [at for at, pieces in looks.items() if all(piece.look is TextLook.STRUCK for piece in pieces)]
    for at, pieces in looks.items():
        if len(pieces) > 1 and every[at] and at not in struck:
            said = ", ".join(quoted(piece.text) + (f" ({piece.look})" if piece.look else "") for piece in pieces)
            yield row, _several(row, at, f"The cell has more than one text in it: {said}.")
    if struck:
        text = cell_text(_at(row.cells, struck[0])).strip()
        filled = sum(not is_blank(_at(row.cells, at)) for at in every)
        what = "The row is struck out." if len(struck) * 2 > filled else f"{quoted(text)} is struck out."
        place = replace(row.place(), column=column_letter(struck[0]))
        yield row, Problem(problem_catalog.STRUCK_OUT, what, place, value=text)


def _several(row: Row, at: int, what: str) -> Problem:
    place = replace(row.place(), column=column_letter(at))
    return Problem(_SEVERAL, what, place, value=cell_text(_at(row.cells, at)))


def _lines_in_numbers(layout: ParsedTable, index: int) -> Iterator[tuple[Row, Problem]]:
    """Invoice numbers of several lines, more than one of which could be the number."""
    for row, cell in zip(layout.rows, layout.cells.once(index), strict=False):
        if isinstance(cell, str) and "\n" in cell and (row.number - 1, index) not in layout.looks:
            numbers = [line.strip() for line in cell.splitlines() if any(map(str.isdigit, line))]
            if len(numbers) > 1:
                said = ", ".join(map(quoted, numbers))
                yield row, _several(row, index, f"The cell has more than one text in it: {said}.")


def _comment(row: Row, column: int, comment: str) -> Iterator[tuple[Row, Problem]]:
    for line in comment.splitlines():
        standing = status_from_description(line)
        if standing not in _OF_A_COMMENT and len(line.split()) <= _FEW_WORDS:
            standing = status_from_text(line.strip())
        if standing in _OF_A_COMMENT:
            place = replace(row.place(), column=column_letter(column))
            what = f"A comment on the cell says {quoted(line)}."
            yield row, Problem(_OF_A_COMMENT[standing], what, place, value=line.strip(), advice=_TAKE_IT_OUT)
            return


_TAKE_IT_OUT = "Take the row out; where it is to be paid, delete the comment in the file and check that again."
