"""Names that a person has settled: "ACME LNDSCP" is `vend-…`, always, or for one vendor profile.

They stand in a TOML file of their own beside the cache, so that they can be read and survive its deletion.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from importer.directory.cache import Sort
from importer.directory.spelling import whole_key
from importer.errors import BadSettings, CannotRun

FILE = "aliases.toml"


@dataclass(frozen=True, slots=True)
class Alias:
    """One decision: what a name means, who said so, and when."""

    name: str
    sort: Sort
    id: str
    profile: str | None  # only in files read with this profile; None: everywhere
    who: str
    at: datetime


@dataclass(slots=True)
class Aliases:
    """The decisions of one destination and integration."""

    path: Path
    entries: list[Alias]
    _ids: dict[tuple[Sort, str, str | None], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = {(each.sort, whole_key(each.name), each.profile): each.id for each in self.entries}
        self._ids = {key: record_id for key, record_id in known.items() if key[1]}  # "–" is no name

    def id_of(self, sort: Sort, text: str, profile: str | None) -> str | None:
        """What a name was settled to mean, by the profile's own decisions first."""
        if not self._ids:
            return None
        key = whole_key(text)
        if profile is not None and (own := self._ids.get((sort, key, profile))) is not None:
            return own
        return self._ids.get((sort, key, None))

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
        for each in sorted(self.entries, key=lambda alias: (alias.sort, alias.name.casefold())):
            lines += ["", "[[alias]]", f"name = {json.dumps(each.name)}", f'list = "{each.sort}"']
            lines += [f"id = {json.dumps(each.id)}"]
            lines += [f"profile = {json.dumps(each.profile)}"] if each.profile is not None else []
            lines += [f"who = {json.dumps(each.who)}", f"at = {each.at.isoformat()}"]
        written = self.path.with_suffix(".new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            written.write_text("\n".join(lines) + "\n", encoding="utf-8")
            written.replace(self.path)
        except OSError as error:
            raise CannotRun(f"The alias cannot be kept in {self.path}: {error.strerror or error}.") from error


def load_aliases(folder: Path) -> Aliases:
    """The decisions kept in a folder; none where there is no file. Raises `BadSettings`."""
    path = folder / FILE
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        return Aliases(path, [_parsed(each) for each in said.get("alias", ())])
    except FileNotFoundError:
        return Aliases(path, [])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadSettings(
            f"The names settled in {path} cannot be read: {error}.", "Correct the file, or move it away."
        ) from error


def _parsed(said: dict[str, object]) -> Alias:
    profile, at = said.get("profile"), said["at"]
    if not isinstance(at, datetime):
        raise TypeError(f"{at!r} is not a moment")
    return Alias(
        str(said["name"]),
        Sort(str(said["list"])),
        str(said["id"]),
        None if profile is None else str(profile),
        str(said.get("who", "")),
        at,
    )


def _is_about(one: Alias, other: Alias) -> bool:
    return (one.sort, whole_key(one.name), one.profile) == (other.sort, whole_key(other.name), other.profile)
