"""Amounts written as text: symbols, signs, and which mark is the decimal one, as a column's cells show it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Marks:
    """The decimal and the thousands mark of a column. `certain` where a profile or the cells themselves say so.

    `both` is a cell of each way of writing, where a column has both: a cell that shows neither is asked about there.
    """

    decimal: str = "."
    thousands: str = ","
    certain: bool = False
    both: tuple[str, str] | None = None


AMERICAN = Marks()
"""What holds where nothing shows otherwise; 1.250, which no American writes for twelve hundred, is asked about."""

ONE_MARK = 'Write it with the same decimal mark as the others, or say in a profile which one it is: decimal = ".".'

EITHER = Marks("", "")
"""Of a table whose columns contradict each other: a number that may be written in two ways is asked about."""


@dataclass(frozen=True, slots=True)
class NotMoney:
    """The text is no amount; `because` goes on from "is not an amount", or is empty."""

    because: str = ""
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class OtherCurrency:
    """The text is an amount of another currency (its ISO code)."""

    currency: str


SYMBOLS: dict[str, str] = {
    "US$": "USD",
    "U$S": "USD",
    "$": "USD",
    "C$": "CAD",
    "CA$": "CAD",
    "A$": "AUD",
    "AU$": "AUD",
    "NZ$": "NZD",
    "MX$": "MXN",
    "HK$": "HKD",
    "R$": "BRL",
    "£": "GBP",
    "€": "EUR",
    "¥": "JPY",
    "₹": "INR",
    "RS": "INR",
    "RS.": "INR",
    "₽": "RUB",
    "₩": "KRW",
    "₪": "ILS",
    "₺": "TRY",
    "ZŁ": "PLN",
    "KR": "SEK",
    "KR.": "SEK",
    "FR.": "CHF",
    "SFR.": "CHF",
    "NT$": "TWD",
    "S$": "SGD",
    "RD$": "DOP",
    "J$": "JMD",
    "TT$": "TTD",
    "AR$": "ARS",
    "RM": "MYR",
    "RP": "IDR",
    "KČ": "CZK",
    "LEI": "RON",
    "S/": "PEN",
    "KSH": "KES",
    "₱": "PHP",
    "฿": "THB",
    "₫": "VND",
    "₦": "NGN",
    "₴": "UAH",
    "₡": "CRC",
    "₲": "PYG",
    "₵": "GHS",
    "₸": "KZT",
    "₼": "AZN",
    "₾": "GEL",
    "₭": "LAK",
    "₮": "MNT",
    "₨": "PKR",
}
"""Signs and letters beside amounts. What is not here is no dollar either: such a text is no amount, and is named."""

CODES = frozenset(
    re.findall(
        r"\w+",
        "USD EUR GBP CAD AUD NZD MXN CHF JPY CNY INR SEK NOK DKK PLN CZK HUF RON BRL ARS "
        "CLP COP ZAR ILS TRY RUB KRW HKD SGD PHP THB AED SAR "
        "MYR TWD IDR VND PKR BDT LKR NPR NGN KES GHS EGP UGX TZS ETB MAD TND DZD UAH BGN ISK RSD BYN KZT UZS AZN "
        "QAR KWD BHD OMR JOD LBP IQD DOP GTQ CRC HNL JMD TTD BBD BSD BMD KYD XCD PYG UYU MOP XOF XAF XPF MMK",
    )
)
WORDS_TOO = frozenset(("TRY", "COP", "RUB", "RON", "MAD", "MOP", "SAR", "ARS", "PHP", "HUF", "CLP"))
"""Codes that are words or names as well: in a heading they are codes where they stand in capitals."""

ISO = CODES | frozenset(
    re.findall(
        r"\w+",
        "AFN ALL AMD ANG AOA AWG BAM BIF BND BOB BTN BWP BZD CDF CUP CVE DJF ERN FJD FKP GEL GIP GMD GNF GYD HTG IRR "
        "KGS KHR KMF KPW LAK LRD LSL LYD MDL MGA MKD MNT MRU MUR MVR MWK MZN NAD NIO PAB PEN PGK RWF SBD SCR SDG SHP "
        "SLE SOS SRD SSP STN SVC SYP SZL TJS TMT TOP VES VUV WST YER ZMW ZWL",
    )
)
"""Every code of ISO 4217 for money that is paid with."""

CURRENCY_NAMES: dict[str, str] = {
    "DOLLARS": "USD",
    "DOLLAR": "USD",
    "EURO": "EUR",
    "EUROS": "EUR",
    "STERLING": "GBP",
    "RUPEES": "INR",
    "PES": "ARS",
    "PESOS": "MXN",
    "REAIS": "BRL",
    "RINGGIT": "MYR",
    "BAHT": "THB",
    "ZLOTY": "PLN",
    "KORUNA": "CZK",
    "FORINT": "HUF",
    "SHEKEL": "ILS",
    "SHEKELS": "ILS",
    "DIRHAM": "AED",
    "DIRHAMS": "AED",
    "RIYAL": "SAR",
    "YUAN": "CNY",
    "RENMINBI": "CNY",
    "RUPIAH": "IDR",
    "NAIRA": "NGN",
    "HRYVNIA": "UAH",
    "KRONER": "NOK",
    "KRONOR": "SEK",
    "FRANCS": "CHF",
}

_SPACES = dict.fromkeys(map(ord, " \t\u00a0\u202f\u2007\u2009")) | dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, *range(0x2066, 0x206A), 0xFEFF]  # nobody can see them
)
_CURRENCY = "|".join(re.escape(word) for word in sorted({*SYMBOLS, *ISO}, key=len, reverse=True))
_AMOUNT = re.compile(
    rf"(?P<open>\()?(?P<sign>[-+])?(?P<before>{_CURRENCY})?(?P<sign2>[-+])?(?P<open2>\()?"
    rf"(?P<number>\d[\d.,'’]*|[.,]\d+)"
    rf"(?P<close2>\))?(?P<sign3>[-+])?(?P<after>{_CURRENCY})?(?P<sign4>[-+])?(?P<close>\))?(?P<side>CR|DR)?",
    re.IGNORECASE,
)
_SPACE = r"[ \t\u00a0\u202f\u2007\u2009]"
_MISSPACED = re.compile(rf"\d{_SPACE}+(?!\d{{3}}(?!\d))\d|\d{{4}}{_SPACE}+\d|[.,]\d+{_SPACE}+\d")
_MINUS = {ord("\u2212"): "-", ord("\u2013"): "-", ord("\ufe63"): "-", ord("\uff0d"): "-"}
_NO_CENTS = re.compile(r"(?<=\d)([.,])[-\u2014\u2015]{1,2}(?![-\d.,\u2014\u2015])")  # 150,- and 150.-- are 150.00
_APOSTROPHES = re.compile(r"['’]")
_BY_APOSTROPHES = re.compile(r"\d{1,3}(?:['’]\d{3})+(?:[.,]\d*)?")
_UNGROUPED = ": its digits are not grouped in threes"
_WESTERN = re.compile(r"\d{1,3}(?:,\d{3})+")
_INDIAN = re.compile(r"\d{1,2}(?:,\d{2})+,\d{3}")
_LONGEST = 15  # digits; more than Excel keeps, and far more than any invoice


def currency_code(text: str) -> str | None:
    """The ISO code that a text stands for ("US$", "usd", "£"); None where it is no currency known here."""
    word = text.strip().upper()
    if word in ISO:
        return word
    return SYMBOLS.get(word) or CURRENCY_NAMES.get(word)


def named_currency(text: str) -> str | None:
    """The ISO code that a cell of a currency column names in any usual way ("US Dollars", "USD ($)"); None where it
    is not clear."""
    words = re.findall(r"[^\s()/,;:–-]+", text.upper().replace("U.S.", "US"))
    if words and all(word in ("US", "UNITED", "STATES", "AMERICAN", "DOLLAR", "DOLLARS") for word in words):
        return "USD"
    if {"DOLLAR", "DOLLARS"} & set(words) and len(words) > 1:
        words = [word for word in words if word not in ("US", "UNITED", "STATES", "AMERICAN")]
    codes = [currency_code(word) for word in words]
    return codes[0] if codes and len(set(codes)) == 1 else None


def read_amount(text: str, marks: Marks, currency: str) -> Decimal | NotMoney | OtherCurrency:
    """The number that a text names, in the unit it is written in. A credit by sign, parentheses or CR is negative.

    Where `currency` is "", it may be of any.
    """
    plain, without_cents = _plain(text)
    found = _AMOUNT.fullmatch(plain)
    if found is None:
        return NotMoney()
    if _MISSPACED.search(text):
        return NotMoney(_UNGROUPED)
    signs = [sign for sign in (found["sign"], found["sign2"], found["sign3"], found["sign4"]) if sign]
    opened, closed = found["open"] or found["open2"], found["close"] or found["close2"]
    if len(signs) > 1 or bool(opened) != bool(closed) or (found["open"] and found["open2"]):
        return NotMoney()
    side = (found["side"] or "").upper()
    negative = [bool(opened), "-" in signs, side == "CR"]
    if sum(negative) > 1:
        return NotMoney(": it is marked as negative twice")
    written = {currency_code(word) for word in (found["before"], found["after"]) if word} - {None}
    other = written - {currency} if currency else set()
    if other:
        return OtherCurrency(sorted(code for code in other if code)[0])
    number = _number(found["number"], AMERICAN if without_cents else marks)  # then it shows which mark is which
    if isinstance(number, Decimal) and any(negative):
        return -number
    return number


def _plain(text: str) -> tuple[str, bool]:
    """The text without what changes no number, and whether a dash stood in it for its cents, now two zeros."""
    plain = text.translate(_MINUS).translate(_SPACES)
    if ",-" in plain or ".-" in plain or not plain.isascii():
        plain, dashes = _NO_CENTS.subn(r"\g<1>00", plain)
        return plain, dashes > 0
    return plain, False


def _number(digits: str, marks: Marks) -> Decimal | NotMoney:
    if _APOSTROPHES.search(digits):
        if not _BY_APOSTROPHES.fullmatch(digits):
            return NotMoney(_UNGROUPED)
        digits = _APOSTROPHES.sub("", digits)
    shown = _decimal_mark(digits)
    decimal = shown or marks.decimal
    has_mark = "." in digits or "," in digits
    if shown is None and has_mark and (marks.both or (not marks.certain and ("." in digits or not decimal))):
        return _either_way(digits, marks)
    decimal = decimal or "."
    if marks.certain and decimal != marks.decimal and digits.count(decimal) == 1:
        return NotMoney(f": this column's decimal mark is '{marks.decimal}'", ONE_MARK)
    whole, _, parts = digits.partition(decimal)
    thousands = "," if decimal == "." else "."
    if thousands in parts or decimal in parts:
        return NotMoney()
    if thousands in whole:
        grouped = whole.replace(thousands, ",")
        if not (_WESTERN.fullmatch(grouped) or _INDIAN.fullmatch(grouped)):
            return NotMoney(_UNGROUPED)
        whole = whole.replace(thousands, "")
    if len(whole) > _LONGEST or len(parts) > _LONGEST:
        return NotMoney(": it has too many digits")
    return Decimal(f"{whole or '0'}.{parts or '0'}") if parts else Decimal(whole or "0")


def _either_way(digits: str, marks: Marks) -> NotMoney:
    grouped, broken = re.sub(r"[.,]", "", digits), digits.replace(",", ".")
    beside = f"; the column has both '{marks.both[0]}' and '{marks.both[1]}' in it" if marks.both else ""
    return NotMoney(
        f" that can be told for sure: it may be {grouped} or {broken}{beside}",
        'Write it without a mark for thousands, or say in a profile which mark is which: decimal = ".".',
    )


def _decimal_mark(digits: str) -> str | None:
    """The decimal mark as far as the digits alone show it; None for 1,234 and 1.234, which may be either."""
    points, commas = digits.count("."), digits.count(",")
    if points and commas:
        return "." if digits.rfind(".") > digits.rfind(",") else ","
    if not points and not commas:
        return None
    mark, other = (".", ",") if points else (",", ".")
    if points + commas > 1:
        return other
    return None if len(digits) - digits.index(mark) == 4 and digits[0] not in "0.," else mark


def evident_marks(texts: Iterable[str]) -> Marks:
    """The marks that a column's cells show: those of most of them, the American ones where there are as many of either.

    Where no cell shows any, the American ones as not certain.
    """
    seen = {".": 0, ",": 0}
    first: dict[str, str] = {}
    for text in texts:
        plain, without_cents = _plain(text)
        found = _AMOUNT.fullmatch(plain)
        if found is None:
            continue
        digits = _APOSTROPHES.sub("", found["number"])
        mark = _decimal_mark(digits)
        if mark is None or (without_cents and mark == "." and "," not in digits):
            continue  # 150.- is written by those who write 1.250, too
        seen[mark] += 1
        first.setdefault(mark, text)
    both = (first["."], first[","]) if len(first) > 1 else None
    if seen[","] > seen["."]:
        return Marks(",", ".", certain=True, both=both)
    return Marks(certain=seen["."] > 0, both=both)


def marks_together(columns: Iterable[Marks]) -> Marks:
    """What the columns of one table show together, for those of them that show nothing by themselves."""
    shown = {marks for marks in columns if marks.certain}
    if not shown:
        return AMERICAN
    alike = len(shown) == 1 and not any(marks.both for marks in shown)
    return shown.pop() if alike else EITHER
