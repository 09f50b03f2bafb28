"""Which row of a vendor's file is which row of an earlier one: what a file that was corrected and saved anew inherits.

A row is told by five facts: number, vendor, property, date and amount. Where all five are those of a known row it is
that row, in whichever file and format. Otherwise the files that share rows with this one tell: a row that stands where
one of theirs stood that is here no more, or that is one of those in all but one fact, is that row, corrected.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from importer.domain.vendor_rows import DATE, NUMBER, Facts

AMOUNT = 4


class KnownRow(NamedTuple):
    """A row of a file that was read, and whose identity is settled."""

    number: int  # 1-based, in its sheet
    identity: str
    facts: Facts


def digest(*parts: object) -> str:
    """24 hexadecimal digits over the parts."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "replace")).hexdigest()[:24]


def marks_of(destination: str, rows: Iterable[Facts]) -> list[str | None]:
    """What each row is found by, in order: the first of several that say the same has another mark than the second.
    None for a row that says neither number nor date: it may be anybody's."""
    counted: dict[Facts, int] = {}
    found: list[str | None] = []
    for facts in rows:
        at = counted[facts] = counted.get(facts, 0) + 1
        found.append(digest(destination, *facts, at) if facts[NUMBER] or facts[DATE] else None)
    return found


def inherited(
    mine: Sequence[tuple[int, Facts]], settled: Mapping[int, str], base: Sequence[KnownRow]
) -> dict[int, str]:
    """Row numbers → the identities that they have from an earlier file, without those that are `settled` already.

    `mine` are the rows of this file in order, `base` those of an earlier one that shares rows with it.
    """
    used = set(settled.values())
    left = {each.identity: each for each in base if each.identity not in used}
    new = {number: facts for number, facts in mine if number not in settled}
    if not left or not new:
        return {}
    found = dict(_alike(new, left))
    for number, same in found.items():
        del new[number], left[same]
    if new and left:
        found |= dict(_in_place(mine, {**settled, **found}, base, new, left))
    return found


def _alike(new: Mapping[int, Facts], left: Mapping[str, KnownRow]) -> Iterator[tuple[int, str]]:
    """Those that are the same in all facts but one; or under the same number in amount or date. The surest first."""
    by_part: dict[tuple[str, ...], list[str]] = {}
    for identity, known in left.items():
        for part in _parts(known.facts):
            by_part.setdefault(part, []).append(identity)
    used: set[str] = set()
    parts = {number: {part[0]: part for part in _parts(facts)} for number, facts in new.items()}
    for kind in _KINDS:
        for number in [number for number, mine in parts.items() if kind in mine]:
            same = next((each for each in by_part.get(parts[number][kind], ()) if each not in used), None)
            if same is not None:
                used.add(same)
                del parts[number]
                yield number, same


_KINDS = ("all", "number", "vendor", "property", "date", "amount", "number and amount", "number and date")


def _parts(facts: Facts) -> Iterator[tuple[str, ...]]:
    """What two rows must have in common to be one, each below its name in `_KINDS`: that of what may differ."""
    number, vendor, where, day, amount = facts
    yield "all", *facts
    if day and amount:
        yield "number", vendor, where, day, amount
    if number:
        yield "vendor", number, where, day, amount
        yield "property", number, vendor, day, amount
        yield "date", number, vendor, where, amount
        yield "amount", number, vendor, where, day
        if amount:
            yield "number and amount", number, amount
        if day:
            yield "number and date", number, day


def _in_place(
    mine: Sequence[tuple[int, Facts]],
    settled: Mapping[int, str],
    base: Sequence[KnownRow],
    new: Mapping[int, Facts],
    left: Mapping[str, KnownRow],
) -> Iterator[tuple[int, str]]:
    """Those that stand between the same neighbours as as many that are gone, and have number, date or amount of
    theirs."""
    places = {each.identity: place for place, each in enumerate(base)}
    anchors = [places.get(settled.get(number, "")) for number, _ in mine]
    after = [-1] * len(mine)
    before = [len(base)] * len(mine)
    last, following = -1, len(base)
    for at, place in enumerate(anchors):
        last = after[at] = last if place is None else place
    for at in range(len(mine) - 1, -1, -1):
        place = anchors[at]
        following = before[at] = following if place is None else place
    gaps: dict[tuple[int, int], list[int]] = {}
    for at, (number, _) in enumerate(mine):
        if number in new:
            gaps.setdefault((after[at], before[at]), []).append(number)
    for (first, end), numbers in gaps.items():
        gone = [each for each in base[first + 1 : max(end, first + 1)] if each.identity in left]
        if len(gone) == len(numbers):
            for number, known in zip(numbers, gone, strict=True):
                if any(new[number][which] and new[number][which] == known.facts[which] for which in _TELLING):
                    yield number, known.identity


_TELLING = (NUMBER, DATE, AMOUNT)
