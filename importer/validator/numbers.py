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
_SUFFIX = re.compile(
    r"""(?P<stem>.*[a-z0-9])(?:
        [^a-z0-9]+(?P<word>copy|dup|duplicate|rev\d?|revised|corrected|final|r\d?|re|resend|reissue)[^a-z0-9]*
        |[^a-z0-9]+(?P<part>[a-z]{1,2}|\d{1,2})[^a-z0-9]*
        |(?<=\d)(?P<letter>[a-z])
        )""",
    re.VERBOSE,
)


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
    found = _PREFIX.match(plain)
    body = plain[found.end() :] if found is not None and _DIGIT.search(plain, found.end()) else plain
    if body.isdecimal():
        digits = _squeezed(body)
        return Number(digits, digits, has_breaks=False, stem="", has_word=False)
    suffix = _SUFFIX.fullmatch(body)
    has_suffix = suffix is not None and _DIGIT.search(suffix["stem"]) is not None
    return Number(
        _squeezed(body),
        "|".join([run.lstrip("0") for run in _RUN.findall(body.translate(_ALIKE))]),
        not body.isalnum(),
        _squeezed(suffix["stem"]) if suffix is not None and has_suffix else "",
        suffix is not None and has_suffix and suffix["word"] is not None,
    )


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
