"""The durable record: which invoice was sent when, and what is known of it since. Never twice, never lost."""

from __future__ import annotations
