"""The clock of the whole suite, which one variable moves: `make days` runs it on other days than today."""

from __future__ import annotations

import os

from importer.clock import VARIABLE, clock_of

CLOCK = clock_of(os.environ)
"""What every test hands in, and what its stand-in goes by."""

MOVED = {VARIABLE: str(CLOCK.shift)} if CLOCK.shift else {}
"""What a command needs in its environment to go by the same clock."""
