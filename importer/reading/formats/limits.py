"""How much of a machine one file may take. Far above what a month of invoices needs, far below what hurts."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """The bounds of one reading. Whatever goes beyond them is refused in a sentence."""

    file_bytes: int = 512 * MEBIBYTE
    parts: int = 5_000  # files inside one workbook
    unpacked_bytes: int = 2_048 * MEBIBYTE  # of all parts of one workbook together
    ratio: int = 250  # unpacked : packed, of parts that unpack to more than `ratio_from_bytes`
    ratio_from_bytes: int = 64 * MEBIBYTE
    cells: int = 40_000_000  # of a whole file, blanks inside rows included
    spread: int = 60_000_000  # rows × columns between the first and the last cell of one sheet
    rows: int = 1_500_000  # of a text file; a workbook's sheet has no more than 1,048,576
    columns: int = 16_384  # Excel's own limit
    seconds: float = 120.0  # wall time of the process that parses a workbook
    memory_bytes: int = 4_096 * MEBIBYTE  # address space of that process
