"""Sending, following up and settling. “Never twice, never lost” is argued in `send` and `settle`."""

from __future__ import annotations
