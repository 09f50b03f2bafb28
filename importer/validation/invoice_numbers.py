"""When two invoice numbers may be one, typed twice: INV-001 and 1, 1O01 and 1001, 2044 and 2044-A."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_PREFIX = re.compile(r"(?:(?:invoice|inv|bill|number|num|no|nr)(?![a-z])[^a-z0-9]*|#\s*)+")
_ALIKE = str.maketrans("oil", "011")
_KEPT: dict[int, str | None] = {code: None for code in range(128) if not chr(code).isalnum()}
_KEPT |= {ord("o"): "0", ord("i"): "1", ord("l"): "1"}
_DIGIT = re.compile(r"\d")
_RUN = re.compile(r"\d+|[a-z]+")
_LONG = (
    r"cop(?:y|ies|ia|ie)|kopie|dup(?:licate[ds]?|licado|likat)?|rev(?:ised|ision)?|corr(?:ected|ection|igiert|ig[eé]e?)?"
    r"|amend(?:ed|ment)?|final|resen[dt]|re-?issued?|reprint(?:ed)?|replacement|updated?|again|v\d|ver(?:sion)?"
)
_AGAIN = re.compile(
    rf"""(?P<stem>\D*\d(?:.*?[a-z0-9])??)(?:
        (?:[^a-z0-9]+(?:{_LONG}|re|r)|(?<=\d)(?:{_LONG}))(?:[^a-z0-9]*\d{{1,2}})?
        |[^a-z0-9]*\(\s*\d{{1,2}}\s*\)
        )+[^a-z0-9]*""",
    re.VERBOSE,
)
"""An ending that says that it is the same bill once more: "copy 2", "rev1", "v2", "reissued", "(1)"."""

_HINT = re.compile(r"\d.*?(?:[a-z]{2}|[rv(])")
"""What each of those has, and few numbers besides."""

_PART = re.compile(r"(?P<stem>.*[a-z0-9])(?:[^a-z0-9]+(?:[a-z]{1,2}|\d{1,2})[^a-z0-9]*|(?<=\d)[a-z])")
_LONGEST = 100
"""Characters. What is longer is no number that somebody gave an ending."""

_LOOKS = str.maketrans("авекмнорстхуіѕјԁһԛԝαβεζηικμνορτυχ", "abekmhopctxyisjdhqwabezhikmvoptux")
"""Cyrillic and Greek letters that look like Latin ones, as capitals or small."""


class Number(NamedTuple):
    """A number in the forms by which it is compared. "" where there is nothing to compare."""

    squeezed: str  # without prefix, punctuation and leading zeros; O as 0, I and l as 1
    runs: str  # its runs of digits and letters, each without leading zeros
    has_breaks: bool  # punctuation within it
    stem: str  # `squeezed` of what stands before a suffix; "" where there is none
    has_word: bool  # the suffix says that it is the same bill again ("copy", "rev 2")


def number_of(text: str) -> Number:
    """The forms of an invoice number as its vendor, or a clerk, wrote it."""
    plain = (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold().strip()
    if not plain.isascii():
        plain = plain.translate(_LOOKS)
    found = _PREFIX.match(plain)
    body = plain[found.end() :] if found is not None and _DIGIT.search(plain, found.end()) else plain
    if body.isdecimal():
        digits = body.lstrip("0")
        return Number(digits, digits, False, "", False)  # noqa: FBT003 - by name it takes twice as long
    if body.endswith(".0") and body[-3:-2].isdecimal():
        body = body[:-2]  # a number that a spreadsheet program has made a fraction of
    # an ending has two digits at most
    stem, has_word = ("", False) if body[-3:].isdecimal() or len(body) > _LONGEST else _ending(body)
    return Number(
        _squeezed(body),
        "|".join([run.lstrip("0") for run in _RUN.findall(body.translate(_ALIKE))]),
        not body.isalnum(),
        _squeezed(stem),
        has_word,
    )


def _ending(body: str) -> tuple[str, bool]:
    """What stands before the ending, and whether that says that it is the same bill; "" where there is none."""
    if _HINT.search(body) is not None and (again := _AGAIN.fullmatch(body)) is not None:
        return again["stem"], True
    part = _PART.fullmatch(body)
    return (part["stem"], False) if part is not None and _DIGIT.search(part["stem"]) is not None else ("", False)


def tail_of(number: Number) -> str:
    """The digits of a number that is letters and then at least four digits; "" of any other."""
    letters, _, digits = number.runs.partition("|")
    return digits if len(digits) >= _TAIL and digits.isdecimal() and letters.isalpha() else ""


_TAIL = 4
"""Digits that tell a bill of a vendor without the letters before them."""


def are_loosely_equal(one: Number, other: Number) -> bool:
    """The same but for zeros, punctuation, O and 0, I and 1: surely enough to be told by itself."""
    if one.runs and one.runs == other.runs:
        return True
    # 1-23 and 12-3 are the same digits and two numbers; 24-001 and 24001 differ by a hyphen.
    return bool(one.squeezed) and one.squeezed == other.squeezed and not (one.has_breaks and other.has_breaks)


def _squeezed(text: str) -> str:
    if not text.isascii():
        text = "".join(each for each in text if each.isalnum())
    return text.translate(_KEPT).lstrip("0")
