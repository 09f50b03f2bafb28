"""Made-up tables of vendors, each from its seed alone: the same on every machine, with nothing of the importer in it.

They are as vendors' sheets are, and as they go wrong: titles, totals that agree or do not, footers, sections, dates in
every order, commas and points, credits, marks of what is paid, cells too many, and damage.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

Value = str | float | date | None
Rows = list[list[Value]]
Chosen = TypeVar("Chosen")

NUMBER = ("Invoice #", "Invoice Number", "Inv No", "Invoice No.", "Bill No.", "Rechnungsnr.", "Invoice #", "Reference")
DATE = ("Invoice Date", "Date", "Bill Date", "Rechnungsdatum", "Issued", "Dated")
DUE = ("Due Date", "Due", "Fällig am", "Payable By")
TERMS = ("Terms", "Payment Terms", "Zahlungsziel")
TOTAL = ("Invoice Total", "Total", "Amount", "Total Due", "Amount Due", "Betrag", "Rechnungsbetrag", "Gross")
AMOUNT = ("Line Amount", "Amount", "Ext. Price", "Extended", "Line Total", "Positionsbetrag")
QUANTITY = ("Qty", "Quantity", "Hours", "Menge", "Units")
PRICE = ("Unit Price", "Rate", "Price", "Einzelpreis", "Cost Each")
WORDS = ("Description", "Service", "Item", "Memo", "Beschreibung", "Details")
TYPE = ("Type", "Doc Type", "Transaction Type", "Status", "Paid?", "State")
TAX = ("Tax", "Sales Tax", "Freight", "Shipping", "Discount", "MwSt", "Fuel Surcharge", "Net", "Deposit")
ODD = ("PO", "Region", "Contact", "Paid Amount", "Previous Balance", "Account", "Store", "Currency", "Cost Code")
SERVICES = ("Water", "Sewer", "Trash", "Gas", "Electric", "6310 - Water", "6320 - Sewer", "6450 Landscaping")
SAID = (
    "Mowing",
    "Mulch, 2 yd",
    "Lobby cleaning",
    "Labor",
    "Türschloss",
    "Filter 20x20x1",
    "Trip charge",
    "Subtotal work",
)
TYPES = ("Invoice", "Credit Memo", "Credit", "Paid", "Void", "Open", "Gutschrift", "Statement", "", "Cancelled", "INV")
CURRENCIES = ("USD", "USD", "USD", "CAD", "EUR", "")
TITLES = ("Greenleaf Landscaping LLC", "Statement of Account", "October 2026", "Bill to: the office", "Page 1 of 2")
TOTALS = ("Total", "Grand Total", "TOTAL:", "Summe", "Subtotal", "Total Due", "Sub-total October")
FOOTERS = (
    "Thank you for your business",
    "Please remit to PO Box 12",
    "Page 2 of 2",
    "All amounts in USD",
    "* prices include tax",
    "Printed 11/02/2026",
    "Terms: net 30",
    "Balance forward 120.00",
)
BROKEN: tuple[Value, ...] = (
    "#REF!",
    "#N/A",
    "n/a",
    "see bill",
    "TBD",
    "-",
    "1.2.3",
    "31/31/2026",
    "1,23",
    "$",
    "1E+05",
    "20.000000000000004",
    "Ã¼ber",
    "=1+1",
    "  ",
    "0",
    "(",
    "May 2026",
)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
PROFILE = """[defaults]
property_id = "prop-1"
vendor_id = "vend-1"
financial_account_id = "finacct-1"
notes = "{file} row {row}"
memo = "by hand"
terms_days = 30
"""
PLAIN = ("property_id", "vendor_id", "financial_account_id", "notes", "memo", "due_date")


@dataclass(frozen=True)
class MadeTable:
    """A vendor's file to be: its cells, the kind of file, and the profile that is beside it."""

    rows: Rows
    kind: str  # "csv", "semicolons", "tabs" or "xlsx"
    profile: str | None  # TOML

    def write(self, folder: Path) -> Path:
        """Writes the file, and gives its place."""
        if self.kind == "xlsx":
            return self._write_workbook(folder / "vendor.xlsx")
        path = folder / ("vendor.txt" if self.kind == "tabs" else "vendor.csv")
        stream = io.StringIO()
        separator = {"semicolons": ";", "tabs": "\t"}.get(self.kind, ",")
        csv.writer(stream, delimiter=separator, lineterminator="\n").writerows(map(_texts, self.rows))
        path.write_text(stream.getvalue(), encoding="utf-8")
        return path

    def _write_workbook(self, path: Path) -> Path:
        from xlsxwriter import Workbook

        with Workbook(path, {"strings_to_urls": False, "strings_to_formulas": False}) as book:
            book.set_properties({"created": datetime(2026, 11, 22)})  # noqa: DTZ001 -- a property without a zone
            sheet = book.add_worksheet("October")
            day = book.add_format({"num_format": "mm/dd/yyyy"})
            for number, cells in enumerate(self.rows):
                for column, cell in enumerate(cells):
                    if isinstance(cell, date):
                        sheet.write_datetime(number, column, datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001
                    elif isinstance(cell, str):
                        sheet.write_string(number, column, cell)
                    elif cell is not None:
                        sheet.write_number(number, column, cell)
        return path


def _texts(cells: Sequence[Value]) -> list[str]:
    return ["" if cell is None else cell.isoformat() if isinstance(cell, date) else str(cell) for cell in cells]


def made_table(seed: int) -> MadeTable:
    """The table of a seed."""
    return _Maker(random.Random(seed)).table()


class _Maker:
    """Draws one table. Every choice comes from the one source of chance, in an order that never changes."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.is_workbook = self.often(25)
        self.dated = self.of((_iso, _american, _european, _named, _short, _dotted))
        self.money = self.of((_plain, _with_commas, _with_dollars, _german, _in_brackets))
        self.first = date(2026, 8, 1) + timedelta(days=self.number(0, 80))
        self.started = self.number(1, 9000)

    def table(self) -> MadeTable:
        """All of it."""
        shape = self.of((self.invoices, self.invoices, self.lines, self.lines, self.wide, self.sides, self.groups))
        body, width, amount_at = shape()
        rows: Rows = [[self.of(TITLES)] for _ in range(self.number(1, 3))] if self.often(25) else []
        rows += [[]] if rows and self.often(60) else []
        rows += self.with_breaks(body[:1], body[1:], width)
        rows += self.below(body, width, amount_at)
        kind = "xlsx" if self.is_workbook else self.of(("csv", "csv", "csv", "semicolons", "tabs"))
        return MadeTable(rows, kind, PROFILE if self.often(93) else None)

    def often(self, percent: int) -> bool:
        """True in so many of a hundred."""
        return self.chance.random() * 100 < percent

    def number(self, least: int, most: int) -> int:
        """A whole number, both ends among them."""
        return least + int(self.chance.random() * (most - least + 1))

    def of(self, choices: Sequence[Chosen]) -> Chosen:
        """One of them."""
        return choices[self.number(0, len(choices) - 1)]

    def invoices(self) -> tuple[Rows, int, int]:
        """A row for each invoice."""
        extra = [self.of((TERMS, DUE, WORDS, TYPE, TAX, ODD, ODD)) for _ in range(self.number(0, 4))]
        headings = [self.of(NUMBER), self.of(DATE), *(self.of(one) for one in extra), self.of(TOTAL)]
        rows: Rows = [[*headings]]
        for at in range(self.number(1, 9)):
            cells = [self.cell(one, at) for one in extra]
            rows.append([self.name(at), self.day(at), *cells, self.amount()])
        return self.damaged(rows), len(headings), len(headings) - 1

    def lines(self) -> tuple[Rows, int, int]:
        """Several rows for each invoice, its number on all of them or on the first alone."""
        has_total, has_price, repeats = self.often(50), self.often(60), self.often(60)
        extra = [self.of((WORDS, TAX, TYPE, ODD)) for _ in range(self.number(0, 2))]
        headings: list[Value] = [self.of(NUMBER), self.of(DATE), self.of(WORDS), *(self.of(one) for one in extra)]
        headings += [self.of(QUANTITY), self.of(PRICE)] if has_price else []
        headings += [self.of(AMOUNT)] + ([self.of(TOTAL)] if has_total else [])
        rows: Rows = [headings]
        for at in range(self.number(1, 5)):
            worths = [(self.number(1, 9), self.number(100, 90_000)) for _ in range(self.number(1, 4))]
            total = sum(count * price for count, price in worths) + (self.number(-3, 900) if self.often(15) else 0)
            for place, (count, price) in enumerate(worths):
                is_named = place == 0 or repeats
                cells: list[Value] = [self.name(at) if is_named else None, self.day(at) if is_named else None]
                cells += [self.of(SAID), *(self.cell(one, at) for one in extra)]
                cells += [self.counted(count), self.written(price)] if has_price else []
                cells += [self.written(count * price)]
                cells += [self.written(total) if is_named else None] if has_total else []
                rows.append(cells)
        return self.damaged(rows), len(headings), len(headings) - 1

    def wide(self) -> tuple[Rows, int, int]:
        """A column for each service, or for each account."""
        services = [self.of(SERVICES) for _ in range(self.number(2, 4))]
        rows: Rows = [[self.of(NUMBER), self.of(DATE), *services, self.of(TOTAL)]]
        for at in range(self.number(1, 7)):
            cents = [0 if self.often(20) else self.number(100, 40_000) for _ in services]
            off = self.number(1, 500) if self.often(10) else 0
            rows.append([self.name(at), self.day(at), *map(self.written, cents), self.written(sum(cents) + off)])
        return self.damaged(rows), len(rows[0]), len(services) + 2

    def sides(self) -> tuple[Rows, int, int]:
        """Debit and credit."""
        rows: Rows = [[self.of(NUMBER), self.of(DATE), self.of(WORDS), "Debit", "Credit"]]
        for at in range(self.number(1, 8)):
            sides = [self.amount(), None]
            rows.append([self.name(at), self.day(at), self.of(SAID), *(sides[::-1] if self.often(25) else sides)])
        return self.damaged(rows), 5, 3

    def groups(self) -> tuple[Rows, int, int]:
        """Item 1, quantity 1, price 1, item 2 …"""
        count = self.number(1, 3)
        names = [f"{name} {at}" for at in range(1, count + 1) for name in ("Item", "Qty", "Price")]
        rows: Rows = [[self.of(NUMBER), self.of(DATE), *names]]
        for at in range(self.number(1, 5)):
            cells: list[Value] = []
            for _ in range(self.number(1, count)):
                cells += [self.of(SAID), self.counted(self.number(1, 5)), self.amount()]
            rows.append([self.name(at), self.day(at), *cells])
        return self.damaged(rows), len(rows[0]), len(rows[0]) - 1

    def with_breaks(self, heading: Rows, body: Rows, width: int) -> Rows:
        """The body with blank rows, subtotals, sections and headings said again between its rows."""
        rows = [*heading]
        breaks = self.often(30)
        for cells in body:
            rows.append(cells)
            if breaks and self.often(25):
                subtotal: list[Value] = [self.of(TOTALS), *[None] * (width - 2), self.amount()]
                between: Rows = [[], [self.of(SERVICES)], [*heading[0]], subtotal]
                rows.append(self.of(between))
        return rows

    def below(self, body: Rows, width: int, amount_at: int) -> Rows:
        """Totals and footers under the table."""
        rows: Rows = [[]] if self.often(20) else []
        if self.often(45):
            total: list[Value] = [None] * width
            total[self.of((0, 0, max(0, amount_at - 1)))] = self.of(TOTALS)
            cents = sum(_cents(cells[amount_at]) for cells in body[1:] if amount_at < len(cells))
            total[amount_at] = self.written(cents + (self.number(1, 5000) if self.often(30) else 0))
            rows.append(total)
        if self.often(30):
            rows += [[self.of(FOOTERS)] for _ in range(self.number(1, 2))]
        return rows

    def damaged(self, rows: Rows) -> Rows:
        """Some cells broken, missing, or too many."""
        for cells in rows[1:]:
            if self.often(6):
                cells[self.number(0, len(cells) - 1)] = self.of(BROKEN)
            if self.often(3):
                cells[self.number(0, len(cells) - 1)] = None
            if self.often(2):
                cells.append("extra")
        if self.often(15):
            ids: list[list[Value]] = [
                [f"{name}-{self.number(1, 3)}" for name in ("prop", "vend", "finacct")] for _ in rows
            ]
            ids[0] = [*PLAIN[:3]]
            return [one + cells for one, cells in zip(ids, rows, strict=True)] if self.often(50) else rows
        return rows

    def name(self, at: int) -> Value:
        """The number of an invoice."""
        if self.often(3):
            return self.of((None, "INV 1", "007", "S-001", f"{self.started}"))
        if self.is_workbook and self.started % 3 == 0:
            return float(self.started + at)
        return f"{('INV-', 'A', '', 'B/')[self.started % 4]}{self.started + at:04}"

    def day(self, at: int) -> Value:
        """Its date."""
        day = self.first + timedelta(days=at * 3)
        if self.is_workbook and self.started % 2:
            return day
        return self.dated(day)

    def amount(self) -> Value:
        """An amount of money."""
        cents = self.number(100, 300_000)
        return self.written(-cents if self.often(6) else cents)

    def written(self, cents: int) -> Value:
        """An amount as the vendor writes it."""
        return cents / 100 if self.is_workbook and self.started % 5 else self.money(cents)

    def counted(self, count: int) -> Value:
        """A quantity as the vendor writes it."""
        return (
            float(count)
            if self.is_workbook
            else self.of((f"{count}", f"{count}", f"{count}.00", f"{count} ea", f"{count},0"))
        )

    def cell(self, headings: Sequence[str], at: int) -> Value:
        """A cell of a column of that kind."""
        if headings is TERMS:
            return self.of(("Net 30", "Due on receipt", "30", "2% 10 Net 30", "EOM", ""))
        if headings is DUE:
            return self.day(at + 10)
        if headings is WORDS:
            return self.of(SAID)
        if headings is TYPE:
            return self.of(TYPES)
        if headings is TAX:
            return self.written(self.number(0, 2_000))
        return self.of((self.of(CURRENCIES), f"PO-{self.number(1, 99)}", "North", None, self.amount()))


def _cents(cell: Value) -> int:
    if isinstance(cell, float):
        return round(cell * 100)
    digits = "".join(sign for sign in str(cell or "") if sign.isdigit())
    return int(digits or 0)


def _iso(day: date) -> str:
    return day.isoformat()


def _american(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"


def _european(day: date) -> str:
    return f"{day.day:02}/{day.month:02}/{day.year}"


def _named(day: date) -> str:
    return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"


def _short(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year % 100}"


def _dotted(day: date) -> str:
    return f"{day.day:02}.{day.month:02}.{day.year}"


def _plain(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02}"


def _with_commas(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100:,}.{abs(cents) % 100:02}"


def _with_dollars(cents: int) -> str:
    return f"${_with_commas(abs(cents))}" + (" CR" if cents < 0 else "")


def _german(cents: int) -> str:
    return _with_commas(cents).replace(",", "_").replace(".", ",").replace("_", ".")


def _in_brackets(cents: int) -> str:
    return f"({_with_commas(-cents)})" if cents < 0 else _with_commas(cents)
