"""Rows and requests that are packed say what they said, wherever in them somebody looks."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.domain.cells import Cell, ErrorCell, UncalculatedCell
from importer.domain.packed import (
    BLOCK,
    TEXTS,
    PackedRows,
    PackedTexts,
    RowCells,
    trimmed,
)

KINDS: tuple[Cell, ...] = (
    "text", "ünïcode \ud800", " ", 7, 0.1 + 0.2, -0.0, True, False, date(2026, 3, 31), datetime(2026, 3, 31, 9),  # noqa: DTZ001
    time(9, 30), timedelta(days=1), ErrorCell("#REF!"), UncalculatedCell("=A1*2"), None,
)  # fmt: skip
"""One cell of every kind."""

CELLS = st.sampled_from(KINDS)
SOME = st.lists(st.lists(CELLS, max_size=4).map(lambda cells: trimmed(tuple(cells))), min_size=1, max_size=7)


def many(some: Sequence[RowCells], count: int) -> list[RowCells]:
    """So many rows, made of a few, each with its number."""
    return [trimmed((*some[number % len(some)], number if number % 3 else None)) for number in range(count)]


def column(rows: Sequence[RowCells], index: int) -> list[Cell]:
    return [row[index] if index < len(row) else None for row in rows]


COUNTS = st.sampled_from((0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 17))


@given(SOME, COUNTS, st.integers(1, 3 * BLOCK), st.data())
def test_packed_rows_are_those_that_were_put_in(
    some: list[RowCells], count: int, piece: int, data: st.DataObject
) -> None:
    """From the first, from any other on, one by one, some of them, and by columns; in whatever pieces they came."""
    rows = many(some, count)
    packed = PackedRows()
    for start in range(0, count, piece):
        packed.extend(rows[start : start + piece])
    assert len(packed) == count
    assert list(packed) == rows == packed
    assert packed.width == max(map(len, rows), default=0)
    place = data.draw(st.integers(0, count))
    assert list(packed.since(place)) == rows[place:]
    assert list(packed[place:]) == rows[place:]
    assert [packed.column(index) for index in range(7)] == [column(rows, index) for index in range(7)]
    if rows:
        places = sorted(data.draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=9)))
        chosen = packed.some(places)
        assert [packed[each] for each in places] == [rows[each] for each in places] == list(chosen)
        assert [chosen[at] for at in range(-1, len(places))] == [rows[each] for each in (places[-1], *places)]
        assert chosen.column(1) == column([rows[each] for each in places], 1)
        assert list(chosen.some(range(0, len(places), 2))) == [rows[each] for each in places[::2]]
        with pytest.raises(IndexError):
            packed[count]


@given(SOME, COUNTS, st.integers(0, 2))
def test_rows_that_come_as_columns_are_the_same(some: list[RowCells], count: int, before: int) -> None:
    """Also behind others that came as rows, which shift them in their blocks."""
    rows, first = many(some, count), many(some, before)
    width = max(map(len, rows), default=0)
    packed = PackedRows(first)
    packed.extend_by_columns([column(rows, index) for index in range(width)], count)
    assert list(packed) == first + rows
    assert packed.width == max(map(len, first + rows), default=0)


@given(SOME, COUNTS, st.data())
def test_changed_rows_are_the_only_ones_that_change(some: list[RowCells], count: int, data: st.DataObject) -> None:
    """Behind the end, too; blank rows at the end can be dropped, and nothing else goes with them."""
    rows = many(some, count)
    packed = PackedRows(rows)
    changes = data.draw(st.dictionaries(st.integers(0, count + 5), st.just(("changed",)), max_size=5))
    assert list(packed) == rows  # what was unpacked before must not be told afterwards
    packed.change(changes)
    wanted = rows + [()] * (max(changes, default=-1) + 1 - count)
    for place, row in changes.items():
        wanted[place] = row
    assert list(packed) == wanted
    assert [packed[place] for place in changes] == list(changes.values())
    packed.extend([()] * data.draw(st.sampled_from((0, 3, BLOCK, 2 * BLOCK + 1))))
    packed.drop_blank_end()
    while wanted and not wanted[-1]:
        wanted.pop()
    assert list(packed) == wanted


def test_one_wide_row_does_not_make_a_wide_block_of_its_neighbours() -> None:
    """A row of 16,384 cells among a thousand narrow ones is kept as it is, and so are they."""
    wide = tuple(map(str, range(16_384)))
    rows: list[RowCells] = [("a", "b"), wide, (), *[("c",)] * (2 * BLOCK)]
    packed = PackedRows(rows)
    assert list(packed) == rows
    assert packed.column(16_383) == [None, "16383", *[None] * (2 * BLOCK + 1)]


def test_packed_rows_take_a_fraction_of_their_room() -> None:
    """Of cells like those of a month's file, less than a fifth of what they take when they are pickled as they are."""
    rows: list[RowCells] = [
        (f"prop-{number % 120:016x}", f"INV-{number // 2:07}", date(2026, 3, 1 + number % 28), "Monthly service", 12.5)
        for number in range(20 * BLOCK)
    ]
    packed = PackedRows(rows)
    held = sum(map(sys.getsizeof, [part for block in packed._blocks for part in block._columns or ()]))
    assert held * 5 < len(pickle.dumps(rows))


@given(st.lists(st.text(max_size=30), min_size=1, max_size=9), st.sampled_from((1, TEXTS - 1, TEXTS, 2 * TEXTS + 3)))
def test_packed_texts_are_those_that_were_put_in(some: list[str], count: int) -> None:
    """Each at the place that was told when it came."""
    texts = [f"{number} {some[number % len(some)]}" for number in range(count)]
    packed = PackedTexts()
    places = [packed.add(text) for text in texts]
    assert places == list(range(count))
    assert (list(packed), len(packed), packed[-1], packed[1:3]) == (texts, count, texts[-1], texts[1:3])
    with pytest.raises(IndexError):
        packed[count]


def test_several_threads_may_look_at_once() -> None:
    """As those do that send; each finds what it looks for, however far apart."""
    rows: list[RowCells] = [(number, str(number)) for number in range(40 * BLOCK)]
    packed, texts = PackedRows(rows), PackedTexts()
    for number in range(30 * TEXTS):
        texts.add(str(number))

    def looks(first: int) -> bool:
        places = range(first, len(rows), 997)
        found = all(packed[place] == (place, str(place)) for place in places)
        return found and all(texts[place % len(texts)] == str(place % len(texts)) for place in places)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(looks, range(64)))
