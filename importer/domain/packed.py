"""The rows of a sheet, and the requests made of them, in a tenth of their room: packed block by block, and unpacked
again when somebody asks for one.

A month's file is gone through a few times from top to bottom and hardly ever looked into at random, so unpacking costs
next to nothing, and a hundred thousand rows need not stand in memory for as long as a run takes.
"""

from __future__ import annotations

import pickle
import zlib
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, compress, groupby, islice, zip_longest
from operator import eq
from typing import Any, cast, overload

from importer.domain.cells import Cell

RowCells = tuple[Cell, ...]

BLOCK = 500
"""Rows that are packed together. What is left over at the end of a sheet stays as it is, and so does a small sheet."""

UNPACKED = 8
"""Blocks that stay unpacked once one of their rows was asked for: an invoice's rows may stand in several places."""

TEXTS = 200
"""Texts that are packed together; a request is as long as ten rows."""

FEW_CELLS = 10_000
"""So many blank cells are packed as if they were filled, and no more than four for each that is."""

QUICK = 1
"""The level of compression: a higher one takes longer and wins little."""


def trimmed(row: RowCells) -> RowCells:
    """The row without its trailing blanks."""
    end = len(row)
    while end and row[end - 1] is None:
        end -= 1
    return row[:end]


class RowTable(Sequence[RowCells]):
    """Rows of a sheet from top to bottom. Each is without blanks at its end; a blank row is an empty tuple."""

    __slots__ = ()

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
    def row(self, place: int) -> RowCells:
        """The one in this place, which must be one of theirs."""

    @overload
    def __getitem__(self, place: int) -> RowCells: ...
    @overload
    def __getitem__(self, place: slice) -> SomeRows: ...
    def __getitem__(self, place: int | slice) -> RowCells | SomeRows:
        if isinstance(place, slice):
            return self.some(range(len(self))[place])
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        return self.row(place % len(self))

    def __eq__(self, other: object) -> bool:
        """Equal to any rows that say the same."""
        if not isinstance(other, (RowTable, list)):
            return NotImplemented
        return len(self) == len(other) and all(map(eq, self, other))

    def __hash__(self) -> int:
        return len(self)  # of equal ones it is the same

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)!r})"


class PackedRows(RowTable):
    """All rows of a sheet, put in from top to bottom."""

    __slots__ = ("_blocks", "_rest")

    def __init__(self, rows: Iterable[RowCells] = ()) -> None:
        self._blocks: list[_Block] = []
        self._rest: list[RowCells] = []
        self.extend(rows)

    def __len__(self) -> int:
        return len(self._blocks) * BLOCK + len(self._rest)

    def __iter__(self) -> Iterator[RowCells]:
        return chain(chain.from_iterable(map(_Block.rows, self._blocks)), self._rest)

    @property
    def width(self) -> int:
        """So many cells has the widest row of the sheet."""
        return max((*(block.width for block in self._blocks), *map(len, self._rest)), default=0)

    def since(self, place: int) -> Iterator[RowCells]:
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

    def extend(self, rows: Iterable[RowCells]) -> None:
        """Puts rows in at the end."""
        rest = self._rest
        rest.extend(rows)
        whole = len(rest) - len(rest) % BLOCK
        self._blocks += [_Block.of(rest[start : start + BLOCK]) for start in range(0, whole, BLOCK)]
        del rest[:whole]

    def extend_by_columns(self, columns: Sequence[Sequence[Cell]], count: int) -> None:
        """Puts so many rows in at the end, that lie as columns of this length."""
        if self._rest or count % BLOCK:
            rows = zip(*columns, strict=True) if columns else [()] * count
            self.extend([row if row and row[-1] is not None else trimmed(row) for row in rows])
            return
        for start in range(0, count, BLOCK):
            self._blocks.append(_Block.of_columns([column[start : start + BLOCK] for column in columns], BLOCK))

    def change(self, rows: Mapping[int, RowCells]) -> None:
        """Puts other rows into their places. One behind the end makes the sheet longer, blank up to there."""
        self.extend([()] * (max(rows, default=-1) + 1 - len(self)))
        for number, places in groupby(sorted(rows), lambda place: place // BLOCK):
            is_packed = number < len(self._blocks)
            block = self._blocks[number].rows() if is_packed else self._rest
            for place in places:
                block[place % BLOCK] = rows[place]
            if is_packed:
                self._blocks[number] = _Block.of(block)

    def drop_blank_end(self) -> None:
        """Lets go of the blank rows below the last one that has something in it."""
        while self._rest or self._blocks:
            while self._rest and not self._rest[-1]:
                self._rest.pop()
            if self._rest or not self._blocks:
                return
            self._rest = self._blocks.pop().rows()

    def row(self, place: int) -> RowCells:
        """The one in this place, which must be one of theirs."""
        number, at = divmod(place, BLOCK)
        return _rows_of(self._blocks[number])[at] if number < len(self._blocks) else self._rest[at]


class SomeRows(RowTable):
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

    def __iter__(self) -> Iterator[RowCells]:
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

    def row(self, place: int) -> RowCells:
        """The one in this place, which must be one of theirs."""
        return self._all.row(self._places[place])


class _Block:
    """Rows as compressed columns; or as they are, compressed, where one of them is far wider than the others."""

    __slots__ = ("_columns", "_count", "_rows", "width")

    def __init__(self, count: int, width: int, columns: Sequence[bytes] | None, rows: bytes = b"") -> None:
        self.width = width
        self._count = count
        self._columns = columns
        self._rows = rows

    @classmethod
    def of(cls, rows: Sequence[RowCells]) -> _Block:
        """Packs some rows."""
        count, widths = len(rows), set(map(len, rows))
        width = max(widths)
        if width * count > 4 * sum(map(len, rows)) + FEW_CELLS:
            return cls(count, width, None, _packed(rows))
        columns = zip(*rows, strict=True) if len(widths) == 1 else zip_longest(*rows)
        return cls(count, width, list(map(_packed, columns)))

    @classmethod
    def of_columns(cls, columns: list[Sequence[Cell]], count: int) -> _Block:
        """Packs rows that lie as columns."""
        while columns and all(cell is None for cell in columns[-1]):
            columns.pop()
        return cls(count, len(columns), list(map(_packed, columns)))

    def rows(self) -> list[RowCells]:
        """The rows as they were."""
        if self._columns is None:
            return cast("list[RowCells]", _unpacked(self._rows))
        if not self._columns:
            return [()] * self._count
        rows = zip(*map(_unpacked, self._columns), strict=True)
        return [row if row[-1] is not None else trimmed(row) for row in rows]

    def column(self, index: int) -> Sequence[Cell]:
        """One column of them."""
        if self._columns is None:
            return [row[index] if index < len(row) else None for row in self.rows()]
        return _unpacked(self._columns[index]) if index < len(self._columns) else (None,) * self._count


@lru_cache(maxsize=UNPACKED)
def _rows_of(block: _Block) -> Sequence[RowCells]:
    return block.rows()


class PackedTexts(Sequence[str]):
    """Texts, of which some may be asked for later."""

    __slots__ = ("_blocks", "_rest")

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._rest: list[str] = []

    def add(self, text: str) -> int:
        """Puts one in at the end, and tells its place."""
        self._rest.append(text)
        if len(self._rest) == TEXTS:
            self._blocks.append(_packed(self._rest))
            self._rest.clear()
        return len(self) - 1

    def __len__(self) -> int:
        return len(self._blocks) * TEXTS + len(self._rest)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return [self[each] for each in range(len(self))[place]]
        number, at = divmod(range(len(self))[place], TEXTS)
        return self._rest[at] if number == len(self._blocks) else _texts_of(self._blocks[number])[at]


@lru_cache(maxsize=4)
def _texts_of(block: bytes) -> Sequence[str]:
    return _unpacked(block)


def _packed(values: Sequence[Any]) -> bytes:
    return zlib.compress(pickle.dumps(values, pickle.HIGHEST_PROTOCOL), QUICK)


def _unpacked(packed: bytes) -> Sequence[Any]:
    unpacked: Sequence[Any] = pickle.loads(zlib.decompress(packed))  # noqa: S301 - packed above, by this process
    return unpacked
