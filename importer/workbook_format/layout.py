"""The layout of the results workbook's sheets "Rows" and "To fix", for the report that writes them and the reader.

Both sheets have their headings in row 1 and nothing above them:

    | seven columns of ours     | the clerk's own columns, headings and order unchanged | importer mark |
    | FRONT, or TO_FIX_FRONT    |                                                       | MARK, hidden  |

- "Rows" (`ROWS`) holds every row of the input except the headings, once, in the file's order. "To fix" (`TO_FIX`)
  repeats those that did not go, for the clerk to correct; an invoice in doubt is not among them, because editing it
  could send it a second time.
- Tables with different headings get a sheet each: "Rows", "Rows 2", …; likewise "To fix 2". `is_sheet_of` recognises
  them. Rows beyond what one sheet can hold go on in the next.
- FILE, SHEET and ROW say where the row stands in the input (SHEET is blank for a csv); every row that a text names is
  a row of the input, too.
- NUMBER repeats the invoice's number for the eye: it stays in sight when one scrolls, and stands on every printed page.
  It is not read; workbooks of older versions have it not.
- The last column whose heading is MARK is ours; the clerk's columns are those between the seventh and it. Its cells
  hold a `RowMark`: the row's status, its invoice's key, a digest of place and cells, and a seal over all of
  that. A row whose `row_digest` is still the mark's is untouched; one without a mark was added by hand; one whose seal
  does not fit has another row's mark, or one that somebody has edited, and the workbook is not believed.

Giving the workbook back: the rows of "To fix" replace those that `RowMark.is_open` names in "Rows" (one that was
deleted there is taken out); all others are as in "Rows". An open row that was corrected in "Rows" instead is taken
from there. A row of "Rows" that is not open and no longer has its mark's digest was changed after it was posted.
The hidden sheet of `manifest` says what the rows themselves do not.

Cells are written as they were (numbers as numbers, dates as dates, text as text that no spreadsheet turns into a
formula), but for what a workbook cannot hold: see `tidy_text` and `written_cell`. A spreadsheet error (#REF!) and an
uncalculated formula come back as text.
"""

from __future__ import annotations

import hashlib
import math
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from importer.domain.cells import (
    Cell,
    ErrorCell,
    UncalculatedCell,
    cell_text,
)
from importer.domain.outcome import Status
from importer.domain.visible_text import has_unseen, visible

SUMMARY = "Summary"
TO_FIX = "To fix"
INVOICES = "Invoices"
ROWS = "Rows"
TIE_OUT = "Tie-out"
CORRECTIONS = "Corrections"

FRONT: tuple[str, ...] = ("File", "Sheet", "Row in file", "Outcome", "Invoice", "Job id", "Problems")
TO_FIX_FRONT: tuple[str, ...] = ("File", "Sheet", "Row in file", "Outcome", "Invoice", "Problems", "How to go on")
FILE, SHEET, ROW, OUTCOME, NUMBER = range(5)  # 0-based, the same in both
_FRONTS = [front for new in (FRONT, TO_FIX_FRONT) for front in (new, (*new[:NUMBER], *new[NUMBER + 1 :]))]
MARK = "importer mark"

SKIPPED = "skipped"  # neither heading nor data
TAKEN_OUT = "taken_out"  # a row that somebody deleted from "To fix"; it stays out
GONE_REASON = "deleted from the sheet “Rows”"
TAKEN_OUT_REASON = "taken out of the sheet “To fix” by hand"
NO_INVOICE = "no_invoice"  # a data row that belongs to no invoice

EXCEL_ROWS = 1_048_576
EXCEL_COLUMNS = 16_384
EXCEL_TEXT = 32_767  # UTF-16 units in one cell

OPEN_STATUSES = frozenset({Status.NEEDS_FIXING, Status.REFUSED, Status.NOT_SENT, Status.CONFLICT, NO_INVOICE})
"""The statuses whose rows stand in "To fix"."""


def label_of(status: str) -> str:
    """What a row's outcome is called in our sheets."""
    if status in (SKIPPED, TAKEN_OUT):
        return "Left out"
    return Status.NEEDS_FIXING.label if status == NO_INVOICE else Status(status).label


def numbered(name: str, index: int) -> str:
    """The name of a sheet's continuation: 0 → "Rows", 1 → "Rows 2"."""
    return name if index == 0 else f"{name} {index + 1}"


def is_sheet_of(title: str, name: str) -> bool:
    """True for `name` itself and its continuations."""
    return re.fullmatch(rf"{re.escape(name)}( [2-9]| [1-9]\d+)?", title) is not None


def column_index(letters: str) -> int:
    """ "A" → 0, "AA" → 26."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


# ---------------------------------------------------------------------- cells

_CUT = " … (cut: a cell holds no more)"

FIRST_DATE = date(1900, 3, 1)  # before it Excel counts a day that never was; such dates are written as text


def tidy_text(text: str) -> str:
    """The text as a workbook can hold it: line ends as "\\n", steering characters visible, EXCEL_TEXT long at most."""
    if has_unseen(text):
        text = visible(text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(text) * 2 > EXCEL_TEXT and len(text.encode("utf-16-le")) // 2 > EXCEL_TEXT:
        kept = text.encode("utf-16-le")[: 2 * (EXCEL_TEXT - len(_CUT))].decode("utf-16-le", errors="ignore")
        text = kept + _CUT
    return text


def written_cell(cell: Cell) -> str | int | float | bool | date | datetime | time | timedelta | None:
    """The cell as it is written: what a workbook cannot hold as a value becomes the text that shows it."""
    match cell:
        case None | "":
            return None
        case str():
            return tidy_text(cell)
        case bool():
            return cell
        case int() | float():
            try:
                number = float(f"{float(cell):.16G}")  # the digits that the workbook keeps
            except OverflowError:
                return tidy_text(str(cell))
            return number + 0.0 if math.isfinite(number) else str(cell)
        case datetime():
            return cell.replace(tzinfo=None) if cell.date() >= FIRST_DATE else cell.isoformat(" ")
        case date():
            return cell if cell >= FIRST_DATE else cell.isoformat()
        case ErrorCell() | UncalculatedCell():
            return tidy_text(cell.text) or None
        case _:
            return cell


def cannot_hold(cell: Cell) -> bool:
    """True for text that comes back from a workbook as other text, and for what comes back as mere text."""
    if isinstance(cell, str):
        return has_unseen(cell) and len(cell) * 2 <= EXCEL_TEXT
    return isinstance(cell, ErrorCell | UncalculatedCell)


def canonical(cell: Cell) -> str:
    """What the cell says, the same before it is written and after a spreadsheet program has saved it."""
    match written_cell(cell):
        case datetime() as moment:
            return cell_text((moment + timedelta(milliseconds=500)).replace(microsecond=0))
        case time() as moment:
            return _duration(timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second))
        case timedelta() as length:
            return _duration(length)
        case float() as number if not number.is_integer() or abs(number) >= 1e15:
            return cell_text(float(f"{number:.12g}"))  # spreadsheet programs save 15 digits, each rounding its own way
        case written:
            return cell_text(written)


def _duration(length: timedelta) -> str:
    return f"{round(round(length.total_seconds(), 3))} s"  # readers give thousandths


# ---------------------------------------------------------------------- marks


def row_digest(file: str, sheet: str | None, row: int, cells: Iterable[Cell]) -> str:
    """16 hexadecimal digits over the row's place and content; the same before writing and after reading back.

    Trailing blanks do not count, nor whether 1250 is a number or text, nor digits of a fraction beyond the twelfth:
    the same after Excel or LibreOffice has saved the workbook.
    """
    texts = [
        cell if cell.__class__ is str and cell.isascii() and cell.isprintable() else canonical(cell) for cell in cells
    ]
    while texts and not texts[-1]:
        texts.pop()
    content = "\x1f".join((file, sheet or "", str(row), *texts))
    return hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:16]


def _seal(secret: bytes, file: str, sheet: str | None, row: int, status: str, key: str | None, digest: str) -> str:
    """Hexadecimal digits that tie a mark to its row: 16 that only the ledger can make whose `secret` it is; without a
    secret 8, as in an older version, which find slips and edits, not forgers."""
    content = "\x1f".join((file, sheet or "", str(row), status, key or "", digest)).encode("utf-8", "replace")
    if secret:
        return hashlib.blake2b(content, key=secret, digest_size=8).hexdigest()
    return hashlib.sha256(content).hexdigest()[:8]


NOTED = (
    "It is not sent in this run, and goes with the next one. What is not to go is deleted from “To fix”, or taken out "
    "of the vendor's file; corrections belong into the vendor's own columns."
)
"""The way out where something was typed over columns of ours."""

OURS = range(OUTCOME, len(FRONT))
"""Columns that are for the eye, and are not read. What is typed over them is found by the row's mark."""


def said_digest(texts: Iterable[str]) -> str:
    """3 hexadecimal digits for the text of each column of `OURS`; spaces and line ends are all the same."""
    words = (" ".join(tidy_text(text).split()) for text in texts)
    return "".join([f"{zlib.crc32(each.encode('utf-8', 'replace')) & 0xFFF:03x}" for each in words])


_MARKED = frozenset({*Status, SKIPPED, TAKEN_OUT, NO_INVOICE})


@dataclass(frozen=True, slots=True)
class RowMark:
    """What the last column keeps about a row."""

    status: str  # a `Status`, SKIPPED or NO_INVOICE: what had become of the row when the workbook was written
    key: str | None  # of its invoice; None where it has none
    digest: str
    seal: str  # over its place and all of the above
    said: str = ""  # the `said_digest` of what stands in front of it; "" in an older version

    @property
    def text(self) -> str:
        """As the cell holds it: "2:posted:<key>:<digest>:<seal>:<said>"."""
        return f"2:{self.status}:{self.key or ''}:{self.digest}:{self.seal}:{self.said}"

    def is_of(self, file: str, sheet: str | None, row: int, secret: bytes | None = b"") -> bool:
        """True where it was made for the row at this place, and nobody has edited it. `secret` is that of the ledger,
        b"" in an older version; None: it is not known here, so that nothing can be told."""
        return secret is None or self.seal == _seal(secret, file, sheet, row, self.status, self.key, self.digest)

    @classmethod
    def of(
        cls,
        status: str,
        key: str | None,
        file: str,
        sheet: str | None,
        row: int,
        cells: Iterable[Cell],
        said: Iterable[str] = (),
        secret: bytes = b"",
    ) -> RowMark:
        """That of the row at this place, with these cells, and with these texts in the columns of `OURS`."""
        digest = row_digest(file, sheet, row, cells)
        return cls(status, key, digest, _seal(secret, file, sheet, row, status, key, digest), said_digest(said))

    @property
    def is_open(self) -> bool:
        """True where the row did not go and may be corrected: it stands in "To fix" as well."""
        return self.status in OPEN_STATUSES

    @classmethod
    def parse(cls, text: str) -> RowMark | None:
        """None where the text is no mark."""
        version, *parts = text.strip().split(":")
        if version != "2" or len(parts) not in (4, 5) or parts[0] not in _MARKED:
            return None
        status, key, digest, seal, *said = parts
        return cls(status, key or None, digest, seal, "".join(said))


def clerk_columns(headings: Sequence[str]) -> range | None:
    """Which columns of a row of "Rows" or "To fix" are the clerk's own; None where the headings are not ours."""
    front = next((one for one in _FRONTS if tuple(headings[: len(one)]) == one), None)
    if front is None or MARK not in headings:
        return None
    last = max(index for index, heading in enumerate(headings) if heading == MARK)
    return range(len(front), last)


def begins_like_ours(headings: Sequence[str]) -> bool:
    """True for the headings of "Rows", of "To fix", or of results as a csv."""
    return any(tuple(headings[: len(front)]) == front for front in _FRONTS)
