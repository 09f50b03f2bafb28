"""Saved layouts of vendors' files: kept, chosen, proposed."""

from __future__ import annotations
