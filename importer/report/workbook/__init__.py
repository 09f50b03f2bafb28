"""The sheets of the results workbook, and of the blank one."""

from __future__ import annotations
