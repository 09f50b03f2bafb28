"""Dates, money and quantities, from what one cell holds."""

from __future__ import annotations
