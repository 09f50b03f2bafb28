"""What a template offers of what was fetched: names that mean one thing, and which of them may be used where."""

from __future__ import annotations

from collections.abc import Mapping

from importer.masterdata import MasterData, Record, RecordKind
from importer.masterdata.lookup import Index
from importer.report.workbook.template import (
    FIELDS,
    PROPERTY,
    Choice,
    Offer,
)

SORTS = dict(zip(FIELDS, (RecordKind.PROPERTY, RecordKind.VENDOR, RecordKind.ACCOUNT), strict=True))
MOST_CELLS = 200_000
"""Of lists of single properties: with more, the workbook would be slow, and every row offers everything."""


def offered(directory: MasterData) -> Offer:
    """The lists of properties, vendors and GL accounts; the gone and the inactive left out."""
    named: dict[str, dict[str, list[Record]]] = {}
    for name, sort in SORTS.items():
        index = directory.index(sort)
        named[name] = {} if index is None else _labelled(index)
    choices = {
        name: [Choice(label, known[0].id if len(known) == 1 else "") for label, known in labels.items()]
        for name, labels in named.items()
    }
    here = {name: _here(directory, name, named) for name in FIELDS if name != PROPERTY}
    distinct = {tuple(labels) for by_property in here.values() for labels in by_property.values()}
    if sum(map(len, distinct)) > MOST_CELLS:
        here = {}
    return Offer(choices, {name: by_property for name, by_property in here.items() if by_property})


def _labelled(index: Index) -> dict[str, list[Record]]:
    """Label → the record that it means; several, where each of them belongs to a property of its own.

    A label that could mean another record as well, read back, has the id with it.
    """
    labels: dict[str, list[Record]] = {}
    for record in index.records:
        if record.is_active and not record.is_stale and record.name:
            label = f"{record.code} {record.name}" if record.sort is RecordKind.ACCOUNT and record.code else record.name
            labels.setdefault(" ".join(label.split()), []).append(record)
    found: dict[str, list[Record]] = {}
    for label, same in labels.items():
        places = [record.property_id for record in same]
        is_one_each = len(same) == 1 or (None not in places and len(set(places)) == len(places))
        if is_one_each and set(index.find(label, None).candidates) <= set(same):
            found[label] = same
        else:
            found |= {f"{label} ({record.id})": [record] for record in same}
    return dict(sorted(found.items(), key=lambda each: each[0].casefold()))


def _here(directory: MasterData, name: str, named: Mapping[str, Mapping[str, list[Record]]]) -> dict[str, list[str]]:
    """Property → what may be chosen there; empty, where that is everything at each."""
    found: dict[str, list[str]] = {}
    for place, properties in named[PROPERTY].items():
        property_id = properties[0].id
        usable = directory.cache.usable_at(property_id) if SORTS[name] is RecordKind.VENDOR else None
        found[place] = [
            label
            for label, records in named[name].items()
            if any(
                record.property_id == property_id
                or (record.property_id is None and (usable is None or record.id in usable))
                for record in records
            )
        ]
    return found if any(len(labels) < len(named[name]) for labels in found.values()) else {}
