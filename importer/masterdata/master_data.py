"""The directory of one integration, opened: its cache, its aliases, and indexes that are made when first asked for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from importer.domain.bills import Bill
from importer.masterdata.aliases import Aliases, aliases_or_damage
from importer.masterdata.cache import (
    BillRecord,
    Cache,
    Record,
    RecordKind,
)
from importer.masterdata.lookup import Index


@dataclass(slots=True)
class MasterData:
    """What is known of one integration, and since when."""

    cache: Cache
    aliases: Aliases
    fetched: Mapping[RecordKind, datetime]  # the lists that were fetched to their end at least once
    _indexes: dict[RecordKind, Index] = field(default_factory=dict)

    def index(self, sort: RecordKind) -> Index | None:
        """The records of one sort; None where they were never fetched."""
        if sort not in self.fetched:
            return None
        if sort not in self._indexes:
            self._indexes[sort] = Index(self.cache.records(sort))
        return self._indexes[sort]

    def record(self, sort: RecordKind, record_id: str) -> Record | None:
        """One record by its id."""
        index = self.index(sort)
        return None if index is None else index.by_id(record_id)

    def name_of(self, sort: RecordKind, record_id: str) -> str:
        """What a record is called, or its id where that is not known."""
        record = self.record(sort, record_id)
        return record_id if record is None or record.name is None else record.name

    def called(self) -> dict[str, str]:
        """Id → name of every property, and → number and name of every GL account."""
        indexes = [
            index for sort in (RecordKind.PROPERTY, RecordKind.ACCOUNT) if (index := self.index(sort)) is not None
        ]
        return {
            record.id: f"{record.code} {record.name}"
            if record.sort is RecordKind.ACCOUNT and record.code
            else record.name
            for index in indexes
            for record in index.records
            if record.name
        }

    def age(self, now: datetime) -> str:
        """ "3 hours ago": when the oldest of the lists that were fetched was last brought up to date."""
        return ago(now, min(self.fetched.values())) if self.fetched else "never"

    def open_periods(self) -> dict[str, date]:
        """Property → the first day of its open accounting period."""
        return self.cache.open_periods()

    def billed(self, vendor_ids: Sequence[str] | None = None) -> list[Bill]:
        """The invoices that ResMan held of these vendors when they were fetched, or of all; oldest first.

        Contract: an invoice names its vendor by ResMan's own id, the vendor's `x_id`.
        """
        index = self.index(RecordKind.VENDOR)
        if index is None or RecordKind.INVOICE not in self.fetched:
            return []
        if vendor_ids is None:
            vendors = [record for record in index.records if record.x_id]
        else:
            vendors = [known for each in vendor_ids if (known := index.by_id(each)) is not None and known.x_id]
        by_x_id: dict[str, list[str]] = {}
        for vendor in vendors:
            by_x_id.setdefault(vendor.x_id or "", []).append(vendor.id)
        held = [
            _held(bill, vendor_id)
            for bill in self.cache.bills(None if vendor_ids is None else list(by_x_id))
            for vendor_id in by_x_id.get(bill.x_vendor_id or "", ())
        ]
        return sorted(held, key=lambda each: each.issued or date.min)

    def vendorless(self) -> list[Bill]:
        """The invoices of which ResMan does not say whose they are."""
        return [_held(bill, "") for bill in self.cache.vendorless()] if RecordKind.INVOICE in self.fetched else []


def _held(bill: BillRecord, vendor_id: str) -> Bill:
    where = f"in ResMan ({bill.id}{', not seen there for over 30 days' if bill.is_stale else ''})"
    return Bill(where, vendor_id, bill.property_id, bill.number, bill.issued, bill.total, accounts=bill.accounts)


def folder_of(home: Path, destination: str, integration_id: str) -> Path:
    """Where the directory of an integration is kept: cache and aliases."""
    readable = re.sub(r"[^a-z0-9]+", "-", f"{destination} {integration_id}".lower()).strip("-")[:60]
    digest = hashlib.sha256(f"{destination}\x1f{integration_id}".encode()).hexdigest()[:8]
    return home / "directory" / f"{readable}-{digest}"


def cache_path(folder: Path) -> Path:
    """The cache in a directory's folder."""
    return folder / "fetched.sqlite3"


def open_directory(folder: Path) -> MasterData | None:
    """The directory in a folder; None where nothing was ever fetched and no name settled.

    Raises `CannotRun` where the cache cannot be used; aliases that cannot be read are told when a name needs them.
    """
    aliases = aliases_or_damage(folder)
    if not cache_path(folder).is_file() and not aliases.entries and aliases.damage is None:
        return None
    cache = Cache(cache_path(folder))
    known = {sort: at for sort in RecordKind if (at := cache.fetched(sort)) is not None}
    return MasterData(cache, aliases, known)


def ago(now: datetime, then: datetime) -> str:
    """ "just now", "5 minutes ago", "3 days ago"."""
    seconds = (now - then).total_seconds()
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"
