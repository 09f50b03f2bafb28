"""Builds real values for tests: a few words say what matters, the rest is a plain made-up invoice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from importer.domain.cells import Cell
from importer.domain.invoice import (
    Invoice,
    Line,
    Row,
    Source,
)
from importer.domain.money import Exact
from importer.domain.outcome import Outcome, Run, Status
from importer.domain.payload import Body, Payload, PayloadLine
from importer.domain.problems import Problem
from importer.domain.reading import (
    InputFile,
    Reading,
    SkippedRow,
    Table,
)

HEADINGS: tuple[Cell, ...] = (
    "Property",
    "Vendor",
    "Invoice #",
    "Bill Date",
    "Due Date",
    "Notes",
    "Memo",
    "Invoice Total",
    "GL Account",
    "Qty",
    "Unit Price",
    "Line Amount",
    "Line Notes",
)
FIELDS: tuple[str, ...] = (
    "property_id",
    "vendor_id",
    "invoice_number",
    "invoice_date",
    "due_date",
    "notes",
    "memo",
    "total_amount",
    "financial_account_id",
    "quantity_ordered",
    "unit_price",
    "line_amount",
    "item_notes",
)
INTEGRATION = "intg-0a1b2c3d"
DESTINATION = "sandbox"
NOON = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)


def source(
    file: str = "march.xlsx",
    sheet: str | None = "Sheet1",
    heading_row: int = 1,
    headings: Sequence[Cell] = HEADINGS,
    fields: Sequence[str] = FIELDS,
) -> Source:
    """A table in the plain layout unless told otherwise; `fields` names the column of each heading, in order."""
    return Source(file, sheet, heading_row, tuple(headings), {name: at for at, name in enumerate(fields) if name})


def line(
    quantity: str | int | None = 1,
    unit_price: int | str | None = 10_000,
    *,
    account: str | None = "finacct-6210",
    amount: int | str | None = None,
    notes: str = "",
) -> Line:
    """A line item; prices and amounts in cents. Its row is put in by `invoice`."""
    return Line(
        Row(source(), 0, ()),
        account,
        None if quantity is None else Decimal(quantity),
        None if unit_price is None else Decimal(unit_price),
        None if amount is None else Decimal(amount),
        notes,
    )


def invoice(
    *lines: Line,
    number: str | None = "INV-1001",
    vendor: str | None = "vend-1111",
    prop: str | None = "prop-2222",
    integration: str | None = INTEGRATION,
    issued: date | None = date(2026, 3, 1),
    due: date | None = date(2026, 3, 31),
    accounting: date | None = None,
    notes: str | None = "Grounds maintenance",
    memo: str | None = "March service",
    total: int | str | None = "sum of the lines",
    at: Source | None = None,
    first_row: int = 2,
    problems: Sequence[Problem] = (),
) -> Invoice:
    """An invoice whose cells say what its fields say, one row per line, from `first_row` on; `total` in cents."""
    at = at or source()
    lines = lines or (line(),)
    if total == "sum of the lines":
        cents: Exact | None = sum((one.worth or Decimal() for one in lines), Decimal())
    else:
        cents = None if total is None else Decimal(total)
    placed = []
    for offset, one in enumerate(lines):
        values: dict[str, Cell] = {
            "property_id": prop,
            "vendor_id": vendor,
            "invoice_number": number,
            "invoice_date": issued,
            "due_date": due,
            "accounting_date": accounting,
            "notes": notes,
            "memo": memo,
            "total_amount": None if cents is None else float(cents / 100),
            "financial_account_id": one.financial_account_id,
            "quantity_ordered": None if one.quantity is None else float(one.quantity),
            "unit_price": None if one.unit_price is None else float(one.unit_price / 100),
            "line_amount": None if one.amount is None else float(one.amount / 100),
            "item_notes": one.notes or None,
        }
        cells: list[Cell] = [None] * len(at.headings)
        for name, index in at.columns.items():
            cells[index] = values.get(name)
        placed.append(one._replace(row=Row(at, first_row + offset, tuple(cells))))
    return Invoice(
        integration,
        prop,
        vendor,
        number,
        issued,
        due,
        accounting,
        notes,
        memo,
        cents,
        tuple(placed),
        tuple(one.row for one in placed),
        tuple(problems),
    )


def payload(of: Invoice) -> Payload:
    """What would be sent for an invoice without gaps: each line as quantity 1 × its whole cents."""
    return Payload.of(
        Body(
            integration_id=of.integration_id or INTEGRATION,
            property_id=of.property_id or "prop-2222",
            vendor_id=of.vendor_id or "vend-1111",
            invoice_number=of.invoice_number or "INV-1001",
            invoice_date=of.invoice_date or date(2026, 3, 1),
            due_date=of.due_date or date(2026, 3, 31),
            accounting_date=of.accounting_date,
            notes=of.notes or "",
            memo=of.memo or "",
            total_amount_in_cents=max(0, of.worth),
            invoice_items=tuple(
                PayloadLine(
                    financial_account_id=one.financial_account_id or "finacct-6210",
                    quantity_ordered=1,
                    unit_price_in_cents=int(one.worth or 0),
                    notes=one.notes,
                )
                for one in of.lines
            ),
        )
    )


def outcome(
    of: Invoice | None = None,
    status: Status = Status.POSTED,
    *,
    problems: Sequence[Problem] = (),
    resman: str | None = None,
    job_id: str | None = None,
) -> Outcome:
    """What became of an invoice: with a payload unless it needs fixing, with a job id if posted."""
    of = of or invoice()
    found = (*of.problems, *problems)
    if status is Status.NEEDS_FIXING:
        return Outcome(of, status, found)
    sent = payload(of)
    if job_id is None and status in (Status.POSTED, Status.ALREADY_POSTED):
        job_id = f"job-{sent.fingerprint()[:12]}"
    return Outcome(of, status, found, sent, sent.key(DESTINATION), job_id, resman)


def reading(
    invoices: Sequence[Invoice],
    *,
    loose: Sequence[Row] = (),
    skipped: Sequence[SkippedRow] = (),
    problems: Sequence[Problem] = (),
) -> Reading:
    """What the files of these invoices say: one table for each source among them. `loose` rows are in no invoice."""
    rows: dict[int, list[Row]] = {}
    sources: dict[int, Source] = {}
    for row in (*(row for one in invoices for row in one.rows), *loose):
        sources[id(row.source)] = row.source
        rows.setdefault(id(row.source), []).append(row)
    tables = tuple(
        Table(
            at,
            tuple(sorted(rows[identity], key=lambda row: row.number)),
            tuple(one for one in skipped if (one.file, one.sheet) == (at.file, at.sheet)),
        )
        for identity, at in sources.items()
    )
    names = dict.fromkeys(table.source.file for table in tables)
    files = tuple(InputFile(name, f"{len(name):064x}", 12_345) for name in names)
    return Reading(files, tables, tuple(invoices), tuple(problems))


def run(
    *outcomes: Outcome,
    command: str = "submit",
    destination: str = DESTINATION,
    of: Reading | None = None,
    stopped: str | None = None,
    notices: Sequence[str] = (),
) -> Run:
    """A finished run of these outcomes; `of` is what was read, where it is more than their invoices."""
    results = outcomes if outcomes or of else (outcome(),)
    return Run(
        id="2026-03-31T12-00-00-7f3a",
        command=command,
        started=NOON,
        finished=NOON + timedelta(seconds=42),
        who="clerk@desk-7",
        destination=destination,
        reading=of or reading([one.invoice for one in results]),
        outcomes=tuple(results),
        plan="sha256:" + "0" * 60 + "feed",
        stopped=stopped,
        notices=tuple(notices),
    )


def with_cells(of: Invoice, cells: Sequence[Sequence[Cell]]) -> Invoice:
    """The invoice with other raw cells in its rows, row by row; its fields stay."""
    rows = tuple(row._replace(kept=tuple(new)) for row, new in zip(of.rows, cells, strict=True))
    by_number = {row.number: row for row in rows}
    lines = tuple(one._replace(row=by_number[one.row.number]) for one in of.lines)
    return of._replace(rows=rows, lines=lines)
