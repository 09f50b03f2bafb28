"""Names that a person has settled: "ACME LNDSCP" is `vend-…`, always, or for one vendor profile.

They stand in a TOML file of their own beside the cache, so that they can be read and survive its deletion.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from importer.errors import BadSettings, CannotRun
from importer.home import private_files
from importer.masterdata.cache import RecordKind
from importer.masterdata.file_lock import alone
from importer.masterdata.spelling import is_id_like, whole_key

FILE = "aliases.toml"
PATIENCE = 30.0  # seconds that a decision waits for others that are being kept
_HOW = "An entry is [[alias]] and below it name, list, id and at. Correct that, or move the file away and settle anew."


@dataclass(frozen=True, slots=True)
class Alias:
    """One decision: what a name means, who said so, and when."""

    name: str
    sort: RecordKind
    id: str
    profile: str | None  # only in files read with this profile; None: everywhere
    who: str
    at: datetime


@dataclass(slots=True)
class Aliases:
    """The decisions of one destination and integration."""

    path: Path
    entries: list[Alias]
    damage: BadSettings | None = None  # why they are not known
    _ids: dict[tuple[RecordKind, str, str | None], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = {(each.sort, whole_key(each.name), each.profile): each.id for each in self.entries}
        self._ids = {key: record_id for key, record_id in known.items() if key[1]}  # "–" is no name

    def id_of(self, sort: RecordKind, text: str, profile: str | None) -> str | None:
        """What a name was settled to mean, by the profile's own decisions first.

        Raises `BadSettings` where that cannot be read; of what looks like an id, nobody needs to know.
        """
        if self.damage is not None and not is_id_like(text):
            raise self.damage
        if not self._ids:
            return None
        key = whole_key(text)
        if profile is not None and (own := self._ids.get((sort, key, profile))) is not None:
            return own
        return self._ids.get((sort, key, None))

    def is_of(self, profile: str | None, sort: RecordKind, text: str) -> bool:
        """True where `id_of` gives the profile's own decision."""
        return profile is not None and (sort, whole_key(text), profile) in self._ids

    def with_one(self, alias: Alias) -> Aliases:
        """The decisions with one more; a newer one about the same name takes the older one's place."""
        return Aliases(self.path, [*(each for each in self.entries if not _is_about(each, alias)), alias])

    def without(self, name: str, profile: str | None) -> Aliases:
        """The decisions without those about a name."""
        key = whole_key(name)
        kept = [each for each in self.entries if (whole_key(each.name), each.profile) != (key, profile)]
        return Aliases(self.path, kept)

    def about(self, name: str) -> list[Alias]:
        """The decisions about a name, whichever files they are for."""
        return [each for each in self.entries if whole_key(each.name) == whole_key(name)]

    def save(self) -> None:
        """Writes the file anew, whole or not at all. Raises `CannotRun`."""
        lines = ["# Names that were settled with `invoice-importer alias`. May be edited by hand."]
        kept = sorted(self.entries, key=lambda alias: (alias.sort, alias.name.casefold()))
        for each in kept:
            lines += ["", "[[alias]]", f"name = {_toml(each.name)}", f'list = "{each.sort}"']
            lines += [f"id = {_toml(each.id)}"]
            lines += [f"profile = {_toml(each.profile)}"] if each.profile is not None else []
            lines += [f"who = {_toml(each.who)}", f"at = {each.at.isoformat()}"]
        text = "\n".join(lines) + "\n"
        written = self.path.with_suffix(".new")
        try:
            private_files.make_folder(self.path.parent)
            private_files.write_text(written, text)
            read = load_aliases(self.path.parent, name=written.name).entries
            if read != kept:
                raise CannotRun(f"The alias cannot be kept in {self.path}: it would not be read as it was given.")
            written.replace(self.path)
        except (UnicodeError, BadSettings) as error:
            raise CannotRun(f"The alias cannot be kept in {self.path}: a character in it cannot be written.") from error
        except OSError as error:
            raise CannotRun(f"The alias cannot be kept in {self.path}: {error.strerror or error}.") from error


def load_aliases(folder: Path, *, name: str = FILE) -> Aliases:
    """The decisions kept in a folder; none where there is no file. Raises `BadSettings`."""
    path = folder / name
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        return Aliases(path, [_parsed(each) for each in _listed(said.get("alias", []))])
    except FileNotFoundError:
        return Aliases(path, [])
    except OSError as error:
        raise BadSettings(f"The names settled in {path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, TypeError) as error:
        raise BadSettings(f"The names settled in {path} cannot be read: {error}.", _HOW) from error


def aliases_or_damage(folder: Path) -> Aliases:
    """The same; where it cannot be read, decisions that say so when one is asked for."""
    try:
        return load_aliases(folder)
    except BadSettings as error:
        return Aliases(folder / FILE, [], error)


@contextmanager
def settling(folder: Path) -> Iterator[Aliases]:
    """The decisions of a folder, which nobody else changes while the block lasts. Raises `BadSettings`, `CannotRun`."""
    taken = CannotRun("Another name is being settled at this moment.", "Nothing was kept. Try again.")
    with alone(folder / "settling.sqlite3", patience=PATIENCE, taken=taken):
        yield load_aliases(folder)


def _toml(text: str) -> str:
    """A text in quotes. JSON's escapes are TOML's but for what lies beyond 16 bits, and DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _listed(entries: object) -> list[object]:
    if not isinstance(entries, list):
        raise TypeError("'alias' is no list of entries")
    return entries


def _parsed(said: object) -> Alias:
    if not isinstance(said, dict):
        raise TypeError(f"{said!r} is no entry")
    for name in ("name", "list", "id"):
        if not isinstance(said.get(name), str):
            raise TypeError(f"an entry has no text as its {name!r}: {said.get('name', said.get('id', 'the first'))!r}")
    profile, at = said.get("profile"), said.get("at")
    if not isinstance(at, datetime):
        raise TypeError(f"{said['name']!r} has no moment as its 'at'")
    if said["list"] not in tuple(RecordKind):
        raise ValueError(f"{said['list']!r} is none of the lists: {', '.join(sort for sort in RecordKind)}")
    return Alias(
        said["name"],
        RecordKind(said["list"]),
        said["id"],
        None if profile is None else str(profile),
        str(said.get("who", "")),
        at,
    )


def _is_about(one: Alias, other: Alias) -> bool:
    return (one.sort, whole_key(one.name), one.profile) == (other.sort, whole_key(other.name), other.profile)
