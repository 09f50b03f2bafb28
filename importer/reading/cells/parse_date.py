"""Dates written as text: which spellings there are, and how a column shows whether day or month comes first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from importer.domain import problem_catalog, problems

DateOrder = Literal["MDY", "DMY", "YMD"]

_TIME = r"(?:[T ,]+\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?(?: ?[AP]\.?M\.?)?(?: ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})([-/. ]?)(\d{{1,2}})\2(\d{{1,2}}){_TIME}", re.IGNORECASE)
_NUMERIC = re.compile(rf"(\d{{1,2}}) ?([-/. ]) ?(\d{{1,2}}) ?\2 ?(\d{{4}}|\d{{2}}){_TIME}", re.IGNORECASE)
_WEEKDAY = re.compile(
    r"(?:mon(?:day)?|tue(?:s|sday)?|wed(?:s|nesday)?|thu(?:r|rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
    r"|mo|di|mi|do|fr|sa|so|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag"
    r"|lun|mar|mer|jeu|ven|sam|dim|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    r"|mi[eé]|jue|vie|s[aá]b|dom|lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo"
    r"|gio|luned[iì]|marted[iì]|mercoled[iì]|gioved[iì]|venerd[iì]|sabato|domenica"
    r"|ma|wo|vr|za|zo|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag)\.?,? +(?=\w)",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"(?:the|le|den|el|il|am|on) +(?=\d)", re.IGNORECASE)
_ORDINAL = r"(?:st|nd|rd|th|er|[ºª°])?"
_DAY_MONTH = re.compile(
    rf"(\d{{1,2}}){_ORDINAL}[-/. ]*(?:de |of )?([^\W\d_]{{3,10}})\.?"
    rf"(?:[-/., ]+|(?= ?'|\d{{4}}))(?:de |del )?'?(\d{{4}}|\d{{2}}){_TIME}",
    re.IGNORECASE,
)
_MONTH_DAY = re.compile(
    rf"([^\W\d_]{{3,10}})\.?[-/. ]*(?:the )?(\d{{1,2}}){_ORDINAL}[-/., ]+'?(\d{{4}}|\d{{2}}){_TIME}", re.IGNORECASE
)
_YEAR_MONTH_DAY = re.compile(
    rf"(\d{{4}})[-/., ]*([^\W\d_]{{3,10}})\.?[-/. ]+(\d{{1,2}}){_ORDINAL}{_TIME}", re.IGNORECASE
)
_SPACES = dict.fromkeys(map(ord, "\u00a0\u202f\u2007\u2009"), " ") | dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, *range(0x2066, 0x206A), 0xFEFF], ""
)
"""Blanks of other widths, and marks for the direction of writing, which change no date."""

_MONTH_NAMES = (
    "january jan januar janvier enero ene gennaio januari janeiro",
    "february feb februar février fevrier fév febrero febbraio februari fevereiro fev",
    "march mar märz maerz mrz mär mars marzo maart mrt março marco marts",
    "april apr avril avr abril abr aprile",
    "may mai mayo maggio mei maio maj",
    "june jun juni juin junio giugno giu junho",
    "july jul juli juillet juil julio luglio lug julho",
    "august aug août aout agosto ago augustus augusti",
    "september sep sept septembre septiembre settembre setembro",
    "october oct oktober okt octobre octubre ottobre ott outubro",
    "november nov novembre noviembre novembro",
    "december dec dezember dez décembre decembre déc diciembre dic dicembre dezembro",
)
MONTHS: dict[str, int] = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}

RECENT_YEARS = range(20, 32)  # of this century, and days of a month as well


@dataclass(frozen=True, slots=True)
class NotRead:
    """Why a text is no date; `why` goes on from the quoted text."""

    kind: problems.ProblemKind
    why: str


_NOT_A_DATE = NotRead(problem_catalog.NOT_A_DATE, "is not a date.")
_NO_SUCH_DAY = NotRead(problem_catalog.NOT_A_DATE, "is not a date: there is no such day.")


def read_text_date(text: str, order: DateOrder | None) -> date | NotRead:
    """The day that a text names. `order` settles 03/04/2026; without it only 03/14/2026 and its like can be told."""
    text = text if text.isascii() else text.translate(_SPACES).strip()
    found = _YEAR_FIRST.fullmatch(text)
    if found is not None:
        year, separator, month, day = found.groups()[:4]
        if separator or len(month) + len(day) == 4:
            return _day(int(year), int(month), int(day))
    found = _NUMERIC.fullmatch(text)
    if found is not None:
        return _numeric(int(found[1]), int(found[3]), found[4], order)
    return _named_month(text)


def _numeric(first: int, second: int, last: str, order: DateOrder | None) -> date | NotRead:
    if order == "YMD":
        return _day(_year(f"{first:02}"), second, int(last)) if len(last) == 2 else _NOT_A_DATE
    year = _year(last)
    if order == "MDY":
        return _day(year, first, second)
    if order is None and _may_be_year_first(first, second, last):
        return NotRead(problem_catalog.AMBIGUOUS_DATE, "may begin with the year or end with it.")
    if order == "DMY" or first > 12 or first == second:
        return _day(year, second, first)
    if second > 12:
        return _day(year, first, second)
    return NotRead(problem_catalog.AMBIGUOUS_DATE, "may be day/month or month/day.")


def _may_be_year_first(first: int, second: int, last: str) -> bool:
    """True for 26/10/02, which may be of 2026 as well as of 2002."""
    return len(last) == 2 and first in RECENT_YEARS and 1 <= second <= 12 and 1 <= int(last) <= 31


def _named_month(text: str) -> date | NotRead:
    found = _DAY_MONTH.fullmatch(text)
    if found is not None:
        month = MONTHS.get(found[2].lower())
        return _NOT_A_DATE if month is None else _day(_year(found[3]), month, int(found[1]))
    found = _MONTH_DAY.fullmatch(text)
    if found is not None:
        month = MONTHS.get(found[1].lower())
        return _NOT_A_DATE if month is None else _day(_year(found[3]), month, int(found[2]))
    found = _YEAR_MONTH_DAY.fullmatch(text)
    if found is not None:
        month = MONTHS.get(found[2].lower())
        return _NOT_A_DATE if month is None else _day(int(found[1]), month, int(found[3]))
    weekday = _WEEKDAY.match(text) or _ARTICLE.match(text)
    return _named_month(text[weekday.end() :]) if weekday is not None else _NOT_A_DATE


def _year(digits: str) -> int:
    """Two digits as Excel reads them: 00 to 29 are of this century, 30 to 99 of the last."""
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (2000 if year < 30 else 1900)


def _day(year: int, month: int, day: int) -> date | NotRead:
    try:
        return date(year, month, day)
    except ValueError:
        return _NO_SUCH_DAY


def evident_orders(texts: Iterable[str]) -> dict[DateOrder, str]:
    """Which of day and month comes first, by those of the texts that allow one reading only, each with the first that
    shows it; both if they disagree. What is no day either way shows nothing."""
    orders: dict[DateOrder, str] = {}
    for text in texts:
        found = _NUMERIC.fullmatch(text if text.isascii() else text.translate(_SPACES).strip())
        if found is None:
            continue
        first, second = int(found[1]), int(found[3])
        order: DateOrder
        if first > 12 >= second and not _may_be_year_first(first, second, found[4]):
            order, day = "DMY", _day(_year(found[4]), second, first)
        elif first <= 12 < second:
            order, day = "MDY", _day(_year(found[4]), first, second)
        else:
            continue
        if isinstance(day, date):
            orders.setdefault(order, text)
    return orders


def day_second(texts: Iterable[str]) -> str:
    """A text that can only be year, day, month ("2026-13-10"), where none can only be year, month, day; "" otherwise.

    Where both are there, the odd ones are mistyped, as any date may be.
    """
    shown = ""
    for text in texts:
        found = _YEAR_FIRST.fullmatch(text if text.isascii() else text.translate(_SPACES).strip())
        if found is None or not found[2]:
            continue
        second, third = int(found[3]), int(found[4])
        if third > 12 >= second:
            return ""
        if second > 12 >= third and isinstance(_day(int(found[1]), third, second), date):
            shown = shown or text
    return shown


def may_be_day_second(text: str) -> bool:
    """True for 2026-02-10, which may be of October where another is 2026-13-10."""
    found = _YEAR_FIRST.fullmatch(text if text.isascii() else text.translate(_SPACES).strip())
    return found is not None and bool(found[2]) and found[3] != found[4] and int(found[3]) <= 12 and int(found[4]) <= 12


def unproven_marks(texts: Sequence[str]) -> frozenset[str]:
    """The marks between the numbers of dates, in a column with several, beside which nothing shows the order: what
    13.10.2026 shows holds for 10.02.2026, and not for 10/02/2026, which another hand may have written."""
    by_mark: dict[str, list[str]] = {}
    for text in texts:
        if mark := mark_of(text):
            by_mark.setdefault(mark, []).append(text)
    if len(by_mark) < 2:
        return frozenset()
    return frozenset(mark for mark, mine in by_mark.items() if not evident_orders(mine))


def mark_of(text: str) -> str:
    """What stands between the numbers of a date like 03/14/2026 ("/"); "" where it is no such date."""
    found = _NUMERIC.fullmatch(text if text.isascii() else text.translate(_SPACES).strip())
    return found[2] if found is not None else ""


def is_either_way(text: str) -> bool:
    """True for 03/04/2026, of which the text alone does not show which is the day."""
    found = read_text_date(text, None)
    return isinstance(found, NotRead) and found.kind is problem_catalog.AMBIGUOUS_DATE


def clash_of(orders: Mapping[DateOrder, str]) -> str:
    """Of texts that disagree, one for each order: "'11/13/2026' can only be …"; "" where they do not."""
    if not {"DMY", "MDY"} <= orders.keys():
        return ""
    return f"{orders['MDY']!r} can only be month/day, and {orders['DMY']!r} only day/month"


def is_numeric_date(text: str) -> bool:
    """True for 03/14/2026 and its like, whatever comes first."""
    return _NUMERIC.fullmatch(text.translate(_SPACES).strip()) is not None
