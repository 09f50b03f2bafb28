"""Which column is which field, with the evidence for it."""

from __future__ import annotations
