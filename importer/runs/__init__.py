"""What a run decided and came to, what became of it since, and how long its files are kept."""

from __future__ import annotations
