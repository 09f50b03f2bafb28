"""Bills that may be one bill, known twice: by their numbers, or by vendor, amount and date.

What is found here is said and stops nothing by itself: two bills of one vendor over the same amount on one day may
be right. Exactly the same number is no likeness but the same invoice, and is settled elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum

from importer.domain.bills import Bill
from importer.domain.identity import normalised_number
from importer.validation.invoice_numbers import (
    Number,
    are_loosely_equal,
    number_of,
    tail_of,
)

NUMBERS_COME_BACK = timedelta(days=180)
"""Vendors that start again at 1 each year do so less often than this."""

SPLIT_WITHIN = timedelta(days=31)
SERIES = 3
"""So many bills of one table over the same amount on one day, each with its own number or property, are a series:
the same service at every building. A bill that was sent twice is there twice."""

COMPARED = 40
"""Bills that one is compared with, of those that share a number, or an amount and a day."""

ONE_IN = 10
"""Of so many numbers of a vendor at most one may stand at several properties, for a number to belong to one bill.
Vendors that count at each property anew share most of theirs."""

MOST = 3
"""Likenesses told of one bill."""


class SimilarityReason(IntEnum):
    """Why two bills look like one, the surest reason first."""

    NUMBER = 1
    SUFFIX = 2
    PREFIX = 3
    OTHER_PROPERTY = 4
    OTHER_NUMBER = 5
    NO_VENDOR = 6  # found elsewhere: `likenesses` compares the bills of one vendor
    MISTYPED = 7

    @property
    def said(self) -> str:
        """In a clerk's words."""
        return {
            SimilarityReason.NUMBER: "the number is the same but for zeros, punctuation, O and 0, or I and 1",
            SimilarityReason.SUFFIX: "the number is the same but for its ending",
            SimilarityReason.PREFIX: "the number is the same but for the letters before it, and so is the amount",
            SimilarityReason.OTHER_PROPERTY: "vendor, amount and date are the same, at another property",
            SimilarityReason.OTHER_NUMBER: "vendor, amount and date are the same, under another number",
            SimilarityReason.MISTYPED: "vendor and number are the same, at another property, and amount and date "
            "are not: "
            "one of the two numbers may be mistyped",
            SimilarityReason.NO_VENDOR: "the number is the same, and ResMan does not say from which vendor that one is",
        }[self]


@dataclass(frozen=True, slots=True)
class Likeness:
    """The other bill, and why."""

    other: Bill
    why: SimilarityReason

    def said(self, number: str) -> str:
        """In a clerk's words, of a bill of this number; no more than the other bill itself says."""
        other = self.other
        if self.why is SimilarityReason.NO_VENDOR:
            same = "the number is the same" if other.total is None else "number and amount are the same"
            lacks = "" if other.property_id else ", nor at which property"
            return f"{same}, and ResMan does not say from which vendor that one is{lacks}"
        if self.why is SimilarityReason.NUMBER and normalised_number(other.number or "") == normalised_number(number):
            return "vendor and number are the same" + (
                ", at another property" if other.property_id else ", and it is not known at which property that one is"
            )
        if self.why is SimilarityReason.OTHER_NUMBER and not (other.number and number):
            return "vendor, amount and date are the same, and one of them has no number"
        return self.why.said


@dataclass(slots=True)
class _Vendor:
    """The bills of one vendor by what they may be found by; each as its place among all."""

    by_number: dict[str, list[int]] = field(default_factory=dict)
    by_day: dict[tuple[object, object], list[int]] = field(default_factory=dict)
    by_amount: dict[tuple[str, object], list[int]] = field(default_factory=dict)  # of numbers that many bills share
    lone: dict[tuple[object, object], dict[int | None, list[int]]] = field(default_factory=dict)


def likenesses(bills: Sequence[Bill], known: Sequence[Bill] = ()) -> dict[int, tuple[Likeness, ...]]:
    """Index of each of the bills that looks like another one, or like a known one → those, the surest first."""
    every = [*bills, *known]
    by_vendor: dict[str, list[int]] = {}
    for place, bill in enumerate(every):
        by_vendor.setdefault(bill.vendor_id, []).append(place)
    found: dict[int, tuple[Likeness, ...]] = {}
    for places in by_vendor.values():  # one at a time: what bills are found by takes more memory than the bills
        found.update(_among(every, places, len(bills)))
    return found


def _among(every: Sequence[Bill], places: Sequence[int], count: int) -> Iterator[tuple[int, tuple[Likeness, ...]]]:
    """The likenesses of one vendor's bills, of those among the first `count` of all."""
    numbers = {place: number_of(text) if (text := every[place].number) else None for place in places}
    vendor = _Vendor()
    keys: dict[int, list[str]] = {}
    for place, number in numbers.items():
        bill = every[place]
        keys[place] = mine = _keys(number)
        for key in mine:
            vendor.by_number.setdefault(key, []).append(place)
        if bill.total and bill.issued is not None:
            vendor.by_day.setdefault((bill.total, bill.issued), []).append(place)
    _add_tails(vendor, numbers, keys)
    is_one_bill: bool | None = None  # looked at where it is asked for
    for index in _in_company(vendor, count):
        bill = every[index]
        others: dict[int, SimilarityReason] = {}
        for place in _others(index, _of_number(vendor, every, bill, keys[index])):
            why = _by_number(bill, numbers[index], every[place], numbers[place])
            if why is None and _is_elsewhere(bill, numbers[index], every[place], numbers[place]):
                if is_one_bill is None:
                    is_one_bill = _has_a_number_for_each(every, numbers)
                why = SimilarityReason.MISTYPED if is_one_bill else None
            if why is not None:
                others[place] = why
        day = vendor.by_day.get((bill.total, bill.issued), []) if bill.total else []
        if len(day) > 1:
            for place in _others(index, [_few(_of_day(vendor, every, bill, day))]):
                others.setdefault(place, _by_day(bill, every[place]))
        others = {place: why for place, why in others.items() if not _is_exact(bill, every[place])}
        if others:
            surest = sorted(others, key=lambda place: (_is_of_this_run(every[place]), others[place], place))[:MOST]
            yield index, tuple(Likeness(every[place], others[place]) for place in surest)


def _is_of_this_run(bill: Bill) -> bool:
    """What was posted or is held by ResMan is told first: a bill of the same file must not hide it."""
    return bill.table is not None and bill.job is None


def _few(places: list[int]) -> list[int]:
    """Of very many the first and the last: what thousands of bills share tells nothing of any two of them."""
    return places if len(places) <= COMPARED else [*places[: COMPARED // 2], *places[-COMPARED // 2 :]]


def _of_number(vendor: _Vendor, every: Sequence[Bill], bill: Bill, keys: Sequence[str]) -> Iterator[list[int]]:
    """The bills with a number like this; of very many those of the same amount, and a few of the others."""
    for key in keys:
        places = vendor.by_number[key]
        if len(places) > COMPARED:
            if (key, None) not in vendor.by_amount:
                vendor.by_amount[key, None] = []
                for place in places:
                    vendor.by_amount.setdefault((key, every[place].total or 0), []).append(place)
            yield _few(vendor.by_amount.get((key, bill.total or 0), []))
        yield _few(places)


def _of_day(vendor: _Vendor, every: Sequence[Bill], bill: Bill, day: list[int]) -> list[int]:
    """The bills of this amount and day; without those of its own table, where they are a series."""
    if bill.table is None:
        return day
    key = (bill.total, bill.issued)
    if key not in vendor.lone:
        tables: dict[int | None, list[int]] = {}
        for place in day:
            tables.setdefault(every[place].table, []).append(place)
        vendor.lone[key] = {
            table: [place for place in day if every[place].table != table]
            for table, mine in tables.items()
            if table is not None and len(mine) >= SERIES and _is_series([every[place] for place in mine])
        }
    return vendor.lone[key].get(bill.table, day)


def _in_company(vendor: _Vendor, count: int) -> list[int]:
    """The first `count` bills without those, nearly all, that share nothing with any other."""
    shared: set[int] = set()
    for places in (*vendor.by_number.values(), *vendor.by_day.values()):
        if len(places) > 1:
            shared.update(places)
    return sorted(place for place in shared if place < count)


def _keys(number: Number | None) -> list[str]:
    if number is None:
        return []
    keys = [key for key in (number.squeezed, number.stem) if key]
    if number.runs != number.squeezed and number.runs.strip("|"):
        keys.append(number.runs)
    return keys


def _add_tails(vendor: _Vendor, numbers: Mapping[int, Number | None], keys: Mapping[int, list[str]]) -> None:
    """Lets EVE-10454 be found by 10454, where a vendor has bills of both kinds."""
    bare = {number.squeezed for number in numbers.values() if number is not None and number.squeezed.isdecimal()}
    if not bare:
        return
    for place, number in numbers.items():
        if number is not None and "|" in number.runs and (tail := tail_of(number)) in bare:
            keys[place].append(tail)
            vendor.by_number[tail].append(place)


def _others(index: int, places: Iterable[Iterable[int]]) -> list[int]:
    return [place for place in dict.fromkeys(each for some in places for each in some) if place != index]


def _by_number(bill: Bill, number: Number | None, other: Bill, others: Number | None) -> SimilarityReason | None:
    if number is None or others is None:
        return None
    same_amount = bill.total is not None and bill.total == other.total
    same_day = bill.issued is not None and bill.issued == other.issued
    apart = None if bill.issued is None or other.issued is None else abs(bill.issued - other.issued)
    same_place = bill.property_id is None or other.property_id is None or bill.property_id == other.property_id
    if are_loosely_equal(number, others):
        if same_place:
            return SimilarityReason.NUMBER if same_amount or apart is None or apart <= NUMBERS_COME_BACK else None
        return SimilarityReason.NUMBER if same_amount and (apart is None or apart <= SPLIT_WITHIN) else None
    if number.squeezed and number.squeezed == others.squeezed and same_amount and same_day:
        return SimilarityReason.NUMBER
    if number.stem and number.stem == others.squeezed:
        has_word = number.has_word
    elif others.stem and others.stem == number.squeezed:
        has_word = others.has_word
    elif same_amount and same_place and (apart is None or apart <= NUMBERS_COME_BACK) and _is_tail(number, others):
        return SimilarityReason.PREFIX
    else:
        return None
    if not same_place:
        return None
    if has_word and (apart is None or apart <= NUMBERS_COME_BACK):
        return SimilarityReason.SUFFIX
    return SimilarityReason.SUFFIX if same_amount and (apart is None or apart <= NUMBERS_COME_BACK) else None


def _is_elsewhere(bill: Bill, number: Number | None, other: Bill, others: Number | None) -> bool:
    """The very same number at two properties, about the same time, with nothing else in common: no bill is split so."""
    if number is None or others is None or not number.squeezed or number.squeezed != others.squeezed:
        return False
    if None in (bill.property_id, other.property_id) or bill.property_id == other.property_id:
        return False
    if bill.issued is None or other.issued is None or bill.total == other.total:
        return False
    return timedelta() < abs(bill.issued - other.issued) <= NUMBERS_COME_BACK


def _has_a_number_for_each(every: Sequence[Bill], numbers: Mapping[int, Number | None]) -> bool:
    """Whether the vendor counts its bills through, and not at each property anew."""
    found: dict[str, set[str | None]] = {}
    for place, number in numbers.items():
        if number is not None and number.squeezed:
            found.setdefault(number.squeezed, set()).add(every[place].property_id)
    return ONE_IN * sum(len(some) > 1 for some in found.values()) <= len(found)


def _is_tail(number: Number, others: Number) -> bool:
    return bool(number.squeezed and others.squeezed) and (
        tail_of(number) == others.squeezed or tail_of(others) == number.squeezed
    )


def _by_day(bill: Bill, other: Bill) -> SimilarityReason:
    is_elsewhere = None not in (bill.property_id, other.property_id) and bill.property_id != other.property_id
    return SimilarityReason.OTHER_PROPERTY if is_elsewhere else SimilarityReason.OTHER_NUMBER


def _is_exact(bill: Bill, other: Bill) -> bool:
    """The same invoice, not a similar one: see `within_run`, and what the ledger and ResMan hold."""
    return (
        bill.property_id == other.property_id
        and bill.number is not None
        and other.number is not None
        and normalised_number(bill.number) == normalised_number(other.number)
    )


def _is_series(bills: Sequence[Bill]) -> bool:
    return len({(each.property_id, each.number) for each in bills}) == len(bills)
