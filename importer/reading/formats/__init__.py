"""Bytes become raw cells, whatever the format of the file."""

from __future__ import annotations
