"""Whether the words of a failure surely mean that ResMan has not taken an invoice.

The words are data: `refusals.toml`, and what the settings add. A failure that they do not know proves nothing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any


class Refusal(StrEnum):
    """How it is known that ResMan did not take an invoice."""

    VALIDATION = "validation"
    CLOSED_PERIOD = "closed-period"
    VENDOR = "vendor"  # it does not know the vendor, or does not use him there
    ACCOUNT = "account"
    PROPERTY = "property"
    DUPLICATE = "duplicate"  # it has an invoice of that number already: somebody has to compare
    SETTINGS = "settings"  # in words that the settings call a refusal
    ABSENT = "absent"  # it failed in other words, and was looked for in vain after a sync


NO_REFUSALS: tuple[str, ...] = ()


def refusal_of(errors: Sequence[str], more: Sequence[str] = NO_REFUSALS) -> Refusal | None:
    """What kind of definite refusal a job's errors are; None where any part of them may mean something else.

    `more` are the phrases of the settings; a `*` in one stands for a name or a number.
    """
    found: list[Refusal] = []
    for error in errors:
        for clause in _clauses(error):
            kind = _kind_of(clause, tuple(more))
            if kind is not None:
                found.append(kind)
            elif not any(each.fullmatch(f"{clause} ") for each in _table().beside):
                return None
    return Refusal.DUPLICATE if Refusal.DUPLICATE in found else next(iter(found), None)


def _clauses(error: str) -> Iterator[str]:
    """The clauses of an error, plainly spelt, without the labels before them. An error without words has none that
    anything is known of."""
    plain = re.sub(r"[\s_]+", " ", re.sub(r"[\"'`“”‘’]", "", error.replace("’", "'"))).strip().casefold()
    for clause in _END.split(plain) if plain else [""]:
        if clause or not plain:
            yield _unlabelled(clause)


_END = re.compile(r"\s*(?:;|(?<!\binc)(?<!\bllc)(?<!\bltd)(?<!\bcorp)(?<!\bco)(?<!\bno)(?<!\bst)[.!](?:\s+|$))\s*")
"""Where a clause ends; the dot of an abbreviation ends none."""


def _unlabelled(clause: str) -> str:
    while ":" in clause:
        label, _, rest = clause.partition(":")
        if not rest.strip() or not any(each.fullmatch(f"{label.strip()} ") for each in _table().labels):
            break
        clause = rest.strip()
    return clause


def _kind_of(clause: str, more: tuple[str, ...]) -> Refusal | None:
    for kind, phrase in _table().refusals:
        if _fits(phrase, clause):
            return kind
    return Refusal.SETTINGS if any(_fits(phrase, clause) for phrase in _of_settings(more)) else None


def _fits(phrase: re.Pattern[str], clause: str) -> bool:
    match = phrase.fullmatch(f"{clause} ")
    names = () if match is None else (each for each in match.groups() if each)
    return match is not None and not any(_table().doubtful & set(re.findall(r"[\w']+", name)) for name in names)


# ---------------------------------------------------------------------- the table


@dataclass(frozen=True, slots=True)
class _Table:
    labels: tuple[re.Pattern[str], ...]
    beside: tuple[re.Pattern[str], ...]
    refusals: tuple[tuple[Refusal, re.Pattern[str]], ...]
    doubtful: frozenset[str]  # words that a name never has


@cache
def _table() -> _Table:
    told: dict[str, Any] = tomllib.loads(Path(__file__).with_name("refusals.toml").read_text(encoding="utf-8"))
    fields = "|".join(map(re.escape, sorted(told["fields"], key=len, reverse=True)))

    def phrases(of: Iterable[str]) -> tuple[re.Pattern[str], ...]:
        return tuple(_pattern(phrase, fields) for phrase in of)

    refusals = tuple((Refusal(each["kind"]), pattern) for each in told["refusal"] for pattern in phrases(each["says"]))
    return _Table(phrases(told["labels"]), phrases(told["beside"]), refusals, frozenset(told["never_in_a_name"]))


@lru_cache(maxsize=8)
def _of_settings(more: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    patterns = []
    for phrase in more:
        clause = next(_clauses(phrase.strip().rstrip(".")))
        words = (_NAME if word == "*" else f"{re.escape(word)} " for word in clause.split())
        patterns.append(re.compile("".join(words)))
    return tuple(patterns)


_ID = r"\(?#?(?=[\w./#-]*[\d-])[\w./#-]+\)? "
_NAME = r"((?:[^\s:;]+ ){1,8}?)"
_PARTS = re.compile(r"[\[\]()|]|\{\w+\}|[^\s\[\]()|{}]+")
_SIGNS = {"[": "(?:", "]": ")?", "(": "(?:", ")": ")", "|": "|"}


def _pattern(phrase: str, fields: str) -> re.Pattern[str]:
    """A phrase of the table as a regular expression over words with a blank behind each; its groups are the names."""
    known = {**_SIGNS, "{field}": f"(?:{fields}) ", "{id}": _ID, "{name}": _NAME}
    return re.compile("".join(known.get(part, f"{re.escape(part)} ") for part in _PARTS.findall(phrase)))
