"""Rows in words."""

from __future__ import annotations

from collections.abc import Sequence

from importer.domain.invoice import Row

MOST = 6
"""So many rows or ranges of rows are named; of more, a sentence would be all numbers."""


def rows_said(rows: Sequence[Row]) -> str:
    """ "row 2", "rows 2 to 5 and 9": the rows of a sheet in its order."""
    numbers = [row.number for row in rows]
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1][1:] = [number]
        else:
            ranges.append([number])
    said = [
        f"{each[0]} to {each[-1]}" if each[-1] > each[0] + 1 else " and ".join(map(str, each)) for each in ranges[:MOST]
    ]
    noun = "row" if len(numbers) == 1 else "rows"
    if len(ranges) > MOST:
        return f"{noun} {', '.join(said)} and more"
    return f"{noun} {', '.join(said[:-1])}{' and ' if said[1:] else ''}{said[-1]}"
