"""Propexo's API: the one room that speaks HTTP to it, within its rate limit."""

from __future__ import annotations
