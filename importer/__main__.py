"""`invoice-importer` and `python -m importer`: no traceback ever reaches a clerk."""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def main() -> None:
    """Runs the command line and ends the process with its exit code.

    At once: after an interruption the interpreter would wait for requests whose answers nobody waits for any more, and
    after a large file it would take apart, one by one, hundreds of thousands of values.
    """
    try:
        from importer.cli import run

        code = run(sys.argv[1:], is_all=True)
    except KeyboardInterrupt:  # before anything was begun: the rest is dealt with where it is known what was sent
        print("Interrupted.", file=sys.stderr)  # noqa: T201 - nothing that prints is loaded yet
        code = 130
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
