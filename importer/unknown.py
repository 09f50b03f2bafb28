"""A name in the files that is no record of ResMan's for certain, with everything that it holds up."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SAFE = re.compile(r"[\w .,'&()/#:;@+*=~^-]+")
"""What may stand between double quotes in any shell: a cell's text must not become a command."""


@dataclass(frozen=True, slots=True)
class UnknownName:
    """One text, wherever it stands, and the rows and invoices that wait for it."""

    noun: str  # "vendor"
    name: str  # as the cells have it
    rows: int
    invoices: int
    cents: int  # of those invoices
    nearest: tuple[str, ...]  # as a clerk reads them: "Acme Landscaping (vend-acme)"; the likeliest first
    nearest_id: str | None
    is_ambiguous: bool  # there are several of that name: they are the nearest

    @property
    def hint(self) -> str:
        """ "nearest: Acme Landscaping (vend-acme)"."""
        if self.is_ambiguous:
            return f"there is more than one of that name: {'; '.join(self.nearest)}"
        return f"nearest: {'; '.join(self.nearest)}" if self.nearest else "nothing is near it"

    @property
    def remedy(self) -> str:
        """The command that settles it for good."""
        return alias_command(self.name, "ID" if self.nearest_id is None or self.is_ambiguous else self.nearest_id)


def alias_command(name: str, meant: str) -> str:
    """What a clerk may copy into a terminal; the name is left out where a shell might read more in it."""
    spelt = " ".join(name.split())
    quoted = f'"{spelt}"' if _SAFE.fullmatch(spelt) and not spelt.startswith("-") else "NAME"
    return f"invoice-importer alias {quoted} {meant}"
