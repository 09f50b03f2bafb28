"""csv and its relatives: the separator and the quotes are found by evidence over the records, then read strictly.

Each record is one row, numbered as Excel shows it; a first line `sep=;` is an instruction and no record. Blank cells
are None whether they are quoted or not; text is kept as it is. Where quotes do not match, nothing can be said about
what follows: the rows before it are kept, and a finding names the place.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from typing import BinaryIO

from importer.domain.packed import PackedRows, trimmed
from importer.domain.problem_catalog import BROKEN_QUOTES, FILE_CUT_SHORT
from importer.errors import FileUnreadable
from importer.reading.cells.excel_text_guards import unwrap
from importer.reading.columns.meaning import meaning_of
from importer.reading.formats.encoding import Encoding
from importer.reading.formats.limits import ReadingLimits
from importer.reading.formats.raw_workbook import FileFinding, RawSheet

DELIMITERS = (";", "\t", "|", ",")  # of two that fit equally well, the earlier: commas also stand inside numbers
SAMPLE_CHARACTERS = 200_000
SAMPLE_RECORDS = 1_000
HEADING_RECORDS = 30
MOST_HEADINGS = 200
RARE_DELIMITERS = ("^", "~")  # only where no other mark parts headings that are known
TELLING = 2  # headings of different meaning in one row
CHUNK = 1_000
TOO_VARIED = 20_000  # different texts in one column; beyond it they are not worth remembering
END_OF_FILE, FORM_FEED = "\x1a", "\f"  # as DOS ended its texts, and as printers begin a page
INSTRUCTION = re.compile(r'"?sep=(.)"?[ \t]*(?:\r\n|\r|\n)', re.IGNORECASE)
DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
SURELY_WIDE = 6  # cells in a row; as many separators in one cell are hardly a note
LINE_END = re.compile(r"\r\n|\r|\n")
DIGITS = re.compile(r"\d+")
LETTERS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the records of a file are written."""

    delimiter: str
    quote: str = '"'
    escape: str | None = None
    blanks_before_quotes: bool = False

    def records(self, lines: Iterator[str], *, strict: bool = True) -> Iterator[list[str]]:
        """The records of some lines; strictly, so that quotes that do not match raise csv.Error."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar=self.escape,
            doublequote=True,
            skipinitialspace=self.blanks_before_quotes,
            strict=strict,
        )


def read(
    stream: BinaryIO, encoding: Encoding, name: str, limits: ReadingLimits, *, is_wrapped: bool = False
) -> tuple[RawSheet, dict[str, str], tuple[FileFinding, ...]]:
    """The one sheet of the file, how it was read, and what was noticed. Raises FileUnreadable.

    `is_wrapped`: there may be cells like ="00123" in it.
    """
    with _text(stream, encoding) as text:
        dialect, skipped = likely_dialect(text.read(SAMPLE_CHARACTERS))
    table = _Table(name, dialect, limits)
    with _text(stream, encoding) as text:
        text.read(skipped)
        lines = _Lines(text)
        try:
            table.fill(dialect.records(iter(lines)), lines)
        except csv.Error:
            table.findings.append(table.broken(lines, 1 if skipped else 0))
        else:
            table.findings += table.end(lines)
    if is_wrapped:
        unwrap(table.rows)
    details = {
        "encoding": encoding.codec,
        "encoding evidence": encoding.evidence,
        "delimiter": dialect.delimiter,
        "quote": dialect.quote,
    }
    return RawSheet(None, table.rows), details, tuple(table.findings)


@contextmanager
def _text(stream: BinaryIO, encoding: Encoding) -> Iterator[io.TextIOWrapper]:
    """The file as text from its start on; line ends are kept, be they CR, LF or both."""
    stream.seek(encoding.skip)
    text = io.TextIOWrapper(stream, encoding.codec, "replace", newline="")
    try:
        yield text
    finally:
        text.detach()


class _Lines:
    """The lines of a text on their way to the csv module. Zero bytes become "\ufffd"; those that end a file go."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.last = ""
        self.count = 0
        self.zeros_at_end = False

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self.count += 1
            if line < " ":
                line = line.lstrip(FORM_FEED)
                if END_OF_FILE in line and not (line := line.rstrip(f"{END_OF_FILE}\r\n\0")):
                    continue
            if "\0" in line:
                if not line.strip("\0"):
                    self.zeros_at_end = True
                    continue
                line = line.replace("\0", "\ufffd")
            self.last = line
            yield line


class _Table:
    """The rows while they are read."""

    def __init__(self, name: str, dialect: Dialect, limits: ReadingLimits) -> None:
        self.rows = PackedRows()
        self.findings: list[FileFinding] = []
        self._name = name
        self._dialect = dialect
        self._limits = limits
        self._cells = 0
        self._widths: Counter[int] = Counter()
        self._known: list[dict[str, str | None] | None] = []  # by column: each text once; None where there are too many

    def fill(self, records: Iterator[list[str]], lines: _Lines) -> None:
        """Takes all records of these lines. On csv.Error those before the damage have been taken."""
        chunk: list[list[str]] = []
        before = 0
        try:
            while True:
                chunk.extend(islice(records, CHUNK))  # keeps what came before an exception
                if not chunk:
                    return
                self._take(chunk, lines.count - before)
                chunk, before = [], lines.count
        except csv.Error:
            self._take(chunk, lines.count - before)
            raise

    def _take(self, chunk: list[list[str]], lines: int) -> None:
        widths = Counter(map(len, chunk))
        widest = max(widths, default=0)
        if widest > self._limits.columns:
            number = len(self.rows) + next(at for at, record in enumerate(chunk, 1) if len(record) == widest)
            raise FileUnreadable(
                f"{self._name} has {widest:,} cells in row {number}, more than a spreadsheet can have.",
                "Check the separators and line ends of that row.",
            )
        if len(self.rows) + len(chunk) > self._limits.rows:
            said = f"{self._name} has more than {self._limits.rows:,} rows, more than a month of invoices has."
            raise FileUnreadable(said, "Split it.")
        self._cells += sum(width * count for width, count in widths.items()) + widths[0]
        if self._cells > self._limits.cells:
            raise FileUnreadable(f"{self._name} holds more than {self._limits.cells:,} cells.", "Split it.")
        self._widths += widths
        if lines > len(chunk):  # otherwise no cell has a line end in it
            self._look_for_swallowed_rows(chunk)
        if widest * len(chunk) > 4 * widths.total() * self._usual + 10_000:  # one record is far wider than the others
            self.rows.extend([trimmed(tuple([cell or None for cell in record])) for record in chunk])
            return
        columns = zip(*chunk, strict=True) if len(widths) == 1 else zip_longest(*chunk)
        self.rows.extend_by_columns([self._shared(index, column) for index, column in enumerate(columns)], len(chunk))

    @property
    def _usual(self) -> int:
        """How many cells most records have."""
        return self._widths.most_common(1)[0][0] if self._widths else 0

    def _shared(self, index: int, column: tuple[str, ...]) -> Sequence[str | None]:
        """The column with its blanks as None; texts that were seen before in it are the same objects."""
        while len(self._known) <= index:
            self._known.append({"": None})
        known = self._known[index]
        if known is not None and len(known) > TOO_VARIED:
            known = self._known[index] = None
        if known is None:
            return [cell or None for cell in column] if "" in column or None in column else column
        return list(map(known.setdefault, column, column))

    def _look_for_swallowed_rows(self, chunk: list[list[str]]) -> None:
        """A quote closed only by the next one makes one cell of two records: line ends and separators inside."""
        if self._usual < 3:
            return
        firsts = {form for record in chunk if record and (form := first_form(record[0]))}
        for number, record in enumerate(chunk, len(self.rows) + 1):
            for column, cell in enumerate(record):
                if self._swallows(cell, len(record), firsts):
                    what = "The cell has line ends and separators in it: a quotation mark seems to be missing."
                    self.findings.append(
                        FileFinding(BROKEN_QUOTES.code, what, row=number, column=column, value=cell[:200])
                    )

    def _swallows(self, cell: str, width: int, firsts: set[str]) -> bool:
        """True where the cell holds (parts of) two records. `firsts` are the forms of the first column."""
        if ("\n" not in cell and "\r" not in cell) or (width == self._usual and is_json(cell)):
            return False
        usual, delimiter = self._usual, self._dialect.delimiter
        separators = cell.count(delimiter)
        if separators * 2 >= usual > width:
            return True
        if separators < usual - 1:
            return False
        # A note may well have two or three commas in it, so a narrow table takes more to be doubted.
        return usual >= SURELY_WIDE or any(
            delimiter in line and first_form(line.partition(delimiter)[0]) in firsts
            for line in LINE_END.split(cell)[1:]
        )

    def broken(self, lines: _Lines, before: int) -> FileFinding:
        """The finding for quotes that do not match. `before` counts the lines ahead of the first row."""
        inside = sum(
            len(LINE_END.findall(cell))
            for row in self.rows
            for cell in row
            if isinstance(cell, str) and ("\n" in cell or "\r" in cell)
        )
        row = len(self.rows) + 1
        first, last = before + row + inside, before + lines.count
        where = f"line {first}" if first >= last else f"lines {first} to {last}"
        return FileFinding(
            BROKEN_QUOTES.code,
            f"The quotation marks in {where} do not match: row {row} and everything after it could not be read.",
            row=row,
            value=lines.last.strip()[:200],
        )

    def end(self, lines: _Lines) -> Iterator[FileFinding]:
        """What the end of the file gives away."""
        row = next((number for number in range(len(self.rows), 0, -1) if self.rows[number - 1]), 0)
        if lines.zeros_at_end:
            yield FileFinding(FILE_CUT_SHORT.code, "The file ends in zero bytes: its real end is missing.", row=row)
        elif row > 1 and not lines.last.endswith(("\n", "\r")):
            cells = self.rows[row - 1]
            width = 1 + lines.last.count(self._dialect.delimiter)
            if row == len(self.rows) and width < self._usual and self._dialect.quote not in lines.last:
                what = f"The last row ends after {width} of {self._usual} cells, without a line end."
            else:
                what = f"The file does not end with a line end; the last cell is “{str(cells[-1])[-40:]}”."
            yield FileFinding(FILE_CUT_SHORT.code, what, row=row, column=len(cells) - 1, value=str(cells[-1]))


def is_json(cell: str) -> bool:
    """True for a whole JSON object or list, as programs write into a cell: its commas part no cells."""
    text = cell.strip()
    if not text.startswith(("{", "[")) or not text.endswith(("}", "]")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def first_form(cell: str) -> str:
    """What the cells of a numbered first column share: "SW-11" and "SW-2" are alike. Words are only like themselves."""
    form = DIGITS.sub("0", cell.strip())
    return LETTERS.sub("a", form) if "0" in form else form


def likely_dialect(sample: str) -> tuple[Dialect, int]:
    """The dialect by the evidence of the first records, and how many characters stand before the first of them."""
    if instruction := INSTRUCTION.match(sample):
        said, below = Dialect(instruction[1]), sample[instruction.end() :]
        found, _ = likely_dialect(below)
        holds = _known_headings(said, below) >= min(TELLING, _known_headings(found, below))
        return (_quoting(said, below) if holds else found), instruction.end()
    if len(sample) == SAMPLE_CHARACTERS:
        sample = sample[: max(sample.rfind("\n"), sample.rfind("\r"), len(sample) // 2)]
    scores = {mark: regularity(Dialect(mark), sample) for mark in DELIMITERS}
    if max(share for mark, (share, _) in scores.items() if mark != ",") >= 0.9:
        scores[","] = regularity(Dialect(","), DECIMAL_COMMA.sub("", sample))
    known = {mark: _known_headings(Dialect(mark), sample) for mark in DELIMITERS}
    most = max(known.values())  # headings say more than regularity: notes may be as regular as they like
    for mark in RARE_DELIMITERS if most < TELLING else ():
        if _known_headings(Dialect(mark), sample) >= TELLING and regularity(Dialect(mark), sample)[0] >= 0.9:
            return _quoting(Dialect(mark), sample), 0
    likely = [mark for mark in DELIMITERS if most < TELLING or known[mark] == most]
    best = max(likely, key=lambda mark: scores[mark][0] * scores[mark][1])
    return _quoting(Dialect(best if scores[best][1] else ","), sample), 0


def regularity(dialect: Dialect, sample: str) -> tuple[float, float]:
    """How regular the records are in this dialect: the share of the best width, and that width's logarithm."""
    widths: Counter[int] = Counter()
    with suppress(csv.Error):
        records = dialect.records(io.StringIO(sample, newline=""), strict=False)
        widths.update(len(record) for record in islice(records, SAMPLE_RECORDS) if any(record))
    scores = [(count / widths.total(), math.log2(width)) for width, count in widths.items()]
    return max(scores, key=lambda score: score[0] * score[1], default=(0.0, 0.0))


def _known_headings(dialect: Dialect, sample: str) -> int:
    """How many headings that have a meaning stand in one record of the first ones."""
    most = 0
    with suppress(csv.Error):
        for record in islice(dialect.records(io.StringIO(sample, newline=""), strict=False), HEADING_RECORDS):
            meanings = (meaning_of(cell) for cell in record[:MOST_HEADINGS])
            most = max(most, len({each.field for each in meanings if each is not None}))
    return most


def _quoting(dialect: Dialect, sample: str) -> Dialect:
    """The dialect with the quotes that the sample shows: single ones, a backslash before quotes, blanks before them."""
    if '"' not in sample:
        fields = [field for line in sample.splitlines()[:200] for field in line.split(dialect.delimiter) if field]
        quoted = sum(len(field) > 1 and field[0] == field[-1] == "'" for field in fields)
        return replace(dialect, quote="'") if fields and quoted * 2 >= len(fields) else dialect
    spaced = replace(dialect, blanks_before_quotes=True)
    if re.search(re.escape(dialect.delimiter) + r' +"', sample) and reach(spaced, sample) > reach(dialect, sample):
        dialect = spaced
    escaped = replace(dialect, escape="\\")
    return escaped if '\\"' in sample and reach(escaped, sample) > reach(dialect, sample) else dialect


def reach(dialect: Dialect, sample: str) -> float:
    """How far a strict reading of the sample comes, and how regular it is: larger is better."""
    records = dialect.records(io.StringIO(sample, newline=""))
    read = 0
    with suppress(csv.Error):
        for _ in records:
            read += 1
        read = sample.count("\n") + sample.count("\r") + 1  # to the end
    share, width = regularity(dialect, sample)
    return read + share * width / 100
