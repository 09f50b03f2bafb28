"""When two spellings are the same name: without case, spaces and punctuation, "&" read as "and".

Two keys, tried in turn: the whole name, and the name without what only says what kind of company it is ("LLC").
Nothing here is a guess: a letter more or less is another name.
"""

from __future__ import annotations

import re
import unicodedata

_FORMS = frozenset(
    (
        "llc", "inc", "incorporated", "corp", "corporation", "co", "company", "ltd", "limited", "lp", "llp", "pllc",
        "pc", "plc", "lc", "pa",
    )
)  # fmt: skip
"""What a company may be called besides its name, in the United States and nearby."""

_SILENT = re.compile(r"[.'’`]")  # "L.L.C." is "LLC", "Joe's" is "Joes"
_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """The words of a name, in small letters: "Greenleaf Landscaping, L.L.C." → greenleaf, landscaping, llc."""
    plain = unicodedata.normalize("NFKD", text) if not text.isascii() else text
    plain = "".join(each for each in plain if not unicodedata.combining(each)) if not plain.isascii() else plain
    return _WORD.findall(_SILENT.sub("", plain.replace("&", " and ").replace("+", " and ")).casefold())


_PLAIN: dict[int, str | None] = {code: chr(code).lower() if chr(code).isalnum() else None for code in range(128)}
_PLAIN |= {ord("&"): "and", ord("+"): "and"}


def whole_key(text: str) -> str:
    """The same for two spellings of one name; "" where the text has neither letters nor digits."""
    return text.translate(_PLAIN) if text.isascii() else "".join(words(text))


def essential_words(text: str) -> list[str]:
    """The words of a name without "The" before it and "LLC" behind it."""
    kept = words(text)
    while len(kept) > 1 and kept[-1] in _FORMS:
        kept.pop()
    return kept[1:] if len(kept) > 1 and kept[0] == "the" else kept


def short_key(text: str) -> str:
    """The same for two spellings of one name, with or without "The" before it and "LLC" behind it."""
    return "".join(essential_words(text))


_ID = re.compile(r"(?:prop|vend|finacct|intg)-[A-Za-z0-9_-]+|c(?=[a-z]*\d)[a-z0-9]{20,31}")


def is_id_like(text: str) -> bool:
    """True for what looks like one of Propexo's ids (contract, "bodies"): "vend-…" or "cm4ublxhn5008…"."""
    return _ID.fullmatch(text) is not None
