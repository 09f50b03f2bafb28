"""Looking a text up among ResMan's records: by id, name, code, account number, or ResMan's own id.

Exact after what `spelling` calls the same. Not found, or found twice, is for a person to settle: the nearest names
are proposed, and never taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from importer.masterdata.cache import Record, RecordKind
from importer.masterdata.fuzzy_match import Nearness
from importer.masterdata.spelling import (
    agree,
    short_key,
    whole_key,
    without_article,
)


@dataclass(frozen=True, slots=True)
class LookupResult:
    """What a text may mean. One record: that is it. Several: nobody can tell. None: nothing has that name."""

    candidates: tuple[Record, ...]
    is_elsewhere: bool = False  # the records have it at other properties only


@dataclass(slots=True)
class Index:
    """The records of one sort, by everything that they may be called."""

    records: Sequence[Record]
    _by_id: dict[str, Record] = field(default_factory=dict)
    _ids: dict[str, list[Record]] = field(default_factory=dict)  # without case: Propexo's, and ResMan's own
    _whole: dict[str, list[Record]] = field(default_factory=dict)
    _short: dict[str, list[tuple[frozenset[str], Record]]] = field(default_factory=dict)
    _nearness: Nearness | None = None

    def __post_init__(self) -> None:
        for record in self.records:
            self._by_id[record.id] = record
            name, code = record.name or "", record.code or ""
            keys = {whole_key(name), whole_key(code)}
            if name and code:  # "6210 - Plumbing Repairs", "Plumbing Repairs (6210)"
                keys |= {whole_key(f"{code} {name}"), whole_key(f"{name} {code}")}
            self._add(self._whole, keys, record)
            self._add(self._ids, {record.id.lower(), (record.x_id or "").lower()}, record)

    def by_id(self, text: str) -> Record | None:
        """The record with this very id."""
        return self._by_id.get(text)

    def find(self, text: str, property_id: str | None) -> LookupResult:
        """What a name, code, account number or ResMan id means at a property (None: it does not matter where)."""
        whole = whole_key(text)
        found = [*self._ids.get(text.strip().lower(), ()), *(self._whole.get(whole, ()) if whole else ())]
        found = list(dict.fromkeys(found)) or self._by_label(text) or list(self._by_short_key(text))
        return _at(found, property_id) if found else LookupResult(())

    def _by_label(self, text: str) -> list[Record]:
        """ "Acme Landscaping (vend-acme)", as the template writes a name that is there twice: both must agree."""
        name, _, said = text.rpartition("(")
        record = self._by_id.get(said.rstrip(") ")) if name.strip() else None
        if record is None:
            return []
        asked = _short_key(record.sort, name)
        called = (record.name or "", f"{record.code} {record.name}")
        return [record] if any(_is_same(asked, _short_key(record.sort, each)) for each in called) else []

    def _by_short_key(self, text: str) -> Iterator[Record]:
        if not self.records:
            return
        if not self._short:
            for record in self.records:
                key, forms = _short_key(record.sort, record.name or "")
                self._short.setdefault(key, []).append((forms, record))
        key, forms = _short_key(self.records[0].sort, text)
        yield from (record for theirs, record in self._short.get(key, ()) if key and agree(forms, theirs))

    def nearest(self, text: str, property_id: str | None) -> list[Record]:
        """The records whose names are most like a text, the likeliest first; those of other properties left out."""
        if self._nearness is None:
            self._nearness = Nearness(self.records)
        return self._nearness.of(text, property_id)

    @staticmethod
    def _add(names: dict[str, list[Record]], keys: Iterable[str], record: Record) -> None:
        for key in keys:
            if key:
                known = names.setdefault(key, [])
                if not known or known[-1] is not record:
                    known.append(record)


def _short_key(sort: RecordKind, name: str) -> tuple[str, frozenset[str]]:
    """Only vendors are companies: "Elm Court Ltd" is not the property Elm Court."""
    return short_key(name) if sort is RecordKind.VENDOR else (without_article(name), frozenset())


def _is_same(one: tuple[str, frozenset[str]], other: tuple[str, frozenset[str]]) -> bool:
    return one[0] == other[0] != "" and agree(one[1], other[1])


def _at(found: Sequence[Record], property_id: str | None) -> LookupResult:
    """Of several records with one name: the property's own before those of all, the active before the inactive."""
    usable = [record for record in found if _is_at(record, property_id)]
    own = [record for record in usable if record.property_id is not None]
    kept = (own if property_id is not None and own else usable) or list(found)
    active = [record for record in kept if record.is_active and not record.is_stale] or [
        record for record in kept if record.is_active
    ]
    return LookupResult(tuple(active or kept), is_elsewhere=not usable)


def _is_at(record: Record, property_id: str | None) -> bool:
    return property_id is None or record.property_id in (None, property_id)
