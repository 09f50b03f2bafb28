"""What a number format shows beside the number: leading zeros, a prefix of letters, a currency.

A cell may hold 123 and show 00123, and the vendor's number is what it shows; or it may hold 50 and show "€ 50".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from importer.models import Cell, cell_text
from importer.reader.money import currency_code

_CURRENCY = re.compile(r"\[\$([^\]-]+)(?:-(?P<locale>[0-9A-Fa-f]+))?\]|\"([^\"]+)\"|\\?([£€¥₹₽₩₪₺])")
_IDENTIFIER = re.compile(r'(?:"(?P<quoted>[A-Za-z][A-Za-z ]*[-/# ]?)"|\\?(?P<bare>[A-Z]))?(?P<zeros>0[0/ \\-]*)')
_OTHER_DOLLARS = {0x1009: "CAD", 0xC0C: "CAD", 0xC09: "AUD", 0x1409: "NZD", 0x80A: "MXN", 0xC04: "HKD", 0x1004: "SGD"}
"""What a "$" is in a format of another country, by the country's number."""

_MARKS = str.maketrans("", "", "\\")
HOME = "USD"  # its sign stands in most formats of most files, and is taken for granted


@dataclass(frozen=True, slots=True)
class Shown:
    """How one format shows a whole number (`pattern`, with a 0 for each digit at least), or its currency."""

    currency: str | None = None
    prefix: str = ""
    pattern: str = ""

    def of(self, cell: Cell) -> Cell:
        """The text that stands for a number cell; any other cell as it is."""
        if not isinstance(cell, (int, float)) or isinstance(cell, bool):
            return cell
        if self.currency is not None:
            return f"{self.currency} {cell_text(cell)}"
        if cell < 0 or cell != int(cell) or cell >= 1e15:
            return cell
        digits = list(str(int(cell)))
        end = [(digits.pop() if digits else "0") if mark == "0" else mark for mark in reversed(self.pattern)]
        return self.prefix + "".join(digits) + "".join(reversed(end))


def shown_by(code: str) -> Shown | None:
    """What a format code ("00000", '"INV-"0000', "[$€-407] #,##0.00") shows besides the number; None where that is
    nothing that matters."""
    first = code.partition(";")[0]
    found = _IDENTIFIER.fullmatch(first)
    if found is not None:
        prefix, pattern = found["quoted"] or found["bare"] or "", found["zeros"].translate(_MARKS)
        if currency_code(prefix.strip(" -")) is None and (prefix or pattern.count("0") > 1):
            return Shown(prefix=prefix, pattern=pattern)
    for match in _CURRENCY.finditer(first):
        sign, locale = next(filter(None, match.groups())), int(match["locale"] or "0", 16)
        currency = (
            _OTHER_DOLLARS.get(locale) if sign.strip() == "$" and locale in _OTHER_DOLLARS else currency_code(sign)
        )
        if currency is not None and currency != HOME:
            return Shown(currency)
    return None
