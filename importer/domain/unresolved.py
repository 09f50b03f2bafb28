"""A name in the files that is no record of ResMan's for certain, with everything that it holds up."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SAFE = re.compile(r"[\w .,'&()/#:;@+*=~^-]+")
"""What may stand between double quotes in any shell: a cell's text must not become a command."""


@dataclass(frozen=True, slots=True)
class UnresolvedName:
    """One text, wherever it stands, and the rows and invoices that wait for it."""

    noun: str  # "vendor"
    name: str  # as the cells have it
    rows: int
    invoices: int
    cents: int  # of those invoices
    nearest: tuple[str, ...]  # as a clerk reads them: "Acme Landscaping (vend-acme)"; the likeliest first
    nearest_id: str | None  # where only one is near: which of several, a person says
    is_ambiguous: bool  # there are several of that name: they are the nearest
    profile: str | None = None  # the one whose decision about it is no longer good; None: nobody's, or everywhere

    @property
    def hint(self) -> str:
        """ "nearest: Acme Landscaping (vend-acme)"."""
        if self.is_ambiguous:
            return f"there is more than one of that name: {'; '.join(self.nearest)}"
        return f"nearest: {'; '.join(self.nearest)}" if self.nearest else "nothing is near it"

    @property
    def remedy(self) -> str:
        """The command that settles it for good."""
        meant = "ID" if self.nearest_id is None or self.is_ambiguous else self.nearest_id
        return alias_command(self.name, meant, profile=self.profile)


def alias_command(name: str, meant: str, *, profile: str | None = None) -> str:
    """What a clerk may copy into a terminal; the name is left out where a shell might read more in it."""
    command = f"invoice-importer alias {_quoted(name, 'NAME')} {meant}"
    return command if profile is None else f"{command} --profile {_quoted(profile, 'PROFILE')}"


def _quoted(text: str, instead: str) -> str:
    spelt = " ".join(text.split())
    return f'"{spelt}"' if _SAFE.fullmatch(spelt) and not spelt.startswith("-") else instead
