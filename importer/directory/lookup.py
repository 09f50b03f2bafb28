"""Looking a text up among ResMan's records: by id, name, code, account number, or ResMan's own id.

Exact after what `spelling` calls the same. Not found, or found twice, is for a person to settle: the nearest names
are proposed, and never taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from importer.directory.cache import Known
from importer.directory.nearness import Nearness
from importer.directory.spelling import short_key, whole_key


@dataclass(frozen=True, slots=True)
class Found:
    """What a text may mean. One record: that is it. Several: nobody can tell. None: nothing has that name."""

    candidates: tuple[Known, ...]
    is_elsewhere: bool = False  # the records have it at other properties only


@dataclass(slots=True)
class Index:
    """The records of one sort, by everything that they may be called."""

    records: Sequence[Known]
    _by_id: dict[str, Known] = field(default_factory=dict)
    _ids: dict[str, list[Known]] = field(default_factory=dict)  # without case: Propexo's, and ResMan's own
    _whole: dict[str, list[Known]] = field(default_factory=dict)
    _short: dict[str, list[Known]] = field(default_factory=dict)
    _nearness: Nearness | None = None

    def __post_init__(self) -> None:
        for record in self.records:
            self._by_id[record.id] = record
            key, number = whole_key(record.name or ""), whole_key(record.code or "")
            keys = (key, number, number + key, key + number) if key and number else (key, number)
            self._add(self._whole, keys, record)  # "6210 - Plumbing Repairs", "Plumbing Repairs (6210)"
            self._add(self._ids, {record.id.lower(), (record.x_id or "").lower()}, record)

    def by_id(self, text: str) -> Known | None:
        """The record with this very id."""
        return self._by_id.get(text)

    def find(self, text: str, property_id: str | None) -> Found:
        """What a name, code, account number or ResMan id means at a property (None: it does not matter where)."""
        whole = whole_key(text)
        found = [*self._ids.get(text.strip().lower(), ()), *(self._whole.get(whole, ()) if whole else ())]
        found = list(dict.fromkeys(found)) or self._by_label(text) or list(self._by_short_key(text))
        return _at(found, property_id) if found else Found(())

    def _by_label(self, text: str) -> list[Known]:
        """ "Acme Landscaping (vend-acme)", as the template writes a name that is there twice: both must agree."""
        name, _, said = text.rpartition("(")
        record = self._by_id.get(said.rstrip(") ")) if name.strip() else None
        names = set() if record is None else {short_key(record.name or ""), short_key(f"{record.code} {record.name}")}
        return [record] if record is not None and short_key(name) in names else []

    def _by_short_key(self, text: str) -> Sequence[Known]:
        if not self._short:
            for record in self.records:
                self._add(self._short, (short_key(record.name or ""),), record)
        return self._short.get(short_key(text), ())

    def nearest(self, text: str, property_id: str | None) -> list[Known]:
        """The records whose names are most like a text, the likeliest first; those of other properties left out."""
        if self._nearness is None:
            self._nearness = Nearness(self.records)
        return self._nearness.of(text, property_id)

    @staticmethod
    def _add(names: dict[str, list[Known]], keys: Iterable[str], record: Known) -> None:
        for key in keys:
            if key:
                known = names.setdefault(key, [])
                if not known or known[-1] is not record:
                    known.append(record)


def _at(found: Sequence[Known], property_id: str | None) -> Found:
    """Of several records with one name: the property's own before those of all, the active before the inactive."""
    usable = [record for record in found if _is_at(record, property_id)]
    own = [record for record in usable if record.property_id is not None]
    kept = (own if property_id is not None and own else usable) or list(found)
    active = [record for record in kept if record.is_active and not record.is_stale] or [
        record for record in kept if record.is_active
    ]
    return Found(tuple(active or kept), is_elsewhere=not usable)


def _is_at(record: Known, property_id: str | None) -> bool:
    return property_id is None or record.property_id in (None, property_id)
