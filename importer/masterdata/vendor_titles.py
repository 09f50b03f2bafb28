"""Titles and file names that name a vendor, beside the one of a saved layout to which every bill would go."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from importer.domain.cells import Cell, cell_text
from importer.domain.problem_catalog import OTHER_VENDOR
from importer.domain.problems import Place, Problem
from importer.domain.reading import Reading, Table
from importer.masterdata.cache import RecordKind
from importer.masterdata.lookup import Index
from importer.masterdata.master_data import MasterData
from importer.masterdata.spelling import essential_words, whole_key

FEW = 12  # rows above a table that are looked at
LONGEST = 7  # words of a vendor's name
_WORD = re.compile(r"[^\W_]+(?:['’.&][^\W_]+)*\.?|&")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def other_vendors(reading: Reading, directory_of: Callable[[str], MasterData | None]) -> Iterator[Problem]:
    """For each table without a column of vendors whose title, sheet or file is called after another vendor that ResMan
    has, what stops the run. `reading` has ids in place of names by now."""
    for table in reading.tables:
        if not table.rows or table.source.profile is None or "vendor_id" in table.source.columns:
            continue
        mine = [each for each in reading.invoices if each.source is table.source]
        vendors = {each.vendor_id for each in mine} - {None}
        integration_id = next((each.integration_id for each in mine if each.integration_id), None)
        directory = None if integration_id is None else directory_of(integration_id)
        index = None if directory is None else directory.index(RecordKind.VENDOR)
        if index is None or not vendors:
            continue
        named = [(place, text, id_) for place, text in _titles(table) for id_ in _named(text, index)]
        if not named or vendors & {id_ for _, _, id_ in named}:
            named = [
                (place, text, id_)
                for place, text in _alone(table)
                for id_ in _named(text, index)
                if id_ not in vendors and essential_words(text) == essential_words(_name_of(index, id_))
            ]
        if named and not vendors & {id_ for _, _, id_ in named}:
            place, text, id_ = named[0]
            theirs, ours = index.by_id(id_), index.by_id(next(iter(sorted(map(str, vendors)))))
            called = f"{theirs.name} ({id_})" if theirs is not None else id_
            given = f"{ours.name} ({ours.id})" if ours is not None else ", ".join(sorted(map(str, vendors)))
            what = (
                f"{text!r} names the vendor {called}, and by the profile {table.source.profile} every bill would go to "
                f"{given}."
            )
            yield Problem(OTHER_VENDOR, what, place, "vendor_id", text)


def _titles(table: Table) -> Iterator[tuple[Place, str]]:
    source = table.source
    above = [row for row in table.skipped if row.row < source.heading_row and any(row.cells)]
    for row in above[:FEW]:
        yield from ((Place(row.file, row.sheet, row.row), text) for text in map(_text, row.cells) if text)
    stem = source.file.rpartition("/")[2].rpartition(".")[0]
    yield Place(source.file), re.sub(r"\d+", " ", _CAMEL.sub(" ", stem)).replace("_", " ").strip()
    if source.sheet:
        yield Place(source.file, source.sheet), source.sheet


def _alone(table: Table) -> Iterator[tuple[Place, str]]:
    """What stands alone in its row among or below the rows of the table: the name of a group, as reports have it."""
    for row in table.skipped:
        if row.row > table.source.heading_row:
            filled = [text for text in map(_text, row.cells) if text]
            if len(filled) == 1 and sum(cell is not None for cell in row.cells) == 1:
                yield Place(row.file, row.sheet, row.row), filled[0]


def _name_of(index: Index, record_id: str) -> str:
    """What a vendor is called."""
    record = index.by_id(record_id)
    return "" if record is None else record.name or ""


def _text(cell: Cell) -> str:
    return cell_text(cell).strip() if isinstance(cell, str) else ""


def _named(text: str, index: Index) -> Iterator[str]:
    """The ids of the active vendors whose whole name stands in a text; a name of one word has to be all of it."""
    words = _WORD.findall(text)
    for first in range(len(words)):
        for last in range(min(len(words), first + LONGEST), first, -1):
            said = " ".join(words[first:last])
            if last - first == 1 and len(words) > 1:
                continue
            for record in index.find(said, None).candidates:
                is_name = whole_key(record.name or "") == whole_key(said) or (
                    essential_words(record.name or "") == essential_words(said)
                )
                if is_name and (len(essential_words(said)) > 1 or len(words) == 1):
                    yield record.id
