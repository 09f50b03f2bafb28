"""What ResMan has, kept on this machine: fetched by `sync`, looked up by name, and asked for what was billed before."""

from __future__ import annotations

from importer.masterdata.aliases import Alias, Aliases
from importer.masterdata.cache import Cache, Record, RecordKind
from importer.masterdata.master_data import MasterData, folder_of, open_directory
from importer.masterdata.resolve import Resolved, resolve
from importer.masterdata.sync import Lists, Synced, fetch

__all__ = [
    "Alias",
    "Aliases",
    "Cache",
    "Lists",
    "MasterData",
    "Record",
    "RecordKind",
    "Resolved",
    "Synced",
    "fetch",
    "folder_of",
    "open_directory",
    "resolve",
]
