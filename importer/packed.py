"""The rows of a sheet in a tenth of the room that they take as tuples: packed block by block and column by column, and
unpacked again when somebody asks for a row or a column.

A month's file is gone through a few times from top to bottom and hardly ever looked into at random, so unpacking costs
next to nothing, and a hundred thousand rows need not stand in memory for as long as a run takes.
"""

from __future__ import annotations

import pickle
import zlib
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, compress, groupby, islice, zip_longest
from typing import TYPE_CHECKING, Any, cast, overload

if TYPE_CHECKING:
    from importer.models import Cell

    Cells = tuple[Cell, ...]

BLOCK = 500
"""Rows that are packed together. What is left over at the end of a sheet stays as it is, and so does a small sheet."""

UNPACKED = 16
"""Blocks that stay unpacked once one of their rows was asked for: an invoice's rows may stand in several places."""

FEW_CELLS = 10_000
"""So many blank cells are packed as if they were filled, and no more than four for each that is."""

QUICK = 1
"""The level of compression: a higher one takes longer and wins little."""


def trimmed(row: Cells) -> Cells:
    """The row without its trailing blanks."""
    end = len(row)
    while end and row[end - 1] is None:
        end -= 1
    return row[:end]


class Rows(Sequence["Cells"]):
    """Rows of a sheet from top to bottom. Each is without blanks at its end; a blank row is an empty tuple."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    @property
    @abstractmethod
    def width(self) -> int:
        """So many cells has the widest row of the sheet."""

    @abstractmethod
    def column(self, index: int) -> list[Cell]:
        """The cells of one column; None where a row does not reach so far."""

    @abstractmethod
    def some(self, places: Sequence[int]) -> SomeRows:
        """Those in these places, which go upwards."""

    @abstractmethod
    def _row(self, place: int) -> Cells: ...

    @overload
    def __getitem__(self, place: int) -> Cells: ...
    @overload
    def __getitem__(self, place: slice) -> SomeRows: ...
    def __getitem__(self, place: int | slice) -> Cells | SomeRows:
        if isinstance(place, slice):
            return self.some(range(len(self))[place])
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        return self._row(place % len(self))

    def __eq__(self, other: object) -> bool:
        """Equal to any rows that say the same."""
        if not isinstance(other, (Rows, list)):
            return NotImplemented
        return len(self) == len(other) and all(map(tuple.__eq__, self, other))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)!r})"


class PackedRows(Rows):
    """All rows of a sheet, put in from top to bottom."""

    __slots__ = ("_blocks", "_rest", "_unpacked")

    def __init__(self, rows: Iterable[Cells] = ()) -> None:
        self._blocks: list[_Block] = []
        self._rest: list[Cells] = []
        self._unpacked: dict[int, list[Cells]] = {}
        self.extend(rows)

    def __len__(self) -> int:
        return len(self._blocks) * BLOCK + len(self._rest)

    def __iter__(self) -> Iterator[Cells]:
        return chain(chain.from_iterable(map(_Block.rows, self._blocks)), self._rest)

    @property
    def width(self) -> int:
        """So many cells has the widest row of the sheet."""
        return max((*(block.width for block in self._blocks), *map(len, self._rest)), default=0)

    def since(self, place: int) -> Iterator[Cells]:
        """The rows from this place on."""
        first = place // BLOCK
        blocks = chain.from_iterable(map(_Block.rows, islice(self._blocks, first, None)))
        return islice(chain(blocks, self._rest), place - BLOCK * min(first, len(self._blocks)), None)

    def column(self, index: int) -> list[Cell]:
        """The cells of one column; None where a row does not reach so far."""
        cells = list(chain.from_iterable([block.column(index) for block in self._blocks]))
        cells += [row[index] if index < len(row) else None for row in self._rest]
        return cells

    def some(self, places: Sequence[int]) -> SomeRows:
        """Those in these places, which go upwards."""
        return SomeRows(self, places)

    def extend(self, rows: Iterable[Cells]) -> None:
        """Puts rows in at the end."""
        rest = self._rest
        rest.extend(rows)
        whole = len(rest) - len(rest) % BLOCK
        self._blocks += [_Block.of(rest[start : start + BLOCK]) for start in range(0, whole, BLOCK)]
        del rest[:whole]

    def change(self, rows: Mapping[int, Cells]) -> None:
        """Puts other rows into their places. One behind the end makes the sheet longer, blank up to there."""
        self.extend([()] * (max(rows, default=-1) + 1 - len(self)))
        for number, places in groupby(sorted(rows), lambda place: place // BLOCK):
            block = self._block(number)
            for place in places:
                block[place % BLOCK] = rows[place]
            if number < len(self._blocks):
                self._blocks[number] = _Block.of(block)

    def drop_blank_end(self) -> None:
        """Lets go of the blank rows below the last one that has something in it."""
        while self._rest or self._blocks:
            while self._rest and not self._rest[-1]:
                self._rest.pop()
            if self._rest or not self._blocks:
                return
            self._rest = self._block(len(self._blocks) - 1)
            self._unpacked.clear()
            self._blocks.pop()

    def _row(self, place: int) -> Cells:
        return self._block(place // BLOCK)[place % BLOCK]

    def _block(self, number: int) -> list[Cells]:
        if number == len(self._blocks):
            return self._rest
        rows = self._unpacked.pop(number, None)
        if rows is None:
            rows = self._blocks[number].rows()
            if len(self._unpacked) >= UNPACKED:
                del self._unpacked[next(iter(self._unpacked))]
        self._unpacked[number] = rows  # the one that was asked for last stands last
        return rows


class SomeRows(Rows):
    """Some of the rows of a sheet."""

    __slots__ = ("_all", "_chosen", "_places")

    def __init__(self, rows: PackedRows, places: Sequence[int]) -> None:
        self._all = rows
        self._places = places
        self._chosen = bytearray(places[-1] + 1 if places else 0)  # 1 for each of the sheet's rows that is among them
        for place in places:
            self._chosen[place] = 1

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Cells]:
        return compress(self._all, self._chosen)

    @property
    def width(self) -> int:
        """So many cells has the widest row of the sheet."""
        return self._all.width

    def column(self, index: int) -> list[Cell]:
        """The cells of one column; None where a row does not reach so far."""
        return list(compress(self._all.column(index), self._chosen))

    def some(self, places: Sequence[int]) -> SomeRows:
        """Those in these places, which go upwards."""
        return SomeRows(self._all, [self._places[place] for place in places])

    def _row(self, place: int) -> Cells:
        return self._all[self._places[place]]


class _Block:
    """Rows as compressed columns; or as they are, compressed, where one of them is far wider than the others."""

    __slots__ = ("_columns", "_count", "_rows", "width")

    def __init__(self, count: int, width: int, columns: Sequence[bytes] | None, rows: bytes = b"") -> None:
        self.width = width
        self._count = count
        self._columns = columns
        self._rows = rows

    @classmethod
    def of(cls, rows: Sequence[Cells]) -> _Block:
        """Packs some rows."""
        count, widths = len(rows), set(map(len, rows))
        width = max(widths)
        if width * count > 4 * sum(map(len, rows)) + FEW_CELLS:
            return cls(count, width, None, _packed(rows))
        columns = zip(*rows, strict=True) if len(widths) == 1 else zip_longest(*rows)
        return cls(count, width, list(map(_packed, columns)))

    def rows(self) -> list[Cells]:
        """The rows as they were."""
        if self._columns is None:
            return cast("list[Cells]", _unpacked(self._rows))
        if not self._columns:
            return [()] * self._count
        rows = zip(*map(_unpacked, self._columns), strict=True)
        return [row if row[-1] is not None else trimmed(row) for row in rows]

    def column(self, index: int) -> Sequence[Cell]:
        """One column of them."""
        if self._columns is None:
            return [row[index] if index < len(row) else None for row in self.rows()]
        return _unpacked(self._columns[index]) if index < len(self._columns) else (None,) * self._count


def _packed(cells: Sequence[Any]) -> bytes:
    return zlib.compress(pickle.dumps(cells, pickle.HIGHEST_PROTOCOL), QUICK)


def _unpacked(cells: bytes) -> Sequence[Any]:
    unpacked: Sequence[Any] = pickle.loads(zlib.decompress(cells))  # noqa: S301 - packed above, by this process
    return unpacked
