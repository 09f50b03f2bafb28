"""Which code page a text is written in that is not UTF-8, by the words in it with letters beyond ASCII.

A byte is a letter in each of these pages, and in most of them the wrong one: "Стрижка" is "Ñòðèæêà" elsewhere, and
"Müller" is "M³ller". So each page is tried over all words, and the one in which they look like words holds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import name

MOST_WORDS = 2_000
WORD = re.compile(rb"[A-Za-z\x80-\xff]{2,}")
_WESTERN = "àâáäãåæçéèêëíìîïñóòôöõøœúùûüßÿªº’‘"
_CENTRAL = "ąćęłńóśźżáčďéěíĺľňôŕřšťúůýžäöüßőűăâîşţđ’"
_TURKISH = "çğıöşüâîİ’"
_ALPHABETS = {
    "cp1252": _WESTERN,
    "cp1250": _CENTRAL,
    "cp1254": _TURKISH,
    "cp1251": "",
    "cp850": _WESTERN,
    "mac_roman": _WESTERN,
    "cp866": "",
    "koi8_r": "",
}
"""The pages that are tried, the likelier first, each with the letters of the languages that are written in it; "" for
Cyrillic, of which every letter is one."""

_BEHIND = {"cp866": "cp1251", "koi8_r": "cp1251"}  # taken only where it fits better than the other
ENOUGH = 0.95  # of the words


@dataclass(frozen=True, slots=True)
class CodePage:
    """The code page of a text (a codec of Python). `doubt` is what cannot be told, as a sentence, or ""."""

    codec: str
    doubt: str = ""


def words_of(piece: bytes) -> list[bytes]:
    """The words with letters beyond ASCII in a piece of a file."""
    return [word for word in WORD.findall(piece) if not word.isascii()]


def likely_page(words: Sequence[bytes]) -> CodePage:
    """The page in which nearly all the words look like words; Western, and a doubt, where none or several are such."""
    if not words:
        return CodePage("cp1252")
    good = {codec: sum(_looks_right(word, codec) for word in words) for codec in _ALPHABETS}
    most = max(good.values())
    if good["cp1252"] == most and most >= ENOUGH * len(words):
        return CodePage("cp1252")
    best = [codec for codec, count in good.items() if count == most and good.get(_BEHIND.get(codec, ""), -1) < most]
    readings = {tuple(_decoded(word, codec) for word in words) for codec in best}
    if most >= ENOUGH * len(words) and len(readings) == 1:
        return CodePage(best[0])
    others = best if most else []
    odd = max(words, key=lambda word: len({_decoded(word, codec) for codec in ("cp1252", *others)}))
    first, *rest = map(repr, dict.fromkeys(_decoded(odd, codec) for codec in ("cp1252", *others)))
    may_be = f"may be {' or '.join(rest)}, and is read as {first}" if rest else f"is read as {first}, which looks wrong"
    return CodePage("cp1252", f"A word of the file {may_be}.")


def _decoded(word: bytes, codec: str) -> str:
    return word.decode(codec, "replace")


def _looks_right(word: bytes, codec: str) -> bool:
    text = _decoded(word, codec)
    beyond = [letter for letter in text if not letter.isascii()]
    if _is_mixed(text):
        return False
    if not _ALPHABETS[codec]:
        return len(beyond) == len(text) and all(name(letter, "").startswith("CYRILLIC") for letter in beyond)
    if len(beyond) == len(text):
        return False  # no language of these has words without one plain letter
    return all(letter.casefold() in _ALPHABETS[codec] or letter in _ALPHABETS[codec] for letter in beyond)


def _is_mixed(text: str) -> bool:
    """True where a capital letter beyond ASCII stands beside a small one inside a word, as it hardly does."""
    return any(
        letter.isupper() and not letter.isascii() and (text[at - 1].islower() or text[at + 1 : at + 2].islower())
        for at, letter in enumerate(text)
        if at
    )
