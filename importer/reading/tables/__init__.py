"""Which sheets are read, and where on them the tables stand."""

from __future__ import annotations
