"""Totals, footers, sections and statuses: every row is accounted for."""

from __future__ import annotations
