"""Columns known by what stands in them, whatever their heading: a currency's code, a word for a credit, a sign.

A look at the first rows passes over most columns; only of the rest are all cells looked at, each different one once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from importer.domain.cells import Cell, cell_text
from importer.domain.fields import BY_NAME, ValueKind
from importer.reading.cells.parse_cell import is_blank
from importer.reading.cells.parse_money import CODES, SYMBOLS, named_currency
from importer.reading.columns.column_map import CellsOfColumn, ColumnMap, unused
from importer.reading.columns.headings import display_heading
from importer.reading.columns.meaning import words_of
from importer.reading.rows.document_type import tells_type

FIRST_ROWS = 100
CURRENCY = "currency"
CURRENCY_WORDS = frozenset(("currency", "cur", "crcy", "iso", "wahrungsschlussel", "divisa", "munt", "muntsoort"))
WHOSE_ANY = frozenset(("currency", "amount", "total", "net", "gross", "line"))
_RATES = frozenset(("rate", "exchange", "factor", "amount", "total"))
_NO_CURRENCY = frozenset(
    (
        *("department", "dept", "class", "project", "job", "site", "route", "tech", "initials", "state", "country"),
        *(
            "drawing",
            "category",
            "unit",
            "uom",
            "type",
            "service",
            "description",
            "item",
            "notes",
            "property",
            "vendor",
        ),
    )
)
_INITIALS = frozenset(("KR", "RS", "RP", "LEI"))
_SIGNS = frozenset((*(sign for sign in SYMBOLS if not sign.isalpha() and sign not in ("$", "S/")), "RM", "CHF"))

_OF_COUNTRIES = {
    "canadian": "CAD",
    "australian": "AUD",
    "new zealand": "NZD",
    "hong kong": "HKD",
    "singapore": "SGD",
    "mexican": "MXN",
    "british": "GBP",
    "swiss": "CHF",
    "japanese": "JPY",
    "chinese": "CNY",
    "indian": "INR",
    "swedish": "SEK",
    "norwegian": "NOK",
    "danish": "DKK",
    "brazilian": "BRL",
    "american": "USD",
    "us": "USD",
}
_MONEY = r"(?:dollars?|pesos?|pounds?(?: sterling)?|francs?|yen|yuan|rupees?|kron[ae]r?|reais|funds)"
_OF_COUNTRY = re.compile(rf"({'|'.join(_OF_COUNTRIES)}) {_MONEY}", re.IGNORECASE)


def currency_of(text: str) -> str | None:
    """The ISO code that a text names in any usual way ("USD ($)", "Canadian dollars"); None where it is not clear."""
    of_country = _OF_COUNTRY.match(text)
    return _OF_COUNTRIES[of_country[1].casefold()] if of_country is not None else named_currency(text)


def take_by_cells(
    headings: Sequence[Cell], mapped: ColumnMap, rows: Sequence[Sequence[Cell]], cells: CellsOfColumn
) -> None:
    """Adds a column of currencies and one of types, where nothing names them. Of the others that say a currency,
    `hints` keeps those that may contradict the first."""
    if ("debit" in mapped.others) != ("credit" in mapped.others):
        mapped.others.pop("debit" if "debit" in mapped.others else "credit")  # one side alone gives no amount a sign
    found: list[int] = []
    nameless = [index for index, heading in enumerate(headings) if is_blank(heading)]
    for index in nameless:
        first = {text for text in _texts([row[index] for row in rows[:FIRST_ROWS] if index < len(row)]) if text}
        if CURRENCY not in mapped.others and first and all(map(_is_sign, first)):
            found += [index] if all(_is_sign(text) for text in _texts(cells(index)) if text) else []
    for index in unused(headings, mapped):
        heading, first = (
            display_heading(headings[index]),
            _texts([row[index] for row in rows[:FIRST_ROWS] if index < len(row)]),
        )
        if CURRENCY not in mapped.others and _says_currency(heading, first):
            every = _texts(cells(index))
            if any(every) and _says_currency(heading, every):
                found.append(index)
        if "type" in mapped.others or index in found or not tells_type(heading, first, may_be=True):
            continue
        if tells_type(heading, _texts(cells(index))):
            mapped.others["type"] = index
    if found:
        first_of_all, *others = _of_the_amounts(headings, mapped, found)
        mapped.others[CURRENCY] = first_of_all
        mapped.hints[CURRENCY] = others


def _is_sign(text: str) -> bool:
    """True for what stands beside amounts in a column without a heading: "RM", "CHF", "R$"; "KR" may be initials."""
    return text in CODES or (text in SYMBOLS and text != "$" and text not in _INITIALS)


def _texts(column: Sequence[Cell]) -> set[str]:
    return {cell_text(cell).strip() for cell in set(column)}


def _says_currency(heading: str, texts: Collection[str]) -> bool:
    """Whether they are currencies; in a column that is headed as one it is enough that some of them are."""
    said = {text for text in texts if text}
    words = words_of(heading)
    if words & CURRENCY_WORDS and not words & _RATES:
        return not said or any(currency_of(text) is not None for text in said)
    if words & _NO_CURRENCY or len(said) > len(CODES):
        return False
    return all(text in CODES or text in _SIGNS or (len(text) > 3 and currency_of(text)) for text in said)


def _of_the_amounts(headings: Sequence[Cell], mapped: ColumnMap, found: Sequence[int]) -> list[int]:
    """Of several, those whose currency an amount's heading says it is in ("Amount in local currency")."""
    amounts = [
        index for name, index in mapped.columns.items() if BY_NAME[name].kind in (ValueKind.DOLLARS, ValueKind.CENTS)
    ]
    whose = [words_of(display_heading(headings[index])) for index in amounts]
    named = [words & {"currency"} and words for words in whose]
    said = frozenset[str]().union(*(words for words in named if words)) - WHOSE_ANY
    return [index for index in found if said & words_of(display_heading(headings[index]))] or list(found)
