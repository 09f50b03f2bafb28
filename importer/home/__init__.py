"""The files of the home: whose they are, what was written elsewhere, who holds them."""

from __future__ import annotations
