"""csv and its relatives: the separator and the quotes are found by evidence over the records, then read strictly."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from importer.models import Cell
from importer.reader.contents import Finding, Sheet
from importer.reader.encoding import Encoding
from importer.reader.limits import Limits

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_CHARACTERS = 200_000
CHUNK = 2_000
Rows = list[tuple[Cell, ...]]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the records of a file are written."""

    delimiter: str
    quote: str = '"'


def read_delimited(
    stream: BinaryIO, encoding: Encoding, limits: Limits
) -> tuple[Sheet, dict[str, str], tuple[Finding, ...]]:
    stream.seek(encoding.skip)
    text = io.TextIOWrapper(stream, encoding.codec, encoding.errors, newline="")
    sample = text.read(SAMPLE_CHARACTERS)
    delimiter = likely_delimiter(sample)
    stream.seek(encoding.skip)
    text = io.TextIOWrapper(text.detach(), encoding.codec, encoding.errors, newline="")
    rows = list(compact(csv.reader(text, delimiter=delimiter, strict=True)))
    text.detach()
    details = {"encoding": encoding.codec, "delimiter": delimiter}
    return Sheet(None, rows), details, ()


def likely_delimiter(sample: str) -> str:
    """The separator by which most records have the same number of fields."""
    return max(DELIMITERS, key=lambda delimiter: regularity(sample, delimiter))


def regularity(sample: str, delimiter: str) -> float:
    """How regular the records are if this is the separator: the share of the commonest width × its logarithm."""
    records = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    widths: Counter[int] = Counter()
    try:
        widths.update(len(record) for record in islice(records, 500) if any(record))
    except csv.Error:
        pass
    return max((count / widths.total() * math.log2(width) for width, count in widths.items()), default=0.0)


def compact(records: Iterator[list[str]]) -> Iterator[tuple[Cell, ...]]:
    """The records as rows: blanks None, trailing ones dropped, repeated texts one object."""
    while chunk := list(islice(records, CHUNK)):
        for record in chunk:
            row = tuple([cell or None for cell in record])
            yield row if not row or row[-1] is not None else trimmed(row)


def trimmed(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """The row without its trailing blanks."""
    end = len(row)
    while end and row[end - 1] is None:
        end -= 1
    return row[:end]
