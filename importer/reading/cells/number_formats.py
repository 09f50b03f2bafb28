"""What a number format shows beside the number: leading zeros, a prefix of letters, a currency, a sign, a scale.

A cell may hold 123 and show 00123, and the vendor's number is what it shows; or it may hold 50 and show "€ 50", or
"50.00 CR", or "5000%".
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from importer.domain.cells import Cell, cell_text
from importer.reading.cells.parse_money import currency_code

_CURRENCY = re.compile(r"\[\$([^\]-]+)(?:-(?P<locale>[^\]]+))?\]|\"([^\"]+)\"|\\?([£€¥₹₽₩₪₺₱฿₫₦₴₡])")
_IDENTIFIER = re.compile(r'(?:"(?P<quoted>[A-Za-z][A-Za-z ]*[-/# ]?)"|\\?(?P<bare>[A-Z]))?(?P<zeros>0[0/ \\-]*)')
_OTHER_DOLLARS = {0x1009: "CAD", 0xC0C: "CAD", 0xC09: "AUD", 0x1409: "NZD", 0x80A: "MXN", 0xC04: "HKD", 0x1004: "SGD"}
"""What a "$" is in a format of another country, by the country's number."""

_DOLLARS_OF = {
    "CA": "CAD", "AU": "AUD", "NZ": "NZD", "MX": "MXN", "HK": "HKD", "SG": "SGD", "TW": "TWD", "JM": "JMD", "TT": "TTD",
    "BS": "BSD", "BB": "BBD", "BZ": "BZD", "FJ": "FJD", "AR": "ARS", "CL": "CLP", "CO": "COP", "UY": "UYU",
}  # fmt: skip
"""The same by the country's letters, as newer programs write it: [$$-en-CA]."""

_HARMLESS = frozenset(
    (
        *("cr", "dr", "db", "credit", "debit", "k", "m", "mm", "mio", "tsd", "thousand", "thousands", "million"),
        *("millions", "usd", "us", "dollar", "dollars", "net", "gross", "total", "incl", "excl", "tax", "approx", "no"),
        *("x", "h", "hr", "hrs", "hour", "hours", "ea", "each", "pc", "pcs", "piece", "pieces", "unit", "units", "day"),
        *("days", "visit", "visits", "week", "weeks", "wk", "month", "months", "mo", "yr", "year", "years", "ft", "lf"),
        *("sf", "sqft", "sq", "sy", "cy", "cf", "ccf", "gal", "gals", "lb", "lbs", "oz", "ton", "tons", "kwh", "kw"),
        *(
            "therm",
            "therms",
            "mi",
            "miles",
            "km",
            "min",
            "mins",
            "per",
            "qty",
            "box",
            "bx",
            "case",
            "roll",
            "set",
            "lot",
        ),
        *("trip", "trips", "load", "loads", "yd", "yds", "in", "kg", "l", "pts", "c", "f"),
    )
)
"""Words beside a number that are no currency: units, sides, scales, and the account's own dollars."""

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[[^\]]*\]|[_*].'
    r"|(?P<digits>General|[0#?](?:[0#?,. /]*[0#?])?),*|(?P<bare>.)",
    re.DOTALL | re.IGNORECASE,
)
_SCALE = re.compile(r"(,+)\.")
_SECTION_END = re.compile(r';(?=(?:[^"]*"[^"]*")*[^"]*$)')
_BESIDE_SIGN = re.compile(r"\s|US|[$.]")
_MINUS = frozenset("-–−")
_CREDIT = frozenset(("CR", "CREDIT"))
_LARGE = re.compile(r"[\s€$£]*(?:[kK]|MM?|Mio|Tsd|[Tt]housands?|[Mm]illions?)\b\.?.*", re.DOTALL)
_MARKS = str.maketrans("", "", "\\")
_LONGEST_SIGN = 12  # letters; what is longer is a remark
HOME = "USD"  # its sign stands in most formats of most files, and is taken for granted


@dataclass(frozen=True, slots=True)
class Shown:
    """How one format shows a whole number (`pattern`, with a 0 for each digit at least), its currency, or what it puts
    around a number, which is then another number to whoever sees it ("{} CR")."""

    currency: str | None = None
    prefix: str = ""
    pattern: str = ""
    positive: str = ""
    negative: str = ""  # the number stands in it without its minus
    is_percent: bool = False

    def of(self, cell: Cell) -> Cell:
        """The text that stands for a number cell; any other cell as it is."""
        if not isinstance(cell, (int, float)) or isinstance(cell, bool):
            return cell
        if self.currency is not None:
            return f"{self.currency} {cell_text(cell)}"
        if not self.pattern:
            around = self.negative if cell < 0 else self.positive
            return around.format(cell_text(abs(cell) * (100.0 if self.is_percent else 1))) if around else cell
        if cell < 0 or cell != int(cell) or cell >= 1e15:
            return cell
        digits = list(str(int(cell)))
        end = [(digits.pop() if digits else "0") if mark == "0" else mark for mark in reversed(self.pattern)]
        return self.prefix + "".join(digits) + "".join(reversed(end))


PERCENT = Shown(positive="{}%", negative="-{}%", is_percent=True)
BUILT_IN = {9: PERCENT, 10: PERCENT}
"""By their number, those of the formats without a code of their own that show more than the number."""


def shown_by(code: str) -> Shown | None:
    """What a format code ("00000", '"INV-"0000', "[$€-407] #,##0.00", '0.00" CR"') shows besides the number; None
    where that is nothing that matters."""
    first = code.partition(";")[0]
    found = _IDENTIFIER.fullmatch(first)
    if found is not None:
        prefix, pattern = found["quoted"] or found["bare"] or "", found["zeros"].translate(_MARKS)
        if currency_code(prefix.strip(" -")) is None and (prefix or pattern.count("0") > 1):
            return Shown(prefix=prefix, pattern=pattern)
    for match in _CURRENCY.finditer(first):
        sign = next(filter(None, (match[1], match[3], match[4])))
        currency = _currency_of(sign, match["locale"] or "")
        if currency is not None and currency != HOME:
            return Shown(currency)
    return _around(code) or _perhaps_currency(first)


def _currency_of(sign: str, locale: str) -> str | None:
    """The currency of a sign, in a format for a country: "1009" and "en-CA" make a "$" a Canadian one."""
    if sign.strip() != "$" or not locale:
        return currency_code(sign)
    if re.fullmatch(r"[0-9A-Fa-f]{3,8}", locale):
        return _OTHER_DOLLARS.get(int(locale, 16) & 0xFFFF, HOME)
    return _DOLLARS_OF.get(locale.rpartition("-")[2].upper(), HOME)


def _perhaps_currency(code: str) -> Shown | None:
    """What stands beside the number where it may be the sign of a currency that is not known: it is shown, so that it
    is asked about where an amount is read."""
    beside, seen = ["", ""], False
    for token in _TOKEN.finditer(code):
        if token["digits"]:
            if seen:
                return None
            seen = True
        elif token[0].startswith("[$"):
            beside[seen] += token[0][2:-1].partition("-")[0]
        elif (bare := token["bare"] or "").isalpha() or bare == "@":
            return None  # of a date, or a text
        else:
            beside[seen] += (token["quoted"] or "") + (token["escaped"] or "") + bare
    before, after = (each.strip() for each in beside)
    if not seen or not any(map(_may_be_currency, (before, after))):
        return None
    around = f"{before.replace('{', '').replace('}', '')} {{}} {after.replace('{', '').replace('}', '')}".strip()
    return Shown(positive=around, negative=f"-{around}")


def _may_be_currency(text: str) -> bool:
    """False for nothing, signs, units, and what a price is per."""
    if text.startswith("/") or len(text) > _LONGEST_SIGN:
        return False
    words = re.findall(r"[^\W\d_]+", text.casefold())
    odd = any(unicodedata.category(each) == "Sc" and each not in "$¢" for each in text)
    return odd or any(word not in _HARMLESS for word in words)


def _around(code: str) -> Shown | None:
    """What a format puts around numbers of either sign, where they are read as others then."""
    sections = list(map(_section, _SECTION_END.split(code)[:2]))
    first = sections[0]
    if "[<" in code or "[>" in code or "[=" in code:  # a condition says which section holds
        first = next((each for each in sections if each.is_scaled), _Section())
        sections = [first] if first.is_scaled else []
    if not first.around and not (len(sections) > 1 and sections[1].is_scaled):
        return None
    if len(sections) < 2 or not sections[1].is_there:
        return Shown(positive=first.around, negative=f"-{first.around}", is_percent=first.is_percent)
    below = sections[1]
    if below.is_scaled:
        return Shown(positive=first.around, negative=f"-{below.around}", is_percent=below.is_percent)
    is_debit = first.around and not first.is_scaled and not below.around  # its minus is not shown
    return Shown(positive=first.around, negative="{} DR" if is_debit else "", is_percent=first.is_percent)


@dataclass(frozen=True, slots=True)
class _Section:
    """What a section of a format puts around its numbers; "" where that makes no other number of them."""

    around: str = ""
    is_scaled: bool = False  # by a percent, or by thousands; otherwise it is a sign
    is_percent: bool = False
    is_there: bool = True


def _section(code: str) -> _Section:
    beside, seen, is_percent = ["", ""], False, False
    scale: list[str] = []  # the commas that take three digits each off the number
    for token in _TOKEN.finditer(code):
        if token["digits"]:
            if seen:
                return _Section()  # 000-0000 is no single number
            seen, scale = True, _SCALE.findall(f"{token[0]}.")
        elif token["bare"] == "%":
            is_percent = True
        elif (bare := token["bare"] or "").isalpha() or bare == "@":
            return _Section()  # of a date, or a text
        else:
            beside[seen] += (token["quoted"] or "") + (token["escaped"] or "") + bare
    if not seen:
        return _Section(is_there=bool(code))
    if is_percent or beside[1].lstrip().startswith("%"):
        return _Section("{}%", is_scaled=True, is_percent=is_percent)
    if scale:
        return _Section(f"{{}} (shown in {'thousands' if len(scale[0]) == 1 else 'millions'})", is_scaled=True)
    if _LARGE.fullmatch(beside[1]):
        return _Section("{} " + beside[1].strip().replace("{", "").replace("}", ""), is_scaled=True)
    before, after = (_BESIDE_SIGN.sub("", each.upper()) for each in beside)
    if before in _CREDIT or after in _CREDIT:
        return _Section("{} CR")
    if (before, after) == ("(", ")") or (before in _MINUS and not after) or (after in _MINUS and not before):
        return _Section("-{}")
    return _Section()
