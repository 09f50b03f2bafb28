"""Commands that are told during a rehearsal: copied as they stand, they must not leave it."""

from __future__ import annotations

import re

SANDBOX = "sandbox"
"""What the embedded stand-in is called as a destination."""

_COMMAND = re.compile(
    r"(invoice-importer (?:alias|check|expected|history|settle|status|submit|sync|template)\b)(?! --sandbox)"
)


def with_sandbox_flag(text: str, destination: str) -> str:
    """The text with `--sandbox` in every command that it tells, where the run is against the embedded stand-in."""
    return _COMMAND.sub(r"\1 --sandbox", text) if destination == SANDBOX else text
