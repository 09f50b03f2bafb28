"""Values and facts that all rooms share: an invoice, a problem, an outcome, money. No file, no network."""

from __future__ import annotations
