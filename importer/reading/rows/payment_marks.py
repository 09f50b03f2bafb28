"""What columns beside the fields say of an invoice that the vendor or another program has marked: paid, or twice."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from importer.domain import problem_catalog
from importer.domain.cells import Cell, cell_text, column_letter
from importer.domain.fields import ValueKind
from importer.domain.invoice import Invoice, Row
from importer.domain.money import dollars
from importer.domain.problems import Problem
from importer.reading.cells.parse_cell import is_blank, quoted, read_cells
from importer.reading.columns.column_map import unused
from importer.reading.columns.headings import display_heading, normalised, quoted_columns
from importer.reading.columns.meaning import words_of
from importer.reading.rows.row_status import StatusColumns
from importer.reading.rows.status_words import RowStatus
from importer.reading.tables.parsed_table import ParsedTable

NO_WORDS = frozenset(
    (
        *("no", "n", "false", "f", "0", "none", "nein", "non", "nee", "nej", "-", "--", "n/a", "na", "ok", "unique"),
        *("unpaid", "not paid", "open", "pending", "outstanding", "offen", "0000-00-00", "00/00/0000", "✗", "tbd"),
    )
)
_PAID = frozenset(
    ("paid", "ispaid", "paidyn", "paidflag", "paidinfull", "bezahlt", "pagado", "paye", "betaald", "pagato")
)
_PAID_ON = frozenset(
    (
        *("paiddate", "datepaid", "paidon", "bezahltam", "gezahltam", "payele", "pagadoel", "betaaldop", "pagatoil"),
        *("checknumber", "checkno", "chequenumber", "chequeno", "checkdate", "chequedate", "check", "cheque"),
        *("datecleared", "cleareddate", "clearedon", "checkcleared", "ck", "ckno", "cknumber", "cknum", "checknum"),
        *("achtrace", "achtracenumber", "achnumber", "tracenumber", "eftnumber", "wirenumber", "remittancenumber"),
    )
)
_PAID_SO_FAR = frozenset(
    (
        *(
            "amountpaid",
            "paidamount",
            "paidtodate",
            "totalpaid",
            "bereitsbezahlt",
            "amtpaid",
            "payments",
            "lesspayments",
        ),
        *("paymentsreceived", "paymentreceived", "paymentsapplied", "paymentscredits", "paymentstodate", "zahlungen"),
        *("paymentapplied", "amountapplied", "creditsapplied", "checkamount", "checkamt", "ckamount", "chequeamount"),
    )
)
_LEFT = frozenset(
    (
        *("balance", "openbalance", "balancedue", "balanceremaining", "remainingbalance", "outstanding", "saldo"),
        *(
            "outstandingbalance",
            "outstandingamount",
            "amountoutstanding",
            "openamount",
            "amountopen",
            "amountremaining",
        ),
        *("amountdue", "totaldue", "unpaidbalance", "offenerbetrag", "restbetrag", "soldedu", "saldopendiente"),
    )
)
_TWICE = frozenset(
    ("duplicate", "duplicates", "dup", "dupe", "duplikat", "doppelt", "doublon", "duplicado", "duplicata")
)

CellTest = Callable[[Cell], bool]


def payment_marks(
    layout: ParsedTable, invoices: Sequence[Invoice], told: StatusColumns
) -> Iterator[tuple[Row, Problem]]:
    """The first row of each invoice that is marked as paid, of each that is held back, and of each that is a copy."""
    headings = layout.source.headings
    paid, held, twice = _PaymentMarks(layout), _PaymentMarks(layout), _PaymentMarks(layout)
    for index in unused(headings, layout.mapped):
        name = normalised(display_heading(headings[index]))
        if name in _PAID or name in _PAID_ON:
            paid.add(index, _is_yes)
        elif name in _PAID_SO_FAR or name in _LEFT:
            paid.add_amounts(index, is_left=name in _LEFT)
        elif words_of(display_heading(headings[index])) & _TWICE:
            twice.add(index, _is_yes)
    for index, cells in told:
        for marks, standing in ((paid, RowStatus.PAID), (held, RowStatus.HELD), (twice, RowStatus.TWICE)):
            marks.add_known(index, {cell for cell, each in cells.items() if each is standing})
    every = (
        (problem_catalog.MARKED_PAID, paid),
        (problem_catalog.MARKED_HELD, held),
        (problem_catalog.MARKED_DUPLICATE, twice),
    )
    for kind, marks in every:
        for invoice in invoices if marks.found else ():
            row = next((row for row in invoice.rows if row.source is layout.source and row.number in marks.found), None)
            if row is None or (not invoice.worth and marks.found[row.number] in marks.amounts):
                continue
            index = marks.found[row.number]
            text = cell_text(row.cells[index]).strip()
            said = dollars(marks.amounts[index][text]) if index in marks.amounts else quoted(text)
            place = replace(row.place(), column=column_letter(index))
            yield row, Problem(kind, f"{quoted_columns([(index, headings[index])])} says {said}.", place, value=text)


class _PaymentMarks:
    """Rows by their number, each with the first column that marks it."""

    def __init__(self, layout: ParsedTable) -> None:
        self._layout = layout
        self.found: dict[int, int] = {}
        self.amounts: dict[int, dict[str, Decimal]] = {}  # by column, what its texts come to in cents

    def add(self, index: int, says: CellTest) -> None:
        cells = self._layout.cells(index)
        self.add_known(index, set(filter(says, set(cells))))

    def add_known(self, index: int, says: Collection[Cell]) -> None:
        """The rows with one of these cells."""
        for row, cell in zip(self._layout.rows, self._layout.cells(index), strict=True) if says else ():
            if cell in says:
                self.found.setdefault(row.number, index)

    def add_amounts(self, index: int, *, is_left: bool) -> None:
        """A balance of nothing, or something paid already."""
        cells = list(dict.fromkeys(self._layout.cells(index)))
        read = read_cells(cells, ValueKind.DOLLARS, self._layout.conventions)
        amounts = {
            cell: value
            for cell, value in zip(cells, read, strict=True)
            if isinstance(value, Decimal) and (not value if is_left else value)
        }
        if amounts:
            self.amounts[index] = {cell_text(cell).strip(): value for cell, value in amounts.items()}
            self.add(index, amounts.__contains__)


def _is_yes(cell: Cell) -> bool:
    return not is_blank(cell) and cell_text(cell).strip().casefold() not in NO_WORDS
