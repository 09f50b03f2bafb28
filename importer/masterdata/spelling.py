"""When two spellings are the same name: without case, spaces and punctuation, "&" read as "and".

Between two digits a break counts, whatever it is: "72-005" is "72 005", and neither is "720-05" or "72005". Two keys,
tried in turn: the whole name, and a vendor's name without what only says what kind of company it is ("LLC").
Nothing here is a guess: a letter more or less is another name.
"""

from __future__ import annotations

import re
import unicodedata

_FORMS = {
    "incorporated": "inc", "corporation": "corp", "company": "co", "limited": "ltd",
    **{form: form for form in ("llc", "inc", "corp", "co", "ltd", "lp", "llp", "pllc", "pc", "plc", "lc")},
}  # fmt: skip
"""What a company may be called besides its name, in the United States and nearby. "PA" is Pennsylvania as well."""

_STATE = re.compile(r"\bCO\s*$")  # Colorado; "Acme Co" and "ACME CO." are companies
_SILENT = re.compile(
    r"(?<![\d.'’`])[.'’`]++|[.'’`]++(?!\d)"
)  # "L.L.C." is "LLC", "Joe's" is "Joes"; 7200.5 is no 72005
_WORD = re.compile(r"[^\W_]+")
_BROKEN_DIGITS = re.compile(r"\d[^0-9A-Za-z&+]+\d")


def words(text: str) -> list[str]:
    """The words of a name, in small letters: "Greenleaf Landscaping, L.L.C." → greenleaf, landscaping, llc."""
    plain = text if text.isascii() else _plain(text)
    return _WORD.findall(_SILENT.sub("", plain.replace("&", " and ").replace("+", " and ")).casefold())


def _plain(text: str) -> str:
    """Without accents and typographic variants. What is a number by itself ("½") joins no other: 1½ is not 112."""
    apart = "".join(f" {each} " if unicodedata.category(each) == "No" else each for each in text)
    return "".join(each for each in unicodedata.normalize("NFKD", apart) if not unicodedata.combining(each))


_PLAIN: dict[int, str | None] = {code: chr(code).lower() if chr(code).isalnum() else None for code in range(128)}
_PLAIN |= {ord("&"): "and", ord("+"): "and"}


def whole_key(text: str) -> str:
    """The same for two spellings of one name; "" where the text has neither letters nor digits."""
    if text.isascii() and _BROKEN_DIGITS.search(text) is None:
        return text.translate(_PLAIN)
    return _joined(words(text))


def _joined(said: list[str]) -> str:
    """The words run together, a space between two digits."""
    key = ""
    for word in said:
        key += f" {word}" if key[-1:].isdigit() and word[0].isdigit() else word
    return key


def essential_words(text: str) -> list[str]:
    """The words of a name without "The" before it and "LLC" behind it."""
    return _parted(text)[0]


def short_key(text: str) -> tuple[str, frozenset[str]]:
    """A name without "The" before it and without its company forms; and those forms, each in its shortest spelling.

    Two names are the same where the keys are, and where none says a form that the other says otherwise (`agree`).
    """
    said, forms = _parted(text)
    return _joined(said), forms


def agree(one: frozenset[str], other: frozenset[str]) -> bool:
    """True for "LLC" and nothing, for "Company" and "Co, Inc."; not for "LLC" and "Inc."."""
    return one <= other or other <= one


def without_article(text: str) -> str:
    """The key of a name without "The" before it."""
    said = words(text)
    return _joined(said[1:] if len(said) > 1 and said[0] == "the" else said)


def _parted(text: str) -> tuple[list[str], frozenset[str]]:
    kept = words(text)
    forms: set[str] = set()
    while len(kept) > 1 and kept[-1] in _FORMS and not (not forms and _STATE.search(text)):
        forms.add(_FORMS[kept.pop()])
    return kept[1:] if len(kept) > 1 and kept[0] == "the" else kept, frozenset(forms)


_ID = re.compile(r"(?:prop|vend|finacct|intg)-[A-Za-z0-9_-]+|c(?=[a-z]*\d)[a-z0-9]{20,31}")


def is_id_like(text: str) -> bool:
    """True for what looks like one of Propexo's ids (contract, "bodies"): "vend-…" or "cm4ublxhn5008…"."""
    return _ID.fullmatch(text) is not None
