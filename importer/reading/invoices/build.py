"""A laid-out table becomes invoices: cells are read, defaults filled in, lines made, and what is missing is named."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from importer.domain.cells import Cell, cell_text
from importer.domain.fields import BY_NAME, COLUMNS, ValueKind
from importer.domain.invoice import Invoice, Row
from importer.domain.problem_catalog import SEVERAL_TEXTS
from importer.domain.problems import Problem
from importer.domain.reading import ControlTotal, Table
from importer.errors import FileUnreadable
from importer.reading.cells.parse_cell import (
    CellValue,
    NumberDateFormat,
    Unreadable,
    is_blank,
)
from importer.reading.columns.charges import taken_off
from importer.reading.columns.column_map import (
    LINE_FIELDS,
    LINE_MONEY,
    named_hints,
    unused,
)
from importer.reading.columns.headings import display_heading, quoted_columns
from importer.reading.columns.stated_amounts import charges_alone, paid_in_part, parts_that_miss
from importer.reading.columns.unnamed_total import likely_total
from importer.reading.invoices.due_dates import agreed, days_of_terms, due_dates
from importer.reading.invoices.given_dates import CELL, day_in_cell, day_in_text
from importer.reading.invoices.group import build_invoices
from importer.reading.invoices.rows_together import GroupingRule, LineColumns, ReadCells
from importer.reading.profiles.vendor_profile import Profile
from importer.reading.rows.control_totals import control_problem, control_totals, unread_totals
from importer.reading.rows.document_type import credits_among
from importer.reading.rows.formatting import formatting_remarks, told_once, unseen_remarks
from importer.reading.rows.payment_marks import payment_marks
from importer.reading.rows.remarks import column_remarks, repeated_rows, row_remarks
from importer.reading.rows.row_status import column_statuses, non_invoice_rows
from importer.reading.rows.total_above import totals_above
from importer.reading.tables.parsed_table import ParsedTable

HEADER_FIELDS = tuple(column.name for column in COLUMNS if not column.of_line)
FEW, MANY = 2, 20  # profile lines, and headings, that one sentence may list
LINE_COLUMNS = tuple(column.name for column in COLUMNS if column.of_line)
NUMBERS = ("total_amount", "total_amount_in_cents", "unit_price", "unit_price_in_cents", "line_amount")


@dataclass(slots=True)
class Assembled:
    """What one table says, or two that were joined."""

    tables: list[Table]
    invoices: list[Invoice]
    problems: list[Problem]
    notices: list[str] = field(default_factory=list)
    control_totals: list[ControlTotal] = field(default_factory=list)


def assemble(layouts: Sequence[ParsedTable], profile: Profile, integration_id: str | None) -> Assembled:
    """The invoices of a table; of two, where the first holds the headers and the second their lines.

    Raises FileUnreadable where the columns leave open what must not be guessed, everything named at once.
    """
    head = layouts[0]
    invoices, strays, has_total = _built(layouts, profile, integration_id)
    invoices = agreed(head, invoices)
    noted = [note for layout in layouts for note in (*row_remarks(layout, profile), *formatting_remarks(layout))]
    noted += charges_alone(layouts, invoices)
    for layout in layouts:
        noted += [*parts_that_miss(layout), *paid_in_part(layout)]
    for layout in layouts:
        told = column_statuses(layout)
        noted += [*non_invoice_rows(layout, invoices, told), *payment_marks(layout, invoices, told)]
    if not has_total:
        noted += repeated_rows(invoices)
    invoices, unowned = _attach(invoices, noted)
    if any(problem.kind is SEVERAL_TEXTS for _, problem in noted):
        invoices = told_once(invoices)
    done = Assembled(
        [Table(layout.source, tuple(layout.rows), tuple(layout.skipped)) for layout in layouts],
        invoices,
        [*strays, *unowned],
    )
    for layout in layouts:
        done.problems.extend(column_remarks(layout, profile))
        done.problems.extend(unseen_remarks(layout))
        done.problems.extend(totals_above(layout, invoices))
        done.problems.extend(unread_totals(layout))
        for control in control_totals(layout, invoices):
            done.control_totals.append(control)
            if not control.agrees:
                done.problems.append(control_problem(control))
    if not has_total:
        blank = head.mapped.blank_total
        why = "no column gives the invoice total"
        if blank is not None:
            why = (
                f"{quoted_columns([(blank, head.source.headings[blank])])} is blank throughout, so no invoice "
                "has a total"
            )
        done.notices.append(f"{head.where}: {why}; it is what the lines come to.{_looks_like_it(layouts, invoices)}")
    return done


def _built(
    layouts: Sequence[ParsedTable], profile: Profile, integration_id: str | None
) -> tuple[list[Invoice], list[Problem], bool]:
    """The invoices, a problem for each row that belongs to none, and whether a column gives the totals. The columns'
    values end here: they take as much room as the invoices."""
    head, lines = layouts[0], layouts[-1]
    rows = head.rows if head is lines else [row for layout in layouts for row in layout.rows]
    asked = {
        place + (len(head.rows) if layout is not head else 0): why
        for layout in layouts
        for place, why in layout.asked.items()
    }
    values = dict(_joined_values(layouts, HEADER_FIELDS))
    values |= {name: head.read_above(name) for name in head.above if name not in profile.defaults}
    if "due_date" in values and "invoice_date" in values:
        values["due_date"] = days_of_terms(values["due_date"], values["invoice_date"])
    line_values = dict(_joined_values(layouts[-1:], LINE_COLUMNS, len(rows)))
    defaults = _defaults(layouts, profile, integration_id, values, len(rows))
    sets = _line_sets(lines, rows, line_values, defaults)
    has_total = bool({"total_amount", "total_amount_in_cents"} & values.keys())
    _refuse_gaps(layouts, values, defaults, sets)
    for layout in layouts:
        _turn_credits(layout, values, sets, len(rows))
    header_defaults = {name: default for name, default in defaults.items() if name in HEADER_FIELDS}
    shape = GroupingRule(separate=head.separate, total_from_lines=not has_total, asked=asked)
    return (*build_invoices(rows, values, header_defaults, sets, shape), has_total)


def _looks_like_it(layouts: Sequence[ParsedTable], invoices: Sequence[Invoice]) -> str:
    """Of a column that nobody named the total, and with which the invoices could be compared."""
    if len(layouts) > 1:
        return ""
    headings = layouts[0].source.headings
    found = likely_total(headings, unused(headings, layouts[0].mapped), invoices, layouts[0].conventions)
    if found is None:
        return ""
    missed = f", and {found.missed:,} of {found.judged:,} invoices come to something else" if found.missed else ""
    column, name = quoted_columns([(found.index, headings[found.index])]), display_heading(headings[found.index])
    return (
        f" {column} looks like the invoice total{missed}: to compare each invoice with it, say in a profile "
        f'[columns] total_amount = "{name}".'
    )


# ---------------------------------------------------------------------- columns, and what stands in for them


def _joined_values(
    layouts: Sequence[ParsedTable], fields: Sequence[str], count: int | None = None
) -> Iterator[tuple[str, ReadCells]]:
    """Each field's column over the rows of all layouts; blank where one has no such column."""
    for name in fields:
        if not any(name in layout.mapped.columns for layout in layouts):
            continue
        read: ReadCells = []
        for layout in layouts:
            index = layout.mapped.columns.get(name)
            read.extend([None] * len(layout.rows) if index is None else layout.read(name, index))
        yield name, [*[None] * (count - len(read)), *read] if count is not None and count > len(read) else read


def _defaults(
    layouts: Sequence[ParsedTable],
    profile: Profile,
    integration_id: str | None,
    values: Mapping[str, ReadCells],
    count: int,
) -> dict[str, Sequence[CellValue]]:
    """By field, for every row, what holds where its cell is blank or there is no column."""
    rows = [row for layout in layouts for row in layout.rows]
    found: dict[str, Sequence[CellValue]] = {}
    if integration_id is not None:
        found["integration_id"] = [integration_id] * count
    for name, text in profile.defaults.items():
        if BY_NAME[name].kind is ValueKind.DATE:
            found[name] = _given_days(text, rows, values, layouts[0].conventions)
        elif "{" in text:
            found[name] = [_filled_in(text, row, values, place) for place, row in enumerate(rows)]
        else:
            found[name] = [text] * count
    due = due_dates(layouts[0], profile, values, count, found.get("invoice_date"))
    if due is not None:
        found["due_date"] = due
    return found


def _given_days(
    text: str, rows: Sequence[Row], values: Mapping[str, ReadCells], conventions: NumberDateFormat
) -> Sequence[CellValue]:
    """For each row the day that the profile gives: one that it names, one in a cell, or one in a name."""
    if CELL.fullmatch(text):
        by_sheet: dict[int, CellValue] = {}
        for row in rows:
            if id(row.kept) not in by_sheet:
                kept = row.kept
                by_sheet[id(kept)] = None if isinstance(kept, tuple) else day_in_cell(text, kept, conventions)
        return [by_sheet[id(row.kept)] for row in rows]
    said = (
        [_filled_in(text, row, values, place) for place, row in enumerate(rows)] if "{" in text else [text] * len(rows)
    )
    days = {each: day_in_text(each, conventions.date_order) for each in set(said)}
    return [days[each] for each in said]


def _filled_in(text: str, row: Row, values: Mapping[str, ReadCells], place: int) -> str:
    def said(name: str) -> str:
        value = values[name][place] if name in values else None
        return "" if value is None or isinstance(value, Unreadable) else str(value)

    return text.format(
        file=row.source.file,
        sheet=row.source.sheet or "",
        row=row.number,
        invoice_number=said("invoice_number"),
        vendor_id=said("vendor_id"),
        property_id=said("property_id"),
        invoice_date=said("invoice_date"),
    ).strip()


# ---------------------------------------------------------------------- lines


def _line_sets(
    layout: ParsedTable,
    rows: Sequence[Row],
    values: dict[str, ReadCells],
    defaults: Mapping[str, Sequence[CellValue]],
) -> list[LineColumns]:
    """What makes lines of a row: its own columns, repeated groups of them, and extra lines."""
    mapped = layout.mapped
    line_defaults = {name: default for name, default in defaults.items() if name in LINE_FIELDS}
    sets: list[LineColumns] = []
    inherited = line_defaults | {
        name: _filled(values[name], line_defaults.get(name))
        for name in ("financial_account_id", "item_notes")
        if name in values and (mapped.parts or mapped.extras or "credit" in mapped.others)
    }
    debit, credit = mapped.others.get("debit"), mapped.others.get("credit")
    two_sided = debit is not None and credit is not None and not LINE_MONEY & values.keys()
    if two_sided and debit is not None and credit is not None and not mapped.parts:
        sets.append(_amount_set(layout, rows, debit, values, inherited))
        minus = _amount_set(layout, rows, credit, {}, inherited)
        credited = [-value if isinstance(value, Decimal) else value for value in minus.values["line_amount"]]
        sets.append(replace(minus, values={"line_amount": credited}))
    elif LINE_MONEY & values.keys() or not (mapped.parts or mapped.extras):
        sets.append(LineColumns(rows, values, line_defaults))
    for part in mapped.parts.values():
        own = {name: _padded(layout.read(name, index), len(rows)) for name, index in part.items()}
        sets.append(LineColumns(_seen_as(layout, rows, part), own, inherited))
    for extra, index in mapped.extras:
        fixed = dict(inherited)
        if extra.financial_account_id is not None:
            fixed["financial_account_id"] = [extra.financial_account_id] * len(rows)
        fixed["item_notes"] = [extra.notes or extra.heading] * len(rows)
        line_set = _amount_set(layout, rows, index, {}, fixed)
        if extra.is_deducted:
            off = taken_off(line_set.values["line_amount"])
            line_set = replace(line_set, values={"line_amount": off})
        sets.append(line_set)
    if sets[0].values is not values:
        sets[0] = replace(sets[0], beside={name: read for name, read in values.items() if name not in sets[0].values})
    return sets


def _amount_set(
    layout: ParsedTable,
    rows: Sequence[Row],
    index: int,
    values: Mapping[str, ReadCells],
    defaults: Mapping[str, Sequence[CellValue]],
) -> LineColumns:
    amounts = _padded(layout.read("line_amount", index), len(rows))
    seen = _seen_as(layout, rows, {"line_amount": index})
    return LineColumns(seen, {**values, "line_amount": amounts}, defaults, nothing_is_no_line=True)


def _seen_as(layout: ParsedTable, rows: Sequence[Row], columns: Mapping[str, int]) -> list[Row]:
    """The rows with a source that says which columns are this line's."""
    header = {name: index for name, index in layout.source.columns.items() if name not in LINE_MONEY}
    source = replace(layout.source, columns={**header, **columns})
    return [Row(source, row.number, row.kept) for row in rows]


def _padded(read: ReadCells, count: int) -> ReadCells:
    return [*[None] * (count - len(read)), *read] if count > len(read) else read


def _filled(read: ReadCells, default: Sequence[CellValue] | None) -> list[CellValue]:
    plain = [None if isinstance(value, Unreadable) else value for value in read]
    if default is None:
        return plain
    return [other if value is None else value for value, other in zip(plain, default, strict=True)]


def _turn_credits(layout: ParsedTable, values: dict[str, ReadCells], sets: Sequence[LineColumns], count: int) -> None:
    """Rows that a type column calls a credit are negative, whichever sign their amounts are written with."""
    index = layout.mapped.others.get("type")
    if index is None:
        return
    cells = layout.cells(index)
    texts = {cell: cell_text(cell).strip() for cell in set(cells)}
    credit = credits_among(display_heading(layout.source.headings[index]), set(texts.values()))
    kinds: dict[Cell, bool] = {cell: text in credit for cell, text in texts.items()}
    if not any(kinds.values()):
        return
    credited = [kinds[cell] for cell in cells] + [False] * (count - len(cells))
    for columns in [values, *[each.values for each in sets]]:
        for name in NUMBERS:
            if name in columns and isinstance(columns, dict):
                columns[name] = [
                    -value if credit and isinstance(value, Decimal) and value > 0 else value
                    for credit, value in zip(credited, columns[name], strict=True)
                ]


# ---------------------------------------------------------------------- what cannot go on


def _refuse_gaps(
    layouts: Sequence[ParsedTable],
    values: Mapping[str, ReadCells],
    defaults: Mapping[str, Sequence[CellValue]],
    sets: Sequence[LineColumns],
) -> None:
    """Raises FileUnreadable with everything that is missing or unclear, and the profile lines that would settle it."""
    present = {*values, *defaults}
    for line_set in sets:
        present |= line_set.values.keys()
    if all("financial_account_id" in {*each.values, *each.defaults} for each in sets):
        present.add("financial_account_id")
    else:
        present.discard("financial_account_id")
    if LINE_MONEY - {"quantity_ordered"} & present:
        present.add("total_amount")  # then it is what the lines come to
    missing = [
        column.name
        for column in COLUMNS
        if column.required and column.name not in present and not any(other in present for other in column.instead)
    ]
    if "unit_price" in missing and ("quantity_ordered" in missing or "total_amount" in missing):
        missing = [name for name in missing if name not in ("unit_price", "quantity_ordered")]
    questions = [question for layout in layouts for question in layout.mapped.questions]
    asked = {question.field for question in questions}
    if "tax" in asked or "total_amount" in asked:
        missing = [name for name in missing if name not in ("total_amount", "unit_price", "quantity_ordered")]
    missing = [name for name in missing if name not in asked]
    if not missing and not questions:
        return
    where = layouts[0].where
    sentences = [f"In {where} {question.what}." for question in questions]
    if missing:
        sentences.append(f"{where} lacks {_named(missing)}.")
    for layout in layouts:
        at = f"row {layout.source.heading_row}"
        at += f" of sheet {layout.source.sheet}" if len(layouts) > 1 else ""
        sentences.append(f"The headings ({at}) are: {_said(layout.source.headings)}.")
    hints: dict[str, list[str]] = {}
    for name in missing:
        for layout in layouts:
            hints.setdefault(named_hints(layout.mapped, layout.source.headings, name), []).append(BY_NAME[name].heading)
    hints.pop("", None)
    sentences += [
        f"{which} may be meant for {' or '.join(names)}, but its heading or its cells do not show it."
        for which, names in hints.items()
    ]
    settle = [question.settle for question in questions]
    settle += [_way_out(name) for name in missing] if len(missing) <= FEW else []
    advice = f"Say in a profile: {'; '.join(settle)}. " if settle else ""
    command = f"Run: invoice-importer profile new {shlex.quote(layouts[0].source.file)}"
    otherwise = ", or add the columns." if missing else "."
    raise FileUnreadable(" ".join(sentences), f"{advice}{command} (it asks what is not said){otherwise}")


def _way_out(name: str) -> str:
    match name:
        case "due_date":
            return '[columns] due_date = "…" or [defaults] terms_days = 30'
        case "notes" | "memo":
            return f'[defaults] {name} = "{{file}} row {{row}}"'
        case "total_amount":
            return '[columns] total_amount = "…" or line_amount = "…"'
        case "unit_price":
            return '[columns] unit_price = "…" or line_amount = "…"'
        case "property_id" | "vendor_id" | "financial_account_id":
            return f'[columns] {name} = "…" or [defaults] {name} = "…"'
        case _:
            return f'[columns] {name} = "…"'


def _named(fields: Sequence[str]) -> str:
    """'the columns Property and Memo'."""
    names = [BY_NAME[name].heading for name in fields]
    if len(names) == 1:
        return f"the column {names[0]}"
    return f"the columns {', '.join(names[:-1])} and {names[-1]}"


def _said(headings: Sequence[Cell]) -> str:
    said = [display_heading(heading) for heading in headings if not is_blank(heading)]
    return ", ".join(said[:MANY]) + (", …" if len(said) > MANY else "")


# ---------------------------------------------------------------------- what was noticed


def _attach(invoices: list[Invoice], noted: Sequence[tuple[Row, Problem]]) -> tuple[list[Invoice], list[Problem]]:
    """Puts problems of rows to the invoices that the rows belong to; what belongs to none is handed back."""
    if not noted:
        return invoices, []
    by_row: dict[tuple[int, int], list[Problem]] = {}
    for row, problem in noted:
        by_row.setdefault((id(row.source), row.number), []).append(problem)
    whole: list[Invoice] = []
    for invoice in invoices:
        mine = [problem for row in invoice.rows for problem in by_row.pop((id(row.source), row.number), ())]
        whole.append(invoice._replace(problems=(*invoice.problems, *mine)) if mine else invoice)
    return whole, [problem for left in by_row.values() for problem in left]
