"""A stand-in for Propexo's API and the ResMan account behind it, on this machine only: for trying out and for tests.

It follows the contract field by field, keeps what was posted in one SQLite file, and can be told to misbehave
(`faults`). Nothing here reaches another machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from importer.sandbox.behaviour import FORBIDDEN_TOKEN, INTEGRATION_ID, TOKEN, Behaviour

__all__ = ["FORBIDDEN_TOKEN", "INTEGRATION_ID", "TOKEN", "Behaviour", "embedded", "reset", "serve"]

_DEFAULT = Behaviour()


@contextmanager
def embedded(
    folder: Path, clock: Callable[[], float], *, port: int = 0, behaviour: Behaviour = _DEFAULT
) -> Iterator[str]:
    """Runs the stand-in in a thread for as long as the block lasts; gives its address, `http://127.0.0.1:PORT`.

    It answers from the first moment. `clock` gives seconds since 1970; `port` 0 takes any free one.
    Raises CannotRun where the port is taken.
    """
    from importer.sandbox.server import Background

    background = Background(folder, clock, port, behaviour)
    url = background.start()
    try:
        yield url
    finally:
        background.stop()


def serve(
    folder: Path,
    clock: Callable[[], float],
    *,
    port: int = 0,
    behaviour: Behaviour = _DEFAULT,
    announce: Callable[[str], None],
) -> None:
    """Runs the stand-in until SIGINT or SIGTERM; tells `announce` the address once it answers.

    Only from the main thread. Raises CannotRun where the port is taken.
    """
    from importer.sandbox.server import run_until_signal

    run_until_signal(folder, clock, port, behaviour, announce)


def reset(folder: Path, clock: Callable[[], float]) -> None:
    """Forgets everything that was posted: the account is as on the first day."""
    from importer.sandbox.store import forget_everything

    forget_everything(folder, clock)
