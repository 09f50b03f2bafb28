"""The damage report: what was noticed about a file as a whole, as problems at their places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from importer.domain import problem_catalog
from importer.domain.cells import column_letter
from importer.domain.invoice import Invoice
from importer.domain.problems import Place, Problem
from importer.domain.reading import Table
from importer.reading.formats.raw_workbook import FileFinding, RawWorkbook


def with_findings(contents: RawWorkbook, invoices: list[Invoice]) -> tuple[list[Invoice], list[Problem]]:
    """Puts what was found while opening the file to the invoices whose rows it is about; the rest is the file's."""
    of_rows: dict[tuple[str | None, int], list[Problem]] = {}
    of_file: list[Problem] = []
    for finding in contents.findings:
        problem = _problem(finding, contents.file.name)
        if finding.row is None or not problem.is_error or problem.kind.stops_run:
            of_file.append(problem)
        else:
            of_rows.setdefault((finding.sheet, finding.row), []).append(problem)
    if not of_rows:
        return invoices, of_file
    whole: list[Invoice] = []
    for invoice in invoices:
        sheet = invoice.source.sheet
        mine = [problem for row in invoice.rows for problem in of_rows.pop((sheet, row.number), ())]
        whole.append(invoice._replace(problems=(*invoice.problems, *mine)) if mine else invoice)
    return whole, [*of_file, *(problem for left in of_rows.values() for problem in left)]


def _problem(finding: FileFinding, file: str) -> Problem:
    column = None if finding.column is None else column_letter(finding.column)
    place = Place(file, finding.sheet, finding.row, column)
    return Problem(problem_catalog.KINDS[finding.code], finding.what, place, value=finding.value)


def damage_report(contents: RawWorkbook, tables: Sequence[Table]) -> Iterator[Problem]:
    """Hidden rows and columns among those that are read."""
    sheets = {sheet.name: sheet for sheet in contents.sheets}
    for table in tables:
        sheet = sheets.get(table.source.sheet)
        if sheet is None:
            continue
        place = Place(contents.file.name, sheet.name)
        hidden = [row.number for row in table.rows if row.number in sheet.hidden_rows]
        if hidden:
            what = f"{len(hidden):,} of {len(table.rows):,} data rows are hidden: {ranges(hidden)}."
            yield Problem(problem_catalog.HIDDEN_ROWS, what, replace(place, row=hidden[0]))
        for name, index in table.source.columns.items():
            if index in sheet.hidden_columns:
                what = f"Column {column_letter(index)} is hidden, and is read as {name}."
                yield Problem(problem_catalog.HIDDEN_COLUMN, what, replace(place, column=column_letter(index)), name)


def ranges(numbers: Sequence[int]) -> str:
    """'3, 5–9, …': at most ten stretches."""
    stretches: list[list[int]] = []
    for number in numbers:
        if stretches and number == stretches[-1][-1] + 1:
            stretches[-1][1:] = [number]
        else:
            stretches.append([number])
    said = ["–".join(map(str, stretch)) for stretch in stretches[:10]]
    return ", ".join(said) + (", …" if len(stretches) > 10 else "")
