"""The values that walk the road: what a file says, what would be sent, what became of it. Frozen; no I/O.

Money is in cents: an `Exact` where a sheet may say parts of a cent, an `int` in everything that is sent. `None` in
an `Invoice` or a `Line` means "the sheet does not say, or says it unreadably" (then a `Problem` names the cell); a
`Payload` has no such gaps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Context, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from importer.cells import Cell, cell_text, column_letter
from importer.news import Alarm, Change, Continued, Stays
from importer.packed import Rows
from importer.problems import IN_DOUBT, OTHER_CURRENCY, Place, Problem
from importer.seals import Seal
from importer.trace import GivenBack, Trace
from importer.unknown import UnknownName

if TYPE_CHECKING:
    from importer.payload import Payload

Exact = Decimal | int
"""A number as a sheet says it: an int where it is whole, which takes a third of the room; no float, ever."""

EXACT = Context(prec=200)
"""For multiplying without loss: by itself, Decimal rounds a product to 28 digits and says nothing."""


def _says(cell: Cell) -> bool:
    return cell is not None and not (isinstance(cell, str) and not cell.strip())


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One table of one file: where its rows come from and which column is which field."""

    file: str  # the file's name, without its folder
    sheet: str | None  # None for a csv
    heading_row: int  # 1-based
    headings: tuple[Cell, ...]
    columns: Mapping[str, int]  # field name → 0-based index of its column
    profile: str | None = None  # the saved layout that it was read with

    def place(self, row: int | None, field_name: str | None = None) -> Place:
        """The place of a field in a row; without a column where the sheet has none for the field."""
        index = self.columns.get(field_name) if field_name else None
        return Place(self.file, self.sheet, row, None if index is None else column_letter(index))


class Row(NamedTuple):
    """One data row. A tuple underneath, because there are a hundred thousand of them."""

    source: Source
    number: int  # 1-based, as Excel shows it; in a csv each record counts one, a blank line too
    kept: tuple[Cell, ...] | Rows  # its cells, or all rows of the sheet, packed, among which they are

    @property
    def cells(self) -> tuple[Cell, ...]:
        """What stands in it from column A on, without blanks at its end."""
        kept = self.kept
        return kept if isinstance(kept, tuple) else kept.row(self.number - 1)

    def cell(self, field_name: str) -> Cell:
        """The cell of a field; None where the sheet has no such column or the row is too short."""
        index = self.source.columns.get(field_name)
        if index is None:
            return None
        cells = self.cells
        return cells[index] if index < len(cells) else None

    def says(self, field_name: str) -> bool:
        """True where the field's cell holds more than spaces."""
        return _says(self.cell(field_name))

    def place(self, field_name: str | None = None) -> Place:
        """Where the field stands in the input."""
        return self.source.place(self.number, field_name)


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row that is neither heading nor data, and why ("blank", "title above the heading row")."""

    file: str
    sheet: str | None
    row: int
    reason: str
    cells: tuple[Cell, ...] = ()


class Line(NamedTuple):
    """One line item as the sheet says it. Prices and amounts in cents, exact, possibly with parts of a cent."""

    row: Row
    financial_account_id: str | None
    quantity: Exact | None
    unit_price: Exact | None
    amount: Exact | None
    notes: str

    @property
    def extended(self) -> Decimal | None:
        """Quantity × unit price in cents, exact; None where one of them is not given."""
        if self.quantity is None or self.unit_price is None:
            return None
        return EXACT.multiply(self.quantity, self.unit_price)

    @property
    def worth(self) -> Exact | None:
        """What the line comes to in cents, exact: its own amount where given, otherwise quantity × unit price."""
        return self.amount if self.amount is not None else self.extended


@dataclass(frozen=True, slots=True)
class Rounding:
    """What a profile allows: a line of at most so many cents that makes the lines come to the total."""

    limit: int  # cents
    financial_account_id: str


class Invoice(NamedTuple):
    """One invoice as the sheet says it: a header and its lines. `problems` are those found while reading it.

    A tuple underneath, like its lines: there are tens of thousands of them.
    """

    integration_id: str | None
    property_id: str | None
    vendor_id: str | None
    invoice_number: str | None
    invoice_date: date | None
    due_date: date | None
    accounting_date: date | None
    notes: str | None
    memo: str | None
    total: Exact | None  # cents
    lines: tuple[Line, ...]
    rows: tuple[Row, ...]  # all of its rows, in the file's order; never empty
    problems: tuple[Problem, ...] = ()
    rounding: Rounding | None = None  # None: no rounding line may be added

    @property
    def source(self) -> Source:
        """The table that it comes from."""
        return self.rows[0].source

    @property
    def worth(self) -> int:
        """Cents for adding up in reports: the total, or the lines where none can be read; 0 in another currency."""
        if self.problems and any(problem.kind is OTHER_CURRENCY for problem in self.problems):
            return 0
        if self.total is not None:
            return int(self.total)
        return int(sum((line.worth or Decimal() for line in self.lines), Decimal()))

    def place(self, field_name: str) -> Place:
        """Where the header field stands: the first row that fills it, otherwise the invoice's first row."""
        return next((row for row in self.rows if row.says(field_name)), self.rows[0]).place(field_name)

    def cell_text(self, field_name: str) -> str:
        """The text of the cell that `place` points at."""
        for row in self.rows:
            if _says(cell := row.cell(field_name)):
                return cell_text(cell)
        return ""


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file of the run, as it was when it was read."""

    name: str
    sha256: str
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Understanding:
    """How a table was read, as far as its cells alone may not say it a second time."""

    first_heading_row: int  # 1-based: the upper one where the headings take two rows
    side: str = "whole"  # "header" or "lines" where two tables complete each other
    profile: str = ""  # the profile that it was read with, as TOML
    date_order: str | None = None  # "MDY", "DMY" or "YMD", where the profile or the column as a whole shows it
    details: Mapping[str, str] = field(default_factory=dict)  # of the file: "dates": "1904", "decimal": ","


@dataclass(frozen=True, slots=True)
class Table:
    """What was found in one sheet: every row of it is the heading, a data row, or skipped."""

    source: Source
    rows: tuple[Row, ...]
    skipped: tuple[SkippedRow, ...]
    understood: Understanding | None = None  # None for a sheet that was left out

    @property
    def width(self) -> int:
        """So many cells has its widest row."""
        kept = {id(row.kept): row.kept for row in self.rows}.values()
        widths = (len(each) if isinstance(each, tuple) else each.width for each in kept)
        return max((*widths, *(len(each.cells) for each in self.skipped)), default=0)


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """A total that the file itself states, beside what the rows above it come to. Both in cents."""

    place: Place
    label: str  # the words of its row ("Grand Total"), or what shows that it is a total
    says: Decimal
    found: Decimal  # where cells cannot be read, what the others come to
    unread: tuple[str, ...] = ()  # the cells above it that cannot be read: "H3"
    once: Decimal | None = None  # what the invoices come to, where it agrees only with the sum over all their lines
    vendor: Decimal | None = None  # what the vendor's own file says, where it was changed by hand

    @property
    def agrees(self) -> bool:
        """True where the rows add up to what the file says."""
        return self.says == self.found


@dataclass(frozen=True, slots=True)
class Reading:
    """What the files of one run say. Each data row is in exactly one invoice or in one of the `problems`."""

    files: tuple[InputFile, ...]
    tables: tuple[Table, ...]
    invoices: tuple[Invoice, ...]
    problems: tuple[Problem, ...] = ()
    notices: tuple[str, ...] = ()  # how the files were understood, where it was no matter of course
    control_totals: tuple[ControlTotal, ...] = ()
    former_keys: Mapping[Place, str] = field(default_factory=dict)  # rows given back: the invoice that each was open as
    trace: Trace = field(default_factory=Trace)  # what was changed by hand, where a results workbook was given back
    given_back: tuple[GivenBack, ...] = ()

    @property
    def row_count(self) -> int:
        """Data rows."""
        return sum(len(table.rows) for table in self.tables)


# ---------------------------------------------------------------------- what became of it


class Status(StrEnum):
    """What happened to one invoice in one run. The words are those of `--json` and of the workbook."""

    READY = "ready"  # nothing stands against sending it (`check` ends here)
    POSTED = "posted"  # accepted by the API in this run
    ALREADY_POSTED = "already_posted"  # accepted in an earlier run with the very same content; nothing was sent
    NEEDS_FIXING = "needs_fixing"  # has errors; nothing was sent
    REFUSED = "refused"  # the API, or ResMan behind it, said no
    IN_DOUBT = "in_doubt"  # it was sent and no answer tells what became of it
    NOT_SENT = "not_sent"  # the run ended, or another run holds it, before it was sent
    CONFLICT = "conflict"  # posted before with other content; nothing was sent

    @property
    def label(self) -> str:
        """As a clerk reads it."""
        return "Posted before" if self is Status.ALREADY_POSTED else self.value.replace("_", " ").capitalize()

    @property
    def is_fine(self) -> bool:
        """True where nobody has to do anything."""
        return self in (Status.READY, Status.POSTED, Status.ALREADY_POSTED)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One place that was looked at for an invoice in doubt, when, and what was found there."""

    looked_at: str
    at: datetime
    found: str


class Outcome(NamedTuple):
    """What happened to one invoice. `problems` holds every error and warning, also those of the reading."""

    invoice: Invoice
    status: Status
    problems: tuple[Problem, ...] = ()
    payload: Payload | None = None  # None where errors stand against making one
    key: str | None = None
    job_id: str | None = None
    resman: str | None = None  # what is known of it in ResMan: "confirmed", "pending", or ResMan's own words
    evidence: tuple[Evidence, ...] = ()
    alarm: Alarm | None = None  # why a person must look before anything of it is paid, or sent

    @property
    def fingerprint(self) -> str | None:
        """That of the payload: what exactly is sent, or was."""
        return None if self.payload is None else self.payload.fingerprint()


@dataclass(frozen=True, slots=True)
class Run:
    """One run from end to end: everything that a report says."""

    id: str  # "2026-03-31T09-12-44-7f3a"
    command: str  # "check" or "submit"
    started: datetime  # aware
    finished: datetime  # aware
    who: str  # user@machine
    destination: str  # where invoices go: "https://api.propexo.com", or "sandbox"
    reading: Reading
    outcomes: tuple[Outcome, ...]  # one for each invoice of the reading, in its order
    plan: str | None  # "sha256:…" over exactly the payloads that would be sent; None where there are none
    stopped: str | None = None  # why the run ended before its end, in a sentence
    notices: tuple[str, ...] = field(default=())  # further sentences about the run as a whole
    changes: tuple[Change, ...] = ()  # what `status` has learnt
    unknown_names: tuple[UnknownName, ...] = ()  # the one that holds up most money first
    later: frozenset[str] = frozenset()  # keys of what did not go then, and was posted in a later round
    continued: Continued | None = None  # of a past run whose workbook was given back
    stays: tuple[Stays, ...] = ()  # in ResMan out of these files, beside what the outcomes tell as posted
    seal: Seal | None = None  # for its workbook; None: it is not given back

    def counts(self) -> dict[str, int]:
        """The `counts` of `--json`: data rows, invoices, and invoices by status."""
        found = Counter([outcome.status for outcome in self.outcomes])
        by_status = {str(status): found[status] for status in Status}
        return {"rows": self.reading.row_count, "invoices": len(self.outcomes), **by_status}

    def amounts(self) -> dict[str, int]:
        """The `amounts` of `--json` in cents: all invoices, and by status."""
        amounts = dict.fromkeys(("invoices", *Status), 0)
        for outcome in self.outcomes:
            worth = outcome.invoice.worth
            amounts["invoices"] += worth
            amounts[outcome.status] += worth
        return {str(name): amount for name, amount in amounts.items()}

    @property
    def exit_code(self) -> int:
        """0 all fine; 1 some need a person, or rows belong to no invoice; 3 at least one outcome is unknown."""
        if any(outcome.status is Status.IN_DOUBT for outcome in self.outcomes):
            return 3
        if any(problem.kind is IN_DOUBT for problem in self.reading.problems):  # whose rows are gone
            return 3
        if self.stopped or any(problem.is_error for problem in self.reading.problems):
            return 1
        return 0 if all(outcome.status.is_fine for outcome in self.outcomes) else 1


def dollars(cents: Exact) -> str:
    """1234567 → "$12,345.67"; negatives with a minus in front; parts of a cent are kept."""
    amount = Decimal(cents).scaleb(-2, EXACT)
    sign = "-" if amount < 0 else ""
    digits = f"{amount.copy_abs():,f}"
    whole, _, parts = digits.partition(".")
    return f"{sign}${whole}.{parts.rstrip('0').ljust(2, '0') if parts else '00'}"
