"""Where an invoice was posted before and is read with other texts: which of them a profile made, and what is left.

A profile may make notes of the file's name and the row's number. A copy of the file under another name, or one row
more above, then gives other notes for the same bill.
"""

from __future__ import annotations

import json
import re
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from importer.domain.invoice import Invoice, Row
from importer.domain.reading import Reading
from importer.reading.profiles.vendor_profile import parse_profile

_MOVES = {"file", "sheet", "row"}
"""What a text may refer to that is of the file and not of the bill."""

_OF_LINE = {"notes": "item_notes"}
_TEXTS = ("notes", "memo")


@dataclass(frozen=True)
class MadeTexts:
    """The texts that the profiles of a reading make of file and row."""

    reading: Reading

    @cached_property
    def _profiles(self) -> Mapping[tuple[str, str | None], str]:
        """Each table's profile, as TOML."""
        return {
            (table.source.file, table.source.sheet): table.understood.profile
            for table in self.reading.tables
            if table.understood is not None
        }

    def are_all_that_differs(self, invoice: Invoice, posted: str, now: str) -> bool:
        """True where two bodies of the invoice differ, and in nothing but such texts; both were made so."""
        was, read = json.loads(posted), json.loads(now)
        if without_texts(was) != without_texts(read):
            return False
        source = invoice.source
        patterns = _patterns(self._profiles.get((source.file, source.sheet), ""))
        return all(
            name in patterns
            and not _says(invoice.rows, name)
            and patterns[name].fullmatch(before) is not None
            and patterns[name].fullmatch(after) is not None
            for name, before, after in _different_texts(was, read)
        )


def without_texts(body: Mapping[str, Any]) -> dict[str, Any]:
    """A body without what is only said about the bill: notes and memo, of it and of its lines."""
    items = [{name: value for name, value in item.items() if name not in _TEXTS} for item in body["invoice_items"]]
    return {name: value for name, value in body.items() if name not in _TEXTS} | {"invoice_items": items}


def in_any_order(body: Mapping[str, Any]) -> dict[str, Any]:
    """A body with its lines in an order of our own: the order in which they come says nothing about the bill."""
    return {**body, "invoice_items": sorted(json.dumps(item, sort_keys=True) for item in body["invoice_items"])}


def is_same_but_for_order(posted: str, now: str) -> bool:
    """True where two bodies say the same, with their lines in another order or in none."""
    if len(posted) != len(now):
        return False
    return in_any_order(json.loads(posted)) == in_any_order(json.loads(now))


def _different_texts(was: Mapping[str, Any], read: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The name of its column, and both texts, of each text that differs."""
    found = [(name, str(was[name]), str(read[name])) for name in _TEXTS if was[name] != read[name]]
    for before, after in zip(was["invoice_items"], read["invoice_items"], strict=True):
        found += [
            (_OF_LINE[name], str(before[name]), str(after[name])) for name in _OF_LINE if before[name] != after[name]
        ]
    return found


def _says(rows: tuple[Row, ...], name: str) -> bool:
    return any(row.says(name) for row in rows)


@lru_cache(maxsize=64)
def _patterns(profile: str) -> Mapping[str, re.Pattern[str]]:
    """Column → what the profile's text in it looks like, of those texts that name the file or the row."""
    defaults = parse_profile(tomllib.loads(profile), "").defaults if profile else {}
    found = {}
    for name, text in defaults.items():
        parts = list(string.Formatter().parse(text.strip()))
        if name in (*_TEXTS, *_OF_LINE.values()) and _MOVES & {part[1] for part in parts}:
            found[name] = re.compile("".join(_words(said) + _filling(field) for said, field, *_ in parts), re.DOTALL)
    return found


def _words(said: str) -> str:
    return r"\s*".join(map(re.escape, re.split(r"\s+", said)))  # a space beside nothing is trimmed


def _filling(field: str | None) -> str:
    return "" if field is None else r"\d+" if field == "row" else ".*"
