"""What people are told: one value, which the mail and the webhook each put into their own form.

Nothing in it can be trusted: names of files and cells come from whoever dropped the file. Every form goes through
`clean` on its way out.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from importer.domain.money import dollars
from importer.report.sentences import Destination, several

LONGEST_NAME = 80
LONGEST_LINE = 600
_NOT_SHOWN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # controls, directions, halves of characters, line separators


@dataclass(frozen=True, slots=True)
class Sum:
    """One line of the tie-out."""

    label: str
    count: int | None  # invoices; None where it counts none
    cents: int


@dataclass(frozen=True, slots=True)
class Message:
    """One piece of news, for a person. Plain values throughout, so that it can be kept until it is told."""

    subject: str  # what happened first, then which file
    at: datetime  # aware
    reference: str  # the same for the same news: whoever gets it twice can tell by it
    account: Destination | None  # which ResMan account it is about; None: none
    happened: tuple[str, ...]
    steps: tuple[str, ...]  # what to do now, most urgent first
    sums: tuple[Sum, ...] = ()  # what was read, then what became of it, which adds up to it
    details: tuple[str, ...] = ()  # only in a mail
    facts: tuple[str, ...] = ()  # where things lie, which run it was
    workbook: str | None = None  # the path of the results
    urgent: bool = False

    @property
    def title(self) -> str:
        """The subject with the account before it, on one line."""
        return clean(self.subject if self.account is None else f"[{self.account.place}] {self.subject}", 200)

    @property
    def account_line(self) -> tuple[str, ...]:
        """ "SANDBOX: A rehearsal: nothing here reaches the real ResMan."; nothing where it is about no account."""
        return () if self.account is None else (f"{self.account.place}: {self.account.sentence}",)

    def kept(self) -> str:
        """As text, for keeping it until it is told."""
        return _KEPT.dump_json(self).decode()

    @staticmethod
    def of_kept(text: str) -> Message:
        """The message that was `kept`."""
        return _KEPT.validate_json(text)


def clean(text: str, most: int = LONGEST_LINE) -> str:
    """One line of at most so many characters, without anything that a reader would not see or a header not hold."""
    seen = "".join(
        " " if each in "\t\n\r" else "\ufffd" if unicodedata.category(each) in _NOT_SHOWN else each
        for each in text[: 4 * most]
    )
    line = " ".join(seen.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def short_name(name: str) -> str:
    """A file's name as people know it; of a very long one the beginning and the end."""
    name = clean(name, 4 * LONGEST_NAME)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 25]}…{name[-24:]}"


def equation(message: Message) -> str:
    """The tie-out on one line: "Read 3, $30.00 = Posted 2, $20.00 + Needs fixing 1, $10.00"; "" where there is none."""
    counted = [one for one in message.sums if one.count is not None]
    if not counted:
        return ""
    whole, *parts = (f"{one.label} {one.count:,}, {dollars(one.cents)}" for one in counted)
    return f"{whole} = {' + '.join(parts)}" if parts else whole


def as_text(message: Message) -> str:
    """The whole message as plain text."""
    blocks = [
        list(message.account_line),
        list(message.happened),
        _numbered("What to do", message.steps),
        _table(message.sums),
        list(message.details),
        list(message.facts),
    ]
    return "\n\n".join("\n".join(_line(each) for each in block) for block in blocks if block) + "\n"


def _line(text: str) -> str:
    """Cleaned, with the spaces kept that set it in."""
    return " " * (len(text) - len(text.lstrip(" "))) + clean(text)


def _numbered(title: str, steps: tuple[str, ...]) -> list[str]:
    if not steps:
        return []
    return [f"{title}:", *(f"  {at}. {step}" if len(steps) > 1 else f"  {step}" for at, step in enumerate(steps, 1))]


def _table(sums: tuple[Sum, ...]) -> list[str]:
    lines = [
        f"  {one.label}: {dollars(one.cents)}" + ("" if one.count is None else f" ({several(one.count, 'invoice')})")
        for one in sums
    ]
    return ["To the cent:", *lines] if lines else []


_KEPT = TypeAdapter(Message)
