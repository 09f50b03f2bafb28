"""Every row of the input with its outcome as a csv: the sheet "Rows" for programs and for a million rows."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from importer.domain.cells import cell_text
from importer.domain.corrections import CorrectionTrail
from importer.domain.outcome import Run
from importer.report.row_outcomes import RowOutcomes, SheetGroup
from importer.report.sandbox_run import as_rehearsal
from importer.report.workbook.target import place
from importer.workbook_format.layout import FRONT, tidy_text

BY_HAND = "Changed by hand"
"""The last column, where a workbook was given back."""

_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠\t\r\n]")  # what a spreadsheet program may take for a formula
_NUMBER = re.compile(r"[-+]?(\d[\d,]*)?\.?\d*(E[-+]?\d+)?", re.ASCII)
_AFTER_SEPARATOR = re.compile(
    r"([;\n])(?=[\s\"']*[=+\-@＝＋－＠])"
)  # a program that expects ";" begins a new cell there


def write_csv(run: Run, path: Path, *, over: bool = False) -> Path:
    """One line per input row, in UTF-8 with a byte order mark; where it really is, as with `write_workbook`.

    Tables with different headings share the file: each heading is a column, blank where a table has it not.
    Text that a spreadsheet program could take for a formula has an apostrophe in front. Raises ResultsNotWritten.
    """
    return place(path, lambda stream: _write(as_rehearsal(run), stream), over=over)


def _write(run: Run, stream: BinaryIO) -> None:
    accounts = RowOutcomes(run)
    columns: dict[tuple[str, int], int] = {}
    for one in accounts.layouts:
        for identity in _identities(one):
            columns.setdefault(identity, len(FRONT) + len(columns))
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="", write_through=True)
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    hands = _by_hand(run.reading.trace)
    more = [BY_HAND] if hands is not None else []
    writer.writerow([*FRONT, *(safe_text(heading) for heading, _ in columns), *more])
    for one in accounts.layouts:
        positions = [columns[identity] for identity in _identities(one)]
        for answer in accounts.answers(one):
            line = [""] * (len(FRONT) + len(columns))
            job_id = answer.outcome.job_id if answer.outcome is not None else None
            source = answer.source
            place = (source.file, source.sheet or "", str(answer.number))
            front = (*place, answer.label, answer.invoice, job_id or "", answer.said)
            line[: len(FRONT)] = map(safe_text, front)
            for position, cell in zip(positions, answer.cells, strict=False):
                line[position] = safe_text(cell_text(cell))
            if hands is not None:
                line.append(safe_text(hands.get((source.file, source.sheet or "", answer.number), "")))
            writer.writerow(line)
    text.detach()


def _by_hand(trace: CorrectionTrail) -> dict[tuple[str, str, int], str] | None:
    """What was changed by hand in each row since the vendor's file; None where nothing was given back."""
    if not trace.rounds:
        return None
    found: dict[tuple[str, str, int], str] = {}
    for each in trace.corrections:
        place = (each.file, each.sheet, each.row)
        change = f"{each.column}: {each.was} → {each.now} (round {each.round})"
        found[place] = f"{found[place]}; {change}" if place in found else change
    return found


def _identities(one: SheetGroup) -> Iterator[tuple[str, int]]:
    """Each column's heading, and how many columns of this table bear it already."""
    seen: Counter[str] = Counter()
    for index in range(one.width):
        heading = cell_text(one.headings[index]) if index < len(one.headings) else ""
        yield heading, seen[heading]
        seen[heading] += 1


def safe_text(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet program could take it for a formula."""
    text = _AFTER_SEPARATOR.sub(r"\1'", tidy_text(text))
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
