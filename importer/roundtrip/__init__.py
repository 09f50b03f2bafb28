"""A results workbook that a clerk has corrected and gives back."""

from __future__ import annotations
