"""What is left as it is when the process ends next."""

from __future__ import annotations

import gc
import weakref

from importer.domain.gc_pause import keep_until_exit


class Large:
    """A value that is dear to take apart."""


def test_what_is_left_alone_is_neither_let_go_nor_walked() -> None:
    """It is there when its last user is gone, and no collection looks at it."""
    value = Large()
    seen = weakref.ref(value)
    try:
        keep_until_exit(value)
        assert not any(each is value for each in gc.get_objects())
    finally:
        gc.unfreeze()
    del value
    assert seen() is not None
