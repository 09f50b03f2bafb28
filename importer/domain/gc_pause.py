"""Python's garbage collector, put to rest while hundreds of thousands of values are made and none is garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_blocks = 0  # under way, in any thread
_was_enabled = False  # before the first of them
_left: list[object] = []


@contextmanager
def paused_gc() -> Iterator[None]:
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


def keep_until_exit(*values: object) -> None:
    """Keeps what there is until the process ends, which is soon: taking it apart, or walking it, would win nothing."""
    _left.extend(values)
    gc.freeze()
