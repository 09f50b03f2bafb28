"""Python's memory: its garbage collector is put to rest while hundreds of thousands of values are made and none is
garbage, and what a large list took goes back to the system when it is done with."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock

_LARGE = 128 * 1024  # bytes
_M_MMAP_THRESHOLD = -3  # of malloc.h

_lock = Lock()
_blocks = 0  # under way, in any thread
_was_enabled = False  # before the first of them
_left: list[object] = []


@contextmanager
def at_rest() -> Iterator[None]:
    """No collection within the block: it would walk all that was read again and again, a quarter of the whole time.

    Where blocks overlap, in one thread or in several, the collector rests until the last of them ends.
    """
    global _blocks, _was_enabled
    with _lock:
        if not _blocks:
            _was_enabled = gc.isenabled()
            gc.disable()
        _blocks += 1
    try:
        yield
    finally:
        with _lock:
            _blocks -= 1
            if not _blocks and _was_enabled:
                gc.enable()


def give_back() -> None:
    """From now on, blocks of memory from 128 KB on go back to the system one by one, where it can be told so.

    By itself, glibc raises that limit with the first of them that is freed, and keeps what a column of a hundred
    thousand cells took until the process ends: 20 MB after an xlsx of that many rows.
    """
    import ctypes

    with suppress(AttributeError, OSError, TypeError):  # no glibc: nothing is won, and nothing lost
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)


def leave_alone(*values: object) -> None:
    """Keeps what there is until the process ends, which is soon: taking it apart, or walking it, would win nothing."""
    _left.extend(values)
    gc.freeze()
