"""Rows become invoices."""

from __future__ import annotations
