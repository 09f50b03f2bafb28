"""Which column is which field: every mapping has its reason, and what cannot be told is asked, never assumed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from importer.columns import BY_NAME, COLUMNS
from importer.errors import FileUnreadable
from importer.models import Cell
from importer.reader.headings import PLAIN_SPELLINGS, listed, normalised, spelled


@dataclass(frozen=True, slots=True)
class Mapped:
    """The columns of a table that have a meaning, and those that have none."""

    columns: Mapping[str, int]  # field → 0-based index
    unused: tuple[int, ...]  # 0-based indexes of columns with a heading and without a meaning


def map_headings(headings: Sequence[Cell], where: str) -> Mapped:
    """The field of each heading. The API's own name goes before a friendlier spelling of the same field.

    Raises FileUnreadable where two headings claim one field.
    """
    claims: dict[str, list[int]] = {}
    unused: list[int] = []
    for index, heading in enumerate(headings):
        field = PLAIN_SPELLINGS.get(normalised(spelled(heading)))
        if field is not None:
            claims.setdefault(field, []).append(index)
        elif spelled(heading):
            unused.append(index)
    found: dict[str, int] = {}
    for field, indexes in claims.items():
        named = [index for index in indexes if normalised(spelled(headings[index])) == normalised(field)]
        if len(named) == 1:
            unused.extend(index for index in indexes if index != named[0])
            indexes = named
        if len(indexes) > 1:
            both = listed((index, headings[index]) for index in indexes)
            raise FileUnreadable(
                f"{where} has more than one column for {BY_NAME[field].heading}: {both}.",
                "Rename or remove the one that is not meant.",
            )
        found[field] = indexes[0]
    return Mapped(found, tuple(sorted(unused)))


def missing_fields(present: Collection[str]) -> list[str]:
    """The required fields that are neither present nor stood in for, in the order of the plain layout."""
    return [
        column.name
        for column in COLUMNS
        if column.required and column.name not in present and not any(other in present for other in column.instead)
    ]
