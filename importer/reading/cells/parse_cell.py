"""One cell's text into one value: dates, money, quantities and identifiers, a column at a time.

A column is read by its distinct cells: each is understood once, with the evidence of the whole column (which of
day and month comes first, which mark is the decimal one), and then looked up for every row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from unicodedata import category

from importer.domain import fields, problem_catalog, problems
from importer.domain.cells import (
    Cell,
    ErrorCell,
    UncalculatedCell,
    cell_text,
)
from importer.reading.cells.doubtful_dates import doubtful_dates
from importer.reading.cells.excel_text_guards import unwrapped
from importer.reading.cells.parse_date import (
    DateOrder,
    clash_of,
    evident_orders,
    read_text_date,
)
from importer.reading.cells.parse_money import (
    AMERICAN,
    Marks,
    OtherCurrency,
    evident_marks,
    read_amount,
)


@dataclass(frozen=True, slots=True, eq=False)
class Unreadable:
    """A cell that is not what its column holds. `text` is the cell's own; `what` is a sentence that quotes it."""

    kind: problems.ProblemKind
    what: str
    text: str
    advice: str | None = None


CellValue = str | Decimal | date | None
"""What a cell means. Money is in cents. `None` is a blank cell."""

EXCEL_EPOCH = date(1899, 12, 30)
MAC_EPOCH = date(1904, 1, 1)
FIRST_SERIAL, LAST_SERIAL = 20_000, 80_000  # 1954-10-03 to 2119-01-10: what may be meant as a day
LONGEST_TEXT = 5_000
LONGEST_ID = 200
HUNDRED = Decimal(100)
RESIDUE = 1e-9  # 4.54747E-13 is what spreadsheets leave where amounts cancel out
PLAIN_NUMBER = re.compile(r"-?\d{1,15}(?:\.(?:\d\d?|\d{4,8}))?")  # of 1.250 the marks have to be known
NOISY = re.compile(r"-?\d{1,12}[.,]\d{9,17}")
MOST_DECIMALS = 8  # of a number that stays when the noise of a double is taken off
SCIENTIFIC = re.compile(r"[-+]?\d(?:[.,]\d+)?E[-+]\d{2,3}", re.IGNORECASE)
ZEROED_DIGITS = re.compile(r"[1-9]\d{14}0{3,}")
DOLLARS_WRITTEN = re.compile(r"\d.*[.,]\d\d\D*$|^\D*[.,]\d\d\D*$|[$]\D*\d|\d\s*[$]|USD|\d[.,]\s*[-–—−]", re.IGNORECASE)
WITH_UNIT = re.compile(
    r"([-+]?[\d.,]+)\s*(?:x|h|hrs?|hours?|ea|each|pcs?|pieces?|units?|days?|visits?|weeks?|months?|mo|ft|lf|sf|"
    r"sq\.? ?ft|yds?|cy|lbs?|gal|gallons?|tons?|stk|std|stunden|stück|heures?|horas?|uds?)\.?",
    re.IGNORECASE,
)
PERCENT = re.compile(r"([-+]?[\d.,]+)\s*%")
SERIAL_TEXT = re.compile(r"\d{5}")
MOJIBAKE = re.compile(r"\ufffd|Ã[\x80-\xbf¡-¿ƒ]|Â[\xa0-\xbf]|â€|ï»¿")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
NUMBER_TYPES = (int, float)
SAMPLE = 1_000  # cells that show whether a column repeats itself
SPREADSHEET_ERRORS = frozenset(
    ("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")
)
STAND_INS = frozenset(
    ("n/a", "n.a.", "none", "null", "nan", "tbd", "tba", "tbc", "unknown", "-", "--", "?", "??", "???")
)
NULLS = frozenset(("null", "nan", "none", "<null>", "(null)", "nil", "nat", "undefined"))
"""What programs write for a blank cell."""
LONGEST_NULL = max(map(len, NULLS))
TOO_NARROW = re.compile(r"#{2,}")
LONGEST_STAND_IN = max(map(len, STAND_INS))
NOTHING = frozenset(("-", "–", "—", "--"))
ENOUGH_EVIDENCE = 1_000  # cells; a later one that differs from what these show is refused by itself


@dataclass(frozen=True, slots=True)
class NumberDateFormat:
    """How one column writes its numbers and dates."""

    marks: Marks = AMERICAN
    table_marks: Marks = AMERICAN  # what the other columns show, where this one shows nothing
    date_order: DateOrder | None = None
    day_second: str = ""  # a date of its column, or of the others, that can only be year, day, month
    doubted_marks: frozenset[str] = frozenset()  # marks of dates beside which nothing shows the order, as others do
    date_clash: str = ""  # two dates of its column, or of the others, that cannot be of one order
    currency: str = "USD"
    heading_currency: str | None = None  # another currency that the heading names
    date_1904: bool = False

    @property
    def order_to_keep(self) -> DateOrder | None:
        """What comes first in its dates, as far as it holds for all of them."""
        return None if self.doubted_marks else self.date_order

    def details(self) -> dict[str, str]:
        """What `RawWorkbook.details` has to say for the cells to be read like this again, some of them corrected."""
        said = {"dates": "1904"} if self.date_1904 else {}
        return said | ({"decimal": self.table_marks.decimal} if self.table_marks.certain else {})


PLAIN = NumberDateFormat()
"""Nothing is settled beforehand."""


def quoted(text: str) -> str:
    """The cell's text for a sentence: one line, in quotes, cut where it is long."""
    line = " ".join(text.split())
    return f"'{line[:60]}…'" if len(line) > 60 else f"'{line}'"


def is_blank(cell: Cell) -> bool:
    """True for an empty cell, and for one with nothing but spaces in it."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def read_cells(
    cells: Sequence[Cell], kind: fields.ValueKind, settled: NumberDateFormat, *, is_id: bool = False
) -> list[CellValue | Unreadable]:
    """What every cell of a column means, in the column's order. What `settled` leaves open, the cells may show.

    `is_id` marks text that stands for one record elsewhere (an invoice number, an account): a number that the
    spreadsheet program has rounded is refused there, while in notes it is merely text.
    """
    if bool in set(map(type, cells)):  # TRUE equals 1 as a dictionary's key, and must not be read as 1
        cells = [cell_text(cell) if type(cell) is bool else cell for cell in cells]
    if kind is fields.ValueKind.TEXT and len(set(cells[:SAMPLE])) * 2 > SAMPLE:
        return list(map(_read_id if is_id else _read_text, cells))  # hardly one cell is like another
    distinct = dict.fromkeys(cells)
    shown = evident(kind, distinct, settled)
    read = _reader(kind, shown, is_id)
    meanings: dict[Cell, CellValue | Unreadable] = {cell: read(cell) for cell in distinct}
    if shown is not settled and len(distinct) > ENOUGH_EVIDENCE and Unreadable in set(map(type, meanings.values())):
        marks = evident_marks(_texts(distinct))  # a later cell may contradict those that were looked at
        if marks.both and marks != shown.marks:
            read = _reader(kind, replace(shown, marks=replace(shown.marks, both=marks.both)), is_id)
            meanings = {cell: read(cell) for cell in distinct}
    if kind is fields.ValueKind.DATE:
        meanings |= _doubtful_dates(distinct, settled)
    return list(map(meanings.__getitem__, cells))


def evident(kind: fields.ValueKind, distinct: Iterable[Cell], settled: NumberDateFormat) -> NumberDateFormat:
    """The conventions of a column: those that are settled, and what its distinct cells show of the others."""
    match kind:
        case fields.ValueKind.TEXT:
            return settled
        case fields.ValueKind.DATE if settled.date_order is None:
            orders = evident_orders(_texts(distinct))
            if len(orders) == 1:
                return replace(settled, date_order=next(iter(orders)))
            return replace(settled, date_clash=clash_of(orders)) if orders else settled
        case fields.ValueKind.DOLLARS | fields.ValueKind.CENTS | fields.ValueKind.QUANTITY if not settled.marks.certain:
            own = marks_of(distinct)
            return replace(settled, marks=own if own.certain else settled.table_marks)
    return settled


def marks_of(cells: Iterable[Cell]) -> Marks:
    """The decimal and thousands marks that the texts among the first cells show."""
    return evident_marks(islice(_texts(cells), ENOUGH_EVIDENCE))


def _texts(cells: Iterable[Cell]) -> Iterator[str]:
    return (text for cell in cells if isinstance(cell, str) and (text := cell.strip()))


def _reader(
    kind: fields.ValueKind, conventions: NumberDateFormat, is_id: bool
) -> Callable[[Cell], CellValue | Unreadable]:
    match kind:
        case fields.ValueKind.TEXT:
            return _read_id if is_id else _read_text
        case fields.ValueKind.DATE:
            return lambda cell: _read_date(cell, conventions)
        case fields.ValueKind.QUANTITY:
            return lambda cell: _read_quantity(cell, conventions)
        case fields.ValueKind.DOLLARS | fields.ValueKind.CENTS if conventions.heading_currency is not None:
            return lambda cell: _foreign(cell, conventions)
        case fields.ValueKind.DOLLARS:
            return lambda cell: _read_number(cell, conventions, HUNDRED, problem_catalog.NOT_MONEY)
        case fields.ValueKind.CENTS:
            return lambda cell: _read_cents(cell, conventions)


# ---------------------------------------------------------------------- text


def _read_text(cell: Cell) -> str | Unreadable | None:
    if cell is None:
        return None
    if isinstance(cell, str) and len(cell) <= LONGEST_TEXT and cell.isascii() and cell.isprintable():
        text = cell.strip()
        if text in SPREADSHEET_ERRORS:
            return _spreadsheet_error(ErrorCell(text))
        return None if len(text) <= LONGEST_NULL and text.casefold() in NULLS else text or None
    if isinstance(cell, (ErrorCell, UncalculatedCell)):
        return _spreadsheet_error(cell)
    text = cell_text(cell).strip()
    if text in SPREADSHEET_ERRORS:
        return _spreadsheet_error(ErrorCell(text))
    if len(text) > LONGEST_TEXT:
        what = f"{quoted(text)} has {len(text):,} characters; {LONGEST_TEXT:,} is the most."
        return Unreadable(problem_catalog.TOO_LONG, what, text)
    return _damaged_text(text) or text or None


def _read_id(cell: Cell) -> str | Unreadable | None:
    if cell is None:
        return None
    if isinstance(cell, str):
        text = cell.strip()
        if text.isalnum() and text.isascii() and len(text) <= 15 and text.casefold() not in STAND_INS:
            return text
        return _doubtful_id(text) if text else None
    if isinstance(cell, (ErrorCell, UncalculatedCell)):
        return _spreadsheet_error(cell)
    text = cell_text(cell)
    if isinstance(cell, (date, time, timedelta)):
        what = f"{quoted(text)} is a date where an identifier belongs: the spreadsheet program has made it one."
        return Unreadable(problem_catalog.DAMAGED_NUMBER, what, text)
    if "E" in text or len(text.lstrip("-").replace(".", "")) > 15:
        return _rounded(text)
    return text


def _doubtful_id(text: str) -> str | Unreadable | None:
    if '="' in text and (said := unwrapped(text)) != text:
        return _read_id(said)
    if LONGEST_STAND_IN < len(text) <= LONGEST_ID and text[0].isalpha() and text.isascii() and text.isprintable():
        return text  # no number, and no error, begins with a letter
    if text in SPREADSHEET_ERRORS:
        return _spreadsheet_error(ErrorCell(text))
    if text.casefold() in STAND_INS:
        return Unreadable(problem_catalog.MISSING_VALUE, f"{quoted(text)} stands where a value belongs.", text)
    if SCIENTIFIC.fullmatch(text):
        what = f"{quoted(text)} is a long number of which the spreadsheet program kept only the first digits."
        return Unreadable(problem_catalog.DAMAGED_NUMBER, what, text)
    if ZEROED_DIGITS.fullmatch(text):
        return _rounded(text)
    if TOO_NARROW.fullmatch(text):
        return _too_narrow(text)
    if not any(map(str.isalnum, text)):
        what = f"{quoted(text)} stands where a value belongs: it has no letter and no digit in it."
        return Unreadable(problem_catalog.MISSING_VALUE, what, text)
    if len(text) > LONGEST_ID:
        what = f"{quoted(text)} has {len(text):,} characters; {LONGEST_ID} is the most."
        return Unreadable(problem_catalog.TOO_LONG, what, text)
    unseen = None if text.isascii() else next((at for at, each in enumerate(text) if category(each) == "Cf"), None)
    if unseen is not None:
        where = f"U+{ord(text[unseen]):04X}, character {unseen + 1} of {len(text)}"
        what = f"{quoted(text)} has a character in it that nobody can see ({where})."
        return Unreadable(problem_catalog.BAD_CHARACTERS, what, text)
    return _damaged_text(text) or text


def _rounded(text: str) -> Unreadable:
    what = f"{quoted(text)} has more than 15 digits: the spreadsheet program has replaced the last ones."
    return Unreadable(problem_catalog.DAMAGED_NUMBER, what, text)


def _too_narrow(text: str) -> Unreadable:
    what = f"{quoted(text)} is what a spreadsheet program shows where a column is too narrow for its number or date."
    advice = "Make the column wider where it comes from and export the file again, or type what belongs there."
    return Unreadable(problem_catalog.DAMAGED_NUMBER, what, text, advice)


def _damaged_text(text: str) -> Unreadable | None:
    if text.isascii() and text.isprintable():
        return None
    if MOJIBAKE.search(text) or CONTROL.search(text):
        return Unreadable(problem_catalog.BAD_CHARACTERS, f"{quoted(text)} has damaged characters in it.", text)
    return None


def _spreadsheet_error(cell: ErrorCell | UncalculatedCell) -> Unreadable:
    if isinstance(cell, ErrorCell):
        return Unreadable(problem_catalog.ERROR_CELL, f"{quoted(cell.text)} is a spreadsheet error.", cell.text)
    what = f"The result of the formula {quoted(cell.text)} is not stored in the file."
    return Unreadable(problem_catalog.UNCALCULATED, what, cell.text)


# ---------------------------------------------------------------------- dates


def _read_date(cell: Cell, conventions: NumberDateFormat) -> date | Unreadable | None:
    match cell:
        case None:
            return None
        case datetime():
            return cell.date()
        case date():
            return cell
        case str():
            text = cell.strip()
            if text in SPREADSHEET_ERRORS:
                return _spreadsheet_error(ErrorCell(text))
            found = read_text_date(text, conventions.date_order) if text else None
            if found is None or isinstance(found, date):
                return found
            if TOO_NARROW.fullmatch(text):
                return _too_narrow(text)
            if SERIAL_TEXT.fullmatch(text) and FIRST_SERIAL <= int(text) < LAST_SERIAL:
                what = f"{quoted(text)} is the number of a day, as spreadsheets count them, and not a date."
                return Unreadable(
                    problem_catalog.NOT_A_DATE, what, text, "Format the column as dates, and export it again."
                )
            if found.kind is problem_catalog.AMBIGUOUS_DATE and conventions.date_clash:
                why = f"{found.why.rstrip('.')}: {conventions.date_clash}."
                return Unreadable(found.kind, f"{quoted(text)} {why}", text, MEND_THE_ODD_ONE)
            return Unreadable(found.kind, f"{quoted(text)} {found.why}", text)
        case ErrorCell() | UncalculatedCell():
            return _spreadsheet_error(cell)
        case int() | float() if not isinstance(cell, bool):
            return _serial(cell, conventions)
    text = cell_text(cell)
    return Unreadable(problem_catalog.NOT_A_DATE, f"{quoted(text)} is not a date.", text)


MEND_THE_ODD_ONE = "Correct the one of the two that is mistyped: that settles all of them. Or write it like 2026-03-31."


def _doubtful_dates(distinct: Iterable[Cell], settled: NumberDateFormat) -> dict[Cell, Unreadable]:
    """The dates of a column that it as a whole makes doubtful, each with why."""
    found: dict[Cell, Unreadable] = {}
    for cell, doubt in doubtful_dates(distinct, settled.doubted_marks, settled.day_second).items():
        text = cell_text(cell).strip()
        found[cell] = Unreadable(problem_catalog.AMBIGUOUS_DATE, f"{quoted(text)} {doubt.why}", text, doubt.advice)
    return found


def _serial(number: float, conventions: NumberDateFormat) -> date | Unreadable:
    """A day as a spreadsheet counts it, or written as 20260331."""
    if FIRST_SERIAL <= number < LAST_SERIAL:
        return (MAC_EPOCH if conventions.date_1904 else EXCEL_EPOCH) + timedelta(days=int(number))
    text = cell_text(number)
    found = read_text_date(text, None) if len(text) == 8 else None
    if isinstance(found, date):
        return found
    return Unreadable(problem_catalog.NOT_A_DATE, f"{quoted(text)} is not a date.", text)


# ---------------------------------------------------------------------- numbers


def _read_quantity(cell: Cell, conventions: NumberDateFormat) -> Decimal | Unreadable | None:
    """A number, with its unit or without; 50% is half of one."""
    if isinstance(cell, str) and (found := PERCENT.fullmatch(cell.strip())) is not None:
        read = _read_number(found[1], conventions, Decimal(1), problem_catalog.NOT_A_QUANTITY)
        return read / 100 if isinstance(read, Decimal) else read
    if isinstance(cell, str) and (found := WITH_UNIT.fullmatch(cell.strip())) is not None:
        read = _read_number(found[1], conventions, Decimal(1), problem_catalog.NOT_A_QUANTITY)
        return read if isinstance(read, Decimal) else replace(read, text=cell.strip()) if read is not None else None
    return _read_number(cell, conventions, Decimal(1), problem_catalog.NOT_A_QUANTITY)


def _read_number(
    cell: Cell, conventions: NumberDateFormat, scale: Decimal, kind: problems.ProblemKind
) -> Decimal | Unreadable | None:
    if cell is None:
        return None
    if type(cell) is float and cell.is_integer() and -1e15 < cell < 1e15:
        return Decimal(int(cell)) * scale  # as most numbers are, without the way through their text
    if isinstance(cell, str):
        return _read_number_text(cell, conventions, scale, kind)
    if isinstance(cell, (ErrorCell, UncalculatedCell)):
        return _spreadsheet_error(cell)
    text = cell_text(cell)
    if not isinstance(cell, NUMBER_TYPES) or cell != cell or abs(cell) >= 1e15:
        return Unreadable(kind, f"{quoted(text)} is not {_noun(kind)}.", text)
    if -RESIDUE < cell < RESIDUE:
        return Decimal()
    return Decimal(f"{cell:.15g}" if isinstance(cell, float) else cell) * scale


def _read_number_text(
    cell: str, conventions: NumberDateFormat, scale: Decimal, kind: problems.ProblemKind
) -> Decimal | Unreadable | None:
    if conventions.marks.decimal == "." and PLAIN_NUMBER.fullmatch(cell):
        return Decimal(cell) * scale
    text = cell.strip()
    if not text:
        return None
    if text in SPREADSHEET_ERRORS:
        return _spreadsheet_error(ErrorCell(text))
    if text.strip("$ ") in NOTHING:
        return Decimal()  # zero, as accounting formats show it
    if NOISY.fullmatch(text) and (number := _without_noise(text, conventions.marks)) is not None:
        return number * scale
    if SCIENTIFIC.fullmatch(text):
        if abs(float(text.replace(",", "."))) < RESIDUE:
            return Decimal()
        what = f"{quoted(text)} is a number of which the spreadsheet program kept only the first digits."
        return Unreadable(problem_catalog.DAMAGED_NUMBER, what, text)
    if TOO_NARROW.fullmatch(text):
        return _too_narrow(text)
    found = read_amount(text, conventions.marks, conventions.currency)
    if isinstance(found, Decimal):
        return found * scale
    if isinstance(found, OtherCurrency):
        what = f"{quoted(text)} is in {found.currency}, and the account is in {conventions.currency}."
        return Unreadable(problem_catalog.OTHER_CURRENCY, what, text)
    return Unreadable(kind, f"{quoted(text)} is not {_noun(kind)}{found.because}.", text, found.advice)


def _without_noise(text: str, marks: Marks) -> Decimal | None:
    """A number that a program wrote with the noise of its arithmetic: 0.8099999999999999 is 0.81, to the 15 digits
    that are sure. None where there are not as many, or where no short number is left."""
    mark = "." if "." in text else ","
    if (marks.certain and marks.decimal != mark) or len(text.lstrip("-0.,").replace(mark, "")) < 16:
        return None
    number = Decimal(f"{float(text.replace(mark, '.')):.15g}")
    exponent = number.as_tuple().exponent
    return number if isinstance(exponent, int) and -exponent <= MOST_DECIMALS else None


def _read_cents(cell: Cell, conventions: NumberDateFormat) -> Decimal | Unreadable | None:
    """A number of cents; what is written as dollars are (a currency sign, two decimals) is not taken for cents."""
    if isinstance(cell, str) and DOLLARS_WRITTEN.search(cell):
        what = f"{quoted(cell)} looks like dollars, and the column is in cents."
        return Unreadable(
            problem_catalog.NOT_MONEY, what, cell.strip(), "Write whole cents, like 125000 for $1,250.00."
        )
    return _read_number(cell, conventions, Decimal(1), problem_catalog.NOT_MONEY)


def _foreign(cell: Cell, conventions: NumberDateFormat) -> Unreadable | None:
    if is_blank(cell):
        return None
    text = cell_text(cell).strip()
    what = (
        f"{quoted(text)} is in {conventions.heading_currency} by its heading; the account is in {conventions.currency}."
    )
    return Unreadable(problem_catalog.OTHER_CURRENCY, what, text)


def _noun(kind: problems.ProblemKind) -> str:
    return "a quantity" if kind is problem_catalog.NOT_A_QUANTITY else "an amount"
